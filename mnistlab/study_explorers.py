"""Explorers of studies: what another order of the same trials would have found.

As in `explorers`, each function takes its data once and returns a pure `show`.
"""

from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab.explorers import Show
from mnistlab.figure import percent
from mnistlab.sketches import lines, row, sentence

__all__ = ["best_of", "budget"]


def best_of(values: ArrayLike) -> NDArray[np.float64]:
    """The best of n of these values on average, for n = 1, 2, … all, over all ways to draw n.

    Of n drawn, the i-th smallest is the best in comb(i - 1, n - 1) of comb(all, n) cases.
    """
    order = np.sort(np.asarray(values, np.float64))
    count = len(order)
    cases = [[comb(i, n - 1) / comb(count, n) for i in range(count)] for n in range(1, count + 1)]
    return np.asarray(cases) @ order  # (all, all) @ (all,) → (all,)


def budget(values: ArrayLike) -> Show:
    """The best of the first trials, had they come in another order; lesson 7.

    values: (n,) the trials' validation accuracies, in the order in which they came.
    """
    came = np.asarray(values, np.float64)
    if came.ndim != 1 or came.size == 0 or not np.isfinite(came).all():
        raise ValueError("budget shows the accuracies of one trial or more, shape (n,).")
    average, numbers = best_of(came), np.arange(1, len(came) + 1)
    # The few worst would press all others together at the top.
    low, high = float(np.quantile(came, 0.2)), float(came.max())

    def show(trials: int, order: int) -> str:
        mixed = came if order == 0 else np.random.default_rng(order).permutation(came)
        so_far = np.maximum.accumulate(mixed)
        name = "as they came" if order == 0 else f"order {order}"
        start = "As they came" if order == 0 else f"In order {order}"
        first = "the first trial" if trials == 1 else f"the best of the first {trials} trials"
        said = (
            f"{start}, {first} reads {percent(so_far[trials - 1], 2)}; "
            f"on average over all orders it is {percent(average[trials - 1], 2)}, and with all "
            f"{len(came)} {percent(high, 2)}."
        )
        drawn = lines(
            numbers,
            {name: so_far, "average": average},
            f"Best accuracy so far, by number of trials. {said}",
            "best validation accuracy so far",
            xlabel="trials",
            now=trials,
            low=low,
            high=high,
        )
        return row(drawn, sentence(said))

    return show
