"""Evaluation against scikit-learn, Keras, SciPy and sums done by hand."""

import json
import math
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import stats
from sklearn import metrics

from mnistlab import chance, evaluation
from mnistlab.report import counted


def logits_that_say(predicted, classes=10, strength=4.0):
    """Logits whose argmax is `predicted`, one row each."""
    return strength * np.eye(classes, dtype=np.float32)[np.asarray(predicted)]


def random_case(seed=0, n=500, classes=10):
    random = np.random.default_rng(seed)
    labels = random.integers(10, size=n)
    logits = random.normal(size=(n, classes)).astype(np.float32)
    logits[np.arange(n), labels] += 1.5
    return logits, labels


def digit_network(activation, outputs=10, scale=1.0):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(30, "relu"),
            keras.layers.Dense(outputs, activation),
        ]
    )
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([scale * kernel, bias])
    return model


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(256, size=(10_000, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).integers(10, size=10_000)


# The first example also pays for TensorFlow's start, which says nothing about the code.
in_any_time = settings(deadline=None, max_examples=50)

answers = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        arrays.arrays(np.int64, n, elements=st.integers(0, 9)),
        arrays.arrays(np.int64, n, elements=st.integers(0, 9)),
    )
)


# The measures of one report


@given(answers)
@in_any_time
def test_accuracy_confusion_and_per_class_measures_are_those_of_scikit_learn(case):
    labels, predicted = case
    report = evaluation.score(logits_that_say(predicted), labels)
    expected = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(10), zero_division=0
    )
    for ours, theirs in zip(report.per_class.values(), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    assert list(report.per_class) == ["precision", "recall", "f1", "support"]
    assert report.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    matrix = metrics.confusion_matrix(labels, predicted, labels=range(10))
    np.testing.assert_array_equal(report.confusion, matrix)


@given(answers)
@in_any_time
def test_the_confused_pairs_are_the_mistakes_and_the_commonest_comes_first(case):
    labels, predicted = case
    pairs = evaluation.score(logits_that_say(predicted), labels).most_confused
    assert sum(pair.times for pair in pairs) == np.sum(labels != predicted)
    assert [pair.times for pair in pairs] == sorted((p.times for p in pairs), reverse=True)
    for truth, guess, times in pairs:
        assert times == np.sum((labels == truth) & (predicted == guess))
        assert truth != guess


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
def test_the_loss_is_the_cross_entropy_of_the_logits_whatever_the_output_layer(activation):
    logits, labels = random_case()
    report = evaluation.score(logits, labels, activation)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert report.loss == pytest.approx(metrics.log_loss(labels, softmax), rel=1e-5)


def test_the_loss_stays_exact_where_softmax_would_round_to_zero():
    report = evaluation.score([[200.0, 0.0], [0.0, 200.0]], [1, 1])
    assert report.loss == pytest.approx(100)


@pytest.mark.parametrize(("activation", "scale"), [("softmax", 1.0), ("sigmoid", 60.0)])
def test_accuracy_and_loss_are_those_that_keras_evaluate_gives(images, labels, activation, scale):
    model = digit_network(activation, scale=scale)
    model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    loss, accuracy = model.evaluate(images / np.float32(255), labels, verbose=0)
    report = evaluation.evaluate(model, images, labels)
    assert report.loss == pytest.approx(loss, rel=1e-5)
    # Keras may round a tie's last bit otherwise on another CPU: a few images of 10,000 at most.
    assert report.accuracy == pytest.approx(accuracy, abs=0.002)
    assert (report.ties.count > 1000) == (activation == "sigmoid")


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "linear"])
def test_the_outputs_are_those_that_keras_predicts_but_for_the_last_bit(images, activation):
    model = digit_network(activation)
    report = evaluation.evaluate(model, images[:100], np.zeros(100, int))
    expected = model.predict_on_batch(images[:100] / np.float32(255))
    np.testing.assert_allclose(report.outputs, expected, atol=1e-6)
    np.testing.assert_array_equal(report.predicted, expected.argmax(axis=1))


