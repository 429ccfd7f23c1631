"""Erase the lines of ruled and squared paper, and leave the strokes that cross them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.pictures.ink import FAINTEST, Ink
from helpers.pictures.page import box_of_row

# A ruled line: its height at the left border, and its slope (rows per column).
Line = tuple[float, float]
# Ruling is never steeper than this (in rows per column), or the picture should be turned first.
STEEPEST = 0.12
# Rows along a line count as one from this share of ink on.
LEAST_INK = 0.25
# Across a picture narrower than this (in pixels) a digit's stroke may run as ruling does.
NARROWEST = 150
# Ruling is at most this share of the picture's height thick, or this share of a pen's stroke: a
# crop is no guide to how thick the lines on the paper are, but the writing on them is.
THICKEST_OF_HEIGHT = 0.012
THICKEST_OF_STROKE = 0.6
# In working pixels, unless the height allows more: a digit that fills the picture has strokes of
# a hundred, and thinner ends that are no ruling.
THICKEST = 12.0
# The shorter side of the smallest box that is taken for a frame and how thick its lines may be, in
# working pixels; what it must hold to be one, as a share of that side; how deep tables go.
SMALLEST_FRAME = 25
THICKEST_FRAME = 5.0
LEAST_FRAMED = 0.15
NESTED_FRAMES = 2
# The Hough transform looks at no more columns than this.
HOUGH_WIDTH = 800


def erase_ruled_lines(ink: Ink) -> Ink:
    """Erase the lines of ruled or squared paper, without cutting the strokes that cross them.

    Straight lines are found by the Hough transform. Along each the ink is erased where it is no
    thicker than the line; where a stroke crosses it is thicker, and stays. (The same idea removes
    staves from scanned music.)
    """
    contrast = ink.contrast.copy()
    return ink._replace(contrast=contrast) if _erase_lines(contrast, ink_mask(ink)) else ink


def ink_mask(ink: Ink) -> NDArray[np.uint8]:
    """Return which pixels are ink, uint8 (h, w), 1 for ink."""
    return (ink.contrast > max(FAINTEST, 4 * ink.noise)).astype(np.uint8)


def erase_frames(ink: Ink) -> Ink:
    """Erase the lines of boxes and tables, as those of ruled paper are, from what they frame.

    A frame is a piece of ink that has other ink inside; its lines cross its own box, as ruling
    crosses the picture. Tables within tables need more than one go.
    """
    contrast, mask = ink.contrast.copy(), ink_mask(ink)
    erased = False
    for _ in range(NESTED_FRAMES):
        _, labels, table, centres = cv2.connectedComponentsWithStats(mask)
        again = False
        for label in _frames(table, centres):
            view = box_of_row(table[label])
            own = view.of(labels) == label
            frame = np.where(own, view.of(contrast), 0).astype(np.float32)
            frame_mask = own.astype(np.uint8)
            if _erase_lines(frame, frame_mask, THICKEST_FRAME, SMALLEST_FRAME):
                gone = own & (frame_mask == 0)
                soft = cv2.dilate(gone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
                gone |= soft & (view.of(mask) == 0)
                view.of(contrast)[gone] = 0
                view.of(mask)[gone] = 0
                again = True
        erased |= again
        if not again:
            break
    return ink._replace(contrast=contrast) if erased else ink


def _frames(table: NDArray[np.int32], centres: NDArray[np.float64]) -> list[int]:
    """Return the components that have others inside their boxes, all but specks."""
    sizes = table[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    large = [i for i in range(1, len(table)) if sizes[i].min() >= SMALLEST_FRAME]
    frames = []
    for i in large:
        start = table[i, [cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP]]
        inside = ((centres > start) & (centres < start + sizes[i])).all(axis=1)
        inside[[0, i]] = False
        if (inside & (sizes.max(axis=1) >= LEAST_FRAMED * sizes[i].min())).any():
            frames.append(i)
    return frames


def _erase_lines(
    contrast: NDArray[np.float32],
    mask: NDArray[np.uint8],
    allowed: float = 3.0,
    narrowest: int = NARROWEST,
) -> bool:
    """Erase straight lines that cross an image, in place in both; tell whether there were any.

    They may be ``allowed`` pixels thick, or more where the image is large or the pen is thick.
    """
    erased: list[tuple[bool, list[Line], float]] = []
    for upright in (False, True):
        turned, turned_mask = (contrast.T, mask.T) if upright else (contrast, mask)
        thickest = max(allowed, THICKEST_OF_HEIGHT * len(turned))
        if _reaches_both_sides(turned_mask):
            thickest = max(thickest, min(THICKEST_OF_STROKE * _thickest_stroke(mask), THICKEST))
        lines = find_ruled_lines(turned_mask, thickest, narrowest)
        found = [_erase_line(turned, turned_mask, line, thickest) for line in lines]
        if any(found):
            erased.append((upright, lines, float(np.median([t for t in found if t]))))
    # Only now: what is left where two lines cross hangs on the second until that is gone, too.
    for upright, lines, thickness in erased:
        turned, turned_mask = (contrast.T, mask.T) if upright else (contrast, mask)
        _erase_remains(turned, turned_mask, lines, thickness)
    return bool(erased)


def _reaches_both_sides(mask: NDArray[np.uint8]) -> bool:
    """Tell whether there is ink at the left and at the right border, as in a crop of a sheet."""
    border = max(2, mask.shape[1] // 100)
    return bool(mask[:, :border].any() and mask[:, -border:].any())


def _thickest_stroke(mask: NDArray[np.uint8]) -> float:
    """Return the width in pixels that nearly all ink stays below, by area: a pen's stroke."""
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]
    if not ridge.size:
        return 0.0
    return 2 * float(np.percentile(ridge, 95, weights=ridge, method="inverted_cdf")) - 1


