"""Small programs that try what a class needs; ``facts`` starts each in a Python of its own.

``python -m helpers.doctor.trials NAME`` prints one JSON object. A crash, of TensorFlow on a
processor without AVX for example, is the end of this program only.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any


def imports() -> dict[str, Any]:
    """Import what the lessons import, the slowest last."""
    started = time.monotonic()
    import helpers  # noqa: F401, I001 - before Keras
    import cv2  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import pandas  # noqa: F401
    import keras

    total = keras.ops.convert_to_numpy(keras.ops.sum(keras.ops.ones((2, 2)))).item()
    return {"seconds": time.monotonic() - started, "sum": total}


def fonts() -> dict[str, Any]:
    """Draw a figure's title with the font of the series."""
    from matplotlib.font_manager import FontProperties, findfont

    return {"file": findfont(FontProperties(family="DejaVu Sans"), fallback_to_default=False)}


def kernel() -> dict[str, Any]:
    """Start a Jupyter kernel and let it add two numbers."""
    from jupyter_client.manager import start_new_kernel

    started = time.monotonic()
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=15)
    try:
        reply = client.execute_interactive("1 + 1", timeout=15, output_hook=lambda message: None)
        return {
            "seconds": time.monotonic() - started,
            "status": reply["content"]["status"],
            "executable": (manager.kernel_spec.argv or [""])[0],  # type: ignore[union-attr]
        }
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


TRIALS: dict[str, Callable[[], dict[str, Any]]] = {
    "imports": imports,
    "fonts": fonts,
    "kernel": kernel,
}


def main(arguments: list[str]) -> int:
    """Print what came of a trial, or the exception, in a line."""
    try:
        found = TRIALS[arguments[0]]()
    except BaseException as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        found = {"error": ": ".join([type(error).__name__, *lines[:1]])[:160]}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
