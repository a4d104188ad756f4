"""Every widget of the course in JupyterLab, also as somebody has it who cannot see or point."""

import re
from functools import cache

import hands
import pytest
from scratch import CELLS, EXPLORERS

from mnistlab import widgets

MOVED = [name for name in (*EXPLORERS, "interact") if name != "confusion"]  # which has no slider
SHOWN = [name for name in CELLS if name != "data"]
OURS = [name for name in SHOWN if name != "interact"]  # ipywidgets' sliders have no name
CONTROLS = ["button", "combobox", "checkbox", "textbox", "application", "grid"]


def output(notebook, name):
    """What a cell of the scratch notebook shows."""
    return notebook.output(list(CELLS).index(name))


def test_the_scratch_notebook_shows_every_explorer():
    assert sorted(EXPLORERS) == sorted(name for name in widgets.__all__ if name[0].islower())


@pytest.fixture(scope="module")
def steps(everything):
    """By name, what happened when keys were pressed on the sliders of an explorer."""
    return cache(lambda name: list(hands.steps(everything, output(everything, name))))


@pytest.mark.parametrize("name", MOVED)
def test_a_slider_is_moved_by_keys_and_the_picture_follows(notebook, steps, name):
    assert steps(name)
    assert [step.key for step in steps(name) if step.shows_nothing_new()] == []


@pytest.mark.parametrize("name", MOVED)
def test_a_picture_that_changes_is_told_in_other_words(notebook, steps, name):
    told = {step.key: step.is_told_as_before() for step in steps(name)}
    assert {key: alts for key, alts in told.items() if alts} == {}


@pytest.mark.parametrize("key", ["click", "ArrowUp"])
def test_a_cell_of_the_confusion_matrix_is_chosen_by_click_and_by_keys(notebook, key):
    shown = output(notebook, "confusion")
    matrix = shown.locator(".mnistlab-matrix")
    matrix.locator('[data-cell="4,9"]').click()
    if key == "ArrowUp":
        matrix.press("ArrowUp")
    truth = 3 if key == "ArrowUp" else 4
    shown.get_by_role("application", name=f"images of {truth} read as 9").wait_for()
    shown.get_by_role("img", name=f"a {truth}, read as 9").first.wait_for()
    alts = shown.get_by_role("img").evaluate_all("all => all.map((one) => one.alt)")
    assert all(f"a {truth}, read as 9" in alt for alt in alts)


@pytest.mark.parametrize("name", SHOWN)
def test_each_control_and_picture_has_a_name(notebook, name):
    shown = output(notebook, name)
    assert [role for role in ["img", *CONTROLS] if nameless(shown, role)] == []


@pytest.mark.parametrize("name", OURS)
def test_each_slider_has_a_name(notebook, name):
    assert nameless(output(notebook, name), "slider") == 0


def nameless(shown, role):
    """How many things of a kind a screen reader cannot name."""
    named = shown.get_by_role(role, name=re.compile(r"\w"))
    return shown.get_by_role(role).count() - named.count()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_text_stands_out_from_what_is_behind_it(notebook, theme):
    notebook.command("apputils:change-theme", theme=theme)
    notebook.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
    notebook.settle()
    faint = {name: output(notebook, name).evaluate("e => checks.faint(e)") for name in SHOWN}
    assert {name: texts for name, texts in faint.items() if texts} == {}


@pytest.mark.parametrize("width", [1024, 480])
def test_nothing_reaches_beyond_its_cell(notebook, width):
    notebook.page.set_viewport_size({"width": width, "height": 900})
    if width < 600:
        notebook.command("application:toggle-left-area")  # closes the list of files
    notebook.settle()
    wide = {name: output(notebook, name).evaluate("e => checks.overflowing(e)") for name in SHOWN}
    if width < 600:
        notebook.command("application:toggle-left-area")
    assert {name: parts for name, parts in wide.items() if parts} == {}


@pytest.mark.parametrize(
    "draw",
    [hands.draw_by_mouse, hands.draw_by_touch, hands.draw_by_keyboard],
    ids=["mouse", "touch", "keyboard"],
)
def test_a_seven_is_drawn_and_every_network_answers(notebook, draw):
    shown = output(notebook, "pad")
    paper = shown.locator(".mnistlab-pad-paper")
    shown.get_by_role("button", name="Clear").click()
    shown.get_by_text("Draw a digit: the answers").wait_for()
    draw(paper)
    shown.get_by_role("img", name="Outputs of two").wait_for()
    assert shown.get_by_role("img", name="Preparation").count() == 4
    assert hands.is_a_seven(paper)


def test_a_wider_brush_leaves_ink_where_a_thin_one_leaves_none(notebook):
    shown = output(notebook, "pad")
    paper, brush = shown.locator(".mnistlab-pad-paper"), shown.get_by_label("brush")
    beside = (140, 52)  # of the seven's upper stroke
    inked = []
    for key in ("Home", "End"):
        shown.get_by_role("button", name="Clear").click()
        brush.press(key)
        hands.draw_by_mouse(paper)
        inked.append(paper.evaluate("(e, point) => checks.inked(e, point)", beside))
    assert inked == [False, True]


def test_a_training_shows_its_curve_and_stops_when_told_to(notebook):
    shown = output(notebook, "playground")
    hands.train_and_stop(shown)
    hands.train_and_stop(shown)
    assert shown.locator("svg[role=img][aria-label*='the run before']").count() == 1
    shown.get_by_role("button", name="Train", disabled=False).wait_for()
    shown.get_by_role("button", name="Stop", disabled=True).wait_for()


def test_after_a_reload_the_page_shows_the_same_and_sliders_still_move(notebook):
    paper = output(notebook, "pad").locator(".mnistlab-pad-paper")
    output(notebook, "pad").get_by_role("button", name="Clear").click()
    hands.draw_by_mouse(paper)
    notebook.settle()
    before = [hands.shown(output(notebook, name)) for name in SHOWN]
    notebook.reload()
    assert [hands.shown(output(notebook, name)) for name in SHOWN] == before
    assert hands.is_a_seven(paper)
    step = next(hands.steps(notebook, output(notebook, "pixels")))
    assert not step.shows_nothing_new()
