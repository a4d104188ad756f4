"""Answers to lesson 0's exercises, right and known to be wrong."""

import numpy as np

TINY = np.array([[0, 9, 9, 0], [0, 0, 9, 0], [0, 0, 9, 0]])

RIGHT = {
    "0.2": {
        "sliced": lambda d: TINY[:, 1],
        "from the end": lambda d: TINY[:, -3],
        "turned, then a row": lambda d: TINY.T[1],
        "as a list": lambda d: [9, 0, 0],
        "by a loop": lambda d: [row[1] for row in TINY],
    },
    "0.3": {
        "a sum": lambda d: (TINY > 0).sum(axis=0),
        "counted": lambda d: np.count_nonzero(TINY, axis=0),
        "scaled, then added up": lambda d: (TINY / 9).sum(axis=0),
        "as a list": lambda d: [0, 1, 3, 0],
        "by a loop": lambda d: [sum(value > 0 for value in column) for column in TINY.T],
    },
    "0.4": {
        "a tuple": lambda d: (12, 784),
        "a list": lambda d: [12, 28 * 28],
        "tried out": lambda d: np.zeros((12, 28, 28)).reshape(12, -1).shape,
        "an array": lambda d: np.array([12, 784]),
    },
}

WRONG = {
    "0.2": {
        "a row": (lambda d: TINY[1], "That is a row"),
        "counted from 1": (lambda d: TINY[:, 2], "third column"),
        "the first": (lambda d: TINY[:, 0], "first column"),
        "one value": (lambda d: TINY[0, 1], "single value"),
        "as a table": (lambda d: TINY[:, [1]], "in a table of their own"),
        "two columns": (lambda d: TINY[:, :2], "goes down from the first 9"),
        "upside down": (lambda d: TINY[::-1, 1], "goes down from the first 9"),
    },
    "0.3": {
        "the other axis": (lambda d: (TINY > 0).sum(axis=1), "the other axis"),
        "the values": (lambda d: TINY.sum(axis=0), "Count them"),
        "all of them": (lambda d: (TINY > 0).sum(), "Name an axis"),
        "shares": (lambda d: (TINY > 0).mean(axis=0), "shares"),
        "the paper": (lambda d: (TINY == 0).sum(axis=0), "zeros"),
        "not added up": (lambda d: TINY > 0, "along an axis"),
        "the largest": (lambda d: TINY.max(axis=0), "for each of the four columns"),
    },
    "0.4": {
        "the other way round": (lambda d: (784, 12), "other way round"),
        "not reshaped": (lambda d: (12, 28, 28), "shape before"),
        "not worked out": (lambda d: (12, -1), "work it out"),
        "one picture": (lambda d: 784, "one picture as a row"),
        "one long row": (lambda d: (12 * 28 * 28,), "one long row"),
        "one row of each": (lambda d: (12, 28), "would lose pixels"),
        "a sum": (lambda d: (12, 28 + 28), "not a sum"),
        "stacked": (lambda d: (12 * 28, 28), "stacks all rows"),
        "the array itself": (lambda d: np.zeros((12, 784)), "No value may get lost"),
        "lost values": (lambda d: (12, 100), "No value may get lost"),
        "another split": (lambda d: (24, 392), "The first number is 12"),
    },
}
