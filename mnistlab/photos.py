"""Ink on photographed paper: uneven light, shadows and ruled lines taken away.

Paper is what remains when everything dark and narrow is closed; what is darker than its paper is
ink. Lessons see the steps through `images.prepare` and `images.read`.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnistlab.pictures import MIN_CONTRAST, Picture, PictureError

__all__ = ["evened", "ink_on", "is_flat", "without_lines", "without_rim"]

GRAIN = 500  # pixels a side, from which on a camera's noise is smoothed by a pixel
SMALL = 200  # pixels a side, at which the light on the paper is looked at
FLAT = 0.04  # paper that differs less from place to place was never photographed
NOISE = 4.0  # standard deviations that ink differs from its paper at the least
FAINT = 0.2  # of the paper's brightness: what differs less is no pen on a photo
CLEAR = (0.2, 0.8)  # shares of the pen's darkness that are paper, and wholly ink
STEEPEST = 0.12  # of a ruled line, up or down along its length
LINE_LENGTH = 0.6  # of a ruled line, as a share of the paper's width
INNER = 0.3  # of the largest piece at the edge: a piece within that is larger is the digit
LINE_WIDTH = 0.03  # at the most, as a share of the paper's longer side


def evened(grey: Picture, widest: float) -> Picture:
    """The picture as if lit evenly, 1 for paper, darker for ink; white on black is turned round.

    widest: the stroke, as a share of the picture's shorter side, that is still ink; what is wider
    is a shadow, or the table.
    """
    if not _dark_on_light(grey):
        grey = 1 - grey
    grey = ndimage.gaussian_filter(grey, min(1.0, max(grey.shape) / GRAIN))
    small = _shrunk(grey)
    size = max(3, round(widest * min(small.shape)))
    paper = ndimage.grey_closing(small, size=(size, size), mode="nearest")
    paper = ndimage.gaussian_filter(paper, 1)
    return np.asarray(np.clip(grey / np.maximum(_as_large_as(paper, grey), 0.02), 0, 1))


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
    edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    at_edge = np.isin(np.arange(count + 1), edge)
    at_edge[0] = False
    within = sizes[1:][~at_edge[1:]].max(initial=0)
    if not at_edge.any() or within < INNER * sizes[at_edge].max():
        return ink
    rim = ndimage.binary_dilation(at_edge[parts], np.ones((3, 3)))
    return np.where(rim & (at_edge[parts] | (parts == 0)), np.float32(0), ink)


def without_lines(ink: Picture, least: float) -> Picture:
    """Wipe ruled lines away, in both directions, but not where a stroke crosses one."""
    return _without_rows(_without_rows(ink, least).T, least).T


def _dark_on_light(grey: Picture) -> bool:
    """Is there more that is darker than its surroundings than there is that is lighter?"""
    small = _shrunk(grey, SMALL // 6)
    size = max(3, round(0.6 * min(small.shape)))
    rest = small - ndimage.median_filter(small, size=size, mode="reflect")
    least = 0.3 * float(np.abs(rest).max())
    return bool(np.sum(rest < -least) > np.sum(rest > least))


def _shrunk(grey: Picture, most: int = SMALL) -> Picture:
    times = max(1, round(max(grey.shape) / most))
    return np.asarray(Image.fromarray(grey).reduce(times), np.float32)


def _as_large_as(small: Picture, grey: Picture) -> Picture:
    height, width = grey.shape
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))


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
