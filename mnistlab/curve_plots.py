"""Figures of curves: what training does over its epochs, and any values over any others."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from mnistlab.figure import COLOURS, DescribedFigure, described, percent, styled

__all__ = ["curves", "learning_curves"]

# Each line differs from the others in colour, dashes and marker.
LOOKS = list(
    zip(
        ("blue", "orange", "ink", "green", "purple", "grey"),
        ("-", "--", "-.", ":", "-", "--"),
        "osD^vP",
        strict=True,
    )
)
MARKED = 30  # a line of more points is drawn without markers


@styled
def curves(
    lines: Mapping[str, ArrayLike],
    x: ArrayLike | None = None,
    *,
    xlabel: str,
    ylabel: str,
    title: str,
    share: bool = False,
    logx: bool = False,
) -> DescribedFigure:
    """Draw values over other values, one line for each name; lessons 2 to 5.

    lines: name → (n,) values. x: (n,), by default 1, 2, 3 … share: 0.97 is shown as 97 %.
    """
    places, values = _checked(lines, x)
    told = [f"{name}: {_course(places, line, share)}" for name, line in values.items()]
    figure = described(7.5, 3.9, f"{title}. {ylabel} by {xlabel}. {'. '.join(told)}.")
    axes = figure.add_subplot(title=title, xlabel=xlabel, ylabel=ylabel)
    for (name, line), (colour, dashes, marker) in zip(values.items(), LOOKS, strict=False):
        marker = marker if len(places) <= MARKED else ""
        axes.plot(places, line, dashes, marker=marker, color=COLOURS[colour], label=name)
    if logx:
        axes.set_xscale("log")
    elif x is None:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if share:
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    if len(values) > 1:
        figure.legend(loc="outside right center")
    return figure


def _checked(
    lines: Mapping[str, ArrayLike], x: ArrayLike | None
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    values = {name: np.asarray(line, dtype=np.float64) for name, line in lines.items()}
    if not 1 <= len(values) <= len(LOOKS):
        raise ValueError(f"A figure has 1 to {len(LOOKS)} curves; these are {len(values)}.")
    n = next(iter(values.values())).size
    places = np.arange(1.0, n + 1) if x is None else np.asarray(x, dtype=np.float64)
    for name, line in {"x": places, **values}.items():
        if line.shape != (n,) or n == 0:
            raise ValueError(
                f"Curves in one figure have equally many values, shape (n,), one at least; "
                f"{name!r} has the shape {line.shape}, the first curve {n} values."
            )
    return places, values


def _course(places: NDArray[np.float64], line: NDArray[np.float64], share: bool) -> str:
    """Where a line begins and ends, and how far down and up it goes between."""
    sound = np.flatnonzero(np.isfinite(line))
    if len(sound) == 0:
        return "no number anywhere"

    def said(place: int) -> str:
        return percent(line[place]) if share else f"{line[place]:.4g}"

    first, last = int(sound[0]), int(sound[-1])
    low, high = int(sound[line[sound].argmin()]), int(sound[line[sound].argmax()])
    text = f"{said(first)} at {places[first]:.4g}"
    if first != last:
        text += f", {said(last)} at {places[last]:.4g}"
    for word, place in (("lowest", low), ("highest", high)):
        if said(place) not in (said(first), said(last)):
            text += f", {word} {said(place)} at {places[place]:.4g}"
    if len(sound) < len(line):
        lost = len(line) - len(sound)
        text += (
            f"; {lost} of {len(line)} values {'is no number' if lost == 1 else 'are no numbers'}"
        )
    return text


@styled
def learning_curves(history: Mapping[str, Sequence[float]]) -> DescribedFigure:
    """Draw accuracy and loss over the epochs, for training and validation; lessons 3 and 4.

    history: a Run's, with `loss` and `accuracy`, and with `val_loss` and `val_accuracy` if known.
    """
    epochs = len(history.get("loss", ()))
    if (
        epochs == 0
        or "accuracy" not in history
        or any(len(values) != epochs for values in history.values())
    ):
        raise ValueError(
            "There are no learning curves to draw: the history needs `loss` and `accuracy`, with "
            "one value for each epoch. Train for one epoch at least."
        )
    findings = [_curve_finding(history, measure) for measure in ("accuracy", "loss")]
    figure = described(9.2, 3.8, ". ".join(f"{name} {told}" for name, told in findings) + ".")
    for panel, measure, finding in zip((1, 2), ("accuracy", "loss"), findings, strict=True):
        axes = figure.add_subplot(1, 2, panel, title="\n".join(finding), ylabel=measure)
        axes.set(xlabel="epoch", xlim=(0.6, epochs + 0.4))
        _draw_curves(axes, history, measure)
    return figure


def _draw_curves(axes: Axes, history: Mapping[str, Sequence[float]], measure: str) -> None:
    looks = {
        measure: ("training", "o-", COLOURS["orange"]),
        f"val_{measure}": ("validation", "s--", COLOURS["blue"]),
    }
    for key, (name, line, colour) in looks.items():
        if key in history:
            values = np.asarray(history[key], dtype=float)
            axes.plot(np.arange(1, len(values) + 1), values, line, color=colour, label=name)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    if measure == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend()


def _curve_finding(history: Mapping[str, Sequence[float]], measure: str) -> tuple[str, str]:
    """What a curve is, and what it does."""
    key = f"val_{measure}" if f"val_{measure}" in history else measure
    name = f"{'Validation' if key != measure else 'Training'} {measure}"
    values = np.asarray(history[key], dtype=float)

    def said(value: float) -> str:
        return percent(value) if measure == "accuracy" else f"{value:.3f}"

    broken = np.flatnonzero(~np.isfinite(values))
    if len(broken):
        return name, f"is no number in epoch {broken[0] + 1}: the training diverged"
    if len(values) == 1:
        return name, f"is {said(values[0])} after 1 epoch"
    best = int(values.argmax() if measure == "accuracy" else values.argmin())
    if values[best] != values[-1]:
        name += f" (best in epoch {best + 1}: {said(values[best])})"
    first, last = said(values[0]), said(values[-1])
    if first == last:
        return name, f"stays at {first} over {len(values)} epochs"
    way = "rises" if values[-1] > values[0] else "falls"
    return name, f"{way} from {first} to {last} over {len(values)} epochs"
