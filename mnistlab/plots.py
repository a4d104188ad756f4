"""The course's figures, each made from data alone and each able to say what it shows.

They use no pyplot state, so they are safe in a widget's callback, and their titles state what the
data says. Figures of images come from `image_plots`, curves from `curve_plots`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter
from numpy.typing import ArrayLike, NDArray

from mnistlab.chance import Spread, over_seeds
from mnistlab.curve_plots import curves, learning_curves
from mnistlab.figure import COLOURS, DescribedFigure, described, luminance, percent, styled
from mnistlab.image_plots import boxes, digits, gallery, pixels, weights

if TYPE_CHECKING:
    # For its name alone: at run time it would bring SciPy, which no figure needs.
    from mnistlab.report import Reliability

__all__ = [
    "DescribedFigure",
    "boxes",
    "class_balance",
    "comparison",
    "confusion",
    "costs",
    "curves",
    "digits",
    "gallery",
    "learning_curves",
    "pixels",
    "reliability",
    "weights",
]

BLACK_OR_WHITE = 0.18  # the luminance on which both read equally well


@styled
def class_balance(labels: ArrayLike, classes: int = 10) -> DescribedFigure:
    """Count how many images each class has; lesson 1.

    labels: (n,) whole numbers from 0 to classes - 1.
    """
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise ValueError("class_balance counts whole-number labels, shape (n,), one at least.")
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"The labels run from {array.min()} to {array.max()}, not 0 to {classes - 1}."
        )
    counts = np.bincount(array, minlength=classes)
    finding = _balance_finding(counts)
    told = ", ".join(f"{digit}: {count:,}" for digit, count in enumerate(counts))
    figure = described(7.5, 3.6, f"{finding}. Images of each class: {told}.")
    axes = figure.add_subplot(xlabel="class", ylabel="images", xticks=range(classes))
    axes.set_title(finding, pad=14)
    bars = axes.bar(range(classes), counts, color=COLOURS["blue"], width=0.7)
    axes.bar_label(bars, [f"{count:,}" for count in counts], padding=2, fontsize=9)
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


def _balance_finding(counts: NDArray[Any]) -> str:
    least, most = int(counts.argmin()), int(counts.argmax())
    extremes = f"from {counts[least]:,} ({least}) to {counts[most]:,} ({most})"
    if counts[least] == counts[most]:
        return f"The classes are equally large: {counts[most]:,} images each"
    if counts[most] <= 1.5 * counts[least]:
        return f"The classes are nearly balanced, {extremes} images"
    return f"The classes are unbalanced, {extremes} images"


@styled
def confusion(matrix: ArrayLike) -> DescribedFigure:
    """Draw a confusion matrix, rows the truth; lesson 2. Only the mistakes are coloured.

    matrix: (classes, classes) counts, such as `report.confusion`.
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.dtype.kind not in "iu":
        raise ValueError(
            f"A confusion matrix holds whole numbers, as many rows as columns; this is "
            f"{counts.dtype} of shape {counts.shape}. Pass report.confusion."
        )
    if counts.sum() == 0 or counts.min() < 0:
        raise ValueError("This confusion matrix counts no images.")
    counts = counts.astype(np.int64)  # in unsigned numbers, minus the largest is not the smallest
    finding, details = _confusion_findings(counts)
    size = 0.6 * len(counts) + 0.9
    figure = described(max(size, 4.5), size + 0.5, f"Confusion matrix. {finding}. {details}")
    axes = figure.add_subplot()
    _heat(axes, counts)
    axes.set_title(finding.replace("; ", ";\n"), pad=10)
    axes.set(xlabel="read as", ylabel="truth")
    axes.tick_params(length=0, labelrotation=0, labelsize=10.5)
    return figure


