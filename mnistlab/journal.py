"""The journal of a sweep: one file that survives whatever ends the process that writes it.

Each line is one thing that happened, as Optuna writes it. A killed process leaves whole lines, or
at worst half of a last one, which is cut off when the sweep goes on.
"""

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["JournalError", "again", "opened", "owned", "read"]

Space = Mapping[str, BaseDistribution]

BEGINNING = b'{"op_code":'  # of each line
FAR = 2**30  # Windows locks bytes: one that no journal reaches, so that all can be read


class JournalError(ValueError):
    """A journal cannot be used; the message says why, and what to do."""


@contextlib.contextmanager
def owned(file: Path) -> Iterator[None]:
    """Let one sweep at a time write to a journal, which is made where there is none.

    The system itself frees the lock of a process that ends, however it ends: so whatever the
    journal calls running, when a sweep begins, can only be what a killed one left behind.
    """
    try:
        stream = file.open("r+b" if file.exists() else "x+b")
    except OSError as error:
        raise JournalError(f"{file} cannot be written: {error.strerror}.") from error
    with stream:
        if not _lock(stream):
            raise JournalError(
                f"{file} is in use by another sweep. Wait for it, or name another file."
            )
        _mend(file, stream)
        yield


def _lock(stream: IO[bytes]) -> bool:
    """Return False while another process holds the lock."""
    try:
        if sys.platform == "win32":
            stream.seek(FAR)
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _mend(file: Path, stream: IO[bytes]) -> None:
    """Cut off half a last line; refuse a file that is no journal, and leave it as it is."""
    stream.seek(0)
    *lines, rest = stream.read().split(b"\n")
    for number, line in enumerate(lines, start=1):
        try:
            sound = "op_code" in json.loads(line)
        except (ValueError, TypeError):
            sound = False
        if not sound:
            raise JournalError(
                f"{file} is no sweep's journal, or is damaged in line {number}. "
                "Name another file, or delete it to begin anew."
            )
    if rest and not rest.startswith(BEGINNING[: len(rest)]):
        raise JournalError(f"{file} is no sweep's journal. Name another file.")
    if rest:
        stream.truncate(stream.seek(0, 2) - len(rest))


class _Unlocked:
    """Optuna's lock around each line, which the lock around the whole sweep makes needless."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def opened(file: Path, plan: Mapping[str, Any], space: Space) -> optuna.Study:
    """The study in a journal that is `owned`, with the same plan and space, or a new one."""
    about = {**plan, "space": {name: distribution_to_json(one) for name, one in space.items()}}
    name = f"{plan['network']} on {plan['source']}"
    storage = _storage(file)
    names = [found.study_name for found in storage.get_all_studies()]
    if names not in ([], [name]):
        raise JournalError(
            f"{file} holds the study {names[0]!r}, not {name!r}. Name another file with --study."
        )
    if names:
        study = optuna.load_study(study_name=name, storage=storage)
    else:
        study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    known = study.user_attrs.get("plan")
    if known is None and not study.trials:
        study.set_user_attr("plan", about)
    elif known != about:
        raise JournalError(f"{file} holds a study with other settings{_difference(known, about)}.")
    return study


def read(file: str | Path) -> optuna.Study:
    """The study in a journal, to look at; lesson 7."""
    path = Path(file)
    if not path.is_file():
        raise JournalError(f"There is no journal {path}.")
    try:
        (found,) = _storage(path).get_all_studies()
    except (ValueError, KeyError, OSError) as error:
        raise JournalError(f"{path} holds no sweep's study.") from error
    return optuna.load_study(study_name=found.study_name, storage=_storage(path))


def again(study: optuna.Study, space: Space) -> None:
    """Queue what a killed sweep left unfinished, to run again with the same settings.

    Queued first, then called failed: a kill between the two leaves a trial queued, not lost. One
    whose settings were not yet all written had not begun, and is only called failed.
    """
    trials = study.get_trials(deepcopy=False)
    queued = {trial.user_attrs.get("again") for trial in trials}
    for trial in trials:
        if trial.state != TrialState.RUNNING:
            continue
        settings = trial.system_attrs.get("fixed_params", trial.params)
        if trial.number not in queued and settings.keys() >= space.keys():
            study.enqueue_trial(settings, user_attrs={"again": trial.number})
        study.tell(trial.number, state=TrialState.FAIL)


def _storage(file: Path) -> JournalStorage:
    # The lock is asked for its two methods, whatever its class.
    lock: Any = _Unlocked()
    return JournalStorage(JournalFileBackend(str(file), lock_obj=lock))


def _difference(known: Any, about: Mapping[str, Any]) -> str:
    if not isinstance(known, dict):
        return ""
    names = [name for name in about if known.get(name) != about[name]]
    told = [
        f"{name} {known.get(name)}, not {about[name]}"
        if name not in ("space", "digest")
        else {"space": "another search space", "digest": "other digits"}[name]
        for name in names
    ]
    return f" ({'; '.join(told)}): use the same, or name another file with --study"
