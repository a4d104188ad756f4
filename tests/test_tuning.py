"""Sweeps: what is asked, told, pruned and kept, with a quick stand-in where no training matters."""

import json
import os
import re
import subprocess
import sys
import weakref
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.pruners import MedianPruner
from optuna.trial import TrialState, create_trial

from mnistlab import (
    chance,
    cli,
    data,
    evaluation,
    journal,
    models,
    study_report,
    training,
    trials,
    tuning,
    workers,
)
from mnistlab.trials import Outcome, Plan, Task

NETWORKS = list(models.NAMES)


class Quick:
    """An engine whose accuracies are a formula; after `lives` tasks it dies, as by a kill."""

    def __init__(self, lives=10**9, room=1):
        self.lives, self.waiting, self.tasks, self.width = lives, [], [], room

    def room(self):
        return self.width

    def submit(self, number, task):
        self.waiting.append((number, task))
        self.tasks.append(task)

    def finished(self):
        if self.lives == 0:
            raise Killed
        self.lives -= 1
        number, task = self.waiting.pop(0)
        return [(number, self.outcome(task))]

    def outcome(self, task):
        height = 0.9 - 0.02 * (np.log10(task.settings.get("rate", 0.01)) + 2) ** 2
        height += 0.00003 * task.settings.get("size", 100)
        reached = []
        for epoch in range(task.plan.epochs):
            reached.append(float(height - 0.1 / (epoch + 1)))
            if epoch < len(task.bars) and max(reached) < task.bars[epoch]:
                return Outcome(tuple(reached), True, 7, 1.0, "here")
        correct = np.random.default_rng(task.seed).random(100) < height if task.exam else None
        return Outcome(tuple(reached), False, 7, 1.0, "here", correct)


class Killed(Exception):
    pass


@pytest.fixture
def sweep_at(tmp_path, few_digits):
    """Makes a sweep of `hidden` on the few digits, in one journal unless told otherwise."""

    def make(file="hidden.sweep.log", network="hidden", **plan):
        return tuning.Sweep(network, few_digits, tmp_path / file, **{"validation": 60, **plan})

    return make


def told(sweep):
    """What the finished trials were asked and told."""
    return [(t.params, t.intermediate_values, t.value, t.state) for t in sweep.finished]


def states(sweep):
    return [trial.state for trial in sweep.study.trials]


def test_a_sweep_goes_on_until_so_many_trials_are_finished_and_knows_the_best(sweep_at):
    sweep = sweep_at()
    sweep.run(12, Quick(), progress=False)
    assert len(sweep.finished) == 12
    values = [trial.value for trial in sweep.ranked]
    assert values == sorted(values, reverse=True)
    assert sweep.best.value == max(values)
    assert TrialState.PRUNED in states(sweep)
    sweep.run(12, Quick(lives=0), progress=False)  # nothing is left to do
    sweep.run(13, Quick(lives=1), progress=False)
    assert len(sweep.finished) == 13


def test_a_sweep_shows_a_bar_with_the_best_and_the_pruned(sweep_at, capsys):
    sweep_at().run(12, Quick())
    err = capsys.readouterr().err
    assert "12/12" in err
    assert re.search(r"best=0\.\d{4}, pruned=\d", err)


@pytest.mark.parametrize("lives", [0, 1, 4, 9])
def test_a_sweep_killed_and_resumed_ends_as_one_that_was_never_killed(sweep_at, lives):
    whole = sweep_at("whole.log")
    whole.run(10, Quick(), progress=False)
    with pytest.raises(Killed):
        sweep_at("killed.log").run(10, Quick(lives), progress=False)
    assert states(sweep_at("killed.log"))[-1] == TrialState.RUNNING
    resumed = sweep_at("killed.log")
    resumed.run(10, Quick(), progress=False)
    assert told(resumed) == told(whole)
    failed = [trial for trial in resumed.study.trials if trial.state == TrialState.FAIL]
    again = [trial for trial in resumed.study.trials if "again" in trial.user_attrs]
    assert [trial.params for trial in failed] == [trial.params for trial in again]
    assert [trial.number for trial in failed] == [trial.user_attrs["again"] for trial in again]


