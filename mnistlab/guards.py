"""What is checked about a saved network before Keras may open it.

A model file from elsewhere can ask for any amount of memory or for code of its author's choosing.
These checks refuse everything but what a plain image network needs; `saving.load` calls them on
the very bytes that it then loads.
"""

import io
import json
import math
import stat
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py  # type: ignore[import-untyped]  # h5py ships no types
import keras

__all__ = ["MAX_BYTES", "SavingError", "check_archive", "read", "weight_budget"]

MAX_BYTES = 128 * 2**20  # the course's largest network, with Adam's memory, takes 13 MB
MAX_CONFIG_BYTES = 2**20
MAX_LAYERS = 100  # Keras builds a Sequential anew for each: 400 Flatten layers take a minute
MAX_OBJECTS = 2_000  # layers, initializers, types ... in one config
MAX_HDF5_ITEMS = 5_000
MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}

# Nothing here runs code from the file, opens another file, or holds memory that is not counted:
# so no Lambda, no lookup or text layers, no metrics that keep a table of any size.
_OBJECTS = {
    "keras": "Sequential Functional Model DTypePolicy",
    "keras.src.models.functional": "Functional",
    "keras.layers": "Activation Add Average AveragePooling2D BatchNormalization Concatenate Conv2D "
    "Cropping2D Dense DepthwiseConv2D Dropout ELU Flatten GaussianDropout GaussianNoise "
    "GlobalAveragePooling2D GlobalMaxPooling2D InputLayer LayerNormalization LeakyReLU "
    "MaxPooling2D Maximum Multiply PReLU Permute ReLU Rescaling Reshape SeparableConv2D Softmax "
    "SpatialDropout2D Subtract UpSampling2D ZeroPadding2D",
    "keras.initializers": "Constant GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal "
    "LecunUniform Ones Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros",
    "keras.regularizers": "L1 L1L2 L2",
    "keras.constraints": "MaxNorm MinMaxNorm NonNeg UnitNorm",
    "keras.optimizers": "Adadelta Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD",
    "keras.optimizers.schedules": "CosineDecay CosineDecayRestarts ExponentialDecay "
    "InverseTimeDecay PiecewiseConstantDecay PolynomialDecay",
    "keras.losses": "BinaryCrossentropy CategoricalCrossentropy CategoricalFocalCrossentropy "
    "Huber MeanAbsoluteError MeanSquaredError SparseCategoricalCrossentropy",
    "keras.metrics": "Accuracy BinaryAccuracy CategoricalAccuracy CategoricalCrossentropy Mean "
    "MeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy "
    "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy",
}
ALLOWED: set[tuple[str | None, str]] = {
    (None, "__keras_tensor__"),  # how a Functional model names its connections
    *((module, name) for module, names in _OBJECTS.items() for name in names.split()),
}
FUNCTIONS = {  # a loss or metric that was given as a function is saved by its name
    "binary_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "mean_squared_error",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
}

_one_budget = threading.Lock()


class SavingError(RuntimeError):
    """A network could not be saved or loaded; the message says why and what to do."""


