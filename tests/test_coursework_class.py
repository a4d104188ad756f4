"""A class is graded: right, wrong, broken and hostile notebooks each get what they should."""

import csv
import dataclasses
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from html.parser import HTMLParser

import nbformat
import pytest
from coursework_class import hand_in, need_sandbox, notebook, recipes
from grading import grader, source, submissions
from nbformat.v4 import new_code_cell, new_markdown_cell

from mnistlab import data

nbgrader = pytest.importorskip(
    "nbgrader", reason="needs nbgrader, which make setup-all installs and make test-all has"
)

from grading import book, release  # noqa: E402  they need nbgrader

pytestmark = pytest.mark.slow
ASSIGNMENTS = source.assignments()
FIRST = ASSIGNMENTS[0]
JOBS = "2"


@pytest.fixture(scope="module", autouse=True)
def _walls():
    need_sandbox()


def grade(folder, *more):
    """What a teacher's `make grade` runs, and what it prints."""
    tool = source.ROOT / "tools" / "grade.py"
    line = [sys.executable, str(tool), str(folder), "--jobs", JOBS, *more]
    ran = subprocess.run(line, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def table(graded):
    """The lines of grades.csv."""
    return list(csv.DictReader((graded / "grades.csv").read_text(encoding="utf-8").splitlines()))


def stored(graded):
    """The results in a course folder, by student."""
    files = (graded / "results").glob("*.json")
    results = [grader._stored(file) for file in files]
    return {(result.student, result.assignment): result for result in results}


# The shipped submissions


def shipped(assignment):
    """Student → what is answered, and what it must get (None: everything)."""
    module = recipes(assignment)
    rights = {f"right {i}": (answers, None) for i, answers in enumerate(module.RIGHT.values())}
    wrongs = {
        f"wrong {i}": ({wrong.task: wrong.code} | wrong.also, wrong)
        for i, wrong in enumerate(module.WRONG.values())
    }
    return rights | wrongs


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Every shipped submission, graded as one class."""
    folder = tmp_path_factory.mktemp("course") / "class"
    for assignment in ASSIGNMENTS:
        for student, (answers, _) in shipped(assignment).items():
            hand_in(folder, assignment, student, notebook(assignment, student, answers))
    said = grade(folder)
    return folder.with_name("class-graded"), said


def named(assignment):
    module = recipes(assignment)
    return [*module.RIGHT, *module.WRONG]


EACH = [
    pytest.param(assignment, student, id=f"{assignment.number}-{name}")
    for assignment in ASSIGNMENTS
    for student, name in zip(shipped(assignment), named(assignment), strict=True)
]


@pytest.mark.parametrize(("assignment", "student"), EACH)
def test_a_shipped_submission_gets_its_points_and_its_message(course, assignment, student):
    result = stored(course[0])[student, assignment.name]
    _, wrong = shipped(assignment)[student]
    expected = {task.name: task.points for task in assignment.tasks}
    expected |= {} if wrong is None else {wrong.task: wrong.points} | wrong.more
    assert {task.name: task.got for task in result.tasks} == expected, result
    if wrong is not None:
        (task,) = (task for task in result.tasks if task.name == wrong.task)
        assert wrong.said in "\n".join(check.said or "" for check in task.checks)


@pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)
def test_an_assignment_ships_enough_submissions(assignment):
    module = recipes(assignment)
    assert len(module.RIGHT) >= 3
    assert len(module.WRONG) >= 8
    assert {wrong.task for wrong in module.WRONG.values()} == {t.name for t in assignment.tasks}


def test_the_grades_are_a_table_with_a_line_for_each_submission(course):
    graded, said = course
    lines = table(graded)
    results = stored(graded)
    assert len(lines) == len(results) == sum(len(shipped(one)) for one in ASSIGNMENTS)
    for line in lines:
        result = results[line["student_id"], line["assignment"]]
        assert float(line["score"]) == result.got
        scores = [float(line[f"task_{i}"]) for i in range(1, len(result.tasks) + 1)]
        assert scores == [task.got for task in result.tasks]
        assert re.search(rf"^{result.student} +{result.assignment} +{result.got:g}/", said, re.M)


class Page(HTMLParser):
    """The tags, the links and the words of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words, self.attributes = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.words.append(data)


def test_the_class_page_has_a_picture_for_each_task_and_leads_to_each_student(course):
    graded, _ = course
    page = Page((graded / "class.html").read_text(encoding="utf-8"))
    assert page.tags.count("svg") == sum(len(one.tasks) for one in ASSIGNMENTS)
    assert page.attributes.count("aria-label") == page.tags.count("svg")
    assert len(page.links) == len(stored(graded))
    assert all((graded / link.replace("%20", " ")).is_file() for link in page.links)
    assert "Most often amiss" in "".join(page.words)


def test_feedback_says_what_is_wrong(course):
    graded, _ = course
    for (student, name), result in stored(graded).items():
        text = (graded / "feedback" / student / name / f"{name}.html").read_text(encoding="utf-8")
        words = "".join(Page(text).words)
        for check in (check for task in result.tasks for check in task.checks if check.said):
            assert check.said in words


def test_a_second_run_grades_nothing_anew_and_says_the_same(course):
    graded, said = course
    before = {file: file.stat().st_mtime_ns for file in (graded / "results").iterdir()}
    start = time.monotonic()
    assert grade(graded.with_name("class")) == said
    assert {file: file.stat().st_mtime_ns for file in (graded / "results").iterdir()} == before
    assert time.monotonic() - start < 60


def test_marks_and_comments_given_by_hand_stay_and_reach_the_student(course):
    from nbgrader.api import Gradebook

    graded, _ = course
    student, task = "right 0", FIRST.tasks[0]
    books = book.Book(graded)
    with Gradebook(books.address) as gradebook:
        mark = gradebook.find_grade(task.name, FIRST.name, FIRST.name, student)
        mark.manual_score = 0.5
        where = (FIRST.name, FIRST.name, student)
        gradebook.find_comment(f"{task.name}-answer", *where).manual_comment = "Come <b>on</b>!"
        gradebook.db.commit()
    result = stored(graded)[student, FIRST.name]
    books.enter([result])
    books.feedback([result], ASSIGNMENTS)
    page = graded / "feedback" / student / FIRST.name / f"{FIRST.name}.html"
    text = page.read_text(encoding="utf-8")
    assert "Come &lt;b&gt;on&lt;/b&gt;!" in text
    assert f"<strong>{result.got - task.points + 0.5:g}</strong>" in text
    with Gradebook(books.address) as gradebook:
        mark = gradebook.find_grade(task.name, FIRST.name, FIRST.name, student)
        assert (mark.manual_score, mark.auto_score) == (0.5, task.points)
        mark.manual_score = None
        gradebook.db.commit()


# Broken and hostile notebooks: each among others, who are graded all the same

TASKS = [task.name for task in FIRST.tasks]


def with_cell(code, after="rows"):
    """The solution with a cell of one's own after a task."""

    def made(student, folder):
        one = notebook(FIRST, student)
        place = next(i for i, cell in enumerate(one.cells) if cell.id == after)
        one.cells.insert(place + 1, new_code_cell(code))
        return hand_in(folder, FIRST, student, one)

    return made


def with_bytes(change):
    """The solution, whose file is changed."""

    def made(student, folder):
        path = hand_in(folder, FIRST, student, notebook(FIRST, student))
        path.write_bytes(change(path.read_bytes()))

    return made


def with_notebook(change):
    """The solution, whose cells are changed."""

    def made(student, folder):
        one = notebook(FIRST, student)
        change(one)
        return hand_in(folder, FIRST, student, one)

    return made


REBOUND = """
import builtins, numpy as np
from mnistlab.coursework import marking
for name in ("allclose", "isclose", "array_equal", "all", "abs", "bincount"):
    setattr(np, name, lambda *args, **more: True)
marking.check = lambda *args: None
builtins.abs = lambda value: 0
means = np.zeros((10, 784)) + 0.5
coursework.hand_in("means", means)
"""
SNOOP = """
import glob, os
seen = []
for pattern in ("{course}/**/*", "{folder}/**/*", "{graded}/**/*", "/tmp/**/*", "/job/*"):
    seen += [p for p in glob.glob(pattern, recursive=True) if os.path.isfile(p)]
mine = ("{package}", "{venv}", "/job/")
print("seen:", [p for p in seen if not p.startswith(mine)])
coursework.hand_in("means", open("{graded}/gradebook.db", "rb").read())
"""
SOCKET = "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=2)"
FIRST_TWO = {name: (None if i < 2 else 0) for i, name in enumerate(TASKS)}


def delete_cell(one):
    one.cells = [cell for cell in one.cells if cell.id != "means"]


def copy_cell(one):
    """The tests of the first task again, and its answer once more but wrong."""
    cells = {cell.id: cell for cell in one.cells}
    for name in ("counts", "counts-answer"):
        twin = nbformat.from_dict(json.loads(json.dumps(cells[name])))
        twin.id = f"{name}-twin"
        twin.source = twin.source.replace("np.bincount(labels, minlength=10)", "np.arange(10)")
        twin.source = twin.source.replace("counts.argmin()", "10")
        one.cells.append(twin)


def other_kernel(one):
    one.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}


