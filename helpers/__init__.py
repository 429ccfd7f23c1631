"""Helpers of the series: what would distract in a lesson.

What a lesson imports stands here, a module each: ``data``, ``mnist_form``, ``preprocessing``,
``augmentation``, ``models``, ``recipes``, ``training``, ``evaluation``, ``results``, ``plots``. The
machinery is one door further in:

- ``exercises``: check, hint and solution of the lessons' exercises.
- ``pictures``: from a picture file to digits, step by step.
- ``synthesis``: pictures made by program.
- ``web``: the drawing page, its service, and the same pad in a notebook.
- ``grading``: what students handed in, run and judged; ``doctor``: whether a machine is ready.
- ``authoring``: running, storing and checking notebooks; for authors only.

The public names are loaded on first use, so that ``import helpers`` costs nothing and a command
only pays for the packages that it needs.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any

# Before anything that an older Python could not even read.
if sys.version_info < (3, 11):  # noqa: UP036
    raise SystemExit(
        "The series needs Python 3.11, 3.12 or 3.13; this is Python "
        + ".".join(map(str, sys.version_info[:3]))
        + ", "
        + sys.executable
        + "."
    )

from helpers.quiet import settle_keras, silence_tensorflow

silence_tensorflow()
settle_keras()

if TYPE_CHECKING:
    from helpers.data import (
        DataError,
        Mnist,
        load_dataset,
        load_mnist,
    )
    from helpers.paths import IMAGES_FOLDER, build_folder

_MODULE_OF = {
    "DataError": "helpers.data",
    "IMAGES_FOLDER": "helpers.paths",
    "Mnist": "helpers.data",
    "build_folder": "helpers.paths",
    "load_dataset": "helpers.data",
    "load_mnist": "helpers.data",
}

__all__ = [
    "IMAGES_FOLDER",
    "DataError",
    "Mnist",
    "build_folder",
    "load_dataset",
    "load_mnist",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the lazy names too, so that completion in Jupyter finds them."""
    return sorted({*globals(), *__all__})
