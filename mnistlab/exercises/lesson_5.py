"""The exercises of lesson 5: how far chance moves a number, what labels and coins are worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnistlab import training
from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import number
from mnistlab.report import Report

__all__ = ["accuracy_by_better_labels", "two_standard_errors", "uneven_coins"]

ACCURACY, IMAGES = 0.992, 10_000  # of the network in 5.3
COINS, FEWEST = 28, 8  # of 5.13: the images that only one of its two networks reads rightly


@exercise(
    "5.3",
    hints=(
        "The cell holds the accuracy a and the number of images n: put them into the formula.",
        "The root is ** 0.5 in Python, and what is under it belongs in brackets.",
        "One standard error is (a * (1 - a) / n) ** 0.5. Two are asked for.",
    ),
    solution="answer = 2 * (a * (1 - a) / n) ** 0.5",
    praise="A rival with 0.993 lies well within that distance.",
)
def two_standard_errors(answer: Any) -> str | None:
    """Work out two standard errors of an accuracy of 0.992 on 10,000 images."""
    if np.size(answer) == 2:
        return "One number is asked for: how far either end lies from 0.992."
    said = number(answer)
    variance = ACCURACY * (1 - ACCURACY)
    asked = 2 * np.sqrt(variance / IMAGES)
    if abs(said - asked) < 5e-5:
        return None
    known = {
        "That is one standard error; two are asked for.": asked / 2,
        "That is the whole width of the interval, both sides together.": 2 * asked,
        "That is 100 times too much. Are these percent? Or is the 10,000 under the root missing?": (
            100 * asked
        ),
        "The 1 − a is missing under the root.": 2 * np.sqrt(ACCURACY / IMAGES),
        "These are 5,000 images; the test set has 10,000.": 2 * np.sqrt(variance / 5000),
        "That is an end of the interval. How far is it from 0.992?": (
            ACCURACY + asked if said > ACCURACY else ACCURACY - asked
        ),
        "The root is missing.": 2 * variance / IMAGES,
    }
    for sentence, value in known.items():
        if np.isclose(said, value, rtol=0.03 if value < 0.5 else 1e-4):
            return sentence
    return "Two standard errors are 2 × √(a × (1 − a) / n), with a = 0.992 and n = 10,000."


@exercise(
    "5.10",
    hints=(
        "Which answers count as right now? Those equal to the better label, for the 15 images.",
        "Make a copy first, labels = digits.y_test.copy(), and change the labels at places.",
        "labels[places] = better changes them all. Compare test.predicted with labels.",
    ),
    solution=(
        "labels = digits.y_test.copy()\n"
        "labels[places] = better\n"
        "answer = test, (test.predicted == labels).mean()"
    ),
    praise="The network is the same; only what it is compared with has changed.",
)
def accuracy_by_better_labels(answer: Any, digits: Digits) -> str | None:
    """Work out the test accuracy with the 15 better labels in place of the wrong ones."""
    report, value = _report_and("test, accuracy", answer)
    places = np.array(list(digits.wrong_labels))
    better = np.array(list(digits.wrong_labels.values()))
    problem = _wrong_test_report(report, digits, places, better)
    if problem is not None:
        return problem
    said = number(value)
    labels = report.labels.copy()
    labels[places] = better
    asked = (report.predicted == labels).mean()
    if abs(said - asked) < 2e-5:
        return None
    for sentence, wrong in _wrong_accuracies(report, places, better, float(asked)).items():
        if abs(said - wrong) < 2e-5:
            return sentence
    if abs(said - 100 * asked) < 1:
        return "This is in percent: leave the accuracy as a share."
    if abs(said - asked) < 0.0006:
        return "That is nearly it: give all four decimals, for every image counts."
    return "Count the right answers again, with the better labels in the 15 places, over all."


def _wrong_test_report(
    report: Report, digits: Digits, places: NDArray[Any], better: NDArray[Any]
) -> str | None:
    """Say whether a report is not about the test set with its own labels."""
    if np.array_equal(report.labels, _validation_labels(digits)):
        return "This report is about the validation images: take test."
    if report.labels.shape != digits.y_test.shape:
        return "This report is not about the test set: take test."
    if np.array_equal(digits.y_test[places], better):
        return "You have changed digits.y_test itself: load the digits again and change a copy."
    if not np.array_equal(report.labels, digits.y_test):
        return "The first thing should be test as it was, with the labels of digits.y_test."
    return None


def _wrong_accuracies(
    report: Report, places: NDArray[Any], better: NDArray[Any], asked: float
) -> dict[str, float]:
    """What well-known slips make of the accuracy, and what to say to each."""
    total, right = len(report.labels), int(report.correct.sum())
    read, given = report.predicted[places], report.labels[places]
    with_people, with_label = int((read == better).sum()), int((read == given).sum())
    return {
        "That is the accuracy with the labels as they are.": report.accuracy,
        "That is what is gained. Add it to the accuracy before.": asked - report.accuracy,
        "That is how many answers are right: divide by the number of test images.": asked * total,
        "You left the 15 images out. They count, with their better labels.": (
            (right - with_label) / (total - len(places))
        ),
        "The 15 images count as well, with their better labels.": (right - with_label) / total,
        "You counted all 15 as right; only those read as the better label are.": (
            (right - with_label + len(places)) / total
        ),
        "Where it agreed with a wrong label, it was counted as right before: take these away.": (
            (right + with_people) / total
        ),
    }


@exercise(
    "5.13",
    hints=(
        "How many heads are at least as uneven as 8 and 20? Some are few, some are many.",
        "Each toss of 28 coins counts that shows 8 heads or fewer, or 20 or more.",
        "heads is an array: (heads <= 8) | (heads >= 20) says for each whether it counts.",
    ),
    solution=(
        "heads = random.binomial(28, 0.5, size=100_000)\n"
        "answer = ((heads <= 8) | (heads >= 20)).mean()"
    ),
    praise="It is below 1 in 20, so the difference is significant, though only just.",
)
def uneven_coins(answer: Any) -> str | None:
    """How often 28 fair coins fall at least as unevenly as 8 to 20, to either side."""
    if np.size(answer) > 1:
        return "These are the tosses: which share of them is at least as uneven as 8 and 20?"
    said = number(answer)
    one_side = float(stats.binom.cdf(FEWEST, COINS, 0.5))
    exactly = float(stats.binom.pmf(FEWEST, COINS, 0.5))
    slack = 0.0025  # a hundred thousand tosses stray less
    known = {
        "That is one side only: 20 heads or more are as uneven as 8 or fewer.": one_side,
        "Those are only the tosses of exactly 8 or 20: more uneven ones count too.": 2 * exactly,
        "Those are only the tosses of exactly 8: count fewer, and as many on the other side.": (
            exactly
        ),
        "That is how often they fall more evenly. The other tosses are asked for.": (
            1 - 2 * one_side
        ),
        "The tosses of exactly 8 and 20 are missing: at least as uneven takes them in.": (
            2 * float(stats.binom.cdf(FEWEST - 1, COINS, 0.5))
        ),
    }
    if abs(said - 2 * one_side) < slack:
        return None
    nearest = min(known, key=lambda sentence: abs(said - known[sentence]))
    if abs(said - known[nearest]) < min(slack, 0.1 * known[nearest]):
        return nearest
    if said > 1:
        return "A share is between 0 and 1: divide by the number of tosses, or take the mean."
    return "Count the tosses with 8 heads or fewer or with 20 or more, and take their share."


def _report_and(form: str, answer: Any) -> tuple[Report, Any]:
    """Return the report and the rest of an answer of the form (report, rest)."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError(f"two things are asked for: answer = {form}")
    if not isinstance(answer[0], Report):
        raise TypeError(f"the report comes first: answer = {form}")
    return answer[0], answer[1]


def _validation_labels(digits: Digits) -> NDArray[np.uint8]:
    return digits.y_train[training.split(digits, 5000, seed=0)[1]]
