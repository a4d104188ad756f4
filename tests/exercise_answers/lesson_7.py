"""Right and wrong answers to lesson 7: what a learner may hand in, and what is said to it."""

from functools import cache
from statistics import median

import numpy as np

COMPLETE = np.array(
    [
        [0.80, 0.88, 0.90, 0.91],
        [0.84, 0.89, 0.93, 0.94],
        [0.86, 0.91, 0.94, 0.95],
        [0.88, 0.92, 0.95, 0.95],
        [0.90, 0.93, 0.95, 0.96],
    ]
)
NEW = [0.92, 0.90, 0.93, 0.97]


@cache
def shown(images=5000):
    return np.random.default_rng(0).binomial(images, 0.95, size=(10_000, 40)) / images


def by_hand(digits):
    for epoch, column in enumerate(COMPLETE.T, start=1):
        if max(NEW[:epoch]) < median(column):
            return epoch
    return None


RIGHT = {
    "7.3": {
        "by the power": lambda digits: 4**5 * 3 / 3600,
        "rounded": lambda digits: 0.85,
        "one after the other": lambda digits: 4 * 4 * 4 * 4 * 4 * 3 / 60 / 60,
        "in an array of one": lambda digits: np.array([0.853]),
    },
    "7.7": {
        "by NumPy": lambda digits: (
            (np.maximum.accumulate(NEW) < np.median(COMPLETE, axis=0)).argmax() + 1
        ),
        "by hand": by_hand,
        "as a float": lambda digits: 3.0,
    },
    "7.10": {
        "simulated": lambda digits: shown().max(axis=1).mean() - 0.95,
        "another seed": lambda digits: (
            np.random.default_rng(7).binomial(5000, 0.95, (2000, 40)).max(axis=1).mean() / 5000
            - 0.95
        ),
        "rounded": lambda digits: 0.0065,
    },
    "7.13": {
        "worked out": lambda digits: (10 + 200 * 6) / (10 + 2 * 6),
        "in whole rounds": lambda digits: 1210 / (10 + np.ceil(200 / 100) * 6),
        "rounded": lambda digits: 55,
    },
}

WRONG = {
    "7.3": {
        "trials": (lambda digits: 4**5, "the number of trials"),
        "seconds": (lambda digits: 4**5 * 3, "These are seconds"),
        "minutes": (lambda digits: 4**5 * 3 / 60, "These are minutes"),
        "no seconds": (lambda digits: 4**5 / 3600, "takes 3 seconds"),
        "the wrong power": (lambda digits: 5**4 * 3 / 3600, "4 to the power of 5"),
        "added up": (lambda digits: 4 * 5 * 3 / 3600, "every combination"),
        "a guess": (lambda digits: 12, "Count the combinations"),
    },
    "7.7": {
        "the first": (lambda digits: 1, "the median is 0.86"),
        "this epoch alone": (
            lambda digits: (np.array(NEW) < np.median(COMPLETE, axis=0)).argmax() + 1,
            "its best so far is 0.92",
        ),
        "from 0": (
            lambda digits: (np.maximum.accumulate(NEW) < np.median(COMPLETE, axis=0)).argmax(),
            "epochs count from 1",
        ),
        "the last": (lambda digits: 4, "nothing is left to save"),
        "its accuracy": (lambda digits: 0.93, "That is an accuracy"),
        "the median": (lambda digits: 0.94, "That is the median"),
        "never": (lambda digits: 0, "epoch by epoch"),
    },
    "7.10": {
        "all winners": (lambda digits: shown().max(axis=1), "One number is asked for"),
        "the winner": (lambda digits: shown().max(axis=1).mean(), "How far does it lie above"),
        "in percent": (lambda digits: 100 * (shown().max(axis=1).mean() - 0.95), "in percent"),
        "the spread": (lambda digits: shown().std(), "the spread of the 40"),
        "the middle": (lambda digits: np.median(shown()) - 0.95, "the middle of all"),
        "the mean": (lambda digits: shown().mean() - 0.95, "the middle of all"),
        "the worst": (lambda digits: shown().min(axis=1).mean() - 0.95, "the worst of them"),
        "the best of all": (lambda digits: shown().max() - 0.95, "the winner of each"),
        "the wrong axis": (lambda digits: shown().max(axis=0).mean() - 0.95, "the winner of each"),
        "the test set": (
            lambda digits: shown(10_000).max(axis=1).mean() - 0.95,
            "there are 5,000",
        ),
        "a guess": (lambda digits: 0.3, "the largest of each study"),
    },
    "7.13": {
        "as many": (lambda digits: 100, "without the start"),
        "the time": (lambda digits: 22, "How many times as fast is it"),
        "one worker's time": (lambda digits: 1210, "how long one worker takes"),
        "upside down": (lambda digits: 22 / 1210, "The other way round"),
        "one start": (lambda digits: 1200 / 22, "has to start as well"),
        "a hundred starts": (lambda digits: 1210 / 1012, "the 10 seconds count once"),
        "one round": (lambda digits: 1210 / 16, "does two trials"),
        "a guess": (lambda digits: 7, "two rounds"),
    },
}
