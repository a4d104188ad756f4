"""Ink on photographed paper: uneven light, shadows and ruled lines taken away.

Paper is what remains when everything dark and narrow is closed; what is darker than its paper is
ink. Lessons see the steps through `images.prepare` and `images.read`.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistlab.pictures import MIN_CONTRAST, Picture, PictureError, as_large_as, shrunk

__all__ = ["evened", "ink_on", "is_flat", "without_lines", "without_rim"]

GRAIN = 500  # pixels a side, from which on a camera's noise is smoothed by a pixel
SMALL = 200  # pixels a side, at which the light on the paper is looked at
FLAT = 0.04  # paper that differs less from place to place was never photographed
NOISE = 4.0  # standard deviations that ink differs from its paper at the least
FAINT = 0.2  # of the paper's brightness: what differs less is no pen on a photo
CLEAR = (0.2, 0.8)  # shares of the pen's darkness that are paper, and wholly ink
STROKES = (0.015, 0.03, 0.06, 0.1, 0.15, 0.25)  # widths, as shares of the shorter side
STANDS_OUT = 0.4  # of the largest contrast: what differs as much is no noise
SEEN = 0.002  # of the picture: fewer such pixels are specks
FAR_MORE = 3  # times as many pixels: than the gaps, what lies around them
STEEPEST = 0.12  # of a ruled line, up or down along its length
LINE_LENGTH = 0.6  # of a ruled line, as a share of the paper's width
INNER = 0.3  # of the largest piece at the edge: a piece within that is larger is the digit
ALONG = 0.5  # of a side: what touches so much of it is hardly a digit
LINE_WIDTH = 0.03  # at the most, as a share of the paper's longer side


def evened(grey: Picture, widest: float) -> Picture:
    """The picture as if lit evenly, 1 for paper, darker for ink; white on black is turned round.

    widest: the stroke, as a share of the picture's shorter side, that is still ink; what is wider
    is a shadow, or the table.
    """
    if not _dark_on_light(grey):
        grey = 1 - grey
    grey = ndimage.gaussian_filter(grey, min(1.0, max(grey.shape) / GRAIN))
    small = shrunk(grey, SMALL)
    size = max(3, round(widest * min(small.shape)))
    paper = ndimage.grey_closing(small, size=(size, size), mode="nearest")
    paper = ndimage.gaussian_filter(paper, 1)
    return np.asarray(np.clip(grey / np.maximum(as_large_as(paper, grey), 0.02), 0, 1))


def is_flat(grey: Picture, is_paper: NDArray[np.bool_]) -> bool:
    """Is the paper of one shade, as on a screen?"""
    low, high = np.percentile(grey[is_paper], (5, 95))
    return bool(high - low < FLAT)


def ink_on(even: Picture) -> Picture:
    """How much ink each pixel of an evenly lit picture holds, 0 for paper to 1 for the pen."""
    darkness = np.median(even) - even
    noise = 1.4826 * float(np.median(np.abs(darkness)))
    marked = darkness > max(MIN_CONTRAST, NOISE * noise)
    if marked.sum() < 10:
        raise PictureError("There is nothing in this picture, or too faintly. Use a darker pen.")
    pen = float(np.percentile(darkness[marked], 90))
    if pen < FAINT:
        raise PictureError("There is nothing in this picture, or too faintly. Use a darker pen.")
    low, high = CLEAR
    return np.asarray(np.clip((darkness / pen - low) / (high - low), 0, 1), np.float32)


def without_rim(ink: Picture, least: float) -> Picture:
    """Wipe away what touches the picture's edge, a shadow or the table, where a digit is within."""
    parts, count = ndimage.label(ink > least, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sides = (parts[0], parts[-1], parts[:, 0], parts[:, -1])
    on_sides = np.array([np.bincount(side, minlength=count + 1) / len(side) for side in sides])
    on_sides[:, 0] = 0
    most = on_sides.max(axis=0)
    at_edge, along_edge = most > 0, most > ALONG
    within = sizes[1:][~at_edge[1:]].max(initial=0)
    for rim, share in ((at_edge, INNER), (along_edge, INNER / 4)):
        if rim.any() and within >= share * sizes[rim].max():
            wiped = ndimage.binary_dilation(rim[parts], np.ones((3, 3)))
            return np.where(wiped & (rim[parts] | (parts == 0)), np.float32(0), ink)
    return ink


def without_lines(ink: Picture, least: float) -> Picture:
    """Wipe ruled lines away, in both directions, but not where a stroke crosses one."""
    return _without_rows(_without_rows(ink, least).T, least).T


def _dark_on_light(grey: Picture) -> bool:
    """Is the narrowest thing that stands out dark? A stroke is narrower than the gaps in it."""
    small = shrunk(grey, SMALL)
    sizes = [round(share * min(small.shape)) | 1 for share in STROKES]
    dark = [ndimage.grey_closing(small, (size, size), mode="nearest") - small for size in sizes]
    light = [small - ndimage.grey_opening(small, (size, size), mode="nearest") for size in sizes]
    least = STANDS_OUT * max(np.percentile(one[-1], 99.8) for one in (dark, light))
    counts = [[int(np.sum(one > least)) for one in each] for each in (dark, light)]
    for scale, (darker, lighter) in enumerate(zip(*counts, strict=True)):
        if max(darker, lighter) > SEEN * small.size:
            first = bool(darker > lighter)
            # Between the strokes of a wide pen the gaps are narrower still, but far smaller.
            later = max(counts[first][scale : scale + 3])
            return first != bool(later > FAR_MORE * max(darker, lighter))
    return True


def _without_rows(ink: Picture, least: float) -> Picture:
    """Wipe away what runs across the whole picture, thinly and nearly level."""
    mask = ink > least
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return ink
    across = columns - width / 2
    slopes = np.linspace(-STEEPEST, STEEPEST, 49)
    levels = functools.partial(_levels, rows, across, height)
    counts = [np.bincount(levels(slope), minlength=3 * height + 1) for slope in slopes]
    best = int(np.argmax([np.sum(count.astype(float) ** 2) for count in counts]))
    lines = counts[best] > LINE_LENGTH * width
    if not lines.any():
        return ink
    near = np.zeros_like(mask)
    near[rows, columns] = ndimage.binary_dilation(lines, iterations=2)[levels(slopes[best])]
    runs = _run_lengths(mask)
    thin = float(np.median(runs[near]))
    if thin > LINE_WIDTH * max(ink.shape):
        return ink  # a stroke that fills the picture, not a line on its paper
    wiped = near & (runs <= 1.6 * thin + 1)
    kept = ndimage.binary_dilation(mask & ~wiped)
    rim = ndimage.binary_dilation(wiped, np.ones((3, 1)))
    return np.where(rim & ~kept, np.float32(0), ink)


def _levels(
    rows: NDArray[np.intp], across: NDArray[np.float64], height: int, slope: float
) -> NDArray[np.intp]:
    """On which line of that slope each marked pixel lies; there is room for three heights."""
    level = np.round(rows - slope * across).astype(np.intp) + height
    return np.clip(level, 0, 3 * height)


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each marked pixel, how many marked ones stand above each other around it; 0 elsewhere."""
    tall = np.pad(mask, ((1, 1), (0, 0))).T.ravel()
    edges = np.flatnonzero(np.diff(tall.astype(np.int8)))
    starts, ends = edges[::2] + 1, edges[1::2] + 1
    steps = np.zeros(tall.size + 1, np.intp)
    np.add.at(steps, starts, ends - starts)
    np.add.at(steps, ends, starts - ends)
    lengths = np.cumsum(steps)[:-1]
    return lengths.reshape(mask.shape[1], -1).T[1:-1]
