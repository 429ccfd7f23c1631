"""One trial: train a network with the settings that were proposed, and measure it."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from helpers.data import Mnist
from helpers.models import BUILDERS
from helpers.preprocessing import scale, split_validation
from helpers.training import fit, soft_targets
from helpers.tuning.space import Setup, recipe_for

# Where a network has gone astray, its loss is infinite or no number at all. A search needs one.
WORST_LOSS = 10.0

Report = Callable[[int, float], bool]


@dataclass(frozen=True)
class Measured:
    """What a trial found.

    loss: cross-entropy on the images by which settings are chosen: the search makes it small.
    accuracy: on the same images.
    held_out_accuracy: on as many images by which nothing is chosen; NaN for a trial that was given
        up.
    seconds: that it took.
    given_up: whether it was ended early, since others had been better at this point.
    """

    loss: float
    accuracy: float
    held_out_accuracy: float
    seconds: float
    given_up: bool = False


class _Watch(keras.callbacks.Callback):
    """Reports the loss after each epoch, and ends the training where that is said to be no use."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report
        self.given_up = False

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """See Keras."""
        if self.report(epoch, tame((logs or {})["val_loss"])):
            self.given_up = True
            self.model.stop_training = True


def tame(loss: float) -> float:
    """Return a loss that can be compared, whatever became of the network."""
    return WORST_LOSS if math.isnan(loss) else min(loss, WORST_LOSS)


class Training:
    """Trains and measures settings on one division of the training images; never on the test set.

    Half of the validation images choose between settings. The other half chooses nothing, so that
    it can say at the end how good the chosen ones are.
    """

    def __init__(self, setup: Setup, mnist: Mnist) -> None:
        """Divide the training images.

        Args:
            setup: what all trials share.
            mnist: the data.
        """
        self.setup = setup
        images, validation, labels, labels_validation = split_validation(
            mnist.x_train, mnist.y_train
        )
        self.images, self.labels = images[: setup.images], labels[: setup.images]
        choosing, held_out, self.y_choosing, self.y_held_out = split_validation(
            validation, labels_validation, len(validation) // 2
        )
        self.x_choosing, self.x_held_out = scale(choosing), scale(held_out)
        self.data = f"{len(mnist.y_train)} images, {zlib.crc32(mnist.y_train.tobytes()):08x}"

    def __call__(self, settings: dict[str, Any], report: Report) -> Measured:
        """Train a network.

        Args:
            settings: a value for each name in ``space.distributions()``.
            report: takes an epoch's number, from 0, and its loss; True says to give up.
        """
        started = time.perf_counter()
        keras.backend.clear_session()
        watch = _Watch(report)
        trained = fit(
            BUILDERS[self.setup.model],
            self.images,
            self.labels,
            recipe_for(self.setup, settings),
            self.setup.seed,
            validation_data=(self.x_choosing, soft_targets(self.y_choosing, 1.0)),
            callbacks=[watch],
        )
        held_out = math.nan
        if not watch.given_up:
            probabilities = trained.model.predict(self.x_held_out, batch_size=500, verbose=0)
            held_out = float(np.mean(probabilities.argmax(axis=1) == self.y_held_out))
        return Measured(
            loss=tame(trained.history["val_loss"][-1]),
            accuracy=float(trained.history["val_accuracy"][-1]),
            held_out_accuracy=held_out,
            seconds=time.perf_counter() - started,
            given_up=watch.given_up,
        )
