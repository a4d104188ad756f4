"""Every exercise takes its right answers, and says to each wrong one what is wrong with it.

The answers are in `exercise_answers/lesson_N.py`, which may hold what a lesson must not show:

    RIGHT = {"1.2": {"as a list": lambda digits: [28, 28], ...}}          two at least
    WRONG = {"1.2": {"transposed": (lambda digits: ..., "part of what is said"), ...}}   four
"""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from mnistlab import exercises

FOLDER = Path(__file__).parent / "exercise_answers"


def load(path: Path):
    spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LESSONS = {int(path.stem.removeprefix("lesson_")): load(path) for path in FOLDER.glob("lesson_*")}
RIGHT = {number: cases for lesson in LESSONS.values() for number, cases in lesson.RIGHT.items()}
WRONG = {number: cases for lesson in LESSONS.values() for number, cases in lesson.WRONG.items()}
NUMBERS = sorted(number for lesson in LESSONS for number in exercises.numbers(lesson))


def cases(answers):
    return [
        pytest.param(number, case, id=f"{number}-{name}")
        for number, named in sorted(answers.items())
        for name, case in named.items()
    ]


@pytest.fixture(autouse=True)
def new_session(monkeypatch):
    """Each test starts as a kernel does: no guess kept, no hint given, nothing solved."""
    monkeypatch.setattr(exercises, "_guesses", {})
    monkeypatch.setattr(exercises, "_hints_given", {})
    monkeypatch.setattr(exercises, "_solved", set())


def in_one_line(capsys) -> str:
    """What was printed, without the line breaks that keep it readable on a narrow page."""
    return " ".join(capsys.readouterr().out.split())


def test_every_lesson_with_exercises_has_answers_and_the_other_way_round():
    package = Path(exercises.__file__).parent
    assert {path.name for path in package.glob("lesson_*.py")} == {
        path.name for path in FOLDER.glob("lesson_*.py")
    }
    assert sorted(RIGHT) == sorted(WRONG) == NUMBERS
    assert NUMBERS


@pytest.mark.parametrize("number", NUMBERS)
def test_an_exercise_is_tried_with_two_right_and_four_wrong_answers(number):
    assert len(RIGHT[number]) >= 2
    assert len(WRONG[number]) >= 4


@pytest.mark.data
@pytest.mark.parametrize(("number", "answer"), cases(RIGHT))
def test_a_right_answer_is_taken(number, answer, digits):
    verdict = exercises.judge(number, answer(digits), digits)
    assert verdict.right is True, verdict.message
    assert verdict.message.startswith(f"Exercise {number}: right.")


@pytest.mark.data
@pytest.mark.parametrize(("number", "case"), cases(WRONG))
def test_a_wrong_answer_gets_its_own_message(number, case, digits):
    answer, said = case
    verdict = exercises.judge(number, answer(digits), digits)
    assert verdict.right is False, "this wrong answer was taken as right"
    assert said in verdict.message