def script(one):
    one.cells.insert(0, new_markdown_cell("<script>alert(1)</script>"))
    code = "print('<script>alert(2)</script> \\x1b[31m')\nraise ValueError('<img src=x onerror=a>')"
    one.cells.append(new_code_cell(code))


# name: (how it is made, the points of the tasks that differ from full ones, what is said).
# None stands for full points.
HOSTILE = {
    "endless loop": (with_cell("while True:\n    pass"), FIRST_TWO, "more than 25 seconds"),
    "fork bomb": (
        with_cell("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError: pass"),
        dict.fromkeys(TASKS, ...),
        "stopped",
    ),
    "memory hog": (with_cell("hog = bytearray(10**11)"), {}, "MemoryError"),
    "a gigabyte of output": (
        with_cell("for _ in range(10**7):\n    print('x' * 100)"),
        FIRST_TWO,
        "printed more than 10 MB",
    ),
    "allclose rebound": (
        with_cell(REBOUND, after="better"),
        {"means": 1},
        "The mean is not right for the digits",
    ),
    "snoop": (with_cell(SNOOP, after="better"), {}, "FileNotFoundError"),
    "socket": (with_cell(SOCKET), {}, "Error"),
    "sys.exit": (with_cell("import sys\nsys.exit()"), {}, "SystemExit"),
    "os._exit": (with_cell("import os\nos._exit(0)"), FIRST_TWO, "Python ended in cell 6"),
    "deleted tests": (with_notebook(delete_cell), {}, "Cells are missing: means."),
    "copied tests": (
        with_notebook(copy_cell),
        {"counts": 0},
        "Cells stand there twice: counts-answer, counts.",
    ),
    "invalid JSON": (with_bytes(lambda data: data[:-40]), dict.fromkeys(TASKS, 0), "valid JSON"),
    "empty file": (with_bytes(lambda data: b""), dict.fromkeys(TASKS, 0), "valid JSON"),
    "empty notebook": (
        with_notebook(lambda one: one.cells.clear()),
        dict.fromkeys(TASKS, 0),
        "The notebook is empty",
    ),
    "wrong kernel": (with_notebook(other_kernel), {}, "says that its language is 'R'"),
    "CRLF": (with_bytes(lambda data: data.replace(b"\n", b"\r\n")), {}, ""),
    "Latin-1": (
        with_bytes(lambda data: data.decode().replace("·", "é").encode("latin-1", "replace")),
        {},
        "not UTF-8",
    ),
    "script": (with_notebook(script), {}, "<img src=x onerror=a>"),
    "of another": (
        with_notebook(lambda one: swap(one, "of another", "right 0")),
        dict.fromkeys(TASKS, 0),
        "Put your own name into its first code cell",
    ),
    "neighbour": (with_notebook(lambda one: None), {}, ""),
}


