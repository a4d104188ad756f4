"""JupyterLab opens, and lessons become pages."""

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]


def load(name):
    """One of the tools as a module."""
    spec = importlib.util.spec_from_file_location(f"{name}_tool", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("environment", "platform", "browser"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "1.2.3.4"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_CONNECTION": "1.2.3.4"}, "darwin", False),
    ],
)
def test_a_browser_opens_where_somebody_sees_it(environment, platform, browser):
    line = load("lab").arguments(environment, platform, root=False)
    assert ("--no-browser" not in line) == browser
    assert "--allow-root" not in line


def test_jupyterlab_opens_for_root_in_a_container():
    assert "--allow-root" in load("lab").arguments({}, "linux", root=True)


def patiently_read(address):
    """The page at an address whose server begins to listen just after it has printed it."""
    for _ in range(100):
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address) as page:
            return page.read().decode()
        time.sleep(0.1)
    pytest.fail(f"nobody answers at {address}")


@pytest.mark.slow
def test_make_lab_prints_an_address_with_its_token_where_jupyterlab_answers(tmp_path):
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("RUNTIME", "CONFIG")}
    environment = {k: v for k, v in os.environ.items() if "DISPLAY" not in k} | folders
    lab = subprocess.Popen(
        [sys.executable, ROOT / "tools" / "lab.py", "--port=0"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = None
        while not address:
            line = lab.stderr.readline()
            assert line, "JupyterLab ended without an address"
            address = re.search(r"http://127\S+token=\w+", line)
        assert "JupyterLab" in patiently_read(address[0])
    finally:
        lab.terminate()
        lab.communicate(timeout=20)


def test_chromium_is_taken_before_chrome(monkeypatch):
    tool = load("browser")
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(tool.shutil, "which", lambda name: f"/bin/{name}" if "chro" in name else "")
    assert tool.chromium() == "/bin/chromium"


@pytest.mark.parametrize(
    ("playwright", "path", "reason"),
    [(None, "/bin/chromium", "Playwright is missing"), ("there", None, "no chromium, ")],
)
def test_without_a_browser_or_playwright_a_sentence_says_so(monkeypatch, playwright, path, reason):
    tool = load("browser")
    monkeypatch.setattr(tool.importlib.util, "find_spec", lambda name: playwright)
    monkeypatch.setattr(tool.shutil, "which", lambda name: path)
    with pytest.raises(tool.NoBrowserError, match=reason):
        tool.chromium()


@pytest.mark.slow
@pytest.mark.parametrize("ci", ["", "1"], ids=["here", "on CI"])
@pytest.mark.parametrize("playwright", [True, False], ids=["with Playwright", "without"])
def test_without_a_browser_the_browser_tests_say_so_in_one_line_and_fail_on_ci(
    playwright, ci, tmp_path
):
    hidden = "" if playwright else "import sys; sys.modules['playwright'] = None"
    (tmp_path / "sitecustomize.py").write_text(hidden, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", ROOT / "tests" / "browser", "-p", "no:cacheprovider"],
        env=os.environ | {"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (1 if ci else 0)
    lines = [line for line in run.stdout.splitlines() if "No browser was opened" in line]
    assert len(lines) == 1
    assert re.search(r"(is missing|to be found)", lines[0])


LESSON = new_notebook(
    cells=[
        new_markdown_cell("# 9 · A lesson\n\n*The code runs in about … on two cores.*"),
        new_code_cell("print('one', 1 + 1)"),
        new_code_cell(
            "from ipywidgets import interact\ninteract(lambda x: print('x is', x), x=(0, 9));"
        ),
    ]
)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The tool, writing into an empty folder, and one small lesson."""
    tool = load("course")
    monkeypatch.setattr(tool, "PAGES", tmp_path)
    nbformat.write(LESSON, tmp_path / "lesson.ipynb")
    return tool


@pytest.mark.slow
def test_a_lesson_becomes_a_page_with_its_outputs(course, tmp_path):
    course.make_page(tmp_path / "lesson.ipynb")
    page = (tmp_path / "lesson.html").read_text(encoding="utf-8")
    assert "one 2" in page
    assert "x is 4" in page  # the slider's first position
    assert "In JupyterLab this answers to you" in page
    assert "interactive(children" not in page
    assert "about 10 seconds on two cores" in page


@pytest.mark.slow
def test_a_page_keeps_what_a_slider_showed_first(course):
    outputs = [nbformat.v4.new_output("display_data", {course.WIDGET: {}})]
    outputs += [nbformat.v4.new_output("display_data", {course.WIDGET: {}, "text/html": "<svg>"})]
    lesson = new_notebook(cells=[new_code_cell("...", outputs=outputs)])
    course.replace_widgets(lesson)
    bare, kept = (output.data["text/html"] for output in outputs)
    assert bare == course.NO_WIDGET
    assert kept == "<svg>" + course.NO_WIDGET


def test_a_lesson_that_fails_ends_the_run(course, tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), tmp_path / "bad.ipynb")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError"):
        course.make_page(tmp_path / "bad.ipynb")


def test_the_time_is_filled_into_the_heading_and_nothing_else_changes(course, tmp_path):
    path = tmp_path / "lesson.ipynb"
    course.fill_in_time(path, 133)
    filled = nbformat.read(path, as_version=4)
    assert "about 2 minutes on two cores" in filled.cells[0].source
    assert [cell.source for cell in filled.cells[1:]] == [cell.source for cell in LESSON.cells[1:]]
    before = path.stat().st_mtime_ns
    course.fill_in_time(path, 130)
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "10 seconds"),
        (17, "20 seconds"),
        (54, "50 seconds"),
        (56, "a minute"),
        (80, "1.5 minutes"),
        (130, "2 minutes"),
    ],
)
def test_times_are_rounded_so_that_two_runs_say_the_same(seconds, words):
    assert load("course").in_words(seconds) == words
