"""Right and wrong answers to lesson 2: what a learner may hand in, and what is said to it."""

from functools import cache

import numpy as np

from mnistlab import models, training


@cache
def network():
    """The lesson's network with weights that its validation images have pulled apart."""
    model = models.build("no-hidden", seed=0)
    random = np.random.default_rng(17)  # with which no two slips meet by chance, on either data
    model.set_weights([random.normal(0, 0.3, (784, 10)), random.normal(0, 0.5, 10)])
    return model


def weights():
    return network().get_weights()


def validation(digits):
    held_out = training.split(digits, 5000, seed=0)[1]
    return digits.x_train[held_out].astype("float32") / 255, digits.y_train[held_out]


def image(digits, place=5):
    return validation(digits)[0][place].reshape(784)


def logits(digits, place=5):
    kernel, bias = weights()
    return image(digits, place) @ kernel + bias


def softmax_of_three(digits):
    return network().predict(validation(digits)[0][5:6], verbose=0)[0, 3]


def votes(digits, place=5):
    """The votes of an image for the digit that x_val[5] is read as."""
    return image(digits, place) * weights()[0][:, logits(digits).argmax()]


def pixel(place):
    return network(), divmod(int(place), 28)


def read_as(labels, seed=1):
    """Readings as a middling network gives them: a fifth of the labels, replaced at random."""
    random = np.random.default_rng(seed)
    read = labels.astype(int).copy()
    slips = random.random(len(read)) < 0.2
    read[slips] = random.choice(10, slips.sum(), p=np.array([1, 2, 3, 4, 5, 20, 6, 7, 8, 9]) / 65)
    return read


def counted(labels, read):
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, read), 1)
    return matrix


def matrix(digits):
    labels = validation(digits)[1]
    return counted(labels, read_as(labels))


def swapped(digits):
    labels = validation(digits)[1]
    return counted(read_as(labels), labels)


def of_test_set(digits):
    return counted(digits.y_test, read_as(digits.y_test))


def of_training_set(digits):
    return counted(digits.y_train, read_as(digits.y_train))


def with_shares(m, digit=5):
    """The matrix with precision and recall as they should be read from it."""
    return m, m[digit, digit] / m[:, digit].sum(), m[digit, digit] / m[digit].sum()


def changed(digits, change):
    """The right precision and recall, changed."""
    m = matrix(digits)
    return m, *change(*with_shares(m)[1:])


RIGHT = {
    "2.2": {
        "the sum": lambda digits: 32 * 32 * 36 + 36,
        "bias as one more pixel": lambda digits: (32**2 + 1) * 36,
        "a float": lambda digits: 36_900.0,
        "a NumPy number": lambda digits: np.int64(36_900),
    },
    "2.5": {
        "product and sum": lambda digits: (
            network(),
            (image(digits) * weights()[0][:, 3]).sum() + weights()[1][3],
        ),
        "a matrix product": lambda digits: (network(), logits(digits)[3]),
        "as a list": lambda digits: [network(), float(logits(digits)[3])],
        "rounded to two decimals": lambda digits: (network(), round(float(logits(digits)[3]), 2)),
        "in an array of one": lambda digits: (network(), logits(digits)[3:4]),
        "by Keras' own sum": lambda digits: (
            network(),
            models.logits(network(), validation(digits)[0][5:6])[0, 3],
        ),
    },
    "2.6": {
        "by divmod": lambda digits: pixel(votes(digits).argmin()),
        "by unravel_index": lambda digits: (
            network(),
            np.unravel_index(votes(digits).argmin(), (28, 28)),
        ),
        "as an array": lambda digits: (
            network(),
            np.argwhere(votes(digits).reshape(28, 28) == votes(digits).min())[0],
        ),
        "as a list of floats": lambda digits: [
            network(),
            [float(one) for one in divmod(votes(digits).argmin(), 28)],
        ],
    },
    "2.8": {
        "by row and column": lambda digits: with_shares(matrix(digits)),
        "as a list of lists": lambda digits: [
            matrix(digits).tolist(),
            *map(float, with_shares(matrix(digits))[1:]),
        ],
        "rounded to two decimals": lambda digits: changed(
            digits, lambda p, r: (round(p, 2), round(r, 2))
        ),
        "a float matrix": lambda digits: with_shares(matrix(digits).astype(float)),
    },
}

