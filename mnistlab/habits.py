"""Ways to write a digit that MNIST's writers hardly had, drawn into their images.

Elsewhere a 1 has a flag and sometimes a foot, a 7 has a bar, a 4 lacks its upper right arm or is
closed at its top. A 9 ends in a curl, has a small loop on a long bent tail, or its loop on the
right. A network that never saw these calls such a 1 a 7 and such a 9 a 3. `restyled` gives some
images of a training batch one of these habits or two, all but the bent tail, which `Tails` makes
where images are bent anyway. Lesson 8 looks at them.
"""

import math

import tensorflow as tf

__all__ = ["Tails", "restyled", "uniform"]

INK = 0.5  # of a row: with less it is empty
# Of a digit's images, so many get the habit, where their strokes allow it.
SHARES = {"flag": 0.5, "foot": 0.2, "bar": 0.5, "open": 0.45, "closed": 0.3, "curl": 0.5}
SHARES |= {"mirror": 0.08, "tail": 0.7}
APART = 2.2  # spread of the ink in a row, in pixels, that only two strokes have
ROW = tf.reshape(tf.range(28.0), (1, 28, 1))
COLUMN = tf.reshape(tf.range(28.0), (1, 1, 28))


def restyled(images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Some of the (n, 28, 28) images with another way to write their digit; lesson 8.

    labels: (n,) integers. seed: two integers; the same seed gives the same images.
    """
    digit = _Digit(images, seed)
    for label, name, change in (
        (1, "flag", _flag),
        (1, "foot", _foot),
        (7, "bar", _bar),
        (4, "open", _opened),
        (4, "closed", _closed),
        (9, "curl", _curl),
        (9, "mirror", _mirrored),
    ):
        chosen = (tf.cast(labels, tf.int32) == label) & (digit.random() < SHARES[name])
        images = tf.where(_each(chosen), change(digit, images), images)
    return images


def uniform(seed: tf.Tensor, use: int, shape: tuple[tf.Tensor | int, ...]) -> tf.Tensor:
    """Random numbers between 0 and 1, others for each use of one seed."""
    first, second = tf.unstack(tf.cast(seed, tf.int32))
    return tf.random.stateless_uniform(shape, [1000 * first + use, second])


class _Digit:
    """Where the ink of each of n images is: what the habits need to know, and their dice."""

    def __init__(self, images: tf.Tensor, seed: tf.Tensor, uses: int = 0) -> None:
        self.seed, self.uses, self.count = seed, uses, tf.shape(images)[0]
        self.mass = tf.reduce_sum(images, 2)  # (n, 28): the ink in each row
        place = tf.range(28.0)
        self.top = tf.reduce_min(tf.where(self.mass > INK, place, 28.0), 1)
        self.bottom = tf.reduce_max(tf.where(self.mass > INK, place, -1.0), 1)
        self.middle = tf.reduce_sum(images * COLUMN, 2) / (self.mass + 1e-6)  # of each row's ink
        off = (COLUMN - self.middle[:, :, None]) ** 2
        self.spread = tf.sqrt(tf.reduce_sum(images * off, 2) / (self.mass + 1e-6))
        self.pen = self.random(1.5, 3.0)

    def random(self, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        """One number for each image, others with each call."""
        self.uses += 1
        return low + (high - low) * uniform(self.seed, self.uses, (self.count,))

    def at(self, row: tf.Tensor) -> tf.Tensor:
        """The middle of the ink in one row of each image."""
        nearest = tf.cast(tf.clip_by_value(tf.round(row), 0, 27), tf.int32)
        return tf.gather(self.middle, nearest, batch_dims=1)

    def line(self, x0: tf.Tensor, y0: tf.Tensor, x1: tf.Tensor, y1: tf.Tensor) -> tf.Tensor:
        """A stroke of the pen between two points of each image: (n, 28, 28)."""
        x0, y0, across, down = (_each(value) for value in (x0, y0, x1 - x0, y1 - y0))
        along = (COLUMN - x0) * across + (ROW - y0) * down
        along = tf.clip_by_value(along / (across**2 + down**2 + 1e-6), 0, 1)
        far = tf.sqrt((COLUMN - x0 - along * across) ** 2 + (ROW - y0 - along * down) ** 2 + 1e-9)
        return tf.clip_by_value(_each(self.pen) / 2 + 0.5 - far, 0, 1)


class Tails:
    """Some 9s get a smaller loop above a longer tail, which is bent and ends elsewhere."""

    def __init__(self, images: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor) -> None:
        digit = _Digit(images, seed, uses=40)  # other dice than those of `restyled`
        two = (digit.spread > APART) & (digit.mass > INK)  # the rows with two strokes: the loop
        neck = tf.reduce_max(tf.where(two, tf.range(28.0), 0.0), 1)
        has_tail = digit.bottom - neck > 4
        chosen = (tf.cast(labels, tf.int32) == 9) & has_tail & (digit.random() < SHARES["tail"])
        higher = digit.top + digit.random(0.35, 0.6) * (digit.bottom - digit.top)
        self.chosen, self.top, self.bottom = _each(chosen), _each(digit.top), _each(digit.bottom)
        self.neck, self.higher = _each(neck), _each(tf.minimum(higher, neck))
        self.bow, self.back = _each(digit.random(0, 5)), _each(digit.random(-2, 3))

    def source(self, row: tf.Tensor, column: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Where the ink comes from that belongs to these (n, 28, 28) rows and columns."""
        loop = (self.neck - self.top) / (self.higher - self.top + 1e-6)
        down = (row - self.higher) / (self.bottom - self.higher + 1e-6)  # 0 at the neck to 1
        tail = self.neck + down * (self.bottom - self.neck)
        origin = tf.where(row < self.higher, self.top + (row - self.top) * loop, tail)
        down = tf.clip_by_value(down, 0, 1)
        shift = self.back * down**2 - self.bow * tf.sin(math.pi * down)
        return tf.where(self.chosen, origin, row), tf.where(self.chosen, column + shift, column)


def _each(values: tf.Tensor) -> tf.Tensor:
    return values[:, None, None]


def _flag(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    """A stroke down to the left, from the stem's top or somewhat below it."""
    height = digit.bottom - digit.top
    lower = tf.where(digit.random() < 0.6, digit.random(0.0, 0.35), 0.0)
    y = digit.top + 1 + lower * height
    x = digit.at(y)
    lean = tf.atan2(digit.at(digit.top + 1) - digit.at(digit.bottom - 1), height - 2)
    angle = lean + digit.random(math.radians(20), math.radians(65))  # between stem and flag
    length = digit.random(3.0, 16.0)
    flag = digit.line(x, y, x - length * tf.sin(angle), y + length * tf.cos(angle))
    return tf.maximum(images, flag)


def _foot(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    x, y, reach = digit.at(digit.bottom - 1), digit.bottom - 0.5, digit.random(2.0, 5.0)
    return tf.maximum(images, digit.line(x - reach, y, x + reach, y))


def _bar(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    y = digit.top + digit.random(0.35, 0.75) * (digit.bottom - digit.top)
    x, reach, slope = digit.at(y), digit.random(3.0, 7.0), digit.random(-0.3, 0.3)
    bar = digit.line(x - reach, y + slope * reach, x + reach, y - slope * reach)
    return tf.maximum(images, bar)


def _opened(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    """The right arm above the 4's bar is rubbed out, where a left one can be told from it."""
    place, top, bottom = tf.range(28.0), digit.top[:, None], digit.bottom[:, None]
    within = (place > top + 4) & (place < bottom - 2)
    bar = tf.cast(tf.argmax(tf.where(within, digit.mass, 0.0), 1), tf.float32)
    above = (digit.spread > APART) & (place < bar[:, None] - 1.5) & (digit.mass > INK)
    two = tf.cast(above, tf.float32)  # the rows with two arms
    count = tf.reduce_sum(two, 1)
    between = tf.reduce_sum(two * digit.middle, 1) / (count + 1e-6)
    edge = tf.where(above, digit.middle, between[:, None])[:, :, None]
    right = tf.sigmoid(3 * (COLUMN - edge)) * tf.sigmoid(3 * (_each(bar) - 1.5 - ROW))
    return tf.where(_each(count) > 2, images * (1 - right), images)


def _closed(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    """A line joins the tops of the 4's two arms."""
    place = tf.range(28.0)
    two = (digit.spread > APART) & (digit.mass > INK)
    row = tf.reduce_min(tf.where(two, place, 28.0), 1)  # the first with two arms
    ink = tf.gather(images, tf.cast(tf.minimum(row, 27), tf.int32), batch_dims=1) > 0.5  # (n, 28)
    left = tf.reduce_min(tf.where(ink, place, 28.0), 1)
    right = tf.reduce_max(tf.where(ink, place, -1.0), 1)
    line = digit.line(left + 0.5, row + 0.5, right - 0.5, row - digit.random(0, 3))
    near = (row < digit.top + 6) & (left < right)
    return tf.where(_each(near), tf.maximum(images, line), images)


def _curl(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    """The tail goes on to the left along the line, and up a little at its end."""
    x, y, length = digit.at(digit.bottom - 1), digit.bottom - 0.5, digit.random(3.0, 13.0)
    middle, rise = x - 0.55 * length, digit.random(-0.2, 0.6) * length
    along = digit.line(x, y - 1, middle, y)
    return tf.maximum(images, tf.maximum(along, digit.line(middle, y, x - length, y - 0.5 - rise)))


def _mirrored(digit: _Digit, images: tf.Tensor) -> tf.Tensor:
    """The loop on the right of the stem."""
    return images[:, :, ::-1]
