"""The networks that notebooks 03 and 04 build, and the trained ones that ship."""

from __future__ import annotations

from pathlib import Path

import keras
from keras import layers

from helpers.errors import ModelError
from helpers.networks.reading import read_network
from helpers.networks.saving import check_can_save, save_for_prediction
from helpers.paths import MODELS_FOLDER

__all__ = [
    "BUILDERS",
    "MODELS_FOLDER",
    "ModelError",
    "build_cnn",
    "build_mlp",
    "check_can_save",
    "load_model",
    "restart",
    "save_for_prediction",
]


def build_mlp() -> keras.Model:
    """Build the multilayer perceptron of notebook 03: Flatten, 128, 64, 10.

    Returns:
        An untrained network; input float32 (n, 28, 28, 1) in [0, 1], output (n, 10) probabilities.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ],
        name="mlp",
    )


def convolution_block(filters: int, size: int, pool: bool = False) -> list[keras.Layer]:
    """Convolution, then pooling where asked, then batch normalisation and ReLU.

    Pooling comes first because normalisation and ReLU then have a quarter of the values to work
    on; the maximum and ReLU may be exchanged without changing the result. The momentum of 0.9 lets
    the running mean settle within a short training.
    """
    pooling = [layers.MaxPooling2D()] if pool else []
    return [
        layers.Conv2D(filters, size, use_bias=False),
        *pooling,
        layers.BatchNormalization(momentum=0.9),
        layers.ReLU(),
    ]


def build_cnn() -> keras.Model:
    """Build the convolutional network of notebook 04.

    Returns:
        An untrained network; input float32 (n, 28, 28, 1) in [0, 1], output (n, 10) probabilities.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            *convolution_block(24, 5, pool=True),
            *convolution_block(48, 3),
            *convolution_block(64, 3, pool=True),
            *convolution_block(128, 3),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="cnn",
    )


def restart(model: keras.Model, seed: int) -> None:
    """Give a compiled network the weights that a new one would draw, and empty its optimizer.

    Before its first step Keras translates a network's training into a graph, which takes longer
    than a short training. A network that starts again keeps that graph, and trains from the same
    weights and with the same dropout as a new one.

    Args:
        model: a compiled network that can be cloned; its optimizer keeps only its learning rate.
        seed: where chance starts: weights, dropout, and the order of the batches.
    """
    keras.utils.set_random_seed(seed)
    new = keras.models.clone_model(model)
    for variable, fresh in zip(model.variables, new.variables, strict=True):
        variable.assign(fresh)
    for variable in model.optimizer.variables:
        if variable.name != "learning_rate":
            variable.assign(keras.ops.zeros_like(variable))


BUILDERS = {"mlp": build_mlp, "cnn": build_cnn}


def load_model(model: str | Path = "cnn") -> keras.Model:
    """Load a trained network, ready to predict.

    Args:
        model: "cnn" or "mlp" for the ones that ship, or the path of a file: what
            ``train --output`` or Keras's ``model.save`` wrote.

    Returns:
        A network; input float32 (n, 28, 28, 1) in [0, 1], output (n, 10) probabilities.

    Raises:
        ModelError: the file is missing, is no Keras model, or is a model for something else.
    """
    path = MODELS_FOLDER / f"{model}.keras" if str(model) in BUILDERS else Path(model)
    return read_network(path, BUILDERS)
