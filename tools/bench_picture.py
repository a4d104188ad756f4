"""The picture of what `make bench` measured."""

from statistics import median
from typing import Any

from bench_report import NETWORKS, Found, limits, values_of, way
from matplotlib.figure import Figure


def picture(found: Found) -> Figure:
    """The five networks on the left, the way of `hidden` on the right."""
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    for place, network in enumerate(reversed(NETWORKS)):
        first, ours = (values_of(found, f"{kind}:{network}") for kind in ("first", "ours"))
        floor = limits(found, network)
        for values, shift, color, label in (
            (first, 0.2, "#999999", "as it was written"),
            (ours, -0.2, "#0072b2", "ours"),
        ):
            if values:
                left.barh(
                    place + shift, median(values), 0.38, color=color, label=label * (place == 0)
                )
                left.text(
                    median(values) * 1.08, place + shift, f"{median(values):.1f} s", va="center"
                )
        if floor:
            x = median(floor)
            left.plot(
                [x, x],
                [place - 0.39, place - 0.01],
                color="black",
                label="what the machine allows" * (place == 0),
            )
    left.set_yticks(range(len(NETWORKS)), reversed(NETWORKS))
    left.set_xscale("log")
    left.margins(x=0.25)
    left.set_xlabel("seconds, each mark ten times the one before")
    if left.get_legend_handles_labels()[0]:
        left.legend(loc="lower right", fontsize=8)
    left.set_title("The five networks")
    draw_way(right, way(found))
    return figure


def draw_way(axes: Any, steps: dict[str, list[float]]) -> None:
    """Bars from the slowest step down to the fastest."""
    shown = {said: median(seconds) for said, seconds in reversed(steps.items()) if seconds}
    axes.barh(list(shown), list(shown.values()), color="#0072b2")
    for place, seconds in enumerate(shown.values()):
        axes.text(seconds, place, f" {seconds:.1f} s", va="center")
    axes.margins(x=0.15)
    axes.set_xlabel("seconds")
    axes.set_title("The way of `hidden`")
