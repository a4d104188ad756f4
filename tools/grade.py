"""Grades a folder of notebooks: make grade SUBMISSIONS=folder [GRADES=folder] [JOBS=2] [UNSAFE=1].

docs/coursework.md tells what it takes and what it writes.
"""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from grading import pages, sandbox, source, submissions
from grading.grader import Grader, Result
from grading.judge import Failed
from grading.source import Assignment
from grading.submissions import Submission
from tqdm import tqdm

from mnistlab import data

if TYPE_CHECKING:
    from grading.book import Book


def main() -> None:
    """Grade what is named on the command line, and print a table."""
    wanted = arguments(sys.argv[1:])
    refuse(wanted, sandbox.missing())
    try:
        grade(wanted)
    except source.Refused as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)


def grade(wanted: argparse.Namespace) -> None:
    """Grade a folder, fill the gradebook, and write the class's page and each student's."""
    known = source.assignments()
    found, strange = submissions.find(wanted.submissions, known)
    if not found:
        sys.exit("\n".join([*told(strange), nothing(wanted.submissions, known)]))
    names = {one.assignment.name for one in found}
    used = [assignment for assignment in known if assignment.name in names]
    book = open_book(wanted.grades, used)
    print(f"{len(found)} notebooks, {wanted.jobs} at a time")
    results, failed = graded(Grader(wanted.grades, data.load(), wanted.jobs, wanted.unsafe), found)
    strange += failed
    book.enter(results)
    book.feedback(results, used)
    book.export(known)
    page = wanted.grades / "class.html"
    page.write_text(pages.class_page(results, used, strange), encoding="utf-8")
    print("\n".join([table(results, used), *told(strange), f"open {page}"]))


def told(strange: list[str]) -> list[str]:
    """What was not graded, as lines of text."""
    return [f"not graded: {sentence}" for sentence in strange]


def nothing(folder: Path, known: list[Assignment]) -> str:
    """What to say, and to do, where there is no notebook to grade."""
    return (
        f"There is no notebook to grade in {folder}, and no grade has changed. "
        f"A notebook's place is {folder / 'anna' / f'{known[0].name}.ipynb'}, say."
    )


def arguments(words: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__)
    parser.add_argument("submissions", type=Path, help="the folder of what was handed in")
    parser.add_argument("--grades", type=Path, help="where results go (beside it: folder-graded)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="notebooks at a time")
    parser.add_argument("--unsafe", action="store_true", help="without a sandbox")
    wanted = parser.parse_args(words)
    folder = wanted.submissions.resolve()
    wanted.grades = wanted.grades or folder.with_name(f"{folder.name}-graded")
    return wanted


def refuse(wanted: argparse.Namespace, missing: str) -> None:
    """End with one sentence where there is nothing to grade, or no way to do it safely."""
    if str(wanted.submissions) == "." or not wanted.submissions.is_dir():
        sys.exit("Which folder? Write make grade SUBMISSIONS=folder, with one that is there.")
    if wanted.jobs < 1:
        sys.exit("JOBS is how many notebooks are graded at a time: 1 or more.")
    if missing and not wanted.unsafe:
        sys.exit(
            f"{missing} Without it a notebook could do all that you can do on this machine. "
            "UNSAFE=1 grades all the same: only for notebooks that you trust."
        )


def open_book(folder: Path, used: list[Assignment]) -> "Book":
    """Open the class's gradebook with these assignments, or say that nbgrader is missing."""
    try:
        from grading import book
    except ImportError as error:
        sys.exit(f"Grading needs nbgrader, which make grade installs: {error}.")
    course = book.Book(folder)
    for assignment in used:
        course.release(assignment)
    return course


def graded(grader: Grader, found: list[Submission]) -> tuple[list[Result], list[str]]:
    """Grade the submissions, with a bar; return results, and a sentence where there is none."""
    results, failed = [], []
    for submission, outcome in tqdm(grader.grade(found), total=len(found), unit="notebook"):
        if isinstance(outcome, Failed):
            failed.append(f"{submission.student}, {submission.assignment.name}: {outcome}")
        else:
            results.append(outcome)
    results.sort(key=lambda result: (result.assignment, result.student.casefold()))
    return results, failed


def table(results: list[Result], known: list[Assignment]) -> str:
    """All results as lines of text."""
    lines = [f"{'student':24} {'assignment':20} {'points':>7}  note"]
    most = {assignment.name: assignment.points for assignment in known}
    for result in results:
        points = f"{result.got:g}/{most[result.assignment]:g}"
        note = result.notes[0] if result.notes else ""
        note = note if len(note) < 60 else note[:57] + "…"
        lines.append(f"{result.student:24} {result.assignment:20} {points:>7}  {note}".rstrip())
    return "\n".join(lines)


if __name__ == "__main__":
    main()
