"""Coursework: digits of your own to work on, and answers to hand in.

In an assignment,

    mine = coursework.mine(1, "anna")      the data of assignment 1 that her name decides
    coursework.hand_in("counts", counts)   keeps an answer; `...` is no answer yet
    coursework.check("they add up", lambda: counts.sum() == 2000)   tells you, and gives no points

Points come from hidden tests, and those see nothing but what was handed in: see `marking`.
Assignment 1's data is made by the function `vary` of the module `assignment_1`, and so on.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import data

__all__ = ["Mine", "Variation", "as_answer", "check", "hand_in", "mine", "plainly_written"]
__all__ += ["same_student", "vary"]

# The grader gives the data as a file, and takes the answers as files. Elsewhere neither is set.
GIVEN, ANSWERS = "MNISTLAB_GIVEN", "MNISTLAB_ANSWERS"
LARGEST = 8_000_000  # bytes of one answer

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Variation:
    """A student's variation of an assignment: what is given, and what is kept for the tests."""

    given: Arrays
    kept: Arrays


class Mine(SimpleNamespace):
    """A student's own data: one attribute for each array."""

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in vars(self).items())
        return f"<Mine: {shapes}>"


answers: dict[str, NDArray[Any]] = {}
current: dict[str, tuple[int, str]] = {}  # whose data `mine` gave last: assignment and student


def mine(assignment: int, student: str) -> Mine:
    """Return the data of an assignment that belongs to one student.

    assignment: its number. student: the name under which you hand in; it seeds the choice.
    """
    if not isinstance(student, str) or not student.strip():
        raise ValueError(f'mine needs your name as a text, such as "anna"; this is {student!r}.')
    file = os.environ.get(GIVEN)
    if file:
        return Mine(**_from_the_grader(Path(file), student))
    current["asked"] = assignment, student
    return Mine(**vary(assignment, student, data.load()).given)  # what is kept goes nowhere


def vary(assignment: int, student: str, digits: data.Digits, secret: str = "") -> Variation:
    """Make a student's variation of an assignment: the same one for the same name.

    secret: what the grader adds to draw what the student has not seen; "" while practising.
    """
    module = importlib.import_module(f"mnistlab.coursework.assignment_{assignment}")
    name = _plain(student)
    own, unseen = (_seeded(f"{part}:{assignment}:{name}") for part in ("own", f"unseen:{secret}"))
    variation: Variation = module.vary(digits, own, unseen)
    return variation


def plainly_written(digits: data.Digits) -> NDArray[np.int64]:
    """The places of the images to choose from: of the offline digits, those of calm hands.

    Of all hands together a linear reader would make nothing.
    """
    if digits.train_groups is None or digits.calm_groups is None:
        return np.arange(len(digits.y_train))
    return np.flatnonzero(np.isin(digits.train_groups, digits.calm_groups))


def _seeded(text: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]))


def _plain(student: str) -> str:
    composed = unicodedata.normalize("NFC", student)  # macOS writes é as two: e and its accent
    return " ".join(composed.split()).casefold()


def same_student(one: str, other: str) -> bool:
    """Say whether two names are one student's: capitals and how many blanks do not count."""
    return _plain(one) == _plain(other)


def _from_the_grader(file: Path, student: str) -> dict[str, NDArray[Any]]:
    with np.load(file, allow_pickle=False) as arrays:
        given = {name: arrays[name] for name in arrays.files}
    owner = str(given.pop("student"))
    if not same_student(student, owner):
        raise ValueError(
            f"This notebook asks for the data of {student!r}, but it was handed in by {owner!r}. "
            "Put your own name into its first code cell: the answers belong to your data."
        )
    return given


def hand_in(name: str, value: Any) -> None:
    """Keep an answer under its name, and say what was kept; a later one takes its place.

    value: a number, a text, or an array (lists and tensors become one); `...` for none yet.
    """
    if value is ...:
        print(f"{name}: no answer yet. Put yours where the ... stands.")
        return
    try:
        array = as_answer(name, value)
    except ValueError as problem:
        print(f"{name}: not handed in. {problem}")
        return
    answers[name] = array
    folder = os.environ.get(ANSWERS)
    if folder:
        _write(Path(folder), name, array)
    print(f"{name}: handed in, {_described(array)}.")


def as_answer(name: str, value: Any) -> NDArray[Any]:
    """Return an answer as an array of numbers or text, or raise ValueError with a sentence."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise ValueError(f"{name!r} is no name of an answer: keep the name that stood here.")
    try:
        array = np.asarray(value)
    except Exception as error:
        raise ValueError("It should be a number, a text or an array of one shape.") from error
    if array.dtype.kind not in "biufU":
        raise ValueError(f"It should be numbers or text, and this is a {type(value).__name__}.")
    if array.nbytes > LARGEST:
        raise ValueError(f"It has {array.nbytes:,} bytes, and {LARGEST:,} is the most.")
    return np.array(array, array.dtype.newbyteorder("="), order="C")


def _write(folder: Path, name: str, array: NDArray[Any]) -> None:
    folder.mkdir(exist_ok=True)
    part = folder / f"{name}.part"
    with part.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    part.replace(folder / f"{name}.npy")  # whole or not at all, should the kernel die here


def _described(array: NDArray[Any]) -> str:
    kind = {"f": "number", "U": "text", "b": "yes or no"}.get(array.dtype.kind, "whole number")
    if array.ndim == 0:
        return f"the {kind} {str(array)[:40]}" if kind != "yes or no" else f"{bool(array)}"
    return f"an array of the shape {array.shape} of {kind}s".replace("yes or nos", "yes and no")


def check(sentence: str, test: Callable[[], Any]) -> None:
    """Say whether a test holds for your answer. It gives no points and never stops the notebook.

    sentence: what should be so. test: a function without arguments that says whether it is.
    """
    try:
        holds = bool(test())
    except Exception:  # no answer yet, or one of another shape: both are "not yet"
        holds = False
    print(("yes:     " if holds else "not yet: ") + sentence)
