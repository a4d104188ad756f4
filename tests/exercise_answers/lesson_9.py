"""What learners may hand in to lesson 9, and what is said to it."""

import numpy as np

from mnistlab import results

MATRIX = np.array(results.published()["deep-dropout"]["confusion"])


def thirty(accuracy=0.98, looks=30):
    return np.random.default_rng(1).binomial(10_000, accuracy, size=(1000, looks))


RIGHT = {
    "9.1": {
        "by the trace": lambda digits: np.trace(MATRIX) / MATRIX.sum(),
        "by adding up": lambda digits: sum(MATRIX[i][i] for i in range(10)) / 10_000,
        "written down": lambda digits: 0.9326,
    },
    "9.2": {
        "worked out": lambda digits: (6, 5, (np.trace(MATRIX) + MATRIX[6, 5]) / MATRIX.sum()),
        "as a list": lambda digits: [6, 5, 0.975],
        "as an array": lambda digits: np.array([6, 5, 0.975]),
    },
    "9.5": {
        "cell 3 again": lambda digits: [1, 2, 3, 4, 5, 6, 3, 7],
        "in a tuple": lambda digits: (1, 2, 3, 4, 5, 6, 3, 7),
        "the first pair of cells twice": lambda digits: [1, 2, 3, 4, 5, 2, 3, 7],
        "all but once more": lambda digits: np.array([1, 2, 3, 4, 5, 6, 3, 7, 7]),
        "the second network first": lambda digits: [5, 6, 3, 7, 1, 2, 3, 4],
    },
    "9.7": {
        "simulated": lambda digits: thirty().max(axis=1).mean() - 9800,
        "with fewer tries": lambda digits: thirty()[:300].max(axis=1).mean() - 9800,
        "rounded": lambda digits: 28,
    },
    "9.9": {
        "as a text": lambda digits: "AC",
        "in another order and small": lambda digits: "c, a",
        "as a list": lambda digits: ["A", "C"],
        "as a set": lambda digits: {"C", "A"},
    },
    "9.10": {
        "worked out": lambda digits: (0.85, np.mean([0.6, 0.8, 0.8, 0.85])),
        "rounded": lambda digits: [0.85, 0.763],
    },
    "9.12": {
        "two numbers": lambda digits: (100, 0),
        "as floats": lambda digits: np.array([100.0, 0.0]),
    },
    "9.13": {
        "as a text": lambda digits: "C",
        "small": lambda digits: "c",
        "in a list": lambda digits: ["C"],
    },
    "9.15": {
        "as a text": lambda digits: "CDF",
        "as a list": lambda digits: ["F", "C", "D"],
        "with commas": lambda digits: "c, d, f",
    },
}

