"""The teacher's page keeps its word: every command in it is run, in its order."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import coursework as build_command
import grade as grade_command
import pytest
from coursework_class import hand_in, need_sandbox, notebook
from grading import grader, source, submissions

pytest.importorskip(
    "nbgrader", reason="needs nbgrader, which make setup-all installs and make test-all has"
)

from grading import book

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "coursework.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]


def recipe(command):
    """What make would run for a command; the set-up, which has its own tests, is left out."""
    if not command.startswith("make "):
        return command
    line = command.replace("make ", "make --no-print-directory -n ", 1)
    dry = subprocess.run(line, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    return "\n".join(line for line in dry.stdout.splitlines() if "tools/setup.py" not in line)


def placed(command, folder):
    """The command with the class in another folder than the repository's."""
    return re.sub(r"\bclass\b", str(folder / "class"), command)


@pytest.mark.slow
def test_every_command_of_the_teachers_page_runs(tmp_path):
    need_sandbox()
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        line = recipe(placed(command, tmp_path))
        assert line
        ran = subprocess.run(
            line, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, f"{command}: {ran.stderr}"
    graded = tmp_path / "class-graded"
    (grade,) = csv.DictReader((graded / "grades.csv").read_text(encoding="utf-8").splitlines())
    assert (grade["student_id"], grade["score"]) == ("anna", "0.0")
    for name in re.findall(r"^\| `([^`]+)`", TEXT, re.MULTILINE):
        folder = ROOT / "build" / "coursework" if "look_and_read" in name else graded
        pattern = name.rstrip("/").replace("…/….html", "*/*.html")
        assert list(folder.glob(pattern)), f"{name} was not written"


def test_each_row_of_protection_has_a_test_that_tries_it():
    sandbox = (ROOT / "tests" / "test_coursework_sandbox.py").read_text(encoding="utf-8")
    classes = (ROOT / "tests" / "test_coursework_class.py").read_text(encoding="utf-8")
    tried = {
        "loops for ever": "test_an_endless_loop",
        "takes too much memory": "test_many_processes_cannot_take_it_either",
        "starts processes": "test_a_fork_bomb",
        "writes files": "test_the_disk_is_small",
        "makes a disk": "test_no_notebook_can_make_itself_a_larger_disk",
        "prints a gigabyte": "test_a_gigabyte_of_output",
        "opens a connection": "test_there_is_no_network",
        "looks for hidden tests": "test_a_snoop_sees_nothing",
        "ends the kernel": "test_a_notebook_that_writes_its_own_report_is_not_believed",
        "puts a script": "test_nothing_that_a_student_wrote_becomes_part_of_a_page",
    }
    rows = re.search(r"\| a notebook \|.*?\n\|---.*?\n(.*?)\n\n", TEXT, re.DOTALL)[1].splitlines()
    assert len(rows) == len(tried)
    for row, (start, test) in zip(rows, tried.items(), strict=True):
        assert row.startswith(f"| {start}")
        assert f"def {test}" in sandbox + classes


# Refusals and what is kept

FIRST, SECOND, _ = ASSIGNMENTS = source.assignments()


def entered(books, assignment, student="anna"):
    """Release an assignment and enter a result without points."""
    books.release(assignment)
    handed_in = submissions.Submission(student, assignment, assignment.path)
    books.enter([grader._nothing(handed_in, "No.")])


def lines(graded):
    text = (graded / "grades.csv").read_text(encoding="utf-8")
    return [(line["student_id"], line["assignment"]) for line in csv.DictReader(text.splitlines())]


def run(command, monkeypatch, *words):
    """Run a command in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", ["command", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        command.main()
    return end.value.code


@pytest.mark.slow
def test_grades_keep_what_was_graded_earlier_into_the_same_folder(tmp_path):
    books = book.Book(tmp_path / "graded")
    entered(books, FIRST)
    entered(books, SECOND)
    books.export([SECOND])
    assert lines(books.root) == [("anna", SECOND.name), ("anna", FIRST.name)]


@pytest.mark.slow
def test_without_a_notebook_grades_stay_as_they_are_and_it_says_what_is_amiss(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(grade_command.sandbox, "missing", lambda: "")
    grades = tmp_path / "graded"
    books = book.Book(grades)
    entered(books, FIRST)
    before = books.export(ASSIGNMENTS).read_bytes()
    hand_in(tmp_path / "class" / "group", FIRST, "anna", notebook(FIRST, "anna"))
    said = run(grade_command, monkeypatch, tmp_path / "class", "--grades", grades)
    assert "not graded: group/anna: a folder within a folder" in said
    assert "There is no notebook to grade" in said
    assert (grades / "grades.csv").read_bytes() == before


def other_source(folder, old, new):
    """The first assignment with something else in its notebook."""
    path = folder / FIRST.path.name
    text = FIRST.path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.slow
def test_only_what_has_changed_since_it_was_graded_is_called_changed(tmp_path):
    books = book.Book(tmp_path / "graded")
    books.release(FIRST)
    changed = source.read(other_source(tmp_path, '"grade_id": "better', '"grade_id": "best'))
    books.release(changed)  # nobody was graded yet
    entered(books, changed)
    with pytest.raises(book.Changed, match="its tasks have changed since"):
        books.release(FIRST)


@pytest.mark.slow
def test_another_failure_of_nbgrader_is_told_in_its_own_words(tmp_path):
    books = book.Book(tmp_path / "graded")
    entered(books, FIRST)
    broken = source.read(other_source(tmp_path, "# END SOLUTION", "# END OF SOLUTION"))
    with pytest.raises(source.Refused, match=r"It says: .*RuntimeError") as refused:
        books.release(broken)
    assert not isinstance(refused.value, book.Changed)
    assert "changed since" not in str(refused.value)
    assert "above traceback" not in str(refused.value)


def test_a_gradebook_that_is_none_is_named(tmp_path):
    (tmp_path / "gradebook.db").write_text("no database, but a text of some length" * 99)
    with pytest.raises(source.Refused, match=r"gradebook\.db cannot be read"):
        book.Book(tmp_path).release(FIRST)


LEAK = '"note": "rare = counts.argmin()", "coursework": {'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# END SOLUTION", "# END OF SOLUTION", "nbgrader cannot work with"),
        ("(4 points)", "(5 points)", "should end with (4 points)"),
        ('"coursework": {', LEAK, "student version holds 'rare = counts.argmin()'"),
    ],
)
def test_coursework_that_must_not_go_out_is_refused_with_a_sentence(
    tmp_path, monkeypatch, capsys, old, new, said
):
    other_source(tmp_path, old, new)
    monkeypatch.setattr(source.assignments, "__defaults__", (tmp_path,))
    monkeypatch.setattr(build_command, "BUILT", tmp_path / "built")
    assert run(build_command, monkeypatch) == 2
    assert said in capsys.readouterr().err
