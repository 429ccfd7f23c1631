"""What the exercises of notebook 11 are checked with: cases, reference solutions, wrong ones."""

from functools import cache
from typing import Any

from helpers.exercises.validation_set import validation_accuracy

# --- 11.4: images that move -----------------------------------------------------------------------


def shifts() -> list[tuple[Any, ...]]:
    """Make images with ink up to their edges, each with rows and columns to move them by."""
    import numpy as np

    random = np.random.default_rng(11)
    images = random.integers(1, 256, size=(3, 28, 28), dtype=np.uint8)
    small = random.integers(1, 256, size=(2, 6, 8), dtype=np.uint8)
    return [(images, 2, 3), (images, 0, 4), (small, -1, 2), (small, -2, -3), (images, 0, 0)]


def shift(images: Any, rows: int, columns: int) -> Any:
    """Return the images moved down and to the right, with black where nothing was."""
    import numpy as np

    height, width = images.shape[1:]
    top, left = abs(rows), abs(columns)
    padded = np.pad(images, [(0, 0), (top, top), (left, left)])
    return padded[:, top - rows : top - rows + height, left - columns : left - columns + width]


def rolled(images: Any, rows: int, columns: int) -> Any:
    """Let what leaves come in on the other side (wrong)."""
    import numpy as np

    return np.roll(images, (rows, columns), axis=(1, 2))


def rows_and_columns_exchanged(images: Any, rows: int, columns: int) -> Any:
    """Take rows for columns (wrong)."""
    return shift(images, columns, rows)


def other_direction(images: Any, rows: int, columns: int) -> Any:
    """Move up and to the left (wrong)."""
    return shift(images, -rows, -columns)


def one_direction_only(images: Any, rows: int, columns: int) -> Any:
    """Move down and to the right only (wrong)."""
    return shift(images, max(rows, 0), max(columns, 0))


def edge_repeated(images: Any, rows: int, columns: int) -> Any:
    """Fill with the pixels of the edge (wrong)."""
    import numpy as np

    height, width = images.shape[1:]
    top, left = abs(rows), abs(columns)
    padded = np.pad(images, [(0, 0), (top, top), (left, left)], mode="edge")
    return padded[:, top - rows : top - rows + height, left - columns : left - columns + width]


# --- 11.6: a network for both ---------------------------------------------------------------------

# Forms 9 to 14 begin here; the first eight are for training.
FIRST_OF_FORM_9 = 1029
LEAST_ON_ENLARGED = 0.95
LEAST_ON_MNIST = 0.99


@cache
def enlarged() -> tuple[Any, Any]:
    """Return scikit-learn's digits enlarged to 28 x 28, uint8 (1797, 28, 28), and their labels."""
    import cv2
    import numpy as np
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.round(digits.images * 255 / 16).astype(np.uint8)
    images = [cv2.resize(each, (28, 28), interpolation=cv2.INTER_CUBIC) for each in pixels]
    return np.array(images), digits.target


def accuracy_on_enlarged(model: Any) -> float:
    """Return the accuracy on the forms that nobody trains with."""
    from helpers.preprocessing import scale

    images, labels = (part[FIRST_OF_FORM_9:] for part in enlarged())
    probabilities = model.predict(scale(images), batch_size=1000, verbose=0)
    return float((probabilities.argmax(axis=1) == labels).mean())


def accuracy_on_mnist(model: Any) -> float:
    """Return the accuracy on MNIST's validation images."""
    return validation_accuracy(model)


def small_network(input_shape: tuple[int, ...] = (28, 28, 1), outputs: int = 10) -> Any:
    """Return a network that has learnt nothing."""
    import keras

    layers = [keras.layers.Flatten(), keras.layers.Dense(outputs, activation="softmax")]
    return keras.Sequential([keras.Input(input_shape), *layers])


def as_it_ships() -> Any:
    """Return the network that ships, which has seen no enlarged image."""
    from helpers.models import load_model

    return load_model("cnn")


@cache
def forgetful() -> Any:
    """Return a network that was fine-tuned with enlarged images and nothing else."""
    import keras

    from helpers.preprocessing import scale

    model = as_it_ships()
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    images, labels = (part[:FIRST_OF_FORM_9] for part in enlarged())
    model.fit(scale(images), labels, epochs=5, batch_size=32, verbose=0)
    return model
