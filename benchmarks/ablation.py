"""Does every ingredient of the CNN's recipe earn its place? Each is left out in turn.

    python benchmarks/ablation.py [--seeds 3] [--images 10000]

Every variant trains on the same stratified part of the training images, to keep to minutes.
Three figures per run, all on the validation images (the test set is not touched): accuracy on
them as they are; accuracy on copies with thinner, thicker and strongly slanted strokes; and the
share of pictures without a digit that the network would call a digit with a probability of 0.8 or
more.

Prints a table and writes benchmarks/results/ablation.json.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace
from typing import Any

from common import write_result

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


def measure_variants(seeds: int, image_count: int) -> dict[str, Any]:
    """Train every variant with every seed, print each run, and return the rows of the table."""
    import numpy as np

    from helpers.data import load_mnist
    from helpers.non_digits import non_digits
    from helpers.preprocessing import scale, split_validation
    from helpers.training import count_correct, fit

    mnist = load_mnist()
    images, validation_images, labels, validation_labels = split_validation(
        mnist.x_train, mnist.y_train
    )
    if image_count < len(images):
        # The part that is "set aside" here is the part to train on.
        _, images, _, labels = split_validation(images, labels, image_count)
    changed = changed_strokes(validation_images)
    # Other random numbers than any training's: the same kinds of pictures, none seen before.
    others = non_digits(NON_DIGITS, validation_images, np.random.default_rng(12_345))
    count = len(validation_labels)
    rows: dict[str, dict[str, Any]] = {}
    for seed in range(seeds):
        for variant, settings in variants().items():
            trained = fit(images=images, labels=labels, seed=seed, **settings)
            highest = trained.model.predict(scale(others), batch_size=1_000, verbose=0).max(axis=1)
            correct = count_correct(trained.model, validation_images, validation_labels)
            figures = {
                "seeds": seed,
                "validation_accuracy": correct / count,
                "strokes_accuracy": statistics.mean(
                    count_correct(trained.model, copies, validation_labels) / count
                    for copies in changed
                ),
                "non_digits_confident": float(np.mean(highest >= CONFIDENT)),
                "fit_seconds": round(trained.fit_seconds, 2),
            }
            row = rows.setdefault(variant, {"variant": variant})
            for key, value in figures.items():
                row.setdefault(key, []).append(value)
            print(
                f"seed {seed}  {variant:30} {figures['validation_accuracy']:.2%}  changed strokes "
                f"{figures['strokes_accuracy']:.2%}  no digit, yet confident "
                f"{figures['non_digits_confident']:.1%}  {figures['fit_seconds']:.0f} s",
                flush=True,
            )
    return {
        "rows": list(rows.values()),
        "train_images": len(images),
        "validation_images": count,
        "confident_from": CONFIDENT,
        "non_digits": NON_DIGITS,
    }


def main() -> None:
    """Run every variant for every seed; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to N-1 (default: 3)")
    parser.add_argument(
        "--images", type=int, default=10_000, help="images to train on (default: 10,000)"
    )
    arguments = parser.parse_args()
    result = measure_variants(arguments.seeds, arguments.images)
    print("written:", write_result("ablation", result).name)


if __name__ == "__main__":
    main()
