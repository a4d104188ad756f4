"""The network in NumPy does what Keras does, to the last digits that float32 has."""

import contextlib

import keras
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from mnistlab import by_hand, models


def batch(n=64, seed=0):
    random = np.random.default_rng(seed)
    x = np.float32(random.random((n, 784)) * (random.random((n, 784)) < 0.2))
    return x, random.integers(0, 10, n)


def twin(network):
    """The same network in Keras, with the same weights."""
    layers = [keras.layers.Dense(size, network.activation) for size in network.sizes]
    model = keras.Sequential([keras.Input((784,)), *layers, keras.layers.Dense(10, "softmax")])
    pairs = zip(network.kernels, network.biases, strict=True)
    model.set_weights([array for pair in pairs for array in pair])
    return model


@pytest.mark.parametrize("activation", by_hand.ACTIVATIONS)
@pytest.mark.parametrize("sizes", [[], [20], [30, 20, 10]], ids=str)
def test_the_forward_pass_is_that_of_keras(sizes, activation):
    network = by_hand.Network(sizes, activation, seed=3)
    x, _ = batch()
    expected = twin(network).predict(x, verbose=0)
    np.testing.assert_allclose(by_hand.softmax(network.logits(x)), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["no-hidden", "hidden", "deep-dropout"])
def test_a_network_of_keras_reads_the_same_by_hand(name):
    model = models.build(name, seed=0)
    x, _ = batch(n=8)
    expected = model.predict(x.reshape(8, 28, 28), verbose=0)
    by_numpy = by_hand.softmax(by_hand.Network.of(model).logits(x))
    np.testing.assert_allclose(by_numpy, expected, atol=1e-5)


def test_a_network_that_cannot_be_done_by_hand_is_refused():
    with pytest.raises(ValueError, match="Only dense layers"):
        by_hand.Network.of(models.build("cnn", seed=0))


@pytest.mark.slow
@pytest.mark.parametrize("activation", by_hand.ACTIVATIONS)
def test_ten_steps_of_adam_are_those_of_keras(activation):
    network = by_hand.Network([30, 20], activation, seed=1)
    model = twin(network)
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    for seed in range(10):
        x, labels = batch(seed=seed)
        ours, theirs = network.step(x, labels, rate=0.01), model.train_on_batch(x, labels)
        assert ours == pytest.approx(float(theirs), rel=1e-3) or seed > 0
    for ours, theirs in zip(network.kernels, model.get_weights()[::2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_dropout_silences_the_share_it_should_and_keeps_the_mean():
    network = by_hand.Network([1000], dropout=0.3, seed=0)
    (mask,) = network.masks(images=200)
    assert (mask == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert mask.mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("layer", [0, 1])
def test_backpropagation_gives_the_measured_slope(layer, dropout):
    network = by_hand.Network([12, 8], "tanh", dropout, seed=2)
    network.kernels = [kernel.astype(np.float64) for kernel in network.kernels]
    network.biases = [bias.astype(np.float64) for bias in network.biases]
    x, labels = batch(16)
    masks = network.masks(16) if dropout else None

    def loss():
        return by_hand.cross_entropy(by_hand.softmax(network.layers(x, masks)[-1]), labels)

    outputs = network.layers(x, masks)
    shares = by_hand.softmax(outputs[-1])
    gradient = network._gradients([x, *outputs[:-1]], shares, labels, masks)[layer]
    place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
    slopes = []
    for change in (1e-4, -2e-4):
        network.kernels[layer][place] += change
        slopes.append(loss())
    assert gradient[place] == pytest.approx((slopes[0] - slopes[1]) / 2e-4, rel=1e-4)


def test_epochs_go_over_every_image_once_and_say_how_far_they_are():
    images = np.zeros((70, 784), np.uint8)
    done = [
        at for at, _ in by_hand.epochs(by_hand.Network([]), images, np.arange(70) % 10, 2, 32, 0.01)
    ]
    assert done == [0.5, 1.0, 1.5, 2.0]


def test_it_learns():
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 2000)
    images = np.zeros((2000, 784), np.uint8)
    images[np.arange(2000), 20 * labels] = 255
    network = by_hand.Network([16])
    losses = [loss for _, loss in by_hand.epochs(network, images, labels, 3, 32, 0.01)]
    assert losses[-1] < 0.1 < losses[0]
    assert (network.logits(by_hand.scaled(images)).argmax(axis=1) == labels).mean() == 1


def test_products_keep_to_one_core_until_the_last_thread_is_out():
    def cores():
        libraries = ThreadpoolController().select(user_api="blas").info()
        return {library["num_threads"] for library in libraries}

    with threadpool_limits(2, user_api="blas"):
        first, second = contextlib.ExitStack(), contextlib.ExitStack()
        first.enter_context(by_hand.one_core)
        second.enter_context(by_hand.one_core)
        first.close()
        assert cores() == {1}
        second.close()
        assert cores() == {2}
