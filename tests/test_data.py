"""The digits are had, or it is said why not, whatever files, mirrors, disks and processes do."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import little_mnist
import misbehaving_server as mirror
import numpy as np
import pytest

import mnistlab
from mnistlab import cache, data, download, mnist, sources

NPZ = little_mnist.npz()
Trouble = Callable[[Path, pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has never seen MNIST, which is a little one, and knows no mirrors."""
    for name in ("MNISTLAB_DATA", "MNISTLAB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MNISTLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(mnist, "SHAPES", little_mnist.SHAPES)
    monkeypatch.setattr(mnist, "SHA256", little_mnist.SHA256)
    monkeypatch.setattr(sources, "MIRRORS", ())
    monkeypatch.setattr(sources, "_said", set())


@pytest.fixture
def server() -> Iterator[mirror.Server]:
    with mirror.running() as server:
        yield server


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any download fails the test."""
    monkeypatch.setattr(sources, "MIRRORS", ("http://127.0.0.1:9/mnist.npz",))
    monkeypatch.setattr(download, "fetch", lambda address: pytest.fail(f"asked {address}"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Offline digits made in no time; the list tells how often."""
    calls: list[str] = []

    def make() -> dict[str, object]:
        calls.append("made")
        groups = {"train_groups": np.arange(60) // 2, "test_groups": np.arange(10) // 2}
        groups["calm_groups"] = np.arange(5)
        return {**little_mnist.arrays(), **groups, "wrong_labels": {7: 3, 2: 9}}

    stub = types.ModuleType("mnistlab.offline")
    stub.make = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mnistlab.offline", stub)
    monkeypatch.setattr(mnistlab, "offline", stub, raising=False)
    monkeypatch.setattr(data, "_offline_version", lambda: "version 1")
    return calls


def is_mnist(digits: data.Digits) -> bool:
    return digits.source == "mnist" and all(
        np.array_equal(getattr(digits, name), array)
        for name, array in little_mnist.arrays().items()
    )


def write(path: Path, content: bytes = NPZ) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def name_data(monkeypatch: pytest.MonkeyPatch, path: Path) -> Path:
    monkeypatch.setenv("MNISTLAB_DATA", str(path))
    return path


def set_mirrors(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setattr(sources, "MIRRORS", addresses)


def idx_mirror(server: mirror.Server) -> str:
    for name, content in little_mnist.idx().items():
        server.on(f"/mnist/{mnist.IDX_FILES[name]}.gz", mirror.serving(content))
    return f"http://127.0.0.1:{server.server_port}/mnist/"


# What the user names


@pytest.mark.parametrize("packed", [True, False])
def test_the_named_file_or_folder_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None, packed: bool
) -> None:
    paths = [
        write(tmp_path / "mnist.npz", little_mnist.npz(packed)),
        little_mnist.idx_folder(tmp_path / "idx", packed),
    ]
    for path in paths:
        name_data(monkeypatch, path)
        for digits in (data.load(), data.load("mnist"), data.load()):
            assert is_mnist(digits)
            assert digits.origin == str(path)


def test_a_named_file_is_unpacked_once_and_read_from_our_copy_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_data(monkeypatch, write(tmp_path / "mnist.npz"))
    data.load()
    monkeypatch.setattr(mnist, "read", lambda path: pytest.fail("unpacked again"))
    assert is_mnist(data.load())


def test_a_named_file_that_was_altered_after_its_check_is_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = name_data(monkeypatch, write(tmp_path / "mnist.npz"))
    data.load()
    path.write_bytes(NPZ[:-1000])
    with pytest.raises(data.DataError, match="which is not MNIST: it is damaged"):
        data.load()


def test_a_folder_in_which_one_file_was_altered_is_checked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = name_data(monkeypatch, little_mnist.idx_folder(tmp_path / "idx"))
    data.load()
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(b"")
    with pytest.raises(data.DataError, match="it is empty"):
        data.load()


@pytest.mark.parametrize("source", [None, "mnist"])
@pytest.mark.parametrize("content", [b"", b"<html>", NPZ[:500], little_mnist.npz(y_test=None)])
def test_a_bad_named_file_raises_and_is_kept_even_if_mnist_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str | None, content: bytes
) -> None:
    write(tmp_path / "keras" / "datasets" / "mnist.npz")
    data.load()
    path = name_data(monkeypatch, write(tmp_path / "bad.npz", content))
    with pytest.raises(data.DataError, match=r"bad\.npz, which is not MNIST: .*or unset it"):
        data.load(source)
    assert path.read_bytes() == content


def test_a_named_path_where_nothing_is_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (tmp_path / "gone.npz", tmp_path / ("x" * 300)):
        name_data(monkeypatch, path)
        with pytest.raises(data.DataError, match="but nothing is there"):
            data.load()


def test_an_empty_name_is_no_name(
    monkeypatch: pytest.MonkeyPatch, no_network: None, made: list[str]
) -> None:
    monkeypatch.setenv("MNISTLAB_DATA", "")
    monkeypatch.setenv("MNISTLAB_OFFLINE", "1")
    assert data.load().source == "offline"


def test_offline_wins_over_a_named_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_network: None, made: list[str]
) -> None:
    name_data(monkeypatch, tmp_path / "gone.npz")
    assert data.load("offline").source == "offline"


