"""A learner's own digits: an `.npz` that grows by one drawing at a time and is never half-written.

It holds `images`, (n, 28, 28) uint8, prepared as MNIST's are, and `labels`, (n,) uint8.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnistlab import cache
from mnistlab.images import as_input
from mnistlab.sources import DataError

__all__ = ["NAME", "Collection", "add", "load", "place"]

NAME = "my_digits.npz"  # in the folder of the notebook that saves it


class Collection(NamedTuple):
    """images: (n, 28, 28) uint8. labels: (n,) uint8."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def place(file: str | Path | None = None) -> Path:
    """Where the collection is: the file named, or `my_digits.npz` in the current folder."""
    return Path(NAME if file is None else file)


def load(file: str | Path | None = None) -> Collection:
    """The learner's own digits, oldest first; lesson 8. Raises DataError with a reason."""
    path = place(file)
    if not path.exists():
        raise DataError(f"{path} does not exist yet. Draw a digit on the pad and save it there.")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            mine = Collection(np.asarray(stored["images"]), np.asarray(stored["labels"]))
    except Exception as error:  # what a damaged file makes zipfile, zlib and NumPy raise
        raise DataError(_damaged(path, "it cannot be read")) from error
    if mine.labels.ndim != 1 or mine.images.shape != (len(mine.labels), 28, 28):
        raise DataError(_damaged(path, f"its images have the shape {mine.images.shape}"))
    if mine.images.dtype != np.uint8 or mine.labels.dtype != np.uint8:
        raise DataError(_damaged(path, f"it holds {mine.images.dtype} and {mine.labels.dtype}"))
    if len(mine.labels) and mine.labels.max() > 9:
        raise DataError(_damaged(path, f"one of its labels is {mine.labels.max()}"))
    return mine


def add(image: ArrayLike, label: int, file: str | Path | None = None) -> int:
    """Append one prepared image and return how many there are now.

    The file is written anew beside the old one and takes its place when it is whole, so a crash
    loses the newest digit at most. A damaged file is refused, never overwritten.
    """
    path = place(file)
    if label not in range(10):
        raise ValueError(f"label={label}: a digit is a whole number from 0 to 9.")
    new = np.round(255 * as_input(image)).astype(np.uint8)
    if len(new) != 1:
        raise ValueError(f"add takes one image; these are {len(new)}. Add them one by one.")
    with cache.lock("my-digits"):
        old = load(path) if path.exists() else Collection(new[:0], np.zeros(0, np.uint8))
        images, labels = np.concatenate([old.images, new]), np.append(old.labels, np.uint8(label))
        with cache.replacing(path) as stream:
            np.savez_compressed(stream, images=images, labels=labels)
    return len(labels)


def _damaged(path: Path, why: str) -> str:
    return f"{path} is no collection of digits: {why}. Rename or delete it and save again."
