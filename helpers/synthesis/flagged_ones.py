"""Ones with a flag, drawn by program: a way to write a 1 that MNIST hardly knows.

MNIST's writers lived in the United States, where most write a 1 as one stroke. In much of the world
an upstroke leads to its top, at times more than half as long as the stem, and some add a foot.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.synthesis.drawings import in_mnist_form

Image = NDArray[np.uint8]

CANVAS = 160
STEM = 100
SHORTEST_FLAG, LONGEST_FLAG = 0.2, 0.7  # as a share of the stem
FLATTEST_FLAG, STEEPEST_FLAG = 30, 65  # degrees below the horizontal
SHARE_WITH_FOOT = 0.2
# OpenCV draws between pixels where coordinates are given in sixteenths.
FRACTION_BITS = 4


def _bent(start: NDArray, end: NDArray, bend: float) -> NDArray:
    """Return points of a line that curves to one side by a share of its length."""
    t = np.linspace(0, 1, 12)[:, np.newaxis]
    sideways = np.array([start[1] - end[1], end[0] - start[0]])
    return start + (end - start) * t + sideways * np.sin(np.pi * t) * bend


def _draw(strokes: list[NDArray], thickness: int) -> Image:
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    lines = [np.round(stroke * 2**FRACTION_BITS).astype(np.int32) for stroke in strokes]
    cv2.polylines(canvas, lines, False, 255, thickness, cv2.LINE_AA, FRACTION_BITS)
    return canvas


def _flagged_one(generator: np.random.Generator) -> Image:
    top = np.array([80.0, 30.0])
    bottom = top + np.array([generator.normal(-5, 10), STEM])
    angle = np.deg2rad(generator.uniform(FLATTEST_FLAG, STEEPEST_FLAG))
    length = STEM * generator.uniform(SHORTEST_FLAG, LONGEST_FLAG)
    tip = top + length * np.array([-np.cos(angle), np.sin(angle)])
    flag, stem = (_bent(*ends, generator.normal(0, 0.03)) for ends in ((tip, top), (top, bottom)))
    strokes = [np.concatenate([flag, stem])]
    if generator.random() < SHARE_WITH_FOOT:
        reach = np.array([STEM * generator.uniform(0.12, 0.3), 0])
        strokes.append(_bent(bottom - reach, bottom + reach, generator.normal(0, 0.06)))
    return _draw(strokes, int(generator.integers(6, 15)))


def flagged_ones(count: int, generator: np.random.Generator) -> Image:
    """Draw ones with a flag, in MNIST's form.

    Args:
        count: how many.
        generator: source of randomness; the same state draws the same pictures.

    Returns:
        uint8 array, shape (count, 28, 28), bright ink on black.
    """
    return np.stack([in_mnist_form(_flagged_one(generator)) for _ in range(count)])
