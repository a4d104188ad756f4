"""Answers to lesson 1's exercises, right and known to be wrong."""

import keras
import numpy as np
import pandas as pd

from mnistlab.images import as_input


def scaled(digits):
    return digits.x_test[:100] / np.float32(255)


def one_hot(digits):
    return np.eye(10)[digits.y_test[:6]]


def common(digits):
    return np.bincount(digits.y_train).argmax()


RIGHT = {
    "1.3": {
        "divided by a float32": scaled,
        "made float32 afterwards": lambda d: (d.x_test[:100] / 255).astype(np.float32),
        "made float32 before": lambda d: d.x_test[:100].astype(np.float32) / 255,
        "all scaled, then cut": lambda d: (d.x_test / np.float32(255))[:100],
        "by the package": lambda d: as_input(d.x_test[:100]),
        "as a tensor": lambda d: keras.ops.convert_to_tensor(scaled(d)),
    },
    "1.4": {
        "reckoned": lambda d: 28 * 10 + 7,
        "as a float": lambda d: 287.0,
        "looked up": lambda d: np.arange(784).reshape(28, 28)[10, 7],
        "in an array": lambda d: np.array([287]),
        "by NumPy": lambda d: np.ravel_multi_index((10, 7), (28, 28)),
    },
    "1.6": {
        "by Keras": lambda d: keras.utils.to_categorical(d.y_test[:6], 10),
        "by NumPy": one_hot,
        "by comparing": lambda d: d.y_test[:6, None] == np.arange(10),
        "by pandas": lambda d: pd.get_dummies(pd.Categorical(d.y_test[:6], categories=range(10))),
        "as a list": lambda d: [[int(i == label) for i in range(10)] for label in d.y_test[:6]],
        "all encoded, then cut": lambda d: keras.utils.to_categorical(d.y_test)[:6],
    },
    "1.8": {
        "a mean": lambda d: (d.y_test == common(d)).mean(),
        "counted": lambda d: np.bincount(d.y_test)[common(d)] / len(d.y_test),
        "by a loop": lambda d: sum(label == common(d) for label in d.y_test.tolist()) / 10_000,
        "rounded": lambda d: round(float((d.y_test == common(d)).mean()), 3),
        "by pandas": lambda d: pd.Series(d.y_test).value_counts(normalize=True)[common(d)],
    },
    "1.10": {
        "what is left": lambda d: 1 - len(d.wrong_labels) / len(d.y_test),
        "what agrees": lambda d: (len(d.y_test) - 15) / 10_000,
        "reckoned": lambda d: 0.9985,
        "read and compared": lambda d: np.mean(
            [d.wrong_labels.get(i, label) == label for i, label in enumerate(d.y_test)]
        ),
        "as a float32": lambda d: np.float32(0.9985),
    },
}

