"""What chance alone can do to an accuracy: intervals, paired tests, the spread over seeds.

Pure NumPy and SciPy on arrays of right and wrong answers. Where several test images are warps of
one original they do not count as independent: everything here then resamples the originals.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Comparison", "Interval", "Spread", "compare_answers", "interval", "over_seeds"]

# 95 % intervals, and a test at the level of 5 % to go with them.
ALPHA = 0.05
Z = NormalDist().inv_cdf(1 - ALPHA / 2)
RESAMPLES = 2000


class Interval(NamedTuple):
    """The 95 % interval from `low` to `high`, both as shares (0.97, not 97)."""

    low: float
    high: float


def interval(correct: NDArray[Any], groups: NDArray[Any] | None = None) -> Interval:
    """The 95 % interval of an accuracy; lesson 5 shows why one number is not enough.

    correct: (n,) right or wrong. groups: (n,) each image's original, or None when every image
    stands for itself. Without groups it is Wilson's interval, with them a bootstrap of originals.
    """
    if groups is None:
        return _wilson(float(np.mean(correct)), len(correct))
    accuracy = float(np.mean(correct))
    if accuracy in (0, 1):
        # Resampling answers that are all alike shows no spread, which would claim certainty.
        return _wilson(accuracy, len(np.unique(groups)))
    return _middle(_resampled_means(correct, groups))


def _wilson(share: float, n: int) -> Interval:
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def _resampled_means(values: NDArray[Any], groups: NDArray[Any]) -> NDArray[np.float64]:
    """The means of `values` in samples that draw whole originals, with replacement."""
    _, member = np.unique(groups, return_inverse=True)
    sums = np.bincount(member, weights=values)
    sizes = np.bincount(member)
    random = np.random.default_rng(0)
    means = np.empty(RESAMPLES)
    for i in range(RESAMPLES):
        drawn = random.integers(len(sums), size=len(sums))
        means[i] = sums[drawn].sum() / sizes[drawn].sum()
    return means


def _middle(means: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(means, [ALPHA / 2, 1 - ALPHA / 2])
    return Interval(float(low), float(high))


@dataclass(frozen=True)
class Comparison:
    """Two models on the same images. `difference` is the second's accuracy minus the first's.

    `only_first` and `only_second` count the images that one of them alone reads rightly; all that
    the test knows is in these two numbers. It speaks of these two trained models on these images,
    not of other seeds: for those there is `over_seeds`.
    """

    difference: float
    interval: Interval
    p: float
    only_first: int
    only_second: int
    images: int
    originals: int | None = None

    @property
    def significant(self) -> bool:
        """True when chance alone would make such a difference in fewer than 5 % of cases."""
        return self.p < ALPHA

    @property
    def verdict(self) -> str:
        """The outcome in one plain sentence."""
        these = f"these {self.images:,} images"
        if self.originals is not None:
            these += f" (warps of {self.originals:,} originals)"
        if self.only_first == self.only_second == 0:
            return f"Both read the same images rightly: no difference that {these} can show."
        if self.difference == 0:
            return f"Both read equally many rightly: no difference that {these} can show."
        more = "more" if self.difference > 0 else "less"
        reads = f"The second reads {100 * abs(self.difference):.2f} points {more}"
        if self.significant:
            return f"{reads}; over {these} that is more than chance explains ({_p(self.p)})."
        return f"{reads}, but that is no difference that {these} can show ({_p(self.p)})."

    def __str__(self) -> str:
        return self.verdict

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and text, for JSON."""
        return {
            "difference": self.difference,
            "interval": list(self.interval),
            "p": self.p,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "images": self.images,
            "originals": self.originals,
            "verdict": self.verdict,
        }


