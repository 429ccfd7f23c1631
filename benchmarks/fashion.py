"""Fashion-MNIST by the recipe for digits: what carries over, and what mirrored images are worth.

    python benchmarks/fashion.py [--seeds 3] [--only NAME ...]

The network is the one that notebook 4 builds, without a changed line. Each recipe is trained once
per seed, each time in a fresh process, alternating seed by seed, on the images that
``load_dataset("fashion_mnist")`` gives, but for 5,000 that are set aside for validation. Nothing is
tuned: the three recipes were written down before the first run. The test set is opened once per
run, when training has ended.

Seconds are wall time of the training. Where other programs run beside it, look at the seconds of
the processor instead: divided by two, they are about what two cores of one's own would take.

Prints a table and writes benchmarks/results/fashion.json after each run; runs that the file has
already are not done again.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from common import conditions, in_own_process, peak_memory_bytes, write_result

from helpers.augmentation import Augmentation
from helpers.evaluation import accuracy_interval
from helpers.paths import RESULTS_FOLDER
from helpers.recipes import RECIPES, Recipe

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

# The digits' recipe without the pictures that only mean something among digits, and with more
# epochs: clothes are harder.
EPOCHS = 10
_LIKE_DIGITS = replace(RECIPES["cnn"], epochs=EPOCHS, non_digits=0, flagged_ones=0, look_alikes=0)
STILL = Augmentation(
    rotation=0.0, shear=0.0, scaling=0.0, stretching=0.0, translation=0.0, stroke=0.0
)

# name in the table: the recipe
CONTESTANTS: dict[str, Recipe] = {
    "not augmented": replace(_LIKE_DIGITS, augmentation=None, unchanged=0.0),
    "augmented like digits": _LIKE_DIGITS,
    "mirrored": replace(_LIKE_DIGITS, augmentation=replace(STILL, flip=0.5), unchanged=0.0),
}

# From the table of submitted results in the README of
# https://github.com/zalandoresearch/fashion-mnist, whose authors have not tested them: network,
# parameters, test accuracy.
PUBLISHED = (
    ("two convolutions (under 100,000)", 100_000, 0.925),
    ("two convolutions", 113_000, 0.922),
    ("DenseNet-BC", 768_000, 0.954),
    ("two convolutions, three dense layers", 1_800_000, 0.932),
    ("capsule network", 8_000_000, 0.936),
    ("wide ResNet 40-4", 8_900_000, 0.967),
    ("VGG16", 26_000_000, 0.935),
)


def correct_of_both(
    model: keras.Model, images: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> int:
    """Count the images that are right by the mean of what a network says to both sides.

    Args:
        model: takes float32 (n, 28, 28, 1).
        images: uint8 (n, 28, 28).
        labels: uint8 (n,).
    """
    from helpers.preprocessing import scale

    looks = [
        model.predict(scale(side), batch_size=1_000, verbose=0)
        for side in (images, images[:, :, ::-1])
    ]
    return int(((looks[0] + looks[1]).argmax(axis=1) == labels).sum())


def train_one(name: str, seed: int, on_test: bool = True) -> dict[str, Any]:
    """Train by one recipe in this process and return what came of it."""
    from helpers.data import load_dataset
    from helpers.evaluation import count_correct
    from helpers.models import build_cnn
    from helpers.preprocessing import split_validation
    from helpers.training import fit

    clothes = load_dataset("fashion_mnist")
    images, x_val, labels, y_val = split_validation(clothes.x_train, clothes.y_train)
    before = time.process_time()
    trained = fit(build_cnn, images, labels, CONTESTANTS[name], seed)
    processor_seconds = time.process_time() - before
    measured = {"validation": (x_val, y_val)}
    if on_test:
        measured["test"] = (clothes.x_test, clothes.y_test)
    result: dict[str, Any] = {
        "contestant": name,
        "seed": seed,
        "parameters": trained.model.count_params(),
        "fit_seconds": trained.fit_seconds,
        "processor_seconds": processor_seconds,
        "training_accuracy": trained.history["accuracy"][-1],
    }
    for part, (pictures, digits) in measured.items():
        result[f"{part}_correct"] = count_correct(trained.model, pictures, digits)
        result[f"{part}_correct_of_both_sides"] = correct_of_both(trained.model, pictures, digits)
        result[f"{part}_images"] = len(digits)
    return {**result, "peak_memory_bytes": peak_memory_bytes()}


def summarise(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Reduce the runs of each recipe to the row of a table."""
    rows = []
    for name in CONTESTANTS:
        own = [run for run in runs if run["contestant"] == name]
        if not own:
            continue
        images = own[0]["test_images"]
        correct = [run["test_correct"] for run in own]
        both = [run["test_correct_of_both_sides"] for run in own]
        rows.append(
            {
                "contestant": name,
                "seeds": len(own),
                "parameters": own[0]["parameters"],
                "mean_test_accuracy": statistics.mean(correct) / images,
                "worst_test_accuracy": min(correct) / images,
                "standard_deviation": statistics.stdev(correct) / images if len(own) > 1 else 0.0,
                "interval_of_the_worst": list(accuracy_interval(min(correct), images)),
                "mean_test_accuracy_of_both_sides": statistics.mean(both) / images,
                "worst_test_accuracy_of_both_sides": min(both) / images,
                "median_seconds": statistics.median(run["fit_seconds"] for run in own),
                "median_processor_seconds": statistics.median(
                    run["processor_seconds"] for run in own
                ),
            }
        )
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    lines = [
        f"{'':24} {'mean':>8} {'worst':>8} {'both sides':>11} {'seconds':>8} {'processor':>10}"
    ]
    lines += [
        f"{row['contestant']:24} {row['mean_test_accuracy']:8.2%} "
        f"{row['worst_test_accuracy']:8.2%} {row['mean_test_accuracy_of_both_sides']:11.2%} "
        f"{row['median_seconds']:8.0f} {row['median_processor_seconds']:10.0f}"
        for row in rows
    ]
    return "\n".join(lines)


