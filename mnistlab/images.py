"""Images as the networks take them, and a person's drawing made into one.

`prepare` follows the recipe by which MNIST itself was made: crop to the ink, fit it into 20×20
pixels, place it in 28×28 by its centre of mass. `as_input` is the one place that scales pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnistlab.pictures import MIN_CONTRAST, Picture, PictureError, open_grey, otsu

__all__ = ["PictureError", "Prepared", "as_input", "draw", "prepare", "read"]

SIDE = 28  # of an MNIST image
DIGIT_SIDE = 20  # of the box that a digit is fitted into
CENTRE = 14  # the pixel that MNIST puts the centre of mass on

MAX_POINTS = 100_000
PEN = 0.1  # a pen's width as a share of the digit's longer side, as in MNIST
THIN = 0.07  # a pen thinner than this is widened to PEN
SPECK = 0.12  # a piece smaller than this, beside the largest, is dirt or a slip of the pen
WIDEST = 0.2  # a stroke, as a share of a photo's shorter side; what is wider is no ink
WIDEST_ON_SHEETS = 0.12  # the same where one picture holds several digits
INK = 0.3  # what is darker than this, between paper (0) and ink (1), belongs to the digit


@dataclass(frozen=True)
class Prepared:
    """One digit as the networks take it, and how it came about.

    image: (28, 28) float32, 0 for paper to 1 for ink.
    steps: (name, picture) from "drawing" to "centred"; the last picture is the image.
    box: left, top, right, bottom of the ink in the first step's picture, the ends exclusive.
    """

    image: Picture
    steps: list[tuple[str, Picture]]
    box: tuple[int, int, int, int]


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
        held = f"These images hold {array.dtype} numbers."
        raise ValueError(f"{held} Pass raw pixels (uint8, 0 to 255) or floats between 0 and 1.")
    return array.astype(np.float32, copy=False).reshape(-1, SIDE, SIDE)


def _check_range(array: NDArray[Any]) -> None:
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 1.0)
    if np.isnan(low):
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
    steps = _inked(_open(drawing), WIDEST)
    clean = _without_specks(steps[-1][1])
    left, top, right, bottom = box = _ink_box(clean)
    steps += [("clean", clean), ("cropped", clean[top:bottom, left:right])]
    return _finished(steps, box)


def read(sheet: Any) -> list[Prepared]:
    """Find every digit of a photo, a scan or a drawing, and prepare each, in reading order.

    sheet: as for `prepare`. Rows are read from the left, the upper row first. Raises PictureError
    with a reason, also where there is no digit. Taught in lesson 8.
    """
    from mnistlab.sheet import pieces

    steps = _inked(_open(sheet), WIDEST_ON_SHEETS)
    found = []
    for (left, top, _, _), own in pieces(steps[-1][1], INK):
        part = steps[-1][1][top : top + own.shape[0], left : left + own.shape[1]]
        clean = np.where(own, part, np.float32(0))
        x0, y0, x1, y1 = _ink_box(clean)
        box = (left + x0, top + y0, left + x1, top + y1)
        found.append(_finished([*steps, ("cropped", clean[y0:y1, x0:x1])], box))
    return found


def _inked(grey: Picture, widest: float) -> list[tuple[str, Picture]]:
    """A picture, the same evenly lit, and how much ink each of its pixels holds.

    widest: as for `photos.evened`.
    """
    from mnistlab import photos
    from mnistlab.surroundings import without_surroundings

    if np.ptp(grey) < MIN_CONTRAST:
        raise PictureError("There is nothing in this picture: it is one even surface.")
    is_paper = _paper(grey)
    if photos.is_flat(grey, is_paper):
        return [("drawing", grey), ("even", grey), ("ink", _ink(grey, is_paper))]
    even = photos.evened(without_surroundings(grey, widest), widest)
    ink = photos.without_rim(photos.without_lines(photos.ink_on(even), INK), INK)
    if not (ink > INK).any():
        raise PictureError("There is nothing in this picture but lines. Use a darker pen.")
    return [("drawing", grey), ("even", even), ("ink", ink)]


def _finished(steps: list[tuple[str, Picture]], box: tuple[int, int, int, int]) -> Prepared:
    for name, step in (("widened", _widen), ("fitted", _fit), ("centred", _centre)):
        steps.append((name, step(steps[-1][1])))
    return Prepared(steps[-1][1], steps, box)


def draw(strokes: Any, size: int = 112, width: float = PEN) -> Picture:
    """Draw strokes with a round pen: (size, size) float32, 0 for paper to 1 for ink.

    strokes: lists of (x, y) points, y growing downwards; they are scaled to fill the picture.
    width: the pen's, as a share of the drawing's longer side. Taught in lesson 8.
    """
    if not (size >= SIDE and 0 < width <= 1):
        raise PictureError(f"size={size} and width={width}: use {SIDE} or more, and 0.01 to 1.")
    lines = _checked(strokes)
    low, high = np.min(np.concatenate(lines), axis=0), np.max(np.concatenate(lines), axis=0)
    fine = 4 * size  # drawn four times too large, then averaged: that is what smooths the edges
    extent = float((high - low).max()) or 1.0
    scale = fine / (extent * (1 + 2 * width))
    canvas = Image.new("L", (fine, fine))
    pen, radius = ImageDraw.Draw(canvas), width * extent * scale / 2
    for line in lines:
        places = ((line - (low + high) / 2) * scale + fine / 2).tolist()
        pen.line([(x, y) for x, y in places], fill=255, width=max(1, round(2 * radius)))
        for x, y in places:  # round joints and ends
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(canvas.reduce(4), np.float32) / np.float32(255)


def _checked(strokes: Any) -> list[NDArray[np.float64]]:
    wrong = "Strokes are lists of (x, y) points, each a pair of numbers."
    try:
        lines = [np.asarray(stroke, np.float64) for stroke in strokes if len(stroke)]
    except (TypeError, ValueError) as error:
        raise PictureError(wrong) from error
    if not lines:
        raise PictureError("There is nothing in this drawing: draw a digit.")
    if any(line.ndim != 2 or line.shape[1] != 2 for line in lines):
        raise PictureError(wrong)
    if sum(map(len, lines)) > MAX_POINTS:
        raise PictureError(f"This drawing is too large: it has more than {MAX_POINTS:,} points.")
    if not (np.abs(np.concatenate(lines)) < 1e9).all():
        raise PictureError("A stroke has a point that is NaN or endlessly far away.")
    return lines


def _open(drawing: Any) -> Picture:
    """Return the drawing as it looks: (height, width), 0 for black to 1 for white."""
    return 1 - draw(drawing) if isinstance(drawing, list | tuple) else open_grey(drawing)


def _paper(grey: Picture) -> NDArray[np.bool_]:
    """Which pixels are paper: what there is more of, also at the edge, where a digit rarely is."""
    light = grey > otsu(grey)
    edge = np.concatenate([light[0], light[-1], light[:, 0], light[:, -1]])
    return light if light.mean() + edge.mean() > 1 else ~light


def _ink(grey: Picture, is_paper: NDArray[np.bool_]) -> Picture:
    """Return how much ink each pixel holds, 0 for paper to 1 for the digit's own darkness."""
    paper, ink = float(np.median(grey[is_paper])), float(np.median(grey[~is_paper]))
    if abs(paper - ink) < MIN_CONTRAST:
        raise PictureError("There is nothing in this picture, or too faintly. Use a darker pen.")
    return np.asarray(np.clip((grey - paper) / (ink - paper), 0, 1), np.float32)


