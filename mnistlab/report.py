"""What a network makes of labelled images: a Report works out each measure when it is asked for.

Everything follows from two arrays, the logits and the labels. Reports come from
`evaluation.evaluate` and `evaluation.score`.
"""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mnistlab.chance import Interval, interval

__all__ = ["Confused", "Reliability", "Report", "Ties"]
__all__ += ["bin_confidence", "counted", "probabilities"]

CLASSES = 10


def probabilities(logits: NDArray[Any], temperature: float = 1.0) -> NDArray[np.float64]:
    """The softmax of logits divided by a temperature, both (n, classes); lesson 5.

    A temperature above 1 makes the network less confident without changing any answer.
    """
    if not temperature > 0:
        raise ValueError(f"A temperature is above 0; {temperature:g} is not.")
    cooled = np.asarray(logits, dtype=np.float64) / temperature
    return np.asarray(special.softmax(cooled, axis=1))


class Confused(NamedTuple):
    """Images of the class `truth` were read as `predicted` so many times."""

    truth: int
    predicted: int
    times: int


@dataclass(frozen=True, eq=False)
class Ties:
    """Images whose largest output several classes share exactly; the lowest class then wins.

    images: their indices. classes: how often each set of classes ties. lost: in how many of them
    the right class shared the top and lost to a lower one.
    """

    images: NDArray[np.int64]
    classes: dict[tuple[int, ...], int]
    lost: int

    @property
    def count(self) -> int:
        """How many images have a tie at the top."""
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy in bins of equal width; NaN where a bin is empty.

    edges: (bins + 1,), each bin takes in its upper edge. confidence, accuracy, count: (bins,).
    """

    edges: NDArray[np.float64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    count: NDArray[np.int64]

    @property
    def ece(self) -> float:
        """The expected calibration error: the mean gap between the two, weighted by count."""
        gaps = np.abs(self.confidence - self.accuracy) * self.count
        return float(np.nansum(gaps) / self.count.sum())


@dataclass(frozen=True, eq=False, repr=False)
class Report:
    """What a network makes of labelled images. `evaluate` and `score` make reports; lesson 5.

    logits, outputs: (n, outputs). labels: (n,). groups: (n,), each image's original, or None.
    The outputs are the activation applied to the logits outside of any fused graph, which is how
    Keras' `evaluate` rounds. Its `predict` rounds the last bit of a sigmoid differently, and so
    breaks some ties at 1.0 the other way.
    """

    logits: NDArray[np.float32]
    outputs: NDArray[np.float32]
    labels: NDArray[np.int64]
    activation: str
    groups: NDArray[Any] | None = None

    @property
    def classes(self) -> int:
        """How many classes the labels may name: ten, also where a network has 100 outputs."""
        return min(CLASSES, int(self.outputs.shape[1]))

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The output that wins, (n,); the lowest one where several tie."""
        return np.asarray(np.argmax(self.outputs, axis=1))

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each image is read rightly, (n,)."""
        return np.equal(self.predicted, self.labels)

    @cached_property
    def accuracy(self) -> float:
        """The share of images read rightly."""
        return float(self.correct.mean())

    @cached_property
    def interval(self) -> Interval:
        """The accuracy's 95 % interval: Wilson's, or a bootstrap of originals with groups."""
        return interval(self.correct, self.groups)

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """Each image's cross-entropy from the logits, (n,): softmax of them, whatever is shown."""
        rows = np.arange(len(self.labels))
        true_logits = self.logits[rows, self.labels].astype(np.float64)
        return np.asarray(special.logsumexp(self.logits.astype(np.float64), axis=1) - true_logits)

    @cached_property
    def loss(self) -> float:
        """The sparse cross-entropy that Keras trains with, for a sigmoid output too."""
        return float(self.losses.mean())

    @cached_property
    def strays(self) -> int:
        """How many images an output won that stands for no class (`sigmoid-pair` has 90)."""
        return int(np.sum(self.predicted >= self.classes))

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """How often each class (row) is read as each class (column); strays are in no column."""
        return counted(self.labels, self.predicted, self.classes)

    @cached_property
    def per_class(self) -> dict[str, NDArray[Any]]:
        """Precision, recall, F1 and support of each class; 0 where it would be 0 / 0."""
        hits = np.diag(self.confusion).astype(float)
        support = np.bincount(self.labels, minlength=self.classes)
        precision = hits / np.maximum(self.confusion.sum(axis=0), 1)
        recall = hits / np.maximum(support, 1)
        both = precision + recall
        f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
        return {"precision": precision, "recall": recall, "f1": f1, "support": support}

    @cached_property
    def most_confused(self) -> list[Confused]:
        """Every pair that is confused at all, the commonest first."""
        mistakes = self.confusion - np.diag(np.diag(self.confusion))
        pairs = [Confused(int(t), int(p), int(mistakes[t, p])) for t, p in np.argwhere(mistakes)]
        return sorted(pairs, key=lambda pair: -pair.times)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """What the network claims for its answer, (n,): the winning output as it stands.

        Ten sigmoid outputs do not share out one probability, but each claims one for its class,
        and the winner's claim is what a reader would believe. Bare logits go through softmax.
        """
        linear = self.activation == "linear"
        claims = probabilities(self.logits) if linear else self.outputs.astype(np.float64)
        return np.asarray(claims.max(axis=1))

    @cached_property
    def worst(self) -> NDArray[np.int64]:
        """The indices of all mistakes, the most confident first, equals by their loss."""
        order = np.lexsort((-self.losses, -self.confidence))
        return order[~self.correct[order]]

    @cached_property
    def ties(self) -> Ties:
        """Which images have a tie at the top output, and between which classes; lesson 4."""
        top = self.outputs == self.outputs.max(axis=1, keepdims=True)
        images = np.flatnonzero(top.sum(axis=1) > 1)
        sets = Counter(tuple(np.flatnonzero(row).tolist()) for row in top[images])
        shared = top[images, self.labels[images]] & ~self.correct[images]
        return Ties(images, dict(sets.most_common()), int(shared.sum()))

    @cached_property
    def reliability(self) -> Reliability:
        """Confidence against accuracy in ten bins; lesson 5 draws it."""
        return bin_confidence(self.confidence, self.correct)

    @property
    def ece(self) -> float:
        """The expected calibration error of `reliability`."""
        return self.reliability.ece

    def as_dict(self) -> dict[str, Any]:
        """The measures as plain numbers for JSON: without the arrays, and the 20 worst images."""
        columns = {name: column.tolist() for name, column in self.per_class.items()}
        return {
            "images": len(self.labels),
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "loss": self.loss,
            "ece": self.ece,
            "strays": self.strays,
            "confusion": self.confusion.tolist(),
            "per_class": columns,
            "most_confused": [pair._asdict() for pair in self.most_confused],
            "worst": self.worst[:20].tolist(),
            "ties": {"count": self.ties.count, "lost": self.ties.lost, "classes": self._tied()},
            "reliability": {
                "edges": self.reliability.edges.tolist(),
                "confidence": _without_nan(self.reliability.confidence),
                "accuracy": _without_nan(self.reliability.accuracy),
                "count": self.reliability.count.tolist(),
            },
        }

    def _tied(self) -> list[dict[str, Any]]:
        return [{"classes": list(key), "images": n} for key, n in self.ties.classes.items()]

    def __str__(self) -> str:
        low, high = self.interval
        lines = [
            f"accuracy {100 * self.accuracy:.2f} %, 95 % interval {100 * low:.2f} to "
            f"{100 * high:.2f} % ({len(self.labels):,} images)",
            f"loss {self.loss:.4f}, calibration error {self.ece:.4f}",
            "",
            "digit  precision  recall     F1  images",
            *_class_lines(self.per_class),
        ]
        if self.most_confused:
            pairs = [f"{t} as {p} ({times})" for t, p, times in self.most_confused[:5]]
            lines += ["", "most often misread: " + ", ".join(pairs)]
        if self.ties.count:
            lines.append(f"ties at the top: {self.ties.count:,}, costing {self.ties.lost:,}")
        if self.strays:
            lines.append(f"won by an output that is no digit: {self.strays:,}")
        return "\n".join(lines)

    __repr__ = __str__


