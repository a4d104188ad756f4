"""Builds what students and teachers get of an assignment, and proves that nothing leaks."""

from __future__ import annotations

import ast
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import course
import nbformat
from nbconvert import HTMLExporter

from grading import pages
from grading.book import Book
from grading.source import HIDDEN, SOLUTION, Assignment, Refused, parts

SHORTEST = 8  # letters of a line that could give something away


class Leak(Refused):
    """A student version that must not go out; its text says why."""


def build(assignment: Assignment, book: Book, folder: Path) -> list[Path]:
    """Write student version, solution page and rubric page into a folder; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    endings = (".ipynb", "-solution.html", "-rubric.html")
    student, solution, rubric = (folder / f"{assignment.name}{ending}" for ending in endings)
    made = book.release(assignment)
    found = amiss(assignment, made)
    if found:
        raise Leak(f"{assignment.name}: {found[0]}")
    shutil.copy(made, student)
    solution.write_text(solved(assignment), encoding="utf-8")
    rubric.write_text(pages.rubric(assignment), encoding="utf-8")
    return [student, solution, rubric]


def amiss(assignment: Assignment, student: Path) -> list[str]:
    """What is wrong with a student version: traces of what it must not hold, broken code."""
    notebook = nbformat.read(student, as_version=4)
    texts = list(strings(json.loads(student.read_text(encoding="utf-8"))))
    lines = {line.strip() for text in texts for line in text.splitlines()}
    problems = [f"the student version holds {secret!r}" for secret in secrets(assignment) & lines]
    whole = "\n".join(texts)
    problems += [
        f"the student version holds the mark {mark}"
        for mark in (*SOLUTION, *HIDDEN)
        if mark in whole
    ]
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if cell.outputs:
            problems.append(f"cell {i} of the student version has an output")
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            problems.append(f"cell {i} of the student version is no Python: {error.msg}")
    return problems


def secrets(assignment: Assignment) -> set[str]:
    """The lines of solutions and hidden tests that stand nowhere else in the source notebook."""
    hidden: set[str] = set()
    shown: set[str] = set()
    for cell in nbformat.read(assignment.path, as_version=4).cells:
        tests, rest = parts(cell.source, HIDDEN)
        solution, rest = parts("\n".join(rest), SOLUTION)
        hidden |= {line.strip() for line in [*tests, *solution]}
        shown |= {line.strip() for line in rest}
    return {line for line in hidden - shown if sum(map(str.isalnum, line)) >= SHORTEST}


def strings(node: Any) -> Iterator[str]:
    """Every text in a notebook's JSON: sources, metadata, names, outputs."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from strings(value)
    elif isinstance(node, list):
        if node and all(isinstance(line, str) for line in node):
            yield "".join(node)
        for value in node:
            yield from strings(value)


def solved(assignment: Assignment) -> str:
    """The assignment with its solutions and what they put out, without tests, as a page."""
    notebook = nbformat.read(assignment.path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = parts(cell.source, HIDDEN)[1]
            shown = [line for line in shown if not any(mark in line for mark in SOLUTION)]
            cell.source = "\n".join(shown)
    with tempfile.TemporaryDirectory() as folder:
        course.run(notebook, assignment.path.parent, Path(folder, "kernel"))
    page, _ = HTMLExporter().from_notebook_node(
        notebook, {"metadata": {"name": f"{assignment.title}: solution"}}
    )
    return str(page)
