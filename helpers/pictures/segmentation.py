"""Which marks make up a digit: every way to take them, and the best choice among these.

Two networks judge the ways meanwhile (:mod:`helpers.pictures.line_reading`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.mnist_form import mnist_form, set_upright
from helpers.pictures.marks import height_of_line
from helpers.pictures.page import Box, Mark, Page

# The most marks that make up one digit, and how far apart they may be (in heights of the line).
MOST_PARTS = 4
WIDEST_GAP = 0.35
# Groups taller or wider than this many heights of the line are several digits.
TALLEST, WIDEST = 1.6, 1.8


class Candidate(NamedTuple):
    """Marks ``first`` to ``last`` (excluded) of a line, taken as one digit."""

    first: int
    last: int
    image: NDArray[np.uint8]
    box: Box


def groups_of_line(line: Sequence[Mark], joined: int = MOST_PARTS) -> list[tuple[int, int]]:
    """List every way to take neighbouring marks of a line together, as first and last (excluded).

    Args:
        line: the marks.
        joined: the most marks that are taken together.
    """
    height = height_of_line(line)
    return [
        (first, last)
        for first in range(len(line))
        for last in range(first + 1, min(first + joined, len(line)) + 1)
        if not _is_torn(line[first:last], line[last:]) and _is_close(line[first:last], height)
    ]


def candidates_of_line(
    page: Page, line: Sequence[Mark], joined: int = MOST_PARTS
) -> list[Candidate]:
    """List every way to take neighbouring marks of a line as one digit, and draw each."""
    return [
        Candidate(first, last, *digit_image(page, line[first:last]))
        for first, last in groups_of_line(line, joined)
    ]


def _is_torn(group: Sequence[Mark], rest: Sequence[Mark]) -> bool:
    """Tell whether a group joins a part of a cut mark, but not all of it, with another mark."""
    joins_marks = any(not mark.cut for mark in group[1:])
    return joins_marks and bool(group[0].cut or (rest and rest[0].cut))


def _is_close(group: Sequence[Mark], height: float) -> bool:
    """Tell whether a group is small enough, and its marks near enough, to be one digit."""
    if len(group) == 1:
        return True
    whole = Box.union(mark.box for mark in group)
    if whole.height > TALLEST * height or whole.width > WIDEST * height:
        return False
    reach = group[0].box.right
    for mark in group[1:]:
        if not mark.cut and mark.box.x - reach > WIDEST_GAP * height:
            return False
        reach = max(reach, mark.box.right)
    return True


def digit_image(page: Page, group: Sequence[Mark]) -> tuple[NDArray[np.uint8], Box]:
    """Return the marks of a group in MNIST's form, and their box in pixels of the picture."""
    box = Box.union(mark.box for mark in group).in_picture(page.scale)
    return mnist_form(_ink_of(page, group)), box


def upright_image(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8] | None:
    """Return the marks of a group set upright, in MNIST's form; ``None`` if they don't lean."""
    ink = set_upright(_ink_of(page, group))
    return None if ink is None else mnist_form(ink)


def pixels_of_group(
    page: Page, group: Sequence[Mark], margin: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pixels of a group's box are its own, and which are those of other marks.

    Where digits touch they share a stroke, and a cut gives it to one of them. Pieces of a cut mark
    count as theirs what lies within a stroke's width behind the cut, so that both have it whole.

    Args:
        page: the marks.
        group: those taken together.
        margin: of the box, in working pixels.
    """
    labels = Box.union(mark.box for mark in group).of(page.labels, margin)
    own = np.isin(labels, [mark.label for mark in group], kind="table")
    if any(mark.cut is not None for mark in group):
        size = 2 * max(1, round(page.stroke)) + 1
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        own = (cv2.dilate(own.astype(np.uint8), disc) > 0) & (labels > 0)
    return own, (labels > 0) & ~own


def _ink_of(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8]:
    cut = any(mark.cut is not None for mark in group)
    margin = 2 + (max(1, round(page.stroke)) if cut else 0)
    ink = Box.union(mark.box for mark in group).of(page.ink, margin)
    own, others = pixels_of_group(page, group, margin)
    # Two pixels more than the mask, for the grey edge of the strokes.
    weight = cv2.dilate(own.astype(np.uint8), np.ones((5, 5), np.uint8))
    if not cut:
        # And the faint links that a light pen leaves between strokes.
        weight |= ink > 0
    weight[others] = 0
    return ink * weight


def best_path(
    candidates: Sequence[Candidate], costs: Sequence[float] | NDArray[np.float64], count: int
) -> list[int]:
    """Choose candidates that cover the marks 0 to ``count`` at the least total cost.

    Dynamic programming over the marks, as segmentation lattices are searched since LeCun et al.
    (1998). Each mark by itself is a candidate, so that there always is a way.

    Returns:
        Positions in ``candidates``, from left to right.
    """
    best = [np.inf] * (count + 1)
    best[0] = 0.0
    choice = [-1] * (count + 1)
    by_end: dict[int, list[int]] = {}
    for position, candidate in enumerate(candidates):
        by_end.setdefault(candidate.last, []).append(position)
    for end in range(1, count + 1):
        for position in by_end[end]:
            total = best[candidates[position].first] + costs[position]
            if total < best[end]:
                best[end], choice[end] = total, position
    path = []
    end = count
    while end > 0:
        path.append(choice[end])
        end = candidates[choice[end]].first
    return path[::-1]
