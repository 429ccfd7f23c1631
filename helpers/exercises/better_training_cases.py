"""What the checks of better training compare with: solutions, plausible mistakes, cases."""

from typing import Any

from helpers.exercises.cnn_dropout_cases import validation_accuracy

__all__ = ["validation_accuracy"]

# The dense network of notebook 3; the student has no more.
MOST_PARAMETERS = 109_386
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


# --- a student ------------------------------------------------------------------------------------


def network(units: int = 128, outputs: int = 10, convolution: bool = False) -> Any:
    """Return a dense network like that of notebook 3, untrained."""
    import keras

    first = [keras.layers.Conv2D(4, 5, strides=4)] if convolution else []
    return keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            *first,
            keras.layers.Flatten(),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(outputs, activation="softmax"),
        ]
    )
