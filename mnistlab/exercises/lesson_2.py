"""The exercises of lesson 2: counting weights, adding up votes, reading a confusion matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnistlab import training
from mnistlab.data import Digits
from mnistlab.exercises import exercise
from mnistlab.exercises.answers import array, number, whole

__all__ = ["pixel_most_against", "precision_and_recall", "score_of_three", "weights_for_signs"]

IMAGE = 5  # of the validation set: the lesson's example
DIGIT = 3
CLASS = 5  # whose precision and recall are asked for
ROUNDED = 0.0051  # how far off an answer may be: two decimals are enough

Numbers = NDArray[np.float64]


@exercise(
    "2.2",
    hints=(
        "How many pixels has an image of 32 × 32? Each sign has one weight for each of them.",
        "Multiply the number of pixels by the number of signs. That leaves out the biases.",
        "Each of the 36 signs has one bias.",
    ),
    solution="answer = 32 * 32 * 36 + 36",
    praise="Nearly all of them are weights: the biases hardly count.",
)
def weights_for_signs(answer: Any) -> str | None:
    """Count the weights and biases from 32 × 32 pixels to 36 signs."""
    pixels, signs = 32 * 32, 36
    count = whole(answer)
    known = {
        pixels * signs: "These are the weights; the biases are missing, one for each sign.",
        pixels * signs + 1: "A single bias is too few: each sign has its own.",
        pixels * signs + pixels: "A bias belongs to a sign, not to a pixel.",
        pixels * (signs + 1) + signs: "A bias belongs to a sign; a pixel has none of its own.",
        (pixels + signs): "Each sign has its own weight for every pixel: multiply.",
        784 * signs + signs: "These images have 32 × 32 pixels, not 28 × 28.",
        pixels * 10 + 10: "This network tells 36 signs apart, not ten.",
        pixels * 26 + 26: "The ten digits are signs too: 36 with the 26 letters.",
        784 * 10 + 10: "That is the network of this lesson; this one reads larger images.",
        32 * signs + signs: "An image has 32 rows of 32 pixels: 32 × 32 of them.",
    }
    if count == pixels * signs + signs:
        return None
    return known.get(count, "Count weights first, one for each pixel and sign, then the biases.")


@exercise(
    "2.5",
    hints=(
        "The logit is the sum of all votes for the digit, and its bias.",
        "The weights of digit 3 are kernel[:, 3]; the image as one row is x_val[5].reshape(784).",
        "Multiply the two, add up the result and add bias[3].",
    ),
    solution="answer = model, (x_val[5].reshape(784) * kernel[:, 3]).sum() + bias[3]",
    praise="That is all the network does, once for each digit.",
)
def score_of_three(answer: Any, digits: Digits) -> str | None:
    """Add up the votes of x_val[5] for the digit 3."""
    kernel, bias, value = _network_and("the logit", answer)
    if np.size(value) == 10:
        return "These are ten numbers, one for each digit: take the one at place 3."
    score = number(value)
    logits = _validation(digits)[0][IMAGE] @ kernel + bias
    if _near(score, logits[DIGIT]):
        return None
    for said, wrong in _wrong_scores(kernel, bias, digits).items():
        if _near(score, wrong):
            return said
    if abs(score - logits[DIGIT]) < 0.051:
        return "That is the rounded one above the picture: hand in the number as NumPy has it."
    others = [digit for digit in range(10) if _near(score, logits[digit])]
    if others:
        return f"That is the logit of the digit {others[0]}; the digit 3 is asked for."
    return "This is not the sum of the votes for 3 and its bias. Are model and kernel still a pair?"


def _wrong_scores(kernel: Numbers, bias: Numbers, digits: Digits) -> dict[str, float]:
    """What well-known slips make of the logit, and what to say to each."""
    images, _ = _validation(digits)
    image, weights = images[IMAGE], kernel[:, DIGIT]
    powers = np.exp(image @ kernel + bias - (image @ kernel + bias).max())
    turned = image.reshape(28, 28).T.reshape(784)
    other_image = "You took {}; the image is x_val[5], and counting starts at 0."
    learnt = training.split(digits, 5000, seed=0)[0][IMAGE]
    return {
        "The bias of the digit 3 is missing.": image @ weights,
        "The bias counts once, not once for each pixel.": image @ weights + 784 * bias[DIGIT],
        "The bias is added, not taken away.": image @ weights - bias[DIGIT],
        "These are raw pixels, from 0 to 255: the network was trained on 0 to 1, as in x_val.": (
            255 * image @ weights + bias[DIGIT]
        ),
        "That is the output for 3, after softmax. The logit comes before it.": float(
            powers[DIGIT] / powers.sum()
        ),
        "Rows and columns of the image are swapped: reshape it without .T.": (
            turned @ weights + bias[DIGIT]
        ),
        "That is the sum of the weights: multiply each by the ink of its pixel.": (
            weights.sum() + bias[DIGIT]
        ),
        other_image.format("x_val[4]"): images[IMAGE - 1] @ weights + bias[DIGIT],
        other_image.format("x_val[6]"): images[IMAGE + 1] @ weights + bias[DIGIT],
        "That image is from the test set, which stays shut in this lesson: take x_val[5].": (
            _flat(digits.x_test[IMAGE]) @ weights + bias[DIGIT]
        ),
        "That image is from the training set: take x_val[5].": (
            _flat(digits.x_train[learnt]) @ weights + bias[DIGIT]
        ),
    }


@exercise(
    "2.6",
    hints=(
        "The votes for one digit are x_val[5].reshape(784) * kernel[:, digit]; which digit is it?",
        "votes.argmin() is the place of the smallest vote among the 784.",
        "divmod(place, 28) gives the row and the column of a place.",
    ),
    solution=(
        "digit = model.predict(x_val[5:6], verbose=0).argmax()\n"
        "votes = x_val[5].reshape(784) * kernel[:, digit]\n"
        "answer = model, divmod(votes.argmin(), 28)"
    ),
    praise="Find it in the picture above: it is among the bluest spots of that digit.",
)
def pixel_most_against(answer: Any, digits: Digits) -> str | None:
    """Find the pixel of x_val[5] that votes most strongly against the digit it is read as."""
    kernel, bias, value = _network_and("(row, column)", answer)
    if np.size(value) == 1:
        return "That is one number: divmod(place, 28) makes a row and a column of a place."
    place = array(value, "a row and a column").reshape(-1)
    if len(place) != 2:
        raise TypeError(f"a row and a column are asked for, and these are {len(place):,} numbers")
    row, column = (whole(one) for one in place)
    if not (0 <= row < 28 and 0 <= column < 28):
        return "Rows and columns of an image run from 0 to 27: divide the place by 28."
    image = _validation(digits)[0][IMAGE]
    read = int((image @ kernel + bias).argmax())
    votes = image[:, None] * kernel  # (784, 1) × (784, 10) → (784, 10)
    if votes[28 * row + column, read] == votes[:, read].min():
        return None
    return _wrong_pixel(28 * row + column, votes, kernel, read, digits)


def _wrong_pixel(place: int, votes: Numbers, kernel: Numbers, read: int, digits: Digits) -> str:
    """Say which slip leads to this place among the 784."""
    row, column = divmod(place, 28)
    if 28 * column + row == votes[:, read].argmin():
        return "Row and column are swapped: the row comes first."
    if place == votes[:, read].argmax():
        return "That pixel votes most strongly for it. Against is the smallest vote: argmin."
    if place == kernel[:, read].argmin():
        return "That is the smallest weight. A vote is weight × ink, and there is little ink there."
    if place == votes[:, read].argmin() + 29:
        return "Rows and columns are counted from 0."
    if place in votes.argmin(axis=0):
        digit = votes.argmin(axis=0).tolist().index(place)
        return f"That is the strongest vote against {digit}; the image is read as {read}."
    images, _ = _validation(digits)
    for other in (IMAGE - 1, IMAGE + 1):
        if place == (images[other] * kernel[:, read]).argmin():
            return f"You took x_val[{other}]; the image is x_val[5], and counting starts at 0."
    return f"This pixel's vote for {read} is {votes[place, read]:.2f}: another one's is smaller."


@exercise(
    "2.8",
    hints=(
        "Both have matrix[5, 5] above the line: the fives that were read as five.",
        "Recall asks about all fives, which are row 5; precision about all that was read as "
        "five, which is column 5.",
        "matrix[5].sum() adds up row 5, and matrix[:, 5].sum() column 5.",
    ),
    solution=("answer = matrix, matrix[5, 5] / matrix[:, 5].sum(), matrix[5, 5] / matrix[5].sum()"),
    praise="The two agree only when as many images are read as five as there are fives.",
)
def precision_and_recall(answer: Any, digits: Digits) -> str | None:
    """Read the precision and the recall of the digit 5 from the validation set's matrix."""
    if not isinstance(answer, tuple | list) or len(answer) != 3:
        return "Three things are asked for: the matrix, the precision and the recall."
    counts = array(answer[0], "a confusion matrix")
    precision, recall = number(answer[1]), number(answer[2])
    problem = _wrong_matrix(counts, digits)
    if problem is not None:
        return problem
    hits = np.diag(counts)
    precisions = hits / np.maximum(counts.sum(axis=0), 1)
    recalls = hits / np.maximum(counts.sum(axis=1), 1)
    asked = precisions[CLASS], recalls[CLASS]
    if _near((precision, recall), asked):
        return None
    return _wrong_shares((precision, recall), counts, precisions, recalls)


