"""Picture files from anywhere, opened with care: any of the usual formats as shades of grey."""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["MIN_CONTRAST", "Picture", "PictureError", "as_large_as", "open_grey", "otsu", "shrunk"]

Picture: TypeAlias = NDArray[np.float32]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
MAX_BYTES = MAX_PIXELS = 32_000_000
MAX_HEAVY = 16_000_000  # pixels where decoding takes several times their own memory
LARGEST_SIDE = 1200  # more pixels than that tell no more about a digit, and take long
ORIENTATION = 0x0112  # where EXIF says how a camera was held
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
MIN_CONTRAST = 0.08  # between ink and paper, of the whole range from black to white


class PictureError(ValueError):
    """A drawing could not be made into a digit; the message says why and what to do."""


def open_grey(drawing: Any) -> Picture:
    """Return a path's, a file's bytes', a PIL image's or an array's picture, as it looks.

    The result is (height, width), 0 for black to 1 for white. Taught in lesson 8.
    """
    if isinstance(drawing, str | os.PathLike):
        drawing = _read(Path(drawing))
    if isinstance(drawing, bytes):
        drawing = _decode(drawing)
    if isinstance(drawing, Image.Image):
        drawing = _pixels(_upright(drawing))
    if not isinstance(drawing, np.ndarray):
        raise PictureError("This is no picture. Pass a path, bytes, image, array or strokes.")
    return _composite(_unit_range(drawing))


def _read(path: Path) -> bytes:
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)  # enough to see that it is too large
    except OSError as error:
        raise PictureError(f"{path} cannot be read: {error.strerror}.") from error
    raise PictureError(f"There is no picture at {path}. Check the name and the folder.")


def _decode(data: bytes) -> Image.Image:
    """Open a picture's bytes; nothing is decoded before its size is known to be bearable."""
    if len(data) > MAX_BYTES:
        raise PictureError(f"This file is too large: it has over {MAX_BYTES // 10**6} MB.")
    with _decoding():
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
        heavy = picture.format in {"GIF", "WEBP"} or picture.mode in {"P", "PA"}
        _check_size(*picture.size, MAX_HEAVY if heavy else MAX_PIXELS)
        picture.draft(None, (LARGEST_SIDE, LARGEST_SIDE))  # a JPEG is decoded smaller
        return picture


def _upright(picture: Image.Image) -> Image.Image:
    """Decode a picture, make it smaller where it is huge, and turn it as its camera was held."""
    _check_size(*picture.size)
    with _decoding():
        return _smaller(picture).transpose(turn) if (turn := _turn(picture)) else _smaller(picture)


def _turn(picture: Image.Image) -> Image.Transpose | None:
    try:
        return TURNS.get(int(picture.getexif()[ORIENTATION]))
    except Exception:  # whatever a damaged note about the camera raises: the picture is still good
        return None


def _smaller(picture: Image.Image) -> Image.Image:
    """The picture with its pixels averaged in squares, so that no side is much too long."""
    times = max(picture.size) // LARGEST_SIDE
    if times < 2:
        picture.load()
        return picture
    deep = picture.mode.startswith("I;16")
    if deep or picture.mode == "1":
        picture = picture.convert("I" if deep else "L")
    elif picture.mode in {"P", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    return picture.reduce(times).convert("I;16") if deep else picture.reduce(times)


@contextlib.contextmanager
def _decoding() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except PictureError:
        raise
    except Exception as error:  # decoders raise nearly anything at a damaged file
        raise PictureError("No picture, or a damaged one. Save it as PNG or JPEG.") from error


def _check_size(width: int, height: int, most: int | None = None) -> None:
    if width * height > (most or MAX_PIXELS):
        raise PictureError(f"This picture is too large: {width}×{height}. A few hundred a side do.")


def _pixels(picture: Image.Image) -> NDArray[Any]:
    """Return a PIL image's pixels: grey kept as it is (8 or 16 bit), all else as RGBA."""
    plain = picture.mode in {"1", "L", "F"} or picture.mode.startswith("I")
    if plain and "transparency" not in picture.info:
        return np.asarray(picture)
    return np.asarray(picture.convert("RGBA"))


def _unit_range(pixels: NDArray[Any]) -> Picture:
    """Return pixels of any number type as (height, width, channels) floats in 0..1."""
    if pixels.ndim not in {2, 3} or pixels.size == 0 or (*pixels.shape, 1)[2] > 4:
        raise PictureError(f"The shape {pixels.shape} is no picture's: use (height, width).")
    _check_size(pixels.shape[1], pixels.shape[0])
    if pixels.dtype.kind not in "buif" or not np.isfinite(pixels).all():
        raise PictureError("This picture has pixels that are not numbers (NaN, infinite or text).")
    low, high = float(pixels.min()), float(pixels.max())
    white = _white(pixels.dtype, high)
    if low < 0 or high > white:
        raise PictureError(f"Pixels from {low:g} to {high:g} are not a picture's: use 0 to 255.")
    return np.atleast_3d(pixels.astype(np.float32) / np.float32(white))


def _white(dtype: np.dtype[Any], highest: float) -> int:
    """Return the number that stands for white, which a number's type alone does not tell."""
    if dtype != np.uint8 and highest <= 1:
        return 1
    return 65535 if dtype == np.uint16 or highest > 255 else 255


def _composite(pixels: Picture) -> Picture:
    """Lay a picture on paper where it is transparent, and return its brightness."""
    channels = pixels.shape[2]
    weights = np.array([0.299, 0.587, 0.114] if channels >= 3 else [1], np.float32)
    grey = np.asarray(pixels[..., : weights.size] @ weights, np.float32)
    if channels in {1, 3}:
        return grey
    alpha = pixels[..., -1]
    on_white = grey * alpha + 1 - alpha
    # White ink on nothing cannot be seen on white paper: it was drawn for a dark page.
    return np.asarray(on_white if np.ptp(on_white) >= MIN_CONTRAST else grey * alpha)


def shrunk(grey: Picture, most: int) -> Picture:
    """The picture with about that many pixels on its longer side, if it has more."""
    times = max(1, round(max(grey.shape) / most))
    return np.asarray(Image.fromarray(grey).reduce(times), np.float32)


def as_large_as(small: Picture, grey: Picture) -> Picture:
    """A small picture drawn as large as another."""
    height, width = grey.shape
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BILINEAR))


def otsu(grey: Picture) -> float:
    """Return the threshold that best parts a picture's pixels into two groups (Otsu, 1979)."""
    counts, edges = np.histogram(grey, bins=256, range=(0, 1))
    share, mean = np.cumsum(counts) / grey.size, np.cumsum(counts * edges[1:]) / grey.size
    spread = np.maximum(share * (1 - share), 1e-12)  # 0 where one of the groups is empty
    return float(edges[1:][np.argmax((mean[-1] * share - mean) ** 2 / spread)])
