"""Find the digits in a picture: which pixels belong together, and in which order they are read.

The steps: erase ruled lines, keep the marks that are as strong as the writing, join the marks into
lines of text, and join or cut marks into digits. The last step can be left to a judge of shapes
(:mod:`helpers.recognizer` lets the network judge); without one, geometry decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.images import (
    Ink,
    ink_contrast,
    mnist_form,
    paper_of_two_levels,
    stroke_width,
    to_working_size,
)

# The faintest ink that counts, as a share of the paper's brightness.
FAINTEST = 0.07
# A mark belongs to the writing if its contrast is at least this share of the strongest writing.
SHARE_OF_STRONGEST = 0.4
# Pixels of a mark are ink from this share of the mark's own contrast on.
SHARE_OF_MARK = 0.22
MOST_MARKS = 150
# Strokes thinner than this share of the longest mark are hair-thin.
HAIR = 0.025
# The smallest digit that is looked for, as a share of the picture's longer side.
SMALLEST_DIGIT = 0.0125
# The most marks that make up one digit, and how far apart they may be (in heights of the line).
MOST_PARTS = 4
WIDEST_GAP = 0.35
# What it costs to take a mark for no digit: as much as a probability of 0.02.
PRICE_OF_SKIPPING = 4.0
# What a cut costs for each height of ink that it crosses, and a piece for each height that it is
# shorter than this.
PRICE_OF_CUTTING = 1.5
PRICE_OF_SHORTNESS = 4.0
SHORT_PIECE = 0.7

Box = tuple[int, int, int, int]
# A ruled line: its height at the left border, and its slope (rows per column).
Line = tuple[float, float]


class FoundDigit(NamedTuple):
    """One digit: its image in MNIST's form, uint8 (28, 28), and its box in the picture.

    The box is (x, y, width, height) in pixels of the upright picture.
    """

    image: NDArray[np.uint8]
    box: Box


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


# --- Ruled lines ----------------------------------------------------------------------------


def erase_ruled_lines(ink: Ink) -> Ink:
    """Erase the lines of ruled or squared paper, without cutting the strokes that cross them.

    Straight lines are found by the Hough transform. Along each the ink is erased where it is no
    thicker than the line; where a stroke crosses it is thicker, and stays. (The same idea removes
    staves from scanned music.)
    """
    mask = (ink.contrast > max(FAINTEST, 4 * ink.noise)).astype(np.uint8)
    contrast = ink.contrast.copy()
    erased: list[tuple[bool, list[Line], float]] = []
    for upright in (False, True):
        lines = find_ruled_lines(mask.T if upright else mask)
        turned, turned_mask = (contrast.T, mask.T) if upright else (contrast, mask)
        thickness = [_erase_line(turned, turned_mask, line) for line in lines]
        if any(thickness):
            erased.append((upright, lines, float(np.median([t for t in thickness if t]))))
    # Only now: what is left where two lines cross hangs on the second until that is gone, too.
    for upright, lines, thickness in erased:
        turned, turned_mask = (contrast.T, mask.T) if upright else (contrast, mask)
        _erase_remains(turned, turned_mask, lines, thickness)
    return ink._replace(contrast=contrast) if erased else ink


def find_ruled_lines(mask: NDArray[np.uint8]) -> list[Line]:
    """Find straight, nearly horizontal lines that cross most of a picture.

    Args:
        mask: uint8 (h, w), 1 for ink.

    Returns:
        For each line its height at the left border and its slope (rows per column).
    """
    height, width = mask.shape
    if width < 150:
        return []
    # Only what is long, flat and thin can be part of a line; a slope of 1 in 12 leaves steps this
    # long, and strokes of a pen are thicker than ruling.
    mask = np.ascontiguousarray(mask)
    flat = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(9, width // 60)), np.uint8))
    thickness = max(4, int(0.012 * height) + 2)
    thick = cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((thickness, 1), np.uint8))
    flat = cv2.subtract(flat, thick)
    if cv2.countNonZero(flat) < width // 2:
        return []
    segments = cv2.HoughLinesP(
        flat, 1, np.pi / 720, width // 6, minLineLength=width // 5, maxLineGap=width // 25
    )
    if segments is None:
        return []
    lines = []
    for x1, y1, x2, y2 in segments.reshape(-1, 4).astype(float):
        slope = (y2 - y1) / (x2 - x1) if x2 != x1 else np.inf
        if abs(slope) < 0.12:
            lines.append((y1 - slope * x1, slope))
    whole: list[Line] = []
    part: list[Line] = []
    columns = np.arange(width)
    for line in lines:
        known = whole + part
        if any(abs(line[0] - k[0] + (line[1] - k[1]) * width / 2) < 3 for k in known):
            continue
        rows = np.round(line[0] + line[1] * columns).astype(int)
        near = np.zeros(width, bool)
        for offset in (-2, -1, 0, 1, 2):
            inside = (rows + offset >= 0) & (rows + offset < height)
            near[inside] |= mask[rows[inside] + offset, columns[inside]] > 0
        ends = max(4, width // 40)
        if near.mean() > 0.75 and near[:ends].any() and near[-ends:].any():
            whole.append(line)
        elif near.mean() > 0.5:
            part.append(line)
    # The bar of a large 7 is a long line too. A line that stops short of the picture's edge
    # counts only as one of several.
    return whole + part if len(part) >= 3 else whole


def _erase_line(contrast: NDArray[np.float32], mask: NDArray[np.uint8], line: Line) -> float:
    """Erase one line in place where the ink is as thin as the line itself; return how thin.

    0 means that it is no ruled line: it is as thick as a stroke, and stays.
    """
    height, width = mask.shape
    reach = max(8, height // 60)
    columns = np.arange(width)
    rows = np.round(line[0] + line[1] * columns).astype(int)
    offsets = np.arange(-reach, reach + 1)[:, np.newaxis]
    index = np.clip(rows + offsets, 0, height - 1)
    window = mask[index, columns] > 0
    # Length of the run of ink through the line, counted from the ink pixel nearest to it.
    distance = np.where(window, np.abs(offsets), reach * 2)
    start = distance.argmin(axis=0)
    has_ink = distance.min(axis=0) <= 3
    connected = np.zeros_like(window)
    connected[start, columns] = has_ink
    for _ in range(2 * reach):
        grown = connected.copy()
        grown[1:] |= connected[:-1]
        grown[:-1] |= connected[1:]
        grown &= window
        if (grown == connected).all():
            break
        connected = grown
    length = connected.sum(axis=0)
    usual = float(np.median(length[has_ink])) if has_ink.any() else 0.0
    if usual > max(3, 0.012 * height):
        return 0.0
    thin = has_ink & (length <= 1.6 * usual + 1)
    erased = connected & thin
    # The line's soft edge lies one pixel outside the mask.
    erased[1:] |= erased[:-1]
    erased[:-1] |= erased[1:]
    erased &= thin
    place = index[erased], np.broadcast_to(columns, index.shape)[erased]
    contrast[place] = 0
    # Gone for the lines that are still to come, too: where two cross, neither is a stroke.
    mask[place] = 0
    return usual


def _erase_remains(
    contrast: NDArray[np.float32], mask: NDArray[np.uint8], lines: list[Line], thickness: float
) -> None:
    """Erase in place the scraps that erased lines leave: thin, and on a line or along the border.

    Along the border runs what is left of a line that leaves the picture there.
    """
    height = mask.shape[0]
    starts, slopes = np.array(lines).T
    border = max(8, height // 60)
    _, labels, table, centres = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask))
    along, across = table[:, cv2.CC_STAT_WIDTH], table[:, cv2.CC_STAT_HEIGHT]
    thin = across <= 2 * thickness + 2 + np.abs(slopes).max() * along
    column, row = centres.T
    on_line = np.abs(starts + slopes * column[:, np.newaxis] - row[:, np.newaxis]).min(axis=1)
    at_border = np.minimum(row, height - 1 - row) <= border
    scrap = thin & ((on_line <= thickness + 2) | at_border)
    scrap[0] = False  # the paper
    if scrap.any():
        # One pixel more, for the soft edge.
        place = cv2.dilate(scrap[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        contrast[place] = 0
        mask[place] = 0


# --- Marks ----------------------------------------------------------------------------------


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
    reach = int(np.clip(min(0.05 * length, mark.area / length), 2, 10))
    height, width = labels.shape
    top, left = max(mark.y - 2 * reach, 0), max(mark.x - 2 * reach, 0)
    region = np.s_[
        top : min(mark.bottom + 2 * reach, height), left : min(mark.right + 2 * reach, width)
    ]
    own = (labels[region] == mark.label) & (ink.contrast[region] > 0.5 * peak)
    kernel = np.ones((3, 3), np.uint8)
    near = cv2.dilate(own.astype(np.uint8), kernel, iterations=reach)
    ring = (near > 0) & (cv2.erode(near, kernel) == 0)
    if not ring.any():
        return 1.0
    grey = cv2.GaussianBlur(ink.grey[region].astype(np.float32), (0, 0), reach / 4)
    darkest = cv2.erode(grey, kernel, iterations=reach + 1)
    step = float(np.median(cv2.subtract(ink.paper[region], ink.grey[region])[own]))
    return float(np.mean((grey - darkest)[ring] > 0.25 * step))


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


# --- Digits ---------------------------------------------------------------------------------


class Candidate(NamedTuple):
    """Marks ``first`` to ``last`` (excluded) of a line, taken as one digit.

    cost: what geometry holds against it, 0 for nothing.
    """

    first: int
    last: int
    image: NDArray[np.uint8]
    box: Box
    cost: float


def height_of_line(line: Sequence[Mark]) -> float:
    """Return the usual height of the digits of a line, in working pixels."""
    return float(np.percentile([mark.height for mark in line], 80))


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
    for mark in group[1:]:
        if mark.cut:
            reach = max(reach, mark.right)
            continue
        gap = (mark.x - reach) / height
        if gap > WIDEST_GAP:
            return None
        narrow = max(min(mark.width, reach - left), 1)
        overlap = min(1.0, max(0.0, -gap * height / narrow))
        cost += max(gap, 0) * 3 - overlap
        reach = max(reach, mark.right)
    return cost


def digit_image(page: Page, group: Sequence[Mark]) -> tuple[NDArray[np.uint8], Box]:
    """Return the marks of a group in MNIST's form, and their box in pixels of the picture."""
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
    box = (
        int(left / page.scale),
        int(top / page.scale),
        max(1, round((right - left) / page.scale)),
        max(1, round((bottom - top) / page.scale)),
    )
    return mnist_form(page.ink[region] * own), box


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
    working, scale = to_working_size(picture)

    def second_look() -> Page:
        other = find_marks(erase_ruled_lines(ink_contrast(working, paper_of_two_levels)))
        return other._replace(scale=other.scale * scale)

    return page._replace(second_look=second_look)


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
