"""Grades one submission after another, and keeps each result as soon as there is one.

A result is a file named after all that it depends on, so a grading that was cut off goes on where
it stopped, and only what has changed is graded anew.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from grading import judge, sandbox, submissions
from grading.judge import Failed
from grading.report import Ran
from grading.source import Assignment
from grading.submissions import Submission, Unusable
from mnistlab import coursework
from mnistlab.data import Digits

# What makes the data, runs the notebooks and reads the answers.
CODE = (Path(coursework.__file__).parent, Path(__file__).parent)
SHOWN, MOST_CELLS = 5000, 200  # of what a feedback page shows: letters of a cell, and cells
SAID = 600  # letters of what is said of one check
STOPPED = {
    "seconds": "It took more than {seconds:g} seconds and was stopped in cell {cell}.",
    "cpu": "It computed for more than {cpu_seconds:g} seconds and was stopped in cell {cell}.",
    "memory": "It needed more than {memory_mb:,} MB of memory and was stopped in cell {cell}.",
    "output": "It printed more than {output_mb:g} MB and was stopped in cell {cell}.",
    "answers": "It handed in more than can be taken and was stopped in cell {cell}.",
    "ended": "Python ended in cell {cell}, before the notebook was through.",
}


@dataclass(frozen=True)
class Check:
    """One line of the rubric: its points, and what was wrong, None if nothing."""

    points: float
    criterion: str
    said: str | None


@dataclass(frozen=True)
class Marks:
    """One task's checks."""

    name: str
    title: str
    points: float
    checks: list[Check]

    @property
    def got(self) -> float:
        """The points of the checks that were passed."""
        return sum(check.points for check in self.checks if check.said is None)


@dataclass(frozen=True)
class Result:
    """What a submission got, what its student should know, and what its cells did."""

    student: str
    assignment: str
    tasks: list[Marks]
    notes: list[str]
    cells: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def got(self) -> float:
        """All points."""
        return sum(task.got for task in self.tasks)


class Grader:
    """Grades submissions in several sandboxes at a time."""

    def __init__(self, folder: Path, digits: Digits, jobs: int = 1, unsafe: bool = False) -> None:
        self.results = folder / "results"
        self.results.mkdir(parents=True, exist_ok=True)
        self.secret = _secret(folder / "secret")
        self.digits, self.jobs, self.unsafe = digits, jobs, unsafe
        self.workers: SimpleQueue[int] = SimpleQueue()
        for worker in range(jobs):
            self.workers.put(worker)

    def grade(self, handed_in: list[Submission]) -> Iterator[tuple[Submission, Result | Failed]]:
        """Yield each submission with its result, as they come; Failed is no result, but ours."""
        with ThreadPoolExecutor(self.jobs) as pool:
            waiting = {pool.submit(self.one, submission): submission for submission in handed_in}
            try:
                for future in as_completed(waiting):
                    yield waiting[future], self._outcome(future)
            finally:
                pool.shutdown(cancel_futures=True)

    @staticmethod
    def _outcome(future: Future[Result]) -> Result | Failed:
        try:
            return future.result()
        except Failed as problem:
            return problem
        except Exception as error:  # whatever one notebook does, the others are graded
            return Failed(f"The grader itself failed: {type(error).__name__}: {error}")

    def one(self, submission: Submission) -> Result:
        """Return the stored result of a submission, or grade it and store that."""
        try:
            data = submissions.content(submission)
        except (Unusable, OSError) as problem:
            return _nothing(submission, str(problem))
        file = self.results / f"{self.key(submission, data)}.json"
        known = _stored(file)
        if known:
            return known
        start = time.perf_counter()
        result = self._graded(submission, data)
        result = dataclasses.replace(result, seconds=round(time.perf_counter() - start, 2))
        _store(file, result)
        return result

    def key(self, submission: Submission, data: bytes) -> str:
        """A name for all that a result depends on."""
        parts = [
            submission.student.encode(),
            submission.assignment.path.read_bytes(),
            *(file.read_bytes() for folder in CODE for file in sorted(folder.glob("*.py"))),
            self.digits.source.encode(),
            self.secret.encode(),
            data,
        ]
        digest = hashlib.sha256()
        for part in parts:
            digest.update(hashlib.sha256(part).digest())
        return digest.hexdigest()

    def _graded(self, submission: Submission, data: bytes) -> Result:
        try:
            handed = submissions.read(data, submission.assignment)
        except Unusable as problem:
            return _nothing(submission, str(problem))
        assignment = submission.assignment
        variation = coursework.vary(assignment.number, submission.student, self.digits, self.secret)
        limits = dataclasses.asdict(assignment.limits)
        worker = self.workers.get()
        try:
            with tempfile.TemporaryDirectory(prefix="grading-") as name:
                ran = self._ran(Path(name), submission, handed, variation, limits, worker)
            with tempfile.TemporaryDirectory(prefix="grading-") as name:
                said = _judged(Path(name), assignment, variation, ran)
        finally:
            self.workers.put(worker)
        shown = [submissions.plain(source[:SHOWN]) for source in handed.cells[:MOST_CELLS]]
        cells = [
            {"source": source, **(ran.cells[i] if i < len(ran.cells) else {})}
            for i, source in enumerate(shown)
        ]
        notes = [*handed.notes, *_about_the_run(ran, limits)]
        return Result(submission.student, assignment.name, _marks(assignment, said), notes, cells)

    def _ran(
        self,
        folder: Path,
        submission: Submission,
        handed: submissions.Handed,
        variation: coursework.Variation,
        limits: dict[str, Any],
        worker: int,
    ) -> Ran:
        job = {"cells": handed.cells, **limits}
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        arrays = dict(variation.given) | {"student": np.array(submission.student)}
        np.savez(folder / "given.npz", allow_pickle=False, **arrays)
        fonts = _fonts()
        if fonts:
            (folder / "matplotlib").mkdir()
            shutil.copy(fonts, folder / "matplotlib")
        for path in [folder, *folder.rglob("*")]:  # whoever runs the notebook has to read them
            path.chmod(0o755 if path.is_dir() else 0o644)
        return sandbox.run(folder, limits, worker, self.unsafe)


