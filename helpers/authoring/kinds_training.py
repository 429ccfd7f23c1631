"""Train the network for kinds, which tells digits from signs, letters and pieces of digits."""

from __future__ import annotations

import os
import time
from dataclasses import asdict
from multiprocessing import get_context
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from helpers.authoring.kinds_data import Groups, draw_groups
from helpers.data import Mnist
from helpers.models import convolution_block
from helpers.pictures.kinds import KINDS
from helpers.preprocessing import split_validation
from helpers.recipes import Recipe, one_cycle

NAME = "kinds"
# Lines that are written for the training and, with other people's digits, for the validation; in
# parts, each with a seed of its own, so that processes may share them.
LINES, VALIDATION_LINES, PART = 4_600, 500, 100
RECIPE = Recipe(epochs=6, batch_size=256, peak_learning_rate=8e-3, warmup=0.2, weight_decay=0.05)
DROPOUT = 0.3


def build_kinds() -> keras.Model:
    """Build the network: the convolutions of the digits' one, with less of them at the end.

    Returns:
        An untrained network; input float32 (n, 28, 28, 3) in [0, 1]: a group of marks in MNIST's
        form, the group in its line, the rest of the line; output (n, 5), probabilities of
        ``helpers.pictures.kinds.KINDS``.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 3)),
            *convolution_block(24, 5, pool=True),
            *convolution_block(32, 3),
            *convolution_block(48, 3, pool=True),
            *convolution_block(64, 3),
            layers.Flatten(),
            layers.Dropout(DROPOUT),
            layers.Dense(len(KINDS), activation="softmax"),
        ],
        name=NAME,
    )


def train_kinds(
    mnist: Mnist,
    seed: int = 0,
    lines: int = LINES,
    validation_lines: int = VALIDATION_LINES,
    verbose: int | str = 0,
) -> tuple[keras.Model, dict[str, Any]]:
    """Draw lines, train on the groups of their marks, and measure on lines of other digits.

    Args:
        mnist: the data; only its training images are used.
        seed: where chance starts, in the lines and in the training.
        lines: how many to write for the training.
        validation_lines: how many to write with the digits set aside for validation.
        verbose: as in Keras's ``model.fit``.

    Returns:
        The trained network, and what it reaches.
    """
    started = time.perf_counter()
    images, others, labels, other_labels = split_validation(mnist.x_train, mnist.y_train)
    groups = _drawn(images, labels, lines, 2 * seed)
    validation = _drawn(others, other_labels, validation_lines, 2 * seed + 1)
    drawn = time.perf_counter()
    keras.utils.set_random_seed(seed)
    network = build_kinds()
    network.compile(
        optimizer=keras.optimizers.AdamW(
            one_cycle(RECIPE, len(groups.kinds)), weight_decay=RECIPE.weight_decay
        ),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    network.fit(
        _scaled(groups.images),
        groups.kinds,
        batch_size=RECIPE.batch_size,
        epochs=RECIPE.epochs,
        verbose=verbose,
    )
    fitted = time.perf_counter()
    answers = network.predict(_scaled(validation.images), batch_size=1_000, verbose=0)
    right = answers.argmax(axis=1) == validation.kinds
    return network, {
        "model": NAME,
        "seed": seed,
        "lines": lines,
        "groups": len(groups.kinds),
        "parameters": network.count_params(),
        "draw_seconds": round(drawn - started, 1),
        "fit_seconds": round(fitted - drawn, 1),
        "validation_groups": len(right),
        "validation_accuracy": round(float(right.mean()), 4),
        "validation_recall": {
            kind: round(float(right[validation.kinds == number].mean()), 4)
            for number, kind in enumerate(KINDS)
            if (validation.kinds == number).any()
        },
        "recipe": asdict(RECIPE),
    }


def _scaled(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    return images.astype(np.float32) / np.float32(255)


def _drawn(images: NDArray[np.uint8], labels: NDArray[np.uint8], lines: int, seed: int) -> Groups:
    """Draw lines in several processes: the same ones, however many processes there are."""
    counts = [min(PART, lines - start) for start in range(0, lines, PART)]
    tasks = [(images, labels, count, (seed, part)) for part, count in enumerate(counts)]
    processes = min(os.cpu_count() or 1, len(tasks))
    if processes == 1:
        parts = [draw_groups(*task) for task in tasks]
    else:
        with get_context("spawn").Pool(processes) as pool:
            parts = pool.starmap(draw_groups, tasks, chunksize=1)
    return Groups(
        np.concatenate([part.images for part in parts]),
        np.concatenate([part.kinds for part in parts]),
    )
