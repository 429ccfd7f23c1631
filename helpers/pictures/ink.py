"""What is paper and what is ink: how much darker than the paper around it each pixel is.

Every step is a small function of its own, so that notebook 06 can draw it. Which pixels belong to
which digit is the subject of :mod:`helpers.pictures.segmentation`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

# From a grey picture to what it would look like without ink.
PaperEstimate = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

# Pictures are searched at this size (longest side, in pixels): small enough to be quick, large
# enough that a digit of a fiftieth of the width still has strokes.
WORKING_SIDE = 1600
# Smaller pictures are enlarged by a whole factor until their longest side passes this, so that
# a stroke is several pixels wide and can be measured and repaired.
ENLARGED_SIDE = 100
# The paper's brightness varies slowly: this side (in pixels) is enough to follow it.
PAPER_SIDE = 400
# The faintest ink that counts, as a share of the paper's brightness.
FAINTEST = 0.07


class Ink(NamedTuple):
    """How much darker (or, for light ink, brighter) than the paper each pixel is.

    contrast: float32 (h, w), 0 is paper, 1 is pure black on white paper; working size.
    grey: uint8 (h, w), the picture in grey; light ink on dark paper is inverted, so that ink is
        always darker than paper.
    paper: uint8 (h, w), the same without the ink, as estimated.
    scale: working pixels per pixel of the picture.
    noise: spread of the paper's own contrast (standard deviation, robustly estimated).
    """

    contrast: NDArray[np.float32]
    grey: NDArray[np.uint8]
    paper: NDArray[np.uint8]
    scale: float
    noise: float


def to_working_size(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Shrink a large picture, enlarge a tiny one; return it with working pixels per pixel."""
    longest = max(picture.shape[:2])
    if longest > WORKING_SIDE:
        scale, method = WORKING_SIDE / longest, cv2.INTER_AREA
    elif longest < ENLARGED_SIDE:
        scale, method = float(-(-ENLARGED_SIDE // longest)), cv2.INTER_CUBIC
    else:
        return picture, 1.0
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    return cv2.resize(picture, size, interpolation=method), scale


def _shrink(image: NDArray, longest: int) -> NDArray:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _odd(value: float, least: int = 3) -> int:
    return max(least, int(value) // 2 * 2 + 1)


def colour_axis(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the direction in RGB along which the ink differs most from the paper.

    Yellow ink on white paper hardly shows in grey, but it does in blue. The direction is the first
    principal component of how the most deviating fiftieth of the pixels differs from its
    surroundings. Where that is about grey anyway, plain grey is returned: a mean of three
    channels is less noisy than one.

    Args:
        picture: uint8 (h, w, 3).

    Returns:
        float32 (3,), weights whose absolute values sum to 1.
    """
    grey = np.array([0.299, 0.587, 0.114], np.float32)
    if _is_grey(picture):
        return grey
    small = _shrink(picture, PAPER_SIDE // 4)
    colourful = cv2.absdiff(small[..., 0], small[..., 1]).max() > 10
    if not colourful and cv2.absdiff(small[..., 1], small[..., 2]).max() <= 10:
        return grey
    paper = _wide_median(small, min(small.shape[:2]) / 3)
    difference = (paper.astype(np.float32) - small).reshape(-1, 3)
    size = np.einsum("ij,ij->i", difference, difference)
    strongest = difference[size >= np.partition(size, -len(size) // 50)[-len(size) // 50]]
    _, vectors = np.linalg.eigh(strongest.T @ strongest)
    axis = vectors[:, -1].astype(np.float32)
    axis *= np.sign(axis.sum()) or 1.0
    if abs(axis.sum()) / np.sqrt(3) > 0.85:
        return grey
    return axis / np.abs(axis).sum()


def _is_grey(picture: NDArray[np.uint8]) -> bool:
    """Tell whether the three channels are the same, as in a drawing or a grey scan."""
    red, green, blue = (picture[..., channel] for channel in range(3))
    return bool((red == green).all() and (green == blue).all())


def paper_brightness(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate what the picture would look like without ink: the light on the paper.

    A median over a wide window (Huang, Yang, Tang 1979; OpenCV's ``medianBlur``) tells how wide the
    strokes are; then everything narrower than a disc that is wider than they are is removed, which
    keeps the hard edge of a shadow where it is, also where a stroke crosses it. A picture
    whose background is one plain level (a drawing, a scan) gets that level everywhere.

    Args:
        grey: uint8 (h, w).

    Returns:
        uint8 (h, w).
    """
    small = _shrink(grey, PAPER_SIDE)
    level = plain_background(small)
    if level is not None:
        return np.full(grey.shape, level, np.uint8)
    # Slow changes (a lamp on one side, dark corners) are taken out first, so that the median has
    # only hard shadows left to follow.
    light = smooth_light(small) / 255
    light *= float(np.percentile((small / light)[::2, ::2], 99.8)) / 250  # must fit in 8 bits
    even = np.clip(small / light, 0, 255).astype(np.uint8)
    # Half of the picture is wider than any stroke, but such a median moves the edge of a shadow
    # where ink crosses it: good enough to measure the strokes, not to measure ink against.
    window = min(small.shape) / 2
    paper = _wide_median(even, window)
    # Of the factors 1.2 to 2.6, the last read most of 600 training digits with shadows across.
    disc = _odd(2.6 * _widest_stroke(cv2.absdiff(paper, even)) + 1, least=7)
    dark = is_dark_ink(cv2.subtract(paper, even, dtype=cv2.CV_16S))
    paper = _without_narrow(even, min(disc, _odd(window / 2)), dark)
    paper = np.clip(paper * light + 0.5, 0, 255).astype(np.uint8)
    return cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def smooth_light(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Fit a smooth surface (a polynomial of second degree) to the paper's brightness.

    The fit is repeated without the pixels that lie far from it, which are ink or shadow. Where
    most pixels lie far from it, the light is not smooth, and the surface returned is flat.

    Args:
        grey: uint8 (h, w).

    Returns:
        float32 (h, w), at least 1.
    """
    coarse = _shrink(cv2.medianBlur(grey, 5), 32).astype(np.float32)
    y, x = (
        axis.ravel()
        for axis in np.mgrid[-1 : 1 : coarse.shape[0] * 1j, -1 : 1 : coarse.shape[1] * 1j]
    )
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    values = coarse.ravel()
    kept = np.ones(len(values), bool)
    for _ in range(3):
        # Normal equations, and einsum instead of @: for so few numbers the threads of a linear
        # algebra library cost more than they save, most of all beside other threads.
        fitted = terms[kept]
        gram = np.einsum("ni,nj->ij", fitted, fitted)
        weights, *_ = np.linalg.lstsq(gram, np.einsum("ni,n->i", fitted, values[kept]), rcond=None)
        residue = np.abs(np.einsum("ni,i->n", terms, weights) - values)
        kept = residue <= 2.5 * np.median(residue) + 1
    surface = np.einsum("ni,i->n", terms, weights).reshape(coarse.shape).astype(np.float32)
    if np.mean(np.abs(surface - coarse) <= 0.06 * np.abs(surface)) < 0.6:
        return np.full(grey.shape, 255, np.float32)
    lowest = max(1.0, float(np.percentile(values, 1)) / 2)
    return np.maximum(cv2.resize(surface, grey.shape[::-1]), lowest)


def _wide_median(image: NDArray[np.uint8], window: float) -> NDArray[np.uint8]:
    """Return the median over a wide window, computed at half size: a quarter of the pixels."""
    height, width = image.shape[:2]
    half = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    size = _odd(window / 2)
    edge = size // 2
    padded = cv2.copyMakeBorder(half, edge, edge, edge, edge, cv2.BORDER_REFLECT)
    median = cv2.medianBlur(padded, size)[edge:-edge, edge:-edge]
    return cv2.resize(median, (width, height), interpolation=cv2.INTER_LINEAR)


def _without_narrow(grey: NDArray[np.uint8], disc: int, dark: bool) -> NDArray[np.uint8]:
    """Remove what is darker (or brighter) than its surroundings and narrower than a disc.

    The edges of the rest stay where they are. A morphological closing removes dark strokes, an
    opening bright ones (Serra 1982; OpenCV's ``morphologyEx``).
    """
    calm = cv2.medianBlur(grey, 5)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
    kind = cv2.MORPH_CLOSE if dark else cv2.MORPH_OPEN
    filled = cv2.morphologyEx(calm, kind, kernel, borderType=cv2.BORDER_REFLECT)
    removed = cv2.subtract(filled, calm, dtype=cv2.CV_16S)
    # The paper's grain makes every closing a little too bright, every opening too dark.
    return np.clip(calm + removed - np.median(removed[::2, ::2]), 0, 255).astype(np.uint8)


def _widest_stroke(difference: NDArray[np.uint8]) -> float:
    """Return the width that nearly all ink stays below, in an image of differences."""
    noise = 1.4826 * float(np.median(difference[::2, ::2]))
    strong = difference[difference > max(8, 5 * noise)]
    if strong.size < 10:
        return 1.0
    level, _ = cv2.threshold(strong, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask = (difference > max(0.6 * level, 8)).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]
    if not ridge.size:
        return 1.0
    # By area, not by length: a squared page has many times more line than the digit has stroke.
    return 2 * float(np.percentile(ridge, 95, weights=ridge, method="inverted_cdf"))


def plain_background(grey: NDArray[np.uint8]) -> int | None:
    """Return the one brightness of a background that has no light and shadow, else ``None``."""
    rim = max(1, min(grey.shape) // 25)
    border = np.concatenate(
        [grey[:rim].ravel(), grey[-rim:].ravel(), grey[:, :rim].ravel(), grey[:, -rim:].ravel()]
    )
    level = int(np.median(border))
    near = cv2.absdiff(grey, np.full_like(grey, level)) <= 3
    if near.mean() < 0.6:
        return None
    # A crop of a photo pasted on white, or a sheet with a shadow, has a plain border too. But then
    # what is not background is a wide area instead of strokes, or lies along the border.
    other = (~near).astype(np.uint8)
    if cv2.distanceTransform(other, cv2.DIST_L2, 3).max() > 0.2 * min(grey.shape):
        return None
    sides = (other[0], other[-1], other[:, 0], other[:, -1])
    if max(side.mean() for side in sides) > 0.25:
        return None
    _, _, table, _ = cv2.connectedComponentsWithStats(other)
    for _, _, width, height, area in table[1:]:
        if min(width, height) > 0.3 * min(grey.shape) and area > 0.85 * width * height:
            return None
    return level


def paper_of_two_levels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate the paper's brightness where much of the picture is ink.

    Otsu's threshold (1979) splits the pixels into two classes; the one that most of the border
    belongs to is paper, and a wide blur of it alone is the estimate, so that faint ink stays ink.

    Args:
        grey: uint8 (h, w).

    Returns:
        uint8 (h, w).
    """
    small = _shrink(grey, PAPER_SIDE)
    _, bright = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    weight = (bright == (border.mean() >= 0.5)).astype(np.float32)
    sigma = min(small.shape) / 6
    spread = cv2.GaussianBlur(small * weight, (0, 0), sigma)
    paper = spread / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    paper = np.clip(paper, 0, 255).astype(np.uint8)
    return cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def ink_contrast(
    picture: NDArray[np.uint8],
    estimate_paper: PaperEstimate = paper_brightness,
) -> Ink:
    """Measure how much each pixel differs from the paper around it.

    Dividing by the paper's brightness makes ink in the shadow as strong as ink in the light.
    Whether ink is darker or brighter than its paper is read off the picture.

    Args:
        picture: uint8 (h, w, 3), upright RGB.
        estimate_paper: :func:`paper_brightness` or :func:`paper_of_two_levels`.
    """
    working, scale = to_working_size(picture)
    axis = colour_axis(working)
    level = float(axis[axis < 0].sum()) * 255
    grey = cv2.transform(working, np.r_[axis, -level][np.newaxis].astype(np.float32))
    paper = estimate_paper(grey)
    difference = cv2.subtract(paper, grey, dtype=cv2.CV_16S)
    if not is_dark_ink(difference):
        grey, paper = 255 - grey, 255 - paper
    if not is_plain(paper):
        # Inside one cell of the coarse paper image a shadow's edge is known no better than this.
        coarse = cv2.erode(_shrink(paper, PAPER_SIDE), np.ones((3, 3), np.uint8))
        paper = cv2.resize(coarse, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    contrast = cv2.subtract(paper, grey, dtype=cv2.CV_32F) / np.maximum(paper, np.float32(50))
    noise = 1.4826 * float(np.median(np.abs(contrast[::3, ::3])))
    return Ink(contrast, grey, paper, scale, noise)


def is_plain(paper: NDArray[np.uint8]) -> bool:
    """Tell whether paper has one brightness all over."""
    return bool(paper.min() == paper.max())


def is_dark_ink(difference: NDArray[np.int16]) -> bool:
    """Tell dark ink on light paper from light ink on dark paper.

    Args:
        difference: int16 (h, w), paper minus picture.
    """
    small = _shrink(difference, PAPER_SIDE // 4)
    noise = 1.4826 * float(np.median(np.abs(small)))
    least = max(8, int(3 * noise))
    darker, brighter = (np.maximum(sign * small - least, 0) for sign in (1, -1))
    sums = float(darker.sum(dtype=np.float64)), float(brighter.sum(dtype=np.float64))
    inner = _inside(darker), _inside(brighter)
    # A digit that fills the picture touches the border; then there is little inside to go by.
    darker_sum, brighter_sum = inner if max(inner) > 0.1 * max(sums) else sums
    # Paper is mostly lighter than what is written on it; only clear evidence says otherwise.
    return darker_sum * 2 >= brighter_sum


def _inside(strength: NDArray[np.int16]) -> float:
    """Sum up what is not connected to the border, where margins, tables and shadows lie."""
    count, labels = cv2.connectedComponents((strength > 0).astype(np.uint8))
    inside = np.ones(count, bool)
    inside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = False
    return float(strength[inside[labels]].sum(dtype=np.float64))
