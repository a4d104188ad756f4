"""Figures of images: digits, pixel values, weights and predictions.

Lessons call them through `plots`.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray

from mnistlab.figure import COLOURS, DescribedFigure, described, styled
from mnistlab.images import Prepared, as_input

__all__ = ["boxes", "digits", "gallery", "pixels", "weights"]

GAP = 0.12  # inches between two pictures
MOST = 100  # pictures in one figure: more would be too small to read


@styled
def digits(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
) -> DescribedFigure:
    """Show images in a grid, black ink on white; lesson 1.

    images: (n, 28, 28) or one (28, 28). labels or titles: (n,), written above them.
    """
    pictures = _pictures(images)
    names = titles if titles is not None else None if labels is None else _whole(labels)
    captions = [] if names is None else [str(name) for name in names]
    if captions and len(captions) != len(pictures):
        raise ValueError(f"There are {len(pictures)} images but {len(captions)} labels or titles.")
    shown = "one digit" if len(pictures) == 1 else f"{len(pictures)} digits"
    told = f"labelled {', '.join(captions)}" if captions else "without labels"
    alt = f"{shown.capitalize()} in black ink on white, {told}."
    figure, cells = _grid(len(pictures), columns, alt, 0.25 if captions else 0)
    for i, cell in enumerate(cells):
        cell.imshow(pictures[i], vmin=0, vmax=1)
        if captions:
            cell.set_title(captions[i], loc="center")
    return figure


@styled
def pixels(image: ArrayLike) -> DescribedFigure:
    """Show one image as the 28 × 28 numbers it is made of; lesson 1.

    image: (28, 28), raw uint8 (shown as 0 to 255) or floats in 0..1.
    """
    picture = _pictures(image)
    if len(picture) != 1:
        raise ValueError(f"pixels shows one image; these are {len(picture)}. Pass images[0].")
    values = np.asarray(image).reshape(28, 28)
    raw = values.dtype == np.uint8
    figure = described(9.3, 9.3, _pixels_alt(values, 255 if raw else 1))
    axes = figure.add_subplot()
    axes.imshow(picture[0], vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(values):
        text = str(value) if raw else f"{value:.1f}".removeprefix("0") if value else "0"
        ink = "white" if picture[0, row, column] > 0.5 else COLOURS["grey" if not value else "ink"]
        axes.text(column, row, text, ha="center", va="center", fontsize=9, color=ink)
    axes.set(xlabel="column", ylabel="row", xticks=range(0, 28, 3), yticks=range(0, 28, 3))
    axes.set_title(f"{np.count_nonzero(values)} of 784 pixels hold ink")
    axes.grid(False)
    return figure


def _pixels_alt(values: NDArray[Any], ink: int) -> str:
    rows, columns = np.nonzero(values)
    start = f"One image as 28 × 28 numbers from 0 (paper) to {ink} (ink): "
    if len(rows) == 0:
        return start + "all 784 are 0."
    return (
        f"{start}{len(rows)} of 784 are not 0, in rows {rows.min()} to {rows.max()} and columns "
        f"{columns.min()} to {columns.max()}; the largest is {values.max():g}."
    )


@styled
def weights(
    kernel: ArrayLike,
    titles: Sequence[str] | None = None,
    columns: int | None = None,
    *,
    quantity: str = "weight",
) -> DescribedFigure:
    """Show the weights of units that read pixels, each as a picture of 28 × 28; lesson 2.

    kernel: (784, units). One scale for all, 0 in its middle: bright weights speak for the unit,
    dark ones against it. quantity: what one number is, such as "vote".
    """
    array = _kernel(kernel)
    units = array.shape[1]
    names = [str(i) for i in range(units)] if titles is None else list(titles)
    if len(names) != units:
        raise ValueError(f"There are {units} units but {len(names)} titles.")
    alt = _weights_alt(array, names, quantity)
    figure, cells = _grid(units, columns, alt, 0.25, most=5 if units <= 10 else 10, below=0.8)
    # A few extreme weights would leave no contrast for all the others.
    limit = float(np.quantile(np.abs(array), 0.995)) or 1.0
    for i, cell in enumerate(cells):
        # Blue to grey to yellow grows lighter all the way, so it reads without colour too.
        drawn = cell.imshow(array[:, i].reshape(28, 28), "cividis", vmin=-limit, vmax=limit)
        cell.set_title(names[i], loc="center")
    height = figure.get_figheight()
    scale = figure.add_axes((0.2, 0.58 / height, 0.6, 0.14 / height))
    figure.colorbar(drawn, scale, orientation="horizontal", extend="both")
    scale.set_xlabel(f"{quantity} (below 0 against the unit, above 0 for it)")
    return figure


def _kernel(kernel: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(kernel, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != 784 or array.shape[1] == 0:
        raise ValueError(
            f"weights shows a kernel of the shape (784, units); this one is {array.shape}. "
            "Only a layer that reads the pixels themselves has such pictures."
        )
    if array.shape[1] > MOST:
        raise ValueError(
            f"A figure shows the weights of {MOST} units at most; these are {array.shape[1]}. "
            "Pass some columns, such as kernel[:, :20]."
        )
    if not np.isfinite(array).all():
        raise ValueError("These weights contain NaN or infinity: the training has diverged.")
    return array


def _weights_alt(array: NDArray[np.float64], names: Sequence[str], quantity: str) -> str:
    def place(index: Any) -> str:
        pixel, unit = divmod(int(index), array.shape[1])
        return f"unit {names[unit]} at row {pixel // 28}, column {pixel % 28}"

    units = f"{len(names)} {'units' if len(names) > 1 else 'unit'}"
    return (
        f"The {quantity}s of {units} as pictures, from "
        f"{array.min():.2f} to {array.max():.2f}. The strongest {quantity} for is that of "
        f"{place(array.argmax())}, the strongest against that of {place(array.argmin())}."
    )


@styled
def gallery(
    images: ArrayLike, predicted: ArrayLike, labels: ArrayLike, columns: int | None = None
) -> DescribedFigure:
    """Show images with predicted and actual labels, mistakes framed and crossed; lesson 5.

    images: (n, 28, 28). predicted, labels: (n,).
    """
    pictures = _pictures(images)
    guesses, truths = _whole(predicted), _whole(labels)
    if not len(pictures) == len(guesses) == len(truths):
        raise ValueError(
            f"There are {len(pictures)} images, {len(guesses)} predictions and "
            f"{len(truths)} labels; all three should be of the same length."
        )
    wrong = [guess != truth for guess, truth in zip(guesses, truths, strict=True)]
    alt = _gallery_alt(guesses, truths)
    figure, cells = _grid(len(pictures), columns, alt, caption=0.3, most=6, above=0.3)
    for i, cell in enumerate(cells):
        cell.imshow(pictures[i], vmin=0, vmax=1)
        caption = f"read {guesses[i]}, is {truths[i]} ✗" if wrong[i] else f"{guesses[i]} ✓"
        cell.set_title(caption, loc="center", weight="bold" if wrong[i] else "normal")
        if wrong[i]:
            _frame(cell)
    finding = f"{len(wrong) - sum(wrong)} of {len(wrong)} read rightly"
    figure.suptitle(finding, y=1 - 0.12 / figure.get_figheight())
    return figure


@styled
def boxes(found: Sequence[Prepared], titles: Sequence[object] | None = None) -> DescribedFigure:
    """Show a photo with a box around each digit that was found in it; lesson 8.

    found: as `images.read` returns it. titles: (n,), written beside the boxes, else their order.
    """
    names = [str(name) for name in (range(1, len(found) + 1) if titles is None else titles)]
    if not found:
        raise ValueError("There are 0 digits, and so no photo to show them in.")
    if len(names) != len(found):
        raise ValueError(f"There are {len(found)} digits but {len(names)} titles.")
    _, photo = found[0].steps[0]
    high, wide = photo.shape
    scale = min(8 / wide, 6 / high)
    alt = f"A photo with {len(found)} boxes, in reading order: {', '.join(names)}."
    figure = described(scale * wide, scale * high, alt)
    figure.set_layout_engine("none")  # the photo fills the figure but for a rim
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.imshow(photo, cmap="gray", vmin=0, vmax=1)
    axes.set_axis_off()
    for one, name in zip(found, names, strict=True):
        left, top, right, bottom = one.box
        box = Rectangle((left, top), right - left, bottom - top, fill=False)
        box.set(edgecolor=COLOURS["blue"], linewidth=2)
        axes.add_patch(box)
        label = {"boxstyle": "square,pad=0.15", "facecolor": COLOURS["blue"], "linewidth": 0}
        axes.text(left, top, name, color="white", bbox=label, va="bottom", weight="bold")
    return figure


def _frame(cell: Axes) -> None:
    cell.add_patch(
        Rectangle((0, 0), 1, 1, transform=cell.transAxes, fill=False, lw=5, color=COLOURS["orange"])
    )


def _gallery_alt(guesses: list[int], truths: list[int]) -> str:
    pairs = list(zip(guesses, truths, strict=True))
    told = [f"{guess} read rightly" if guess == t else f"{t} read as {guess}" for guess, t in pairs]
    right = sum(guess == truth for guess, truth in pairs)
    return f"{right} of {len(pairs)} digits are read rightly. In order: {', '.join(told)}."


def _pictures(images: ArrayLike) -> NDArray[np.float32]:
    pictures = as_input(images)
    if not 1 <= len(pictures) <= MOST:
        raise ValueError(
            f"A figure shows 1 to {MOST} images; these are {len(pictures):,}. "
            "Pass some of them, such as images[:12]."
        )
    return pictures


def _whole(labels: ArrayLike) -> list[int]:
    array = np.asarray(labels)
    if array.ndim > 1 or array.dtype.kind not in "iu":
        raise ValueError(
            f"Labels are one whole number for each image; these are {array.dtype} of shape "
            f"{array.shape}."
        )
    return [int(label) for label in array.reshape(-1)]


def _grid(
    n: int,
    columns: int | None,
    alt: str,
    caption: float = 0,
    most: int = 10,
    above: float = 0,
    below: float = 0,
) -> tuple[DescribedFigure, list[Axes]]:
    """A figure of n bare square cells in even rows, at most `most` in each unless told.

    caption, above, below: inches left free over each cell, over all of them and under them.
    """
    if columns is not None and columns < 1:
        raise ValueError(f"A figure has one column at least; columns={columns} makes none.")
    across = min(n, columns or math.ceil(n / math.ceil(n / most)))
    down = math.ceil(n / across)
    side = min(1.6, 9 / across - GAP)
    wide, high = across * (side + GAP), down * (side + GAP + caption)
    # Room for a line of text above or below, if the cells are narrower than that.
    width, height = max(wide + GAP, 4.2 if above or below else 0), high + GAP + above + below
    figure = described(width, height, alt)
    # The automatic layout takes seconds for a hundred cells, and these places are known.
    figure.set_layout_engine("none")
    cells = figure.subplots(
        down,
        across,
        squeeze=False,
        gridspec_kw={
            "left": (width - wide + GAP) / 2 / width,
            "right": (width + wide - GAP) / 2 / width,
            "bottom": (below + GAP) / height,
            "top": 1 - (above + caption + GAP) / height,
            "wspace": GAP / side,
            "hspace": (GAP + caption) / side,
        },
    ).ravel()
    for cell in cells:
        cell.set_axis_off()
    return figure, list(cells[:n])
