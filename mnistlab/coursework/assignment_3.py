"""Assignment 3's data: two networks to compare, a result to audit, images without labels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab.coursework import Variation, claims, plainly_written
from mnistlab.data import Digits

__all__ = ["coin", "vary"]

IMAGES = 1500  # read by both networks
TRAIN, TEST, UNLABELLED = 2000, 500, 1500
COPIES, MOVED = 60, 30  # test images that stand in the training set too
NEGATIVES = 450
BETTER = ("A", "B", "not shown")
TEMPERATURES = (0.55, 1.0, 1.8)  # claims too much, is calibrated, claims too little

Numbers = NDArray[np.float64]


def vary(digits: Digits, own: np.random.Generator, unseen: np.random.Generator) -> Variation:
    """Draw two networks' outputs and a published result, choose images and spoil some.

    given: labels (1500,), outputs_a and outputs_b (1500, 10); matrix (10, 10), statements (8,);
    train_images (2000, 28, 28), train_labels, test_images (500, 28, 28), test_labels, test_read;
    unlabelled (1500, 28, 28). kept: better, p, kinds, false, unlabelled_labels, negative.
    """
    networks = _two_networks(own)
    result = claims.published(own)
    order = own.permutation(plainly_written(digits))
    train, test, left = np.split(order, [TRAIN, TRAIN + TEST])
    leaky = _leaky_test(digits, train, test, own)
    hidden = unseen.permutation(left)[:UNLABELLED]
    negative = np.arange(UNLABELLED) < NEGATIVES
    unseen.shuffle(negative)
    images = digits.x_train[hidden]
    images[negative] = 255 - images[negative]
    given = {name: networks[name] for name in ("labels", "outputs_a", "outputs_b")}
    given |= {name: result[name] for name in ("matrix", "statements")}
    given |= {"train_images": digits.x_train[train], "train_labels": digits.y_train[train]}
    kept = {name: networks[name] for name in ("better", "p")}
    kept |= {name: result[name] for name in ("kinds", "false")}
    kept |= {"unlabelled_labels": digits.y_train[hidden], "negative": negative}
    return Variation(given | leaky | {"unlabelled": images}, kept)


def _two_networks(own: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Draw answers and outputs until the case that was wanted is clear enough to be judged.

    Each network has, for each image, a chance to be right. Its confidence is that chance itself,
    or pushed up or down by a temperature.
    """
    better = BETTER[own.integers(3)]
    temperatures = own.choice(TEMPERATURES, size=2)
    labels = own.choice(10, size=IMAGES, p=own.dirichlet(np.full(10, 50)))
    while True:
        chances, right = _chances_and_answers(labels, better, own)
        confidence = [_heated(*pair) for pair in zip(chances, temperatures, strict=True)]
        only = [(right[0] & ~right[1]).sum(), (right[1] & ~right[0]).sum()]
        p = coin(*only)
        leads = BETTER[int(only[1] > only[0])]
        shown = better == leads and 0.01 < p < 0.035
        if not shown and not (better == "not shown" and 0.12 < p < 0.6):
            continue
        if all(map(_clearly, confidence, right, temperatures)):
            break
    outputs = [_outputs(labels, *pair, own) for pair in zip(confidence, right, strict=True)]
    return {
        "labels": labels.astype(np.uint8),
        "outputs_a": outputs[0],
        "outputs_b": outputs[1],
        "better": np.array(better),
        "p": np.array(p),
    }


def _chances_and_answers(
    labels: NDArray[Any], better: str, own: np.random.Generator
) -> tuple[list[Numbers], list[NDArray[np.bool_]]]:
    """Both networks find the same images hard, and toss the same coins for most of them."""
    doubt = 0.5 * own.beta(0.5, 3.0, size=IMAGES)
    weak = labels == own.integers(10)
    doubt[weak] = 0.5 * own.beta(0.8, 2.0, size=weak.sum())
    coins = own.random(IMAGES)
    others = np.where(own.random(IMAGES) < 0.35, own.random(IMAGES), coins)
    chances = [1 - doubt * (0.8 if better == name else 1) for name in "AB"]
    return chances, [coins < chances[0], others < chances[1]]


def coin(heads: int, tails: int) -> float:
    """How often fair coins fall at least as unevenly, to either side."""
    n = int(heads + tails)
    tail = sum(math.comb(n, k) for k in range(int(min(heads, tails)) + 1))
    return float(min(1, 2 * tail / 2**n))


def _heated(chance: Numbers, temperature: float) -> Numbers:
    odds = (chance / np.maximum(1 - chance, 1e-9)) ** (1 / temperature)
    return np.minimum(odds / (1 + odds), 0.9999)


def _clearly(confidence: Numbers, right: NDArray[np.bool_], temperature: float) -> bool:
    """Whether a network plainly claims too much, or too little, or neither."""
    share = right.mean()
    gap = (confidence.mean() - share) / math.sqrt(share * (1 - share) / len(right))
    if temperature == 1:
        return bool(abs(gap) < 1.2)
    return bool(gap * (1 if temperature < 1 else -1) > 3)


def _outputs(
    labels: NDArray[Any],
    confidence: Numbers,
    right: NDArray[np.bool_],
    own: np.random.Generator,
) -> NDArray[np.float32]:
    """Outputs whose largest is the confidence (0.5 at least); a mistake's truth comes second."""
    rows = np.arange(IMAGES)
    read = np.where(right, labels, claims.misread(own, labels))
    rest = own.gamma(0.3, size=(IMAGES, 10))
    rest[rows, labels] += 1
    rest[rows, read] = 0
    rest /= rest.sum(axis=1, keepdims=True)
    outputs = (1 - confidence)[:, None] * (rest / 2 + 1 / 18)
    outputs[rows, read] = confidence
    return outputs.astype(np.float32)


def _leaky_test(
    digits: Digits, train: NDArray[Any], test: NDArray[Any], own: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Put copies of training images among the test images, some moved by a pixel.

    A network that knows the copies by heart has read them all.
    """
    images, labels = digits.x_train[test], digits.y_train[test].copy()
    inner = np.flatnonzero(~_touches_the_edge(digits.x_train[train]))
    copied = own.permutation(inner)[: COPIES + MOVED]
    places = own.permutation(TEST)[: COPIES + MOVED]
    images[places] = digits.x_train[train[copied]]
    labels[places] = digits.y_train[train[copied]]
    for place in places[COPIES:]:
        images[place] = np.roll(images[place], own.choice([-1, 1]), axis=own.integers(2))
    right = own.random(TEST) < 0.85
    right[places] = True
    read = np.where(right, labels, claims.misread(own, labels.astype(np.int64)))
    return {"test_images": images, "test_labels": labels, "test_read": read.astype(np.uint8)}


def _touches_the_edge(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    inner = np.pad(np.zeros((26, 26), bool), 1, constant_values=True)
    return np.asarray(images[:, inner].any(axis=1))
