"""The digits: MNIST from wherever it can be had, or the ones that need no download.

`load()` prefers MNIST and says so, unmissably, when it has to take the offline digits instead.
Pixels stay raw uint8 here; scaling them is taught in lesson 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import cache, mnist, sources
from mnistlab.sources import DataError, Place

if TYPE_CHECKING:
    from mnistlab import collection

__all__ = ["DataError", "Digits", "Place", "cache_folder", "find", "load", "own", "places"]

OFFLINE_ARRAYS = (
    "x_train",
    "y_train",
    "train_groups",
    "x_test",
    "y_test",
    "test_groups",
    "calm_groups",
)
OFFLINE_ORIGIN = "scikit-learn's digits"


@dataclass(frozen=True, eq=False, repr=False)
class Digits:
    """Handwritten digits for training and testing, as raw pixels and labels.

    x_train, x_test: (60000, 28, 28) and (10000, 28, 28) uint8, 0 for paper to 255 for ink.
    y_train, y_test: (60000,) and (10000,) uint8, the digit that each image shows.
    source: "mnist" or "offline". origin: the path or address that it came from.
    train_groups, test_groups: (60000,) and (10000,) which original each offline image was warped
    from; None for MNIST. calm_groups: the training originals written as plainly as the test ones.
    wrong_labels: test index → the label that people judge right.
    """

    x_train: NDArray[np.uint8]
    y_train: NDArray[np.uint8]
    x_test: NDArray[np.uint8]
    y_test: NDArray[np.uint8]
    source: str
    origin: str
    train_groups: NDArray[np.integer[Any]] | None = None
    test_groups: NDArray[np.integer[Any]] | None = None
    calm_groups: NDArray[np.integer[Any]] | None = None
    wrong_labels: dict[int, int] = field(default_factory=dict)

    def __repr__(self) -> str:
        kind = "MNIST" if self.source == "mnist" else "offline digits (not MNIST)"
        return (
            f"<Digits: {kind}, {len(self.x_train):,} training and {len(self.x_test):,} test images "
            f"of 28×28 pixels (uint8), from {self.origin}>"
        )


def load(source: str | None = None) -> Digits:
    """Return the digits: 60,000 to train on and 10,000 to test with.

    source: None takes MNIST where it can be had, else the offline digits (and says so);
    "mnist" takes MNIST or raises DataError; "offline" takes the offline digits, no network.
    The environment can name MNIST (MNISTLAB_DATA: an .npz file or a folder of IDX files, or the
    word "offline") and forbid the network (MNISTLAB_OFFLINE=1). The arrays are yours to change.
    Taught in lesson 1.
    """
    if source not in (None, "mnist", "offline"):
        raise ValueError(f'source is {source!r}; it can be "mnist" or "offline", or left out.')
    if source == "offline" or (source is None and sources.offline_chosen()):
        return _load_offline()
    try:
        arrays, origin = sources.find_mnist(ask_again=source == "mnist")
    except DataError as error:
        if source == "mnist" or sources.named_path():
            raise
        _announce_offline(error)
        return _load_offline()
    labels = dict(mnist.WRONG_LABELS)
    return Digits(**arrays, source="mnist", origin=origin, wrong_labels=labels)


def own(file: str | Path | None = None) -> collection.Collection:
    """The images and labels that you drew on the pad and saved, oldest first; lesson 8.

    file: where they are, `my_digits.npz` in the current folder by default.
    """
    from mnistlab import collection  # brings Pillow, which a warm load does not need

    return collection.load(file)


def find() -> dict[str, Any]:
    """Say what `load()` would give, without touching the network: ok, source, origin, state."""
    place = next((place for place in places() if place.usable), places()[0])
    source = "offline" if place.address == OFFLINE_ORIGIN else "mnist"
    return {
        "ok": place.usable,
        "source": source,
        "origin": place.address,
        "state": f"{place.kind}: {place.state}",
        "cache": str(cache_folder()),
    }


def places() -> list[Place]:
    """Return where `load()` looks, in its order, without the network; it takes the first usable.

    A bad MNISTLAB_DATA is the only place: `load()` then raises instead of looking further.
    """
    offline = Place("offline digits", OFFLINE_ORIGIN, True, "made on this machine")
    if sources.offline_chosen():
        return [offline]
    return sources.places() if sources.named_path() else [*sources.places(), offline]


def cache_folder() -> Path:
    """Return the folder that mnistlab keeps its copies in: MNISTLAB_CACHE or the usual place."""
    return cache.folder()


def _load_offline() -> Digits:
    """Return the digits made from scikit-learn's, from our cache if this version made them."""
    version = _offline_version()
    kept = _kept_offline(version)
    if kept is not None:
        return kept
    with cache.lock("offline"):
        return _kept_offline(version) or _make_offline(version)


def _kept_offline(version: str) -> Digits | None:
    if cache.remembered("offline").get("version") != version or not cache.unchanged("offline"):
        return None
    arrays = cache.read("offline", [*OFFLINE_ARRAYS, "wrong_labels"])
    return None if arrays is None else _as_offline(arrays)


def _make_offline(version: str) -> Digits:
    from mnistlab import offline  # brings scikit-learn, which a warm load does not need

    sources.say_once("making", "Making the offline digits (some 10 s, the first time only) …")
    made: dict[str, Any] = dict(offline.make())
    wrong_labels = sorted(made["wrong_labels"].items())
    arrays = {key: np.asarray(made[key]) for key in OFFLINE_ARRAYS}
    arrays["wrong_labels"] = np.array(wrong_labels, np.int64).reshape(-1, 2)
    sources.keep("offline", arrays, notice=True, version=version)
    return _as_offline(arrays)


def _as_offline(arrays: Mapping[str, NDArray[Any]]) -> Digits:
    fields = {key: arrays[key] for key in OFFLINE_ARRAYS}
    labels = {int(index): int(label) for index, label in arrays["wrong_labels"]}
    return Digits(**fields, source="offline", origin=OFFLINE_ORIGIN, wrong_labels=labels)


def _offline_version() -> str:
    """Return a hash of the sources that make the offline digits: a changed one makes them anew."""
    here = Path(__file__).parent
    generator = b"".join((here / name).read_bytes() for name in ("images.py", "offline.py"))
    return hashlib.sha256(generator).hexdigest()


def _announce_offline(why: DataError) -> None:
    """Say on stderr, which Jupyter shows in red, that these digits are not MNIST."""
    frame = "=" * 88
    sources.say_once(
        "not MNIST",
        f"{frame}\nNOT MNIST: these are mnistlab's offline digits. {why}\n"
        "The lessons work with them, but their figures are not those published for MNIST.\n"
        f"{frame}",
    )