def test_the_worst_mistakes_are_wrong_with_the_highest_confidence():
    logits = np.zeros((4, 3), dtype=np.float32)
    logits[np.arange(4), [0, 1, 1, 2]] = [9, 1, 5, 3]
    assert evaluation.score(logits, [0, 0, 0, 0]).worst.tolist() == [2, 3, 1]


def test_among_mistakes_of_equal_confidence_the_one_with_the_larger_loss_comes_first():
    report = evaluation.score([[30.0, 0.0], [90.0, 0.0], [60.0, 0.0]], [1, 1, 1], "sigmoid")
    assert set(report.confidence) == {1.0}
    assert report.worst.tolist() == [1, 2, 0]


# One hundred outputs for ten digits


def test_an_output_that_is_no_digit_counts_as_a_mistake_and_in_no_column():
    report = evaluation.score(logits_that_say([57, 3, 4, 99], classes=100), [5, 3, 3, 9])
    assert report.confusion.shape == (10, 10)
    assert (report.strays, report.confusion.sum(), report.accuracy) == (2, 2, 0.25)
    assert report.per_class["support"].tolist() == [0, 0, 0, 2, 0, 1, 0, 0, 0, 1]
    assert report.per_class["recall"][5] == 0
    assert "no digit: 2" in str(report)


@pytest.mark.parametrize(("labels", "predicted"), [([2], [15]), ([9], [57]), ([9, 3], [99, 10])])
def test_a_count_knows_no_output_that_is_no_digit(labels, predicted):
    assert counted(labels, predicted).shape == (10, 10)
    assert counted(labels, predicted).sum() == 0


@pytest.mark.slow
def test_a_report_needs_no_tensorflow():
    code = "import sys, mnistlab.report; print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_network_with_a_hundred_outputs_is_evaluated(images, labels):
    report = evaluation.evaluate(digit_network("sigmoid", outputs=100), images, labels)
    assert report.outputs.shape == (10_000, 100)
    assert report.confusion.sum() + report.strays == 10_000
    assert report.strays > 5_000


# Ties


def test_a_saturated_sigmoid_ties_and_the_lowest_class_wins():
    logits = np.full((3, 10), -5.0, dtype=np.float32)
    logits[0, [5, 6]] = [20, 40]
    logits[1, [5, 6]] = [20, 40]
    logits[2, 6] = 3
    report = evaluation.score(logits, [6, 5, 6], "sigmoid")
    assert report.predicted.tolist() == [5, 5, 6]
    assert report.ties.images.tolist() == [0, 1]
    assert report.ties.classes == {(5, 6): 2}
    assert (report.ties.count, report.ties.lost) == (2, 1)
    assert "ties at the top: 2, costing 1" in str(report)


def test_the_same_logits_behind_a_softmax_do_not_tie():
    logits = np.array([[20.0, 40.0]])
    assert evaluation.score(logits, [1], "softmax").ties.count == 0
    assert evaluation.score(logits, [1], "sigmoid").ties.count == 1


def test_a_tie_without_the_right_class_costs_nothing():
    assert evaluation.score([[50.0, 50.0, 0.0]], [2], "sigmoid").ties.lost == 0


# Calibration


def test_the_calibration_error_is_the_one_worked_out_by_hand():
    outputs = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.35, 0.65]])
    result = evaluation.reliability(outputs, [0, 1, 0, 1])
    # Two answers at 0.95 of which one is right, two at 0.65 that are both right.
    assert result.count.tolist() == [0, 0, 0, 0, 0, 0, 2, 0, 0, 2]
    assert result.confidence[[6, 9]] == pytest.approx([0.65, 0.95])
    assert result.accuracy[[6, 9]].tolist() == [1.0, 0.5]
    assert math.isnan(result.accuracy[0])
    assert result.ece == pytest.approx((0.45 * 2 + 0.35 * 2) / 4)


def test_a_confidence_on_an_edge_belongs_to_the_bin_below():
    result = evaluation.reliability([[0.5, 0.5], [1.0, 0.0]], [0, 0])
    assert np.flatnonzero(result.count).tolist() == [4, 9]


