"""What each slider shows, as a pure function of the sliders' values: values in, HTML out.

Each function here takes its data once and returns a `show`, which `widgets` calls whenever a
control moves. A `show` takes a few milliseconds, keeps no state and never fails within the range
of its controls.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab.by_hand import softmax
from mnistlab.figure import percent
from mnistlab.images import as_input
from mnistlab.sketches import bars, lines, raster, row, sentence

__all__ = ["Show", "confusion", "dropout", "pixels", "saturation", "thresholds", "votes"]

Show = Callable[..., str]
SCALES = np.round(np.arange(0.1, 4.01, 0.1), 1)  # of logits
TEMPERATURES = np.round(np.arange(0.3, 4.01, 0.1), 1)
THRESHOLDS = np.append(np.round(np.arange(0.0, 0.99, 0.01), 2), [0.99, 0.995, 0.999])


def pixels(images: ArrayLike) -> Show:
    """An image, and which of its pixels are darker than a threshold; lesson 1."""
    raw = np.round(255 * as_input(images)).astype(np.uint8)

    def show(image: int, threshold: int) -> str:
        picture, ink = raw[image], raw[image] > threshold
        counted = f"{ink.sum()} of {ink.size} pixels are darker than {threshold}."
        return row(
            raster(picture / 255, f"Image {image}, from 0 to {picture.max()}.", "image"),
            raster(ink, f"Image {image} in black and white: {counted}", f"> {threshold}"),
            sentence(counted),
        )

    return show


def votes(kernel: ArrayLike, bias: ArrayLike, images: ArrayLike, labels: ArrayLike) -> Show:
    """Which pixels of an image spoke for and against a digit; lesson 2.

    kernel: (784, 10) and bias: (10,) of a network without a hidden layer.
    """
    weights, start = np.asarray(kernel, np.float64), np.asarray(bias, np.float64)
    if weights.shape != (784, 10) or start.shape != (10,):
        raise ValueError(
            f"votes shows a network without a hidden layer, with weights of the shape (784, 10); "
            f"these are {weights.shape}. model.get_weights() gives kernel and bias."
        )
    ink, truth = as_input(images).reshape(-1, 784), np.asarray(labels)
    limit = float(np.quantile(np.abs(weights), 0.98)) or 1.0

    def show(image: int, digit: int) -> str:
        cast = ink[image] * weights[:, digit]
        logits = ink[image] @ weights + start
        outputs = softmax(logits[None])[0]
        most, least = (divmod(int(at), 28) for at in (cast.argmax(), cast.argmin()))
        told = (
            f"Votes for {digit} add up to {cast[cast > 0].sum():.1f}, against it to "
            f"{cast[cast < 0].sum():.1f}; with its bias the logit is {logits[digit]:.1f}."
        )
        where = f"The strongest vote for is at row {most[0]}, column {most[1]}, "
        where += f"against at row {least[0]}, column {least[1]}."
        read = f"read as {outputs.argmax()}, labelled {truth[image]}"
        return row(
            raster(ink[image].reshape(28, 28), f"Image {image}, {read}.", read),
            raster(
                cast.reshape(28, 28),
                f"Votes for and against {digit}. {told} {where}",
                f"votes for {digit} (yellow) and against (blue)",
                limit=limit,
            ),
            bars(
                outputs,
                _told("Outputs", outputs),
                "outputs",
                marked=int(truth[image]),
            ),
            sentence(f"{told} {where}"),
        )

    return show


def saturation(logits: ArrayLike, labels: ArrayLike) -> Show:
    """Scaled logits, read through a sigmoid and a softmax: ties and accuracy; lesson 4."""
    before, truth = np.asarray(logits, np.float32), np.asarray(labels)
    right, best, ties = [], float((before.argmax(axis=1) == truth).mean()), []
    for scale in SCALES:
        outputs = _sigmoid(before * np.float32(scale))
        right.append(float((outputs.argmax(axis=1) == truth).mean()))
        ties.append(float(((outputs == outputs.max(axis=1, keepdims=True)).sum(axis=1) > 1).mean()))

    def show(scale: float, image: int) -> str:
        at = int(np.abs(SCALES - scale).argmin())
        outputs = _sigmoid(before[image] * np.float32(scale))
        ones = np.flatnonzero(outputs == outputs.max())
        told = (
            f"At {SCALES[at]:g} × the logits, {percent(ties[at])} of the images have a tie: "
            f"the sigmoid reads {percent(right[at])} rightly, the softmax {percent(best)}."
        )
        tied = " = ".join(map(str, ones)) if len(ones) > 1 else "no tie"
        return row(
            lines(
                SCALES,
                {"softmax": np.full(len(SCALES), best), "sigmoid": right, "ties": ties},
                f"Accuracy and ties over the scale of the logits. {told}",
                "accuracy and share of ties",
                xlabel="scale of the logits",
                now=scale,
            ),
            bars(
                outputs,
                _told(f"Sigmoid outputs of image {image}", outputs) + f" Highest: {tied}.",
                f"image {image}: sigmoid outputs ({tied})",
                marked=int(truth[image]),
            ),
            sentence(told),
        )

    return show


def thresholds(logits: ArrayLike, labels: ArrayLike) -> Show:
    """A temperature, and a threshold below which no answer is given; lesson 5."""
    before, truth = np.asarray(logits, np.float64), np.asarray(labels)
    correct = before.argmax(axis=1) == truth

    def show(threshold: float, temperature: float) -> str:
        confidence = softmax(before / temperature).max(axis=1)
        answered, rightly = _answered(confidence, correct)
        kept = confidence >= threshold
        claimed, got, filled = _reliability(confidence, correct)
        gap = float(np.abs(claimed - got) @ filled)
        told = (
            f"At {threshold:g} it answers {percent(kept.mean())} of the images, "
            f"{percent(_share(correct[kept]))} of them rightly."
        )
        calibrated = f"Mean gap between confidence and accuracy: {gap:.3f}."
        return row(
            lines(
                THRESHOLDS,
                {"answered": answered, "right of these": rightly},
                f"Shares of images answered and right by threshold. {told}",
                "what a threshold costs and brings",
                xlabel="threshold",
                now=threshold,
            ),
            lines(
                claimed[filled > 0],
                {"as claimed": claimed[filled > 0], "right": got[filled > 0]},
                f"Accuracy by confidence at temperature {temperature:g}. {calibrated}",
                "confidence and accuracy",
                xlabel="confidence",
                width=300,
            ),
            sentence(f"{told} {calibrated}"),
        )

    return show


def confusion(images: ArrayLike, labels: ArrayLike, predicted: ArrayLike) -> Show:
    """The images in one cell of the confusion matrix; lesson 5."""
    pictures, truth, read = as_input(images), np.asarray(labels), np.asarray(predicted)

    def show(truth_digit: int, read_digit: int) -> str:
        places = np.flatnonzero((truth == truth_digit) & (read == read_digit))
        images = "image" if len(places) == 1 else "images"
        verb = "is" if len(places) == 1 else "are"
        told = f"{len(places)} {images} of {truth_digit} {verb} read as {read_digit}."
        shown = [
            raster(pictures[i], f"Image {i}: {truth_digit} read as {read_digit}.", str(i), side=84)
            for i in places[:12]
        ]
        more = f" The first {len(shown)} are shown." if len(places) > len(shown) else ""
        return row(sentence(told + more), *shown)

    return show


def dropout(layers: Callable[..., list[NDArray[Any]]], sizes: list[int], images: ArrayLike) -> Show:
    """Which units are silenced in each hidden layer, and what that does to the answer; lesson 4.

    layers: (image rows, masks) → what each layer puts out, as `by_hand.Network.layers`.
    """
    ink = as_input(images).reshape(-1, 784)

    def show(image: int, rate: float, draw: int) -> str:
        random, keep = np.random.default_rng(draw), np.float32(1 - rate)
        masks = [(random.random((30, size)) < keep) / keep for size in sizes]
        repeated = np.repeat(ink[image : image + 1], 30, axis=0)
        outputs = softmax(layers(repeated, masks)[-1])
        calm = softmax(layers(ink[image : image + 1], None)[-1])[0]
        silent = [int((mask[0] == 0).sum()) for mask in masks]
        told = ", ".join(f"{off} of {size}" for off, size in zip(silent, sizes, strict=True))
        agree = int((outputs.argmax(axis=1) == calm.argmax()).sum())
        grids = [
            raster(
                _folded(mask[0] > 0),
                f"Layer {i + 1}: {off} of {mask.shape[1]} units silenced.",
                f"layer {i + 1}: {off} of {mask.shape[1]} silent",
                side=112,
            )
            for i, (mask, off) in enumerate(zip(masks, silent, strict=True))
        ]
        return row(
            raster(ink[image].reshape(28, 28), f"Image {image}.", f"image {image}"),
            bars(outputs[0], _told("Outputs with dropout", outputs[0]), "this draw", width=230),
            bars(calm, _told("Outputs without dropout", calm), "no dropout", width=230),
            *grids,
            sentence(
                f"Silenced: {told} units. Of 30 draws, {agree} read the image as "
                f"{calm.argmax()}, as the whole network does."
            ),
        )

    return show


def answers(outputs: Mapping[str, NDArray[Any]], label: int | None = None) -> str:
    """Several networks' outputs for one image, side by side."""
    return "".join(
        bars(shares, _told(f"Outputs of {name}", shares), name, marked=label, width=210)
        for name, shares in outputs.items()
    )


def _told(start: str, outputs: NDArray[Any]) -> str:
    first, second = np.argsort(-outputs, kind="stable")[:2]
    return f"{start}: {first} with {outputs[first]:.3f}, then {second} with {outputs[second]:.3f}."


def _folded(mask: NDArray[Any]) -> NDArray[np.float64]:
    """Units as a block of about as many rows as columns; what is beyond the last one is grey."""
    columns = int(np.ceil(np.sqrt(mask.size)))
    rows = int(np.ceil(mask.size / columns))
    block = np.full(rows * columns, 0.15)
    block[: mask.size] = mask
    return block.reshape(rows, columns)


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


def _reliability(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean confidence, accuracy and share of the images in each of ten bins."""
    at = np.minimum((10 * confidence).astype(int), 9)
    counts = np.bincount(at, minlength=10)
    whole = np.maximum(counts, 1)
    claimed = np.bincount(at, confidence, minlength=10) / whole
    got = np.bincount(at, correct, minlength=10) / whole
    return claimed, got, counts / max(1, len(confidence))
