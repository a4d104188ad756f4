"""Coursework without the grader: data of one's own, answers, hidden tests, what is handed in."""

import base64
import contextlib
import gc
import io
import json
from pathlib import Path
from types import SimpleNamespace

import lesson_style
import nbformat
import numpy as np
import pytest
from coursework_class import filled, notebook
from grading import judge, source, submissions
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistlab import coursework, data
from mnistlab.coursework import Variation, assignment_1, marking
from mnistlab.data import Digits

ASSIGNMENTS = source.assignments()


@pytest.fixture(autouse=True)
def _nothing_handed_in(monkeypatch):
    monkeypatch.setattr(coursework, "answers", {})
    monkeypatch.setattr(coursework, "current", {})
    monkeypatch.setattr(marking, "_records", None)
    monkeypatch.setattr(marking, "_begun", None)
    marking.recomputed.cache_clear()
    for name in (coursework.GIVEN, coursework.ANSWERS):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def many_digits():
    """Enough digits to choose from, each a bar at the place of its label."""
    random = np.random.default_rng(0)
    labels = (np.arange(9000) % 10).astype(np.uint8)
    images = random.integers(0, 40, (9000, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[:, 2 * label + 4 : 2 * label + 6] = 255
    few = images[:10], labels[:10]
    return Digits(images, labels, *few, source="mnist", origin="made for a test")


# The data


def test_the_same_name_gives_the_same_data_and_another_name_gives_other_data(many_digits):
    one, again, other = (
        coursework.vary(1, name, many_digits) for name in ("anna", " Anna ", "ben")
    )
    for name in one.given:
        assert (one.given[name] == again.given[name]).all()
    assert (one.given["images"] != other.given["images"]).any()


def test_a_secret_changes_what_is_unseen_and_nothing_else(many_digits):
    one, other = (coursework.vary(1, "anna", many_digits, secret) for secret in ("", "s"))
    assert all((one.given[name] == other.given[name]).all() for name in one.given)
    assert (one.kept["hidden_images"] != other.kept["hidden_images"]).any()


@pytest.mark.parametrize("student", ["anna", "ben", "Zoë"])
def test_assignment_1_has_a_rare_digit_eight_wrong_labels_and_no_image_twice(digits, student):
    made = coursework.vary(1, student, digits)
    images, labels = made.given["images"], made.given["labels"]
    assert images.shape == (2000, 28, 28)
    counts = np.bincount(labels, minlength=10)
    assert counts.argmin() == made.kept["rare"] == np.flatnonzero(counts < 100)[0]
    assert (counts < 100).sum() == 1
    assert len(np.unique(made.kept["wrong"])) == assignment_1.WRONG
    every = [images, made.given["practice_images"], made.kept["hidden_images"]]
    rows = np.concatenate(every).reshape(-1, 784)
    twins = len(rows) - len(np.unique(rows, axis=0))
    assert twins <= 2  # MNIST itself holds a few images twice


def test_wrong_labels_are_wrong_and_all_others_are_as_they_were(many_digits):
    made = coursework.vary(1, "anna", many_digits)
    shown = made.given["images"][:, 0, :].astype(int)
    bars = np.stack([shown[:, 2 * d + 4] + shown[:, 2 * d + 5] for d in range(10)], axis=1)
    truth = bars.argmax(axis=1)
    assert np.flatnonzero(truth != made.given["labels"]).tolist() == made.kept["wrong"].tolist()


def test_the_graders_file_takes_the_place_of_the_digits(tmp_path, monkeypatch, many_digits):
    made = coursework.vary(1, "anna", many_digits)
    np.savez(tmp_path / "given.npz", student="Anna", **made.given)
    monkeypatch.setenv(coursework.GIVEN, str(tmp_path / "given.npz"))
    mine = coursework.mine(1, "anna")
    assert (mine.labels == made.given["labels"]).all()
    assert not hasattr(mine, "student")
    with pytest.raises(ValueError, match="'ben', but it was handed in by 'Anna'"):
        coursework.mine(1, "ben")


def variations():
    gc.collect()
    return {id(one) for one in gc.get_objects() if isinstance(one, Variation)}


def test_nothing_of_what_is_kept_for_the_tests_stays_in_the_notebook(monkeypatch, many_digits):
    monkeypatch.setattr(data, "load", lambda: many_digits)
    before = variations()
    mine = coursework.mine(1, "anna")
    assert sorted(vars(mine)) == ["images", "labels", "practice_images", "practice_labels"]
    assert variations() <= before
    assert "wrong" not in repr(coursework.current)


def test_the_tests_in_a_source_notebook_make_anew_what_was_kept(monkeypatch, many_digits):
    monkeypatch.setattr(data, "load", lambda: many_digits)
    for name in ("anna", "ben"):
        coursework.mine(1, name)
        made = coursework.vary(1, name, many_digits)
        assert (marking.kept().wrong == made.kept["wrong"]).all()
        assert (marking.given().labels == made.given["labels"]).all()


def test_tests_without_data_say_what_is_missing():
    with pytest.raises(RuntimeError, match="There is no data yet"):
        marking.kept()


def test_a_name_is_the_same_whether_its_accents_are_letters_or_marks(many_digits):
    composed, marked = "Jos\u00e9", "Jose\u0301"  # a zip made on macOS has the second
    assert coursework.same_student(composed, marked)
    one, other = (coursework.vary(1, name, many_digits) for name in (composed, marked))
    assert (one.given["images"] == other.given["images"]).all()


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="needs your name"):
        coursework.mine(1, name)


# Answers


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (..., "no answer yet"),
        (3, "handed in, the whole number 3"),
        (0.5, "handed in, the number 0.5"),
        ("seven", "handed in, the text seven"),
        (True, "handed in, True"),
        ([1, 2], "an array of the shape (2,) of whole numbers"),
        (np.zeros((3, 4)), "an array of the shape (3, 4) of numbers"),
        ([[1], [1, 2]], "not handed in"),
        ({"a": 1}, "and this is a dict"),
        (None, "and this is a NoneType"),
        (lambda: 3, "and this is a function"),
        (np.zeros(2_000_000), "8,000,000 is the most"),
    ],
)
def test_handing_in_says_what_was_kept(capsys, value, said):
    coursework.hand_in("answer", value)
    assert said in capsys.readouterr().out
    assert ("answer" in coursework.answers) == ("handed in," in said or "shape" in said)


