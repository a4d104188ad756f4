"""Pictures for sliders, made in about a millisecond, each with its text alternative.

A matplotlib figure takes a tenth of a second, and a moving slider would show that. These are HTML:
small PNG pictures and SVG in the colours of the page they stand on, light or dark.
"""

import base64
import html
import io
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

__all__ = ["bars", "lines", "matrix", "numbers", "raster", "reliability", "row", "sentence"]

TEXT = "var(--jp-content-font-color1, #222)"
FAINT = "var(--jp-content-font-color2, #666)"
RULE = "var(--jp-border-color2, #ccc)"
# JupyterLab's own blue and orange are lighter on a dark page, where ours would be too dark.
MAIN, OTHER = "var(--jp-brand-color1, #0072B2)", "var(--jp-warn-color0, #B34700)"
DASHES = ("", "6 4", "2 3", "8 3 2 3")
FONT = "font: 13px var(--jp-ui-font-family, sans-serif)"


def row(*parts: str) -> str:
    """Parts side by side, one below the other where the window is narrow."""
    style = f"display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: flex-start; {FONT}"
    return f'<div style="{style}; color: {TEXT}; margin-bottom: 8px">{"".join(parts)}</div>'


def sentence(text: str) -> str:
    """One line of text over the whole width."""
    return f'<div style="flex-basis: 100%">{html.escape(text)}</div>'


def raster(
    values: ArrayLike,
    alt: str,
    title: str = "",
    *,
    side: int = 168,
    limit: float | None = None,
    frame: tuple[int, int, int, int] | None = None,
) -> str:
    """An image of (rows, columns) numbers, its pixels as squares.

    limit: None draws 0 to 1 as paper to ink; a number draws −limit to +limit from blue to yellow,
    as `plots.weights` does. frame: row, column, rows and columns of a part to outline.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"raster draws (rows, columns) numbers; these are {array.shape}.")
    if limit is None:
        bytes_ = np.uint8(255 - 255 * np.clip(np.nan_to_num(array), 0, 1))
        picture = Image.fromarray(bytes_)
    else:
        reach = max(limit, 1e-12)
        scaled = np.clip(np.nan_to_num(array), -reach, reach) / reach
        picture = Image.fromarray(np.uint8(127.5 + 127.5 * scaled))
        picture.putpalette(_signed_palette())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    height = round(side * array.shape[0] / array.shape[1])
    shown = f"width: {side}px; height: {height}px; image-rendering: pixelated; display: block"
    # Decoded at once: else the browser shows nothing for a moment each time a slider moves.
    image = (
        f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}" decoding="sync" '
        f'style="{shown}; border: 1px solid {RULE}">'
    )
    if frame is not None:
        top, left, high, wide = (side / array.shape[1] * part for part in frame)
        place = f"left: {left:.1f}px; top: {top:.1f}px; width: {wide:.1f}px; height: {high:.1f}px"
        box = f'<div style="position: absolute; {place}; outline: 2px solid {OTHER}"></div>'
        image = f'<div style="position: relative">{image}{box}</div>'
    caption = f"<figcaption>{html.escape(title)}</figcaption>" if title else ""
    return f'<figure style="margin: 0">{caption}{image}</figure>'


def numbers(values: ArrayLike, title: str = "", *, limit: float | None = None) -> str:
    """A few numbers as a table, (rows, columns), in the colours that `raster` gives them."""
    from mnistlab.figure import luminance  # brings matplotlib, as in `_signed_palette`

    rows = []
    for line in np.nan_to_num(np.asarray(values, dtype=np.float64)):
        cells = []
        for value in line:
            shade = _shade(float(value), limit)
            ink = "#000" if luminance([part / 255 for part in shade]) > 0.18 else "#fff"
            look = f"background: rgb{shade}; color: {ink}; padding: 0 4px; min-width: 34px"
            said = f"{value:.1f}".replace("-0.0", "0.0")
            cells.append(f'<td style="{look}; text-align: right">{said}</td>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = f"<caption>{html.escape(title)}</caption>" if title else ""
    style = f"border-collapse: collapse; {FONT}; line-height: 28px; border: 1px solid {RULE}"
    return f'<table style="{style}; margin: 0; color: {TEXT}">{caption}{"".join(rows)}</table>'


def _shade(value: float, limit: float | None) -> tuple[int, ...]:
    """The red, green and blue of a number, from 0 to 255."""
    if limit is None:
        return (round(255 - 255 * min(max(value, 0), 1)),) * 3
    share = min(max(value / max(limit, 1e-12), -1), 1)
    place = int(127.5 + 127.5 * share)
    return tuple(_signed_palette()[3 * place : 3 * place + 3])


@cache
def _signed_palette() -> bytes:
    from matplotlib import colormaps  # half a second, when the first such picture is drawn

    table: NDArray[np.float64] = colormaps["cividis"](np.arange(256))[:, :3]
    return np.uint8(255 * table).tobytes()


def bars(
    shares: ArrayLike,
    alt: str,
    title: str = "",
    *,
    marked: int | None = None,
    width: int = 250,
) -> str:
    """One bar for each class's share of 1, with its number; the class `marked` is the label."""
    values = np.clip(np.nan_to_num(np.asarray(shares, dtype=np.float64)), 0, 1)
    best, step, left = int(values.argmax()), 18, 24
    room = width - left - (46 if marked is None else 100)  # beside a bar stands its number
    parts = []
    for i, value in enumerate(values):
        y, weight = step * i + 13, "bold" if i == best else "normal"
        note = " ◂ label" if i == marked else ""
        parts.append(
            f'<text x="{left - 6}" y="{y}" text-anchor="end" font-weight="{weight}">'
            f"{i}</text>"
            f'<rect x="{left}" y="{y - 11}" width="{max(1.0, room * value):.1f}" height="13" '
            f'fill="{MAIN if i == best else FAINT}"/>'
            f'<text x="{left + room * value + 6:.1f}" y="{y}" font-weight="{weight}">'
            f"{value:.3f}{note}</text>"
        )
    return _svg("".join(parts), alt, title, width, step * len(values) + 4)


