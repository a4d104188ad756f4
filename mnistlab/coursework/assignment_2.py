"""Assignment 2's data: six trainings, five of them broken, and digits to train on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab.coursework import Variation, plainly_written
from mnistlab.data import Digits

__all__ = ["FAULTS", "vary"]

RUNS, LEARN, CHECK, UNITS = 6, 800, 300, 20  # run 0 is healthy
POOL, IMAGES, HIDDEN = 1500, 3000, 2000  # the trainings share a pool of images
ALWAYS = ("labels", "leak")
FAULTS = (*ALWAYS, "pixels", "equal", "fast", "slow", "order", "unlike")
RATE, EPOCHS, SCALE = 0.2, 15, 255

Arrays = dict[str, NDArray[Any]]


def vary(digits: Digits, own: np.random.Generator, unseen: np.random.Generator) -> Variation:
    """Choose a student's images, break five of six trainings, and keep other images back.

    given: images (3000, 28, 28) and labels, sorted by label; and for the six trainings `run_…`
    their images (6, 800, 28, 28), labels, val_images (6, 300, 28, 28), val_labels, kernel_1
    (6, 784, 20), kernel_2 (6, 20, 10), rate, epochs and scale, (6,) each.
    kept: faults (5,) words; slipped () and true_labels (800,) of the training whose labels slipped;
    leaked (n,) and leaked_from (n,), places of the copies; hidden_images (2000, 28, 28) and
    hidden_labels.
    """
    order = own.permutation(plainly_written(digits))
    pool, chosen, left = np.split(order, [POOL, POOL + IMAGES])
    chosen = chosen[np.argsort(digits.y_train[chosen], kind="stable")]
    hidden = unseen.permutation(left)[:HIDDEN]
    extra = own.permutation(FAULTS[len(ALWAYS) :])[: RUNS - 1 - len(ALWAYS)]
    faults = own.permutation([*ALWAYS, *extra])
    runs = _healthy(digits, pool, own)
    kept = {"faults": faults}
    for place, fault in enumerate(faults, 1):
        run = {name: array[place] for name, array in runs.items()}  # views: changed in place
        kept |= BREAK[fault](run, own)
    runs |= {name: runs[name].ravel() for name in ("rate", "epochs", "scale")}
    given = {f"run_{name}": array for name, array in runs.items()}
    given |= {"images": digits.x_train[chosen], "labels": digits.y_train[chosen]}
    kept |= {"hidden_images": digits.x_train[hidden], "hidden_labels": digits.y_train[hidden]}
    return Variation(given, kept)


def _healthy(digits: Digits, pool: NDArray[np.int64], own: np.random.Generator) -> Arrays:
    """Six sound trainings: images, labels, first weights and settings."""
    places = np.stack([own.permutation(pool)[: LEARN + CHECK] for _ in range(RUNS)])
    learn, check = places[:, :LEARN], places[:, LEARN:]
    return {
        "images": digits.x_train[learn],
        "labels": digits.y_train[learn],
        "val_images": digits.x_train[check],
        "val_labels": digits.y_train[check],
        "kernel_1": own.normal(0, np.sqrt(2 / 784), (RUNS, 784, UNITS)).astype(np.float32),
        "kernel_2": own.normal(0, np.sqrt(2 / UNITS), (RUNS, UNITS, 10)).astype(np.float32),
        "rate": np.full((RUNS, 1), RATE, np.float32),
        "epochs": np.full((RUNS, 1), EPOCHS),
        "scale": np.full((RUNS, 1), SCALE, np.float32),
    }


def _labels(run: Arrays, own: np.random.Generator) -> Arrays:
    """The labels slip by a few places."""
    true, slipped = run["labels"].copy(), own.integers(2, 10)
    run["labels"][:] = np.roll(true, slipped)
    return {"true_labels": true, "slipped": np.array(slipped)}


def _leak(run: Arrays, own: np.random.Generator) -> Arrays:
    """Most validation images stand among the training images too."""
    count = own.integers(CHECK * 7 // 10, CHECK * 9 // 10)
    copied = own.permutation(CHECK)[:count]
    places = own.permutation(LEARN)[:count]
    run["images"][places] = run["val_images"][copied]
    run["labels"][places] = run["val_labels"][copied]
    return {"leaked": np.sort(places), "leaked_from": np.sort(copied)}


def _pixels(run: Arrays, own: np.random.Generator) -> Arrays:
    run["scale"][:] = 1
    return {}


def _equal(run: Arrays, own: np.random.Generator) -> Arrays:
    """All units begin as the first one does, and so stay the same."""
    run["kernel_1"][:] = run["kernel_1"][:, :1]
    run["kernel_2"][:] = run["kernel_2"][:1]
    return {}


def _fast(run: Arrays, own: np.random.Generator) -> Arrays:
    run["rate"][:] = own.choice([6, 8, 10, 12, 15])
    return {}


def _slow(run: Arrays, own: np.random.Generator) -> Arrays:
    run["rate"][:] = own.choice([0.0001, 0.00015, 0.0002])
    return {}


def _order(run: Arrays, own: np.random.Generator) -> Arrays:
    """The images come digit by digit, in some order of the digits."""
    sort = np.argsort(own.permutation(10)[run["labels"]], kind="stable")
    run["images"][:], run["labels"][:] = run["images"][sort], run["labels"][sort]
    return {}


def _unlike(run: Arrays, own: np.random.Generator) -> Arrays:
    """The training images, and only they, are mirrored or turned."""
    images = run["images"]
    ways = [images[:, :, ::-1], images[:, ::-1], images.transpose(0, 2, 1)]
    images[:] = ways[own.integers(len(ways))].copy()
    return {}


BREAK = {
    "labels": _labels,
    "leak": _leak,
    "pixels": _pixels,
    "equal": _equal,
    "fast": _fast,
    "slow": _slow,
    "order": _order,
    "unlike": _unlike,
}
