"""Sliders for the lessons: thin widgets around the functions of `explorers`.

Each function here returns an Explorer, which shows itself as a cell's last line. On a page without
Python it stays as its first position, and says so.
"""

import threading
from collections.abc import Mapping
from typing import Any

import ipywidgets
from numpy.typing import ArrayLike

from mnistlab import distortions as distorting
from mnistlab import explorers
from mnistlab.by_hand import Network

__all__ = ["Explorer", "confusion", "distortions", "dropout", "pixels", "saturation", "thresholds"]
__all__ += ["votes"]

LABEL = {"description_width": "9em"}
WIDE = ipywidgets.Layout(width="min(34em, 100%)")


class Explorer(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Controls above a picture that follows them.

    `show` is the pure function from the controls' values to HTML, `controls` the widgets by name.
    """

    def __init__(self, show: explorers.Show, controls: dict[str, ipywidgets.Widget]) -> None:
        self.show, self.controls = show, controls
        self.picture = ipywidgets.HTML()
        # JupyterLab runs callbacks in a thread of their own, even while a cell runs.
        self._lock = threading.Lock()
        super().__init__([*controls.values(), self.picture])
        for control in controls.values():
            control.observe(self._follow, names="value")
        self._follow()

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values by name; `show(**values)` is what stands in the picture."""
        return {name: control.value for name, control in self.controls.items()}

    def _follow(self, change: Any = None) -> None:
        with self._lock:
            self.picture.value = self.show(**self.values)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self.picture.value  # for pages, where no slider moves
        return bundle


def _slider(name: str, low: float, high: float, value: float, step: float = 1) -> Any:
    kind = ipywidgets.IntSlider if step == int(step) else ipywidgets.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, description=name, style=LABEL, layout=WIDE
    )


def pixels(images: ArrayLike) -> Explorer:
    """An image, and which of its pixels are darker than a threshold; lesson 1."""
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "threshold": _slider("threshold", 0, 250, 100, 10),
    }
    return Explorer(explorers.pixels(images), controls)


def votes(kernel: ArrayLike, bias: ArrayLike, images: ArrayLike, labels: ArrayLike) -> Explorer:
    """Which pixels of an image spoke for and against a digit; lesson 2."""
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "digit": _slider("votes for", 0, 9, 0),
    }
    return Explorer(explorers.votes(kernel, bias, images, labels), controls)


def saturation(logits: ArrayLike, labels: ArrayLike) -> Explorer:
    """Scaled logits, read through a sigmoid and a softmax: ties and accuracy; lesson 4."""
    low, high = float(explorers.SCALES[0]), float(explorers.SCALES[-1])
    controls = {
        "scale": _slider("scale of logits", low, high, 1.0, 0.1),
        "image": _slider("image", 0, min(99, len(labels) - 1), 0),  # type: ignore[arg-type]
    }
    return Explorer(explorers.saturation(logits, labels), controls)


def thresholds(logits: ArrayLike, labels: ArrayLike) -> Explorer:
    """A temperature, and a threshold below which no answer is given; lesson 5."""
    temperatures = explorers.TEMPERATURES
    controls = {
        "threshold": _slider("threshold", 0.0, 0.99, 0.5, 0.01),
        "temperature": _slider(
            "temperature", float(temperatures[0]), float(temperatures[-1]), 1.0, 0.1
        ),
    }
    return Explorer(explorers.thresholds(logits, labels), controls)


def confusion(images: ArrayLike, labels: ArrayLike, predicted: ArrayLike) -> Explorer:
    """The images in one cell of the confusion matrix; lesson 5."""
    controls = {"truth_digit": _slider("truth", 0, 9, 4), "read_digit": _slider("read as", 0, 9, 9)}
    return Explorer(explorers.confusion(images, labels, predicted), controls)


def dropout(network: Network, images: ArrayLike) -> Explorer:
    """Which units of each hidden layer are silenced, and what the answer then is; lesson 4."""
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "rate": _slider("dropout rate", 0.0, 0.9, 0.3, 0.1),
        "draw": _slider("draw", 0, 19, 0),
    }
    return Explorer(explorers.dropout(network.layers, list(network.sizes), images), controls)


def distortions(networks: Mapping[str, Any], images: ArrayLike, labels: ArrayLike) -> Explorer:
    """A digit turned, shifted, smeared, and what each network reads then; lesson 5."""
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "turn": _slider("turn (degrees)", -90, 90, 0, 5),
        "right": _slider("move right", -8.0, 8.0, 0.0, 0.5),
        "down": _slider("move down", -8.0, 8.0, 0.0, 0.5),
        "scale": _slider("scale", 0.4, 1.6, 1.0, 0.1),
        "lean": _slider("lean", -0.8, 0.8, 0.0, 0.1),
        "thicken": _slider("thicken", -2.0, 3.0, 0.0, 0.25),
        "noise": _slider("noise", 0.0, 0.6, 0.0, 0.05),
        "blur": _slider("blur", 0.0, 3.0, 0.0, 0.25),
        "prepared": ipywidgets.Checkbox(
            value=False, description="prepare it first", style=LABEL, layout=WIDE
        ),
    }
    return Explorer(distorting.explorer(networks, images, labels), controls)
