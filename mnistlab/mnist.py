"""MNIST itself: four arrays, known by their SHA-256, and how to read them out of files.

MNIST travels as one .npz archive or as four IDX files, packed or not. The container does not
matter here, only the arrays in it, and nothing that a file says about itself is believed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["IDX_FILES", "SHA256", "SHAPES", "WRONG_LABELS", "Arrays", "Unusable"]
__all__ += ["check", "files", "from_idx", "from_npz", "read"]

Arrays: TypeAlias = dict[str, NDArray[np.uint8]]

SHAPES: dict[str, tuple[int, ...]] = {
    "x_train": (60000, 28, 28),
    "y_train": (60000,),
    "x_test": (10000, 28, 28),
    "y_test": (10000,),
}
SHA256 = {  # of the raw bytes, in C order
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
WRONG_LABELS = {  # test index: the label that people judge right (cleanlab's label-errors)
    947: 9,
    1621: 6,
    1901: 4,
    2130: 9,
    2462: 0,
    2597: 3,
    2654: 1,
    3520: 4,
    3558: 0,
    5937: 3,
    6651: 6,
    6783: 6,
    8527: 9,
    9679: 3,
    9729: 6,
}
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
IN_WORDS = {
    "x_train": "training images",
    "y_train": "training labels",
    "x_test": "test images",
    "y_test": "test labels",
}

MOST_BYTES = 2**26  # of a file; MNIST without any packing is 55 MB
MOST_MEMBERS = 64  # of an archive; MNIST's has 4


class Unusable(Exception):
    """A source does not give MNIST; the message says why, as the end of a sentence."""


def read(path: Path) -> Arrays:
    """Return MNIST's four arrays from an .npz file or a folder of IDX files.

    Raises Unusable when they cannot be had or are not MNIST's.
    """
    contents = {name: _content(file) for name, file in files(path).items()}
    return from_idx(contents) if os.path.isdir(path) else from_npz(contents["npz"])


def files(path: Path) -> dict[str, Path]:
    """Return the files that MNIST is read from: {"npz": path}, or a folder's IDX file by array."""
    if not os.path.isdir(path):
        return {"npz": path}
    found = {name: _idx_file(path, stem) for name, stem in IDX_FILES.items()}
    missing = [IDX_FILES[name] for name, file in found.items() if file is None]
    if missing:
        others = sorted(path.glob("*.npz"))
        hint = f"; if you mean its {others[0].name}, name that" if others else ""
        raise Unusable(f"it is a folder without {' and '.join(missing)} (packed or not){hint}")
    return {name: file for name, file in found.items() if file is not None}


def _idx_file(folder: Path, stem: str) -> Path | None:
    """Return a folder's IDX file of that name, under either of its two customary spellings."""
    names = (stem, f"{stem}.gz", stem.replace("-idx", ".idx"), f"{stem.replace('-idx', '.idx')}.gz")
    return next((folder / name for name in names if os.path.isfile(folder / name)), None)


def _content(path: Path) -> bytes:
    """Return a file's bytes, but never more than MNIST could need."""
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe or device may never end
        raise Unusable(f"{path.name} is neither a file nor a folder")
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unusable(f"{path.name} cannot be read ({error.strerror or error})") from error
    if len(content) > MOST_BYTES:
        raise Unusable(f"{path.name} has more than {MOST_BYTES:,} bytes, more than MNIST needs")
    return content


def from_npz(content: bytes) -> Arrays:
    """Return MNIST's four arrays from the bytes of an .npz archive, or raise Unusable."""
    _refuse_other_content(content, b"PK", "an .npz archive")
    # A directory of a million members would be slow to open; each entry starts with this mark.
    if content.count(b"PK\x01\x02") > MOST_MEMBERS:
        raise Unusable("it is an archive of too many members; MNIST's has 4")

    def unpack() -> Arrays:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {name: _npz_member(archive, name) for name in SHAPES}

    return _checked(unpack)


