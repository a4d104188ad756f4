import keras
import numpy as np
import pytest

from mnistlab import cli, models, results

IMAGES = np.random.default_rng(0).random((7, 28, 28), dtype=np.float32)


@pytest.mark.parametrize("name", results.published())
def test_a_network_has_as_many_weights_as_its_first_project_had(name):
    assert models.weight_count(models.build(name)) == results.published()[name]["weights"]


def test_our_own_network_has_under_100_000_weights():
    assert models.weight_count(models.build("cnn-fast")) < 100_000


@pytest.mark.parametrize("name", models.NAMES)
def test_a_network_gives_one_output_per_class_for_plain_images(name):
    classes = 100 if name == "sigmoid-pair" else 10
    outputs = models.build(name).predict_on_batch(IMAGES)
    assert outputs.shape == (7, classes)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)  # softmax


@pytest.mark.parametrize("name", models.NAMES)
def test_sigmoid_and_softmax_are_two_readings_of_the_same_logits(name):
    softmax, sigmoid = models.build(name), models.build(name, output="sigmoid")
    logits = models.logits(softmax, IMAGES)
    np.testing.assert_array_equal(logits, models.logits(sigmoid, IMAGES))
    # 1 / (1 + e^-z), from its definition
    np.testing.assert_allclose(
        sigmoid.predict_on_batch(IMAGES), 1 / (1 + np.exp(-logits)), rtol=1e-4, atol=1e-6
    )
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(
        softmax.predict_on_batch(IMAGES),
        powers / powers.sum(axis=1, keepdims=True),
        rtol=1e-4,
        atol=1e-6,
    )


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = (models.build("hidden", seed) for seed in (3, 3, 4))
    for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])


def test_the_hidden_network_is_what_numpy_makes_of_its_weights():
    model = models.build("hidden")
    w1, b1, w2, b2 = model.get_weights()
    hidden = np.maximum(IMAGES.reshape(7, 784) @ w1 + b1, 0)  # (7, 784) @ (784, 100) → (7, 100)
    np.testing.assert_allclose(models.logits(model, IMAGES), hidden @ w2 + b2, atol=1e-5)


def test_what_is_cut_off_never_reached_the_fifth_projects_outputs():
    ours = models.build("cnn")
    kept = [layer for layer in ours.layers if not isinstance(layer, keras.layers.Cropping2D)]
    whole = keras.Sequential(
        [keras.Input((28, 28)), *(type(each).from_config(each.get_config()) for each in kept)]
    )
    whole.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(IMAGES), whole(IMAGES), atol=1e-6)
    other = IMAGES.copy()
    other[:, 22:] = other[:, :, 22:] = 1
    np.testing.assert_array_equal(whole(IMAGES), whole(other))
    other[:, 21, 10] = 1 - other[:, 21, 10]
    assert not np.array_equal(whole(IMAGES), whole(other))


def test_logits_take_raw_pixels_and_scale_them():
    model, raw = models.build("hidden"), (IMAGES * 255).astype(np.uint8)
    scaled = raw.astype(np.float32) / 255
    np.testing.assert_array_equal(models.logits(model, raw), models.logits(model, scaled))


def test_logits_do_not_depend_on_the_batch():
    model = models.build("cnn-fast")
    np.testing.assert_allclose(
        models.logits(model, IMAGES, batch=2), models.logits(model, IMAGES), atol=1e-5
    )


def test_a_last_layer_without_a_bias_has_logits_too():
    head = keras.layers.Dense(10, use_bias=False)
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), head])
    np.testing.assert_allclose(models.logits(model, IMAGES), model(IMAGES), atol=1e-6)


def test_a_network_for_images_with_a_channel_has_logits_too():
    model = keras.Sequential(
        [keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    assert models.logits(model, IMAGES).shape == (len(IMAGES), 10)


class _Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(10)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)]), r"input is \(784,\)"),
        (keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10)]), "input is unknown"),
        (_Subclassed(), "input is unknown"),
    ],
)
@pytest.mark.parametrize("count", [0, 3])
def test_logits_of_a_network_for_something_else_are_refused_in_one_sentence(model, said, count):
    with pytest.raises(ValueError, match=f"takes no images of 28×28: its {said}. Begin it with"):
        models.logits(model, IMAGES[:count])


@pytest.mark.parametrize(
    ("name", "output", "words"),
    [("resnet", "softmax", "no network 'resnet'.*hidden"), ("hidden", "tanh", "output='tanh'")],
)
def test_an_unknown_name_is_refused_with_the_known_ones(name, output, words):
    with pytest.raises(ValueError, match=words):
        models.build(name, output=output)


def test_the_command_line_names_the_same_networks():
    assert cli.NETWORKS == models.NAMES
