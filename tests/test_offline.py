"""The offline digits are MNIST's shape, honest about their originals, and look like handwriting."""

import hashlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from sklearn.datasets import load_digits

from mnistlab import offline

Made = dict[str, Any]

pytestmark = pytest.mark.slow  # it makes seventy thousand images


@pytest.fixture(scope="session")
def made() -> Made:
    return offline.make()


def test_shapes_and_types_are_mnists(made):
    assert (made["x_train"].shape, made["x_train"].dtype) == ((60_000, 28, 28), np.uint8)
    assert (made["x_test"].shape, made["x_test"].dtype) == ((10_000, 28, 28), np.uint8)
    assert (made["y_train"].shape, made["y_train"].dtype) == ((60_000,), np.uint8)
    assert (made["y_test"].shape, made["y_test"].dtype) == ((10_000,), np.uint8)


def test_no_original_is_in_training_and_test(made):
    train, test = set(made["train_groups"].tolist()), set(made["test_groups"].tolist())
    assert not train & test
    assert train | test == set(range(1797))
    assert len(test) == 300


def test_a_label_is_its_originals_but_for_sixes_and_nines_on_their_heads(made):
    given, label = load_digits().target[made["train_groups"]], made["y_train"]
    for shown, turned in ((6, 9), (9, 6)):
        share = np.mean(given[label == turned] == shown)
        assert 0.3 < share < 0.7
    others = (label != 6) & (label != 9)
    np.testing.assert_array_equal(label[others], given[others])
    assert set(given[~others].tolist()) == {6, 9}


def test_15_test_labels_are_wrong_and_named(made):
    wrong = made["wrong_labels"]
    assert len(wrong) == 15
    right = made["y_test"].astype(int)
    right[list(wrong)] = list(wrong.values())
    given = load_digits().target[made["test_groups"]]
    turned = np.isin(right, (6, 9)) & np.isin(given, (6, 9))
    assert ((right == given) | turned).all()
    assert all(made["y_test"][index] != label for index, label in wrong.items())


def test_the_classes_are_as_common_as_in_mnist(made):
    # Published counts of MNIST's training labels, 0 to 9.
    counts = np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    np.testing.assert_allclose(np.bincount(made["y_train"]), counts, rtol=0.05)
    assert np.bincount(made["y_train"][:1000], minlength=10).min() > 50  # shuffled


def test_each_digit_is_centred_and_fills_20_pixels(made):
    some = made["x_train"][:2000].astype(float) / 255
    middles = np.array([ndimage.center_of_mass(image) for image in some])
    assert np.mean(np.abs(middles - 14).max(axis=1) < 1) > 0.98
    inked = some > 0.3
    sides = np.maximum(inked.any(axis=1).sum(axis=1), inked.any(axis=2).sum(axis=1))
    assert 18.5 < sides.mean() < 21
    assert np.mean(sides > 24) < 0.02


def test_every_image_holds_ink_on_clean_paper(made):
    for images in (made["x_train"], made["x_test"]):
        mass = images.sum(axis=(1, 2), dtype=np.int64) / 255
        assert mass.min() > 10
        assert mass.max() < 400
    assert np.mean(made["x_train"][:, 0] > 25) < 0.01


def test_no_two_images_are_the_same(made):
    assert len({image.tobytes() for image in made["x_test"]}) == 10_000


def test_the_ink_is_grey_at_the_edges_as_in_mnist(made):
    inked = made["x_train"][:2000][made["x_train"][:2000] > 5]
    assert 0.3 < np.mean(inked < 230) < 0.7


def test_the_enlarged_digits_count_the_same_in_each_block_as_scikit_learns():
    counts = (load_digits().images[:200] / 16).astype(np.float32)
    ink = np.clip(2 * offline._enlarge(counts) - 0.5, 0, 1)
    counted = ink.reshape(-1, 10, 4, 10, 4).mean(axis=(2, 4))[:, 1:-1, 1:-1]
    assert np.abs(counted - counts).mean() < 0.02


def test_reading_between_pixels_agrees_with_scipy():
    random = np.random.default_rng(0)
    stack = random.random((3, 40, 40), np.float32)
    picks = np.array([2, 0])
    rows, columns = random.uniform(0.5, 39.4, (2, 2, 5, 5)).astype(np.float32)
    which = np.broadcast_to(picks[:, None, None], rows.shape)
    wanted = ndimage.map_coordinates(stack, [which, rows - 0.5, columns - 0.5], order=1)
    np.testing.assert_allclose(offline._sample(stack, picks, rows, columns), wanted, atol=1e-4)


def test_rewriting_depends_on_the_seed_alone():
    originals = offline._originals()
    picks, is_calm = np.arange(1200), np.zeros(1797, bool)
    first, again, other = (
        offline._rewrite(originals, picks, is_calm, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.mean(first != other) > 0.1


def test_calm_originals_are_training_ones_and_written_more_like_each_other(made):
    calm = np.isin(made["train_groups"], made["calm_groups"])
    assert 5_000 < calm.sum() < 10_000
    assert not set(made["calm_groups"]) & set(made["test_groups"])
    for digit in range(10):
        shown = made["y_train"] == digit
        spread_calm = made["x_train"][shown & calm].std(axis=0).mean()
        assert spread_calm < made["x_train"][shown & ~calm].std(axis=0).mean()


def test_another_process_makes_the_same_digits(made):
    code = (
        "import hashlib; from mnistlab import offline; made = offline.make();"
        "print(hashlib.sha256(made['x_test'].tobytes() + made['y_train'].tobytes()).hexdigest())"
    )
    here = hashlib.sha256(made["x_test"].tobytes() + made["y_train"].tobytes()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert there.stdout.strip() == here