def _heat(axes: Axes, counts: NDArray[Any]) -> None:
    import seaborn  # here, since it brings pandas, for which no other figure should wait

    diagonal = np.eye(len(counts), dtype=bool)
    mistakes = np.where(diagonal, 0, counts)
    shared = {"ax": axes, "cbar": False, "square": True, "linewidths": 1, "linecolor": "white"}
    written = np.array([[f"{n:,}" if n else "·" for n in row] for row in counts])
    # Square roots keep a pair confused twice apart from one never confused, beside one of 400.
    shades = np.sqrt(mistakes) / (1.25 * max(1.0, float(np.sqrt(mistakes.max()))))
    seaborn.heatmap(
        shades,
        mask=diagonal,
        annot=written,
        fmt="",
        cmap="Blues",
        vmin=0,
        vmax=1,
        annot_kws={"size": 10},
        **shared,
    )
    for text in axes.texts:  # seaborn writes in white on mid-blue too, where black reads better
        column, row = (int(place) for place in text.get_position())
        dark = luminance(colormaps["Blues"](shades[row, column])) < BLACK_OR_WHITE
        text.set_color("white" if dark else "black")
    seaborn.heatmap(
        np.ones(counts.shape),
        mask=~diagonal,
        annot=written,
        fmt="",
        cmap=["#F1F1F1"],
        annot_kws={"size": 9.5, "color": COLOURS["grey"]},
        **shared,
    )


def _confusion_findings(counts: NDArray[Any]) -> tuple[str, str]:
    right, total = int(np.trace(counts)), int(counts.sum())
    mistakes = counts - np.diag(np.diag(counts))
    start = f"{percent(right / total)} of {total:,} are on the diagonal"
    if right == total:
        return start, "There is no mistake."
    pairs = [np.unravel_index(i, counts.shape) for i in np.argsort(-mistakes, axis=None)[:5]]
    told = [f"{t} as {p} ({mistakes[t, p]:,})" for t, p in pairs if mistakes[t, p]]
    truth, guess = pairs[0]
    finding = f"{start}; {truth} is read as {guess} most often ({mistakes[truth, guess]:,})"
    return finding, f"Most often misread: {', '.join(told)}."


@styled
def reliability(bins: "Reliability") -> DescribedFigure:
    """Draw confidence against accuracy, and how many answers each point stands for; lesson 5.

    bins: a report's `.reliability`, or what `evaluation.reliability` returns.
    """
    filled = bins.count > 0
    if not filled.any():
        raise ValueError("There are no answers to draw: every bin of this reliability is empty.")
    share = bins.count[filled] / bins.count.sum()
    claimed = float(share @ bins.confidence[filled])
    right = float(share @ bins.accuracy[filled])
    finding = f"It claims {percent(claimed)} on average and gets {percent(right)} right"
    told = [
        f"{percent(claim)} claimed, {percent(got)} right ({count:,} answers)"
        for claim, got, count in zip(
            bins.confidence[filled], bins.accuracy[filled], bins.count[filled], strict=True
        )
    ]
    alt = f"{finding}; calibration error {bins.ece:.3f}. By confidence: {'; '.join(told)}."
    figure = described(5.6, 5.6, alt)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    upper.set(title=f"{finding}\n(calibration error {bins.ece:.3f})", ylabel="accuracy")
    _draw_reliability(upper, bins.confidence[filled], bins.accuracy[filled])
    _draw_counts(lower, bins)
    return figure


def _draw_reliability(axes: Axes, claimed: NDArray[Any], right: NDArray[Any]) -> None:
    axes.plot([0, 1], [0, 1], "--", color=COLOURS["grey"], lw=1.2, label="claims as it should")
    axes.vlines(claimed, right, claimed, color=COLOURS["orange"], lw=1.5, label="gap")
    axes.plot(claimed, right, "o-", color=COLOURS["blue"], label="this network")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set(xlim=(0, 1.02), ylim=(-0.02, 1.05))
    axes.legend()


def _draw_counts(axes: Axes, bins: "Reliability") -> None:
    middle = (bins.edges[:-1] + bins.edges[1:]) / 2
    bars = axes.bar(middle, bins.count, width=0.8 / len(middle), color=COLOURS["blue"])
    axes.bar_label(bars, [f"{n:,}" if n else "" for n in bins.count], padding=1, fontsize=9)
    axes.set(xlabel="confidence", ylabel="answers", yticks=[], ylim=(0, bins.count.max() * 1.25))
    axes.xaxis.set_major_formatter(PercentFormatter(1))


