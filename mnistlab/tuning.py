"""Hyper-parameter studies: which settings of a network read held-out images best.

A Sweep asks Optuna for settings, has networks trained with them here, in several processes or on a
cluster, and writes all that happens into a journal, from which it goes on when it was stopped or
killed. Trials are judged by validation images; the test set is opened once, by `confirm`.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial, Trial, TrialState
from tqdm.auto import tqdm

from mnistlab import journal
from mnistlab.cluster import Cluster
from mnistlab.data import Digits
from mnistlab.exam import Exam
from mnistlab.trials import Outcome, Plan, Settings, Task, build, digest
from mnistlab.workers import Engine, EngineError, Here, Processes

__all__ = ["Sweep", "at_least_one", "bars", "build", "engine", "importance", "search_space"]

# The bar tells what Optuna would write two lines about in each trial.
optuna.logging.set_verbosity(optuna.logging.WARNING)

Space = dict[str, BaseDistribution]

STARTUP = 5  # complete trials, before any is pruned
SAME = 1e-9  # accuracies that differ by less have no spread to explain
EPOCHS = 4
HELD_OUT = 5000  # training images, for validation

_RATE = FloatDistribution(0.0005, 0.1, log=True)
_BATCH = CategoricalDistribution((32, 64, 128, 256, 512))
_DROPOUT = FloatDistribution(0.0, 0.5, step=0.1)
_SPACES: dict[str, Space] = {
    "no-hidden": {"rate": _RATE, "batch": _BATCH},
    "hidden": {
        "rate": _RATE,
        "batch": _BATCH,
        "size": IntDistribution(16, 256, log=True),
        "dropout": _DROPOUT,
    },
    "sigmoid-pair": {"rate": _RATE, "batch": _BATCH},
    "deep-dropout": {"rate": _RATE, "batch": _BATCH, "dropout": _DROPOUT},
    "cnn": {"rate": _RATE, "batch": _BATCH, "dropout": _DROPOUT},
    "cnn-fast": {"rate": _RATE, "batch": _BATCH, "dropout": _DROPOUT},
    "rows-columns": {"rate": _RATE, "batch": _BATCH, "dropout": _DROPOUT},
}


def search_space(network: str) -> Space:
    """The settings that a sweep of this network tries, and from where to where; lesson 7.

    `rate` is the highest learning rate. The dictionary is yours to change before the sweep.
    """
    if network not in _SPACES:
        raise ValueError(f"There is no network {network!r}. Choose one of: {', '.join(_SPACES)}.")
    return dict(_SPACES[network])


def _known(network: str, space: Space) -> Space:
    """The space, if this network reads each of its settings."""
    known = search_space(network)
    for name in space:
        if name not in known:
            raise ValueError(f"{network!r} has no setting {name!r}, only {', '.join(known)}.")
    return space


class Sweep:
    """A study of one network's settings, kept in a journal.

    file: the journal; where it holds a study of the same plan, that one goes on.
    space: what is tried, `search_space(network)` or a part of it, from where to where you like.
    epochs: of every trial, so that accuracies after the same epoch can be compared: the learning
    rate falls along the whole plan, and one epoch of two is not one of four.
    limit: learn from so many images only. validation: how many are held out.
    """

    def __init__(
        self,
        network: str,
        digits: Digits,
        file: str | Path,
        *,
        space: Mapping[str, BaseDistribution] | None = None,
        epochs: int | None = None,
        limit: int | None = None,
        validation: int | None = None,
        seed: int = 0,
    ) -> None:
        self.space = _known(network, search_space(network) if space is None else dict(space))
        self.digits, self.file = digits, Path(file)
        epochs = EPOCHS if epochs is None else epochs
        validation = HELD_OUT if validation is None else validation
        at_least_one(epochs=epochs, limit=1 if limit is None else limit, validation=validation)
        if not (isinstance(seed, int) and seed >= 0):
            raise ValueError(f"seed={seed}: a seed is a whole number, 0 or more.")
        made = digest(digits)
        self.plan = Plan(network, digits.source, made, epochs, limit, validation, seed)
        with journal.owned(self.file):
            self.study = journal.opened(self.file, asdict(self.plan), self.space)

    def run(self, trials: int, engine: Engine | None = None, progress: bool = True) -> None:
        """Go on until so many trials are finished, here or wherever the engine has them done.

        What a killed sweep was at runs again first.
        """
        at_least_one(trials=trials)
        engine = Here(self.digits) if engine is None else engine
        begun: dict[int, Trial] = {}
        with self._owned(), self._bar(trials, progress) as bar:
            journal.again(self.study, self.space)
            while (left := trials - len(self.finished)) > 0:
                while len(begun) < min(left, engine.room()):
                    trial = self._ask()
                    begun[trial.number] = trial
                    engine.submit(trial.number, self._task(trial))
                for number, outcome in engine.finished():
                    self._tell(begun.pop(number), outcome)
                    self._show(bar)

    @property
    def finished(self) -> list[FrozenTrial]:
        """The trials that were trained to their end or pruned."""
        states = (TrialState.COMPLETE, TrialState.PRUNED)
        return self.study.get_trials(deepcopy=False, states=states)

    @property
    def ranked(self) -> list[FrozenTrial]:
        """The trials that were trained to their end, the best first."""
        complete = [trial for trial in self.finished if trial.state == TrialState.COMPLETE]
        return sorted(complete, key=lambda trial: -(trial.value or 0.0))

    @property
    def best(self) -> FrozenTrial:
        """The trial that read the validation images best."""
        if not self.ranked:
            raise ValueError("No trial is complete yet: run some first.")
        return self.ranked[0]

    def confirm(
        self,
        seeds: int = 5,
        engine: Engine | None = None,
        progress: bool = True,
        *,
        untuned: Settings | None = None,
    ) -> Exam:
        """Open the test set for the best settings and for the `untuned` ones, over new seeds.

        untuned: the network as the course trains it, unless told otherwise. The journal keeps the
        result, and gives it again when it is asked for again.
        """
        at_least_one(seeds=seeds)
        both = [dict(untuned or {}), self.best.params]
        # Not the study's own seed, for which the settings were chosen.
        new = [self.plan.seed + 1 + i for i in range(seeds)]
        kept = Exam.kept(self.study, both, new)
        if kept is not None:
            return kept
        tasks = [Task(self.plan, one, seed, exam=True) for seed in new for one in both]
        with self._owned():
            outcomes = _all(tasks, engine or Here(self.digits), progress)
            exam = Exam.of(outcomes[::2], outcomes[1::2], new, self.digits)
            return exam.keep(self.study, both)

    def _ask(self) -> Trial:
        """A trial with settings that a sweep without a kill would have got just the same."""
        lost = (TrialState.FAIL, TrialState.WAITING)
        known = [one for one in self.study.get_trials(deepcopy=False) if one.state not in lost]
        seed = np.random.SeedSequence([self.plan.seed, len(known)]).generate_state(1)[0]
        self.study.sampler = TPESampler(seed=int(seed))
        return self.study.ask(self.space)

    def _task(self, trial: Trial) -> Task:
        return Task(self.plan, trial.params, self.plan.seed, bars(self.study, self.plan.epochs))

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        for epoch, accuracy in enumerate(outcome.accuracies):
            trial.report(accuracy, epoch)
        for name in ("weights", "seconds", "where"):
            trial.set_user_attr(name, getattr(outcome, name))
        if outcome.pruned:
            self.study.tell(trial, state=TrialState.PRUNED)
        else:
            self.study.tell(trial, outcome.accuracies[-1])

    @contextmanager
    def _owned(self) -> Iterator[None]:
        try:
            with journal.owned(self.file):
                yield
        except EngineError as error:
            done = f"The {len(self.finished)} finished trials are safe in {self.file}"
            raise EngineError(f"{error} {done}: the same command goes on from there.") from error

    def _bar(self, trials: int, progress: bool) -> Any:
        bar = tqdm(total=trials, desc=self.plan.network, unit="trial", disable=not progress)
        bar.update(len(self.finished))
        return bar

    def _show(self, bar: Any) -> None:
        pruned = len(self.finished) - len(self.ranked)
        best = f"{self.best.value:.4f}" if self.ranked else "none yet"
        shown = {"best": best, "pruned": pruned}
        bar.set_postfix(shown, refresh=False)
        bar.update(len(self.finished) - bar.n)


def bars(study: optuna.Study, epochs: int) -> tuple[float, ...]:
    """The accuracy that a trial has to reach after each epoch but the last: the median so far.

    It is Optuna's MedianPruner, worked out before a trial begins: so the trial can decide for
    itself, wherever it runs.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < STARTUP:
        return ()
    reached = [[trial.intermediate_values[i] for i in range(epochs - 1)] for trial in complete]
    return tuple(np.median(reached, axis=0).tolist())


