"""Guesses that come back beside the result, and exercises that say what is wrong with an answer.

In a lesson, guesses and exercises share one numbering, in the order of the page:

    exercises.guess("2.1", 0.9)              keeps a guess until the kernel restarts
    exercises.guessed("2.1", accuracy)       prints that guess beside the result
    exercises.check("2.2", answer)           says whether it is right, and if not, what is wrong
    exercises.check("2.3", answer, digits=digits)   the same, for an answer that depends on the data
    exercises.hint("2.2")                    each call gives the next hint
    exercises.solution("2.2")                after the last hint, or a right answer

`...` stands for no guess or no answer yet. Lesson 2's exercises are in `lesson_2.py`: each is a
function with the decorator `exercise`, which takes (answer) or (answer, digits) and returns None
when the answer is right, else the sentence that this wrong answer needs. Whatever it raises is
told as "I could not read this answer: …". The module `answers` reads numbers and arrays.
"""

from __future__ import annotations

import importlib.util
import inspect
import re
import textwrap
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

__all__ = ["Exercise", "Verdict", "check", "exercise", "guess", "guessed", "hint", "judge"]
__all__ += ["numbers", "solution"]

Check = TypeVar("Check", bound=Callable[..., str | None])

LESSON_NAME = "mnistlab.exercises.lesson_{}"


@dataclass(frozen=True)
class Exercise:
    """One exercise: how an answer is checked, and what helps towards it."""

    number: str
    check: Callable[..., str | None]
    needs_digits: bool
    hints: Sequence[str]
    solution: str
    praise: str


@dataclass(frozen=True)
class Verdict:
    """What is said about an answer; right is None when there is no answer yet."""

    right: bool | None
    message: str


_exercises: dict[str, Exercise] = {}
_guesses: dict[str, Any] = {}
_hints_given: dict[str, int] = {}
_solved: set[str] = set()


def exercise(
    number: str, hints: Sequence[str], solution: str, praise: str = ""
) -> Callable[[Check], Check]:
    """Make a function into the check of an exercise: it returns what is wrong, or None.

    number: such as "2.3". hints: from the first nudge to nearly the solution. solution: code or
    a sentence. praise: a sentence that a right answer gets, best one that adds a thought.
    """

    def keep(function: Check) -> Check:
        needs_digits = "digits" in inspect.signature(function).parameters
        _exercises[number] = Exercise(number, function, needs_digits, hints, solution, praise)
        return function

    return keep


def numbers(lesson: int) -> list[str]:
    """Return the numbers of a lesson's exercises, in their order."""
    name = LESSON_NAME.format(lesson)
    if importlib.util.find_spec(name) is None:
        return []
    importlib.import_module(name)
    mine = [number for number in _exercises if number.startswith(f"{lesson}.")]
    return sorted(mine, key=lambda number: int(number.partition(".")[2]))


def guess(number: str, value: Any, *more: Any) -> None:
    """Keep a guess; `guessed` shows it again beside the result. Used in every lesson.

    number: such as "2.1". value: anything, or `...` for no guess; several values form a tuple.
    """
    value = (value, *more) if more else value
    if value is ...:
        _guesses.pop(number, None)
        print("No guess yet: put yours where the ... stands. A wrong one teaches as much.")
        return
    _guesses[number] = value
    print(f"Your guess, {_said(value)}, is kept.")


def guessed(number: str, result: Any) -> None:
    """Print the guess of that number beside the result. Used in every lesson."""
    if number not in _guesses:
        print(f"The result is {_said(result)}. (You kept no guess.)")
        return
    value = _guesses[number]
    print(f"You guessed {_said(value)}; the result is {_said(result)}.{_comparison(value, result)}")


def check(number: str, answer: Any, digits: Any = None) -> None:
    """Say whether an answer is right and, if it is not, what is wrong. Used in every lesson.

    number: such as "2.2". answer: yours, or `...` for none. digits: for exercises on the data.
    """
    print(_wrapped(judge(number, answer, digits).message))


def judge(number: str, answer: Any, digits: Any = None) -> Verdict:
    """Return what `check` says, and whether the answer is right."""
    task = _find(number)
    if answer is ...:
        return Verdict(
            None,
            f"Exercise {number}: no answer yet. Put it where the ... stands; "
            f'exercises.hint("{number}") helps.',
        )
    if task.needs_digits and not hasattr(digits, "x_train"):
        again = f'exercises.check("{number}", answer, digits=digits)'
        return Verdict(False, f"Exercise {number} is about the data. Write {again}")
    problem = _problem(task, answer, digits)
    if problem is None:
        _solved.add(number)
        return Verdict(True, f"Exercise {number}: right. {task.praise}".rstrip())
    return Verdict(False, f'Exercise {number}: not yet. {problem} (exercises.hint("{number}"))')


def hint(number: str) -> None:
    """Print the next hint; after the last one, `solution` is open."""
    hints = _find(number).hints
    given = min(_hints_given.get(number, 0) + 1, len(hints))
    _hints_given[number] = given
    print(_wrapped(f"Hint {given} of {len(hints)}: {hints[given - 1]}"))
    if given == len(hints):
        print(f'That was the last hint. exercises.solution("{number}") shows the solution.')


def solution(number: str) -> None:
    """Print the solution, once all hints were read or the answer was right."""
    task = _find(number)
    left = len(task.hints) - _hints_given.get(number, 0)
    if left and number not in _solved:
        hints = "One hint is" if left == 1 else f"{left} hints are"
        print(f'{hints} left: try exercises.hint("{number}") first.')
        return
    print(task.solution)


def _find(number: str) -> Exercise:
    match = re.fullmatch(r"(\d+)\.\d+", number) if isinstance(number, str) else None
    known = numbers(int(match[1])) if match else []
    if number not in known:
        if match and known:
            raise ValueError(
                f"{number} is no exercise; a guess has no check and no hints. "
                f"The exercises of lesson {match[1]} are {', '.join(known)}."
            )
        raise ValueError(f'There is no exercise {number!r}. Write its number as "1.2".')
    return _exercises[number]


def _problem(task: Exercise, answer: Any, digits: Any) -> str | None:
    """Run a check; whatever strange thing an answer is, a sentence comes back."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a warning from inside a check would only puzzle
            return task.check(answer, digits) if task.needs_digits else task.check(answer)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return f"I could not read this answer: {reason.rstrip('.')}."


def _wrapped(sentence: str) -> str:
    return textwrap.fill(sentence, 88, break_long_words=False, break_on_hyphens=False)


def _said(value: Any) -> str:
    """A value as a sentence shows it: floats with at most four figures."""
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:.4g}" if abs(number) < 1e4 else f"{number:,.0f}"
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _comparison(value: Any, result: Any) -> str:
    """A word on how near a guess came, where that can be said."""
    try:
        if bool(np.all(np.equal(value, result))):
            return " You had it."
        if isinstance(value, str) and isinstance(result, str):
            return _in_letters(value.strip().upper(), result)
        off = abs(float(value) - float(result))
        if isinstance(result, float | np.floating) and 0 < result <= 1 < value <= 100:
            return f" (As a share, your guess is {value / 100:g}.)"
        return " That was close." if off <= 0.05 * abs(float(result)) else ""
    except (TypeError, ValueError):
        return ""


def _in_letters(value: str, result: str) -> str:
    """Compare a guess of letters, such as "CEG", with the right ones; other words are whole."""
    if value == result.upper():
        return " You had it."
    if len(result) < 2 or not (result.isalpha() and result.isupper()):
        return ""
    return f" {len(set(value) & set(result))} of these {len(result)} are in your guess."
