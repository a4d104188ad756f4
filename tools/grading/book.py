"""nbgrader's part: student versions, the gradebook, feedback pages and the export of grades.

The course folder of a class is laid out as nbgrader wants it, so its own tools (formgrader, for
marks given by hand) work in it too. One process writes the gradebook, and what it writes depends
on the stored results alone: writing it again changes nothing.
"""

from __future__ import annotations

import csv
import logging
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import ExportPlugin
from sqlalchemy.exc import DatabaseError
from traitlets.config import Config

from grading.grader import Marks, Result
from grading.source import Assignment, Refused

TEMPLATE = Path(__file__).parent
STUB = "# your lines here"


class Changed(Refused):
    """An assignment has other tasks than when this class was graded."""


class Book:
    """The course folder of one class."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        # nbgrader calls the program alembic to make its gradebook, and it stands beside Python.
        os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self.config = Config()
        self.config.CourseDirectory.root = str(self.root)
        self.config.ClearSolutions.code_stub = {"python": STUB}
        self.config.HTMLExporter.template_name = "feedback_page"
        self.config.HTMLExporter.extra_template_basedirs = [str(TEMPLATE)]

    @property
    def address(self) -> str:
        """Where the gradebook is."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def release(self, assignment: Assignment) -> Path:
        """Make the student version of an assignment, enter it into the gradebook; return it."""
        if self._has_changed(assignment):
            raise Changed(
                f"The gradebook in {self.root} does not fit {assignment.name} any more: its tasks "
                "have changed since. Grade into a new folder, with GRADES=folder."
            )
        source = self.root / "source" / assignment.name
        source.mkdir(parents=True, exist_ok=True)
        shutil.copy(assignment.path, source / f"{assignment.name}.ipynb")
        self._convert(GenerateAssignment, assignment.name, ".")
        return self.root / "release" / assignment.name / f"{assignment.name}.ipynb"

    def _has_changed(self, assignment: Assignment) -> bool:
        """Whether submissions were entered when the assignment had other cells."""
        try:
            with Gradebook(self.address) as gradebook:
                notebook = gradebook.find_notebook(assignment.name, assignment.name)
                cells = {cell.name for cell in notebook.source_cells}
                return bool(notebook.submissions) and cells != set(assignment.cells)
        except MissingEntry:
            return False
        except DatabaseError as error:
            raise Refused(
                f"{self.root / 'gradebook.db'} cannot be read as a gradebook ({error.orig}). "
                "Put an older copy in its place, or grade into a new folder, with GRADES=folder."
            ) from error

    def enter(self, results: Iterable[Result]) -> None:
        """Write results into the gradebook; marks that a teacher gave by hand stay."""
        with Gradebook(self.address) as gradebook, gradebook.db.no_autoflush:
            for result in results:
                gradebook.update_or_create_student(result.student)
                gradebook.update_or_create_submission(result.assignment, result.student)
                where = (result.assignment, result.assignment, result.student)
                for task in result.tasks:
                    grade = gradebook.find_grade(task.name, *where)
                    grade.auto_score, grade.needs_manual_grade = task.got, False
                    comment = gradebook.find_comment(f"{task.name}-answer", *where)
                    comment.auto_comment = _said(task) or None
                gradebook.db.commit()

    def feedback(self, results: list[Result], known: list[Assignment]) -> None:
        """Write a page for each result: feedback/student/assignment/assignment.html."""
        titles = {assignment.name: assignment.title for assignment in known}
        for result in results:
            folder = self.root / "autograded" / result.student / result.assignment
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(
                _notebook(result, titles[result.assignment]), folder / f"{result.assignment}.ipynb"
            )
        for name in {result.assignment for result in results}:
            self._convert(GenerateFeedback, name, "*")

    def export(self, assignments: list[Assignment]) -> Path:
        """Write all that is in the gradebook into grades.csv, whenever it was graded.

        assignments: whose columns are in the order of their tasks.
        """
        plugin = Grades(to=str(self.root / "grades.csv"))
        plugin.titles = {one.name: [task.name for task in one.tasks] for one in assignments}
        with Gradebook(self.address) as gradebook:
            for one in gradebook.assignments:
                cells = [cell.name for notebook in one.notebooks for cell in notebook.grade_cells]
                plugin.titles.setdefault(one.name, cells)
            plugin.export(gradebook)
        return self.root / "grades.csv"

    def _convert(self, converter: Any, assignment: str, student: str) -> None:
        """Run one of nbgrader's converters, or raise Refused with its reason."""
        folder = CourseDirectory(config=self.config)
        folder.assignment_id, folder.student_id = assignment, student
        app = converter(coursedir=folder, config=self.config)
        app.force = True
        kept = _Reasons()
        app.log.setLevel(logging.ERROR)
        app.log.addHandler(kept)
        try:
            with _staying_here():
                app.start()
        except NbGraderException as error:
            why = (kept.reasons or [str(error)])[0]
            raise Refused(f"nbgrader cannot work with {assignment}. It says: {why}") from error
        finally:
            app.log.removeHandler(kept)


class _Reasons(logging.Handler):
    """Keeps what went wrong, which nbgrader puts into its log and leaves out of its exceptions."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.reasons: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the last line of a traceback."""
        lines = record.getMessage().strip().splitlines()
        if lines and lines[0].startswith("Traceback"):
            self.reasons.append(lines[-1])


class Grades(ExportPlugin):  # type: ignore[misc]
    """nbgrader's export with a column for each task."""

    titles: dict[str, list[str]]

    def export(self, gradebook: Any) -> None:
        """Write one line for each submission."""
        most = max((len(names) for names in self.titles.values()), default=0)
        tasks = [f"task_{number}" for number in range(1, most + 1)]
        with Path(self.to).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["student_id", "assignment", "score", "max_score", *tasks])
            for name, names in self.titles.items():
                for submission in gradebook.assignment_submissions(name):
                    scores = {
                        grade.name: grade.score
                        for notebook in submission.notebooks
                        for grade in notebook.grades
                    }
                    line = [submission.student_id, name, submission.score, submission.max_score]
                    writer.writerow([*line, *(scores.get(task, "") for task in names)])


def _said(task: Marks) -> str:
    """The sentences of a task's failed checks, each once."""
    sentences = dict.fromkeys(check.said for check in task.checks if check.said is not None)
    return "\n".join(sentences)


def _notebook(result: Result, title: str) -> nbformat.NotebookNode:
    """What nbgrader makes a feedback page of: a pair of cells for each task, then the code."""
    cells = []
    for task in result.tasks:
        checks = [vars(check) for check in task.checks]
        answer = {"grade_id": f"{task.name}-answer", "solution": True, "grade": False}
        graded = {"grade_id": task.name, "solution": False, "grade": True}
        for about in (answer, graded):
            about |= {"locked": False, "schema_version": 3, "task": False, "points": task.points}
        cells.append(new_markdown_cell(task.title, metadata={"nbgrader": answer}))
        own = {"nbgrader": graded, "checks": checks, "said": _said(task)}
        cells.append(new_markdown_cell("", metadata=own))
    for cell in result.cells:
        said = {"printed": cell.get("printed", ""), "error": cell.get("error", "")}
        said["ran"] = "printed" in cell
        cells.append(new_code_cell(cell["source"], metadata={"said": said}))
    head = {"student": result.student, "title": title, "notes": result.notes}
    made: nbformat.NotebookNode = new_notebook(cells=cells, metadata={"grading": head})
    return made


@contextmanager
def _staying_here() -> Iterator[None]:
    here = Path.cwd()
    try:
        yield
    finally:
        os.chdir(here)
