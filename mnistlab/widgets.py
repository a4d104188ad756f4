"""Sliders for the lessons: thin widgets around the pure functions of the `…explorers`.

Each function here returns an Explorer, which shows itself as a cell's last line.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mnistlab import audit_explorers, explorers, filter_explorers, output_explorers, study_explorers
from mnistlab import distortions as distorting
from mnistlab import preparation_explorers as preparing
from mnistlab.by_hand import Network
from mnistlab.controls import SIDE_BY_SIDE, Explorer, Matrix, checkbox, choice, slider
from mnistlab.report import counted
from mnistlab.sketches import matrix

__all__ = ["confusion", "distortions", "dropout", "feature_maps", "filters", "pixels"]
__all__ += ["saturation", "thresholds", "votes"]
__all__ += ["budget", "cells", "ink", "looks", "preparation"]


def _image(images: ArrayLike) -> Any:
    """A slider that goes from one image to the next."""
    return slider("image", 0, len(np.asarray(images)) - 1, 0)


def pixels(images: ArrayLike) -> Explorer:
    """An image, and which of its pixels are darker than a threshold; lesson 1."""
    controls = {
        "image": _image(images),
        "threshold": slider("threshold", 0, 250, 100, 10),
    }
    return Explorer(explorers.pixels(images), controls)


def votes(kernel: ArrayLike, bias: ArrayLike, images: ArrayLike, labels: ArrayLike) -> Explorer:
    """Which pixels of an image spoke for and against a digit; lesson 2.

    It starts with the digit that the first image truly shows.
    """
    controls = {
        "image": _image(images),
        "digit": slider("votes on", 0, 9, int(np.asarray(labels)[0])),
    }
    return Explorer(explorers.votes(kernel, bias, images, labels), controls)


def saturation(logits: ArrayLike, labels: ArrayLike) -> Explorer:
    """Scaled logits, read through a sigmoid and a softmax: ties and accuracy; lesson 4."""
    scales = output_explorers.SCALES
    controls = {
        "scale": slider("scale of logits", float(scales[0]), float(scales[-1]), 1.0, 0.1),
        "image": _image(np.asarray(labels)[:100]),
    }
    return Explorer(output_explorers.saturation(logits, labels), controls)


def thresholds(logits: Mapping[str, ArrayLike], images: ArrayLike, labels: ArrayLike) -> Explorer:
    """A temperature, and a threshold below which no answer is given; lesson 5."""
    heats = output_explorers.TEMPERATURES
    controls = {
        "network": choice("network", logits),
        "temperature": slider("temperature", float(heats[0]), float(heats[-1]), 1.0, 0.1),
        "threshold": slider("threshold", 0.0, 0.99, 0.5, 0.01),
    }
    return Explorer(output_explorers.thresholds(logits, images, labels), controls)


def confusion(images: ArrayLike, labels: ArrayLike, predicted: ArrayLike) -> Explorer:
    """A confusion matrix, and the images of the cell that is chosen in it; lesson 5.

    The first choice is the commonest mistake.
    """
    counts = counted(labels, predicted)
    mistakes = counts - np.diag(np.diag(counts))
    first = [int(digit) for digit in divmod(int(mistakes.argmax()), 10)]
    table = matrix(counts, "rows: the truth, columns: what was read")
    show = output_explorers.confusion(images, labels, predicted)
    explorer = Explorer(show, {"cell": Matrix(html=table, value=first)})
    explorer.layout = SIDE_BY_SIDE
    explorer.picture.layout.flex = "1 1 24em"
    return explorer


def dropout(networks: Mapping[str, Any], images: ArrayLike, labels: ArrayLike) -> Explorer:
    """Which units of each hidden layer are dropped, and what the answer then is; lesson 4.

    networks: name → a Keras network of dense layers, or the network of a playground's run.
    """
    asked = {name: Network.of(network) for name, network in networks.items()}
    depth = max(len(network.sizes) for network in asked.values())
    controls = {
        "network": choice("network", networks),
        "image": _image(images),
        "rate": slider("dropout rate", 0.0, 0.9, 0.3, 0.1),
        "layers": slider("layers that drop", 0, depth, depth),
        "draw": slider("draw", 0, 19, 0),
    }
    return Explorer(explorers.dropout(asked, images, labels), controls)


def distortions(
    networks: Mapping[str, Any], images: ArrayLike, labels: ArrayLike, **start: float
) -> Explorer:
    """A digit turned, shifted, smeared, and what each network reads then; lesson 5.

    start: where controls begin, such as turn=45, right=4 or image=7.
    """
    controls = {
        "image": _image(images),
        "turn": slider("turn (degrees)", -90, 90, 0, 5),
        "right": slider("move right", -8.0, 8.0, 0.0, 0.5),
        "down": slider("move down", -8.0, 8.0, 0.0, 0.5),
        "scale": slider("scale", 0.4, 1.6, 1.0, 0.1),
        "lean": slider("lean", -0.8, 0.8, 0.0, 0.1),
        "thicken": slider("thicken", -2.0, 3.0, 0.0, 0.25),
        "noise": slider("noise", 0.0, 0.6, 0.0, 0.05),
        "blur": slider("blur", 0.0, 3.0, 0.0, 0.5),
        "prepared": checkbox("prepare it first"),
    }
    for name, value in start.items():
        controls[name].value = value
    return Explorer(distorting.explorer(networks, images, labels), controls)


def filters(images: ArrayLike, kernels: Mapping[str, ArrayLike], **start: int) -> Explorer:
    """A filter on a window of an image, on all windows, and what ReLU and pooling keep; lesson 6.

    kernels: name → (k, k) numbers. start: where controls begin, such as top=7, left=9.
    """
    show = filter_explorers.filters(images, kernels)
    last = 28 - len(np.asarray(next(iter(kernels.values()))))
    controls = {
        "image": _image(images),
        "name": choice("filter", kernels),
        "top": slider("row", 0, last, last // 2),
        "left": slider("column", 0, last, last // 2),
    }
    for name, value in start.items():
        controls[name].value = value
    return Explorer(show, controls)


def feature_maps(model: Any, images: ArrayLike) -> Explorer:
    """What each layer of convolutions makes of an image, all maps and one enlarged; lesson 6.

    model: a Keras network. images: 100 at most, whose maps are worked out at once.
    """
    layers = filter_explorers.seen(model, images)
    first = next(iter(layers.values()))
    controls = {
        "layer": choice("layer", layers),
        "image": _image(images),
        "number": slider("map", 0, first.count - 1, 0),
    }

    def fit(change: Any) -> None:
        controls["number"].max = layers[change["new"]].count - 1

    controls["layer"].observe(fit, names="value")
    return Explorer(filter_explorers.feature_maps(layers, images), controls)


def budget(values: ArrayLike) -> Explorer:
    """The best of the first trials of a study, had they come in another order; lesson 7."""
    last = np.size(values)
    controls = {
        "trials": slider("trials", 1, last, min(5, last)),
        "order": slider("order", 0, 19, 0),
    }
    return Explorer(study_explorers.budget(values), controls)


def looks() -> Explorer:
    """What the best of several equally good networks shows on a test set; lesson 9."""
    controls = {
        "looks": slider("looks", 1, len(audit_explorers.LOOKS), 20),
        "images": slider("test images", 500, 10_000, 10_000, 500),
    }
    return Explorer(audit_explorers.looks(), controls)


def cells(accuracies: Mapping[str, float]) -> Explorer:
    """What a notebook's variables hold while its cells run one by one; lesson 9.

    accuracies: name → accuracy, of the first network and of the second.
    """
    last = audit_explorers.CELLS
    controls = {
        "steps": slider("cells run", 0, last, last),
        "again": checkbox("make the labels again"),
    }
    return Explorer(audit_explorers.cells(accuracies), controls)


def ink(photo: ArrayLike) -> Explorer:
    """What of a photo is darker than a threshold, as it is and in even light; lesson 8."""
    controls = {
        "threshold": slider("threshold", 0, 250, 90, 5),
        "even": checkbox("even light first"),
    }
    return Explorer(preparing.ink(photo), controls)


def preparation(model: Any) -> Explorer:
    """A photo of a digit, made ready step by step, and the network's answer; lesson 8."""
    ends = {"light": (0.8, 0.5), "shadow": (0.6, 0.3), "noise": (0.1, 0.02)}
    controls = {"digit": slider("digit", 0, 9, 3)}
    controls |= {name: slider(name, 0, most, at, 0.02) for name, (most, at) in ends.items()}
    controls["pen"] = slider("pen", 0.03, 0.25, 0.1, 0.01)
    controls["lines"] = checkbox("ruled lines")
    return Explorer(preparing.preparation(model), controls)
