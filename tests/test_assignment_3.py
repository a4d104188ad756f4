"""Assignment 3's data: what it says of two networks, of a result and of images is so."""

import re

import numpy as np
import pytest

from mnistlab import chance, coursework
from mnistlab.coursework import assignment_3, claims

STUDENTS = [f"student {i}" for i in range(12)]


@pytest.fixture(scope="module", params=STUDENTS)
def made(request, digits):
    return coursework.vary(3, request.param, digits, "secret")


def answers(given):
    return [given[name].argmax(axis=1) == given["labels"] for name in ("outputs_a", "outputs_b")]


def test_outputs_are_shares_with_one_winner(made):
    for name in ("outputs_a", "outputs_b"):
        outputs = made.given[name]
        np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-5)
        assert outputs.min() > 0  # their logarithms can serve as logits
        assert (np.sort(outputs, axis=1)[:, -1] > np.sort(outputs, axis=1)[:, -2]).all()


def test_p_and_verdict_are_those_of_the_course_s_own_test(made):
    compared = chance.compare_answers(*answers(made.given))
    assert made.kept["p"] == pytest.approx(compared.p)
    leader = "B" if compared.difference > 0 else "A"
    assert made.kept["better"] == (leader if compared.significant else "not shown")


def test_neither_the_intervals_nor_the_larger_accuracy_give_the_verdict_away(made):
    intervals = [chance.interval(right) for right in answers(made.given)]
    assert max(one.low for one in intervals) < min(one.high for one in intervals)
    first, second = answers(made.given)
    assert first.mean() != second.mean()


def test_every_verdict_and_every_kind_of_claim_is_drawn_true_and_false(digits):
    many = [coursework.vary(3, f"student {i}", digits) for i in range(60)]
    assert {str(one.kept["better"]) for one in many} == set(assignment_3.BETTER)
    drawn = set()
    for one in many:
        for letter, kind in zip("ABCDEFGH", one.kept["kinds"], strict=True):
            drawn.add((str(kind), letter in str(one.kept["false"])))
    assert drawn == {(kind, lie) for kind in claims.CLAIMS for lie in (True, False)}


def test_three_or_four_of_the_eight_statements_are_false(made):
    assert len(str(made.kept["false"])) in (3, 4)
    assert len(set(made.given["statements"])) == 8


@pytest.mark.parametrize("kind", claims.CLAIMS)
def test_the_true_form_of_a_statement_differs_from_the_false_one_in_what_is_read(kind):
    for seed in range(30):
        matrix = claims.published(np.random.default_rng(seed))["matrix"]
        forms = [claims.CLAIMS[kind](np.random.default_rng(1), matrix, lie) for lie in (0, 1)]
        true, false = (re.findall(r"\d[\d,.]*", form) for form in forms)
        assert true != false


def test_a_leaked_image_keeps_its_label_and_was_read_rightly(made):
    given = made.given
    known = {}
    for image, label in zip(given["train_images"], given["train_labels"], strict=True):
        for move in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):
            known[np.roll(image, move, (0, 1)).tobytes()] = label
    found = [i for i, image in enumerate(given["test_images"]) if image.tobytes() in known]
    assert len(found) >= assignment_3.COPIES + assignment_3.MOVED
    right = given["test_read"] == given["test_labels"]
    assert right[found].all()
    assert right.mean() - np.delete(right, found).mean() > 0.005
    assert all(known[given["test_images"][i].tobytes()] == given["test_labels"][i] for i in found)


def test_a_secret_changes_the_images_without_labels_and_nothing_else(digits):
    here, there = (coursework.vary(3, "anna", digits, secret) for secret in ("", "secret"))
    changed = {name for name in here.given if (here.given[name] != there.given[name]).any()}
    assert changed == {"unlabelled"}
    changed = {name for name in here.kept if (here.kept[name] != there.kept[name]).any()}
    assert changed == {"unlabelled_labels", "negative"}


def test_negatives_can_be_told_and_no_unlabelled_image_is_a_training_image(made):
    given, negative = made.given, made.kept["negative"]
    assert negative.sum() == assignment_3.NEGATIVES
    assert ((given["unlabelled"].mean(axis=(1, 2)) > 127.5) == negative).all()
    upright = np.where(negative[:, None, None], 255 - given["unlabelled"], given["unlabelled"])
    known = {image.tobytes() for image in given["train_images"]}
    assert sum(image.tobytes() in known for image in upright) <= 2  # MNIST holds a few twice