def test_an_answer_without_a_proper_name_is_not_taken(capsys):
    coursework.hand_in("../answer", 3)
    assert "no name of an answer" in capsys.readouterr().out
    assert coursework.answers == {}


def test_the_last_answer_counts_and_reaches_the_grader(tmp_path, monkeypatch):
    monkeypatch.setenv(coursework.ANSWERS, str(tmp_path / "answers"))
    coursework.hand_in("counts", [1, 2])
    coursework.hand_in("counts", [3, 4])
    file = tmp_path / "answers" / "counts.npy"
    assert np.load(file, allow_pickle=False).tolist() == [3, 4]
    assert [path.name for path in file.parent.iterdir()] == ["counts.npy"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(ANYTHING)
def test_whatever_is_handed_in_an_array_or_a_sentence_comes_back(value):
    try:
        array = coursework.as_answer("answer", value)
    except ValueError:
        return
    assert array.dtype.kind in "biufU"


def test_a_check_says_yes_or_not_yet_and_never_stops(capsys):
    coursework.check("it holds", lambda: True)
    coursework.check("it fails", lambda: False)
    coursework.check("it breaks", lambda: len(...))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["yes", "not yet", "not yet"]


# Hidden tests


def begun(**answers):
    arrays = {name: np.asarray(value) for name, value in answers.items()}
    return marking.begin(Variation({"labels": np.arange(3)}, {"truth": np.array(7)}), arrays)


def test_hidden_tests_see_what_is_given_and_what_is_kept():
    begun()
    assert marking.given().labels.tolist() == [0, 1, 2]
    assert marking.kept().truth == 7


@pytest.mark.parametrize(
    ("value", "shape", "kind", "said"),
    [
        ([1, 2], (3,), "numbers", r"shape \(3,\), and yours is an array of the shape \(2,\)"),
        (1, (None, 2), "numbers", r"shape \(n, 2\), and yours is a single value"),
        ([1, np.nan], (2,), "numbers", "contains NaN"),
        ([1, 1.5], (2,), "whole numbers", "has fractions"),
        ("x", (), "numbers", "should be numbers, and yours is text"),
        (3, (), "text", "should be text"),
        (1e300, (), "whole numbers", "has fractions"),
    ],
)
def test_an_answer_of_another_shape_or_kind_is_unreadable(value, shape, kind, said):
    begun(x=value)
    with pytest.raises(marking.Unreadable, match=said):
        marking.answer("x", shape, kind)


def test_an_answer_comes_as_numbers_whole_numbers_or_text():
    begun(x=[1.0, 2.0], word="seven")
    assert marking.answer("x", (2,), "whole numbers").dtype == np.int64
    assert marking.answer("x", (None,)).dtype == np.float64
    assert str(marking.answer("word", (), "text")) == "seven"
    with pytest.raises(marking.Unreadable, match="y was not handed in"):
        marking.answer("y")


def test_the_first_slip_made_is_what_is_said():
    records = begun()
    marking.check(1, "fine", (False, "no"))
    marking.check(1, "wrong", (False, "no"), (True, "this"), (True, "that"))
    assert records == [None, "this"]


def test_in_the_source_notebook_a_failed_check_raises():
    with pytest.raises(AssertionError, match="wrong: this"):
        marking.check(1, "wrong", (True, "this"))


def judged(*hidden, checks=2):
    records = begun(x=3)
    tasks = [{"name": "t", "hidden": code, "checks": checks} for code in hidden]
    return judge.judge(tasks, records)


def test_an_answer_that_cannot_be_read_fails_the_checks_that_need_it_and_no_other():
    first = """
y = marking.answer("y")
twice = 2 * y
marking.check(1, "a", (twice > 3, "no"))
marking.check(1, "b", (int(marking.answer("x")) == 3, "3"))
"""
    second = 'marking.check(1, "a")\nmarking.check(1, "b", (y > 3, "no"))'
    (missing, other), (passed, later) = judged(first, second)
    assert missing.startswith("y was not handed in")
    assert (other, passed) == ("3", None)
    assert later == missing


def test_what_an_unreadable_answer_would_have_changed_is_not_used_either():
    counted = """
seen, places = np.zeros(3, int), []
np.add.at(seen, marking.answer("y"), 1)
marking.check(1, "a", (seen.sum() > 0, "no"))
for place in [1, 2]:
    places.append(place * marking.answer("z"))
marking.check(1, "b", (len(places) > 0, "no"))
table = np.zeros(3)
table[0] = marking.answer("w")
marking.check(1, "c", (table[0] > 0, "no"))
marking.check(1, "d", (len(coursework.answers) == 1, "It is the only answer."))
"""
    ((one, other, third, fourth),) = judged(counted, checks=4)
    assert one.startswith("y was not handed in")
    assert other.startswith("z was not handed in")
    assert third.startswith("w was not handed in")
    assert fourth == "It is the only answer."


def test_a_function_of_an_unreadable_answer_is_unreadable_and_an_older_value_is_not_taken():
    code = """
y = 7
y = marking.answer("y")
def doubled():
    return 2 * y
marking.check(1, "a", (doubled() > 20, "no"))
y = 3
marking.check(1, "b", (doubled() > 20, "no"))
"""
    ((one, other),) = judged(code)
    assert one.startswith("y was not handed in")
    assert other is None


def test_a_test_that_breaks_says_so_and_gives_nothing():
    broken = 'x = [][0]\nmarking.check(1, "a", (x, "no"))\nmarking.check(1, "b", (not x, "no"))'
    said = "This answer could not be read: list index out of range."
    assert judged(broken) == [[said] * 2]


def npy(value):
    file = io.BytesIO()
    np.save(file, value, allow_pickle=True)
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize("value", [3, [1.5, 2], "word", [True, False], np.zeros((0, 3))])
def test_what_was_handed_in_is_read_as_it_was(value):
    array = judge.array(npy(value))
    assert array.shape == np.shape(value)
    assert (array == np.asarray(value)).all()


def forged(header, content=b""):
    """A file of answers with a header of one's own."""
    line = header.encode().ljust(117) + b"\n"
    start = b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little")
    return base64.b64encode(start + line + content).decode()


def claimed(shape, descr="'<f8'", content=bytes(8)):
    head = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    return forged(head, content)


FORGED = {
    "pickle": npy(np.array([{}], object)),
    "dates": npy(np.zeros(3, "M8[s]")),
    "empty": "",
    "no base64": "!",
    "no array": "AAAA",
    "cut off": npy(3)[:-8],
    "a lie about its length": claimed("(1000000000000,)"),
    "brackets": forged("{((("),
    "many brackets": forged("(" * 9000),
    "many signs": forged("-" * 9000 + "1"),
    "yes for a length": claimed("(True,)"),
    "below 0": claimed("(-1, -1)"),
    "further below 0": claimed("(-2, -4)", content=bytes(64)),
    "a huge length beside 0": claimed("(0, 4611686018427387904)", content=b""),
    "a length that no machine has": claimed(f"(0, {10**40})", content=b""),
    "a text for a length": claimed("('1',)"),
    "too many dimensions": claimed(f"({'1, ' * 99})"),
    "half a type": claimed("(1,)", "('<f8',)"),
    "a type with a shape": claimed("()", "('<f8', (1,))"),
    "objects with names": claimed("(1,)", "[('a', '|O')]"),
    "numbers with names": claimed("(1,)", "[('a', '<f8')]"),
    "letters without a length": claimed("(1000000000000,)", "'<U0'", b""),
    "no type": claimed("(1,)", "'<q7'"),
    "columns": forged("{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", bytes(8)),
    "not even a text": 7,
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_what_is_no_answer_is_left_out(text):
    with pytest.raises(ValueError, match="not an answer"):
        judge.array(text)
    assert list(judge.readable({"x": text, "Bad name": npy(3), "z": npy(3)})) == ["z"]


HEADERS = st.fixed_dictionaries(
    {
        "descr": st.sampled_from(["<f8", "|b1", "<U1", "<U0", "|O", "|S0", "|V0", "<m8"])
        | st.lists(st.tuples(st.text(max_size=2), st.sampled_from(["<f8", "|O"])), max_size=2)
        | st.tuples(st.just("<f8"), st.just((2,))),
        "fortran_order": st.booleans() | st.none(),
        "shape": st.lists(st.integers(-2, 3) | st.integers() | st.booleans()).map(tuple),
    }
)


@settings(max_examples=300)
@given(HEADERS.map(repr), st.sampled_from([0, 1, 4, 8, 16, 24]))
def test_no_forged_header_breaks_the_judge(header, length):
    for array in judge.readable({"x": forged(header, bytes(length))}).values():
        assert array.nbytes == length
        marking.begin(Variation({}, {}), {"x": array})
        with contextlib.suppress(marking.Unreadable):
            marking.answer("x", (None,))


@given(st.binary(max_size=300), st.booleans())
def test_no_file_of_answers_breaks_the_judge(data, starts_well):
    head = b"\x93NUMPY\x01\x00" if starts_well else b""
    judge.readable({"x": base64.b64encode(head + data).decode()})


# The source notebooks


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)
def test_an_assignment_has_tasks_points_and_a_rubric(assignment):
    assert len(assignment.tasks) >= 3
    assert assignment.title.startswith(f"Coursework {assignment.number} · ")
    for task in assignment.tasks:
        assert task.rubric
        assert f"{task.name}-answer" in assignment.cells


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)
def test_hidden_tests_use_no_name_of_the_notebook(assignment, digits):
    """When graded they run alone: a name from a visible cell would be missing there."""
    records = marking.begin(coursework.vary(assignment.number, "anna", digits), {})
    tasks = [
        {"name": t.name, "hidden": t.hidden, "checks": len(t.rubric)} for t in assignment.tasks
    ]
    said = [words for task in judge.judge(tasks, records) for words in task if words]
    assert [words for words in said if "is not defined" in words] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)
