"""Reads what a learner may have meant: one number, a whole number, an array.

What cannot be read raises an error whose message completes "I could not read this answer: …".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["array", "number", "same", "whole"]


def array(answer: Any, name: str = "an array of numbers") -> NDArray[Any]:
    """Return an answer as an array of numbers: lists, tensors and tables of pandas too."""
    try:
        values = np.asarray(answer)
    except ValueError as error:
        raise TypeError(f"it should be {name}, and its rows differ in length") from error
    if values.dtype.kind not in "buif" or values.size == 0:
        raise TypeError(f"it should be {name}, and this is {_kind(answer)}")
    return values


def number(answer: Any) -> float:
    """Return an answer as one number; an array that holds a single one will do."""
    values = array(answer, "one number")
    if values.size != 1:
        raise TypeError(f"one number is asked for, and this holds {values.size:,}")
    return float(values.reshape(-1)[0])


def whole(answer: Any) -> int:
    """Return an answer as a whole number; 7.0 will do."""
    value = number(answer)
    if value != round(value):
        raise TypeError(f"a whole number is asked for, and this is {value:g}")
    return round(value)


def same(answer: Any, expected: Any, tolerance: float = 1e-3) -> bool:
    """Say whether two arrays agree in shape and, up to the tolerance, in every value."""
    left, right = np.asarray(answer), np.asarray(expected)
    if left.shape != right.shape:
        return False
    return bool(
        np.allclose(left.astype(float), right.astype(float), rtol=tolerance, atol=tolerance)
    )


def _kind(answer: Any) -> str:
    if answer is None:
        return "None"
    if isinstance(answer, str):
        return f"the text {answer[:30]!r}"
    if callable(answer):
        return "a function; call it, with brackets"
    if np.size(answer) == 0:
        return "empty"
    return f"a {type(answer).__name__}"
