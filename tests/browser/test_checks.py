"""What the tests ask of a page finds what is wrong in pages that are broken on purpose."""

from contextlib import closing

import pytest
from hands import Step

from tools import browser

BROKEN = [
    "1 / 0",
    "import sys; print('a word of warning', file=sys.stderr)",
    "from IPython.display import Javascript\nJavascript('console.error(\"of the page\")')",
    """
from ipywidgets import IntSlider
slider = IntSlider(description="broken")
slider.observe(lambda change: [].pop(), names="value")
slider
""",
]


@pytest.fixture
def page(open_page):
    with closing(open_page()) as opened:
        opened.goto("about:blank")
        yield opened


def seen(page, html, check):
    """What a check says of a piece of HTML."""
    page.set_content(f"<body><div id='output' style='width: 300px'>{html}</div>")
    return page.locator("#output").evaluate(f"e => checks.{check}(e)")


@pytest.mark.parametrize(
    ("html", "ratios"),
    [
        ("<p style='color: #767676'>enough</p>", []),  # 4.54 on white, as WCAG's authors say
        ("<p style='color: #777777'>too faint</p>", ["too faint: 4.48"]),
        ("<p style='background: #000; color: #fff'>inverted</p>", []),
        ("<p style='background: #000'>black on black</p>", ["black on black: 1.00"]),
        ("<p style='opacity: 0.5'>half</p>", ["half: 3.98"]),
        ("<button style='color: #ccc' disabled>no</button>", []),
        ("<svg><text y='20' fill='#ccc'>drawn</text></svg>", ["drawn: 1.61"]),
        ("<p hidden style='color: #fff'>unseen</p>", []),
    ],
)
def test_text_is_faint_below_the_contrast_that_wcag_asks_for(page, html, ratios):
    assert seen(page, html, "faint") == ratios


def test_what_reaches_beyond_its_output_is_named_with_how_far(page):
    wide = "<p style='width: 340px' class='wide'>a</p><p style='width: 300px'>b</p>"
    assert seen(page, wide, "overflowing") == ["P wide: 40 px"]


def test_a_picture_that_changes_and_is_told_as_before_is_found():
    before = {"pictures": [["a", "told"], ["b", "told"], ["c", "told"]], "texts": []}
    after = {"pictures": [["a", "told"], ["new", "told"], ["new", "anew"]], "texts": []}
    assert Step("End", before, after).is_told_as_before() == ["told"]
    assert not Step("End", before, after).shows_nothing_new()
    assert Step("End", before, before).shows_nothing_new()


def test_errors_in_cells_in_the_page_and_in_a_widgets_callback_are_all_found(open_notebook, folder):
    browser.write(folder / "broken.ipynb", BROKEN)
    with closing(open_notebook("broken.ipynb")) as notebook:
        for _ in BROKEN:  # one after the other: an error would end them all
            notebook.command("notebook:run-cell-and-select-next")
        notebook.page.get_by_role("slider").press("ArrowRight")
        troubles = []
        for _ in range(100):  # nothing in the page tells when a callback has failed
            troubles = notebook.troubles()
            if "IndexError" in str(troubles):
                break
            notebook.page.wait_for_timeout(100)
    for trouble in ("ZeroDivisionError", "a word of warning", "of the page", "IndexError"):
        assert trouble in str(troubles)
