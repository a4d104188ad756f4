"""A trained network to a file and back, without running anybody's code by accident.

`.keras` is the format to use; `export` writes others, for programs without Keras. `.pkl` is the
first project's, kept because its risk is a lesson: loading a pickle runs whatever its author put
into it. What `save` writes it remembers in a manifest in the user's cache, so that `load` knows
this machine's own files again.
"""

import errno
import hashlib
import json
import os
import pickle
import platform
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

import mnistlab
from mnistlab import data, exports, guards
from mnistlab.guards import SavingError

if TYPE_CHECKING:
    from mnistlab.training import Run

__all__ = ["SavingError", "check_path", "describe", "export", "load", "save"]

PICKLE_REFUSED = (
    "loading a pickle runs code that its author chose, and this file was not written by mnistlab "
    "on this machine, or has changed since. Ask its author for a .keras file, which holds no "
    "code. If you know and trust the author, load it with trust=True."
)


def save(model_or_run: "keras.Model | Run", path: str | Path) -> Path:
    """Write a network, or a training run's, to a `.keras` or `.pkl` file; lessons 5 and 8.

    The file appears whole or not at all, and an older one stays until then. A run's facts (seed,
    recipe, last accuracy ...) go into the manifest that `describe` gives back. Returns the path.
    """
    path = Path(path)
    kind = _format(path)
    run = None if isinstance(model_or_run, keras.Model) else model_or_run
    model = _built(model_or_run if run is None else getattr(run, "model", run))
    try:
        content = kind.pack(model)
        if len(content) > guards.MAX_BYTES:
            raise ValueError(f"{len(content) / 2**20:.0f} MB are more than load would read.")
        # The manifest first: a crash between the two must not leave a pickle that load refuses.
        problem = _remember(content, run)
        _write(Path(os.path.realpath(path)), content)
    except (OSError, ValueError) as error:
        raise SavingError(f"{path} was not saved: {_reason(error, path)}") from error
    if problem:
        warnings.warn(problem, stacklevel=2)
    return path


def export(model_or_run: "keras.Model | Run", path: str | Path) -> Path:
    """Write a network in a form that other programs read; lesson 8. Returns the path.

    The end of the name says which: `.keras` and `.pkl` as `save` does, `.html` a web page with a
    drawing pad, `.tflite` LiteRT, `.onnx` ONNX, `.npz` the weights as arrays; no end, a SavedModel.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix in FORMATS:
        return save(model_or_run, path)
    if suffix != exports.FOLDER and suffix not in exports.PACKERS:
        known = [*FORMATS, *exports.PACKERS]
        raise SavingError(
            f"{path}: the end of the name says in which form a network is exported, and "
            f"{path.suffix!r} is not known. Possible are {', '.join(known)}, and none at all for a "
            "SavedModel's folder."
        )
    model = _built(getattr(model_or_run, "model", model_or_run))
    try:
        if suffix == exports.FOLDER:
            _write_folder(path, lambda part: exports.saved_model(model, part))
        else:
            _write(Path(os.path.realpath(path)), exports.PACKERS[suffix](model))
    except SavingError as error:
        raise SavingError(f"{path} was not written: {error}") from error
    except (OSError, ValueError) as error:
        raise SavingError(f"{path} was not written: {_reason(error, path)}") from error
    return path


def check_path(path: str | Path) -> Path:
    """The path, if `save` could write there: worth asking before a long training."""
    path = Path(path)
    _format(path)
    if not path.parent.is_dir() or path.is_dir():
        raise SavingError(f"{path}: {_reason(FileNotFoundError(), path)}")
    if not os.access(path.parent, os.W_OK):
        raise SavingError(f"{path}: you may not write to {path.parent.absolute()}.")
    return path


def load(path: str | Path, trust: bool = False) -> keras.Model:
    """Read a network that `save` or Keras wrote; lesson 8 says why that needs care.

    Files that this machine did not write are checked first, and pickles among them are refused.
    trust: True skips that and lets the file run code. Only for files whose author you trust.
    """
    path = Path(path)
    kind = _format(path)
    try:
        content = guards.read(path)
        model = _unpacked(kind, content, trust)
    except SavingError as error:
        raise SavingError(f"{path} was not loaded: {error}") from error
    except Exception as error:  # what a damaged file makes zipfile, h5py, pickle and Keras raise
        raise SavingError(
            f"{path} was not loaded: it is damaged, cut short, or no {path.suffix} file that "
            f"this version of Keras can read ({type(error).__name__}). Save it again at its source."
        ) from error
    return model


def describe(path: str | Path) -> dict[str, Any]:
    """The manifest of a file that `save` wrote on this machine: how, when and from which run."""
    try:
        content = guards.read(Path(path))
    except SavingError as error:
        raise SavingError(f"{path} cannot be described: {error}") from error
    manifest = _manifest(content)
    if manifest is None:
        raise SavingError(
            f"{path} has no manifest here: mnistlab did not write it on this machine, or it has "
            "changed since, or the cache was emptied."
        )
    return manifest


class _Format(NamedTuple):
    pack: Callable[[keras.Model], bytes]
    unpack: Callable[[bytes, bool, bool], Any]  # content, may it run code, is it known


def _format(path: Path) -> _Format:
    if path.suffix.lower() not in FORMATS:
        raise SavingError(
            f"{path}: the end of the name says how a network is saved, and {path.suffix!r} is not "
            f"known. Possible are {' and '.join(FORMATS)}."
        )
    return FORMATS[path.suffix.lower()]


def _built(model: Any) -> keras.Model:
    if not isinstance(model, keras.Model):
        raise TypeError(f"save takes a network or a Run, then a path, not {model!r}.")
    if not model.built:
        raise SavingError(f"{model.name!r} has no weights yet: train it, or call it on images.")
    return model


def _unpacked(kind: _Format, content: bytes, trust: bool) -> keras.Model:
    with warnings.catch_warnings():
        # An untrained network's optimizer has nothing to load, and starts anew: no news.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        model = kind.unpack(content, trust, trust or _manifest(content) is not None)
    if not isinstance(model, keras.Model):
        raise SavingError(f"it holds no Keras model but a {type(model).__name__}.")
    return model


def _pack_keras(model: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.keras"
        model.save(file)
        return file.read_bytes()


def _unpack_keras(content: bytes, trust: bool, known: bool) -> keras.Model:
    checked = nullcontext() if known else guards.weight_budget(guards.check_archive(content))
    # Keras wants a path. In a folder of our own nobody can exchange what was checked.
    with tempfile.TemporaryDirectory() as folder, checked:
        file = Path(folder) / "model.keras"
        file.write_bytes(content)
        return keras.saving.load_model(file, safe_mode=not trust)


def _unpack_pickle(content: bytes, trust: bool, known: bool) -> Any:
    if not known:
        raise SavingError(PICKLE_REFUSED)
    return pickle.loads(content)


FORMATS = {
    ".keras": _Format(_pack_keras, _unpack_keras),
    ".pkl": _Format(pickle.dumps, _unpack_pickle),
}


def _write(path: Path, content: bytes, mode: int = 0o666) -> None:
    """All of it under its name, or nothing: a temporary neighbour is renamed when complete."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:  # Ctrl-C too must not leave half a file behind
        with suppress(OSError, ValueError):
            part.unlink()
        raise


