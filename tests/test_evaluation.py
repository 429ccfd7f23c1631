"""Intervals, tests and tables about counts of right answers."""

import numpy as np
import pytest

from helpers.evaluation import (
    accuracy_interval,
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
