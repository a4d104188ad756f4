"""Sweeps by real processes, of which some are killed: on this machine, and on a Dask cluster.

Nothing here waits for a time to pass: each test waits until the journal says what it needs.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from distributed.scheduler import KilledWorker
from optuna.trial import TrialState

from mnistlab import cluster, data, journal, tuning, workers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs signals that Windows has not"),
]

PATIENCE = 240.0  # on a busy machine; a test that works waits for a small part of it
MANY = 10_000  # trials that no test lives to see
SWEEP = ["-m", "mnistlab", "sweep", "no-hidden", "--limit", "300", "--seeds", "0"]


@pytest.fixture
def started(tmp_path):
    """Starts Python with some words; whatever a test leaves running ends with it, children too."""
    processes = []
    environment = os.environ | {"MNISTLAB_DATA": "offline", "OMP_NUM_THREADS": "1"}

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def offline():
    return data.load("offline")


@pytest.fixture
def study(tmp_path):
    """What the journal holds at the moment, None as long as there is none."""

    def look():
        with contextlib.suppress(journal.JournalError, json.JSONDecodeError):
            return journal.read(tmp_path / "no-hidden.sweep.log")
        return None

    return look


def until(condition, *processes):
    """Wait for a condition, and return what it is once it holds."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        for process in processes:
            assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("it never came about")


def in_state(study, state):
    return [] if study is None else [trial for trial in study.trials if trial.state == state]


def by(trial):
    """The number of the process that did a trial."""
    return int(trial.user_attrs["where"].rpartition(" ")[2])


def finished(study):
    if study is None:
        return []
    return in_state(study, TrialState.COMPLETE) + in_state(study, TrialState.PRUNED)


def stop_in_mid_trial(study, victim, *processes):
    """Halt a process so that a trial is stuck in it, while others go on; return that trial."""
    os.kill(victim, signal.SIGSTOP)
    last = max(trial.number for trial in study().trials)

    def stuck():
        # Each of two processes has one trial: whoever still runs after all that was begun later
        # is done, is with the halted one.
        now = study()
        later = [trial for trial in finished(now) if trial.number > last + 1]
        left = [t for t in in_state(now, TrialState.RUNNING) if t.number <= last + 1]
        return left if later and len(left) == 1 else None

    return until(stuck, *processes)[0]


def test_a_process_killed_in_mid_trial_is_replaced_and_a_killed_sweep_goes_on(
    started, study, offline, tmp_path
):
    sweep = started(*SWEEP, "--jobs", "2", "--trials", str(MANY))
    until(lambda: len({by(trial) for trial in finished(study())}) == 2, sweep)  # both are at work
    victim = by(finished(study())[0])
    stuck = stop_in_mid_trial(study, victim, sweep)
    os.kill(victim, signal.SIGKILL)

    def done_again():
        return next((t for t in finished(study()) if t.number == stuck.number), None)

    again = until(done_again, sweep)
    assert (again.params, by(again) == victim) == (stuck.params, False)
    assert in_state(study(), TrialState.FAIL) == []

    until(lambda: len(in_state(study(), TrialState.RUNNING)) == 2, sweep)
    children = psutil.Process(sweep.pid).children(recursive=True)
    sweep.kill()
    sweep.communicate()
    _, alive = psutil.wait_procs(children, timeout=PATIENCE)
    assert alive == []  # no process outlives the sweep
    goes_on(study, offline, tmp_path)


def goes_on(study, offline, tmp_path):
    """A sweep that was killed goes on in this process, with what was lost first."""
    before = study()
    done = {trial.number: (trial.params, trial.value) for trial in finished(before)}
    left = [trial.params for trial in in_state(before, TrialState.RUNNING)]
    file = tmp_path / "no-hidden.sweep.log"
    resumed = tuning.Sweep("no-hidden", offline, file, limit=300)
    resumed.run(len(done) + 2, progress=False)
    assert len(resumed.finished) == len(done) + 2
    kept = {t.number: (t.params, t.value) for t in resumed.finished if t.number in done}
    assert kept == done
    again = [t.params for t in resumed.study.trials if "again" in t.user_attrs]
    assert again == [params for params in left if len(params) == 2]
    assert in_state(resumed.study, TrialState.RUNNING) == []


