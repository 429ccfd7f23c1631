"""MNIST's form: the ink of one digit, whatever its size, as a 28x28 image like those of the data.

The recipe is that of the data set itself: "the original black and white images were size
normalized to fit in a 20x20 pixel box while preserving their aspect ratio. The resulting images
contain grey levels as a result of the anti-aliasing technique [...] centered in a 28x28 image by
computing the center of mass of the pixels" (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner,
"Gradient-based learning applied to document recognition", 1998, and the MNIST page).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# MNIST's own numbers: box and image in pixels.
BOX_SIDE = 20
IMAGE_SIDE = 28
# Its strokes, by stroke_width on 3,000 training images, are 2.3 pixels wide at the median, and 1.5
# at the fifth percentile. Strokes below the first of these are widened to about the second.
THINNEST_STROKE = 1.6
USUAL_STROKE = 2.2
# How far the top of its digits leans to the right, in heights, at the median, and from which
# deviation on writing counts as leaning (half of the digits lie within 0.2 of the median).
USUAL_LEAN = 0.1
LEANING = 0.3


def stroke_width(ink: NDArray[np.uint8]) -> float:
    """Return the width of the strokes in pixels: four times the mean distance to the edge.

    Across a stroke of width w the distance to the edge rises from 0 to w / 2 and falls again, so
    its mean is w / 4. OpenCV measures to the first pixel outside, half a pixel more. A small image
    is measured enlarged, or a stroke would be too few pixels wide to tell.

    Args:
        ink: uint8 (h, w), bright ink on black.
    """
    enlarged = 4 if max(ink.shape) < 100 else 1
    if enlarged > 1:
        ink = cv2.resize(ink, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
    mask = cv2.copyMakeBorder((ink > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    inside = distance[distance > 0]
    return (4 * float(inside.mean()) - 2) / enlarged if inside.size else 0.0


def thicken(ink: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """Widen strokes by about ``pixels`` (a dilation with a disc of that diameter plus one)."""
    size = int(pixels + 1) // 2 * 2 + 1
    if size < 3:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padding = size // 2
    padded = cv2.copyMakeBorder(ink, *(padding,) * 4, cv2.BORDER_CONSTANT)
    return cv2.dilate(padded, kernel)


def crop_to_ink(ink: NDArray[np.uint8], least: int = 40) -> NDArray[np.uint8]:
    """Cut away the empty border around the ink (pixels brighter than ``least``)."""
    x, y, width, height = cv2.boundingRect((ink > least).astype(np.uint8))
    return ink[y : y + height, x : x + width]


def fit_in_box(ink: NDArray[np.uint8], side: int = BOX_SIDE) -> NDArray[np.uint8]:
    """Scale so that the longer side is ``side`` pixels, keeping the aspect ratio."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(ink, size, interpolation=method)


def centre_by_mass(ink: NDArray[np.uint8], side: int = IMAGE_SIDE) -> NDArray[np.uint8]:
    """Place the ink in a ``side`` x ``side`` image, its centre of mass at ``side / 2``.

    That is counted in pixel numbers, where a whole number is the middle of a pixel: 14 of 0 to 27,
    half a pixel below and to the right of the image's middle, 13.5. MNIST's own images lie there:
    over all 60,000 training images the centres of mass are 14.00 and 14.01 on average, and none is
    below 13.48 or above 14.50. Only whole pixels are moved, so that the ink is not blurred a second
    time; up to half a pixel is left over.
    """
    moments = cv2.moments(ink)
    if moments["m00"] == 0:
        return np.zeros((side, side), np.uint8)
    height, width = ink.shape
    left = round(side / 2 - moments["m10"] / moments["m00"])
    top = round(side / 2 - moments["m01"] / moments["m00"])
    left, top = (
        min(max(offset, 0), side - length) for offset, length in ((left, width), (top, height))
    )
    image = np.zeros((side, side), np.uint8)
    image[top : top + height, left : left + width] = ink
    return image


def mnist_form(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the ink of one digit into the form of MNIST's images.

    Args:
        ink: uint8 (h, w), bright ink on black, any size.

    Returns:
        uint8 (28, 28): longest side 20 pixels, grey edges, centre of mass at (14, 14),
        peak 255. All 0 where there is no ink.
    """
    ink = crop_to_ink(ink)
    if ink.size == 0:
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    scale = BOX_SIDE / max(ink.shape)
    width = stroke_width(ink) * scale
    if width < THINNEST_STROKE:
        ink = crop_to_ink(thicken(ink, (USUAL_STROKE - width) / scale))
    image = centre_by_mass(fit_in_box(ink))
    return cv2.convertScaleAbs(image, alpha=255 / max(int(image.max()), 1))


def lean(ink: NDArray[np.uint8]) -> float:
    """Return how far writing leans to the right, in columns per row, by its moments.

    Args:
        ink: uint8 (h, w), bright ink on black.
    """
    moments = cv2.moments(ink)
    return -moments["mu11"] / moments["mu02"] if moments["mu02"] else 0.0


def set_upright(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Shear writing so that it leans as MNIST's digits do; ``None`` if it does already.

    Known as deskewing or slant correction (for example in OpenCV's tutorial on reading digits).

    Args:
        ink: uint8 (h, w), bright ink on black.

    Returns:
        uint8 (h, wider than w), all of the ink in it.
    """
    shear = lean(ink) - USUAL_LEAN
    if abs(shear) < LEANING:
        return None
    height, width = ink.shape
    extra = abs(shear) * height
    matrix = np.array([[1, shear, extra if shear < 0 else 0], [0, 1, 0]])
    return cv2.warpAffine(ink, matrix, (width + int(extra) + 1, height))
