"""The exercises of lesson 0: take a column, count along an axis, foresee a shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, same

TINY = np.array([[0, 9, 9, 0], [0, 0, 9, 0], [0, 0, 9, 0]])  # as the lesson makes it


@exercise(
    "0.2",
    hints=(
        "`tiny[:, 2]` is the third column, since counting starts at 0.",
        "Keep the colon, which takes all rows, and change the number behind the comma.",
    ),
    solution="answer = tiny[:, 1]",
    praise="Three rows, so three values.",
)
def second_column(answer: Any) -> str | None:
    """The second column of tiny."""
    values = array(answer)
    if same(values, TINY[:, 1]):
        return None
    if same(values, TINY[:, 2]):
        return "That is the third column: counting starts at 0."
    if values.shape == (4,):
        return "That is a row, with four values. A column is `tiny[:, …]`."
    if same(values, TINY[:, 0]):
        return "That is the first column, number 0."
    if values.size == 1:
        return "That is a single value. The colon takes all the rows at once."
    if same(values.reshape(-1), TINY[:, 1]):
        return "The values are right, but in a table of their own. A single number picks a column."
    return (
        "Look at the first row of `tiny`: 0, 9, 9, 0. The second column goes down from the first 9."
    )


@exercise(
    "0.3",
    hints=(
        "First find out where `tiny` is larger than 0: a comparison works on every value.",
        "True counts as 1, so a sum counts them. Along which axis?",
        "`(tiny > 0).sum(axis=…)`: the axis that you name is the one that disappears.",
    ),
    solution="answer = (tiny > 0).sum(axis=0)",
    praise="No loop needed.",
)
def ink_in_each_column(answer: Any) -> str | None:
    """How many values of each column of tiny are above 0."""
    values = array(answer)
    right = (TINY > 0).sum(axis=0)
    if same(values, right):
        return None
    if same(values, TINY.sum(axis=0)):
        return "You added the values up. Count them: compare with 0 first."
    if values.shape == (3,):
        return "These are three numbers, one for each row. For columns it is the other axis."
    if values.size == 1:
        return "That is one number for the whole array. Name an axis."
    if same(values, right / 3):
        return "That is the share of each column. A sum counts, where a mean gives shares."
    if same(values, 3 - right):
        return "You counted the zeros. Count what is larger than 0."
    if values.shape == TINY.shape:
        return "You have one value for each pixel. Add them up along an axis."
    return "One whole number is asked for, for each of the four columns."


@exercise(
    "0.4",
    hints=(
        "How many pixels has one picture of 28 rows and 28 columns?",
        "Twelve pictures stay twelve. -1 works out the rest: 28 × 28 values for each.",
    ),
    solution="answer = (12, 784)",
    praise="The number of values stays the same, whatever the shape.",
)
def flattened_shape(answer: Any) -> str | None:
    """The shape of twelve pictures of 28 × 28 after reshape(12, -1)."""
    shape = tuple(array(answer).reshape(-1).tolist())
    messages = {
        (784, 12): "The other way round: the first number is how many pictures there are.",
        (12, 28, 28): "That is the shape before. Two numbers remain, as `reshape` was given two.",
        (12, -1): "-1 means *work it out*: which number does NumPy put there?",
        (784,): "That is the shape of one picture as a row. Here are twelve.",
        (12 * 784,): "That would be one long row. The 12 stays by itself.",
        (12, 28): "Twelve rows of 28 would lose pixels. Each picture has 28 × 28 of them.",
        (12, 56): "28 × 28 is a product, not a sum.",
        (336, 28): "That stacks all rows of all pictures. The first number was said to be 12.",
    }
    if shape == (12, 784):
        return None
    if np.prod(shape) != 12 * 784 and shape not in messages:
        return (
            f"No value may get lost: the numbers of the shape multiply to 12 × 784 = {12 * 784:,}."
        )
    return messages.get(shape, "The first number is 12. What is left for the second?")
