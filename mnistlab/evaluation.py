"""How good a network is, and how sure one can be of it.

`evaluate` runs a network once over labelled images and returns a Report. `compare` sets two
reports on the same images against each other, `over_seeds` sums up one recipe's seeds.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from mnistlab import models
from mnistlab.chance import Comparison, Interval, Spread, compare_answers, over_seeds
from mnistlab.images import as_input
from mnistlab.report import (
    CLASSES,
    Confused,
    Reliability,
    Report,
    Ties,
    bin_confidence,
    probabilities,
)

__all__ = [
    "Comparison",
    "Confused",
    "Interval",
    "Reliability",
    "Report",
    "Spread",
    "Ties",
    "compare",
    "evaluate",
    "over_seeds",
    "probabilities",
    "reliability",
    "score",
    "temperature",
]

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "softmax": keras.activations.softmax,
    "sigmoid": keras.activations.sigmoid,
    "linear": keras.activations.linear,
}


def evaluate(
    model: keras.Model, images: ArrayLike, labels: ArrayLike, groups: ArrayLike | None = None
) -> Report:
    """Run a network once over labelled images and report what it gets right; lesson 5.

    images: as `images.as_input` takes them. labels: (n,) whole numbers. groups: (n,) each image's
    original, as in `Digits.test_groups`, so that warps of one original do not pass for evidence.
    """
    x = as_input(images)
    # Checked before the network runs: a slip in the labels should not cost a forward pass.
    truth = _checked_labels(labels, len(x), CLASSES)
    activation = getattr(model.layers[-1], "activation", None)
    name = getattr(activation, "__name__", "missing")
    return score(models.logits(model, x), truth, name, groups)


def score(
    logits: ArrayLike,
    labels: ArrayLike,
    activation: str = "softmax",
    groups: ArrayLike | None = None,
) -> Report:
    """Report on logits that are at hand already, such as stored ones; lesson 5.

    logits: (n, classes). labels, groups: (n,). activation: the last layer's, "softmax", "sigmoid"
    or "linear".
    """
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"The last layer's activation is {activation!r}, but a report needs one of: "
            f"{', '.join(ACTIVATIONS)}. End the network in Dense(10, activation='softmax')."
        )
    before = _checked_logits(logits)
    truth = _checked_labels(labels, len(before), min(CLASSES, before.shape[1]))
    outputs = keras.ops.convert_to_numpy(
        ACTIVATIONS[activation](keras.ops.convert_to_tensor(before))
    )
    return Report(before, outputs, truth, activation, _checked_groups(groups, len(before)))


def compare(first: Report, second: Report, groups: ArrayLike | None = None) -> Comparison:
    """Test whether two networks differ by more than chance on the same images; lesson 5.

    groups: (n,) each image's original; by default those that the first report was made with.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError(
            "These two reports are about different images (their labels differ), so they cannot "
            "be compared pair by pair. Evaluate both networks on the same images."
        )
    originals = first.groups if groups is None else _checked_groups(groups, len(first.labels))
    return compare_answers(first.correct, second.correct, originals)


def reliability(outputs: ArrayLike, labels: ArrayLike, bins: int = 10) -> Reliability:
    """Confidence against accuracy for any probabilities, (n, classes); lesson 5.

    `reliability(probabilities(logits, temperature), labels)` shows what a temperature changes.
    """
    if bins < 1:
        raise ValueError(f"bins={bins}: it must be 1 or more.")
    claims = _checked_logits(outputs).astype(np.float64)
    if claims.min() < 0 or claims.max() > 1:
        raise ValueError("These outputs are not between 0 and 1. Pass probabilities, not logits.")
    truth = _checked_labels(labels, len(claims), claims.shape[1])
    return bin_confidence(claims.max(axis=1), claims.argmax(axis=1) == truth, bins)


def temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """The temperature that makes `probabilities` fit best, between 0.05 and 20; lesson 5.

    logits: (n, classes) and labels: (n,) of validation images: fitted on test images it would
    flatter them.
    """
    before = _checked_logits(logits).astype(np.float64)
    truth = _checked_labels(labels, len(before), min(CLASSES, before.shape[1]))
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        cooled = before / np.exp(log_temperature)
        return float(np.mean(special.logsumexp(cooled, axis=1) - cooled[rows, truth]))

    bounds = np.log([0.05, 20])
    return float(np.exp(optimize.minimize_scalar(loss, bounds=bounds, method="bounded").x))


def _checked_logits(logits: ArrayLike) -> NDArray[np.float32]:
    array = np.asarray(logits, dtype=np.float32)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(
            f"A network's outputs for n images have the shape (n, classes); these are "
            f"{array.shape}."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            "The network's outputs contain NaN or infinity: its training has diverged. "
            "Build it again and train with a smaller learning rate."
        )
    return array


def _checked_labels(labels: ArrayLike, images: int, classes: int) -> NDArray[np.int64]:
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ValueError(
            f"Labels are one whole number for each image, shape (n,); these are {array.shape}. "
            "Turn one-hot labels back with labels.argmax(axis=1)."
        )
    if len(array) != images:
        raise ValueError(
            f"There are {images:,} images but {len(array):,} labels. "
            "Take both from the same set, such as digits.x_test and digits.y_test."
        )
    if images == 0:
        raise ValueError("There are no images to evaluate. Pass one image at least.")
    if array.dtype.kind not in "iu":
        raise ValueError(f"Labels are whole numbers; these are {array.dtype}.")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"The labels run from {array.min()} to {array.max()}, but the classes are 0 to "
            f"{classes - 1}."
        )
    return array.astype(np.int64)


def _checked_groups(groups: ArrayLike | None, images: int) -> NDArray[Any] | None:
    if groups is None:
        return None
    array = np.asarray(groups)
    if array.shape != (images,):
        raise ValueError(
            f"groups names the original of each image, shape ({images},); these are {array.shape}."
        )
    return array
