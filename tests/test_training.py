import json
import signal
import subprocess
import sys
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab import models, training


def trained(digits, seed=0, **options):
    options = {"epochs": 1, "validation": 50, "progress": False} | options
    return training.train(models.build("hidden"), digits, seed=seed, **options)


@pytest.mark.parametrize("recipe", training.RECIPES)
def test_a_network_learns(few_digits, recipe):
    run = trained(few_digits, recipe=recipe, epochs=15)
    assert run.history["val_accuracy"][-1] > 0.9
    assert len(run.history["loss"]) == 15


def test_the_run_says_how_it_came_to_be(few_digits):
    run = trained(few_digits, seed=5, augment=True)
    assert (run.network, run.recipe, run.seed, run.augment) == ("hidden", "fast", 5, True)
    assert (run.source, run.images, run.plan.epochs) == ("offline", 250, 1)
    assert run.seconds > 0
    assert not run.interrupted
    assert "hidden, recipe fast, seed 5: 1 of 1 epochs" in str(run)
    assert "model" not in run.as_dict()


def test_the_run_keeps_the_recipe_with_what_was_asked_for(few_digits):
    run = trained(few_digits, rate=0.02, batch=25)
    usual = training.recipe_for("hidden")
    muon = usual.matrix_rate * 0.02 / usual.rate
    asked = {"epochs": 1, "batch": 25, "rate": 0.02, "validation": 50, "matrix_rate": muon}
    assert run.plan == replace(usual, **asked)
    assert json.loads(json.dumps(run.as_dict()))["plan"] == vars(run.plan)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_also_with_dropout_and_augmentation(few_digits):
    def weights(seed):
        keras.utils.set_random_seed(0)
        layers = [keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(10)]
        model = keras.Sequential([keras.Input((28, 28)), *layers])
        options = {"epochs": 1, "validation": 50, "augment": True, "progress": False}
        training.train(model, few_digits, seed=seed, **options)
        return model.layers[-1].kernel.numpy()

    first = weights(1)
    np.testing.assert_allclose(first, weights(1), atol=1e-6)
    assert np.abs(first - weights(2)).max() > 1e-4


def test_the_original_recipe_takes_all_images_in_batches_of_32(few_digits):
    assert training.recipe_for("deep-dropout", "original").epochs == 10
    run = trained(few_digits, recipe="original", validation=None, epochs=None)
    assert run.images == 300
    assert run.plan.epochs == 5
    assert "val_loss" not in run.history  # nothing is held out, and the test set stays shut
    assert training.recipe_for("hidden", "original").batch == 32


@pytest.mark.slow
def test_a_training_never_sees_the_test_set(few_digits):
    nonsense = replace(few_digits, x_test=np.zeros((0, 3)), y_test=np.zeros(0))
    assert trained(nonsense).history == trained(few_digits).history


def test_validation_measures_other_images_than_those_learnt_from(few_digits):
    learn, hold = training.split(few_digits, 50, seed=0)
    assert sorted([*learn, *hold]) == list(range(300))
    groups = few_digits.train_groups
    assert not set(groups[learn]) & set(groups[hold])


@given(validation=st.integers(0, 298), seed=st.integers(0, 2**32))
def test_a_split_loses_no_image_and_parts_no_original(few_digits, validation, seed):
    learn, hold = training.split(few_digits, validation, seed)
    assert sorted([*learn, *hold]) == list(range(300))
    assert validation <= len(hold) <= validation + 1
    groups = few_digits.train_groups
    assert not set(groups[learn]) & set(groups[hold])


def test_originals_written_as_plainly_as_the_test_ones_are_held_out_first(few_digits):
    calm = np.arange(0, 150, 3)
    digits = replace(few_digits, calm_groups=calm)
    _, hold = training.split(digits, 60, seed=1)
    assert set(digits.train_groups[hold]) <= set(calm)
    _, hold = training.split(digits, 200, seed=1)
    assert set(digits.train_groups[hold]) > set(calm)


def test_a_limit_takes_fewer_images_to_learn_from_and_keeps_the_validation(few_digits):
    run = trained(few_digits, limit=40)
    assert run.images == 40
    assert "val_accuracy" in run.history


def test_an_interrupted_training_returns_the_model_so_far(few_digits):
    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    run = trained(few_digits, epochs=5, callbacks=[Stop()])
    assert run.interrupted
    assert len(run.history["loss"]) == 2
    assert "2 of 5 epochs" in str(run)
    assert run.model.predict_on_batch(np.zeros((1, 28, 28))).shape == (1, 10)


def test_a_callback_may_end_a_training(few_digits):
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=0, min_delta=1000)
    run = trained(few_digits, epochs=9, callbacks=[stop])
    assert len(run.history["loss"]) < 9
    assert not run.interrupted


def test_a_batch_of_ones_own_is_taken_as_it_is(few_digits, monkeypatch):
    plan = training.Recipe(epochs=2, batch=100, rate=0.01, validation=60, rise_and_fall=False)
    steps = []
    monkeypatch.setattr(training.Loop, "_step", noting(steps))
    run = training.train(models.build("hidden"), few_digits, recipe=plan, progress=False)
    assert (run.recipe, run.plan.epochs, run.images) == ("own", 2, 240)
    assert steps == [100]
    trained(few_digits, batch=120)
    trained(few_digits)
    assert steps == [100, 120, 32]


