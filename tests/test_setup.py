"""tools/setup.py on machines that lack something, and killed in the middle."""

import importlib.util
import os
import platform
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load(root: Path) -> ModuleType:
    """setup.py as a module of the project in `root`."""
    spec = importlib.util.spec_from_file_location("setup_tool", root / "tools" / "setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path):
    """A project in an empty folder with no packages to install."""
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup.py", tmp_path / "tools")
    (tmp_path / "requirements.lock").write_text("")
    (tmp_path / "requirements-all.lock").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    return tmp_path


@pytest.fixture
def setup(project, monkeypatch):
    """Its set-up, with steps that cost nothing: they only leave a file in .venv."""
    module = load(project)

    def pretend(command):
        Path(module.VENV).mkdir(exist_ok=True)
        Path(module.VENV, "made").touch()

    monkeypatch.setattr(module, "run", pretend)
    monkeypatch.setattr(module, "python_runs", lambda: True)
    return module


def test_a_set_up_is_done_once(setup, monkeypatch):
    setup.main()
    assert setup.stamp_is_right()
    monkeypatch.setattr(setup, "make_environment", lambda: pytest.fail("made again"))
    setup.main()


@pytest.fixture
def with_all(setup, monkeypatch):
    """Its set-up with --all; what it installs, in turn."""
    installed = []
    pretend = setup.run
    monkeypatch.setattr(setup, "run", lambda step: installed.append(step[-1]) or pretend(step))
    monkeypatch.setattr(sys, "argv", ["setup.py", "--all"])
    return installed


def test_the_extras_are_added_once_to_the_environment_that_is_there(setup, with_all, project):
    setup.main()
    assert with_all[1:] == ["requirements.lock", ".", "requirements-all.lock"]
    setup.main()
    assert len(with_all) == 4


def test_whoever_waits_for_the_extras_is_told_each(setup, with_all, capsys):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = set(tomllib.loads(text)["project"]["optional-dependencies"]) - {"test"}
    setup.main()
    said = capsys.readouterr().out
    assert {extra for extra in extras if extra not in said} == set()
    assert {extra for extra in extras if extra not in setup.__doc__} == set()


def test_a_plain_set_up_leaves_the_extras_alone(setup, with_all, monkeypatch):
    setup.main()
    monkeypatch.setattr(sys, "argv", ["setup.py"])
    setup.main()
    assert len(with_all) == 4
    assert setup.stamp_is_right(extras=True)


def test_other_extras_are_added_without_making_the_environment_again(setup, with_all, project):
    setup.main()
    (project / "requirements-all.lock").write_text("# changed")
    assert setup.stamp_is_right()
    assert not setup.stamp_is_right(extras=True)
    setup.main()
    assert with_all[4:] == ["requirements-all.lock"]


def test_without_all_no_extras_are_added(setup, with_all, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["setup.py"])
    setup.main()
    assert with_all[1:] == ["requirements.lock", "."]


def test_extras_that_failed_are_tried_again_and_the_rest_stays(setup, with_all, monkeypatch):
    monkeypatch.setattr(setup, "add_extras", lambda: setup.stop("no network"))
    with pytest.raises(SystemExit, match="no network"):
        setup.main()
    assert setup.stamp_is_right()
    assert not setup.stamp_is_right(extras=True)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_redoes_it_from_scratch(setup, project, name):
    setup.main()
    (project / ".venv" / "old package").touch()
    (project / name).write_text("# changed")
    assert not setup.stamp_is_right()
    setup.main()
    assert setup.stamp_is_right()
    assert not (project / ".venv" / "old package").exists()
    assert not (project / ".venv.old").exists()


def test_a_moved_project_is_set_up_again(setup, project, tmp_path_factory):
    setup.main()
    moved = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(project, moved)
    assert not load(moved).stamp_is_right()


def test_an_environment_whose_python_is_gone_is_made_again(setup, monkeypatch):
    setup.main()
    monkeypatch.undo()
    assert not setup.stamp_is_right()


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(project):
    (project / "build").write_text("a file where a folder should be")
    tool = subprocess.run(
        [sys.executable, "tools/setup.py"], cwd=project, capture_output=True, text=True, check=False
    )
    assert tool.returncode == 1
    assert tool.stderr.startswith("mnistlab: The set-up failed: ")
    assert "Traceback" not in tool.stderr


def test_a_failed_set_up_brings_the_old_environment_back(setup, project, monkeypatch):
    setup.main()
    (project / "requirements.lock").write_text("# changed")

    def fail(command):
        Path(setup.VENV).mkdir(exist_ok=True)
        setup.stop("no network")

    monkeypatch.setattr(setup, "run", fail)
    with pytest.raises(SystemExit, match="no network"):
        setup.main()
    assert (project / ".venv" / "made").exists()
    assert not setup.stamp_is_right()


KILLED = """
import importlib.util, os, signal
spec = importlib.util.spec_from_file_location("setup_tool", "tools/setup.py")
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)
def die(command):
    os.makedirs(setup.VENV, exist_ok=True)
    open(os.path.join(setup.VENV, "half"), "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
setup.run = die
setup.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("before", [False, True], ids=["first", "redone"])
def test_a_killed_set_up_is_recovered_by_the_next(setup, project, before):
    if before:
        setup.main()
        (project / "requirements.lock").write_text("# changed")
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=project, check=False)
    assert killed.returncode == -signal.SIGKILL
    setup.main()
    assert setup.stamp_is_right()
    assert not (project / ".venv" / "half").exists()
    assert not (project / ".venv.old").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_the_environment_before_serves_again_when_the_lock_is_taken_back(setup, project):
    setup.main()
    (project / "requirements.lock").write_text("# changed")
    subprocess.run([sys.executable, "-c", KILLED], cwd=project, check=False)
    (project / "requirements.lock").write_text("")
    setup.make_environment = lambda: pytest.fail("made again")
    setup.main()
    assert setup.stamp_is_right()


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0)])
def test_a_python_that_does_not_suit_is_named_with_those_that_do(setup, monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(platform, "python_version", lambda: ".".join(map(str, version)))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match=rf"Python 3\.{version[1]}.*3.11, 3.12 or 3.13: install"):
        setup.main()


def test_a_suited_python_beside_it_takes_over(setup, monkeypatch):
    calls = []
    monkeypatch.setattr(sys, "argv", ["setup.py", "--all"])
    monkeypatch.setattr(sys, "version_info", (3, 9, 0))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if "3.12" in name else None)
    monkeypatch.setattr(subprocess, "call", lambda command, **_: calls.append(command) or 0)
    with pytest.raises(SystemExit) as end:
        setup.main()
    assert end.value.code == 0
    assert calls[-1][0] == "/bin/python3.12"
    assert calls[-1][1].endswith("setup.py")
    assert calls[-1][2:] == ["--all"]


def test_an_intel_mac_is_sent_to_the_browser(setup, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    with pytest.raises(SystemExit, match=r"no package for Intel Macs.*Binder or Colab"):
        setup.main()


def test_a_missing_venv_module_is_named_with_its_package(setup, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # importing it fails
    version = ".".join(map(str, sys.version_info[:2]))
    with pytest.raises(SystemExit, match=f"lacks its venv module.*python{version}-venv"):
        setup.main()


@pytest.mark.parametrize(
    ("says", "means"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "not the one that"),
        ("Retrying after NewConnectionError('failed')\nERROR: No matching", "needs the network"),
        ("ERROR: something new\n", "something new .*build/setup.log"),
    ],
)
def test_pips_errors_are_told_in_a_sentence(project, says, means):
    module = load(project)
    (project / "build").mkdir()
    failing = [sys.executable, "-c", f"print({says!r}); raise SystemExit(1)"]
    with pytest.raises(SystemExit, match=means):
        module.run(failing)


@pytest.mark.slow
def test_without_a_network_one_sentence_says_so(project):
    (project / "requirements.lock").write_text("numpy==2.4.6 --hash=sha256:" + "0" * 64)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9", "PIP_CONFIG_FILE": os.devnull}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")} | nowhere
    tool = subprocess.run(
        [sys.executable, "tools/setup.py"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tool.returncode == 1
    assert tool.stderr.count("\n") == 1
    assert "needs the network" in tool.stderr
    assert not (project / ".venv").exists()
