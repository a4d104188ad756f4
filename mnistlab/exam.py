"""Tuned and untuned networks side by side on the test images, seed by seed.

The test set has no part in any choice, so it is opened once, at the end. The journal keeps what
came out, and how often it was opened all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray

from mnistlab.chance import Comparison, Interval, Spread, compare_answers
from mnistlab.data import Digits
from mnistlab.trials import Outcome

__all__ = ["Exam"]

Settings = list[dict[str, Any]]  # untuned, tuned

KEY = "exams"  # in the journal


@dataclass(frozen=True)
class Exam:
    """Accuracies on the test images over the same seeds, and for each seed the pair compared."""

    seeds: tuple[int, ...]
    untuned: Spread
    tuned: Spread
    weights: tuple[int, int]  # untuned, tuned
    pairs: tuple[Comparison, ...]
    opened: int = 1  # how often the test set was opened in this study

    @classmethod
    def of(
        cls, untuned: Sequence[Outcome], tuned: Sequence[Outcome], seeds: list[int], digits: Digits
    ) -> "Exam":
        """Compare the outcomes of two settings, which share each seed."""
        answers = [[np.asarray(one.correct, bool) for one in side] for side in (untuned, tuned)]
        pairs = [
            compare_answers(first, second, digits.test_groups)
            for first, second in zip(*answers, strict=True)
        ]
        spreads = [Spread(tuple(float(one.mean()) for one in side)) for side in answers]
        weights = (untuned[0].weights, tuned[0].weights)
        return cls(tuple(seeds), spreads[0], spreads[1], weights, tuple(pairs))

    @property
    def gains(self) -> NDArray[np.float64]:
        """What tuning added, for each seed."""
        return np.subtract(self.tuned.accuracies, self.untuned.accuracies)

    @property
    def significant(self) -> int:
        """How many pairs differ by more than chance explains."""
        return sum(pair.significant for pair in self.pairs)

    @property
    def real(self) -> bool:
        """By lesson 5's rule: every seed of one above all of the other, most pairs significant."""
        apart = self.tuned.lowest > self.untuned.highest
        apart |= self.untuned.lowest > self.tuned.highest
        return apart and self.significant > len(self.pairs) / 2

    @property
    def verdict(self) -> str:
        """What the pairs show, in one sentence."""
        better = "tuned" if self.gains.mean() > 0 else "untuned"
        found = f"the {better} network reads better" if self.real else "no difference is shown"
        return f"{self.significant} of {len(self.pairs)} pairs differ significantly: {found}."

    def __str__(self) -> str:
        gains = 100 * self.gains
        lines = [
            f"untuned  {self.untuned}, {self.weights[0]:,} weights",
            f"tuned    {self.tuned}, {self.weights[1]:,} weights",
            f"seed by seed {gains.mean():+.2f} points ({gains.min():+.2f} to {gains.max():+.2f})",
            self.verdict,
        ]
        if self.opened > 1:
            lines.append(
                f"In this study the test set was opened {self.opened} times: whoever tunes on "
                "after a look at it, chooses by it."
            )
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain numbers and text, for JSON."""
        return {
            "seeds": list(self.seeds),
            "untuned": list(self.untuned.accuracies),
            "tuned": list(self.tuned.accuracies),
            "weights": list(self.weights),
            "pairs": [pair.as_dict() for pair in self.pairs],
            "verdict": self.verdict,
            "opened": self.opened,
        }

    def keep(self, study: optuna.Study, settings: Settings) -> "Exam":
        """Write it into the journal; return it with the number of times counted."""
        earlier = study.user_attrs.get(KEY, [])
        counted = replace(self, opened=len(earlier) + 1)
        study.set_user_attr(KEY, [*earlier, {**counted.as_dict(), "settings": settings}])
        return counted

    @classmethod
    def kept(cls, study: optuna.Study, settings: Settings, seeds: list[int]) -> "Exam | None":
        """The exam of these settings and seeds that is in the journal, if there is one."""
        for facts in study.user_attrs.get(KEY, []):
            if (facts["settings"], facts["seeds"]) == (settings, seeds):
                return cls(
                    tuple(seeds),
                    Spread(tuple(facts["untuned"])),
                    Spread(tuple(facts["tuned"])),
                    tuple(facts["weights"]),
                    tuple(_comparison(pair) for pair in facts["pairs"]),
                    facts["opened"],
                )
        return None


def _comparison(facts: Mapping[str, Any]) -> Comparison:
    names = [name for name in Comparison.__dataclass_fields__ if name != "interval"]
    return Comparison(
        **{name: facts[name] for name in names}, interval=Interval(*facts["interval"])
    )
