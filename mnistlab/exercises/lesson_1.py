"""The exercises of lesson 1: scaling, flattening, encoding, and what a score can mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number, same, whole

ROW, COLUMN = 10, 7
ROUNDED = 6e-4  # an accuracy may be given with three decimals


@exercise(
    "1.3",
    hints=(
        "`digits.x_test[:100]` holds the images. What has to happen to each of their numbers?",
        "Divide by 255, as a float32: look at how `scaled` was made.",
        "Take the line that made `scaled`, with x_test for x_train and 100 for 20_000.",
    ),
    solution="answer = digits.x_test[:100] / np.float32(255)",
    praise="Every network of this course takes its images like that.",
)
def scaled_images(answer: Any, digits: Digits) -> str | None:
    """The first 100 test images, float32 from 0 to 1."""
    values = array(answer)
    expected = digits.x_test[:100] / np.float32(255)
    problem = _scale_problem(values) or _images_problem(values, expected, digits)
    if problem is None and values.dtype != np.float32:
        return (
            f"The values are right, but they are {values.dtype}. Divide by np.float32(255), or "
            "add .astype(np.float32)."
        )
    return problem


def _scale_problem(values: Any) -> str | None:
    highest = values.max()
    if values.dtype.kind not in "f" and highest <= 1:
        return "Only 0 and 1 are left: `//` and whole-number types throw all greys away. Use `/`."
    if values.dtype.kind not in "f" or highest > 1:
        return f"The largest number is {highest:g}, so they are not scaled yet: divide by 255."
    if highest < 0.01:
        return "The largest number is below 0.01: these were divided by 255 more than once."
    if 0.99 < highest < 0.999:
        return "White to black is 0 to 255, so divide by 255: then the darkest pixel becomes 1."
    return None


def _images_problem(values: Any, expected: Any, digits: Digits) -> str | None:
    if values.shape == (100, 784):
        return "These are flattened. Keep the shape (100, 28, 28): leave out the reshape."
    if values.shape != expected.shape:
        return f"The shape should be {expected.shape}, and yours is {values.shape}: take [:100]."
    if same(values, expected):
        return None
    if same(values, digits.x_train[:100] / np.float32(255)):
        return "These are training images. The exercise asks for the test set: digits.x_test."
    if same(values, 1 - expected):
        return "Paper and ink are swapped: 0 has to stay paper. Do not subtract from 1."
    return "Shape and range are right, but these are not the first 100 test images."


@exercise(
    "1.4",
    hints=(
        "How many whole rows of 28 lie above row 10, when the first is row 0?",
        "Ten rows lie above it, with 28 pixels each. Then go on by the column.",
        "The place is 28 × row + column.",
    ),
    solution="answer = 28 * 10 + 7   # 287",
    praise="Backwards it is a division: divmod(287, 28) gives row and column.",
)
def place_in_the_row(answer: Any) -> str | None:
    """The place of the pixel in row 10, column 7 of the flat row."""
    place = whole(answer)
    right = 28 * ROW + COLUMN
    messages = {
        28 * COLUMN + ROW: "You went down the columns, but flattening goes along the rows.",
        right + 1: "That is one too far: the first place is 0, not 1.",
        right - 1: "That is one too few: column 7 comes after seven others, 0 to 6.",
        right + 28: "That is one row too far: above row 10 lie ten rows, 0 to 9.",
        right - 28: "That is one row too few: above row 10 lie ten rows, 0 to 9.",
        right + 29: "Rows and columns both count from 0 here, not from 1.",
        28 * ROW: "That is where row 10 begins. Now go on to column 7.",
        27 * ROW + COLUMN: "A row has 28 pixels: 0 to 27.",
        ROW + COLUMN: "Row 10 is far down: all the rows above it come first, 28 pixels each.",
        ROW * COLUMN: "Row times column is an area. Count the pixels that come before this one.",
    }
    if place == right:
        return None
    if not 0 <= place < 784:
        return f"A flat row has the places 0 to 783, so {place:,} is none of them."
    return messages.get(place, f"At place {place} stands row {place // 28}, column {place % 28}.")


@exercise(
    "1.6",
    hints=(
        "The labels are `digits.y_test[:6]`. How many rows and columns will there be?",
        "Six rows and ten columns. `keras.utils.to_categorical` takes labels and how many classes.",
        "keras.utils.to_categorical(..., 10), with the six labels in place of the dots.",
    ),
    solution="answer = keras.utils.to_categorical(digits.y_test[:6], 10)   # or np.eye(10)[labels]",
    praise="answer.argmax(axis=1) would give the labels back.",
)
def one_hot_labels(answer: Any, digits: Digits) -> str | None:
    """The first six test labels as one-hot rows."""
    values = array(answer)
    expected = np.eye(10)[digits.y_test[:6]]
    if same(values, expected):
        return None
    if values.shape != expected.shape:
        return _one_hot_shape_problem(values, expected, digits)
    if same(values, np.eye(10)[digits.y_train[:6]]):
        return "These are training labels. The exercise asks for the test set: digits.y_test."
    if same(values, 1 - expected):
        return "0 and 1 are swapped: the 1 stands at the digit's place, 0 elsewhere."
    if same(values, np.roll(expected, 1, axis=1)) or same(values, np.roll(expected, -1, axis=1)):
        return (
            "Each 1 stands one place beside its digit: the first column is for 0, the last for 9."
        )
    if not same(values.sum(axis=1), np.ones(6)):
        return "Each row needs a single 1 and nine 0s."
    return "The shape is right, but some 1 does not stand at the place of its label."


def _one_hot_shape_problem(values: Any, expected: Any, digits: Digits) -> str:
    if values.shape == (10, 6):
        return "Rows and columns are swapped: one row for each label, one column for each digit."
    if values.shape == (6,) and same(values, digits.y_test[:6]):
        return "These are the labels themselves. Each has to become a row of ten numbers."
    if values.ndim == 2 and values.shape[0] == 6:
        return (
            f"There are {values.shape[1]} columns, but ten digits, whether they occur here or not. "
            "Say that there are ten classes."
        )
    if values.ndim == 2 and values.shape[1] == 10:
        return f"There are {len(values):,} rows; six labels are asked for: [:6]."
    return f"The shape should be (6, 10), and yours is {values.shape}."


@exercise(
    "1.8",
    hints=(
        "`np.bincount(digits.y_train).argmax()` is what the lazy reader always says.",
        "Compare every test label with that digit: you get True where the reader is right.",
        "The mean of those True and False is the share, as in lesson 0.",
    ),
    solution="answer = (digits.y_test == np.bincount(digits.y_train).argmax()).mean()",
    praise="Remember it as the floor on which every network of this course stands.",
)
def lazy_reader(answer: Any, digits: Digits) -> str | None:
    """The share of test images with the label that is most common in training."""
    share = number(answer)
    said = np.bincount(digits.y_train).argmax()
    right = float((digits.y_test == said).mean())
    if abs(share - right) <= ROUNDED:
        return None
    others = {
        float(
            (digits.y_train == said).mean()
        ): "That is its share of the training set: use y_test.",
        float((digits.y_test == said).sum()): "That is how many it reads rightly, not the share.",
        float(
            (digits.y_train == said).sum()
        ): "That counts training images. Take a share of y_test.",
        100 * right: "That is in percent. Give the share, between 0 and 1.",
        1 - right: "That is the share it reads wrongly.",
        float(said): "That is the digit it says. How often is it right?",
        0.1: "That would be so if all ten digits were equally common. Count them.",
    }
    near = next((text for value, text in others.items() if np.isclose(share, value, 5e-3)), None)
    return near or "Which share of `digits.y_test` is equal to the digit that it always says?"


@exercise(
    "1.10",
    hints=(
        "How many labels are in `digits.wrong_labels`, and how many test images are there?",
        "At each wrong label, reading the image well counts as a mistake.",
        "Take the share of wrong labels away from 1.",
    ),
    solution="answer = 1 - len(digits.wrong_labels) / len(digits.y_test)",
    praise="Two networks that both score higher than this cannot be told apart by skill.",
)
def perfect_reader(answer: Any, digits: Digits) -> str | None:
    """The accuracy of a reader who makes no mistake, measured with labels that have some."""
    accuracy = number(answer)
    wrong, images = len(digits.wrong_labels), len(digits.y_test)
    if abs(accuracy - (1 - wrong / images)) <= 1e-6:
        return None
    others = {
        float(wrong / images): "That is the share it gets counted wrong. What is left?",
        float(1 - wrong / len(digits.y_train)): "Divide by the test images: those are its labels.",
        float(100 * (1 - wrong / images)): "That is in percent. Give the share, between 0 and 1.",
        float(images - wrong): "That is a number of images. Divide it by how many there are.",
        float(wrong): "That is how many labels it disagrees with. Which share is left?",
        1.0: "It reads without a mistake, but it is compared with labels that have some.",
    }
    near = next((text for value, text in others.items() if np.isclose(accuracy, value, 1e-7)), None)
    if near is None and abs(accuracy - (1 - wrong / images)) < 0.001:
        return "That is near, but rounded or off by an image or so: leave all four decimals."
    return near or "Count the labels on which it agrees with digits.y_test, and divide."
