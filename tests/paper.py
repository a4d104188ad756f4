"""Photographs of pen on paper, made for tests: digits in rows, uneven light, a shadow, lines."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

CELL = 140  # pixels of a digit's place


@dataclass(frozen=True)
class Photo:
    """light: how much darker the far corner is. lines: pixels apart. ink and paper: brightness."""

    columns: int = 5
    light: float = 0.5
    shadow: bool = True
    lines: int = 0
    noise: float = 0.02
    ink: float = 0.25
    paper: float = 0.85
    tilt: float = 2.0
    white_on_black: bool = False


def photograph(drawings, photo=Photo(), seed=0):
    """The bytes of a JPEG that shows drawings, (n, size, size) with 1 for ink, row by row."""
    random = np.random.default_rng(seed)
    rows = -(-len(drawings) // photo.columns)
    ink = np.zeros((rows * CELL + 80, photo.columns * CELL + 80), np.float32)
    for place, drawing in enumerate(drawings):
        side = int(random.uniform(0.5, 0.65) * CELL)
        small = np.asarray(Image.fromarray(drawing).resize((side, side)))
        down, right = np.divmod(place, photo.columns) * np.array(CELL) + 65 + random.integers(-8, 9)
        ink[down : down + side, right : right + side] = small
    bright = np.full(ink.shape, photo.paper)
    if photo.lines:
        bright[20 :: photo.lines] -= 0.18
        bright[21 :: photo.lines] -= 0.18
    page = bright * (1 - ink) + photo.ink * ink
    turned = ndimage.rotate(page, photo.tilt, reshape=False, order=1, cval=photo.paper)
    height, width = page.shape
    y, x = np.mgrid[:height, :width] / np.array([[[height]], [[width]]])
    light = 1 - photo.light * (0.7 * x + 0.3 * y)
    if photo.shadow:
        light = light * np.where(0.6 * x + y > 0.9, 0.6, 1)
    seen = turned * ndimage.gaussian_filter(light, 3) + photo.noise * random.normal(size=page.shape)
    seen = 1 - seen if photo.white_on_black else seen
    file = io.BytesIO()
    Image.fromarray((255 * np.clip(seen, 0, 1)).astype(np.uint8)).save(file, "JPEG", quality=60)
    return file.getvalue()
