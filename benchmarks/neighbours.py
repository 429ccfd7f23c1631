"""Are the numbers of a recipe well chosen? Each against half and double, by cross-validation.

    python benchmarks/neighbours.py [--only mlp] [--repeat 0] [--folds 6]

Changes one number of a recipe at a time: the peak of the learning rate and the weight decay to
half and double of what they are, the strength of the augmentation to 0.7 and 1.4 times, and looks
at which of the 60,000 training images the network then misreads when it hasn't seen them
(benchmarks/cross_validation.py). The test set is not used.

The rule, written down before the first run: a number stays unless a neighbour spares more mistakes
than two standard errors of the difference, and does so again in a second repeat. One standard
error, as for the numbers of epochs, would be too little here: of sixteen neighbours that are no
better at all, two or three would pass it by chance.

Prints a line for each neighbour, and writes benchmarks/results/neighbours.json after each; what
that file holds already is not measured again (``--afresh``: it is).
"""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

from common import RESULTS_FOLDER, write_result
from cross_validation import Changes, Deal, cross_validate

Row = dict[str, Any]
BETTER = ", better: measure it again with --repeat 1"
RECIPE_NAMES = ("mlp", "mlp without augmentation", "cnn")


def neighbours(name: str) -> dict[str, Changes]:
    """Return the recipe as it is, under the name "as it is", and its neighbours by name."""
    from helpers.recipes import RECIPES

    recipe = RECIPES[name]
    return {
        "as it is": {},
        "half the learning rate": {"peak_learning_rate": recipe.peak_learning_rate / 2},
        "double the learning rate": {"peak_learning_rate": recipe.peak_learning_rate * 2},
        "half the weight decay": {"weight_decay": recipe.weight_decay / 2},
        "double the weight decay": {"weight_decay": recipe.weight_decay * 2},
        **(
            {
                "weaker augmentation": {"augmentation": 0.7},
                "stronger augmentation": {"augmentation": 1.4},
            }
            if recipe.augmentation
            else {}
        ),
    }


def measure(name: str, neighbour: str, changes: Changes, deal: Deal) -> Row:
    """Cross-validate one neighbour; return its row of the result file."""
    misread = cross_validate(name, changes, deal, a_core_each=True)
    return {
        "recipe": name,
        "neighbour": neighbour,
        "changes": changes,
        "folds": deal.folds,
        "repeat": deal.repeat,
        "images": misread.of,
        "mistakes": len(misread.images),
        "misread": " ".join(str(image) for image in sorted(misread.images)),
    }


def judge(row: Row, own: Row) -> str:
    """Add to a row how many mistakes it spares against the recipe's own; return that as a line.

    Images that both misread, or neither, say nothing about the difference (McNemar, 1947).
    """
    one, other = set(own["misread"].split()), set(row["misread"].split())
    row["spared"] = len(one) - len(other)
    row["standard_error"] = round(math.sqrt(len(one ^ other)), 1)
    return (
        f"{row['recipe']}, {row['neighbour']}: {row['mistakes']} of {row['images']:,} misread, "
        f"{row['spared']:+} spared ± {row['standard_error']}{BETTER if is_better(row) else ''}"
    )


def is_better(row: Row) -> bool:
    """Tell whether a neighbour that was judged spares more than two standard errors."""
    return row["spared"] > 2 * row["standard_error"]


def known_rows() -> list[Row]:
    """Return the rows that the result file holds already."""
    path = RESULTS_FOLDER / "neighbours.json"
    return json.loads(path.read_text(encoding="utf-8"))["rows"] if path.exists() else []


def main() -> None:
    """Cross-validate, judge, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=RECIPE_NAMES, default=RECIPE_NAMES)
    parser.add_argument("--repeat", type=int, default=0, help="which dealing of the images")
    parser.add_argument("--folds", type=int, default=6, help="parts to deal into (default: 6)")
    parser.add_argument("--afresh", action="store_true", help="measure known rows again")
    arguments = parser.parse_args()
    deal = Deal(arguments.folds, arguments.repeat)
    rows = {
        (row["recipe"], row["neighbour"], row["folds"], row["repeat"]): row for row in known_rows()
    }
    for name in arguments.only:
        own: Row | None = None
        for neighbour, changes in neighbours(name).items():
            key = (name, neighbour, deal.folds, deal.repeat)
            if key not in rows or arguments.afresh:
                rows[key] = measure(name, neighbour, changes, deal)
            own = own or rows[key]
            print(judge(rows[key], own), flush=True)
            path = write_result("neighbours", {"rows": list(rows.values())})
    better = sum(is_better(row) for row in rows.values())
    print(
        f"{better} of {sum(bool(row['changes']) for row in rows.values())} neighbours are better."
    )
    print("written:", path.name)


if __name__ == "__main__":
    main()
