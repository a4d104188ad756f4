"""What a sweep found, as text: the best trials, what mattered, what to do next."""

from collections.abc import Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from mnistlab.tuning import Sweep, importance

__all__ = ["as_dict", "onward", "ranges", "report", "said", "table"]

BEST = 5
BAR_LENGTH = 30


def ranges(space: Mapping[str, BaseDistribution]) -> str:
    """A search space as a table; lesson 7."""
    rows = [["setting", "tried"]]
    for name, one in space.items():
        if isinstance(one, CategoricalDistribution):
            told = ", ".join(map(str, one.choices))
        else:
            low, high, step = (getattr(one, key) for key in ("low", "high", "step"))
            told = f"{low:g} to {high:g}"
            if getattr(one, "log", False):
                told += ", each doubling equally likely"
            elif step:
                told += f", in steps of {step:g}"
        rows.append([name, told])
    return _aligned(rows, left=(0, 1))


def said(value: Any) -> str:
    """A setting's value in a few digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def table(sweep: Sweep, best: int = BEST) -> str:
    """The best trials, a line each; lesson 7."""
    rows = [["trial", "validation", *sweep.space, "weights", "time"]]
    rows += [_row(trial, sweep) for trial in sweep.ranked[:best]]
    return _aligned(rows)


def report(sweep: Sweep) -> str:
    """The counts, the best trials and what mattered."""
    finished, complete = sweep.finished, len(sweep.ranked)
    seconds = sum(trial.user_attrs["seconds"] for trial in finished)
    plan = sweep.plan
    lines = [
        f"{sweep.study.study_name}: {len(finished)} trials, {complete} trained to their end and "
        f"{len(finished) - complete} pruned, of {plan.epochs} epochs each; "
        f"{seconds:.0f} s of training.",
        "",
        table(sweep),
    ]
    mattered = importance(sweep.study)
    if mattered:
        lines += ["", "What the accuracies' differences come from:"]
        width = max(map(len, mattered))
        lines += [
            f"  {name:{width}} {share:5.2f} {'█' * round(share * BAR_LENGTH)}"
            for name, share in mattered.items()
        ]
    return "\n".join(lines)


def onward(sweep: Sweep) -> str:
    """How to train a network with the best settings, in Python."""
    plan, best = sweep.plan, sweep.best.params
    shape = {name: value for name, value in best.items() if name in ("size", "dropout")}
    how = {"epochs": plan.epochs, "rate": best.get("rate"), "batch": best.get("batch")}
    told = "".join(f", {name}={value:.4g}" for name, value in how.items() if value is not None)
    return (
        "Train it, and save it:\n"
        "  from mnistlab import data, saving, training, tuning\n"
        f"  model = tuning.build({plan.network!r}, {_rounded(shape)})\n"
        f"  run = training.train(model, data.load(){told})\n"
        f'  saving.save(run, "{plan.network}-tuned.keras")'
    )


def as_dict(sweep: Sweep) -> dict[str, Any]:
    """Everything as plain numbers and text, for JSON."""
    return {
        "study": sweep.study.study_name,
        "file": str(sweep.file),
        "plan": vars(sweep.plan),
        "trials": [_facts(trial) for trial in sweep.finished],
        "pruned": len(sweep.finished) - len(sweep.ranked),
        "best": _facts(sweep.best),
        "importance": importance(sweep.study),
    }


def _facts(trial: FrozenTrial) -> dict[str, Any]:
    return {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        "validation": trial.value,
        "settings": trial.params,
        "after_each_epoch": list(trial.intermediate_values.values()),
        **trial.user_attrs,
    }


def _row(trial: FrozenTrial, sweep: Sweep) -> list[str]:
    settings = [said(trial.params[name]) for name in sweep.space]
    weights, seconds = (trial.user_attrs[name] for name in ("weights", "seconds"))
    accuracy = f"{100 * (trial.value or 0.0):.2f} %"
    return [str(trial.number), accuracy, *settings, f"{weights:,}", f"{seconds:.1f} s"]


def _rounded(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: float(said(one)) if isinstance(one, float) else one for name, one in settings.items()
    }


def _aligned(rows: list[list[str]], left: tuple[int, ...] = ()) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
