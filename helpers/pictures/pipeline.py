"""The steps from a picture to the marks of its writing, in the order in which they run."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from helpers.pictures.ink import PaperEstimate, ink_contrast, paper_brightness
from helpers.pictures.marks import find_marks
from helpers.pictures.page import Page
from helpers.pictures.ruled_lines import erase_frames, erase_ruled_lines


def find_page(picture: NDArray[np.uint8], estimate_paper: PaperEstimate = paper_brightness) -> Page:
    """Find the marks of a picture, in lines.

    Args:
        picture: uint8 (h, w, 3), upright RGB.
        estimate_paper: how the paper's brightness is estimated; for a second look at a picture
            that is full of ink :func:`helpers.pictures.ink.paper_of_two_levels`.
    """
    ink = ink_contrast(picture, estimate_paper)
    without_lines = erase_ruled_lines(erase_frames(ink))
    return find_marks(without_lines)
