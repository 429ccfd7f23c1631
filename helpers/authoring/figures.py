"""Compare the figures that a notebook draws now with those that it was stored with.

nbval compares text and passes over pictures; :mod:`helpers.authoring.pytest_plugin` adds this.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Root mean square of the difference of pixels, 0 to 255, both figures blurred a little. The same
# figure drawn twice differs by 0, with other hinting or anti-aliasing of its text by up to 2.5; the
# changes that tests/authoring/test_figures.py plants by 2.9 (other counts in a heat map, which are
# text, too) to 33.
TOLERANCE = 2.7
# Standard deviation of the blur in pixels: wide enough for the edges of letters, too narrow to hide
# a point that moved.
BLUR = 2.0
# A label that is drawn a pixel wider makes the cut-out figure a pixel wider.
MOST_PIXELS_LARGER = 3


def figures_of(outputs: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """Return the PNG files among a cell's outputs, in order."""
    figures = [output.get("data", {}).get("image/png") for output in outputs]
    return [base64.b64decode("".join(figure)) for figure in figures if figure]


def figure_difference(stored: bytes, drawn: bytes, tolerance: float = TOLERANCE) -> str | None:
    """Say how a figure differs from the stored one, or ``None`` if they show the same.

    Args:
        stored: a PNG file's content.
        drawn: likewise.
        tolerance: the largest root mean square of the difference that passes.
    """
    first, second = _decoded(stored), _decoded(drawn)
    larger = max(abs(a - b) for a, b in zip(first.shape[:2], second.shape[:2], strict=True))
    if larger > MOST_PIXELS_LARGER:
        return f"its size is {_size(second)} pixels and was {_size(first)}"
    difference = min(_rms(*pair) for pair in _overlaps(first, second))
    return None if difference <= tolerance else f"the pixels differ by {difference:.1f} (RMS)"


def _decoded(content: bytes) -> NDArray[np.float32]:
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("a figure is no PNG file")
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), BLUR)


def _size(image: NDArray[np.float32]) -> str:
    return f"{image.shape[1]} x {image.shape[0]}"


def _overlaps(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Yield the common part of two figures for each way to lay the smaller into the larger."""
    height, width = np.minimum(first.shape[:2], second.shape[:2])
    rows, columns = np.abs(np.subtract(first.shape[:2], second.shape[:2]))
    for y in range(rows + 1):
        for x in range(columns + 1):
            yield _cut(first, y, x, height, width), _cut(second, y, x, height, width)


def _cut(
    image: NDArray[np.float32], y: int, x: int, height: int, width: int
) -> NDArray[np.float32]:
    top, left = min(y, image.shape[0] - height), min(x, image.shape[1] - width)
    return image[top : top + height, left : left + width]


def _rms(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    from matplotlib.testing.compare import calculate_rms

    return float(calculate_rms(first, second))


def differences_of_figures(
    stored: Sequence[Mapping[str, Any]], drawn: Sequence[Mapping[str, Any]]
) -> list[str]:
    """List how the figures of a cell differ from those that it was stored with.

    Args:
        stored: the cell's outputs in the notebook's file.
        drawn: its outputs now.
    """
    before, now = figures_of(stored), figures_of(drawn)
    if len(before) != len(now):
        return [f"{len(before)} figures are stored, {len(now)} were drawn"]
    found = [figure_difference(*pair) for pair in zip(before, now, strict=True)]
    return [
        f"figure {number}: {difference}" for number, difference in enumerate(found, 1) if difference
    ]
