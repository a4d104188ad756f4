"""Explorers of the audit: what looking at a test set buys, and what a kernel remembers.

As in `explorers`, each function returns a pure `show`.
"""

import html
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnistlab.explorers import Show
from mnistlab.figure import percent
from mnistlab.sketches import FONT, TEXT, lines, row, sentence

__all__ = ["CELLS", "LOOKS", "TRUE", "cells", "looks"]

TRUE = 0.97  # the accuracy that each of the networks would have on endlessly many images
LOOKS = np.arange(1, 101)
CELLS = 7  # of the notebook
NAMES = ("model", "y_pred", "labels", "matrix_1", "matrix_2")  # its variables
STALE = "background: rgba(230, 159, 0, 0.3)"
LEFT = "text-align: left; padding: 2px 8px"


def looks() -> Show:
    """What the best of equally good networks shows on a test set; lesson 9.

    Computed from the binomial distribution, so that it never wavers as a simulation does.
    """

    def show(looks: int, images: int) -> str:
        counts, up_to = _chances(images)
        # The best of several reads no more than so many if each of them reads no more.
        seen = {"one network": np.diff(up_to, prepend=0)}
        seen[f"the best of {looks}"] = np.diff(up_to**looks, prepend=0)
        gains = _gains(counts, up_to)
        gain = gains[looks - 1]
        errors = gain / np.sqrt(TRUE * (1 - TRUE) * images)
        who = "One network" if looks == 1 else f"The best of {looks} equally good networks"
        said = (
            f"{who} shows {percent(TRUE + gain / images, 2)} on average, where each truly has "
            f"{percent(TRUE)}: {gain:.0f} of {images:,} images too many, "
            f"{errors:.1f} standard errors."
        )
        return row(
            _seen(counts / images, seen, said), _bought(gains / images, looks), sentence(said)
        )

    return show


def cells(accuracies: Mapping[str, float]) -> Show:
    """What a notebook's variables hold while its cells run one by one; lesson 9.

    accuracies: name → accuracy, of the first network and of the second.
    """
    first, second = accuracies

    def show(steps: int, again: bool) -> str:
        program = _program(first, second, again)
        kernel: dict[str, str] = {}
        for _, made in program[:steps]:
            for name, of in made:
                kernel[name] = kernel.get(of, of)
        stale = [name for name in kernel if _owner(name, first, second, kernel) != kernel[name]]
        holds = [_holds(name, kernel, accuracies, name in stale) for name in NAMES]
        left = ", ".join(stale)
        said = f"Left over from {first}: {left}." if stale else "No variable is left over."
        return row(
            _table("cells", [_cell(i, code, steps) for i, (code, _) in enumerate(program, 1)]),
            _table("what the kernel holds", holds),
            sentence(f"After {steps} of {CELLS} cells. {said}"),
        )

    return show


def _program(first: str, second: str, again: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each cell's code, and what it makes out of what: a variable, or a network's name."""
    predict, read = "y_pred = model.predict(x)", "labels = y_pred.argmax(axis=1)"
    asked, told = ("y_pred", "model"), ("labels", "y_pred")
    return [
        (f"model = trained({first!r})", [("model", first)]),
        (predict, [asked]),
        (read, [told]),
        ("matrix_1 = confusion_matrix(y, labels)", [("matrix_1", "labels")]),
        (f"model = trained({second!r})", [("model", second)]),
        (f"{predict}; {read}", [asked, told]) if again else (predict, [asked]),
        ("matrix_2 = confusion_matrix(y, labels)", [("matrix_2", "labels")]),
    ]


def _owner(name: str, first: str, second: str, kernel: Mapping[str, str]) -> str:
    """The network that a variable should come from."""
    return {"matrix_1": first, "matrix_2": second}.get(name, kernel["model"])


def _cell(place: int, code: str, steps: int) -> str:
    mark = "✓" if place < steps else "▸" if place == steps else ""
    return (
        f'<tr><td style="{LEFT}; min-width: 1.2em">{mark}</td>'
        f'<th scope="row" style="{LEFT}">{place}</th>'
        f'<td style="{LEFT}"><code>{html.escape(code)}</code></td></tr>'
    )


def _holds(
    name: str, kernel: Mapping[str, str], accuracies: Mapping[str, float], stale: bool
) -> str:
    text = f"from {kernel[name]}" if name in kernel else "not there yet"
    if name in kernel and name.startswith("matrix"):
        text += f", diagonal {percent(accuracies[kernel[name]])}"
    text += ": left over" if stale else ""
    shade = f"; {STALE}" if stale else ""
    return (
        f'<tr><th scope="row" style="{LEFT}"><code>{name}</code></th>'
        f'<td style="{LEFT}{shade}">{html.escape(text)}</td></tr>'
    )


def _table(title: str, rows: list[str]) -> str:
    style = f"margin: 0; border-collapse: collapse; {FONT}; line-height: 24px; color: {TEXT}"
    caption = f'<caption style="text-align: left">{title}</caption>'
    return f'<table style="{style}">{caption}{"".join(rows)}</table>'


def _chances(images: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """How many images one network may read rightly, and the chance of at most so many."""
    spread = np.sqrt(TRUE * (1 - TRUE) * images)
    low, high = np.floor(TRUE * images - 5 * spread), np.ceil(TRUE * images + 5 * spread)
    counts = np.arange(low, min(high, images) + 1, dtype=np.int64)
    up_to = stats.binom.cdf(counts, images, TRUE)
    up_to[-1] = 1  # what lies beyond is less than one in a million
    return counts, up_to


def _gains(counts: NDArray[np.int64], up_to: NDArray[np.float64]) -> NDArray[np.float64]:
    """For 1, 2, 3 … looks: how many images the best reads beyond the truth, on average."""
    # The mean of a whole number is its highest value, less one for each value it may stay below.
    best = counts[-1] - (up_to[:-1, None] ** LOOKS).sum(axis=0)
    mean: NDArray[np.float64] = best - best[0]  # a single look has no gain
    return mean


def _seen(shares: NDArray[np.float64], seen: Mapping[str, NDArray[np.float64]], said: str) -> str:
    highest = max(chances.max() for chances in seen.values())
    # The same axis for any number of images: else nobody would see the bell grow narrow.
    axis = np.concatenate([[93.0], 100 * shares, [100.0]])
    bells = {name: np.pad(chances, 1) / highest for name, chances in seen.items()}
    return lines(
        axis,
        bells,
        f"How often each accuracy is seen. {said}",
        "how often each accuracy is seen; upright: the truth",
        xlabel="accuracy seen, in percent",
        now=100 * TRUE,
    )


def _bought(gains: NDArray[np.float64], looks: int) -> str:
    return lines(
        LOOKS,
        {"percentage points too many": 100 * gains},
        f"What looks buy: {100 * gains[looks - 1]:.2f} percentage points with {looks}, "
        f"{100 * gains[-1]:.2f} with {len(LOOKS)}.",
        "what the looks buy, on average",
        xlabel="looks",
        now=looks,
        high=2.0,
        width=330,
    )
