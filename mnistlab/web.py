"""One HTML file with a network inside: it works from the disk, on a phone, without a network.

The page in `page/` holds a drawing pad, the preparation of a drawing and a forward pass in
JavaScript; this module writes a Keras network into it.
"""

import base64
import html
import json
from collections.abc import Callable
from importlib.resources import files
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
    if model.input_shape[1:] != (28, 28):
        raise SavingError(f"its network takes images of 28×28, not {model.input_shape[1:]}.")
    left_out = (layers.InputLayer, layers.Dropout)
    return [_facts(layer) for layer in model.layers if type(layer) not in left_out]


def _facts(layer: keras.Layer) -> Described:
    kind = type(layer)
    if kind not in KINDS:
        raise SavingError(
            f"it cannot do a {kind.__name__} layer, only {', '.join(k.__name__ for k in KINDS)}"
            " and Dropout."
        )
    facts = {"activation": "linear"} | KINDS[kind](layer)
    if facts["activation"] not in ACTIVATIONS:
        raise SavingError(
            f"it cannot do the activation {facts['activation']!r}, only {', '.join(ACTIVATIONS)}."
        )
    return facts


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
    facts = {"kind": "reshape", "shape": list(layer.output.shape[1:])}
    named = getattr(layer, "activation", None)
    return facts | ({"activation": named.__name__} if named else {})


def _dense(layer: keras.Layer) -> Described:
    bias = layer.bias if layer.use_bias else np.zeros(layer.kernel.shape[-1])
    arrays = {"kernel": np.asarray(layer.kernel), "bias": np.asarray(bias)}
    return {"kind": "dense", "activation": layer.activation.__name__} | arrays


def _windows(layer: keras.Layer, window: tuple[int, int]) -> Described:
    if layer.padding != "valid" or layer.data_format != "channels_last":
        raise SavingError(f"it cannot do {layer.name!r}, which pads, or has its channels first.")
    return {"window": list(window), "step": list(layer.strides)}


def _convolution(layer: keras.Layer) -> Described:
    if layer.groups != 1 or tuple(layer.dilation_rate) != (1, 1):
        raise SavingError(f"it cannot do {layer.name!r}, which has groups or is dilated.")
    return _dense(layer) | {"kind": "conv"} | _windows(layer, layer.kernel_size)


def _normalisation(layer: keras.Layer) -> Described:
    mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
    scale = 1 / np.sqrt(variance + layer.epsilon)
    scale = scale * np.asarray(layer.gamma) if layer.scale else scale
    shift = (np.asarray(layer.beta) if layer.center else 0) - mean * scale
    return {"kind": "scale", "scale": scale, "shift": shift}


def _turn(layer: keras.Layer) -> Described:
    if tuple(layer.dims) != (2, 1):
        raise SavingError(f"it can exchange two axes only, and {layer.name!r} does other.")
    return {"kind": "turn"}


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
    layers.Permute: _turn,
}
