"""Reads an assignment: one source notebook with tasks, solutions, tests, points and rubric."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks" / "coursework"

SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")  # nbgrader's own marks
HIDDEN = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


class Refused(ValueError):
    """An assignment that cannot be built or graded; its text says why."""


@dataclass(frozen=True)
class Criterion:
    """One line of the rubric."""

    points: float
    text: str


@dataclass(frozen=True)
class Task:
    """One task: its cell's name, its heading, its hidden tests and what they give points for."""

    name: str
    title: str
    points: float
    hidden: str
    rubric: tuple[Criterion, ...]


@dataclass(frozen=True)
class Limits:
    """What a submission may use; its notebook's metadata can choose otherwise."""

    seconds: float = 60
    cpu_seconds: float = 60
    memory_mb: int = 1500
    disk_mb: int = 64
    processes: int = 128
    output_mb: float = 10


@dataclass(frozen=True)
class Assignment:
    """One assignment, as its source notebook says it."""

    name: str
    number: int
    title: str
    path: Path
    tasks: tuple[Task, ...]
    limits: Limits

    @property
    def points(self) -> float:
        """What can be reached."""
        return sum(task.points for task in self.tasks)

    @property
    def cells(self) -> list[str]:
        """The names of the cells that a submission should have, once each."""
        cells = nbformat.read(self.path, as_version=4).cells
        names = (cell.metadata.get("nbgrader", {}).get("grade_id") for cell in cells)
        return [name for name in names if name]


def assignments(folder: Path = FOLDER) -> list[Assignment]:
    """Return every assignment, in the order of their numbers."""
    return [read(path) for path in sorted(folder.glob("*.ipynb"))]


def read(path: Path) -> Assignment:
    """Read one source notebook, or raise Refused with a sentence on what is amiss."""
    number = re.match(r"(\d+)_", path.name)
    if not number:
        raise Refused(f"{path.name} should begin with the assignment's number, as in 1_name.")
    notebook = nbformat.read(path, as_version=4)
    tasks, title = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            title = heading(cell.source, "## ") or title
        elif cell.metadata.get("nbgrader", {}).get("grade"):
            tasks.append(_task(cell, title))
    return Assignment(
        name=path.stem,
        number=int(number[1]),
        title=heading(notebook.cells[0].source, "# "),
        path=path,
        tasks=tuple(tasks),
        limits=Limits(**notebook.metadata.get("coursework", {})),
    )


def heading(text: str, mark: str) -> str:
    """The first heading of that level in a Markdown text, without its mark; "" for none."""
    found = re.search(rf"^{mark}(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _task(cell: NotebookNode, title: str) -> Task:
    name, points = cell.metadata.nbgrader.grade_id, float(cell.metadata.nbgrader.points)
    hidden = "\n".join(parts(cell.source, HIDDEN)[0])
    rubric = criteria(hidden)
    total = sum(criterion.points for criterion in rubric)
    if total != points:
        raise Refused(f"{name}: the cell has {points:g} points, its hidden tests {total:g}.")
    said = re.search(r"\((\d+) points?\)$", title)
    if not said or float(said[1]) != points:
        raise Refused(f"{name}: the heading {title!r} should end with ({points:g} points).")
    return Task(name, title[: said.start()].strip(), points, hidden, rubric)


def parts(source: str, marks: tuple[str, str]) -> tuple[list[str], list[str]]:
    """The lines between two marks, which may stand there several times, and all other lines."""
    inner: list[str] = []
    outer: list[str] = []
    lines = outer
    for line in source.splitlines():
        if marks[0] in line or marks[1] in line:
            lines = inner if marks[0] in line else outer
        else:
            lines.append(line)
    return inner, outer


def criteria(hidden: str) -> tuple[Criterion, ...]:
    """The rubric of some hidden tests: points and criterion of each `marking.check`, in order."""
    calls = [node for node in ast.walk(ast.parse(hidden)) if isinstance(node, ast.Call)]
    checks = [call for call in calls if ast.unparse(call.func) == "marking.check"]
    checks.sort(key=lambda call: call.lineno)
    return tuple(
        Criterion(ast.literal_eval(call.args[0]), ast.literal_eval(call.args[1])) for call in checks
    )