# What is on the machine


def test_keras_own_cache_is_used_and_left_as_it_is(tmp_path: Path, no_network: None) -> None:
    path = write(tmp_path / "keras" / "datasets" / "mnist.npz")
    before = path.stat()
    assert is_mnist(data.load())
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (before.st_mtime_ns, NPZ)


def test_a_damaged_keras_cache_is_passed_over_named_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    path = write(tmp_path / "keras" / "datasets" / "mnist.npz", NPZ[:500])
    with pytest.raises(data.DataError, match=r"keras.datasets.mnist\.npz: it is damaged"):
        data.load("mnist")
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.serving(NPZ)))
    assert is_mnist(data.load("mnist"))
    assert path.read_bytes() == NPZ[:500]


def test_our_copy_serves_when_its_origin_is_gone(tmp_path: Path, no_network: None) -> None:
    path = write(tmp_path / "keras" / "datasets" / "mnist.npz")
    data.load()
    path.unlink()
    assert is_mnist(data.load("mnist"))
    assert data.load().origin == str(path)


def test_our_copy_is_good_after_a_move_to_another_machine(tmp_path: Path, no_network: None) -> None:
    path = write(tmp_path / "keras" / "datasets" / "mnist.npz")
    data.load()
    path.unlink()
    shutil.copytree(tmp_path / "cache", tmp_path / "copy")
    shutil.rmtree(tmp_path / "cache")
    shutil.copytree(tmp_path / "copy", tmp_path / "cache")
    assert not cache.unchanged("mnist")
    assert is_mnist(data.load("mnist"))
    assert cache.unchanged("mnist")


def test_our_copy_is_good_without_the_facts_about_it(tmp_path: Path, no_network: None) -> None:
    path = write(tmp_path / "keras" / "datasets" / "mnist.npz")
    data.load()
    path.unlink()
    cache.path("mnist").with_suffix(".json").unlink()
    assert data.load("mnist").origin == str(cache.path("mnist"))


@pytest.mark.parametrize("damage", ["cut", "altered", "emptied", "another shape"])
def test_a_damaged_copy_of_ours_is_made_anew(tmp_path: Path, damage: str) -> None:
    write(tmp_path / "keras" / "datasets" / "mnist.npz")
    data.load()
    whole = cache.path("mnist").read_bytes()
    damaged = {
        "cut": whole[:-7],
        "altered": whole[:200] + b"\xff" + whole[201:],
        "emptied": b"",
        "another shape": whole.replace(b"(60, 28, 28)", b"(60, 784)   "),
    }
    cache.path("mnist").write_bytes(damaged[damage])
    assert is_mnist(data.load())
    assert cache.path("mnist").read_bytes() == whole


def test_a_damaged_copy_that_cannot_be_made_anew_is_named_in_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(cache.path("mnist"), b"half")
    monkeypatch.setenv("MNISTLAB_OFFLINE", "1")
    with pytest.raises(data.DataError, match=r"mnist\.arrays: it is damaged"):
        data.load("mnist")


def test_what_is_loaded_is_the_callers_to_change(tmp_path: Path) -> None:
    write(tmp_path / "keras" / "datasets" / "mnist.npz")
    for _ in range(2):  # unpacked, then from our copy
        digits = data.load()
        digits.x_train[:] = 0
        digits.wrong_labels.clear()
    assert is_mnist(data.load())
    assert len(data.load().wrong_labels) == 15


# What the mirrors give


