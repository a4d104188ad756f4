"""Right and wrong answers to lesson 3: what a learner may hand in, and what is said to it."""

from functools import cache

import keras
import numpy as np

from mnistlab import models, training


@cache
def linear():
    """The lesson's network without a bend, with weights and biases that all count."""
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(100, activation="linear"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    random = np.random.default_rng(3)
    shapes = [one.shape for one in model.get_weights()]
    model.set_weights([random.normal(0, 0.2, shape) for shape in shapes])
    return model


@cache
def half_dead():
    """A network of which many units are dead, many sometimes silent, and some always active."""
    model = models.build("hidden", seed=0)
    random = np.random.default_rng(3)  # with which no two slips meet by chance, on either data
    kernel = random.normal(0, 0.05, (784, 100)) + np.linspace(-0.06, 0.04, 100)
    bias = random.permutation(np.linspace(-5, 2, 100))
    # Two units that only a large bias keeps alive, with raw pixels too.
    kernel[:, :2], bias[:2] = -0.001, 100
    model.set_weights([kernel, bias, *model.get_weights()[2:]])
    return model


def merged():
    k1, b1, k2, b2 = linear().get_weights()
    return linear(), k1 @ k2, b1 @ k2 + b2


def with_bias(change):
    _, b1, k2, b2 = linear().get_weights()
    return *merged()[:2], change(b1, k2, b2)


def votes(digits):
    """What each unit adds up on each validation image, its bias left out."""
    images = digits.x_train[training.split(digits, 5000, seed=0)[1]].astype("float32") / 255
    return images.reshape(len(images), 784) @ half_dead().get_weights()[0]


def sums(digits):
    return votes(digits) + half_dead().get_weights()[1]


def activations(digits):
    return np.maximum(0, sums(digits))


def dead(digits):
    return (activations(digits).max(axis=0) == 0).sum()


def leaky(x):
    return np.where(x > 0, x, 0.1 * x)


def for_one_number(x):
    return x if x > 0 else 0.1 * x


def in_place(x):
    x[x < 0] *= 0.1
    return x


def looped(x):
    return [[value if value > 0 else value / 10 for value in row] for row in x]


RIGHT = {
    "3.4": {
        "the sum": lambda digits: 784 * 300 + 300 + 300 * 100 + 100 + 100 * 10 + 10,
        "biases as one more input": lambda digits: 785 * 300 + 301 * 100 + 101 * 10,
        "a float": lambda digits: 266_610.0,
        "a NumPy number": lambda digits: np.int64(266_610),
    },
    "3.6": {
        "two products": lambda digits: merged(),
        "as a list": lambda digits: list(merged()),
        "float64": lambda digits: (
            linear(),
            *(np.asarray(one, float) for one in merged()[1:]),
        ),
        "biases in one row": lambda digits: (*merged()[:2], merged()[2].reshape(1, 10)),
        "by a forward pass without ink": lambda digits: (
            *merged()[:2],
            models.logits(linear(), np.zeros((1, 28, 28)))[0],
        ),
    },
    "3.8": {
        "np.where": lambda digits: leaky,
        "the larger of two": lambda digits: lambda x: np.maximum(x, 0.1 * x),
        "two halves": lambda digits: lambda x: np.maximum(0, x) + 0.1 * np.minimum(0, x),
        "by Keras": lambda digits: lambda x: keras.activations.leaky_relu(x, negative_slope=0.1),
        "a loop": lambda digits: looped,
        "a factor": lambda digits: lambda x: x * np.where(x < 0, 0.1, 1),
    },
    "3.11": {
        "the largest is 0": lambda digits: (half_dead(), dead(digits)),
        "all are 0": lambda digits: [
            half_dead(),
            int((activations(digits) == 0).all(axis=0).sum()),
        ],
        "the sum is 0": lambda digits: (
            half_dead(),
            float((activations(digits).sum(0) == 0).sum()),
        ),
        "before ReLU": lambda digits: (half_dead(), 100 - (sums(digits) > 0).any(axis=0).sum()),
    },
}

WRONG = {
    "3.4": {
        "no biases": (lambda digits: 784 * 300 + 300 * 100 + 1000, "the biases are missing"),
        "no biases of the digits": (lambda digits: 266_600, "ten digits have biases"),
        "biases of the digits alone": (lambda digits: 266_210, "Hidden units have biases"),
        "a bias for each layer": (lambda digits: 266_203, "too few"),
        "pixels have biases": (lambda digits: 266_610 + 784, "Pixels have no bias"),
        "one layer left out": (lambda digits: 785 * 300 + 301 * 10, "leaves out the second"),
        "both read the pixels": (
            lambda digits: 785 * 300 + 785 * 100 + 101 * 10,
            "not to the pixels",
        ),
        "no digits": (lambda digits: 785 * 300 + 301 * 100, "ten digits are missing"),
        "one layer of 400": (lambda digits: 785 * 400 + 401 * 10, "one hidden layer of 400"),
        "this lesson's": (lambda digits: 79_510, "network of this lesson"),
        "added": (lambda digits: 784 + 300 + 100 + 10, "layer by layer"),
        "all multiplied": (lambda digits: 784 * 300 * 100 * 10, "add up the three layers"),
        "off by one": (lambda digits: 266_611, "Go layer by layer"),
        "text": (lambda digits: "784 * 300", "this is the text"),
    },
    "3.6": {
        "no model": (lambda digits: merged()[1:], "Three things"),
        "the model last": (lambda digits: merged()[::-1], "the network comes first"),
        "another network": (
            lambda digits: (models.build("no-hidden"), *merged()[1:]),
            "784 → 100 → 10",
        ),
        "a network that bends": (lambda digits: (half_dead(), *merged()[1:]), "bends"),
        "kernel and bias swapped": (
            lambda digits: (linear(), merged()[2], merged()[1]),
            "swapped",
        ),
        "transposed": (lambda digits: (linear(), merged()[1].T, merged()[2]), "transposed"),
        "the first kernel": (
            lambda digits: (linear(), linear().get_weights()[0], merged()[2]),
            "yours is (784, 100)",
        ),
        "ten units of the first kernel": (
            lambda digits: (linear(), linear().get_weights()[0][:, :10], merged()[2]),
            "All 100",
        ),
        "twice the kernel": (lambda digits: (linear(), 2 * merged()[1], merged()[2]), "differ"),
        "the digits' bias alone": (
            lambda digits: with_bias(lambda b1, k2, b2: b2),
            "hidden units' biases",
        ),
        "the digits' bias left out": (
            lambda digits: with_bias(lambda b1, k2, b2: b1 @ k2),
            "digits' own",
        ),
        "a hundred biases": (lambda digits: with_bias(lambda b1, k2, b2: b1), "not 100"),
        "ten of the hidden biases": (
            lambda digits: with_bias(lambda b1, k2, b2: b1[:10] + b2),
            "through the second kernel",
        ),
        "another bias": (lambda digits: with_bias(lambda b1, k2, b2: b1 @ k2 - b2), "any ink"),
    },
    "3.8": {
        "called": (lambda digits: leaky(np.array([1.0])), "without brackets"),
        "relu": (lambda digits: lambda x: np.maximum(0, x), "That is ReLU"),
        "the wrong way round": (
            lambda digits: lambda x: np.where(x < 0, x, 0.1 * x),
            "wrong way round",
        ),
        "the sign lost": (lambda digits: lambda x: np.where(x > 0, x, -0.1 * x), "lose their sign"),
        "everywhere a tenth": (lambda digits: lambda x: 0.1 * x, "All numbers became a tenth"),
        "a constant": (lambda digits: lambda x: np.where(x > 0, x, -0.1), "the same"),
        "nothing": (lambda digits: lambda x: x, "Nothing changed"),
        "added": (lambda digits: lambda x: np.where(x > 0, x, x + 0.1), "is added"),
        "a hundredth": (lambda digits: lambda x: np.where(x > 0, x, 0.01 * x), "becomes -0.01"),
        "Keras' own": (lambda digits: keras.activations.leaky_relu, "becomes -0.2"),
        "one number only": (lambda digits: for_one_number, "want one number"),
        "no return": (lambda digits: lambda x: None, "needs a return"),
        "in place": (lambda digits: in_place, "changes the array"),
        "another shape": (lambda digits: lambda x: leaky(x).reshape(-1), "of shape (6,)"),
        "sigmoid": (lambda digits: lambda x: 1 / (1 + np.exp(-x)), "1 should stay 1"),
    },
    "3.11": {
        "no network": (lambda digits: dead(digits), "Two things"),
        "the wrong way round": (lambda digits: (dead(digits), half_dead()), "network comes first"),
        "another network": (lambda digits: (models.build("no-hidden"), 3), "784 → 100 → 10"),
        "the living": (lambda digits: (half_dead(), 100 - dead(digits)), "living ones"),
        "silent on some": (
            lambda digits: (half_dead(), (activations(digits) == 0).any(axis=0).sum()),
            "silent on some",
        ),
        "always active": (
            lambda digits: (half_dead(), (activations(digits) > 0).all(axis=0).sum()),
            "always active",
        ),
        "one image": (
            lambda digits: (half_dead(), (activations(digits)[0] == 0).sum()),
            "first image only",
        ),
        "no bias": (
            lambda digits: (half_dead(), (votes(digits) <= 0).all(axis=0).sum()),
            "bias is missing",
        ),
        "not scaled": (
            lambda digits: (
                half_dead(),
                (255 * votes(digits) + half_dead().get_weights()[1] <= 0).all(axis=0).sum(),
            ),
            "not scaled",
        ),
        "all zeros": (lambda digits: (half_dead(), (activations(digits) == 0).sum()), "all zeros"),
        "each unit": (lambda digits: (half_dead(), activations(digits).max(axis=0)), "100 values"),
        "a share": (lambda digits: (half_dead(), dead(digits) / 100), "That is a share"),
        "too many": (lambda digits: (half_dead(), 101), "only 100 units"),
        "one too many": (lambda digits: (half_dead(), dead(digits) + 1), "0 on every image"),
    },
}
