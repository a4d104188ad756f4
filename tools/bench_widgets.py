"""Measures in Chromium how soon the widgets answer, in a real JupyterLab with the digits at hand.

Prints a table of medians and 95th percentiles beside what we aim at, and writes
build/bench-widgets.json. It measures and never fails: what a machine takes is no test.
"""

import json
import os
import platform
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import numpy as np

ROOT = Path(__file__).parents[1]
FILE = ROOT / "build" / "bench-widgets.json"
PRESSES = 60  # of keys on each explorer, and half as many sevens on the pad
CLICKS = 6  # on Train, and on Stop

# What we aim at, in milliseconds: the median and the 95th percentile.
AIMS = {
    "explorer": (20, 70),
    "ink": (5, 5),
    "answer": (70, 70),
    "first curve": (1000, 1000),
    "stop": (300, 300),
}

EXPLORERS = {
    "pixels": "widgets.pixels(images)",
    "votes": "widgets.votes(*networks['no-hidden'].get_weights(), images, labels)",
    "saturation": "widgets.saturation(logits['hidden'], labels)",
    "thresholds": "widgets.thresholds(logits, images, labels)",
    "confusion": "widgets.confusion(images, labels, logits['no-hidden'].argmax(axis=1))",
    "dropout": "widgets.dropout({'three layers': Network([100, 100, 100])}, images, labels)",
    "distortions": "widgets.distortions(networks, images, labels)",
}
CELLS = {
    "start": """
from mnistlab import data, models, training, widgets
from mnistlab.by_hand import Network
from mnistlab.pad import Pad
from mnistlab.playground import Playground

digits = data.load()
images, labels = digits.x_test[:5000], digits.y_test[:5000]
networks = {name: models.build(name) for name in ("no-hidden", "hidden", "sigmoid-pair")}
for network in networks.values():
    training.train(network, digits, epochs=1, limit=10_000, progress=False)
logits = {name: models.logits(network, images) for name, network in networks.items()}
""",
    **EXPLORERS,
    "pad": "Pad(networks)",
    "playground": "Playground(digits, epochs=100)",
}


def main() -> None:
    """Measure everything once, print it and write it down."""
    before = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder, browser.browser() as chromium:
        notebooks, home = Path(folder, "notebooks"), Path(folder, "home")
        notebooks.mkdir()
        browser.write(notebooks / "bench.ipynb", CELLS.values())
        with browser.jupyterlab(notebooks, home) as server:
            page = chromium.new_page(viewport={"width": 1024, "height": 2400})
            page.add_init_script(path=Path(__file__).with_suffix(".js"))
            notebook = browser.Notebook(page, server, "bench.ipynb")
            notebook.run()
            times = dict(measured(notebook))
        version = chromium.version
    machine = {
        "cores": os.cpu_count(),
        "load before": before,
        "load after": os.getloadavg(),
        "system": platform.platform(),
        "Python": platform.python_version(),
        "Chromium": version,
    }
    report(machine, times)


def measured(notebook: browser.Notebook) -> Iterator[tuple[str, list[float]]]:
    """Milliseconds of every repetition, by what was measured."""
    outputs = {name: notebook.output(place) for place, name in enumerate(CELLS)}
    for name in EXPLORERS:
        outputs[name].scroll_into_view_if_needed()
        yield (
            f"explorer {name}",
            outputs[name].evaluate("(e, count) => bench.presses(e, count)", PRESSES),
        )
    yield from drawn(outputs["pad"])
    yield from trained(outputs["playground"])


def drawn(output: Any) -> Iterator[tuple[str, list[float]]]:
    """Draw sevens with the mouse: how soon a move leaves ink, and the last one its answer."""
    page, paper = output.page, output.locator(".mnistlab-pad-paper")
    paper.scroll_into_view_if_needed()
    left, top = paper.bounding_box()["x"], paper.bounding_box()["y"]
    heard = output.evaluate_handle("e => bench.listen(e)")
    answers = []
    for shift in np.random.default_rng(0).uniform(-30, 30, PRESSES // 2):
        paper.press("Delete")
        page.mouse.move(left + 90 + shift, top + 70)
        page.mouse.down()
        for x, y in [(190, 70), (120, 220)]:
            page.mouse.move(left + x + shift, top + y, steps=15)
        page.wait_for_timeout(600)  # the pen is still down
        answers.append(heard.evaluate("heard => heard.answered - heard.moved"))
        page.mouse.up()
        page.wait_for_timeout(300)
    yield "ink", heard.evaluate("heard => heard.inks")
    yield "answer", answers


def trained(output: Any) -> Iterator[tuple[str, list[float]]]:
    """Train and stop: how soon a curve shows, and how soon the picture says that it stopped."""
    click = "(e, [name, text]) => bench.click(e, name, text)"
    curves, stops = [], []
    for _ in range(CLICKS):
        curves.append(output.evaluate(click, ["Train", "training: after"]))
        output.page.wait_for_timeout(1000)
        stops.append(output.evaluate(click, ["Stop", "stopped: after"]))
        output.page.wait_for_timeout(500)
    yield "first curve", curves
    yield "stop", stops


def report(machine: dict[str, Any], times: dict[str, list[float]]) -> None:
    """Print medians and 95th percentiles, and write all times to a file."""
    for name, fact in machine.items():
        print(f"{name}: {fact}")
    print(f"\n{'milliseconds':24}{'median':>9}{'p95':>9}{'aim':>14}{'n':>6}")
    for name, values in times.items():
        median, p95 = np.percentile(values, [50, 95])
        aims = AIMS[name] if name in AIMS else AIMS["explorer"]
        print(f"{name:24}{median:9.1f}{p95:9.1f}{aims[0]:>9} /{aims[1]:4}{len(values):6}")
    FILE.parent.mkdir(exist_ok=True)
    whole = {"machine": machine, "aims": AIMS, "milliseconds": times}
    FILE.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
