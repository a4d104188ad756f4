"""Every lesson keeps to the style, and each of these tests fails on a lesson that does not."""

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import lesson_style
import nbformat
import pytest
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from test_tools import load

from mnistlab import exercises

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))


def number(path):
    return int(path.stem[:2])


def read(path):
    return nbformat.read(path, as_version=4)


def executed(lesson, tmp_path):
    """The lesson after a run from top to bottom, every slider having been at both its ends."""
    ran = copy.deepcopy(lesson)
    ran.cells.insert(0, new_code_cell(lesson_style.SWEEP))
    load("course").run(ran, FOLDER, tmp_path / "kernel")
    return ran


def page(lesson):
    return HTMLExporter().from_notebook_node(lesson)[0]


each_lesson = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_there_are_lessons_and_none_is_ignored():
    assert PATHS
    everywhere = {path for path in ROOT.rglob("*.ipynb") if not hidden(path)}
    assert everywhere == {*PATHS, *FOLDER.glob("app/*.ipynb"), *FOLDER.glob("coursework/*.ipynb")}
    settings = [ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("**/conftest.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in settings if not hidden(path))
    folders = "notebooks/*.ipynb notebooks/app/*.ipynb notebooks/coursework/*.ipynb"
    assert f"NOTEBOOKS := $(wildcard {folders})" in text
    assert re.findall(r"--ignore|--deselect|collect_ignore|norecursedirs|--nbval-skip", text) == []


def hidden(path):
    parts = path.relative_to(ROOT).parts
    return any(part.startswith(".") or part == "build" for part in parts)


@each_lesson
def test_a_lesson_has_the_size_of_one_sitting(path):
    assert lesson_style.size(read(path)) == []


@each_lesson
def test_a_lesson_begins_with_its_title_its_aims_and_its_time(path):
    assert lesson_style.heading(read(path), number(path)) == []


@each_lesson
def test_a_lesson_ends_with_what_it_promised(path):
    assert lesson_style.objectives(read(path)) == []


@each_lesson
def test_a_lesson_asks_for_guesses_and_each_comes_back(path):
    assert lesson_style.guesses(read(path)) == []


@each_lesson
def test_a_lesson_has_three_exercises_and_all_that_the_package_has(path):
    assert lesson_style.checks(read(path), number(path)) == []


@each_lesson
def test_a_lesson_has_a_slider_between_a_question_and_its_explanation(path):
    assert lesson_style.sliders(read(path)) == []


@each_lesson
def test_no_measured_number_stands_in_a_lessons_prose(path):
    assert lesson_style.measured(read(path)) == []


@each_lesson
def test_no_output_is_stored_but_in_cells_that_are_checked(path):
    assert lesson_style.outputs(read(path)) == []


@each_lesson
def test_whatever_is_random_in_a_lesson_has_a_seed(path):
    assert lesson_style.seeds(read(path)) == []


@each_lesson
def test_an_import_stands_in_the_cell_that_first_uses_it(path):
    assert lesson_style.imports(read(path)) == []


@each_lesson
def test_a_lesson_is_spelt_the_british_way(path):
    assert lesson_style.spelling(read(path)) == []


@each_lesson
def test_a_lessons_links_are_alive_and_lead_on(path):
    following = next((other.name for other in PATHS if number(other) == number(path) + 1), None)
    assert lesson_style.links(read(path), FOLDER, following) == []


@pytest.mark.long
@each_lesson
def test_a_lesson_runs_with_sliders_at_both_ends_pictures_in_words_and_its_solutions(
    path, tmp_path
):
    """Two runs for all questions, since a run takes a minute or two."""
    lesson = read(path)
    ran = executed(lesson_style.solved(lesson), tmp_path)
    assert lesson_style.unsolved(ran) == []
    html = page(ran)
    assert lesson_style.pictures(html) == []
    assert ("<img" in html) == ("plots." in "\n".join(lesson_style.code(lesson)))
    again = copy.deepcopy(lesson)
    load("course").run(again, FOLDER, tmp_path / "again")
    assert lesson_style.drifted(ran, again) == []


# From here on: lessons broken on purpose.

AIMS = "- read a picture\n- scale it\n- label it"


@pytest.fixture
def good(monkeypatch):
    """A lesson with nothing amiss, of the right size; each test breaks it in one way."""
    start = new_markdown_cell(
        f"# 1 · Good\n\n**You will be able to**\n\n{AIMS}\n\n"
        "*Time: 20 minutes. The code runs in about 10 seconds on two cores.*"
    )
    lesson = new_notebook(cells=[start])
    asked = ["1.3", "1.4", "1.6", "1.8", "1.10"]
    monkeypatch.setattr(exercises, "numbers", lambda lesson: asked)
    for i in range(1, 11):
        call = f'answer = ...\nexercises.check("1.{i}", answer)'
        if f"1.{i}" not in asked:
            call = f'exercises.guess("1.{i}", ...)\nexercises.guessed("1.{i}", 3)'
        lesson.cells += [new_markdown_cell("**Predict:** what comes?"), new_code_cell(call)]
    lesson.cells += [
        new_markdown_cell("What does the slider do?"),
        new_code_cell("from ipywidgets import interact\n\ninteract(print, x=(0, 9))"),
        new_markdown_cell("It prints, at a rate of 0.001."),
        new_code_cell("import numpy as np\n\nrate = 0.001 * np.random.default_rng(0).random()"),
        new_markdown_cell(f"## You can now\n\n{AIMS}\n\nNext, [lesson 2](02.ipynb) goes on."),
    ]
    return lesson


def of(lesson, tmp_path):
    """All that is amiss with a lesson."""
    (tmp_path / "02.ipynb").touch()
    return [
        *lesson_style.size(lesson),
        *lesson_style.heading(lesson, 1),
        *lesson_style.objectives(lesson),
        *lesson_style.guesses(lesson),
        *lesson_style.checks(lesson, 1),
        *lesson_style.sliders(lesson),
        *lesson_style.measured(lesson),
        *lesson_style.outputs(lesson),
        *lesson_style.seeds(lesson),
        *lesson_style.imports(lesson),
        *lesson_style.spelling(lesson),
        *lesson_style.links(lesson, tmp_path, "02.ipynb"),
    ]


def test_a_good_lesson_passes(good, tmp_path):
    assert of(good, tmp_path) == []


BROKEN_TEXT = {
    "another title": (0, "# 1 · Good", "# 2 · Good", "the title does not"),
    "two aims": (0, "\n- label it", "", "no three things"),
    "an aim said otherwise": (-1, "label it", "label them", "but at the end"),
    "no time": (0, "*Time: 20 minutes. ", "*", "say the time"),
    "no question before the slider": (21, "?", ".", "does not follow a question"),
    "a percentage": (23, "rate", "rate of 98.2 %", "'98.2 %' in Markdown"),
    "an accuracy": (23, "0.001", "0.924", "'0.924' in Markdown"),
    "a number that drifted from the code": (23, "0.001", "0.003", "'0.003' in Markdown"),
    "a measured time": (23, "It prints", "After 12 seconds it prints", "'12 seconds' in"),
    "a dead link": (23, "It", "[It](nowhere.md)", "dead link nowhere.md"),
    "a dead picture": (23, "It", '<img alt="a" src="no.png"> It', "dead link no.png"),
    "a slip of the pen": (23, "It", "Weigths", "'Weigths' should be ['Weights']"),  # misspelt
    "another spelling": (23, "It", "The color", "'color' should be ['colour']"),
    "no link onward": (-1, "[lesson 2](02.ipynb)", "lesson 2", "no link to 02.ipynb"),
}


@pytest.mark.parametrize(("cell", "old", "new", "said"), BROKEN_TEXT.values(), ids=BROKEN_TEXT)
def test_a_broken_text_is_found(good, tmp_path, cell, old, new, said):
    assert old in good.cells[cell].source
    good.cells[cell].source = good.cells[cell].source.replace(old, new, 1)
    assert said in "\n".join(of(good, tmp_path))


BROKEN_CODE = {
    "too long": ("\n".join(f"x = {i}" for i in range(21)), "a code cell of 21 lines"),
    "empty": ("", "a code cell of 0 lines"),
    "too long with its blank lines": (
        "\n\n".join(f"x = {i}" for i in range(11)),
        "a code cell of 21 lines, blank",
    ),
    "no seed": ("import numpy as np\n\nnp.random.default_rng()", "without a seed"),
    "NumPy's old dice": ("import numpy as np\n\nnp.random.rand(3)", "np.random.rand"),
    "Python's dice": ("import random\n\nrandom.random()", "import random"),
    "a split without a seed": ("train_test_split(x, y)", "without a random_state"),
    "a network without a seed": (
        "import keras\n\nkeras.Sequential([keras.Input((784,))])",
        "set_random_seed",
    ),
    "training without a seed": ("model.fit(x, y)", "set_random_seed"),
    "an import too early": ("import keras\n\nx = 3", "imports keras unused"),
    "a guess that never comes back": ('exercises.guess("1.11", 3)', "never comes back"),
    "a result nobody guessed": ('exercises.guessed("1.11", 3)', "never asked for"),
    "an unknown exercise": ('exercises.check("1.11", 3)', "the package has"),
}


@pytest.mark.parametrize(("source", "said"), BROKEN_CODE.values(), ids=BROKEN_CODE)
def test_broken_code_is_found(good, tmp_path, source, said):
    good.cells[-2].source = "rate = 0.001"
    good.cells[-1:-1] = [new_markdown_cell("And this?"), new_code_cell(source)]
    assert said in "\n".join(of(good, tmp_path))


def test_a_network_after_its_seed_is_fine(good, tmp_path):
    good.cells[
        -2
    ].source = "import keras\n\nkeras.utils.set_random_seed(0)\nkeras.Sequential()\nrate = 0.001"
    assert of(good, tmp_path) == []


def test_a_lesson_too_short_or_too_long_or_with_too_little_text_is_found(good):
    few, many, silent = (copy.deepcopy(good) for _ in range(3))
    few.cells = few.cells[:20]
    many.cells = many.cells + many.cells[:20]
    silent.cells += [new_code_cell(str(i)) for i in range(3)]
    assert lesson_style.size(few) == ["20 cells, not 25 to 40"]
    assert lesson_style.size(many) == ["46 cells, not 25 to 40"]
    assert lesson_style.size(silent) == ["15 code cells but 14 of Markdown"]


def test_stored_outputs_are_found_unless_they_are_checked(good):
    output = new_output("stream", text="3\n")
    stored, checked, unchecked, empty, skipped = (copy.deepcopy(good) for _ in range(5))
    stored.cells[2].outputs = [output]
    for lesson in (checked, unchecked, empty):
        lesson.cells[2].metadata.tags = ["nbval-check-output"]
    checked.cells[2].update(outputs=[output], execution_count=1)
    unchecked.cells[2].outputs = [output]
    empty.cells[2].execution_count = 1
    skipped.cells[2].metadata.tags = ["nbval-skip"]
    assert "not tagged" in lesson_style.outputs(stored)[0]
    assert lesson_style.outputs(checked) == []
    assert "never checked" in lesson_style.outputs(unchecked)[0]
    assert "has no output" in lesson_style.outputs(empty)[0]
    assert "tagged nbval-skip" in lesson_style.outputs(skipped)[0]


def test_a_lesson_without_slider_guesses_or_exercises_is_found(good):
    bare = copy.deepcopy(good)
    bare.cells = [bare.cells[0], bare.cells[-1]]
    assert lesson_style.sliders(bare) == ["no slider"]
    assert lesson_style.guesses(bare) == ["fewer than three predictions"]
    assert lesson_style.checks(bare, 1)[0] == "0 exercises, not three"


def test_numbers_out_of_order_are_found(good):
    good.cells[2].source = good.cells[2].source.replace("1.1", "1.9")
    assert "are numbered 1.9, 1.2" in lesson_style.checks(good, 1)[0]


def test_a_slider_without_an_explanation_is_found(good):
    del good.cells[23]
    assert "no explanation" in lesson_style.sliders(good)[0]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<img alt="Ten digits &gt; 3" src="data:x">', []),
        ('<img alt=" " src="data:x">', ["picture 0 has no text alternative"]),
        ('<img alt="a" src="data:x"><img src="data:x">', ["picture 1 has no text alternative"]),
        (
            '<img alt="No description has been provided for this image" src="data:x">',
            ["picture 0 has no text alternative"],
        ),
        ("<p>words</p>", []),
    ],
)
def test_a_picture_without_words_is_found(html, found):
    assert lesson_style.pictures(html) == found