def earlier_runs() -> list[dict[str, Any]]:
    """Return the runs that the result file has of recipes and versions as they are now."""
    try:
        file = json.loads((RESULTS_FOLDER / "fashion.json").read_text(encoding="utf-8"))
    except OSError:
        return []
    if file["conditions"]["versions"] != conditions()["versions"]:
        return []
    as_now = json.loads(json.dumps(recipes()))
    kept = [name for name, recipe in as_now.items() if file["recipes"].get(name) == recipe]
    return [run for run in file["runs"] if run["contestant"] in kept]


def recipes() -> dict[str, Any]:
    """Return the recipes as the result file keeps them."""
    return {name: asdict(recipe) for name, recipe in CONTESTANTS.items()}


def main() -> None:
    """Train every recipe for every seed, alternating; print and write the result."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to N-1 (default: 3)")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument(
        "--validation-only", action="store_true", help="leave the test set shut; write nothing"
    )
    parser.add_argument("--one", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(train_one(options.one, options.seed, not options.validation_only)))
        return
    runs = [] if options.validation_only else earlier_runs()
    done = {(run["contestant"], run["seed"]) for run in runs}
    for seed in range(options.seeds):
        for name in options.only:
            if (name, seed) in done:
                continue
            shut = ["--validation-only"] if options.validation_only else []
            run = in_own_process(__file__, "--one", name, "--seed", seed, *shut)
            runs.append(run)
            share = run["validation_correct"] / run["validation_images"]
            print(f"seed {seed}  {name:24} {share:.2%} {run['fit_seconds']:6.1f} s", flush=True)
            if not options.validation_only:
                content = {"recipes": recipes(), "rows": summarise(runs), "runs": runs}
                write_result("fashion", {**content, "published": PUBLISHED})
    if not options.validation_only:
        print(table(summarise(runs)))


if __name__ == "__main__":
    main()
