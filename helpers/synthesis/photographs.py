"""Photograph handwriting by program: digits of MNIST as ink on paper, with light and camera.

The strokes are real people's; paper, ink, light and camera are made up, from a seed. Notebook 06
measures on such pictures, and ``images/make_samples.py`` makes the sample pictures with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Scene:
    """What a picture is taken of, and how.

    width, height: of the picture, in pixels.
    digit_height: of a digit, in pixels.
    paper, ink: colours (red, green, blue), 0 to 255.
    pen: factor on the width of the strokes; below 1 thinner, above 1 thicker.
    strength: how much of the paper the ink hides, 0 to 1 (a pencil hides less than a marker).
    gradient: how much darker one side of the paper is lit than the other, 0 to 1.
    vignette: how much darker the corners are, 0 to 1.
    shadow: how much light a phone's hard-edged shadow takes away, 0 to 1.
    ruled: distance of the paper's lines in pixels, 0 for plain paper.
    squared: lines in both directions.
    print_through: contrast of printed text that shines through from the back, 0 to 1.
    blur: out of focus, standard deviation in pixels.
    noise: of the sensor, standard deviation in grey levels.
    texture: of the paper, standard deviation in grey levels.
    jpeg: quality, 1 to 100; 0 for none.
    """

    width: int = 480
    height: int = 480
    digit_height: int = 240
    paper: Colour = (236, 232, 222)
    ink: Colour = (40, 42, 60)
    pen: float = 1.0
    strength: float = 0.95
    gradient: float = 0.0
    vignette: float = 0.0
    shadow: float = 0.0
    ruled: int = 0
    squared: bool = False
    print_through: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    texture: float = 0.0
    jpeg: int = 0


# What makes reading hard, one thing at a time, as settings of a scene.
CONDITIONS: dict[str, dict] = {
    "plain paper": {},
    "lamp on one side": {"gradient": 0.6, "vignette": 0.3},
    "hard shadow": {"shadow": 0.5},
    "ruled paper": {"ruled": 55},
    "squared paper": {"ruled": 45, "squared": True},
    "pencil": {"strength": 0.35, "pen": 0.5, "ink": (70, 70, 75)},
    "out of focus": {"blur": 4.5},
    "print shines through": {"print_through": 0.15},
    "yellow ink": {"paper": (240, 238, 232), "ink": (235, 210, 40)},
    "blackboard": {"paper": (40, 60, 50), "ink": (225, 225, 220)},
}


def random_scene(generator: np.random.Generator, side: int = 320, **settings: Any) -> Scene:
    """Return a scene with paper, pen and some unevenness by chance.

    Args:
        generator: where chance comes from.
        side: about how wide and high the picture is, in pixels.
        settings: what is not left to chance (fields of :class:`Scene`).
    """
    grey, dark = int(generator.integers(160, 245)), int(generator.integers(20, 80))
    tint = generator.integers(-12, 13, 3)
    width, height = (int(side * factor) for factor in generator.uniform(0.9, 1.1, 2))
    drawn: dict[str, Any] = {
        "width": width,
        "height": height,
        "digit_height": int(min(width, height) * generator.uniform(0.35, 0.65)),
        "paper": tuple(int(np.clip(grey + t, 0, 255)) for t in tint),
        "ink": (dark, dark, dark + int(generator.integers(0, 60))),
        "pen": generator.uniform(0.6, 1.2),
        "strength": generator.uniform(0.7, 1),
        "gradient": generator.uniform(0, 0.3),
        "noise": generator.uniform(0, 3),
        "texture": generator.uniform(0, 3),
        "blur": generator.uniform(0, 1),
        "jpeg": int(generator.integers(70, 96)),
    }
    return Scene(**{**drawn, **settings})


def draw_stroke(digit: NDArray[np.uint8], height: int, pen: float = 1.0) -> NDArray[np.float32]:
    """Redraw a digit of MNIST smoothly at a larger size.

    The grey edge of the small image says where between two pixels the true edge runs; a smooth
    enlargement cut at half brightness recovers it.

    Args:
        digit: uint8 (28, 28).
        height: of the digit (its longer side), in pixels.
        pen: factor on the width of the strokes.

    Returns:
        float32 (h, w), 1 where the pen was, with 2 pixels of border.
    """
    x, y, width, tall = cv2.boundingRect((digit > 30).astype(np.uint8))
    crop = cv2.copyMakeBorder(digit[y : y + tall, x : x + width], 3, 3, 3, 3, cv2.BORDER_CONSTANT)
    factor = max(height / max(tall, width), 6.0)
    large = cv2.resize(crop, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    large = cv2.GaussianBlur(large.astype(np.float32), (0, 0), 0.35 * factor)
    mask = (large > 120).astype(np.uint8)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    half = 2 * float(inside[inside > 0].mean()) if mask.any() else 1.0
    # Thinner strokes keep at least the ridge of the old ones, or the digit would fall apart.
    ridge = (inside > 0) & (inside >= cv2.dilate(inside, np.ones((3, 3), np.uint8)) - 0.3)
    signed = np.where(mask > 0, inside, -outside)
    stroke = np.clip(signed + (pen - 1) * half + 0.5, 0, 1).astype(np.float32)
    if pen < 1:
        least = max(1, round(pen * half * 2))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (least, least))
        line = cv2.dilate(ridge.astype(np.float32), kernel) * mask
        stroke = line if pen < 0.3 else np.maximum(stroke, line)
    shrink = height / max(tall, width) / factor
    if shrink < 1:
        stroke = cv2.resize(stroke, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    return stroke


def write_row(
    digits: Sequence[NDArray[np.uint8]],
    height: int,
    generator: np.random.Generator,
    pen: float = 1.0,
    gap: float = 0.25,
) -> NDArray[np.float32]:
    """Write digits side by side, as people do: not quite level, not quite equally far apart.

    Args:
        digits: uint8 images (28, 28).
        height: of a digit, in pixels.
        generator: where chance comes from.
        pen: factor on the width of the strokes.
        gap: between two digits, in heights; negative makes them touch.

    Returns:
        float32 (h, w), 1 where the pen was.
    """
    strokes = [draw_stroke(digit, height, pen) for digit in digits]
    strokes = [_crop(stroke) for stroke in strokes]
    lowest = max(stroke.shape[0] for stroke in strokes)
    row = np.zeros((round(lowest * 1.2) + 2, sum(s.shape[1] + height for s in strokes)), np.float32)
    x = 0
    for stroke in strokes:
        tall, wide = stroke.shape
        y = round((row.shape[0] - tall) / 2 + generator.uniform(-0.06, 0.06) * height)
        y = min(max(y, 0), row.shape[0] - tall)
        view = row[y : y + tall, x : x + wide]
        np.maximum(view, stroke, out=view)
        x += max(1, round(wide + height * (gap + generator.uniform(0, 0.1))))
    return _crop(row)


def _crop(stroke: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y, width, height = cv2.boundingRect((stroke > 0.1).astype(np.uint8))
    return stroke[y : y + height, x : x + width]


def photograph(
    stroke: NDArray[np.float32],
    scene: Scene,
    generator: np.random.Generator,
    place: tuple[float, float] | None = None,
) -> NDArray[np.uint8]:
    """Put a stroke on paper and take a picture of it.

    Args:
        stroke: float32 (h, w), 1 where the pen was (:func:`draw_stroke`, :func:`write_row`).
        scene: paper, ink, light, camera.
        generator: where chance comes from.
        place: where on the paper, from (0, 0) top left to (1, 1) bottom right; by chance if
            not given.

    Returns:
        uint8 (scene.height, scene.width, 3), RGB.
    """
    shape = scene.height, scene.width
    paper = np.empty((*shape, 3), np.float32)
    paper[:] = scene.paper
    if scene.texture:
        grain = cv2.GaussianBlur(generator.normal(0, 1, shape).astype(np.float32), (0, 0), 1.2)
        paper += (grain * scene.texture / grain.std())[..., np.newaxis]
    if scene.print_through:
        paper *= 1 - scene.print_through * _printed_text(shape, generator)[..., np.newaxis]
    if scene.ruled:
        paper = _blend(paper, _ruling(scene, generator), (130, 150, 190), 0.6)
    coverage = _place(stroke, shape, generator, place)
    paper = _blend(paper, coverage, scene.ink, scene.strength)
    picture = paper * _light(scene, generator)[..., np.newaxis]
    if scene.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), scene.blur)
    if scene.noise:
        picture += generator.normal(0, scene.noise, picture.shape).astype(np.float32)
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return _compressed(pixels, scene.jpeg) if scene.jpeg else pixels


def _compressed(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1])


def _blend(
    paper: NDArray[np.float32], coverage: NDArray[np.float32], colour: Colour, strength: float
) -> NDArray[np.float32]:
    weight = (coverage * strength)[..., np.newaxis]
    return paper * (1 - weight) + np.array(colour, np.float32) * weight


def _place(
    stroke: NDArray[np.float32],
    shape: tuple[int, int],
    generator: np.random.Generator,
    place: tuple[float, float] | None,
) -> NDArray[np.float32]:
    stroke = stroke[: shape[0], : shape[1]]
    across, down = place if place is not None else generator.uniform(0.15, 0.85, 2)
    y = round((shape[0] - stroke.shape[0]) * down)
    x = round((shape[1] - stroke.shape[1]) * across)
    coverage = np.zeros(shape, np.float32)
    coverage[y : y + stroke.shape[0], x : x + stroke.shape[1]] = stroke
    return coverage


def _light(scene: Scene, generator: np.random.Generator) -> NDArray[np.float32]:
    """Return how much light falls on each pixel, 0 to 1."""
    shape = scene.height, scene.width
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    angle = generator.uniform(0, 2 * np.pi)
    light = 1 - scene.gradient * (0.5 + 0.35 * (x * np.cos(angle) + y * np.sin(angle)))
    light *= 1 - scene.vignette * np.minimum((x**2 + y**2) / 2, 1)
    if scene.shadow:
        # A phone held over the paper: a rectangle, turned, whose corner reaches into the picture.
        angle = generator.uniform(0, 2 * np.pi)
        along = x * np.cos(angle) + y * np.sin(angle)
        across = y * np.cos(angle) - x * np.sin(angle)
        covered = (along > generator.uniform(-0.4, 0.3)) & (across > generator.uniform(-0.9, 0.1))
        edge = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), max(shape) / 300)
        light = light * (1 - scene.shadow * edge)
    return light.astype(np.float32)


def _ruling(scene: Scene, generator: np.random.Generator) -> NDArray[np.float32]:
    shape = scene.height, scene.width
    lines = np.zeros(shape, np.uint8)
    slope = generator.uniform(-0.02, 0.02)
    width = max(1, scene.ruled // 40)
    for y in range(-scene.height, 2 * scene.height, scene.ruled):
        end = round(y + slope * scene.width)
        cv2.line(lines, (0, y), (scene.width, end), 255, width, cv2.LINE_AA)
    if scene.squared:
        for x in range(-scene.width, 2 * scene.width, scene.ruled):
            end = round(x - slope * scene.height)
            cv2.line(lines, (x, 0), (end, scene.height), 255, width, cv2.LINE_AA)
    return lines.astype(np.float32) / np.float32(255)


def _printed_text(shape: tuple[int, int], generator: np.random.Generator) -> NDArray[np.float32]:
    """Return a page of printed text, seen from behind and blurred by the paper."""
    page = np.zeros(shape, np.uint8)
    size = max(shape) / 40
    letters = list("abcdefghijklmnopqrstuvwxyz    ")
    for y in np.arange(size, shape[0], 1.6 * size):
        text = "".join(generator.choice(letters, 80))
        place = (round(generator.uniform(-size, size)), int(y))
        cv2.putText(page, text, place, cv2.FONT_HERSHEY_COMPLEX, size / 30, 255, 1 + int(size / 20))
    page = cv2.GaussianBlur(page[:, ::-1].astype(np.float32), (0, 0), max(1.0, size / 12))
    return page / np.float32(255)
