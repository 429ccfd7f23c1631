"""How well real handwriting is read: the usual way and ours, side by side.

    python benchmarks/handwriting.py FOLDER [--model FILE] [--json]

FOLDER holds pictures and a ``labels.csv`` with the columns ``file``, ``label`` (the digits left
to right, top line first), ``kind`` and ``writer``. A picture counts as read when every digit is
right and none is missing or extra. Four ways are compared:

- naive: grey, resized to 28x28, inverted, classified, as tutorials do (one digit, always);
- naive, polarity told: the same, but inverted only when the border is bright;
- ours: nobody says how many digits there are;
- ours, --single: the picture is promised to hold one digit.

Pictures with several digits are also scored by edit distance over the label. A writer's pictures
resemble each other, so the mean over writers says more about a new writer than the mean over
pictures.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from helpers.evaluation import accuracy_interval
from helpers.pictures.files import PictureError, read_picture
from helpers.pictures.recognizer import Recognizer

WAYS = ("naive", "naive, polarity told", "ours", "ours, --single")


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


def read_all_ways(recognizer: Recognizer, path: Path) -> dict[str, str]:
    """Return what each way reads in one picture; an empty text where it can't be opened."""
    try:
        picture = read_picture(path)
    except PictureError as error:
        print(f"error: {error}")
        return dict.fromkeys(WAYS, "")
    naive = np.stack([naive_form(picture), naive_form(picture, invert=False)])
    answers = recognizer.classify(naive).argmax(axis=1)
    return {
        "naive": str(answers[0]),
        "naive, polarity told": str(answers[1]),
        "ours": recognizer.read(picture).text,
        "ours, --single": recognizer.read(picture, single=True).text,
    }


def measure(folder: Path, recognizer: Recognizer) -> pd.DataFrame:
    """Read every picture of a folder every way: one row a picture and way."""
    labels = pd.read_csv(folder / "labels.csv", dtype=str)
    rows = []
    for item in labels.itertuples():
        for way, text in read_all_ways(recognizer, folder / item.file).items():
            several = len(item.label) > 1
            if several and way == "ours, --single":
                continue
            rows.append(
                {
                    "file": item.file,
                    "kind": item.kind,
                    "writer": item.writer,
                    "way": way,
                    "label": item.label,
                    "text": text,
                    "right": text == item.label,
                    "several": several,
                    "digits": len(item.label),
                    "wrong_digits": edit_distance(text, item.label),
                }
            )
    return pd.DataFrame(rows)


def summarise(readings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables: accuracy per kind, overall with interval, and over writers."""
    single = readings[~readings.several]
    kinds = readings.pivot_table(index="kind", columns="way", values="right", aggfunc="mean")
    kinds.insert(0, "pictures", readings[readings.way == "ours"].groupby("kind").size())
    rows = {}
    for way, part in single.groupby("way"):
        low, high = accuracy_interval(int(part.right.sum()), len(part))
        by_writer = part.groupby("writer").right.mean()
        rows[way] = {
            "single digits": part.right.mean(),
            "from": low,
            "to": high,
            "mean over writers": by_writer.mean(),
            "worst writer": by_writer.min(),
        }
    overall = pd.DataFrame(rows).T
    several = readings[readings.several].groupby("way")[["wrong_digits", "digits"]].sum()
    overall["wrong digits where several"] = several.wrong_digits / several.digits
    order = [way for way in WAYS if way in overall.index]
    return {
        "kinds": kinds[["pictures", *(way for way in WAYS if way in kinds)]],
        "overall": overall.loc[order],
    }


def main() -> None:
    """Read the folder every way, print the tables and the mistakes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="pictures and a labels.csv")
    parser.add_argument("--model", type=Path, help="a trained network (default: the CNN's)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead")
    args = parser.parse_args()
    if not (args.folder / "labels.csv").is_file():
        parser.error(f"{args.folder} holds no labels.csv")
    readings = measure(args.folder, Recognizer(args.model))
    tables = summarise(readings)
    mistakes = readings[(readings.way == "ours") & ~readings.right][["file", "label", "text"]]
    if args.json:
        result = {
            name: json.loads(t.round(4).to_json(orient="index")) for name, t in tables.items()
        }
        result["mistakes"] = mistakes.to_dict(orient="records")
        print(json.dumps(result))
        return
    style = ("display.width", 140, "display.max_columns", None)
    with pd.option_context(*style, "display.float_format", "{:.1%}".format):
        print(f"Share of pictures read exactly, per kind\n\n{tables['kinds']}\n")
        print("Pictures with one digit (95 % interval), and wrong digits per digit\n")
        print(f"{tables['overall']}\n")
    print(f"Mistakes of ours: {len(mistakes)}\n{mistakes.to_string(index=False)}")


if __name__ == "__main__":
    main()
