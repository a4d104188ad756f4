"""One trial of a sweep: a network trained with some settings, and read against held-out images.

A Task says in plain values all that has to be known, so that it can go to another process or to
another machine; an Outcome is what comes back. Whoever only sends tasks needs no TensorFlow, so
what brings it is imported where a task is done.
"""

import contextlib
import gc
import hashlib
import itertools
import logging
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import __version__, data
from mnistlab.data import Digits

if TYPE_CHECKING:
    import keras

__all__ = ["Outcome", "Plan", "Settings", "Task", "build", "digest", "limit_threads", "run"]

Settings = Mapping[str, Any]

# A trained network and TensorFlow's copy of the images hold each other, 50 MB a trial, until Python
# looks for such circles. It would wait too long, and looking takes a fifth of a second.
SWEEPING = 5  # trials
_begun = itertools.count()


@dataclass(frozen=True)
class Plan:
    """What all trials of one sweep have in common."""

    network: str
    source: str  # which digits: "mnist" or "offline"
    digest: str  # of the training images and labels: a worker has to have the same
    epochs: int
    limit: int | None  # learn from so many images only
    validation: int  # how many training images are held out
    seed: int
    version: str = __version__


@dataclass(frozen=True)
class Task:
    """One training. Below one of `bars`, the accuracy asked for after each epoch, it ends early.

    Without `settings` the network is trained as it is. An `exam` opens the test set afterwards.
    """

    plan: Plan
    settings: Settings = field(default_factory=dict)
    seed: int = 0
    bars: tuple[float, ...] = ()
    exam: bool = False


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a task came to: the validation accuracy after each epoch, and at what price."""

    accuracies: tuple[float, ...]
    pruned: bool
    weights: int
    seconds: float
    where: str  # the machine and the process
    correct: NDArray[np.bool_] | None = None  # an exam's answers to the test images


def run(task: Task, digits: Digits | None = None) -> Outcome:
    """Do a task; a worker far away has no `digits` yet and loads its own."""
    import keras

    from mnistlab import evaluation, models, training

    plan, started = task.plan, time.perf_counter()
    if next(_begun) % SWEEPING == 0:
        gc.collect()
    digits = _digits(plan) if digits is None else digits
    model = build(plan.network, task.settings, task.seed)
    prune = _Prune(task.bars, model)
    with _without_advice():
        run = training.train(
            model,
            digits,
            plan.epochs,
            task.seed,
            rate=task.settings.get("rate"),
            batch=task.settings.get("batch"),
            validation=plan.validation,
            limit=plan.limit,
            progress=False,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=prune)],
        )
    if run.interrupted:
        raise KeyboardInterrupt
    correct = None
    if task.exam:
        correct = evaluation.evaluate(model, digits.x_test, digits.y_test).correct
    weights, seconds = models.weight_count(model), time.perf_counter() - started
    reached = tuple(run.history["val_accuracy"])
    where = f"{platform.node()}, process {os.getpid()}"
    return Outcome(reached, prune.pruned, weights, seconds, where, correct)


class _Prune:
    """Ends a training whose best accuracy so far lies below the bar of its epoch."""

    def __init__(self, bars: tuple[float, ...], model: "keras.Model") -> None:
        self.bars, self.model, self.best, self.pruned = bars, model, 0.0, False

    def __call__(self, epoch: int, logs: Mapping[str, float]) -> None:
        self.best = max(self.best, logs["val_accuracy"])
        self.pruned = epoch < len(self.bars) and self.best < self.bars[epoch]
        self.model.stop_training = self.pruned


def build(network: str, settings: Settings, seed: int = 0) -> "keras.Sequential":
    """The network of that name with the `size` and the `dropout` of the settings; lesson 7."""
    from keras import Input, Sequential, layers, utils

    from mnistlab import models

    if network != "hidden":
        model = models.build(network, seed)
        for layer in model.layers:
            if isinstance(layer, layers.Dropout):
                layer.rate = settings.get("dropout", layer.rate)
        return model
    utils.set_random_seed(seed)
    parts = [
        Input((28, 28)),
        layers.Flatten(),
        layers.Dense(settings.get("size", 100), activation="relu"),
        layers.Dropout(settings.get("dropout", 0.0)),
        layers.Dense(10, activation="softmax"),
    ]
    return Sequential(parts, name=network)


@contextlib.contextmanager
def _without_advice() -> Iterator[None]:
    """TensorFlow warns of functions traced again and again; each trial is a network of its own."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@cache
def _digits(plan: Plan) -> Digits:
    """This machine's own digits, which have to be those of the plan."""
    if plan.version != __version__:
        raise ValueError(
            f"{platform.node()} has mnistlab {__version__}, and the sweep comes from "
            f"{plan.version}: install the same version on every machine."
        )
    digits = data.load(plan.source)
    if digest(digits) != plan.digest:
        raise ValueError(
            f"{platform.node()} has other digits than the machine that asks "
            f"({digits.origin}): give both the same file, by MNISTLAB_DATA."
        )
    return digits


def digest(digits: Digits) -> str:
    """The SHA-256 of the training images and labels."""
    seen = hashlib.sha256(np.ascontiguousarray(digits.x_train).data)
    seen.update(np.ascontiguousarray(digits.y_train).data)
    return seen.hexdigest()


@cache
def limit_threads(count: int) -> None:
    """Let TensorFlow compute on so many cores, if it has not begun to: several share a machine."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(count)
        tf.config.threading.set_inter_op_parallelism_threads(count)
    except RuntimeError:  # it has begun, with threads of its own
        return
