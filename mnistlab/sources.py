"""Where MNIST is had: a path that the user names, our own cache, Keras' cache, the mirrors.

What was checked once is kept unpacked in our cache, with the size and times of the file that it
came from, and later loads read our copy in milliseconds. Files of the user's are only ever read.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mnistlab import cache, download, mnist
from mnistlab.mnist import Arrays, Unusable

__all__ = ["DataError", "Place", "find_mnist", "keep", "places", "say_once"]

MIRRORS = (  # an .npz file, or a folder of IDX files with names in .gz
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
PAUSE = 600.0  # seconds for which `load()` does not ask again mirrors that all failed
_said: set[str] = set()  # the topics that this process has printed a notice on


class DataError(RuntimeError):
    """The digits asked for cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Place:
    """A place where MNIST may be: its kind, its path or address, and what is to be had there."""

    kind: str
    address: str
    usable: bool
    state: str


def find_mnist(ask_again: bool) -> tuple[Arrays, str]:
    """Return MNIST's arrays and where they came from, or raise DataError.

    ask_again: ask the mirrors even if all of them failed a few minutes ago.
    """
    if named := named_path():
        return _named(named)
    if copy := _copy():
        return copy
    failures = []
    if os.path.exists(cache.path("mnist")):
        failures.append(f"{cache.path('mnist')}: it is damaged (a download will replace it)")
    if os.path.exists(_keras_cache()):
        try:
            return _from_path(_keras_cache()), str(_keras_cache())
        except Unusable as error:
            failures.append(f"{_keras_cache()}: {error}")
    if not _network_allowed():
        raise _not_to_be_had("is not on this machine, and MNISTLAB_OFFLINE is set", failures)
    with cache.lock("mnist"):
        return _copy() or _download(failures, ask_again)


def places() -> list[Place]:
    """Return where MNIST is looked for, in that order, without touching the network."""
    if named := named_path():
        return [_place("MNISTLAB_DATA", named)]
    ours = cache.path("mnist")
    state = "usable" if _kept() else "damaged" if os.path.exists(ours) else "not there"
    return [
        Place("our copy", str(ours), state == "usable", state),
        _place("Keras' cache", _keras_cache()),
        *(_mirror_place(mirror) for mirror in MIRRORS),
    ]


def _place(kind: str, path: Path) -> Place:
    if not os.path.exists(path):
        return Place(kind, str(path), False, "not there")
    try:
        if not _checked_before(path):
            mnist.read(path)
    except Unusable as error:
        return Place(kind, str(path), False, f"no MNIST: {error}")
    return Place(kind, str(path), True, "usable")


def _mirror_place(mirror: str) -> Place:
    if not _network_allowed():
        return Place("mirror", mirror, False, "not asked, as MNISTLAB_OFFLINE is set")
    if _failed_lately():
        return Place("mirror", mirror, False, "failed a few minutes ago")
    return Place("mirror", mirror, True, "not asked yet")


def named_path() -> Path | None:
    """Return the path that MNISTLAB_DATA names, if it names one."""
    named = None if offline_chosen() else os.environ.get("MNISTLAB_DATA")
    return Path(os.path.abspath(os.path.expanduser(named))) if named else None


def offline_chosen() -> bool:
    """Say whether MNISTLAB_DATA asks for the offline digits even where MNIST is at hand."""
    return os.environ.get("MNISTLAB_DATA") == "offline"


def _keras_cache() -> Path:
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    return Path(home, "datasets", "mnist.npz")


def _network_allowed() -> bool:
    return os.environ.get("MNISTLAB_OFFLINE", "").lower() in ("", "0", "no", "false")


def _named(path: Path) -> tuple[Arrays, str]:
    """Return the MNIST that MNISTLAB_DATA names; what is wrong with it is never passed over."""
    what_to_do = "Let MNISTLAB_DATA name another file or folder, or unset it."
    if not os.path.exists(path):
        raise DataError(f"MNISTLAB_DATA names {path}, but nothing is there. {what_to_do}")
    try:
        return _from_path(path), str(path)
    except Unusable as error:
        message = f"MNISTLAB_DATA names {path}, which is not MNIST: {error}. {what_to_do}"
        raise DataError(message) from error


