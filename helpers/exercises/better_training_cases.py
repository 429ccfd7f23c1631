"""What the checks of better training compare with: solutions, plausible mistakes, cases."""

from functools import cache
from typing import Any

from helpers.exercises.validation_set import validation_set

# A network that learnt something in a few passes, on 10,000 images or on 3,600.
LEAST_ACCURACY = 0.9


# --- smoothed labels ------------------------------------------------------------------------------


def targets() -> list[tuple[Any, ...]]:
    import numpy as np

    cases = []
    for classes, amount in ((10, 0.1), (10, 0.5), (4, 0.2)):
        labels = np.arange(6) % classes
        cases.append((np.eye(classes)[labels], amount))
    return cases


def smooth(one_hot: Any, amount: float) -> Any:
    return (1 - amount) * one_hot + amount / one_hot.shape[1]


def smooth_to_the_others(one_hot: Any, amount: float) -> Any:
    return (1 - amount) * one_hot + amount / (one_hot.shape[1] - 1) * (1 - one_hot)


# --- several networks -----------------------------------------------------------------------------


def opinions() -> list[tuple[Any, ...]]:
    """Return probabilities of several networks, among them a majority that is less sure."""
    import numpy as np

    random = np.random.default_rng(8)
    split = np.array(
        [
            [[0.45, 0.55, 0.0], [0.1, 0.2, 0.7]],
            [[0.45, 0.55, 0.0], [0.2, 0.2, 0.6]],
            [[0.95, 0.05, 0.0], [0.8, 0.1, 0.1]],
        ]
    )
    drawn = random.dirichlet(np.full(10, 0.3), size=(5, 40))
    return [(split,), (drawn,), (drawn[:2],)]


def together(probabilities: Any) -> Any:
    return probabilities.mean(axis=0).argmax(axis=1)


def majority(probabilities: Any) -> Any:
    import numpy as np

    votes = probabilities.argmax(axis=2)
    classes = probabilities.shape[2]
    return np.array([np.bincount(column, minlength=classes).argmax() for column in votes.T])


def surest(probabilities: Any) -> Any:
    return probabilities.max(axis=0).argmax(axis=1)


def mean_of_digits(probabilities: Any) -> Any:
    return probabilities.argmax(axis=2).mean(axis=0)


# --- two steps of a recipe, compared in pairs -----------------------------------------------------

# Errors of five seeds before a step and after it; the seeds differ more than the step changes.
BEFORE = (152, 171, 149, 160, 158)
AFTER = (143, 165, 144, 148, 155)


def paired_comparison(
    factor: float | None = None, ddof: int = 1, per_root: bool = True, after_first: bool = True
) -> list[float]:
    """Return the mean difference, AFTER minus BEFORE, and its 95 % interval, by default right."""
    import numpy as np
    from scipy import stats

    differences = np.subtract(AFTER, BEFORE) * (1 if after_first else -1)
    count = len(differences)
    if factor is None:
        factor = stats.t.ppf(0.975, df=count - 1)
    half = factor * differences.std(ddof=ddof) / (np.sqrt(count) if per_root else 1)
    return [float(differences.mean() + end) for end in (0, -half, half)]


def unpaired_comparison() -> list[float]:
    """Return the same for ten runs that have nothing to do with each other."""
    from scipy import stats

    interval = stats.ttest_ind(AFTER, BEFORE).confidence_interval()
    return [paired_comparison()[0], float(interval.low), float(interval.high)]


# --- a student and its control --------------------------------------------------------------------

# Student, control, and how many errors the reader has counted for them.
Pair = tuple[Any, Any, int, int]


def are_two_networks(answer: Any) -> bool:
    """Tell whether an answer has two arrays of probabilities for the validation images."""
    import numpy as np

    _, labels = validation_set()
    of_student, of_control, *counted = answer
    return len(counted) == 2 and all(
        np.shape(each) == (len(labels), 10) and np.allclose(np.sum(each, axis=1), 1, atol=0.01)
        for each in (of_student, of_control)
    )


def _errors(probabilities: Any) -> int:
    import numpy as np

    _, labels = validation_set()
    return int((np.argmax(probabilities, axis=1) != labels).sum())


def is_counted(pair: Pair, which: int) -> bool:
    return _errors(pair[which]) == pair[2 + which]


def accuracies(pair: Pair) -> list[float]:
    _, labels = validation_set()
    return [1 - _errors(probabilities) / len(labels) for probabilities in pair[:2]]


@cache
def teacher() -> Any:
    """Return the probabilities of the network that ships for the validation images."""
    from helpers.models import load_model
    from helpers.preprocessing import scale

    images, _ = validation_set()
    return load_model("cnn").predict(scale(images), batch_size=1000, verbose=0)


def is_teacher(pair: Pair) -> bool:
    import numpy as np

    return any(np.allclose(each, teacher(), atol=0.01) for each in pair[:2])


def differ(pair: Pair) -> bool:
    import numpy as np

    return not np.allclose(pair[0], pair[1], atol=1e-4)


def are_of_equal_quality(pair: Pair) -> bool:
    """Tell whether the errors are so close that both may have seen the same images."""
    fewer, more = sorted(_errors(probabilities) for probabilities in pair[:2])
    return more - fewer <= 10 + 0.3 * more


def resembles_teacher(pair: Pair) -> bool:
    """Tell whether the student's cross-entropy with the teacher is less than the control's."""
    import numpy as np

    losses = [
        -(teacher() * np.log(np.clip(probabilities, 1e-7, 1))).sum(axis=1).mean()
        for probabilities in pair[:2]
    ]
    return bool(losses[0] < losses[1])


def pair(
    *,
    errors: tuple[float, float] = (0.03, 0.03),
    counted: tuple[int | None, int | None] = (None, None),
    of_teacher: bool = False,
    same: bool = False,
    swapped: bool = False,
) -> Pair:
    """Return probabilities of a made-up student and control that err on such shares of images.

    Args:
        errors: the shares.
        counted: the numbers of errors to hand in; None stands for the right one.
        of_teacher: hand in the teacher in place of the student.
        same: the control is the student once more.
        swapped: student and control change places.
    """
    student = _made_up(errors[0], 0.97)
    control = student if same else _made_up(errors[1], 0.999)
    if swapped:
        student, control = control, student
    if of_teacher:
        student = teacher()
    right = [_errors(student), _errors(control)]
    numbers = [own if own is not None else count for own, count in zip(counted, right, strict=True)]
    return student, control, numbers[0], numbers[1]


def _made_up(share: float, confidence: float) -> Any:
    """Return probabilities that err on the first images of the validation set."""
    import numpy as np

    _, labels = validation_set()
    digits = labels.copy()
    wrong = round(share * len(labels))
    digits[:wrong] = (digits[:wrong] + 1) % 10
    probabilities = np.full((len(labels), 10), (1 - confidence) / 9)
    probabilities[np.arange(len(labels)), digits] = confidence
    return probabilities
