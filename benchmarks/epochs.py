"""How many epochs? Chosen by cross-validation on the training images.

    python benchmarks/epochs.py [--repeats 0 1 2] [--only cnn] [--epochs 6 8] [--folds 6]

Trains each recipe with fewer epochs than it has, the whole learning-rate cycle within them, and
with its own number. The 60,000 training images are dealt into folds; each fold is classified by a
network that trained on the others, in a fresh process, so that each image counts once. A single
part of 5,000 can't tell such recipes apart: of some 20 mistakes, four or five are chance.
A repeat deals the images anew and takes other seeds. The test set is not used.

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
from dataclasses import replace
from typing import Any

from common import RESULTS_FOLDER, in_own_process, write_result

EPOCHS = {"cnn": (4, 6, 8), "mlp": (16, 24, 32)}
Row = dict[str, Any]


def train_one(name: str, epochs: int, repeat: int, fold: int, folds: int) -> Row:
    """Train one network in this process on all folds but one; return what it misread there."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    from helpers.data import load_mnist
    from helpers.models import BUILDERS
    from helpers.preprocessing import scale
    from helpers.training import RECIPES, fit

    mnist = load_mnist()
    dealt = StratifiedKFold(folds, shuffle=True, random_state=repeat)
    kept, held_back = list(dealt.split(mnist.x_train, mnist.y_train))[fold]
    recipe = replace(RECIPES[name], epochs=epochs)
    seed = repeat * folds + fold
    trained = fit(BUILDERS[name], mnist.x_train[kept], mnist.y_train[kept], recipe, seed)
    probabilities = trained.model.predict(scale(mnist.x_train[held_back]), 1_000, verbose=0)
    wrong = probabilities.argmax(axis=1) != mnist.y_train[held_back]
    return {
        "fit_seconds": round(trained.fit_seconds, 2),
        "images": len(held_back),
        "misread": np.asarray(held_back)[wrong].tolist(),
    }


def cross_validate(name: str, epochs: int, repeat: int, folds: int) -> tuple[Row, set[int]]:
    """Return the figures of one number of epochs over all folds, and the images it misread."""
    runs = [
        in_own_process(__file__, "--one", name, epochs, repeat, fold, folds)
        for fold in range(folds)
    ]
    misread = {image for run in runs for image in run["misread"]}
    return {
        "model": name,
        "epochs": epochs,
        "repeat": repeat,
        "images": sum(run["images"] for run in runs),
        "mistakes": len(misread),
        "mistakes_of_folds": [len(run["misread"]) for run in runs],
        "fit_seconds": statistics.median(run["fit_seconds"] for run in runs),
    }, misread


def compare(name: str, candidates: list[int], repeat: int, folds: int) -> list[Row]:
    """Measure a network with each number of epochs; print a line each.

    From the second row on, a row says how many mistakes fewer it has than the row before, and that
    difference's standard error: images that both misread, or neither, say nothing about it
    (McNemar, 1947).
    """
    rows: list[Row] = []
    before: set[int] = set()
    for epochs in candidates:
        row, misread = cross_validate(name, epochs, repeat, folds)
        if rows:
            row["compared_with"] = rows[-1]["epochs"]
            row["spared"] = len(before) - len(misread)
            row["standard_error"] = round(math.sqrt(len(before ^ misread)), 1)
        rows.append(row)
        before = misread
        print(
            f"{name} {epochs:2} epochs, repeat {repeat}: {row['mistakes']:4} of "
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
    parser.add_argument(
        "--one",
        nargs=5,
        metavar=("MODEL", "EPOCHS", "REPEAT", "FOLD", "FOLDS"),
        help=argparse.SUPPRESS,
    )
    arguments = parser.parse_args()
    if arguments.one:
        name, *numbers = arguments.one
        print(json.dumps(train_one(name, *map(int, numbers))))
        return
    rows: list[Row] = []
    for repeat in arguments.repeats:
        for name in arguments.only:
            candidates = arguments.epochs or list(EPOCHS[name])
            rows += compare(name, candidates, repeat, arguments.folds)
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
