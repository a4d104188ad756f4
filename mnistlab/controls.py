"""What an explorer is made of: controls that a hand moves, and a picture that follows them.

On a page without Python an explorer stays in its first position. `widgets` makes those of the
lessons.
"""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from mnistlab import explorers
from mnistlab.by_hand import one_core

__all__ = ["LABEL", "SIDE_BY_SIDE", "WIDE", "checkbox", "choice", "slider"]
__all__ += ["Controls", "Explorer", "Lasting", "Matrix", "Names"]

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


def slider(name: str, low: float, high: float, value: float, step: float = 1) -> Any:
    """A slider of whole numbers where the step is whole, else of any."""
    kind = ipywidgets.IntSlider if step == int(step) else ipywidgets.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, description=name, style=LABEL, layout=WIDE
    )


def choice(name: str, options: Mapping[str, Any]) -> Any:
    """A menu of names."""
    return ipywidgets.Dropdown(options=list(options), description=name, style=LABEL, layout=WIDE)


def checkbox(description: str) -> Any:
    """A box to tick, empty at first."""
    return ipywidgets.Checkbox(value=False, description=description, style=LABEL, layout=WIDE)
