"""A learner's own digits are never lost: not by a crash, not by two at once, not by a bad file."""

import contextlib
import io
import multiprocessing
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlab import collection, data
from mnistlab.sources import DataError


def image(value=1.0):
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 10:18] = value
    return picture


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine.npz"


def test_what_was_added_comes_back_in_its_order(file):
    assert [collection.add(image(label / 9), label, file) for label in (3, 9, 0)] == [1, 2, 3]
    mine = collection.load(file)
    assert mine.labels.tolist() == [3, 9, 0]
    assert mine.images.dtype == np.uint8
    assert mine.images[:, 10, 12].tolist() == [85, 255, 0]


def test_the_file_is_in_the_current_folder_unless_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    collection.add(image(), 4)
    assert (tmp_path / "my_digits.npz").exists()
    assert data.own().labels.tolist() == [4]


def test_an_absent_collection_says_how_to_begin_one(file):
    with pytest.raises(DataError, match="Draw a digit on the pad"):
        collection.load(file)


@pytest.mark.parametrize("label", [-1, 10, 3.5, "3", None])
def test_a_label_that_is_no_digit_is_refused(file, label):
    with pytest.raises(ValueError, match="whole number from 0 to 9"):
        collection.add(image(), label, file)
    assert not file.exists()


DAMAGED = {
    "half of it": lambda content: content[: len(content) // 2],
    "nothing": lambda content: b"",
    "something else": lambda content: b"GIF89a" + content,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_collection_is_refused_and_not_overwritten(file, damage):
    collection.add(image(), 3, file)
    damaged = damage(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(DataError, match="no collection of digits"):
        collection.add(image(), 3, file)
    assert file.read_bytes() == damaged


def stored():
    """A small collection as bytes."""
    content = io.BytesIO()
    labels = np.arange(3, dtype=np.uint8)
    np.savez_compressed(content, images=np.full((3, 28, 28), 200, np.uint8), labels=labels)
    return content.getvalue()


STORED = stored()
# Where the archive says how it is packed, and in the middle of what is packed.
WELL_KNOWN = [STORED.rfind(b"PK\x01\x02") + 10, STORED.rfind(b"PK\x01\x02") + 8, 60, 100]


@given(st.integers(0, len(STORED) - 1) | st.sampled_from(WELL_KNOWN), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_is_harmless_or_gets_a_sentence(tmp_path_factory, place, change):
    file = tmp_path_factory.getbasetemp() / "changed.npz"
    content = bytearray(STORED)
    content[place] ^= change
    file.write_bytes(content)
    with contextlib.suppress(DataError):
        assert collection.load(file).labels.max() <= 9


@pytest.mark.parametrize("count", [0, 2])
def test_anything_but_one_image_is_refused(file, count):
    with pytest.raises(ValueError, match=f"one image; these are {count}"):
        collection.add(np.zeros((count, 28, 28)), 3, file)
    assert not file.exists()


WRONG = {
    "no labels": {"images": np.zeros((2, 28, 28), np.uint8)},
    "one label less": {"images": np.zeros((2, 28, 28), np.uint8), "labels": np.zeros(1, np.uint8)},
    "floats": {"images": np.zeros((2, 28, 28)), "labels": np.zeros(2, np.uint8)},
    "a label of 12": {"images": np.zeros((1, 28, 28), np.uint8), "labels": np.uint8([12])},
    "one label for all": {"images": np.zeros((1, 28, 28), np.uint8), "labels": np.uint8(3)},
    "objects": {"images": np.array([None]), "labels": np.zeros(1, np.uint8)},
}


@pytest.mark.parametrize("arrays", WRONG.values(), ids=WRONG)
def test_another_file_is_refused_with_a_sentence(file, arrays):
    np.savez(file, **arrays)
    with pytest.raises(DataError, match=r"no collection of digits: .* Rename or delete"):
        collection.load(file)


@given(st.lists(st.integers(0, 9), max_size=6))
@settings(max_examples=10, deadline=None)
def test_any_labels_come_back(tmp_path_factory, labels):
    file = tmp_path_factory.mktemp("mine") / "mine.npz"
    for label in labels:
        collection.add(image(), label, file)
    if labels:
        assert collection.load(file).labels.tolist() == labels


def _add_many(file, label):
    for _ in range(10):
        collection.add(image(), label, file)


@pytest.mark.slow
def test_two_processes_that_save_at_once_lose_nothing(file):
    context = multiprocessing.get_context("spawn")
    both = [context.Process(target=_add_many, args=(file, label)) for label in (1, 2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(collection.load(file).labels.tolist()) == [1] * 10 + [2] * 10


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as Linux and macOS do")
def test_a_kill_in_the_middle_of_saving_loses_the_newest_digit_at_most(file):
    collection.add(image(), 3, file)
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from test_collection import collection, image\n"
        "print('ready', flush=True)\n"
        f"while True: collection.add(image(), 5, {str(file)!r})"
    )
    for after in (0.02, 0.05, 0.11):
        saver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        saver.stdout.readline()
        before = len(collection.load(file).labels)
        try:
            saver.wait(after)
        except subprocess.TimeoutExpired:
            os.kill(saver.pid, signal.SIGKILL)
        saver.wait()
        saver.stdout.close()
        labels = collection.load(file).labels.tolist()
        assert labels[0] == 3
        assert len(labels) >= before
        assert set(labels[1:]) <= {5}