def test_mnist_is_downloaded_once_with_a_word_about_it_and_then_at_hand(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    address = server.on("/mnist.npz", mirror.serving(NPZ))
    set_mirrors(monkeypatch, address)
    for _ in range(3):
        digits = data.load()
        assert is_mnist(digits)
        assert digits.origin == address
    assert server.asked == ["/mnist.npz"]
    assert capsys.readouterr().err.count("Asking the network for MNIST") == 1


BAD_MIRRORS = {
    "403": (mirror.status(403), "403 Forbidden"),
    "503": (mirror.status(503), "503 Service Unavailable"),
    "page": (mirror.serving(b"<html>Log in</html>"), "web page"),
    "half": (mirror.half(NPZ), "broke off"),
    "cut": (mirror.serving(NPZ[:-900]), "damaged"),
    "other": (mirror.serving(little_mnist.npz(y_test=np.zeros(10, np.uint8))), "not MNIST's"),
    "silent": (mirror.silent, "did not answer"),
    "trickling": (mirror.trickling, "too slow"),
    "endless": (mirror.endless, "more than"),
    "circle": (mirror.redirecting("/circle.npz"), "in circles"),
}


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"SILENCE": 2.0, "OPENING": 5.0, "GRACE": 0.3, "MOST_BYTES": 2_000_000}
    for name, limit in limits.items():
        monkeypatch.setattr(download, name, limit)


def test_after_all_mirrors_that_misbehave_the_good_one_is_used(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    be_impatient(monkeypatch)
    bad = [server.on(f"/{name}.npz", behave) for name, (behave, _) in BAD_MIRRORS.items()]
    good = idx_mirror(server)
    set_mirrors(monkeypatch, *bad, good)
    digits = data.load("mnist")
    assert is_mnist(digits)
    assert digits.origin == good


def test_when_all_mirrors_fail_the_error_says_what_each_did_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    be_impatient(monkeypatch)
    bad = [server.on(f"/{name}.npz", behave) for name, (behave, _) in BAD_MIRRORS.items()]
    set_mirrors(monkeypatch, *bad)
    with pytest.raises(data.DataError) as caught:
        data.load("mnist")
    lines = str(caught.value).splitlines()
    assert lines[0] == "MNIST could not be downloaded."
    for address, (_, reason), line in zip(bad, BAD_MIRRORS.values(), lines[1:], strict=False):
        assert line.startswith(f"  {address}: ")
        assert reason in line
    assert "MNISTLAB_DATA" in lines[-2]
    assert 'data.load("offline")' in lines[-1]
    assert not list((tmp_path / "cache").glob("*.arrays"))


def test_a_folder_mirror_that_lacks_one_file_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    folder = idx_mirror(server)
    server.on("/mnist/t10k-labels-idx1-ubyte.gz", mirror.status(404))
    set_mirrors(monkeypatch, folder)
    with pytest.raises(data.DataError, match="404"):
        data.load("mnist")


def test_the_network_is_not_touched_when_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, no_network: None, made: list[str]
) -> None:
    for word in ("1", "true", "YES"):
        monkeypatch.setenv("MNISTLAB_OFFLINE", word)
        with pytest.raises(data.DataError, match="MNISTLAB_OFFLINE is set"):
            data.load("mnist")
        assert data.load().source == "offline"


@pytest.mark.parametrize("word", ["", "0", "no", "False"])
def test_the_network_is_used_unless_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server, word: str
) -> None:
    monkeypatch.setenv("MNISTLAB_OFFLINE", word)
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.serving(NPZ)))
    assert is_mnist(data.load())


def test_mirrors_that_all_failed_are_left_alone_for_a_while_unless_mnist_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server, made: list[str]
) -> None:
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.status(503)))
    assert data.load().source == data.load().source == "offline"
    assert len(server.asked) == 1
    assert data.find()["source"] == "offline"
    server.on("/mnist.npz", mirror.serving(NPZ))
    assert is_mnist(data.load("mnist"))
    assert is_mnist(data.load())


def test_mirrors_are_asked_again_when_the_pause_is_over(
    monkeypatch: pytest.MonkeyPatch, server: mirror.Server, made: list[str]
) -> None:
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.status(503)))
    data.load()
    monkeypatch.setattr(sources, "PAUSE", 0.0)
    data.load()
    assert len(server.asked) == 2


# Disks


def file_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNISTLAB_CACHE", str(write(tmp_path / "file") / "cache"))


def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)


def read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    if os.access(tmp_path / "cache", os.W_OK):
        pytest.skip("to this user no folder is read-only (root, or Windows)")


@pytest.mark.parametrize("trouble", [file_in_the_way, full_disk, read_only])
def test_a_cache_that_cannot_be_written_costs_time_not_mnist_and_that_is_said_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    server: mirror.Server,
    capsys: pytest.CaptureFixture[str],
    trouble: Trouble,
) -> None:
    trouble(tmp_path, monkeypatch)
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.serving(NPZ)))
    assert is_mnist(data.load())
    assert is_mnist(data.load("mnist"))
    assert capsys.readouterr().err.count("mnistlab cannot keep a copy in") == 1
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.rglob("*.arrays"))


