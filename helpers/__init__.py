"""Helpers of the series: data, networks, pictures, the commands and the web app.

The public names are loaded on first use, so that ``import helpers`` costs nothing and a command
only pays for the packages that it needs.
"""

import importlib
from typing import TYPE_CHECKING, Any

from helpers.quiet import settle_keras, silence_tensorflow

silence_tensorflow()
settle_keras()

if TYPE_CHECKING:
    from helpers.data import (
        DataError,
        Mnist,
        class_distribution,
        load_mnist,
        split_summary,
    )
    from helpers.paths import IMAGES_FOLDER, build_folder
    from helpers.results import record_result

_MODULE_OF = {
    "DataError": "helpers.data",
    "IMAGES_FOLDER": "helpers.paths",
    "Mnist": "helpers.data",
    "build_folder": "helpers.paths",
    "class_distribution": "helpers.data",
    "load_mnist": "helpers.data",
    "record_result": "helpers.results",
    "split_summary": "helpers.data",
}

__all__ = [
    "IMAGES_FOLDER",
    "DataError",
    "Mnist",
    "build_folder",
    "class_distribution",
    "load_mnist",
    "record_result",
    "split_summary",
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
