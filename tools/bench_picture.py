"""The picture of what `make bench` measured."""

from statistics import median
from typing import Any

from bench_report import NETWORKS, Found, limits, values_of, way
from matplotlib.figure import Figure

GREY, BLUE = "#767676", "#0072b2"


def picture(found: Found) -> Figure:
    """The five networks on the left, the way of `hidden` on the right."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(4, 3))
    _networks(left, found)
    _way(right, way(found))
    return figure


def _networks(axes: Any, found: Found) -> None:
    """Points, not bars: an axis of powers of ten has no zero for a bar to stand on."""
    marks = {
        "as it was written": ("o", GREY),
        "ours": ("o", BLUE),
        "the machine's limit": ("|", "k"),
    }
    for place, network in enumerate(reversed(NETWORKS)):
        first, ours = (values_of(found, f"{kind}:{network}") for kind in ("first", "ours"))
        points = [
            (median(values), shape, color)
            for values, (shape, color) in zip(
                (first, ours, limits(found, network)), marks.values(), strict=True
            )
            if values
        ]
        axes.plot([x for x, *_ in points], [place] * len(points), color="#cccccc", zorder=0)
        for x, shape, color in points:
            axes.plot(x, place, shape, color=color, markersize=11, mew=2 * (shape == "|") + 0.5)
            # The limit's number stands below: it may be close to ours.
            height = place - 0.4 if shape == "|" else place + 0.24
            axes.annotate(_said(x), (x, height), ha="center", color=color)
    for label, (shape, color) in marks.items():
        axes.plot([], [], shape, color=color, label=label, mew=2)
    axes.set_yticks(range(len(NETWORKS)), reversed(NETWORKS))
    if axes.texts:  # else nothing was measured, and there is no power of ten to show
        axes.set_xscale("log")
        axes.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.margins(x=0.12)
    axes.set_ylim(-0.6, len(NETWORKS) - 0.4)
    axes.set_xlabel("seconds; each mark is ten times the one before")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=3, frameon=False)
    axes.set_title("The five networks")


def _way(axes: Any, steps: dict[str, list[float]]) -> None:
    """Bars from the slowest step down to the fastest."""
    shown = {said: median(seconds) for said, seconds in reversed(steps.items()) if seconds}
    axes.barh(list(shown), list(shown.values()), color=BLUE)
    for place, seconds in enumerate(shown.values()):
        axes.annotate(f" {_said(seconds)}", (seconds, place), va="center")
    axes.margins(x=0.2)
    axes.set_xlabel("seconds")
    axes.set_title("The way of the network hidden")


def _said(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.{1 if seconds >= 0.1 else 2}f} s"
