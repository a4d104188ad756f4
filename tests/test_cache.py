"""Our own folder: whole files or none, whatever happens to the process, the disk or the clock."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from mnistlab import cache

ARRAYS = {"x": np.arange(6, dtype=np.uint8).reshape(2, 3), "y": np.arange(4)}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def found() -> dict[str, np.ndarray] | None:
    return cache.read("digits", list(ARRAYS))


def test_the_folder_is_the_users_cache_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_CACHE", "~/somewhere")
    assert cache.folder() == Path.home() / "somewhere"
    monkeypatch.delenv("MNISTLAB_CACHE")
    assert cache.folder().is_absolute()
    assert "mnistlab" in cache.folder().parts


def test_arrays_come_back_as_they_were_and_belong_to_the_reader() -> None:
    cache.write("digits", ARRAYS, origin="here")
    arrays = found()
    assert arrays is not None
    for key, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[key], array, strict=True)
        assert arrays[key].flags.writeable
    assert cache.remembered("digits")["origin"] == "here"
    assert cache.unchanged("digits")


def test_arrays_that_were_read_outlive_their_file(folder: Path) -> None:
    cache.write("digits", ARRAYS)
    arrays = found()
    with (folder / "digits.arrays").open("r+b") as stream:
        stream.truncate(0)
    assert arrays is not None
    np.testing.assert_array_equal(arrays["x"], ARRAYS["x"])


def test_facts_are_added_to_those_already_there() -> None:
    cache.write("digits", ARRAYS, origin="here")
    cache.remember("digits", seen=[1, 2])
    assert cache.remembered("digits").items() >= {"origin": "here", "seen": [1, 2]}.items()
    assert cache.unchanged("digits")


def test_nothing_is_found_where_nothing_was_written() -> None:
    assert found() is None
    assert cache.remembered("digits") == {}
    assert not cache.unchanged("digits")


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", "\ufffd", "[" * 100_000])
def test_damaged_facts_are_no_facts(folder: Path, text: str) -> None:
    cache.write("digits", ARRAYS)
    (folder / "digits.json").write_text(text, "utf-8")
    assert cache.remembered("digits") == {}
    assert not cache.unchanged("digits")


@pytest.mark.parametrize("length", [0, 5, 100, 130, 134, 200, 290])
def test_stored_arrays_that_are_cut_short_are_not_returned(folder: Path, length: int) -> None:
    cache.write("digits", ARRAYS)
    with (folder / "digits.arrays").open("r+b") as stream:
        stream.truncate(length)
    assert found() is None
    assert not cache.unchanged("digits")


def test_an_alteration_that_keeps_size_and_modification_time_is_noticed(folder: Path) -> None:
    cache.write("digits", ARRAYS)
    before = (folder / "digits.arrays").stat()
    with (folder / "digits.arrays").open("r+b") as stream:
        stream.seek(130)
        stream.write(b"\xff")
    os.utime(folder / "digits.arrays", ns=(before.st_atime_ns, before.st_mtime_ns))
    if sys.platform == "win32":
        pytest.skip("Windows keeps no time that a program cannot set")
    assert not cache.unchanged("digits")


def test_a_file_that_others_may_read_is_written_so_that_they_can(folder: Path) -> None:
    umask = os.umask(0o022)
    try:
        cache.write("digits", ARRAYS)
    finally:
        os.umask(umask)
    assert (folder / "digits.arrays").stat().st_mode & 0o444 == 0o444


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing_else(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    cache.write("digits", ARRAYS)

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, at, full)
    with pytest.raises(OSError, match="No space left"):
        cache.write("digits", {"x": np.zeros(1), "y": np.zeros(1)})
    assert sorted(file.name for file in folder.iterdir()) == ["digits.arrays", "digits.json"]
    arrays = found()
    assert arrays is not None
    np.testing.assert_array_equal(arrays["x"], ARRAYS["x"])
    assert cache.unchanged("digits")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on a file's size")
def test_a_disk_that_fills_up_while_arrays_are_written_leaves_nothing(folder: Path) -> None:
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match="large"):
            cache.write("digits", {"x": np.zeros(1_000_000, np.uint8)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(folder.iterdir()) == []


def test_what_killed_processes_left_is_removed_once_it_is_old(folder: Path) -> None:
    folder.mkdir()
    names = (".a.arrays-1-f.part", ".b.json-2-f.part", ".thesis.docx.part")
    old, new, other = (folder / name for name in names)
    for file in (old, new, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (time.time() - 7200,) * 2)
    cache.write("digits", ARRAYS)
    assert not old.exists()
    assert new.exists()
    assert other.exists()


def test_a_folder_that_cannot_be_made_keeps_nothing_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "file" / "cache"))
    cache.remember("digits", origin="here")
    with cache.lock("digits"):
        assert cache.remembered("digits") == {}
    with pytest.raises(OSError, match="file"):
        cache.write("digits", ARRAYS)


def test_two_threads_take_turns() -> None:
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with cache.lock("digits"):
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_one_who_waits_says_so_and_gives_up_waiting_in_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cache, "SAY_SO", 0.1)
    monkeypatch.setattr(cache, "PATIENCE", 0.3)
    begun = time.monotonic()
    with cache.lock("digits"), cache.lock("digits"):
        assert 0.3 <= time.monotonic() - begun < 5
    assert capsys.readouterr().err.count("Another mnistlab process") == 1


def test_different_names_do_not_wait_for_each_other() -> None:
    begun = time.monotonic()
    with cache.lock("mnist"), cache.lock("offline"):
        assert time.monotonic() - begun < 1


@pytest.mark.slow
def test_the_lock_of_a_killed_process_is_free() -> None:
    hold = "from mnistlab import cache; import time\nwith cache.lock('digits'):\n"
    hold += " print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        with cache.path("digits").with_suffix(".lock").open("a") as stream:
            assert not cache._try_lock(stream.fileno())
            process.kill()
            process.wait()
            assert cache._try_lock(stream.fileno())
