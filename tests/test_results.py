import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import softmax
from test_tools import load

from mnistlab import data, models, results, training

LOGITS = arrays.arrays(np.float32, (5, 10), elements=st.floats(-60, 60, width=32, allow_nan=False))


@given(LOGITS)
def test_stored_answers_keep_the_answer(logits):
    np.testing.assert_array_equal(results.pack(logits).argmin(axis=1), logits.argmax(axis=1))


@given(LOGITS)
def test_stored_answers_keep_the_probabilities(logits):
    found, true = results.unpack(results.pack(logits)), softmax(logits.astype(float), axis=1)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found, true, rtol=0.14, atol=1e-5)


@pytest.mark.parametrize("source", ["mnist", "offline"])
def test_each_network_is_stored_with_five_seeds_and_its_recipe(source):
    stored = results.summary()[source]["networks"]
    assert tuple(stored) == models.NAMES
    for facts in stored.values():
        assert facts["seeds"] == [0, 1, 2, 3, 4]
        assert facts["recipe"].keys() >= {"epochs", "batch", "rate"}


def test_each_network_reaches_what_its_first_project_published():
    stored = results.summary()["mnist"]["networks"]
    for network, first in results.published().items():
        assert np.mean(stored[network]["accuracies"]) >= first["reach"], network


@pytest.mark.data
@pytest.mark.parametrize("network", models.NAMES)
def test_stored_answers_give_the_stored_accuracies(network, digits):
    outputs = results.outputs(network, digits)
    assert outputs.shape == (5, 10_000, 10)
    accuracies = (outputs.argmax(axis=2) == digits.y_test).mean(axis=1)
    stored = results.summary()[digits.source]["networks"][network]["accuracies"]
    np.testing.assert_allclose(accuracies, stored)


@pytest.mark.data
def test_answers_to_other_images_are_refused(digits):
    fewer = data.Digits(**{**vars(digits), "y_test": digits.y_test[::-1].copy()})
    with pytest.raises(ValueError, match="belong to other test images"):
        results.outputs("hidden", fewer)


@pytest.mark.data
def test_an_unknown_network_is_refused(digits):
    with pytest.raises(ValueError, match="No answers of 'resnet'"):
        results.outputs("resnet", digits)


SOURCES = pytest.mark.parametrize("source", ["mnist", "offline"])


@SOURCES
def test_the_stored_curves_come_from_the_second_projects_recipe(source):
    stored = results.saturation(source)
    assert stored["network"] == "deep-dropout"
    original = vars(training.recipe_for("deep-dropout", "original"))
    assert stored["recipe"] == {**original, "validation": 5000}
    assert [run["seed"] for run in stored["runs"]] == list(range(len(stored["runs"])))
    for run in stored["runs"]:
        curves = {len(run[name]) for name in ("loss", "softmax", "sigmoid", "ties")}
        assert curves == {original["epochs"]}


@SOURCES
def test_a_stored_sigmoid_differs_from_its_softmax_only_where_images_tie(source):
    for run in results.saturation(source)["runs"]:
        lost = np.abs(np.subtract(run["softmax"], run["sigmoid"]))
        assert (lost <= np.array(run["ties"]) + 1e-9).all()


def test_in_the_second_projects_recipe_accuracy_falls_while_the_loss_improves():
    first = results.saturation("mnist")["runs"][0]
    assert first["loss"][-1] < first["loss"][0]
    assert first["sigmoid"][-1] < first["sigmoid"][0] < first["softmax"][-1]


def test_the_best_networks_get_a_table_with_the_longest_of_their_trainings(monkeypatch):
    best = {"network": "hidden", "name": "long", "augment": "warped", "recipe": {"epochs": 20}}
    best |= {"accuracies": [0.98, 0.99], "seconds": [100.0, 123.4]}
    stored = results.summary()
    monkeypatch.setattr(
        results, "summary", lambda: stored | {"mnist": stored["mnist"] | {"best": [best]}}
    )
    last = results.markdown().splitlines()[-1]
    assert last == "| `hidden` | long | warped | 20 | 98.50 ± 0.71 | 123 |"


def test_curves_of_other_digits_are_refused():
    with pytest.raises(ValueError, match="No curves of 'letters'"):
        results.saturation("letters")


@pytest.mark.slow
def test_a_training_is_read_after_each_epoch_and_waits_where_a_stopped_run_finds_it(
    few_digits, tmp_path, monkeypatch, capsys
):
    tool = load("results")
    monkeypatch.setattr(tool, "FINISHED", tmp_path)
    monkeypatch.setattr(tool, "HELD_OUT", 60)
    found = tool.read_both_ways(few_digits, seed=1)
    assert "deep-dropout, recipe original, seed 1: 10 of 10 epochs" in capsys.readouterr().out
    assert found["seed"] == 1
    assert {len(found[name]) for name in ("loss", "softmax", "sigmoid", "ties")} == {10}
    assert all(0 <= value <= 1 for name in ("softmax", "sigmoid", "ties") for value in found[name])
    monkeypatch.setattr(training, "train", lambda *args, **options: pytest.fail("trained again"))
    assert tool.read_both_ways(few_digits, seed=1) == found
