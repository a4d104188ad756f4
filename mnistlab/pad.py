"""The drawing pad: a digit drawn by mouse, touch, pen or keys, and what the networks make of it.

    pad = Pad({"hidden": model})
    pad.strokes = [{"size": 20, "points": [[90, 70], [190, 70], [120, 220]]}]
    pad.prepared.image, pad.outputs["hidden"]

Strokes set from code give the same as strokes drawn by hand.
"""

import html
import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets
from numpy.typing import NDArray

from mnistlab import collection, explorers, images
from mnistlab.controls import SIDE_BY_SIDE, Lasting
from mnistlab.figure import a_digit, percent
from mnistlab.sketches import raster, row, sentence
from mnistlab.sources import DataError

__all__ = ["SIDE", "Pad", "Paper", "picture"]

SIDE = 280  # of the paper, in the units of the strokes
FAR = 10_000  # points beyond are taken to be there
STEP = 98  # of a step's picture, on its longer side
STEPS = {
    "drawing": "1 drawn",
    "cropped": "2 its box",
    "fitted": "3 to 20 pixels",
    "centred": "4 centred",
}


class Paper(anywidget.AnyWidget):
    """The paper: strokes, each with the size of its brush and its points.

    sent counts the messages with strokes from the browser, answered says how far Python has come.
    """

    _esm = Path(__file__).with_name("pad.js")
    _css = Path(__file__).with_name("pad.css")
    strokes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    sent = traitlets.Int(0).tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    brush = traitlets.Float(22, min=1, max=100).tag(sync=True)

    @traitlets.observe("sent")
    def _confirm(self, change: Any) -> None:
        self.answered = self.sent  # the strokes of the same message have had their turn before


