"""The networks that notebooks 03 and 04 build, and the trained ones that ship."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import keras
from keras import layers

from helpers.errors import ModelError
from helpers.paths import MODELS_FOLDER


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


BUILDERS = {"mlp": build_mlp, "cnn": build_cnn}


def load_model(model: str | Path = "cnn") -> keras.Model:
    """Load a trained network, ready to predict.

    Args:
        model: "cnn" or "mlp" for the ones that ship, or the path of a file that
            ``train --output`` wrote.

    Returns:
        A network; input float32 (n, 28, 28, 1) in [0, 1], output (n, 10) probabilities.

    Raises:
        ModelError: the file is missing, is no Keras model, or is a model for something else.
    """
    path = MODELS_FOLDER / f"{model}.keras" if str(model) in BUILDERS else Path(model)
    if not path.is_file():
        raise ModelError(f"{path}: there is no such model file; 'train --output' writes one.")
    try:
        _check_archive(path)
        loaded = _with_weights_of(path) or keras.saving.load_model(path, compile=False)
    except Exception as error:
        # Keras raises whatever zip, JSON or HDF5 found wrong; the reader needs one sentence.
        raise ModelError(f"{path}: this is not a Keras model that can be loaded.") from error
    if loaded.input_shape != (None, 28, 28, 1) or loaded.output_shape != (None, 10):
        raise ModelError(
            f"{path}: a model for digits takes (28, 28, 1) and gives 10 probabilities; this one "
            f"takes {loaded.input_shape[1:]} and gives {loaded.output_shape[1:]}."
        )
    return loaded


def _with_weights_of(path: Path) -> keras.Model | None:
    """Build the network that a file was saved from, if it is one of ours, and load its weights.

    What else the file tells about the layers is not read: each version of Keras adds words to it
    that the ones before refuse, while the weights have kept their form since Keras 3.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        saved = json.loads(archive.read("config.json"))["config"]
    if saved["name"] not in BUILDERS:
        return None
    network = BUILDERS[saved["name"]]()
    if _outline(saved) != _outline(network.get_config()):
        return None  # another network that took the name
    network.load_weights(path)
    return network


# What makes a layer the layer it is, beside its kind.
_SETTINGS = (
    *("batch_shape", "units", "filters", "kernel_size", "strides", "padding", "pool_size"),
    *("use_bias", "activation", "epsilon", "negative_slope", "rate"),
)


def _outline(saved: dict[str, Any]) -> str:
    layers_of = [
        (layer["class_name"], {name: layer["config"].get(name) for name in _SETTINGS})
        for layer in saved["layers"]
    ]
    return json.dumps(layers_of)  # which does not tell a tuple from a list


def _check_archive(path: Path) -> None:
    """Raise an error if a part of a ``.keras`` file differs from what was once written.

    Such a file is a zip archive with check sums, but whether anybody looks at them depends on how
    its parts are read; without this, damaged weights can be loaded as if nothing were wrong.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged:
            raise zipfile.BadZipFile(f"{damaged} is damaged")


def check_can_save(path: Path) -> None:
    """Find out before a long training whether its result can be saved.

    Raises:
        ModelError: the name does not end in .keras, or its folder is missing or not writable.
    """
    if path.suffix != ".keras":
        raise ModelError(f"{path}: the name of a model file must end in .keras.")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ModelError(f"{path}: there is no folder {folder} to save in; make it first.")
    if path.is_dir() or not os.access(path if path.exists() else folder, os.W_OK):
        raise ModelError(f"{path}: cannot be written; choose another name or folder.")


def save_for_prediction(model: keras.Model, path: Path) -> None:
    """Save a network without its optimiser, a third of the size: enough to predict, not to go on.

    Raises:
        ModelError: the file can't be written.
    """
    check_can_save(path)
    # Not clone_model: that copies the optimiser too.
    bare = model.__class__.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    try:
        bare.save(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror or error}).") from error
