"""Photographs of pen on paper, made for tests: digits in rows, uneven light, a shadow, lines."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

CELL = 140  # pixels of a digit's place


@dataclass(frozen=True)
class Photo:
    """light: how much darker the far corner is. lines: pixels apart. ink and paper: brightness.

    table: the brightness of what the page lies on; 0 shows nothing of it. rim: how much of each
    side it takes, as a share: left, top, right, bottom.
    """

    columns: int = 5
    light: float = 0.5
    shadow: bool = True
    lines: int = 0
    noise: float = 0.02
    ink: float = 0.25
    paper: float = 0.85
    tilt: float = 2.0
    white_on_black: bool = False
    table: float = 0
    rim: tuple[float, float, float, float] = (0.12, 0.12, 0.12, 0.12)


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
    on = on_a_table if photo.table else lambda page, *_: page
    page = on(page, photo, random)
    around = photo.table or photo.paper
    turned = ndimage.rotate(page, photo.tilt, reshape=False, order=1, cval=around)
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


def on_a_table(page, photo, random):
    """The page with a grained table around it."""
    left, top, right, bottom = (
        round(share * side) for share, side in zip(photo.rim, page.shape[::-1] * 2, strict=True)
    )
    height, width = page.shape[0] + top + bottom, page.shape[1] + left + right
    grain = ndimage.gaussian_filter(random.normal(size=(height, width)), (1, 8))
    table = photo.table * (1 + 0.05 * grain / grain.std())
    table[top : top + page.shape[0], left : left + page.shape[1]] = page
    return table
