"""What the checks of debugging compare with: repaired and broken networks, plausible mistakes."""

import contextlib
import functools
import io
from typing import Any

from helpers.exercises.answers import to_array
from helpers.exercises.kinds import Kind, WrongFormError
from helpers.exercises.trials import Pictures

# What a repaired network reaches in the few seconds of a check is well above, a broken one below.
LEAST_ACCURACY = 0.7
TRAINING_IMAGES = 1_500
VALIDATION_IMAGES = 400


# --- images and labels that belong together -------------------------------------------------------


class Pairs(Kind):
    """Images and their labels, as a tuple of two arrays, in any order.

    Args:
        right: the right pair.
    """

    noun = "a tuple of two arrays, x and y"
    sample = "(x, y)"

    def __init__(self, right: tuple[Any, Any]) -> None:
        """Take what the class says."""
        self.right = right

    def read(self, answer: Any) -> tuple[Any, Any]:
        """See ``Kind``: both arrays are sorted by the mean of the images."""
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise WrongFormError
        x, y = to_array(answer[0]), to_array(answer[1])
        if x.dtype.kind not in "iuf" or y.dtype.kind not in "iuf" or len(x) != len(y):
            raise WrongFormError
        order = x.reshape(len(x), -1).astype(float).mean(axis=1).argsort(kind="stable")
        return x[order], y[order]

    def is_right(self, value: tuple[Any, Any]) -> bool:
        """See ``Kind``."""
        return self.are_same(value, self.read(self.right))

    def are_same(self, value: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
        """See ``Kind``."""
        import numpy as np

        same_x = value[0].shape == other[0].shape and np.allclose(value[0], other[0], atol=1e-5)
        return same_x and value[1].shape == other[1].shape and bool((value[1] == other[1]).all())


def raw_digits() -> list[tuple[Any, ...]]:
    """Return two small sets of images, each brighter than the one before, and labels."""
    import numpy as np

    random = np.random.default_rng(3)
    cases = []
    for count in (30, 12):
        noise = random.integers(0, 256, (count, 28, 28))
        levels = np.linspace(0.3, 1, count)[:, np.newaxis, np.newaxis]
        images = (noise * levels).astype("uint8")
        images[:, :2] = 255
        cases.append((images, random.integers(0, 10, count).astype("uint8")))
    return cases


def prepare(images: Any, labels: Any) -> tuple[Any, Any]:
    return (images / 255)[..., None], labels


def prepare_broken(images: Any, labels: Any) -> tuple[Any, Any]:
    import numpy as np

    random = np.random.default_rng(0)
    return (random.permutation(images) // 255)[..., None], random.permutation(labels)


def prepare_with_whole_numbers(images: Any, labels: Any) -> tuple[Any, Any]:
    return (images // 255)[..., None], labels


def prepare_mixed(images: Any, labels: Any) -> tuple[Any, Any]:
    import numpy as np

    random = np.random.default_rng(0)
    return (random.permutation(images) / 255)[..., None], random.permutation(labels)


def labels_are_mixed(results: list[Any]) -> bool:
    """Tell whether every image is right and stands beside somebody else's label."""
    import numpy as np

    mixed = False
    for case, result in zip(raw_digits(), results, strict=True):
        x, y = Pairs(prepare(*case)).read(result.value)
        right_x, right_y = Pairs(prepare(*case)).read(prepare(*case))
        if x.shape != right_x.shape or not np.allclose(x, right_x, atol=1e-5):
            return False
        mixed = mixed or not np.array_equal(y, right_y)
    return mixed


# --- dead channels --------------------------------------------------------------------------------


def feature_maps() -> list[tuple[Any, ...]]:
    """Return activations after ReLU; some channels are dead, some zero but for one place."""
    import numpy as np

    random = np.random.default_rng(4)
    cases = []
    for images, size, channels, dead in ((5, 4, 8, 3), (20, 6, 16, 0), (3, 3, 6, 6), (9, 5, 12, 7)):
        values = random.normal(size=(images, size, size, channels)).clip(min=0) + 0.01
        values[random.random(values.shape) < 0.3] = 0
        values[..., -1] = 0
        values[0, 0, 0, :] = 1
        values[..., :dead] = 0
        values[-1] = 0
        cases.append((values,))
    return cases


def dead_channels(activations: Any) -> int:
    return int((activations.max(axis=(0, 1, 2)) == 0).sum())


# --- networks -------------------------------------------------------------------------------------


@functools.cache
def _digits() -> Pictures:
    from helpers.data import load_mnist
    from helpers.preprocessing import split_validation

    # The sample says what it is; the student has read that already.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        mnist = load_mnist()
    images, images_val, labels, labels_val = split_validation(mnist.x_train, mnist.y_train)
    return Pictures(
        images[:TRAINING_IMAGES, ..., None].astype("float32"),
        labels[:TRAINING_IMAGES],
        images_val[:VALIDATION_IMAGES, ..., None].astype("float32"),
        labels_val[:VALIDATION_IMAGES],
    )


def raw_pictures() -> Pictures:
    """Return images with pixels from 0 to 255, as floats, and their labels."""
    return _digits()


def scaled_pictures() -> Pictures:
    """Return the same with pixels from 0 to 1."""
    raw = _digits()
    return Pictures(raw.x_train / 255, raw.y_train, raw.x_val / 255, raw.y_val)


def small_network(
    activation: str | None = "softmax",
    from_logits: bool = False,
    learning_rate: float = 0.001,
    outputs: int = 10,
    compiled: bool = True,
) -> Any:
    """Return the network of exercise 7.3, repaired, or broken in the ways that are named."""
    import keras

    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(outputs, activation=activation),
        ]
    )
    if compiled:
        model.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
            metrics=["accuracy"],
        )
    return model


def large_network(
    *,
    scaled: bool = True,
    activation: str | None = "softmax",
    bias: float = 0.0,
    frozen: bool = False,
    learning_rate: float = 0.001,
) -> Any:
    """Return the network of exercise 7.6, repaired, or with the faults that are named."""
    import keras

    model = keras.Sequential(
        [
            keras.Input(shape=(28, 28, 1)),
            keras.layers.Rescaling(1 / 255 if scaled else 1),
            keras.layers.Flatten(),
            keras.layers.Dense(
                64, activation="relu", bias_initializer=keras.initializers.Constant(bias)
            ),
            keras.layers.Dense(32, activation="relu", trainable=not frozen),
            keras.layers.Dense(10, activation=activation),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
