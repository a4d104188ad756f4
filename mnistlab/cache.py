"""mnistlab's own folder on this machine: arrays that load in milliseconds, and what is known.

Every file appears whole or not at all (temporary file, then rename), so that a killed process, a
full disk or two processes at once leave nothing half-written. All of it can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["fingerprint", "folder", "lock", "path", "read", "remember", "remembered", "unchanged"]
__all__ += ["replacing", "write"]

PATIENCE = 900.0  # seconds that a process waits for another; a stopped one must not block for ever
SAY_SO = 1.0  # seconds of waiting after which it says so
STALE = 3600.0  # seconds after which a temporary file can only be a killed process's


def folder() -> Path:
    """Return the cache folder, which may not exist: MNISTLAB_CACHE, or the user's usual place."""
    chosen = os.environ.get("MNISTLAB_CACHE")
    return Path(os.path.expanduser(chosen)) if chosen else platformdirs.user_cache_path("mnistlab")


def path(name: str) -> Path:
    """Return where the arrays of that name are kept."""
    return folder() / f"{name}.arrays"


def fingerprint(*files: Path) -> list[list[int]]:
    """Return size and times of files: what differs when one was altered since it was checked."""
    states = [file.stat() for file in files]
    # The second time cannot be set by a program, so it betrays an alteration that hides itself.
    return [[state.st_size, state.st_mtime_ns, state.st_ctime_ns] for state in states]


def read(name: str, keys: Sequence[str]) -> dict[str, NDArray[Any]] | None:
    """Return the arrays that `write` stored, or None when they are absent or damaged.

    They are ordinary arrays in memory of their own: a memory map would be quicker still, but a
    file that shrinks under it kills the process.
    """
    try:
        with path(name).open("rb") as stream:
            arrays = (np.lib.format.read_array(stream, allow_pickle=False) for _ in keys)
            return dict(zip(keys, arrays, strict=True))
    # A damaged header can raise anything from SyntaxError to MemoryError.
    except Exception:
        return None


def write(name: str, arrays: Mapping[str, NDArray[Any]], **facts: Any) -> None:
    """Store arrays, and facts about them; raise OSError (and leave nothing) when that fails."""
    folder().mkdir(parents=True, exist_ok=True)
    _sweep()
    with replacing(path(name)) as stream:
        for array in arrays.values():
            plain = np.ascontiguousarray(array)
            header = np.lib.format.header_data_from_array_1_0(plain)
            np.lib.format.write_array_header_1_0(stream, header)
            stream.write(plain.data)
    remember(name, **facts, stored=fingerprint(path(name)))


def unchanged(name: str) -> bool:
    """Say whether the stored arrays are still the file that was last written or checked."""
    try:
        return bool(remembered(name).get("stored") == fingerprint(path(name)))
    except OSError:
        return False


def remembered(name: str) -> dict[str, Any]:
    """Return the facts kept beside the arrays of that name; none when there are none."""
    try:
        facts = json.loads(path(name).with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def remember(name: str, **facts: Any) -> None:
    """Add facts to those kept under that name; where nothing can be kept, nothing is."""
    text = json.dumps(remembered(name) | facts, indent=1)
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        with replacing(path(name).with_suffix(".json")) as stream:
            stream.write(text.encode("utf-8"))


@contextlib.contextmanager
def lock(name: str) -> Iterator[None]:
    """Let one process at a time do what stands in the block.

    It saves double work and no more, so where a lock cannot be had the block runs without one.
    The system itself frees the lock of a process that ends, however it ends.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        stream = path(name).with_suffix(".lock").open("a")
    except OSError:
        yield
        return
    with stream:
        _wait_for(stream)
        yield


def _wait_for(stream: IO[str]) -> None:
    begun, said = time.monotonic(), False
    while not _try_lock(stream.fileno()):
        waited = time.monotonic() - begun
        if waited > PATIENCE:
            return
        if waited > SAY_SO and not said:
            print("Another mnistlab process is at work on the digits: waiting for it …",
                  file=sys.stderr, flush=True)  # fmt: skip
            said = True
        time.sleep(0.05)


def _try_lock(number: int) -> bool:
    """Return False while another process holds the lock."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to that takes the target's place once it is whole and on the disk."""
    part = target.with_name(f".{target.name}-{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        # Not `tempfile`: its files are for one user alone, and a teacher's cache is for a class.
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _sweep() -> None:
    """Remove the temporary files that killed processes left behind in our folder."""
    for ours in (".*.arrays-*-*.part", ".*.json-*-*.part"):  # as `replacing` names them
        for part in folder().glob(ours):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > STALE:
                    part.unlink()