def test_several_killed_at_once_all_run_again(sweep_at):
    with pytest.raises(Killed):
        sweep_at().run(9, Quick(lives=3, room=4), progress=False)
    left = [t.params for t in sweep_at().study.trials if t.state == TrialState.RUNNING]
    assert len(left) == 4
    sweep = sweep_at()
    sweep.run(9, Quick(), progress=False)
    assert [t.params for t in sweep.study.trials if "again" in t.user_attrs] == left
    assert len(sweep.finished) == 9


@pytest.fixture(scope="module")
def written(tmp_path_factory, few_digits):
    """A whole journal, as bytes, and what it holds."""
    file = tmp_path_factory.mktemp("written") / "whole.log"
    sweep = tuning.Sweep("hidden", few_digits, file, validation=60)
    sweep.run(8, Quick(), progress=False)
    return file.read_bytes(), told(sweep)


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_journal_cut_off_anywhere_goes_on_to_the_same_end(
    written, few_digits, tmp_path_factory, data
):
    whole, expected = written
    file = tmp_path_factory.mktemp("cut") / "cut.log"
    cut = data.draw(st.integers(0, len(whole)))
    file.write_bytes(whole[:cut])
    sweep = tuning.Sweep("hidden", few_digits, file, validation=60)
    kept = told(sweep)
    assert kept == expected[: len(kept)]
    sweep.run(8, Quick(), progress=False)
    assert told(sweep) == expected
    assert file.read_bytes().startswith(whole[: whole[:cut].rfind(b"\n") + 1])


values = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 2))


@given(
    done=st.lists(st.lists(values, min_size=4, max_size=4), max_size=9),
    now=st.lists(values, min_size=1, max_size=3),
)
@settings(max_examples=150, deadline=None)
def test_the_bars_prune_what_optunas_median_pruner_prunes(done, now):
    study = optuna.create_study(direction="maximize")
    for reached in done:
        study.add_trial(
            create_trial(value=reached[-1], intermediate_values=dict(enumerate(reached)))
        )
    bars = tuning.bars(study, epochs=4)
    running = create_trial(
        state=TrialState.RUNNING, intermediate_values=dict(enumerate(now)), value=None
    )
    pruner = MedianPruner(n_startup_trials=tuning.STARTUP, n_warmup_steps=0)
    ours = len(now) <= len(bars) and max(now) < bars[len(now) - 1]
    assert ours == pruner.prune(study, running)


def test_two_sweeps_at_once_on_one_journal_the_second_is_refused(sweep_at):
    first, second = sweep_at(), sweep_at()

    class Watching(Quick):
        def finished(self):
            with pytest.raises(journal.JournalError, match="in use by another sweep"):
                second.run(3, Quick(), progress=False)
            with pytest.raises(journal.JournalError, match="in use by another sweep"):
                sweep_at()
            return super().finished()

    first.run(2, Watching(), progress=False)
    assert states(first) == [TrialState.COMPLETE] * 2
    second.run(3, Quick(), progress=False)  # now it may, and goes on from there
    assert len(first.finished) == 3


OTHERS = {
    "epochs": ({"epochs": 2}, "epochs 4, not 2"),
    "seed": ({"seed": 5}, "seed 0, not 5"),
    "limit": ({"limit": 100}, "limit None, not 100"),
    "space": ({"space": {"rate": FloatDistribution(0.1, 0.2)}}, "another search space"),
    "network": ({"network": "cnn"}, "holds the study 'hidden on offline', not 'cnn on offline'"),
}


@pytest.mark.parametrize(("plan", "said"), OTHERS.values(), ids=OTHERS)
def test_a_journal_of_another_plan_is_refused_and_stays_as_it_is(sweep_at, tmp_path, plan, said):
    sweep_at().run(2, Quick(), progress=False)
    before = (tmp_path / "hidden.sweep.log").read_bytes()
    with pytest.raises(journal.JournalError, match=re.escape(said)):
        sweep_at(**plan)
    assert (tmp_path / "hidden.sweep.log").read_bytes() == before


