"""Intervals, tests and tables about counts of right answers."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from helpers.evaluation import (
    accuracy_interval,
    calibration_bins,
    class_table,
    expected_calibration_error,
    mcnemar,
)


@pytest.fixture
def answered():
    """Labels of 500 pictures, and answers of which about a tenth are wrong."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 500)
    guessed = generator.integers(0, 10, 500)
    return labels, np.where(generator.random(500) < 0.9, labels, guessed)


def test_interval_is_wilsons():
    # Newcombe, "Two-sided confidence intervals for the single proportion" (1998), table I.
    assert accuracy_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert accuracy_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_interval_stays_inside_0_and_1():
    assert accuracy_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    low, high = accuracy_interval(20, 20)
    assert 0.8 < low < high == 1


def test_interval_grows_with_confidence_and_shrinks_with_pictures():
    def width(*counts, **options):
        low, high = accuracy_interval(*counts, **options)
        return high - low

    assert width(99, 100, confidence=0.99) > width(99, 100) > width(990, 1_000)


@pytest.mark.parametrize(("correct", "total"), [(11, 10), (-1, 10), (0, 0)])
def test_impossible_counts_are_refused(correct, total):
    with pytest.raises(ValueError):
        accuracy_interval(correct, total)


def test_interval_holds_the_truth_about_as_often_as_it_says():
    exams = np.random.default_rng(0).binomial(1_000, 0.97, 400)
    held = [low <= 0.97 <= high for low, high in (accuracy_interval(int(c), 1_000) for c in exams)]
    assert 0.92 < np.mean(held) < 0.98


def test_mcnemar_is_a_sum_of_coin_tosses():
    # All six coins the same way up, on either side: 2 / 2**6.
    assert mcnemar(6, 0) == mcnemar(0, 6) == pytest.approx(2 / 64)
    # One of five the other way, or rarer, on either side: 2 (1 + 5) / 2**5.
    assert mcnemar(4, 1) == pytest.approx(12 / 32)


def test_mcnemar_finds_nothing_where_networks_agree():
    assert mcnemar(0, 0) == 1
    assert mcnemar(7, 7) == 1


def test_mcnemar_refuses_negative_counts():
    with pytest.raises(ValueError):
        mcnemar(-1, 3)


def test_class_table_by_hand():
    labels, answers = [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2]
    table = class_table(labels, answers)
    assert table.index.tolist() == list(range(10))
    assert table["pictures"].tolist() == [3, 2, 1] + 7 * [0]
    assert table.loc[0, ["precision", "recall", "f1"]].tolist() == pytest.approx([1, 2 / 3, 4 / 5])
    assert table.loc[1, ["precision", "recall", "f1"]].tolist() == pytest.approx([1 / 2] * 3)


def test_class_table_intervals_hold_their_values(answered):
    table = class_table(*answered)
    for measure in ("precision", "recall", "f1"):
        assert (table[f"{measure}_low"] < table[measure]).all()
        assert (table[measure] <= table[f"{measure}_high"]).all()
    labels, answers = answered
    fives = labels == 5
    expected = accuracy_interval(int((answers[fives] == 5).sum()), int(fives.sum()))
    assert tuple(table.loc[5, ["recall_low", "recall_high"]]) == pytest.approx(expected)


def test_class_table_agrees_with_scikit_learn_on_the_average(answered):
    labels, answers = answered
    assert class_table(labels, answers)["f1"].mean() == pytest.approx(
        f1_score(labels, answers, average="macro")
    )


def test_class_table_says_nothing_about_a_digit_that_never_occurs():
    table = class_table([0, 1], [0, 1])
    assert table.loc[7].drop("pictures").isna().all()


def test_calibration_bins_group_by_probability():
    table = calibration_bins([0.05, 0.81, 0.89, 1.0], [False, True, False, True])
    assert table["pictures"].tolist() == [1, 2, 1]
    assert table.index.tolist() == ["0 to 10 %", "80 to 90 %", "90 to 100 %"]
    assert table["confidence"].tolist() == pytest.approx([0.05, 0.85, 1.0])
    assert table["accuracy"].tolist() == [0, 0.5, 1]
    assert (table["low"] <= table["accuracy"]).all()
    assert (table["accuracy"] <= table["high"]).all()


def test_calibration_error_by_hand():
    assert expected_calibration_error([0.85, 0.85, 1.0, 1.0], [True, False, True, True]) == (
        pytest.approx((2 * 0.35 + 2 * 0) / 4)
    )


def test_honest_probabilities_have_next_to_no_calibration_error():
    generator = np.random.default_rng(0)
    honest = generator.uniform(0.1, 1, 20_000)
    right = generator.random(20_000) < honest
    assert expected_calibration_error(honest, right) < 0.02
    assert expected_calibration_error(honest**0.25, right) > 0.1


def test_calibration_refuses_arrays_of_different_length():
    with pytest.raises(ValueError):
        calibration_bins([0.5, 0.6], [True])
