"""What a photo shows beside its page, the table or a wall, taken away before the page is read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mnistlab.pictures import Picture, as_large_as, otsu, shrunk

__all__ = ["without_surroundings"]

COARSE = 100  # pixels a side, at which page and table are told apart
FINE = 300  # the same, at which the page's edge is found
UNLIKE = 0.65  # times as bright at the most, or they are one surface
NARROW = 0.5  # times as bright as the middle: so dark is a table, however little of it is seen
DARK = 0.4  # times as bright as the page: no shadow is so dark
STRONG = 0.4  # of the pen's contrast: what stands out so much is writing
BORDER = FINE // 20  # where slivers of the table may be left
CUT = 0.015  # of the page's rim: with more ink in it, strokes go on beyond
FEW = 0.03  # of the page's writing: with less of it, a surface has none


def without_surroundings(grey: Picture, widest: float) -> Picture:
    """The picture with paper in place of what frames its page; as it is where nothing does.

    widest: of a stroke, as a share of the picture's shorter side.
    """
    small = shrunk(grey, COARSE)
    size = max(3, round(2 * widest * min(small.shape)))
    smooth = small  # without its strokes; first rows, then columns: in two directions at once
    for window in ((1, size), (size, 1)):  # the median would take ten times as long
        smooth = ndimage.median_filter(smooth, size=window, mode="nearest")
    page = _page(smooth)
    pen = _pen(small - smooth, page)
    if page.all() or not pen or _is_written_on(small, smooth, page, pen):
        return grey
    paper, table = _levels(smooth, page, size), _levels(smooth, ~page, size)
    fine = shrunk(grey, FINE)
    outside = _outside(fine, page, paper, table, size)
    if _cuts_strokes((fine - as_large_as(paper, fine)) / pen > STRONG, outside):
        return grey
    share = as_large_as(outside.astype(np.float32), grey)
    return np.asarray(np.where(share > 0.1, as_large_as(paper, grey), grey))


def _levels(smooth: Picture, surface: NDArray[np.bool_], size: int) -> Picture:
    """How bright a surface is everywhere, or would be if it went on as it ends."""
    depth = ndimage.distance_transform_edt(surface)
    inner = depth > min(size / 3, depth.max() / 2)  # near its edge the median has both surfaces
    places = ndimage.distance_transform_edt(~inner, return_distances=False, return_indices=True)
    return np.asarray(ndimage.gaussian_filter(smooth[tuple(places)], size / 3), np.float32)


def _outside(
    fine: Picture, page: NDArray[np.bool_], paper: Picture, table: Picture, size: int
) -> NDArray[np.bool_]:
    """Where the table is, up to the page's edge, which the median has rounded."""
    paper, table = as_large_as(paper, fine), as_large_as(table, fine)
    away = as_large_as(ndimage.distance_transform_edt(~page).astype(np.float32), fine)
    within = as_large_as(ndimage.distance_transform_edt(page).astype(np.float32), fine)
    like_table = np.abs(fine - table) < np.abs(fine - paper)
    surely = away > size / 3
    parts, _ = ndimage.label(surely | (like_table & (within < 3)))
    outside = np.isin(parts, np.unique(parts[surely | (like_table & (away >= 1))]))
    return np.asarray(ndimage.binary_dilation(outside & (parts > 0), np.ones((3, 3))))


def _page(smooth: Picture) -> NDArray[np.bool_]:
    """Which of two surfaces is in the middle; all, where there is only one."""
    middle = np.outer(*(np.hanning(side + 2)[1:-1] for side in smooth.shape))
    for level in (otsu(smooth), NARROW * float(np.median(smooth[middle > 0.5]))):
        light = smooth > level
        if light.all() or not light.any():
            continue
        if np.median(smooth[~light]) < UNLIKE * np.median(smooth[light]):
            page = light if middle[light].sum() > middle[~light].sum() else ~light
            others, _ = ndimage.label(~page)
            edge = np.concatenate([others[0], others[-1], others[:, 0], others[:, -1]])
            return ~np.isin(others, edge[edge > 0])
    return np.ones(smooth.shape, np.bool_)


def _pen(contrast: Picture, page: NDArray[np.bool_]) -> float:
    """How much lighter the strokes are than the page that they stand on; below 0 for darker."""
    inner = page & ~_edge(page)
    if not inner.any():
        return 0.0
    low, high = np.percentile(contrast[inner], (0.5, 99.5))
    return float(low if -low > high else high)


def _is_written_on(small: Picture, smooth: Picture, page: NDArray[np.bool_], pen: float) -> bool:
    """Does what is beside the page hold writing? Then it is paper in the shadow, not a table."""
    brightness = np.median(smooth[page]), np.median(smooth[~page])
    if min(brightness) < DARK * max(brightness):
        return False
    strong = ((small - smooth) / pen > STRONG) & ~_edge(page)
    return bool(strong[~page].mean() > FEW * strong[page].mean())


def _cuts_strokes(ink: NDArray[np.bool_], outside: NDArray[np.bool_]) -> bool:
    """Do strokes go on beyond the edge? Then it is a shadow's, not the page's."""
    rim = ndimage.binary_dilation(outside, iterations=2) & ~outside
    rim[:BORDER], rim[-BORDER:], rim[:, :BORDER], rim[:, -BORDER:] = False, False, False, False
    return bool(ink[rim].sum() > CUT * rim.sum())


def _edge(page: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where page and table meet, two pixels wide on either side."""
    around = np.ones((5, 5))
    return np.asarray(
        ndimage.binary_dilation(page, around) & ndimage.binary_dilation(~page, around)
    )
