"""The exercises of lesson 4: dropout's arithmetic, where a sigmoid ends, counting ties."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import training
from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number, same, whole

__all__ = ["images_with_a_tie", "read_from_ties", "units_left", "where_a_sigmoid_is_one"]

UNITS, RATE = 250, 0.2  # the layer of exercise 4.3
ENDS = float(24 * np.log(2))  # from here on 1 + e^-x is 1 in float32, since e^-x is 2^-24 or less
WIDE_ENDS = float(53 * np.log(2))  # the same in float64
NARROW_ENDS = float(11 * np.log(2))  # and in float16

# Exercise 4.7: the classes whose outputs are exactly 1, and the label, as the lesson prints them.
TIED = ((3, 5), (6, 5), (9, 4, 7), (8, 0))
LABELS = (5, 5, 9, 8)


@exercise(
    "4.3",
    hints=(
        "A rate of 0.2 drops two units in ten. How many of 250 are left?",
        "What is left is made larger, so that the sum stays about the same: divide 1 by the share "
        "that is left.",
        "The share that is left is 1 - 0.2. Both numbers follow from it: 250 times it, and 1 "
        "divided by it.",
    ),
    solution="answer = 250 * (1 - 0.2), 1 / (1 - 0.2)",
    praise="The two multiply to 250: on average nothing is lost.",
)
def units_left(answer: Any) -> str | None:
    """How many of 250 units Dropout(0.2) leaves on average, and what it multiplies them by."""
    values = array(answer, "two numbers").reshape(-1)
    if len(values) != 2:
        raise TypeError("two numbers are asked for: how many units are left, and the factor")
    left, factor = (float(value) for value in values)
    kept = 1 - RATE
    right_left, right_factor = same(left, UNITS * kept), same(factor, 1 / kept)
    if right_left and right_factor:
        return None
    if same((factor, left), (UNITS * kept, 1 / kept)):
        return "Both numbers are right, but in the other order: first the units, then the factor."
    if same(left, UNITS * RATE):
        return "So many units are dropped. How many are left?"
    if same(left, kept):
        return "That is the share that is left. How many units of 250 is it?"
    if not right_left:
        return "The rate is the share that is dropped: of 250 units, 250 × (1 - rate) are left."
    return _wrong_factor(factor, kept)


def _wrong_factor(factor: float, kept: float) -> str:
    said = "The number of units is right. "
    known = {
        1.0: "The factor is not 1: fewer units give a smaller sum, and the next layer would see it",
        kept: "The factor is above 1: the units that are left make up for the dropped ones",
        1 / 0.7: "That is the factor for the rate 0.3, and this rate is 0.2",
        1 / RATE: "Divide 1 by the share that is left, not by the share that is dropped",
        1 + RATE: "Try it: the units that are left, times 1.2, do not make 250",
        RATE: "That is the rate. The factor brings what is left back to 250",
    }
    for value, problem in known.items():
        if same(factor, value):
            return f"{said}{problem}."
    return f"{said}The factor makes up for the rest: {UNITS * kept:g} times it should be {UNITS}."


@exercise(
    "4.5",
    hints=(
        "Work out sigmoid(places). For which of the places is it equal to 1?",
        "sigmoid(places) == 1 is an array of True and False; in square brackets behind places it "
        "picks those logits.",
        "Of the logits that it picks, take the smallest: .min()",
    ),
    solution="answer = places[sigmoid(places) == 1].min()",
    praise="Above it, float32 has no number left between the true output and 1.",
)
def where_a_sigmoid_is_one(answer: Any) -> str | None:
    """Find the smallest float32 logit at which the sigmoid is exactly 1, to two decimals."""
    place = number(answer)
    if abs(place - ENDS) <= 0.011:
        return (
            "Very near, but there it is still below 1: print sigmoid(np.float32(…)) == 1."
            if place < ENDS - 0.001
            else None
        )
    known = {
        WIDE_ENDS: "That is where it ends in float64, which has more digits. Take places as it is.",
        NARROW_ENDS: "There it only looks like 1, when it is rounded to three decimals or kept in "
        "float16. Compare sigmoid(places) as it is.",
    }
    for value, problem in known.items():
        if abs(place - value) <= 0.05:
            return problem
    if abs(place - ENDS * 100) <= 2:
        return "That is the place in the array. Which logit stands there?"
    if abs(place - 1) < 1e-6:
        return "That is the output. Which logit gives it?"
    if place >= 29.98:
        return "That is the largest logit of places. Which is the smallest whose output is 1?"
    if 0 < place - ENDS < 0.4:
        return "Near, but a smaller logit gives 1 as well: look at steps of 0.01."
    if place > ENDS:
        return "At this logit the output is 1, but at many smaller ones too. Take the smallest."
    return "At this logit the output is still below 1: print sigmoid(np.float32(…)) == 1."


@exercise(
    "4.6",
    hints=(
        "outputs.max(axis=1, keepdims=True) is the largest output of each image.",
        "Compare outputs with it: True wherever an output is as large as the largest. Then count "
        "them for each image, along axis=1.",
        "An image has a tie when that count is above 1. How many images is that?",
    ),
    solution=(
        "top = outputs == outputs.max(axis=1, keepdims=True)\n"
        "answer = outputs, (top.sum(axis=1) > 1).sum()"
    ),
    praise="Each of these images is read by the order of its classes, not by what it shows.",
)
def images_with_a_tie(answer: Any, digits: Digits) -> str | None:
    """Count the validation images whose largest sigmoid output two or more classes share."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError("two things are asked for: answer = outputs, your_number")
    outputs = array(answer[0], "an array of outputs")
    problem = _wrong_outputs(outputs, digits)
    if problem is not None:
        return problem
    count = number(answer[1])
    top = outputs == outputs.max(axis=1, keepdims=True)
    right = int((top.sum(axis=1) > 1).sum())
    if count == right:
        return None
    return _wrong_count(count, outputs, top, right)


