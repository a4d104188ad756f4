import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from mnistlab import models
from mnistlab.loop import Loop, orthogonal

EVERY = np.arange(300)


def looped(model, digits, *rates, size=32, kind=Loop, **options):
    rates = np.array([rates or [0.001]] * 100)
    return kind(model, digits.x_train, digits.y_train, EVERY, size=size, rates=rates, **options)


def test_a_step_is_the_step_of_kerass_adam(few_digits):
    ours, theirs = models.build("hidden"), models.build("hidden")
    loop = looped(ours, few_digits, seed=7)
    loop.epoch(0)
    order = tf.random.experimental.stateless_shuffle(EVERY, seed=[7, 0]).numpy()
    for step in range(300 // 32):
        chosen = order[step * 32 : (step + 1) * 32]
        theirs.train_on_batch(
            few_digits.x_train[chosen] / np.float32(255), few_digits.y_train[chosen]
        )
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_each_epoch_goes_over_every_image_in_another_order(few_digits):
    seen = []

    class Notes(Loop):
        def _step(self, chosen, step):
            tf.py_function(lambda c: seen.append(c.numpy()), [chosen], [])
            return super()._step(chosen, step)

    model = models.build("no-hidden")
    loop = looped(model, few_digits, size=50, kind=Notes)
    loop.epoch(0)
    loop.epoch(1)
    first, second = np.concatenate(seen[:6]), np.concatenate(seen[6:])
    assert sorted(first) == sorted(second) == list(EVERY)
    assert list(first) != list(second)


def test_loss_and_accuracy_of_an_epoch_are_those_of_the_images(few_digits):
    model = models.build("hidden")
    loop = looped(model, few_digits, 0.0, size=50)
    told = []
    trained = loop.epoch(0, told.append)
    measured = loop.measure(few_digits.x_train, few_digits.y_train)
    expected = model.evaluate(few_digits.x_train / np.float32(255), few_digits.y_train, verbose=0)
    for name, value in zip(("loss", "accuracy"), expected, strict=True):
        assert trained[name] == pytest.approx(value, rel=1e-5)
        assert measured[name] == pytest.approx(value, rel=1e-5)
    assert sum(told) == 6


def test_a_penalty_for_large_weights_counts(few_digits):
    def loss(penalty):
        keras.utils.set_random_seed(0)
        dense = layers.Dense(10, activation="softmax", kernel_regularizer=penalty)
        model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), dense])
        loop = looped(model, few_digits, 0.0)
        measured = loop.measure(few_digits.x_train, few_digits.y_train)
        return np.array([loop.epoch(0)["loss"], measured["loss"]])

    assert (loss(keras.regularizers.L2(1.0)) > loss(None) + 1).all()


def test_a_frozen_layer_stays(few_digits):
    model = models.build("hidden")
    model.layers[1].trainable = False
    before = [weight.copy() for weight in model.get_weights()]
    looped(model, few_digits).epoch(0)
    after = model.get_weights()
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_muon_moves_the_hidden_layers_matrices_alone(few_digits):
    model = models.build("cnn-fast")
    before = model.get_weights()
    looped(model, few_digits, 0.0, 0.01).epoch(0)
    moved = [
        variable.path
        for variable, old in zip(model.weights, before, strict=True)
        if variable.trainable and not np.array_equal(variable.numpy(), old)
    ]
    assert len(moved) == 3
    assert all("conv2d" in path for path in moved)


def test_muon_leaves_the_outputs_and_odd_layers_to_adam(few_digits):
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.DepthwiseConv2D(5, strides=4),
            layers.Flatten(),
            layers.Dense(10),
            layers.Softmax(),
        ]
    )
    before = [weight.copy() for weight in model.get_weights()]
    looped(model, few_digits, 0.0, 0.01).epoch(0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_step_of_muon_is_even_and_remembers(few_digits):
    model = models.build("hidden")
    before = model.get_weights()[0]
    loop = looped(model, few_digits, 0.0, 0.5, size=300)
    loop.epoch(0)
    step = model.get_weights()[0] - before
    slope = gradient(few_digits, before)
    np.testing.assert_allclose(loop.means[0], slope, atol=1e-5)
    lengths = np.linalg.svd(step, compute_uv=False)[:10]  # one for each class; the rest is faint
    assert lengths.max() < 0.5 * 1.3
    assert lengths.min() > 0.5 * 0.6


def gradient(digits, kernel):
    model = models.build("hidden")
    model.layers[1].kernel.assign(kernel)
    with tf.GradientTape() as tape:
        outputs = model(digits.x_train / np.float32(255))
        loss = keras.losses.sparse_categorical_crossentropy(digits.y_train, outputs)
        loss = tf.reduce_mean(loss)
    return tape.gradient(loss, model.layers[1].kernel.value)


@pytest.mark.parametrize("shape", [(40, 12), (12, 40), (3, 3, 5, 16), (784, 100)])
def test_orthogonal_keeps_a_matrixs_directions_and_evens_their_lengths(shape):
    random = np.random.default_rng(0)
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    left, _, right = np.linalg.svd(random.normal(size=(rows, columns)), full_matrices=False)
    lengths = np.geomspace(1, 0.1, len(right))
    matrix = (left * lengths) @ right
    found = orthogonal(tf.constant(matrix.reshape(shape), tf.float32)).numpy()
    seen = left.T @ found.reshape(rows, columns) @ right.T / max(1, columns / rows) ** 0.5
    assert np.abs(seen - np.diag(np.diag(seen))).max() < 1e-3
    assert np.diag(seen).max() < 1.3
    assert np.diag(seen).min() > 0.4 * np.diag(seen).max()  # it was 0.1


def test_orthogonal_of_nothing_is_nothing():
    assert np.abs(orthogonal(tf.zeros((5, 4)))).max() == 0