def swap(one, old, new):
    for cell in one.cells:
        cell.source = cell.source.replace(old, new)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """All of them, graded as one class within limits that a test can wait for."""
    folder = tmp_path_factory.mktemp("hostile") / "class"
    graded = folder.with_name("graded")
    for name, (make, _, _) in HOSTILE.items():
        made = make(name, folder)
        if name == "snoop":
            places = {"course": source.ROOT, "folder": folder, "graded": graded}
            places |= {"package": source.ROOT / "mnistlab", "venv": sys.prefix}
            text = made.read_text(encoding="utf-8")
            for key, place in places.items():
                text = text.replace(f"{{{key}}}", str(place))
            made.write_text(text, encoding="utf-8")
    strange = folder / "1_look_and_read (1).ipynb"
    shutil.copy(FIRST.path, strange)
    limits = dataclasses.replace(FIRST.limits, seconds=25, cpu_seconds=40)
    assignment = dataclasses.replace(FIRST, limits=limits)
    found, left_out = submissions.find(folder, [assignment])
    books = book.Book(graded)
    books.release(assignment)
    outcomes = list(grader.Grader(graded, data.load(), 2).grade(found))
    results = [result for _, result in outcomes]
    books.enter(results)
    books.feedback(results, [assignment])
    return {result.student: result for result in results}, left_out, graded


