"""Right and wrong answers to lesson 4: what a learner may hand in, and what is said to it."""

from functools import cache

import numpy as np

from mnistlab import evaluation, training


@cache
def report(images):
    """Sigmoid outputs such as a network gives whose logits have grown large: many are tied."""
    random = np.random.default_rng(4)
    logits = random.normal(8, 6, (images, 10)).astype(np.float32)
    return evaluation.score(logits, np.zeros(images, int), "sigmoid")


def outputs(digits):
    return report(len(training.split(digits, 5000, seed=0)[1])).outputs


def top(digits):
    return outputs(digits) == outputs(digits).max(axis=1, keepdims=True)


def tied(digits):
    return top(digits).sum(axis=1) > 1


def counted(digits, count):
    return outputs(digits), count


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def places(number_type=np.float32, step=0.01):
    return np.arange(0, 60, step, dtype=number_type)


def smallest(number_type=np.float32, step=0.01):
    logits = places(number_type, step)
    with np.errstate(all="ignore"):
        return logits[sigmoid(logits) == 1].min()


RIGHT = {
    "4.3": {
        "two products": lambda digits: (250 * (1 - 0.2), 1 / (1 - 0.2)),
        "typed": lambda digits: (200, 1.25),
        "a list": lambda digits: [200.0, 1.25],
        "an array": lambda digits: np.array([200, 1.25]),
        "the factor from the units": lambda digits: (250 - 50, 250 / 200),
    },
    "4.5": {
        "picked and least": lambda digits: smallest(),
        "the first that argmax finds": lambda digits: places()[(sigmoid(places()) == 1).argmax()],
        "typed": lambda digits: 16.64,
        "in finer steps": lambda digits: smallest(step=0.0005),
        "by logarithm": lambda digits: 24 * np.log(2),
    },
    "4.6": {
        "by hand": lambda digits: counted(digits, tied(digits).sum()),
        "by report": lambda digits: counted(digits, report(len(outputs(digits))).ties.count),
        "the two largest compared": lambda digits: counted(
            digits,
            int((np.sort(outputs(digits))[:, -1] == np.sort(outputs(digits))[:, -2]).sum()),
        ),
        "a loop": lambda digits: counted(
            digits, sum(list(row).count(max(row)) > 1 for row in outputs(digits).tolist())
        ),
        "a list": lambda digits: [outputs(digits).tolist(), float(tied(digits).sum())],
    },
    "4.7": {
        "a list": lambda digits: [3, 5, 4, 0],
        "an array": lambda digits: np.array([3, 5, 4, 0], np.uint8),
        "the lowest of each": lambda digits: tuple(
            min(row) for row in ((3, 5), (6, 5), (9, 4, 7), (8, 0))
        ),
    },
}

WRONG = {
    "4.3": {
        "the other order": (lambda digits: (1.25, 200), "in the other order"),
        "the dropped": (lambda digits: (50, 1.25), "So many units are dropped"),
        "the share": (lambda digits: (0.8, 1.25), "That is the share that is left"),
        "all of them": (lambda digits: (250, 1.25), "of 250 units"),
        "no factor": (lambda digits: (200, 1), "The factor is not 1"),
        "scaled down": (lambda digits: (200, 0.8), "The factor is above 1"),
        "divided by the rate": (lambda digits: (200, 5), "not by the share that is dropped"),
        "the lesson's own rate": (lambda digits: (200, 1 / 0.7), "for the rate 0.3"),
        "a fifth more": (lambda digits: (200, 1.2), "times 1.2, do not make 250"),
        "the rate": (lambda digits: (200, 0.2), "That is the rate"),
        "nothing like it": (lambda digits: (200, 7), "200 times it should be 250"),
        "one number": (lambda digits: 200, "two numbers are asked for"),
    },
    "4.5": {
        "one step too low": (lambda digits: 16.63, "Very near, but there it is still below 1"),
        "in coarse steps": (lambda digits: smallest(step=0.1), "a smaller logit gives 1 as well"),
        "in whole steps": (lambda digits: smallest(step=1), "a smaller logit gives 1 as well"),
        "in float64": (lambda digits: smallest(np.float64), "float64"),
        "in float16": (lambda digits: 7.63, "only looks like 1"),
        "the place": (
            lambda digits: (sigmoid(places()) == 1).argmax(),
            "That is the place in the array",
        ),
        "the output": (lambda digits: sigmoid(np.float32(20)), "That is the output"),
        "the largest": (lambda digits: 29.99, "That is the largest logit of places"),
        "much too low": (lambda digits: 10, "still below 1"),
        "too high": (lambda digits: 25, "Take the smallest"),
    },
    "4.6": {
        "the share": (lambda digits: counted(digits, tied(digits).mean()), "That is the share"),
        "in percent": (lambda digits: counted(digits, 100 * tied(digits).mean()), "percentage"),
        "those without": (
            lambda digits: counted(digits, (~tied(digits)).sum()),
            "These are the images without a tie",
        ),
        "outputs of 1": (
            lambda digits: counted(digits, (outputs(digits) == 1).sum()),
            "You counted outputs that are 1",
        ),
        "one 1 is enough": (
            lambda digits: counted(digits, (outputs(digits) == 1).any(axis=1).sum()),
            "A single one is no tie",
        ),
        "all at the top": (
            lambda digits: counted(digits, top(digits).sum()),
            "You counted outputs at the top",
        ),
        "the classes that tie": (
            lambda digits: counted(digits, top(digits)[tied(digits)].sum()),
            "You counted the classes that tie",
        ),
        "rounded first": (
            lambda digits: counted(digits, ((outputs(digits).round(3) == 1).sum(axis=1) > 1).sum()),
            "You rounded first",
        ),
        "beyond the first": (
            lambda digits: counted(digits, top(digits).sum() - len(outputs(digits))),
            "beyond the first",
        ),
        "exactly 1 only": (
            lambda digits: counted(digits, ((outputs(digits) == 1).sum(axis=1) > 1).sum()),
            "a tie just below 1",
        ),
        "logits": (
            lambda digits: (report(len(outputs(digits))).logits, 1000),
            "Are they logits?",
        ),
        "softmax": (lambda digits: (np.full((5000, 10), 0.1), 5000), "share out 1"),
        "the test set": (
            lambda digits: (report(10_000).outputs, report(10_000).ties.count),
            "validation images, and these are 10,000",
        ),
        "turned": (lambda digits: (outputs(digits).T, 10), "shape (n, 10)"),
        "the number alone": (lambda digits: tied(digits).sum(), "answer = outputs, your_number"),
        "nothing like it": (lambda digits: counted(digits, 1), "as large as its largest one"),
        "more than there are": (lambda digits: counted(digits, 99_999), "more than the"),
    },
    "4.7": {
        "the last wins": (lambda digits: [5, 6, 9, 8], "These are the last ones"),
        "the labels": (lambda digits: [5, 5, 9, 8], "These are the labels"),
        "as written": (lambda digits: [3, 6, 9, 8], "the class that is written first"),
        "counted from 1": (lambda digits: [4, 6, 5, 1], "counted from 0"),
        "the outputs": (lambda digits: [1, 1, 1, 1], "That is the largest output itself"),
        "one slip": (lambda digits: [3, 5, 7, 0], "Look at image C again"),
        "no commas": (lambda digits: 3540, "put commas between"),
        "three digits": (lambda digits: [3, 5, 4], "four digits are asked for"),
        "no digit": (lambda digits: [3, 5, 4, 10], "from 0 to 9"),
    },
}
