"""What each slider shows, as a pure function of the sliders' values: values in, HTML out.

Each function here takes its data once and returns a `show`, which `widgets` calls whenever a
control moves. A `show` takes a few milliseconds, keeps no state and never fails within the range
of its controls.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab.by_hand import Network, softmax
from mnistlab.figure import a_digit, percent
from mnistlab.images import as_input
from mnistlab.sketches import bars, raster, row, sentence

__all__ = ["DRAWS", "Show", "answers", "dropout", "pixels", "told", "votes"]

Show = Callable[..., str]
DRAWS = 30  # of dropout's masks
MANY = 200  # images that dropout is tried on


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
        cast = ink[image][:, None] * weights  # (784, 1) * (784, 10): every pixel's vote, by digit
        logits = cast.sum(axis=0) + start
        outputs = softmax(logits[None])[0]
        read = int(outputs.argmax())
        mine = cast[:, digit]
        most, least = (divmod(int(at), 28) for at in (mine.argmax(), mine.argmin()))
        summed = (
            f"The votes for {digit} add up to {mine[mine > 0].sum():.1f}, those against it to "
            f"{mine[mine < 0].sum():.1f}; with its bias the logit is {logits[digit]:.1f}."
        )
        where = f"The strongest vote for it is in row {most[0]}, column {most[1]}, "
        where += f"the strongest against it in row {least[0]}, column {least[1]}."
        answer = f"labelled {truth[image]}, read as {read}"
        pictures = [raster(ink[image].reshape(28, 28), f"Image {image}, {answer}.", answer)]
        for shown in dict.fromkeys([digit, read]):
            title = f"votes on {shown}: logit {logits[shown]:.1f}"
            alt = f"Image {image}, {title}, yellow for it and blue against it."
            pictures.append(raster(cast[:, shown].reshape(28, 28), alt, title, limit=limit))
        shares = bars(outputs, told("Outputs", outputs), "outputs", marked=int(truth[image]))
        return row(*pictures, shares, sentence(f"{summed} {where}"))

    return show


def dropout(networks: Mapping[str, Network], images: ArrayLike, labels: ArrayLike) -> Show:
    """Which units of a network are silenced, and what that does to its answer; lesson 4."""
    ink, truth = as_input(images).reshape(-1, 784), np.asarray(labels)
    many, theirs = ink[:MANY], truth[:MANY]
    best = {name: _right(one.logits(many), theirs) for name, one in networks.items()}

    def show(network: str, image: int, rate: float, layers: int, draw: int) -> str:
        asked, x = networks[network], ink[image : image + 1]
        masks = _masks(asked.sizes, rate, layers, draw, DRAWS)
        own = _masks(asked.sizes, rate, layers, draw, len(many))
        right = _right(asked.layers(many, own)[-1], theirs)
        whole = softmax(asked.logits(x))[0]
        drawn = softmax(asked.layers(np.repeat(x, DRAWS, axis=0), masks)[-1])
        agree = int((drawn.argmax(axis=1) == whole.argmax()).sum())
        silent = sum(int((mask[0] == 0).sum()) for mask in masks)
        label, answer = int(truth[image]), a_digit(int(whole.argmax()))
        name = f"labelled {label}"
        return row(
            raster(ink[image].reshape(28, 28), f"Image {image}, {name}.", name),
            *_dropped(masks, draw),
            sentence(
                f"Black units are dropped, {silent} in all; the others count "
                f"{1 / (1 - rate):.2f} times."
            ),
            bars(whole, told("Outputs of the whole network", whole), "whole network", marked=label),
            bars(drawn[0], told(f"Outputs in draw {draw}", drawn[0]), "this draw", marked=label),
            sentence(
                f"This image: in {agree} of {DRAWS} draws the network reads {answer}, as "
                f"it does when it is whole. Of {len(many)} images, each with a mask of its own, it "
                f"reads {right} rightly; when it is whole, {best[network]}."
            ),
        )

    return show


def _dropped(masks: Sequence[NDArray[Any]], draw: int) -> list[str]:
    """For each layer a picture of its units, those black that its first mask drops."""
    pictures = []
    for i, mask in enumerate(masks, start=1):
        off = mask[0] == 0
        count = f"{off.sum()} of {off.size}"
        alt = f"Layer {i}: {count} units are dropped in draw {draw}."
        pictures.append(raster(_folded(off), alt, f"layer {i}: {count}", side=98))
    return pictures


def answers(outputs: Mapping[str, NDArray[Any]], label: int | None = None, width: int = 210) -> str:
    """Several networks' outputs for one image, side by side."""
    return "".join(
        bars(shares, told(f"Outputs of {name}", shares), name, marked=label, width=width)
        for name, shares in outputs.items()
    )


def told(start: str, outputs: NDArray[Any]) -> str:
    """The two largest outputs as a sentence: what a picture of them says in words."""
    first, second = np.argsort(-outputs, kind="stable")[:2]
    return f"{start}: {first} with {outputs[first]:.3f}, then {second} with {outputs[second]:.3f}."


def _right(logits: NDArray[Any], labels: NDArray[Any]) -> str:
    return percent((logits.argmax(axis=1) == labels).mean())


def _masks(
    sizes: Sequence[int], rate: float, layers: int, draw: int, count: int
) -> list[NDArray[Any]]:
    """What each unit is multiplied by, `count` times; only the first `layers` layers drop."""
    random, masks = np.random.default_rng(draw), []
    for i, units in enumerate(sizes):
        keep = np.float32(1 - rate if i < layers else 1)
        masks.append((random.random((count, units)) < keep) / keep)
    return masks


def _folded(dropped: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Units as a block of about as many rows as columns; what is beyond the last one is grey."""
    columns = int(np.ceil(np.sqrt(dropped.size)))
    rows = int(np.ceil(dropped.size / columns))
    block = np.full(rows * columns, 0.15)
    block[: dropped.size] = dropped
    return block.reshape(rows, columns)