def read(path: Path) -> bytes:
    """All of a file, read once; what is no file, empty or too large is refused unread."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or a device might never end
            raise SavingError("it is a folder or a device, not a file. Give the file's own name.")
        if status.st_size > MAX_BYTES:
            raise SavingError(_too_large(status.st_size))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)  # it may have grown since
    except FileNotFoundError:
        raise SavingError("there is no such file. Check its name and its folder.") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise SavingError(f"it cannot be read ({error}).") from error
    if not content:
        raise SavingError("it is empty: a download or a copy may have failed. Get it again.")
    if len(content) > MAX_BYTES:
        raise SavingError(_too_large(len(content)))
    return content


def check_archive(content: bytes) -> int:
    """Refuse all `.keras` bytes but a plain image network's; how many numbers they hold.

    Keras stores its three members uncompressed and its weights as plain blocks. Insisting on both
    leaves no room for bombs: nothing can unfold to more than the file's own size.
    """
    if not content.startswith(b"PK\x03\x04"):
        raise SavingError("it does not begin as a .keras file does: it is something else.")
    if content.count(b"PK\x01\x02") > 100:  # zipfile would list millions of members in memory
        raise SavingError("it is an archive of far too many parts.")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sorted(member.filename for member in members) != sorted(MEMBERS):
            raise SavingError(f"a .keras file holds exactly {', '.join(sorted(MEMBERS))}.")
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise SavingError("its parts are compressed, which Keras never does: maybe a zip bomb.")
        _check_config(archive.read("config.json"))
        return _count_numbers(archive.read("model.weights.h5"))


@contextmanager
def weight_budget(limit: int) -> Iterator[None]:
    """Within it, layers built in this thread may make `limit` weights in all, then no more.

    A config of one line can ask for a billion weights. Only Keras knows how many a layer will
    make, and it says so in `add_weight`, just before it takes the memory: hence this stand-in.
    """
    add_weight, thread, left = keras.layers.Layer.add_weight, threading.get_ident(), limit

    def counted(layer: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal left
        if threading.get_ident() == thread:
            left -= math.prod(kwargs.get("shape") or (args[0] if args else ()))
            if left < 0:
                raise SavingError("its network asks for more weights than the file holds.")
        return add_weight(layer, *args, **kwargs)

    with _one_budget:
        keras.layers.Layer.add_weight = counted
        try:
            yield
        finally:
            keras.layers.Layer.add_weight = add_weight


def _too_large(size: int) -> str:
    return (
        f"it has {size / 2**20:.0f} MB, and more than {MAX_BYTES / 2**20:.0f} MB is not read. "
        "The course's largest network takes 13 MB: is this the right file?"
    )


def _check_config(text: bytes) -> None:
    if len(text) > MAX_CONFIG_BYTES:
        raise SavingError("the description of its network (config.json) is far too long.")
    found, todo = Counter[Any](), [json.loads(text)]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            if "class_name" in value:
                _check_object(value)
                found[value.get("module")] += 1
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
        if found["keras.layers"] > MAX_LAYERS or found.total() > MAX_OBJECTS:
            raise SavingError("its network has too many parts. If you trust it, use trust=True.")


def _check_object(description: dict[str, Any]) -> None:
    name, module = description["class_name"], description.get("module")
    if (module, name) == ("builtins", "function"):
        name = description.get("config")
        fine = isinstance(name, str) and name in FUNCTIONS
    else:
        own_name = description.get("registered_name") in (None, name)
        fine = isinstance(name, str) and own_name and (module, name) in ALLOWED
    if not fine:
        raise SavingError(
            f"it asks for {name!r} (from {module!r}), which is not a part of a plain image network "
            "and might run its author's code. If you know the author and trust the file, "
            "load it with trust=True."
        )


def _count_numbers(content: bytes) -> int:
    """How many numbers an HDF5 file holds, once it is clear that they are all really in it."""
    numbers, size, items = 0, 0, 0
    with h5py.File(io.BytesIO(content), "r") as file:
        todo = [file]
        while todo:
            group = todo.pop()
            items += len(group)
            if items > MAX_HDF5_ITEMS:  # groups that contain each other end here too
                raise SavingError("its weights are in far too many pieces.")
            for name in group:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise SavingError("its weights point to other places or files.")
                if isinstance(group[name], h5py.Group):
                    todo.append(group[name])
                    continue
                count, taken = _check_dataset(group[name])
                numbers, size = numbers + count, size + taken
    if size > len(content):
        raise SavingError("it names more weights than it holds: maybe an HDF5 bomb.")
    return numbers


def _check_dataset(dataset: Any) -> tuple[int, int]:
    """How many numbers and how many bytes; anything but a plain block of numbers is refused."""
    plain = (
        isinstance(dataset, h5py.Dataset)
        and dataset.dtype.kind in "biuf"
        and dataset.chunks is None  # in chunks, a block can be compressed or missing
        and not dataset.is_virtual
        and not dataset.external
        and dataset.shape is not None
        and len(dataset.attrs) == 0
    )
    if not plain:
        raise SavingError("its weights are not stored as Keras stores them.")
    count = math.prod(dataset.shape)
    return count, count * dataset.dtype.itemsize