def _from_path(path: Path) -> Arrays:
    """Return MNIST from a file or folder: through our copy if it was checked before."""
    if _checked_before(path) and (kept := _kept()):
        return kept
    state = _state(path)  # taken first: an alteration during the check must not pass as checked
    arrays = mnist.read(path)
    if not cache.unchanged("mnist"):
        keep("mnist", arrays, notice=False, origin=str(path))
    cache.remember("mnist", **{str(path): state})
    return arrays


def _checked_before(path: Path) -> bool:
    """Say whether a file was found to be MNIST and has not been altered since."""
    return bool(cache.remembered("mnist").get(str(path)) == _state(path))


def _state(path: Path) -> list[list[int]]:
    try:
        return cache.fingerprint(*mnist.files(path).values())
    except OSError as error:
        raise Unusable(f"it cannot be read ({error.strerror})") from error


def _copy() -> tuple[Arrays, str] | None:
    """Return MNIST from our cache and where it came from, or None."""
    kept = _kept()
    origin = cache.remembered("mnist").get("origin", cache.path("mnist"))
    return (kept, str(origin)) if kept else None


def _kept() -> Arrays | None:
    """Return MNIST from our cache, or None; a copy that was moved or altered is checked anew."""
    arrays = cache.read("mnist", list(mnist.SHAPES))
    if arrays is None or cache.unchanged("mnist"):
        return arrays
    try:
        mnist.check(arrays)
    except Unusable:
        return None
    cache.remember("mnist", stored=cache.fingerprint(cache.path("mnist")))
    return arrays


def _download(failures: list[str], ask_again: bool) -> tuple[Arrays, str]:
    """Return MNIST from the first mirror that gives it."""
    if not ask_again and _failed_lately():
        raise _not_to_be_had("could not be downloaded a few minutes ago", failures)
    say_once("asking", "Asking the network for MNIST (11 MB, the first time only) …")
    for mirror in MIRRORS:
        try:
            arrays = _from_mirror(mirror)
        except Unusable as error:
            failures.append(f"{mirror}: {error}")
            continue
        keep("mnist", arrays, notice=True, origin=mirror, failed_at=None)
        return arrays, mirror
    cache.remember("mnist", failed_at=time.time())
    raise _not_to_be_had("could not be downloaded", failures)


def _from_mirror(mirror: str) -> Arrays:
    if mirror.endswith(".npz"):
        return mnist.from_npz(download.fetch(mirror))
    files = mnist.IDX_FILES.items()
    return mnist.from_idx({name: download.fetch(f"{mirror}{file}.gz") for name, file in files})


def _failed_lately() -> bool:
    failed_at = cache.remembered("mnist").get("failed_at")
    return isinstance(failed_at, float) and 0 <= time.time() - failed_at < PAUSE


def _not_to_be_had(what_happened: str, failures: list[str]) -> DataError:
    lines = [
        "\n  ".join([f"MNIST {what_happened}.", *failures]),
        'To get it: connect to the network and run data.load("mnist"), or let MNISTLAB_DATA name',
        'an .npz file or a folder of IDX files. To do without it: data.load("offline").',
    ]
    return DataError("\n".join(lines))


def keep(name: str, arrays: Mapping[str, NDArray[Any]], notice: bool, **facts: Any) -> None:
    """Store arrays and facts in our cache; where that fails they are used all the same.

    notice: whether to say so, because getting the arrays again costs time.
    """
    try:
        cache.write(name, arrays, **facts)
    except OSError as error:
        if notice:
            say_once(
                "no copy",
                f"mnistlab cannot keep a copy in {cache.folder()} ({error.strerror or error}), so "
                "this will take as long next time. Let MNISTLAB_CACHE name a folder that has room.",
            )


def say_once(topic: str, text: str) -> None:
    """Print a notice on that topic to stderr, once in a process.

    It is no warning, since a warning becomes an error wherever the user asked for that.
    """
    if topic not in _said:
        _said.add(topic)
        print(text, file=sys.stderr, flush=True)