def _judged(
    folder: Path, assignment: Assignment, variation: coursework.Variation, ran: Ran
) -> list[list[str | None]]:
    np.savez(folder / "given.npz", allow_pickle=False, **variation.given)
    np.savez(folder / "kept.npz", allow_pickle=False, **variation.kept)
    tasks = [
        {"name": task.name, "hidden": task.hidden, "checks": len(task.rubric)}
        for task in assignment.tasks
    ]
    job = {"tasks": tasks, "answers": ran.answers}
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    return judge.marks(folder)


def _marks(assignment: Assignment, said: list[list[str | None]]) -> list[Marks]:
    marks = []
    for task, words in zip(assignment.tasks, said, strict=True):
        checks = [
            Check(line.points, line.text, submissions.plain(word[:SAID]) if word else word)
            for line, word in zip(task.rubric, words, strict=True)
        ]
        marks.append(Marks(task.name, task.title, task.points, checks))
    return marks


def _nothing(submission: Submission, why: str) -> Result:
    """The result of a submission that could not be run."""
    assignment = submission.assignment
    said: list[list[str | None]] = [[why] * len(task.rubric) for task in assignment.tasks]
    return Result(submission.student, assignment.name, _marks(assignment, said), [why])


def _about_the_run(ran: Ran, limits: dict[str, Any]) -> list[str]:
    notes = []
    if ran.stopped:
        sentence = STOPPED.get(ran.stopped, STOPPED["ended"])
        notes.append(sentence.format(**limits, cell=max(len(ran.cells), 1)))
        notes.append("What was handed in until then counts.")
    errors = [(i, cell["error"]) for i, cell in enumerate(ran.cells, 1) if cell["error"]]
    notes += [f"Cell {i} ended with an error: {error}" for i, error in errors[:3]]
    return notes


def _secret(file: Path) -> str:
    """A word of this class that decides what students have not seen; made once."""
    if not file.exists():
        _write(file, secrets.token_hex(16))
    return file.read_text(encoding="utf-8")


def _fonts() -> Path | None:
    """The list of fonts that matplotlib keeps, so that no sandbox has to make its own."""
    import matplotlib

    return next(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"), None)


def _store(file: Path, result: Result) -> None:
    _write(file, json.dumps(dataclasses.asdict(result), ensure_ascii=False))


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=file.parent, suffix=".part")
    with os.fdopen(handle, "w", encoding="utf-8") as part:
        part.write(text)
    os.replace(name, file)


def _stored(file: Path) -> Result | None:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        tasks = [
            Marks(**task | {"checks": [Check(**check) for check in task["checks"]]})
            for task in stored["tasks"]
        ]
        return Result(**stored | {"tasks": tasks})
    except (OSError, ValueError, TypeError, KeyError):
        return None