def _npz_member(archive: zipfile.ZipFile, name: str) -> NDArray[np.uint8]:
    """Return one array of an archive, unpacking no more bytes than it may have."""
    if f"{name}.npy" not in archive.namelist():
        raise Unusable(f"it holds no array named {name}")
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Unusable(f"its {name} is packed in a way that NumPy does not use")
    with archive.open(info) as stream:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise Unusable(f"its {name} has a header that a plain array does not need")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        _expect(name, shape, dtype)
        pixels = _exactly(stream, math.prod(shape), name)
    array = np.frombuffer(pixels, np.uint8).reshape(shape, order="F" if fortran_order else "C")
    return array.copy()  # frombuffer's own arrays cannot be written to


def from_idx(contents: Mapping[str, bytes]) -> Arrays:
    """Return MNIST's four arrays from the bytes of its IDX files, packed with gzip or not.

    contents: the bytes of each file by the array's name ("x_train", ...). Raises Unusable.
    """

    def unpack() -> Arrays:
        return {name: _idx_array(name, contents[name]) for name in SHAPES}

    return _checked(unpack)


def _idx_array(name: str, content: bytes) -> NDArray[np.uint8]:
    """Return the array of one IDX file: a magic number, the lengths of its axes, the values."""
    shape = SHAPES[name]
    packed = content[:2] == b"\x1f\x8b"
    if not packed:
        _refuse_other_content(content, b"\0", f"an IDX file of {IN_WORDS[name]}")
    with gzip.GzipFile(fileobj=io.BytesIO(content)) if packed else io.BytesIO(content) as stream:
        header = stream.read(4 + 4 * len(shape))
        # 0x08 stands for unsigned bytes, the last byte for the number of axes.
        if header[:4] != bytes((0, 0, 0x08, len(shape))):
            raise Unusable(f"its {IN_WORDS[name]} start with the wrong magic number: other data")
        if len(header) != 4 + 4 * len(shape):
            raise Unusable(f"its {IN_WORDS[name]} are cut short")
        _expect(name, struct.unpack(f">{len(shape)}I", header[4:]), np.dtype(np.uint8))
        values = _exactly(stream, math.prod(shape), name)
    return np.frombuffer(values, np.uint8).reshape(shape).copy()


def check(arrays: Mapping[str, NDArray[np.uint8]]) -> None:
    """Raise Unusable unless the arrays are MNIST's, to the last bit."""
    for name in SHAPES:
        _expect(name, arrays[name].shape, arrays[name].dtype)
    wrong = [
        IN_WORDS[name]
        for name, expected in SHA256.items()
        if hashlib.sha256(np.ascontiguousarray(arrays[name]).data).hexdigest() != expected
    ]
    if wrong:
        raise Unusable(
            f"its {' and '.join(wrong)} are not MNIST's "
            "(it is damaged, or another data set of the same shape)"
        )


def _checked(unpack: Callable[[], Arrays]) -> Arrays:
    """Unpack and check arrays; whatever is wrong with the file comes out as Unusable."""
    try:
        arrays = unpack()
    except Unusable:
        raise
    # zipfile, zlib, gzip and NumPy's header parser raise a dozen kinds of errors on damaged input.
    except Exception as error:
        raise Unusable(f"it is damaged ({error or type(error).__name__})") from error
    check(arrays)
    return arrays


def _refuse_other_content(content: bytes, start: bytes, what: str) -> None:
    if not content:
        raise Unusable("it is empty")
    if content.lstrip()[:1] == b"<":
        raise Unusable(f"it is a web page, not {what}")
    if not content.startswith(start):
        raise Unusable(f"it is not {what}")


def _expect(name: str, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> None:
    if dtype != np.uint8 or shape != SHAPES[name]:
        raise Unusable(f"its {name} is {dtype} {shape}; MNIST's is uint8 {SHAPES[name]}")


def _exactly(stream: IO[bytes] | io.BufferedIOBase, count: int, name: str) -> bytes:
    """Return the rest of a stream, which must have that many bytes; one more is never unpacked."""
    values = stream.read(count + 1)
    if len(values) != count:
        problem = "are cut short" if len(values) < count else "go on after their end"
        raise Unusable(f"its {IN_WORDS[name]} {problem}")
    return values
