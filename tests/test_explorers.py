"""Every slider, over its whole range, shows a picture in words, without NaN and without failing."""

import itertools
import math
import re
import threading
from html.parser import HTMLParser

import ipywidgets
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from mnistlab import (
    by_hand,
    controls,
    evaluation,
    explorers,
    models,
    output_explorers,
    sketches,
    training,
    widgets,
)
from mnistlab.figure import a_digit
from mnistlab.photograph import photograph
from mnistlab.report import counted

N = 40


@pytest.fixture(scope="module")
def material():
    random = np.random.default_rng(0)
    images = np.uint8(255 * (random.random((N, 28, 28)) < 0.2))
    images[0] = 0  # a blank one
    labels = random.integers(0, 10, N)
    logits = np.float32(6 * random.normal(size=(N, 10)))
    logits[np.arange(N), labels] += 8
    return images, labels, logits


def made(images, labels, logits):
    keras.utils.set_random_seed(0)
    deep = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten()])
    for units in (30, 20, 7):
        deep.add(keras.layers.Dense(units, activation="relu"))
        deep.add(keras.layers.Dropout(0.3))
    deep.add(keras.layers.Dense(10, activation="softmax"))
    hidden = models.build("hidden", seed=0)
    linear = by_hand.Network([])
    return {
        "pixels": widgets.pixels(images),
        "votes": widgets.votes(linear.kernels[0], linear.biases[0], images, labels),
        "saturation": widgets.saturation(logits, labels),
        "thresholds": widgets.thresholds({"one": logits, "two": -logits}, images, labels),
        "confusion": widgets.confusion(images, labels, logits.argmax(axis=1)),
        "dropout": widgets.dropout({"deep": deep, "flat": hidden}, images, labels),
        "distortions": widgets.distortions({"one": Reader(linear)}, images, labels),
        "budget": widgets.budget(np.linspace(0.5, 0.9, 12)[[3, 1, 7, 0, 9, 2, 11, 5, 4, 8, 6, 10]]),
        "looks": widgets.looks(),
        "ink": widgets.ink(photograph([3, 1], light=0.7)),
        "preparation": widgets.preparation(models.build("no-hidden", seed=0)),
        "cells": widgets.cells({"one": 0.9, "two": 0.97}),
        "filters": widgets.filters(images, {"edge": [[-1, 1], [-1, 1]], "mean": [[1, 1], [1, 1]]}),
        "feature_maps": widgets.feature_maps(models.build("cnn-fast", seed=0), images),
    }


class Reader:
    """A network in NumPy that is asked as a Keras one is."""

    def __init__(self, network):
        self.network = network

    def predict_on_batch(self, x):
        return by_hand.softmax(self.network.logits(x.reshape(len(x), 784)))


@pytest.fixture(scope="module")
def all_explorers(material):
    return made(*material)


NAMES = [name for name in widgets.__all__ if name[0].islower()]