def _without_specks(ink: Picture) -> Picture:
    """Wipe away pieces so small that they would only make the box too large."""
    from scipy import ndimage  # half a second to import: `as_input` must not cost it

    pieces, count = ndimage.label(ink > INK, structure=np.ones((3, 3)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    sizes[0] = ink.size  # the paper is no speck
    is_speck = (sizes < SPECK * sizes[1:].max())[pieces]
    return np.where(np.asarray(is_speck), np.float32(0), ink)


def _ink_box(ink: Picture) -> tuple[int, int, int, int]:
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
    distance = ndimage.distance_transform_edt(~np.pad(ink > INK, int(reach) + 1))
    return np.asarray(np.clip(reach + 1 - distance, 0, 1), np.float32)


def _fit(ink: Picture) -> Picture:
    """Resize to 20 pixels on the longer side, keeping the digit's shape."""
    scale = DIGIT_SIDE / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    resized = Image.fromarray(ink).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def _centre(fitted: Picture) -> Picture:
    """Place a digit in 28×28 so that its centre of mass is on the middle pixel."""
    from scipy import ndimage

    canvas = np.zeros((SIDE, SIDE), np.float32)
    (height, width), middle = fitted.shape, ndimage.center_of_mass(fitted)
    top = int(np.clip(round(CENTRE - middle[0]), 0, SIDE - height))
    left = int(np.clip(round(CENTRE - middle[1]), 0, SIDE - width))
    canvas[top : top + height, left : left + width] = fitted
    return canvas