def counted(labels: ArrayLike, predicted: ArrayLike, classes: int = CLASSES) -> NDArray[np.int64]:
    """The confusion matrix, (classes, classes): rows are the truth, columns what was read.

    An output beyond the classes is in no column: `sigmoid-pair` has 100, and may read a 2 as 15.
    """
    truth, read = np.asarray(labels, np.int64), np.asarray(predicted, np.int64)
    pairs = (classes * truth + read)[read < classes]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def bin_confidence(
    confidence: NDArray[Any], correct: NDArray[np.bool_], bins: int = 10
) -> Reliability:
    """Sort answers by their confidence, (n,) in 0..1, into bins of equal width."""
    edges = np.linspace(0, 1, bins + 1)
    which = np.digitize(confidence, edges[1:-1], right=True)
    count = np.bincount(which, minlength=bins)
    # An empty bin has no mean: 0 / 0 is the NaN that Reliability promises.
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(which, weights=confidence, minlength=bins) / count
        accuracy = np.bincount(which, weights=correct, minlength=bins) / count
    return Reliability(edges, mean_confidence, accuracy, count)


def _class_lines(per_class: dict[str, NDArray[Any]]) -> list[str]:
    rows = zip(*per_class.values(), strict=True)
    return [
        f"{digit:5}  {precision:9.3f}  {recall:6.3f}  {f1:5.3f}  {support:6,}"
        for digit, (precision, recall, f1, support) in enumerate(rows)
    ]


def _without_nan(values: NDArray[np.float64]) -> list[float | None]:
    # JSON has no NaN.
    return [None if math.isnan(value) else value for value in values.tolist()]
