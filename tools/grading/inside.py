"""What runs inside the sandbox: a kernel that works through the cells of one notebook.

It is started by `sandbox` with a folder as its argument: job.json (cells and limits) and given.npz.
All that it leaves behind are the lines on its standard output that `report` describes: what became
of each cell, and the answers that were handed in. Whoever reads them believes none: the notebook's
code could have written them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

Job = dict[str, Any]
SHOWN = 2000  # characters of what a cell printed


def main() -> None:
    """Run the cells of the job in this folder, and write what became of them."""
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    home = Path.home()
    report = Report(home / "answers")
    os.environ |= {
        "MNISTLAB_GIVEN": str(folder / "given.npz"),
        "MNISTLAB_ANSWERS": str(home / "answers"),
    }
    if "unsafe" not in sys.argv:
        with contextlib.suppress(OSError):  # so that matplotlib need not look for all fonts again
            shutil.copytree(folder / "matplotlib", home / "matplotlib")
        limit(job)
    report.line("stopped", run(job, home, report))


def limit(job: Job) -> None:
    """Limit what this process and all its children may use; they cannot raise it again."""
    mega = 2**20
    cpu = int(job["cpu_seconds"])
    for name, value in {
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_DATA: job["memory_mb"] * mega,
        resource.RLIMIT_FSIZE: job["disk_mb"] * mega,
        resource.RLIMIT_NPROC: job["processes"],
        resource.RLIMIT_CORE: 0,
    }.items():
        resource.setrlimit(name, (value, value))


class Report:
    """What goes out, line by line: what is out stays, whatever becomes of the notebook."""

    def __init__(self, folder: Path) -> None:
        self.pipe = os.fdopen(os.dup(1), "w", errors="replace")
        os.dup2(2, 1)  # nothing else may write into it
        self.folder = folder
        self.sent: dict[Path, tuple[int, int, int]] = {}

    def line(self, *words: str) -> None:
        """Send one line."""
        print(*words, file=self.pipe, flush=True)

    def answers(self, changed: bool = True) -> None:
        """Send the answers that are new, and those that have changed, too."""
        for file in sorted(self.folder.glob("*.npy")):
            with contextlib.suppress(OSError):
                about = file.stat()
                version = (about.st_ino, about.st_mtime_ns, about.st_size)
                if file not in self.sent or (changed and self.sent[file] != version):
                    self.sent[file] = version
                    self.line("answer", file.stem, coded(file.read_bytes()))

    def cell(self, cell: Cell) -> None:
        """Send what became of a cell, and what was handed in."""
        self.answers()
        words = (cell.printed[:SHOWN], cell.error)
        self.line("cell", *(coded(text.encode("utf-8", "replace")) for text in words))


def coded(content: bytes) -> str:
    """Bytes as one word."""
    return base64.b64encode(content).decode()


def run(job: Job, home: Path, report: Report) -> str:
    """Run each cell in one kernel, report it, and return why it stopped early, if so."""
    manager = start(home)
    client = manager.blocking_client()
    client.start_channels()
    left = int(job["output_mb"] * 2**20)
    try:
        client.wait_for_ready(timeout=job["seconds"])
        report.line("ready")
        deadline = time.monotonic() + job["seconds"]
        for source in job["cells"]:
            cell = Cell(client, manager, source)
            stopped = cell.run(deadline, left, report)
            if stopped == "killed":
                stopped = "cpu" if computed() > job["cpu_seconds"] - 1 else "ended"
            report.cell(cell)
            left -= cell.size
            if stopped:
                return stopped
    finally:
        with contextlib.suppress(Exception):
            manager.signal_kernel(signal.SIGKILL)
    return ""


def start(home: Path) -> KernelManager:
    """Start a kernel that talks through files: there is no network here."""
    launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    quiet = ["--HistoryManager.enabled=False", "--IPKernelApp.log_level=ERROR"]
    quiet.append("--DisplayFormatter.active_types=text/plain")  # nobody sees pictures here
    manager = KernelManager(
        transport="ipc", ip=str(home / "kernel"), connection_file=str(home / "kernel.json")
    )
    manager._kernel_spec = KernelSpec(argv=launch + quiet, language="python")
    nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager.start_kernel(cwd=str(home), **nowhere)
    return manager


class Cell:
    """One cell: its code, and what it says while it runs."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager, source: str) -> None:
        self.client, self.manager, self.source = client, manager, source
        self.printed, self.error, self.size = "", "", 0

    def run(self, deadline: float, most: int, report: Report) -> str:
        """Run it to its end; return why the notebook has to stop, or ""."""
        message = self.client.execute(self.source, allow_stdin=False)
        while time.monotonic() < deadline:
            try:
                said = self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                if not self.manager.is_alive():
                    return how_it_died(self.manager)
                report.answers(changed=False)  # those that change often wait for the cell's end
                continue
            if said["parent_header"].get("msg_id") != message:
                continue
            content = said["content"]
            if content.get("execution_state") == "idle":
                return ""
            self.take(said["msg_type"], content)
            if self.size > most:
                return "output"
        return "seconds"

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Keep what is worth keeping of one message, and count all."""
        self.size += len(str(content))
        if kind == "stream" and len(self.printed) < SHOWN:
            self.printed += content["text"][:SHOWN]
        elif kind == "error":
            self.error = f"{content['ename']}: {content['evalue']}"[:SHOWN]


def how_it_died(manager: KernelManager) -> str:
    """Why the kernel is gone: "killed", perhaps for it computed too long, or "ended" by itself."""
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process else None
    return "killed" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "ended"


def computed() -> float:
    """The seconds that the kernel, which is gone, has computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
