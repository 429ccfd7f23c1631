"""Marks: the pieces of ink that belong to the writing, sorted into lines of text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.mnist_form import stroke_width
from helpers.pictures.ink import FAINTEST, Ink

# A mark belongs to the writing if its contrast is at least this share of the strongest writing.
SHARE_OF_STRONGEST = 0.4
# Pixels of a mark are ink from this share of the mark's own contrast on.
SHARE_OF_MARK = 0.22
MOST_MARKS = 150
# Strokes thinner than this share of the longest mark are hair-thin.
HAIR = 0.025
# Marks with wider strokes are made smaller before their edges are looked at, until the strokes are
# this wide (pixels).
EDGE_REACH = 10.0
# The smallest digit that is looked for, as a share of the picture's longer side.
SMALLEST_DIGIT = 0.0125


class Mark(NamedTuple):
    """A piece of ink: its number in ``Page.labels``, box and number of pixels.

    cut: ink that the cut on its left crosses, in heights of the line; 0 for the first piece of a
        mark, and ``None`` for a mark that was not cut.
    """

    label: int
    x: int
    y: int
    width: int
    height: int
    area: int
    cut: float | None = None

    @property
    def right(self) -> int:
        """First column behind the mark."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row under the mark."""
        return self.y + self.height


class Page(NamedTuple):
    """Marks of a picture, in lines from top to bottom, each from left to right.

    ink: uint8 (h, w), 0 to 255, each mark stretched to its own full contrast.
    labels: int32 (h, w), number of the mark that a pixel belongs to, 0 for none.
    lines: the marks of each line.
    scale: working pixels per pixel of the picture.
    stroke: usual width of a stroke, in working pixels.
    second_look: finds the marks in another way, for pictures that are full of ink.
    """

    ink: NDArray[np.uint8]
    labels: NDArray[np.int32]
    lines: list[list[Mark]]
    scale: float
    stroke: float
    second_look: Callable[[], Page] | None = None


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
        region = np.s_[mark.y : mark.bottom, mark.x : mark.right]
        own = labels[region] == mark.label
        share = np.where(own, contrast[region] / peaks[mark.label], 0)
        number, parts, part_table, _ = cv2.connectedComponentsWithStats(
            (share > SHARE_OF_MARK).astype(np.uint8)
        )
        stretched[region][own] = (np.clip(share, 0, 1) * 255).astype(np.uint8)[own]
        split[region][parts > 0] = parts[parts > 0] + count
        for part in range(1, number):
            x, y, width, height, area = (int(value) for value in part_table[part])
            found.append(Mark(part + count, x + mark.x, y + mark.y, width, height, area))
        count += number
    found = _without_specks(found, max(8, SMALLEST_DIGIT * max(contrast.shape)))
    stroke = stroke_width(stretched)
    page = Page(stretched, split, lines_of_text(found), ink.scale, stroke)
    page = join_near_marks(page, 1.5 * stroke, stacked=True)
    longest = max((max(mark.width, mark.height) for mark in found), default=0)
    # A hair-thin line is easily lost in the noise here and there.
    return join_near_marks(page, 6 * stroke) if stroke < HAIR * longest else page


def _largest_marks(table: NDArray[np.int32], shape: tuple[int, int]) -> list[Mark]:
    longest = np.maximum(table[1:, cv2.CC_STAT_WIDTH], table[1:, cv2.CC_STAT_HEIGHT])
    least = max(4, max(shape) // 250)
    order = [i for i in np.argsort(longest)[::-1][:MOST_MARKS] if longest[i] >= least]
    return [Mark(int(i) + 1, *(int(value) for value in table[i + 1])) for i in order]


def _peak(contrast: NDArray[np.float32], labels: NDArray[np.int32], mark: Mark) -> float:
    region = np.s_[mark.y : mark.bottom, mark.x : mark.right]
    return float(np.percentile(contrast[region][labels[region] == mark.label], 90))


def _is_frame(mark: Mark, labels: NDArray[np.int32]) -> bool:
    """Tell whether a mark is the edge of the paper, a table or a dark corner: no writing.

    Such a mark lies along the border of the picture with most of its length; a digit that is cut
    off by the border touches it with a few strokes.
    """
    margin = max(2, min(labels.shape) // 200)
    own = labels[mark.y : mark.bottom, mark.x : mark.right] == mark.label
    height, width = labels.shape
    contacts = []
    if mark.x < margin:
        contacts.append(own[:, : margin - mark.x].any(axis=1).mean())
    if mark.right > width - margin:
        contacts.append(own[:, width - margin - mark.right :].any(axis=1).mean())
    if mark.y < margin:
        contacts.append(own[: margin - mark.y].any(axis=0).mean())
    if mark.bottom > height - margin:
        contacts.append(own[height - margin - mark.bottom :].any(axis=0).mean())
    # A ruled line that runs along the border leaves it for a while and comes back.
    along = min(mark.width, mark.height) < 0.05 * max(mark.width, mark.height)
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
        return peaks[mark.label] ** 2 * max(mark.width, mark.height)

    strongest = peaks[max(inner, key=prominence).label]
    return [mark for mark in inner if peaks[mark.label] >= SHARE_OF_STRONGEST * strongest]


def edge_support(ink: Ink, labels: NDArray[np.int32], mark: Mark, peak: float) -> float:
    """Return how much of the outline of a mark is an edge in the picture itself, 0 to 1.

    Ink differs from the paper all around. A piece of shadow that was mistaken for ink, because
    the paper's brightness was guessed wrongly in its corner, passes into the rest of the shadow.
    """
    length = max(mark.width, mark.height)
    # About the width of the strokes, or a hair-thin one would be blurred away below.
    reach = max(2.0, min(0.05 * length, mark.area / length))
    height, width = labels.shape
    margin = round(2 * reach)
    top, left = max(mark.y - margin, 0), max(mark.x - margin, 0)
    region = np.s_[top : min(mark.bottom + margin, height), left : min(mark.right + margin, width)]
    own = (labels[region] == mark.label) & (ink.contrast[region] > 0.5 * peak)
    grey, paper = ink.grey[region], ink.paper[region]
    # How soft an edge may be goes by the size of the mark: a close-up is softer, in pixels.
    if reach > EDGE_REACH:
        factor, reach = EDGE_REACH / reach, EDGE_REACH
        grey, paper, share = (
            cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            for image in (grey, paper, own.astype(np.float32))
        )
        own = share > 0.5
    kernel = np.ones((3, 3), np.uint8)
    near = cv2.dilate(own.astype(np.uint8), kernel, iterations=int(reach))
    ring = (near > 0) & (cv2.erode(near, kernel) == 0)
    if not ring.any():
        return 1.0
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), int(reach) / 4)
    darkest = cv2.erode(soft, kernel, iterations=int(reach) + 1)
    step = float(np.median(cv2.subtract(paper, grey)[own]))
    return float(np.mean((soft - darkest)[ring] > 0.25 * step))


