"""The digits that need no download: 70,000 warps of scikit-learn's 1,797 real handwritten ones.

How augmentation makes a data set: each original is enlarged, then written again many times by
other hands (leaning, narrow, wavy, with a thicker pen) and placed as MNIST places its digits.
Some are turned into another digit, and half of the twos get the loop that scikit-learn's lack.
Originals are split into training and test ones first, so no test image has a twin in training.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.datasets import load_digits

from mnistlab.images import CENTRE, DIGIT_SIDE, SIDE

__all__ = ["make"]

Floats: TypeAlias = NDArray[np.float32]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

TRAIN, TEST = 60_000, 10_000
TEST_ORIGINALS = 300
CHUNK = 1_000  # images at a time: what one thread works on fits into the processor's cache

# What measuring MNIST's training set class by class says: how common a digit is, its width by
# its height, how much further than scikit-learn's it leans to the right (columns a row) and how
# far its middle has to move up (half heights) for its ink to lie as high as it does there.
SHARES = np.array([987, 1124, 993, 1022, 974, 904, 986, 1044, 975, 991]) / 10_000
ASPECTS = np.array([0.95, 0.45, 1.0, 0.85, 0.8, 0.97, 0.75, 0.8, 0.8, 0.7], np.float32)
LEANS = np.array([0.23, 0.29, 0.31, 0.18, 0.14, 0.38, 0.3, -0.13, 0.19, 0.12], np.float32)
BENDS = np.array([0, 0, 0.1, 0, 0.26, 0, 0.06, 0, 0, -0.1], np.float32)

# Calm hands write as people do. Wild ones exaggerate: what learns from them reads MNIST better.
# The test originals, and some training ones to validate on, are left to calm hands alone.
CALM, WILD = (0.2, 0.8), (0.8, 1.6)  # of the spreads below
CALM_ORIGINALS = 180  # of those for training
CALM_SHARE = 0.35  # of the other originals' images

# How one hand differs from another: standard deviations, of logarithms where a factor varies.
ASPECT_SPREAD, LEAN_SPREAD, TURN_SPREAD = 0.22, 0.28, 0.15
BEND_SPREAD, PEN_SPREAD, WAVE_SPREAD = 0.12, 0.3, 0.45
WAVES = 5  # cosines each way, the finest with two periods across the digit
PEN = 1.25  # half a line's width in pixels of the image
THINNEST = 0.5  # no line is drawn thinner than this share of the original's
OPEN = 0.6  # a line fills at most this share of a loop, so that an eight keeps its holes

BLOCK = 4  # each scikit-learn pixel counts the black dots in 4×4 of a scan
BLOCKS = 10  # the 8×8 pixels and one of paper all around
FINE = BLOCK * BLOCKS

TURNED, MIRRORED = np.s_[:, ::-1, ::-1], np.s_[:, ::-1]
# What is shown, and what it is when turned: a six on its head is a nine as many people write it.
TWINS = ((6, 9, TURNED), (9, 6, TURNED), (0, 0, TURNED), (8, 8, TURNED), (3, 3, MIRRORED))

# What 15 test images show, and the wrong labels that they are given.
MISTAKES = ((4, 9), (9, 4), (3, 5), (5, 3), (7, 1), (1, 7), (7, 9), (8, 3), (2, 7), (6, 0)) * 2


@dataclass(frozen=True)
class Originals:
    """Real digits, enlarged. distances (n, 40, 40): how far inside the ink, below 0 outside."""

    distances: Floats
    widths: Floats  # half a line's width, in pixels of distances
    holes: Floats  # the radius of its smallest loop, infinite where there is none
    aspects: Floats  # width by height
    labels: Ints
    groups: Ints  # which of scikit-learn's digits it is


@dataclass
class Hands:
    """The hands that write n digits again, and (zoom, middle) where their digits then lie."""

    stretch: Floats  # (n,) of the width
    lean: Floats
    turn: Floats
    bend: Floats  # how far the middle moves up
    pen: Floats
    waves: Floats  # (2, n, WAVES, WAVES) strengths of the cosines that push up and sideways
    zoom: Floats  # (n,) half heights of the original in one pixel of the image
    middle: Floats  # (2, n) in half heights


def make() -> dict[str, Any]:
    """Make the offline digits: the same ones each time, in some ten seconds.

    Returns x_train (60000, 28, 28) and x_test (10000, 28, 28) as uint8, y_train and y_test,
    train_groups and test_groups (which of the 1,797 originals an image was made from),
    calm_groups (the training originals that are written as plainly as the test ones) and
    wrong_labels {test index: the right label} for 15 labels that are wrong on purpose.
    Taught in lesson 1.
    """
    originals = _originals()
    random = np.random.default_rng(0)
    rank = random.permutation(originals.groups.max() + 1)
    is_test = rank < TEST_ORIGINALS
    is_calm = rank < TEST_ORIGINALS + CALM_ORIGINALS
    made: dict[str, Any] = {"calm_groups": np.flatnonzero(is_calm & ~is_test)}
    for name, count, chosen in (("train", TRAIN, ~is_test), ("test", TEST, is_test)):
        picks = _pick(originals.labels, np.flatnonzero(chosen[originals.groups]), count, random)
        made[f"x_{name}"] = _rewrite(originals, picks, is_calm, random)
        made[f"y_{name}"] = originals.labels[picks].astype(np.uint8)
        made[f"{name}_groups"] = originals.groups[picks]
    made["wrong_labels"] = _mislabel(made["x_test"], made["y_test"])
    return made


def _originals() -> Originals:
    digits = load_digits()
    ink = _enlarge(digits.images.astype(np.float32) / 16) > 0.5
    distances = _distances(ink)
    labels, groups = digits.target.astype(np.int64), np.arange(len(ink))
    for shown, becomes, turned in TWINS:
        chosen = np.flatnonzero(digits.target == shown)
        distances = np.concatenate([distances, distances[chosen][turned]])
        labels = np.concatenate([labels, np.full(len(chosen), becomes)])
        groups = np.concatenate([groups, chosen])
    ink = distances > 0
    # Across a line of width w the distance to the nearer edge averages a quarter of w.
    widths = 2 * np.where(ink, distances, 0).sum(axis=(1, 2)) / ink.sum(axis=(1, 2))
    aspects = ink.any(axis=1).sum(axis=1) / ink.any(axis=2).sum(axis=1)
    twos = np.flatnonzero(labels == 2)
    looped = np.stack([_loop(distances[two], widths[two], 3.5 + two % 6 / 2) for two in twos])
    every = np.concatenate([np.arange(len(labels)), twos])
    widths, holes, aspects = (
        each.astype(np.float32)[every] for each in (widths, _holes(distances), aspects)
    )
    shapes = np.concatenate([distances, looped])
    return Originals(shapes, widths, holes, aspects, labels[every], groups[every])


def _enlarge(counts: Floats) -> Floats:
    """Find smooth pictures (n, 40, 40) whose ink, above 0.5, counts the same in each block."""
    wanted = np.pad(counts, ((0, 0), (1, 1), (1, 1)))
    eye = np.eye(BLOCKS, dtype=np.float32)
    grow = ndimage.zoom(eye, (BLOCK, 1), grid_mode=True, mode="grid-constant")  # (40, 10)
    knots = wanted
    for _ in range(12):
        ink = np.clip(2 * (grow @ knots @ grow.T) - 0.5, 0, 1)
        counted = ink.reshape(-1, BLOCKS, BLOCK, BLOCKS, BLOCK).mean(axis=(2, 4))
        knots = np.clip(knots + 0.7 * (wanted - counted), -0.5, 1.5)
    return np.asarray(grow @ knots @ grow.T, np.float32)


def _distances(ink: NDArray[np.bool_]) -> Floats:
    apart = (1e6, 1, 1)  # so far that no image's ink is near another's
    inside, outside = (ndimage.distance_transform_edt(side, sampling=apart) for side in (ink, ~ink))
    between = np.where(ink, inside - 0.5, 0.5 - outside).astype(np.float32)
    return np.asarray(ndimage.gaussian_filter(between, (0, 0.8, 0.8)), np.float32)


def _holes(distances: Floats) -> Floats:
    """Measure the smallest loop of each digit: (n,) radii."""
    radii = np.full(len(distances), np.inf, np.float32)
    for i, distance in enumerate(distances):
        pieces, count = ndimage.label(distance <= 0)
        loops = [piece for piece in range(1, count + 1) if piece != pieces[0, 0]]
        if loops:
            radii[i] = np.min(ndimage.maximum(-distance, pieces, loops))
    return radii


def _loop(distances: Floats, width: float, radius: float) -> Floats:
    """Loop the foot of a two, as many of MNIST's writers do and none of scikit-learn's."""
    rows, columns = np.mgrid[:FINE, :FINE].astype(np.float32)
    foot = np.where(distances > 0, 1.2 * rows - columns, -np.inf).argmax()
    row, column = divmod(int(foot), FINE)
    away = np.hypot((columns - column - 0.6 * radius) / 1.25, rows - row + 0.8 * radius)
    ring = width - np.abs(away - radius)
    looped = np.where(away < radius, ring, np.maximum(distances, ring))
    return np.asarray(looped, np.float32)


def _pick(labels: Ints, allowed: Ints, count: int, random: np.random.Generator) -> Ints:
    """Choose originals, with MNIST's class balance; within a class each is as likely."""
    wanted = random.multinomial(count, SHARES)
    drawn = [random.choice(allowed[labels[allowed] == d], n) for d, n in enumerate(wanted)]
    return random.permutation(np.concatenate(drawn))