def noting(sizes):
    plain = training.Loop._step

    def step(self, chosen, number):
        sizes.append(self.size)  # once, while the step is traced
        return plain(self, chosen, number)

    return step


def test_few_images_make_small_batches_so_that_an_epoch_still_teaches(few_digits):
    model = models.build("hidden")
    run = training.train(model, few_digits, epochs=40, limit=100, validation=50, progress=False)
    assert run.history["accuracy"][-1] > 0.99  # known by heart, as lesson 5 has it


SLOW_TRAINING = """
import numpy as np
from types import SimpleNamespace
from mnistlab import models, training
images = np.zeros((20000, 28, 28), np.uint8)
digits = SimpleNamespace(
    x_train=images, y_train=np.zeros(20000, np.uint8), train_groups=None, source="mnist"
)
run = training.train(models.build("cnn"), digits, epochs=1000, validation=0)
print("interrupted", run.interrupted)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_ctrl_c_ends_a_training_in_another_process():
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_TRAINING],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    seen = ""
    while "loss=" not in seen:  # the progress bar has shown a finished epoch
        seen += process.stderr.read(20)
    process.send_signal(signal.SIGINT)
    try:
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert out == "interrupted True\n"


def test_the_progress_bar_shows_loss_and_validation_accuracy(few_digits, capsys):
    trained(few_digits, epochs=2, progress=True)
    line = capsys.readouterr().err.split("\r")[-1]
    assert "100%" in line
    assert "loss=" in line
    assert "val_accuracy=" in line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs=0: it must be a whole number"),
        ({"epochs": 1.5}, "epochs=1.5"),
        ({"batch": 0}, "batch=0"),
        ({"limit": 0}, "limit=0"),
        ({"rate": float("nan")}, "rate=nan: a learning rate"),
        ({"rate": -0.1}, "rate=-0.1"),
        ({"validation": 300}, "validation=300: hold out 0 to 299"),
        ({"validation": -1}, "validation=-1"),
        ({"validation": 1.5}, "validation=1.5"),
        ({"validation": 299}, "Nothing is left to learn from"),
        ({"epochs": float("nan")}, "epochs=nan"),
        ({"epochs": float("inf")}, "epochs=inf"),
        ({"seed": -1}, "seed=-1: a seed is"),
        ({"recipe": "slow"}, "no recipe 'slow'.*original, fast"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(few_digits, options, words):
    with pytest.raises(ValueError, match=words):
        trained(few_digits, **options)


def test_labels_out_of_range_are_refused(few_digits):
    with pytest.raises(ValueError, match=r"labels go from .* to 14, but 'hidden' has 10 outputs"):
        trained(replace(few_digits, y_train=few_digits.y_train + 5))


@pytest.mark.slow
def test_scaled_and_flat_images_are_learnt_from_as_raw_ones_are(few_digits):
    scaled = few_digits.x_train.astype(np.float32) / 255
    raw = trained(few_digits).history
    for images in (scaled, scaled.astype(np.float64), few_digits.x_train.reshape(300, 784)):
        history = trained(replace(few_digits, x_train=images)).history
        for name, values in history.items():
            np.testing.assert_allclose(values, raw[name], rtol=1e-4)


def test_a_network_that_ends_in_bare_logits_learns_too(few_digits):
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Flatten(), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((28, 28)), *layers])
    run = training.train(model, few_digits, epochs=15, validation=50, progress=False)
    assert run.history["val_accuracy"][-1] > 0.9


@pytest.mark.parametrize("wrong", [np.eye(10)[np.arange(300) % 10], np.full(300, 0.5)])
def test_labels_that_are_no_whole_numbers_are_refused(few_digits, wrong):
    with pytest.raises(ValueError, match="one whole number for each image"):
        trained(replace(few_digits, y_train=wrong))


def test_no_images_are_refused(few_digits):
    with pytest.raises(ValueError, match="There are 0 training images"):
        trained(replace(few_digits, x_train=few_digits.x_train[:0], y_train=few_digits.y_train[:0]))


def test_a_network_without_an_input_is_refused(few_digits):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)])
    with pytest.raises(ValueError, match=r"Begin it with keras\.Input"):
        training.train(model, few_digits, progress=False)


def test_images_of_another_shape_are_refused(few_digits):
    with pytest.raises(ValueError, match="shape"):
        trained(replace(few_digits, x_train=few_digits.x_train[:, :20]))


def test_a_network_for_other_images_is_refused(few_digits):
    model = keras.Sequential([keras.Input((32, 32)), keras.layers.Flatten()], name="other")
    with pytest.raises(ValueError, match=r"'other' takes images of the shape \(32, 32\)"):
        training.train(model, few_digits, progress=False)


def test_as_many_labels_as_images_are_asked_for(few_digits):
    with pytest.raises(ValueError, match="300 training images but 299 labels"):
        trained(replace(few_digits, y_train=few_digits.y_train[:-1]))


def test_varied_images_take_longer_and_an_unknown_augmentation_is_refused(few_digits):
    usual = training.recipe_for("hidden").epochs
    longer = trained(few_digits, augment=True, epochs=None).plan.epochs
    assert longer == training.LONGER * usual
    assert trained(few_digits, augment=True, epochs=1).plan.epochs == 1
    warped = trained(few_digits, augment="warped", epochs=None)
    assert (warped.plan.epochs, warped.augment) == (usual, "warped")
    with pytest.raises(ValueError, match='choose True, False, "varied" or "warped"'):
        trained(few_digits, augment="twisted")
