"""From the textbook's CNN to the series' recipe, one step at a time: gain and price of each.

    python benchmarks/ladder.py [--minutes 4] [--jobs 2]

Five seeds. Each seed draws 3,000 training images of its own, the same for every step, and trains
each step on them for three epochs, on one processor core; two trainings run at a time. All steps
are measured on the same 5,000 validation images, which nobody trained on; the test set is not used.
So the difference between two steps is paired, and its spread over the seeds has in it other first
weights and other training images. The price of a step is processor seconds: unlike seconds on the
clock, they hardly depend on what else the machine does. The first epoch, which holds TensorFlow's
preparations, counts as much as the median of the others.

The rule, written down before the run: a step counts as a gain where the 95 % interval of its five
paired differences keeps clear of zero, and still does when the p-values of all comparisons are
corrected after Holm (1979). Nothing in helpers/recipes.py is chosen by it. (What more
epochs bring is in benchmarks/epochs.py.)

Each finished training is written at once; what is in the result file is not measured again, so
that the program may be stopped and started. Prints a line a training, and writes
benchmarks/results/ladder.json.
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
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from common import RESULTS_FOLDER, build_textbook, write_result

from helpers.machine.memory import KEEP_MEMORY

if TYPE_CHECKING:
    import keras

SEEDS = (0, 1, 2, 3, 4)
TRAINING_IMAGES = 3_000
VALIDATION_IMAGES = 5_000
NON_DIGITS = 2_000
EPOCHS = 3
BATCH_SIZE = 64
CONSTANT_RATE = 1e-3  # Adam's default
# Half of the recipe's peak, since a batch has half as many images.
PEAK_RATE = 4e-3
WEIGHT_DECAY = 0.05
EMA_MOMENTUM = 0.95
LABEL_SMOOTHING = 0.1
CONFIDENT = 0.9


@dataclass(frozen=True)
class Step:
    """One way to train; each step differs from the one it is compared with in one thing.

    network: "textbook", "normalised" (two convolutions) or "series" (four).
    one_cycle: the rate rises and falls; otherwise it is constant.
    weight_decay: of AdamW; 0 takes Adam.
    ema: weights averaged over the last steps are the ones that are measured.
    augmentation: "opencv", "keras" or "".
    drawn: pen strokes made thicker or thinner, some images left as they are, and drawn pictures
        in each batch, as the series' recipe has them.
    label_smoothing: as in Keras's loss.
    """

    network: str = "textbook"
    one_cycle: bool = False
    weight_decay: float = 0.0
    ema: bool = False
    augmentation: str = ""
    drawn: bool = False
    label_smoothing: float = 0.0


TEXTBOOK = Step()
NORMALISED = replace(TEXTBOOK, network="normalised")
SERIES = replace(NORMALISED, network="series")
ONE_CYCLE = replace(SERIES, one_cycle=True)
ADAMW = replace(ONE_CYCLE, weight_decay=WEIGHT_DECAY)
AUGMENTED = replace(ADAMW, augmentation="opencv")
DRAWN = replace(AUGMENTED, drawn=True)

# name: the step, and the name of the one it is compared with
STEPS: dict[str, tuple[Step, str | None]] = {
    "textbook": (TEXTBOOK, None),
    "textbook + augmentation": (replace(TEXTBOOK, augmentation="opencv"), "textbook"),
    "batch normalisation": (NORMALISED, "textbook"),
    "four convolutions": (SERIES, "batch normalisation"),
    "averaged weights": (replace(SERIES, ema=True), "four convolutions"),
    "one-cycle rate": (ONE_CYCLE, "four convolutions"),
    "AdamW": (ADAMW, "one-cycle rate"),
    "augmentation": (AUGMENTED, "AdamW"),
    "augmentation by Keras": (replace(ADAMW, augmentation="keras"), "AdamW"),
    "label smoothing": (replace(AUGMENTED, label_smoothing=LABEL_SMOOTHING), "augmentation"),
    "strokes and drawn pictures": (DRAWN, "augmentation"),
}


def build_normalised() -> keras.Model:
    """Build the textbook's network with batch normalisation, after pooling, and no dropout."""
    import keras
    from keras import layers

    from helpers.models import convolution_block

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *convolution_block(32, 3, pool=True),
            *convolution_block(64, 3, pool=True),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def build(step: Step) -> keras.Model:
    """Build the step's network, with Keras's augmentation layers in front if it has them."""
    import keras
    from keras import layers

    from helpers.augmentation import Augmentation
    from helpers.models import build_cnn

    builders: dict[str, Callable[[], keras.Model]] = {
        "textbook": build_textbook,
        "normalised": build_normalised,
        "series": build_cnn,
    }
    model = builders[step.network]()
    if step.augmentation != "keras":
        return model
    limits = Augmentation()
    shift = limits.translation / 28
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.RandomRotation(limits.rotation / 360, fill_mode="constant"),
            layers.RandomShear(limits.shear, 0.0, fill_mode="constant"),
            layers.RandomZoom(limits.scaling, limits.scaling, fill_mode="constant"),
            layers.RandomTranslation(shift, shift, fill_mode="constant"),
            *model.layers,
        ]
    )