@styled
def comparison(results: Mapping[str, Spread | Sequence[float]]) -> DescribedFigure:
    """Compare accuracies over seeds: a dot for each seed, the mean and its spread; lesson 5.

    results: name → `over_seeds(...)`, or the accuracies themselves.
    """
    if not results:
        raise ValueError("There is nothing to compare. Pass one result at least.")
    spreads = {
        name: result if isinstance(result, Spread) else over_seeds(result)
        for name, result in results.items()
    }
    best = max(spreads, key=lambda name: spreads[name].mean)
    told = "; ".join(f"{name}: {spread}" for name, spread in spreads.items())
    finding = f"Highest mean accuracy: {best}, {percent(spreads[best].mean)}"
    if len(spreads) == 1:
        finding = f"The mean accuracy of {best} is {percent(spreads[best].mean)}"
    figure = described(8.5, 0.5 * len(spreads) + 1.4, f"{finding}. In order: {told}.")
    axes = figure.add_subplot(title=finding)
    axes.set_xlabel("accuracy (circle: one seed; diamond: mean; bar: ± one standard deviation)")
    _draw_spreads(axes, spreads)
    return figure


def _draw_spreads(axes: Axes, spreads: Mapping[str, Spread]) -> None:
    for row, spread in enumerate(spreads.values()):
        if spread.n > 1:
            axes.errorbar(spread.mean, row, xerr=spread.spread, color=COLOURS["ink"], capsize=5)
            # Below the mean, which would hide them where the spread is small.
            seeds = [row + 0.25] * spread.n
            axes.plot(spread.accuracies, seeds, "o", mfc="none", ms=5, color=COLOURS["blue"])
        axes.plot(spread.mean, row, "D", color=COLOURS["ink"])
        axes.annotate(
            str(spread), (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=9
        )
    axes.set(yticks=range(len(spreads)), yticklabels=list(spreads), ylim=(len(spreads) - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="x")


@styled
def costs(
    results: Mapping[str, Spread | Sequence[float]],
    weights: Mapping[str, int],
    seconds: Mapping[str, float],
) -> DescribedFigure:
    """Draw accuracy over the number of weights, and the seconds that training took; lesson 6.

    results: name → `over_seeds(...)`, or accuracies. weights, seconds: by the same names.
    """
    missing = [name for name in results if not (weights.get(name, 0) > 0 and name in seconds)]
    if missing or not results:
        raise ValueError(
            "costs needs one network at least, and for each its weights, above 0, and its "
            f"seconds; these lack them: {', '.join(missing) or 'there is none'}."
        )
    spreads = {
        name: result if isinstance(result, Spread) else over_seeds(result)
        for name, result in sorted(results.items(), key=lambda item: weights[item[0]])
    }
    best = max(spreads, key=lambda name: spreads[name].mean)
    finding = f"Highest mean accuracy: {best}, with {weights[best]:,} weights"
    told = "; ".join(
        f"{name}: {weights[name]:,} weights, {spread}, {seconds[name]:.1f} s"
        for name, spread in spreads.items()
    )
    figure = described(8.5, 4.6, f"{finding}. In order of their weights: {told}.")
    axes = figure.add_subplot(title=finding, xscale="log", ylabel="accuracy")
    axes.set_xlabel("weights (circle: its area is the seconds; bar: ± one standard deviation)")
    _draw_costs(axes, spreads, weights, seconds)
    return figure


def _draw_costs(
    axes: Axes,
    spreads: Mapping[str, Spread],
    weights: Mapping[str, int],
    seconds: Mapping[str, float],
) -> None:
    longest = max(max(seconds[name] for name in spreads), 1e-6)
    for name, spread in spreads.items():
        across, up, took = weights[name], spread.mean, seconds[name]
        area = 25 + 600 * took / longest
        axes.errorbar(across, up, yerr=spread.spread, color=COLOURS["ink"], capsize=4, zorder=3)
        axes.scatter(across, up, s=area, color=COLOURS["blue"], alpha=0.35, lw=0)
        axes.plot(across, up, "D", ms=4, color=COLOURS["ink"], zorder=4)
        axes.annotate(
            f"{name}: {percent(up, 2)}, {took:.1f} s",
            (across, up),
            (5 + float(np.sqrt(area)) / 2, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
        )
    least, most = (float(end(weights[name] for name in spreads)) for end in (min, max))
    span = max(most / least, 10.0)
    axes.set_xlim(least / span**0.1, most * span**0.45)  # on the right is room for a name
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.margins(y=0.1)
