"""Figures that can say what they show.

A DescribedFigure is a matplotlib figure with a sentence, `alt`, that reaches a notebook's HTML as
the picture's text alternative and a saved file as its description. The course's one look is here.
"""

import base64
import html
import io
import threading
from collections.abc import Callable
from functools import wraps
from os import PathLike, fspath
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib import rcParams, style
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

__all__ = ["COLOURS", "DescribedFigure", "a_digit", "described", "luminance", "percent", "styled"]

# Okabe and Ito's colours, which colour-blind readers tell apart (their purple made darker, to be
# clear on white); shape or text always says it too.
COLOURS = {
    "blue": "#0072B2",
    "orange": "#D55E00",
    "green": "#009E73",
    "purple": "#A8477F",
    "ink": "#222222",
    "grey": "#666666",
}
SCREEN_DPI = 96  # CSS pixels to the inch, so that 9 pt on paper is 9 pt on a page
SHARPNESS = 2  # picture pixels to the CSS pixel

STYLE = {
    "axes.edgecolor": COLOURS["grey"],
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.labelcolor": COLOURS["ink"],
    "axes.labelsize": 10,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "figure.dpi": SCREEN_DPI,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.facecolor": "white",
    "figure.titlesize": 11.5,
    "font.size": 10,
    "grid.color": "#E4E4E4",
    "image.cmap": "gray_r",
    "legend.fontsize": 9.5,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 6,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "xtick.labelsize": 9.5,
    "ytick.color": COLOURS["ink"],
    "ytick.labelsize": 9.5,
}
# matplotlib's settings are global, and JupyterLab runs a widget's callbacks in threads of their
# own: two figures made at once must not restore each other's settings.
_settings = threading.RLock()

P = ParamSpec("P")
R = TypeVar("R")


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function draw in the course's look, whatever style the notebook has set."""

    @wraps(function)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> R:
        with _settings, style.context(["default", STYLE]):
            return function(*args, **kwargs)

    return in_style


class DescribedFigure(Figure):
    """A figure made without pyplot, with its content as a sentence in `alt`."""

    alt: str = ""

    def _ipython_display_(self) -> None:
        # Displaying itself keeps matplotlib's inline backend from adding a second copy.
        from IPython.display import display

        bundle = {"text/plain": self.alt, "text/html": self.as_html()}
        display(bundle, raw=True)  # type: ignore[no-untyped-call]

    @styled
    def as_html(self) -> str:
        """The figure as an <img> that holds its picture and its text alternative."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=SHARPNESS * SCREEN_DPI)
        picture = base64.b64encode(buffer.getvalue()).decode("ascii")
        width = round(self.get_figwidth() * SCREEN_DPI)
        alt = html.escape(self.alt, quote=True)
        return f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{picture}">'

    @styled
    def savefig(self, fname: Any, **kwargs: Any) -> None:
        """Save the figure as matplotlib does, with `alt` in a PNG, SVG or PDF as its description.

        fname: a path or an open file. Other arguments are matplotlib's own.
        """
        field = {"png": "Description", "svg": "Title", "pdf": "Subject"}.get(_kind(fname, kwargs))
        if field is not None:
            kwargs["metadata"] = {field: self.alt, **(kwargs.get("metadata") or {})}
        super().savefig(fname, **kwargs)


def _kind(fname: Any, kwargs: dict[str, Any]) -> str:
    if kwargs.get("format"):
        return str(kwargs["format"]).lower()
    name = fspath(fname) if isinstance(fname, str | PathLike) else ""
    suffix = str(name).rpartition(".")[2] if "." in str(name) else rcParams["savefig.format"]
    return str(suffix).lower()


def described(width: float, height: float, alt: str) -> DescribedFigure:
    """An empty figure of so many inches that says `alt`."""
    figure = DescribedFigure(figsize=(width, height), layout="constrained")
    figure.alt = alt
    return figure


def a_digit(digit: int) -> str:
    """The digit with its article: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def percent(share: float, digits: int = 1) -> str:
    """A share as text: 0.974 is "97.4 %"."""
    return f"{100 * share:.{digits}f} %"


def luminance(colour: Any) -> float:
    """How light a colour is, from 0 to 1, as the web's accessibility guidelines measure it."""
    parts = np.array(to_rgb(colour))
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