def test_an_assignment_is_spelt_and_kept_as_the_lessons_are(assignment):
    one = nbformat.read(assignment.path, as_version=4)
    for rule in (lesson_style.spelling, lesson_style.outputs, lesson_style.seeds):
        assert rule(one) == []


HIDDEN_CELL = """# BEGIN HIDDEN TESTS
marking.check(1, "one")
# END HIDDEN TESTS"""


def little(points, heading="## Task 1 · One (1 point)"):
    cell = nbformat.v4.new_code_cell(HIDDEN_CELL)
    cell.metadata.nbgrader = {"grade": True, "grade_id": "one", "points": points}
    start = [nbformat.v4.new_markdown_cell(text) for text in ("# Little", heading)]
    return nbformat.v4.new_notebook(cells=[*start, cell])


@pytest.mark.parametrize(
    ("name", "points", "heading", "said"),
    [
        ("little", 1, "## Task 1 · One (1 point)", "should begin with the assignment's number"),
        ("1_little", 2, "## Task 1 · One (2 points)", "the cell has 2 points, its hidden tests 1"),
        ("1_little", 1, "## Task 1 · One", r"should end with \(1 points\)"),
    ],
)
def test_an_assignment_whose_points_do_not_add_up_is_refused(tmp_path, name, points, heading, said):
    nbformat.write(little(points, heading), tmp_path / f"{name}.ipynb")
    with pytest.raises(ValueError, match=said):
        source.assignments(tmp_path)


