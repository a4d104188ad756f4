"""Training: one function, two recipes, and a Run that remembers how it was made.

"original" trains as the first projects did. "fast" reaches at least the same accuracy in a
fraction of the time, with larger batches and a learning rate that rises and then falls. Neither
looks at the test set: validation images are held out of the training set.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tqdm.auto import tqdm

from mnistlab import images as pictures
from mnistlab.augmentation import warped
from mnistlab.data import Digits

__all__ = ["RECIPES", "Recipe", "Run", "recipe_for", "split", "train"]

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Recipe:
    """How to train; `rate` is the highest learning rate."""

    epochs: int
    batch: int
    rate: float
    validation: int  # how many training images are held out
    rise_and_fall: bool  # of the learning rate; else it stays


_ORIGINAL = Recipe(epochs=5, batch=32, rate=0.001, validation=0, rise_and_fall=False)
_FAST = Recipe(epochs=5, batch=128, rate=0.005, validation=5000, rise_and_fall=True)

# By recipe, then by network; "" stands for every other network. The fast ones were chosen by
# validation accuracy.
RECIPES = {
    "original": {
        "": _ORIGINAL,
        "deep-dropout": replace(_ORIGINAL, epochs=10),
        "cnn": replace(_ORIGINAL, epochs=10),
    },
    "fast": {
        "": _FAST,
        "sigmoid-pair": replace(_FAST, rate=0.02),
        "deep-dropout": replace(_FAST, epochs=8, rate=0.002),
        "cnn": replace(_FAST, epochs=6, rate=0.003),
        "cnn-fast": replace(_FAST, epochs=4, rate=0.01),
    },
}


@dataclass
class Run:
    """One training: the trained model, and how it came to be."""

    model: keras.Model
    network: str
    recipe: str
    seed: int
    augment: bool
    source: str  # which digits: "mnist" or "offline"
    images: int  # how many of them it learnt from
    epochs: int  # asked for; `history` holds those that were finished
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """All but the model itself, for manifests and JSON."""
        return {name: value for name, value in vars(self).items() if name != "model"}

    def __str__(self) -> str:
        done = len(self.history.get("loss", []))
        last = [f"{name} {values[-1]:.4f}" for name, values in self.history.items()]
        numbers = ", ".join(last) or "no epoch finished"
        return (
            f"{self.network}, recipe {self.recipe}, seed {self.seed}: "
            f"{done} of {self.epochs} epochs in {self.seconds:.1f} s: {numbers}"
        )


def recipe_for(network: str, recipe: str = "fast") -> Recipe:
    """The recipe of that name for one network; lesson 4 reads it."""
    if recipe not in RECIPES:
        raise ValueError(f"There is no recipe {recipe!r}. Choose one of: {', '.join(RECIPES)}.")
    return RECIPES[recipe].get(network, RECIPES[recipe][""])


def train(
    model: keras.Model,
    digits: Digits,
    epochs: int | None = None,
    seed: int = 0,
    recipe: str = "fast",
    augment: bool = False,
    *,
    rate: float | None = None,
    batch: int | None = None,
    validation: int | None = None,
    limit: int | None = None,
    progress: bool = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Run:
    """Train `model` on the training set of `digits`; lessons 2 to 6 use it after plain `fit`.

    `seed` sets the split, the order and the dropout. `epochs`, `rate`, `batch` and `validation`
    (how many images are held out) replace the recipe's own; `limit` learns from so many images
    only. Ctrl-C, or Jupyter's stop button, ends it early and returns the model so far.
    """
    start = time.perf_counter()
    _check_fit(model, digits)
    plan = _plan(recipe_for(model.name, recipe), epochs, rate, batch, validation)
    learn, hold = split(digits, plan.validation, seed)
    learn = learn if limit is None else learn[: _positive("limit", limit)]
    size = min(plan.batch, len(learn))
    steps = len(learn) // size  # a remainder waits for the next epoch's new order
    _seed_dropout(model, seed)
    model.compile(
        optimizer=keras.optimizers.Adam(_schedule(plan, plan.epochs * steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=_ends_in_logits(model)),
        metrics=["accuracy"],
        steps_per_execution=min(steps, 50),
    )
    run = Run(model, model.name, recipe, seed, augment, digits.source, len(learn), plan.epochs)
    watch = _Watch(run, steps, progress)
    try:
        model.fit(
            _batches(digits.x_train[learn], digits.y_train[learn], size, seed, augment),
            steps_per_epoch=steps,
            epochs=plan.epochs,
            validation_data=_held_out(digits, hold),
            shuffle=False,  # `_batches` does it, by seed
            verbose=0,
            callbacks=[watch, *callbacks],
        )
    except KeyboardInterrupt:
        run.interrupted = True
    watch.close()
    run.seconds = time.perf_counter() - start
    return run


def split(digits: Digits, validation: int = 5000, seed: int = 0) -> tuple[Indices, Indices]:
    """Which training images to learn from and which to hold out, as two arrays of indices.

    Where images are warps of the same original (`digits.train_groups`), all of an original's
    images go to the same side: else validation would only measure memory. The originals that are
    written as plainly as the test ones (`digits.calm_groups`) are held out first. Lesson 4.
    """
    total = len(digits.y_train)
    if not (isinstance(validation, int | np.integer) and 0 <= validation < total):
        raise ValueError(f"validation={validation}: hold out 0 to {total - 1} of the images.")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise ValueError(f"seed={seed}: a seed is a whole number, 0 or more.")
    random = np.random.default_rng(seed)
    order = random.permutation(total)
    if digits.train_groups is not None:
        rank = random.permutation(int(digits.train_groups.max()) + 1)
        if digits.calm_groups is not None:
            rank[digits.calm_groups] -= len(rank)
        order = order[np.argsort(rank[digits.train_groups[order]], kind="stable")]
        shown = digits.train_groups[order]
        # Move the cut to the next original's first image.
        while 0 < validation < total and shown[validation] == shown[validation - 1]:
            validation += 1
        if validation == total:
            raise ValueError("Nothing is left to learn from: hold out fewer images.")
        return random.permutation(order[validation:]), random.permutation(order[:validation])
    return order[validation:], order[:validation]


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Fills a Run's history and shows one progress bar for the whole training."""

    def __init__(self, run: Run, steps: int, progress: bool) -> None:
        super().__init__()
        self.run, self.steps, self.epoch = run, steps, 0
        self.bar = tqdm(
            total=run.epochs * steps, desc=run.network, unit="batch", disable=not progress
        )

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        done = self.epoch * self.steps + min(batch + 1, self.steps)  # Keras counts past the end
        self.bar.update(done - self.bar.n)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch + 1
        for name, value in (logs or {}).items():
            self.run.history.setdefault(name, []).append(float(value))
        shown = ("loss", "val_accuracy" if "val_accuracy" in (logs or {}) else "accuracy")
        self.bar.set_postfix({name: f"{(logs or {})[name]:.4f}" for name in shown})

    def close(self) -> None:
        self.bar.close()