def test_a_solution_that_is_not_right_is_found(good):
    said = {"1.3": "Exercise 1.3: right. So it is.", "1.4": "Exercise 1.4: not yet. (…)"}
    for cell in good.cells:
        for number, text in said.items():
            if f'check("{number}"' in cell.source:
                cell.outputs = [new_output("stream", text=text)]
    assert lesson_style.unsolved(good) == [
        f"the solution of {number} is not right" for number in ("1.4", "1.6", "1.8", "1.10")
    ]


def test_a_number_that_another_run_changes_is_found(good):
    one, other, slower, solved = (copy.deepcopy(good) for _ in range(4))
    texts = ["loss 0.123 after 2s 1ms/step", "loss 0.124 after 2s 1ms/step"]
    texts += ["loss 0.123 after  12s 3ms/step", "loss 0.5 after 2s 1ms/step"]
    for lesson, text in zip((one, other, slower, solved), texts, strict=True):
        lesson.cells[2].outputs = [new_output("stream", text=text)]
    solved.cells[2].source = "answer = 3"
    assert lesson_style.drifted(one, other) == [
        "'loss 0.123 after … …' became 'loss 0.124 after … …'"
    ]
    assert lesson_style.drifted(one, slower) == lesson_style.drifted(one, solved) == []


@pytest.mark.slow
def test_a_picture_that_pyplot_leaves_on_a_page_is_found(tmp_path):
    plot = "import matplotlib.pyplot as plt\n\nplt.plot([1, 2]);"
    ran = executed(new_notebook(cells=[new_code_cell(plot)]), tmp_path)
    assert lesson_style.pictures(page(ran)) == ["picture 0 has no text alternative"]