@pytest.mark.parametrize("name", HOSTILE)
def test_a_broken_or_hostile_notebook_gets_the_grade_and_the_message_it_should(hostile, name):
    _, points, said = HOSTILE[name]
    result = hostile[0][name]
    got = {task.name: task.got for task in result.tasks}
    for task in FIRST.tasks:
        wanted = points.get(task.name)
        if wanted is not ...:
            assert got[task.name] == (task.points if wanted is None else wanted), result
    words = [*result.notes, *(check.said or "" for task in result.tasks for check in task.checks)]
    assert said in "\n".join(words)
    if not said:
        assert result.notes == []


def test_all_of_the_class_are_graded_and_a_strange_file_is_named(hostile):
    results, left_out, _ = hostile
    assert len(results) == len(HOSTILE)
    assert len(left_out) == 1
    assert "no assignment has this name" in left_out[0]


def test_a_snoop_sees_nothing(hostile):
    cells = hostile[0]["snoop"].cells
    (printed,) = (cell["printed"] for cell in cells if "seen:" in cell.get("printed", ""))
    assert printed.startswith("seen: []")


def test_nothing_that_a_student_wrote_becomes_part_of_a_page(hostile):
    _, _, graded = hostile
    for file in graded.rglob("*.html"):
        page = Page(file.read_text(encoding="utf-8"))
        assert not {"script", "img", "iframe", "object", "link"} & set(page.tags)
        assert not [name for name in page.attributes if name.startswith("on")]
        assert page.links == []
    text = (graded / "feedback/script" / FIRST.name / f"{FIRST.name}.html").read_text()
    assert html.escape("<script>alert(2)</script>") in text
    assert "\x1b" not in text


# The same in the other assignments, whose first task alone is answered


def then(code):
    """A cell of one's own after the first task."""
    return lambda one, first: one.cells.insert(place(one, first) + 1, new_code_cell(code))


def place(one, name):
    return next(i for i, cell in enumerate(one.cells) if cell.id == name)


def without_tests(one, first):
    del one.cells[place(one, first)]


def twice(one, first):
    """The first task's answer once more at the end, and nothing in it."""
    twin = nbformat.from_dict(json.loads(json.dumps(one.cells[place(one, f"{first}-answer")])))
    twin.id, twin.source = "twin", "pass"
    one.cells.append(twin)


