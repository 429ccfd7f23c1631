"""Marks: the pieces of ink that belong to the writing, sorted into lines of text."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.mnist_form import stroke_width
from helpers.pictures.ink import FAINTEST, Ink, is_plain
from helpers.pictures.page import AnyScalar, Box, Mark, Page, box_of_row

# A mark belongs to the writing if its contrast is at least this share of the strongest writing.
SHARE_OF_STRONGEST = 0.4
# Pixels of a mark are ink from this share of the mark's own contrast on.
SHARE_OF_MARK = 0.22
MOST_MARKS = 150
# Strokes thinner than this share of the longest mark are hair-thin.
HAIRLINE_SHARE = 0.025
# Marks with wider strokes are made smaller before their edges are looked at, until the strokes are
# this wide (pixels).
EDGE_REACH = 10.0
# The smallest digit that is looked for, as a share of the picture's longer side.
SMALLEST_DIGIT = 0.0125


def find_marks(ink: Ink) -> Page:
    """Find the marks that belong to the writing, and stretch each to full contrast.

    Args:
        ink: contrast of the picture, ruled lines erased.
    """
    contrast = ink.contrast
    noise = ink.noise
    if min(contrast.shape) > 300:
        contrast = cv2.GaussianBlur(contrast, (0, 0), 0.8)
        noise = 1.4826 * float(np.median(np.abs(contrast[::3, ::3])))
    threshold = max(FAINTEST, 5 * noise)
    _, labels, table, _ = cv2.connectedComponentsWithStats((contrast > threshold).astype(np.uint8))
    marks = _largest_marks(table, contrast.shape)
    peaks = {mark.label: _peak(contrast, labels, mark) for mark in marks}
    marks = _like_the_strongest(marks, peaks, labels)
    marks = [mark for mark in marks if edge_support(ink, labels, mark, peaks[mark.label]) > 0.75]
    stretched = np.zeros(contrast.shape, np.uint8)
    split = np.zeros(contrast.shape, np.int32)
    count = 0
    found: list[Mark] = []
    for mark in marks:
        own = mark.box.of(labels) == mark.label
        share = np.where(own, mark.box.of(contrast) / peaks[mark.label], 0)
        number, parts, part_table, _ = cv2.connectedComponentsWithStats(
            (share > SHARE_OF_MARK).astype(np.uint8)
        )
        stretch = (np.clip(share, 0, 1) * 255).astype(np.uint8)
        np.copyto(mark.box.of(stretched), stretch, where=own)
        np.copyto(mark.box.of(split), parts + count, where=parts > 0)
        for part in range(1, number):
            box = box_of_row(part_table[part]).moved(mark.box.x, mark.box.y)
            found.append(Mark(part + count, box, int(part_table[part, cv2.CC_STAT_AREA])))
        count += number
    found = _without_specks(found, max(8, SMALLEST_DIGIT * max(contrast.shape)))
    stroke = stroke_width(stretched)
    lines = lines_of_text(found)
    page = Page(stretched, split, lines, ink.scale, stroke, is_plain(ink.paper))
    page = join_near_marks(page, 1.5 * stroke, stacked=True)
    longest = max((mark.box.longest for mark in found), default=0)
    # A hair-thin line is easily lost in the noise here and there.
    return join_near_marks(page, 6 * stroke) if stroke < HAIRLINE_SHARE * longest else page


def _largest_marks(table: NDArray[np.int32], shape: tuple[int, int]) -> list[Mark]:
    longest = np.maximum(table[1:, cv2.CC_STAT_WIDTH], table[1:, cv2.CC_STAT_HEIGHT])
    least = max(4, max(shape) // 250)
    order = [i + 1 for i in np.argsort(longest)[::-1][:MOST_MARKS] if longest[i] >= least]
    return [Mark(int(i), box_of_row(table[i]), int(table[i, cv2.CC_STAT_AREA])) for i in order]


def _peak(contrast: NDArray[np.float32], labels: NDArray[np.int32], mark: Mark) -> float:
    own = mark.box.of(labels) == mark.label
    return float(np.percentile(mark.box.of(contrast)[own], 90))


def _is_frame(mark: Mark, labels: NDArray[np.int32]) -> bool:
    """Tell whether a mark is the edge of the paper, a table or a dark corner: no writing.

    Such a mark lies along the border of the picture with most of its length; a digit that is cut
    off by the border touches it with a few strokes.
    """
    margin = max(2, min(labels.shape) // 200)
    box = mark.box
    own = box.of(labels) == mark.label
    height, width = labels.shape
    contacts = []
    if box.x < margin:
        contacts.append(own[:, : margin - box.x].any(axis=1).mean())
    if box.right > width - margin:
        contacts.append(own[:, width - margin - box.right :].any(axis=1).mean())
    if box.y < margin:
        contacts.append(own[: margin - box.y].any(axis=0).mean())
    if box.bottom > height - margin:
        contacts.append(own[height - margin - box.bottom :].any(axis=0).mean())
    # A ruled line that runs along the border leaves it for a while and comes back.
    along = min(box.width, box.height) < 0.05 * box.longest
    return bool(contacts) and (max(contacts) > 0.6 or (along and max(contacts) > 0.1))


def _like_the_strongest(
    marks: list[Mark], peaks: dict[int, float], labels: NDArray[np.int32]
) -> list[Mark]:
    """Keep the marks whose contrast is like that of the most prominent one."""
    inner = [mark for mark in marks if not _is_frame(mark, labels)]
    if not inner:
        inner = [mark for mark in marks if mark.area < 0.5 * labels.size]
    if not inner:
        return []

    def prominence(mark: Mark) -> float:
        return peaks[mark.label] ** 2 * mark.box.longest

    strongest = peaks[max(inner, key=prominence).label]
    return [mark for mark in inner if peaks[mark.label] >= SHARE_OF_STRONGEST * strongest]


def edge_support(ink: Ink, labels: NDArray[np.int32], mark: Mark, peak: float) -> float:
    """Return how much of the outline of a mark is an edge in the picture itself, 0 to 1.

    Ink differs from the paper all around. A piece of shadow that was mistaken for ink, because
    the paper's brightness was guessed wrongly in its corner, passes into the rest of the shadow.
    """
    length = mark.box.longest
    # About the width of the strokes, or a hair-thin one would be blurred away below.
    reach = max(2.0, min(0.05 * length, mark.area / length))
    margin = round(2 * reach)
    is_strong = mark.box.of(ink.contrast, margin) > 0.5 * peak
    own = (mark.box.of(labels, margin) == mark.label) & is_strong
    grey, paper = mark.box.of(ink.grey, margin), mark.box.of(ink.paper, margin)
    # How soft an edge may be goes by the size of the mark: a close-up is softer, in pixels.
    if reach > EDGE_REACH:
        factor, reach = EDGE_REACH / reach, EDGE_REACH
        grey, share = (_made_smaller(image, factor) for image in (grey, own.astype(np.float32)))
        # Paper of one brightness stays what it is.
        one_level = np.full_like(grey, paper[0, 0])
        paper = one_level if is_plain(paper) else _made_smaller(paper, factor)
        own = share > 0.5
    kernel = np.ones((3, 3), np.uint8)
    near = cv2.dilate(own.astype(np.uint8), kernel, iterations=int(reach))
    ring = (near > 0) & (cv2.erode(near, kernel) == 0)
    if not ring.any():
        return 1.0
    step = float(np.median(cv2.subtract(paper, grey)[own]))
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), int(reach) / 4)
    darkest = cv2.erode(smooth, kernel, iterations=int(reach) + 1)
    return float(np.mean((smooth - darkest)[ring] > 0.25 * step))


def _made_smaller(image: NDArray[AnyScalar], factor: float) -> NDArray[AnyScalar]:
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def _without_specks(marks: list[Mark], least: float = 0) -> list[Mark]:
    """Drop what is too small beside the largest mark; everything if that is smaller than least."""
    longest = max((mark.box.longest for mark in marks), default=0)
    if longest < least:
        return []
    return [mark for mark in marks if mark.box.longest >= 0.12 * longest]


def lines_of_text(marks: list[Mark]) -> list[list[Mark]]:
    """Sort marks into lines, top line first, each from left to right.

    Marks join the line whose nearest mark overlaps them in height; a line may climb or fall.
    """
    if not marks:
        return []
    tall = float(np.percentile([mark.box.height for mark in marks], 75))
    body = [mark for mark in marks if mark.box.height >= 0.45 * tall]
    lines: list[list[Mark]] = []
    for mark in sorted(body, key=_column):
        best, most = None, 0.4
        for line in lines:
            last = line[-1].box
            _, shared = mark.box.overlap(last)
            share = shared / min(mark.box.height, last.height)
            if share > most:
                best, most = line, share
        if best is None:
            lines.append([mark])
        else:
            best.append(mark)
    for mark in marks:
        if mark.box.height < 0.45 * tall:
            distances = [min(mark.box.gap(other.box) for other in line) for line in lines]
            lines[int(np.argmin(distances))].append(mark)
    for line in lines:
        line.sort(key=_column)
    lines.sort(key=lambda line: float(np.mean([mark.box.middle[1] for mark in line])))
    return lines


def _column(mark: Mark) -> float:
    return mark.box.middle[0]


def _is_above(one: Box, other: Box) -> bool:
    """Tell whether two boxes share most of their columns, but few of their rows."""
    across, down = one.overlap(other)
    narrower, lower = min(one.width, other.width), min(one.height, other.height)
    return across > 0.5 * narrower and down <= 0.35 * lower


def height_of_line(line: Sequence[Mark]) -> float:
    """Return the usual height of the digits of a line, in working pixels."""
    return float(np.percentile([mark.box.height for mark in line], 80))


def only_line(page: Page) -> Page:
    """Take all marks near the most prominent one as one digit (for ``single``)."""
    marks = page.all_marks()
    if not marks:
        return page
    main = max(marks, key=lambda mark: mark.area)
    near = [mark for mark in marks if main.box.gap(mark.box) <= 0.5 * main.box.longest]
    return page._replace(lines=[sorted(near, key=lambda mark: mark.box.x)])


def join_near_marks(page: Page, reach: float, stacked: bool = False) -> Page:
    """Join marks that are closer than ``reach`` working pixels into one, and sort lines anew.

    Mends dotted lines, and strokes that a pen without ink or the edge of a shadow has broken.

    Args:
        page: the marks.
        reach: the widest gap that is bridged.
        stacked: join only marks one above the other, which neighbouring digits never are.
    """
    marks = page.all_marks()
    groups: list[list[Mark]] = []
    for mark in marks:
        near = [group for group in groups if _is_near(mark, group, reach, stacked)]
        groups = [group for group in groups if group not in near]
        groups.append([member for group in near for member in group] + [mark])
    if len(groups) == len(marks):
        return page
    labels = page.labels.copy()
    joined = []
    for group in groups:
        label = group[0].label
        for mark in group[1:]:
            view = mark.box.of(labels)
            view[view == mark.label] = label
        box = Box.union(mark.box for mark in group)
        joined.append(Mark(label, box, sum(mark.area for mark in group)))
    return page._replace(labels=labels, lines=lines_of_text(_without_specks(joined)))


def _is_near(mark: Mark, group: Sequence[Mark], reach: float, stacked: bool) -> bool:
    return any(
        mark.box.gap(other.box) <= reach and (not stacked or _is_above(mark.box, other.box))
        for other in group
    )
