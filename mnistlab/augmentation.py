"""More images out of those there are: as other hands would have written them.

`warped` turns, scales and shifts each image a little. `varied` does more: it leans, stretches and
bends the digits, changes the pen, scans some coarsely, and gives them habits that MNIST's writers
hardly had.
"""

import math

import tensorflow as tf

from mnistlab.habits import COLUMN, ROW, Tails, restyled, uniform

__all__ = ["varied", "warped"]

LARGEST_TURN = math.radians(10)
LARGEST_GROWTH = 0.1
LARGEST_SHIFT = 2  # pixels
CENTRE = 13.5  # of 28 pixels, counted from 0

# What `varied` does at the most: a turn, a lean, a stretch (as logarithm), pixels of a shift.
TURN, LEAN, STRETCH, SHIFT = math.radians(15), 0.35, 0.3, 1.5
BENDS = ((3, 3.0), (5, 1.0))  # pushed points a side, and by how many pixels
PEN = 0.7  # pixels: wider or narrower
SCANS, DOTS = 0.15, 22  # of the images become black and white, in so many dots a side


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


def varied(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The (n, 28, 28) images as other hands and other pens would have written them; lesson 8.

    labels: (n,) integers; what becomes of a digit depends on which it is. seed: two integers; the
    same seed gives the same images.
    """
    images = tf.convert_to_tensor(images, tf.float32)
    tails = Tails(images, labels, seed)
    written = _penned(_bent(restyled(images, labels, seed), tails, seed), seed)
    return _scanned(written, seed)


def _bent(images: tf.Tensor, tails: Tails, seed: tf.Tensor) -> tf.Tensor:
    """Each output pixel takes its ink from another place: (x, y) turned, leant, scaled, pushed."""
    count = tf.shape(images)[0]
    dice = 2 * uniform(seed, 101, (6, count)) - 1
    turn, lean, grow, stretch, right, down = (value[:, None, None] for value in tf.unstack(dice))
    cos, sin, scale = tf.cos(TURN * turn), tf.sin(TURN * turn), tf.exp(LARGEST_GROWTH * grow)
    wide = tf.exp(STRETCH * stretch)
    x, y = COLUMN - CENTRE - SHIFT * right, ROW - CENTRE - SHIFT * down
    across, along = cos * x - sin * y, sin * x + cos * y
    across, along = (across + LEAN * lean * along) / (scale * wide), along / (scale / wide)
    for use, (points, most) in enumerate(BENDS, start=102):
        push = most * (2 * uniform(seed, use, (count, points, points, 2)) - 1)
        push = tf.image.resize(push, (28, 28), "bicubic")
        across, along = across + push[..., 0], along + push[..., 1]
    return _ink_at(images, *tails.source(along + CENTRE, across + CENTRE))


def _ink_at(images: tf.Tensor, row: tf.Tensor, column: tf.Tensor) -> tf.Tensor:
    """The ink at places between pixels, from the four around each; (n, 28, 28) places."""
    # Columns of blank paper around: what lies outside has no ink.
    flat = tf.reshape(tf.pad(images, [[0, 0], [1, 1], [1, 1]]), (-1, 30 * 30))
    row, column = (tf.clip_by_value(place + 1, 0.0, 28.999) for place in (row, column))
    first = tf.cast(tf.floor(row) * 30 + tf.floor(column), tf.int32)
    first = tf.reshape(first, (-1, 28 * 28))

    def near(step: int) -> tf.Tensor:
        return tf.reshape(tf.gather(flat, first + step, batch_dims=1), (-1, 28, 28))

    down, right = row - tf.floor(row), column - tf.floor(column)
    upper = near(0) * (1 - right) + near(1) * right
    lower = near(30) * (1 - right) + near(31) * right
    return upper * (1 - down) + lower * down


def _penned(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """The same strokes with a wider or a narrower pen, as black as before."""
    wider = PEN * (2 * uniform(seed, 110, (tf.shape(images)[0], 1, 1)) - 1)
    wide = tf.nn.max_pool2d(images[..., None], 3, 1, "SAME")[..., 0]
    narrow = -tf.nn.max_pool2d(-images[..., None], 3, 1, "SAME")[..., 0]
    other = tf.where(wider > 0, wide, narrow)
    mixed = images + tf.abs(wider) * (other - images)
    return tf.minimum(1.0, 1.2 * mixed / (tf.reduce_max(mixed, [1, 2], keepdims=True) + 1e-6))


def _scanned(images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Some of the images as a coarse scan has them, each dot black or white."""
    chosen = uniform(seed, 120, (tf.shape(images)[0], 1, 1)) < SCANS
    dots = tf.image.resize(images[..., None], (DOTS, DOTS), "area") > 0.45
    return tf.where(chosen, tf.image.resize(tf.cast(dots, tf.float32), (28, 28))[..., 0], images)