def test_a_recipe_takes_the_place_of_the_solution():
    cell = "x = ...\n# BEGIN SOLUTION\nx = 1\n# END SOLUTION\nhand_in(x)"
    assert filled(cell, None) == "x = ...\nx = 1\nhand_in(x)"
    assert filled(cell, "x = 2") == "x = ...\nx = 2\nhand_in(x)"


# What is handed in

ONE = SimpleNamespace(name="1_one", number=1, cells=["a-answer", "a"])
TWO = SimpleNamespace(name="2_two", number=2, cells=[])


def placed(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return submissions.find(folder, [ONE, TWO])


def test_notebooks_are_found_in_folders_and_beside_them(tmp_path):
    found, strange = placed(
        tmp_path, "anna/1_one.ipynb", "ben-1_one.ipynb", "carl_x_2_two.ipynb", "Dora E./2_two.ipynb"
    )
    names = [(one.student, one.assignment.name) for one in found]
    assert names == [("anna", "1_one"), ("ben", "1_one"), ("carl_x", "2_two"), ("Dora E.", "2_two")]
    assert strange == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("anna/other.ipynb", "no assignment has this name; they are 1_one, 2_two"),
        ("anna/1_one.py", "no assignment has this name"),
        ("1_one.ipynb", "whose is it"),
        ("=cmd()/1_one.ipynb", "a student's name has letters"),
        ("a;b/1_one.ipynb", "a student's name has letters"),
    ],
)
def test_a_file_with_another_name_gets_a_sentence_and_the_rest_is_found(tmp_path, name, said):
    found, strange = placed(tmp_path, name, "ben/1_one.ipynb")
    assert [one.student for one in found] == ["ben"]
    assert len(strange) == 1
    assert said in strange[0]


