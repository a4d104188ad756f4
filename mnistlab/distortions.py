"""What people and cameras do to a digit: turn it, shift it, smear it; and what networks say then.

`distort` is a pure function of its settings; `explorer` shows it with each network's answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from mnistlab import images
from mnistlab.explorers import Show, answers
from mnistlab.sketches import raster, row, sentence

__all__ = ["Settings", "distort", "explorer"]

CENTRE = np.array([13.5, 13.5])  # of 28 pixels, counted from 0


@dataclass(frozen=True)
class Settings:
    """How far a digit is distorted; all zero, and a scale of 1, leave it as it is.

    turn: degrees, against the clock. right, down: pixels. scale: 1.2 is a fifth larger. lean: how
    far the top leans to the right, as a share of the height. thicken: pixels of pen, below 0
    thinner. noise: spread of what is added to each pixel. blur: pixels.
    """

    turn: float = 0.0
    right: float = 0.0
    down: float = 0.0
    scale: float = 1.0
    lean: float = 0.0
    thicken: float = 0.0
    noise: float = 0.0
    blur: float = 0.0


def distort(image: ArrayLike, settings: Settings, seed: int = 0) -> NDArray[np.float32]:
    """One image, (28, 28), distorted: (28, 28) float32 in 0..1; lesson 5.

    seed: of the noise, so that the same settings give the same picture.
    """
    picture = images.as_input(image)[0]
    angle, zoom = np.deg2rad(settings.turn), max(settings.scale, 0.05)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    leant = np.array([[1.0, 0.0], [settings.lean, 1.0]])
    # The pixel at p takes its ink from back @ (p − centre − shift) + centre.
    back = leant @ turned / zoom
    shift = np.array([settings.down, settings.right])
    moved = ndimage.affine_transform(picture, back, CENTRE - back @ (CENTRE + shift), order=1)
    drawn = ndimage.gaussian_filter(_thickened(moved, settings.thicken), settings.blur)
    noise = settings.noise * np.random.default_rng(seed).standard_normal((28, 28))
    return np.asarray(np.clip(drawn + noise, 0, 1), np.float32)


def _thickened(picture: NDArray[np.float32], pixels: float) -> NDArray[np.float32]:
    """Widen or thin the strokes: whole pixels by dilation or erosion, the rest by mixing."""
    spread = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
    cross = ndimage.generate_binary_structure(2, 1)
    rest = abs(pixels)
    while rest > 0:
        share = min(1.0, rest)
        picture = (1 - share) * picture + share * spread(picture, footprint=cross)
        rest -= share
    return picture


def explorer(networks: Mapping[str, Any], pictures: ArrayLike, labels: ArrayLike) -> Show:
    """A distorted image, as it is and prepared anew, and each network's answer; lesson 5."""
    inputs, truth = images.as_input(pictures), np.asarray(labels)

    def show(image: int, prepared: bool, **settings: float) -> str:
        distorted = distort(inputs[image], Settings(**settings))
        again, reason = _prepared(distorted)
        x = (again if prepared else distorted)[np.newaxis]
        outputs = {
            name: np.asarray(network.predict_on_batch(x))[0] for name, network in networks.items()
        }
        asked = "prepared" if prepared else "distorted"
        done = ", ".join(f"{name} {value:g}" for name, value in settings.items())
        told = ", ".join(f"{name} reads {shares.argmax()}" for name, shares in outputs.items())
        label = f"labelled {truth[image]}"
        pictures = row(
            raster(inputs[image], f"Image {image}, {label}.", label),
            raster(distorted, f"Image {image}, distorted: {done}.", "distorted"),
            raster(again, f"Image {image}, distorted ({done}) and prepared anew.", "prepared"),
            sentence(f"From the {asked} image: {told}. {reason}".strip()),
        )
        return pictures + row(answers(outputs, int(truth[image])))

    return show


def _prepared(picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], str]:
    """The picture brought into MNIST's form again, or blank paper and the reason."""
    try:
        return images.prepare(1 - picture).image, ""
    except images.PictureError as error:
        return np.zeros((28, 28), np.float32), str(error)
