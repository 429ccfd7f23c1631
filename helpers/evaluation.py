"""What a count of right answers says, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

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


def count_correct(model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> int:
    """Count the images, uint8 (n, 28, 28), that a network classifies as their labels say."""
    probabilities = model.predict(scale(images), batch_size=1_000, verbose=0)
    return int(np.sum(probabilities.argmax(axis=1) == labels))
