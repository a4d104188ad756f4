"""Training: one function, three recipes, and a Run that remembers how it was made.

"original" trains as the first projects did. "fast" reaches at least the same accuracy in a
fraction of the time, with larger batches, a learning rate that rises and then falls, and Muon.
"long" takes minutes, to see how far a network gets. None looks at the test set: validation images
are held out of the training set.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from mnistlab import images as pictures
from mnistlab.data import Digits
from mnistlab.loop import Loop

__all__ = ["RECIPES", "Recipe", "Run", "recipe_for", "split", "train"]

Indices = NDArray[np.intp]
LONGER = 3  # times the epochs of the fast recipe when `augment=True` varies every image


@dataclass(frozen=True)
class Recipe:
    """How to train; `rate` is the highest learning rate of Adam, `matrix_rate` that of Muon."""

    epochs: int
    batch: int
    rate: float
    validation: int  # how many training images are held out
    rise_and_fall: bool  # of the learning rates; else they stay
    matrix_rate: float | None = None  # for the hidden layers' weight matrices; None: Adam


_ORIGINAL = Recipe(epochs=5, batch=32, rate=0.001, validation=0, rise_and_fall=False)
_FAST = Recipe(epochs=5, batch=128, rate=0.005, validation=5000, rise_and_fall=True)

# By recipe, then by network; "" stands for every other network. Those that are ours were chosen by
# validation accuracy.
RECIPES = {
    "original": {
        "": _ORIGINAL,
        "deep-dropout": replace(_ORIGINAL, epochs=10),
        "cnn": replace(_ORIGINAL, epochs=10),
    },
    "fast": {
        "": _FAST,
        "no-hidden": replace(_FAST, epochs=3, batch=512, rate=0.02),
        "hidden": replace(_FAST, epochs=2, batch=512, rate=0.01, matrix_rate=0.1),
        "sigmoid-pair": replace(_FAST, epochs=2, batch=256, rate=0.02, matrix_rate=0.2),
        "deep-dropout": replace(_FAST, epochs=4, batch=256, rate=0.002),
        "cnn": replace(_FAST, epochs=2, batch=256, rate=0.006, matrix_rate=0.03),
        "cnn-fast": replace(_FAST, epochs=2, rate=0.01, matrix_rate=0.05),
        "rows-columns": replace(_FAST, batch=512, matrix_rate=0.05),
    },
    "long": {
        "": replace(_FAST, epochs=20),
        "cnn-fast": replace(_FAST, epochs=16, rate=0.01, matrix_rate=0.05),
        "rows-columns": replace(_FAST, epochs=30, batch=512, matrix_rate=0.05),
    },
}


@dataclass
class Run:
    """One training: the trained model, and how it came to be."""

    model: keras.Model
    network: str
    recipe: str
    plan: Recipe  # the recipe with what was asked for in its place
    seed: int
    augment: bool | str
    source: str  # which digits: "mnist" or "offline"
    images: int  # how many of them it learnt from
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    tracing: float = 0.0  # seconds of them in which TensorFlow wrote the compiled function
    interrupted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """All but the model itself, for manifests and JSON."""
        facts = {name: value for name, value in vars(self).items() if name != "model"}
        return facts | {"plan": vars(self.plan)}

    def __str__(self) -> str:
        done = len(self.history.get("loss", []))
        last = [f"{name} {values[-1]:.4f}" for name, values in self.history.items()]
        numbers = ", ".join(last) or "no epoch finished"
        return (
            f"{self.network}, recipe {self.recipe}, seed {self.seed}: "
            f"{done} of {self.plan.epochs} epochs in {self.seconds:.1f} s: {numbers}"
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
    recipe: str | Recipe = "fast",
    augment: bool | str = False,
    *,
    rate: float | None = None,
    batch: int | None = None,
    validation: int | None = None,
    limit: int | None = None,
    progress: bool = True,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Run:
    """Train `model` on the training set of `digits`; lessons 2 to 6 use it after plain `fit`.

    `seed` sets the split, the order and the dropout. `recipe` is a name or a Recipe; `epochs`,
    `rate` (Muon's moves with it), `batch` and `validation` (how many images are held out) replace
    its own. `augment=True` varies how each image is written each time that it comes, and takes
    three times the fast recipe's epochs; `augment="warped"` only turns, scales and shifts it.
    `limit` learns from so many images only. `callbacks` hear of epochs, not of batches,
    and cannot change the rate. Ctrl-C, or Jupyter's stop button, ends it early and returns the
    model so far.
    """
    start = time.perf_counter()
    _check_fit(model, digits)
    usual = recipe if isinstance(recipe, Recipe) else recipe_for(model.name, recipe)
    style = _style(augment)
    if style == "varied" and recipe == "fast":
        usual = replace(usual, epochs=LONGER * usual.epochs)
    plan = _plan(usual, epochs, rate, batch, validation)
    learn, hold = split(digits, plan.validation, seed)
    learn = learn if limit is None else learn[: _positive("limit", limit)]
    fitting = min if batch or isinstance(recipe, Recipe) else _batch_size
    plan = replace(plan, batch=fitting(plan.batch, len(learn)))
    raw = digits.x_train.dtype == np.uint8
    images = (digits.x_train if raw else pictures.as_input(digits.x_train)).reshape(-1, 28, 28)
    rates = _rates(plan, plan.epochs * (len(learn) // plan.batch))
    how: dict[str, Any] = {"size": plan.batch, "rates": rates, "seed": seed, "augment": style}
    loop = Loop(model, images, digits.y_train, learn, **how)
    _seed_dropout(model, seed)
    model.compile(optimizer="adam", loss=loop.loss, metrics=["accuracy"])  # for a later `fit`
    name = recipe if isinstance(recipe, str) else "own"
    run = Run(model, model.name, name, plan, seed, augment, digits.source, len(learn))
    held_out = (images[hold], digits.y_train[hold]) if len(hold) else None
    with tqdm(total=len(rates), desc=run.network, unit="batch", disable=not progress) as bar:
        try:
            traced = time.perf_counter()
            loop.trace()
            run.tracing = time.perf_counter() - traced
            _go(loop, run, held_out, bar, keras.callbacks.CallbackList([*callbacks], model=model))
        except KeyboardInterrupt:
            run.interrupted = True
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


def _go(
    loop: Loop,
    run: Run,
    held_out: tuple[NDArray[Any], NDArray[Any]] | None,
    bar: Any,
    heard: keras.callbacks.CallbackList,
) -> None:
    """Trains epoch by epoch, and tells the Run, the bar and Keras' callbacks."""
    if heard.callbacks:  # some ask which metrics there are, which Keras knows after a first use
        run.model.test_on_batch(np.zeros((1, 28, 28), np.float32), np.zeros(1))
    run.model.stop_training = False  # a callback such as EarlyStopping may set it
    heard.on_train_begin()
    for epoch in range(run.plan.epochs):
        heard.on_epoch_begin(epoch)
        logs = loop.epoch(epoch, bar.update)
        if held_out is not None:
            logs |= {f"val_{name}": value for name, value in loop.measure(*held_out).items()}
        for name, value in logs.items():
            run.history.setdefault(name, []).append(value)
        bar.set_postfix({name: f"{logs[name]:.4f}" for name in ("loss", [*logs][-1])})
        heard.on_epoch_end(epoch, logs)
        if run.model.stop_training:
            break
    heard.on_train_end()


def _style(augment: bool | str) -> str:
    styles = {False: "", True: "varied", "varied": "varied", "warped": "warped"}
    if augment not in styles:
        raise ValueError(f'augment={augment!r}: choose True, False, "varied" or "warped".')
    return styles[augment]


def _plan(
    usual: Recipe,
    epochs: int | None,
    rate: float | None,
    batch: int | None,
    validation: int | None,
) -> Recipe:
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"rate={rate}: a learning rate is a number above 0, such as 0.001.")
    chosen = usual.rate if rate is None else rate
    return replace(
        usual,
        epochs=usual.epochs if epochs is None else _positive("epochs", epochs),
        batch=usual.batch if batch is None else _positive("batch", batch),
        rate=chosen,
        validation=usual.validation if validation is None else validation,
        matrix_rate=usual.matrix_rate and usual.matrix_rate * chosen / usual.rate,
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


def _seed_dropout(model: keras.Model, seed: int) -> None:
    for place, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign([seed, place])


def _batch_size(usual: int, images: int) -> int:
    """Of few images smaller batches than usual: 100 steps an epoch, or else batches of 32."""
    return min(usual, max(images // 100, min(images, 32)))


def _rates(plan: Recipe, steps: int) -> NDArray[np.float32]:
    """Adam's learning rate at each step, and Muon's where the recipe has one: (steps, 1 or 2)."""
    highest = [plan.rate] if plan.matrix_rate is None else [plan.rate, plan.matrix_rate]
    share = np.ones(steps)
    if plan.rise_and_fall:
        rise = steps // 10
        share[:rise] = np.arange(rise) / max(rise, 1)
        share[rise:] = (1 + np.cos(np.pi * np.arange(steps - rise) / (steps - rise))) / 2
    return np.outer(share, highest).astype(np.float32)