# name: (what is done to the notebook, whether the first task counts, what is said).
ELSEWHERE = {
    "endless loop": (then("while True:\n    pass"), True, "more than 25 seconds"),
    "fork bomb": (
        then("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError: pass"),
        True,
        "stopped",
    ),
    "memory hog": (then("hog = bytearray(10**11)"), True, "MemoryError"),
    "a gigabyte of output": (
        then("for _ in range(10**7):\n    print('x' * 100)"),
        True,
        "printed more than 10 MB",
    ),
    "allclose rebound": (
        then("import numpy as np\nfor name in dir(np):\n    setattr(np, name, lambda *a, **b: 1)"),
        True,
        "",
    ),
    "gradebook": (then("open('{graded}/gradebook.db')"), True, "FileNotFoundError"),
    "hidden tests": (then("open('{source}')"), True, "FileNotFoundError"),
    "neighbour": (then("open('{folder}/CRLF/{name}.ipynb')"), True, "FileNotFoundError"),
    "socket": (then(SOCKET), True, "Error"),
    "sys.exit": (then("import sys\nsys.exit()"), True, "SystemExit"),
    "os._exit": (then("import os\nos._exit(0)"), True, "Python ended in cell"),
    "deleted tests": (without_tests, True, "Cells are missing"),
    "copied cells": (twice, True, "Cells stand there twice"),
    "empty notebook": (lambda one, first: one.cells.clear(), False, "The notebook is empty"),
    "wrong kernel": (lambda one, first: other_kernel(one), True, "its language is 'R'"),
    "invalid JSON": (lambda data: data[:-40], False, "valid JSON"),
    "CRLF": (lambda data: data.replace(b"\n", b"\r\n"), True, ""),
    "Latin-1": (
        lambda data: data.decode().replace("·", "é").encode("latin-1", "replace"),
        True,
        "not UTF-8",
    ),
}
OF_BYTES = ("invalid JSON", "CRLF", "Latin-1")
OTHERS = ASSIGNMENTS[1:]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The results of all of them, graded as one class."""
    folder = tmp_path_factory.mktemp("elsewhere") / "class"
    graded = folder.with_name("graded")
    quick = {}
    for one in OTHERS:
        limits = dataclasses.replace(one.limits, seconds=25, cpu_seconds=40)
        quick[one.name] = dataclasses.replace(one, limits=limits)
        first, *rest = one.tasks
        places = {"graded": graded, "source": one.path, "folder": folder, "name": one.name}
        for name, (change, _, _) in ELSEWHERE.items():
            made = notebook(one, name, dict.fromkeys((task.name for task in rest), ""))
            if name not in OF_BYTES:
                change(made, first.name)
            for key, value in places.items():
                swap(made, f"{{{key}}}", str(value))
            path = hand_in(folder, one, name, made)
            if name in OF_BYTES:
                path.write_bytes(change(path.read_bytes()))
    found, _ = submissions.find(folder, list(quick.values()))
    books = book.Book(graded)
    for one in quick.values():
        books.release(one)
    outcomes = list(grader.Grader(graded, data.load(), 2).grade(found))
    return {(result.student, result.assignment): result for _, result in outcomes}


@pytest.mark.parametrize("assignment", OTHERS, ids=lambda one: one.name)
@pytest.mark.parametrize("name", ELSEWHERE)
def test_such_a_notebook_is_graded_so_in_every_assignment(elsewhere, assignment, name):
    _, counts, said = ELSEWHERE[name]
    result = elsewhere[name, assignment.name]
    first, *rest = assignment.tasks
    expected = {first.name: first.points if counts else 0} | {task.name: 0 for task in rest}
    assert {task.name: task.got for task in result.tasks} == expected, result
    words = [*result.notes, *(check.said or "" for task in result.tasks for check in task.checks)]
    assert said in "\n".join(words)


# A kill in the middle


def test_a_killed_grading_goes_on_where_it_stopped(tmp_path):
    folder, graded = tmp_path / "class", tmp_path / "class-graded"
    for i in range(4):
        hand_in(folder, FIRST, f"student {i}", notebook(FIRST, f"student {i}"))
    tool = source.ROOT / "tools" / "grade.py"
    line = [sys.executable, str(tool), str(folder), "--jobs", "1"]
    first = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        done = list((graded / "results").glob("*.json"))
        if done:
            break
        time.sleep(0.1)
    first.kill()
    first.wait()
    assert 1 <= len(done) < 4
    before = {file: file.stat().st_mtime_ns for file in done}
    said = grade(folder)
    assert {file: file.stat().st_mtime_ns for file in done} == before
    assert said.count(f"{FIRST.points:g}/{FIRST.points:g}") == 4
    assert len(table(graded)) == 4


def test_a_half_written_result_is_graded_again(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder, FIRST, "anna", notebook(FIRST, "anna"))
    found, _ = submissions.find(folder, [FIRST])
    graders = grader.Grader(tmp_path / "graded", data.load())
    key = graders.key(found[0], found[0].path.read_bytes())
    (graders.results / f"{key}.json").write_text('{"student": "anna", "tas')
    ((_, result),) = graders.grade(found)
    assert result.got == FIRST.points


def test_a_test_that_fails_itself_costs_nobody_a_grade_and_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "class"
    for name in ("anna", "ben"):
        hand_in(folder, FIRST, name, notebook(FIRST, name))
    found, _ = submissions.find(folder, [FIRST])
    graders = grader.Grader(tmp_path / "graded", data.load())
    calm = graders._graded
    monkeypatch.setattr(
        graders, "_graded", lambda one, data: calm(one, data) if one.student == "ben" else 1 / 0
    )
    outcomes = {one.student: outcome for one, outcome in graders.grade(found)}
    assert "The grader itself failed: ZeroDivisionError" in str(outcomes["anna"])
    assert outcomes["ben"].got == FIRST.points
    assert len(list(graders.results.glob("*.json"))) == 1


# What students get


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The student versions."""
    books = book.Book(tmp_path_factory.mktemp("released"))
    return {assignment.name: books.release(assignment) for assignment in ASSIGNMENTS}


each_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS, ids=lambda one: one.name)


