"""What the network for kinds is trained with: groups of marks in drawn lines, truth known.

The lines go through the reader's own steps, so that the network meets what it will meet: marks as
they are found, cut and joined in every way that the reader tries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.pictures.ink import Ink
from helpers.pictures.kinds import DIGIT, LETTER, PART, SCRIBBLE, SIGN, view_of_line
from helpers.pictures.marks import find_marks, height_of_line
from helpers.pictures.page import Box, Mark, Page
from helpers.pictures.segmentation import digit_image, groups_of_line, pixels_of_group
from helpers.pictures.touching import cut_wide_marks
from helpers.synthesis import lines
from helpers.synthesis.lines import Line, Writer

Generator = np.random.Generator
# A group is one digit if nearly all of its ink is the digit's, and nearly all of the digit's ink is
# in it; what lies between this and what is clearly a part teaches nothing.
PURE, COMPLETE = 0.8, 0.85
IMPURE, INCOMPLETE = 0.7, 0.7
# Less ink of digits than this in a group of anything else does not count.
LITTLE = 0.1
# Groups of cut marks that are kept of one line; there may be hundreds.
MOST_CUT = 16
KIND_OF = {lines.SIGN: SIGN, lines.LETTER: LETTER, lines.SCRIBBLE: SCRIBBLE}


class Groups(NamedTuple):
    """Groups of marks: what the network sees, uint8 (n, 28, 28, 3), and their kinds, uint8 (n,)."""

    images: NDArray[np.uint8]
    kinds: NDArray[np.uint8]


def drawn_page(line: Line, generator: Generator) -> tuple[Page, NDArray[np.int16]]:
    """Put a line on paper, blurred and grainy, and find its marks.

    Returns:
        The page, and which glyph each of its pixels belongs to, int16 (h, w).
    """
    margin = line.height
    pad = ((margin, margin), (margin, margin))
    strength = generator.uniform(0.5, 1)
    blur = line.height * generator.uniform(0.005, 0.04)
    grain = generator.uniform(0, 0.025)
    contrast = cv2.GaussianBlur(np.pad(line.coverage, pad), (0, 0), max(blur, 0.3)) * strength
    contrast += generator.normal(0, grain, contrast.shape)
    contrast = contrast.astype(np.float32)
    grey = np.clip(230 * (1 - contrast), 0, 255).astype(np.uint8)
    ink = Ink(contrast, grey, np.full_like(grey, 230), 1.0, grain)
    return find_marks(ink), np.pad(line.owner, pad)


def kind_of_group(
    owners: NDArray[np.int16], totals: NDArray[np.int64], kinds: Sequence[int]
) -> int | None:
    """Return what a group of marks is, ``None`` where that is hard to say.

    Args:
        owners: the glyphs that the pixels of the group belong to, 0 for none.
        totals: pixels of each glyph on the whole page, from 0 on.
        kinds: of the glyphs, from 1 on.
    """
    counts = np.bincount(owners, minlength=len(totals))[1:]
    if not counts.any():
        return None
    shares = counts / counts.sum()
    is_digit = np.array(kinds) <= 9
    if shares[is_digit].sum() < LITTLE:
        return KIND_OF[kinds[int(np.where(is_digit, 0, shares).argmax())]]
    most = int(shares.argmax())
    complete = counts[most] / max(totals[most + 1], 1)
    if is_digit[most] and shares[most] >= PURE and complete >= COMPLETE:
        return DIGIT
    if is_digit[most] and shares[most] >= IMPURE and complete >= INCOMPLETE:
        return None
    return PART


def groups_with_kinds(line: Line, generator: Generator) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Give the groups of a line that the reader would look at, as the network sees them."""
    page, owner = drawn_page(line, generator)
    totals = np.bincount(owner[page.labels > 0], minlength=len(line.kinds) + 1)
    for marks in page.lines:
        cut_page, pieces = cut_wide_marks(page, marks)
        yield from _groups(page, marks, owner, totals, line.kinds, None)
        if len(pieces) > len(marks):
            yield from _groups(cut_page, pieces, owner, totals, line.kinds, generator)


def _groups(
    page: Page,
    marks: list[Mark],
    owner: NDArray[np.int16],
    totals: NDArray[np.int64],
    kinds: Sequence[int],
    generator: Generator | None,
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    height = height_of_line(marks)
    groups = groups_of_line(marks)
    if generator is not None and len(groups) > MOST_CUT:
        chosen = generator.choice(len(groups), MOST_CUT, replace=False)
        groups = [groups[i] for i in chosen]
    for first, last in groups:
        group = marks[first:last]
        own, _ = pixels_of_group(page, group)
        box = Box.union(mark.box for mark in group)
        kind = kind_of_group(box.of(owner)[own], totals, kinds)
        if kind is not None:
            image, _ = digit_image(page, group)
            yield np.dstack([image, view_of_line(page, group, height)]), kind


def draw_groups(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], count: int, seed: int | tuple[int, ...]
) -> Groups:
    """Write lines and return the groups of their marks.

    Args:
        images: uint8 (n, 28, 28), the digits to write with.
        labels: their values, uint8 (n,).
        count: how many lines.
        seed: where chance starts.
    """
    generator = np.random.default_rng(seed)
    found: list[NDArray[np.uint8]] = []
    kinds: list[int] = []
    for _ in range(count):
        line = Writer(images, labels, generator).line()
        for image, kind in groups_with_kinds(line, generator):
            found.append(image)
            kinds.append(kind)
    return Groups(np.stack(found), np.array(kinds, np.uint8))