def _p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def compare_answers(
    first: NDArray[np.bool_], second: NDArray[np.bool_], groups: NDArray[Any] | None = None
) -> Comparison:
    """Compare the right and wrong answers, (n,) each, that two models give to the same images.

    Without groups: McNemar's exact test, and Bonett and Price's interval of the difference. With
    groups: a paired bootstrap of originals for both. Taught in lesson 5.
    """
    only_first = int(np.sum(first & ~second))
    only_second = int(np.sum(second & ~first))
    counts = (only_first, only_second, len(first))
    if groups is None:
        p, between = _mcnemar(*counts), _bonett_price(*counts)
        return Comparison((only_second - only_first) / len(first), between, p, *counts)
    originals = len(np.unique(groups))
    gain = second.astype(float) - first.astype(float)
    p, between = _paired_bootstrap(gain, groups, originals)
    return Comparison(float(gain.mean()), between, p, *counts, originals)


def _mcnemar(only_first: int, only_second: int, _: int) -> float:
    """How often a fair coin splits the images on which the two differ at least as unevenly."""
    differing = only_first + only_second
    from scipy.stats import binomtest  # here, since it takes half a second to load

    return float(binomtest(only_second, differing).pvalue) if differing else 1.0


def _bonett_price(only_first: int, only_second: int, images: int) -> Interval:
    # One imagined image on each side keeps the interval open when no image differs.
    first, second = (only_first + 1) / (images + 2), (only_second + 1) / (images + 2)
    centre = second - first
    half = Z * math.sqrt((first + second - centre**2) / (images + 2))
    return Interval(max(-1.0, centre - half), min(1.0, centre + half))


def _paired_bootstrap(
    gain: NDArray[np.float64], groups: NDArray[Any], originals: int
) -> tuple[float, Interval]:
    if np.ptp(gain) == 0:
        # Resampling gains that are all alike shows no spread: count originals instead.
        ahead = originals * int(gain[0])
        counts = (max(0, -ahead), max(0, ahead), originals)
        return _mcnemar(*counts), _bonett_price(*counts)
    means = _resampled_means(gain, groups)
    beyond = min(int(np.sum(means <= 0)), int(np.sum(means >= 0)))
    return min(1.0, 2 * (beyond + 1) / (RESAMPLES + 1)), _middle(means)


@dataclass(frozen=True)
class Spread:
    """The accuracies that several seeds give to one recipe, as `97.6 % ± 0.1 (5 seeds)`."""

    accuracies: tuple[float, ...]

    @property
    def n(self) -> int:
        """How many seeds were run."""
        return len(self.accuracies)

    @property
    def mean(self) -> float:
        """The mean accuracy."""
        return float(np.mean(self.accuracies))

    @property
    def spread(self) -> float:
        """The sample standard deviation; NaN for one seed, which has no spread to show."""
        return float(np.std(self.accuracies, ddof=1)) if self.n > 1 else math.nan

    @property
    def lowest(self) -> float:
        """The worst seed's accuracy."""
        return min(self.accuracies)

    @property
    def highest(self) -> float:
        """The best seed's accuracy."""
        return max(self.accuracies)

    def __str__(self) -> str:
        if self.n == 1:
            return f"{100 * self.mean:.2f} % (1 seed, spread unknown)"
        return f"{100 * self.mean:.2f} % ± {100 * self.spread:.2f} ({self.n} seeds)"


def over_seeds(results: Iterable[Any]) -> Spread:
    """Sum up one recipe trained with several seeds; lesson 5 asks what one seed is worth.

    results: the reports of `evaluate`, or plain accuracies between 0 and 1.
    """
    accuracies = tuple(float(getattr(result, "accuracy", result)) for result in results)
    if not accuracies:
        raise ValueError("There are no results to sum up. Train with one seed at least.")
    for accuracy in accuracies:
        if not 0 <= accuracy <= 1:
            raise ValueError(
                f"{accuracy:g} is no accuracy: it should lie between 0 and 1. "
                "Divide a percentage by 100; look for a diverged run behind a NaN."
            )
    return Spread(accuracies)
