"""Hidden tests: they read what was handed in and give points, each with a sentence if it fails.

A hidden test cell of a source notebook looks like this:

    counts = marking.answer("counts", shape=(10,), kind="whole numbers")
    marking.check(
        1,
        "every image is counted once",
        (counts.sum() < 2000, "Your counts add up to less than 2,000: some images are missing."),
        (counts.sum() > 2000, "Your counts add up to more than 2,000: some images count twice."),
    )

Points and criterion are written out, since the rubric is read from them. In the source notebook
itself a failed check raises, and the data are made anew from the name that `coursework.mine` was
called with; the grader calls `begin`, which brings the data, and checks are recorded instead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import coursework, data
from mnistlab.coursework import Mine, Variation

__all__ = ["Unreadable", "answer", "begin", "check", "given", "kept"]

KINDS = {
    "numbers": "biuf",
    "whole numbers": "biuf",
    "text": "U",
}

_records: list[str | None] | None = None
_begun: Variation | None = None


class Unreadable(Exception):
    """An answer that no test can be made on; its text says why."""


def begin(variation: Variation, answers: dict[str, NDArray[Any]]) -> list[str | None]:
    """Make the tests run on these answers, and return the list that they fill.

    The list gets None for each check that is passed, else the sentence that says what is wrong.
    """
    global _records, _begun
    _records, _begun = [], variation
    coursework.answers.clear()
    coursework.answers.update(answers)
    return _records


def given() -> Mine:
    """Return the student's own data."""
    return Mine(**_variation().given)


def kept() -> Mine:
    """Return what `coursework.mine` gives to no notebook."""
    return Mine(**_variation().kept)


def _variation() -> Variation:
    if _begun is not None:
        return _begun
    if "asked" not in coursework.current:
        raise RuntimeError("There is no data yet: call coursework.mine first.")
    return recomputed(*coursework.current["asked"])


@lru_cache(maxsize=1)
def recomputed(assignment: int, student: str) -> Variation:
    """Make a variation anew, so that no notebook has to keep the hidden part of it."""
    return coursework.vary(assignment, student, data.load())


def answer(name: str, shape: tuple[int | None, ...] = (), kind: str = "numbers") -> NDArray[Any]:
    """Return an answer of this shape and kind, or raise Unreadable with a sentence.

    shape: () for a single value; None stands for any length. kind: "numbers", "whole numbers"
    (3.0 will do; the result is int64) or "text".
    """
    if name not in coursework.answers:
        raise Unreadable(f"{name} was not handed in: its cell has no answer, or never got so far.")
    array = coursework.answers[name]
    if array.dtype.kind not in KINDS[kind]:
        is_text = array.dtype.kind == "U"
        raise Unreadable(f"{name} should be {kind}, and yours is {'text' if is_text else 'not'}.")
    fits = len(shape) == array.ndim and all(
        wanted in (None, length) for wanted, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise Unreadable(f"{name} should be {_shaped(shape)}, and yours is {_shaped(array.shape)}.")
    if kind == "text":
        return array
    values = array.astype(np.float64)
    if not np.isfinite(values).all():
        raise Unreadable(f"{name} contains NaN or infinity: something was divided by 0, or grew.")
    if kind == "numbers":
        return values
    if (values != np.round(values)).any() or (np.abs(values) > 2**53).any():
        raise Unreadable(f"{name} should be whole numbers, and yours has fractions.")
    return values.astype(np.int64)


def _shaped(shape: tuple[int | None, ...]) -> str:
    if not shape:
        return "a single value"
    lengths = ", ".join("n" if length is None else str(length) for length in shape)
    return f"an array of the shape ({lengths}{',' if len(shape) == 1 else ''})"


def check(points: float, criterion: str, *slips: tuple[Any, str]) -> None:
    """Give points unless one of the slips was made; the first one's sentence is what is said.

    points and criterion: constants, for the rubric. slips: (whether it was made, the sentence).
    """
    said = next((sentence for made, sentence in slips if made), None)
    if _records is not None:
        _records.append(said)
    elif said is not None:
        raise AssertionError(f"{criterion}: {said}")
