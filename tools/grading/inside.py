"""What runs inside the sandbox: a kernel that works through the cells of one notebook.

It is started by `sandbox` with a folder as its argument: job.json (cells and limits) and given.npz.
All that it leaves behind is one JSON object on its standard output: what became of each cell, and
the answers that were handed in. Whoever reads that believes none of it: the notebook's code could
have written it.
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
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing else may write into the report
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    home = Path.home()
    os.environ |= {
        "MNISTLAB_GIVEN": str(folder / "given.npz"),
        "MNISTLAB_ANSWERS": str(home / "answers"),
    }
    if "unsafe" not in sys.argv:
        with contextlib.suppress(OSError):  # so that matplotlib need not look for all fonts again
            shutil.copytree(folder / "matplotlib", home / "matplotlib")
        limit(job)
    cells, stopped = run(job, home)
    json.dump({"cells": cells, "stopped": stopped, "answers": answers(home)}, report)
    report.close()


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


def run(job: Job, home: Path) -> tuple[list[dict[str, Any]], str]:
    """Run each cell in one kernel; return what became of them, and why it stopped early, if so."""
    manager = start(home)
    client = manager.blocking_client()
    client.start_channels()
    deadline = time.monotonic() + job["seconds"]
    done: list[dict[str, Any]] = []
    left = int(job["output_mb"] * 2**20)
    try:
        client.wait_for_ready(timeout=job["seconds"])
        for source in job["cells"]:
            cell = Cell(client, manager, source)
            stopped = cell.run(deadline, left)
            done.append({"printed": cell.printed[:SHOWN], "error": cell.error})
            left -= cell.size
            if stopped:
                return done, stopped
    except RuntimeError:  # it never answered
        return done, how_it_died(manager)
    finally:
        with contextlib.suppress(Exception):
            manager.signal_kernel(signal.SIGKILL)
    return done, ""


def start(home: Path) -> KernelManager:
    """Start a kernel that talks through files: there is no network here."""
    launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    quiet = ["--HistoryManager.enabled=False", "--IPKernelApp.log_level=ERROR"]
    quiet.append("--DisplayFormatter.active_types=text/plain")  # nobody sees pictures here
    manager = KernelManager(
        transport="ipc", ip=str(home / "kernel"), connection_file=str(home / "kernel.json")
    )
    manager._kernel_spec = KernelSpec(argv=launch + quiet, language="python")
    manager.start_kernel(cwd=str(home))
    return manager


class Cell:
    """One cell: its code, and what it says while it runs."""

    def __init__(self, client: BlockingKernelClient, manager: KernelManager, source: str) -> None:
        self.client, self.manager, self.source = client, manager, source
        self.printed, self.error, self.size = "", "", 0

    def run(self, deadline: float, most: int) -> str:
        """Run it to its end; return why the notebook has to stop, or ""."""
        message = self.client.execute(self.source, allow_stdin=False)
        while time.monotonic() < deadline:
            try:
                said = self.client.get_iopub_msg(timeout=0.2)
            except queue.Empty:
                if not self.manager.is_alive():
                    return how_it_died(self.manager)
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
    """Why the kernel is gone: "cpu", or "ended" when it ended itself."""
    process = getattr(manager.provisioner, "process", None)
    code = process.poll() if process else None
    return "cpu" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "ended"


def answers(home: Path) -> dict[str, str]:
    """The answers that were handed in, as text."""
    files = sorted((home / "answers").glob("*.npy"))
    return {file.stem: base64.b64encode(file.read_bytes()).decode() for file in files}


if __name__ == "__main__":
    main()
