"""The network that a lesson writes out in plain Keras is the one that the package builds."""

from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest

from mnistlab import exercises, models, results

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WRITTEN_OUT = {  # in the order of the page
    "02_no_hidden_layer": ["no-hidden"],
    "03_hidden_layer": ["hidden", "sigmoid-pair"],
    "04_deep_dropout": ["deep-dropout"],
}
# Lesson 6 writes the fifth project's network as it was, and cuts its edges off later.
CONVOLUTION = "06_convolution"


def written_out(source: str) -> keras.Model:
    """Run a cell that writes a network out, in a notebook that did no more, and return it."""
    names = {"keras": keras, "models": models, "exercises": exercises}
    exec(source, names)
    (model,) = [value for value in names.values() if isinstance(value, keras.Model)]
    return model


def networks(lesson: str) -> list[keras.Model]:
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if "keras.Sequential(" in cell.source]
    return [written_out(source) for source in sources if "set_random_seed(" in source]


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


def cropped(cnn: keras.Model) -> keras.Model:
    """What lesson 6 makes of the fifth project's network by cutting its edges off."""
    cells = nbformat.read(NOTEBOOKS / f"{CONVOLUTION}.ipynb", as_version=4).cells
    (source,) = [cell.source for cell in cells if "cropped = keras.Sequential(" in cell.source]
    lines = [line for line in source.splitlines() if line.startswith(("cut =", "cropped ="))]
    names = {"keras": keras, "layers": [keras.Input((28, 28)), *cnn.layers]}
    exec("\n".join(lines), names)
    return names["cropped"]


def test_lesson_6_writes_out_the_fifth_projects_network_and_ours(capsys):
    cnn, fast = networks(CONVOLUTION)
    assert_same(fast, models.build("cnn-fast", seed=0))
    assert fast.name == "cnn-fast"
    assert cnn.name == "cnn"  # by its name it finds its recipe
    assert models.weight_count(cnn) == results.published()["cnn"]["weights"]
    assert_same(cropped(cnn), models.build("cnn", seed=0))


def test_what_lesson_6_cuts_off_never_reached_an_output(capsys):
    cnn, _ = networks(CONVOLUTION)
    images = np.random.default_rng(0).random((20, 28, 28), dtype=np.float32)
    elsewhere = images.copy()
    elsewhere[:, 22:], elsewhere[:, :, 22:] = 1, 1
    outputs = cnn.predict_on_batch(images)
    np.testing.assert_array_equal(outputs, cnn.predict_on_batch(elsewhere))
    np.testing.assert_allclose(cropped(cnn).predict_on_batch(images), outputs, atol=1e-6)
    elsewhere[:, 21] = 1
    assert np.any(cnn.predict_on_batch(elsewhere) != outputs)


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