def positions(control, few=True):
    """Values of a control from one end to the other."""
    if isinstance(control, controls.Matrix):
        step = 4 if few else 1
        return [list(cell) for cell in itertools.product(range(0, 10, step), repeat=2)]
    if isinstance(control.value, bool):
        return [False, True]
    if hasattr(control, "options"):
        return [one[1] if isinstance(one, tuple) else one for one in control.options]
    steps = round((control.max - control.min) / control.step)
    places = [0, steps // 3, steps] if few else range(steps + 1)
    whole = isinstance(control.min, int)
    values = [min(control.max, control.min + place * control.step) for place in places]
    return [int(value) if whole else float(value) for value in values]


class Pictures(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.alts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in ("img", "svg"):
            self.alts.append(dict(attrs).get("alt") or dict(attrs).get("aria-label"))


def assert_sound(html):
    assert re.findall(r"\b(nan|inf|None)\b", re.sub(r'base64,[^"]*', "", html)) == []
    alts = Pictures(html).alts
    assert all(alt and alt.endswith(".") for alt in alts), alts
    return alts


def test_votes_start_with_the_digit_that_the_first_image_shows(all_explorers, material):
    assert all_explorers["votes"].values == {"image": 0, "digit": material[1][0]}


def test_every_explorer_is_swept_here(all_explorers):
    assert sorted(all_explorers) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_all_corners_and_a_grid_between_are_sound(all_explorers, name):
    explorer = all_explorers[name]
    places = [positions(control) for control in explorer.controls.values()]
    if len(places) > 3:  # three to the power of ten would take a day: all corners are enough
        places = [[values[0], values[-1]] for values in places]
    for values in itertools.product(*places):
        assert_sound(explorer.show(**dict(zip(explorer.controls, values, strict=True))))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_values_within_the_range_are_sound(all_explorers, name, data):
    explorer = all_explorers[name]
    values = {
        key: data.draw(st.sampled_from(positions(control, few=False)))
        for key, control in explorer.controls.items()
    }
    assert_sound(explorer.show(**values))


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_and_its_words_follow_each_control(all_explorers, name):
    explorer = all_explorers[name]
    if "image" in explorer.controls:
        explorer.controls["image"].value = 1  # image 0 is blank, and stays so however it is turned
    for key, control in explorer.controls.items():
        start, seen = control.value, set()
        for value in positions(control):
            control.value = value
            assert explorer.picture.value == explorer.show(**explorer.values)
            seen.add(explorer.picture.value)
        control.value = start
        assert len(seen) > 1, f"moving {key} changes nothing"


@pytest.mark.parametrize("name", NAMES)
def test_each_control_has_a_label(all_explorers, name):
    assert all(control.description for control in all_explorers[name].controls.values())


def test_a_page_without_python_shows_the_first_position(all_explorers):
    for explorer in all_explorers.values():
        data = explorer._repr_mimebundle_()
        data = data[0] if isinstance(data, tuple) else data
        assert data["text/html"].endswith(explorer.picture.value)
        assert len(data["text/plain"]) < 300


# What the numbers say


def test_the_votes_add_up_to_the_logit(material):
    images, labels, _ = material
    network = by_hand.Network([], seed=4)
    network.biases[0] += 0.5
    html = explorers.votes(network.kernels[0], network.biases[0], images, labels)(image=3, digit=7)
    logit = network.logits(by_hand.scaled(images[3].reshape(1, 784)))[0, 7]
    assert f"the logit is {logit:.1f}." in html
    assert f"votes on 7: logit {logit:.1f}" in html


def test_saturation_counts_as_a_report_does(material):
    _, labels, logits = material
    report = evaluation.score(logits * np.float32(2), labels, "sigmoid")
    html = output_explorers.saturation(logits, labels)(scale=2.0, image=0)
    assert f"{100 * report.ties.count / N:.1f} % of the images have a tie" in html
    assert f"the sigmoid reads {100 * report.accuracy:.1f} %" in html


def test_saturation_tells_a_tie_of_one_image_from_its_logits():
    logits = np.zeros((2, 10), np.float32)
    logits[:, [3, 8]] = [[9, 12], [18, 12]]
    show = output_explorers.saturation(logits, [8, 3])
    assert "12.0 for 8 and 9.0 for 3; no tie, read as 8." in show(scale=1.0, image=0)
    assert "24.0 for 8 and 18.0 for 3; 3, 8 tie, read as 3." in show(scale=2.0, image=0)


def test_thresholds_count_what_is_answered(material):
    images, labels, logits = material
    confidence = by_hand.softmax(logits).max(axis=1)
    kept = confidence >= 0.9
    right = (logits.argmax(axis=1) == labels)[kept].mean()
    show = output_explorers.thresholds({"one": logits}, images, labels)
    html = show(network="one", temperature=1.0, threshold=0.9)
    assert f"temperature 1: {evaluation.score(logits, labels).ece:.3f}." in html
    assert f"{100 * kept.mean():.1f} % of the images are accepted, {100 * right:.1f} % of" in html


def test_thresholds_calibrate_as_a_report_does(material):
    images, labels, logits = material
    report = evaluation.score(logits / 3, labels)
    show = output_explorers.thresholds({"one": logits}, images, labels)
    html = show(network="one", temperature=3.0, threshold=0.0)
    assert f"Calibration error at temperature 3: {report.ece:.3f}." in html
    dots = html.count("<circle") - 1  # one stands in the legend
    assert dots == (report.reliability.count > 0).sum()


def test_distortions_begin_where_they_are_told_to(material):
    networks = {"one": Reader(by_hand.Network([]))}
    explorer = widgets.distortions(networks, *material[:2], image=3, right=4)
    assert (explorer.values["image"], explorer.values["right"]) == (3, 4.0)
    assert explorer.picture.value == explorer.show(**explorer.values)


def test_confusion_shows_the_images_of_a_cell(material):
    images, labels, _ = material
    read = np.where(np.arange(N) == 5, (labels + 1) % 10, labels)
    html = output_explorers.confusion(images, labels, read)([int(labels[5]), int(read[5])])
    whole = (labels == labels[5]).sum()
    assert f"Of {whole} images of a {labels[5]}, 1 is read as {read[5]}." in html
    assert Pictures(html).alts == [f"Image 5: {a_digit(labels[5])}, read as {read[5]}."]


def test_dropout_without_dropping_changes_nothing(material):
    show = explorers.dropout({"one": by_hand.Network([30, 20])}, *material[:2])
    for values in ({"rate": 0.0, "layers": 2}, {"rate": 0.9, "layers": 0}):
        html = show(network="one", image=1, draw=0, **values)
        assert "layer 1: 0 of 30" in html
        assert "in 30 of 30 draws" in html
        dropped, whole = re.search(
            r"it reads (.+) rightly; when it is whole, (.+)\.", html
        ).groups()
        assert dropped == whole


def test_only_the_first_layers_drop(material):
    show = explorers.dropout({"one": by_hand.Network([30, 20])}, *material[:2])
    html = show(network="one", image=1, rate=0.9, layers=1, draw=0)
    assert "layer 1: 0 of 30" not in html
    assert "layer 2: 0 of 20" in html


def test_votes_refuses_a_network_with_a_hidden_layer(material):
    with pytest.raises(ValueError, match="without a hidden layer"):
        explorers.votes(np.zeros((784, 100)), np.zeros(100), material[0], material[1])


@pytest.mark.parametrize("values", [np.zeros((0, 3)), np.zeros(3), np.zeros((2, 2, 2))])
def test_what_is_no_picture_is_refused(values):
    with pytest.raises(ValueError, match="raster draws"):
        sketches.raster(values, "nothing")


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 10))
@settings(max_examples=30, deadline=None)
def test_any_number_can_be_drawn(value, limit):
    values = np.full((3, 4), value)
    assert_sound(sketches.raster(values, "A picture."))
    assert_sound(sketches.raster(values, "A picture.", limit=limit))
    svg = sketches.lines([0, 1], {"a": [value, 0.5]}, "A line.", now=0.5)
    assert_sound(svg)
    if math.isfinite(value):
        assert_sound(sketches.bars([value, 0.5], "Bars."))


