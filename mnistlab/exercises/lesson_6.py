"""The exercises of lesson 6: a filter, pooling, the weights of convolutions, what they see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, same, whole

__all__ = ["lower_edge", "pooled", "rows_that_count", "weights_of_a_cnn"]

WEIGHTS = (320, 9_248, 18_496, 65_000, 10_010)  # of the fifth project's layers, in their order
LAYERS = ("first convolution", "second convolution", "third convolution", "Dense(1000)", "last")
SEEN = 22  # rows of pixels that reach its outputs


@exercise(
    "6.6",
    hints=(
        "The filter of the lesson compares left with right. Which numbers compare above with "
        "below?",
        "Ink above should speak for the edge and ink below against it: the upper row of the "
        "filter gets numbers above 0, the lower row the same below 0.",
        "The lesson's filter on its side does it, with the ones at the top: np.rot90(left_edge) "
        "is one of the two ways to turn it.",
    ),
    solution="answer = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])",
    praise="Nine numbers, and they find such edges wherever they are.",
)
def lower_edge(answer: Any) -> str | None:
    """Find a 3 × 3 filter that answers to the lower edge of a stroke and to nothing upright."""
    kernel = array(answer, "nine numbers").astype(float)
    if kernel.shape != (3, 3):
        raise TypeError(
            f"it should have three rows of three numbers, and its shape is {_said(kernel)}"
        )
    if not np.isfinite(kernel).all() or not kernel.any():
        return "A filter needs numbers, and some that are not 0."
    kernel = kernel / np.abs(kernel).max()
    rows, columns = kernel.sum(axis=1), kernel.sum(axis=0)
    if abs(kernel.sum()) > 1e-6:
        return (
            f"On a window full of ink this gives {kernel.sum():.2g} times its largest number, and "
            "should give 0: let the nine numbers add up to 0."
        )
    upper, lower = rows[0], rows[0] + rows[1]  # what a lower edge gives, high or low in the window
    if np.abs(columns).max() > 1e-6:
        turned = np.abs(rows).max() < 1e-6
        return (
            "This compares left with right. Compare above with below."
            if turned
            else "This answers to upright edges too: let each column add up to 0."
        )
    if max(upper, lower) < 1e-6 and min(upper, lower) < -1e-6:
        return "This answers to upper edges, with ink below. Turn it upside down."
    if min(upper, lower) < -1e-6 or max(upper, lower) < 1e-6:
        return (
            "A lower edge, with ink in the first row alone or in the first two, gives "
            f"{upper:.2g} and {lower:.2g} times its largest number: neither should be below 0."
        )
    return None


def _said(values: NDArray[Any]) -> str:
    return str(tuple(values.shape)[:4])


@exercise(
    "6.7",
    hints=(
        "Two for loops will do: over the rows and the columns of what comes out. How many are "
        "there, if two rows become one?",
        "The window of the place (row, column) begins at row 2 * row and column 2 * column, and "
        "ends two further on.",
        "Of len(values) rows, len(values) // 2 come out: // divides and drops the rest. In the "
        "loops: out[row, column] = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]"
        ".max()",
    ),
    solution=(
        "def pooled(values):\n"
        "    rows, columns = len(values) // 2, len(values[0]) // 2\n"
        "    out = np.zeros((rows, columns))\n"
        "    for row in range(rows):\n"
        "        for column in range(columns):\n"
        "            window = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]\n"
        "            out[row, column] = window.max()\n"
        "    return out\n\n\n"
        "answer = pooled"
    ),
    praise="What a last odd row holds is lost. Remember that: it will matter.",
)
def pooled(answer: Any) -> str | None:
    """Write max pooling over windows of 2 × 2 as a function of an array of any size."""
    if not callable(answer):
        raise TypeError("a function is asked for: answer = pooled, without brackets")
    random = np.random.default_rng(0)
    for shape in ((4, 6), (26, 26), (11, 11), (5, 8), (6, 3)):
        values = random.normal(size=shape)
        problem = _wrong_pooling(answer(values.copy()), values)
        if problem is not None:
            return problem
    return None


def _wrong_pooling(result: Any, values: NDArray[np.float64]) -> str | None:
    """Say what is wrong with the pooled form of these values, or None."""
    if result is None:
        return "Your function gives nothing back: does it end with return?"
    out = array(result, "what your function returns, an array of numbers,")
    rows, columns = (length // 2 for length in values.shape)
    where = f"For an array of the shape {values.shape}"
    if out.shape != (rows, columns):
        return f"{where} the result should have the shape {(rows, columns)}, not {_said(out)}."
    whole_windows = values[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2)
    if same(out, whole_windows.max(axis=(1, 3)), 1e-6):
        return None
    known = {
        "you take the mean of each window, not the largest number": whole_windows.mean(axis=(1, 3)),
        "you take the smallest number of each window": whole_windows.min(axis=(1, 3)),
        "you take one corner of each window, not the largest of its four numbers": (
            whole_windows[:, 0, :, 0]
        ),
        "you add up each window instead of taking its largest number": (
            whole_windows.sum(axis=(1, 3))
        ),
        "negative numbers become 0. That is ReLU; pooling takes the largest, whatever it is": (
            np.maximum(0, whole_windows.max(axis=(1, 3)))
        ),
        "the windows overlap. Each begins two places after the one before": (
            np.lib.stride_tricks.sliding_window_view(values, (2, 2)).max(axis=(2, 3))[
                :rows, :columns
            ]
        ),
    }
    for problem, wrong in known.items():
        if same(out, wrong, 1e-6):
            return f"{where}, {problem}."
    return f"{where} the shape is right, but not every number: compare windows one by one."


@exercise(
    "6.8",
    hints=(
        "Work out the sizes first: a convolution takes two off, a pooling halves and drops the "
        "rest. The maps have 28, 26, 13 … rows.",
        "A filter has 3 × 3 weights for each map that it looks at, and one bias. The first "
        "layer's filters look at one image: 32 × (9 × 1 + 1). The second layer's look at 32 maps.",
        "After the last pooling each of the 64 maps has a single number, so the first Dense layer "
        "has 64 inputs: 64 × 1,000 weights and 1,000 biases.",
    ),
    solution=(
        "answer = [\n"
        "    32 * (9 * 1 + 1),\n"
        "    32 * (9 * 32 + 1),\n"
        "    64 * (9 * 32 + 1),\n"
        "    1000 * (64 + 1),\n"
        "    10 * (1000 + 1),\n"
        "]"
    ),
    praise="Nearly two thirds of its weights belong to a Dense layer.",
)
def weights_of_a_cnn(answer: Any) -> str | None:
    """Count the weights and biases of the fifth project's five layers that have some."""
    counts = array(answer, "five numbers").reshape(-1)
    if len(counts) == 1 and counts[0] == sum(WEIGHTS):
        return "That is right for all five together. Now give each layer's own."
    if len(counts) != len(WEIGHTS):
        raise TypeError(
            f"five numbers are asked for, one for each layer with weights, and this is "
            f"{len(counts):,}"
        )
    for layer, count, right in zip(LAYERS, counts, WEIGHTS, strict=True):
        if count != right:
            return _wrong_count(layer, float(count), right)
    return None


