"""Figures of a study: how it went, what each setting does, what matters.

They are drawn from an Optuna study's trials, without Optuna's own plots, which need pyplot.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray
from optuna.trial import FrozenTrial, TrialState

from mnistlab.figure import COLOURS, DescribedFigure, described, percent, styled
from mnistlab.study_report import said

__all__ = ["history", "importance", "searches", "slices"]


def _finished(study: optuna.Study) -> tuple[list[FrozenTrial], list[FrozenTrial]]:
    """The complete trials and the pruned ones."""
    states = (TrialState.COMPLETE,), (TrialState.PRUNED,)
    complete, pruned = (study.get_trials(deepcopy=False, states=one) for one in states)
    if not complete:
        raise ValueError("There is nothing to draw yet: no trial of this study is complete.")
    return complete, pruned


def _values(trials: list[FrozenTrial]) -> NDArray[np.float64]:
    return np.array([trial.value for trial in trials], np.float64)


@styled
def history(study: optuna.Study) -> DescribedFigure:
    """Draw each trial's validation accuracy in its turn, and the best so far; lesson 7."""
    complete, pruned = _finished(study)
    numbers = np.array([trial.number for trial in complete])
    values = _values(complete)
    best = complete[int(values.argmax())]
    ended = f"{len(pruned)} of {len(complete) + len(pruned)} were pruned"
    finding = f"Trial {best.number} is the best with {percent(values.max(), 2)}; {ended}"
    climb = np.maximum.accumulate(values)
    steps = [i for i in range(len(climb)) if i == 0 or climb[i] > climb[i - 1]]
    told = ", ".join(f"{percent(climb[i], 2)} in trial {numbers[i]}" for i in steps)
    figure = described(7.8, 3.9, f"Validation accuracy of each trial. {finding}. Records: {told}.")
    axes = figure.add_subplot(title=finding, xlabel="trial", ylabel="validation accuracy")
    last = max(trial.number for trial in complete + pruned)
    until = (np.append(numbers, last), np.append(climb, climb[-1]))
    axes.step(*until, where="post", color=COLOURS["ink"], label="best so far")
    _points(axes, numbers, values, [trial.number for trial in pruned], pruned)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    figure.legend(loc="outside right center")
    return figure


def _points(
    axes: Axes,
    x: ArrayLike,
    values: ArrayLike,
    pruned_x: ArrayLike,
    pruned: list[FrozenTrial],
) -> None:
    axes.plot(x, values, "o", color=COLOURS["blue"], label="complete", alpha=0.85)
    axes.plot(
        pruned_x, _values(pruned), "x", color=COLOURS["orange"], label="pruned, where it was ended"
    )
    axes.yaxis.set_major_formatter(PercentFormatter(1))


@styled
def slices(study: optuna.Study) -> DescribedFigure:
    """Draw the validation accuracy over each setting; lesson 7."""
    complete, pruned = _finished(study)
    names = list(complete[0].params)
    best = max(complete, key=lambda trial: trial.value or 0.0)
    told = ", ".join(f"{name} {said(best.params[name])}" for name in names)
    finding = f"The best trial, {percent(best.value or 0.0, 2)}, has {told}"
    parts = [f"{name}: {_spread(complete, name)}" for name in names]
    figure = described(9.6, 3.4, f"Validation accuracy by setting. {finding}. {'; '.join(parts)}.")
    for i, name in enumerate(names, start=1):
        axes = figure.add_subplot(1, len(names), i, xlabel=name)
        at = _places(name, complete)
        _points(axes, at(complete), _values(complete), at(pruned), pruned)
        (mark,) = axes.plot(at([best]), _values([best]), "D", mfc="none", color=COLOURS["ink"])
        mark.set(markersize=11, clip_on=False)
        _scale(axes, name, complete)
        if i == 1:
            axes.set_ylabel("validation accuracy")
        else:
            axes.tick_params(labelleft=False)
    figure.suptitle(finding, x=0.01, ha="left")
    return figure


def _places(name: str, trials: list[FrozenTrial]) -> Callable[[list[FrozenTrial]], list[float]]:
    """Where trials stand on a setting's axis: choices in equal steps."""
    choices = getattr(trials[0].distributions[name], "choices", None)

    def at(some: list[FrozenTrial]) -> list[float]:
        values = [trial.params[name] for trial in some]
        return [choices.index(one) for one in values] if choices else values

    return at


