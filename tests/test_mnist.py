"""MNIST is known by its content; no file can make the reader trust what it says."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import pickle
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import little_mnist
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistlab import mnist
from mnistlab.mnist import Unusable

NPZ = little_mnist.npz()
IDX = little_mnist.idx()


@pytest.fixture(autouse=True, scope="module")
def little() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mnist, "SHAPES", little_mnist.SHAPES)
        patch.setattr(mnist, "SHA256", little_mnist.SHA256)
        yield


def same(found: mnist.Arrays) -> bool:
    expected = little_mnist.arrays()
    return list(found) == list(expected) and all(
        np.array_equal(found[name], expected[name]) for name in expected
    )


def with_member(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The archive with one member's bytes replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(NPZ)) as old, zipfile.ZipFile(stream, "w", method) as new:
        for member in old.namelist():
            new.writestr(member, content if member == f"{name}.npy" else old.read(member))
    return stream.getvalue()


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version, allow_pickle=True)
    return stream.getvalue()


@pytest.mark.parametrize("packed", [True, False])
def test_an_npz_and_idx_files_give_the_same_arrays_packed_or_not(packed: bool) -> None:
    assert same(mnist.from_npz(little_mnist.npz(packed)))
    assert same(mnist.from_idx(little_mnist.idx(packed)))


def test_arrays_stored_by_columns_are_read_as_the_same_images() -> None:
    images = np.asfortranarray(little_mnist.arrays()["x_train"])
    found = mnist.from_npz(little_mnist.npz(x_train=images))
    assert same(found)
    assert found["x_train"].flags.c_contiguous


def test_the_arrays_can_be_changed_by_their_reader() -> None:
    for arrays in (mnist.from_npz(NPZ), mnist.from_idx(IDX)):
        assert all(array.flags.writeable for array in arrays.values())


@pytest.mark.parametrize(("packed", "spelling"), [(True, "-idx"), (False, "-idx"), (False, ".idx")])
def test_a_folder_of_idx_files_is_read_under_its_customary_names(
    tmp_path: Path, packed: bool, spelling: str
) -> None:
    folder = little_mnist.idx_folder(tmp_path / "idx", packed)
    for file in folder.iterdir():
        file.rename(folder / file.name.replace("-idx", spelling))
    assert same(mnist.read(folder))


def test_a_folder_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    folder = little_mnist.idx_folder(tmp_path / "idx")
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(Unusable, match=r"a folder without t10k-labels-idx1-ubyte \("):
        mnist.read(folder)


def test_a_folder_with_an_npz_in_it_hints_at_that(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(NPZ)
    with pytest.raises(Unusable, match=r"; if you mean its mnist\.npz, name that"):
        mnist.read(tmp_path)


DAMAGED_NPZ = {
    "empty": (b"", "it is empty"),
    "a web page": (b"<!DOCTYPE html><title>Log in</title>", "it is a web page"),
    "not a zip": (b"hello " * 100, "it is not an .npz archive"),
    "a pickle": (pickle.dumps({"x_train": 1}), "it is not an .npz archive"),
    "half of it": (NPZ[: len(NPZ) // 2], "it is damaged"),
    "without its end": (NPZ[:-1], "it is damaged"),
    "a missing array": (little_mnist.npz(y_test=None), "no array named y_test"),
    "another shape": (
        little_mnist.npz(x_train=np.zeros((60, 784), np.uint8)),
        r"x_train is uint8 \(60, 784\); MNIST's is uint8 \(60, 28, 28\)",
    ),
    "another type": (
        little_mnist.npz(y_train=np.zeros(60, np.int64)),
        r"y_train is int64 \(60,\)",
    ),
    "an array of objects": (
        little_mnist.npz(y_train=np.array([{}] * 60, object)),
        r"y_train is object \(60,\)",
    ),
    "images and labels swapped": (
        little_mnist.npz(
            x_test=little_mnist.arrays()["y_test"], y_test=little_mnist.arrays()["x_test"]
        ),
        r"x_test is uint8 \(10,\)",
    ),
    "training labels in another order": (
        little_mnist.npz(y_train=little_mnist.arrays()["y_train"][::-1]),
        "its training labels are not MNIST's",
    ),
    "two arrays of another data set": (
        little_mnist.npz(
            x_train=np.zeros((60, 28, 28), np.uint8), x_test=np.zeros((10, 28, 28), np.uint8)
        ),
        "its training images and test images are not MNIST's",
    ),
    "a member cut short": (
        with_member("x_train", npy(little_mnist.arrays()["x_train"])[:-1]),
        "its training images are cut short",
    ),
    "a member that goes on": (
        with_member("y_test", npy(little_mnist.arrays()["y_test"]) + b"\0"),
        "its test labels go on after their end",
    ),
    "a newer header": (
        with_member("y_test", npy(little_mnist.arrays()["y_test"], (2, 0))),
        "its y_test has a header that a plain array does not need",
    ),
    "a member that is no array": (with_member("y_test", b"text"), "it is damaged"),
    "an unusual method": (
        with_member("y_test", npy(little_mnist.arrays()["y_test"]), zipfile.ZIP_LZMA),
        "packed in a way that NumPy does not use",
    ),
}


@pytest.mark.parametrize(("content", "reason"), DAMAGED_NPZ.values(), ids=DAMAGED_NPZ.keys())
def test_an_npz_that_is_not_mnist_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(Unusable, match=reason):
        mnist.from_npz(content)


def test_every_file_that_is_not_mnist_gives_a_reason_of_one_line() -> None:
    for content, _ in DAMAGED_NPZ.values():
        with pytest.raises(Unusable) as caught:
            mnist.from_npz(content)
        assert "\n" not in str(caught.value)


def changed_idx(name: str, content: bytes) -> dict[str, bytes]:
    return IDX | {name: content}


PLAIN = little_mnist.idx(packed=False)
DAMAGED_IDX = {
    "empty": (changed_idx("x_train", b""), "it is empty"),
    "a web page": (
        changed_idx("y_test", b"\n<html>"),
        "a web page, not an IDX file of test labels",
    ),
    "something else": (changed_idx("y_test", b"7" * 99), "it is not an IDX file of test labels"),
    "gzip cut short": (changed_idx("x_train", IDX["x_train"][:-20]), "it is damaged"),
    "gzip of something else": (changed_idx("x_test", gzip.compress(b"hello")), "wrong magic"),
    "a wrong magic number": (
        changed_idx("x_train", b"\0\0\x0b\3" + PLAIN["x_train"][4:]),
        "its training images start with the wrong magic number",
    ),
    "images and labels swapped": (
        changed_idx("x_train", IDX["y_train"]) | {"y_train": IDX["x_train"]},
        "its training images start with the wrong magic number",
    ),
    "training and test swapped": (
        changed_idx("x_train", IDX["x_test"]) | {"x_test": IDX["x_train"]},
        r"x_train is uint8 \(10, 28, 28\)",
    ),
    "nothing but a magic number": (
        changed_idx("x_train", PLAIN["x_train"][:4]),
        "its training images are cut short",
    ),
    "a value too few": (changed_idx("y_train", PLAIN["y_train"][:-1]), "are cut short"),
    "a value too many": (changed_idx("y_train", PLAIN["y_train"] + b"\1"), "go on after their end"),
    "one altered value": (
        changed_idx("y_test", PLAIN["y_test"][:-1] + b"\xff"),
        "its test labels are not MNIST's",
    ),
}


@pytest.mark.parametrize(("contents", "reason"), DAMAGED_IDX.values(), ids=DAMAGED_IDX.keys())
def test_idx_files_that_are_not_mnist_are_refused_with_the_reason(
    contents: dict[str, bytes], reason: str
) -> None:
    with pytest.raises(Unusable, match=reason):
        mnist.from_idx(contents)


@given(place=st.integers(0, len(NPZ) - 1), value=st.integers(1, 255))
def test_an_npz_with_one_altered_byte_is_refused_or_still_the_same(place: int, value: int) -> None:
    content = bytearray(NPZ)
    content[place] ^= value
    with contextlib.suppress(Unusable):
        assert same(mnist.from_npz(bytes(content)))


@given(st.binary(max_size=200), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", NPZ[:300]]))
def test_arbitrary_bytes_are_never_mnist(content: bytes, start: bytes) -> None:
    with pytest.raises(Unusable):
        mnist.from_npz(start + content)


@given(
    name=st.sampled_from(list(IDX)),
    start=st.sampled_from([b"", b"\0\0\x08\x01", b"\0\0\x08\x03", b"\x1f\x8b\x08\0"]),
    content=st.binary(max_size=200),
)
def test_arbitrary_bytes_are_no_idx_file(name: str, start: bytes, content: bytes) -> None:
    with pytest.raises(Unusable):
        mnist.from_idx(changed_idx(name, start + content))


def memory_needed(content: bytes, reason: str) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(Unusable, match=reason):
            mnist.from_npz(content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    right_header = npy(little_mnist.arrays()["x_train"])[:128]
    bomb = with_member("x_train", right_header + bytes(30_000_000))
    assert memory_needed(bomb, "go on after their end") < 5_000_000


def test_an_array_that_claims_to_be_huge_is_refused_before_room_is_made_for_it() -> None:
    honest = npy(little_mnist.arrays()["x_train"])
    claim = honest.replace(b"(60, 28, 28), } ", b"(10**13,), }    ".replace(b"10**13", b"9" * 7))
    assert (
        memory_needed(with_member("x_train", claim), r"x_train is uint8 \(9999999,\)") < 5_000_000
    )


def test_an_archive_of_very_many_members_is_not_opened() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(2000):
            archive.writestr(str(number), b"")
    content = stream.getvalue()
    assert memory_needed(content, "too many members") < 5_000_000


def test_a_gzip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = gzip.compress(PLAIN["x_train"] + bytes(30_000_000), 1)
    tracemalloc.start()
    try:
        with pytest.raises(Unusable, match="go on after their end"):
            mnist.from_idx(changed_idx("x_train", bomb))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_file_too_large_for_mnist_is_not_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mnist, "MOST_BYTES", 1000)
    with (tmp_path / "mnist.npz").open("wb") as stream:
        stream.truncate(50_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(Unusable, match=r"mnist.npz has more than 1,000 bytes"):
            mnist.read(tmp_path / "mnist.npz")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "mnist.npz")
    with pytest.raises(Unusable, match="neither a file nor a folder"):
        mnist.read(tmp_path / "mnist.npz")


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"mnist.npz cannot be read \(No such file"):
        mnist.read(tmp_path / "mnist.npz")
