"""Train the networks that ship in ``models/`` and write down what they reach: ``make models``.

``python -m helpers.authoring.release mlp`` does so for one of them; with ``--onnx`` nothing is
trained, and only the ONNX files are written anew from the Keras files.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from helpers.authoring import kinds_training
from helpers.authoring.onnx_file import write_onnx
from helpers.data import load_mnist
from helpers.errors import UserError
from helpers.models import BUILDERS, MODELS_FOLDER, load_model, save_for_prediction
from helpers.results import SHIPPED_RESULTS, read_results, write_json
from helpers.training import describe, train

SEED = 0
PACKAGES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "onnx")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the networks and bring results.json up to date; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "names", nargs="*", metavar="NETWORK", help="cnn, kinds, mlp (default: all)"
    )
    parser.add_argument("--onnx", action="store_true", help="write only the ONNX files anew")
    args = parser.parse_args(arguments)
    known = {*BUILDERS, kinds_training.NAME}
    names = args.names or sorted(known)
    if unknown := set(names) - known:
        parser.error(f"there is no network {', '.join(sorted(unknown))}")
    try:
        results = read_results(SHIPPED_RESULTS) if SHIPPED_RESULTS.exists() else {}
        for name in names:
            if args.onnx:
                network, result = _load(name), results[name]
            else:
                network, result = _train(name)
                save_for_prediction(network, MODELS_FOLDER / f"{name}.keras")
            write_onnx(network, MODELS_FOLDER / f"{name}.onnx")
            results[name] = {**result, "sha256": checksums(name)}
        write_json(SHIPPED_RESULTS, results)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _train(name: str) -> tuple[keras.Model, dict[str, Any]]:
    mnist = load_mnist()
    if mnist.source == "sample":
        raise UserError("networks that ship are trained on all of MNIST.")
    if name == kinds_training.NAME:
        network, result = kinds_training.train_kinds(mnist, SEED, verbose=2)
        print(result, flush=True)
    else:
        network, result = train(name, mnist, SEED, verbose=2)
        print(describe(result), flush=True)
    return network, {
        **result,
        "versions": {package: importlib.metadata.version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
    }


def _load(name: str) -> keras.Model:
    if name in BUILDERS:
        return load_model(name)
    return keras.models.load_model(MODELS_FOLDER / f"{name}.keras", compile=False)


def checksums(name: str, folder: Path = MODELS_FOLDER) -> dict[str, str]:
    """Return the SHA-256 of each file of a network."""
    files = [folder / f"{name}{ending}" for ending in (".keras", ".onnx")]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


if __name__ == "__main__":
    sys.exit(main())
