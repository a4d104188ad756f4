"""The pages a teacher reads: the rubric of an assignment, and a class at one look."""

from __future__ import annotations

import html
from collections import Counter
from pathlib import Path
from statistics import median
from urllib.parse import quote

from grading.grader import Marks, Result
from grading.source import Assignment

HERE = Path(__file__).parent
WIDTH, HEIGHT, BASE = 640, 130, 100  # of a picture of points, and where its bars stand


def rubric(assignment: Assignment) -> str:
    """What gives points, task by task, as a page."""
    cards = []
    for task in assignment.tasks:
        lines = "".join(
            f'<tr><td>{_safe(line.text)}</td><td class="number">{line.points:g}</td></tr>'
            for line in task.rubric
        )
        cards.append(_card(task.title, f"{task.points:g} points", f"<table>{lines}</table>"))
    about = f'<p class="soft">Rubric, {assignment.points:g} points</p>'
    return _page(assignment.title, f"<h1>{_safe(assignment.title)}</h1>{about}{''.join(cards)}")


def class_page(results: list[Result], assignments: list[Assignment], strange: list[str]) -> str:
    """A class at one look: how each task went, what was wrong most often, and all students."""
    parts = ["<h1>The class</h1>", _left_out(strange)]
    for assignment in assignments:
        mine = [result for result in results if result.assignment == assignment.name]
        if mine:
            parts.append(_about(assignment, mine))
    return _page("The class", "".join(parts))


def _about(assignment: Assignment, results: list[Result]) -> str:
    points = [result.got for result in results]
    handed_in = "one notebook" if len(results) == 1 else f"{len(results)} notebooks"
    said = (
        f"{handed_in}, half of them with {median(points):g} of {assignment.points:g} points or more"
    )
    parts = [f'<h2>{_safe(assignment.title)}</h2><p class="soft">{said}</p>']
    parts += [_task([result.tasks[i] for result in results]) for i in range(len(assignment.tasks))]
    rows = "".join(_row(result, assignment) for result in results)
    head = (
        '<thead><tr><th scope="col">student</th><th scope="col" class="number">points</th>'
        '<th scope="col" class="note">note</th></tr></thead>'
    )
    return "".join([*parts, f"<table>{head}<tbody>{rows}</tbody></table>"])


def _task(marks: list[Marks]) -> str:
    """One task: how many got how many points, and the check that failed most often."""
    task = marks[0]
    mean = sum(one.got for one in marks) / len(marks)
    failed = [check for one in marks for check in one.checks if check.said is not None]
    body = _histogram([one.got for one in marks], task.points)
    if failed:
        ((criterion, times),) = Counter(check.criterion for check in failed).most_common(1)
        words = Counter(check.said for check in failed if check.criterion == criterion)
        body += (
            f"<p>Most often amiss, {times} of {len(marks)}: <em>{_safe(criterion)}</em>. "
            f'<span class="bad">{_safe(words.most_common(1)[0][0])}</span></p>'
        )
    return _card(task.title, f"{mean:.1f} of {task.points:g} on average", body)


def _histogram(got: list[float], most: float) -> str:
    """How many got 0, 1, 2 … points, as a picture with words."""
    steps = int(most) + 1
    counts = Counter(min(int(points), steps - 1) for points in got)
    top = max(counts.values())
    room = WIDTH / steps
    bars = []
    for points in range(steps):
        height = counts[points] / top * (BASE - 20)
        left, middle = points * room + room * 0.15, (points + 0.5) * room
        bars.append(
            f'<rect x="{left:.1f}" y="{BASE - height:.1f}" width="{room * 0.7:.1f}" '
            f'height="{height:.1f}" rx="3"/>'
            f'<text x="{middle:.1f}" y="{BASE + 18}">{points}</text>'
        )
        if counts[points]:
            bars.append(
                f'<text x="{middle:.1f}" y="{BASE - height - 6:.1f}">{counts[points]}</text>'
            )
    words = ", ".join(f"{points} points: {counts[points]}" for points in range(steps))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Students by points. {words}.">'
        f'<line x1="0" x2="{WIDTH}" y1="{BASE}" y2="{BASE}"/>{"".join(bars)}</svg>'
    )


def _row(result: Result, assignment: Assignment) -> str:
    page = f"feedback/{quote(result.student)}/{result.assignment}/{result.assignment}.html"
    note = _safe(result.notes[0]) if result.notes else ""
    return (
        f'<tr><th scope="row"><a href="{page}">{_safe(result.student)}</a></th>'
        f'<td class="number">{result.got:g}</td><td class="note soft">{note}</td></tr>'
    )


def _left_out(strange: list[str]) -> str:
    if not strange:
        return ""
    lines = "".join(f"<p>{_safe(sentence)}</p>" for sentence in strange)
    return f'<div class="card"><h3>Not graded</h3>{lines}</div>'


def _card(title: str, aside: str, body: str) -> str:
    return (
        f'<section class="card"><header><h3>{_safe(title)}</h3>'
        f'<span class="soft">{_safe(aside)}</span></header>{body}</section>'
    )


def _page(title: str, body: str) -> str:
    style = (HERE / "feedback_page" / "page.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_safe(title)}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )


def _safe(text: str | None) -> str:
    return html.escape(text or "")
