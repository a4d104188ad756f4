"""The app under the real Voilà: what people see who should see no code."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import hands
import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120_000  # milliseconds, until the networks have learnt on a busy machine


@pytest.fixture(scope="module")
def address():
    """Where `make app` says that it listens, its first port being taken."""
    pytest.importorskip("voila", reason="Voilà is missing (make setup-all)")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = [sys.executable, ROOT / "tools" / "app.py", f"--port={port}"]
        app = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            said = app.stdout.readline()
            (found,) = re.findall(r"http://127\.0\.0\.1:\d+/", said)
            assert f":{port}/" not in found
            yield found
        finally:
            app.terminate()
            app.communicate(timeout=30)


@pytest.fixture(scope="module")
def troubles():
    """Errors, and requests to anywhere but the app."""
    return []


@pytest.fixture(scope="module")
def app(address, open_page, troubles):
    """The app, once the networks have learnt."""
    page = open_page()
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if away(request.url) else None)
    page.goto(address, wait_until="commit")
    page.get_by_text("The networks are learning").wait_for(timeout=PATIENCE)
    page.locator(".mnistlab-pad-paper").wait_for(timeout=PATIENCE)
    page.get_by_text("What the third network found").wait_for()
    yield page
    page.close()


def away(url):
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


@pytest.fixture(autouse=True)
def nothing_goes_wrong(app, troubles):
    app.set_viewport_size({"width": 1024, "height": 900})
    yield
    assert troubles == []


def paper(app):
    return app.locator(".mnistlab-pad-paper")


def explorer(app, label):
    """The explorer one of whose controls has this label."""
    has = app.locator("label", has_text=re.compile(f"^{re.escape(label)}$"))
    return app.locator(".jp-OutputArea-output", has=has).last


def test_no_code_is_seen(app):
    text = app.locator("body").inner_text()
    assert "How a network reads a digit" in text
    assert [word for word in ("import ", "networks[", "digits =") if word in text] == []
    assert app.locator(".jp-InputArea-editor:visible, .highlight:visible").count() == 0


@pytest.mark.parametrize("draw", [hands.draw_by_mouse, hands.draw_by_keyboard])
def test_a_seven_on_the_paper_changes_the_answer(app, draw):
    pad = app.locator(".jp-OutputArea-output", has=paper(app)).last
    app.get_by_role("button", name="Clear").click()
    pad.get_by_role("img", name="Preparation, 4 centred").wait_for(state="detached")
    draw(paper(app))
    assert hands.is_a_seven(paper(app))
    pad.get_by_role("img", name="Preparation, 4 centred").wait_for()
    for name in ("hidden", "cnn-fast"):
        pad.get_by_role("img", name=f"Outputs of {name}: 7 with").wait_for()


@pytest.mark.parametrize("label", ["turn (degrees)", "pen", "votes on", "row", "map"])
def test_a_slider_is_moved_by_keys_and_its_picture_follows(app, label):
    output = explorer(app, label)
    (slider,) = [one for one in hands.sliders(output) if one.evaluate(hands.LABEL) == label]
    before = hands.shown(output)
    slider.press("ArrowRight")
    hands.wait_for_change(output, before)
    assert hands.shown(output) != before


def test_on_a_phone_nothing_stands_out_to_the_right(app):
    app.set_viewport_size({"width": 390, "height": 844})
    app.wait_for_timeout(500)
    assert app.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
    assert app.locator(".jp-OutputArea-output").evaluate_all(wide) == 0
