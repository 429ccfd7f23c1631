"""Does it know when it doesn't know? Pictures without a digit, and pictures of real digits.

    python benchmarks/non_digits.py [--count N] [--seed N] [--model FILE]

Draws blank papers in all kinds of light, letters printed and written, scribbles, noise, cloth and
ruled sheets, and photographs them by program. Prints how many were read as a confident digit
(the fewer the better) and how many of the real digits, photographed the same way, stay confident:
validation images, since a threshold is chosen with it. The letters are all 52, those included that
people write exactly like a digit (O, I, l, Z, S, ...); these are also reported by themselves.
Writes benchmarks/results/non_digits.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from string import ascii_letters
from typing import Any

import cv2
import numpy as np
import pandas as pd
from common import write_result
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from helpers.data import load_mnist
from helpers.pictures.recognizer import CONFIDENT, Recognizer
from helpers.preprocessing import split_validation
from helpers.synthesis.photographs import Scene, draw_stroke, photograph, random_scene

LOOK_ALIKES = "OIlZzSsBbqgo|D"
# Typefaces that draw boxes or symbols in place of letters.
NO_LETTERS = ("Symbol", "Dingbats", "Emoji", "cmsy", "cmex", "cmmi", "Nonuni", "Siz", "Icons")
Stroke = NDArray[np.float32]
Generator = np.random.Generator


def some_scene(generator: Generator) -> Scene:
    """Return a scene of any size, now and then with a hard shadow."""
    shadow = float(generator.choice([0.0, generator.uniform(0.3, 0.6)]))
    side = int(generator.integers(250, 800))
    return random_scene(generator, side, shadow=shadow, vignette=generator.uniform(0, 0.3))


def typefaces() -> list[str]:
    """Return the font files of this machine that draw Latin letters (matplotlib's, at least)."""
    files = {Path(entry.fname).name: entry.fname for entry in font_manager.fontManager.ttflist}
    return [files[name] for name in sorted(files) if not any(bad in name for bad in NO_LETTERS)]


def printed(letters: str, fonts: list[str], generator: Generator, height: int) -> Stroke:
    """Draw a letter in one of the machine's typefaces."""
    font = ImageFont.truetype(str(generator.choice(fonts)), height)
    image = Image.new("L", (3 * height, 3 * height))
    letter = str(generator.choice(list(letters)))
    ImageDraw.Draw(image).text((height * 1.5, height * 1.5), letter, 255, font, anchor="mm")
    return _cropped(np.asarray(image))


def pen_letter(letters: str, generator: Generator, height: int) -> Stroke:
    """Draw a letter in single strokes, slanted and stretched like by hand."""
    image = np.zeros((400, 400), np.uint8)
    typeface = int(generator.choice([0, 2, 6, 7]))  # Hershey simplex, duplex and the two scripts
    letter = str(generator.choice(list(letters)))
    cv2.putText(image, letter, (120, 280), typeface, 6, 255, int(generator.integers(5, 24)), 16)
    slant = generator.uniform(-0.2, 0.3)
    matrix = np.array([[1, -slant, slant * 200], [0, generator.uniform(0.8, 1.2), 0]], np.float32)
    stroke = _cropped(cv2.warpAffine(image, matrix, (500, 500)))
    factor = height / max(stroke.shape)
    return np.asarray(
        cv2.resize(stroke, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.float32
    )


def scribble(generator: Generator, height: int) -> Stroke:
    """Draw a line that goes to and fro."""
    corners = generator.uniform(0.05, 0.95, (int(generator.integers(6, 16)), 2)) * height
    fine = cv2.resize(corners.astype(np.float32), (2, len(corners) * 12))
    points = np.round(cv2.GaussianBlur(fine, (1, 15), 4)).astype(np.int32)[:, np.newaxis]
    image = np.zeros((height, height), np.uint8)
    cv2.polylines(image, [points], False, 255, max(2, height // 30), cv2.LINE_AA)
    return _cropped(image)


def cloth(generator: Generator, scene: Scene) -> NDArray[np.uint8]:
    """Draw a woven fabric: two sets of threads, uneven, in their own light."""
    y, x = np.mgrid[: scene.height, : scene.width].astype(np.float32)
    period = generator.uniform(4, 25)
    wander = cv2.GaussianBlur(generator.normal(0, 60, y.shape).astype(np.float32), (0, 0), 15)
    weave = np.sin((x + wander) * 2 * np.pi / period) * np.sin((y - wander) * 2 * np.pi / period)
    colour = np.array(scene.paper, np.float32) * generator.uniform(0.4, 1)
    contrast = generator.uniform(0.05, 0.4)
    return np.clip(colour * (1 + contrast * weave[..., np.newaxis]), 0, 255).astype(np.uint8)


def noise(generator: Generator, scene: Scene) -> NDArray[np.uint8]:
    """Draw noise, fine or coarse, strong or weak."""
    rough = generator.normal(0, 1, (scene.height, scene.width)).astype(np.float32)
    blurred = cv2.GaussianBlur(rough, (0, 0), generator.uniform(0.5, 20))
    grey = 128 + blurred / blurred.std() * generator.uniform(5, 60)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., np.newaxis], 3, axis=2)


def _cropped(image: NDArray[Any]) -> Stroke:
    x, y, width, height = cv2.boundingRect(image)
    return image[y : y + height, x : x + width].astype(np.float32) / np.float32(255)


def _ruled(scene: Scene, generator: Generator) -> Scene:
    distance = int(generator.integers(20, 90))
    return Scene(**{**vars(scene), "ruled": distance, "squared": bool(generator.random() < 0.5)})


def kinds_of_picture(generator: Generator) -> dict[str, Callable[[Scene], NDArray[np.uint8]]]:
    """Return, for each kind of picture without a digit, what makes one."""
    fonts = typefaces()
    blank = np.zeros((1, 1), np.float32)

    def shot(stroke: Stroke, scene: Scene) -> NDArray[np.uint8]:
        return photograph(stroke, scene, generator)

    return {
        "blank paper": lambda s: shot(blank, s),
        "ruled sheet": lambda s: shot(blank, _ruled(s, generator)),
        "printed letter": lambda s: shot(
            printed(ascii_letters, fonts, generator, s.digit_height), s
        ),
        "written letter": lambda s: shot(pen_letter(ascii_letters, generator, s.digit_height), s),
        "scribble": lambda s: shot(scribble(generator, s.digit_height), s),
        "cloth": lambda s: cloth(generator, s),
        "noise": lambda s: noise(generator, s),
        "look-alike letter": lambda s: shot(pen_letter(LOOK_ALIKES, generator, s.digit_height), s),
    }


def measure(recognizer: Recognizer, count: int, seed: int) -> pd.DataFrame:
    """Return, per kind, how many pictures there were and the share read as a confident digit."""
    generator = np.random.default_rng(seed)
    rows = {}
    for kind, draw in kinds_of_picture(generator).items():
        readings = [recognizer.read(draw(some_scene(generator))) for _ in range(count)]
        confident = [any(digit.confident for digit in reading.digits) for reading in readings]
        found = [bool(reading.digits) for reading in readings]
        rows[kind] = {
            "pictures": count,
            "something found": np.mean(found),
            "confident digit": np.mean(confident),
        }
    return pd.DataFrame(rows).T


def measure_digits(recognizer: Recognizer, count: int, seed: int) -> dict[str, float]:
    """Return how many real digits, photographed the same way, are read and stay confident."""
    mnist = load_mnist()
    _, images, _, labels = split_validation(mnist.x_train, mnist.y_train)
    generator = np.random.default_rng(seed)
    right = confident = 0
    for position in generator.choice(len(images), count, replace=False):
        scene = some_scene(generator)
        stroke = draw_stroke(images[position], scene.digit_height, scene.pen)
        reading = recognizer.read(photograph(stroke, scene, generator))
        right += reading.text == str(labels[position])
        confident += bool(reading.digits) and all(digit.confident for digit in reading.digits)
    return {"pictures": count, "read right": right / count, "confident": confident / count}


def main() -> None:
    """Draw, read, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60, help="pictures of each kind (60)")
    parser.add_argument("--seed", type=int, default=0, help="where chance starts (0)")
    parser.add_argument("--model", type=Path, help="a trained network (default: the CNN's)")
    args = parser.parse_args()
    recognizer = Recognizer(args.model)
    table = measure(recognizer, args.count, args.seed)
    # They are among the letters already.
    without_repeats = table.drop(index="look-alike letter")
    digits = measure_digits(recognizer, 5 * args.count, args.seed)
    share = float(without_repeats["confident digit"].mean())
    print(table.to_string(float_format="{:.2f}".format))
    print(f"\n{share:.1%} are read as a confident digit, the last line not counted again.")
    print(f"Of {digits['pictures']} real digits {digits['confident']:.1%} stay confident, ", end="")
    print(f"{digits['read right']:.1%} are read right.")
    kinds = json.loads(table.round(4).to_json(orient="index"))
    result = {
        "threshold": CONFIDENT,
        "seed": args.seed,
        "kinds": kinds,
        "confident": round(share, 4),
        "digits": digits,
    }
    print("written:", write_result("non_digits", result).name)


if __name__ == "__main__":
    main()
