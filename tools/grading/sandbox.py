"""Runs a notebook that nobody trusts, in bubblewrap: no network, no other files, hard limits.

Inside there are the Python environment and mnistlab (to read), a folder with the notebook's cells
and the student's own data (to read), and a small disk in memory (to write). The kernel and the one
who talks to it are both inside, so nothing of what the notebook says is parsed out here but one
JSON object of limited length.
"""

from __future__ import annotations

import json
import os
import platform
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any

import psutil

import mnistlab
from grading.submissions import plain

INSIDE = Path(__file__).with_name("inside.py")
PACKAGE = Path(mnistlab.__file__).parent
JOB, HOME = "/job", "/home/student"
FIRST_USER = 61_001  # a number of no real user; each worker of each grader has its own
GRACE = 20  # seconds for the start, on top of what the notebook may take
LONGEST = 48 * 2**20  # bytes of the report
SHOWN, MOST_CELLS = 2000, 500  # of the report: letters of a cell's words, and cells
PAUSE = 0.05  # seconds between two looks at the memory


@dataclass
class Ran:
    """What became of a notebook: why it stopped early ("" if it did not), cells and answers."""

    stopped: str = ""
    cells: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)


@cache
def missing() -> str:
    """Return why there can be no sandbox on this machine, as a sentence, or ""."""
    if sys.platform != "linux":
        return "The sandbox needs Linux."
    if not shutil.which("bwrap"):
        return "The sandbox needs bubblewrap, which is missing (on Debian: apt install bubblewrap)."
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    if release < (5, 14):
        return f"The sandbox needs Linux 5.14, and this is {platform.release()}."
    line = [*_walls(), *_as_user(0), sys.executable, "-c", "print(6 * 7)"]
    tried = subprocess.run(line, capture_output=True, text=True, env=_environment(), check=False)
    if tried.stdout.strip() != "42":
        said = (tried.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return f"bubblewrap cannot build a sandbox on this machine: {said}"
    return ""


def run(folder: Path, limits: dict[str, Any], worker: int = 0, unsafe: bool = False) -> Ran:
    """Run the job in a folder (job.json and given.npz) and return what became of it.

    limits: as in `source.Limits`. unsafe: without a sandbox, with all that your user may do.
    """
    if unsafe:
        line = [sys.executable, str(INSIDE), str(folder), "unsafe"]
        home = {"HOME": str(folder), "TMPDIR": str(folder), "MPLCONFIGDIR": str(folder)}
        return _watched(line, limits, dict(os.environ) | _environment() | home)
    disk = ["--size", str(limits["disk_mb"] * 2**20)]
    line = [*_walls(), "--ro-bind", str(folder), JOB, *disk, "--tmpfs", HOME, "--chdir", HOME]
    line += ["--chmod", "0777", HOME] if os.getuid() == 0 else []
    line += ["--ro-bind", str(INSIDE), "/inside.py", "--remount-ro", "/", *_as_user(worker)]
    line += [sys.executable, "-I", "/inside.py", JOB]
    return _watched(line, limits, _environment())


def _walls() -> list[str]:
    """What stands around the notebook: what it sees, and what it shares with this machine."""
    line = ["bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"]
    line += ["--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    for path in _readable():
        for parent in reversed(path.parents[:-1]):  # bubblewrap would close them to others
            line += ["--perms", "0755", "--dir", str(parent)]
        line += ["--ro-bind", str(path), str(path)]
    for link in ("/bin", "/lib", "/lib64", "/sbin"):
        if os.path.islink(link):
            line += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            line += ["--ro-bind", link, link]
    line += ["--proc", "/proc", "--dev", "/dev", "--size", str(2**20), "--tmpfs", "/dev/shm"]
    return [*line, "--remount-ro", "/dev"]


def _readable() -> Iterator[Path]:
    """Python, its packages, mnistlab, and what programs need to start."""
    always = ["/usr", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives"]
    wanted = [*always, sys.base_prefix, sys.prefix, str(PACKAGE)]
    known: list[Path] = []
    for path in map(Path, wanted):
        if path.exists() and not any(path.is_relative_to(other) for other in known):
            known.append(path)
            yield path


def _as_user(worker: int) -> list[str]:
    """Become a user who may do nothing: as root a real one, since limits do not bind root."""
    # Two graders at once must not share a user: the limit of processes counts all of a user's.
    user = str(FIRST_USER + 50 * (os.getpid() % 500) + worker)
    if os.getuid() != 0:
        return ["--unshare-user", "--disable-userns", "--uid", user, "--gid", user, "--"]
    caps = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"]
    return [*caps, "--", *drop]


def _environment() -> dict[str, str]:
    """What the kernel is told: nothing of this machine's own variables."""
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    return threads | {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": HOME,
        "TMPDIR": HOME,
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": f"{HOME}/matplotlib",
        "MNISTLAB_CACHE": f"{HOME}/cache",
        "MNISTLAB_OFFLINE": "1",
        "MNISTLAB_DATA": "/nowhere: while grading there is no data but mine",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def _watched(line: list[str], limits: dict[str, Any], environment: dict[str, str]) -> Ran:
    """Run a command, and end it when it takes too long, too much memory, or says too much."""
    until = time.monotonic() + limits["seconds"] + GRACE
    most = limits["memory_mb"] * 2**20
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    start: Any = subprocess.Popen
    with start(line, env=environment, start_new_session=True, **pipes) as process:
        try:
            report, stopped = _read(process.stdout, process.pid, until, most)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return Ran(stopped=stopped) if stopped else _believed(report)


def _read(pipe: IO[bytes], pid: int, until: float, most: int) -> tuple[bytes, str]:
    """Collect what comes out of a pipe until it closes or a limit is passed; say which."""
    report = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while time.monotonic() < until:
            if memory(pid) > most and memory(pid, exactly=True) > most:
                return b"", "memory"
            if not selector.select(PAUSE):
                continue
            part = os.read(pipe.fileno(), 2**16)
            if not part:
                return bytes(report), ""
            report += part
            if len(report) > LONGEST:
                return b"", "answers"
    return b"", "seconds"


def memory(pid: int, exactly: bool = False) -> int:
    """The bytes that a process and its descendants have for themselves.

    exactly: what forked processes still share is divided among them, which takes time to count.
    """
    total = 0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += _own(process, exactly)
    return total


def _own(process: psutil.Process, exactly: bool) -> int:
    if exactly:
        with suppress(psutil.AccessDenied):
            return int(process.memory_full_info().pss)
    used = process.memory_info()
    return int(used.rss - used.shared)


def _believed(report: bytes) -> Ran:
    """Read the report of a notebook that may have written it itself."""
    try:
        said = json.loads(report)
        cells = [
            {what: plain(str(cell[what])[:SHOWN]) for what in ("printed", "error")}
            for cell in said["cells"][:MOST_CELLS]
        ]
        answers = {str(name): text for name, text in said["answers"].items()}
        return Ran(str(said["stopped"])[:20], cells, answers)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Ran(stopped="ended")
