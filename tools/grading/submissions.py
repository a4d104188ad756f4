"""Finds and reads what students handed in, whatever it is."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.source import Assignment

LARGEST = 30 * 2**20  # bytes of a notebook
STUDENT = re.compile(r"\w[\w .@-]{0,99}")
NOTE = 300  # characters at most of what a note quotes


class Unusable(ValueError):
    """A submission that cannot be graded; its text says why."""


@dataclass(frozen=True)
class Submission:
    """A notebook that was handed in: who, for which assignment, where."""

    student: str
    assignment: Assignment
    path: Path


@dataclass
class Handed:
    """What a notebook holds: its code cells, and what its student should know about it."""

    cells: list[str]
    notes: list[str] = field(default_factory=list)


def find(folder: Path, known: list[Assignment]) -> tuple[list[Submission], list[str]]:
    """Return the submissions in a folder, and a sentence about whatever else is there.

    anna/1_look_and_read.ipynb and anna-1_look_and_read.ipynb (or with _) are anna's.
    """
    found: dict[tuple[str, str], Submission] = {}
    strange: list[str] = []
    for path in _files(folder, strange):
        try:
            one = _named(path.relative_to(folder), known, path)
        except Unusable as problem:
            strange.append(str(problem))
            continue
        key = (one.student.casefold(), one.assignment.name)
        if key in found:
            other = found[key].path.relative_to(folder)
            strange.append(f"{path.relative_to(folder)}: left out, for {other} is the same one's.")
            continue
        found[key] = one
    order = sorted(found.values(), key=lambda one: (one.assignment.number, one.student.casefold()))
    return order, strange


def _files(top: Path, strange: list[str]) -> list[Path]:
    """The files in a folder and in its folders, those in folders first.

    strange: gets a sentence about each folder that is not entered.
    """
    beside, folders = _listed(top, top, strange)
    within: list[Path] = []
    for folder in folders:
        if folder.is_symlink():
            strange.append(_not_entered(folder, top))
            continue
        files, deeper = _listed(folder, top, strange)
        within += files
        strange += [_not_entered(path, top) for path in deeper]
    return [*within, *beside]


def _listed(folder: Path, top: Path, strange: list[str]) -> tuple[list[Path], list[Path]]:
    """What is in a folder, files and folders, but for what a system or an editor hides there."""
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        why = f"this folder cannot be read ({error.strerror}), so it is left out"
        strange.append(f"{_shown(folder.relative_to(top))}: {why}.")
        return [], []
    paths = [path for path in paths if not path.name.startswith(".") and path.name != "__MACOSX"]
    return [p for p in paths if not p.is_dir()], [p for p in paths if p.is_dir()]


def _not_entered(folder: Path, top: Path) -> str:
    shown = _shown(folder.relative_to(top))
    if folder.is_symlink():
        return f"{shown}: this is a link, and links are not followed. Put the folder itself there."
    return (
        f"{shown}: a folder within a folder is not entered. If it is a student's, "
        f"move {shown} up into {top.resolve().name}."
    )


def _shown(where: Path) -> str:
    return ascii(str(where))[1:-1][:NOTE]


def _named(where: Path, known: list[Assignment], path: Path) -> Submission:
    names = {assignment.name: assignment for assignment in known}
    parts = unicodedata.normalize("NFC", where.as_posix()).split("/")  # macOS takes é apart
    stem = parts[-1].removesuffix(".ipynb")
    if len(parts) == 2:
        student, name = parts[0], stem
    else:
        flat = re.fullmatch(rf"(.+?)[-_]({'|'.join(map(re.escape, names))})", stem)
        student, name = (flat[1], flat[2]) if flat else ("", stem)
    shown = _shown(where)
    if name not in names or where.suffix != ".ipynb":
        raise Unusable(f"{shown}: no assignment has this name; they are {', '.join(names)}.")
    if not student:
        raise Unusable(f"{shown}: whose is it? Put it into a folder with the student's name.")
    if not STUDENT.fullmatch(student):
        raise Unusable(f"{shown}: a student's name has letters, digits, blanks and . _ @ - only.")
    if path.is_symlink() or not path.is_file():
        raise Unusable(f"{shown}: this is a link or no file at all, so it is left out.")
    return Submission(student, names[name], path)


def content(submission: Submission) -> bytes:
    """Return the bytes of a notebook, or raise Unusable."""
    size = submission.path.stat().st_size
    if size > LARGEST:
        raise Unusable(
            f"The notebook has {size / 2**20:,.0f} MB, and {LARGEST / 2**20:.0f} MB is the most: "
            "clear its outputs and hand it in again."
        )
    return submission.path.read_bytes()


def read(data: bytes, assignment: Assignment) -> Handed:
    """Read a notebook's code cells and note what is odd about it; raise Unusable if it is none."""
    text, notes = _text(data)
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unusable(
            "The file is no notebook: it is not valid JSON. It was perhaps cut off on its way; "
            "open it in JupyterLab, save it and hand it in again."
        ) from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unusable("The file is no notebook of today's form: open and save it in JupyterLab.")
    cells = [cell for cell in cells if isinstance(cell, dict)]
    code = [_source(cell) for cell in cells if cell.get("cell_type") == "code"]
    code = [source for source in code if source.strip()]
    if not code:
        raise Unusable("The notebook is empty: it has no cell with code.")
    return Handed(code, [*notes, *_about_kernel(notebook), *_about_cells(cells, assignment)])


def _text(data: bytes) -> tuple[str, list[str]]:
    """Decode a notebook, which should be UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), ["The file is UTF-16, not UTF-8; it was read so."]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("latin-1"), [
            "The file is not UTF-8; it was read as Latin-1, so some letters may be wrong."
        ]


def storable(text: str) -> str:
    """The same text without what no file can hold: halves of characters."""
    return text.encode("utf-8", "replace").decode()


def plain(text: str) -> str:
    """The same text without what could steer a terminal or spoil a page."""
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    joined = "".join(line for line in lines if isinstance(line, str))
    return storable(joined.replace("\r\n", "\n").replace("\r", "\n"))


def _about_kernel(notebook: dict[str, Any]) -> list[str]:
    language = _inner(_inner(notebook, "metadata"), "kernelspec").get("language")
    if not isinstance(language, str) or language == "python":
        return []
    named = ascii(plain(language)[:40])
    return [f"The notebook says that its language is {named}; it was run with Python."]


def _about_cells(cells: list[dict[str, Any]], assignment: Assignment) -> list[str]:
    """Missing and doubled cells: they change no points, but perhaps explain some."""
    names = Counter(_name(cell) for cell in cells)
    missing = [name for name in assignment.cells if not names[name]]
    doubled = [name for name in assignment.cells if names[name] > 1]
    notes = []
    if missing:
        notes.append(f"Cells are missing: {', '.join(missing)}. Only what is handed in counts.")
    if doubled:
        notes.append(f"Cells stand there twice: {', '.join(doubled)}. The last answer counts.")
    return notes


def _name(cell: dict[str, Any]) -> str:
    name = _inner(_inner(cell, "metadata"), "nbgrader").get("grade_id")
    return name if isinstance(name, str) else ""


def _inner(outer: dict[str, Any], key: str) -> dict[str, Any]:
    """An object within another one; an empty one if there is none, or something else."""
    inner = outer.get(key)
    return inner if isinstance(inner, dict) else {}
