"""A repaired network as the answer: a fresh copy is trained for seconds and judged by what it does.

The student's own model is left alone: it may have been trained before, and the loss before training
is half of the story. The copy has the same layers and the same ``compile``, but new weights.
"""

import contextlib
import io
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from helpers.exercises.kinds import Mistake, WrongFormError
from helpers.exercises.objects import Model
from helpers.exercises.running import one_line

# A larger network would keep a student waiting, and none of the lesson's needs to be as large.
MOST_PARAMETERS = 1_000_000
EPOCHS = 4
BATCH = 32
SEED = 7


@dataclass(frozen=True)
class Pictures:
    """What a trial trains and measures with: images as the network gets them, and labels."""

    x_train: Any
    y_train: Any
    x_val: Any
    y_val: Any


@dataclass(frozen=True)
class Trial:
    """How a fresh copy of a network behaved.

    Attributes:
        outputs: what its outputs can be, before training: probabilities that add up to 1, logits
            (some are negative), or neither.
        first_loss: the loss before training, as Keras reports it.
        cross_entropy: the cross-entropy before training, computed from the outputs.
        frozen: whether a layer has weights that cannot learn.
        dead: the largest share of units of one layer, before training, that are zero for every
            image.
        moved: how far training moved the weights, as a multiple of their size.
        accuracy: the share of validation images that it classifies correctly after training.
    """

    outputs: Literal["probabilities", "logits", "neither"]
    first_loss: float
    cross_entropy: float
    frozen: bool
    dead: float
    moved: float
    accuracy: float

    @property
    def loss_fits_outputs(self) -> bool:
        """Whether the loss is the cross-entropy of what the last layer gives."""
        slack = 0.02 * (1 + self.cross_entropy)
        # Of probabilities too small to be written down the true logarithm is larger than ours.
        above = self.outputs == "probabilities" or self.first_loss < self.cross_entropy + slack
        return above and self.first_loss > self.cross_entropy - slack


class Trained(Model):
    """A compiled Keras model, of which a fresh copy is trained.

    Args:
        pictures: makes what it is trained with.
        steps: conditions on the ``Trial``, made by ``step``, in the order in which they are tried.
    """

    def __init__(self, *, pictures: Callable[[], Pictures], steps: Sequence[Mistake]) -> None:
        """Take what the class says."""
        super().__init__(steps=steps)
        self._pictures = pictures

    def read(self, answer: Any) -> Trial:
        """Train a copy of the model, and say what does not even let it begin.

        Raises:
            WrongFormError: it is no model, is not compiled, is too large, or does not fit the data.
        """
        model = super().read(answer)
        if getattr(model, "optimizer", None) is None:
            raise WrongFormError(
                "The model is not compiled. Call compile with an optimizer and a loss, and hand it "
                "in without training it."
            )
        if model.count_params() > MOST_PARAMETERS:
            raise WrongFormError(
                f"The model has {model.count_params():,} parameters; with more than "
                f"{MOST_PARAMETERS:,} the check would take too long. Keep the layers it had."
            )
        if tuple(model.output_shape) != (None, 10):
            raise WrongFormError(
                f"The model's output has the shape {tuple(model.output_shape)}. It needs ten "
                "outputs for each image, one for each digit: (None, 10)."
            )
        try:
            with _quiet(), _seeded():
                return run_trial(model, self._pictures())
        except Exception as error:
            # Keras explains itself in a ValueError; what comes out of TensorFlow says little.
            said = f" Keras says: {one_line(error)}" if isinstance(error, ValueError) else ""
            raise WrongFormError(
                "A copy of your model could not be trained on images of the shape (28, 28, 1) and "
                f"labels that are whole numbers. Do the layers and the loss fit them?{said}"
            ) from None


def run_trial(model: Any, pictures: Pictures) -> Trial:
    """Train a fresh copy of a compiled model and report how it behaved."""
    import keras
    import numpy as np

    copy = keras.models.clone_model(model)
    copy.compile_from_config(model.get_compile_config())
    outputs = copy.predict(pictures.x_val, batch_size=500, verbose=0)
    reported = copy.evaluate(
        pictures.x_val, pictures.y_val, batch_size=500, verbose=0, return_dict=True
    )
    dead = _dead_share(copy, pictures.x_val)
    before = [np.array(weight) for weight in copy.trainable_weights]
    copy.fit(
        pictures.x_train,
        pictures.y_train,
        epochs=EPOCHS,
        batch_size=BATCH,
        shuffle=False,  # they are mixed already, and the shuffling has a seed of its own
        verbose=0,
    )
    after = [np.array(weight) for weight in copy.trainable_weights]
    prediction = copy.predict(pictures.x_val, batch_size=500, verbose=0).argmax(axis=1)
    return Trial(
        outputs=_sort_of(outputs),
        first_loss=float(reported["loss"]),
        cross_entropy=_cross_entropy(outputs, pictures.y_val),
        frozen=any(hasattr(layer, "kernel") and not layer.trainable for layer in copy.layers),
        dead=dead,
        moved=_norm([b - a for a, b in zip(before, after, strict=True)]) / (_norm(before) + 1e-9),
        accuracy=float((prediction == pictures.y_val).mean()),
    )


def _sort_of(outputs: Any) -> Literal["probabilities", "logits", "neither"]:
    import numpy as np

    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return "probabilities"
    return "logits" if outputs.min() < 0 else "neither"


def _cross_entropy(outputs: Any, labels: Any) -> float:
    """Return the mean of -ln p of the label, with softmax first where outputs are not p yet."""
    import numpy as np

    values = outputs.astype(float)
    if _sort_of(outputs) == "probabilities":
        logarithms = np.log(np.clip(values, 1e-7, 1))
    else:
        shifted = values - values.max(axis=1, keepdims=True)
        logarithms = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return float(-logarithms[np.arange(len(labels)), labels].mean())


def _dead_share(model: Any, images: Any) -> float:
    """Return the largest share of one hidden dense layer's outputs that are zero for all images."""
    import keras

    hidden = [layer.output for layer in model.layers[:-1] if hasattr(layer, "units")]
    if not hidden:
        return 0.0
    values = keras.Model(model.inputs, hidden).predict(images, batch_size=500, verbose=0)
    values = values if isinstance(values, list) else [values]
    return max(float((each.max(axis=0) == 0).mean()) for each in values)


def _norm(arrays: Sequence[Any]) -> float:
    return float(sum((array.astype(float) ** 2).sum() for array in arrays) ** 0.5)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what Keras remarks about a broken network: the check says it in its own words."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _seeded() -> Iterator[None]:
    """Let the copy draw the same weights in every check, and the student's own numbers go on."""
    state = random.getstate()
    random.seed(SEED)
    try:
        yield
    finally:
        random.setstate(state)
