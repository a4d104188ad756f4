"""Pictures of studies say in words what they show, and the explorer of trials is exact."""

import itertools

import numpy as np
import optuna
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from mnistlab import study_explorers, study_plots, tuning
from mnistlab.figure import percent

SPACE = {
    "rate": FloatDistribution(0.0005, 0.1, log=True),
    "batch": CategoricalDistribution((64, 128)),
    "size": IntDistribution(16, 256, log=True),
    "dropout": FloatDistribution(0.0, 0.5, step=0.1),
}


def study_of(values, pruned=(), seed=0):
    """A study whose trials have these accuracies and settings drawn at random."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize")
    ended = [(value, TrialState.PRUNED) for value in pruned]
    for value, state in [*((value, TrialState.COMPLETE) for value in values), *ended]:
        params = {
            "rate": float(np.exp(random.uniform(np.log(0.0005), np.log(0.1)))),
            "batch": int(random.choice([64, 128])),
            "size": int(random.integers(16, 257)),
            "dropout": int(random.integers(6)) / 10,
        }
        study.add_trial(
            create_trial(
                state=state,
                params=params,
                distributions=SPACE,
                value=value,
                intermediate_values={0: value},
            )
        )
    return study


def test_the_history_names_the_best_the_pruned_and_the_records():
    figure = study_plots.history(study_of([0.9, 0.95, 0.93, 0.97], pruned=[0.5]))
    assert "Trial 3 is the best with 97.00 %; 1 of 5 were pruned" in figure.alt
    assert "Records: 90.00 % in trial 0, 95.00 % in trial 1, 97.00 % in trial 3." in figure.alt
    (line,) = [line for line in figure.axes[0].lines if line.get_label() == "best so far"]
    np.testing.assert_array_equal(line.get_ydata(), [0.9, 0.95, 0.95, 0.97, 0.97])


def test_the_slices_have_a_panel_for_each_setting_with_the_best_marked():
    study = study_of([0.9, 0.95, 0.93], pruned=[0.5])
    figure = study_plots.slices(study)
    assert [axes.get_xlabel() for axes in figure.axes] == list(SPACE)
    best = study.best_trial.params
    assert f"size {best['size']}" in figure.alt
    marks = [axes.lines[-1].get_xdata()[0] for axes in figure.axes]
    assert marks[0] == best["rate"]
    assert marks[1] == [64, 128].index(best["batch"])
    assert figure.axes[0].get_xscale() == "log"
    assert figure.axes[3].get_xscale() == "linear"


def test_the_importance_is_drawn_with_the_largest_share_first():
    figure = study_plots.importance({"size": 0.25, "rate": 0.75})
    assert figure.alt.endswith("rate explains most: 75 %. In order: rate 75 %, size 25 %.")
    with pytest.raises(ValueError, match="do not differ yet"):
        study_plots.importance({})


def test_a_study_without_a_complete_trial_is_refused_with_a_sentence():
    for draw in (study_plots.history, study_plots.slices):
        with pytest.raises(ValueError, match="no trial of this study is complete"):
            draw(study_of([], pruned=[0.5]))


def test_searches_count_the_values_of_the_first_setting():
    grid = np.array(list(itertools.product([0.2, 0.5, 0.8], repeat=2)))
    chance = np.random.default_rng(0).random((9, 2))
    figure = study_plots.searches(lambda x, y: x, {"grid": grid, "chance": chance})
    assert "grid: 9 trials, 3 values of the first setting, best 0.80" in figure.alt
    assert "chance: 9 trials, 9 values of the first setting" in figure.alt
    assert figure.alt.endswith(f"The best is {'chance' if chance.max(0)[0] > 0.8 else 'grid'}'s.")


@given(
    values=st.lists(st.floats(0, 1), min_size=1, max_size=8),
    pruned=st.lists(st.floats(0, 1), max_size=3),
    seed=st.integers(0, 9),
)
@example(values=[0.0, 1e-164], pruned=[], seed=0)  # whose spread is 0 as a float
@settings(max_examples=15, deadline=None)
def test_any_study_is_drawn_in_words_without_nan(values, pruned, seed):
    study = study_of(values, pruned, seed)
    for figure in (study_plots.history(study), study_plots.slices(study)):
        assert isinstance(figure, Figure)
        assert figure.alt.endswith(".")
        assert "nan" not in figure.alt
    shares = tuning.importance(study)
    assert (shares == {}) == (max(values) - min(values) < 1e-9)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_the_average_best_is_that_of_all_ways_to_draw(values):
    average = study_explorers.best_of(values)
    for n, mean in enumerate(average, start=1):
        every = [max(drawn) for drawn in itertools.combinations(values, n)]
        assert mean == pytest.approx(np.mean(every))


def test_the_budget_says_the_best_of_the_first_trials_in_an_order():
    values = [0.7, 0.9, 0.8]
    show = study_explorers.budget(values)
    assert "As they came, the first trial reads 70.00 %" in show(1, 0)
    assert "As they came, the best of the first 2 trials reads 90.00 %" in show(2, 0)
    best = percent(np.random.default_rng(4).permutation(values)[:2].max(), 2)
    assert f"In order 4, the best of the first 2 trials reads {best}" in show(2, 4)
    for bad in ([], [[0.5]], [np.nan]):
        with pytest.raises(ValueError, match="one trial or more"):
            study_explorers.budget(bad)
