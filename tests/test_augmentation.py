import numpy as np
import pytest
import tensorflow as tf

from mnistlab import augmentation
from mnistlab.augmentation import varied, warped
from mnistlab.habits import Tails, restyled


def test_warps_are_small_and_keep_the_ink():
    images = np.zeros((200, 28, 28), np.float32)
    images[:, 8:20, 12:16] = 1
    moved = warped(images, [0, 1]).numpy()
    rows, columns = np.mgrid[:28, :28]
    mass = moved.sum(axis=(1, 2))
    assert np.all(np.abs(mass / images[0].sum() - 1) < 0.3)
    for axis, middle in ((rows, 13.5), (columns, 13.5)):
        centre = (moved * axis).sum(axis=(1, 2)) / mass
        assert np.all(np.abs(centre - middle) < 3)
        assert centre.std() > 0.5
    np.testing.assert_array_equal(moved, warped(images, [0, 1]).numpy())


def test_a_warp_of_nothing_else_but_a_shift_moves_whole_pixels(monkeypatch):
    def only_right(shape, seed, minval, maxval):
        return tf.constant([[0.0], [0.0], [1.0], [0.0]])  # turn, grow, right, down

    monkeypatch.setattr(tf.random, "stateless_uniform", only_right)
    image = np.random.default_rng(0).random((1, 28, 28), dtype=np.float32)
    moved = warped(image, [0, 0]).numpy()
    np.testing.assert_allclose(moved[0, :, :-2], image[0, :, 2:], atol=1e-5)


def digits_of(label, shared_ink):
    images = np.zeros((300, 28, 28), np.float32)
    for rows, columns in shared_ink:
        images[:, rows, columns] = 1
    return images, np.full(300, label, np.uint8)


STEM = [(slice(5, 24), slice(13, 15))]
SEVEN = [(slice(5, 7), slice(8, 19)), (slice(5, 24), slice(17, 19))]
FOUR = [(slice(5, 16), slice(8, 10)), (slice(14, 16), slice(8, 20)), (slice(5, 24), slice(18, 20))]
NINE = [(slice(5, 14), slice(10, 12)), (slice(5, 7), slice(10, 18)), (slice(5, 24), slice(17, 19))]
HABITS = {
    "a 1 gets a flag on its left": (1, STEM, (slice(7, 20), slice(5, 12)), 1),
    "a 1 gets a foot": (1, STEM, (slice(22, 25), slice(16, 19)), 1),
    "a 7 gets a bar": (7, SEVEN, (slice(10, 20), slice(20, 24)), 1),
    "a 4 loses its upper right arm": (4, FOUR, (slice(5, 12), slice(17, 21)), -1),
    "a 4 is closed at its top": (4, FOUR, (slice(5, 7), slice(11, 17)), 1),
    "a 9 gets a curl": (9, NINE, (slice(20, 25), slice(8, 15)), 1),
}


@pytest.mark.parametrize(("label", "strokes", "where", "more"), HABITS.values(), ids=HABITS)
def test_some_digits_get_a_habit_where_it_belongs_and_others_never(label, strokes, where, more):
    images, labels = digits_of(label, strokes)
    ink = restyled(images, labels, [0, 1]).numpy()[(slice(None), *where)].sum(axis=(1, 2))
    before = images[(0, *where)].sum()
    changed = (ink > before + 1) if more > 0 else (ink < before / 2)
    assert 0.1 < changed.mean() < 0.7
    np.testing.assert_array_equal(restyled(images, np.full(300, 8), [0, 1]), images)


def test_a_few_nines_get_their_loop_on_the_right():
    images, labels = digits_of(9, NINE)
    loop = slice(7, 13)
    turned = restyled(images, labels, [0, 1]).numpy()[:, loop] == images[:, loop, ::-1]
    assert 0.03 < turned.all(axis=(1, 2)).mean() < 0.15


def test_some_nines_get_another_tail_between_the_same_top_and_bottom_and_others_never():
    images, labels = digits_of(9, NINE)
    rows, columns = (
        np.broadcast_to(place, images.shape).astype(np.float32)
        for place in (np.arange(28).reshape(28, 1), np.arange(28))
    )
    row, column = (place.numpy() for place in Tails(images, labels, [0, 1]).source(rows, columns))
    changed = (row != rows).any(axis=(1, 2))
    assert 0.5 < changed.mean() < 0.9
    top, neck, bottom = 5, 13, 23
    np.testing.assert_allclose(row[:, top], top, atol=1e-4)
    np.testing.assert_allclose(row[:, bottom], bottom, atol=1e-4)
    rise = row[changed, neck - 2] - (neck - 2)  # the loop is smaller: lower ink comes up
    assert rise.min() > -1e-3
    assert rise.max() > 1
    np.testing.assert_array_equal(column[:, top], columns[:, top])
    assert (column - columns)[changed, neck:].min() < -3  # the tail is bent to the right
    others = Tails(images, np.full(300, 4), [0, 1]).source(rows, columns)
    np.testing.assert_array_equal(others[0], rows)
    np.testing.assert_array_equal(others[1], columns)


def test_varied_images_keep_their_range_their_blackness_and_come_again_with_their_seed():
    images, labels = digits_of(7, SEVEN)
    varied_ones = varied(images, labels, [3, 5]).numpy()
    assert varied_ones.shape == images.shape
    assert varied_ones.min() >= 0
    np.testing.assert_allclose(varied_ones.max(axis=(1, 2)), 1, atol=1e-6)
    assert len(np.unique(varied_ones.sum(axis=(1, 2)).round(3))) > 290
    np.testing.assert_array_equal(varied_ones, varied(images, labels, [3, 5]))
    assert np.abs(varied_ones - varied(images, labels, [3, 6]).numpy()).max() > 0.5


def test_some_images_are_scanned_coarsely_and_others_are_left_alone():
    images, _ = digits_of(7, SEVEN)
    images = images * 0.8
    scanned = augmentation._scanned(images, [0, 1]).numpy()
    changed = (scanned != images).any(axis=(1, 2))
    assert 0.05 < changed.mean() < 0.3
    assert scanned[changed].max() == 1  # a dot is black or white, grey only where dots are mixed
    assert (scanned[changed] > 0.4).sum() > 0.8 * (images[changed] > 0.4).sum()


def test_varied_paper_without_ink_stays_empty():
    assert not varied(np.zeros((2, 28, 28), np.float32), np.array([1, 4]), [0, 0]).numpy().any()


def test_nothing_is_moved_where_every_die_shows_its_middle(monkeypatch):
    monkeypatch.setattr(augmentation, "uniform", lambda seed, use, shape: tf.fill(shape, 0.5))
    images, _ = digits_of(8, FOUR)
    still = varied(images, np.full(300, 8), [0, 0]).numpy()
    np.testing.assert_allclose(still, np.minimum(1, 1.2 * images), atol=1e-4)