WRONG = {
    "2.2": {
        "no biases": (lambda digits: 32 * 32 * 36, "the biases are missing"),
        "one bias": (lambda digits: 32 * 32 * 36 + 1, "each sign has its own"),
        "a bias for each pixel": (lambda digits: 32 * 32 * 36 + 32 * 32, "not to a pixel"),
        "pixels and signs have biases": (lambda digits: 32 * 32 * 37 + 36, "none of its own"),
        "added": (lambda digits: 32 * 32 + 36, "multiply"),
        "this lesson's images": (lambda digits: 784 * 36 + 36, "not 28 × 28"),
        "ten signs": (lambda digits: 32 * 32 * 10 + 10, "36 signs apart"),
        "letters only": (lambda digits: 32 * 32 * 26 + 26, "digits are signs too"),
        "this lesson's network": (lambda digits: 7850, "network of this lesson"),
        "one row of pixels": (lambda digits: 32 * 36 + 36, "32 rows of 32"),
        "off by one": (lambda digits: 36_901, "Count weights first"),
        "a half": (lambda digits: 36_900.5, "a whole number is asked for"),
        "text": (lambda digits: "32 * 32 * 36 + 36", "this is the text"),
    },
    "2.5": {
        "no model": (lambda digits: float(logits(digits)[3]), "answer = model, the logit"),
        "the wrong way round": (lambda digits: (logits(digits)[3], network()), "model comes first"),
        "another network": (
            lambda digits: (models.build("hidden"), 1.0),
            "should be this lesson's",
        ),
        "all ten": (lambda digits: (network(), logits(digits)), "ten numbers"),
        "the bias forgotten": (
            lambda digits: (network(), logits(digits)[3] - weights()[1][3]),
            "bias of the digit 3 is missing",
        ),
        "the bias in every vote": (
            lambda digits: (
                network(),
                (image(digits) * weights()[0][:, 3] + weights()[1][3]).sum(),
            ),
            "once for each pixel",
        ),
        "the bias taken away": (
            lambda digits: (network(), logits(digits)[3] - 2 * weights()[1][3]),
            "added, not taken away",
        ),
        "not scaled": (
            lambda digits: (
                network(),
                255 * image(digits) @ weights()[0][:, 3] + weights()[1][3],
            ),
            "raw pixels",
        ),
        "after softmax": (
            lambda digits: (network(), softmax_of_three(digits)),
            "after softmax",
        ),
        "transposed": (
            lambda digits: (
                network(),
                image(digits).reshape(28, 28).T.reshape(784) @ weights()[0][:, 3] + weights()[1][3],
            ),
            "Rows and columns of the image are swapped",
        ),
        "weights without ink": (
            lambda digits: (network(), weights()[0][:, 3].sum() + weights()[1][3]),
            "sum of the weights",
        ),
        "the image before": (lambda digits: (network(), logits(digits, 4)[3]), "You took x_val[4]"),
        "the image after": (lambda digits: (network(), logits(digits, 6)[3]), "You took x_val[6]"),
        "the test set": (
            lambda digits: (
                network(),
                digits.x_test[5].reshape(784) / 255 @ weights()[0][:, 3] + weights()[1][3],
            ),
            "test set, which stays shut",
        ),
        "the training set": (
            lambda digits: (
                network(),
                digits.x_train[training.split(digits, 5000, seed=0)[0][5]].reshape(784)
                / 255
                @ weights()[0][:, 3]
                + weights()[1][3],
            ),
            "from the training set",
        ),
        "rounded to one decimal": (
            lambda digits: (network(), logits(digits)[3] + 0.04),
            "the rounded one above the picture",
        ),
        "another digit": (lambda digits: (network(), logits(digits)[4]), "logit of the digit 4"),
        "something else": (lambda digits: (network(), 1e6), "not the sum of the votes"),
    },
    "2.6": {
        "no model": (lambda digits: (3, 4), "model comes first"),
        "one number": (lambda digits: (network(), votes(digits).argmin()), "That is one number"),
        "three numbers": (lambda digits: (network(), (1, 2, 3)), "these are 3 numbers"),
        "not divided": (lambda digits: (network(), (400, 5)), "run from 0 to 27"),
        "swapped": (
            lambda digits: (network(), divmod(int(votes(digits).argmin()), 28)[::-1]),
            "Row and column are swapped",
        ),
        "most for": (lambda digits: pixel(votes(digits).argmax()), "most strongly for it"),
        "weights, not votes": (
            lambda digits: pixel(weights()[0][:, logits(digits).argmax()].argmin()),
            "smallest weight",
        ),
        "counted from 1": (
            lambda digits: pixel(votes(digits).argmin() + 29),
            "counted from 0",
        ),
        "another digit": (
            lambda digits: pixel(
                (image(digits) * weights()[0][:, logits(digits).argmin()]).argmin()
            ),
            "the image is read as",
        ),
        "the image before": (lambda digits: pixel(votes(digits, 4).argmin()), "You took x_val[4]"),
        "the image after": (lambda digits: pixel(votes(digits, 6).argmin()), "You took x_val[6]"),
        "a corner": (lambda digits: (network(), (0, 0)), "another one's is smaller"),
    },
    "2.8": {
        "no matrix": (lambda digits: (0.9, 0.8), "the matrix, the precision and the recall"),
        "labels and predictions swapped": (
            lambda digits: with_shares(swapped(digits)),
            "Labels and predictions are swapped",
        ),
        "the test set": (lambda digits: with_shares(of_test_set(digits)), "about the test set"),
        "the training set": (
            lambda digits: with_shares(of_training_set(digits)),
            "more images than the validation set",
        ),
        "another matrix": (
            lambda digits: with_shares(np.roll(matrix(digits), 1, axis=0)),
            "do not add up",
        ),
        "a part of the matrix": (lambda digits: (np.ones((9, 9)), 0.5, 0.5), "shape (10, 10)"),
        "the wrong order": (
            lambda digits: changed(digits, lambda p, r: (r, p)),
            "precision comes first",
        ),
        "percentages": (
            lambda digits: changed(digits, lambda p, r: (100 * p, 100 * r)),
            "percentages",
        ),
        "counts": (
            lambda digits: (matrix(digits), matrix(digits)[5, 5], matrix(digits)[5, 5]),
            "never above 1",
        ),
        "the mistakes": (
            lambda digits: changed(digits, lambda p, r: (1 - p, 1 - r)),
            "shares of mistakes",
        ),
        "one for both": (
            lambda digits: changed(digits, lambda p, r: (p, p)),
            "they are not the same",
        ),
        "counted from 1": (
            lambda digits: (matrix(digits), *with_shares(matrix(digits), digit=4)[1:]),
            "the digit 4",
        ),
        "recall of another digit": (
            lambda digits: changed(digits, lambda p, r: (p, r / 2)),
            "The precision is right",
        ),
        "precision of another digit": (
            lambda digits: changed(digits, lambda p, r: (p / 2, r)),
            "The recall is right",
        ),
        "divided by all": (
            lambda digits: (
                matrix(digits),
                matrix(digits)[5, 5] / matrix(digits).sum(),
                matrix(digits)[5, 5] / matrix(digits).sum() + 1e-6,
            ),
            "divided by all images",
        ),
        "nothing like it": (lambda digits: (matrix(digits), 0.211, 0.212), "Divide matrix[5, 5]"),
    },
}
