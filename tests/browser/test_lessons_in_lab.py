"""Every lesson in JupyterLab, run once from top to bottom and then tried by hand."""

import hands
import pytest
from conftest import LESSONS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_and_everything_in_it_that_moves_can_be_moved(open_notebook, lesson):
    notebook = open_notebook(lesson.name)
    notebook.run()
    outputs = [one for one in notebook.outputs() if hands.sliders(one)]
    assert outputs, "a lesson without a slider"
    assert [wrong for one in outputs for wrong in hands.try_sliders(notebook, one)] == []
    for pad in notebook.page.locator(".mnistlab-pad-paper").all():
        try_pad(pad)
    for output in notebook.outputs():
        if output.get_by_role("button", name="Train").count():
            hands.train_and_stop(output)
    notebook.reload()
    assert hands.move(notebook, outputs[0], hands.sliders(outputs[0])[0]) == []
    assert notebook.troubles() == []
    notebook.page.close()


def try_pad(pad):
    for draw in (hands.draw_by_mouse, hands.draw_by_touch, hands.draw_by_keyboard):
        draw(pad)
        assert hands.is_a_seven(pad)
        pad.press("Delete")
