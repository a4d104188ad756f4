"""A JupyterLab of its own and a Chromium that looks at it.

The tests in tests/browser and the measurements of bench_widgets.py share it.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing that the browser fetches for itself, and no sandbox, which a container cannot give.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PATIENCE = 60  # seconds for one step of JupyterLab; a busy machine takes ten times the usual one
RUNNING = 600  # seconds for all cells of a lesson

JUPYTER, JUPYTERLAB = ("CONFIG", "DATA", "RUNTIME"), ("SETTINGS", "WORKSPACES")

OUTPUT = ".jp-Cell-outputArea > .jp-OutputArea-child > .jp-OutputArea-output"
IDLE = "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status"
IDLE += " === 'idle'"
RUN = """() => {
  window.finished = false;
  const ran = window.jupyterapp.commands.execute("notebook:run-all-cells");
  ran.finally(() => { window.finished = true; });
}"""
# Resolves when nothing in the page has changed for a fifth of a second.
QUIET = """() => new Promise((resolve) => {
  const done = () => {
    observer.disconnect();
    resolve();
  };
  let timer = setTimeout(done, 200);
  const observer = new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(done, 200);
  });
  observer.observe(document.body, { subtree: true, childList: true, attributes: true });
})"""


class NoBrowserError(Exception):
    """There is no browser to drive; says why in one sentence."""


def chromium() -> str:
    """The path of Chromium or Chrome, where Playwright is there to drive it."""
    if importlib.util.find_spec("playwright") is None:
        raise NoBrowserError("No browser was opened: Playwright is missing (make setup-all).")
    found = [path for path in map(shutil.which, NAMES) if path]
    if not found:
        raise NoBrowserError(f"No browser was opened: there is no {', '.join(NAMES)} to be found.")
    return found[0]


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A Chromium without a window, as Playwright's Browser."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


@contextlib.contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[dict[str, Any]]:
    """JupyterLab over the notebooks in `folder`: its address is "url", its password "token".

    home: an empty folder for its settings, so that those of this machine stay out of it.
    """
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    whole = {"windowingMode": "none"}  # all cells are in the page, the unseen ones too
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(whole), encoding="utf-8")
    line = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
    line += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={folder}"]
    with (home / "log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            line, env=os.environ | folders(home), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield address(server, home)
        finally:
            server.terminate()
            server.wait(PATIENCE)


def folders(home: Path) -> dict[str, str]:
    """The variables that keep JupyterLab's own files in `home`."""
    jupyter = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in JUPYTER}
    lab = {f"JUPYTERLAB_{name}_DIR": str(home / name.lower()) for name in JUPYTERLAB}
    return jupyter | lab


def address(server: "subprocess.Popen[bytes]", home: Path) -> dict[str, Any]:
    """What a server that has begun to listen says of itself."""
    for _ in range(10 * PATIENCE):
        for path in (home / "runtime").glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # it is being written
                said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                return said
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise OSError(f"JupyterLab did not start:\n{(home / 'log').read_text(encoding='utf-8')}")


def write(path: Path, cells: Iterable[str]) -> None:
    """Write a notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(
        cells=[new_code_cell(source) for source in cells], metadata={"kernelspec": kernel}
    )
    nbformat.write(notebook, path)


class Notebook:
    """One notebook in a JupyterLab in a page, and all that goes wrong there."""

    def __init__(self, page: Any, server: dict[str, Any], name: str) -> None:
        """page: Playwright's. server: what `jupyterlab` gives. name: the notebook's file."""
        self.page = page
        self.console: list[str] = []
        page.on("console", self._hear_errors)
        page.on("pageerror", lambda error: self.console.append(str(error)))
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{server['url']}lab/tree/{name}?reset&token={server['token']}")
        page.wait_for_function(IDLE)

    def _hear_errors(self, message: Any) -> None:
        if message.type == "error":
            self.console.append(message.text)

    def command(self, name: str, **arguments: Any) -> None:
        """Run one of JupyterLab's commands."""
        line = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => {})"
        self.page.evaluate(line, [name, arguments])

    def run(self) -> None:
        """Run all cells, top to bottom."""
        self.page.evaluate(RUN)
        self.page.wait_for_function("window.finished", timeout=1000 * RUNNING)
        self.settle()

    def outputs(self) -> list[Any]:
        """What each cell shows, as Playwright's locators."""
        return list(self.page.locator(f".jp-Notebook {OUTPUT}").all())

    def output(self, place: int) -> Any:
        """What one code cell shows, counted from 0."""
        return self.page.locator(".jp-CodeCell").nth(place).locator(OUTPUT).first

    def settle(self) -> None:
        """Wait until the kernel is idle and the page has come to rest."""
        self.page.wait_for_function(IDLE)
        self.page.evaluate(QUIET)

    def reload(self) -> None:
        """Save, then load the page anew; the kernel goes on, and every widget comes back."""
        self.command("docmanager:save")
        widgets = ".jp-OutputArea-output .jupyter-widgets"
        count = self.page.locator(widgets).count()
        self.page.reload()
        self.page.locator(widgets).nth(count - 1).wait_for(state="attached")
        self.settle()

    def troubles(self) -> list[str]:
        """Errors in the page's console, in cells and in JupyterLab's log panel."""
        errors = self.page.locator(".jp-Notebook [data-mime-type$='stderr']").all_inner_texts()
        self.command("logconsole:open")
        panel = self.page.locator(".jp-LogConsolePanel")
        panel.wait_for()
        logged = panel.locator(".jp-OutputArea-child").all_inner_texts()
        self.command("logconsole:open")  # which closes it again
        panel.wait_for(state="detached")
        return [*self.console, *errors, *logged]

    def close(self) -> None:
        """End the kernel and close the page."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()
