"""What `make bench` measures: each entrant trains one network, in a process of its own.

    python tools/entrants.py first:hidden 0     prints one line of JSON

`first:` are the first projects as they were written, `ours:` the package's fast recipes, `way:`
the steps from the one to the other, `peer:` other libraries, `record:` the quickest 99 % that we
know, `grown:` more images, `evaluate:` and `limit:` what the names say. Whatever an entrant may
choose was chosen on 5,000 held-out training images; the test images are read once, at the end.
"""

import contextlib
import io
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's notices on stderr

import keras
import numpy as np
import peers
import tensorflow as tf
from keras import layers

from mnistlab import data, evaluation, models, training

Found = dict[str, Any]


def first(network: str, digits: data.Digits, seed: int) -> Found:
    """As the first projects have it: float64 pixels, batches of 32, `fit` with its own bar."""
    start = time.perf_counter()
    keras.utils.set_random_seed(seed)
    shape = (28, 28, 1) if network == "cnn" else (784,)
    x_train, x_test = (x.reshape(-1, *shape) / 255 for x in (digits.x_train, digits.x_test))
    model = keras.Sequential([keras.Input(shape), *_first_layers(network)])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    epochs = 10 if network in ("deep-dropout", "cnn") else 5
    watched = {"validation_data": (x_test, digits.y_test)} if network == "deep-dropout" else {}
    with contextlib.redirect_stdout(io.StringIO()):
        model.fit(x_train, digits.y_train, epochs=epochs, **watched)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "accuracy": _accuracy(model.predict(x_test, verbose=0), digits)}


def _first_layers(network: str) -> list[keras.Layer]:
    if network == "cnn":
        looking: list[keras.Layer] = []
        for filters in (32, 32, 64):
            looking += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
        head = [layers.Dense(1000, "relu"), layers.Dropout(0.2), layers.Dense(10, "softmax")]
        return [*looking, layers.Flatten(), *head]
    if network == "deep-dropout":
        hidden: list[keras.Layer] = []
        for size in (784, 392, 196, 98, 49, 24):
            hidden += [layers.Dense(size, "relu"), layers.Dropout(0.3)]
        return [*hidden, layers.Dense(10, "sigmoid")]
    return {
        "no-hidden": [layers.Dense(10, "sigmoid")],
        "hidden": [layers.Dense(100, "relu"), layers.Dense(10, "sigmoid")],
        "sigmoid-pair": [layers.Dense(100, "sigmoid"), layers.Dense(100, "sigmoid")],
    }[network]


def ours(network: str, digits: data.Digits, seed: int) -> Found:
    """The package's fast recipe, with building, tracing and validation in."""
    start = time.perf_counter()
    run = training.train(models.build(network, seed), digits, seed=seed, progress=False)
    seconds = time.perf_counter() - start
    plan = training.recipe_for(network)
    steps = plan.epochs * (run.images // plan.batch)
    each = plan.batch * operations(run.model)
    if plan.matrix_rate:
        each += sum(muon(layer.kernel.shape) for layer in _computing(run.model)[:-1])
    return {"seconds": seconds, "accuracy": _tested(run.model, digits)} | {
        "operations": steps * each,
        "traffic": steps * 4.0 * 7 * models.weight_count(run.model),  # Adam reads 4, writes 3
    }


def operations(model: keras.Model) -> float:
    """Multiplications and additions of one image: forward, and back to inputs and to weights.

    The first layer's input needs no gradient.
    """
    each = [
        2.0 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:-1], dtype=int))
        for layer in _computing(model)
    ]
    return 3 * sum(each) - each[0]


def muon(shape: tuple[int, ...]) -> float:
    """Multiplications and additions of `loop.orthogonal`: twice the matrix, the rest its square."""
    small, large = sorted((shape[-1], int(np.prod(shape[:-1]))))
    return 2.0 * (2 * small**2 * large + 3 * 4 * small**3)


def _computing(model: keras.Model) -> list[keras.Layer]:
    return [layer for layer in model.layers if isinstance(layer, layers.Dense | layers.Conv2D)]


