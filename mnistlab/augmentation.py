"""More images out of those there are: each is turned, scaled and shifted a little."""

import math

import tensorflow as tf

__all__ = ["warped"]

LARGEST_TURN = math.radians(10)
LARGEST_GROWTH = 0.1
LARGEST_SHIFT = 2  # pixels
CENTRE = 13.5  # of 28 pixels, counted from 0


def warped(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Small random turns, scalings and shifts of (n, 28, 28) images; lesson 6 looks at them.

    seed: two integers; the same seed gives the same warps.
    """
    count = tf.shape(images)[0]
    turn, grow, right, down = tf.unstack(
        tf.random.stateless_uniform((4, count), seed, minval=-1.0, maxval=1.0)
    )
    angle, scale = LARGEST_TURN * turn, 1 + LARGEST_GROWTH * grow
    cos, sin = tf.cos(angle) / scale, tf.sin(angle) / scale
    # The output pixel (x, y) takes its ink from (cos·x − sin·y + across, sin·x + cos·y + along),
    # such that the centre of the output comes from the centre of the image, shifted.
    across = CENTRE + LARGEST_SHIFT * right - cos * CENTRE + sin * CENTRE
    along = CENTRE + LARGEST_SHIFT * down - sin * CENTRE - cos * CENTRE
    zero = tf.zeros(count)
    affine = tf.stack([cos, -sin, across, sin, cos, along, zero, zero], axis=1)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=images[..., tf.newaxis],
        transforms=affine,
        output_shape=(28, 28),
        fill_value=0.0,
        interpolation="BILINEAR",
    )
    return moved[..., 0]