def test_a_matrix_counts_and_names_each_cell(material):
    _, labels, logits = material
    read = logits.argmax(axis=1)
    counts = counted(labels, read)
    np.testing.assert_array_equal(counts, confusion_matrix(labels, read, labels=range(10)))
    html = sketches.matrix(counts)
    cells = re.findall(r'data-cell="(\d),(\d)"[^>]*>(\d+)<', html)
    assert [[int(i) for i in cell] for cell in cells] == [
        [truth, column, counts[truth, column]] for truth in range(10) for column in range(10)
    ]


def test_the_first_choice_in_a_matrix_is_the_commonest_mistake(material):
    images, labels, _ = material
    read = np.where(labels == 4, 9, labels)
    assert widgets.confusion(images, labels, read).values == {"cell": [4, 9]}


def test_an_answer_that_is_no_digit_stands_in_no_cell(material):
    images, labels, _ = material
    read = np.where(labels == 4, 57, labels)
    read[labels == 2] = 3
    assert widgets.confusion(images, labels, read).values == {"cell": [2, 3]}


@pytest.mark.slow
def test_sliders_that_move_while_keras_trains_break_nothing(material, few_digits):
    images, labels, logits = material

    def trained():
        model, plan = models.build("hidden", seed=0), {"epochs": 8, "validation": 60, "seed": 0}
        return model, training.train(model, few_digits, progress=False, **plan).history

    network, alone = trained()
    done, failures = threading.Event(), []
    moved = [
        widgets.distortions({"one": network}, images, labels),
        widgets.thresholds({"one": logits}, images, labels),
    ]

    def hammer(explorer):
        try:
            while not done.is_set():
                for control in explorer.controls.values():
                    for value in positions(control):
                        control.value = value
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=hammer, args=(one,)) for one in moved * 2]
    for thread in threads:
        thread.start()
    _, beside = trained()
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert beside == alone
    for explorer in moved:
        assert explorer.picture.value == explorer.show(**explorer.values)


def test_a_picture_that_took_long_never_replaces_a_newer_one():
    begun, go_on = threading.Event(), threading.Event()

    def show(value):
        if value == 1:
            begun.set()
            assert go_on.wait(20)
        return str(value)

    explorer = controls.Explorer(show, {"value": ipywidgets.IntSlider()})

    def move(value):
        explorer.controls["value"].value = value

    movers = [threading.Thread(target=move, args=(value,)) for value in (1, 2)]
    movers[0].start()
    assert begun.wait(20)
    movers[1].start()
    movers[1].join(0.3)  # it waits for its turn
    go_on.set()
    for mover in movers:
        mover.join()
    assert explorer.picture.value == "2"
