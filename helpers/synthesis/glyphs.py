"""Glyphs that stand in lines of writing: digits of MNIST, signs and letters drawn by pens."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.synthesis.drawings import (
    CANVAS,
    HERSHEY_TYPEFACES,
    TYPEFACES,
    no_glyph,
    printed_character,
)
from helpers.synthesis.photographs import draw_stroke

Coverage = NDArray[np.float32]
Generator = np.random.Generator

# Strokes of signs, in heights of the line: x to the right, y down, 0 the top and 1 the foot of the
# digits beside them. A dot is a stroke that hardly moves.
_DOT = 0.02
SIGNS: dict[str, list[list[tuple[float, float]]]] = {
    "+": [[(0, 0.5), (0.6, 0.5)], [(0.3, 0.2), (0.3, 0.8)]],
    "-": [[(0, 0.5), (0.5, 0.5)]],
    "=": [[(0, 0.38), (0.55, 0.38)], [(0, 0.62), (0.55, 0.62)]],
    "×": [[(0, 0.25), (0.5, 0.75)], [(0.5, 0.25), (0, 0.75)]],
    "÷": [[(0, 0.5), (0.6, 0.5)], [(0.3, 0.25), (0.3, 0.27)], [(0.3, 0.75), (0.3, 0.77)]],
    ":": [[(0, 0.3), (_DOT, 0.32)], [(0, 0.75), (_DOT, 0.77)]],
    ".": [[(0, 0.95), (_DOT, 0.97)]],
    ",": [[(0.1, 0.85), (0.1, 1.0), (0, 1.25)]],
    "'": [[(0.06, -0.05), (0, 0.15)]],
    "(": [[(0.25, -0.1), (0.03, 0.25), (0.03, 0.75), (0.25, 1.1)]],
    ")": [[(0, -0.1), (0.22, 0.25), (0.22, 0.75), (0, 1.1)]],
    "[": [[(0.22, -0.1), (0, -0.1), (0, 1.1), (0.22, 1.1)]],
    "]": [[(0, -0.1), (0.22, -0.1), (0.22, 1.1), (0, 1.1)]],
    "/": [[(0.55, -0.15), (0, 1.15)]],
    "|": [[(0, -0.4), (0, 1.4)]],
    "%": [
        [(0.6, 0), (0, 1)],
        [(0.12, 0.05), (0.02, 0.15), (0.12, 0.27), (0.22, 0.15), (0.12, 0.05)],
        [(0.5, 0.72), (0.4, 0.84), (0.5, 0.95), (0.6, 0.84), (0.5, 0.72)],
    ],
    "<": [[(0.45, 0.2), (0, 0.5), (0.45, 0.8)]],
    ">": [[(0, 0.2), (0.45, 0.5), (0, 0.8)]],
    "^": [[(0, 0.25), (0.2, 0), (0.4, 0.25)]],
    "~": [[(0, 0.55), (0.18, 0.42), (0.36, 0.58), (0.55, 0.45)]],
    "√": [[(0, 0.6), (0.1, 0.5), (0.25, 1), (0.5, -0.1), (1.2, -0.1)]],
    "*": [[(0, 0.3), (0.3, 0.6)], [(0.3, 0.3), (0, 0.6)], [(0.15, 0.22), (0.15, 0.68)]],
    "→": [[(0, 0.5), (0.8, 0.5)], [(0.6, 0.32), (0.8, 0.5), (0.6, 0.68)]],
    "✓": [[(0, 0.5), (0.2, 0.85), (0.7, -0.05)]],
    "#": [
        [(0.2, 0.1), (0.1, 0.9)],
        [(0.5, 0.1), (0.4, 0.9)],
        [(0, 0.38), (0.6, 0.38)],
        [(0, 0.65), (0.6, 0.65)],
    ],
}
ARITHMETIC = "+-=×÷()./:,"
# By themselves these are written like a one, or too small to be looked for.
NOT_ALONE = "/|.,'"
# Rounded ends stick out of the strokes by half a pen, which is this much of the height at most.
_MARGIN = 24
_FRACTION_BITS = 4
# Letters are taken from typefaces at this height of a capital, and bent by this much of it at most.
_CAPITAL = 44
_BEND = 0.1


class Glyph(NamedTuple):
    """A drawn character.

    coverage: float32 (h, w), 1 where the pen was, no empty border.
    top: rows between the top of the line's digits and that of the glyph; negative above it.
    """

    coverage: Coverage
    top: int


def digit_glyph(image: NDArray[np.uint8], height: int, pen: float) -> Glyph:
    """Redraw a digit of MNIST at a height in pixels (:func:`draw_stroke`)."""
    return Glyph(_cropped(draw_stroke(image, height, pen)), 0)


def sign_glyph(generator: Generator, name: str, height: int, thickness: float) -> Glyph:
    """Draw a sign as a pen does: ends, bends and size by chance.

    Args:
        generator: where chance comes from.
        name: a key of ``SIGNS``.
        height: of the line's digits, in pixels.
        thickness: of the pen, in pixels.
    """
    size = height * generator.uniform(0.7, 1.4)
    stretch = np.array([size * generator.uniform(0.75, 1.3), size])
    turn = np.deg2rad(generator.normal(0, 5))
    turning = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    strokes = []
    for stroke in SIGNS[name]:
        points = np.array(stroke) * stretch
        points += generator.normal(0, 0.025 * size, points.shape)
        points = (points - [0.3 * size, 0.5 * size]) @ turning.T + [0.3 * size, 0.5 * height]
        strokes.append(_curved(points))
    return _drawn(strokes, thickness, height)


def _curved(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points between the given ones, corners rounded off."""
    steps = np.linspace(0, len(points) - 1, 12 * (len(points) - 1) + 1)
    fine = np.stack([np.interp(steps, np.arange(len(points)), axis) for axis in points.T], axis=1)
    if len(points) > 2:
        smooth = cv2.GaussianBlur(fine, (1, 9), 2.5, borderType=cv2.BORDER_REPLICATE)
        smooth[0], smooth[-1] = fine[0], fine[-1]
        return smooth
    return fine