WRONG = {
    "1.3": {
        "not scaled": (lambda d: d.x_test[:100], "not scaled yet"),
        "not scaled, but floats": (lambda d: d.x_test[:100].astype(np.float32), "divide by 255"),
        "float64": (lambda d: d.x_test[:100] / 255, "float64"),
        "divided as whole numbers": (lambda d: d.x_test[:100] // 255, "throw all greys away"),
        "scaled twice": (lambda d: scaled(d) / 255, "more than once"),
        "divided by 256": (lambda d: d.x_test[:100] / np.float32(256), "so divide by 255"),
        "training images": (lambda d: d.x_train[:100] / np.float32(255), "training images"),
        "all of them": (lambda d: d.x_test / np.float32(255), "take [:100]"),
        "the last hundred": (lambda d: d.x_test[-100:] / np.float32(255), "not the first 100"),
        "one too many": (lambda d: d.x_test[:101] / np.float32(255), "(100, 28, 28), and yours"),
        "flattened": (lambda d: scaled(d).reshape(100, -1), "flattened"),
        "transposed": (lambda d: scaled(d).transpose(1, 2, 0), "shape should be"),
        "rows and columns swapped": (lambda d: scaled(d).swapaxes(1, 2), "not the first 100"),
        "white ink": (lambda d: 1 - scaled(d), "swapped"),
        "labels": (lambda d: d.y_test[:100], "not scaled yet"),
    },
    "1.4": {
        "down the columns": (lambda d: 28 * 7 + 10, "along the rows"),
        "counted from 1": (lambda d: 288, "one too far"),
        "one too few": (lambda d: 286, "one too few"),
        "a row too far": (lambda d: 28 * 11 + 7, "one row too far"),
        "a row too few": (lambda d: 28 * 9 + 7, "one row too few"),
        "both from 1": (lambda d: 28 * 11 + 8, "not from 1"),
        "without the column": (lambda d: 280, "where row 10 begins"),
        "rows of 27": (lambda d: 277, "28 pixels"),
        "a sum": (lambda d: 17, "far down"),
        "a product": (lambda d: 70, "area"),
        "outside": (lambda d: 784, "0 to 783"),
        "row and column": (lambda d: (10, 7), "one number is asked for, and this holds 2"),
        "not whole": (lambda d: 287.5, "a whole number is asked for"),
        "anything else": (lambda d: 100, "stands row 3, column 16"),
    },
    "1.6": {
        "transposed": (lambda d: one_hot(d).T, "Rows and columns are swapped"),
        "columns that do not occur left out": (
            lambda d: pd.get_dummies(d.y_test[:6], dtype=int),
            "whether they occur here or not",
        ),
        "not encoded": (lambda d: d.y_test[:6], "labels themselves"),
        "training labels": (lambda d: np.eye(10)[d.y_train[:6]], "training labels"),
        "off by one": (lambda d: np.roll(one_hot(d), 1, axis=1), "one place beside"),
        "eleven columns": (lambda d: np.eye(11)[d.y_test[:6]], "11 columns"),
        "one-cold": (lambda d: 1 - one_hot(d), "0 and 1 are swapped"),
        "all labels": (lambda d: np.eye(10)[d.y_test], "10,000 rows"),
        "the digit in place of the 1": (
            lambda d: one_hot(d) * d.y_test[:6, None],
            "a single 1",
        ),
        "in another order": (lambda d: one_hot(d)[::-1], "the place of its label"),
        "flattened": (lambda d: one_hot(d).reshape(-1), "should be (6, 10)"),
    },
    "1.8": {
        "of the training set": (lambda d: (d.y_train == common(d)).mean(), "training set"),
        "counted": (lambda d: (d.y_test == common(d)).sum(), "not the share"),
        "counted in training": (lambda d: (d.y_train == common(d)).sum(), "training images"),
        "in percent": (lambda d: 100 * (d.y_test == common(d)).mean(), "percent"),
        "the wrong ones": (lambda d: (d.y_test != common(d)).mean(), "wrongly"),
        "the digit": (common, "How often is it right?"),
        "a tenth": (lambda d: 0.1, "equally common"),
        "the comparison": (lambda d: d.y_test == common(d), "this holds 10,000"),
        "another digit": (lambda d: (d.y_test == 5).mean(), "digit that it always says"),
    },
    "1.10": {
        "what is missing": (lambda d: 15 / 10_000, "What is left?"),
        "of the training set": (lambda d: 1 - 15 / 60_000, "Divide by the test images"),
        "in percent": (lambda d: 99.85, "percent"),
        "counted": (lambda d: 10_000 - 15, "number of images"),
        "the wrong ones": (lambda d: len(d.wrong_labels), "disagrees"),
        "without a mistake": (lambda d: 1.0, "labels that have some"),
        "rounded": (lambda d: 0.998, "all four decimals"),
        "one label too many": (lambda d: 1 - 16 / 10_000, "off by an image"),
        "the labels": (lambda d: d.y_test, "this holds 10,000"),
        "anything": (lambda d: 0.5, "Count the labels"),
    },
}