class Pad(Lasting):
    """A paper to draw on, the prepared image step by step, and each network's answer.

    networks: name → a network, asked anew with each piece of a stroke. file: where "save" puts a
    drawing; the learner's own collection by default. votes: show as well which pixels spoke for
    and against the digit chosen under "it is a"; for networks without a hidden layer. Taught in
    lessons 2, 5 and 8.
    """

    def __init__(
        self, networks: Mapping[str, Any], file: str | Path | None = None, votes: bool = False
    ) -> None:
        self.networks, self.file = dict(networks), collection.place(file)
        self.votes = votes
        self.paper, self.answers = Paper(), ipywidgets.HTML()
        self.prepared: images.Prepared | None = None
        self.outputs: dict[str, NDArray[np.float32]] = {}
        self._lock = threading.Lock()
        self.label = ipywidgets.Dropdown(
            options=[(str(digit), digit) for digit in range(10)], description="it is a",
            layout={"width": "8em"}, style={"description_width": "4em"},
        )  # fmt: skip
        self.saving = ipywidgets.Button(
            description="Save to my digits", icon="save", layout={"width": "auto"}
        )
        self.said = ipywidgets.HTML()
        keep = ipywidgets.HBox([self.label, self.saving])
        desk = ipywidgets.VBox([self.paper, keep, self.said], layout={"width": "290px"})
        self.answers.layout.flex = "1 1 34em"
        both = ipywidgets.Box([desk, self.answers], layout=SIDE_BY_SIDE)
        super().__init__([both])
        if votes:
            self._votes(np.zeros((1, 28, 28)))  # a network with a hidden layer says so now
            self.label.observe(self._follow, names="value")
        self.paper.observe(self._follow, names="strokes")
        self.saving.on_click(self._save)
        self._follow()

    @property
    def strokes(self) -> list[dict[str, Any]]:
        """What is on the paper: [{"size": 22, "points": [[x, y], …]}, …], x and y to 280."""
        return list(self.paper.strokes)

    @strokes.setter
    def strokes(self, strokes: list[dict[str, Any]]) -> None:
        self.paper.strokes = strokes

    def page(self) -> str:
        """The preparation and the answers."""
        return str(self.answers.value)

    def __repr__(self) -> str:
        return f"Pad({', '.join(self.networks)}; {len(self.strokes)} strokes)"

    def _follow(self, change: Any = None) -> None:
        with self._lock:
            try:
                self.prepared = images.prepare(1 - picture(self.strokes))
            except images.PictureError as error:
                self.prepared, self.outputs = None, {}
                said = str(error) if self.strokes else "Draw a digit: the answers stand here."
                self.answers.value = row(sentence(said))
                return
            x = self.prepared.image[np.newaxis]
            self.outputs = {
                name: np.asarray(network.predict_on_batch(x))[0]
                for name, network in self.networks.items()
            }
            if self.votes:
                answers = self._votes(x)
            else:
                answers = row(explorers.answers(self.outputs, width=165))
            self.answers.value = row(*self._steps()) + answers

    def _votes(self, x: NDArray[Any]) -> str:
        label, shown = self.label.value, []
        for network in self.networks.values():
            kernel, bias = network.get_weights()[:2]
            shown.append(explorers.votes(kernel, bias, x, [label])(0, label))
        return "".join(shown)

    def _steps(self) -> list[str]:
        assert self.prepared is not None
        ink = {name: 1 - step if name == "drawing" else step for name, step in self.prepared.steps}
        shown = []
        for name, title in STEPS.items():
            height, width = ink[name].shape
            side = max(1, STEP * width // max(height, width))  # a 1 is cropped to a strip
            inked = percent(ink[name].mean())
            alt = f"Preparation, {title}: {width} × {height} pixels, {inked} ink."
            shown.append(raster(ink[name], alt, title, side=side))
        return shown

    def _save(self, button: Any = None) -> None:
        if self.prepared is None:
            self.said.value = "There is nothing to save yet: draw a digit."
            return
        try:
            count = collection.add(self.prepared.image, self.label.value, self.file)
        except (DataError, OSError) as error:
            self.said.value = html.escape(f"Not saved: {error}")
            return
        digits = "1 digit" if count == 1 else f"{count} digits"
        self.said.value = f"Saved as {a_digit(self.label.value)}: {digits} in {self.file.name}."


def picture(strokes: list[dict[str, Any]]) -> NDArray[np.float32]:
    """Strokes as they stand on the paper: (140, 140) float32, 0 for paper to 1 for ink.

    page/prepare.js does the same, dot by dot.
    """
    dots = np.zeros((2 * SIDE, 2 * SIDE), bool)  # four times too large, then averaged
    try:
        for stroke in strokes:
            points = 2 * np.clip(np.asarray(stroke["points"], np.float64), -FAR, FAR)
            size = float(stroke.get("size", 22))
            for start, end in zip([*points[:1], *points], points, strict=False):
                _line(dots, start, end, size)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise images.PictureError(
            'Strokes are [{"size": 22, "points": [[x, y], …]}, …] with x and y from 0 to 280.'
        ) from error
    return np.asarray(dots.reshape(SIDE // 2, 4, SIDE // 2, 4).mean(axis=(1, 3)), np.float32)


def _line(dots: NDArray[np.bool_], start: NDArray[Any], end: NDArray[Any], reach: float) -> None:
    """Sets all dots within `reach` of a line, so its ends are round."""
    (x0, y0), (x1, y1) = start, end
    left, right, top, bottom = (
        min(max(math.ceil(edge), 0), len(dots))
        for edge in (
            min(x0, x1) - reach,
            max(x0, x1) + reach + 1,
            min(y0, y1) - reach,
            max(y0, y1) + reach + 1,
        )
    )
    x, y = np.arange(left, right) - x0, (np.arange(top, bottom) - y0)[:, np.newaxis]
    dx, dy = x1 - x0, y1 - y0
    along = ((x * dx + y * dy) / (dx * dx + dy * dy or 1)).clip(0, 1)
    off = (x - along * dx) ** 2 + (y - along * dy) ** 2
    dots[top:bottom, left:right] |= off <= reach * reach
