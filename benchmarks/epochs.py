"""How many epochs? Chosen by cross-validation on the training images.

    python benchmarks/epochs.py [--repeats 0 1 2] [--only cnn] [--epochs 6 8] [--folds 6]

Trains each recipe with fewer epochs than it has, the whole learning-rate cycle within them, and
with its own number; benchmarks/cross_validation.py says how. The test set is not used.

The rule: more epochs are taken when they spare more mistakes than one standard error of the
difference, counted on the same images and over all repeats. The stored result has one repeat of
everything, which left six against eight epochs of the CNN open, and then two more of these. All
candidates cost less than the usual recipe that benchmarks/training.py compares with.

Prints a line for each, and writes benchmarks/results/epochs.json; the runs of other repeats stay
in that file, so that the repeats can be measured one at a time.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from typing import Any

from common import RESULTS_FOLDER, write_result
from cross_validation import Deal, cross_validate

EPOCHS = {"cnn": (4, 6, 8), "mlp": (16, 24, 32)}
Row = dict[str, Any]


def measure(name: str, epochs: int, deal: Deal) -> tuple[Row, set[int]]:
    """Return the figures of one number of epochs over all folds, and the images it misread."""
    misread = cross_validate(name, {"epochs": epochs}, deal)
    return {
        "model": name,
        "epochs": epochs,
        "repeat": deal.repeat,
        "images": misread.of,
        "mistakes": len(misread.images),
        "mistakes_of_folds": misread.of_folds,
        "fit_seconds": statistics.median(misread.fit_seconds),
    }, misread.images


def compare(name: str, candidates: list[int], deal: Deal) -> list[Row]:
    """Measure a network with each number of epochs; print a line each.

    From the second row on, a row says how many mistakes fewer it has than the row before, and that
    difference's standard error: images that both misread, or neither, say nothing about it
    (McNemar, 1947).
    """
    rows: list[Row] = []
    before: set[int] = set()
    for epochs in candidates:
        row, misread = measure(name, epochs, deal)
        if rows:
            row["compared_with"] = rows[-1]["epochs"]
            row["spared"] = len(before) - len(misread)
            row["standard_error"] = round(math.sqrt(len(before ^ misread)), 1)
        rows.append(row)
        before = misread
        print(
            f"{name} {epochs:2} epochs, repeat {deal.repeat}: {row['mistakes']:4} of "
            f"{row['images']:,} misread, {row['fit_seconds']:.1f} s a training",
            flush=True,
        )
    return rows


def choose(rows: list[Row]) -> int:
    """Return the number of epochs that the rule takes, given all rows of one network."""
    chosen = min(row["epochs"] for row in rows)
    for epochs in sorted({row["epochs"] for row in rows} - {chosen}):
        pairs = [r for r in rows if r["epochs"] == epochs and r.get("compared_with") == chosen]
        spared = sum(row["spared"] for row in pairs)
        error = math.sqrt(sum(row["standard_error"] ** 2 for row in pairs))
        if pairs:
            print(f"{epochs} against {chosen} epochs: {spared:+} mistakes spared ± {error:.1f}")
            chosen = epochs if spared > error else chosen
        else:
            print(f"{epochs} were not compared with {chosen}: add --epochs {chosen} {epochs}")
    return chosen


def kept_rows(new: list[Row]) -> list[Row]:
    """Return the rows of the result file that were not measured again."""
    path = RESULTS_FOLDER / "epochs.json"
    old = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []
    measured = {(row["model"], row["epochs"], row["repeat"]) for row in new}
    return [row for row in old if (row["model"], row["epochs"], row["repeat"]) not in measured]


def main() -> None:
    """Cross-validate, choose, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, nargs="+", default=[0], help="default: 0")
    parser.add_argument("--only", nargs="+", choices=EPOCHS, default=tuple(EPOCHS))
    parser.add_argument("--epochs", type=int, nargs="+", help="in place of all candidates")
    parser.add_argument("--folds", type=int, default=6, help="parts to deal into (default: 6)")
    arguments = parser.parse_args()
    rows: list[Row] = []
    for repeat in arguments.repeats:
        for name in arguments.only:
            candidates = arguments.epochs or list(EPOCHS[name])
            rows += compare(name, candidates, Deal(arguments.folds, repeat))
    rows = sorted(kept_rows(rows) + rows, key=lambda r: (r["model"], r["repeat"], r["epochs"]))
    chosen = {}
    for name in EPOCHS:
        own = [row for row in rows if row["model"] == name]
        if own:
            chosen[name] = choose(own)
            print(f"chosen for {name}: {chosen[name]} epochs")
    print("written:", write_result("epochs", {"chosen": chosen, "rows": rows}).name)


if __name__ == "__main__":
    main()
