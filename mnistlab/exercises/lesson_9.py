"""The exercises of lesson 9 that are answered with numbers; `judgements` has the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from mnistlab import results
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number, whole
from mnistlab.exercises.judgements import claims_that_hold, flaws_of_a_readme, review_to_send

__all__ = ["accuracy_of_the_matrix", "best_of_thirty", "cells_in_order", "claims_that_hold"]
__all__ += ["flaws_of_a_readme", "review_to_send", "running_means", "the_one_cell"]
__all__ += ["units_and_the_rest"]

SECOND = results.published()["deep-dropout"]
MATRIX = np.array(SECOND["confusion"])  # rows are the truth
RIGHT, ALL = int(np.trace(MATRIX)), int(MATRIX.sum())
CELL, COUNT = (6, 5), 424  # the largest mistake of the matrix

# Exercise 9.5: what each cell of the notebook makes, and of what.
MAKES = {
    1: ("model", "the first network"),
    2: ("y_pred", "model"),
    3: ("labels", "y_pred"),
    4: ("matrix_1", "labels"),
    5: ("model", "the second network"),
    6: ("y_pred", "model"),
    7: ("matrix_2", "labels"),
}
THIRTY, TRUE, IMAGES = 30, 0.98, 10_000  # of 9.7
CLOSE = 1.2  # images; the mean of a few hundred tries strays less
BATCHES = (0.6, 1.0, 0.8, 1.0)  # of 9.10
WEIGHTS = 79_510  # of 9.12


@exercise(
    "9.1",
    hints=(
        "Images that were read rightly stand on the diagonal: row 0 column 0, row 1 column 1 …",
        "np.trace(matrix) adds up the diagonal. How many images does the whole matrix count?",
        "Divide the sum of the diagonal by matrix.sum().",
    ),
    solution="answer = np.trace(matrix) / matrix.sum()",
    praise="It is not the number that stands above the matrix.",
)
def accuracy_of_the_matrix(answer: Any) -> str | None:
    """Work out the accuracy that the published confusion matrix gives."""
    said, asked = number(answer), RIGHT / ALL
    if abs(said - asked) < 2e-5:
        return None
    recall = np.diag(MATRIX) / MATRIX.sum(axis=1)
    precision = np.diag(MATRIX) / MATRIX.sum(axis=0)
    known = {
        "That is how many images are on the diagonal. Which share of all is it?": RIGHT,
        "That is in percent: give it as a share, between 0 and 1.": 100 * asked,
        "That is what the README says. What does the matrix say?": SECOND["accuracy"],
        "That is the share that was misread.": 1 - asked,
        "That is the mean over the ten digits, but they are not equally many: add up first.": (
            recall.mean()
        ),
        "These shares are taken by column. Add up the diagonal and divide by all images.": (
            precision.mean()
        ),
    }
    return _nearest(said, known) or "Add up the diagonal, and divide by the sum of all cells."


@exercise(
    "9.2",
    hints=(
        "np.diag(np.diag(matrix)) is a matrix with the diagonal alone. What is left without it?",
        "mistakes = matrix - np.diag(np.diag(matrix)); divmod(mistakes.argmax(), 10) is its place.",
        "If the images of that cell were read rightly, the diagonal would be larger by its count, "
        "and all images would still be ten thousand.",
    ),
    solution=(
        "mistakes = matrix - np.diag(np.diag(matrix))\n"
        "truth, read = divmod(mistakes.argmax(), 10)\n"
        "answer = truth, read, (np.trace(matrix) + mistakes.max()) / matrix.sum()"
    ),
    praise="One cell alone is more than what the two numbers differ by.",
)
def the_one_cell(answer: Any) -> str | None:
    """Find the cell with the most mistakes, and the accuracy that there would be without them."""
    values = array(answer, "three numbers").reshape(-1)
    if len(values) != 3:
        raise TypeError("three numbers are asked for: answer = truth, read, accuracy")
    place, said = (float(values[0]), float(values[1])), float(values[2])
    if place == CELL[::-1]:
        return "Rows are the truth: first the row, then the column."
    if place != CELL:
        return "Another cell off the diagonal holds more mistakes: look for the largest."
    asked = (RIGHT + COUNT) / ALL
    if abs(said - asked) < 2e-5:
        return None
    known = {
        "The cell is right. The accuracy is still that of the matrix as it is.": RIGHT / ALL,
        "The cell is right. Its images still count, only as read rightly: divide by all.": (
            RIGHT / (ALL - COUNT)
        ),
        "The cell is right. That is its share of all images: add it to the diagonal's.": (
            COUNT / ALL
        ),
        "The cell is right. Divide by the number of all images.": RIGHT + COUNT,
        "The cell is right. Give the accuracy as a share, not in percent.": 100 * asked,
    }
    return _nearest(said, known) or "The cell is right. Add its count to the diagonal's sum."


@exercise(
    "9.5",
    hints=(
        "Which cell makes labels, and of what? When did it last run before matrix_2 was made?",
        "The labels have to be made anew from the new y_pred, so one cell has to run twice.",
        "Cell 3 makes labels. It has to run again between cell 6 and cell 7.",
    ),
    solution="answer = [1, 2, 3, 4, 5, 6, 3, 7]",
    praise="One line run again, and each matrix is about its own network.",
)
def cells_in_order(answer: Any) -> str | None:
    """Put the cells of a notebook into an order that gives each network its own matrix."""
    values = array(answer, "a list of cell numbers").reshape(-1)
    if len(values) > 20:
        return "So many cells are not needed: the seven will do, and any of them may run twice."
    kernel: dict[str, str] = {}
    for cell in (whole(value) for value in values):
        if cell not in MAKES:
            return f"The cells are numbered from 1 to 7: there is no cell {cell}."
        name, of = MAKES[cell]
        if not of.startswith("the") and of not in kernel:
            return f"Cell {cell} stops with a NameError: no cell before it has made {of}."
        kernel[name] = kernel.get(of, of)
    for name, owner in (("matrix_1", "the first network"), ("matrix_2", "the second network")):
        if name not in kernel:
            return f"No cell of yours makes {name}."
        if kernel[name] != owner:
            return f"Now {name} counts the labels of {kernel[name]}: when were they made?"
    return None


@exercise(
    "9.7",
    hints=(
        "Change the cell above: how many looks, which accuracy?",
        "random.binomial(10_000, 0.98, size=(1000, 30)) has a row for each try; take each row's "
        "best with .max(axis=1).",
        "The mean of those best ones, less 9,800, is asked for.",
    ),
    solution=(
        "best = random.binomial(10_000, 0.98, size=(1000, 30)).max(axis=1)\n"
        "answer = best.mean() - 9800"
    ),
    praise="Nobody did anything wrong thirty times, and still the number is too good.",
)
def best_of_thirty(answer: Any) -> str | None:
    """How many of 10,000 images the best of thirty equally good networks is too good by."""
    if np.size(answer) > 1:
        return "These are the tries: take the best of each thirty, and the mean of these."
    said, asked = number(answer), _best_of(THIRTY) - TRUE * IMAGES
    if abs(said - asked) < CLOSE:
        return None
    slips = {
        "So many it reads. How many more than the 9,800 that it truly reads is that?": (
            asked + TRUE * IMAGES,
            CLOSE,
        ),
        "That is an accuracy. How many images more than 9,800 of 10,000 is it?": (
            asked / IMAGES + TRUE,
            CLOSE / IMAGES,
        ),
        "That is the gain as a share: how many of 10,000 images is it?": (
            asked / IMAGES,
            CLOSE / IMAGES,
        ),
        "The best shows more than is true, so the number is above 0.": (-asked, CLOSE),
        "That is about one standard error: what one network strays by.": (
            np.sqrt(TRUE * (1 - TRUE) * IMAGES),
            CLOSE,
        ),
        "On average they are right. Take the best of each thirty before the mean.": (0, CLOSE),
    }
    for sentence, (value, slack) in slips.items():
        if abs(said - value) < slack:
            return sentence
    if asked < said < 80:
        return "That is too many. Is it the best of all tries? Take the best of each thirty."
    return "Let 30 networks of 0.98 read 10,000 images a thousand times; take the best each time."


def _best_of(looks: int) -> float:
    counts = np.arange(IMAGES)
    return float(IMAGES - (stats.binom.cdf(counts, IMAGES, TRUE) ** looks).sum())


@exercise(
    "9.10",
    hints=(
        "After the first batch the running mean is 0.6, after the second (0.6 + 1.0) / 2.",
        "The true accuracy is the last running mean. The bar then took the mean of all four.",
        "running = np.cumsum(batches) / np.arange(1, 5) holds the four running means.",
    ),
    solution=(
        "running = np.cumsum(batches) / np.arange(1, 5)\nanswer = batches.mean(), running.mean()"
    ),
    praise="Not one answer differs, only the way of counting.",
)
def running_means(answer: Any) -> str | None:
    """Work out the mean over four batches, and the mean of the running means."""
    values = array(answer, "two numbers").reshape(-1)
    if len(values) != 2:
        raise TypeError("two numbers are asked for: answer = true, bar")
    batches = np.array(BATCHES)
    running = np.cumsum(batches) / np.arange(1, 5)
    true, bar = batches.mean(), running.mean()
    said = (float(values[0]), float(values[1]))
    if np.allclose(said, (true, bar), atol=6e-4):
        return None
    if np.allclose(said, (bar, true), atol=6e-4):
        return "Both numbers are right, but in the other order: first the true accuracy."
    if abs(said[0] - true) > 6e-4:
        return "The true accuracy is the mean of the four batches, which are equally large."
    known = {
        "The bar's number is no running mean itself, but the mean of all four.": true,
        "The first running mean is missing: there are four, from the first batch on.": (
            running[1:].mean()
        ),
        "The last running mean is missing: there are four.": running[:-1].mean(),
    }
    return _nearest(said[1], known) or "Write down the four running means, and take their mean."


@exercise(
    "9.12",
    hints=(
        "A hidden layer of h units has 784 × h weights and h biases.",
        "The output layer has h × 10 weights and 10 biases. So all are 785 × h + 10 × h + 10.",
        "(79510 - 10) / 795 is h. What is left when these are taken away?",
    ),
    solution=(
        "units = (79510 - 10) // 795\nanswer = units, 79510 - (785 * units + 10 * units + 10)"
    ),
    praise="A filter would need weights of its own, and there is not one to spare.",
)
def units_and_the_rest(answer: Any) -> str | None:
    """Tell from its weight count how wide a layer is, and what is left for anything else."""
    values = array(answer, "two numbers").reshape(-1)
    if len(values) != 2:
        raise TypeError("two numbers are asked for: answer = units, left")
    units, left = float(values[0]), float(values[1])
    if (units, left) == (100, 0):
        return None
    if (units, left) == (0, 100):
        return "Both numbers are right, but in the other order: first the units."
    if units != round(units):
        return "A layer has a whole number of units. Have you counted the biases too?"
    if units == 100:
        forgotten = {110: "all biases", 100: "the hidden layer's biases", 10: "the ten outputs'"}
        missing = f" You left out {forgotten[round(left)]}." if left in forgotten else ""
        return f"The units are right, but fewer weights are left.{missing or ' Count biases too.'}"
    if abs(units) < 1e4 and left == WEIGHTS - 795 * units - 10 and left >= 795:
        return "What is left would do for another unit: can the layer be wider?"
    if units == WEIGHTS // 784:
        return "The output layer needs weights too: 10 for each hidden unit, and 10 biases."
    return "Each hidden unit has 784 weights, one bias, and ten weights to the outputs."


def _nearest(said: float, known: Mapping[str, float]) -> str | None:
    """The sentence of the known slip that gives this number, if there is one."""
    for sentence, value in known.items():
        if abs(said - value) <= 2e-5 * max(1.0, abs(value)):
            return sentence
    return None