def way(name: str, digits: data.Digits, seed: int) -> Found:
    """One step of the way from the original `hidden` to ours; docs/speed.md tells it."""
    start = time.perf_counter()
    model = models.build("hidden", seed)
    if name == "loop":
        plan = replace(training.recipe_for("hidden"), **peers.USUAL, matrix_rate=None)
        training.train(model, digits, seed=seed, recipe=plan, progress=False)
        return {"seconds": time.perf_counter() - start, "accuracy": _tested(model, digits)}
    x, y = peers.learnt_from(digits, seed)
    size, epochs, rate = 32, 5, 0.001
    if name == "batches":
        size, epochs, rate = (peers.USUAL[key] for key in ("batch", "epochs", "rate"))
    steps = epochs * (len(y) // size)
    falling = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 10, warmup_target=rate, warmup_steps=steps // 10
    )
    model.compile(
        optimizer=keras.optimizers.Adam(falling if name == "batches" else rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=1 if name == "float32" else 100,
    )
    hold = training.split(digits, 5000, seed)[1]
    held_out = (digits.x_train[hold] / np.float32(255), digits.y_train[hold])
    model.fit(
        x.reshape(-1, 28, 28),
        y,
        batch_size=size,
        epochs=epochs,
        validation_data=held_out,
        validation_batch_size=1000,
        verbose=0,
    )
    return {"seconds": time.perf_counter() - start, "accuracy": _tested(model, digits)}


def record(network: str, digits: data.Digits, seed: int) -> Found:
    """99 % as soon as we can: raw pixels in, a trained network of convolutions out."""
    plan = training.Recipe(1, 96, 0.01, 0, rise_and_fall=True, matrix_rate=0.04)
    start = time.perf_counter()
    model = small_cnn(seed)
    run = training.train(model, digits, seed=seed, recipe=plan, progress=False)
    seconds = time.perf_counter() - start - run.tracing
    return {"seconds": seconds, "tracing": run.tracing, "accuracy": _tested(model, digits)}


def small_cnn(seed: int) -> keras.Sequential:
    """`cnn-fast` with two thirds of its filters, and nothing dropped in so short a time."""
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Cropping2D(2),
            layers.Conv2D(16, 5, strides=2, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(32, 3, use_bias=False),
            layers.MaxPooling2D(),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Conv2D(64, 3, use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="small-cnn",
    )


def peer(name: str, digits: data.Digits, seed: int) -> Found:
    """Another library on the network `hidden`."""
    seconds, outputs = peers.PEERS[name](digits, seed)
    return {"seconds": seconds, "accuracy": _accuracy(outputs, digits)}


def grown(times: str, digits: data.Digits, seed: int) -> Found:
    """One epoch of `hidden` on every image so many times."""
    x, y = (np.concatenate([part] * int(times)) for part in (digits.x_train, digits.y_train))
    many = replace(digits, x_train=x, y_train=y)
    model = models.build("hidden", seed)
    run = training.train(model, many, epochs=1, validation=0, progress=False)
    return {"seconds": run.seconds - run.tracing, "images": run.images}


def evaluate(times: str, digits: data.Digits, seed: int) -> Found:
    """A report on every test image so many times; the network has answered before."""
    x, y = (np.concatenate([part] * int(times)) for part in (digits.x_test, digits.y_test))
    model = models.build("hidden", seed)
    evaluation.evaluate(model, x[:1000], y[:1000])
    start = time.perf_counter()
    evaluation.evaluate(model, x, y)
    return {"seconds": time.perf_counter() - start, "images": len(y)}


def limit(name: str, digits: data.Digits | None, seed: int) -> Found:
    """What this machine does at best: float32 products, and bytes read from memory."""
    side = tf.random.normal((2048, 2048))
    much = tf.Variable(tf.zeros(64 * 2**20))  # 256 MiB: more than caches hold
    product = _best(tf.function(lambda: tf.reduce_sum(side @ side)))
    read = _best(tf.function(lambda: tf.reduce_sum(much)))
    return {"operations": 2 * 2048**3 / product, "bytes": 4 * 64 * 2**20 / read}


def _best(work: Callable[[], tf.Tensor], times: int = 8) -> float:
    work().numpy()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work().numpy()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _tested(model: keras.Model, digits: data.Digits) -> float:
    return _accuracy(model.predict(digits.x_test / np.float32(255), 1000, verbose=0), digits)


def _accuracy(outputs: Any, digits: data.Digits) -> float:
    return float((outputs.argmax(axis=1) == digits.y_test).mean())


KINDS: dict[str, Callable[[str, Any, int], Found]] = {
    kind.__name__: kind for kind in (first, ours, way, record, peer, grown, evaluate, limit)
}


def main() -> None:
    """Run the entrant of the command line and print what it found."""
    kind, _, name = sys.argv[1].partition(":")
    start = time.perf_counter()
    digits = None if kind == "limit" else data.load("mnist")
    loading = {"loading": time.perf_counter() - start}
    print(json.dumps(loading | KINDS[kind](name, digits, int(sys.argv[2]))))


if __name__ == "__main__":
    main()
