"""What a group of marks is, seen among its neighbours: a digit, a sign, a letter, a part of one.

The network for digits sees a shape in MNIST's form: without its size, and without what stands
beside it. A comma then looks like a 1, and half a 0 like a bracket. The network for kinds sees the
same shape, and beside it the line of text around.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.mnist_form import IMAGE_SIDE
from helpers.pictures.page import Box, Mark, Page

# In the order of the network's outputs. A part is a piece of a digit, or more than one digit.
KINDS = ("digit", "sign", "letter", "scribble", "part")
DIGIT, SIGN, LETTER, SCRIBBLE, PART = range(len(KINDS))
# The line around a group is drawn so that its digits are this tall, in pixels of the image.
HEIGHT_IN_VIEW = 12
# Larger writing is looked at in steps of so many pixels that this much is left of its height.
SAMPLED_HEIGHT = 36


def view_of_line(page: Page, group: Sequence[Mark], height: float) -> NDArray[np.uint8]:
    """Draw a group of marks and, apart from it, what stands around it in its line.

    Args:
        page: the marks.
        group: those looked at; they stand in the middle.
        height: of the line's digits, in working pixels.

    Returns:
        uint8 (28, 28, 2): the group's own ink, and all other ink.
    """
    box = Box.union(mark.box for mark in group)
    step = max(1, int(height / SAMPLED_HEIGHT))
    side = max(2, round(IMAGE_SIDE * height / HEIGHT_IN_VIEW / step))
    sampled = [np.arange(side) * step + round(middle - side * step / 2) for middle in box.middle]
    columns, rows = (
        (places >= 0) & (places < length)
        for places, length in zip(sampled, page.ink.shape[::-1], strict=True)
    )
    on_page = np.ix_(sampled[1][rows], sampled[0][columns])
    ink, labels = page.ink[on_page], page.labels[on_page]
    own = np.isin(labels, [mark.label for mark in group], kind="table")
    view = np.zeros((side, side, 2), np.uint8)
    view[np.ix_(rows, columns)] = np.dstack([ink * own, ink * ((labels > 0) & ~own)])
    return np.asarray(cv2.resize(view, (IMAGE_SIDE, IMAGE_SIDE), interpolation=cv2.INTER_AREA))