def train(step: Step, images: Any, labels: Any, seed: int) -> tuple[keras.Model, list[float]]:
    """Train a network; return it with the processor seconds of each epoch."""
    import keras

    from helpers.augmentation import Augmentation
    from helpers.recipes import RECIPES, Recipe, one_cycle
    from helpers.training import TrainingBatches

    recipe = Recipe(EPOCHS, BATCH_SIZE, PEAK_RATE, 0.2, step.weight_decay)
    if step.augmentation == "opencv":
        recipe = replace(recipe, augmentation=Augmentation(stroke=0.0))
    if step.drawn:
        full = RECIPES["cnn"]
        recipe = replace(
            recipe,
            augmentation=full.augmentation,
            unchanged=full.unchanged,
            # As many of a batch's images as in the recipe, whose batches are larger.
            non_digits=round(full.non_digits * BATCH_SIZE / full.batch_size),
            flagged_ones=round(full.flagged_ones * BATCH_SIZE / full.batch_size),
            look_alikes=round(full.look_alikes * BATCH_SIZE / full.batch_size),
        )
    keras.utils.set_random_seed(seed)
    model = build(step)
    rate = one_cycle(recipe, len(images)) if step.one_cycle else CONSTANT_RATE
    model.compile(
        optimizer=keras.optimizers.AdamW(
            rate, weight_decay=step.weight_decay, use_ema=step.ema, ema_momentum=EMA_MOMENTUM
        ),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=step.label_smoothing),
        steps_per_execution=8,
    )
    ends = [time.process_time()]
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.process_time())
    )
    batches = TrainingBatches(images, labels, recipe, seed)
    model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[clock])
    return model, [end - start for start, end in itertools.pairwise(ends)]


def measure_seed(seed: int, names: list[str], deadline: float) -> None:
    """Train the steps of one seed in this process; print a JSON object for each."""
    import keras
    import numpy as np
    import tensorflow as tf
    from sklearn.model_selection import train_test_split

    from helpers.data import load_mnist
    from helpers.evaluation import count_correct
    from helpers.preprocessing import scale, split_validation
    from helpers.synthesis.drawings import non_digits

    tf.config.experimental.enable_op_determinism()
    mnist = load_mnist()
    pool, images_val, pool_labels, y_val = split_validation(
        mnist.x_train, mnist.y_train, VALIDATION_IMAGES
    )
    images, _, labels, _ = train_test_split(
        pool, pool_labels, train_size=TRAINING_IMAGES, stratify=pool_labels, random_state=seed
    )
    strangers = scale(non_digits(NON_DIGITS, images_val, np.random.default_rng(12_345)))
    for name in names:
        if time.time() > deadline:
            return
        keras.utils.clear_session()
        model, epochs = train(STEPS[name][0], images, labels, seed)
        sure = model.predict(strangers, batch_size=1_000, verbose=0).max(axis=1) >= CONFIDENT
        run = {
            "step": name,
            "seed": seed,
            "validation_errors": len(y_val) - count_correct(model, images_val, y_val),
            "non_digits_confident": float(sure.mean()),
            "processor_seconds": round(statistics.median(epochs[1:]) * len(epochs), 2),
            "parameters": model.count_params(),
        }
        print(json.dumps(run), flush=True)