def test_one_students_second_notebook_is_left_out(tmp_path):
    found, strange = placed(tmp_path, "anna/1_one.ipynb", "Anna-1_one.ipynb")
    assert len(found) == 1
    assert "the same one's" in strange[0]


def linked(link, to):
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(to, target_is_directory=to.is_dir())
    except OSError:
        pytest.skip("this system lets nobody make links")


def test_links_are_not_followed_and_are_named(tmp_path):
    placed(tmp_path / "elsewhere", "1_one.ipynb")
    linked(tmp_path / "class" / "anna" / "1_one.ipynb", tmp_path / "elsewhere" / "1_one.ipynb")
    linked(tmp_path / "class" / "ben", tmp_path / "elsewhere")
    linked(tmp_path / "class" / "carl" / "more", tmp_path / "elsewhere")
    found, strange = submissions.find(tmp_path / "class", [ONE])
    assert found == []
    assert [line.split(":")[0] for line in sorted(strange)] == [
        str(Path("anna", "1_one.ipynb")),
        "ben",
        str(Path("carl", "more")),
    ]
    assert all("a link" in line for line in strange)
    assert sum("Put the folder itself there" in line for line in strange) == 2


def test_a_folder_within_a_students_folder_is_named_with_what_to_do(tmp_path):
    found, strange = placed(tmp_path, "group1/anna/1_one.ipynb", "ben/1_one.ipynb")
    assert [one.student for one in found] == ["ben"]
    (line,) = strange
    assert line.startswith(str(Path("group1", "anna")))
    assert f"move {Path('group1', 'anna')} up into {tmp_path.name}" in line


