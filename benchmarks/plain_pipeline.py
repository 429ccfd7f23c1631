"""Real handwriting, read the usual way, by the pipeline of notebook 06, and by the series' reader.

    python benchmarks/plain_pipeline.py FOLDER [--model FILE]

FOLDER holds the pictures of the set "handwriting" in ``benchmarks/handwriting_sources.csv``, under
the names in its column ``file``. Each is found at
https://raw.githubusercontent.com/REPOSITORY/COMMIT/PATH; most come without a licence, so they are
not part of this project. Files whose SHA-1 is another are refused.

The pipeline's functions are taken from the cells of the notebook, so what is measured is what the
notebook teaches. Every way gives a picture with one digit exactly one digit (the reader is told
that there is one); of pictures with several digits the reader must read all, and the other two
cannot be right. Writes benchmarks/results/handwriting.json: counts per kind, and no file names.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from common import write_result
from handwriting import naive_form
from numpy.typing import NDArray

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER, read_notebook
from helpers.evaluation import accuracy_interval
from helpers.pictures import Recognizer, read_picture

SOURCES = Path(__file__).with_name("handwriting_sources.csv")
LESSON = NOTEBOOKS_FOLDER / "06_custom_images.ipynb"
WAYS = ("usual way", "pipeline", "reader")
# The names of the kinds in the list of sources, and what the lesson calls them.
KINDS = {
    "photo": "photograph",
    "drawn-light": "drawing, light page",
    "fine": "drawing, fine line",
    "drawn-dark": "drawing, dark page",
    "scan": "scan",
    "small28": "small image",
    "multi": "several digits",
}
# Drawings on a light page, too, but with a line as thin as a hair: one writer's, counted apart.
FINE_LINES = "Abhighule24/Digit-Recogniser-using-Neural-Network"
Form = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def lesson_pipeline(lesson: Path = LESSON) -> Form:
    """Return the function ``mnist_image`` as the cells of the lesson define it."""
    definitions: list[ast.stmt] = []
    for cell in read_notebook(lesson).cells:
        if cell.cell_type == "code":
            body = ast.parse(cell.source).body
            definitions += [node for node in body if isinstance(node, ast.FunctionDef)]
    names: dict = {"cv2": cv2, "np": np}
    exec(compile(ast.Module(definitions, []), str(lesson), "exec"), names)
    return names["mnist_image"]


def listed_pictures(folder: Path) -> pd.DataFrame:
    """Return the list of sources, once every picture is there and is the one that was meant.

    Raises:
        SystemExit: a picture is missing or another one.
    """
    sources = pd.read_csv(SOURCES, dtype=str)
    sources = sources[sources["set"] == "handwriting"]
    for item in sources.itertuples():
        path = folder / item.file
        if not path.is_file():
            raise SystemExit(f"{path} is missing; handwriting_sources.csv says where it is from.")
        if hashlib.sha1(path.read_bytes()).hexdigest() != item.sha1:
            raise SystemExit(f"{path} is not the picture that handwriting_sources.csv means.")
    return sources


def measure(folder: Path, recognizer: Recognizer) -> pd.DataFrame:
    """Read every picture in every way; return one row for each picture."""
    pipeline = lesson_pipeline()
    rows = []
    for item in listed_pictures(folder).itertuples():
        picture = read_picture(folder / item.file)
        images = np.stack([naive_form(picture), pipeline(picture)])
        usual, plain = recognizer.classify(images).argmax(axis=1)
        single = len(item.label) == 1
        texts = (str(usual), str(plain), recognizer.read(picture, single=single).text)
        correct = {way: text == item.label for way, text in zip(WAYS, texts, strict=True)}
        kind = "fine" if item.repository == FINE_LINES else item.kind
        rows.append({"kind": KINDS[kind], "writer": item.repository, **correct})
    return pd.DataFrame(rows)


def summarise(readings: pd.DataFrame) -> list[dict[str, object]]:
    """Count per kind and way, with 95 % intervals."""
    results: list[dict[str, object]] = []
    for kind in KINDS.values():
        part = readings[readings.kind == kind]
        for way in WAYS:
            correct = int(part[way].sum())
            low, high = accuracy_interval(correct, len(part))
            results.append(
                {
                    "kind": kind,
                    "pictures": len(part),
                    "writers": int(part.writer.nunique()),
                    "way": way,
                    "correct": correct,
                    "from": round(low, 4),
                    "to": round(high, 4),
                }
            )
    return results


def main() -> None:
    """Read the pictures, print the counts and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the pictures of handwriting_sources.csv")
    parser.add_argument("--model", type=Path, help="a trained network (default: the CNN's)")
    args = parser.parse_args()
    readings = measure(args.folder, Recognizer(args.model))
    results = summarise(readings)
    table = pd.DataFrame(results).pivot(index=["kind", "pictures"], columns="way", values="correct")
    print(table[list(WAYS)].loc[list(KINDS.values())])
    result = {"pictures": len(readings), "ways": WAYS, "results": results}
    print("written:", write_result("handwriting", result).name)


if __name__ == "__main__":
    main()
