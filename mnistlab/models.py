"""The course's networks by name, each written as a lesson writes it: in plain Keras.

Five of them are the networks of the first projects, with their layers and their weight counts;
`cnn-fast` and `rows-columns` are ours. Each takes images of (n, 28, 28), float32 in 0..1, and gives
one output per class.
"""

from collections.abc import Callable

import keras
import numpy as np
from keras import layers

from mnistlab import images as pictures

__all__ = ["NAMES", "OUTPUTS", "build", "logits", "weight_count"]

OUTPUTS = ("softmax", "sigmoid")
DEEP_SIZES = (784, 392, 196, 98, 49, 24)


def _no_hidden(output: str) -> list[keras.Layer]:
    return [layers.Flatten(), layers.Dense(10, activation=output)]


def _hidden(output: str) -> list[keras.Layer]:
    return [
        layers.Flatten(),
        layers.Dense(100, activation="relu"),
        layers.Dense(10, activation=output),
    ]


def _sigmoid_pair(output: str) -> list[keras.Layer]:
    # One hundred outputs for ten digits, as the first project has it: lesson 3 asks why.
    return [
        layers.Flatten(),
        layers.Dense(100, activation="sigmoid"),
        layers.Dense(100, activation=output),
    ]


def _deep_dropout(output: str) -> list[keras.Layer]:
    hidden = []
    for size in DEEP_SIZES:
        hidden += [layers.Dense(size, activation="relu"), layers.Dropout(0.3)]
    return [layers.Flatten(), *hidden, layers.Dense(10, activation=output)]


def _cnn(output: str) -> list[keras.Layer]:
    convolutions = []
    for filters in (32, 32, 64):
        convolutions += [layers.Conv2D(filters, 3, activation="relu"), layers.MaxPooling2D()]
    return [
        layers.Reshape((28, 28, 1)),
        # The poolings drop what their windows do not fill: nothing beyond row and column 22 ever
        # reached the fifth project's outputs. Cut off, it costs no time either.
        layers.Cropping2D(((0, 6), (0, 6))),
        *convolutions,
        layers.Flatten(),
        layers.Dense(1000, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation=output),
    ]


def _cnn_fast(output: str) -> list[keras.Layer]:
    # The first layer looks at every second place only: a quarter of the work, for more filters.
    return [
        layers.Reshape((28, 28, 1)),
        layers.Cropping2D(((2, 3), (2, 3))),  # hardly any ink is there, and no window is cut
        layers.Conv2D(24, 5, strides=2, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
        layers.Conv2D(48, 3, use_bias=False),
        layers.MaxPooling2D(),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
        layers.Conv2D(96, 3, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
        layers.Flatten(),
        layers.Dropout(0.2),
        layers.Dense(10, activation=output),
    ]


def _rows_columns(output: str) -> list[keras.Layer]:
    # No convolution: a Dense layer looks along each row with the same weights, the next one along
    # each column, and so on in turn.
    looking: list[keras.Layer] = []
    for _ in range(4):
        looking += [*_normalised(48), layers.Permute((2, 1))]
    head = [layers.Flatten(), layers.Dropout(0.3), *_normalised(256), layers.Dropout(0.3)]
    return [*looking, *head, layers.Dense(10, activation=output)]


def _normalised(units: int) -> list[keras.Layer]:
    return [
        layers.Dense(units, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
    ]


_LAYERS: dict[str, Callable[[str], list[keras.Layer]]] = {
    "no-hidden": _no_hidden,
    "hidden": _hidden,
    "sigmoid-pair": _sigmoid_pair,
    "deep-dropout": _deep_dropout,
    "cnn": _cnn,
    "cnn-fast": _cnn_fast,
    "rows-columns": _rows_columns,
}
NAMES = tuple(_LAYERS)


def build(name: str, seed: int = 0, output: str = "softmax") -> keras.Sequential:
    """A fresh, compiled network by its name; lessons 2 to 6 write each one out.

    `seed` sets the first weights (through Keras' global seed, as the lessons do). `output` is the
    last layer's activation: "sigmoid" is what the first projects used, and what lesson 4 is about.
    """
    if name not in _LAYERS:
        raise ValueError(f"There is no network {name!r}. Choose one of: {', '.join(NAMES)}.")
    if output not in OUTPUTS:
        raise ValueError(f"output={output!r} is not known. Choose one of: {', '.join(OUTPUTS)}.")
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((28, 28)), *_LAYERS[name](output)], name=name)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def weight_count(model: keras.Model) -> int:
    """How many numbers training adjusts; lesson 2 counts them by hand."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def logits(model: keras.Model, images: np.ndarray, batch: int = 1000) -> np.ndarray:
    """What stands before the last layer's activation, (n, classes) float32; lesson 4 needs it.

    The last layer must be a Dense one, as in every network of the course.
    """
    head = model.layers[-1]
    if not isinstance(head, layers.Dense):
        raise ValueError(f"The last layer of {model.name!r} is no Dense layer: it has no logits.")
    taken = model.input_shape[1:] if hasattr(model, "input_shape") else "unknown"
    if taken not in ((28, 28), (28, 28, 1)):
        raise ValueError(
            f"{model.name!r} takes no images of 28×28: its input is {taken}. Begin it with "
            "keras.Input((28, 28)) and, before a Dense layer, Flatten()."
        )
    x = pictures.as_input(images)
    if len(x) == 0:
        return np.zeros((0, head.units), np.float32)
    body = keras.Model(model.inputs[0], head.input)
    bias = head.bias if head.use_bias else np.float32(0)
    parts = [
        # (batch, features) @ (features, classes) → (batch, classes)
        np.asarray(body(x[start : start + batch], training=False) @ head.kernel + bias)
        for start in range(0, len(x), batch)
    ]
    return np.concatenate(parts)
