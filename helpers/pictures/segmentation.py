"""Find the digits in a picture: which marks make up a digit, and in which order they are read.

The steps: erase ruled lines, keep the marks that are as strong as the writing, join the marks into
lines of text, and join or cut marks into digits. The last step can be left to a judge of shapes
(:mod:`helpers.pictures.recognizer` lets the network judge); without one, geometry decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.mnist_form import mnist_form, set_upright
from helpers.pictures.ink import ink_contrast, paper_of_two_levels, to_working_size
from helpers.pictures.marks import Mark, Page, find_marks, height_of_line, only_line
from helpers.pictures.ruled_lines import erase_ruled_lines

# The most marks that make up one digit, and how far apart they may be (in heights of the line).
MOST_PARTS = 4
WIDEST_GAP = 0.35
# Marks that overlap from side to side are mostly parts of one digit. Not so if each is about as
# tall as both together: leaning digits share columns, too, and a 1 behind a 3 would be swallowed.
TALL = 0.8
PRICE_OF_JOINING_TALL = 0.1
# What it costs to take a mark for no digit: as much as a probability of 0.02.
PRICE_OF_SKIPPING = 4.0
# What a cut costs for each height of ink that it crosses, and a piece for each height that it is
# shorter than this.
PRICE_OF_CUTTING = 1.5
PRICE_OF_SHORTNESS = 4.0
SHORT_PIECE = 0.7

Box = tuple[int, int, int, int]


class FoundDigit(NamedTuple):
    """One digit: its image in MNIST's form, uint8 (28, 28), and its box in the picture.

    The box is (x, y, width, height) in pixels of the upright picture.
    """

    image: NDArray[np.uint8]
    box: Box


class Candidate(NamedTuple):
    """Marks ``first`` to ``last`` (excluded) of a line, taken as one digit.

    cost: what geometry holds against it, 0 for nothing.
    """

    first: int
    last: int
    image: NDArray[np.uint8]
    box: Box
    cost: float


def candidates_of_line(page: Page, line: list[Mark], joined: int = MOST_PARTS) -> list[Candidate]:
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
    left, right = min(m.x for m in group), max(m.right for m in group)
    top, bottom = min(m.y for m in group), max(m.bottom for m in group)
    cut = 0.0
    if group[0].cut is not None:
        # Digits that touch are about equally tall; a short piece is part of one.
        short = max(0.0, SHORT_PIECE - (bottom - top) / height)
        cut = PRICE_OF_CUTTING * group[0].cut + PRICE_OF_SHORTNESS * short
    if len(group) == 1:
        small = max(right - left, bottom - top) / height
        # Nothing much wider than high is a digit: it is a bar, or several digits that touch.
        wide = (right - left) / (bottom - top)
        return cut + 1.5 * max(0.0, 0.6 - small) / 0.6 + 2 * max(0.0, wide - 1.5)
    if bottom - top > 1.6 * height or right - left > 1.8 * height:
        return None
    cost = cut
    reach = group[0].right
    tallest = group[0].height
    for mark in group[1:]:
        if mark.cut:
            reach = max(reach, mark.right)
            continue
        gap = (mark.x - reach) / height
        if gap > WIDEST_GAP:
            return None
        narrow = max(min(mark.width, reach - left), 1)
        overlap = min(1.0, max(0.0, -gap * height / narrow))
        both_tall = min(mark.height, tallest) > TALL * (bottom - top)
        cost += max(gap, 0) * 3 + (PRICE_OF_JOINING_TALL if both_tall else -overlap)
        reach = max(reach, mark.right)
        tallest = max(tallest, mark.height)
    return cost


def digit_image(page: Page, group: Sequence[Mark]) -> tuple[NDArray[np.uint8], Box]:
    """Return the marks of a group in MNIST's form, and their box in pixels of the picture."""
    left, right = min(m.x for m in group), max(m.right for m in group)
    top, bottom = min(m.y for m in group), max(m.bottom for m in group)
    box = (
        int(left / page.scale),
        int(top / page.scale),
        max(1, round((right - left) / page.scale)),
        max(1, round((bottom - top) / page.scale)),
    )
    return mnist_form(_ink_of(page, group)), box


def upright_image(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8] | None:
    """Return the marks of a group set upright, in MNIST's form; ``None`` if they don't lean."""
    ink = set_upright(_ink_of(page, group))
    return None if ink is None else mnist_form(ink)


def _ink_of(page: Page, group: Sequence[Mark]) -> NDArray[np.uint8]:
    left, right = min(m.x for m in group), max(m.right for m in group)
    top, bottom = min(m.y for m in group), max(m.bottom for m in group)
    height, width = page.ink.shape
    region = np.s_[
        max(top - 2, 0) : min(bottom + 2, height), max(left - 2, 0) : min(right + 2, width)
    ]
    labels = page.labels[region]
    is_own = np.isin(labels, [mark.label for mark in group], kind="table")
    others = (labels > 0) & ~is_own
    # Two pixels more than the mask, for the grey edge of the strokes.
    own = cv2.dilate(is_own.astype(np.uint8), np.ones((5, 5), np.uint8))
    # And the faint links that a light pen leaves between strokes.
    own |= page.ink[region] > 0
    own[others] = 0
    return page.ink[region] * own


def best_path(
    candidates: Sequence[Candidate],
    costs: Sequence[float],
    count: int,
    skipping: float = PRICE_OF_SKIPPING,
) -> list[int]:
    """Choose candidates that cover the marks 0 to ``count`` at the least total cost.

    Dynamic programming over the marks, as segmentation lattices are searched since LeCun et al.
    (1998). A mark that no candidate takes is skipped at the price ``skipping``.

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
        position = choice[end]
        if position is None:
            end -= 1
        else:
            path.append(position)
            end = candidates[position].first
    return path[::-1]


def find_page(picture: NDArray[np.uint8]) -> Page:
    """Find the marks of a picture in lines: contrast, ruled lines erased, marks."""
    ink = ink_contrast(picture)
    page = find_marks(erase_ruled_lines(ink))
    if ink.paper.min() == ink.paper.max():
        return page  # Plain paper is known exactly; another estimate could only lose faint ink.
    return page._replace(second_look=partial(_second_look, *to_working_size(picture)))


def _second_look(working: NDArray[np.uint8], scale: float) -> Page:
    page = find_marks(erase_ruled_lines(ink_contrast(working, paper_of_two_levels)))
    return page._replace(scale=page.scale * scale)


def find_digits(picture: NDArray[np.uint8], single: bool = False) -> list[FoundDigit]:
    """Find the digits of a picture by geometry alone, left to right, top line first.

    Args:
        picture: uint8 (h, w, 3), upright RGB.
        single: the picture holds one digit; all its parts are joined.

    Returns:
        The digits; an empty list for a picture without ink.
    """
    page = find_page(picture)
    if single:
        page = only_line(page)
        return [FoundDigit(*digit_image(page, line)) for line in page.lines]
    found = []
    for line in page.lines:
        candidates = candidates_of_line(page, line)
        costs = [candidate.cost + 0.5 for candidate in candidates]
        found += [
            FoundDigit(candidates[position].image, candidates[position].box)
            for position in best_path(candidates, costs, len(line))
        ]
    return found