STRANGE = {
    "None": None,
    "a text": "spam",
    "an empty list": [],
    "rows of two lengths": [[1, 2], [3]],
    "not a number": float("nan"),
    "a dictionary": {"spam": 1},
    "an object": object(),
    "a million and one": 1_000_001,
    "a function that fails": lambda *args: 1 / 0,
    "a huge array": np.full((200, 200), 1e30),
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_strange_answer_gets_a_sentence_and_no_traceback(number, answer, digits):
    verdict = exercises.judge(number, answer, digits)
    assert verdict.right is False
    assert "\n" not in verdict.message
    assert re.search(r"not yet\. [A-Z“\"'].*[.?!)] \(exercises\.hint", verdict.message)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_unanswered_exercise_says_so_kindly(number, capsys):
    exercises.check(number, ...)
    assert "no answer yet" in capsys.readouterr().out


@pytest.mark.parametrize("number", NUMBERS)
def test_hints_come_in_steps_and_the_solution_after_the_last(number, capsys):
    hints = exercises._find(number).hints
    assert len(hints) >= 2
    for given, hint in enumerate(hints, start=1):
        exercises.solution(number)
        assert "left" in capsys.readouterr().out
        exercises.hint(number)
        assert f"Hint {given} of {len(hints)}: {hint}" in in_one_line(capsys)
    exercises.solution(number)
    assert capsys.readouterr().out.strip() == exercises._find(number).solution


def test_after_the_last_hint_it_comes_again(capsys):
    hints = exercises._find(NUMBERS[0]).hints
    for _ in range(len(hints) + 1):
        exercises.hint(NUMBERS[0])
    assert in_one_line(capsys).count(hints[-1]) == 2


def test_a_right_answer_opens_the_solution(digits, capsys):
    number = NUMBERS[0]
    answer = next(iter(RIGHT[number].values()))(digits)
    exercises.check(number, answer, digits=digits)
    exercises.solution(number)
    assert exercises._find(number).solution in capsys.readouterr().out


def test_an_exercise_about_the_data_asks_for_them():
    number = next(number for number in NUMBERS if exercises._find(number).needs_digits)
    for digits in (None, np.zeros(3)):
        verdict = exercises.judge(number, 1, digits)
        assert verdict.right is False
        assert "answer, digits=digits)" in verdict.message


@pytest.mark.parametrize("number", ["99.9", "spam", "1", "", 1.1, None])
def test_an_unknown_number_is_refused_with_a_sentence(number):
    with pytest.raises(ValueError, match="There is no exercise"):
        exercises.hint(number)


def test_an_unknown_number_of_a_known_lesson_is_told_which_there_are():
    with pytest.raises(ValueError, match=rf"of lesson 1 are {exercises.numbers(1)[0]}, "):
        exercises.check("1.99", 3)
    with pytest.raises(ValueError, match=r"0\.1 is no exercise; a guess has no check"):
        exercises.hint("0.1")


@pytest.mark.parametrize(
    ("value", "result", "said"),
    [
        (0.9, 0.92412, "You guessed 0.9; the result is 0.9241. That was close."),
        (7, np.uint8(7), "You guessed 7; the result is 7. You had it."),
        ((28, 28), (28, 28), "You guessed (28, 28); the result is (28, 28). You had it."),
        ([28, 28], (10, 5), "You guessed [28, 28]; the result is (10, 5)."),
        ("many", 60_000, "You guessed many; the result is 60,000."),
        (60000.0, 10_000, "You guessed 60,000; the result is 10,000."),
        (True, False, "You guessed True; the result is False."),
        (3, [1, 2], "You guessed 3; the result is [1, 2]."),
        (92, 0.5, "You guessed 92; the result is 0.5. (As a share, your guess is 0.92.)"),
        ("gic", "CEI", "You guessed gic; the result is CEI. 2 of these 3 are in your guess."),
        ("A", "D", "You guessed A; the result is D."),
        ("d", "D", "You guessed d; the result is D. You had it."),
        ("relu", "sigmoid", "You guessed relu; the result is sigmoid."),
        ("0.1", "0.001", "You guessed 0.1; the result is 0.001."),
        ("CEI", "CEI", "You guessed CEI; the result is CEI. You had it."),
        (None, float("nan"), "You guessed None; the result is nan."),
    ],
)
def test_a_guess_comes_back_beside_the_result(value, result, said, capsys):
    exercises.guess("1.1", value)
    capsys.readouterr()
    exercises.guessed("1.1", result)
    assert capsys.readouterr().out == said + "\n"


def test_a_guess_of_two_numbers_needs_no_brackets(capsys):
    exercises.guess("1.1", 4, 9)
    exercises.guessed("1.1", (4, 9))
    assert "(4, 9); the result is (4, 9). You had it." in capsys.readouterr().out


def test_no_guess_is_no_failure_and_takes_an_earlier_one_back(capsys):
    exercises.guess("1.1", 5)
    exercises.guess("1.1", ...)
    exercises.guessed("1.1", 3)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "No guess yet: put yours where the ... stands. A wrong one teaches as much.",
        "The result is 3. (You kept no guess.)",
    ]