def _write_folder(path: Path, write: Callable[[Path], None]) -> None:
    """As `_write`, for a folder; only another SavedModel's is replaced."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        write(part)
        if (path / "saved_model.pb").is_file():
            shutil.rmtree(path)
        os.replace(part, path)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _reason(error: Exception, path: Path) -> str:
    folder = path.parent
    if os.path.isdir(path):  # unlike Path.is_dir, no error of its own for an impossible name
        return "a folder has that name. Choose another name."
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"there is no folder {folder}. Make it, or choose another."
    kept = "An older file of that name is as it was."
    code = getattr(error, "errno", None)
    if code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the disk is full. Free some space and save again. {kept}"
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"you may not write to {folder.absolute()}. Choose another folder. {kept}"
    return f"{error}. {kept}"


def _remember(content: bytes, run: "Run | None") -> str | None:
    """Keep the manifest in the cache; where that is impossible, a sentence that says so."""
    sha256 = hashlib.sha256(content).hexdigest()
    versions = {"mnistlab": mnistlab, "keras": keras, "tensorflow": tf, "numpy": np}
    manifest = {
        "sha256": sha256,
        "size": len(content),
        "saved": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: module.__version__ for name, module in versions.items()}
        | {"python": platform.python_version()},
        "run": None if run is None else _facts(run),
    }
    try:
        file = _manifest_file(sha256)
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(file, json.dumps(manifest, indent=1, default=_plain).encode(), mode=0o600)
    except OSError as error:
        return (
            f"The network was saved, but its manifest could not be kept ({error}): a pickle will "
            "need trust=True to load again. Set MNISTLAB_CACHE to a folder you may write to."
        )
    return None


def _facts(run: "Run") -> dict[str, Any]:
    facts = run.as_dict()
    last = {name: values[-1] for name, values in facts.pop("history").items() if values}
    return facts | {"last": last}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _manifest(content: bytes) -> dict[str, Any] | None:
    """What this user remembers of these bytes; a damaged or foreign manifest counts as none."""
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        with _manifest_file(sha256).open("rb") as file:
            # A cache may be shared by a class: only what this user wrote may vouch for a pickle.
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            manifest = json.loads(file.read(guards.MAX_CONFIG_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    same = isinstance(manifest, dict) and manifest.get("sha256") == sha256
    return manifest if same and manifest.get("size") == len(content) else None


def _manifest_file(sha256: str) -> Path:
    return data.cache_folder() / "manifests" / f"{sha256}.json"
