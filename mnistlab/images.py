"""Images as the networks take them, and a person's drawing made into one.

`prepare` follows the recipe by which MNIST itself was made: crop to the ink, fit it into 20×20
pixels, place it in 28×28 by its centre of mass. `as_input` is the one place that scales pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnistlab.pictures import MIN_CONTRAST, PEN, Picture, PictureError, draw, open_grey

__all__ = ["PictureError", "Prepared", "as_input", "draw", "prepare"]

Box: TypeAlias = tuple[int, int, int, int]

SIDE = 28  # of an MNIST image
DIGIT_SIDE = 20  # of the box that a digit is fitted into
CENTRE = 14  # the pixel that MNIST puts the centre of mass on

SPECK = 0.12  # a piece smaller than this, beside the largest, is dirt or a slip of the pen
THIN = 0.07  # a pen thinner than this, as a share of the longer side, is widened to PEN
INK = 0.3  # what is darker than this, between paper (0) and ink (1), belongs to the digit


@dataclass(frozen=True)
class Prepared:
    """One digit as the networks take it, and how it came about.

    image: (28, 28) float32, 0 for paper to 1 for ink.
    steps: (name, picture) from "drawing" to "centred"; the last picture is the image.
    box: left, top, right, bottom of the ink in the first step's picture (right and bottom are
    the first column and row after it).
    """

    image: Picture
    steps: list[tuple[str, Picture]]
    box: Box


def as_input(images: Any) -> NDArray[np.float32]:
    """Return images as every network takes them: (n, 28, 28), float32, 0 for paper to 1 for ink.

    images: (n, 28, 28), (n, 784) or one (28, 28); raw uint8 (divided by 255 here and nowhere
    else) or floats that are in 0..1 already. Taught in lesson 1.
    """
    array = np.asarray(images)
    if array.shape != (SIDE, SIDE) and array.shape[1:] not in {(SIDE, SIDE), (SIDE * SIDE,)}:
        raise ValueError(
            f"These images have the shape {array.shape}, but the networks read 28×28 pixels. "
            "Pass (n, 28, 28), (n, 784) or one (28, 28); images.prepare makes one from a drawing."
        )
    if array.dtype == np.uint8:
        array = np.divide(array, 255, dtype=np.float32)
    elif array.dtype.kind == "f":
        _check_range(array)
    else:
        raise ValueError(
            f"These images hold {array.dtype} numbers. Pass raw pixels (uint8, 0 to 255) or "
            "floats between 0 and 1."
        )
    return array.astype(np.float32, copy=False).reshape(-1, SIDE, SIDE)


def _check_range(array: NDArray[Any]) -> None:
    if array.size == 0:
        return
    low, high = float(array.min()), float(array.max())
    if np.isnan(low) or np.isnan(high):
        raise ValueError("These images contain NaN (not a number). Look for a 0/0 before this.")
    if low < 0 or high > 1:
        raise ValueError(
            f"These images hold floats from {low:g} to {high:g}, but the networks read 0 to 1. "
            "Divide raw pixels by 255 exactly once, or pass them as uint8."
        )


def prepare(drawing: Any) -> Prepared:
    """Make one drawn digit into an image like MNIST's, and keep every step.

    drawing: a file's path, its bytes, a PIL image, a (height, width) or (height, width, 1 to 4)
    array, or a list of strokes, each a list of (x, y) points with y growing downwards. Dark on
    light or light on dark. Raises PictureError with a reason. Taught in lesson 8.
    """
    grey = open_grey(drawing)
    ink = _ink(grey)
    clean = _without_specks(ink)
    left, top, right, bottom = box = _ink_box(clean)
    cropped = clean[top:bottom, left:right]
    widened = _widen(cropped)
    fitted = _fit(widened)
    centred = _centre(fitted)
    names = ("drawing", "ink", "clean", "cropped", "widened", "fitted", "centred")
    pictures = (grey, ink, clean, cropped, widened, fitted, centred)
    return Prepared(centred, list(zip(names, pictures, strict=True)), box)


def _ink(grey: Picture) -> Picture:
    """Return how much ink each pixel holds, 0 for paper to 1 for the digit's own darkness."""
    light = grey > _otsu(grey)
    if light.all() or not light.any():
        raise PictureError("There is nothing in this picture: it is one even surface.")
    edge = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    # Paper is what there is more of, on the whole and at the edge, where a digit rarely is.
    is_paper = light if light.mean() + edge.mean() > 1 else ~light
    paper, ink = float(np.median(grey[is_paper])), float(np.median(grey[~is_paper]))
    if abs(paper - ink) < MIN_CONTRAST:
        raise PictureError(
            "There is nothing in this picture, or it is too faint: ink and paper differ by "
            f"{abs(paper - ink):.0%} of the way from black to white. Use a darker pen."
        )
    return np.asarray(np.clip((grey - paper) / (ink - paper), 0, 1), np.float32)


def _otsu(grey: Picture) -> float:
    """Return the threshold that best parts a picture's pixels into two groups (Otsu, 1979)."""
    counts, edges = np.histogram(grey, bins=256, range=(0, 1))
    levels = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1]
    above = grey.size - below
    sum_below = np.cumsum(counts * levels)[:-1]
    sum_above = (counts * levels).sum() - sum_below
    gap = sum_below / np.maximum(below, 1) - sum_above / np.maximum(above, 1)
    return float(edges[1:-1][np.argmax(below * above * gap**2)])


def _without_specks(ink: Picture) -> Picture:
    """Wipe away pieces so small that they would only make the box too large."""
    from scipy import ndimage  # half a second to import, which `as_input` must not cost

    pieces, count = ndimage.label(ink > INK, structure=np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    specks = sizes < SPECK * sizes[1:].max()
    specks[0] = False  # that is the paper
    return np.where(np.asarray(specks[pieces]), np.float32(0), ink)


def _ink_box(ink: Picture) -> Box:
    rows, columns = (np.flatnonzero((ink > INK).any(axis=axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _widen(ink: Picture) -> Picture:
    """Widen a hairline to MNIST's pen, for 20×20 pixels would show only its shadow."""
    from scipy import ndimage

    digit = np.pad(ink > INK, 1)
    # Across a line of width w the distance to the nearer edge averages a quarter of w.
    width = 4 * float(ndimage.distance_transform_edt(digit)[digit].mean() - 0.5)
    if width > THIN * max(ink.shape):
        return ink
    reach = (PEN * max(ink.shape) - width) / 2
    margin = int(reach) + 1
    distance = ndimage.distance_transform_edt(~np.pad(ink > INK, margin))
    return np.clip(reach + 1 - distance, 0, 1).astype(np.float32)


def _fit(ink: Picture) -> Picture:
    """Resize to 20 pixels on the longer side, keeping the digit's shape."""
    height, width = ink.shape
    scale = DIGIT_SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def _centre(fitted: Picture) -> Picture:
    """Place a digit in 28×28 so that its centre of mass is on the middle pixel."""
    canvas = np.zeros((SIDE, SIDE), np.float32)
    top, left = (_offset(fitted.sum(axis=axis)) for axis in (1, 0))
    height, width = fitted.shape
    canvas[top : top + height, left : left + width] = fitted
    return canvas


def _offset(mass: Picture) -> int:
    middle = float((mass * np.arange(mass.size)).sum() / mass.sum())
    return int(np.clip(round(CENTRE - middle), 0, SIDE - mass.size))
