"""Sliders for the lessons: thin widgets around the functions of `explorers`.

Each function here returns an Explorer, which shows itself as a cell's last line. On a page without
Python it stays as its first position, and says so.
"""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from mnistlab import distortions as distorting
from mnistlab import explorers, output_explorers
from mnistlab.by_hand import Network, one_core
from mnistlab.sketches import matrix

__all__ = ["Controls", "Explorer", "Lasting", "Matrix", "Names"]
__all__ += ["confusion", "distortions", "dropout", "pixels", "saturation", "thresholds", "votes"]

LABEL = {"description_width": "9em"}
WIDE = ipywidgets.Layout(width="min(30em, 100%)")
# In a narrow window one stands below the other.
SIDE_BY_SIDE = {"flex_flow": "row wrap", "grid_gap": "4px 20px"}


class Lasting(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Widgets that a page without Python keeps as a picture: `page` says which."""

    def page(self) -> str:
        """HTML of what the widgets show now."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle["text/html"] = self.page()
        return bundle


class Matrix(anywidget.AnyWidget):
    """A confusion matrix; `value` is the cell chosen by click or arrow keys, [truth, read]."""

    _esm = Path(__file__).with_name("matrix.js")
    html = traitlets.Unicode().tag(sync=True)
    value: traitlets.List[int] = traitlets.List([0, 0]).tag(sync=True)
    description = "confusion matrix"


class Names(anywidget.AnyWidget):
    """Nothing to be seen; names the sliders beside it for screen readers."""

    _esm = Path(__file__).with_name("names.js")


class Controls(ipywidgets.Box):  # type: ignore[misc]
    """Controls in as many columns as the window has room for."""

    def __init__(self, controls: Iterable[ipywidgets.Widget]) -> None:
        super().__init__([*controls, Names()], layout=SIDE_BY_SIDE)


class Explorer(Lasting):
    """Controls above a picture that follows them.

    `show` is the pure function from the controls' values to HTML, `controls` the widgets by name.
    """

    def __init__(self, show: explorers.Show, controls: dict[str, ipywidgets.Widget]) -> None:
        self.show, self.controls = show, controls
        self.picture = ipywidgets.HTML()
        # JupyterLab runs callbacks in a thread of their own, even while a cell runs.
        self._lock = threading.Lock()
        super().__init__([Controls(controls.values()), self.picture])
        for control in controls.values():
            control.observe(self._follow, names="value")
        self._follow()

    @property
    def values(self) -> dict[str, Any]:
        """The controls' values by name; `show(**values)` is what stands in the picture."""
        return {name: control.value for name, control in self.controls.items()}

    def page(self) -> str:
        """The picture, below the matrix where that is a control."""
        tables = [one.html for one in self.controls.values() if isinstance(one, Matrix)]
        return "".join([*tables, self.picture.value])

    def _follow(self, change: Any = None) -> None:
        with self._lock, one_core:
            self.picture.value = self.show(**self.values)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"Explorer({values})"


def _slider(name: str, low: float, high: float, value: float, step: float = 1) -> Any:
    kind = ipywidgets.IntSlider if step == int(step) else ipywidgets.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, description=name, style=LABEL, layout=WIDE
    )


def _choice(name: str, options: Mapping[str, Any]) -> Any:
    return ipywidgets.Dropdown(options=list(options), description=name, style=LABEL, layout=WIDE)


def pixels(images: ArrayLike) -> Explorer:
    """An image, and which of its pixels are darker than a threshold; lesson 1."""
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "threshold": _slider("threshold", 0, 250, 100, 10),
    }
    return Explorer(explorers.pixels(images), controls)


def votes(kernel: ArrayLike, bias: ArrayLike, images: ArrayLike, labels: ArrayLike) -> Explorer:
    """Which pixels of an image spoke for and against a digit; lesson 2.

    It starts with the digit that the first image truly shows.
    """
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "digit": _slider("votes on", 0, 9, int(np.asarray(labels)[0])),
    }
    return Explorer(explorers.votes(kernel, bias, images, labels), controls)


def saturation(logits: ArrayLike, labels: ArrayLike) -> Explorer:
    """Scaled logits, read through a sigmoid and a softmax: ties and accuracy; lesson 4."""
    scales = output_explorers.SCALES
    controls = {
        "scale": _slider("scale of logits", float(scales[0]), float(scales[-1]), 1.0, 0.1),
        "image": _slider("image", 0, min(99, len(labels) - 1), 0),  # type: ignore[arg-type]
    }
    return Explorer(output_explorers.saturation(logits, labels), controls)


def thresholds(logits: Mapping[str, ArrayLike], images: ArrayLike, labels: ArrayLike) -> Explorer:
    """A temperature, and a threshold below which no answer is given; lesson 5."""
    heats = output_explorers.TEMPERATURES
    controls = {
        "network": _choice("network", logits),
        "temperature": _slider("temperature", float(heats[0]), float(heats[-1]), 1.0, 0.1),
        "threshold": _slider("threshold", 0.0, 0.99, 0.5, 0.01),
    }
    return Explorer(output_explorers.thresholds(logits, images, labels), controls)


def confusion(images: ArrayLike, labels: ArrayLike, predicted: ArrayLike) -> Explorer:
    """A confusion matrix, and the images of the cell that is chosen in it; lesson 5.

    The first choice is the commonest mistake.
    """
    counts = output_explorers.counted(labels, predicted)
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
        "network": _choice("network", networks),
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "rate": _slider("dropout rate", 0.0, 0.9, 0.3, 0.1),
        "layers": _slider("layers that drop", 0, depth, depth),
        "draw": _slider("draw", 0, 19, 0),
    }
    return Explorer(explorers.dropout(asked, images, labels), controls)


def distortions(
    networks: Mapping[str, Any], images: ArrayLike, labels: ArrayLike, **start: float
) -> Explorer:
    """A digit turned, shifted, smeared, and what each network reads then; lesson 5.

    start: where controls begin, such as turn=45, right=4 or image=7.
    """
    controls = {
        "image": _slider("image", 0, len(images) - 1, 0),  # type: ignore[arg-type]
        "turn": _slider("turn (degrees)", -90, 90, 0, 5),
        "right": _slider("move right", -8.0, 8.0, 0.0, 0.5),
        "down": _slider("move down", -8.0, 8.0, 0.0, 0.5),
        "scale": _slider("scale", 0.4, 1.6, 1.0, 0.1),
        "lean": _slider("lean", -0.8, 0.8, 0.0, 0.1),
        "thicken": _slider("thicken", -2.0, 3.0, 0.0, 0.25),
        "noise": _slider("noise", 0.0, 0.6, 0.0, 0.05),
        "blur": _slider("blur", 0.0, 3.0, 0.0, 0.5),
        "prepared": ipywidgets.Checkbox(
            value=False, description="prepare it first", style=LABEL, layout=WIDE
        ),
    }
    for name, value in start.items():
        controls[name].value = value
    return Explorer(distorting.explorer(networks, images, labels), controls)