def matrix(counts: ArrayLike, title: str = "") -> str:
    """A confusion matrix as a table; rows are the truth, columns what was read.

    The diagonal is grey, mistakes are the bluer the commoner. Each cell names itself, as
    `data-cell="4,9"`, for `controls.Matrix`.
    """
    table = np.asarray(counts)
    most = max(1, int((table - np.diag(np.diag(table))).max()))
    heads = "".join(f'<th scope="col">{digit}</th>' for digit in range(len(table)))
    rows = [f"<tr><td></td>{heads}</tr>"]
    for truth, line in enumerate(table):
        cells = []
        for read, count in enumerate(line):
            # Half of the blue at the most: both themes' text stays readable on it.
            blue = f"rgba(0, 114, 178, {0.5 * np.sqrt(count / most):.2f})"
            shade = "rgba(128, 128, 128, 0.25)" if truth == read else blue
            cells.append(
                f'<td data-cell="{truth},{read}" style="background: {shade}; padding: 0 3px; '
                f'min-width: 26px; text-align: right">{count}</td>'
            )
        rows.append(f'<tr><th scope="row">{truth}</th>{"".join(cells)}</tr>')
    caption = f"<caption>{html.escape(title)}</caption>" if title else ""
    style = f"border-collapse: collapse; {FONT}; line-height: 20px; color: {TEXT}"
    return f'<table style="{style}; margin: 0">{caption}{"".join(rows)}</table>'


def lines(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    alt: str,
    title: str = "",
    *,
    xlabel: str = "",
    now: float | None = None,
    low: float = 0.0,
    high: float = 1.0,
    width: int = 420,
    height: int = 230,
) -> str:
    """One line for each name over x, between low and high; `now` is marked by an upright line."""
    places = np.asarray(x, dtype=np.float64)
    start, end = (float(places.min()), float(places.max())) if places.size else (0.0, 1.0)
    end = end if end > start else start + 1
    left, right, top, bottom = 44, width - 12, 28, height - 38

    def across(value: Any) -> Any:
        return left + (value - start) / (end - start) * (right - left)

    def up(values: NDArray[np.float64]) -> NDArray[np.float64]:
        shares = (values - low) / ((high - low) or 1.0)
        return bottom - np.clip(shares, -0.02, 1.02) * (bottom - top)

    parts = [_axes(left, right, top, bottom, (low, high), (start, end), xlabel)]
    if now is not None:
        at = across(min(max(now, start), end))
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{bottom}" stroke="{FAINT}" '
            'stroke-width="2"/>'
        )
    legend = left
    for i, (name, values) in enumerate(curves.items()):
        heights = np.asarray(values, dtype=np.float64)
        there = np.isfinite(heights)
        points = zip(across(places)[there], up(heights)[there], strict=True)
        parts.append(_curve(i, name, points, legend))
        legend += 48 + 7 * len(name)
    return _svg("".join(parts), alt, title, width, height)