def _scale(axes: Axes, name: str, trials: list[FrozenTrial]) -> None:
    asked: Any = trials[0].distributions[name]
    if hasattr(asked, "choices"):
        axes.set_xticks(range(len(asked.choices)), [str(one) for one in asked.choices])
        axes.set_xlim(-0.5, len(asked.choices) - 0.5)
    elif asked.log:
        axes.set_xscale("log")
        axes.set_xlim(asked.low / 1.15, asked.high * 1.15)
        middle = float(f"{np.sqrt(asked.low * asked.high):.1g}")
        marks = (asked.low, middle, asked.high)
        axes.set_xticks(marks, [f"{mark:g}" for mark in marks])
        axes.xaxis.set_minor_locator(NullLocator())


def _spread(complete: list[FrozenTrial], name: str) -> str:
    """The accuracies below and above the middle of a setting's values."""
    order = sorted(complete, key=lambda trial: trial.params[name])
    half = max(1, len(order) // 2)
    low = float(_values(order[:half]).mean())
    high = float(_values(order[half:] or order).mean())
    return f"smaller values {percent(low)} on average, larger ones {percent(high)}"


@styled
def importance(shares: Mapping[str, float]) -> DescribedFigure:
    """Draw which share of the differences each setting explains; lesson 7.

    shares: what `tuning.importance` returns.
    """
    if not shares:
        raise ValueError("There is nothing to draw: the trials do not differ yet.")
    order = sorted(shares, key=lambda name: -shares[name])
    finding = f"{order[0]} explains most: {percent(shares[order[0]], 0)}"
    told = ", ".join(f"{name} {percent(shares[name], 0)}" for name in order)
    alt = f"Shares of the differences in validation accuracy. {finding}. In order: {told}."
    figure = described(7, 0.45 * len(order) + 1.2, alt)
    axes = figure.add_subplot(title=finding, xlabel="share of the differences that it explains")
    bars = axes.barh(order, [shares[name] for name in order], color=COLOURS["blue"], height=0.6)
    axes.bar_label(bars, [percent(shares[name], 0) for name in order], padding=3)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlim(0, 1.08 * max(shares.values()))
    axes.grid(axis="x")
    return figure


@styled
def searches(
    height: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]],
    searches: Mapping[str, ArrayLike],
) -> DescribedFigure:
    """Draw what several searches of two settings find; lesson 7.

    height: how good each pair of settings from 0 to 1 is, from 0 to 1. searches: name → (n, 2).
    """
    tried = {name: np.asarray(points, float).reshape(-1, 2) for name, points in searches.items()}
    best = {name: float(height(*points.T).max()) for name, points in tried.items()}
    values = {name: len(np.unique(points[:, 0].round(6))) for name, points in tried.items()}
    told = [
        f"{name}: {len(tried[name])} trials, {values[name]} values of the first setting, "
        f"best {best[name]:.2f}"
        for name in tried
    ]
    winner = max(best, key=lambda name: best[name])
    figure = described(4.4 * len(tried), 4.2, f"{'; '.join(told)}. The best is {winner}'s.")
    across, up = np.meshgrid(np.linspace(0, 1, 120), np.linspace(0, 1, 120))
    for i, (name, points) in enumerate(tried.items(), start=1):
        title = f"{name}: {values[name]} values of the first setting\nbest {best[name]:.2f}"
        axes = figure.add_subplot(1, len(tried), i, title=title, xlabel="first setting")
        axes.contourf(across, up, height(across, up), levels=12, cmap="Blues", vmin=0, vmax=1.3)
        axes.plot(*points.T, "o", color=COLOURS["orange"], mec="white", clip_on=False)
        axes.vlines(points[:, 0], -0.09, -0.03, color=COLOURS["orange"], clip_on=False)
        axes.set(xlim=(0, 1), ylim=(-0.1, 1), xticks=[0, 1], yticks=[0, 1])
        axes.grid(False)
        if i == 1:
            axes.set_ylabel("second setting")
    return figure