@pytest.mark.parametrize("trouble", [file_in_the_way, full_disk, read_only])
def test_offline_digits_and_named_files_need_no_cache_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: list[str], trouble: Trouble
) -> None:
    trouble(tmp_path, monkeypatch)
    assert data.load("offline").source == "offline"
    name_data(monkeypatch, write(tmp_path / "mnist.npz"))
    assert is_mnist(data.load())
    assert is_mnist(data.load())


# Processes

CHILD = """
import sys
import little_mnist
from mnistlab import cache, data, mnist, sources
mnist.SHAPES, mnist.SHA256 = little_mnist.SHAPES, little_mnist.SHA256
sources.MIRRORS = tuple(sys.argv[1:])
cache.SAY_SO = 0.0
print(data.load("mnist").origin)
"""


@contextlib.contextmanager
def child(address: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that loads MNIST from a mirror."""
    paths = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    command = [sys.executable, "-c", CHILD, address]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    env = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    with subprocess.Popen(command, **pipes, env=env, text=True) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_two_processes_download_once_and_both_get_mnist(server: mirror.Server) -> None:
    sent, go_on = threading.Event(), threading.Event()
    address = server.on("/mnist.npz", mirror.half_until(NPZ, sent, go_on))
    with child(address) as first:
        assert sent.wait(20)
        with child(address) as second:
            assert second.stderr is not None
            assert "Another mnistlab process" in second.stderr.readline()
            go_on.set()
            for process in (first, second):
                assert process.communicate(timeout=20)[0].strip() == address
                assert process.returncode == 0
    assert server.asked == ["/mnist.npz"]


@pytest.mark.slow
def test_after_a_download_that_was_killed_the_next_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    sent = threading.Event()
    address = server.on("/mnist.npz", mirror.half_until(NPZ, sent, server.closing))
    with child(address) as process:
        assert sent.wait(20)
        process.kill()
        process.wait(20)
    assert not list((tmp_path / "cache").glob("*.arrays"))
    server.on("/mnist.npz", mirror.serving(NPZ))
    set_mirrors(monkeypatch, address)
    assert is_mnist(data.load("mnist"))


def test_what_a_killed_write_left_behind_disturbs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: mirror.Server
) -> None:
    write(tmp_path / "cache" / ".mnist.arrays-1-00.part", b"half")
    write(tmp_path / "cache" / "mnist.lock", b"")
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.serving(NPZ)))
    assert is_mnist(data.load("mnist"))
    assert cache.unchanged("mnist")


# The digits that need no download


def test_without_mnist_load_gives_the_offline_digits_and_says_so_once(
    made: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        assert data.load().source == "offline"
    notice = capsys.readouterr().err
    assert notice.count("NOT MNIST") == 1
    assert "could not be downloaded" in notice
    assert 'data.load("mnist")' in notice


def test_offline_digits_that_were_asked_for_need_no_notice_that_they_are_not_mnist(
    made: list[str], no_network: None, capsys: pytest.CaptureFixture[str]
) -> None:
    data.load("offline")
    assert "NOT MNIST" not in capsys.readouterr().err


def test_offline_digits_carry_their_groups_and_wrong_labels(made: list[str]) -> None:
    for _ in range(2):  # made, then from our copy
        digits = data.load("offline")
        assert digits.train_groups is not None
        assert digits.test_groups is not None
        np.testing.assert_array_equal(digits.train_groups, np.arange(60) // 2)
        np.testing.assert_array_equal(digits.test_groups, np.arange(10) // 2)
        np.testing.assert_array_equal(digits.x_test, little_mnist.arrays()["x_test"])
        assert digits.wrong_labels == {2: 9, 7: 3}
        assert digits.origin == "scikit-learn's digits"


def test_offline_digits_are_made_once_for_each_version_of_their_maker(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data.load("offline")
    data.load("offline")
    assert len(made) == 1
    monkeypatch.setattr(data, "_offline_version", lambda: "version 2")
    data.load("offline")
    data.load("offline")
    assert len(made) == 2


def test_a_changed_source_of_the_maker_is_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "__file__", str(tmp_path / "data.py"))
    versions = set()
    for images, offline in [(b"1", b"1"), (b"2", b"1"), (b"1", b"2"), (b"1", b"1")]:
        write(tmp_path / "images.py", images)
        write(tmp_path / "offline.py", offline)
        versions.add(data._offline_version())
    assert len(versions) == 3


@pytest.mark.parametrize("altered", [False, True])
def test_damaged_offline_digits_are_made_anew(made: list[str], altered: bool) -> None:
    data.load("offline")
    with cache.path("offline").open("r+b") as stream:
        if altered:
            stream.seek(-3000, os.SEEK_END)  # among the test images
            stream.write(bytes(range(100)))
        else:
            stream.truncate(1000)
    np.testing.assert_array_equal(data.load("offline").x_test, little_mnist.arrays()["x_test"])
    assert len(made) == 2


# Looking without loading


def test_find_names_the_place_that_load_then_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: mirror.Server, made: list[str]
) -> None:
    def agree() -> str:
        found = data.find()
        digits = data.load()
        assert found["ok"]
        assert found["source"] == digits.source
        return str(found["state"])

    monkeypatch.setenv("MNISTLAB_OFFLINE", "1")
    assert agree() == "offline digits: made on this machine"
    monkeypatch.delenv("MNISTLAB_OFFLINE")
    set_mirrors(monkeypatch, server.on("/mnist.npz", mirror.serving(NPZ)))
    assert data.find()["origin"] == server.on("/mnist.npz", mirror.serving(NPZ))
    assert server.asked == []
    assert agree() == "mirror: not asked yet"
    assert agree() == "our copy: usable"
    shutil.rmtree(tmp_path / "cache")
    write(tmp_path / "keras" / "datasets" / "mnist.npz")
    assert agree() == "Keras' cache: usable"
    name_data(monkeypatch, write(tmp_path / "named.npz"))
    assert agree() == "MNISTLAB_DATA: usable"
    assert agree() == "MNISTLAB_DATA: usable"


@pytest.mark.parametrize("content", [None, b"<html>"])
def test_find_says_when_load_would_raise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = name_data(monkeypatch, tmp_path / "mnist.npz")
    if content is not None:
        write(path, content)
    found = data.find()
    assert not found["ok"]
    assert found["origin"] == str(path)
    with pytest.raises(data.DataError):
        data.load()


def test_places_say_what_is_wrong_with_those_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "keras" / "datasets" / "mnist.npz", b"")
    write(cache.path("mnist"), b"half")
    states = {place.kind: place.state for place in data.places()}
    assert states["our copy"] == "damaged"
    assert states["Keras' cache"] == "no MNIST: it is empty"


def test_the_cache_folder_is_the_one_named(tmp_path: Path) -> None:
    assert data.cache_folder() == tmp_path / "cache"
    assert data.find()["cache"] == str(tmp_path / "cache")


def test_digits_describe_themselves_in_one_line_without_their_pixels(made: list[str]) -> None:
    assert repr(data.load("offline")) == (
        "<Digits: offline digits (not MNIST), 60 training and 10 test images of 28×28 pixels "
        "(uint8), from scikit-learn's digits>"
    )


@pytest.mark.parametrize("source", ["minst", "MNIST", "", 1])
def test_a_source_that_does_not_exist_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match='it can be "mnist" or "offline"'):
        data.load(source)


# The real one


@pytest.fixture
def real(shared: Path, monkeypatch: pytest.MonkeyPatch, nowhere: None) -> Path:
    """The real MNIST, by its published shapes and hashes."""
    monkeypatch.undo()
    return shared / "mnist.npz"


def real_environment(tmp_path: Path, path: Path) -> dict[str, str]:
    named = {"MNISTLAB_DATA": str(path), "MNISTLAB_CACHE": str(tmp_path / "cache")}
    return named | {"MNISTLAB_OFFLINE": "1", "KERAS_HOME": str(tmp_path / "keras")}


def test_the_real_mnist_has_the_published_hashes_and_the_labels_that_people_dispute(
    tmp_path: Path, real: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in real_environment(tmp_path, real).items():
        monkeypatch.setenv(name, value)
    digits = data.load()
    assert digits.x_train.shape == (60000, 28, 28)
    assert hashlib.sha256(digits.x_test).hexdigest().startswith("6d87418db22c")
    given = {index: int(digits.y_test[index]) for index in digits.wrong_labels}
    assert list(given.values()) == [8, 0, 9, 4, 2, 5, 6, 6, 5, 5, 0, 1, 4, 6, 5]
    assert list(digits.wrong_labels.values()) == [9, 6, 4, 9, 0, 3, 1, 4, 0, 3, 6, 6, 9, 3, 6]


@pytest.mark.slow
def test_importing_data_brings_nothing_heavy() -> None:
    heavy = {"tensorflow", "keras", "sklearn", "requests", "tqdm", "matplotlib", "scipy", "PIL"}
    program = f"import sys, mnistlab.data; print({heavy} & set(sys.modules))"
    found = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert found.strip() == "set()"