def _curve(i: int, name: str, points: Iterable[tuple[float, float]], legend: int) -> str:
    """The i-th line through its points, and its name at the place `legend` above them."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    colour, dash = (MAIN, OTHER)[i % 2], DASHES[i % len(DASHES)]
    look = f'stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}"'
    return (
        f'<polyline points="{path}" fill="none" {look}/>'
        f'<line x1="{legend}" x2="{legend + 26}" y1="9" y2="9" {look}/>'
        f'<text x="{legend + 31}" y="13">{html.escape(name)}</text>'
    )


def reliability(
    claimed: ArrayLike,
    got: ArrayLike,
    shares: ArrayLike,
    alt: str,
    title: str = "",
    *,
    width: int = 330,
    height: int = 230,
) -> str:
    """A dot for each bin of answers: their mean confidence across, the share read rightly up.

    shares: of all answers, in each bin: the more, the larger its dot. A line leads from each dot
    to the dashed diagonal, on which the two agree.
    """
    left, right, top, bottom = 44, width - 12, 28, height - 38
    across = left + np.asarray(claimed, np.float64) * (right - left)
    up, agreed = (bottom - np.asarray(y, np.float64) * (bottom - top) for y in (got, claimed))
    radii = 2.5 + 8 * np.sqrt(np.asarray(shares, np.float64))
    dashed = f'stroke="{FAINT}" stroke-width="1.5" stroke-dasharray="6 4"'
    parts = [
        _axes(left, right, top, bottom, (0, 1), (0, 1), "confidence"),
        f'<line x1="{left}" x2="{right}" y1="{bottom}" y2="{top}" {dashed}/>',
        f'<line x1="{left}" x2="{left + 26}" y1="9" y2="9" {dashed}/>'
        f'<text x="{left + 31}" y="13">as claimed</text>'
        f'<circle cx="{left + 128}" cy="9" r="4" fill="{MAIN}"/>'
        f'<text x="{left + 137}" y="13">read rightly</text>',
    ]
    for x, y, middle, radius in zip(across, up, agreed, radii, strict=True):
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{middle:.1f}" y2="{y:.1f}" stroke="{OTHER}" '
            f'stroke-width="2"/><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{MAIN}"/>'
        )
    return _svg("".join(parts), alt, title, width, height)


def _axes(
    left: int,
    right: int,
    top: int,
    bottom: int,
    heights: tuple[float, float],
    widths: tuple[float, float],
    xlabel: str,
) -> str:
    parts = []
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        value = heights[0] + share * (heights[1] - heights[0])
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="{RULE}"/>'
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
        )
    ends = zip((left, right), ("start", "end"), widths, strict=True)
    parts += [
        f'<text x="{x}" y="{bottom + 16}" text-anchor="{anchor}">{value:.3g}</text>'
        for x, anchor, value in ends
    ]
    middle = (left + right) / 2
    parts.append(f'<text x="{middle}" y="{bottom + 30}" text-anchor="middle">{xlabel}</text>')
    return "".join(parts)


def _svg(content: str, alt: str, title: str, width: int, height: int) -> str:
    caption = f"<figcaption>{html.escape(title)}</figcaption>" if title else ""
    return (
        f'<figure style="margin: 0">{caption}<svg role="img" aria-label="{html.escape(alt)}" '
        f'viewBox="0 0 {width} {height}" style="width: {width}px; max-width: 100%; {FONT}" '
        f'fill="{TEXT}">{content}</svg></figure>'
    )
