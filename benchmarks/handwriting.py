"""How well real pages are read, kind by kind: exact, wrong digits, and what is sure but wrong.

    python benchmarks/handwriting.py FOLDER... [--model FILE] [--json] [--mistakes]

A FOLDER holds pictures and a ``labels.csv`` with the columns ``file``, ``label`` (the digits left
to right, top line first; empty where the picture holds none) and ``kind``; with a column
``writer``, the mean over writers is printed as well, since a writer's pictures resemble each other.
``benchmarks/handwriting_sources.csv`` lists where 214 such pictures are to be had.

For each kind:

- exact: pictures whose text is the label, no digit wrong, missing or extra;
- wrong digits: edit distance per digit of the labels (Levenshtein 1966);
- confident on none: pictures without a digit in which one was read and called sure;
- silent: pictures in which every digit was called sure and the text is wrong nevertheless.

Beside ours stand the usual way of tutorials (grey, resized to 28x28, inverted, classified: always
one digit) and, if rapidocr-onnxruntime is installed, the digits of what that reads.
Writes benchmarks/results/pages.json: counts for each kind, and no file names.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
from common import write_result
from numpy.typing import NDArray

from helpers.pictures.files import PictureError, read_picture
from helpers.pictures.recognizer import Recognizer

OURS, USUAL = "ours", "usual way"
# What a way reads in a picture: the text, and for each digit whether it was called sure.
Answer = tuple[str, list[bool]]
Way = Callable[[NDArray[np.uint8]], Answer]
COUNTS = ["exact", "wrong digits", "digits", "confident on none", "silent"]


def naive_form(picture: NDArray[np.uint8], invert: bool = True) -> NDArray[np.uint8]:
    """Bring a picture into 28x28 the way most tutorials do: grey, resized, inverted.

    Args:
        picture: uint8 (h, w, 3).
        invert: whether to invert always; otherwise only when the border is bright.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = np.asarray(cv2.resize(grey, (28, 28), interpolation=cv2.INTER_AREA), np.uint8)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    return 255 - small if invert or np.median(border) > 127 else small


def edit_distance(first: str, second: str) -> int:
    """Return how many digits must be changed, added or removed (Levenshtein 1966)."""
    previous = list(range(len(second) + 1))
    for row, one in enumerate(first, 1):
        current = [row]
        for column, other in enumerate(second, 1):
            replaced = previous[column - 1] + (one != other)
            current.append(min(previous[column] + 1, current[-1] + 1, replaced))
        previous = current
    return previous[-1]


def ways_of_reading(recognizer: Recognizer) -> dict[str, Way]:
    """Return what reads a picture, by name: ours, the usual way, and a peer that is installed."""

    def ours(picture: NDArray[np.uint8]) -> Answer:
        reading = recognizer.read(picture)
        return reading.text, [digit.confident for digit in reading.digits]

    def usual(picture: NDArray[np.uint8]) -> Answer:
        (probabilities,) = recognizer.classify(naive_form(picture)[np.newaxis])
        return str(probabilities.argmax()), [bool(probabilities.max() >= 0.9)]

    return {OURS: ours, USUAL: usual, **_peers()}


def _peers() -> dict[str, Way]:
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        return {}
    engine = RapidOCR()

    def rapidocr(picture: NDArray[np.uint8]) -> Answer:
        found, _ = engine(np.ascontiguousarray(picture[..., ::-1]))
        pieces = [(text, float(score)) for _, text, score in found or []]
        digits = [(c, score >= 0.9) for text, score in pieces for c in text if c in "0123456789"]
        return "".join(c for c, _ in digits), [sure for _, sure in digits]

    return {"rapidocr": rapidocr}


def measure(folder: Path, ways: dict[str, Way]) -> pd.DataFrame:
    """Read every picture of a folder every way: one row a picture and way."""
    labels = pd.read_csv(folder / "labels.csv", dtype=str, keep_default_na=False)
    rows = []
    for item in labels.to_dict(orient="records"):
        try:
            picture = read_picture(folder / item["file"])
        except PictureError as error:
            print(f"error: {error}")
            picture = None
        for way, read in ways.items():
            text, sure = read(picture) if picture is not None else ("", [])
            rows.append({**_scores(text, sure, item["label"]), **item, "way": way, "text": text})
    return pd.DataFrame(rows)


def _scores(text: str, sure: list[bool], label: str) -> dict[str, Any]:
    return {
        "exact": text == label,
        "wrong digits": edit_distance(text, label),
        "digits": len(label),
        "confident on none": not label and any(sure),
        "silent": text != label and bool(sure) and all(sure),
    }


def by_kind(readings: pd.DataFrame) -> pd.DataFrame:
    """Count for each kind of picture and way, and for all kinds together."""
    every = readings.assign(kind="all")
    both = pd.concat([readings, every])
    table = both.groupby(["way", "kind"], sort=False)[COUNTS].sum().astype(int)
    table.insert(0, "pictures", both.groupby(["way", "kind"], sort=False).size())
    return table


def by_writer(readings: pd.DataFrame) -> pd.Series:
    """Return for each way the mean over writers of the share of pictures read exactly."""
    shares = readings.groupby(["way", "writer"], sort=False).exact.mean()
    return shares.groupby("way", sort=False).mean()


def main() -> None:
    """Read the folders every way, print the tables, write the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="pictures and a labels.csv")
    parser.add_argument("--model", type=Path, help="a trained network (default: the CNN's)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    parser.add_argument("--mistakes", action="store_true", help="list what was read wrongly")
    args = parser.parse_args()
    if missing := [str(f) for f in args.folders if not (f / "labels.csv").is_file()]:
        parser.error(f"no labels.csv in {', '.join(missing)}")
    ways = ways_of_reading(Recognizer(args.model))
    results = {}
    for folder in args.folders:
        readings = measure(folder, ways)
        table = by_kind(readings)
        results[folder.name] = table.reset_index().to_dict(orient="records")
        if args.json:
            continue
        print(f"\n{folder.name}: {len(readings) // len(ways)} pictures\n\n{table.to_string()}")
        if "writer" in readings:
            print(f"\nExact, mean over writers\n{by_writer(readings).to_string()}")
        if args.mistakes:
            wrong = readings[(readings.way == OURS) & ~readings.exact]
            print(wrong[["file", "label", "text", "silent"]].to_string(index=False))
    path = write_result("pages", {"folders": results})
    print(json.dumps(results) if args.json else f"\nwritten: {path.name}")


if __name__ == "__main__":
    main()
