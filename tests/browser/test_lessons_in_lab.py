"""Every lesson in JupyterLab, run once from top to bottom and then tried by hand."""

from contextlib import closing
from pathlib import Path

import hands
import pytest

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))

# Keys that may show nothing new, because there is nothing new to show.
STILL = {
    # The tiny image has no pixel between the two lowest or the two highest thresholds.
    "00_start_here": {"threshold: ArrowLeft", "threshold: ArrowRight"},
}


@pytest.fixture
def notebook(open_notebook, lesson):
    """A lesson, once run."""
    with closing(open_notebook(lesson.name)) as opened:
        opened.run()
        yield opened


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_everything_in_it_that_moves_can_be_moved(notebook, lesson):
    outputs = [one for one in notebook.outputs() if hands.sliders(one)]
    assert outputs, "a lesson without a slider"
    steps = [step for one in outputs for step in hands.steps(notebook, one)]
    still = {step.key for step in steps if step.shows_nothing_new()}
    assert still <= STILL.get(lesson.stem, set())
    for pad in notebook.page.locator(".mnistlab-pad-paper").all():
        try_pad(pad)
    for output in notebook.outputs():
        if output.get_by_role("button", name="Train").count():
            hands.train_and_stop(output)
    notebook.reload()
    assert not next(hands.steps(notebook, outputs[0])).shows_nothing_new()
    assert notebook.troubles() == []


def try_pad(pad):
    for draw in (hands.draw_by_mouse, hands.draw_by_touch, hands.draw_by_keyboard):
        draw(pad)
        assert hands.is_a_seven(pad)
        pad.press("Delete")
