"""What a learner's hands do in a notebook: press keys on sliders, draw a seven, train and stop."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

SLIDERS = ".noUi-handle, input[type=range], [role=slider]"
# From wherever a slider stands, each of these moves it; but at its end the first cannot.
LABEL = "e => e.closest('.widget-inline-hbox')?.querySelector('label').textContent ?? e.ariaLabel"
KEYS = ("End", "ArrowLeft", "Home", "ArrowRight")
SEVEN = [(90, 70), (190, 70), (120, 220)]  # the corners of its one stroke
ON, OFF = [(140, 70), (155, 145)], [(90, 220), (190, 220)]  # where it leaves ink, and where not


class Step(NamedTuple):
    """What an output showed before and after a key was pressed on one of its sliders."""

    key: str
    before: dict[str, Any]
    after: dict[str, Any]

    def shows_nothing_new(self) -> bool:
        return self.before == self.after

    def is_told_as_before(self) -> list[str]:
        """The text alternatives of pictures that changed while their alternatives did not."""
        pairs = zip(self.before["pictures"], self.after["pictures"], strict=False)
        return [old[1] for old, new in pairs if old[0] != new[0] and old[1] == new[1]]


def steps(notebook: Any, output: Any) -> Iterator[Step]:
    """Press keys on every slider of an output that a picture follows."""
    for slider in sliders(output):
        name = slider.evaluate(LABEL)
        for key in KEYS:
            before, value = shown(output), position(slider)
            slider.press(key)
            if key == "End" and position(slider) == value:
                continue  # it stood there from the start
            wait_for_change(output, before)
            notebook.settle()
            yield Step(f"{name}: {key}", before, shown(output))


def sliders(output: Any) -> list[Any]:
    """An output's sliders that a picture follows.

    The pad's brush waits for the next stroke, and a playground's choices wait for Train.
    """
    if output.get_by_role("button", name="Train").count():
        return []
    found: list[Any] = output.locator(SLIDERS).all()
    return [one for one in found if not one.evaluate("e => e.closest('.mnistlab-pad')")]


def position(slider: Any) -> str:
    """Where a slider stands."""
    return str(slider.evaluate("e => e.value ?? e.ariaValueText"))


def shown(output: Any) -> dict[str, Any]:
    """The pictures and texts of an output."""
    found: dict[str, Any] = output.evaluate("e => checks.shown(e)")
    return found


def wait_for_change(output: Any, before: dict[str, Any]) -> None:
    """Wait until an output shows something else, for a quarter of a minute at most."""
    for _ in range(150):
        if shown(output) != before:
            return
        output.page.wait_for_timeout(100)


def draw_by_mouse(pad: Any) -> None:
    """Draw a seven on the pad with a mouse."""
    left, top = corner(pad)
    mouse = pad.page.mouse
    mouse.move(left + SEVEN[0][0], top + SEVEN[0][1])
    mouse.down()
    for x, y in SEVEN[1:]:
        mouse.move(left + x, top + y, steps=10)
    mouse.up()


def draw_by_touch(pad: Any) -> None:
    """Draw a seven on the pad with a finger."""
    left, top = corner(pad)
    chromium = pad.page.context.new_cdp_session(pad.page)
    chromium.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    kind = "touchStart"
    for (x, y), (to_x, to_y) in pairwise(SEVEN):
        for share in range(11):
            at_x, at_y = x + (to_x - x) * share / 10, y + (to_y - y) * share / 10
            point = {"x": left + at_x, "y": top + at_y}
            chromium.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
            kind = "touchMove"
    chromium.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    chromium.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    chromium.detach()


def draw_by_keyboard(pad: Any) -> None:
    """Draw a seven on the pad with the arrow keys, from the middle of the paper."""
    strokes = [("Left", 7), ("Up", 10), None, ("Right", 14)]
    strokes += 10 * [("Down", 1), ("Left", 1), ("Down", 1)] + [None]
    pad.focus()
    for stroke in strokes:
        key, times = (f"Arrow{stroke[0]}", stroke[1]) if stroke else ("Space", 1)
        for _ in range(times):
            pad.press(key)


def corner(pad: Any) -> tuple[float, float]:
    """Where in the window the paper begins, once it is in sight."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    return box["x"], box["y"]


def is_a_seven(pad: Any) -> bool:
    """Whether there is ink where a seven has it and none where it has none."""
    ink = [pad.evaluate("(e, point) => checks.inked(e, point)", point) for point in ON + OFF]
    return ink == [True] * len(ON) + [False] * len(OFF)


def train_and_stop(output: Any) -> None:
    """Train in a playground, wait for a curve, and stop."""
    output.get_by_role("button", name="Train").click()
    output.locator("svg[role=img][aria-label*='training: after']").first.wait_for()
    output.get_by_role("button", name="Stop").click()
    output.locator("svg[role=img][aria-label*='stopped: after']").first.wait_for()
