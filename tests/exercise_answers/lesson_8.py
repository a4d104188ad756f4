"""What learners may hand in to lesson 8, and what is said to it."""

import numpy as np

RIGHT = {
    "8.2": {"worked out": lambda digits: (7 * 20 / 14, 20), "as a list": lambda digits: [10, 20]},
    "8.3": {
        "as floats": lambda digits: (2.0, 0.5),
        "as an array": lambda digits: np.array([2, 0.5]),
    },
    "8.6": {
        "worked out": lambda digits: 2 * (0.9 * 0.1 / 30) ** 0.5,
        "rounded": lambda digits: 0.11,
    },
}

WRONG = {
    "8.2": {
        "as it was": (lambda digits: (7, 14), "how large it was"),
        "height first": (lambda digits: (20, 10), "first the width"),
        "stretched": (lambda digits: (20, 20), "stretch it"),
        "the whole image": (lambda digits: (14, 28), "fills the whole image"),
        "a guess": (lambda digits: (12, 20), "the same factor"),
        "one number": (lambda digits: 10, "answer = width, height"),
    },
    "8.3": {
        "column first": (lambda digits: (0.5, 2), "first the row"),
        "the box": (lambda digits: (1.5, 1), "middle of the box"),
        "from 1": (lambda digits: (3, 1.5), "counted from 1"),
        "a guess": (lambda digits: (1, 1), "mean of the row numbers"),
        "one number": (lambda digits: 2, "answer = row, column"),
    },
    "8.6": {
        "one error": (lambda digits: (0.9 * 0.1 / 30) ** 0.5, "one standard error"),
        "no root": (lambda digits: 0.006, "square root"),
        "percent": (lambda digits: 10.95, "in percent"),
        "in digits": (lambda digits: 3.29, "in digits"),
        "the accuracy": (lambda digits: 0.9, "the accuracy"),
        "a guess": (lambda digits: 0.3, "take it twice"),
    },
}
