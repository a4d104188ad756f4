"""Several digits on one sheet: which ink belongs to which of them, in reading order."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistlab.pictures import Picture, PictureError

__all__ = ["Box", "pieces"]

Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom; the ends exclusive

GAP = 0.004  # of the sheet's longer side: strokes nearer than that are one
SMALLEST = 0.4  # of the usual digit's height: what is smaller is a part of one, or dirt
TALLEST = 1.7  # times the usual digit: pieces that make something taller are two digits
LEAST = 0.025  # of the sheet's shorter side: the usual digit is not smaller
MOST = 500  # pieces on one sheet; more are no writing
NEAR = 0.25  # of the usual digit's height, between a part and its digit


def pieces(ink: Picture, least: float) -> list[tuple[Box, NDArray[np.bool_]]]:
    """The digits on a sheet, row by row: each one's box, and which pixels in the box are its own.

    least: how dark a pixel of a digit is.
    """
    reach = max(1, round(GAP * max(ink.shape)))
    joined = ndimage.binary_dilation(ink > least, np.ones((3, 3)), iterations=reach)
    parts, count = ndimage.label(joined, np.ones((3, 3)))
    if count > MOST:
        raise PictureError(f"There are too many marks in this picture: {count:,} pieces.")
    boxes = [_box(place) for place in ndimage.find_objects(parts)]
    usual = _usual_height(boxes) if boxes else 0.0
    if usual - 2 * reach < LEAST * min(ink.shape):
        raise PictureError("No digit was found on this sheet, only specks and lines.")
    groups = [[n] for n in range(count) if _height(boxes[n]) >= SMALLEST * usual]
    small = [n for n in range(count) if _height(boxes[n]) < SMALLEST * usual]
    groups = _merged(groups, boxes, usual)
    for n in small:
        _adopt(n, groups, boxes, usual)
    found = []
    for group in groups:
        left, top, right, bottom = box = _around([boxes[n] for n in group])
        own = np.isin(parts[top:bottom, left:right], [n + 1 for n in group])
        found.append((box, own))
    return [found[n] for n in _in_reading_order([box for box, _ in found])]


def _box(place: tuple[slice, slice]) -> Box:
    rows, columns = place
    return columns.start, rows.start, columns.stop, rows.stop


def _height(box: Box) -> int:
    return box[3] - box[1]


def _width(box: Box) -> int:
    return box[2] - box[0]


def _around(boxes: list[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _usual_height(boxes: list[Box]) -> float:
    """The height of the middle piece, when each counts by its height: dirt and lines hardly do."""
    heights = np.sort([_height(box) for box in boxes])
    weights = np.cumsum(heights.astype(float) ** 2)
    return float(heights[np.searchsorted(weights, weights[-1] / 2)])


def _merged(groups: list[list[int]], boxes: list[Box], usual: float) -> list[list[int]]:
    """Join pieces that stand above each other and so near that they are one digit: a 5's bar."""
    done: list[list[int]] = []
    for group in groups:
        mine = group
        for other in list(done):
            if _belong(
                _around([boxes[n] for n in mine]), _around([boxes[n] for n in other]), usual
            ):
                done.remove(other)
                mine = mine + other
        done.append(mine)
    return done


def _belong(one: Box, other: Box, usual: float) -> bool:
    overlap = min(one[2], other[2]) - max(one[0], other[0])
    gap = max(one[1], other[1]) - min(one[3], other[3])
    narrower = min(one[2] - one[0], other[2] - other[0])
    both = _around([one, other])
    fits = both[3] - both[1] <= TALLEST * usual and both[2] - both[0] <= TALLEST * usual
    return fits and overlap > 0.5 * narrower and gap < NEAR * usual


def _adopt(part: int, groups: list[list[int]], boxes: list[Box], usual: float) -> None:
    """Give a small part to the nearest digit, where one is near; else it is dirt."""
    apart = [_distance(boxes[part], _around([boxes[n] for n in group])) for group in groups]
    wide = _width(boxes[part])  # a 5's bar is; a line's remainder is wider
    reach = NEAR * usual * (1.0 if 0.3 * usual < wide < usual else 0.5)
    if apart and min(apart) < reach and 0.1 * usual < wide < usual:
        groups[int(np.argmin(apart))].append(part)


def _distance(one: Box, other: Box) -> float:
    right = max(0, max(one[0], other[0]) - min(one[2], other[2]))
    down = max(0, max(one[1], other[1]) - min(one[3], other[3]))
    return float(np.hypot(right, down))


def _in_reading_order(boxes: list[Box]) -> list[int]:
    """Row by row from the left; a digit is in the row of its left neighbour when they overlap."""
    rows: list[list[int]] = []
    for n in sorted(range(len(boxes)), key=lambda n: boxes[n][0]):
        fitting = [(_overlap(boxes[row[-1]], boxes[n]), row) for row in rows]
        share, row = max(fitting, key=lambda pair: pair[0], default=(0.0, []))
        if share > 0.4:
            row.append(n)
        else:
            rows.append([n])
    middle = [float(np.mean([boxes[n][1] + boxes[n][3] for n in row])) for row in rows]
    return [n for place in np.argsort(middle, kind="stable") for n in rows[place]]


def _overlap(one: Box, other: Box) -> float:
    """How much of the lower-built of two boxes lies at the height of the other."""
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared / min(one[3] - one[1], other[3] - other[1])
