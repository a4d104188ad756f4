"""One Chromium and one JupyterLab for all tests here; without them one line says why."""

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from scratch import CELLS

from tools import browser

HERE = Path(__file__).parent
LESSONS = sorted((HERE.parents[1] / "notebooks").glob("*.ipynb"))
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


@pytest.fixture(scope="session")
def chromium():
    """A browser; where there is none, the tests are skipped, or on CI the run ends."""
    try:
        browser.chromium()
    except browser.NoBrowserError as reason:
        if os.environ.get("CI"):
            pytest.exit(str(reason), returncode=1)
        pytest.skip(str(reason))
    with browser.browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def server(chromium, tmp_path_factory):
    """JupyterLab over copies of the lessons and over scratch.ipynb."""
    folder = tmp_path_factory.mktemp("notebooks")
    for lesson in LESSONS:
        shutil.copy(lesson, folder)
    cells = [new_code_cell(source) for source in CELLS.values()]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "scratch.ipynb")
    with browser.jupyterlab(folder, tmp_path_factory.mktemp("home")) as said:
        yield said


@pytest.fixture(scope="session")
def open_notebook(chromium, server):
    """Opens a notebook by its name, in a window of its own."""

    def opened(name):
        page = chromium.new_page(viewport={"width": 1024, "height": 900})
        page.add_init_script(path=HERE / "checks.js")
        return browser.Notebook(page, server, name)

    return opened


@pytest.fixture(scope="session")
def everything(open_notebook):
    """The scratch notebook, once run."""
    notebook = open_notebook("scratch.ipynb")
    notebook.run()
    return notebook


@pytest.fixture
def notebook(everything):
    """The scratch notebook; a test that leaves an error in it fails."""
    everything.page.set_viewport_size({"width": 1024, "height": 900})
    yield everything
    assert everything.troubles() == []