def test_a_folder_that_may_not_be_read_is_named_and_the_rest_is_found(tmp_path, monkeypatch):
    listed = Path.iterdir

    def refused(folder):
        if folder.name == "anna":
            raise PermissionError(13, "Permission denied")
        return listed(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    found, strange = placed(tmp_path, "anna/1_one.ipynb", "ben/1_one.ipynb")
    assert [one.student for one in found] == ["ben"]
    assert strange == ["anna: this folder cannot be read (Permission denied), so it is left out."]


def test_hidden_files_and_folders_are_no_submissions(tmp_path):
    found, strange = placed(
        tmp_path,
        "__MACOSX/anna/1_one.ipynb",
        ".ipynb_checkpoints/1_one.ipynb",
        "anna/.ipynb_checkpoints/1_one.ipynb",
        "anna/1_one.ipynb",
        "anna/.DS_Store",
        ".DS_Store",
    )
    assert [one.student for one in found] == ["anna"]
    assert strange == []


@pytest.mark.parametrize("name", ["Jose\u0301/1_one.ipynb", "Jose\u0301-1_one.ipynb"])
def test_a_name_whose_accents_are_marks_is_written_with_letters(tmp_path, name):
    found, strange = placed(tmp_path, name)
    assert [one.student for one in found] == ["Jos\u00e9"]
    assert strange == []


def a_notebook(*sources, metadata=None, names=("a-answer", "a")):
    cells = [
        {"cell_type": "code", "source": text, "metadata": {"nbgrader": {"grade_id": name}}}
        for text, name in zip(sources, names, strict=False)
    ]
    return {"cells": cells, "metadata": metadata or {}}


def read(notebook):
    return submissions.read(json.dumps(notebook).encode(), ONE)


def test_a_sound_notebook_is_read_without_a_word():
    handed = read(a_notebook(["x = 1\n", "y = 2"], "z"))
    assert handed.cells == ["x = 1\ny = 2", "z"]
    assert handed.notes == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not valid JSON"),
        (b'{"cells": [', "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"3", "no notebook of today's form"),
        (b'{"worksheets": []}', "no notebook of today's form"),
        (b'{"cells": []}', "empty"),
        (b'{"cells": [{"cell_type": "markdown", "source": "hi"}, 3]}', "empty"),
    ],
)
def test_what_is_no_notebook_gets_a_sentence(data, said):
    with pytest.raises(submissions.Unusable, match=said):
        submissions.read(data, ONE)