@given(st.integers(0, 1000))
@in_any_time
def test_every_answer_falls_into_the_bin_that_holds_its_confidence(seed):
    logits, labels = random_case(seed, n=50)
    report = evaluation.score(logits, labels)
    bins = report.reliability
    for low, high, mean, count in zip(
        bins.edges[:-1], bins.edges[1:], bins.confidence, bins.count, strict=True
    ):
        assert count == np.sum((report.confidence > low) & (report.confidence <= high))
        assert count == 0 or low < mean <= high
    assert 0 <= report.ece <= 1


def test_a_sigmoids_confidence_is_its_winning_output_and_bare_logits_go_through_softmax():
    logits = [[2.0, 1.0]]
    sigmoid = evaluation.score(logits, [0], "sigmoid").confidence[0]
    linear = evaluation.score(logits, [0], "linear").confidence[0]
    assert sigmoid == pytest.approx(1 / (1 + math.exp(-2)))
    assert linear == pytest.approx(1 / (1 + math.exp(-1)))


def test_the_temperature_that_was_put_in_is_found_again():
    random = np.random.default_rng(0)
    logits = random.normal(scale=2, size=(20_000, 10))
    chances = evaluation.probabilities(logits)
    labels = np.array([random.choice(10, p=row) for row in chances[:4000]])
    overconfident = 3 * logits[:4000]
    found = evaluation.temperature(overconfident, labels)
    assert found == pytest.approx(3, rel=0.1)
    before = evaluation.reliability(evaluation.probabilities(overconfident), labels)
    after = evaluation.reliability(evaluation.probabilities(overconfident, found), labels)
    assert after.ece < before.ece / 3


def test_a_temperature_changes_no_answer_and_keeps_the_sum_at_one():
    logits, _ = random_case()
    cool = evaluation.probabilities(logits, 2.5)
    np.testing.assert_array_equal(cool.argmax(axis=1), logits.argmax(axis=1))
    np.testing.assert_allclose(cool.sum(axis=1), 1)


# Intervals


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@in_any_time
def test_without_groups_the_interval_is_wilsons(case):
    hits, n = case
    correct = np.arange(n) < hits
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert chance.interval(correct) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_with_groups_the_interval_is_that_of_the_originals():
    # 50 originals, 20 warps each, which always stand or fall together: n is 50, not 1,000.
    right = np.arange(50) < 40
    grouped = chance.interval(np.repeat(right, 20), np.repeat(np.arange(50), 20))
    expected = chance.interval(right)
    naive = chance.interval(np.repeat(right, 20))
    assert grouped == pytest.approx(expected, abs=0.03)
    assert grouped.high - grouped.low > 3 * (naive.high - naive.low)


def test_the_bootstrap_covers_the_truth_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(chance, "RESAMPLES", 400)
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(80), 5)
    covered = 0
    for _ in range(100):
        chances = random.beta(8, 2, size=80)
        correct = random.random(400) < np.repeat(chances, 5)
        low, high = chance.interval(correct, groups)
        covered += low <= 0.8 <= high
    assert 88 <= covered <= 100


def test_an_interval_is_the_same_each_time_and_takes_groups_by_any_name():
    correct = np.tile([True, True, True, False], 25)
    numbers = np.arange(100) // 10
    first = chance.interval(correct, numbers)
    assert first == chance.interval(correct, numbers)
    assert first == chance.interval(correct, np.array([f"writer {n}" for n in numbers]))


def test_all_right_is_no_certainty():
    groups = np.arange(100) // 5
    assert chance.interval(np.ones(100, bool), groups) == pytest.approx(
        chance.interval(np.ones(20, bool))
    )
    assert chance.interval(np.ones(100, bool), groups).low < 0.9


# Two models on the same images


def reports_that_differ(only_first, only_second, both, neither=0):
    first = [1] * only_first + [0] * only_second + [1] * both + [0] * neither
    second = [0] * only_first + [1] * only_second + [1] * both + [0] * neither
    labels = np.ones(len(first), int)
    return [evaluation.score(logits_that_say(answer), labels) for answer in (first, second)]


