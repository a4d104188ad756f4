"""The teacher's page keeps its word: every command in it is run, in its order."""

import csv
import re
import subprocess
from pathlib import Path

import pytest
from coursework_class import need_sandbox

pytest.importorskip(
    "nbgrader", reason="needs nbgrader, which make setup-all installs and make test-all has"
)
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
