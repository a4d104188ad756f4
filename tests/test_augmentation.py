import numpy as np
import tensorflow as tf

from mnistlab.augmentation import warped


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
