"""Trials on other machines, through Dask: `dask scheduler` here, `dask worker tcp://…` on each.

Dask runs a task again when its worker dies. It has no passwords of its own: whoever reaches the
scheduler can run code on every worker, so keep it within a network that you trust.
"""

import asyncio
import concurrent.futures
import contextlib
import importlib
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from mnistlab import trials
from mnistlab.trials import Outcome, Task
from mnistlab.workers import Done, EngineError

__all__ = ["Cluster"]

PATIENCE = 30.0  # seconds without any worker
ANSWER = 5.0  # seconds in which a scheduler has to answer
# They write tracebacks when a connection is lost, which is said here in one sentence.
LOUD = ("distributed", "asyncio", "tornado")  # and all loggers below them


class Cluster:
    """The engine of a Dask cluster; `address` is its scheduler's, such as tcp://10.0.0.5:8786."""

    def __init__(self, address: str) -> None:
        self.dask = _dask()
        for name in [*logging.root.manager.loggerDict]:
            if name.startswith(LOUD):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        self.address, self.futures = address, dict[int, Any]()
        try:
            self.client = self.dask.Client(address, timeout=ANSWER, set_as_default=False)
        except (OSError, ValueError) as error:
            raise EngineError(
                f"No scheduler answers at {address}. Start one with 'dask scheduler', which prints "
                "its address, and workers with 'dask worker tcp://…'."
            ) from error
        self.seen = time.monotonic()

    @property
    def dashboard(self) -> str:
        """The address of Dask's page about its workers and tasks."""
        return str(self.client.dashboard_link)

    def room(self) -> int:
        """One task for each worker; with none yet, one waits with the scheduler."""
        return max(1, self._workers())

    def submit(self, number: int, task: Task) -> None:
        """Send a task to the scheduler, which chooses the worker."""
        key = f"trial-{number}-{time.time_ns()}"
        with self._connected():
            self.futures[number] = self.client.submit(_on_worker, task, key=key)

    def finished(self) -> Done:
        """Wait a second for tasks, and return those that are done."""
        with self._connected(), self.client.as_current():
            try:
                self.dask.wait([*self.futures.values()], timeout=1, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self._ask_for_workers()
        done = [number for number, future in self.futures.items() if future.done()]
        return [(number, self._outcome(number)) for number in done]

    def close(self) -> None:
        """Leave the cluster; tasks that nobody waits for are dropped there."""
        self.futures.clear()
        self.client.close(timeout=ANSWER)

    def _outcome(self, number: int) -> Outcome:
        future = self.futures.pop(number)
        with self._connected():
            error = future.exception(timeout=ANSWER) if future.status == "error" else None
            if error is None:
                outcome: Outcome = future.result(timeout=ANSWER)
                return outcome
        if type(error).__name__ == "KilledWorker":
            raise EngineError(
                f"Trial {number} ended one worker after the other: there may be too little memory."
            ) from error
        if isinstance(error, ModuleNotFoundError):
            raise EngineError(f"A worker lacks {error.name}: install mnistlab there.") from error
        raise error

    def _workers(self) -> int:
        with self._connected():
            return len(self.client.nthreads())

    def _ask_for_workers(self) -> None:
        if self._workers():
            self.seen = time.monotonic()
        elif time.monotonic() - self.seen > PATIENCE:
            raise EngineError(
                f"No worker has been with the scheduler for {PATIENCE:.0f} seconds. Start one with "
                f"'dask worker {self.address}', on any machine that reaches it."
            )

    @contextlib.contextmanager
    def _connected(self) -> Iterator[None]:
        """Say in one sentence that the connection is lost, for which Dask has many names."""
        try:
            yield
        except (OSError, concurrent.futures.CancelledError, asyncio.CancelledError) as error:
            raise EngineError(f"The scheduler at {self.address} is gone.") from error
        except RuntimeError as error:  # EngineErrors, and what a closed client raises
            if self.client.status == "running":
                raise
            raise EngineError(f"The scheduler at {self.address} is gone.") from error


def _dask() -> Any:
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise EngineError(
            "A cluster needs Dask: install the extra, pip install 'mnistlab[cluster]'."
        ) from error


_one_at_a_time = threading.Lock()


def _on_worker(task: Task) -> Outcome:
    """Do a task on a Dask worker, whose threads TensorFlow takes for one task after the other."""
    from distributed import get_worker

    with _one_at_a_time:
        trials.limit_threads(get_worker().state.nthreads)
        return trials.run(task)
