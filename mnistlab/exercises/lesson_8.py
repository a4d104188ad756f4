"""The exercises of lesson 8: a fitted digit's size, its centre of mass, a small set's interval."""

from __future__ import annotations

from typing import Any

import numpy as np

from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number

__all__ = ["centre_of_mass", "fitted_size", "width_of_the_interval"]


def _pair(answer: Any, names: str) -> tuple[float, float]:
    values = array(answer, "two numbers").reshape(-1)
    if len(values) != 2:
        raise TypeError(f"two numbers are asked for: answer = {names}")
    return float(values[0]), float(values[1])


@exercise(
    "8.2",
    hints=(
        "Which side is the longer one? That one becomes 20.",
        "Both sides grow by the same factor, or the digit would change its shape.",
        "The factor is 20 / 14. What is 7 times that?",
    ),
    solution="answer = 7 * 20 / 14, 20",
    praise="A 1 stays narrow, and that is how a network knows it.",
)
def fitted_size(answer: Any) -> str | None:
    """Work out the width and height of a 7×14 digit that is fitted into 20×20."""
    said = _pair(answer, "width, height")
    known = {
        "That is how large it was. Its longer side becomes 20.": (7, 14),
        "Both are right, but in the other order: first the width.": (20, 10),
        "That would stretch it into a square. Both sides grow by one factor.": (20, 20),
        "That fills the whole image. The box that a digit is fitted into has 20 pixels.": (14, 28),
    }
    if np.allclose(said, (10, 20)):
        return None
    for sentence, slip in known.items():
        if np.allclose(said, slip):
            return sentence
    return "Let the longer side become 20, and multiply the other by the same factor."


@exercise(
    "8.3",
    hints=(
        "The centre of mass is a mean: of the row numbers of all ink, and of its column numbers.",
        "Six pixels hold ink, in the rows 0, 1, 2, 3, 3 and 3. What is their mean?",
        "rows, columns = np.nonzero(ink) gives both lists.",
    ),
    solution="rows, columns = np.nonzero(ink)\nanswer = rows.mean(), columns.mean()",
    praise="With grey pixels each counts by how much ink it holds.",
)
def centre_of_mass(answer: Any) -> str | None:
    """Find the row and column of the centre of mass of an L of six pixels."""
    said = _pair(answer, "row, column")
    known = {
        "Both are right, but in the other order: first the row.": (0.5, 2),
        "That is the middle of the box. Where is most of the ink?": (1.5, 1),
        "You counted from 1. NumPy's first row and column are 0.": (3, 1.5),
    }
    if np.allclose(said, (2, 0.5)):
        return None
    for sentence, slip in known.items():
        if np.allclose(said, slip):
            return sentence
    return "Take the mean of the row numbers of all ink, then that of its column numbers."


@exercise(
    "8.6",
    hints=(
        "Lesson 5 has the formula: √(a × (1 − a) / n) is one standard error.",
        "Here a is 27 / 30 and n is 30.",
        "answer = 2 * (0.9 * 0.1 / 30) ** 0.5",
    ),
    solution="answer = 2 * (0.9 * 0.1 / 30) ** 0.5",
    praise="Four times as many digits would halve it.",
)
def width_of_the_interval(answer: Any) -> str | None:
    """Work out two standard errors of 27 right answers of 30."""
    said, asked = number(answer), 2 * (0.9 * 0.1 / 30) ** 0.5
    known = {
        "That is one standard error. Two are asked for.": asked / 2,
        "The formula ends with a square root.": 2 * 0.9 * 0.1 / 30,
        "That is in percent. Give it as a share, such as 0.05.": 100 * asked,
        "That is in digits. Divide by 30 for a share.": 30 * asked,
        "That is the accuracy. How far may chance move it?": 0.9,
    }
    if abs(said - asked) < 0.002:
        return None
    for sentence, slip in known.items():
        if np.isclose(said, slip, rtol=0.02):
            return sentence
    return "Put a = 27 / 30 and n = 30 into √(a × (1 − a) / n), and take it twice."
