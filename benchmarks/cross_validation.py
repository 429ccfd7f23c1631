"""Cross-validation on the training images: what a recipe misreads of images it never saw.

The 60,000 training images are dealt into folds; each fold is classified by a network that trained
on the others, in a fresh process, so that each image counts once. A single part of 5,000 can't
tell good recipes apart: of some 20 mistakes, four or five are chance. A repeat deals the images
anew and takes other seeds. The test set is not used.

The other scripts here call this one; ``one_fold`` is what a fresh process does for them.
"""

from __future__ import annotations

import json
import os
import queue
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from common import in_own_process

if TYPE_CHECKING:
    from helpers.recipes import Recipe

# Numbers of a recipe that take the place of its own; "augmentation" is a factor on all strengths.
Changes = dict[str, float]


@dataclass(frozen=True)
class Deal:
    """How the images are dealt: into how many folds, and which repeat of dealing it is."""

    folds: int
    repeat: int


class Misread(NamedTuple):
    """What cross-validation found out about one recipe.

    images: the indices of the training images that were misread.
    of: how many images were read.
    of_folds: mistakes in each fold.
    fit_seconds: of each fold's training.
    """

    images: set[int]
    of: int
    of_folds: list[int]
    fit_seconds: list[float]


def changed_recipe(name: str, changes: Changes) -> Recipe:
    """Return the recipe of that name with other numbers in some places."""
    from helpers.recipes import RECIPES

    recipe = RECIPES[name]
    others: dict[str, Any] = dict(changes)
    factor = others.pop("augmentation", 1)
    if recipe.augmentation and factor != 1:
        strengths = vars(recipe.augmentation)
        others["augmentation"] = replace(
            recipe.augmentation, **{key: value * factor for key, value in strengths.items()}
        )
    return replace(recipe, **others)


def one_fold(name: str, changes: Changes, deal: Deal, fold: int) -> dict[str, Any]:
    """Train one network in this process on all folds but one; return what it misread there."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold

    from helpers.data import load_mnist
    from helpers.models import BUILDERS
    from helpers.preprocessing import scale
    from helpers.training import fit

    mnist = load_mnist()
    dealt = StratifiedKFold(deal.folds, shuffle=True, random_state=deal.repeat)
    kept, held_back = list(dealt.split(mnist.x_train, mnist.y_train))[fold]
    recipe = changed_recipe(name, changes)
    seed = deal.repeat * deal.folds + fold
    build = BUILDERS[name.split()[0]]
    trained = fit(build, mnist.x_train[kept], mnist.y_train[kept], recipe, seed)
    probabilities = trained.model.predict(scale(mnist.x_train[held_back]), 1_000, verbose=0)
    wrong = probabilities.argmax(axis=1) != mnist.y_train[held_back]
    return {
        "fit_seconds": round(trained.fit_seconds, 2),
        "images": len(held_back),
        "misread": np.asarray(held_back)[wrong].tolist(),
    }


def cross_validate(name: str, changes: Changes, deal: Deal, a_core_each: bool = False) -> Misread:
    """Return which of the training images a recipe misreads when it hasn't seen them.

    Args:
        name: of the recipe, as in :data:`helpers.recipes.RECIPES`.
        changes: what is different from it.
        deal: the folds.
        a_core_each: train as many folds at once as there are cores, each on its own. That takes
            a quarter less time in all, but the seconds of a training then say little.
    """
    cores: list[int | None] = [None]
    if a_core_each and hasattr(os, "sched_getaffinity"):
        cores = [*sorted(os.sched_getaffinity(0))]
    free: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    for core in cores:
        free.put(core)

    def run(fold: int) -> dict[str, Any]:
        core = free.get()
        try:
            return in_own_process(
                __file__, json.dumps([name, changes, deal.folds, deal.repeat, fold, core])
            )
        finally:
            free.put(core)

    with ThreadPoolExecutor(len(cores)) as pool:
        runs = list(pool.map(run, range(deal.folds)))
    return Misread(
        images={image for each in runs for image in each["misread"]},
        of=sum(each["images"] for each in runs),
        of_folds=[len(each["misread"]) for each in runs],
        fit_seconds=[each["fit_seconds"] for each in runs],
    )


def main() -> None:
    """Do one fold, as the argument says; print it as JSON."""
    name, changes, folds, repeat, fold, core = json.loads(sys.argv[1])
    if core is not None:
        # Before TensorFlow starts: it then counts one core, and makes no more threads than that.
        os.sched_setaffinity(0, {core})
    print(json.dumps(one_fold(name, changes, Deal(folds, repeat), fold)))


if __name__ == "__main__":
    main()
