"""What is drawn by code gives what is drawn by hand: a prepared image and each network's answer."""

import re
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explorers import Pictures, assert_sound

from mnistlab import collection, explorers, images, models
from mnistlab.pad import Pad, picture

SEVEN = [{"size": 20, "points": [[90, 70], [190, 70], [120, 220]]}]


class Reader:
    """Stands in for a network: its answer depends on how much ink there is."""

    def predict_on_batch(self, x):
        assert x.shape == (1, 28, 28)
        outputs = np.full(10, 0.05, np.float32)
        outputs[int(x.sum()) % 10] = 0.55
        return outputs[np.newaxis]


@pytest.fixture
def pad(tmp_path):
    return Pad({"one": Reader(), "two": Reader()}, tmp_path / "mine.npz")


def test_strokes_from_code_are_prepared_step_by_step_and_read_by_each_network(pad):
    pad.strokes = SEVEN
    assert pad.prepared.image.shape == (28, 28)
    assert list(pad.outputs) == ["one", "two"]
    alts = assert_sound(pad.answers.value)
    assert sum(alt.startswith("Preparation") for alt in alts) == 4
    assert sum(alt.startswith("Outputs of") for alt in alts) == 2


def test_the_image_is_what_prepare_makes_of_the_paper(pad):
    pad.strokes = SEVEN
    expected = images.prepare(1 - picture(SEVEN)).image
    np.testing.assert_array_equal(pad.prepared.image, expected)


@pytest.fixture
def linear():
    """A network without a hidden layer."""
    return models.build("no-hidden", seed=0)


def test_the_votes_are_those_on_the_digit_that_it_is_and_the_one_it_was_read_as(linear, tmp_path):
    pad = Pad({"linear": linear}, tmp_path / "mine.npz", votes=True)
    pad.strokes = SEVEN
    kernel, bias = linear.get_weights()
    show = explorers.votes(kernel, bias, pad.prepared.image, [7])
    assert show(0, 7) not in pad.answers.value
    pad.label.value = 7
    assert show(0, 7) in pad.answers.value
    assert_sound(pad.answers.value)
    read = int(pad.outputs["linear"].argmax())
    assert f"labelled 7, read as {read}" in pad.answers.value


def test_votes_of_a_network_with_a_hidden_layer_are_refused_at_once(tmp_path):
    hidden = models.build("hidden", seed=0)
    with pytest.raises(ValueError, match="without a hidden layer"):
        Pad({"hidden": hidden}, tmp_path / "mine.npz", votes=True)


def test_a_thicker_brush_leaves_more_ink():
    thin, thick = (picture([SEVEN[0] | {"size": size}]).sum() for size in (10, 30))
    assert thick > 2 * thin


def test_the_steps_of_a_narrow_digit_are_no_taller_than_those_of_a_wide_one(pad):
    for points in ([[140, 20], [140, 260]], [[20, 140], [260, 140]]):
        pad.strokes = [{"size": 8, "points": points}]
        heights = re.findall(r"height: (\d+)px", pad.answers.value)
        assert max(map(int, heights)) <= 98


def test_an_empty_paper_says_so_and_has_no_answer(pad):
    pad.strokes = SEVEN
    pad.strokes = []
    assert pad.prepared is None
    assert pad.outputs == {}
    assert "Draw a digit" in pad.answers.value


def test_the_browser_hears_that_its_strokes_are_answered_once_they_are(pad):
    seen = []
    pad.paper.observe(lambda change: seen.append(pad.prepared is not None), names="answered")
    pad.paper.set_state({"strokes": SEVEN, "sent": 1})
    pad.paper.set_state({"strokes": SEVEN, "sent": 2})  # the pen was lifted where it last was
    assert seen == [True, True]
    assert pad.paper.answered == 2


def test_save_appends_to_the_learners_digits(pad):
    for label, said in (7, "Saved as a 7: 1 digit in"), (1, "Saved as a 1: 2 digits in mine.npz."):
        pad.strokes = SEVEN
        pad.label.value = label
        pad.saving.click()
        assert said in pad.said.value
    mine = collection.load(pad.file)
    assert mine.labels.tolist() == [7, 1]
    np.testing.assert_array_equal(mine.images[0], np.round(255 * pad.prepared.image))


def test_an_empty_paper_is_not_saved(pad):
    pad.saving.click()
    assert "nothing to save" in pad.said.value
    assert not pad.file.exists()


def test_a_collection_that_cannot_be_written_says_so(pad):
    pad.strokes = SEVEN
    pad.saving.click()
    unknown = pad.file.read_bytes().replace(b"\x08\x00", b"\x63\x00")  # how it is packed
    for content in (b"not a collection", unknown):
        pad.file.write_bytes(content)
        pad.said.value = ""
        pad.saving.click()
        assert "no collection of digits" in pad.said.value


point = st.tuples(st.floats(0, 280), st.floats(0, 280)).map(list)
stroke = st.fixed_dictionaries(
    {"size": st.floats(8, 48), "points": st.lists(point, min_size=1, max_size=20)}
)


@given(st.lists(stroke, max_size=5))
@settings(max_examples=40, deadline=None)
def test_any_strokes_give_an_image_or_a_reason(tmp_path_factory, strokes):
    pad = Pad({"one": Reader()}, tmp_path_factory.mktemp("pad") / "mine.npz")
    pad.strokes = strokes
    if pad.prepared is None:
        assert Pictures(pad.answers.value).alts == []
    else:
        assert 0 <= pad.prepared.image.min() <= pad.prepared.image.max() <= 1
        assert_sound(pad.answers.value)


STRANGE = [[{}], [{"points": []}], [{"points": [[1]]}], [{"points": [["a", 1]]}], ["spam"], [None]]


@pytest.mark.parametrize("strokes", STRANGE, ids=str)
def test_strange_strokes_are_refused_with_a_sentence(pad, strokes):
    pad.strokes = strokes
    assert pad.prepared is None
    assert "Strokes" in pad.answers.value or "nothing" in pad.answers.value


def test_drawing_from_several_threads_ends_in_one_of_the_drawings(pad):
    drawings = [[SEVEN[0] | {"size": size}] for size in range(10, 26)]
    threads = [
        threading.Thread(target=setattr, args=(pad, "strokes", strokes)) for strokes in drawings
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert any(
        np.array_equal(pad.prepared.image, images.prepare(1 - picture(strokes)).image)
        for strokes in drawings
    )
    assert_sound(pad.answers.value)