def _wrong_matrix(counts: NDArray[Any], digits: Digits) -> str | None:
    """Say what is wrong with a confusion matrix of the validation set, or None."""
    if counts.shape != (10, 10):
        return f"A confusion matrix of ten digits has the shape (10, 10); this is {counts.shape}."
    truth = np.bincount(_validation(digits)[1], minlength=10)
    if np.array_equal(counts.sum(axis=1), truth):
        return None
    if np.array_equal(counts.sum(axis=0), truth):
        return "Labels and predictions are swapped in this matrix: its rows should be the truth."
    if np.array_equal(counts.sum(axis=1), np.bincount(digits.y_test, minlength=10)):
        return "This matrix is about the test set, which stays shut in this lesson: take x_val."
    if counts.sum() > 2 * truth.sum():
        return "This matrix counts more images than the validation set has: take x_val and y_val."
    return "The rows of this matrix do not add up to the validation set's labels: make it again."


def _wrong_shares(
    said: tuple[float, float], counts: NDArray[Any], precisions: Numbers, recalls: Numbers
) -> str:
    """Say which slip leads to these two numbers."""
    asked = precisions[CLASS], recalls[CLASS]
    if _near(said, asked[::-1]):
        return "These two are the right numbers in the wrong order: precision comes first."
    if _near((said[0] / 100, said[1] / 100), asked):
        return "These are percentages: leave them as shares between 0 and 1."
    if max(said) > 1:
        return "A share is never above 1: divide the fives that were read rightly by a sum."
    if _near(said, (1 - asked[0], 1 - asked[1])):
        return "These are the shares of mistakes: take the fives that were read rightly."
    if said[0] == said[1]:
        return "Precision divides by a column's sum, recall by a row's: they are not the same."
    for digit in (CLASS - 1, CLASS + 1, *range(10)):
        if _near(said, (precisions[digit], recalls[digit])):
            return f"These belong to the digit {digit}: rows and columns are counted from 0."
    if _near(said[0], asked[0]):
        return "The precision is right; recall divides by the sum of row 5."
    if _near(said[1], asked[1]):
        return "The recall is right; precision divides by the sum of column 5."
    total = counts[CLASS, CLASS] / counts.sum()
    if _near(said[0], total) or _near(said[1], total):
        return "You divided by all images; one column or one row is enough."
    return "Divide matrix[5, 5] by the sum of column 5 for precision, of row 5 for recall."


