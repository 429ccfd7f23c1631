"""What the checks of preprocessing compare with: solutions, plausible mistakes, cases."""

import sys
from collections.abc import Callable
from typing import Any

# --- 2.2: an image as a batch of one --------------------------------------------------------------


def prepare(image: Any) -> Any:
    return image.astype("float32")[None, ..., None] / 255


def images() -> list[tuple[Any, ...]]:
    """Make an image with all values, a faint one, and an empty one."""
    import numpy as np

    ramp = np.arange(28 * 28).reshape(28, 28) % 256
    images = [ramp, ramp // 3, np.zeros((28, 28))]
    return [(image.astype(np.uint8),) for image in images]


def all_have_shape(*shape: int) -> Callable[[Any], bool]:
    """Return a condition on results: each is an array of this shape."""
    return lambda results: all(getattr(each.value, "shape", None) == shape for each in results)


# --- 2.3: a stream --------------------------------------------------------------------------------


# The lesson sorts 10,000 images of MNIST, or, with no network, the sample's 3,667.
SAMPLE_IMAGES = 3_667
BATCHES_IN_AN_EPOCH = (313, 115)


def is_stream(answer: Any) -> bool:
    # Who has a stream has imported TensorFlow; everybody else need not wait for it.
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(answer, tensorflow.data.Dataset)


def first_digits(stream: Any, batches: int = 2) -> list[int]:
    digits: list[int] = []
    for _, labels in stream.take(batches):
        digits.extend(labels.numpy().argmax(axis=1).tolist())
    return digits


def count_batches(stream: Any) -> int:
    known = int(stream.cardinality())
    return known if known >= 0 else sum(1 for _ in stream)


def labels_belong(stream: Any, batches: int = 40) -> bool:
    """Tell whether images labelled 0 hold clearly more ink than those labelled 1."""
    import numpy as np

    # MNIST's zeros hold 2.3 times the ink of its ones; with labels mixed up there are as much.
    taken = [(pixels.numpy(), row.numpy()) for pixels, row in stream.take(batches)]
    ink = np.concatenate([pixels.reshape(len(pixels), -1).mean(axis=1) for pixels, _ in taken])
    digits = np.concatenate([row.argmax(axis=1) for _, row in taken])
    return bool(ink[digits == 0].mean() > 1.5 * ink[digits == 1].mean())


def stream(
    batch: int = 32,
    *,
    buffer: int = SAMPLE_IMAGES,
    one_hot: bool = True,
    scaled: bool = True,
    pairs: bool = True,
    endless: bool = False,
    reshuffle: bool = True,
    batch_first: bool = False,
    drop_remainder: bool = False,
    paired: bool = True,
) -> Any:
    """Make a stream of sorted images, with or without a fault."""
    import numpy as np
    import tensorflow as tf

    labels = np.arange(SAMPLE_IMAGES) * 10 // SAMPLE_IMAGES
    ink = np.where(labels == 1, 0.5, 1.0) if paired else np.ones(SAMPLE_IMAGES)
    pixels = np.ones((SAMPLE_IMAGES, 28, 28), "float32") * ink[:, None, None]
    pixels = (pixels if scaled else 255 * pixels).astype("float32")
    stream = tf.data.Dataset.from_tensor_slices((pixels, labels))
    if one_hot:
        stream = stream.map(lambda image, label: (image, tf.one_hot(label, 10)))
    if not pairs:
        stream = stream.map(lambda image, label: image)
    if batch_first:
        stream = stream.batch(batch)
    stream = stream.shuffle(buffer, seed=0, reshuffle_each_iteration=reshuffle)
    if batch and not batch_first:
        stream = stream.batch(batch, drop_remainder=drop_remainder)
    return stream.repeat() if endless else stream


# --- 2.4: which recipes leak ----------------------------------------------------------------------


def is_letters(answer: Any) -> bool:
    return isinstance(answer, list | tuple | set | frozenset | str) and letters(answer) <= set(
        "ABCDEFG"
    )


def letters(answer: Any) -> set[str]:
    """Return the letters of an answer such as ["A", "c"], "A, C" or "ac"."""
    text = answer if isinstance(answer, str) else " ".join(answer)
    return {letter for letter in text.upper() if letter not in " ,;"} or {"none"}


# --- 2.6: the experiment --------------------------------------------------------------------------

TOPS = (0.01, 0.1, 1, 10, 255)


def mean_at(table: Any, top: float) -> float:
    close = abs(table["top"].astype(float) - top) < 1e-9
    return float(table.loc[close, "val_accuracy"].mean())


def results(
    accuracies: tuple[float, ...] = (0.6, 0.85, 0.92, 0.9, 0.65),
    *,
    seeds: int = 2,
    tops: tuple[float, ...] = TOPS,
    percent: bool = False,
) -> Any:
    """Make a table of results, with or without a fault."""
    import pandas as pd

    rows = [
        {
            "top": top,
            "seed": seed,
            "val_accuracy": (accuracy + seed / 500) * (100 if percent else 1),
        }
        for top, accuracy in zip(tops, accuracies, strict=False)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows)


def is_table(answer: Any) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(answer, pandas.DataFrame)