@each_assignment
def test_a_student_version_gives_nothing_away_and_is_python_throughout(released, assignment):
    assert len(release.secrets(assignment)) > 20
    assert release.amiss(assignment, released[assignment.name]) == []


LEAKS = {
    "a line of a solution": lambda one, secret: one.cells[3].update(source=secret),
    "in the metadata": lambda one, secret: one.metadata.update(note=secret),
    "in a cell's metadata": lambda one, secret: one.cells[3].metadata.update(note=[secret]),
    "in an output": lambda one, secret: one.cells[2].update(
        outputs=[nbformat.v4.new_output("stream", text=f"{secret}\n")]
    ),
    "in the text": lambda one, secret: one.cells[0].update(source=f"# T\n\n    {secret}"),
    "a mark": lambda one, secret: one.cells[3].update(source="# BEGIN HIDDEN TESTS"),
    "no Python": lambda one, secret: one.cells[2].update(source="x = ("),
}


@pytest.mark.parametrize("change", LEAKS.values(), ids=LEAKS)
def test_a_student_version_that_gives_something_away_is_found(released, tmp_path, change):
    one = nbformat.read(released[FIRST.name], as_version=4)
    one.cells = [one.cells[0], *(cell for cell in one.cells if cell.cell_type == "code")]
    change(one, max(sorted(release.secrets(FIRST)), key=len))
    nbformat.write(one, tmp_path / "leaky.ipynb")
    assert release.amiss(FIRST, tmp_path / "leaky.ipynb") != []


@each_assignment
def test_a_student_version_runs_without_an_answer_and_gets_no_point(released, assignment, tmp_path):
    folder = tmp_path / "class"
    one = nbformat.read(released[assignment.name], as_version=4)
    for cell in one.cells:
        cell.source = cell.source.replace("your-name", "anna")
    hand_in(folder, assignment, "anna", one)
    found, _ = submissions.find(folder, [assignment])
    ((_, result),) = grader.Grader(tmp_path / "graded", data.load()).grade(found)
    assert result.notes == []
    assert result.got == 0
    assert all("was not handed in" in check.said for task in result.tasks for check in task.checks)


@each_assignment
def test_solution_and_rubric_are_pages(assignment, tmp_path):
    books = book.Book(tmp_path / "course")
    student_version, solution, rubric = release.build(assignment, books, tmp_path / "built")
    assert student_version.name == f"{assignment.name}.ipynb"
    text = "".join(Page(solution.read_text(encoding="utf-8")).words)
    assert "marking.check" not in text
    assert "SOLUTION" not in text
    words = "".join(Page(rubric.read_text(encoding="utf-8")).words)
    for task in assignment.tasks:
        assert task.title in words
        assert all(line.text in words for line in task.rubric)


# Refusals


def test_a_class_whose_assignment_has_got_other_tasks_needs_a_new_gradebook(tmp_path):
    books = book.Book(tmp_path / "graded")
    books.release(FIRST)
    books.enter([grader._nothing(submissions.Submission("anna", FIRST, FIRST.path), "No.")])
    changed = tmp_path / FIRST.path.name
    text = FIRST.path.read_text(encoding="utf-8")
    changed.write_text(text.replace('"grade_id": "better"', '"grade_id": "best"'), encoding="utf-8")
    with pytest.raises(book.Changed, match="GRADES=folder"):
        books.release(source.read(changed))
    books.release(FIRST)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "Which folder?"),
        ([""], "Which folder?"),
        (["--jobs", "0", ".."], "1 or more"),
    ],
)
def test_a_wrong_call_gets_a_sentence(tmp_path, arguments, said):
    tool = source.ROOT / "tools" / "grade.py"
    line = [sys.executable, str(tool), *arguments]
    ran = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_without_bubblewrap_it_refuses_unless_told_otherwise(tmp_path):
    folder = tmp_path / "class"
    hand_in(folder, FIRST, "anna", notebook(FIRST, "anna"))
    tool = source.ROOT / "tools" / "grade.py"
    line = [sys.executable, str(tool), str(folder), "--jobs", "1"]
    without = os.environ | {"PATH": str(tmp_path)}
    ran = subprocess.run(line, env=without, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "apt install bubblewrap" in ran.stderr
    assert "UNSAFE=1" in ran.stderr
    ran = subprocess.run(
        [*line, "--unsafe"], env=without, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert f"{FIRST.points:g}/{FIRST.points:g}" in ran.stdout
