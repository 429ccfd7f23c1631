"""What a count of right answers says, and what it does not."""

from __future__ import annotations

from scipy.stats import binomtest


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
