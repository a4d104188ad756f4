"""A data set made as MNIST is, in miniature, and the files that it can come in."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
from pathlib import Path

import numpy as np

from mnistlab import mnist

SHAPES: dict[str, tuple[int, ...]] = {
    "x_train": (60, 28, 28),
    "y_train": (60,),
    "x_test": (10, 28, 28),
    "y_test": (10,),
}


def arrays() -> mnist.Arrays:
    random = np.random.default_rng(0)
    return {name: random.integers(0, 10, shape, np.uint8) for name, shape in SHAPES.items()}


SHA256 = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays().items()}


def npz(packed: bool = True, **changed: object) -> bytes:
    """An .npz archive of the arrays, some of them changed, or left out where None."""
    chosen = {name: array for name, array in (arrays() | changed).items() if array is not None}
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, **chosen)
    return stream.getvalue()


def idx(packed: bool = True) -> dict[str, bytes]:
    """The four IDX files by array: magic number, lengths of the axes, values."""
    contents = {
        name: struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()
        for name, array in arrays().items()
    }
    return {name: gzip.compress(file) for name, file in contents.items()} if packed else contents


def idx_folder(folder: Path, packed: bool = True) -> Path:
    folder.mkdir(parents=True)
    for name, content in idx(packed).items():
        (folder / (mnist.IDX_FILES[name] + (".gz" if packed else ""))).write_bytes(content)
    return folder
