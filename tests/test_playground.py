"""The playground starts at once, stops when told, and keeps the run before for comparison."""

import threading
import time

import numpy as np
import pytest
from test_explorers import assert_sound
from threadpoolctl import threadpool_info

from mnistlab import by_hand, playground
from mnistlab.playground import Choice, Playground, Trial


@pytest.fixture
def sets():
    """Images whose digit stands in one pixel, so that they are learnt in no time."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 3000)
    images = np.zeros((3000, 784), np.uint8)
    images[np.arange(3000), 50 * labels] = 255
    return (images[:2000], labels[:2000]), (images[2000:], labels[2000:])


def test_a_trial_learns_and_its_curves_begin_before_the_first_step(sets):
    trial = Trial(Choice(units=16, rate=0.01, epochs=2, images=2000))
    seen = []
    trial.run(*sets, threading.Event(), lambda: seen.append(len(trial.epochs)))
    assert trial.state == "done"
    assert (trial.epochs[0], trial.epochs[-1]) == (0, 2)
    assert trial.val_accuracy[0] < 0.5 < 0.95 < trial.val_accuracy[-1]
    assert seen[0] == 1
    assert seen == sorted(seen)


def test_a_run_that_takes_no_time_has_a_curve_all_the_same(sets):
    trial = Trial(Choice(units=3, batch=8, epochs=1, images=2000))
    trial.run(*sets, threading.Event())
    assert playground.POINTS <= len(trial.epochs) < 2 * playground.POINTS
    assert np.diff(trial.epochs).max() < 1.5 / playground.POINTS


def test_a_choice_gives_the_same_run_again_and_another_seed_another_run(sets):
    ends = []
    for seed in (0, 0, 1):
        trial = Trial(Choice(units=10, epochs=1, images=500, seed=seed))
        trial.run(*sets, threading.Event())
        ends.append(trial.network.kernels[-1])
    assert np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])
    assert "seed 1" in str(trial.choice)
    assert "seed" not in str(Choice())


def test_the_network_of_a_trial_can_be_asked(sets):
    trial = Trial(Choice(units=16, rate=0.01, epochs=2, images=2000))
    trial.run(*sets, threading.Event())
    images, labels = sets[1]
    read = trial.network.logits(by_hand.scaled(images)).argmax(axis=1)
    assert (read == labels).mean() == trial.val_accuracy[-1]
    assert by_hand.Network.of(trial.network) is trial.network
    assert repr(trial).endswith(f"done, validation {100 * trial.val_accuracy[-1]:.1f} %)")


def test_a_trial_stops_between_two_batches(sets):
    trial, stop = Trial(Choice(epochs=1000, images=2000)), threading.Event()
    trial.run(*sets, stop, stop.set)
    assert trial.state == "stopped"
    assert trial.epochs[-1] < 1


def test_a_trial_that_diverges_says_so(sets, monkeypatch):
    monkeypatch.setattr(by_hand.Network, "step", lambda *args: float("nan"))
    trial = Trial(Choice(images=2000))
    trial.run(*sets, threading.Event())
    assert trial.state == "diverged"
    assert_sound(playground.picture([trial]))


@pytest.mark.parametrize("depth", [0, 1, 6])
@pytest.mark.parametrize("dropout", [0.0, 0.7])
@pytest.mark.parametrize("activation", by_hand.ACTIVATIONS)
@pytest.mark.parametrize("rate", [1e-5, 1.0])
def test_every_end_of_the_controls_runs_without_a_warning(sets, depth, dropout, activation, rate):
    choice = Choice(3, depth, activation, dropout, rate, batch=512, epochs=1, images=100)
    trial = Trial(choice)
    trial.run(*sets, threading.Event())
    assert trial.state in ("done", "diverged")
    assert_sound(playground.picture([trial, trial]))


def test_nothing_chosen_yet_says_how_to_begin():
    assert "press Train" in playground.picture([])


@pytest.fixture
def ground(digits):
    one = Playground(digits, units=10, images=1000, epochs=100)
    yield one
    one.end()


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.01)


@pytest.mark.slow
def test_train_and_stop_by_their_buttons(ground):
    ground.train.click()
    wait_for(lambda: ground.trials and ground.trials[0].epochs)
    assert ground.train.disabled
    assert not ground.stop.disabled
    ground.stop.click()
    wait_for(lambda: ground.trials[0].state == "stopped")
    wait_for(lambda: not ground.train.disabled)
    assert "stopped: after" in ground.picture.value


@pytest.mark.slow
def test_two_runs_stand_side_by_side(ground):
    ground.run(epochs=1, rate=0.001)
    trial = ground.run(rate=0.01)
    assert trial is ground.trials[-1]
    assert [trial.choice.rate for trial in ground.trials] == [0.001, 0.01]
    alts = assert_sound(ground.picture.value)
    assert "rate 0.01" in alts[0]
    assert "the run before" in alts[1]
    assert "rate 0.001" in alts[1]
    assert ground.picture.value.count("<tr>") == 3  # a heading and two runs


@pytest.mark.slow
def test_training_leaves_the_other_cores_to_others(ground, monkeypatch):
    def count(trial, *rest):
        seen.append({one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"})

    seen = []
    monkeypatch.setattr(Trial, "run", count)
    ground.run()
    assert seen == [{1}]


def test_code_that_names_no_control_is_told_which_there_are(ground):
    with pytest.raises(ValueError, match=r"unit is no control; they are units, depth,"):
        ground.run(unit=3)
    assert ground.trials == []


@pytest.mark.slow
def test_sliders_that_move_while_a_network_trains_break_nothing(ground):
    ground.begin()
    for units in (3, 10, 30, 100) * 20:
        ground.controls["units"].value = units
    starters = [threading.Thread(target=ground.begin) for _ in range(4)]
    for one in starters:
        one.start()
    for one in starters:
        one.join()
    ground.end()
    assert [trial.state for trial in ground.trials[:-1]] == ["stopped"] * 4
    assert all(trial.choice.units == 100 for trial in ground.trials[1:])
    assert_sound(ground.picture.value)
