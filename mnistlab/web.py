"""One HTML file with a network inside: it works from the disk, on a phone, without a network.

The page in `page/` holds a drawing pad, the preparation of a drawing and a forward pass in
JavaScript; this module writes a Keras network into it.
"""

import base64
import html
import json
from collections.abc import Callable
from importlib.resources import files
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers

from mnistlab.guards import SavingError
from mnistlab.models import weight_count

__all__ = ["described", "page"]

FOLDER = files("mnistlab")
SCRIPTS = ("page/network.js", "page/prepare.js", "pad.js", "page/page.js")
ACTIVATIONS = ("linear", "relu", "sigmoid", "softmax", "tanh")
# Options that change a layer's answer, each with the one value that is written out.
PLAIN: dict[str, Any] = {
    "data_format": "channels_last",
    "padding": "valid",
    "dilation_rate": (1, 1),
    "groups": 1,
    "dims": (2, 1),  # of a Permute: rows and columns change places
    "max_value": None,
    "negative_slope": 0,
    "threshold": 0,
    "quantization_mode": None,
}
Described = dict[str, Any]


def page(model: keras.Model) -> str:
    """The whole page as text; lesson 8 puts one on the web.

    Numbers are rounded to three bytes: a quarter less to carry, right to the fourth digit.
    """
    content = bytearray()
    for_script = [_packed(facts, content) for facts in described(model)]
    weights = base64.b64encode(bytes(content)).decode()
    script = [f"const NETWORK = {json.dumps({'layers': for_script, 'weights': weights})};"]
    script += [_text(name).replace("export default {", "const pad = {") for name in SCRIPTS]
    name = html.escape(model.name)
    parts = {
        "title": f"Draw a digit: {name}",
        "name": name,
        "weights": f"{weight_count(model):,}",
        "style": _text("page/page.css") + _text("pad.css"),
        "script": "\n".join(script),
    }
    whole = _text("page/page.html")
    for mark, part in parts.items():
        whole = whole.replace("{{" + mark + "}}", part)
    return whole


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def described(model: keras.Model) -> list[Described]:
    """What each layer does, as plain facts and arrays: its kind and its activation first of all.

    A Dropout does nothing to a trained network and is left out.
    """
    if not _in_a_row(model):
        raise SavingError("it can only do a network whose layers come one after the other.")
    if model.input_shape[1:] != (28, 28):
        raise SavingError(f"its network takes images of 28×28, not {model.input_shape[1:]}.")
    left_out = (layers.InputLayer, layers.Dropout)
    return [_facts(layer) for layer in model.layers if type(layer) not in left_out]


def _in_a_row(model: keras.Model) -> bool:
    """Does each layer take what the one before it gives, and the last one give the answer?"""
    if isinstance(model, keras.Sequential):
        return True
    outputs = getattr(model, "outputs", [])  # a subclass of Model has none
    if len(outputs) != 1 or outputs[0] is not model.layers[-1].output:
        return False
    return all(after.input is before.output for before, after in pairwise(model.layers))


def _facts(layer: keras.Layer) -> Described:
    kind = type(layer)
    if kind not in KINDS:
        raise SavingError(
            f"it cannot do a {kind.__name__} layer, only {', '.join(k.__name__ for k in KINDS)}"
            " and Dropout."
        )
    _refuse_options(layer)
    facts = {"activation": _activation(layer)} | KINDS[kind](layer)
    if facts["activation"] == "softmax" and len(layer.output.shape) > 2:
        raise SavingError(f"it cannot do {layer.name!r}, a softmax of each row of an image.")
    return facts


def _refuse_options(layer: keras.Layer) -> None:
    for option, plain in PLAIN.items():
        value = getattr(layer, option, plain)
        if value != plain:
            raise SavingError(
                f"it cannot do {layer.name!r} with {option}={value!r}, only {option}={plain!r}."
            )
    last = (-1, len(layer.output.shape) - 1)
    if getattr(layer, "axis", -1) not in last:
        raise SavingError(f"it cannot do {layer.name!r} along another axis than the last.")


def _activation(layer: keras.Layer) -> str:
    """The name that Keras has for a layer's activation; one of another make may do otherwise."""
    chosen = getattr(layer, "activation", keras.activations.linear)
    for name in ACTIVATIONS:
        if chosen is keras.activations.get(name):
            return name
    said = getattr(chosen, "__name__", chosen)
    raise SavingError(
        f"it cannot do the activation {said!r}, only Keras' own {', '.join(ACTIVATIONS)}."
    )


def _packed(facts: Described, content: bytearray) -> Described:
    """The facts, their arrays put into `content`: for each stands [where it begins, its length]."""
    packed = dict(facts)
    for name, value in facts.items():
        if isinstance(value, np.ndarray):
            packed[name] = [len(content), value.size]
            content += _three_bytes(value)
    return packed


def _three_bytes(numbers: np.ndarray) -> bytes:
    """Each as a float32 that is rounded to its first three bytes, the lowest byte first."""
    bits = np.ascontiguousarray(numbers, "<f4").view("<u4").ravel() + np.uint32(0x80)
    return bits.view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()


def _reshape(layer: keras.Layer) -> Described:
    return {"kind": "reshape", "shape": list(layer.output.shape[1:])}


def _dense(layer: keras.Layer) -> Described:
    bias = layer.bias if layer.use_bias else np.zeros(layer.kernel.shape[-1])
    return {"kind": "dense", "kernel": np.asarray(layer.kernel), "bias": np.asarray(bias)}


def _windows(layer: keras.Layer, window: tuple[int, int]) -> Described:
    return {"window": list(window), "step": list(layer.strides)}


def _convolution(layer: keras.Layer) -> Described:
    return _dense(layer) | {"kind": "conv"} | _windows(layer, layer.kernel_size)


def _normalisation(layer: keras.Layer) -> Described:
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    scale = 1 / np.sqrt(variance + layer.epsilon)
    scale = scale * np.asarray(layer.gamma) if layer.scale else scale
    shift = (np.asarray(layer.beta) if layer.center else 0) - mean * scale
    return {"kind": "scale", "scale": scale, "shift": shift}


KINDS: dict[type[keras.Layer], Callable[[keras.Layer], Described]] = {
    layers.Flatten: _reshape,
    layers.Reshape: _reshape,
    layers.Activation: _reshape,
    layers.ReLU: lambda layer: _reshape(layer) | {"activation": "relu"},
    layers.Softmax: lambda layer: _reshape(layer) | {"activation": "softmax"},
    layers.Dense: _dense,
    layers.Conv2D: _convolution,
    layers.MaxPooling2D: lambda layer: {"kind": "pool"} | _windows(layer, layer.pool_size),
    layers.Cropping2D: lambda layer: {"kind": "crop", "off": layer.cropping},
    layers.BatchNormalization: _normalisation,
    layers.Permute: lambda _: {"kind": "turn"},
}