WRONG = {
    "9.1": {
        "a count": (lambda digits: np.trace(MATRIX), "Which share of all"),
        "percent": (lambda digits: 93.26, "in percent"),
        "the published one": (lambda digits: 0.9737, "what the README says"),
        "the mistakes": (lambda digits: 1 - 0.9326, "misread"),
        "mean recall": (
            lambda digits: (np.diag(MATRIX) / MATRIX.sum(axis=1)).mean(),
            "mean over the ten digits",
        ),
        "mean precision": (
            lambda digits: (np.diag(MATRIX) / MATRIX.sum(axis=0)).mean(),
            "by column",
        ),
        "rounded away": (lambda digits: 0.93, "divide by the sum of all cells"),
        "all diagonal cells": (lambda digits: np.diag(MATRIX), "one number is asked for"),
    },
    "9.2": {
        "two numbers": (lambda digits: (6, 5), "answer = truth, read, accuracy"),
        "the other way round": (lambda digits: (5, 6, 0.975), "first the row"),
        "another cell": (lambda digits: (8, 3, 0.9346), "Another cell"),
        "on the diagonal": (lambda digits: (1, 1, 0.9326), "Another cell"),
        "as it is": (lambda digits: (6, 5, 0.9326), "still that of the matrix"),
        "left out": (lambda digits: (6, 5, 9326 / 9576), "still count"),
        "the cell's share": (lambda digits: (6, 5, 0.0424), "add it"),
        "a count": (lambda digits: (6, 5, 9750), "Divide by"),
        "percent": (lambda digits: (6, 5, 97.5), "not in percent"),
        "the published one": (lambda digits: (6, 5, 0.9737), "Add its count"),
    },
    "9.5": {
        "as it was": (
            lambda digits: [1, 2, 3, 4, 5, 6, 7],
            "matrix_2 counts the labels of the first network",
        ),
        "too late": (lambda digits: [1, 2, 3, 4, 5, 6, 7, 3], "matrix_2 counts the labels of the"),
        "too early": (lambda digits: [1, 2, 3, 4, 5, 3, 6, 7], "matrix_2 counts the labels of the"),
        "labels moved": (
            lambda digits: [1, 2, 5, 6, 3, 4, 7],
            "matrix_1 counts the labels of the second network",
        ),
        "no labels": (lambda digits: [1, 2, 4, 5, 6, 3, 7], "has made labels"),
        "no model": (lambda digits: [2, 1, 3], "has made model"),
        "one matrix": (lambda digits: [1, 2, 3, 4], "makes matrix_2"),
        "counted from 0": (lambda digits: [0, 1, 2, 3, 4, 5, 2, 6], "there is no cell 0"),
        "again and again": (lambda digits: [1, 2, 3, 4, 5, 6, 7] * 4, "will do"),
        "half a cell": (lambda digits: [1.5], "whole number"),
    },
    "9.7": {
        "the tries": (lambda digits: thirty().max(axis=1), "These are the tries"),
        "the best itself": (lambda digits: thirty().max(axis=1).mean(), "So many it reads"),
        "an accuracy": (lambda digits: thirty().max(axis=1).mean() / 10_000, "an accuracy"),
        "a share": (lambda digits: thirty().max(axis=1).mean() / 10_000 - 0.98, "as a share"),
        "below": (lambda digits: 9800 - thirty().max(axis=1).mean(), "above 0"),
        "one standard error": (lambda digits: 14, "one standard error"),
        "no best": (lambda digits: thirty().mean() - 9800, "On average they are right"),
        "the best of all": (lambda digits: thirty().max() - 9800, "best of all tries"),
        "another cell's": (
            lambda digits: thirty(0.97, 20).max(axis=1).mean() - 9800,
            "Let 30 networks",
        ),
    },
    "9.9": {
        "all": (lambda digits: "ABCD", "about 4 images"),
        "the best seed": (lambda digits: "ACD", "a choice"),
        "only one": (lambda digits: "A", "C differs by hundreds"),
        "only the other": (lambda digits: ["C"], "A differs by more"),
        "a letter too far": (lambda digits: "ACE", "letters from A to D"),
        "no letters": (lambda digits: [True, False, True, False], "letters in quotes"),
    },
    "9.10": {
        "the wrong way round": (lambda digits: (0.7625, 0.85), "the other order"),
        "one number": (lambda digits: 0.85, "answer = true, bar"),
        "the last running mean": (lambda digits: (0.85, 0.85), "no running mean itself"),
        "the first left out": (
            lambda digits: (0.85, np.mean([0.8, 0.8, 0.85])),
            "first running mean is missing",
        ),
        "the last left out": (
            lambda digits: (0.85, np.mean([0.6, 0.8, 0.8])),
            "last running mean is missing",
        ),
        "a wrong mean": (lambda digits: (0.8, 0.7625), "equally large"),
        "a guess": (lambda digits: (0.85, 0.8), "Write down the four"),
    },
    "9.12": {
        "the wrong way round": (lambda digits: (0, 100), "the other order"),
        "without biases": (lambda digits: (100, 110), "all biases"),
        "without the hidden biases": (lambda digits: (100, 100), "the hidden layer's biases"),
        "without the last biases": (lambda digits: (100, 10), "the ten outputs'"),
        "something left": (lambda digits: (100, 7), "Count biases too"),
        "not whole": (lambda digits: (79_510 / 794, 0), "whole number of units"),
        "too narrow": (lambda digits: (99, 795), "can the layer be wider"),
        "the first layer alone": (lambda digits: (101, 326), "The output layer needs weights"),
        "too wide": (lambda digits: (200, 0), "Each hidden unit"),
        "one number": (lambda digits: 100, "answer = units, left"),
    },
    "9.13": {
        "blunt": (lambda digits: "A", "not to be checked"),
        "vague": (lambda digits: "B", "does not learn"),
        "overstated": (lambda digits: "D", "nobody has tested"),
        "two": (lambda digits: "CD", "nobody has tested"),
        "a sentence": (lambda digits: "the third", "letters from A to D"),
    },
    "9.15": {
        "one too many": (lambda digits: "BCDF", "B says what was counted"),
        "the weights": (lambda digits: "ACDF", "A can be counted"),
        "the command": (lambda digits: "CDEF", "E names the command"),
        "no choice": (lambda digits: "DF", "C is missing"),
        "no single runs": (lambda digits: "CF", "D is missing"),
        "no bar": (lambda digits: "CD", "F is missing"),
        "nothing": (lambda digits: "", "letters from A to F"),
    },
}
