"""The recipes by which the series' networks are trained, in lessons, commands and benchmarks.

How their numbers were chosen, and on which images, stands in ``benchmarks/README.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from helpers.augmentation import Augmentation

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Recipe:
    """Everything that decides how a network is trained, but for the network itself and the seed.

    epochs: passes over the training images.
    batch_size: images a step.
    peak_learning_rate: of a one-cycle schedule: up to here, then down to zero along a cosine.
    warmup: the share of all steps that the way up takes.
    weight_decay: of AdamW.
    augmentation: how images are changed before each use; None leaves them as they are.
    non_digits: pictures of no digit in each batch, with 1/10 as the target of every class.
    flagged_ones: ones with a flag in each batch, since MNIST has hardly any.
    look_alikes: letters in each batch that look like a digit, the target of which is in doubt.
    unchanged: the share of images that are not augmented after all. Whatever is turned gets a
        little blurred; a network that has seen nothing else is too sure of crisp pictures.
    """

    epochs: int
    batch_size: int
    peak_learning_rate: float
    warmup: float
    weight_decay: float
    augmentation: Augmentation | None = None
    non_digits: int = 0
    flagged_ones: int = 0
    look_alikes: int = 0
    unchanged: float = 0.0


RECIPES = {
    "cnn": Recipe(
        epochs=8,
        batch_size=128,
        peak_learning_rate=8e-3,
        warmup=0.2,
        weight_decay=0.05,
        augmentation=Augmentation(),
        non_digits=10,
        flagged_ones=2,
        look_alikes=3,
        unchanged=0.2,
    ),
    # Gentler changes for the small network, and none of the stroke.
    "mlp": Recipe(
        epochs=32,
        batch_size=256,
        peak_learning_rate=8e-3,
        warmup=0.2,
        weight_decay=0.1,
        augmentation=Augmentation(
            rotation=8.0, shear=0.10, scaling=0.08, stretching=0.05, translation=1.0, stroke=0.0
        ),
    ),
    "mlp without augmentation": Recipe(
        epochs=8,
        batch_size=128,
        peak_learning_rate=8e-3,
        warmup=0.2,
        weight_decay=0.2,
    ),
}


def steps_per_epoch(recipe: Recipe, training_images: int) -> int:
    """Return how many full batches an epoch has (at least one, however few the images)."""
    return max(1, training_images // recipe.batch_size)


def one_cycle(recipe: Recipe, training_images: int) -> keras.optimizers.schedules.CosineDecay:
    """Return the learning rate of every step: up in a line, then down to zero along a cosine.

    After Smith and Topin, "Super-convergence: very fast training of neural networks using large
    learning rates" (2018).
    """
    import keras

    steps = recipe.epochs * steps_per_epoch(recipe, training_images)
    warmup_steps = round(recipe.warmup * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=recipe.peak_learning_rate / 20,
        warmup_target=recipe.peak_learning_rate,
        warmup_steps=warmup_steps,
        decay_steps=max(1, steps - warmup_steps),
    )
