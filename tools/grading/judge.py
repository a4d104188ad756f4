"""Runs an assignment's hidden tests on one student's answers, in a process of its own.

`marks` starts that process and gives it a folder: job.json (the tests and the answers), given.npz
and kept.npz. The student's code never ran in it, so nothing there can have been tampered with;
the answers are arrays of checked type and length, read without pickle.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import io
import json
import math
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from mnistlab import coursework
from mnistlab.coursework import Variation, marking

SECONDS, MEMORY = 60, 4 * 2**30
MOST_ANSWERS = 100


class Failed(RuntimeError):
    """The tests themselves could not run: nobody's answer is to blame."""


def marks(folder: Path) -> list[list[str | None]]:
    """Run the job in a folder; for each task, what is said of each check (None: passed)."""
    line = [sys.executable, str(Path(__file__)), str(folder)]
    try:
        ran = subprocess.run(line, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"The hidden tests took more than {SECONDS} seconds.") from late
    if ran.returncode != 0:
        last = (ran.stderr.decode("utf-8", "replace").strip().splitlines() or ["no word"])[-1]
        raise Failed(f"The hidden tests ended early: {last}")
    said: list[list[str | None]] = json.loads(ran.stdout)
    return said


def main() -> None:
    """Judge the job in the folder that is named on the command line."""
    import resource  # not on Windows, where nothing is graded but answers can be read

    folder = Path(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    variation = Variation(load(folder / "given.npz"), load(folder / "kept.npz"))
    records = marking.begin(variation, readable(job["answers"]))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        said = judge(job["tasks"], records)
    print(json.dumps(said))


def judge(tasks: list[dict[str, Any]], records: list[str | None]) -> list[list[str | None]]:
    """Run each task's tests in one namespace, as a kernel would; say what became of each check."""
    names: dict[str, Any] = {"np": np, "coursework": coursework, "marking": marking}
    lost: dict[str, str] = {}
    said = []
    for task in tasks:
        records.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # answers may overflow or divide by 0; nobody reads it
            _run(ast.parse(task["hidden"]).body, names, lost, records)
        left: list[str | None] = [""] * (task["checks"] - len(records))
        said.append([*records, *left])
    return said


def _run(
    statements: list[ast.stmt], names: dict[str, Any], lost: dict[str, str], said: list[str | None]
) -> None:
    """Run tests statement by statement, so that an unreadable answer costs no check but its own.

    lost: the names that could not be computed, each with the reason. They are taken out of `names`,
    so that whatever needs one of them fails in its turn, for the same reason.
    """
    checks = 0
    for statement in statements:
        checks += _checks(statement)
        reason = ""
        try:
            exec(compile(ast.Module([statement], []), "hidden tests", "exec"), names)
        except Exception as error:
            reason = _reason(error, lost)
            for name in _changed(statement, names):
                names.pop(name, None)
                lost[name] = reason
        said += [reason] * (checks - len(said))


def _reason(error: Exception, lost: dict[str, str]) -> str:
    """Why a statement failed, as a sentence."""
    if isinstance(error, NameError) and error.name in lost:
        return lost[error.name]
    if isinstance(error, marking.Unreadable):
        return str(error)
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return f"This answer could not be read: {reason[:200].rstrip('.')}."


def _checks(statement: ast.stmt) -> int:
    """How many checks stand in a statement."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return sum(ast.unparse(call.func) == "marking.check" for call in calls)


def _changed(statement: ast.stmt, names: dict[str, Any]) -> set[str]:
    """The names that a statement would have set, or whose values it would have changed in place."""
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    changed: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, ast.Name | ast.Subscript) and isinstance(node.ctx, ast.Store):
            changed.add(_base(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            touched = [node.value.func, *node.value.args]  # places.append(…), np.add.at(counts, …)
            changed |= {_base(part) for part in touched} if not _checks(node) else set()
    return {name for name in changed if not isinstance(names.get(name), ModuleType)}


def _base(node: ast.expr) -> str:
    """The name at the root of an expression: counts for `counts[0].T`; "" for none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def load(file: Path) -> dict[str, NDArray[Any]]:
    """Read arrays that the grader itself has written."""
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name != "student"}


def readable(answers: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Read the answers that are what `coursework.hand_in` writes; leave the others out."""
    read = {}
    for name, text in list(answers.items())[:MOST_ANSWERS]:
        if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            with contextlib.suppress(ValueError):
                read[name] = array(text)
    return read


def array(text: str) -> NDArray[Any]:
    """Read one .npy file from its base64 text, or raise ValueError."""
    try:
        return _array(text)
    except Exception as error:  # NumPy's reader stumbles over forged headers in many ways
        raise ValueError("not an answer") from error


def _array(text: str) -> NDArray[Any]:
    if len(text) > 2 * coursework.LARGEST:
        raise ValueError("too long")
    file = io.BytesIO(base64.b64decode(text, validate=True))
    version = npy.read_magic(file)
    header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
    shape, fortran, dtype = header(file)
    content = file.read()
    lengths = all(type(length) is int and 0 <= length <= coursework.LARGEST for length in shape)
    size = dtype.itemsize * math.prod(shape)
    if dtype.kind not in "biufU" or fortran or not lengths or size != len(content):
        raise ValueError("another kind of array, or not as long as it says")
    if size > coursework.LARGEST:
        raise ValueError("too large")
    return np.frombuffer(content, dtype).reshape(shape)


if __name__ == "__main__":
    main()
