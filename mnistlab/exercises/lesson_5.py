"""The exercises of lesson 5: how far chance moves a number, when to decline, what was read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import evaluation, training
from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number, whole
from mnistlab.report import Report

__all__ = ["accuracy_by_better_labels", "threshold_for_the_desk", "two_standard_errors"]
__all__ += ["weakest_digit"]

ACCURACY, IMAGES = 0.992, 10_000  # of the network in 5.3
SHARE = 0.9  # of the images that 5.7 wants answered
ROUNDED = 0.0051  # how far off a recall may be: two decimals are enough

Numbers = NDArray[np.float64]


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
    "5.7",
    hints=(
        "Find the place where the curve of the accepted images passes nine tenths.",
        "(calibrated.confidence >= thresholds[:, None]).mean(axis=1) is the share that each of "
        "the thresholds accepts.",
        "With that as share, thresholds[share >= 0.9] are all that accept enough: take their max.",
    ),
    solution=(
        "share = (calibrated.confidence >= thresholds[:, None]).mean(axis=1)\n"
        "answer = calibrated, thresholds[share >= 0.9].max()"
    ),
    praise="Here the work that is left decides, and how often the network is right follows.",
)
def threshold_for_the_desk(answer: Any, digits: Digits) -> str | None:
    """Find the highest threshold at which nine of ten validation images are still accepted."""
    report, value = _report_and("calibrated, threshold", answer)
    problem = _wrong_calibration(report, digits)
    if problem is not None:
        return problem
    threshold = number(value)
    confidence = report.confidence
    accepted = confidence >= threshold
    asked = float(np.quantile(confidence, 1 - SHARE))
    if abs(accepted.mean() - SHARE) < 0.005 or 0 <= asked - threshold <= 0.01:
        return None
    if threshold > 1:
        return "A confidence is never above 1: is this in percent, or a number of images?"
    known = {
        "At that threshold the network declines nine images of ten.": np.quantile(
            confidence, SHARE
        ),
        "That is the share to be accepted. Which confidence do so many reach?": SHARE,
        "That is the share to be declined. Which confidence lies above so many?": 1 - SHARE,
        "That is how often it is right at the threshold. The threshold itself is asked for.": (
            report.correct[confidence >= asked].mean()
        ),
    }
    for sentence, wrong in known.items():
        if np.isclose(threshold, wrong, rtol=0, atol=5e-4):
            return sentence
    if accepted.mean() > SHARE:
        return f"At {threshold:.3g}, {accepted.mean():.3f} are accepted: a higher one will do."
    return f"At {threshold:.3g}, only {accepted.mean():.3f} of the images are accepted."


def _wrong_calibration(report: Report, digits: Digits) -> str | None:
    """Say whether a report is not about the calibrated outputs for the validation images."""
    if np.array_equal(report.labels, digits.y_test):
        return "This report is about the test set: a threshold is chosen on validation images."
    if not np.array_equal(report.labels, _validation_labels(digits)):
        return "This report is not about the validation images: take calibrated."
    if abs(np.log(evaluation.temperature(report.logits, report.labels))) > 0.02:
        return "These outputs are not calibrated: divide the logits by the temperature first."
    return None


@exercise(
    "5.10",
    hints=(
        "Recall divides a digit's number on the diagonal by the sum of its row.",
        "np.diag(test.confusion) is the diagonal; test.confusion.sum(axis=1) adds up the rows.",
        "Dividing the one by the other gives ten recalls: argmin says where the smallest "
        "stands, and min which it is.",
    ),
    solution=(
        "recalls = np.diag(test.confusion) / test.confusion.sum(axis=1)\n"
        "answer = test.confusion, recalls.argmin(), recalls.min()"
    ),
    praise="One accuracy for all ten digits hides this one.",
)
def weakest_digit(answer: Any, digits: Digits) -> str | None:
    """Find the digit with the lowest recall on the test set, and that recall."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return "Three things are asked for: test.confusion, the digit and its recall."
    counts = array(answer[0], "a confusion matrix")
    problem = _wrong_matrix(counts, digits)
    if problem is not None:
        return problem
    digit, recall = whole(answer[1]), number(answer[2])
    if not 0 <= digit <= 9:
        return "The digit comes second, from 0 to 9, and its recall third."
    hits = np.diag(counts)
    recalls = hits / np.maximum(counts.sum(axis=1), 1)
    precisions = hits / np.maximum(counts.sum(axis=0), 1)
    if recalls[digit] == recalls.min():
        return _wrong_recall(recall, float(recalls[digit]), float(precisions[digit]))
    known = {
        "This digit has the lowest precision: recall divides by the sum of a row.": precisions,
        "This digit has the smallest number on the diagonal: divide it by its row first.": hits,
        "This digit has the highest recall; the lowest is asked for.": -recalls,
    }
    for sentence, values in known.items():
        if digit == values.argmin():
            return sentence
    return f"The recall of {digit} is {recalls[digit]:.3f}: another digit's is lower."


def _wrong_matrix(counts: NDArray[Any], digits: Digits) -> str | None:
    """Say what is wrong with a confusion matrix of the test set, or None."""
    if counts.shape != (10, 10):
        return f"A confusion matrix of ten digits has the shape (10, 10); this is {counts.shape}."
    truth = np.bincount(digits.y_test, minlength=10)
    if np.array_equal(counts.sum(axis=1), truth):
        return None
    if np.array_equal(counts.sum(axis=0), truth):
        return "Labels and predictions are swapped in this matrix: its rows should be the truth."
    validation = np.bincount(_validation_labels(digits), minlength=10)
    if np.array_equal(counts.sum(axis=1), validation):
        return "This matrix is about the validation images: take test.confusion."
    return "The rows of this matrix do not add up to the test set's labels: take test.confusion."


def _wrong_recall(said: float, recall: float, precision: float) -> str | None:
    """Say which slip leads to this number for the right digit, or None."""
    if abs(said - recall) < ROUNDED:
        return None
    if abs(said - 100 * recall) < 100 * ROUNDED:
        return "The digit is right, but this is in percent: leave the recall as a share."
    if abs(said - precision) < ROUNDED:
        return "The digit is right, but this is its precision: divide by the sum of the row."
    if abs(said - (1 - recall)) < ROUNDED:
        return "The digit is right, but this is the share that was misread."
    return "The digit is right. Its recall is its number on the diagonal, divided by its row's sum."


@exercise(
    "5.12",
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


def _report_and(form: str, answer: Any) -> tuple[Report, Any]:
    """Return the report and the rest of an answer of the form (report, rest)."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError(f"two things are asked for: answer = {form}")
    if not isinstance(answer[0], Report):
        raise TypeError(f"the report comes first: answer = {form}")
    return answer[0], answer[1]


def _validation_labels(digits: Digits) -> NDArray[np.uint8]:
    return digits.y_train[training.split(digits, 5000, seed=0)[1]]
