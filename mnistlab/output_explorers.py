"""Explorers of what networks put out: saturated sigmoids, thresholds, the confusion matrix.

As in `explorers`, each function takes its data once and returns a pure `show`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab.by_hand import softmax
from mnistlab.explorers import Show, told
from mnistlab.figure import a_digit, percent
from mnistlab.images import as_input
from mnistlab.report import bin_confidence, counted
from mnistlab.sketches import bars, lines, matrix, raster, reliability, row, sentence

__all__ = ["SCALES", "TEMPERATURES", "confusion", "saturation", "thresholds"]

SCALES = np.round(np.arange(0.1, 4.01, 0.1), 1)  # of logits
TEMPERATURES = np.round(np.arange(0.3, 4.01, 0.1), 1)
THRESHOLDS = np.append(np.round(np.arange(0.0, 0.99, 0.01), 2), [0.99, 0.995, 0.999])


def saturation(logits: ArrayLike, labels: ArrayLike) -> Show:
    """Scaled logits, read through a sigmoid and a softmax: ties and accuracy; lesson 4."""
    before, truth = np.asarray(logits, np.float32), np.asarray(labels)
    best = float((before.argmax(axis=1) == truth).mean())
    right, ties = np.array([_saturated(before, truth, scale)[:2] for scale in SCALES]).T

    def show(scale: float, image: int) -> str:
        now, tied, counts = _saturated(before, truth, scale)
        said = (
            f"With {scale:g} × the logits the sigmoid reads {percent(now)} rightly, the softmax "
            f"{percent(best)}; {percent(tied)} of the images have a tie."
        )
        own, told_of_it = _ten_sigmoids(image, before[image] * np.float32(scale), int(truth[image]))
        return row(
            lines(
                SCALES,
                {"softmax": np.full(len(SCALES), best), "sigmoid": right, "ties": ties},
                f"Accuracy and ties over the scale of the logits. {said}",
                "accuracy of both, and share of ties",
                xlabel="scale of the logits",
                now=scale,
            ),
            matrix(counts, f"sigmoid at {scale:g} ×: rows are the truth"),
            own,
            sentence(f"{said} {told_of_it}"),
        )

    return show


def _ten_sigmoids(image: int, logits: NDArray[np.float32], label: int) -> tuple[str, str]:
    """One image's sigmoid outputs as bars, and which of them tie in words."""
    outputs = _sigmoid(logits)
    ones = np.flatnonzero(outputs == outputs.max())
    highest = f"{', '.join(map(str, ones))} tie" if len(ones) > 1 else "no tie"
    first, second = logits.argsort(kind="stable")[::-1][:2]
    said = (
        f"Image {image}: the largest logits are {logits[first]:.1f} for {first} and "
        f"{logits[second]:.1f} for {second}; {highest}, read as {ones[0]}."
    )
    alt = told(f"Sigmoid outputs of image {image}", outputs) + f" Highest: {highest}."
    return bars(outputs, alt, f"image {image}: sigmoid outputs, {highest}", marked=label), said


def thresholds(logits: Mapping[str, ArrayLike], images: ArrayLike, labels: ArrayLike) -> Show:
    """A temperature, and a threshold below which no answer is given; lesson 5.

    logits: by network, for these images and labels.
    """
    before = {name: np.asarray(array, np.float64) for name, array in logits.items()}
    pictures, truth = as_input(images), np.asarray(labels)

    def show(network: str, temperature: float, threshold: float) -> str:
        outputs = softmax(before[network] / temperature)
        confidence, read = outputs.max(axis=1), outputs.argmax(axis=1)
        correct, kept = read == truth, confidence >= threshold
        answered, rightly = _answered(confidence, correct)
        said = (
            f"At the threshold {threshold:g}, {percent(kept.mean())} of the images are accepted, "
            f"{percent(_share(correct[kept]))} of these are read rightly."
        )
        dots, gap = _claims(network, confidence, correct)
        error = f"Calibration error at temperature {temperature:g}: {gap:.3f}."
        least = np.flatnonzero(kept)[confidence[kept].argsort(kind="stable")[:6]]
        return row(
            dots,
            lines(
                THRESHOLDS,
                {"accepted": answered, "right among these": rightly},
                f"Shares of images accepted, and right among these, by threshold. {said}",
                "what a threshold costs and brings",
                xlabel="threshold",
                now=threshold,
                width=330,
            ),
            sentence(f"{error} {said} The accepted images with the least confidence:"),
            *(_read(pictures[i], int(i), int(truth[i]), int(read[i]), side=84) for i in least),
        )

    return show


def confusion(images: ArrayLike, labels: ArrayLike, predicted: ArrayLike) -> Show:
    """The images in one cell of the confusion matrix; lesson 5."""
    pictures, truth, read = as_input(images), np.asarray(labels), np.asarray(predicted)

    def show(cell: Sequence[int]) -> str:
        row_, column = cell
        places = np.flatnonzero((truth == row_) & (read == column))
        whole, verb = int((truth == row_).sum()), "is" if len(places) == 1 else "are"
        said = f"Of {whole} images of {a_digit(row_)}, {len(places)} {verb} read as {column}."
        shown = [_read(pictures[i], int(i), row_, column, side=84) for i in places[:12]]
        more = f" The first {len(shown)}:" if len(places) > len(shown) else ""
        return row(sentence(said + more), *shown)

    return show


def _read(picture: NDArray[np.float32], place: int, truth: int, read: int, side: int) -> str:
    alt = f"Image {place}: {a_digit(truth)}, read as {read}."
    return raster(picture, alt, f"{truth} as {read}" if truth != read else str(truth), side=side)


def _saturated(
    logits: NDArray[np.float32], truth: NDArray[Any], scale: float
) -> tuple[float, float, NDArray[np.intp]]:
    """Accuracy, share of ties and confusion matrix of a sigmoid's reading of scaled logits.

    A report has all of them too, but takes several times as long, and a slider waits for it.
    """
    outputs = _sigmoid(logits * np.float32(scale))
    read = outputs.argmax(axis=1)
    tied = (outputs == outputs.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return float((read == truth).mean()), float(tied.mean()), counted(truth, read)


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # e to the power of a large number is inf, and 1 / inf is 0
        return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _share(correct: NDArray[np.bool_]) -> float:
    return float(correct.mean()) if correct.size else 1.0


def _answered(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each threshold the share of images at or above it, and how many of these are right."""
    order = np.argsort(confidence)
    below = np.searchsorted(confidence[order], THRESHOLDS)
    right_above = np.append(correct[order][::-1].cumsum()[::-1], 0)[below]
    above = len(confidence) - below
    return above / len(confidence), np.where(above > 0, right_above / np.maximum(above, 1), 1.0)


def _claims(
    network: str, confidence: NDArray[np.float64], correct: NDArray[np.bool_]
) -> tuple[str, float]:
    """A picture of what is claimed and what is read rightly in each bin, and the mean gap."""
    bins = bin_confidence(confidence, correct)
    filled = bins.count > 0
    claimed, got = bins.confidence[filled], bins.accuracy[filled]
    pairs = zip(claimed, got, strict=True)
    words = "; ".join(f"{percent(claim)} claimed, {percent(right)} right" for claim, right in pairs)
    alt = f"Share that {network} reads rightly, by its confidence: {words}."
    title = f"what {network} claims, and what it reads"
    shares = bins.count[filled] / len(confidence)
    return reliability(claimed, got, shares, alt, title), bins.ece
