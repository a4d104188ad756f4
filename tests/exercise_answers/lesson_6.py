"""Lesson 6: what a learner may hand in, and what is said to it."""

import keras
import numpy as np

EDGE = [[1, 1, 1], [0, 0, 0], [-1, -1, -1]]


def halved(shape):
    return tuple(length // 2 for length in shape)


def looped(values):
    out = np.zeros(halved(values.shape))
    for row, column in np.ndindex(out.shape):
        out[row, column] = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].max()
    return out


def windows(values):
    rows, columns = halved(values.shape)
    return values[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)


def by_keras(values):
    pooling = keras.layers.MaxPooling2D()
    return np.asarray(pooling(values[None, :, :, None]))[0, :, :, 0]


def overlapping(values):
    out = np.zeros(halved(values.shape))
    for row, column in np.ndindex(out.shape):
        out[row, column] = values[row : row + 2, column : column + 2].max()
    return out


def nearly(values):
    out = looped(values)
    out[0, 0] += 0.5
    return out


COUNTS = [320, 9_248, 18_496, 65_000, 10_010]


def counts(**changed):
    """The right counts with some of them replaced, by their place: c0=288."""
    return [changed.get(f"c{i}", count) for i, count in enumerate(COUNTS)]


RIGHT = {
    "6.6": {
        "plain": lambda digits: EDGE,
        "with more weight in the middle": lambda digits: [[1, 2, 1], [0, 0, 0], [-1, -2, -1]],
        "one column": lambda digits: np.array([[0, 0.5, 0], [0, 0, 0], [0, -0.5, 0]]),
        "two rows against one": lambda digits: [[1, 1, 1], [1, 1, 1], [-2, -2, -2]],
        "turned": lambda digits: np.rot90([[-1, 0, 1]] * 3),
        "high in the window": lambda digits: [[1, 1, 1], [-1, -1, -1], [0, 0, 0]],
        "low in the window": lambda digits: [[0, 0, 0], [1, 1, 1], [-1, -1, -1]],
    },
    "6.7": {
        "two loops": lambda digits: looped,
        "by reshaping": lambda digits: lambda values: windows(values).max(axis=(1, 3)),
        "four corners": lambda digits: (
            lambda values: np.max(
                [windows(values)[:, i, :, j] for i in (0, 1) for j in (0, 1)], axis=0
            )
        ),
        "Keras' own": lambda digits: by_keras,
        "as a list": lambda digits: lambda values: looped(values).tolist(),
    },
    "6.8": {
        "a list": lambda digits: COUNTS,
        "worked out": lambda digits: (
            32 * 10,
            32 * (9 * 32 + 1),
            64 * (9 * 32 + 1),
            1000 * 65,
            10 * 1001,
        ),
        "an array": lambda digits: np.array(COUNTS),
    },
    "6.12": {
        "a number": lambda digits: 22,
        "worked out": lambda digits: ((1 * 2 + 2) * 2 + 2) * 2 + 2,
        "as a float": lambda digits: 22.0,
    },
}

WRONG = {
    "6.6": {
        "the lesson's": (lambda digits: [[-1, 0, 1]] * 3, "left with right"),
        "upside down": (lambda digits: EDGE[::-1], "upside down"),
        "upside down and high": (
            lambda digits: [[-1, -1, -1], [1, 1, 1], [0, 0, 0]],
            "upside down",
        ),
        "a mean": (lambda digits: np.full((3, 3), 1 / 9), "add up to 0"),
        "a corner": (lambda digits: [[1, 0, 0], [0, 0, 0], [0, 0, -1]], "each column"),
        "a row": (lambda digits: [1, 0, -1], "three rows"),
        "zeros": (lambda digits: np.zeros((3, 3)), "not 0"),
        "a line": (lambda digits: [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]], "neither should be"),
        "too large": (lambda digits: np.zeros((5, 5)), "its shape is (5, 5)"),
    },
    "6.7": {
        "the mean": (lambda digits: lambda values: windows(values).mean(axis=(1, 3)), "the mean"),
        "the least": (lambda digits: lambda values: windows(values).min(axis=(1, 3)), "smallest"),
        "the sum": (lambda digits: lambda values: windows(values).sum(axis=(1, 3)), "add up each"),
        "every second": (lambda digits: lambda values: windows(values)[:, 0, :, 0], "one corner"),
        "ReLU too": (lambda digits: lambda values: np.maximum(0, looped(values)), "That is ReLU"),
        "overlapping": (lambda digits: overlapping, "overlap"),
        "nearly": (lambda digits: nearly, "compare windows"),
        "nothing": (lambda digits: lambda values: None, "return"),
        "called": (lambda digits: looped(np.ones((4, 4))), "without brackets"),
        "the last kept": (
            lambda digits: lambda values: looped(np.pad(values, ((0, 1), (0, 1)))),
            "(11, 11) the result should have the shape (5, 5), not (6, 6)",
        ),
        "one number": (lambda digits: np.max, "should have the shape (2, 3), not ()"),
    },
    "6.8": {
        "all together": (lambda digits: 103_074, "each layer's own"),
        "no biases": (lambda digits: counts(c0=288), "one for each filter"),
        "one bias": (lambda digits: counts(c0=289), "there are 32"),
        "one filter": (lambda digits: counts(c0=10), "that is one filter"),
        "colours": (lambda digits: counts(c0=896), "no colours"),
        "one map": (lambda digits: counts(c1=320), "look at 32 maps"),
        "the second without": (lambda digits: counts(c1=9_216), "biases are missing"),
        "the third on one": (lambda digits: counts(c2=640), "32 maps, not at one"),
        "the third on 64": (lambda digits: counts(c2=36_928), "not at 64"),
        "a pooling too few": (lambda digits: counts(c3=577_000), "pooling behind"),
        "rounded up": (lambda digits: counts(c3=257_000), "drops a last odd row"),
        "the image": (lambda digits: counts(c3=785_000), "not at the image"),
        "the last on 64": (lambda digits: counts(c4=650), "1,000 units before"),
        "a slip": (lambda digits: counts(c2=18_497), "third convolution layer has another"),
        "four": (lambda digits: COUNTS[:4], "five numbers are asked for"),
    },
    "6.12": {
        "all": (lambda digits: 28, "last rows"),
        "those not seen": (lambda digits: 6, "How many are?"),
        "its place": (lambda digits: 21, "counted from 0"),
        "pixels": (lambda digits: 22 * 22, "how many pixels"),
        "one step": (lambda digits: 26, "after one step"),
        "one too many": (lambda digits: 23, "row 22"),
        "a guess": (lambda digits: 14, "Go backwards"),
        "the map's size": (lambda digits: 1, "at the end"),
    },
}
