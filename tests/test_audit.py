"""Lesson 9's explorers and facts say what is true."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from mnistlab import audit_explorers, results

ROOT = Path(__file__).resolve().parents[1]
LESSON = nbformat.read(ROOT / "notebooks" / "09_audit.ipynb", as_version=4)
TEXT = "\n".join(cell.source for cell in LESSON.cells if cell.cell_type == "markdown")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECOND = results.published()["deep-dropout"]
MATRIX = np.array(SECOND["confusion"])


def gain(looks, images):
    """What the explorer says: the images too many."""
    html = audit_explorers.looks()(looks=looks, images=images)
    return float(re.search(r"(\d+) of [\d,]+ images too many", html)[1])


@pytest.mark.parametrize("images", [500, 3000, 10_000])
@pytest.mark.parametrize("looks", [1, 2, 20, 100])
def test_looks_buy_what_a_simulation_gains(looks, images):
    tossed = np.random.default_rng(0).binomial(images, 0.97, size=(4000, looks))
    simulated = tossed.max(axis=1).mean() - 0.97 * images
    assert gain(looks, images) == pytest.approx(simulated, abs=1.2)


def test_the_more_looks_the_larger_the_gain():
    for images in (500, 10_000):
        gains = [gain(looks, images) for looks in audit_explorers.LOOKS]
        assert gains[0] == 0
        assert gains == sorted(gains)


def told(steps, again):
    return audit_explorers.cells({"one": 0.9, "two": 0.97})(steps=steps, again=again)


def test_labels_are_left_over_once_the_network_is_a_new_one():
    assert "No variable is left over." in told(4, False)
    assert "Left over from one: y_pred, labels." in told(5, False)
    assert "Left over from one: labels." in told(6, False)
    assert "Left over from one: labels, matrix_2." in told(7, False)
    assert "No variable is left over." in told(7, True)


@pytest.mark.parametrize(
    ("again", "diagonals"), [(False, ["90.0", "90.0"]), (True, ["90.0", "97.0"])]
)
def test_the_second_matrix_has_the_accuracy_of_the_labels_that_it_counts(again, diagonals):
    assert re.findall(r"diagonal ([\d.]+) %", told(7, again)) == diagonals


def test_names_of_networks_cannot_break_the_page():
    html = audit_explorers.cells({"<b>": 0.5, "&": 0.6})(steps=7, again=False)
    assert "<b>" not in html


def test_the_published_matrix_contradicts_the_published_accuracy():
    assert MATRIX.shape == (10, 10)
    assert np.trace(MATRIX) / MATRIX.sum() == 0.9326
    assert SECOND["accuracy"] == 0.9737
    assert MATRIX[6, 5] == (MATRIX - np.diag(np.diag(MATRIX))).max() == 424


def test_the_published_matrix_counts_each_test_image_once(digits):
    """The lesson writes the class sizes down, so that it can be read without MNIST."""
    (line,) = re.findall(r"in_mnist = (\[.*\])", LESSON.cells[1].source)
    assert MATRIX.sum(axis=1).tolist() == eval(line)
    if digits.source == "mnist":
        assert np.bincount(digits.y_test).tolist() == eval(line)


def test_the_checklist_is_the_same_in_the_lesson_and_on_its_page():
    questions = [re.findall(r"^\d+\. .*$", text, re.M) for text in (TEXT, page())]
    assert questions[0] == questions[1]
    assert len(questions[0]) == 10


def page():
    return (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")


def test_what_the_lesson_says_of_our_readme_is_still_true():
    """A README that mends one of these needs a lesson that says so."""
    assert "The test set chose nothing" in README
    assert "97.37" in README
    assert "matrix" not in README.lower().replace("matrix products", "")
    bench = README.split("<!-- bench:")[1].split("<!-- end of bench")[0]
    assert "rounds:" in bench
    assert "±" not in bench
    best = max(results.summary()["mnist"]["best"], key=lambda one: np.mean(one["accuracies"]))
    mean, spread = np.mean(best["accuracies"]), np.std(best["accuracies"], ddof=1)
    assert (mean * (1 - mean) / 10_000) ** 0.5 > 3 * spread
