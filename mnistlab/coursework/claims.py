"""A published result for coursework 3: a confusion matrix, and sentences that it may contradict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLAIMS", "LIKELY", "misread", "published"]

LIKELY = np.array([6, 7, 3, 5, 9, 3, 0, 9, 5, 4])  # what each digit is most easily taken for
STATED, LETTERS = 8, "ABCDEFGH"

Matrix = NDArray[np.int64]


def misread(own: np.random.Generator, labels: NDArray[Any]) -> NDArray[np.int64]:
    """For each label draw another digit, mostly the one that it is easily taken for."""
    other = (labels + own.integers(1, 10, size=len(labels))) % 10
    return np.where(own.random(len(labels)) < 0.6, LIKELY[labels], other)


def published(own: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Draw a result: its matrix, eight statements, their kinds, and which cannot be true.

    matrix: (10, 10). statements, kinds: (8,) text. false: three or four letters, in one text.
    """
    matrix = _matrix(own)
    kinds = own.permutation(list(CLAIMS))[:STATED]
    lies = np.isin(np.arange(STATED), own.permutation(STATED)[: own.integers(3, 5)])
    statements = [CLAIMS[kind](own, matrix, lie) for kind, lie in zip(kinds, lies, strict=True)]
    false = "".join(letter for letter, lie in zip(LETTERS, lies, strict=True) if lie)
    return {
        "matrix": matrix,
        "statements": np.array(statements),
        "kinds": kinds,
        "false": np.array(false),
    }


def _matrix(own: np.random.Generator) -> Matrix:
    """Draw until recall and precision lie apart, and one mistake is plainly the commonest."""
    while True:
        labels = np.repeat(np.arange(10), own.integers(80, 150, size=10))
        right = own.random(len(labels)) < own.uniform(0.8, 0.97, size=10)[labels]
        matrix = np.zeros((10, 10), np.int64)
        np.add.at(matrix, (labels, np.where(right, labels, misread(own, labels))), 1)
        off = matrix - np.diag(np.diag(matrix))
        truth, read = divmod(int(off.argmax()), 10)
        second = np.sort(off, axis=None)[-2]
        plain = off[truth, read] > max(second, off[read, truth] + 2)
        if plain and matrix.sum() % 100 and np.sort(_apart(matrix))[-2] > 0.03:
            return matrix


def _recall(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(np.diag(matrix) / matrix.sum(axis=1))


def _precision(matrix: Matrix) -> NDArray[np.float64]:
    return np.asarray(np.diag(matrix) / matrix.sum(axis=0))


def _apart(matrix: Matrix) -> NDArray[np.float64]:
    return np.abs(_recall(matrix) - _precision(matrix))


def _accuracy(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    hits = np.trace(matrix) + (own.integers(12, 30) if lie else 0)
    return f"It reads {hits / matrix.sum():.4f} of the test images rightly."


def _images(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    images = matrix.sum()
    stated = images + 100 if lie else images  # no round number: it could have been rounded
    return f"It was tested on {stated:,} images."


def _of_a_digit(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    digit = _apart(matrix).argmax()
    share = (_precision if lie else _recall)(matrix)[digit]
    return f"Of all test images that show a {digit}, it reads {share:.3f} rightly."


def _read_as(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    digit = np.argsort(_apart(matrix))[-2]
    share = (_recall if lie else _precision)(matrix)[digit]
    return f"Of all test images that it reads as a {digit}, {share:.3f} do show one."


def _mistake(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    off = matrix - np.diag(np.diag(matrix))
    truth, read = divmod(int(off.argmax()), 10)
    truth, read = (read, truth) if lie else (truth, read)
    return f"No mistake is commoner than a {truth} that is read as a {read}."


def _weights(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    units = int(own.integers(20, 90))
    weights, biases = 784 * units + units * 10, units + 10
    return (
        f"784 pixels, one hidden layer of {units} units and ten outputs: "
        f"{weights if lie else weights + biases:,} weights and biases."
    )


def _batches(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    held_out, batch = int(own.choice([5000, 6000, 10_000])), int(own.choice([50, 100, 200]))
    steps = (60_000 - (0 if lie else held_out)) // batch
    return (
        f"Of 60,000 images {held_out:,} were held out, and an epoch of training "
        f"had {steps:,} batches of {batch}."
    )


def _errors(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    images = matrix.sum()
    share = np.trace(matrix) / images
    error = np.sqrt(share * (1 - share) / images)
    return (
        "Two standard errors of the accuracy that the matrix gives are "
        f"{error if lie else 2 * error:.4f}."
    )


def _seeds(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    worst = own.integers(8600, 9200)
    best = worst + own.integers(60, 120)
    mean = best + own.integers(5, 30) if lie else (worst + best) // 2 + own.integers(-9, 10)
    return (
        f"Five seeds gave a mean accuracy of {mean / 10_000:.4f}, "
        f"the worst {worst / 10_000:.4f} and the best {best / 10_000:.4f}."
    )


def _photographs(own: np.random.Generator, matrix: Matrix, lie: bool) -> str:
    images = int(own.choice([20, 25, 40]))
    hits = images - own.integers(2, 5) - (0.5 if lie else 0)
    return f"Of {images} photographs it reads {hits / images:.4f} rightly."


CLAIMS: dict[str, Callable[[np.random.Generator, Matrix, bool], str]] = {
    "accuracy": _accuracy,
    "images": _images,
    "recall": _of_a_digit,
    "precision": _read_as,
    "mistake": _mistake,
    "weights": _weights,
    "batches": _batches,
    "errors": _errors,
    "seeds": _seeds,
    "photographs": _photographs,
}