def find_ruled_lines(
    mask: NDArray[np.uint8], thickest: float, narrowest: int = NARROWEST
) -> list[Line]:
    """Find straight, nearly horizontal lines that cross most of a picture.

    Args:
        mask: uint8 (h, w), 1 for ink.
        thickest: that a line may be, in pixels.
        narrowest: no lines are looked for in a picture that is less wide than this.

    Returns:
        For each line its height at the left border and its slope (rows per column).
    """
    height, width = mask.shape
    if width < narrowest:
        return []
    # Only what is long, flat and thin can be part of a line; a slope of 1 in 12 leaves steps this
    # long, and strokes of a pen are thicker than ruling.
    mask = np.ascontiguousarray(mask)
    flat = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(9, width // 60)), np.uint8))
    # Beyond the border there is no ink: a box has its lines there.
    tall = np.ones((int(thickest) + 2, 1), np.uint8)
    around = {"borderType": cv2.BORDER_CONSTANT, "borderValue": 0}
    thick = cv2.dilate(cv2.erode(flat, tall, **around), tall, **around)
    flat = cv2.subtract(flat, thick)
    if cv2.countNonZero(flat) < width // 2:
        return []
    rows, columns = flat.nonzero()
    points = np.stack([columns, rows], axis=1)
    lines = [_fitted(points, line, width) for line in _hough_lines(flat)]
    lines += [_fitted(points, line, width) for line in _parallel_lines(points, lines, flat.shape)]
    whole: list[Line] = []
    part: list[Line] = []
    faint: list[Line] = []
    columns = np.arange(width)
    for line in lines:
        known = whole + part + faint
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
        elif near.mean() > 0.35:
            faint.append(line)
    # The bar of a large 7 is a long line too. A line that stops short of the picture's edge, or
    # is hardly seen, counts only as one of several.
    return whole + part + faint if len(whole) + len(part) >= 3 else whole


def _hough_lines(flat: NDArray[np.uint8]) -> list[Line]:
    # A large picture is searched at a fraction of its size: the lines are fitted at the full one.
    factor = -(-flat.shape[1] // HOUGH_WIDTH)
    if factor > 1:
        size = flat.shape[1] // factor, flat.shape[0] // factor
        flat = cv2.threshold(cv2.resize(flat * 255, size, interpolation=cv2.INTER_AREA), 0, 1, 0)[1]
    width = flat.shape[1]
    segments = cv2.HoughLinesP(
        flat, 1, np.pi / 720, width // 6, minLineLength=width // 5, maxLineGap=width // 25
    )
    lines = []
    for x1, y1, x2, y2 in [] if segments is None else segments.reshape(-1, 4).astype(float):
        slope = (y2 - y1) / (x2 - x1) if x2 != x1 else np.inf
        if abs(slope) < STEEPEST:
            lines.append((factor * (y1 - slope * x1), slope))
    return lines


def _fitted(points: NDArray[np.int64], line: Line, width: int) -> Line:
    """Fit a line to the ink near it: a short segment misses the far end by some pixels.

    Args:
        points: (n, 2), column and row of each pixel of thin, flat ink.
        line: where ink is looked for.
        width: of the picture; ink along less than a fifth of it tells nothing.
    """
    columns, rows = points.T
    near = np.abs(rows - line[0] - line[1] * columns) <= 4
    columns, rows = columns[near], rows[near]
    if not columns.size or np.ptp(columns) < width // 5:
        return line
    slope, start = np.polyfit(columns, rows, 1)
    return (float(start), float(slope)) if abs(slope) < STEEPEST else line


def _parallel_lines(
    points: NDArray[np.int64], lines: list[Line], shape: tuple[int, int]
) -> list[Line]:
    """Find what the Hough transform passed over: rows full of ink, seen along its lines."""
    if not lines:
        return []
    height, width = shape
    slope = float(np.median([line[1] for line in lines]))
    columns, rows = points.T
    starts = np.round(rows - slope * columns).astype(int)
    lowest = int(starts.min())
    ink = np.convolve(np.bincount(starts - lowest), np.ones(3), mode="same")
    found: list[Line] = []
    while ink.max() > LEAST_INK * width and len(found) < height // 8:
        strongest = int(ink.argmax())
        found.append((float(strongest + lowest), slope))
        ink[max(strongest - 4, 0) : strongest + 5] = 0
    return found


def _erase_line(
    contrast: NDArray[np.float32], mask: NDArray[np.uint8], line: Line, thickest: float
) -> float:
    """Erase one line in place where the ink is as thin as the line itself; return how thin.

    0 means that it is no ruled line: it is as thick as a stroke, and stays.
    """
    height, width = mask.shape
    reach = max(8, height // 60, round(2 * thickest))
    columns = np.arange(width)
    rows = np.round(line[0] + line[1] * columns).astype(int)
    offsets = np.arange(-reach, reach + 1)[:, np.newaxis]
    index = np.clip(rows + offsets, 0, height - 1)
    window = (mask[index, columns] > 0) & (index == rows + offsets)
    # Length of the run of ink through the line, counted from the ink pixel nearest to it: pixels
    # of one run have the same number of gaps above them.
    distance = np.where(window, np.abs(offsets), reach * 2)
    start = distance.argmin(axis=0)
    has_ink = distance.min(axis=0) <= 3
    gaps = np.cumsum(~window, axis=0)
    connected = window & has_ink & (gaps == gaps[start, columns])
    length = connected.sum(axis=0)
    usual = float(np.median(length[has_ink])) if has_ink.any() else 0.0
    if usual > thickest:
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