def importance(study: optuna.Study) -> dict[str, float]:
    """Which share of the accuracies' spread each setting explains, by a forest; lesson 7."""
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    values = np.array([trial.value for trial in complete], np.float64)
    if len(values) == 0 or np.ptp(values) < SAME:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def _all(tasks: list[Task], engine: Engine, progress: bool) -> list[Outcome]:
    """Have all tasks done, and return their outcomes in the order of the tasks."""
    waiting, outcomes = list(enumerate(tasks)), dict[int, Outcome]()
    with tqdm(total=len(tasks), desc="test", unit="run", disable=not progress) as bar:
        while len(outcomes) < len(tasks):
            begun = len(tasks) - len(waiting)
            while waiting and begun - len(outcomes) < engine.room():
                engine.submit(*waiting.pop(0))
                begun += 1
            done = dict(engine.finished())
            outcomes |= done
            bar.update(len(done))
    return [outcomes[number] for number in range(len(tasks))]


@contextmanager
def engine(digits: Digits, jobs: int = 1, scheduler: str | None = None) -> Iterator[Engine]:
    """Who does the trials: this process, `jobs` of its kind, or the cluster of a Dask scheduler."""
    at_least_one(jobs=jobs)
    chosen: Engine = Here(digits) if jobs == 1 else Processes(jobs)
    if scheduler is not None:
        chosen = Cluster(scheduler)
        print(f"Dask's dashboard: {chosen.dashboard}", file=sys.stderr)
    with closing(chosen):
        yield chosen


def at_least_one(**values: int) -> None:
    """Refuse what is no whole number of 1 or more."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}={value}: it must be a whole number, 1 or more.")