def _near(said: Any, expected: Any) -> bool:
    """Say whether numbers agree as far as an answer has to."""
    return bool(np.allclose(said, expected, rtol=0, atol=ROUNDED))


def _network_and(name: str, answer: Any) -> tuple[Numbers, Numbers, Any]:
    """Return kernel, bias and the rest of an answer of the form (model, rest)."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise TypeError(f"two things are asked for: answer = model, {name}")
    model, rest = answer
    if not hasattr(model, "get_weights"):
        raise TypeError(f"the model comes first: answer = model, {name}")
    weights = [np.asarray(one, np.float64) for one in model.get_weights()]
    if [one.shape for one in weights] != [(784, 10), (10,)]:
        raise TypeError("the model should be this lesson's, with 784 × 10 weights and 10 biases")
    return weights[0], weights[1], rest


def _validation(digits: Digits) -> tuple[Numbers, NDArray[np.uint8]]:
    """Return the lesson's validation images as rows of 784 in 0..1, and their labels."""
    held_out = training.split(digits, 5000, seed=0)[1]
    return _flat(digits.x_train[held_out]), digits.y_train[held_out]


def _flat(images: NDArray[np.uint8]) -> Numbers:
    """Return (28, 28) as (784,), or (n, 28, 28) as (n, 784), scaled to 0..1."""
    return images.reshape(*images.shape[:-2], 784).astype(np.float64) / 255