def test_a_journal_of_other_digits_is_refused(sweep_at, few_digits, tmp_path):
    sweep_at()
    other = replace(few_digits, y_train=few_digits.y_train[::-1].copy())
    with pytest.raises(journal.JournalError, match="other digits"):
        tuning.Sweep("hidden", other, tmp_path / "hidden.sweep.log", validation=60)


FOREIGN = {
    "text": b"# A diary\n\nDear diary,",
    "text without an end": b"no journal",
    "numbers": b"1\n2\n3\n",
    "JSON of others": b'{"a": 3}\n{"b"',
    "bytes": bytes(range(256)),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_no_journal_is_refused_and_stays_as_it_is(sweep_at, tmp_path, content):
    file = tmp_path / "hidden.sweep.log"
    file.write_bytes(content)
    with pytest.raises(journal.JournalError, match="is no sweep's journal"):
        sweep_at()
    assert file.read_bytes() == content


def test_a_study_that_somebody_else_made_is_refused(sweep_at, tmp_path):
    file = str(tmp_path / "hidden.sweep.log")
    backend = optuna.storages.journal.JournalFileBackend(file)
    storage = optuna.storages.JournalStorage(backend)
    study = optuna.create_study(
        storage=storage, study_name="hidden on offline", direction="maximize"
    )
    study.add_trial(create_trial(value=0.5))
    with pytest.raises(journal.JournalError, match="other settings"):
        sweep_at()


def test_a_journal_that_cannot_be_written_is_refused_with_the_reason(sweep_at, monkeypatch):
    with pytest.raises(journal.JournalError, match=r"cannot be written: No such file"):
        sweep_at("missing/hidden.sweep.log")

    def refuse(self, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(journal.JournalError, match=r"cannot be written: Permission denied\."):
        sweep_at()


def test_a_journal_can_be_read_without_a_sweep(sweep_at, tmp_path):
    sweep = sweep_at()
    sweep.run(2, Quick(), progress=False)
    study = journal.read(tmp_path / "hidden.sweep.log")
    assert [t.params for t in study.trials] == [t.params for t in sweep.study.trials]
    (tmp_path / "empty.log").touch()
    for name in ("empty.log", "none.log"):
        with pytest.raises(journal.JournalError, match=name):
            journal.read(tmp_path / name)


@pytest.mark.parametrize("name", ["trials", "epochs", "limit", "validation"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_what_is_no_whole_number_is_refused(sweep_at, name, value):
    plan = {} if name == "trials" else {name: value}
    with pytest.raises(ValueError, match=f"{name}={value}"):
        sweep_at(**plan).run(value, Quick())


def test_there_is_a_search_space_for_each_network_and_no_other():
    assert list(tuning._SPACES) == NETWORKS == list(cli.NETWORKS)
    with pytest.raises(ValueError, match="no network 'resnet'"):
        tuning.search_space("resnet")


def test_a_space_is_the_learners_to_change(sweep_at):
    space = tuning.search_space("hidden")
    space["size"] = IntDistribution(3, 4)
    del space["dropout"]
    sweep = sweep_at(space=space)
    sweep.run(4, Quick(), progress=False)
    assert {t.params["size"] for t in sweep.finished} <= {3, 4}
    assert "dropout" not in sweep.best.params
    assert "dropout" in tuning.search_space("hidden")
    assert study_report.ranges(space).splitlines()[1].split()[:4] == [
        "rate",
        "0.0005",
        "to",
        "0.1,",
    ]


@pytest.mark.parametrize(
    ("network", "name"), [("cnn", "size"), ("no-hidden", "dropout"), ("hidden", "sizes")]
)
def test_a_setting_that_nothing_reads_is_refused(sweep_at, tmp_path, network, name):
    space = tuning.search_space(network) | {name: IntDistribution(3, 4)}
    with pytest.raises(ValueError, match=f"{network!r} has no setting {name!r}.* rate, batch"):
        sweep_at(network=network, space=space)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_without_settings_is_the_one_of_the_course(name):
    ours, theirs = tuning.build(name, {}, seed=3), models.build(name, seed=3)
    assert ours.name == theirs.name
    for mine, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_setting_of_a_space_changes_the_network_or_its_training(name):
    space = tuning.search_space(name)
    model = tuning.build(name, {"size": 50, "dropout": 0.4}, seed=0)
    rates = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert set(rates) == ({0.4} if "dropout" in space else set())
    assert ("size" in space) == (models.weight_count(model) == 784 * 50 + 50 + 50 * 10 + 10)
    assert set(space) <= {"rate", "batch", "size", "dropout"}


def test_the_lesson_writes_out_the_network_that_is_tuned():
    path = Path(__file__).resolve().parents[1] / "notebooks" / "07_tuning.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    (source,) = [cell.source for cell in cells if "keras.Sequential(" in cell.source]
    names = {"keras": keras}
    exec(source.replace("digits = data.load()", ""), names)
    for shape in ({}, {"size": 30, "dropout": 0.2}):
        theirs, ours = names["network"](**shape), tuning.build("hidden", shape, seed=0)
        layers = [
            [{**layer.get_config(), "name": None} for layer in model.layers]
            for model in (theirs, ours)
        ]
        assert layers[0] == layers[1]
        assert theirs.name == ours.name
        for one, other in zip(theirs.get_weights(), ours.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def plan_for(digits, **changes):
    plan = Plan("hidden", digits.source, trials.digest(digits), 2, None, 60, 0)
    return replace(plan, **changes)


def test_a_trial_is_a_training_like_any_other(few_digits):
    asked = {"rate": 0.02, "batch": 16, "size": 30, "dropout": 0.1}
    outcome = trials.run(Task(plan_for(few_digits), asked, seed=1), few_digits)
    model = tuning.build("hidden", asked, seed=1)
    run = training.train(
        model, few_digits, 2, 1, rate=0.02, batch=16, validation=60, progress=False
    )
    assert outcome.accuracies == pytest.approx(run.history["val_accuracy"], abs=1e-6)
    assert outcome.weights == models.weight_count(model)
    assert str(os.getpid()) in outcome.where


def test_a_trial_below_its_bar_ends_early(few_digits):
    outcome = trials.run(Task(plan_for(few_digits, epochs=3), {}, bars=(0.0, 1.1)), few_digits)
    assert (outcome.pruned, len(outcome.accuracies)) == (True, 2)


@given(
    bars=st.lists(values, max_size=4).map(tuple),
    reached=st.lists(values, min_size=1, max_size=5),
)
def test_a_trial_ends_where_its_best_so_far_first_lies_below_the_bar(bars, reached):
    model = SimpleNamespace(stop_training=False)
    prune = trials._Prune(bars, model)
    done = 0
    while done < len(reached) and not model.stop_training:
        prune(done, {"val_accuracy": reached[done]})
        done += 1
    below = [max(reached[: i + 1]) < bar for i, bar in enumerate(bars[: len(reached)])]
    assert prune.pruned == any(below)
    assert done == (below.index(True) + 1 if any(below) else len(reached))


def test_many_trials_in_one_process_get_no_advice_and_leave_no_network_behind(
    few_digits, caplog, monkeypatch
):
    build, made = trials.build, []

    def noted(network, settings, seed):
        model = build(network, settings, seed)
        made.append(weakref.ref(model))
        return model

    monkeypatch.setattr(trials, "build", noted)
    for seed in range(2 * trials.SWEEPING):
        trials.run(Task(plan_for(few_digits, epochs=1, validation=250), {}, seed), few_digits)
    assert [record for record in caplog.records if record.name == "tensorflow"] == []
    assert len([model for model in made if model() is not None]) <= trials.SWEEPING


def test_a_worker_with_other_digits_or_another_version_says_so(few_digits, monkeypatch):
    monkeypatch.setattr(data, "load", lambda source: few_digits)
    assert trials._digits(plan_for(few_digits)) is few_digits
    with pytest.raises(ValueError, match="other digits than the machine that asks"):
        trials._digits(plan_for(few_digits, digest="another"))
    with pytest.raises(ValueError, match="install the same version"):
        trials._digits(plan_for(few_digits, version="0.0.1"))


def test_no_trial_looks_at_the_test_set(sweep_at, monkeypatch):
    monkeypatch.setattr(evaluation, "evaluate", lambda *_, **__: pytest.fail("opened"))
    sweep = sweep_at(epochs=1)
    closed = replace(sweep.digits, x_test=None, y_test=None)
    sweep.run(1, workers.Here(closed), progress=False)
    assert len(sweep.finished) == 1


def test_the_test_set_is_opened_once_for_both_networks_with_the_same_new_seeds(sweep_at):
    sweep = sweep_at(epochs=1, seed=7)
    sweep.run(1, Quick(), progress=False)
    asked = []

    class Noting(workers.Here):
        def submit(self, number, task):
            asked.append((task.seed, dict(task.settings), task.exam))
            super().submit(number, task)

    exam = sweep.confirm(2, Noting(sweep.digits), progress=False)
    best = sweep.best.params
    assert asked == [(8, {}, True), (8, best, True), (9, {}, True), (9, best, True)]
    reached = []
    for seed in (8, 9):
        model = tuning.build("hidden", best, seed)
        training.train(
            model, sweep.digits, 1, seed, rate=best["rate"], batch=best["batch"], validation=60,
            progress=False,
        )  # fmt: skip
        reached.append(evaluation.evaluate(model, sweep.digits.x_test, sweep.digits.y_test))
    assert exam.tuned.accuracies == pytest.approx([one.accuracy for one in reached], abs=0.011)
    again = sweep.confirm(2, Quick(lives=0), progress=False)  # kept: nothing is trained or opened
    assert str(again) == str(exam)
    assert again.as_dict() == exam.as_dict()


def test_whoever_tunes_on_after_the_test_is_told_how_often_it_was_opened(sweep_at):
    sweep = sweep_at()
    sweep.run(1, Quick(), progress=False)
    assert "opened" not in str(sweep.confirm(2, Quick(), progress=False))
    first = sweep.best.params
    sweep.run(12, Quick(), progress=False)
    assert sweep.best.params != first
    assert "opened 2 times" in str(sweep.confirm(2, Quick(room=3), progress=False))


def answers(share, seed):
    correct = np.random.default_rng(seed).random(2000) < share
    return Outcome((0.5,), False, 7, 1.0, "here", correct)


def test_a_difference_is_called_real_only_when_seeds_and_pairs_agree(few_digits):
    digits = replace(few_digits, test_groups=None)
    weak, strong = ([answers(share, i) for i in range(3)] for share in (0.8, 0.95))
    exam = tuning.Exam.of(weak, strong, [0, 1, 2], digits)
    assert exam.real
    assert "3 of 3 pairs differ significantly: the tuned network reads better" in str(exam)
    assert "the untuned network" in tuning.Exam.of(strong, weak, [0, 1, 2], digits).verdict
    alike = tuning.Exam.of(weak, weak, [0, 1, 2], digits)
    assert "0 of 3 pairs differ significantly: no difference is shown" in str(alike)
    mixed = [answers(0.8, 0), answers(0.95, 1)], [answers(0.9, 0), answers(0.99, 1)]
    overlapping = tuning.Exam.of(*mixed, [0, 1], digits)
    assert (overlapping.significant, overlapping.real) == (2, False)
    pair = chance.compare_answers(weak[0].correct, strong[0].correct)
    assert exam.pairs[0] == pair


def test_importance_finds_the_setting_that_counts_and_needs_differences(sweep_at):
    sweep = sweep_at()
    assert tuning.importance(sweep.study) == {}
    sweep.run(25, Quick(), progress=False)
    shares = tuning.importance(sweep.study)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) == "rate"


def test_the_best_of_no_trials_is_refused_with_a_sentence(sweep_at):
    with pytest.raises(ValueError, match="No trial is complete yet"):
        print(sweep_at().best)


def test_the_report_is_readable_and_its_python_runs(sweep_at, monkeypatch, tmp_path):
    sweep = sweep_at(epochs=1)
    sweep.run(8, Quick(), progress=False)
    report = study_report.report(sweep)
    assert "hidden on offline: 8 trials" in report
    line = report.splitlines()[3].split()
    assert line[:2] == [str(sweep.best.number), f"{100 * sweep.best.value:.2f}"]
    assert "█" in report
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "load", lambda: sweep.digits)
    train = training.train
    monkeypatch.setattr(training, "train", lambda *a, **k: train(*a, **k, validation=60))
    exec("\n".join(line.strip() for line in study_report.onward(sweep).splitlines()[1:]), {})
    assert (tmp_path / "hidden-tuned.keras").exists()
    json.dumps(study_report.as_dict(sweep))


# The command.


@pytest.fixture
def command(tmp_path, monkeypatch, few_digits, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "load", lambda source=None: few_digits)
    monkeypatch.setattr(tuning, "HELD_OUT", 60)

    def call(*words):
        status = cli.main(["sweep", *words])
        return status, *capsys.readouterr()

    return call


def test_sweep_tunes_tests_and_says_how_to_go_on(command, tmp_path):
    status, out, err = command("no-hidden", "--trials", "2", "--epochs", "1", "--seeds", "2")
    assert status == 0
    assert "no-hidden on offline: 2 trials" in out
    assert "untuned" in out
    assert "tuning.build('no-hidden', {})" in out
    assert "2/2" in err
    status, out, _ = command(
        "no-hidden", "--trials", "3", "--epochs", "1", "--seeds", "0", "--json"
    )
    facts = json.loads(out)
    assert len(facts["trials"]) == 3
    assert "test" not in facts
    assert facts["file"] == "no-hidden.sweep.log"


def test_a_sweep_that_is_stopped_says_how_to_go_on_and_does(command, monkeypatch):
    whole, calls = trials.run, []

    def stop_at_the_second(task, digits=None):
        calls.append(task)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(task, digits)

    monkeypatch.setattr(trials, "run", stop_at_the_second)
    words = ("hidden", "--trials", "2", "--epochs", "1", "--seeds", "0")
    status, out, err = command(*words)
    assert (status, out) == (130, "")
    assert "mnistlab: stopped after 1 of 2 trials; the same command goes on from there." in err
    status, out, _ = command(*words, "--json")
    assert status == 0
    assert [trial["trial"] for trial in json.loads(out)["trials"]] == [0, 2]
    assert calls[1].settings == calls[2].settings  # it ran again


BAD = {
    "no trials": (["hidden", "--trials", "0"], "trials=0"),
    "no jobs": (["hidden", "--jobs", "0"], "jobs=0"),
    "less than no seeds": (["hidden", "--seeds", "-1"], "seeds=-1"),
    "no epochs": (["hidden", "--epochs", "0"], "epochs=0"),
    "an unknown network": (["resnet"], "no network 'resnet'"),
    "a folder": (["hidden", "--study", "."], "cannot be written"),
    "a missing folder": (["hidden", "--study", "a/b.log"], "cannot be written"),
    "a seed below 0": (["hidden", "--seed", "-1"], "seed"),
    "a scheduler that is no address": (["hidden", "--scheduler", "spam://x"], "No scheduler"),
    "a scheduler that is not there": (
        ["hidden", "--scheduler", "tcp://127.0.0.1:9"],
        "No scheduler answers at tcp://127.0.0.1:9",
    ),
}


@pytest.mark.parametrize(("words", "said"), BAD.values(), ids=BAD)
def test_bad_input_gets_one_sentence_and_status_2(command, monkeypatch, words, said):
    monkeypatch.setattr(tuning.Cluster.__init__.__globals__["time"], "sleep", lambda seconds: None)
    monkeypatch.setitem(tuning.Cluster.__init__.__globals__, "ANSWER", 0.5)
    status, out, err = command(*words)
    assert (status, out) == (2, "")
    assert said in err
    assert err.startswith("mnistlab: ")
    assert err.count("\n") == 1


def test_jobs_and_a_scheduler_exclude_each_other(command, capsys):
    with pytest.raises(SystemExit) as end:
        command("hidden", "--jobs", "2", "--scheduler", "tcp://x")
    assert end.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


def test_a_cluster_without_dask_says_what_to_install(command, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    status, _, err = command("hidden", "--scheduler", "tcp://127.0.0.1:9")
    assert status == 2
    assert "pip install 'mnistlab[cluster]'" in err


def test_whoever_only_asks_and_tells_needs_no_tensorflow():
    heavy = "{'tensorflow', 'keras', 'distributed', 'matplotlib'}"
    code = f"import mnistlab.tuning, sys; print([*{heavy} & {{*sys.modules}}])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "[]\n"
