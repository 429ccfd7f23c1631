"""A stream of ``tf.data`` as plain data: its facts, and the first batches of some passes."""

import itertools
from collections.abc import Callable
from typing import Any

# What the checks of the exercises look at: a few batches, and whether the next pass differs.
_PASSES = 4
_BATCHES = 3


def recorded(stream: Any, encoded: Callable[[Any], Any]) -> Any:
    """Return a ``tf.data.Dataset`` as data that JSON can hold; ``encoded`` writes its arrays."""
    import tensorflow as tf

    specs = tf.nest.flatten(stream.element_spec)
    passes = [
        [
            [encoded(part.numpy()) for part in tf.nest.flatten(batch)]
            for batch in itertools.islice(stream, _BATCHES)
        ]
        for _ in range(_PASSES)
    ]
    return {
        "kind": "stream",
        "is_pair": isinstance(stream.element_spec, tuple),
        "specs": [[spec.shape.as_list(), spec.dtype.name] for spec in specs],
        "cardinality": int(stream.cardinality().numpy()),
        "passes": passes,
    }


def replayed(data: Any, decoded: Callable[[Any], Any]) -> Any:
    """Return a ``tf.data.Dataset`` that gives the recorded batches, pass after pass."""
    import tensorflow as tf

    specs = [tf.TensorSpec(shape, dtype) for shape, dtype in data["specs"]]
    passes = itertools.cycle(
        [[tuple(map(decoded, batch)) for batch in each] for each in data["passes"]]
    )

    def batches() -> Any:
        for batch in next(passes):
            yield batch if data["is_pair"] else batch[0]

    signature = tuple(specs) if data["is_pair"] else specs[0]
    stream = tf.data.Dataset.from_generator(batches, output_signature=signature)
    return stream.apply(tf.data.experimental.assert_cardinality(data["cardinality"]))
