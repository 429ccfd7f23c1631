"""How many epochs? What more of them bring, measured on validation images.

    python benchmarks/epochs.py [--seeds 3] [--only cnn mlp]

Trains each recipe with fewer epochs than it has, the whole learning-rate cycle within them, and
with its own number, each time in a fresh process. The images are split as in training; accuracy is
measured on the validation images, and the test set is not used.

Prints a table and writes benchmarks/results/epochs.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import replace
from typing import Any

from common import in_own_process, write_result

EPOCHS = {"cnn": (4, 6, 8), "mlp": (16, 24, 32)}


def train_one(name: str, epochs: int, seed: int) -> dict[str, Any]:
    """Train one network in this process and return its figures."""
    from helpers.data import load_mnist
    from helpers.models import BUILDERS
    from helpers.preprocessing import split_validation
    from helpers.training import RECIPES, count_correct, fit

    mnist = load_mnist()
    images, held_back, labels, held_back_labels = split_validation(mnist.x_train, mnist.y_train)
    recipe = replace(RECIPES[name], epochs=epochs)
    trained = fit(BUILDERS[name], images, labels, recipe, seed)
    correct = count_correct(trained.model, held_back, held_back_labels)
    return {
        "model": name,
        "epochs": epochs,
        "seed": seed,
        "fit_seconds": round(trained.fit_seconds, 2),
        "validation_accuracy": correct / len(held_back),
    }


def main() -> None:
    """Train every network for every number of epochs; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to N-1 (default: 3)")
    parser.add_argument("--only", nargs="+", choices=EPOCHS, default=tuple(EPOCHS))
    parser.add_argument(
        "--one", nargs=3, metavar=("MODEL", "EPOCHS", "SEED"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.one:
        name, epochs, seed = arguments.one
        print(json.dumps(train_one(name, int(epochs), int(seed))))
        return
    rows = []
    for name in arguments.only:
        for epochs in EPOCHS[name]:
            own = [
                in_own_process(__file__, "--one", name, epochs, seed)
                for seed in range(arguments.seeds)
            ]
            rows += own
            accuracies = [row["validation_accuracy"] for row in own]
            spread = statistics.stdev(accuracies) if len(own) > 1 else 0.0
            print(
                f"{name} {epochs:2} epochs  validation {statistics.mean(accuracies):.3%} "
                f"± {100 * spread:.3f}  {statistics.median(r['fit_seconds'] for r in own):6.1f} s",
                flush=True,
            )
    print("written:", write_result("epochs", {"rows": rows}).name)


if __name__ == "__main__":
    main()
