"""What the exercises of notebook 5 are checked with: cases, reference solutions, wrong ones."""

import sys
from collections.abc import Sequence
from typing import Any

# --- 5.2: precision and recall from a confusion matrix --------------------------------------------


def matrices() -> list[tuple[Any, ...]]:
    """Make confusion matrices, each with a digit to look at."""
    import numpy as np

    small = np.array([[8, 2, 0], [1, 5, 3], [0, 4, 7]])
    large = np.random.default_rng(5).integers(1, 9, size=(10, 10)) + 90 * np.eye(10, dtype=int)
    return [(small, 0), (small, 1), (small, 2), (large, 4), (large, 9)]


def precision_recall(matrix: Any, digit: int) -> tuple[float, float]:
    """Return precision and recall of a digit."""
    hits = matrix[digit, digit]
    return hits / matrix[:, digit].sum(), hits / matrix[digit, :].sum()


def in_percent(matrix: Any, digit: int) -> tuple[float, float]:
    """Return precision and recall as percentages (wrong)."""
    precision, recall = precision_recall(matrix, digit)
    return 100 * precision, 100 * recall


# --- 5.3: coverage and accuracy -------------------------------------------------------------------


def confidences() -> list[tuple[Any, ...]]:
    """Make confidences and what is correct, each with a threshold; one is met exactly."""
    import numpy as np

    confidence = np.array([0.99, 0.55, 0.97, 0.81, 0.62, 0.93, 0.45, 0.999])
    correct = np.array([True, False, True, True, False, False, True, True])
    return [(confidence, correct, threshold) for threshold in (0.5, 0.6, 0.93, 0.98)]


def coverage_and_accuracy(confidence: Any, correct: Any, threshold: float) -> tuple[float, float]:
    """Return the coverage and the accuracy of what is accepted."""
    accepted = confidence >= threshold
    return accepted.mean(), correct[accepted].mean()


def swapped_coverage(confidence: Any, correct: Any, threshold: float) -> tuple[float, float]:
    """Return the two in the other order (wrong)."""
    coverage, accuracy = coverage_and_accuracy(confidence, correct, threshold)
    return accuracy, coverage


def coverage_in_percent(confidence: Any, correct: Any, threshold: float) -> tuple[float, float]:
    """Return coverage and accuracy as percentages (wrong)."""
    coverage, accuracy = coverage_and_accuracy(confidence, correct, threshold)
    return 100 * coverage, 100 * accuracy


def above_threshold(confidence: Any, correct: Any, threshold: float) -> tuple[float, float]:
    """Reject a confidence that equals the threshold (wrong)."""
    accepted = confidence > threshold
    return accepted.mean(), correct[accepted].mean()


# --- 5.5: McNemar's test --------------------------------------------------------------------------


def pairs() -> list[tuple[Any, ...]]:
    """Make pairs of arrays that say which images two networks get right."""
    import numpy as np

    cases: list[tuple[Any, ...]] = []
    for seed, share_a, share_b in [(0, 0.8, 0.9), (1, 0.9, 0.7), (2, 0.9, 0.93)]:
        rng = np.random.default_rng(seed)
        difficulty = rng.random(200)
        noise_a, noise_b = 0.1 * rng.random((2, 200))
        cases.append((difficulty + noise_a < share_a, difficulty + noise_b < share_b))
    return cases


def only(correct_a: Any, correct_b: Any) -> tuple[int, int]:
    """Count the images that only A, and those that only B gets right."""
    return int((correct_a & ~correct_b).sum()), int((correct_b & ~correct_a).sum())


def mcnemar(correct_a: Any, correct_b: Any) -> float:
    """Return the two-sided p-value of the exact McNemar test."""
    from scipy.stats import binomtest

    only_a, only_b = only(correct_a, correct_b)
    return binomtest(only_a, only_a + only_b).pvalue


def one_sided(correct_a: Any, correct_b: Any) -> float:
    """Test in one direction only (wrong)."""
    from scipy.stats import binomtest

    only_a, only_b = only(correct_a, correct_b)
    return binomtest(only_a, only_a + only_b, alternative="greater").pvalue


def other_side(correct_a: Any, correct_b: Any) -> float:
    """Test in the other direction only (wrong)."""
    return one_sided(correct_b, correct_a)


def of_all_images(correct_a: Any, correct_b: Any) -> float:
    """Toss a coin for every image (wrong)."""
    from scipy.stats import binomtest

    return binomtest(only(correct_a, correct_b)[0], len(correct_a)).pvalue


def of_all_correct(correct_a: Any, correct_b: Any) -> float:
    """Compare how many images each gets right (wrong)."""
    from scipy.stats import binomtest

    return binomtest(int(correct_a.sum()), int(correct_a.sum() + correct_b.sum())).pvalue


def chi_squared(correct_a: Any, correct_b: Any) -> float:
    """Return the p-value of the chi-squared approximation (not the exact one)."""
    from scipy.stats import chi2

    only_a, only_b = only(correct_a, correct_b)
    return float(chi2.sf((only_a - only_b) ** 2 / (only_a + only_b), 1))


# --- 5.6: a temperature ---------------------------------------------------------------------------

ROWS = ("before", "after")
COLUMNS = ("accuracy", "loss", "ece")


def is_comparison(answer: Any) -> bool:
    """Tell whether an answer is a table with the rows and columns that are asked for."""
    pandas = sys.modules.get("pandas")
    return (
        pandas is not None
        and isinstance(answer, pandas.DataFrame)
        and set(ROWS) <= set(answer.index)
        and set(COLUMNS) <= set(answer.columns)
    )


def comparison(before: Sequence[float], after: Sequence[float]) -> Any:
    """Make such a table from its two rows."""
    import pandas as pd

    return pd.DataFrame([before, after], index=list(ROWS), columns=list(COLUMNS))


def changes(table: Any, column: str) -> tuple[float, float]:
    """Return a column's values before and after."""
    return float(table.loc["before", column]), float(table.loc["after", column])


def holds_shares(table: Any) -> bool:
    """Tell whether accuracy and calibration error are shares, not percentages."""
    return bool((table[["accuracy", "ece"]].astype(float).to_numpy() <= 1).all())


def is_overconfident(table: Any) -> bool:
    """Tell whether the network was badly calibrated before."""
    return changes(table, "ece")[0] > 0.01


def is_changed(table: Any) -> bool:
    """Tell whether the two rows differ."""
    return any(len(set(changes(table, column))) > 1 for column in ("loss", "ece"))


def keeps_predictions(table: Any) -> bool:
    """Tell whether the accuracy has stayed the same."""
    before, after = changes(table, "accuracy")
    return abs(before - after) < 0.0015


def loses_loss(table: Any) -> bool:
    """Tell whether the loss has fallen."""
    before, after = changes(table, "loss")
    return 0 < after < before


def is_calibrated(table: Any) -> bool:
    """Tell whether the calibration error has at least halved."""
    before, after = changes(table, "ece")
    return 0 <= after < before / 2
