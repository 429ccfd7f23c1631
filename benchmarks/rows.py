"""Rows of digits: how many are read as they were written, the closer together the worse?

    python benchmarks/rows.py [--count N] [--seed N] [--model FILE]

Writes rows of two to four validation digits by program, far apart, close, leaning, so close that
some touch, and overlapping, on plain and ruled paper, in hard shadow and with a pencil, and
photographs them.
Prints the share of rows that are read exactly, and wrong, missing or extra digits per digit. Rows
whose digits touch are counted by what was written, not by whether ink met. Writes
benchmarks/results/rows.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from common import write_result
from handwriting import edit_distance
from numpy.typing import NDArray

from helpers.data import load_mnist
from helpers.pictures.recognizer import Recognizer
from helpers.preprocessing import split_validation
from helpers.synthesis.photographs import CONDITIONS, photograph, random_scene, write_row

# Distance between two digits in heights, to which chance adds up to a tenth, and how far the top of
# the row leans to the right, in heights.
WRITING = {
    "far apart": (0.25, 0.0),
    "close": (0.08, 0.0),
    "leaning": (0.08, 0.5),
    "some touch": (-0.05, 0.0),
    "overlapping": (-0.15, 0.0),
}
PAPERS = ("plain paper", "ruled paper", "squared paper", "hard shadow", "pencil")


def leaned(row: NDArray[np.float32], lean: float) -> NDArray[np.float32]:
    """Slide the top of a row to the right, by ``lean`` times its height."""
    height, width = row.shape
    matrix = np.array([[1, -lean, lean * height], [0, 1, 0]])
    leaning = cv2.warpAffine(row, matrix, (width + int(lean * height) + 1, height))
    return np.asarray(leaning, np.float32)


def measure_rows(
    recognizer: Recognizer,
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    gap: float,
    lean: float,
    settings: dict[str, object],
    count: int,
    seed: int,
) -> dict[str, float]:
    """Write and read rows; return the share read exactly, and wrong digits per digit.

    Args:
        recognizer: the network.
        images: uint8 (n, 28, 28), the digits to write with.
        labels: their labels, uint8 (n,).
        gap, lean: as in ``WRITING``.
        settings: what the scene is like (:data:`helpers.synthesis.photographs.CONDITIONS`).
        count: how many rows.
        seed: where chance starts; in every writing the same digits, and on some papers, too.
    """
    generator = np.random.default_rng(seed)
    right = wrong = written = sure_and_wrong = 0
    for _ in range(count):
        chosen = generator.choice(len(images), int(generator.integers(2, 5)), replace=False)
        scene = random_scene(
            generator, 480, **{"digit_height": 110, "width": 720, "height": 300, **settings}
        )
        row = write_row(list(images[chosen]), scene.digit_height, generator, scene.pen, gap)
        reading = recognizer.read(photograph(leaned(row, lean), scene, generator))
        label = "".join(str(labels[position]) for position in chosen)
        right += reading.text == label
        wrong += edit_distance(reading.text, label)
        written += len(label)
        sure = bool(reading.digits) and all(digit.confident for digit in reading.digits)
        sure_and_wrong += sure and reading.text != label
    return {
        "rows": count,
        "read exactly": right / count,
        "wrong digits": round(wrong / written, 4),
        "wrong and sure of all": sure_and_wrong / count,
    }


def main() -> None:
    """Write, read, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60, help="rows of each kind (60)")
    parser.add_argument("--seed", type=int, default=0, help="where chance starts (0)")
    parser.add_argument("--model", type=Path, help="a trained network (default: the CNN's)")
    arguments = parser.parse_args()
    recognizer = Recognizer(arguments.model)
    mnist = load_mnist()
    _, images, _, labels = split_validation(mnist.x_train, mnist.y_train)
    rows = {
        (paper, name): measure_rows(
            recognizer, images, labels, *how, CONDITIONS[paper], arguments.count, arguments.seed
        )
        for paper in PAPERS
        for name, how in WRITING.items()
    }
    table = pd.DataFrame(rows).T.rename_axis(["paper", "writing"])
    for figure in ("read exactly", "wrong digits", "wrong and sure of all"):
        print(f"\n{figure}\n")
        shares = table[figure].unstack()[list(WRITING)].reindex(PAPERS)
        print(shares.to_string(float_format="{:.1%}".format))
    records = json.loads(table.reset_index().to_json(orient="records"))
    print("\nwritten:", write_result("rows", {"seed": arguments.seed, "kinds": records}).name)


if __name__ == "__main__":
    main()