@given(st.integers(0, 40), st.integers(0, 40))
@in_any_time
def test_p_is_mcnemars_exact_one(only_first, only_second):
    differing = only_first + only_second
    # By hand: the share of all coin rows that split at least as unevenly as this one.
    even = abs(only_first - only_second)
    counted = sum(
        math.comb(differing, k) for k in range(differing + 1) if abs(differing - 2 * k) >= even
    )
    result = evaluation.compare(*reports_that_differ(only_first, only_second, both=20))
    assert result.p == pytest.approx(counted / 2**differing)
    assert (result.only_first, result.only_second) == (only_first, only_second)
    assert result.difference == pytest.approx((only_second - only_first) / (differing + 20))
    assert result.interval.low < result.difference < result.interval.high


def test_a_clear_difference_is_called_more_than_chance():
    result = evaluation.compare(*reports_that_differ(10, 52, both=9_938))
    assert result.verdict == (
        "The second reads 0.42 points more; over these 10,000 images that is more than chance "
        "explains (p < 0.001)."
    )
    assert result.interval == pytest.approx((0.0027, 0.0057), abs=0.0001)


def test_a_small_difference_is_called_none_that_the_images_can_show():
    result = evaluation.compare(*reports_that_differ(22, 17, both=961))
    assert result.verdict == (
        "The second reads 0.50 points less, but that is no difference that these 1,000 images "
        "can show (p = 0.522)."
    )
    assert result.interval.low < 0 < result.interval.high


@pytest.mark.parametrize(
    ("only_first", "only_second", "words"),
    [(0, 0, "the same images rightly"), (3, 3, "equally many rightly")],
)
def test_no_difference_is_said_plainly_and_is_no_certainty(only_first, only_second, words):
    result = evaluation.compare(*reports_that_differ(only_first, only_second, both=50))
    assert words in str(result)
    assert result.p == 1
    assert result.interval.low < 0 < result.interval.high


def test_warps_of_a_few_originals_do_not_pass_for_evidence():
    first, second = reports_that_differ(20, 60, both=120)
    # The 60 gained and 20 lost images are warps of only three originals and one.
    groups = np.arange(200) // 20
    alone = evaluation.compare(first, second)
    grouped = evaluation.compare(first, second, groups)
    assert alone.significant
    assert not grouped.significant
    assert "warps of 10 originals" in grouped.verdict
    assert grouped.difference == alone.difference


def test_where_every_image_is_an_original_of_its_own_both_tests_agree():
    first, second = reports_that_differ(22, 36, both=400)
    exact = evaluation.compare(first, second)
    grouped = evaluation.compare(first, second, np.arange(458))
    assert exact.p == pytest.approx(0.087, abs=0.001)
    assert grouped.p == pytest.approx(exact.p, abs=0.03)
    assert grouped.interval == pytest.approx(exact.interval, abs=0.01)


def test_a_difference_on_every_original_is_found_with_groups_too():
    first, second = reports_that_differ(0, 200, both=600)
    groups = np.tile(np.arange(200), 4)
    result = evaluation.compare(first, second, groups)
    assert result.significant
    assert result.interval.low > 0


