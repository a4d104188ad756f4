"""The exercises of lesson 3: counting, merging two layers, writing a bend, finding dead units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import training
from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, same, whole

__all__ = ["dead_units", "leaky_rule", "one_layer_for_two", "weights_of_three_layers"]

UNITS = 100  # of the lesson's hidden layer
LEAK = 0.1

Numbers = NDArray[np.float64]


@exercise(
    "3.4",
    hints=(
        "Take one layer after the other. What does each unit of the first hidden layer listen to?",
        "Each unit of the second one listens to the 300 units before it, and has a bias.",
        "Three products and three times the biases: 784 × 300 + 300 + 300 × 100 + 100 + …",
    ),
    solution="answer = 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10",
    praise="Most of them sit in the first layer, where the pixels are.",
)
def weights_of_three_layers(answer: Any) -> str | None:
    """Count the weights and biases of 784 → 300 → 100 → 10."""
    count = whole(answer)
    weights = 784 * 300 + 300 * 100 + 100 * 10
    known = {
        weights: "These are the weights; the biases are missing, one for each unit and digit.",
        weights + 300 + 100: "The ten digits have biases too.",
        weights + 10: "Hidden units have biases too, not only the digits.",
        weights + 3: "One bias for each layer is too few: each unit and each digit has its own.",
        weights + 784 + 300 + 100 + 10: "Pixels have no bias: only what adds up votes has one.",
        784 * 300 + 300 + 300 * 10 + 10: "That leaves out the second hidden layer.",
        784 * 300 + 300 + 784 * 100 + 100 + 100 * 10 + 10: (
            "The second hidden layer listens to the 300 units before it, not to the pixels."
        ),
        784 * 300 + 300 + 300 * 100 + 100: "The ten digits are missing: they listen to 100 units.",
        784 * 400 + 400 + 400 * 10 + 10: (
            "That is one hidden layer of 400. Here the second layer listens to the first."
        ),
        784 * 100 + 100 + 100 * 10 + 10: "That is the network of this lesson.",
        784 + 300 + 100 + 10: "These are the pixels, units and digits. Multiply, layer by layer.",
        784 * 300 * 100 * 10: "Multiply within a layer, and add up the three layers.",
    }
    if count == weights + 300 + 100 + 10:
        return None
    return known.get(count, "Go layer by layer: inputs × units, and one bias for each unit.")


@exercise(
    "3.6",
    hints=(
        "k1, b1, k2, b2 = linear.get_weights() gives the kernels and biases of the two layers.",
        "The logits are (rows @ k1 + b1) @ k2 + b2. Multiply the brackets out, as with numbers.",
        "rows @ (k1 @ k2) + …: which part is left over, the same for every image?",
    ),
    solution=(
        "k1, b1, k2, b2 = linear.get_weights()\nanswer = linear, k1 @ k2, b1 @ k2 + b2  # (10,)"
    ),
    praise="One layer does the work of two: nothing was gained by the second.",
)
def one_layer_for_two(answer: Any) -> str | None:
    """Merge two layers without a bend into one kernel and one bias."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return "Three things are asked for: `answer = linear, kernel, bias`."
    k1, b1, k2, b2 = _two_layers(answer[0])
    if answer[0].layers[-2].get_config().get("activation") != "linear":
        return "The hidden layer of this model bends: only a linear one can be merged."
    kernel, bias = array(answer[1], "a kernel"), array(answer[2], "a bias")
    if bias.shape == (784, 10):
        return "Kernel and bias are swapped: the kernel comes first."
    problem = _wrong_kernel(kernel, k1, k2)
    return problem if problem is not None else _wrong_bias(bias, b1, k2, b2)


def _wrong_kernel(kernel: NDArray[Any], k1: Numbers, k2: Numbers) -> str | None:
    if kernel.shape == (10, 784):
        return "This kernel is transposed: its shape should be (784, 10), pixels by digits."
    if kernel.shape != (784, 10):
        return f"A kernel from pixels to digits has the shape (784, 10); yours is {kernel.shape}."
    if same(kernel, k1[:, :10]):
        return "These are the first ten units of the hidden layer. All 100 have their say."
    if not same(kernel, k1 @ k2):
        return "With this kernel the logits differ. Multiply the two kernels, in their order."
    return None


def _wrong_bias(bias: NDArray[Any], b1: Numbers, k2: Numbers, b2: Numbers) -> str | None:
    if bias.size != 10:
        return f"The kernel is right. There are ten biases, one for each digit, not {bias.size}."
    if same(bias.reshape(10), b1 @ k2 + b2):
        return None
    known = {
        "The kernel is right. The bias leaves out what the hidden units' biases add.": b2,
        "The kernel is right. The bias leaves out the digits' own biases.": b1 @ k2,
        "The kernel is right. The first ten hidden biases are not the digits': each goes through "
        "the second kernel.": b1[:10] + b2,
    }
    for said, wrong in known.items():
        if same(bias.reshape(10), wrong, tolerance=1e-6):
            return said
    return "The kernel is right, the bias is not: what do the logits become without any ink?"


