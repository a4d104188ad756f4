"""The explorers of convolutions: the numbers they tell are those of SciPy and Keras."""

import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d

from mnistlab import filter_explorers, models, sketches, widgets
from mnistlab.images import as_input


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)


@given(st.integers(2, 7), st.integers(0, 10**6), st.data())
@settings(max_examples=25, deadline=None)
def test_the_products_add_up_to_what_scipy_has_at_that_place(size, seed, data):
    random = np.random.default_rng(seed)
    image, kernel = random.random((28, 28)), random.normal(size=(size, size))
    top, left = (data.draw(st.integers(0, 28 - size)) for _ in range(2))
    html = filter_explorers.filters(image, {"one": kernel})(0, "one", top, left)
    number = correlate2d(as_input(image)[0], kernel, "valid")[top, left]
    told = re.search(r"products add up to (-?[\d.]+)\..*ReLU makes it (-?[\d.]+)\.", html)
    assert float(told[1]) == pytest.approx(number, abs=0.006)
    assert float(told[2]) == pytest.approx(max(0, number), abs=0.006)


def test_the_whole_map_is_told_as_scipy_has_it(images):
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    sums = correlate2d(as_input(images)[3], kernel, "valid")
    html = filter_explorers.filters(images, {"edge": kernel})(3, "edge", 0, 0)
    assert f"on image 3: sums from {sums.min():.2f} to {sums.max():.2f}," in html
    assert f"on image 3, pooled: up to {sums.max():.2f}." in html


@pytest.mark.parametrize(
    "kernels",
    [{}, {"a": [1, 2, 3]}, {"a": np.eye(3), "b": np.eye(2)}, {"a": np.ones((2, 3))}],
    ids=["none", "a row", "two sizes", "not square"],
)
def test_filters_that_are_not_squares_of_one_size_are_refused(images, kernels):
    with pytest.raises(ValueError, match="squares of numbers, all of the same size"):
        filter_explorers.filters(images, kernels)


def test_the_window_is_outlined_where_it_stands():
    html = sketches.raster(np.zeros((28, 28)), "Paper.", side=280, frame=(2, 5, 3, 4))
    assert "left: 50.0px; top: 20.0px; width: 40.0px; height: 30.0px" in html


@given(st.floats(-20, 20), st.one_of(st.none(), st.floats(0, 10)))
@settings(max_examples=50, deadline=None)
def test_numbers_can_be_read_on_their_colours(value, limit):
    html = sketches.numbers([[value]], "one", limit=limit)
    assert f">{float(f'{value:.1f}') + 0.0:.1f}<" in html
    shade, ink = re.search(r"background: rgb\((.+?)\); color: (#\w+)", html).groups()
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(shade)]
    light = np.dot(linear, [0.2126, 0.7152, 0.0722]) + 0.05
    assert (1.05 / light if ink == "#fff" else light / 0.05) >= 4.5


def rgb(text):
    return [int(part) / 255 for part in text.split(", ")]


# Feature maps


@pytest.fixture(scope="module", params=["cnn", "cnn-fast"])
def network(request):
    return models.build(request.param, seed=0)


def test_feature_maps_are_those_of_keras_layer_by_layer(network, images):
    found = list(filter_explorers.seen(network, images).values())
    x = as_input(images)
    for layer in network.layers:
        x = layer(x, training=False)
        if len(x.shape) == 4 and x.shape[-1] > 1:
            maps = found.pop(0)
            np.testing.assert_allclose(maps.values, x, atol=1e-5)
            assert f"{type(layer).__name__}, {x.shape[1]} × {x.shape[2]}" in maps.name
    assert found == []


def test_a_place_hears_of_the_pixels_that_are_named_and_of_no_other(network):
    for layer in network.layers:  # nothing may cancel out, nor be silenced by ReLU
        layer.set_weights([abs(weight) for weight in layer.get_weights()])
    blank = np.zeros((1, 28, 28), np.float32)
    for name, maps in filter_explorers.seen(network, blank).items():
        (start, step, size), last = maps.field, maps.values.shape[1] - 1
        for place in (0, last):
            first = start + step * place
            within, beyond = [first, first + size - 1], [first - 1, first + size]
            for pixel in (pixel for pixel in within + beyond if 0 <= pixel < 28):
                dotted = blank.copy()
                dotted[0, pixel, first] = 1
                heard = filter_explorers.seen(network, dotted)[name].values[0, place, place]
                silent = maps.values[0, place, place]
                assert (heard > silent).any() == (pixel in within), (name, place, pixel)


def test_the_map_slider_reaches_the_last_map_of_each_layer(images):
    explorer = widgets.feature_maps(models.build("cnn-fast", seed=0), images)
    layer, number = explorer.controls["layer"], explorer.controls["number"]
    for name, count in ((layer.options[-1], 96), (layer.options[0], 24)):
        layer.value = name
        number.value = number.max
        assert f"map {count - 1} of {count}" in explorer.picture.value
        assert explorer.picture.value == explorer.show(**explorer.values)


def test_what_is_told_of_a_map_is_its_own(images):
    layers = filter_explorers.seen(models.build("cnn", seed=0), images)
    name, maps = list(layers.items())[2]  # the second convolution
    html = filter_explorers.feature_maps(layers, images)(name, 4, 9)
    values = maps.values[4, :, :, 9]
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert f"The largest number of this map, {values.max():.2f}, is in row {row}, column" in html
    start, step, size = maps.field
    top, left = start + step * row, start + step * column
    assert f"rows {top} to {top + size - 1}, columns {left} to {left + size - 1}." in html
    kernel = maps.kernel[..., 9]
    assert f"32 maps before, from {kernel.min():.2f} to {kernel.max():.2f}." in html


def test_a_network_without_convolutions_or_too_many_images_are_refused(images):
    with pytest.raises(ValueError, match="'hidden' has no feature maps"):
        widgets.feature_maps(models.build("hidden"), images)
    with pytest.raises(ValueError, match="100 images at most; these are 101"):
        widgets.feature_maps(models.build("cnn"), np.zeros((101, 28, 28)))


def test_a_network_of_ones_own_with_a_single_convolution_is_shown(images):
    keras.utils.set_random_seed(0)
    own = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Reshape((28, 28, 1)),
            keras.layers.Conv2D(3, 3),
            keras.layers.Flatten(),
            keras.layers.Dense(10),
        ]
    )
    explorer = widgets.feature_maps(own, images)
    assert explorer.controls["layer"].options == ("1 Conv2D, 26 × 26",)
    assert "filter 0" in explorer.picture.value
