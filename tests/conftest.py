"""What the tests share: a folder of test data that may be there, and small digits."""

import os
from pathlib import Path

import numpy as np
import pytest

from mnistlab import data
from mnistlab.data import Digits

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"

# Two networks at once on two cores: more threads would only stand in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "2")


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the project; tests that need it say so."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder shared/data beside the project, which is not here")
    return SHARED


@pytest.fixture(scope="session")
def few_digits() -> Digits:
    """Three hundred images that a network can learn in a second: a bar whose place is its label.

    Each image is one of two warps of an original, as the offline digits' are.
    """
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(150) % 10, 2).astype(np.uint8)
    images = random.integers(0, 60, (300, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label + 4 : 2 * label + 6] = 255
    groups = np.repeat(np.arange(150), 2)
    return Digits(
        x_train=images,
        y_train=labels,
        x_test=images[:100],
        y_test=labels[:100],
        source="offline",
        origin="made for a test",
        train_groups=groups,
        test_groups=groups[:100],
        wrong_labels={},
    )


@pytest.fixture(scope="session")
def digits() -> Digits:
    """The digits at hand, whole: MNIST where it is, else the offline ones."""
    return data.load()