def test_line_ends_and_letters_of_other_systems_are_read():
    text = json.dumps(a_notebook("x = 'é'\r\ny = 1", "z"), ensure_ascii=False, indent=1)
    handed = submissions.read(text.replace("\n", "\r\n").encode("latin-1"), ONE)
    assert handed.cells[0] == "x = 'é'\ny = 1"
    assert "not UTF-8" in handed.notes[0]
    assert submissions.read(text.encode("utf-16"), ONE).cells == handed.cells
    assert submissions.read(text.encode("utf-8-sig"), ONE).notes == []


def test_another_language_missing_cells_and_doubled_ones_are_noted():
    other = {"kernelspec": {"name": "ir", "language": "R"}}
    assert "its language is 'R'" in read(a_notebook("x", "y", metadata=other)).notes[0]
    assert "Cells are missing: a." in read(a_notebook("x")).notes[0]
    twice = read(a_notebook("x", "y", "z", names=("a-answer", "a", "a")))
    assert "Cells stand there twice: a." in twice.notes[0]


KEYS = st.sampled_from(
    ["cells", "cell_type", "source", "metadata", "nbgrader", "grade_id", "kernelspec", "language"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def objects(**values):
    """Objects that have some of these keys, and there such a value or any other."""
    return st.fixed_dictionaries({}, optional={key: JSON | one for key, one in values.items()})


CELLS = objects(
    cell_type=st.just("code"),
    source=st.just("x = 1") | st.lists(st.text(max_size=5)),
    metadata=objects(nbgrader=objects(grade_id=st.sampled_from(["a", "a-answer"]))),
)
SOUND = {"cell_type": "code", "source": "x"}  # with it, the reader gets to its end
NOTEBOOKS = objects(
    cells=st.lists(JSON | CELLS, max_size=3).map(lambda cells: [SOUND, *cells]),
    metadata=objects(kernelspec=objects(language=st.sampled_from(["python", "R"]))),
)


@settings(max_examples=500)
@given(JSON | NOTEBOOKS)
def test_no_notebook_breaks_the_reader(notebook):
    try:
        handed = read(notebook)
    except submissions.Unusable:
        return
    assert handed.cells
    "".join([*handed.cells, *handed.notes]).encode()


@pytest.mark.parametrize("odd", [[1], "x", 3, {"kernelspec": [1]}, {"kernelspec": "x"}])
def test_metadata_of_no_known_form_are_passed_over(odd):
    assert read(a_notebook("x", "y", metadata=odd)).notes == []


def test_a_language_and_a_name_without_end_are_passed_over():
    deep = "[" * 900 + "]" * 900
    metadata = f'"metadata": {{"kernelspec": {{"language": {deep}}}}}'
    named = f'"metadata": {{"nbgrader": {{"grade_id": {deep}}}}}'
    cell = f'{{"cell_type": "code", "source": "x", {named}}}'
    handed = submissions.read(f'{{"cells": [{cell}], {metadata}}}'.encode(), TWO)
    assert (handed.cells, handed.notes) == (["x"], [])


@given(st.binary(max_size=200))
def test_no_file_breaks_the_reader(data):
    with contextlib.suppress(submissions.Unusable):
        submissions.read(data, ONE)


@given(st.text(st.characters()))
def test_words_of_a_notebook_steer_no_terminal(text):
    said = submissions.plain(text)
    assert all(letter.isprintable() or letter in "\n\t" for letter in said)


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)
def test_a_made_submission_holds_no_hidden_test(assignment):
    text = nbformat.writes(notebook(assignment, "anna"))
    assert "marking.check" not in text
    assert '\\"anna\\"' in text
