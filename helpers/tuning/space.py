"""What is searched: the numbers of a recipe, and within which bounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from helpers.augmentation import Augmentation
from helpers.recipes import RECIPES, Recipe

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

# What a study may vary. Whoever changes a bound makes another search: its trials can't be compared
# with those before, so the bounds are part of the study's identity.
LEARNING_RATES = (1e-3, 3e-2)
WEIGHT_DECAYS = (1e-2, 5e-1)
WARMUPS = (0.05, 0.5)
AUGMENTATIONS = (0.0, 1.5)
BATCH_SIZES = (64, 128, 256, 512)


@dataclass(frozen=True)
class Setup:
    """What stays the same in all trials of a study.

    model: "mlp" or "cnn".
    images: how many training images; None takes all that are not set aside.
    epochs: of each training; None takes the recipe's.
    seed: where chance starts.
    """

    model: str
    images: int | None = None
    epochs: int | None = None
    seed: int = 0

    @property
    def recipe(self) -> Recipe:
        """The recipe whose numbers are varied."""
        recipe = RECIPES[self.model]
        return recipe if self.epochs is None else replace(recipe, epochs=self.epochs)


def distributions() -> dict[str, BaseDistribution]:
    """Return what is searched, by name, as Optuna describes it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "peak_learning_rate": FloatDistribution(*LEARNING_RATES, log=True),
        "weight_decay": FloatDistribution(*WEIGHT_DECAYS, log=True),
        "warmup": FloatDistribution(*WARMUPS),
        "batch_size": CategoricalDistribution(BATCH_SIZES),
        "augmentation": FloatDistribution(*AUGMENTATIONS),
    }


def recipe_for(setup: Setup, settings: dict[str, Any]) -> Recipe:
    """Return the recipe of one trial.

    Args:
        setup: what all trials share.
        settings: a value for each name in ``distributions()``; "augmentation" is how many times as
            far as in the series' recipe an image may be changed.
    """
    recipe = setup.recipe
    settings = dict(settings)
    strength = settings.pop("augmentation")
    most = asdict(recipe.augmentation or Augmentation())
    weaker = {name: strength * limit for name, limit in most.items()}
    weaker["stroke"] = min(1.0, weaker["stroke"])  # a share of the images
    return replace(recipe, **settings, augmentation=Augmentation(**weaker))


def identity(setup: Setup, data: str) -> dict[str, Any]:
    """Return what tells one search from another, in a form that JSON can hold.

    Args:
        setup: what all trials share.
        data: says which images these are.
    """
    bounds = {name: str(each) for name, each in distributions().items()}
    return {"program": "python -m helpers tune", "data": data, **asdict(setup), "bounds": bounds}
