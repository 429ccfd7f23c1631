"""What MNIST lacks, drawn by program for the training: pictures of no digit, and ones with a flag.

A network that has only ever seen digits calls everything a digit. Hendrycks, Mazeika and
Dietterich, "Deep Anomaly Detection with Outlier Exposure" (ICLR 2019), add pictures of other
things to the training and ask for the same probability for every class. These are such pictures:
letters and signs in several typefaces, scribbles, outlines, textures, and two digits squeezed into
one. Letters that people write like a digit are drawn apart: they are to stay a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

# Capital and small letters that nobody would read as a digit, and the others by the digit that
# many people write exactly like them.
LETTERS = "ACDEFHJKLMNPQRTUVWXYacdefhijkmnprtuvwxy"
LOOK_ALIKES = {0: "Oo", 1: "Il", 2: "Zz", 5: "Ss", 6: "Gb", 8: "B", 9: "gq"}
SIGNS = "?&%#@+=*$<>{}~^"
TYPEFACES = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Italic.ttf",
    "DejaVuSansMono.ttf",
    "STIXGeneral.ttf",
    "cmtt10.ttf",
)
HERSHEY_TYPEFACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
CANVAS = 96

# Ones with a flag, a way to write a 1 that MNIST hardly knows. Its writers lived in the United
# States, where most write a 1 as one stroke. In much of the world an upstroke leads to its top, at
# times more than half as long as the stem, and some add a foot.
FLAGGED_CANVAS = 160
STEM = 100
SHORTEST_FLAG, LONGEST_FLAG = 0.2, 0.7  # as a share of the stem
FLATTEST_FLAG, STEEPEST_FLAG = 30, 65  # degrees below the horizontal
SHARE_WITH_FOOT = 0.2
# OpenCV draws between pixels where coordinates are given in sixteenths.
FRACTION_BITS = 4


@cache
def printed_character(
    typeface: str,
    character: str,
    size: int = 60,
    place: tuple[int, int] = (CANVAS // 2, CANVAS // 2),
    anchor: str = "mm",
) -> Image:
    """Print a character in a typeface that matplotlib brings along, as bright ink on black.

    Args:
        typeface: one of ``TYPEFACES``.
        character: what to print.
        size: of the typeface, in pixels.
        place: column and row of the anchor.
        anchor: what stands there, as Pillow names it: "mm" is the middle, "ms" the foot.

    Returns:
        uint8 (CANVAS, CANVAS).
    """
    from matplotlib import get_data_path
    from PIL import Image as PillowImage
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(str(Path(get_data_path(), "fonts", "ttf", typeface)), size)
    canvas = PillowImage.new("L", (CANVAS, CANVAS))
    ImageDraw.Draw(canvas).text(place, character, 255, font, anchor=anchor)
    return np.asarray(canvas)


def _random_print(generator: np.random.Generator, characters: str) -> Image:
    typeface = TYPEFACES[generator.integers(len(TYPEFACES))]
    return printed_character(typeface, characters[generator.integers(len(characters))])


def _pen_letter(generator: np.random.Generator, characters: str) -> Image:
    """A letter drawn with round strokes (OpenCV's Hershey fonts), its pen thin or thick."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    character = characters[generator.integers(len(characters))]
    typeface = HERSHEY_TYPEFACES[generator.integers(len(HERSHEY_TYPEFACES))]
    thickness = int(generator.integers(3, 10))
    cv2.putText(canvas, character, (20, 70), typeface, 2.0, 255, thickness, cv2.LINE_AA)
    return canvas


def _scribble(generator: np.random.Generator) -> Image:
    """A restless line: many turns, smoothed."""
    corners = generator.uniform(8, CANVAS - 8, (int(generator.integers(6, 16)), 2))
    fine = cv2.resize(corners.astype(np.float32), (2, len(corners) * 12))
    smooth = cv2.GaussianBlur(fine, (1, 15), 4)
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    points = np.round(smooth).astype(np.int32)[:, np.newaxis]
    cv2.polylines(canvas, [points], False, 255, int(generator.integers(2, 9)), cv2.LINE_AA)
    return canvas


def _texture(generator: np.random.Generator) -> Image:
    """Noise at a random scale, sometimes stretched into fibres, sometimes thresholded."""
    rows, columns = generator.integers(3, 29, 2)
    noise = generator.integers(0, 256, (int(rows), int(columns))).astype(np.uint8)
    texture = cv2.resize(noise, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC)
    if generator.random() < 0.5:
        texture = cv2.threshold(texture, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1]
    return texture


def _bars(generator: np.random.Generator) -> Image:
    """Ruled paper, crosses and blobs: a few straight strokes or one filled shape."""
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    if generator.random() < 0.3:
        axes = tuple(int(a) for a in generator.integers(12, 40, 2))
        cv2.ellipse(canvas, (48, 48), axes, float(generator.uniform(0, 180)), 0, 360, 255, -1)
        return canvas
    for _ in range(int(generator.integers(3, 7))):
        start, end = generator.integers(8, CANVAS - 8, (2, 2)).tolist()
        cv2.line(canvas, start, end, 255, int(generator.integers(2, 10)), cv2.LINE_AA)
    return canvas


def _outline(generator: np.random.Generator) -> Image:
    """A closed line with corners, like that of a house, a kite or a star."""
    count = int(generator.integers(3, 11))
    angles = (np.arange(count) + generator.uniform(-0.3, 0.3, count)) * 2 * np.pi / count
    radii = generator.uniform(0.4, 1, count)[:, np.newaxis] * generator.uniform(20, 40, 2)
    corners = CANVAS / 2 + radii * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    points = np.round(corners).astype(np.int32)[:, np.newaxis]
    cv2.polylines(canvas, [points], True, 255, int(generator.integers(2, 9)), cv2.LINE_AA)
    return canvas


def no_glyph(generator: np.random.Generator) -> Image:
    """Draw a scribble, an outline, a texture or bars, uint8 (CANVAS, CANVAS)."""
    kinds = (_scribble, _scribble, _scribble, _outline, _texture, _bars)
    return kinds[generator.integers(len(kinds))](generator)


def _pair(generator: np.random.Generator, digits: Image) -> Image:
    """Two digits side by side, close enough to be taken for one."""
    left, right = digits[generator.integers(len(digits), size=2)]
    canvas = np.zeros((28, 56), np.uint8)
    canvas[:, :28] = left
    gap = int(generator.integers(12, 20))
    canvas[:, gap : gap + 28] = np.maximum(canvas[:, gap : gap + 28], right)
    return cv2.resize(canvas, None, fx=2, fy=2)


def in_mnist_form(drawing: Image) -> Image:
    """Bring a drawing into MNIST's form: longest side 20 pixels, centre of mass in the middle.

    MNIST's own digits lie half a pixel further right and down, as ``mnist_form`` puts them. The
    networks that ship were trained with these; to be mended with their next training.

    Args:
        drawing: uint8 (h, w), bright ink on black, without noise.

    Returns:
        uint8 (28, 28); all 0 where there is no ink.
    """
    _, _, width, height = cv2.boundingRect(drawing)
    if width == 0:
        return np.zeros((28, 28), np.uint8)
    factor = 20 / max(width, height)
    moments = cv2.moments(drawing)
    centre_x, centre_y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    sharp = cv2.GaussianBlur(drawing, (0, 0), 0.4 / factor)
    matrix = np.array(
        [[factor, 0, 13.5 - factor * centre_x], [0, factor, 13.5 - factor * centre_y]]
    )
    return cv2.warpAffine(sharp, matrix, (28, 28), flags=cv2.INTER_LINEAR)


def non_digits(count: int, digits: Image, generator: np.random.Generator) -> Image:
    """Draw pictures that are no digit, in MNIST's form.

    Args:
        count: how many.
        digits: uint8 array (n, 28, 28), the training images that pairs are made of.
        generator: source of randomness; the same state draws the same pictures.

    Returns:
        uint8 array, shape (count, 28, 28), bright ink on black.
    """
    kinds: list[tuple[float, Callable[[], Image]]] = [
        (0.25, lambda: _random_print(generator, LETTERS)),
        (0.16, lambda: _pen_letter(generator, LETTERS)),
        (0.07, lambda: _random_print(generator, SIGNS)),
        (0.10, lambda: _scribble(generator)),
        (0.05, lambda: _outline(generator)),
        (0.07, lambda: _texture(generator)),
        (0.06, lambda: _bars(generator)),
        (0.24, lambda: _pair(generator, digits)),
    ]
    chosen = generator.choice(len(kinds), size=count, p=[share for share, _ in kinds])
    return np.stack([in_mnist_form(kinds[kind][1]()) for kind in chosen])


def look_alikes(count: int, generator: np.random.Generator) -> tuple[Image, NDArray[np.uint8]]:
    """Draw letters that many people write like a digit, printed and with a pen, in MNIST's form.

    Args:
        count: how many.
        generator: source of randomness; the same state draws the same pictures.

    Returns:
        uint8 images (count, 28, 28), bright ink on black, and the digit that each looks like,
        uint8 (count,).
    """
    pairs = [(digit, letter) for digit, letters in LOOK_ALIKES.items() for letter in letters]
    chosen = [pairs[i] for i in generator.integers(len(pairs), size=count)]
    draw = (_random_print, _pen_letter)
    images = [in_mnist_form(draw[generator.integers(2)](generator, letter)) for _, letter in chosen]
    return np.stack(images), np.array([digit for digit, _ in chosen], np.uint8)


def _bent(start: NDArray, end: NDArray, bend: float) -> NDArray:
    """Return points of a line that curves to one side by a share of its length."""
    t = np.linspace(0, 1, 12)[:, np.newaxis]
    sideways = np.array([start[1] - end[1], end[0] - start[0]])
    return start + (end - start) * t + sideways * np.sin(np.pi * t) * bend


def _draw(strokes: list[NDArray], thickness: int) -> Image:
    canvas = np.zeros((FLAGGED_CANVAS, FLAGGED_CANVAS), np.uint8)
    lines = [np.round(stroke * 2**FRACTION_BITS).astype(np.int32) for stroke in strokes]
    cv2.polylines(canvas, lines, False, 255, thickness, cv2.LINE_AA, FRACTION_BITS)
    return canvas


def flagged_one(generator: np.random.Generator) -> Image:
    """Draw a one with a flag, uint8 (FLAGGED_CANVAS, FLAGGED_CANVAS), bright ink on black."""
    top = np.array([80.0, 30.0])
    bottom = top + np.array([generator.normal(-5, 10), STEM])
    angle = np.deg2rad(generator.uniform(FLATTEST_FLAG, STEEPEST_FLAG))
    length = STEM * generator.uniform(SHORTEST_FLAG, LONGEST_FLAG)
    tip = top + length * np.array([-np.cos(angle), np.sin(angle)])
    flag = _bent(tip, top, generator.normal(0, 0.03))
    stem = _bent(top, bottom, generator.normal(0, 0.03))
    strokes = [np.concatenate([flag, stem])]
    if generator.random() < SHARE_WITH_FOOT:
        reach = np.array([STEM * generator.uniform(0.12, 0.3), 0])
        strokes.append(_bent(bottom - reach, bottom + reach, generator.normal(0, 0.06)))
    return _draw(strokes, int(generator.integers(6, 15)))


def flagged_ones(count: int, generator: np.random.Generator) -> Image:
    """Draw ones with a flag, in MNIST's form.

    Args:
        count: how many.
        generator: source of randomness; the same state draws the same pictures.

    Returns:
        uint8 array, shape (count, 28, 28), bright ink on black.
    """
    return np.stack([in_mnist_form(flagged_one(generator)) for _ in range(count)])
