"""Who does the tasks of a sweep on this machine: this process, or several processes beside it.

An engine is asked how much `room` it has, is given tasks by number, and hands back what is done.
`cluster` has the engine for other machines.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from tqdm.auto import tqdm

from mnistlab import trials
from mnistlab.data import Digits
from mnistlab.trials import Outcome, Task

__all__ = ["Done", "Engine", "EngineError", "Here", "Processes"]

Done = list[tuple[int, Outcome]]
GOODBYE = 10.0  # seconds that a process has to end by itself
ATTEMPTS = 3  # of a task whose process dies, before the task itself is to blame


class EngineError(RuntimeError):
    """Tasks cannot be done any more; what is in the journal is safe."""


class Engine(Protocol):
    """What a sweep asks of whoever does its tasks."""

    def room(self) -> int:
        """How many tasks can be worked on at once, now."""

    def submit(self, number: int, task: Task) -> None:
        """Begin a task, or keep it until there is room."""

    def finished(self) -> Done:
        """Wait a little for tasks, and return those that are done."""

    def close(self) -> None:
        """Let go of everything."""


class Here:
    """This process, one task after the other."""

    def __init__(self, digits: Digits) -> None:
        self.digits, self.waiting = digits, deque[tuple[int, Task]]()

    def room(self) -> int:
        """One."""
        return 1

    def submit(self, number: int, task: Task) -> None:
        """Keep it: `finished` does it."""
        self.waiting.append((number, task))

    def finished(self) -> Done:
        """Do the next task."""
        number, task = self.waiting.popleft()
        return [(number, trials.run(task, self.digits))]

    def close(self) -> None:
        """Nothing is held."""


class _Worker:
    """A process of its own that imports TensorFlow once and then does one task after the other."""

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")  # TensorFlow bears no fork
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, threads), daemon=True)
        self.process.start()
        theirs.close()  # else its end would never be noticed here
        self.number: int | None = None
        self.task: Task | None = None
        self.attempts = 0

    def begin(self, number: int, task: Task, attempts: int = 1) -> None:
        self.number, self.task, self.attempts = number, task, attempts
        with contextlib.suppress(ConnectionError):  # it has died: `finished` will see that
            self.line.send(task)

    def close(self) -> None:
        self.line.close()  # one that has nothing to do ends now
        if self.number is not None:
            self.process.kill()
        self.process.join(GOODBYE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Processes:
    """Several processes on this machine, which share its cores; one that dies is replaced."""

    def __init__(self, jobs: int) -> None:
        self.jobs, self.threads = jobs, max(1, (os.cpu_count() or 1) // jobs)
        self.workers: list[_Worker] = []

    def room(self) -> int:
        """One task for each process."""
        return self.jobs

    def submit(self, number: int, task: Task) -> None:
        """Hand it to a process that has nothing to do, or to a new one."""
        idle = next((worker for worker in self.workers if worker.number is None), None)
        if idle is None:
            idle = _Worker(self.threads)
            self.workers.append(idle)
        idle.begin(number, task)

    def finished(self) -> Done:
        """Wait for a process to answer, or to die: then its task goes to a new one."""
        busy = {worker.line: worker for worker in self.workers if worker.number is not None}
        done: Done = []
        for line in wait(list(busy)):
            worker = busy[line]  # type: ignore[index]
            try:
                answer = worker.line.recv()
            except (EOFError, ConnectionError):
                self._replace(worker)
                continue
            if isinstance(answer, Exception):
                raise answer
            assert worker.number is not None
            done.append((worker.number, answer))
            worker.number = None
        return done

    def _replace(self, dead: _Worker) -> None:
        number, task, attempts = dead.number, dead.task, dead.attempts
        assert number is not None
        assert task is not None
        if attempts == ATTEMPTS:
            raise EngineError(
                f"Trial {number} ended its process {ATTEMPTS} times: there may be too little "
                "memory. Try fewer --jobs."
            )
        dead.close()
        self.workers[self.workers.index(dead)] = successor = _Worker(self.threads)
        successor.begin(number, task, attempts + 1)

    def close(self) -> None:
        """End all processes."""
        for worker in self.workers:
            worker.close()


def _serve(line: "Connection[Any, Any]", threads: int) -> None:
    """What a worker process does until its line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asked
    tqdm.set_lock(threading.RLock())  # its own is one of the system's, which a kill would leak
    threading.Thread(target=_end_with_parent, daemon=True).start()
    trials.limit_threads(threads)
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        try:
            answer: Outcome | Exception = trials.run(task)
        except Exception as error:
            answer = error
        try:
            line.send(answer)
        except ConnectionError:  # nobody waits for it any more
            return


def _end_with_parent() -> None:
    """A parent that is killed takes its workers along."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
