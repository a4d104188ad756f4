"""Assignment 1's data: two thousand digits with a rare one and some wrong labels among them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab.coursework import Variation, plainly_written
from mnistlab.data import Digits

__all__ = ["vary"]

IMAGES, FEW, PRACTICE, HIDDEN = 2000, 40, 500, 2000
WRONG = 8
# What is shown and what the label says: digits that nobody takes for one another.
SLIPS = [(0, 1), (1, 0), (0, 7), (7, 0), (6, 7), (7, 6), (6, 1), (3, 1), (3, 4), (5, 1)]

Places = NDArray[np.int64]


def vary(digits: Digits, own: np.random.Generator, unseen: np.random.Generator) -> Variation:
    """Choose a student's images, give some a wrong label, and keep others back.

    given: images (2000, 28, 28), labels, practice_images (500, 28, 28), practice_labels.
    kept: wrong (8,) places, rare (), hidden_images (2000, 28, 28) and hidden_labels.
    """
    order = own.permutation(plainly_written(digits))
    rare = int(own.integers(10))
    chosen, rest = _with_few(order, digits.y_train, rare)
    practice, left = rest[:PRACTICE], rest[PRACTICE:]
    images, labels = digits.x_train[chosen], digits.y_train[chosen].copy()
    wrong = _mislabel(images, labels, rare, own)
    hidden = unseen.permutation(left)[:HIDDEN]
    return Variation(
        given={
            "images": images,
            "labels": labels,
            "practice_images": digits.x_train[practice],
            "practice_labels": digits.y_train[practice],
        },
        kept={
            "wrong": wrong,
            "rare": np.array(rare),
            "hidden_images": digits.x_train[hidden],
            "hidden_labels": digits.y_train[hidden],
        },
    )


def _with_few(order: Places, labels: NDArray[np.uint8], rare: int) -> tuple[Places, Places]:
    """Take the first images, but few of one digit; return them and those that are left."""
    is_rare = labels[order] == rare
    few, others = order[is_rare][:FEW], order[~is_rare][: IMAGES - FEW]
    chosen = np.concatenate([few, others])
    taken = np.isin(order, chosen)
    return order[taken], order[~taken]


def _mislabel(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], rare: int, own: np.random.Generator
) -> Places:
    """Give some plainly written images another label, in place; return where."""
    rows = images.reshape(len(images), -1).astype(np.float32)
    means = np.stack([rows[labels == digit].mean(axis=0) for digit in range(10)])
    distances = np.stack([np.square(rows - mean).sum(axis=1) for mean in means], axis=1)
    plain = distances.argmin(axis=1) == labels  # nearer to its own mean than to any other
    slips = [(a, b) for a, b in own.permutation(SLIPS) if rare not in (a, b)]
    places: list[Any] = []
    for shown, label in (slips * WRONG)[:WRONG]:
        gain = distances[:, label] - distances[:, shown]
        of_digit = labels == shown
        clear = np.flatnonzero(plain & of_digit & (gain > np.quantile(gain[of_digit], 0.9)))
        place = own.choice(np.setdiff1d(clear, places))
        labels[place] = label
        places.append(place)
    return np.sort(np.array(places))
