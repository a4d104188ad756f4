"""The network that a lesson writes out in plain Keras is the one that the package builds."""

from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest

from mnistlab import models

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WRITTEN_OUT = {  # in the order of the page
    "02_no_hidden_layer": ["no-hidden"],
    "03_hidden_layer": ["hidden", "sigmoid-pair"],
    "04_deep_dropout": ["deep-dropout"],
}


def written_out(source: str) -> keras.Model:
    """Run a cell that writes a network out, in an empty notebook, and return the network."""
    names = {"keras": keras}
    exec(source, names)
    (model,) = [value for value in names.values() if isinstance(value, keras.Model)]
    return model


def networks(lesson: str) -> list[keras.Model]:
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if "keras.Sequential(" in cell.source]
    return [written_out(source) for source in sources]


def described(model: keras.Model) -> list[tuple]:
    """Each layer's kind and all of its settings but its name, which counts upwards."""
    return [(type(layer).__name__, {**layer.get_config(), "name": None}) for layer in model.layers]


def assert_same(model: keras.Model, built: keras.Model) -> None:
    assert described(model) == described(built)
    assert models.weight_count(model) == models.weight_count(built)
    for one, two in zip(model.get_weights(), built.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("lesson", WRITTEN_OUT)
def test_a_lesson_writes_out_the_network_that_the_package_builds(lesson, capsys):
    for model, name in zip(networks(lesson), WRITTEN_OUT[lesson], strict=True):
        assert_same(model, models.build(name, seed=0))


NO_HIDDEN = """
keras.utils.set_random_seed({seed})
model = keras.Sequential(
    [keras.Input((28, 28)), keras.layers.Flatten(), {more} keras.layers.Dense(10, "{output}")]
)
"""


@pytest.mark.parametrize(
    "slip",
    [
        {"seed": 1},
        {"output": "sigmoid"},
        {"more": 'keras.layers.Dense(10, "relu"),'},
        {"more": "keras.layers.Dropout(0.3),"},
    ],
    ids=["another seed", "another output", "a layer more", "a layer without weights more"],
)
def test_a_network_that_differs_would_be_found(slip):
    plain = {"seed": 0, "output": "softmax", "more": ""}
    built = models.build("no-hidden", seed=0)
    assert_same(written_out(NO_HIDDEN.format(**plain)), built)
    with pytest.raises(AssertionError):
        assert_same(written_out(NO_HIDDEN.format(**{**plain, **slip})), built)
