"""What every benchmark needs: the machine it ran on, a process per measurement, a result file."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.paths import RESULTS_FOLDER, write_atomically

if TYPE_CHECKING:
    import keras


def conditions() -> dict[str, Any]:
    """Return what a figure depends on: date, processor cores, Python, versions of the packages."""
    packages = ("tensorflow", "keras", "numpy", "opencv-python-headless")
    return {
        "date": datetime.date.today().isoformat(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in packages},
    }


def peak_memory_bytes() -> int:
    """Return the largest resident memory of this process so far, imports and data included."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def in_own_process(script: str | Path, *arguments: object) -> dict[str, Any]:
    """Run a script in a fresh process and return the JSON object on its last line of output.

    A process per measurement: nothing stays cached from one to the next, and peak memory belongs
    to one of them.

    Raises:
        SystemExit: the process failed; its error output says why.
    """
    command = [sys.executable, str(script), *(str(argument) for argument in arguments)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{finished.stderr}")
    return json.loads(finished.stdout.strip().splitlines()[-1])


def write_result(name: str, result: dict[str, Any]) -> Path:
    """Write a result with its conditions to benchmarks/results/NAME.json; return the path."""
    RESULTS_FOLDER.mkdir(exist_ok=True)
    path = RESULTS_FOLDER / f"{name}.json"
    text = json.dumps({"conditions": conditions(), **result}, indent=1, ensure_ascii=False)
    write_atomically(path, text + "\n")
    return path


def build_textbook() -> keras.Model:
    """Build the convolutional network of notebook 4 (keras.io's "Simple MNIST convnet")."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
