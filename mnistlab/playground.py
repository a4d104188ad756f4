"""A playground: choose a network and how it learns, and watch its curves while it does.

The training runs in a thread of its own, in plain NumPy (`by_hand`), so that it starts at once and
Stop is heard between any two batches. The run before stays in the picture for comparison, and a
table keeps the last runs.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from mnistlab import by_hand, training
from mnistlab.controls import LABEL, WIDE, Controls, Lasting
from mnistlab.data import Digits
from mnistlab.figure import percent
from mnistlab.sketches import lines, row, sentence

__all__ = ["Choice", "Playground", "Trial", "picture"]

EVERY = 0.2  # seconds between two pictures
POINTS = 40  # of a curve, at the least
KEPT = 8  # runs in the table
LOOKED_AT = 1000  # images of each set that a point of a curve is measured on
CELL = "padding: 2px 8px; text-align: left"


@dataclass(frozen=True)
class Choice:
    """What the controls say."""

    units: int = 100
    depth: int = 1
    activation: str = "relu"
    dropout: float = 0.0
    rate: float = 0.001
    batch: int = 128
    epochs: int = 3
    images: int = 10_000
    seed: int = 0

    def __str__(self) -> str:
        layers = (
            f"{self.depth} × {self.units} {self.activation}" if self.depth else "no hidden layer"
        )
        drop = f", dropout {self.dropout:g}" if self.dropout else ""
        seed = f", seed {self.seed}" if self.seed else ""
        learn = f"rate {self.rate:.3g}, batch {self.batch}, {self.images:,} images"
        return f"{layers}{drop}, {learn}{seed}"


@dataclass
class Trial:
    """One training: its choice, and a point of each curve for every look."""

    choice: Choice
    epochs: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    val_accuracy: list[float] = field(default_factory=list)
    state: str = "waiting"  # then "training", and "done", "stopped" or "diverged"
    network: by_hand.Network = field(init=False)

    def __post_init__(self) -> None:
        it = self.choice
        sizes = [it.units] * it.depth
        self.network = by_hand.Network(sizes, it.activation, it.dropout, it.seed)

    def __repr__(self) -> str:
        read = f", validation {percent(self.val_accuracy[-1])}" if self.val_accuracy else ""
        return f"Trial({self.choice}: {self.state}{read})"

    def run(
        self,
        learn: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        look: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        stop: threading.Event,
        show: Callable[[], None] = lambda: None,
    ) -> None:
        """Train until done or told to stop; `show` is called whenever there is a new point.

        learn, look: images (n, 784) uint8 and labels, of the training and the validation set.
        """
        choice, last = self.choice, 0.0
        images, labels = (array[: choice.images] for array in learn)
        batch, gap = min(choice.batch, len(images)), choice.epochs / POINTS
        sets = [(by_hand.scaled(x[:LOOKED_AT]), y[:LOOKED_AT]) for x, y in ((images, labels), look)]
        self.state = "training"
        self._look(0.0, *sets)
        show()
        steps = by_hand.epochs(self.network, images, labels, choice.epochs, batch, choice.rate)
        for done, loss in steps:
            if stop.is_set() or not np.isfinite(loss):
                self.state = "stopped" if np.isfinite(loss) else "diverged"
                break
            late = time.monotonic() - last > EVERY
            if late or done // gap > self.epochs[-1] // gap or done == choice.epochs:
                self._look(done, *sets)
            if late:
                last = time.monotonic()
                show()
        else:
            self.state = "done"
        show()

    def _look(self, done: float, *sets: Any) -> None:
        self.epochs.append(done)
        for curve, (images, labels) in zip((self.accuracy, self.val_accuracy), sets, strict=True):
            read = self.network.logits(images).argmax(axis=1)
            curve.append(float((read == labels).mean()))


def picture(trials: Sequence[Trial]) -> str:
    """The curves of the last trial and of the one before it, and a table of the last few."""
    begun = [trial for trial in trials if trial.epochs]
    if not begun:
        return row(sentence("Choose, then press Train."))
    now, before = begun[-1], begun[-2] if len(begun) > 1 else None
    told = (
        f"{now.state}: after {now.epochs[-1]:.3g} epochs {percent(now.accuracy[-1])} of "
        f"{min(LOOKED_AT, now.choice.images):,} training images are read rightly, "
        f"{percent(now.val_accuracy[-1])} of {LOOKED_AT:,} validation images"
    )
    parts = [_curves(now, f"this run ({now.choice})", told)]
    if before is not None:
        last = f"{before.state}: validation {percent(before.val_accuracy[-1])}"
        parts.append(_curves(before, f"the run before ({before.choice})", last))
        told += f"; in the run before {percent(before.val_accuracy[-1])}"
    return row(*parts, sentence(f"{told}."), _table(begun[-KEPT:]))


def _table(trials: Sequence[Trial]) -> str:
    """The trials, newest first; `training` and `validation` are shares read rightly."""
    heads = ("run", "training", "validation", "epochs", "state")
    lines = ["".join(f'<th scope="col" style="{CELL}">{head}</th>' for head in heads)]
    for trial in reversed(trials):
        cells = (
            str(trial.choice),
            percent(trial.accuracy[-1]),
            percent(trial.val_accuracy[-1]),
            f"{trial.epochs[-1]:.3g}",
            trial.state,
        )
        lines.append("".join(f'<td style="{CELL}">{cell}</td>' for cell in cells))
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table style="border-collapse: collapse; margin: 0">{rows}</table>'


def _curves(trial: Trial, title: str, told: str) -> str:
    curves = {"training": trial.accuracy, "validation": trial.val_accuracy}
    alt = f"Accuracy over the epochs, {title}. {told}."
    drawn = lines(trial.epochs, curves, alt, title, xlabel="epochs", width=400)
    # A long title takes two lines, not more room.
    return f'<div style="width: min(400px, 100%)">{drawn}</div>'


class Playground(Lasting):
    """Controls, Train, Stop and the curves; lessons 3 and 4.

    start: what the controls say at first, by the names of a Choice.
    """

    def __init__(self, digits: Digits, **start: Any) -> None:
        first, hold = training.split(digits, 5000, seed=0)
        flat = digits.x_train.reshape(-1, 784)
        self._learn = flat[first], digits.y_train[first]
        self._look = flat[hold], digits.y_train[hold]
        self.trials: list[Trial] = []
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self.controls = _controls(Choice(**start), len(first))
        self.train = ipywidgets.Button(description="Train", icon="play", button_style="primary")
        self.stop = ipywidgets.Button(description="Stop", icon="stop", disabled=True)
        for button in (self.train, self.stop):
            button.layout.min_width = "6em"  # its word stays whole in a narrow window
        self.picture = ipywidgets.HTML(picture([]))
        self.train.on_click(lambda button: self.begin())
        self.stop.on_click(lambda button: self._stop.set())
        buttons = ipywidgets.HBox([self.train, self.stop])
        super().__init__([Controls(self.controls.values()), buttons, self.picture])

    @property
    def choice(self) -> Choice:
        """What the controls say now."""
        return Choice(**{name: control.value for name, control in self.controls.items()})

    def run(self, **changes: Any) -> Trial:
        """Set these controls, train, and wait until it is done: what Train does, from code."""
        for name, value in changes.items():
            if name not in self.controls:
                raise ValueError(f"{name} is no control; they are {', '.join(self.controls)}.")
            self.controls[name].value = value
        self.begin().join()
        return self.trials[-1]

    def begin(self) -> threading.Thread:
        """Start a training, after the one that may still run has stopped."""
        with self._lock:
            self.end()
            self._stop = threading.Event()
            self.trials.append(Trial(self.choice))
            self._thread = threading.Thread(target=self._run, args=(self.trials[-1],), daemon=True)
            self.train.disabled, self.stop.disabled = True, False
            self._thread.start()
            return self._thread

    def end(self) -> None:
        """Stop the training and wait until it has."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, trial: Trial) -> None:
        try:
            with by_hand.one_core:
                trial.run(self._learn, self._look, self._stop, self._show)
        finally:
            self.train.disabled, self.stop.disabled = False, True

    def _show(self) -> None:
        self.picture.value = picture(self.trials)

    def page(self) -> str:
        """The curves and the table."""
        return str(self.picture.value)

    def __repr__(self) -> str:
        return f"Playground({self.choice})"


def _controls(start: Choice, most: int) -> dict[str, Any]:
    def choose(name: str, options: list[Any], value: Any) -> Any:
        return ipywidgets.SelectionSlider(
            options=options, value=value, description=name, style=LABEL, layout=WIDE
        )

    counts = [n for n in (100, 300, 1000, 3000, 10_000, 30_000) if n < most]
    return {
        "units": choose("hidden units", [3, 10, 30, 100, 300], start.units),
        "depth": choose("hidden layers", [0, 1, 2, 3, 4, 6], start.depth),
        "activation": choose("activation", list(by_hand.ACTIVATIONS), start.activation),
        "dropout": choose("dropout", [0.0, 0.1, 0.2, 0.3, 0.5, 0.7], start.dropout),
        "rate": choose(
            "learning rate",
            [(f"{rate:g}", rate) for rate in (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 1.0)],
            start.rate,
        ),
        "batch": choose("batch", [8, 32, 128, 512], start.batch),
        "epochs": choose("epochs", [1, 2, 3, 5, 10, 20, 50, 100], start.epochs),
        "images": choose("training images", [*counts, most], min(start.images, most)),
        "seed": choose("seed", list(range(5)), start.seed),
    }
