"""The series' recipes against the textbook's: accuracy on the test set, and seconds of training.

    python benchmarks/training.py [--seeds 5] [--only "cnn" "keras example" ...]

Every contestant trains once per seed, each time in a fresh process, alternating seed by seed, on
whatever data ``load_mnist`` gives. Seconds are wall time of all training work: building and
compiling the network, augmentation and drawing included; imports and data loading excluded. The
test set is evaluated once per run, when training has ended. The hyper-parameters were chosen on
validation images taken from the training set; see helpers/training.py.

Prints a table and writes benchmarks/results/training.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from common import build_textbook, in_own_process, peak_memory_bytes, write_result

# name in the table: how it is run
CONTESTANTS = (
    "keras example",
    "cnn",
    "cnn, 1 epoch",
    "plain mlp",
    "mlp",
    "mlp without augmentation",
)
# whose seconds each of ours is compared with
REFERENCE = {
    "cnn": "keras example",
    "cnn, 1 epoch": "keras example",
    "mlp": "plain mlp",
    "mlp without augmentation": "plain mlp",
}


def train_keras_example(seed: int) -> dict[str, Any]:
    """Train the convnet of keras.io's "Simple MNIST convnet" with that example's own settings.

    https://keras.io/examples/vision/mnist_convnet/ : batches of 128, 15 epochs, Adam, a tenth of
    the training images for validation after each epoch.
    """
    import keras

    from helpers.data import load_mnist
    from helpers.evaluation import count_correct
    from helpers.preprocessing import scale

    mnist = load_mnist()
    images, targets = scale(mnist.x_train), keras.utils.to_categorical(mnist.y_train, 10)
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = build_textbook()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, targets, batch_size=128, epochs=15, validation_split=0.1, verbose=0)
    seconds = time.perf_counter() - started
    correct = count_correct(model, mnist.x_test, mnist.y_test)
    return {
        "fit_seconds": seconds,
        "test_accuracy": correct / len(mnist.y_test),
        "parameters": model.count_params(),
    }


def train_plain_mlp(seed: int) -> dict[str, Any]:
    """Train Flatten-128-64-10 the way most tutorials do: Adam, batches of 32, 10 epochs."""
    import keras

    from helpers.data import load_mnist
    from helpers.evaluation import count_correct
    from helpers.models import build_mlp
    from helpers.preprocessing import scale, split_validation

    mnist = load_mnist()
    raw, _, labels, _ = split_validation(mnist.x_train, mnist.y_train)
    images = scale(raw)
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = build_mlp()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(images, labels, batch_size=32, epochs=10, verbose=0)
    seconds = time.perf_counter() - started
    correct = count_correct(model, mnist.x_test, mnist.y_test)
    return {
        "fit_seconds": seconds,
        "test_accuracy": correct / len(mnist.y_test),
        "parameters": model.count_params(),
    }


def train_one(contestant: str, seed: int) -> dict[str, Any]:
    """Train one contestant in this process and return its figures."""
    if contestant == "keras example":
        result = train_keras_example(seed)
    elif contestant == "plain mlp":
        result = train_plain_mlp(seed)
    else:
        from helpers.data import load_mnist
        from helpers.training import train

        _, result = train(
            "cnn" if contestant.startswith("cnn") else "mlp",
            load_mnist(),
            seed,
            epochs=1 if contestant.endswith("1 epoch") else None,
            augmentation=not contestant.endswith("without augmentation"),
        )
    keys = ("fit_seconds", "test_accuracy", "validation_accuracy", "parameters")
    figures = {key: result[key] for key in keys if key in result}
    return {"seed": seed, **figures, "peak_memory_bytes": peak_memory_bytes()}


def summarise(runs: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Reduce the runs of each contestant to the row of a table."""
    rows = []
    for name, own in runs.items():
        accuracies = [run["test_accuracy"] for run in own]
        row = {
            "contestant": name,
            "parameters": own[0]["parameters"],
            "mean_test_accuracy": statistics.mean(accuracies),
            "worst_test_accuracy": min(accuracies),
            "standard_deviation": statistics.stdev(accuracies) if len(own) > 1 else 0.0,
            "median_seconds": statistics.median(run["fit_seconds"] for run in own),
            "peak_memory_bytes": max(run["peak_memory_bytes"] for run in own),
        }
        reference = runs.get(REFERENCE.get(name, ""))
        if reference:
            # Seed by seed, so that a machine that slows down in between slows both.
            row["median_time_ratio"] = statistics.median(
                run["fit_seconds"] / other["fit_seconds"]
                for run, other in zip(own, reference, strict=True)
            )
        rows.append(row)
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """Lay the rows out for reading."""
    lines = [
        f"{'':26} {'mean':>8} {'worst':>8} {'spread':>7} {'seconds':>8} {'ratio':>6} {'memory':>9}"
    ]
    for row in rows:
        ratio = f"{row['median_time_ratio']:.2f}" if "median_time_ratio" in row else ""
        lines.append(
            f"{row['contestant']:26} {row['mean_test_accuracy']:8.3%} "
            f"{row['worst_test_accuracy']:8.2%} {100 * row['standard_deviation']:7.3f} "
            f"{row['median_seconds']:8.1f} {ratio:>6} {row['peak_memory_bytes'] / 2**20:5.0f} MiB"
        )
    return "\n".join(lines)


def main() -> None:
    """Run every contestant for every seed, alternating; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="seeds 0 to N-1 (default: 5)")
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=CONTESTANTS)
    parser.add_argument("--one", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(train_one(arguments.one, arguments.seed)))
        return
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in arguments.only}
    for seed in range(arguments.seeds):
        for name in arguments.only:
            run = in_own_process(__file__, "--one", name, "--seed", seed)
            runs[name].append(run)
            print(
                f"seed {seed}  {name:26} {run['test_accuracy']:.2%} {run['fit_seconds']:6.1f} s",
                flush=True,
            )
    rows = summarise(runs)
    print(table(rows))
    print("written:", write_result("training", {"rows": rows, "runs": runs}).name)


if __name__ == "__main__":
    main()
