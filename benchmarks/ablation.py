"""Does every ingredient of the CNN's recipe earn its place? Each is left out in turn.

    python benchmarks/ablation.py [--seeds 3]

Three figures per run, all on the validation images (the test set is not touched): accuracy on
them as they are; accuracy on copies with thinner, thicker and strongly slanted strokes; and the
share of pictures without a digit that the network would call a digit with a probability of 0.8 or
more. Each run is a fresh process.

Prints a table and writes benchmarks/results/ablation.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import replace
from typing import Any

from common import in_own_process, write_result

CONFIDENT = 0.8
NON_DIGITS = 2_000
ADAM_DEFAULT_RATE = 1e-3


def without_batch_normalisation(model: Any) -> Any:
    """Build the network again without its BatchNormalization layers."""
    import keras

    kept = []
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            continue
        settings = layer.get_config()
        if isinstance(layer, keras.layers.Conv2D):
            settings["use_bias"] = True
        kept.append(type(layer).from_config(settings))
    return keras.Sequential([keras.Input(model.input_shape[1:]), *kept])


def without_dropout(model: Any) -> Any:
    """Build the network again with a dropout rate of 0."""
    import keras

    layers = [
        keras.layers.Dropout(0.0)
        if isinstance(layer, keras.layers.Dropout)
        else type(layer).from_config(layer.get_config())
        for layer in model.layers
    ]
    return keras.Sequential([keras.Input(model.input_shape[1:]), *layers])


def variants() -> dict[str, dict[str, Any]]:
    """Return what each variant passes to ``helpers.training.fit``."""
    from helpers.models import build_cnn
    from helpers.training import RECIPES

    recipe = RECIPES["cnn"]
    strokes_kept = replace(recipe.augmentation, stroke=0.0)
    only_strokes = replace(
        recipe.augmentation, rotation=0.0, shear=0.0, scaling=0.0, stretching=0.0, translation=0.0
    )
    changes: dict[str, dict[str, Any]] = {
        "complete recipe": {},
        "without affine augmentation": {"recipe": replace(recipe, augmentation=only_strokes)},
        "without stroke augmentation": {"recipe": replace(recipe, augmentation=strokes_kept)},
        "without pictures of no digit": {"recipe": replace(recipe, non_digits=0)},
        "without batch normalisation": {"build": lambda: without_batch_normalisation(build_cnn())},
        "without dropout": {"build": lambda: without_dropout(build_cnn())},
        "without weight decay": {"recipe": replace(recipe, weight_decay=0.0)},
        "without one-cycle rate": {"learning_rate": ADAM_DEFAULT_RATE},
    }
    complete = {"build": build_cnn, "recipe": recipe}
    return {name: {**complete, **change} for name, change in changes.items()}


def changed_strokes(images: Any) -> list[Any]:
    """Return the images with thinner, with thicker and with strongly slanted strokes."""
    import cv2
    import numpy as np

    from helpers.preprocessing import Augmentation, augment, change_stroke

    slanted = Augmentation(
        rotation=20, shear=0.35, scaling=0.2, stretching=0.1, translation=1, stroke=0
    )
    thinner = np.stack([cv2.erode(image, np.ones((2, 2), np.uint8)) for image in images])
    thicker = np.stack([change_stroke(image, 1.0) for image in images])
    return [thinner, thicker, augment(images, np.random.default_rng(0), slanted)]


def train_variant(variant: str, seed: int) -> dict[str, Any]:
    """Train one variant in this process and return its figures."""
    import numpy as np

    from helpers.data import load_mnist
    from helpers.non_digits import non_digits
    from helpers.preprocessing import scale, split_validation
    from helpers.training import count_correct, fit

    mnist = load_mnist()
    images, validation_images, labels, validation_labels = split_validation(
        mnist.x_train, mnist.y_train
    )
    trained = fit(images=images, labels=labels, seed=seed, **variants()[variant])
    changed = changed_strokes(validation_images)
    # Other random numbers than any training's: the same kinds of pictures, none seen before.
    others = non_digits(NON_DIGITS, validation_images, np.random.default_rng(12_345))
    highest = trained.model.predict(scale(others), batch_size=1_000, verbose=0).max(axis=1)
    count = len(validation_labels)
    return {
        "seed": seed,
        "validation_accuracy": count_correct(trained.model, validation_images, validation_labels)
        / count,
        "strokes_accuracy": statistics.mean(
            count_correct(trained.model, copies, validation_labels) / count for copies in changed
        ),
        "non_digits_confident": float(np.mean(highest >= CONFIDENT)),
        "fit_seconds": round(trained.fit_seconds, 2),
        "validation_images": count,
    }


def main() -> None:
    """Run every variant for every seed; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to N-1 (default: 3)")
    parser.add_argument("--one", nargs=2, metavar=("VARIANT", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(train_variant(arguments.one[0], int(arguments.one[1]))))
        return
    figures = ("validation_accuracy", "strokes_accuracy", "non_digits_confident", "fit_seconds")
    rows: dict[str, dict[str, Any]] = {}
    for seed in range(arguments.seeds):
        for variant in variants():
            run = in_own_process(__file__, "--one", variant, seed)
            row = rows.setdefault(
                variant, {"variant": variant, "seeds": [], **{key: [] for key in figures}}
            )
            row["seeds"].append(seed)
            for key in figures:
                row[key].append(run[key])
            print(
                f"seed {seed}  {variant:30} {run['validation_accuracy']:.2%}  changed strokes "
                f"{run['strokes_accuracy']:.2%}  no digit, yet confident "
                f"{run['non_digits_confident']:.1%}  {run['fit_seconds']:.0f} s",
                flush=True,
            )
    result = {
        "rows": list(rows.values()),
        "validation_images": run["validation_images"],
        "confident_from": CONFIDENT,
        "non_digits": NON_DIGITS,
    }
    print("written:", write_result("ablation", result).name)


if __name__ == "__main__":
    main()
