"""Which marks make up a digit: every way to take them, what geometry holds against it, the best.

The network judges the shapes meanwhile (:mod:`helpers.pictures.recognizer`).
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
# Marks that overlap from side to side are mostly parts of one digit. Not so if each is about as
# tall as both together: leaning digits share columns, too, and a 1 behind a 3 would be swallowed.
TALL_SHARE = 0.8
COST_OF_JOINING_TALL = 0.1
# What it costs to take a mark for no digit: as much as a probability of 0.02.
COST_OF_SKIPPING = 4.0
# What a cut costs for each height of ink that it crosses.
COST_OF_CUTTING = 1.5
# A piece of a cut mark is short below this many heights; what each missing height costs.
SHORT_PIECE = 0.7
COST_OF_SHORTNESS = 4.0


class Candidate(NamedTuple):
    """Marks ``first`` to ``last`` (excluded) of a line, taken as one digit.

    cost: what geometry holds against it, 0 for nothing.
    """

    first: int
    last: int
    image: NDArray[np.uint8]
    box: Box
    cost: float


def candidates_of_line(
    page: Page, line: Sequence[Mark], joined: int = MOST_PARTS
) -> list[Candidate]:
    """List every way to take neighbouring marks of a line as one digit."""
    height = height_of_line(line)
    candidates = []
    for first in range(len(line)):
        for last in range(first + 1, min(first + joined, len(line)) + 1):
            group = line[first:last]
            cost = None if _is_torn(group, line[last:]) else _geometric_cost(group, height)
            if cost is not None:
                image, box = digit_image(page, group)
                candidates.append(Candidate(first, last, image, box, cost))
    return candidates


def _is_torn(group: Sequence[Mark], rest: Sequence[Mark]) -> bool:
    """Tell whether a group joins a part of a cut mark, but not all of it, with another mark."""
    joins_marks = any(not mark.cut for mark in group[1:])
    return joins_marks and bool(group[0].cut or (rest and rest[0].cut))


def _geometric_cost(group: Sequence[Mark], height: float) -> float | None:
    """Return what speaks against a group of marks being one digit; ``None`` rules it out."""
    whole = Box.union(mark.box for mark in group)
    cut = 0.0
    if group[0].cut is not None:
        # Digits that touch are about equally tall; a short piece is part of one.
        short = max(0.0, SHORT_PIECE - whole.height / height)
        cut = COST_OF_CUTTING * group[0].cut + COST_OF_SHORTNESS * short
    if len(group) == 1:
        small = whole.longest / height
        # Nothing much wider than high is a digit: it is a bar, or several digits that touch.
        wide = whole.width / whole.height
        return cut + 1.5 * max(0.0, 0.6 - small) / 0.6 + 2 * max(0.0, wide - 1.5)
    if whole.height > 1.6 * height or whole.width > 1.8 * height:
        return None
    cost = cut
    reach = group[0].box.right
    tallest = group[0].box.height
    for mark in group[1:]:
        if mark.cut:
            reach = max(reach, mark.box.right)
            continue
        gap = (mark.box.x - reach) / height
        if gap > WIDEST_GAP:
            return None
        narrow = max(min(mark.box.width, reach - whole.x), 1)
        overlap = min(1.0, max(0.0, -gap * height / narrow))
        both_tall = min(mark.box.height, tallest) > TALL_SHARE * whole.height
        cost += max(gap, 0) * 3 + (COST_OF_JOINING_TALL if both_tall else -overlap)
        reach = max(reach, mark.box.right)
        tallest = max(tallest, mark.box.height)
    return cost


def digit_image(page: Page, group: Sequence[Mark]) -> tuple[NDArray[np.uint8], Box]:
    """Return the marks of a group in MNIST's form, and their box in pixels of the picture."""
    box = Box.union(mark.box for mark in group).in_picture(page.scale)
    return mnist_form(_ink_of(page, group)), box


def upright_image(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8] | None:
    """Return the marks of a group set upright, in MNIST's form; ``None`` if they don't lean."""
    ink = set_upright(_ink_of(page, group))
    return None if ink is None else mnist_form(ink)


def _ink_of(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8]:
    box = Box.union(mark.box for mark in group)
    ink, labels = box.of(page.ink, margin=2), box.of(page.labels, margin=2)
    is_own = np.isin(labels, [mark.label for mark in group], kind="table")
    others = (labels > 0) & ~is_own
    # Two pixels more than the mask, for the grey edge of the strokes.
    own = cv2.dilate(is_own.astype(np.uint8), np.ones((5, 5), np.uint8))
    # And the faint links that a light pen leaves between strokes.
    own |= ink > 0
    own[others] = 0
    return ink * own


def best_path(
    candidates: Sequence[Candidate],
    costs: Sequence[float] | NDArray[np.float64],
    count: int,
    skipping: float = COST_OF_SKIPPING,
) -> list[int]:
    """Choose candidates that cover the marks 0 to ``count`` at the least total cost.

    Dynamic programming over the marks, as segmentation lattices are searched since LeCun et al.
    (1998). A mark that no candidate takes is skipped at the cost ``skipping``.

    Returns:
        Positions in ``candidates``, from left to right.
    """
    best = [np.inf] * (count + 1)
    best[0] = 0.0
    choice: list[int | None] = [None] * (count + 1)
    by_end: dict[int, list[int]] = {}
    for position, candidate in enumerate(candidates):
        by_end.setdefault(candidate.last, []).append(position)
    for end in range(1, count + 1):
        best[end] = best[end - 1] + skipping
        for position in by_end.get(end, []):
            total = best[candidates[position].first] + costs[position]
            if total < best[end]:
                best[end], choice[end] = total, position
    path = []
    end = count
    while end > 0:
        taken = choice[end]
        if taken is None:
            end -= 1
        else:
            path.append(taken)
            end = candidates[taken].first
    return path[::-1]
