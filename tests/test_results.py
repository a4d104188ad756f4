import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import softmax

from mnistlab import data, models, results

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
