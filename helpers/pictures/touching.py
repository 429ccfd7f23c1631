"""Cut digits that touch, or lean over each other, where little ink joins them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.pictures.marks import height_of_line
from helpers.pictures.page import Mark, Page, box_of_row

# Cuts are looked for at this height of the writing, in pixels: half of it blurs narrow contacts.
CUTTING_HEIGHT = 120
# Two cuts are at least this far apart, in heights; no digit but a 1 is narrower.
NARROWEST = 0.2
# A cut crosses at most this much ink, in heights.
MOST_INK = 0.45
# What a step to the side costs, in pixels of ink: a cut is no more crooked than it must be.
SIDESTEP = 0.15
# The least ink of a piece, in squares of the height: half of a thin 1.
LEAST_PIECE = 0.02


def cut_wide_marks(
    page: Page,
    line: Sequence[Mark],
    wider_than: float = 0.6,
    whole: Collection[int] = (),
) -> tuple[Page, list[Mark]]:
    """Cut marks that are wide enough for two touching digits where little ink joins them.

    Cutting too often does little harm: pieces are joined again if they look better as one.

    Args:
        wider_than: marks wider than this many heights are cut.
        whole: labels of marks that stay whole.
    """
    height = height_of_line(line)
    labels = page.labels
    pieces: list[Mark] = []
    for mark in line:
        box = mark.box
        own = box.of(labels) == mark.label
        wide = box.width > wider_than * box.height and mark.label not in whole
        cuts = find_cuts(own, height) if wide else []
        if not cuts:
            pieces.append(mark)
            continue
        labels = labels.copy() if labels is page.labels else labels
        view = box.of(labels)
        # How many cuts lie left of a pixel says which piece it belongs to.
        columns = np.arange(box.width)
        lefts = np.stack([cut.columns for cut in cuts])[:, :, np.newaxis]
        number = (columns >= lefts).sum(axis=0)
        first = len(pieces)
        for position, cut in enumerate([None, *cuts]):
            part = own & (number == position)
            if not part.any():
                continue  # two cuts that run together
            crossed = cut.crossed if cut and len(pieces) > first else 0.0
            label = int(labels.max()) + 1
            view[part] = label
            piece_box = box_of_row(cv2.boundingRect(part.astype(np.uint8))).moved(box.x, box.y)
            pieces.append(Mark(label, piece_box, int(part.sum()), crossed))
    return page._replace(labels=labels), pieces


class Cut(NamedTuple):
    """A path from top to bottom.

    columns: int (h,), the first column right of the cut, for each row.
    crossed: how much ink it crosses, in heights of the line.
    """

    columns: NDArray[np.intp]
    crossed: float


def find_cuts(ink: NDArray[np.bool_], height: float) -> list[Cut]:
    """Find paths from top to bottom that cross little ink.

    Each is the cheapest path in its band of columns, found by dynamic programming as seams are in
    seam carving (Avidan and Shamir 2007): it may go one column to the side with every row.

    Args:
        ink: bool (h, w), the mark that is cut.
        height: of the line of text, in pixels.

    Returns:
        Cuts from left to right that do not cross each other; where two run together, there may be
        no ink between them.
    """
    scale = min(1.0, CUTTING_HEIGHT / height)
    tall, wide = (max(1, round(side * scale)) for side in ink.shape)
    small = cv2.resize(ink.astype(np.float32), (wide, tall), interpolation=cv2.INTER_AREA)
    unit = height * scale
    apart = max(2, round(NARROWEST * unit))
    centres = np.arange(apart, wide - apart + 1, max(1, apart // 2))
    if not len(centres):
        return []
    paths = _cheapest_paths(small, centres, reach=apart + 2)
    lengths = np.hypot(1, np.diff(paths, axis=1, prepend=paths[:, :1]))
    crossed = (small[np.arange(tall), paths.clip(0, wide - 1)] * lengths).sum(axis=1) / unit
    least = LEAST_PIECE * unit * unit
    left_of = np.stack([(small * (np.arange(wide) < p[:, np.newaxis])).sum() for p in paths])
    chosen: list[int] = []
    for number in np.argsort(crossed, kind="stable"):
        if crossed[number] > MOST_INK or len(chosen) >= 4 * wide / unit:
            break
        areas = [0.0, float(small.sum()), *left_of[chosen]]
        if min(abs(left_of[number] - area) for area in areas) >= least:
            chosen.append(int(number))
    chosen.sort(key=lambda number: float(left_of[number]))
    rows = np.minimum((np.arange(ink.shape[0]) * scale).astype(int), tall - 1)
    cuts: list[Cut] = []
    for number in chosen:
        columns = np.round(paths[number][rows] / scale).astype(np.intp)
        if cuts:
            columns = np.maximum(columns, cuts[-1].columns)
        cuts.append(Cut(columns, max(float(crossed[number]), 1e-3)))
    return cuts


def _cheapest_paths(
    ink: NDArray[np.float32], centres: NDArray[np.intp], reach: int
) -> NDArray[np.intp]:
    """Return the cheapest path near each centre, as columns of shape (len(centres), h)."""
    tall, wide = ink.shape
    columns = centres[:, np.newaxis] + np.arange(-reach, reach + 1)
    cost = ink[:, columns.clip(0, wide - 1)]
    cost[:, (columns < 0) | (columns >= wide)] = tall
    total = cost[0]
    steps = np.zeros(cost.shape, np.int8)
    blocked = np.full((len(centres), 1), np.inf, np.float32)
    for row in range(1, tall):
        aside = SIDESTEP + np.sqrt(2) * cost[row]
        from_left = np.concatenate([blocked, total[:, :-1]], axis=1) + aside
        from_right = np.concatenate([total[:, 1:], blocked], axis=1) + aside
        options = np.stack([from_left, total + cost[row], from_right])
        best = options.argmin(axis=0)
        steps[row] = best - 1
        total = np.take_along_axis(options, best[np.newaxis], axis=0)[0]
    band = np.arange(len(centres))
    place = total.argmin(axis=1)
    paths = np.empty((len(centres), tall), np.intp)
    for row in range(tall - 1, -1, -1):
        paths[:, row] = columns[band, place]
        place = place + steps[row, band, place]
    return paths