def _rewrite(
    originals: Originals, picks: Ints, is_calm: Flags, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Write each picked original again, by a calm hand if it is so listed: (n, 28, 28) uint8."""
    chunks = np.array_split(picks, max(1, len(picks) // CHUNK))

    def write(chunk: Ints, source: np.random.Generator) -> NDArray[np.uint8]:
        hands = _hands(originals, chunk, is_calm[originals.groups[chunk]], source)
        _place(originals, chunk, hands)
        ink = _write(originals, chunk, hands, np.arange(SIDE, dtype=np.float32) - CENTRE)
        return np.asarray(np.rint(255 * ink), np.uint8)

    with ThreadPoolExecutor(2) as pool:  # a generator for each chunk: order does not matter
        return np.concatenate(list(pool.map(write, chunks, random.spawn(len(chunks)))))


def _hands(originals: Originals, picks: Ints, calm: Flags, random: np.random.Generator) -> Hands:
    calm = calm | (random.random(len(picks)) < CALM_SHARE)
    temper = np.where(calm[:, None], CALM, WILD)
    strength: Floats = random.uniform(temper[:, 0], temper[:, 1]).astype(np.float32)

    def spread(width: float, *shape: int) -> Floats:
        normal = random.standard_normal((*shape, len(picks)), np.float32)
        return np.asarray(width * strength * normal, np.float32)

    labels = originals.labels[picks]
    usual = np.array([np.median(originals.aspects[originals.labels == d]) for d in range(10)])
    order = np.arange(WAVES)
    fading = (1 + order[:, None] ** 2 + order**2) ** -1.25  # fine waves are weak ones
    fading[0, 0] = 0  # no wave at all but a shift, which _place would take back
    waves = np.moveaxis(spread(WAVE_SPREAD, 2, WAVES, WAVES), -1, 1) * fading
    return Hands(
        stretch=((ASPECTS / usual)[labels] * np.exp(spread(ASPECT_SPREAD))).astype(np.float32),
        lean=LEANS[labels] + spread(LEAN_SPREAD),
        turn=spread(TURN_SPREAD),
        bend=BENDS[labels] + spread(BEND_SPREAD),
        pen=np.asarray(
            PEN * np.exp(PEN_SPREAD * random.standard_normal(len(picks), np.float32)), np.float32
        ),
        waves=waves.astype(np.float32),
        zoom=np.full(len(picks), 2 / DIGIT_SIDE, np.float32),
        middle=np.zeros((2, len(picks)), np.float32),
    )


def _place(originals: Originals, picks: Ints, hands: Hands) -> None:
    """Write once, coarsely, to see how large a digit becomes and where its ink lies."""
    steps = 1.6 * np.arange(-9.5, 10, dtype=np.float32)
    ink = _write(originals, picks, hands, steps)
    sides = [1.6 * ink.max(axis=axis).sum(axis=1) for axis in (1, 2)]
    mass = ink.sum(axis=(1, 2))
    middle = np.stack([ink.sum(axis=axis) @ steps / mass for axis in (2, 1)])
    hands.middle = np.asarray(middle * hands.zoom, np.float32)
    # The grey edges, of half a pixel on each side, belong to the 20.
    hands.zoom = hands.zoom * np.maximum(*sides) / (DIGIT_SIDE - 1)


def _write(originals: Originals, picks: Ints, hands: Hands, steps: Floats) -> Floats:
    """Return the ink (n, k, k) at k steps, in pixels of the image from its centre.

    Each pixel asks where in the original it comes from: shift and size, then waves, then lean
    and width, then turn and bend.
    """
    y, x = steps * hands.zoom[:, None] + hands.middle[..., None]  # (n, k) each, in half heights
    order = np.arange(WAVES, dtype=np.float32) * np.float32(np.pi / 2)
    tall, wide = (np.cos(order * (side[..., None] + 1)) for side in (y, x))  # (n, k, WAVES)
    push = tall @ hands.waves @ wide.transpose(0, 2, 1)  # (2, n, k, k)
    stretch, lean, turn = (hand[:, None, None] for hand in (hands.stretch, hands.lean, hands.turn))
    row = y[:, :, None] + push[0]
    column = (x[:, None, :] + push[1] + lean * row) / stretch
    row = row + turn * column
    row = row + hands.bend[:, None, None] * (1 - np.clip(row, -1, 1) ** 2)
    half = 4 * BLOCK  # an original's 8 pixels are two half heights
    found = _sample(originals.distances, picks, row * half + FINE / 2, column * half + FINE / 2)
    scale = np.sqrt(hands.stretch) / (half * hands.zoom)  # pixels of the image in one of these
    line = originals.widths[picks] * scale
    thicker = np.maximum(hands.pen - line, (THINNEST - 1) * line)
    # Narrowing a digit narrows its loops too.
    loops = originals.holes[picks] * scale * np.minimum(1, hands.stretch) / np.sqrt(hands.stretch)
    thicker = np.minimum(thicker, OPEN * loops - 0.2)
    ink = np.clip(0.5 + found * scale[:, None, None] + thicker[:, None, None], 0, 1)
    return np.asarray(ink, np.float32)


def _sample(stack: Floats, picks: Ints, rows: Floats, columns: Floats) -> Floats:
    """Read images (m, 40, 40) between their pixels (bilinear), at rows and columns (n, k, k)."""
    inner_rows, inner_columns = (np.clip(at, 0.5, FINE - 0.501) for at in (rows, columns))
    # Beyond the margin the distance to the ink goes on growing.
    beyond = np.abs(rows - inner_rows) + np.abs(columns - inner_columns)
    rows, columns = inner_rows - 0.5, inner_columns - 0.5
    row, column = rows.astype(np.int32), columns.astype(np.int32)
    down, right = rows - row, columns - column
    corner = (picks[:, None, None].astype(np.int32) * FINE + row) * FINE + column
    flat = stack.ravel()
    upper = flat[corner] * (1 - right) + flat[corner + 1] * right
    lower = flat[corner + FINE] * (1 - right) + flat[corner + FINE + 1] * right
    return np.asarray(upper * (1 - down) + lower * down - beyond, np.float32)


def _mislabel(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> dict[int, int]:
    """Give 15 test images a wrong label, each where the image itself leaves some doubt."""
    means = np.stack([images[labels == d].mean(axis=0).ravel() for d in range(10)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    likeness = images.reshape(len(images), -1) @ means.T
    right: dict[int, int] = {}
    for shown, given in MISTAKES[:15]:
        doubt = likeness[:, given] - likeness[:, shown]
        index = max(np.flatnonzero(labels == shown), key=doubt.__getitem__)
        right[int(index)], labels[index] = shown, given
    return right