@pytest.mark.parametrize("gained", [0, 100])
def test_gains_that_are_all_alike_are_judged_by_the_number_of_originals(gained):
    first, second = reports_that_differ(0, gained, both=100 - gained)
    result = evaluation.compare(first, second, np.arange(100) // 25)
    assert not result.significant
    assert result.interval.low < result.difference <= result.interval.high


def test_the_groups_of_the_reports_are_used_unless_others_are_given():
    logits, labels = random_case(n=100)
    groups = np.arange(100) // 10
    report = evaluation.score(logits, labels, groups=groups)
    assert evaluation.compare(report, report).originals == 10


def test_reports_on_different_images_are_not_compared():
    logits, labels = random_case()
    first = evaluation.score(logits, labels)
    for other in (labels[::-1], labels[:400]):
        with pytest.raises(ValueError, match="different images"):
            evaluation.compare(first, evaluation.score(logits[: len(other)], other))


# Several seeds


def test_several_seeds_give_mean_and_sample_spread():
    result = evaluation.over_seeds([0.975, 0.976, 0.977, 0.975, 0.977])
    assert result.mean == pytest.approx(0.976)
    assert result.spread == pytest.approx(0.001)
    assert (result.lowest, result.highest, result.n) == (0.975, 0.977, 5)
    assert str(result) == "97.60 % ± 0.10 (5 seeds)"


def test_a_small_spread_is_not_rounded_away():
    assert str(evaluation.over_seeds([0.9701, 0.9705])) == "97.03 % ± 0.03 (2 seeds)"


def test_one_seed_has_no_spread():
    logits, labels = random_case()
    report = evaluation.score(logits, labels)
    result = evaluation.over_seeds([report])
    assert result.mean == report.accuracy
    assert math.isnan(result.spread)
    assert "(1 seed, spread unknown)" in str(result)


@pytest.mark.parametrize(
    ("results", "words"), [([], "no results"), ([97.6], "percentage"), ([math.nan], "NaN")]
)
def test_results_that_are_no_accuracies_are_refused(results, words):
    with pytest.raises(ValueError, match=words):
        evaluation.over_seeds(results)


# What a report says


def test_a_report_reads_as_a_table():
    logits, labels = random_case()
    text = str(evaluation.score(logits, labels))
    assert text.startswith("accuracy ")
    assert "95 % interval" in text
    assert "digit  precision  recall     F1  images" in text
    assert "most often misread: " in text
    assert repr(evaluation.score(logits, labels)) == text


@pytest.mark.parametrize("case", [random_case(), (logits_that_say([3]), [3])])
def test_a_report_and_a_comparison_become_strict_json(case):
    report = evaluation.score(*case)
    for result in (report, evaluation.compare(report, report)):
        text = json.dumps(result.as_dict(), allow_nan=False)
        assert json.loads(text) == result.as_dict()
    assert json.loads(json.dumps(report.as_dict()))["accuracy"] == report.accuracy


# What is refused


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([1, 2], "3 images but 2 labels"),
        ([1, 2, 10], "classes are 0 to 9"),
        ([1, 2, -1], "classes are 0 to 9"),
        ([1.0, 2.0, 3.0], "whole numbers"),
        (np.eye(10)[:3], "one-hot"),
    ],
)
def test_labels_that_cannot_belong_to_the_images_are_refused(labels, words):
    with pytest.raises(ValueError, match=words):
        evaluation.score(np.zeros((3, 10)), labels)
    with pytest.raises(ValueError, match=words):
        evaluation.evaluate(digit_network("softmax"), np.zeros((3, 28, 28)), labels)


def test_nothing_to_evaluate_is_refused():
    with pytest.raises(ValueError, match="no images"):
        evaluation.evaluate(digit_network("softmax"), np.zeros((0, 28, 28), np.uint8), [])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_diverged_network_is_named_as_one(bad):
    logits, labels = random_case(n=5)
    logits[2, 3] = bad
    with pytest.raises(ValueError, match="diverged"):
        evaluation.score(logits, labels)


def test_an_output_layer_without_a_meaning_is_refused():
    for activation in ("relu", "tanh"):
        with pytest.raises(ValueError, match=f"'{activation}'"):
            evaluation.evaluate(digit_network(activation), np.zeros((1, 28, 28)), [0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evaluation.score(np.zeros(10), [1]), "shape"),
        (lambda: evaluation.score(np.zeros((3, 10)), [1, 2, 3], groups=[0, 0]), "groups"),
        (lambda: evaluation.reliability([[2.0, -1.0]], [0]), "not logits"),
        (lambda: evaluation.probabilities([[2.0, -1.0]], 0), "above 0"),
        (lambda: evaluation.probabilities([[2.0, -1.0]], math.nan), "above 0"),
    ],
)
def test_other_slips_get_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()