def scheduler_at(started, tmp_path):
    """A Dask scheduler of its own, and its address."""
    where = tmp_path / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(where)]
    scheduler = started("-m", "dask", "scheduler", *words)

    def address():
        with contextlib.suppress(OSError, json.JSONDecodeError):  # not there yet, or half of it
            return json.loads(where.read_text())["address"]
        return None

    return scheduler, until(address, scheduler)


def test_a_cluster_bears_a_dead_worker_and_a_dead_scheduler_leaves_a_study_that_goes_on(
    started, study, offline, tmp_path
):
    scheduler, address = scheduler_at(started, tmp_path)
    worker = ["-m", "dask", "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    both = [started(*worker), started(*worker)]
    sweep = started(*SWEEP, "--scheduler", address, "--trials", str(MANY))
    until(lambda: len({by(trial) for trial in finished(study())}) == 2, sweep, *both)
    assert {by(trial) for trial in finished(study())} == {one.pid for one in both}

    stuck = stop_in_mid_trial(study, both[0].pid, sweep)
    both[0].kill()

    def done_again():
        return next((t for t in finished(study()) if t.number == stuck.number), None)

    again = until(done_again, sweep, both[1])
    assert (again.params, by(again)) == (stuck.params, both[1].pid)
    assert in_state(study(), TrialState.FAIL) == []  # nothing but that trial ran again

    scheduler.kill()
    out, err = sweep.communicate(timeout=PATIENCE)
    last = err.strip().splitlines()[-1]
    assert (sweep.returncode, out) == (2, "")
    assert last.startswith(f"mnistlab: The scheduler at {address} is gone. The ")
    assert "finished trials are safe in no-hidden.sweep.log" in last
    assert "Traceback" not in err
    assert "ERROR" not in err
    goes_on(study, offline, tmp_path)


def test_a_scheduler_without_workers_is_told_in_one_sentence(
    started, offline, tmp_path, monkeypatch
):
    address = scheduler_at(started, tmp_path)[1]
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    sweep = tuning.Sweep("no-hidden", offline, tmp_path / "alone.log", limit=300)
    with (
        tuning.engine(offline, scheduler=address) as engine,
        pytest.raises(workers.EngineError) as told,
    ):
        sweep.run(2, engine, progress=False)
    assert f"Start one with 'dask worker {address}'" in str(told.value)
    assert "The 0 finished trials are safe in" in str(told.value)


class Future:
    """A task of Dask's that has failed."""

    status = "error"

    def __init__(self, error):
        self.error = error

    def done(self):
        return True

    def exception(self, timeout):
        return self.error


class Lost:
    """A connection that waits for nothing."""

    status = "running"

    def as_current(self):
        return contextlib.nullcontext()

    def wait(self, futures, timeout, return_when):
        pass


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (KilledWorker("trial-3", None, 4), workers.EngineError, "one worker after the other"),
        (ModuleNotFoundError(name="mnistlab"), workers.EngineError, "A worker lacks mnistlab"),
        (ValueError("other digits"), ValueError, "other digits"),
    ],
)
def test_what_goes_wrong_on_a_worker_is_told_in_one_sentence(error, kind, said):
    engine = cluster.Cluster.__new__(cluster.Cluster)
    engine.client = engine.dask = Lost()
    engine.address, engine.futures = "tcp://here", {3: Future(error)}
    with pytest.raises(kind, match=said):
        engine.finished()


def test_a_trial_that_ends_its_process_again_and_again_is_to_blame_itself():
    engine = workers.Processes(1)
    worker = workers._Worker.__new__(workers._Worker)
    worker.number, worker.task, worker.attempts = 5, object(), workers.ATTEMPTS
    with pytest.raises(workers.EngineError, match="Trial 5 ended its process 3 times"):
        engine._replace(worker)


def test_processes_with_other_digits_say_so_in_one_sentence(tmp_path, few_digits, monkeypatch):
    monkeypatch.setenv("MNISTLAB_DATA", "offline")
    sweep = tuning.Sweep("no-hidden", few_digits, tmp_path / "other.log", validation=60)
    with (
        tuning.engine(few_digits, jobs=2) as engine,
        pytest.raises(ValueError, match="has other digits than the machine that asks"),
    ):
        sweep.run(2, engine, progress=False)
    assert all(worker.process.exitcode is not None for worker in engine.workers)
