"""Runs a notebook that nobody trusts, in bubblewrap: no network, no other files, hard limits.

Inside there are the Python environment and mnistlab (to read), a folder with the notebook's cells
and the student's own data (to read), and a small disk in memory (to write). The kernel and the one
who talks to it are both inside, so nothing of what the notebook says is parsed out here but the
short lines of a `report`.
"""

from __future__ import annotations

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
from functools import cache
from pathlib import Path
from typing import IO, Any

import psutil

import mnistlab
from grading import syscalls
from grading.judge import Failed
from grading.report import Ran, Report

INSIDE = Path(__file__).with_name("inside.py")
PACKAGE = Path(mnistlab.__file__).parent
JOB, HOME = "/job", "/home/student"
# Numbers of nobody: systemd and Debian leave those from 65,536 to 99,999 to no user, service or
# container. Each worker of each grader has its own.
FIRST_USER = 70_000
GRACE = 20  # seconds for the start, on top of what the notebook may take
OURS = 192 * 2**20  # bytes for `inside`, on top of what the kernel may take
PAUSE = 0.05  # seconds between two looks at the memory


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
    if syscalls.missing():
        return syscalls.missing()
    with syscalls.as_file() as rules:
        line = [*_walls(rules), *_as_user(0), sys.executable, "-c", "print(6 * 7)"]
        both: Any = {"capture_output": True, "text": True, "pass_fds": [rules]}
        tried = subprocess.run(line, env=_environment(), check=False, **both)
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
        fonts = str(folder / "matplotlib")
        home = {"HOME": str(folder), "TMPDIR": str(folder), "MPLCONFIGDIR": fonts}
        return _watched(line, limits, dict(os.environ) | _environment() | home)
    disk = ["--size", str(limits["disk_mb"] * 2**20)]
    with syscalls.as_file() as rules:
        line = [*_walls(rules), "--ro-bind", str(folder), JOB, *disk, "--tmpfs", HOME]
        line += ["--chmod", "0777", HOME] if os.getuid() == 0 else []
        line += ["--chdir", HOME, "--ro-bind", str(INSIDE), "/inside.py", "--remount-ro", "/"]
        line += [*_as_user(worker), sys.executable, "-I", "/inside.py", JOB]
        return _watched(line, limits, _environment(), rules)


def _walls(rules: int) -> list[str]:
    """What stands around the notebook: what it sees, and what it shares with this machine."""
    line = ["bwrap", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid"]
    line += ["--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    line += ["--seccomp", str(rules)]
    for path in _readable():
        for parent in reversed(path.parents[:-1]):  # bubblewrap would close them to others
            line += ["--perms", "0755", "--dir", str(parent)]
        line += ["--ro-bind", str(path), str(path)]
    for link in ("/bin", "/lib", "/lib64", "/sbin"):
        if os.path.islink(link):
            line += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            line += ["--ro-bind", link, link]
    line += ["--proc", "/proc", "--dev", "/dev"]
    line += ["--perms", "1777", "--size", str(2**20), "--tmpfs", "/dev/shm"]
    # Who maps /dev/zero gets shared memory of no file, which the filter cannot tell from a file's.
    line += ["--dev-bind", "/dev/null", "/dev/zero"]
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


def _watched(
    line: list[str], limits: dict[str, Any], environment: dict[str, str], *inherited: int
) -> Ran:
    """Run a command, and end it when it takes too long, too much memory, or says too much."""
    until = time.monotonic() + limits["seconds"] + GRACE
    most = limits["memory_mb"] * 2**20 + OURS
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    start: Any = subprocess.Popen
    report = Report()
    with start(
        line, env=environment, start_new_session=True, pass_fds=inherited, **pipes
    ) as process:
        try:
            stopped = _read(process.stdout, report, process.pid, until, most)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        if not report.began:  # no line of the notebook has run
            raise Failed(f"The sandbox did not start: {_last_words(process.stderr, stopped)}.")
    return report.end(stopped)


def _last_words(pipe: IO[bytes], stopped: str) -> str:
    """What was said last on the error channel, or why it was stopped."""
    os.set_blocking(pipe.fileno(), False)
    said = b""
    with suppress(BlockingIOError):
        said = os.read(pipe.fileno(), 2**16)
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return (lines or [stopped or "it says nothing"])[-1][:300].rstrip(".")


def _read(pipe: IO[bytes], report: Report, pid: int, until: float, most: int) -> str:
    """Read a report until it ends or a limit is passed; say which, "" for none."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while time.monotonic() < until:
            if memory(pid) > most and memory(pid, exactly=True) > most:
                return "memory"
            if not selector.select(PAUSE):
                continue
            part = os.read(pipe.fileno(), 2**16)
            if not part:
                return ""
            if report.take(part):
                return "answers"
    return "seconds"


def memory(pid: int, exactly: bool = False) -> int:
    """The bytes that a process and its descendants have, tables of their pages included.

    exactly: what several of them share is divided among them, which takes time to count.
    """
    total = 0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, OSError):
                total += _own(process, exactly)
    return total


def _own(process: psutil.Process, exactly: bool) -> int:
    lines = Path(f"/proc/{process.pid}/status").read_text(errors="replace").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    private, shared, tables = (
        1024 * int(status.get(name, "0").split()[0]) for name in ("RssAnon", "RssShmem", "VmPTE")
    )
    if exactly:
        with suppress(psutil.AccessDenied):
            return int(process.memory_full_info().pss) + tables
    return private + shared + tables