class Runs:
    """The trainings that are finished, kept in the result file."""

    def __init__(self) -> None:
        """Read what is there."""
        path = RESULTS_FOLDER / "ladder.json"
        kept = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
        self.done = {(run["step"], run["seed"]): run for run in kept if run["step"] in STEPS}
        self.lock = threading.Lock()

    def add(self, run: dict[str, Any]) -> None:
        """Keep one more run, in the file too."""
        with self.lock:
            self.done[run["step"], run["seed"]] = run
            self.write()
        print(
            f"seed {run['seed']}  {run['step']:26} {run['validation_errors']:4} wrong  "
            f"{run['processor_seconds']:6.1f} s  no digit, yet sure "
            f"{run['non_digits_confident']:.0%}",
            flush=True,
        )

    def write(self) -> None:
        """Write all runs, in the order of the steps."""
        runs = [
            self.done[name, seed] for name in STEPS for seed in SEEDS if (name, seed) in self.done
        ]
        write_result(
            "ladder",
            {
                "training_images": TRAINING_IMAGES,
                "validation_images": VALIDATION_IMAGES,
                "epochs": EPOCHS,
                "batch_size": BATCH_SIZE,
                "confident_from": CONFIDENT,
                "compared_with": {name: before for name, (_, before) in STEPS.items()},
                "runs": runs,
            },
        )


def run_steps(seed: int, names: list[str], core: int | None, runs: Runs, deadline: float) -> None:
    """Run steps of one seed in a process of their own, and keep each result as it comes."""
    if not names or time.time() > deadline:
        return
    command = [sys.executable, __file__, "--one", json.dumps([seed, names, deadline, core])]
    environment = {**os.environ, **KEEP_MEMORY}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            runs.add(json.loads(line))
    if process.returncode:
        raise SystemExit(f"Seed {seed} failed; what went wrong stands above.")


def run_missing(runs: Runs, jobs: int, deadline: float) -> None:
    """Run all steps of all seeds that are missing, each process on a core of its own."""
    cores = sorted(os.sched_getaffinity(0))[:jobs] if hasattr(os, "sched_getaffinity") else None
    free: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    for number in range(jobs):
        free.put(cores[number % len(cores)] if cores else None)
    parts = max(1, jobs // len(SEEDS))
    shares = {
        seed: [
            [name for name in list(STEPS)[part::parts] if (name, seed) not in runs.done]
            for part in range(parts)
        ]
        for seed in SEEDS
    }

    def work(seed: int, part: int) -> None:
        core = free.get()
        try:
            run_steps(seed, shares[seed][part], core, runs, deadline)
        finally:
            free.put(core)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(work, *zip(*itertools.product(SEEDS, range(parts)), strict=True)))


def main() -> None:
    """Run what is missing; print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--minutes", type=float, default=60, help="begin no training after this (default: 60)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time (default: 2)")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        seed, names, deadline, core = json.loads(arguments.one)
        if core is not None:
            # Before TensorFlow starts: it then makes no more threads than one core can use.
            os.sched_setaffinity(0, {core})
        measure_seed(seed, names, deadline)
        return
    deadline = time.time() + 60 * arguments.minutes
    runs = Runs()
    run_missing(runs, arguments.jobs, deadline)
    missing = len(STEPS) * len(SEEDS) - len(runs.done)
    print(f"{missing} trainings are still missing." if missing else "All trainings are done.")


if __name__ == "__main__":
    main()
