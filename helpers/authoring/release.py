"""Train the networks that ship in ``models/`` and write down what they reach: ``make models``.

``python -m helpers.authoring.release mlp`` does so for one of them.
"""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import sys
from collections.abc import Sequence

from helpers.data import load_mnist
from helpers.errors import UserError
from helpers.models import MODELS_FOLDER, save_for_prediction
from helpers.results import SHIPPED_RESULTS, read_results, write_json
from helpers.training import describe, train

SEED = 0
PACKAGES = ("tensorflow", "keras", "numpy", "opencv-python-headless")


def main(names: Sequence[str] = ("cnn", "mlp")) -> int:
    """Train and save the networks, bring results.json up to date; return the exit status."""
    try:
        mnist = load_mnist()
        if mnist.source == "sample":
            print("error: networks that ship are trained on all of MNIST.", file=sys.stderr)
            return 1
        made_with = {
            "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "date": datetime.date.today().isoformat(),
        }
        results = read_results() if SHIPPED_RESULTS.exists() else {}
        for name in names:
            model, result = train(name, mnist, SEED, verbose=2)
            save_for_prediction(model, MODELS_FOLDER / f"{name}.keras")
            results[name] = {**result, **made_with}
            print(describe(result), flush=True)
        write_json(SHIPPED_RESULTS, results)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ("cnn", "mlp")))