def _wrong_count(layer: str, count: float, right: int) -> str:
    """Say which slip leads to this number for a layer."""
    known: dict[tuple[str, float], str] = {
        ("first convolution", 288): "the biases are missing, one for each filter",
        ("first convolution", 289): "each filter has a bias of its own, so there are 32",
        ("first convolution", 10): "that is one filter. There are 32",
        ("first convolution", 896): "the image has no colours: it is a single map",
        ("second convolution", 320): "its filters look at 32 maps, so each has 9 weights for "
        "every one of them",
        ("second convolution", 9_216): "the biases are missing",
        ("third convolution", 18_432): "the biases are missing",
        ("third convolution", 640): "its filters look at 32 maps, not at one",
        ("third convolution", 36_928): "its filters look at the 32 maps of the second, not at 64",
        ("Dense(1000)", 64_000): "the biases are missing",
        ("Dense(1000)", 577_000): "there is a pooling behind the last convolution. How many "
        "numbers are left of each map?",
        ("Dense(1000)", 257_000): "a pooling drops a last odd row and column. Work the sizes out "
        "again",
        ("Dense(1000)", 785_000): "it looks at what the last pooling gives, not at the image",
        ("last", 10_000): "the biases are missing",
        ("last", 650): "it looks at the 1,000 units before it",
    }
    start = f"The {layer} layer has another number than {count:,.0f}"
    if (layer, count) in known:
        return f"{start}: {known[layer, count]}."
    return f"{start}: count the weights of one filter or unit, its bias too, times their number."


@exercise(
    "6.12",
    hints=(
        "Go backwards. At the end there is one place. The last pooling made it of 2 × 2.",
        "A convolution makes one place of three, so n places in a row come from n + 2. A pooling "
        "makes one of two, so n places come from 2 × n.",
        "1 comes from 2 (pooling), those from 4 (convolution), those from 8 (pooling). Two more "
        "steps of each kind, without the last pooling, lead to the image.",
    ),
    solution="answer = ((1 * 2 + 2) * 2 + 2) * 2 + 2",
    praise="Rows 0 to 21 count, and the same holds for columns. The last six are never seen.",
)
def rows_that_count(answer: Any) -> str | None:
    """Work out how many of the 28 rows of pixels reach the fifth project's outputs."""
    rows = whole(answer)
    if rows == SEEN:
        return None
    known = {
        28: "Then the ink in the last rows would have changed an output.",
        6: "So many are not seen. How many are?",
        21: "That is the number of the last row that is seen. Rows are counted from 0.",
        484: "That is how many pixels count. How many rows are that?",
        26: "That is after one step. The poolings further on drop more.",
        20: "Nearly: the first convolution looks one pixel further on either side.",
        24: "Go backwards, from the single place at the end: 1 ← 2 ← 4 ← 8 and so on.",
        23: "Try it: does a pixel in row 22 change an output?",
        1: "That is the size of a map at the end. How many rows of pixels does it come from?",
    }
    return known.get(
        rows,
        "Go backwards, from the single place at the end: a pooling makes one place of two, a "
        "convolution one of three.",
    )
