"""A made photo holds what was asked for, and can be read back whatever its light."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlab import images
from mnistlab.photograph import HABITS, STROKES, photograph, written

light = st.floats(0, 0.7)
share = st.floats(0, 0.4)


@settings(max_examples=15, deadline=None)
@given(light, share, st.booleans(), st.integers(0, 1000))
def test_every_digit_of_a_page_is_found_in_reading_order(light, shadow, lines, seed):
    page = photograph(range(10), light=light, shadow=shadow, lines=lines, seed=seed)
    boxes = [found.box for found in images.read(page)]
    assert len(boxes) == 10
    assert [box[0] for box in boxes[:5]] == sorted(box[0] for box in boxes[:5])
    assert max(box[1] for box in boxes[:5]) < min(box[1] for box in boxes[5:])


def test_a_seed_gives_the_same_photo_and_another_seed_another():
    assert np.array_equal(photograph([3], seed=1), photograph([3], seed=1))
    assert not np.array_equal(photograph([3], seed=1), photograph([3], seed=2))


def test_the_far_corner_is_darker_in_uneven_light():
    page = photograph([3], light=0.6, shadow=0, noise=0)
    assert page.dtype == np.uint8
    assert page.ndim == 2
    assert page[-10:, -10:].mean() < 0.6 * page[:10, :10].mean()


def test_lines_darken_the_paper_and_a_wide_pen_takes_more_ink():
    plain, ruled, wide = (
        photograph([3], light=0, shadow=0, **how).mean()
        for how in ({}, {"lines": True}, {"pen": 0.2})
    )
    assert ruled < plain
    assert wide < plain


def test_without_slips_a_digit_is_as_it_ships():
    for digit, strokes in STROKES.items():
        assert np.allclose(np.concatenate(strokes), np.concatenate(written(digit, 1, slips=0)))


def test_an_empty_page_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="nothing to photograph"):
        photograph([])


def test_a_hand_with_habits_writes_some_digits_otherwise_and_the_rest_alike():
    for digit in range(10):
        alike = written(digit, 1, slips=0, habits=True) == written(digit, 1, slips=0)
        assert alike == (digit not in HABITS)
