"""Explorers of convolutions: a filter that slides over an image, and a network's feature maps.

As in `explorers`, each function takes its data once and returns a pure `show`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from mnistlab.explorers import Show
from mnistlab.images import as_input
from mnistlab.sketches import numbers, raster, row, sentence

__all__ = ["Maps", "feature_maps", "filters", "seen"]

MANY = 100  # images whose feature maps are worked out beforehand
ZOOM = 6  # screen pixels for one of the image's


@dataclass(frozen=True)
class Maps:
    """What one layer of a network makes of some images, (n, rows, columns, maps)."""

    name: str
    values: NDArray[np.float32]
    kernel: NDArray[np.float32] | None  # (rows, columns, maps before, maps), of a convolution
    field: tuple[int, int, int]  # the first pixel that a place looks at, the step to the next
    # place's, and how many pixels it looks at, across and down alike

    @property
    def count(self) -> int:
        """How many maps there are."""
        return int(self.values.shape[-1])


def filters(images: ArrayLike, kernels: Mapping[str, ArrayLike]) -> Show:
    """A filter on one window of an image and on all of them, then ReLU and pooling; lesson 6.

    kernels: name → (k, k) numbers, all of the same size.
    """
    ink = as_input(images)
    known = {name: np.asarray(kernel, np.float64) for name, kernel in kernels.items()}
    size = _side(list(known.values()))

    def show(image: int, name: str, top: int, left: int) -> str:
        kernel, windows = known[name], sliding_window_view(ink[image], (size, size))
        # One number for each place: (rows, columns, k, k) * (k, k), added up → (rows, columns)
        sums = np.einsum("rcij,ij->rc", windows, kernel)
        begins = f"Image {image}; the window begins at row {top}, column {left}."
        frame, said = (top, left, size, size), f"The filter {name!r} on image {image}"
        whole = raster(ink[image], begins, f"image {image}", side=28 * ZOOM, frame=frame)
        maps = _slid(sums, kernel, (top, left), said)
        return row(whole, *maps) + row(*_multiplied(windows[top, left], kernel, (top, left)))

    return show


def _side(kernels: Sequence[NDArray[np.float64]]) -> int:
    """The side of the filters, which are squares of one size."""
    shapes = {kernel.shape for kernel in kernels}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 2 or len({*shape}) != 1:
        raise ValueError(
            "filters slides squares of numbers, all of the same size, over an image, such as "
            f"{{'edge': (3, 3) numbers}}; these are {[one.shape for one in kernels]}."
        )
    return int(shape[0])


def _slid(
    sums: NDArray[Any], kernel: NDArray[np.float64], place: tuple[int, int], said: str
) -> list[str]:
    """The feature map, with a frame at `place`, and what ReLU and then pooling leave of it."""
    kept = np.maximum(0, sums)
    pooled = _pooled(kept)
    reach = float(max(kernel[kernel > 0].sum(), -kernel[kernel < 0].sum(), 1e-6))
    alt = f"{said}: sums from {sums.min():.2f} to {sums.max():.2f}, yellow above 0 and blue below."
    side, frame = len(sums) * ZOOM, (*place, 1, 1)
    return [
        raster(sums, alt, "feature map", side=side, limit=reach, frame=frame),
        _positive(kept, reach, f"{said}, after ReLU", "after ReLU", side),
        _positive(pooled, reach, f"{said}, pooled", "pooled", len(pooled) * 2 * ZOOM),
    ]


def _multiplied(
    window: NDArray[Any], kernel: NDArray[np.float64], place: tuple[int, int]
) -> list[str]:
    """A window times the filter as numbers, and what they add up to in words."""
    products = window * kernel  # (k, k) * (k, k): number by number
    total = float(products.sum())
    limit = float(np.abs(kernel).max()) or 1.0
    return [
        numbers(window, "window"),
        _sign("×"),
        numbers(kernel, "filter", limit=limit),
        _sign("="),
        numbers(products, "products", limit=limit),
        sentence(
            f"The {products.size} products add up to {total:.2f}. That is the number of the "
            f"feature map in row {place[0]}, column {place[1]}; ReLU makes it "
            f"{max(0.0, total):.2f}."
        ),
    ]


def feature_maps(layers: Mapping[str, Maps], images: ArrayLike) -> Show:
    """All feature maps of one layer for one image, and one of them enlarged; lesson 6.

    layers: what `seen` returns for these images.
    """
    ink = as_input(images)

    def show(layer: str, image: int, number: int) -> str:
        maps = layers[layer]
        number = min(number, maps.count - 1)  # another layer may have had more
        values = maps.values[image]  # (rows, columns, maps)
        chosen = values[..., number]
        reach = float(np.abs(maps.values).max()) or 1.0
        signed = bool(maps.values.min() < 0)
        place = tuple(int(i) for i in np.unravel_index(chosen.argmax(), chosen.shape))
        start, step, size = maps.field
        frame = (start + step * place[0], start + step * place[1], size, size)
        best = f"largest {chosen.max():.2f} in row {place[0]}, column {place[1]}"
        alt = f"Image {image}; {best} of map {number} of {layer} looks at what is outlined."
        silent = int((values.max(axis=(0, 1)) <= 0).sum())
        small = [
            _map(values[..., i], reach, signed, f"Map {i} of {layer}, image {image}", str(i), 46)
            for i in range(maps.count)
        ]
        return row(
            raster(ink[image], alt, f"image {image}", frame=frame),
            _map(
                chosen,
                reach,
                signed,
                f"Map {number} of {layer}, image {image}, enlarged",
                f"map {number} of {maps.count}",
                168,
                (*place, 1, 1),
            ),
            *_weights(maps, number, layer),
            sentence(_told(maps, chosen, place, frame, silent)),
        ) + row(*small)

    return show


def seen(model: Any, images: ArrayLike) -> dict[str, Maps]:
    """What each layer with feature maps makes of the images, by a name that says its kind.

    model: a Keras network of one layer behind the other, convolutions without padding.
    """
    import keras  # takes seconds, which the other explorers spare

    ink = as_input(images)
    if len(ink) > MANY:
        raise ValueError(f"feature_maps shows {MANY} images at most; these are {len(ink):,}.")
    asked = [one for one in model.layers if len(one.output.shape) == 4 and one.output.shape[-1] > 1]
    if not asked:
        raise ValueError(f"{model.name!r} has no feature maps: none of its layers is a Conv2D.")
    probe = keras.Model(model.inputs, [layer.output for layer in asked])
    answers = probe.predict_on_batch(ink)
    answers = [answers] if len(asked) == 1 else answers  # of one layer Keras makes no list
    fields, found = _fields(model.layers), {}
    for i, (layer, values) in enumerate(zip(asked, answers, strict=True), start=1):
        array = np.asarray(values)
        convolution = isinstance(layer, keras.layers.Conv2D)
        kernel = np.asarray(layer.kernel) if convolution else None
        name = f"{i} {type(layer).__name__}, {array.shape[1]} × {array.shape[2]}"
        found[name] = Maps(name, array, kernel, fields[layer.name])
    return found


def _fields(layers: Any) -> dict[str, tuple[int, int, int]]:
    """By layer: the first pixel that a place looks at, the step between places, how many pixels."""
    start, step, size, found = 0, 1, 1, {}
    for layer in layers:
        if hasattr(layer, "cropping"):
            start += layer.cropping[0][0]
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if window is not None:
            size += (window[0] - 1) * step
            step *= layer.strides[0]
        found[layer.name] = (start, step, size)
    return found


def _told(
    maps: Maps,
    chosen: NDArray[np.float32],
    place: tuple[int, ...],
    frame: tuple[int, int, int, int],
    silent: int,
) -> str:
    top, left, high, wide = frame
    return (
        f"The largest number of this map, {chosen.max():.2f}, is in row {place[0]}, column "
        f"{place[1]}. It looks at the pixels in rows {top} to {top + high - 1}, columns {left} to "
        f"{left + wide - 1}. For this image {silent} of the {maps.count} maps have nothing above "
        "0. All of them:"
    )


def _weights(maps: Maps, number: int, layer: str) -> list[str]:
    """The filter behind a feature map: numbers if it reads the image, else one square a map."""
    if maps.kernel is None:
        return []
    kernel = maps.kernel[..., number]  # (k, k, maps before)
    limit = float(np.abs(kernel).max()) or 1.0
    if kernel.shape[2] == 1:
        return [numbers(kernel[..., 0], f"filter {number}", limit=limit)]
    size, before = kernel.shape[0], kernel.shape[2]
    across = int(np.ceil(np.sqrt(before)))
    tiles = np.zeros((-(-before // across) * (size + 1), across * (size + 1)))
    for i in range(before):
        top, left = (size + 1) * (i // across), (size + 1) * (i % across)
        tiles[top : top + size, left : left + size] = kernel[..., i]
    alt = (
        f"Filter {number} of {layer}: {size} × {size} weights for each of the {before} maps "
        f"before, from {kernel.min():.2f} to {kernel.max():.2f}."
    )
    return [raster(tiles, alt, f"filter {number}: on {before} maps", limit=limit)]


def _map(
    values: NDArray[np.float32],
    reach: float,
    signed: bool,
    said: str,
    title: str,
    side: int,
    frame: Any = None,
) -> str:
    """A feature map: paper to ink where nothing is below 0, else blue to yellow."""
    alt = f"{said}: {values.min():.2f} to {values.max():.2f}."
    if signed:
        return raster(values, alt, title, side=side, limit=reach, frame=frame)
    return raster(values / reach, alt, title, side=side, frame=frame)


def _positive(values: NDArray[Any], reach: float, said: str, title: str, side: int) -> str:
    return raster(values / reach, f"{said}: up to {values.max():.2f}.", title, side=side)


def _pooled(values: NDArray[Any]) -> NDArray[Any]:
    """The largest of each 2 × 2 numbers; a last row or column that fills no window is dropped."""
    rows, columns = (length // 2 for length in values.shape)
    whole = values[: 2 * rows, : 2 * columns]
    return np.asarray(whole.reshape(rows, 2, columns, 2).max(axis=(1, 3)))


def _sign(text: str) -> str:
    return f'<div style="align-self: center; font-size: 20px">{text}</div>'