def _drawn(strokes: list[NDArray[np.float64]], thickness: float, height: int) -> Glyph:
    margin = _MARGIN + height // 2
    every = np.concatenate(strokes)
    least = every.min(axis=0)
    shape = np.ceil(np.ptp(every, axis=0)).astype(int) + 2 * margin
    canvas = np.zeros(shape[::-1], np.uint8)
    lines = [np.round((s - least + margin) * 2**_FRACTION_BITS).astype(np.int32) for s in strokes]
    cv2.polylines(canvas, lines, False, 255, max(1, round(thickness)), cv2.LINE_AA, _FRACTION_BITS)
    _, y, _, _ = cv2.boundingRect((canvas > 25).astype(np.uint8))
    return Glyph(
        _cropped(canvas.astype(np.float32) / np.float32(255)), round(y + least[1] - margin)
    )


class Hand(NamedTuple):
    """How somebody writes letters: all of a line's are alike.

    typeface: the name of a font file, or one of OpenCV's Hershey typefaces.
    map_x, map_y: float32 maps for ``cv2.remap`` that bend a letter.
    thickness: of the pen, in pixels of the letter's canvas.
    """

    typeface: str | int
    map_x: NDArray[np.float32]
    map_y: NDArray[np.float32]
    thickness: int


def random_hand(generator: Generator) -> Hand:
    """Return a typeface, bent, sheared and stretched by chance."""
    pens = generator.random() < 0.6
    faces: tuple[str | int, ...] = HERSHEY_TYPEFACES if pens else TYPEFACES
    y, x = np.mgrid[:CANVAS, :CANVAS].astype(np.float32)
    coarse = generator.normal(0, 1, (2, 4, 4)).astype(np.float32)
    bends = [cv2.resize(c, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC) for c in coarse]
    strength = _BEND * _CAPITAL * generator.uniform(0, 1)
    shear, stretch = generator.normal(0, 0.15), generator.uniform(0.75, 1.3)
    middle = CANVAS / 2
    map_x = (x - middle) * stretch + shear * (y - middle) + middle + strength * bends[0]
    map_y = y + strength * bends[1]
    return Hand(faces[generator.integers(len(faces))], map_x, map_y, int(generator.integers(2, 9)))


def letter_glyph(hand: Hand, character: str, height: int) -> Glyph:
    """Draw a letter; the capitals of the hand are as tall as the line's digits."""
    canvas, capital, foot = _letter(hand.typeface, character, hand.thickness)
    bent = cv2.remap(canvas, hand.map_x, hand.map_y, cv2.INTER_LINEAR)
    factor = height / capital
    size = max(2, round(CANVAS * factor))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = np.clip(cv2.resize(bent, (size, size), interpolation=method), 0, 255)
    _, y, _, _ = cv2.boundingRect((large > 25).astype(np.uint8))
    top = round(y - (foot - capital) * factor)
    return Glyph(_cropped(large.astype(np.float32) / np.float32(255)), top)


@cache
def _letter(typeface: str | int, character: str, thickness: int) -> tuple[NDArray, int, int]:
    """Return a letter on a canvas, how tall a capital is there, and the row it stands on."""
    if isinstance(typeface, str):
        canvas = printed_character(typeface, character, 52, (CANVAS // 2, 66), "ms")
        return canvas, 38, 66
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    (wide, _), _ = cv2.getTextSize(character, typeface, 1.8, thickness)
    cv2.putText(
        canvas, character, ((CANVAS - wide) // 2, 66), typeface, 1.8, 255, thickness, cv2.LINE_AA
    )
    return canvas, 38 + thickness, 66 + thickness // 2


def scribble_glyph(generator: Generator, height: int) -> Glyph:
    """Draw a scribble, an outline, a texture or a few bars, about as tall as a line."""
    image = no_glyph(generator)
    crop = _cropped(image.astype(np.float32) / np.float32(255))
    factor = height * generator.uniform(0.6, 1.5) / max(crop.shape[0], 1)
    size = max(2, round(crop.shape[1] * factor)), max(2, round(crop.shape[0] * factor))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    coverage = cv2.resize(crop, size, interpolation=method)
    return Glyph(np.asarray(coverage, np.float32), round((height - size[1]) / 2))


def _cropped(coverage: Coverage) -> Coverage:
    x, y, width, height = cv2.boundingRect((coverage > 0.1).astype(np.uint8))
    return coverage[y : y + height, x : x + width] if width else coverage[:1, :1]
