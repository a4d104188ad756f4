"""Photographs of pen on paper, made by code, for whoever has no photo at hand.

page = photograph([3, 1, 4], light=0.5, lines=True)
images.read(page)
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistlab.images import draw
from mnistlab.pictures import Picture

__all__ = ["HABITS", "STROKES", "photograph", "written"]

PAPER, INK = 0.85, 0.22  # how bright each is in full light
RULE = 0.15  # how much darker than paper a printed line is
QUALITY = 85  # of the JPEG, whose own noise belongs to a photo


def _arc(
    x: float, y: float, wide: float, high: float, start: float, end: float
) -> NDArray[np.float64]:
    """Points along an ellipse, in degrees clockwise from the right."""
    angle = np.radians(np.linspace(start, end, 24))
    return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], axis=1)


# Each digit in a box about 60 wide and 100 high, y growing downwards.
STROKES: dict[int, list[Any]] = {
    0: [_arc(30, 50, 28, 48, -90, 270)],
    1: [[(10, 25), (30, 2), (30, 98)]],
    2: [[*_arc(30, 28, 26, 26, -170, 40), (4, 98), (58, 98)]],
    3: [[*_arc(28, 26, 26, 24, -150, 90), *_arc(28, 73, 28, 24, -90, 150)]],
    4: [[(30, 2), (4, 62), (58, 62)], [(42, 30), (42, 98)]],
    5: [[(54, 3), (12, 3), (8, 45), *_arc(28, 68, 28, 29, -110, 140)]],
    6: [[(44, 3), (16, 40), *_arc(30, 70, 25, 27, -170, 190)]],
    7: [[(4, 4), (56, 4), (22, 98)], [(14, 50), (52, 50)]],
    8: [[*_arc(30, 26, 22, 23, 90, 450), *_arc(30, 73, 27, 24, -90, 270)]],
    9: [[*_arc(30, 28, 24, 26, 0, 360), (52, 98)]],
}
# As many people write them and few of MNIST's writers did.
HABITS: dict[int, list[Any]] = {
    1: [[(-8, 62), (30, 2), (30, 98)]],
    4: [[(34, 2), (2, 60), (46, 60)], [(46, 46), (40, 98)]],
    7: [[(4, 4), (56, 4), (22, 98)], [(6, 56), (56, 48)]],
    9: [[*_arc(30, 26, 22, 23, 0, 360), (52, 60), *_arc(26, 70, 26, 26, 0, 110), (-6, 84)]],
}


def written(
    digit: int, seed: int, slips: float = 1.0, habits: bool = False
) -> list[list[tuple[float, float]]]:
    """The strokes of a digit as an unsteady hand writes them; lesson 8.

    slips: 0 gives the digit as it ships, 1 leans, stretches and bends it as hands do. habits: with
    a flag on a 1, a bar through a 7, a 4 without its upper right arm, a curl under a 9.
    """
    random = np.random.default_rng([seed, digit])
    lean, wide, high = slips * random.normal(0, [0.12, 0.12, 0.06])
    turn = np.array([[1 + wide, -lean], [0, 1 + high]])
    strokes = []
    for stroke in (HABITS if habits else {}).get(digit, STROKES[digit]):
        points = np.asarray(stroke, np.float64)
        moved = (points + slips * random.normal(0, 1.2, points.shape)) @ turn.T
        strokes.append([(float(x), float(y)) for x, y in moved + slips * random.normal(0, 1.5, 2)])
    return strokes


def photograph(
    digits: Sequence[int],
    columns: int = 5,
    *,
    light: float = 0.5,
    shadow: float = 0.3,
    lines: bool = False,
    noise: float = 0.02,
    pen: float = 0.1,
    cell: int = 120,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """A photo of digits in rows on paper: (height, width) uint8, as a JPEG shows it; lesson 8.

    light: how much of it the far corner lacks, 0 to 0.8. shadow: how much a shadow takes from one
    side. pen: its width as a share of a digit. cell: pixels of a digit's place.
    """
    if not len(digits):
        raise ValueError("There is nothing to photograph: pass digits, such as [3, 1, 4].")
    ink = _page(digits, min(columns, len(digits)), pen, cell, seed)
    bright = np.full(ink.shape, PAPER)
    if lines:
        bright[cell // 6 :: cell // 3] -= RULE
    bright += (INK - bright) * ink
    down, right = (np.linspace(0, 1, side) for side in ink.shape)
    far = (down[:, None] + right) / 2
    edge = 1 / (1 + np.exp(-40 * (right + 0.2 * down[:, None] - 0.7)))
    random = np.random.default_rng(seed)
    seen = ndimage.gaussian_filter(bright, 0.7) * (1 - light * far) * (1 - shadow * edge)
    pixels = np.uint8(255 * np.clip(seen + random.normal(0, noise, ink.shape), 0, 1))
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=QUALITY)
    return np.asarray(Image.open(stream))


def _page(digits: Sequence[int], columns: int, pen: float, cell: int, seed: int) -> Picture:
    """Ink on a page, 0 to 1, each digit somewhere in its own place."""
    random = np.random.default_rng(seed)
    margin, side = cell // 3, int(0.6 * cell)
    rows = -(-len(digits) // columns)
    ink = np.zeros((rows * cell + 2 * margin, columns * cell + 2 * margin), np.float32)
    for place, digit in enumerate(digits):
        drawn = draw(written(digit, seed + place), side, pen)
        row, column = divmod(place, columns)
        top = margin + row * cell + int(random.integers(cell // 8, cell // 4))
        left = margin + column * cell + int(random.integers(cell // 8, cell // 4))
        ink[top : top + side, left : left + side] = drawn
    return ink
