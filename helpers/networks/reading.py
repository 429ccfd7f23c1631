"""Networks from files that Keras wrote: read and tried, or one sentence why not and what to do."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from helpers.errors import ModelError
from helpers.networks.files import check_is_file
from helpers.networks.trial import fault_of, trial_images

HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
# Of a .keras file: the bytes of all its parts, and of those that describe its layers.
MAX_UNPACKED = 1_000_000_000
MAX_WORDS = 10_000_000
INPUT_SHAPE = (28, 28, 1)

Builders = Mapping[str, Callable[[], keras.Model]]


def read_network(path: Path, builders: Builders) -> keras.Model:
    """Read a network and try it on three images.

    Args:
        path: a ``.keras`` or ``.h5`` file.
        builders: make the networks of the series by name. Of a file with one of them, only the
            weights are read: each version of Keras adds words to a file's description of layers
            that the ones before refuse, while the weights have kept their form since Keras 3.

    Returns:
        A network with one output; input float32 (n, 28, 28, 1) in [0, 1], output (n, 10).

    Raises:
        ModelError: no network that can be loaded, or none for digits.
    """
    check_is_file(path)
    _check_name(path)
    try:
        _check_archive(path)
        network = _with_weights_of(path, builders) or keras.saving.load_model(path, compile=False)
    except ModelError:
        raise
    except Exception as error:
        # Keras raises whatever zip, JSON or HDF5 found wrong; the reader needs one sentence.
        raise ModelError(f"{path}: {_reason(path)}") from error
    return _tried(path, network)


def _tried(path: Path, network: keras.Model) -> keras.Model:
    """Return a network that takes images of digits and gives ten probabilities."""
    if not network.built:
        raise ModelError(
            f"{path}: this model was saved before it knew the shape of its input, without weights: "
            "begin it with keras.Input((28, 28, 1)), train it and save it again."
        )
    inputs, outputs = getattr(network, "inputs", None), getattr(network, "outputs", None)
    for what, some in (("inputs", inputs), ("outputs", outputs)):
        if some is not None and len(some) != 1:
            raise ModelError(
                f"{path}: this model has {len(some)} {what}; "
                "save one that takes one image and gives the 10 probabilities of its digit."
            )
    shapes = [tuple(some[0].shape[1:]) if some else None for some in (inputs, outputs)]
    if shapes[0] not in {None, INPUT_SHAPE, (None, None, 1)} or shapes[1] not in {None, (10,)}:
        raise ModelError(
            f"{path}: a model for digits takes {INPUT_SHAPE} and gives 10 probabilities; "
            f"this one takes {shapes[0]} and gives {shapes[1]}: begin it with "
            "keras.Input((28, 28, 1)), and end it with Dense(10, activation='softmax')."
        )
    if any(_divides(layer) for layer in getattr(network, "layers", ())):
        raise ModelError(
            f"{path}: this model divides pixels by 255 itself, and it gets them from 0 to 1: "
            "train and save it without its Rescaling layer."
        )
    if inputs and outputs and isinstance(network(inputs[0]), dict | list):
        network = keras.Model(inputs[0], outputs[0])  # its one output without a name around it
    images = trial_images()[..., np.newaxis].astype(np.float32) / 255
    try:
        answers = keras.ops.convert_to_numpy(network(images, training=False))
    except Exception:
        raise ModelError(
            f"{path}: this model can't answer for 3 images at once: "
            "build it for any number, without a fixed batch size."
        ) from None
    if fault := fault_of(answers):
        raise ModelError(f"{path}: {fault}")
    return network


def _divides(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.Rescaling) and np.max(layer.scale) < 0.05


def _check_name(path: Path) -> None:
    """Raise an error if a file's ending, by which Keras goes, is not that of its content."""
    content = ".keras" if zipfile.is_zipfile(path) else ".h5" if _is_hdf5(path) else ""
    if content == ".h5" and _hdf5_config(path) is None:
        raise ModelError(
            f"{path}: this file holds weights only, not the layers: "
            "save the whole model, model.save('name.keras')."
        )
    endings = {".keras": {".keras"}, ".h5": {".h5", ".hdf5"}}.get(content)
    if endings and path.suffix not in endings:
        raise ModelError(
            f"{path}: by its content this is a {content} file; name it {path.stem}{content}."
        )


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HDF5_MAGIC)) == HDF5_MAGIC


def _hdf5_config(path: Path) -> str | None:
    """Return the description of the layers in an HDF5 file; None if there is none."""
    import h5py

    try:
        with h5py.File(path) as file:
            config = file.attrs.get("model_config")
            return config.decode() if isinstance(config, bytes) else config
    except OSError:  # cut off: Keras will say so
        return ""


def _reason(path: Path) -> str:
    """Put into words why Keras can't load a file."""
    unusable = "this is not a Keras model that can be loaded: save or copy it again."
    version = ""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                config = json.loads(archive.read("config.json"))
                version = json.loads(archive.read("metadata.json"))["keras_version"]
                if archive.testzip():
                    return unusable
        else:
            config = json.loads(_hdf5_config(path) or "")
    except Exception:  # not even that can be read
        return unusable
    kinds = list(_kinds_in(config))
    if ("Lambda", True) in kinds:
        return (
            "this model has a Lambda layer, and code from a file is not run: "
            "put a layer of Keras in its place."
        )
    foreign = sorted({name for name, is_keras in kinds if not is_keras})
    if foreign:
        return (
            f"this model is made of classes of its own ({', '.join(foreign)}), which a file "
            "does not hold: build it from layers of Keras."
        )
    if version and _number(version) != _number(keras.__version__):
        return (
            f"this model was saved by Keras {version}, and Keras {keras.__version__} can't load "
            f"it: pip install keras=={version}, or train and save it with this one."
        )
    return unusable


def _kinds_in(config: Any) -> Iterator[tuple[str, bool]]:
    """Go through the classes that a description names: the name, and whether Keras brings it."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str) and "config" in config:
            name, module = config["class_name"], config.get("module")
            is_keras = hasattr(keras.layers, name) or hasattr(keras, name)
            yield name, is_keras or str(module).startswith(("keras", "builtins"))
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _kinds_in(part)


def _number(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])


def _with_weights_of(path: Path, builders: Builders) -> keras.Model | None:
    """Build the network that a file was saved from, if it is one of these; load its weights."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        saved = json.loads(archive.read("config.json"))["config"]
    if saved["name"] not in builders:
        return None
    network = builders[saved["name"]]()
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
    """Raise an error if a part of a ``.keras`` file is too large, or not what was once written.

    Such a file is a zip archive with check sums, but whether anybody looks at them depends on how
    its parts are read; without this, damaged weights can be loaded as if nothing were wrong.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            words = sum(part.file_size for part in parts if part.filename.endswith(".json"))
            if words > MAX_WORDS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise ModelError(
                    f"{path}: unpacked, this file has far more in it than a network for digits: "
                    "save the model again."
                )
            damaged = archive.testzip()
        if damaged:
            raise zipfile.BadZipFile(f"{damaged} is damaged")
