"""Training by a recipe: batches, the fit, and the command ``python -m helpers train``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from helpers.augmentation import augment
from helpers.data import Mnist, load_mnist
from helpers.evaluation import accuracy_interval, count_correct
from helpers.models import BUILDERS, check_can_save, save_for_prediction
from helpers.preprocessing import scale, split_validation
from helpers.recipes import RECIPES, Recipe, one_cycle, steps_per_epoch
from helpers.synthesis.drawings import flagged_ones, look_alikes, non_digits

CLASSES = 10
# How many different pictures of a kind are drawn; each comes up several times, augmented anew.
NON_DIGIT_POOL = 6_000
FLAGGED_ONE_POOL = 3_000
LOOK_ALIKE_POOL = 4_000
# The target of a look-alike letter for the digit it looks like; the rest goes to the other nine.
# Such a letter is read as that digit, but as a guess: the network is surer of a digit only where
# digits are drawn otherwise than letters. Chosen on photos of validation digits and of letters.
LIKENESS = 0.6
# TensorFlow takes this many steps before Keras looks again: a small network's epoch is then a
# third faster, and its weights are the same to the last bit.
STEPS_PER_EXECUTION = 16
# Threads that prepare batches while the network trains; Keras keeps the batches in order.
WORKERS = 2


def soft_targets(digits: NDArray[np.uint8], probability: float) -> NDArray[np.float32]:
    """Return targets that give each digit this probability and share the rest among the others.

    Args:
        digits: uint8 (n,), values 0 to 9.
        probability: 0 to 1; 1 makes one-hot targets.

    Returns:
        float32 (n, 10); each row sums to 1.
    """
    targets = np.full((len(digits), CLASSES), (1 - probability) / (CLASSES - 1), np.float32)
    targets[np.arange(len(digits)), digits] = probability
    return targets


class _Drawn(NamedTuple):
    """Pictures drawn by program, their targets, and how many of them join each batch."""

    pictures: NDArray[np.uint8]
    targets: NDArray[np.float32]
    in_a_batch: int


class TrainingBatches(keras.utils.PyDataset):
    """Batches for ``model.fit``: shuffled anew each epoch, some drawn pictures added, augmented.

    What a batch holds depends on the seed, the epoch and the batch's number only.
    """

    def __init__(
        self, images: NDArray[np.uint8], labels: NDArray[np.uint8], recipe: Recipe, seed: int
    ) -> None:
        """Prepare the batches.

        Args:
            images: uint8 (n, 28, 28).
            labels: uint8 (n,), values 0 to 9.
            recipe: batch size, augmentation, and how many drawn pictures join each batch.
            seed: where chance starts.
        """
        super().__init__(workers=WORKERS)
        self.images, self.recipe, self.seed = images, recipe, seed
        self.targets = soft_targets(labels, 1.0)
        self.drawn = self._draw(recipe)
        self.epoch = 0
        self.shuffle()

    def _draw(self, recipe: Recipe) -> list[_Drawn]:
        """Draw the pictures that join MNIST's."""
        drawn = []
        if recipe.non_digits:
            pictures = non_digits(NON_DIGIT_POOL, self.images, np.random.default_rng(self.seed))
            targets = np.full((len(pictures), CLASSES), 1 / CLASSES, np.float32)
            drawn.append(_Drawn(pictures, targets, recipe.non_digits))
        if recipe.flagged_ones:
            pictures = flagged_ones(FLAGGED_ONE_POOL, np.random.default_rng(self.seed))
            targets = soft_targets(np.ones(len(pictures), np.uint8), 1.0)
            drawn.append(_Drawn(pictures, targets, recipe.flagged_ones))
        if recipe.look_alikes:
            pictures, digits = look_alikes(LOOK_ALIKE_POOL, np.random.default_rng(self.seed))
            drawn.append(_Drawn(pictures, soft_targets(digits, LIKENESS), recipe.look_alikes))
        return drawn

    def shuffle(self) -> None:
        """Draw the order in which this epoch goes through the images."""
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.images))

    def on_epoch_end(self) -> None:
        """Get ready for the next epoch (Keras calls this)."""
        self.epoch += 1
        self.shuffle()

    def __len__(self) -> int:
        """Return the number of full batches; the images left over come up in another epoch."""
        return steps_per_epoch(self.recipe, len(self.images))

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return images float32 (n, 28, 28, 1) in [0, 1] and their targets float32 (n, 10)."""
        size = self.recipe.batch_size
        chosen = self.order[index * size : (index + 1) * size]
        generator = np.random.default_rng((self.seed, self.epoch, index))
        images, targets = self.images[chosen], self.targets[chosen]
        for drawn in self.drawn:
            taken = generator.integers(len(drawn.pictures), size=drawn.in_a_batch)
            images = np.concatenate([images, drawn.pictures[taken]])
            targets = np.concatenate([targets, drawn.targets[taken]])
        if self.recipe.augmentation:
            changed = augment(images, generator, self.recipe.augmentation)
            kept = generator.random(len(images)) < self.recipe.unchanged
            images = np.where(kept[:, np.newaxis, np.newaxis], images, changed)
        return scale(images), targets


class TrainingResult(NamedTuple):
    """A trained network and what its training took.

    model: the network.
    history: loss and accuracy of each epoch, as Keras's ``History.history`` holds them.
    fit_seconds: wall time of all training work: drawing, augmenting and fitting.
    """

    model: keras.Model
    history: dict[str, list[float]]
    fit_seconds: float


def fit(
    build: Callable[[], keras.Model],
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    recipe: Recipe,
    seed: int = 0,
    verbose: int | str = 0,
    learning_rate: float | None = None,
    deterministic: bool = True,
    validation_data: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> TrainingResult:
    """Train a network from scratch. The same seed on the same machine gives the same weights.

    Args:
        build: makes the untrained network, for example :func:`helpers.models.build_cnn`.
        images: training images, uint8 (n, 28, 28).
        labels: their labels, uint8 (n,).
        recipe: how to train.
        seed: where chance starts: first weights, order, augmentation, dropout.
        verbose: as in Keras's ``model.fit``.
        learning_rate: a constant rate in place of the recipe's one-cycle schedule.
        deterministic: False lets TensorFlow add numbers up in whatever order is fastest.
        validation_data: scaled images and targets on which each epoch is measured.
        callbacks: Keras's, told of each epoch.
    """
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    started = time.perf_counter()
    keras.utils.set_random_seed(seed)
    model = build()
    model.compile(
        optimizer=keras.optimizers.AdamW(
            learning_rate or one_cycle(recipe, len(images)), weight_decay=recipe.weight_decay
        ),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=STEPS_PER_EXECUTION,
    )
    batches = TrainingBatches(images, labels, recipe, seed)
    history = model.fit(
        batches,
        epochs=recipe.epochs,
        shuffle=False,
        verbose=verbose,
        validation_data=validation_data,
        callbacks=list(callbacks),
    )
    return TrainingResult(model, history.history, time.perf_counter() - started)


def train(
    name: str,
    mnist: Mnist,
    seed: int = 0,
    epochs: int | None = None,
    augmentation: bool = True,
    verbose: int | str = 0,
) -> tuple[keras.Model, dict[str, Any]]:
    """Train a network by its recipe, then measure it on the validation images and the test set.

    Args:
        name: "cnn" or "mlp".
        mnist: the data; a stratified part of its training images, drawn with seed 0, is set
            aside for validation whatever the training's seed.
        seed: where the training's chance starts.
        epochs: in place of the recipe's own number.
        augmentation: False leaves the images as they are and adds no drawn pictures.
        verbose: as in Keras's ``model.fit``.

    Returns:
        The trained network, and the result as ``train --json`` prints it.
    """
    recipe = RECIPES[name]
    if not augmentation:
        only_digits = {"non_digits": 0, "flagged_ones": 0, "look_alikes": 0}
        plain = replace(recipe, augmentation=None, unchanged=0.0, **only_digits)
        recipe = RECIPES.get(f"{name} without augmentation", plain)
    if epochs is not None:
        recipe = replace(recipe, epochs=epochs)
    images, validation_images, labels, validation_labels = split_validation(
        mnist.x_train, mnist.y_train
    )
    trained = fit(BUILDERS[name], images, labels, recipe, seed, verbose)
    test_correct = count_correct(trained.model, mnist.x_test, mnist.y_test)
    validation_correct = count_correct(trained.model, validation_images, validation_labels)
    return trained.model, {
        "model": name,
        "seed": seed,
        "dataset": mnist.source,
        "train_images": len(images),
        "epochs": recipe.epochs,
        "parameters": trained.model.count_params(),
        "fit_seconds": round(trained.fit_seconds, 2),
        "validation_accuracy": validation_correct / len(validation_labels),
        "test_accuracy": test_correct / len(mnist.y_test),
        "test_interval": [
            round(end, 6) for end in accuracy_interval(test_correct, len(mnist.y_test))
        ],
        "validation_images": len(validation_labels),
        "test_images": len(mnist.y_test),
        "recipe": asdict(recipe),
    }


def train_command(arguments: argparse.Namespace) -> int:
    """Do the work of ``python -m helpers train``; return the exit status."""
    if arguments.output:
        check_can_save(arguments.output)
    mnist = load_mnist()
    model, result = train(
        arguments.model,
        mnist,
        arguments.seed,
        arguments.epochs,
        augmentation=not arguments.no_augmentation,
        verbose="auto" if sys.stdout.isatty() else 2,
    )
    if arguments.output:
        save_for_prediction(model, arguments.output)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(describe(result))
    return 0


def describe(result: dict[str, Any]) -> str:
    """Say a training's result in a sentence for people."""
    low, high = result["test_interval"]
    return (
        f"{result['model']}: {result['test_accuracy']:.2%} of {result['test_images']:,} test "
        f"images right (95 % interval {low:.2%} to {high:.2%}), validation "
        f"{result['validation_accuracy']:.2%}, {result['parameters']:,} parameters, "
        f"{result['fit_seconds']:.1f} s of training."
    )
