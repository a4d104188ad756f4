"""Right and wrong answers to lesson 5: what a learner may hand in, and what is said to it."""

from functools import cache
from math import comb

import numpy as np

from mnistlab import evaluation, training

STANDARD_ERROR = (0.992 * 0.008 / 10_000) ** 0.5


def logits(labels):
    """Logits as a middling network gives them: each digit's class has its own share of mistakes."""
    random = np.random.default_rng(6)  # with which no two slips meet by chance, on either data
    values = random.normal(0, 1, (len(labels), 10))
    lead = 2.2 + np.array([0.9, 1.2, 0.5, 0.4, 0.8, 0.2, 0.7, -0.1, 0.4, 0.6])
    values[np.arange(len(labels)), labels] += lead[labels]
    values[:, 3] += 0.6
    return values


@cache
def validated(digits):
    labels = digits.y_train[training.split(digits, 5000, seed=0)[1]]
    return evaluation.score(logits(labels), labels)


@cache
def opened(digits):
    """A test report that reads nine of the 15 as people do, four as labelled, two as neither."""
    values = logits(digits.y_test)
    for i, (place, better) in enumerate(digits.wrong_labels.items()):
        given = int(digits.y_test[place])
        neither = min({0, 1, 2} - {given, better})
        values[place, better if i < 9 else given if i < 13 else neither] += 20
    return evaluation.score(values, digits.y_test)


def better_labels(digits):
    labels = digits.y_test.copy()
    labels[list(digits.wrong_labels)] = list(digits.wrong_labels.values())
    return labels


def right(digits):
    """How many answers are right by the better labels."""
    return int((opened(digits).predicted == better_labels(digits)).sum())


def elsewhere(digits):
    """How many answers are right by the labels, the 15 images left out."""
    return int(np.delete(opened(digits).correct, list(digits.wrong_labels)).sum())


def tosses():
    return np.random.default_rng(1).binomial(28, 0.5, size=100_000)


RIGHT = {
    "5.3": {
        "by the formula": lambda digits: 2 * STANDARD_ERROR,
        "by NumPy's root": lambda digits: 2 * np.sqrt(0.992 - 0.992**2) / np.sqrt(10_000),
        "rounded": lambda digits: 0.0018,
        "with 1.96": lambda digits: 1.96 * STANDARD_ERROR,
        "in an array of one": lambda digits: np.array([2 * STANDARD_ERROR]),
    },
    "5.10": {
        "by a changed copy": lambda digits: (opened(digits), right(digits) / 10_000),
        "by adding up": lambda digits: [
            opened(digits),
            (elsewhere(digits) + 9) / len(digits.y_test),
        ],
        "from what is gained": lambda digits: (
            opened(digits),
            np.float32(opened(digits).accuracy + (9 - 4) / 10_000),
        ),
    },
    "5.13": {
        "tossed": lambda digits: ((tosses() <= 8) | (tosses() >= 20)).mean(),
        "by their distance from 14": lambda digits: (abs(tosses() - 14) >= 6).mean(),
        "counted exactly": lambda digits: 2 * sum(comb(28, k) for k in range(9)) / 2**28,
        "rounded": lambda digits: 0.036,
    },
}

WRONG = {
    "5.3": {
        "one": (lambda digits: STANDARD_ERROR, "one standard error"),
        "both sides": (lambda digits: 4 * STANDARD_ERROR, "whole width"),
        "both ends": (
            lambda digits: (0.992 - 2 * STANDARD_ERROR, 0.992 + 2 * STANDARD_ERROR),
            "how far either end",
        ),
        "the upper end": (lambda digits: 0.992 + 2 * STANDARD_ERROR, "an end of the interval"),
        "the lower end": (lambda digits: 0.992 - 2 * STANDARD_ERROR, "an end of the interval"),
        "in percent": (lambda digits: 200 * STANDARD_ERROR, "Are these percent?"),
        "not divided": (lambda digits: 2 * (0.992 * 0.008) ** 0.5, "10,000 under the root"),
        "no root": (lambda digits: 2 * STANDARD_ERROR**2, "The root is missing"),
        "no 1 − a": (lambda digits: 2 * (0.992 / 10_000) ** 0.5, "1 − a is missing"),
        "the validation set": (lambda digits: 2 * (0.992 * 0.008 / 5000) ** 0.5, "5,000 images"),
        "percent under the root": (
            lambda digits: 2 * (99.2 * (1 - 99.2) / 10_000 + 0j) ** 0.5,
            "I could not read",
        ),
        "a guess": (lambda digits: 0.01, "2 × √"),
    },
    "5.10": {
        "the accuracy alone": (lambda digits: 0.97, "answer = test, accuracy"),
        "the wrong way round": (lambda digits: (0.97, opened(digits)), "report comes first"),
        "the validation set": (
            lambda digits: (validated(digits), validated(digits).accuracy),
            "about the validation images",
        ),
        "other images": (
            lambda digits: (evaluation.score(np.eye(10), np.arange(10)), 1.0),
            "not about the test set",
        ),
        "a report on changed labels": (
            lambda digits: (
                evaluation.score(opened(digits).logits, better_labels(digits)),
                right(digits) / 10_000,
            ),
            "as it was",
        ),
        "nothing changed": (
            lambda digits: (opened(digits), opened(digits).accuracy),
            "labels as they are",
        ),
        "what is gained": (lambda digits: (opened(digits), 5 / 10_000), "what is gained"),
        "a count": (lambda digits: (opened(digits), right(digits)), "divide by the number"),
        "percent": (lambda digits: (opened(digits), right(digits) / 100), "in percent"),
        "the 15 left out": (
            lambda digits: (opened(digits), elsewhere(digits) / 9985),
            "left the 15 images out",
        ),
        "the 15 as mistakes": (
            lambda digits: (opened(digits), elsewhere(digits) / 10_000),
            "count as well",
        ),
        "the 15 as right": (
            lambda digits: (opened(digits), (elsewhere(digits) + 15) / 10_000),
            "counted all 15 as right",
        ),
        "only added": (
            lambda digits: (opened(digits), opened(digits).accuracy + 9 / 10_000),
            "take these away",
        ),
        "rounded": (
            lambda digits: (opened(digits), right(digits) / 10_000 + 0.00045),
            "all four decimals",
        ),
        "something else": (lambda digits: (opened(digits), 0.123), "Count the right answers"),
    },
    "5.13": {
        "the tosses": (lambda digits: tosses(), "These are the tosses"),
        "one side": (lambda digits: (tosses() <= 8).mean(), "one side only"),
        "the other side": (lambda digits: (tosses() >= 20).mean(), "one side only"),
        "exactly these": (lambda digits: np.isin(tosses(), (8, 20)).mean(), "exactly 8 or 20"),
        "exactly 8": (lambda digits: (tosses() == 8).mean(), "only the tosses of exactly 8:"),
        "more uneven only": (
            lambda digits: ((tosses() < 8) | (tosses() > 20)).mean(),
            "at least as uneven takes them in",
        ),
        "the even ones": (lambda digits: ((tosses() > 8) & (tosses() < 20)).mean(), "more evenly"),
        "a count": (
            lambda digits: ((tosses() <= 8) | (tosses() >= 20)).sum(),
            "between 0 and 1",
        ),
        "a guess": (lambda digits: 0.05, "Count the tosses"),
    },
}
