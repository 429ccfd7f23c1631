"""How cost grows with data: seconds, peak memory and accuracy at 1,000 to 60,000 images.

    python benchmarks/learning_curve.py [--seeds 1]

Each run gets a stratified part of the training images and trains the series' recipe, the same
number of epochs each time, in a fresh process. Accuracy is measured on the test set, once per run
and at its end: the largest size leaves no image for validation, and nothing is chosen here.

Prints a table and writes benchmarks/results/learning_curve.json.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from common import in_own_process, peak_memory_bytes, write_result

SIZES = (1_000, 3_000, 10_000, 30_000, 60_000)


def train_part(name: str, size: int, seed: int) -> dict[str, Any]:
    """Train on a stratified part of the training images, or on all where there are no more."""
    from sklearn.model_selection import train_test_split

    from helpers.data import load_mnist
    from helpers.evaluation import count_correct
    from helpers.models import BUILDERS
    from helpers.recipes import RECIPES
    from helpers.training import fit

    mnist = load_mnist()
    images, labels = mnist.x_train, mnist.y_train
    if size < len(images):
        images, _, labels, _ = train_test_split(
            images, labels, train_size=size, stratify=labels, random_state=seed
        )
    trained = fit(BUILDERS[name], images, labels, RECIPES[name], seed)
    memory = peak_memory_bytes()
    correct = count_correct(trained.model, mnist.x_test, mnist.y_test)
    return {
        "model": name,
        "images": len(images),
        "seed": seed,
        "fit_seconds": round(trained.fit_seconds, 2),
        "peak_memory_bytes": memory,
        "test_accuracy": correct / len(mnist.y_test),
    }


def main() -> None:
    """Run every size for both networks; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0 to N-1 (default: 1)")
    parser.add_argument(
        "--one", nargs=3, metavar=("MODEL", "IMAGES", "SEED"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.one:
        name, size, seed = arguments.one
        print(json.dumps(train_part(name, int(size), int(seed))))
        return
    rows = []
    for name in ("mlp", "cnn"):
        for size in SIZES:
            for seed in range(arguments.seeds):
                row = in_own_process(__file__, "--one", name, size, seed)
                rows.append(row)
                print(
                    f"{name} {row['images']:6,} images  seed {seed}  "
                    f"{row['test_accuracy']:.2%}  {row['fit_seconds']:6.1f} s  "
                    f"{row['peak_memory_bytes'] / 2**20:5.0f} MiB",
                    flush=True,
                )
    print("written:", write_result("learning_curve", {"rows": rows}).name)


if __name__ == "__main__":
    main()
