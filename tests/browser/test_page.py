"""The exported page in a real browser, from the disk and with the network cut off."""

import json

import numpy as np
import pytest
from hands import OFF, ON, SEVEN

from mnistlab import images, models, pad, saving, training, web

ANSWER = """strokes => {
  const image = prepare(picture(strokes));
  return image && [Array.from(image), Array.from(answer(layers, image).outputs)];
}"""
COUNTED = """strokes => {
  const image = prepare(picture(strokes));
  return Array.from(votes(layers, image, 3));
}"""


def expect(what):
    """Playwright's own: imported late, since most set-ups have no Playwright."""
    from playwright.sync_api import expect as playwrights

    return playwrights(what)


@pytest.fixture(scope="module", params=["hidden", "cnn-fast"])
def model(request, digits):
    """A network that reads digits."""
    model = models.build(request.param)
    training.train(model, digits, epochs=1, limit=10_000, progress=False)
    return model


@pytest.fixture
def opened(model, chromium, tmp_path):
    """Its page, opened from the disk; what it asks of a network or complains of is a failure."""
    file = saving.export(model, tmp_path / "page.html")
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, offline=True
    )
    page, troubles = context.new_page(), []
    page.on("console", lambda said: said.type == "error" and troubles.append(said.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url))
    page.goto(file.as_uri())
    yield page
    asked = [trouble for trouble in troubles if trouble != file.as_uri()]
    context.close()
    assert [one for one in asked if not one.startswith("data:")] == []


@pytest.fixture
def functions(model, chromium):
    """An empty page with the page's functions and the network's layers."""
    page = chromium.new_page()
    script = web.page(model).split('<script type="module">')[1].split("</script>")[0]
    own = script.split("// The page around pad.js")[0]
    page.add_script_tag(content=f"{own}\nconst layers = unpack(NETWORK.layers, NETWORK.weights);")
    yield page
    page.close()


def drawings(shared):
    """Strokes of five people, with pens of three widths and a slip beside some."""
    found = json.loads((shared / "pictures" / "strokes.json").read_text())
    for place, drawing in enumerate(found[::5]):
        points = np.array(drawing["segments"], float)
        low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
        on_paper = (points - (low + high) / 2) * 200 / (high - low).max() + 140
        size = (22, 8, 40)[place % 3]
        strokes = [{"size": size, "points": line.round(1).tolist()} for line in on_paper]
        yield strokes + [{"size": 22, "points": [[20, 20]]}] * (place % 4 == 0)


def test_the_page_prepares_and_answers_as_python_does(functions, model, shared):
    for strokes in drawings(shared):
        image, outputs = functions.evaluate(ANSWER, strokes)
        ours = images.prepare(1 - pad.picture(strokes)).image
        np.testing.assert_allclose(np.reshape(image, (28, 28)), ours, atol=1e-5)
        expected = np.asarray(model(ours[np.newaxis], training=False))[0]
        np.testing.assert_allclose(outputs, expected, atol=1e-3)
        assert np.argmax(outputs) == np.argmax(expected)


def test_a_pixels_vote_is_what_its_ink_adds_to_the_logit(functions, model):
    strokes = [{"size": 22, "points": SEVEN}]
    image = images.prepare(1 - pad.picture(strokes)).image
    told = np.reshape(functions.evaluate(COUNTED, strokes), (28, 28))
    assert not told[image == 0].any()
    for row, column in np.argwhere(image > 0)[::20]:
        without = image.copy()
        without[row, column] = 0
        whole, less = models.logits(model, np.stack([image, without]))[:, 3]
        assert told[row, column] == pytest.approx(whole - less, abs=2e-3)


def test_nothing_drawn_is_no_image(functions):
    assert functions.evaluate(ANSWER, []) is None


def paper(page):
    return page.get_by_role("application")


def draw(page, corners=SEVEN):
    box = paper(page).bounding_box()
    scale = box["width"] / pad.SIDE
    page.mouse.move(box["x"] + corners[0][0] * scale, box["y"] + corners[0][1] * scale)
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x * scale, box["y"] + y * scale, steps=8)
    page.mouse.up()


def said(page):
    return page.locator("#said")


def test_a_digit_drawn_by_mouse_is_read_and_its_votes_counted(opened):
    expect(said(opened)).to_have_text("The paper is empty.")
    draw(opened)
    expect(said(opened)).to_have_text("This is a 7.")
    expect(opened.locator("tr.best th")).to_have_text("7")
    outputs = [float(text) for text in opened.locator("td.number").all_inner_texts()]
    assert sum(outputs) == pytest.approx(1, abs=0.01)
    told = opened.get_by_role("img", name="pixels speak for the 7")
    expect(told).to_be_visible()
    dark = opened.evaluate(
        "places => places.map(([x, y]) => document.querySelector('.mnistlab-pad-paper')"
        ".getContext('2d').getImageData(x, y, 1, 1).data[0] < 100)",
        [*ON, *OFF],
    )
    assert dark == [True] * len(ON) + [False] * len(OFF)
    opened.get_by_role("button", name="Clear").click()
    expect(said(opened)).to_have_text("The paper is empty.")


def test_a_finger_draws_and_the_page_stays_where_it_is(opened):
    box = paper(opened).bounding_box()
    session = opened.context.new_cdp_session(opened)

    def touch(kind, *points):
        places = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    (x0, y0), (x1, y1), (x2, y2) = SEVEN
    touch("touchStart", SEVEN[0])
    for step in range(1, 9):
        touch("touchMove", (x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8))
    for step in range(1, 9):
        touch("touchMove", (x1 + (x2 - x1) * step / 8, y1 + (y2 - y1) * step / 8))
    touch("touchEnd")
    expect(said(opened)).to_have_text("This is a 7.")
    assert opened.evaluate("window.scrollY") == 0


def test_keys_draw_a_one(opened):
    paper(opened).focus()
    for _ in range(14):
        opened.keyboard.press("ArrowUp")
    opened.keyboard.press(" ")
    for _ in range(28):
        opened.keyboard.press("ArrowDown")
    opened.keyboard.press(" ")
    expect(said(opened)).to_have_text("This is a 1.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1024])
def test_it_fits_the_window_and_can_be_read_in_light_and_dark(opened, scheme, width):
    opened.emulate_media(color_scheme=scheme)
    opened.set_viewport_size({"width": width, "height": 800})
    draw(opened)
    expect(said(opened)).to_have_text("This is a 7.")
    assert opened.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    colours = opened.evaluate(
        "['body', '#said', 'tr.best', 'caption', '.mnistlab-pad-button'].map(name => {"
        "const own = getComputedStyle(document.querySelector(name)).color;"
        "const page = name.includes('button')"
        " ? getComputedStyle(document.querySelector(name)).backgroundColor"
        " : getComputedStyle(document.body).backgroundColor;"
        "return [own, page].map(text => text.match(/[0-9.]+/g).map(Number)); })"
    )
    for text, behind in colours:
        assert contrast(text, behind) >= 4.5


def contrast(one, other):
    """As the Web Content Accessibility Guidelines define it."""

    def light(colour):
        parts = np.array(colour[:3]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return linear @ (0.2126, 0.7152, 0.0722)

    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)
