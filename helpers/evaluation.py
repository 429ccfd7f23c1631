"""What a count of right answers says, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from helpers.preprocessing import scale

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray


def accuracy_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval in which the true accuracy lies, as far as chance in sampling goes.

    Wilson's score interval ("Probable inference, the law of succession, and statistical
    inference", 1927), which stays inside 0 and 1 and holds near 100 % too.

    Args:
        correct: how many answers were right.
        total: how many there were.
        confidence: how often intervals made this way hold the true value, 0 to 1.

    Returns:
        The interval's lower and upper end, each 0 to 1.

    Raises:
        ValueError: correct is not between 0 and total, or total is not at least 1.
    """
    interval = binomtest(correct, total).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(only_first_right: int, only_second_right: int) -> float:
    """Return how likely chance alone makes two equally good networks differ this much or more.

    McNemar's test ("Note on the sampling error of the difference between correlated proportions or
    percentages", 1947) in its exact form: both networks answered the same pictures, and only those
    where one is right and the other wrong say anything. Between equals each is a tossed coin.

    Args:
        only_first_right: pictures that only the first network gets right.
        only_second_right: pictures that only the second network gets right.

    Returns:
        The two-sided p-value, 0 to 1; 1 if the networks never differ.

    Raises:
        ValueError: a count is negative.
    """
    differing = only_first_right + only_second_right
    return float(binomtest(only_first_right, differing).pvalue) if differing else 1.0


def class_table(labels: ArrayLike, answers: ArrayLike) -> pd.DataFrame:
    """Return precision, recall and F1 of each digit, each with its 95 % interval.

    The intervals are Wilson's, over the pictures that a measure is a share of: those answered with
    the digit (precision) and those of the digit (recall). F1 is 2 s / (1 + s), where s is the share
    of right ones among the pictures that are the digit or are answered with it; its interval is
    that of s, converted (Takahashi, Yamamoto, Kuchiba and Koyama, "Confidence interval for
    micro-averaged F1 and macro-averaged F1 scores", 2022, discuss the averages).

    Args:
        labels: (n,), the true digits 0 to 9.
        answers: (n,), the digits that a network gave.

    Returns:
        Index ``digit`` 0 to 9; ``pictures`` (how many have the label), then ``precision``,
        ``recall`` and ``f1``, each followed by its ends, as in ``precision_low`` and
        ``precision_high``. A digit that never occurs has NaN.
    """
    precision, recall, f1, pictures = precision_recall_fscore_support(
        labels, answers, labels=range(10), zero_division=np.nan
    )
    counts = confusion_matrix(labels, answers, labels=range(10))
    right, given = counts.diagonal(), counts.sum(axis=0)
    table = pd.DataFrame({"pictures": pictures}, index=pd.RangeIndex(10, name="digit"))
    table["precision"] = precision
    table["precision_low"], table["precision_high"] = _intervals(right, given)
    table["recall"] = recall
    table["recall_low"], table["recall_high"] = _intervals(right, pictures)
    table["f1"] = f1
    ends = _intervals(right, given + pictures - right)
    table["f1_low"], table["f1_high"] = (2 * end / (1 + end) for end in ends)
    return table


def calibration_bins(confidence: ArrayLike, right: ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Group answers by their probability, and count in each group how many are right.

    Args:
        confidence: (n,), the probability of each answer, 0 to 1.
        right: (n,), whether it is right.
        bins: how many groups of equal width 0 to 1 is cut into.

    Returns:
        One row per group that holds an answer, the least sure first, named like "30 to 40 %":
        ``pictures``, the mean ``confidence``, the ``accuracy`` and its 95 % interval ``low`` to
        ``high``.

    Raises:
        ValueError: the two arrays differ in length.
    """
    answers = pd.DataFrame({"confidence": np.asarray(confidence), "right": np.asarray(right)})
    group = np.minimum((answers["confidence"] * bins).astype(int), bins - 1)
    grouped = answers.groupby(group)
    table = grouped["confidence"].agg(pictures="size", confidence="mean")
    table["accuracy"] = grouped["right"].mean()
    table["low"], table["high"] = _intervals(grouped["right"].sum(), table["pictures"])
    names = [f"{100 * place / bins:g} to {100 * (place + 1) / bins:g} %" for place in table.index]
    return table.set_axis(pd.Index(names, name="probability"))


def expected_calibration_error(confidence: ArrayLike, right: ArrayLike, bins: int = 10) -> float:
    """Return by how much probability and accuracy differ, averaged over all answers.

    After Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks" (2017).

    Args:
        confidence, right, bins: as in `calibration_bins`.

    Returns:
        The mean over the groups, each weighted by its answers; 0 is perfect, 1 the worst.
    """
    table = calibration_bins(confidence, right, bins)
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return float(np.average(gaps, weights=table["pictures"]))


def _intervals(correct: ArrayLike, total: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper ends for many counts; NaN where there is nothing to count."""
    ends = [
        accuracy_interval(int(c), int(t)) if t else (np.nan, np.nan)
        for c, t in zip(np.asarray(correct), np.asarray(total), strict=True)
    ]
    low, high = np.array(ends).T
    return low, high


def count_correct(model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> int:
    """Count the images, uint8 (n, 28, 28), that a network classifies as their labels say."""
    probabilities = model.predict(scale(images), batch_size=1_000, verbose=0)
    return int(np.sum(probabilities.argmax(axis=1) == labels))
