"""What do several networks together misread, and one network that is distilled from them?

    python benchmarks/ensemble.py [--full] [--minutes 4] [--jobs 2]

Five networks of the series' recipe, which differ by their seed only (first weights, order of the
images, augmentation), answer together: the mean of their probabilities. Test-time augmentation
takes the mean over an image and its copies shifted by a pixel to the left, right, top and bottom.
Then five students, networks of the same kind: they see as many images as a member saw, in augmented
views that the five members have labelled together, and learn those probabilities (Hinton, Vinyals
and Dean, "Distilling the knowledge in a neural network", 2015; that teacher and student look at the
same view is from Beyer and others, "Knowledge distillation: a good teacher is patient and
consistent", 2022).

Without --full everything is small: 5,000 training images, four epochs, measured on 10,000
validation images; the test set is not used. With --full the members train on all 60,000 training
images by the recipe as it stands, and the test set is opened: once, when all ten are trained.

The rule, written down before the run: nothing is chosen. Five members, five students, these shifts;
what comes out is reported, with the interval of its accuracy. Member and student of the same seed
are compared in pairs, an ensemble with a single network by McNemar's test.

Each finished network is kept under build/ensemble, so that the program may be stopped and started.
A training has one processor core, and two run at a time; seconds are those of the processor. Prints
a line a network, and writes benchmarks/results/ensemble.json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import RESULTS_FOLDER, write_result

from helpers.machine.memory import KEEP_MEMORY

if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

    from helpers.recipes import Recipe

SEEDS = (0, 1, 2, 3, 4)
SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
VIEWS_SEED = 1_000  # no member's own


@dataclass(frozen=True)
class Plan:
    """How much is trained on what.

    images: training images.
    epochs: of a member; a student sees as many images.
    share: of the recipe's batch, its drawn pictures and its peak rate; few images need small
        batches, or there are few steps.
    views: augmented views of each image that the members label.
    on_test: measure on the test images, in place of validation images.
    """

    images: int
    epochs: int
    share: float
    views: int
    on_test: bool


PLANS = {
    "small": Plan(images=5_000, epochs=4, share=0.5, views=4, on_test=False),
    "full": Plan(images=60_000, epochs=8, share=1.0, views=2, on_test=True),
}


def recipe_of(plan: Plan) -> Recipe:
    """Return the series' recipe with the plan's numbers."""
    from helpers.recipes import RECIPES

    full = RECIPES["cnn"]
    return replace(
        full,
        epochs=plan.epochs,
        batch_size=round(full.batch_size * plan.share),
        peak_learning_rate=full.peak_learning_rate * plan.share,
        non_digits=round(full.non_digits * plan.share),
        flagged_ones=round(full.flagged_ones * plan.share),
        look_alikes=round(full.look_alikes * plan.share),
    )


def load(plan: Plan) -> tuple[Any, Any, Any, Any]:
    """Return images to train on, images to measure on, and their labels in the same order."""
    from helpers.data import load_mnist
    from helpers.preprocessing import split_validation

    mnist = load_mnist()
    if plan.on_test:
        return mnist.x_train, mnist.x_test, mnist.y_train, mnist.y_test
    pool, measured, pool_labels, measured_labels = split_validation(
        mnist.x_train, mnist.y_train, 10_000
    )
    # The part that is "set aside" here is the part to train on.
    _, images, _, labels = split_validation(pool, pool_labels, plan.images)
    return images, measured, labels, measured_labels


def views(plan: Plan, images: Any, labels: Any) -> NDArray[np.uint8]:
    """Return augmented views of the images, drawn pictures among them, the same in each process."""
    import numpy as np

    from helpers.training import TrainingBatches

    batches = TrainingBatches(images, labels, recipe_of(plan), VIEWS_SEED)
    found = []
    for _ in range(plan.views):
        for index in range(len(batches)):
            pixels, _ = batches[index]
            found.append(np.rint(pixels[..., 0] * 255).astype(np.uint8))
        batches.on_epoch_end()
    return np.concatenate(found)


def predict(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the probabilities (n, 10) of images (n, 28, 28)."""
    import numpy as np

    from helpers.preprocessing import scale

    return np.asarray(model.predict(scale(images), batch_size=1_000, verbose=0))


