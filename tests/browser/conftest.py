"""One Chromium and one JupyterLab for all tests here; without them one line says why."""

import os
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from scratch import CELLS

from tools import browser

HERE = Path(__file__).parent
LESSONS = HERE.parents[1] / "notebooks"


def pytest_itemcollected(item):
    """Every test of this folder opens a browser, and is left out where none is asked for."""
    item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)  # when the tests that nobody asked for are gone
def pytest_collection_modifyitems(items):
    """Without a browser one of these tests says why none of them ran; on CI that is a failure."""
    mine = [item for item in items if HERE in item.path.parents]
    try:
        browser.chromium()
    except browser.NoBrowserError as reason:
        if mine and os.environ.get("CI"):
            pytest.exit(str(reason), returncode=1)
        for item in mine[1:]:
            items.remove(item)
        for item in mine[:1]:
            item.add_marker(pytest.mark.skip(reason=str(reason)))


@pytest.fixture(scope="session")
def chromium():
    """A browser."""
    with browser.browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Copies of the lessons, and scratch.ipynb."""
    folder = tmp_path_factory.mktemp("notebooks")
    for lesson in LESSONS.glob("*.ipynb"):
        shutil.copy(lesson, folder)
    browser.write(folder / "scratch.ipynb", CELLS.values())
    return folder


@pytest.fixture(scope="session")
def server(folder, tmp_path_factory):
    """JupyterLab over these notebooks."""
    with browser.jupyterlab(folder, tmp_path_factory.mktemp("home")) as said:
        yield said


@pytest.fixture(scope="session")
def open_page(chromium):
    """Opens an empty window, as wide as a small laptop's, that can ask what checks.js asks."""

    def opened():
        page = chromium.new_page(viewport={"width": 1024, "height": 900})
        page.add_init_script(path=HERE / "checks.js")
        return page

    return opened


@pytest.fixture(scope="session")
def open_notebook(open_page, server):
    """Opens a notebook by its name, in a window of its own."""
    return lambda name: browser.Notebook(open_page(), server, name)


@pytest.fixture(scope="session")
def everything(open_notebook):
    """The scratch notebook, once run."""
    with closing(open_notebook("scratch.ipynb")) as notebook:
        notebook.run()
        assert notebook.troubles() == []
        yield notebook


@pytest.fixture
def notebook(everything):
    """The scratch notebook; a test that leaves an error in it fails."""
    everything.page.set_viewport_size({"width": 1024, "height": 900})
    before = everything.troubles()
    yield everything
    assert everything.troubles() == before
