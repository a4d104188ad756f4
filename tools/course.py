"""Runs every lesson top to bottom and writes it, outputs in, as a page under build/course/.

Fills the measured time into each lesson's heading, where it says "The code runs in about …".
"""

import html
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from traitlets.config import Config

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "course"
TIME = re.compile(r"(?<=The code runs in about ).*?(?= on two cores)")
WIDGET = "application/vnd.jupyter.widget-view+json"
NO_WIDGET = "<p><em>In JupyterLab this answers to you; this page shows its first position.</em></p>"
INDEX = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>mnistlab</title>
<style>
body {{ font: 18px/1.6 system-ui, sans-serif; max-width: 36em; margin: 3em auto; padding: 0 1em }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #111; color: #eee }} a {{ color: #8cf }}
}}
</style>
<h1>mnistlab</h1>
<p>Every lesson as it looks after a run from top to bottom. Sliders move only in JupyterLab.</p>
<ul>
{rows}
</ul>
"""


def main() -> None:
    """Run all lessons; a lesson that fails ends the run with its error."""
    PAGES.mkdir(parents=True, exist_ok=True)
    rows = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        print(f"{path.stem:24}", end="", flush=True)
        seconds = make_page(path)
        print(f"{seconds:6.1f} s", flush=True)
        rows.append(f'<li><a href="{path.stem}.html">{html.escape(title(path))}</a></li>')
    index = PAGES / "index.html"
    index.write_text(INDEX.format(rows="\n".join(rows)), encoding="utf-8")
    print(f"open {index.relative_to(ROOT)}")


def make_page(path: Path) -> float:
    """Run one lesson, write its page, and return how many seconds the run took."""
    lesson = nbformat.read(path, as_version=4)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run(lesson, path.parent, Path(folder, "kernel"))
    seconds = time.perf_counter() - start
    replace_widgets(lesson)
    fill_in_time(path, seconds)
    lesson.cells[0].source = nbformat.read(path, as_version=4).cells[0].source
    page, _ = HTMLExporter().from_notebook_node(lesson, {"metadata": {"name": title(path)}})
    (PAGES / f"{path.stem}.html").write_text(page, encoding="utf-8")
    return seconds


class PageClient(NotebookClient):
    """Runs a lesson for a page that is only read.

    nbclient plays the browser's part for the output area of a slider. That makes about one run in
    ten wait for ever (nbclient #312), and hides the output inside a widget that no page can show.
    """

    def on_comm_open_jupyter_widget(self, message: object) -> None:
        """Leave what a slider's function shows to the cell itself."""


def run(lesson: nbformat.NotebookNode, folder: Path, socket: Path) -> None:
    """Run all cells in a fresh kernel.

    The kernel talks through files: a free port can be taken by another program before it starts.
    """
    config = Config()
    if sys.platform != "win32":  # which has no such files
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = str(socket)
    resources = {"metadata": {"path": folder}}
    PageClient(
        lesson, timeout=600, resources=resources, config=config, store_widget_state=False
    ).execute()


def replace_widgets(lesson: nbformat.NotebookNode) -> None:
    """Where a slider stood, leave what it showed in its first position, and say so."""
    for cell in lesson.cells:
        for output in cell.get("outputs", []):
            if WIDGET in output.get("data", {}):
                output.data = {"text/html": output.data.get("text/html", "") + NO_WIDGET}


def fill_in_time(path: Path, seconds: float) -> None:
    """Write the time into the lesson's heading; nothing else of the file changes."""
    lesson = nbformat.read(path, as_version=4)
    heading = lesson.cells[0]
    filled = TIME.sub(in_words(seconds), heading.source)
    if filled != heading.source:
        heading.source = filled
        nbformat.write(lesson, path)


def in_words(seconds: float) -> str:
    """A time as a heading says it, rounded so that two runs say the same."""
    if seconds < 55:
        return f"{max(10, round(seconds / 10) * 10)} seconds"
    minutes = round(seconds / 30) / 2
    return "a minute" if minutes == 1 else f"{minutes:g} minutes"


def title(path: Path) -> str:
    """The lesson's first heading."""
    source: str = nbformat.read(path, as_version=4).cells[0].source
    return source.splitlines()[0].lstrip("# ")


if __name__ == "__main__":
    main()
