"""Each distortion does what its name says, and none of them does anything at its middle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mnistlab.distortions import Settings, distort


def digit():
    """A blurred L: no symmetry hides a wrong direction."""
    picture = np.zeros((28, 28), np.float32)
    picture[6:20, 9:12] = picture[17:20, 9:18] = 1
    return np.clip(ndimage.gaussian_filter(picture, 0.8), 0, 1)


def near(one, other):
    return np.abs(one - other).max() < 1e-5


def test_without_settings_nothing_changes():
    assert near(distort(digit(), Settings()), digit())


def test_a_quarter_turn_is_against_the_clock():
    assert near(distort(digit(), Settings(turn=90)), np.rot90(digit()))


@pytest.mark.parametrize(
    ("change", "shift"), [({"right": 3}, (0, 3)), ({"down": -2}, (-2, 0)), ({"down": 4}, (4, 0))]
)
def test_whole_pixels_are_moved_as_they_are(change, shift):
    assert near(distort(digit(), Settings(**change)), np.roll(digit(), shift, (0, 1)))


@pytest.mark.parametrize("scale", [0.5, 1.3])
def test_scaling_changes_the_ink_by_its_square(scale):
    ratio = distort(digit(), Settings(scale=scale)).sum() / digit().sum()
    assert ratio == pytest.approx(scale**2, rel=0.06)


def test_leaning_moves_the_top_to_the_right_and_keeps_the_rows():
    leant = distort(digit(), Settings(lean=0.5))
    assert leant.sum(axis=1) == pytest.approx(digit().sum(axis=1), abs=1e-3)
    columns = np.arange(28)
    top, bottom = ((leant[row] * columns).sum() / leant[row].sum() for row in (7, 13))
    assert top - bottom == pytest.approx(0.5 * 6, abs=0.01)


def test_thickening_adds_ink_step_by_step_and_thinning_takes_it():
    ink = [distort(digit(), Settings(thicken=t)).sum() for t in (-2, -1, -0.5, 0, 0.5, 1, 2)]
    assert ink == sorted(ink)
    assert len(set(ink)) == 7


def test_blurring_keeps_the_ink_and_lowers_the_peak():
    blurred = distort(digit(), Settings(blur=1.5))
    assert blurred.sum() == pytest.approx(digit().sum(), rel=1e-3)
    assert blurred.max() < 0.8 * digit().max()


def test_noise_is_repeatable_and_another_seed_gives_another():
    noisy = [distort(digit(), Settings(noise=0.2), seed) for seed in (0, 0, 1)]
    assert near(noisy[0], noisy[1])
    assert not near(noisy[0], noisy[2])


some = st.floats(-1000, 1000)


@given(st.builds(Settings, some, some, some, some, some, st.floats(-4, 4), some, st.floats(0, 9)))
@settings(max_examples=60, deadline=None)
def test_any_settings_give_an_image(chosen):
    image = distort(digit(), chosen)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert 0 <= image.min() <= image.max() <= 1
