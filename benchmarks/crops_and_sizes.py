"""Is the same read however a photo is cropped, and however many pixels it has?

    python benchmarks/crops_and_sizes.py [--count N] [--seed N]

Crops: photos of 900 pixels of rows of three digits, and of single large ones, on ruled and squared
paper, cut to heights and widths from 260 pixels on. Reports how many of a cut are read exactly, as
a share of how many of the whole photos are.

Sizes: the same photo of a digit, sharp and with a blur of 1, 2 and 3 % of the digit's height, at
280 to 4,000 pixels. Reports how many answers are the one at 560 pixels.

Digits are those of validation. Prints two tables and writes
benchmarks/results/crops_and_sizes.json.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import cv2
import numpy as np
import pandas as pd
from common import write_result
from numpy.typing import NDArray

from helpers.data import load_mnist
from helpers.pictures.recognizer import Recognizer
from helpers.preprocessing import split_validation
from helpers.synthesis.photographs import Scene, draw_stroke, photograph, random_scene, write_row

WHOLE = 900
SIDES = (700, 560, 480, 420, 360, 300, 260)
# How far apart the lines are, in pixels, and whether there are any across.
PAPERS = {
    "ruled, 100 apart": (100, False),
    "ruled, 150 apart": (150, False),
    "ruled, 200 apart": (200, False),
    "squared, 60 apart": (60, True),
}
# Of the digits: how many, and their height in pixels.
WRITINGS = {"three digits": (3, 110), "one digit": (1, 240)}
CUTS = ("height", "width", "both")

DRAWN = 1200
SIZES = (280, 560, 1200, 2400, 4000)
USUAL_SIZE = 560
FILLS = (0.5, 0.8)
BLURS = (0.0, 0.01, 0.02, 0.03)

Images = NDArray[np.uint8]


def cut(picture: Images, side: int, what: str) -> Images:
    """Return the middle of a photo of ``WHOLE`` pixels, ``side`` pixels high, wide, or both."""
    start = (WHOLE - side) // 2
    rows = slice(start, start + side) if what in {"height", "both"} else slice(None)
    columns = slice(start, start + side) if what in {"width", "both"} else slice(None)
    return np.ascontiguousarray(picture[rows, columns])


def measure_crops(
    recognizer: Recognizer, images: Images, labels: Images, count: int, seed: int
) -> list[dict[str, Any]]:
    """Return, for each kind of cut, how many photos are read exactly, and how many of them whole.

    A cut that would go through the digits says nothing, and is not made.
    """
    records = []
    for paper, (ruled, squared) in PAPERS.items():
        for writing, (digits, height) in WRITINGS.items():
            generator = np.random.default_rng(seed)
            read = {(what, side): [0, 0] for what in CUTS for side in SIDES}
            for _ in range(count):
                chosen = generator.choice(len(images), digits, replace=False)
                settings = {"digit_height": height, "ruled": ruled, "squared": squared}
                scene = random_scene(generator, width=WHOLE, height=WHOLE, **settings)
                row = write_row(list(images[chosen]), height, generator, scene.pen)
                picture = photograph(row, scene, generator, place=(0.5, 0.5))
                label = "".join(str(labels[position]) for position in chosen)
                whole = recognizer.read(picture).text == label
                for (what, side), numbers in read.items():
                    least = row.shape[0 if what == "height" else 1]
                    if side >= least + 10:
                        text = recognizer.read(cut(picture, side, what)).text
                        numbers[0] += text == label
                        numbers[1] += whole
            records += [
                {"paper": paper, "writing": writing, "cut": what, "side": side}
                | dict(zip(("right", "right_whole"), numbers, strict=True))
                for (what, side), numbers in read.items()
                if numbers[1]
            ]
    return records


def measure_sizes(
    recognizer: Recognizer, images: Images, labels: Images, count: int, seed: int
) -> list[dict[str, Any]]:
    """Return, for each blur and size, how many answers are right, and how many as at 560 pixels."""
    records = []
    for fill in FILLS:
        for blur in BLURS:
            generator = np.random.default_rng(seed)
            found: dict[int, list[str]] = {size: [] for size in SIZES}
            chosen = generator.choice(len(images), count, replace=False)
            for position in chosen:
                height = round(fill * DRAWN)
                scene = Scene(DRAWN, DRAWN, height, blur=blur * height)
                stroke = draw_stroke(images[position], height)
                picture = photograph(stroke, scene, generator, place=(0.5, 0.5))
                for size in SIZES:
                    method = cv2.INTER_AREA if size < DRAWN else cv2.INTER_CUBIC
                    resized = cv2.resize(picture, (size, size), interpolation=method)
                    found[size].append(recognizer.read(resized).text)
            for size, texts in found.items():
                records.append(
                    {
                        "fill": fill,
                        "blur": blur,
                        "size": size,
                        "right": sum(
                            text == str(labels[position])
                            for text, position in zip(texts, chosen, strict=True)
                        ),
                        "equal": sum(
                            one == other
                            for one, other in zip(texts, found[USUAL_SIZE], strict=True)
                        ),
                    }
                )
    return records


def main() -> None:
    """Photograph, read, print and write the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="photos of each kind (30)")
    parser.add_argument("--seed", type=int, default=0, help="where chance starts (0)")
    arguments = parser.parse_args()
    recognizer = Recognizer()
    mnist = load_mnist()
    _, images, _, labels = split_validation(mnist.x_train, mnist.y_train)
    given = recognizer, images, labels, arguments.count, arguments.seed

    crops = pd.DataFrame(measure_crops(*given))
    kinds = ["paper", "writing", "cut"]
    crops["share"] = crops.right / crops.right_whole
    print("\nRead exactly, as a share of the whole photos that are\n")
    table = crops.pivot(index=kinds, columns="side", values="share")[list(SIDES)]
    print(table.to_string(float_format="{:.0%}".format, na_rep="-"))
    print(f"\nin all {crops.right.sum() / crops.right_whole.sum():.1%}")

    sizes = pd.DataFrame(measure_sizes(*given))
    shares = sizes.pivot(index=["fill", "blur"], columns="size", values="equal") / arguments.count
    print(f"\nThe same answer as at {USUAL_SIZE} pixels\n")
    print(shares.to_string(float_format="{:.0%}".format))
    others = sizes[sizes["size"] != USUAL_SIZE]
    print(f"\nin all {others.equal.mean() / arguments.count:.1%}")
    result = {
        "count": arguments.count,
        "seed": arguments.seed,
        "crops": json.loads(crops.to_json(orient="records")),
        "sizes": json.loads(sizes.to_json(orient="records")),
    }
    print("\nwritten:", write_result("crops_and_sizes", result).name)


if __name__ == "__main__":
    main()
