"""The exercises of lesson 7: what a grid costs, what pruning ends, the winner's luck, machines."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from mnistlab.exercises import exercise
from mnistlab.exercises.answers import number

__all__ = ["epoch_of_pruning", "hours_of_a_grid", "times_as_fast", "winners_luck"]

VALUES, SETTINGS, SECONDS = 4, 5, 3  # of 7.3
TRIALS, ACCURACY, IMAGES = 40, 0.95, 5000  # of 7.10


def _known(said: float, slips: dict[str, float]) -> str | None:
    """The sentence of the slip that gives this number."""
    for sentence, value in slips.items():
        if np.isclose(said, value, rtol=0.01):
            return sentence
    return None


@exercise(
    "7.3",
    hints=(
        "On a grid each value of one setting meets each value of every other.",
        "Two settings have 4 × 4 pairs, three have 4 × 4 × 4. How many have five?",
        "Multiply the number of trials by 3 seconds, and divide by the seconds of an hour, 3600.",
    ),
    solution="answer = 4**5 * 3 / 3600",
    praise="A sixth setting would make four times as many of them.",
)
def hours_of_a_grid(answer: Any) -> str | None:
    """Work out the hours that a grid of five settings with four values each takes."""
    said, trials = number(answer), VALUES**SETTINGS
    asked = trials * SECONDS / 3600
    if np.isclose(said, asked, rtol=0.01):
        return None
    slips = {
        "That is the number of trials. How long do they take?": trials,
        "These are seconds; hours are asked for.": trials * SECONDS,
        "These are minutes; hours are asked for.": trials * SECONDS / 60,
        "Each trial takes 3 seconds, not one.": trials / 3600,
        "Five settings with four values each are 4 to the power of 5, not 5 to the power of 4.": (
            SETTINGS**VALUES * SECONDS / 3600
        ),
        "That would be so if one setting were changed at a time; a grid has every combination.": (
            VALUES * SETTINGS * SECONDS / 3600
        ),
    }
    return _known(said, slips) or "Count the combinations first, then their seconds, then hours."


@exercise(
    "7.7",
    hints=(
        "np.median(complete, axis=0) gives the median after each epoch.",
        "What is the best that the new trial has reached by then? It may have been earlier.",
        "np.maximum.accumulate(new) is its best so far. Where is that below the median first?",
    ),
    solution=(
        "below = np.maximum.accumulate(new) < np.median(complete, axis=0)\n"
        "answer = below.argmax() + 1"
    ),
    praise=(
        "And its last epoch would have brought it above all the others: pruning saves time, and "
        "now and then it costs a winner."
    ),
)
def epoch_of_pruning(answer: Any) -> str | None:
    """Find the epoch after which a trial is pruned by the median of five."""
    said = number(answer)
    slips = {
        "After epoch 1 it reads 0.92, and the median is 0.86.": 1,
        "After epoch 2 it reads 0.90, below the median of 0.91; but its best so far is 0.92. "
        "(If you counted from 0: epochs count from 1.)": 2,
        "After the last epoch nothing is left to save: it must have been ended before.": 4,
        "That is an accuracy. After which epoch is it ended: 1, 2, 3 or 4?": 0.93,
        "That is the median. After which epoch is it ended: 1, 2, 3 or 4?": 0.94,
    }
    if said == 3:
        return None
    for sentence, value in slips.items():
        if np.isclose(said, value, atol=1e-6):
            return sentence
    return "Compare its best so far with the median of the five, epoch by epoch: 1, 2, 3 or 4."


def _luck(trials: int = TRIALS, images: int = IMAGES) -> float:
    """How far the best of equal networks lies above their true accuracy, on average, exactly."""
    counts = np.arange(images + 1)
    below = stats.binom.cdf(counts, images, ACCURACY) ** trials
    mean = float((1 - below[:-1]).sum())  # of the largest count
    return mean / images - ACCURACY


@exercise(
    "7.10",
    hints=(
        "Each row of shown is a study of 40 networks. Which of them wins?",
        "shown.max(axis=1) has the winner of each study.",
        "The winners' mean, less the accuracy that all of them truly have.",
    ),
    solution="answer = shown.max(axis=1).mean() - 0.95",
    praise="So much comes of luck alone, before any setting has helped.",
)
def winners_luck(answer: Any) -> str | None:
    """Work out how far the best of 40 equal networks lies above 0.95 on 5,000 images."""
    if np.size(answer) > 1:
        return "One number is asked for: the mean over all the studies."
    said, asked = number(answer), _luck()
    if abs(said - asked) < 2e-4:
        return None
    slips = {
        "That is the winner's accuracy. How far does it lie above 0.95?": ACCURACY + asked,
        "This is in percent: leave it as a share.": 100 * asked,
        "That is the spread of the 40, not how far the best of them lies above 0.95.": float(
            np.sqrt(ACCURACY * (1 - ACCURACY) / IMAGES)
        ),
        "That is how far the middle of all lies above 0.95: where is the best?": 0.0,
        "That is the best of 10,000 images' worth; there are 5,000.": _luck(images=10_000),
    }
    for sentence, value in slips.items():
        if np.isclose(said, value, rtol=0.02, atol=5e-5):
            return sentence
    if abs(said + asked) < 1e-3:
        return "That is the worst of them: the largest is asked for."
    if said > 1.5 * asked and said < 0.02:
        return "That is the best of all studies together: take the winner of each, by axis=1."
    return "Take the largest of each study of 40, their mean over all studies, and subtract 0.95."


@exercise(
    "7.13",
    hints=(
        "How many rounds do 100 workers need for 200 trials?",
        "One worker takes 10 + 200 × 6 seconds. How long do 100 take, which all start at once?",
        "100 workers take 10 + 2 × 6 seconds. Divide the one time by the other.",
    ),
    solution="answer = (10 + 200 * 6) / (10 + 2 * 6)",
    praise="The start, which nobody can share, costs nearly half of the time now.",
)
def times_as_fast(answer: Any) -> str | None:
    """Work out how many times as fast 100 workers are, with their start."""
    said = number(answer)
    if np.isclose(said, 1210 / 22, rtol=0.004):
        return None
    slips = {
        "That would be so without the start: each worker needs 10 seconds first.": 100,
        "That is how long 100 workers take. How many times as fast is it?": 22,
        "That is how long one worker takes. How many times as fast are 100?": 1210,
        "The other way round: divide the longer time by the shorter.": 22 / 1210,
        "One worker has to start as well.": 1200 / 22,
        "All workers start at once: the 10 seconds count once, not a hundred times.": (
            1210 / (1000 + 12)
        ),
        "Two rounds of 6 seconds follow the start: each worker does two trials.": 1210 / 16,
    }
    for sentence, value in slips.items():
        if np.isclose(said, value, rtol=0.004):
            return sentence
    return "Divide 10 + 200 × 6 seconds by 10 seconds and two rounds of 6 seconds."