def _without_specks(marks: list[Mark], least: float = 0) -> list[Mark]:
    """Drop what is too small beside the largest mark; everything if that is smaller than least."""
    tallest = max((max(mark.height, mark.width) for mark in marks), default=0)
    if tallest < least:
        return []
    return [mark for mark in marks if max(mark.height, mark.width) >= 0.12 * tallest]


def lines_of_text(marks: list[Mark]) -> list[list[Mark]]:
    """Sort marks into lines, top line first, each from left to right.

    Marks join the line whose nearest mark overlaps them in height; a line may climb or fall.
    """
    if not marks:
        return []
    tall = float(np.percentile([mark.height for mark in marks], 75))
    body = [mark for mark in marks if mark.height >= 0.45 * tall]
    lines: list[list[Mark]] = []
    for mark in sorted(body, key=lambda mark: mark.x + mark.width / 2):
        best, most = None, 0.4
        for line in lines:
            last = line[-1]
            shared = min(mark.bottom, last.bottom) - max(mark.y, last.y)
            share = shared / min(mark.height, last.height)
            if share > most:
                best, most = line, share
        if best is None:
            lines.append([mark])
        else:
            best.append(mark)
    for mark in marks:
        if mark.height >= 0.45 * tall:
            continue
        near = min(lines, key=lambda line: min(_gap(mark, other) for other in line))
        near.append(mark)
    for line in lines:
        line.sort(key=lambda mark: mark.x + mark.width / 2)
    lines.sort(key=lambda line: float(np.mean([mark.y + mark.height / 2 for mark in line])))
    return lines


def _gap(one: Mark, other: Mark) -> float:
    across = max(one.x, other.x) - min(one.right, other.right)
    down = max(one.y, other.y) - min(one.bottom, other.bottom)
    return float(np.hypot(max(across, 0), max(down, 0)))


def _is_above(one: Mark, other: Mark) -> bool:
    """Tell whether two marks share most of their columns, but few of their rows."""
    across = min(one.right, other.right) - max(one.x, other.x)
    down = min(one.bottom, other.bottom) - max(one.y, other.y)
    return across > 0.5 * min(one.width, other.width) and down <= 0.35 * min(
        one.height, other.height
    )


def height_of_line(line: Sequence[Mark]) -> float:
    """Return the usual height of the digits of a line, in working pixels."""
    return float(np.percentile([mark.height for mark in line], 80))


def only_line(page: Page) -> Page:
    """Take all marks near the most prominent one as one digit (for ``single``)."""
    marks = [mark for line in page.lines for mark in line]
    if not marks:
        return page
    main = max(marks, key=lambda mark: mark.area)
    reach = 0.5 * max(main.height, main.width)
    near = [mark for mark in marks if _gap(main, mark) <= reach]
    return page._replace(lines=[sorted(near, key=lambda mark: mark.x)])


def join_near_marks(page: Page, reach: float, stacked: bool = False) -> Page:
    """Join marks that are closer than ``reach`` working pixels into one, and sort lines anew.

    Mends dotted lines, and strokes that a pen without ink or the edge of a shadow has broken.

    Args:
        page: the marks.
        reach: the widest gap that is bridged.
        stacked: join only marks one above the other, which neighbouring digits never are.
    """
    marks = [mark for line in page.lines for mark in line]
    group = list(range(len(marks)))
    for i, one in enumerate(marks):
        for j in range(i):
            near = _gap(one, marks[j]) <= reach and (not stacked or _is_above(one, marks[j]))
            if near and group[i] != group[j]:
                old, new = group[i], group[j]
                group = [new if g == old else g for g in group]
    if len(set(group)) == len(marks):
        return page
    labels = page.labels.copy()
    joined = []
    for number in sorted(set(group)):
        parts = [mark for mark, g in zip(marks, group, strict=True) if g == number]
        for part in parts[1:]:
            view = labels[part.y : part.bottom, part.x : part.right]
            view[view == part.label] = parts[0].label
        left, top = min(p.x for p in parts), min(p.y for p in parts)
        right, bottom = max(p.right for p in parts), max(p.bottom for p in parts)
        area = sum(p.area for p in parts)
        joined.append(Mark(parts[0].label, left, top, right - left, bottom - top, area))
    return page._replace(labels=labels, lines=lines_of_text(_without_specks(joined)))
