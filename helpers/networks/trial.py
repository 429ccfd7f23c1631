"""A network that somebody brings is tried on a few images before anybody believes its answers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# How far ten numbers may be from 1 in sum, and one of them from 0 to 1, by rounding alone.
TOLERANCE = 0.01


def trial_images() -> NDArray[np.uint8]:
    """Return three images in MNIST's form: blank, a stroke, and noise."""
    images = np.zeros((3, 28, 28), np.uint8)
    images[1, 4:24, 12:16] = 255
    images[2] = np.random.default_rng(0).integers(0, 256, (28, 28))
    return images


def fault_of(answers: NDArray) -> str:
    """Return why these can't be the probabilities of ten digits for the trial images, or "".

    The words stand after the model's name, and say what to do.
    """
    if answers.shape != (3, 10):
        return (
            "a model for digits takes (28, 28, 1) and gives 10 probabilities; this one gives "
            f"numbers of shape {answers.shape} for 3 images."
        )
    if not np.isfinite(answers).all():
        return (
            "its answers are not numbers (NaN), as after a training that diverged: "
            "train it anew, with a smaller learning rate."
        )
    lowest, highest = float(answers.min()), float(answers.max())
    if lowest < -TOLERANCE or highest > 1 + TOLERANCE:
        return (
            f"its answers, from {lowest:.3g} to {highest:.3g}, are no probabilities: "
            "let it end with a softmax, as in Dense(10, activation='softmax')."
        )
    if np.abs(answers.sum(axis=1) - 1).max() > TOLERANCE:
        return (
            "its ten answers do not sum to 1, so they are no probabilities of ten digits: "
            "let it end with a softmax in place of its last activation."
        )
    return ""
