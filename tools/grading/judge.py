"""Runs an assignment's hidden tests on one student's answers, in a process of its own.

`marks` starts that process and gives it a folder: job.json (the tests and the answers), given.npz
and kept.npz. The student's code never ran in it, so nothing there can have been tampered with;
the answers are arrays of checked type and length, read without pickle.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
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
    """Run each task's tests in one namespace, as a kernel would; fill up what was not reached."""
    names: dict[str, Any] = {"np": np, "coursework": coursework, "marking": marking}
    said = []
    for task in tasks:
        records.clear()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(compile(task["hidden"], task["name"], "exec"), names)
            unread = ""
        except marking.Unreadable as problem:
            unread = str(problem)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            unread = f"This answer could not be read: {reason[:200].rstrip('.')}."
        left: list[str | None] = [unread] * (task["checks"] - len(records))
        said.append([*records, *left])
    return said


def load(file: Path) -> dict[str, NDArray[Any]]:
    """Read arrays that the grader itself has written."""
    with np.load(file, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files if name != "student"}


def readable(answers: dict[str, Any]) -> dict[str, NDArray[Any]]:
    """Read the answers that are what `coursework.hand_in` writes; leave the others out."""
    read = {}
    for name, text in list(answers.items())[:MOST_ANSWERS]:
        if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) and isinstance(text, str):
            with contextlib.suppress(ValueError):
                read[name] = array(text)
    return read


def array(text: str) -> NDArray[Any]:
    """Read one .npy file from its base64 text, or raise ValueError."""
    if len(text) > 2 * coursework.LARGEST:
        raise ValueError("too long")
    try:
        file = io.BytesIO(base64.b64decode(text, validate=True))
        version = npy.read_magic(file)
        header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[version]
        shape, fortran, dtype = header(file)
    except (binascii.Error, KeyError, SyntaxError, TypeError, RecursionError) as error:
        raise ValueError("not an array") from error
    content = file.read()
    size = dtype.itemsize
    for length in shape:
        size *= length
    if dtype.kind not in "biufU" or fortran or size != len(content) or size > coursework.LARGEST:
        raise ValueError("not an answer")
    return np.frombuffer(content, dtype).reshape(shape)


if __name__ == "__main__":
    main()
