"""Makes the submissions that the coursework ships: the solution with some answers replaced.

They are built from the source notebook when a test needs them, so none can grow stale. What they
answer instead, and what must be said to it, is in `coursework_answers/assignment_1.py` and so on.
"""

import copy
import importlib
import os
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from grading import sandbox
from grading.source import HIDDEN, SOLUTION, Assignment, parts


@dataclass(frozen=True)
class Wrong:
    """A submission that answers one task wrongly, its points for that task and what is said.

    code: the lines in the place of the solution, "" for none. said: a part of the sentence.
    """

    task: str
    code: str
    points: float
    said: str
    also: dict[str, str] = field(default_factory=dict)  # other tasks' lines, to go on from there
    more: dict[str, float] = field(default_factory=dict)  # points of other tasks that suffer


def recipes(assignment: Assignment):
    """The shipped answers to an assignment: a module with RIGHT and WRONG."""
    return importlib.import_module(f"coursework_answers.assignment_{assignment.number}")


def notebook(assignment: Assignment, student: str, answers: dict[str, str] | None = None):
    """A student's notebook: the solution, but for the tasks whose answers are given.

    answers: the task's name → its lines, "" for none. Pictures are left out: nobody sees them here.
    """
    made = nbformat.read(assignment.path, as_version=4)
    for cell in made.cells:
        if cell.cell_type != "code":
            continue
        cell.source = seen(cell.source).replace("your-name", student)
        task = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-answer")
        lines = (answers or {}).get(task) if cell.id.endswith("-answer") else None
        cell.source = filled(cell.source, lines)
    return made


def seen(source: str) -> str:
    """A cell's code without hidden tests and without what only draws."""
    lines = (line for line in parts(source, HIDDEN)[1] if not line.startswith("plots."))
    return "\n".join(lines).replace("import coursework, plots", "import coursework")


def filled(source: str, lines: str | None) -> str:
    """A cell's code with other lines in the place of the solution, or with the solution's own."""
    if lines is None:
        return "\n".join(line for line in source.splitlines() if not is_mark(line))
    before, _, rest = source.partition(f"# {SOLUTION[0]}\n")
    _, _, after = rest.partition(f"# {SOLUTION[1]}\n")
    return f"{before}{lines}\n{after}"


def is_mark(line: str) -> bool:
    return any(mark in line for mark in SOLUTION)


def hand_in(folder: Path, assignment: Assignment, student: str, made) -> Path:
    """Put a notebook where the grader looks for it."""
    path = folder / student / f"{assignment.name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(copy.deepcopy(made), path)
    return path


def need_sandbox() -> None:
    """Skip a test where there can be no sandbox; on this project's own CI that is a failure."""
    why = sandbox.missing()
    if why and os.environ.get("CI") == "1":
        pytest.fail(why)
    if why:
        pytest.skip(why)
