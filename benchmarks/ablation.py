"""Does every ingredient of the CNN's recipe earn its place? Each is left out in turn.

Dropout is the other way round: the recipe has none, and one variant tries it.

    python benchmarks/ablation.py [--seeds 3] [--images 10000] [--epochs 8] [--jobs 2]

Every variant trains on the same stratified part of the training images, to keep to minutes, each
time in a process of its own, two at a time: accuracy does not depend on how busy the machine is.
Five figures per run (the test set is not touched): accuracy on the validation images as they are;
accuracy on copies of them with thinner, thicker and strongly slanted strokes; accuracy on newly
drawn ones with a flag; and of newly drawn pictures without a digit, and of letters that look like
one, the share that the network would call a digit with a probability of 0.8 or more.

Prints a table and writes benchmarks/results/ablation.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from common import in_own_process, write_result

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONFIDENT = 0.8
NON_DIGITS = 2_000
FLAGGED_ONES = 2_000
LOOK_ALIKES = 2_000
DROPOUT = 0.4
ADAM_DEFAULT_RATE = 1e-3
FIGURES = (
    "validation_accuracy",
    "strokes_accuracy",
    "flagged_ones_accuracy",
    "non_digits_confident",
    "look_alikes_confident",
)


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


def with_dropout(model: Any) -> Any:
    """Build the network again with dropout before its last layer."""
    import keras

    layers = [type(layer).from_config(layer.get_config()) for layer in model.layers]
    layers.insert(-1, keras.layers.Dropout(DROPOUT))
    return keras.Sequential([keras.Input(model.input_shape[1:]), *layers])


def variants(epochs: int) -> dict[str, dict[str, Any]]:
    """Return what each variant passes to ``helpers.training.fit``."""
    from helpers.models import build_cnn
    from helpers.recipes import RECIPES

    recipe = replace(RECIPES["cnn"], epochs=epochs)
    assert recipe.augmentation is not None
    strokes_kept = replace(recipe.augmentation, stroke=0.0)
    only_strokes = replace(
        recipe.augmentation, rotation=0.0, shear=0.0, scaling=0.0, stretching=0.0, translation=0.0
    )
    changes: dict[str, dict[str, Any]] = {
        "complete recipe": {},
        "without affine augmentation": {"recipe": replace(recipe, augmentation=only_strokes)},
        "without stroke augmentation": {"recipe": replace(recipe, augmentation=strokes_kept)},
        "without pictures of no digit": {"recipe": replace(recipe, non_digits=0)},
        "without ones with a flag": {"recipe": replace(recipe, flagged_ones=0)},
        "without look-alike letters": {"recipe": replace(recipe, look_alikes=0)},
        "without unchanged images": {"recipe": replace(recipe, unchanged=0.0)},
        "without batch normalisation": {"build": lambda: without_batch_normalisation(build_cnn())},
        "without weight decay": {"recipe": replace(recipe, weight_decay=0.0)},
        "without one-cycle rate": {"learning_rate": ADAM_DEFAULT_RATE},
        f"with dropout of {DROPOUT}": {"build": lambda: with_dropout(build_cnn())},
    }
    complete = {"build": build_cnn, "recipe": recipe}
    return {name: {**complete, **change} for name, change in changes.items()}


def changed_strokes(images: Any) -> list[Any]:
    """Return the images with thinner, with thicker and with strongly slanted strokes."""
    import cv2
    import numpy as np

    from helpers.augmentation import Augmentation, augment, change_stroke

    slanted = Augmentation(
        rotation=20, shear=0.35, scaling=0.2, stretching=0.1, translation=1, stroke=0
    )
    thinner = np.stack([cv2.erode(image, np.ones((2, 2), np.uint8)) for image in images])
    thicker = np.stack([change_stroke(image, 1.0) for image in images])
    return [thinner, thicker, augment(images, np.random.default_rng(0), slanted)]


def measure_one(variant: str, seed: int, image_count: int, epochs: int) -> dict[str, Any]:
    """Train one variant with one seed in this process and return its figures."""
    import numpy as np

    from helpers.data import load_mnist
    from helpers.evaluation import count_correct
    from helpers.preprocessing import scale, split_validation
    from helpers.synthesis.drawings import flagged_ones, look_alikes, non_digits
    from helpers.training import fit

    mnist = load_mnist()
    images, validation_images, labels, validation_labels = split_validation(
        mnist.x_train, mnist.y_train
    )
    if image_count < len(images):
        # The part that is "set aside" here is the part to train on.
        _, images, _, labels = split_validation(images, labels, image_count)
    # Other random numbers than any training's: the same kinds of pictures, none seen before.
    others = non_digits(NON_DIGITS, validation_images, np.random.default_rng(12_345))
    ones = flagged_ones(FLAGGED_ONES, np.random.default_rng(12_345))
    letters, _ = look_alikes(LOOK_ALIKES, np.random.default_rng(12_345))
    model = fit(images=images, labels=labels, seed=seed, **variants(epochs)[variant]).model
    count = len(validation_labels)

    def confident(images: NDArray[np.uint8]) -> float:
        highest = model.predict(scale(images), batch_size=1_000, verbose=0).max(axis=1)
        return float(np.mean(highest >= CONFIDENT))

    return {
        "validation_accuracy": count_correct(model, validation_images, validation_labels) / count,
        "strokes_accuracy": statistics.mean(
            count_correct(model, copies, validation_labels) / count
            for copies in changed_strokes(validation_images)
        ),
        "flagged_ones_accuracy": count_correct(model, ones, np.ones(FLAGGED_ONES, np.uint8))
        / FLAGGED_ONES,
        "non_digits_confident": confident(others),
        "look_alikes_confident": confident(letters),
        "train_images": len(images),
    }


def measure_all(
    names: list[str], seeds: int, image_count: int, epochs: int, jobs: int
) -> list[dict[str, Any]]:
    """Train every variant with every seed, print each run, and return the rows of the table."""

    def measure(seed: int, name: str) -> dict[str, Any]:
        arguments = ("--one", name, "--seed", seed, "--images", image_count, "--epochs", epochs)
        run = in_own_process(__file__, *arguments)
        print(
            f"seed {seed}  {name:30} {run['validation_accuracy']:.2%}  changed strokes "
            f"{run['strokes_accuracy']:.2%}  ones with a flag {run['flagged_ones_accuracy']:.1%}  "
            f"no digit, yet confident {run['non_digits_confident']:.1%}  look-alike letters "
            f"{run['look_alikes_confident']:.1%}",
            flush=True,
        )
        return run

    pairs = [(seed, name) for seed in range(seeds) for name in names]
    with ThreadPoolExecutor(jobs) as pool:
        runs = dict(zip(pairs, pool.map(measure, *zip(*pairs, strict=True)), strict=True))
    return [
        {
            "variant": name,
            "seeds": list(range(seeds)),
            **{key: [runs[seed, name][key] for seed in range(seeds)] for key in FIGURES},
            "train_images": runs[0, name]["train_images"],
            "epochs": epochs,
        }
        for name in names
    ]


def main() -> None:
    """Run every variant for every seed; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to N-1 (default: 3)")
    parser.add_argument(
        "--images", type=int, default=10_000, help="images to train on (default: 10,000)"
    )
    parser.add_argument("--epochs", type=int, default=8, help="passes over them (default: 8)")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time (default: 2)")
    parser.add_argument("--only", nargs="+", help="these variants; nothing is written then")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(
            json.dumps(
                measure_one(arguments.one, arguments.seed, arguments.images, arguments.epochs)
            )
        )
        return
    possible = list(variants(arguments.epochs))
    names = arguments.only or possible
    if unknown := set(names) - set(possible):
        parser.error(
            f"no such variant: {', '.join(sorted(unknown))}; there are: {', '.join(possible)}"
        )
    rows = measure_all(names, arguments.seeds, arguments.images, arguments.epochs, arguments.jobs)
    if not arguments.only:
        settings = {
            "confident_from": CONFIDENT,
            "non_digits": NON_DIGITS,
            "look_alikes": LOOK_ALIKES,
        }
        print("written:", write_result("ablation", {"rows": rows, **settings}).name)


if __name__ == "__main__":
    main()
