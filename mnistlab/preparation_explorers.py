"""What the explorers of lesson 8 show: where a photo has ink, its preparation, and the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab import explorers, images
from mnistlab.figure import percent
from mnistlab.photograph import photograph
from mnistlab.pictures import PictureError
from mnistlab.sketches import raster, row, sentence

__all__ = ["ink", "preparation"]

STEPS = {"even": "even light", "ink": "ink", "cropped": "its box", "centred": "28×28, centred"}
SIDE, WIDE = 98, 340  # of a picture of one digit, and of a sheet


def preparation(read: Callable[[NDArray[np.float32]], Any]) -> Callable[..., str]:
    """How a photo of a digit is made ready. read: (1, 28, 28) → (1, 10) outputs; lesson 8."""

    def show(digit: int, light: float, shadow: float, noise: float, pen: float, lines: bool) -> str:
        photo = photograph(
            [digit], light=light, shadow=shadow, noise=noise, pen=pen, lines=lines, cell=90
        )
        how = f"light {light:g}, shadow {shadow:g}, noise {noise:g}, pen {pen:g}"
        how = f"a {digit} on {'ruled' if lines else 'plain'} paper, {how}"
        shown = raster(1 - photo / 255, f"A photo: {how}.", "photo", side=SIDE)
        try:
            made = images.prepare(photo)
        except PictureError as error:
            return row(shown, sentence(str(error)))
        steps = [
            raster(1 - step if name == "even" else step, f"{title}: {how}.", title, side=SIDE)
            for name, title in STEPS.items()
            for step in [dict(made.steps)[name]]
        ]
        named = f"network, light {light:g}, shadow {shadow:g}"
        outputs = np.asarray(read(made.image[None]))[0]
        return row(shown, *steps, explorers.answers({named: outputs}, digit))

    return show


def ink(photo: ArrayLike) -> Callable[..., str]:
    """Which pixels of a photo a threshold takes for ink; lesson 8.

    photo: whatever `images.read` takes.
    """
    steps = dict(images.read(photo)[0].steps)
    pictures = {False: steps["drawing"], True: steps["even"]}

    def show(threshold: int, even: bool) -> str:
        grey = pictures[even]
        dark = grey < threshold / 255
        light = "even" if even else "as it is"
        alt = f"{percent(dark.mean())} of the photo in black: what is darker than {threshold}"
        return row(
            raster(1 - grey, f"A photo, its light {light}.", f"the light {light}", side=WIDE),
            raster(dark, f"{alt}.", f"darker than {threshold}", side=WIDE),
            sentence(f"{percent(dark.mean())} of the picture would be ink."),
        )

    return show