def _plan(
    usual: Recipe,
    epochs: int | None,
    rate: float | None,
    batch: int | None,
    validation: int | None,
) -> Recipe:
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate={rate}: a learning rate is a number above 0, such as 0.001.")
    return Recipe(
        epochs=usual.epochs if epochs is None else _positive("epochs", epochs),
        batch=usual.batch if batch is None else _positive("batch", batch),
        rate=usual.rate if rate is None else rate,
        validation=usual.validation if validation is None else validation,
        rise_and_fall=usual.rise_and_fall,
    )


def _positive(name: str, value: int) -> int:
    if isinstance(value, bool) or not math.isfinite(value) or value != int(value) or value < 1:
        raise ValueError(f"{name}={value}: it must be a whole number, 1 or more.")
    return int(value)


def _check_fit(model: keras.Model, digits: Digits) -> None:
    if not model.built or model.input_shape[1:] != (28, 28):
        takes = f"images of the shape {model.input_shape[1:]}" if model.built else "anything"
        raise ValueError(
            f"{model.name!r} takes {takes}, not 28×28 pixels. "
            "Begin it with keras.Input((28, 28)) and let it flatten or reshape them itself."
        )
    images, labels = np.asarray(digits.x_train), np.asarray(digits.y_train)
    if len(images) != len(labels) or len(labels) == 0:
        raise ValueError(f"There are {len(images)} training images but {len(labels)} labels.")
    pictures.as_input(images[:1])
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(
            f"Labels are one whole number for each image, shape (n,); these are {labels.dtype} "
            f"of the shape {labels.shape}. Turn one-hot labels back with labels.argmax(axis=1)."
        )
    classes = model.output_shape[-1]
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"The labels go from {labels.min()} to {labels.max()}, but {model.name!r} has "
            f"{classes} outputs: it can only learn the labels 0 to {classes - 1}."
        )


def _ends_in_logits(model: keras.Model) -> bool:
    activation = getattr(model.layers[-1], "activation", None)
    return activation is keras.activations.linear


def _seed_dropout(model: keras.Model, seed: int) -> None:
    for place, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign([seed, place])


def _schedule(plan: Recipe, steps: int) -> Any:
    if not plan.rise_and_fall:
        return plan.rate
    rise = steps // 10
    return keras.optimizers.schedules.CosineDecay(
        0.0 if rise else plan.rate, steps - rise, warmup_target=plan.rate, warmup_steps=rise
    )


def _batches(
    x: NDArray[Any], y: NDArray[Any], size: int, seed: int, augment: bool
) -> tf.data.Dataset:
    # Raw pixels stay uint8 in memory; each batch is scaled when its turn comes.
    whole = 255 if x.dtype == np.uint8 else 1
    x = x if x.dtype == np.uint8 else pictures.as_input(x)
    x, y, steps = tf.constant(x.reshape(-1, 28, 28)), tf.constant(y), len(x) // size

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(tf.range(len(x)), seed=[seed, epoch])
        return tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * size], (steps, size)))

    def one_batch(step: tf.Tensor, chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = tf.cast(tf.gather(x, chosen), tf.float32) / whole
        if augment:
            images = warped(images, tf.stack([tf.constant(seed, tf.int64), step]))
        return images, tf.gather(y, chosen)

    order = tf.data.Dataset.counter().flat_map(one_epoch).enumerate()
    return order.map(one_batch, num_parallel_calls=2).prefetch(8)


def _held_out(digits: Digits, hold: Indices) -> tf.data.Dataset | None:
    if len(hold) == 0:
        return None
    images = pictures.as_input(digits.x_train[hold])
    return tf.data.Dataset.from_tensor_slices((images, digits.y_train[hold])).batch(1000).cache()