@exercise(
    "3.8",
    hints=(
        "np.where(condition, a, b) takes a where the condition holds, and b elsewhere.",
        "The condition is x > 0. What is to be taken there, and what elsewhere?",
        "A function: def leaky(x): return np.where(x > 0, …, 0.1 * x)",
    ),
    solution="def leaky(x):\n    return np.where(x > 0, x, 0.1 * x)\n\n\nanswer = leaky",
    praise="np.where(…) and np.maximum(x, 0.1 * x) give the same. Why? (Keras' own leak is 0.2.)",
)
def leaky_rule(answer: Any) -> str | None:
    """A function that leaves numbers above 0 and multiplies those below by 0.1."""
    if not callable(answer) or hasattr(answer, "layers"):
        raise TypeError("a function is asked for, without brackets: answer = leaky")
    x = np.array([[-4.0, -1.0, 0.0], [0.5, 1.0, 3.0]])
    given = x.copy()
    try:
        result = answer(given)
    except ValueError as error:
        if "truth value" in str(error):
            return "It fails on an array: `if` and `max` want one number, np.where takes each."
        raise
    if result is None:
        return "The function gives nothing back: it needs a return."
    if not np.array_equal(given, x):
        return "The function changes the array it was given. Make a new one, as np.where does."
    values = array(result)
    if values.shape != x.shape:
        return f"From an array of shape {x.shape} it makes one of shape {values.shape}: keep it."
    return _wrong_bend(values, x)


def _wrong_bend(values: NDArray[Any], x: Numbers) -> str | None:
    """Say which rule made these values from x, or None for the right one."""
    if same(values, np.where(x > 0, x, LEAK * x)):
        return None
    known: dict[str, Callable[[Numbers], Numbers]] = {
        "That is ReLU: numbers below 0 should become a tenth, not 0.": lambda x: np.maximum(0, x),
        "The wrong way round: numbers above 0 stay as they are.": (
            lambda x: np.where(x > 0, LEAK * x, x)
        ),
        "Numbers below 0 lose their sign: multiply by 0.1, not by -0.1.": (
            lambda x: np.where(x > 0, x, -LEAK * x)
        ),
        "All numbers became a tenth; those above 0 should stay.": lambda x: LEAK * x,
        "Numbers below 0 all became the same: multiply each by 0.1.": (
            lambda x: np.where(x > 0, x, -LEAK)
        ),
        "Nothing changed: numbers below 0 should become a tenth.": lambda x: x,
        "0.1 is added, where it should multiply.": lambda x: np.where(x > 0, x, x + LEAK),
    }
    for said, rule in known.items():
        if same(values, rule(x)):
            return said
    if same(values[x > 0], x[x > 0]):
        return f"Above 0 it is right; but -1 should become -0.1, and becomes {values[0, 1]:g}."
    return f"1 should stay 1, and becomes {values[1, 1]:g}."


@exercise(
    "3.11",
    hints=(
        "hidden, outputs = forward(x_val, *weights) gives each image's 100 activations: with the "
        "weights of which network?",
        "A dead unit is 0 on all images, so its largest activation is 0.",
        'hidden, _ = forward(x_val, *networks["0.1"].get_weights()), then look at hidden.max(…)',
    ),
    solution=(
        'hidden, _ = forward(x_val, *networks["0.1"].get_weights())\n'
        'answer = networks["0.1"], (hidden.max(axis=0) == 0).sum()'
    ),
    praise="No blame reaches these any more. The network reads with what is left.",
)
def dead_units(answer: Any, digits: Digits) -> str | None:
    """Count the hidden units that are silent on every validation image."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        return 'Two things are asked for: `answer = networks["0.1"], number`.'
    k1, b1, _, _ = _two_layers(answer[0])
    if np.size(answer[1]) == UNITS:
        return "These are 100 values, one for each unit: count the units that are dead."
    told = float(array(answer[1], "one number").reshape(-1)[0])
    if 0 < told < 1:
        return "That is a share. The number of units is asked for."
    count = whole(answer[1])
    votes = _validation(digits) @ k1  # (n, 784) @ (784, 100) → (n, 100)
    active = votes + b1 > 0
    if count == (~active).all(axis=0).sum():
        return None
    return _wrong_count(count, active, votes, b1)


def _wrong_count(count: int, active: NDArray[np.bool_], votes: Numbers, b1: Numbers) -> str:
    known = {
        "These are the living ones: count the units that are never active.": active.any(axis=0),
        "That counts units that are silent on some image; a dead one is so on all.": (
            ~active.all(axis=0)
        ),
        "That counts the units that are always active.": active.all(axis=0),
        "That is about the first image only: a dead unit is silent on all.": ~active[0],
        "The bias is missing: a unit adds it to its votes.": (votes <= 0).all(axis=0),
        "These pixels are not scaled: the network was trained on 0 to 1, as in x_val.": (
            (255 * votes + b1 <= 0).all(axis=0)
        ),
    }
    for said, units in known.items():
        if count == units.sum():
            return said
    if count == (~active).all(axis=1).sum():
        return "You counted images without an active unit: axis=0 goes over the images."
    if count == (~active).sum():
        return "You counted all zeros of the table. First ask, for each unit, if all are 0."
    if count > UNITS:
        return "There are only 100 units: ask for each of them whether it is ever active."
    return (
        "Which of this network's units are 0 on every image of x_val? If `hidden` is still that of "
        "`reader`, run forward with these weights."
    )


def _two_layers(model: Any) -> list[Numbers]:
    """Return the kernels and biases of 784 → 100 → 10."""
    if not hasattr(model, "get_weights"):
        raise TypeError("the network comes first in an answer, before what is asked about it")
    weights = [np.asarray(one, np.float64) for one in model.get_weights()]
    if [one.shape for one in weights] != [(784, UNITS), (UNITS,), (UNITS, 10), (10,)]:
        raise TypeError("the network should be this lesson's, 784 → 100 → 10")
    return weights


def _validation(digits: Digits) -> Numbers:
    """Return the lesson's validation images as rows of 784 in 0..1."""
    held_out = training.split(digits, 5000, seed=0)[1]
    return digits.x_train[held_out].reshape(-1, 784).astype(np.float64) / 255
