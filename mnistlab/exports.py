"""A trained network in forms that other programs read: what `saving.export` writes.

Tests load each again and compare its answers with Keras'.
"""

import io
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mnistlab import web
from mnistlab.guards import SavingError

__all__ = ["FOLDER", "PACKERS", "saved_model"]

FOLDER = ""  # the end of a SavedModel's name: it is a folder


def saved_model(model: keras.Model, folder: Path) -> None:
    """TensorFlow's own form, a folder.

    `loaded = tf.saved_model.load(folder)`, and `loaded.serve(images)` answers.
    """
    model.export(folder, format="tf_saved_model", verbose=False)


def _litert(model: keras.Model) -> bytes:
    """For phones and small machines; the interpreter takes the images one by one."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # TensorFlow says that its LiteRT moves to a package of its own; its files stay the same.
        warnings.filterwarnings("ignore", message=".*deprecated", category=UserWarning)
        file = Path(folder) / "model.tflite"
        model.export(file, format="litert", verbose=False)
        return file.read_bytes()


def _weights(model: keras.Model) -> bytes:
    """Plain arrays for NumPy, by layer: "1.Dense.kernel", "1.Dense.bias", "2.Dense.kernel", …"""
    learnt = [layer for layer in model.layers if layer.weights]
    arrays = {
        f"{place}.{type(layer).__name__}.{weight.name}": np.asarray(weight)
        for place, layer in enumerate(learnt, start=1)
        for weight in layer.weights
    }
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def _onnx(model: keras.Model) -> bytes:
    """The form that programs of many languages read; onnxruntime runs it."""
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise SavingError(
            "ONNX needs a package that is not installed: pip install onnx does that."
        ) from error
    graph = _Graph()
    for facts in web.described(model):
        graph.layer(facts)
    constants = [numpy_helper.from_array(value, name) for name, value in graph.constants.items()]
    steps = [helper.make_node(kind, names, [out], **how) for kind, names, out, how in graph.steps]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 28, 28])
    outputs = helper.make_tensor_value_info(graph.now, TensorProto.FLOAT, ["n", None])
    whole = helper.make_graph(steps, model.name, [images], [outputs], constants)
    version = helper.make_opsetid("", 17)
    made = helper.make_model(whole, opset_imports=[version], ir_version=9)
    content: bytes = made.SerializeToString()
    return content


class _Graph:
    """ONNX's operations for a network, one after the other; `now` is what came out last."""

    def __init__(self) -> None:
        self.now = "images"
        self.steps: list[tuple[str, list[str], str, dict[str, Any]]] = []
        self.constants: dict[str, np.ndarray] = {}

    def add(self, kind: str, *constants: Any, **how: Any) -> None:
        """One operation on what came out last, and on these arrays."""
        place = len(self.steps)
        names = [f"{place}.{i}" for i in range(len(constants))]
        self.constants |= zip(names, map(np.asarray, constants), strict=True)
        self.steps.append((kind, [self.now, *names], f"{place}", how))
        self.now = f"{place}"

    def layer(self, facts: web.Described) -> None:
        """The operations of one layer, its activation too."""
        kind = facts["kind"]
        if kind == "reshape":
            self.add("Reshape", np.array([-1, *facts["shape"]]))
        elif kind == "scale":
            self.add("Mul", facts["scale"].astype(np.float32))
            self.add("Add", facts["shift"].astype(np.float32))
        elif kind == "dense":
            self.add("MatMul", facts["kernel"])
            self.add("Add", facts["bias"].astype(np.float32))
        elif kind == "turn":
            self.add("Transpose", perm=[0, 2, 1])
        elif kind == "crop":
            (top, bottom), (left, right) = facts["off"]
            far = np.iinfo(np.int64).max
            ends = [-bottom or far, -right or far]
            self.add("Slice", np.array([top, left]), np.array(ends), np.array([1, 2]))
        else:
            self._window(facts)
        if facts["activation"] != "linear":
            how = {"axis": -1} if facts["activation"] == "softmax" else {}
            self.add(facts["activation"].capitalize(), **how)

    def _window(self, facts: web.Described) -> None:
        """A convolution or a pooling: in ONNX the channels come before rows and columns."""
        how = {"kernel_shape": facts["window"], "strides": facts["step"]}
        self.add("Transpose", perm=[0, 3, 1, 2])
        if facts["kind"] == "conv":
            kernel = facts["kernel"].transpose(3, 2, 0, 1)
            self.add("Conv", kernel, facts["bias"].astype(np.float32), **how)
        else:
            self.add("MaxPool", **how)
        self.add("Transpose", perm=[0, 2, 3, 1])


PACKERS: dict[str, Callable[[keras.Model], bytes]] = {
    ".tflite": _litert,
    ".onnx": _onnx,
    ".npz": _weights,
    ".html": lambda model: web.page(model).encode(),
}