def predict_shifted(model: keras.Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean probabilities of images and of their shifted copies."""
    import numpy as np

    # The outermost pixels of MNIST's images are black, so rolling shifts.
    shifted = [predict(model, np.roll(images, shift, axis=(1, 2))) for shift in SHIFTS]
    return np.mean(shifted, axis=0)


def train_student(
    plan: Plan, pixels: NDArray[np.uint8], targets: NDArray[np.float32], seed: int
) -> tuple[keras.Model, float]:
    """Train a network on labelled views; return it with its processor seconds."""
    import keras

    from helpers.models import build_cnn
    from helpers.preprocessing import scale
    from helpers.recipes import one_cycle

    recipe = replace(recipe_of(plan), epochs=plan.epochs // plan.views)
    # A batch of the recipe holds drawn pictures besides; so does a batch of views.
    size = recipe.batch_size + recipe.non_digits + recipe.flagged_ones + recipe.look_alikes
    recipe = replace(recipe, batch_size=size)
    started = time.process_time()
    keras.utils.set_random_seed(seed)
    model = build_cnn()
    model.compile(
        optimizer=keras.optimizers.AdamW(
            one_cycle(recipe, len(pixels)), weight_decay=recipe.weight_decay
        ),
        loss="categorical_crossentropy",
        steps_per_execution=16,
    )
    model.fit(scale(pixels), targets, batch_size=size, epochs=recipe.epochs, verbose=0)
    return model, time.process_time() - started


def one_network(plan_name: str, kind: str, seed: int) -> None:
    """Train a member or a student in this process, and keep what it says."""
    import numpy as np
    import tensorflow as tf

    from helpers.models import build_cnn
    from helpers.training import fit

    plan = PLANS[plan_name]
    tf.config.experimental.enable_op_determinism()
    images, measured, labels, _ = load(plan)
    pixels = views(plan, images, labels)
    kept: dict[str, Any] = {}
    if kind == "member":
        started = time.process_time()
        model = fit(build_cnn, images, labels, recipe_of(plan), seed).model
        kept["seconds"] = time.process_time() - started
        started = time.process_time()
        kept["of_views"] = predict(model, pixels)
        kept["labelling_seconds"] = time.process_time() - started
    else:
        told = [np.load(kept_file(plan_name, "member", teacher)) for teacher in SEEDS]
        targets = np.mean([each["of_views"] for each in told], axis=0)
        model, kept["seconds"] = train_student(plan, pixels, targets, seed)
    kept["plain"] = predict(model, measured)
    kept["shifted"] = predict_shifted(model, measured)
    file = kept_file(plan_name, kind, seed)
    unfinished = file.with_suffix(".part.npz")
    np.savez(unfinished, **kept)
    unfinished.replace(file)


def kept_file(plan_name: str, kind: str, seed: int) -> Path:
    """Return where a network's probabilities are kept."""
    from helpers.paths import build_folder

    folder = build_folder() / "ensemble"
    folder.mkdir(exist_ok=True)
    return folder / f"{plan_name}_{kind}_{seed}.npz"


def train_missing(plan_name: str, kind: str, jobs: int, deadline: float) -> bool:
    """Train all networks of a kind that are missing; tell whether all are there."""
    cores = sorted(os.sched_getaffinity(0))[:jobs] if hasattr(os, "sched_getaffinity") else None
    free: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    for number in range(jobs):
        free.put(cores[number % len(cores)] if cores else None)

    def work(seed: int) -> None:
        if kept_file(plan_name, kind, seed).exists() or time.time() > deadline:
            return
        core = free.get()
        arguments = json.dumps([plan_name, kind, seed, core])
        try:
            subprocess.run(
                [sys.executable, __file__, "--one", arguments],
                check=True,
                env={**os.environ, **KEEP_MEMORY},
            )
        finally:
            free.put(core)
        print(f"{plan_name} {kind} {seed} is trained", flush=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, SEEDS))
    return all(kept_file(plan_name, kind, seed).exists() for seed in SEEDS)


def misread(probabilities: Any, labels: Any) -> list[int]:
    """Return the numbers of the images whose most likely digit is not their label."""
    return [int(i) for i in (probabilities.argmax(axis=1) != labels).nonzero()[0]]


def summarise(plan_name: str) -> dict[str, Any]:
    """Compare what all networks said with the labels; the only place that looks at those."""
    import numpy as np

    plan = PLANS[plan_name]
    _, _, _, labels = load(plan)
    rows: dict[str, Any] = {}
    for kind in ("member", "student"):
        kept = [np.load(kept_file(plan_name, kind, seed)) for seed in SEEDS]
        rows[kind] = {
            "misread": [misread(each["plain"], labels) for each in kept],
            "misread_with_shifts": [misread(each["shifted"], labels) for each in kept],
            "processor_seconds": [round(float(each["seconds"]), 1) for each in kept],
        }
        if kind == "student":
            continue
        rows[kind]["labelling_seconds"] = [
            round(float(each["labelling_seconds"]), 1) for each in kept
        ]
        # All ways to choose so many of the five, so that no lucky choice decides.
        rows["errors_of_several"] = {
            str(count): statistics.mean(
                len(misread(np.mean([kept[i]["plain"] for i in chosen], axis=0), labels))
                for chosen in itertools.combinations(range(len(SEEDS)), count)
            )
            for count in range(1, len(SEEDS) + 1)
        }
        rows["ensemble"] = {
            "misread": misread(np.mean([each["plain"] for each in kept], axis=0), labels),
            "misread_with_shifts": misread(
                np.mean([each["shifted"] for each in kept], axis=0), labels
            ),
        }
    return {
        "training_images": plan.images,
        "epochs": plan.epochs,
        "measured_on": "test" if plan.on_test else "validation",
        "images": len(labels),
        "shifts": len(SHIFTS),
        "seeds": list(SEEDS),
        **rows,
    }


def main() -> None:
    """Train what is missing; when all is there, measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="all images, and the test set once")
    parser.add_argument(
        "--minutes", type=float, default=120, help="begin no training after this (default: 120)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time (default: 2)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        plan_name, kind, seed, core = json.loads(arguments.one)
        if core is not None:
            # Before TensorFlow starts: it then makes no more threads than one core can use.
            os.sched_setaffinity(0, {core})
        one_network(plan_name, kind, seed)
        return
    plan_name = "full" if arguments.full else "small"
    deadline = time.time() + 60 * arguments.minutes
    for kind in ("member", "student"):
        if not train_missing(plan_name, kind, arguments.jobs, deadline):
            print("Some trainings are still missing.")
            return
    path = RESULTS_FOLDER / "ensemble.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    result = {name: old[name] for name in PLANS if name in old}
    result[plan_name] = summarise(plan_name)
    for kind in ("member", "student"):
        errors = [len(each) for each in result[plan_name][kind]["misread"]]
        shifted = [len(each) for each in result[plan_name][kind]["misread_with_shifts"]]
        print(f"{kind}s: {errors} wrong, with shifts {shifted}")
    together = result[plan_name]["ensemble"]
    print(
        f"together: {len(together['misread'])} wrong, with shifts "
        f"{len(together['misread_with_shifts'])}"
    )
    print("written:", write_result("ensemble", result).name)


if __name__ == "__main__":
    main()