def _wrong_outputs(outputs: NDArray[Any], digits: Digits) -> str | None:
    """Say what is wrong with the sigmoid outputs of the validation images, or None."""
    if outputs.ndim != 2 or outputs.shape[1] != 10:
        return f"The outputs have ten numbers for each image, shape (n, 10), not {outputs.shape}."
    if not (outputs.min() >= 0 and outputs.max() <= 1):
        return "These are no outputs, which lie between 0 and 1. Are they logits?"
    if np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return "These outputs share out 1, as those of a softmax do. Take report.outputs."
    images = len(training.split(digits, 5000, seed=0)[1])
    if len(outputs) != images:
        return f"There are {images:,} validation images, and these are {len(outputs):,}."
    return None


def _wrong_count(count: float, outputs: NDArray[Any], top: NDArray[np.bool_], right: int) -> str:
    """Say which slip leads to this number of images."""
    whole_one = outputs == 1
    known = {
        right / len(outputs): "That is the share of the images. How many are they?",
        100 * right / len(outputs): "That is a percentage. How many images are they?",
        len(outputs) - right: "These are the images without a tie.",
        int(whole_one.sum()): "You counted outputs that are 1. Count images.",
        int(((outputs.round(3) == 1).sum(axis=1) > 1).sum()): "You rounded first. Compare "
        "outputs as they are.",
        int(top.sum()) - len(outputs): "You counted the classes beyond the first. Count images.",
        int(whole_one.any(axis=1).sum()): "You counted images with an output of 1. A single one "
        "is no tie: it takes two.",
        int(top.sum()): "You counted outputs at the top, one at least for each image. Count the "
        "images that have more than one.",
        int(top[top.sum(axis=1) > 1].sum()): "You counted the classes that tie. Count images.",
        int((whole_one.sum(axis=1) > 1).sum()): "Nearly: some images have a tie just below 1. "
        "Compare with the largest output of each image.",
    }
    if count in known:
        return known[count]
    if whole(count) > len(outputs):
        return f"That is more than the {len(outputs):,} images there are."
    return "Count, for each image, how many outputs are as large as its largest one."


@exercise(
    "4.7",
    hints=(
        "argmax goes through the ten outputs from class 0 on, and keeps the first largest one.",
        "Among outputs that are all 1, the first is the one with the lowest class.",
        "So take the lowest class of each row. The label plays no part.",
    ),
    solution="answer = [3, 5, 4, 0]",
    praise="Only the second is read rightly, by luck: its true class comes first.",
)
def read_from_ties(answer: Any) -> str | None:
    """Say as which digit each of four images with tied outputs is read."""
    digits_read = tuple(array(answer, "four digits").reshape(-1).tolist())
    if len(digits_read) == 1:
        raise TypeError("four digits are asked for, and this is one number: put commas between")
    if len(digits_read) != len(TIED):
        raise TypeError(f"four digits are asked for, and these are {len(digits_read):,}")
    reads = tuple(min(classes) for classes in TIED)
    known = {
        tuple(max(classes) for classes in TIED): "These are the last ones. argmax keeps the first "
        "largest output that it meets, from class 0 on.",
        LABELS: "These are the labels. argmax does not know them.",
        tuple(classes[0] for classes in TIED): "You took the class that is written first. argmax "
        "goes through the ten outputs in order, from class 0 on.",
        tuple(read + 1 for read in reads): "Classes are counted from 0.",
        (1, 1, 1, 1): "That is the largest output itself. argmax gives its place.",
    }
    if digits_read == reads:
        return None
    if not all(0 <= digit <= 9 for digit in digits_read):
        return "A digit is a whole number from 0 to 9."
    if digits_read in known:
        return known[digits_read]
    off = next(i for i, read in enumerate(reads) if digits_read[i] != read)
    return f"Look at image {'ABCD'[off]} again: which of its tied classes comes first?"