BROKEN_RUNS = {
    "a wrong shape": "import numpy as np\n\nnp.zeros((5, 784)).reshape(5, 28, 29)",
    "a slider that fails at its other end": (
        "from ipywidgets import interact\n\n\n"
        "@interact(x=(0, 9))\ndef f(x=1):\n    return 1 / (9 - x)"
    ),
    "a slider that fails when both are at their ends": (
        "from ipywidgets import interact\n\ninteract(lambda x, y: 1 / (18 - x - y), "
        "x=(0, 9), y=(0, 9))"
    ),
    "a choice that fails at its last": (
        "from ipywidgets import interact\n\ninteract(lambda x: [1][x], x={'one': 0, 'two': 1})"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("source", BROKEN_RUNS.values(), ids=BROKEN_RUNS)
def test_a_lesson_that_fails_somewhere_is_found(source, tmp_path):
    with pytest.raises(CellExecutionError):
        executed(new_notebook(cells=[new_code_cell(source)]), tmp_path)


@pytest.mark.slow
def test_nbval_finds_a_number_that_drifted_but_not_where_a_cell_has_no_count(tmp_path):
    drifted = new_code_cell("28 * 28", execution_count=1)
    drifted.outputs = [new_output("stream", text="785\n")]
    uncounted = new_code_cell("28 * 28")
    for name, cell in (("drifted", drifted), ("uncounted", uncounted)):
        cell.metadata.tags = ["nbval-check-output"]
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    options = ["--nbval-lax", "--nbval-current-env", "-p", "no:warnings", "-p", "no:cacheprovider"]
    out = subprocess.run(
        # The plugin conftest.py lets its kernels, too, talk through files.
        [sys.executable, "-m", "pytest", "-q", *options, "-p", "conftest", "--rootdir", ".", "."],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "1 failed, 1 passed" in out, out
    assert "FAILED drifted.ipynb" in out
    assert len(lesson_style.outputs(read(tmp_path / "uncounted.ipynb"))) == 2
