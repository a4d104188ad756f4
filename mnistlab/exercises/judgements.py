"""The exercises of lesson 9 that are answered with letters: claims, reviews, a README."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mnistlab.exercises import exercise

__all__ = ["claims_that_hold", "flaws_of_a_readme", "review_to_send"]


@exercise(
    "9.9",
    hints=(
        "How many standard errors apart are the two numbers of each claim? One is about 16 images "
        "of 10,000 at 0.974.",
        "A difference of a few images in ten thousand is within what another seed would change.",
        "Two claims are about differences of more than a hundred images, two about a handful.",
    ),
    solution='answer = "AC"',
    praise="Nobody has shown that B and D are false. One run each cannot say.",
)
def claims_that_hold(answer: Any) -> str | None:
    """Say which of four claims single published runs can carry."""
    return _letters(
        answer,
        "ABCD",
        right={
            "A": "A differs by more than a hundred images, far beyond what chance does.",
            "C": "C differs by hundreds of images: no seed among ours comes near that.",
        },
        wrong={
            "B": "B is about 4 images in ten thousand, and seeds move both numbers by more.",
            "D": "D sets the best of our five seeds against a single run: that is a choice.",
        },
    )


@exercise(
    "9.13",
    hints=(
        "Which of them could the project answer with one new run?",
        "Look for what was found, with its numbers, and for what is only supposed.",
        "It thanks for something true, and asks instead of judging.",
    ),
    solution='answer = "C"',
    praise="It can be checked, it claims no more than it knows, and it says what would help.",
)
def review_to_send(answer: Any) -> str | None:
    """Choose the review that helps the one who gets it."""
    return _letters(
        answer,
        "ABCD",
        right={"C": "C says what it counted, what it does not know, and what to run."},
        wrong={
            "A": "A is not to be checked: it names neither what was counted nor where.",
            "B": "B is kind, but its reader does not learn what was found.",
            "D": "D tells a cause that nobody has tested, and judges the whole work by one cell.",
        },
    )


@exercise(
    "9.15",
    hints=(
        "Go through the list, question by question, with each sentence.",
        "Three sentences can be checked. The others: a choice, one run, a bar.",
        "C chooses by the test set. What of D, which compares two single runs, and of F?",
    ),
    solution='answer = "CDF"',
    praise="A, B and E are not proven true either, but anyone can check them.",
)
def flaws_of_a_readme(answer: Any) -> str | None:
    """Find the sentences of a README whose choice or claim does not hold."""
    return _letters(
        answer,
        "ABCDEF",
        right={
            "C": "C is missing: what was chosen by the test images is too good on them.",
            "D": "D is missing: 19 images between two single runs show nothing yet.",
            "F": "F is missing: with dropout on, the bar is low for another reason.",
        },
        wrong={
            "A": "A can be counted: 785 × 32 + 33 × 32 + 33 × 10 is what it says.",
            "B": "B says what was counted, and its two numbers agree.",
            "E": "E names the command and the seed, and a test that runs it.",
        },
    )


def _letters(
    answer: Any, choices: str, right: Mapping[str, str], wrong: Mapping[str, str]
) -> str | None:
    """Compare an answer of letters; each of the sentences says why a letter is right or wrong."""
    parts = answer if isinstance(answer, list | tuple | set | frozenset) else [answer]
    if not all(isinstance(part, str) for part in parts):
        raise TypeError(f"letters in quotes are asked for, from {choices[0]} to {choices[-1]}")
    chosen = {letter for part in parts for letter in part.upper() if letter.isalnum()}
    if not chosen or not chosen <= set(choices):
        raise TypeError(f"letters from {choices[0]} to {choices[-1]} are asked for")
    for letter in sorted(chosen & set(wrong)):
        return wrong[letter]
    for letter in sorted(set(right) - chosen):
        return right[letter]
    return None
