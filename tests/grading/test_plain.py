import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from helpers.grading.plain import NotPlainError, decoded, encoded


def there_and_back(value: Any, folder: Path) -> Any:
    return decoded(json.loads(json.dumps(encoded(value, folder))), folder)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        "text with ü",
        b"\x00\xff",
        ...,
        7850,
        2**200,
        -1,
        0.5,
        float("inf"),
        1 + 2j,
        (28, 28),
        [..., ...],
        {1, 2},
        {"A": ..., 3: (1, [2])},
        {},
    ],
)
def test_plain_values_come_back(tmp_path: Path, value: Any) -> None:
    back = there_and_back(value, tmp_path)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.uint8).reshape(2, 3),
        np.array(1.5, dtype=np.float32),
        np.zeros((0, 28)),
        np.array(["ill", "healthy"]),
        np.arange(4)[::2],
        np.array([True, False]),
    ],
)
def test_arrays_come_back(tmp_path: Path, array: np.ndarray) -> None:
    back = there_and_back(array, tmp_path)
    assert (back.dtype, back.shape) == (array.dtype, array.shape)
    assert np.array_equal(back, array)
    back[...] = array  # one can write to it


def test_numpy_numbers_stay_numbers(tmp_path: Path) -> None:
    back = there_and_back(np.int64(7), tmp_path)
    assert isinstance(back, np.int64)
    assert back == 7


@pytest.mark.parametrize(
    "make",
    [
        lambda: pd.DataFrame({"shift": range(-4, 5), "accuracy": np.linspace(0, 1, 9)}),
        lambda: pd.DataFrame({"accuracy": [0.9, 0.95]}, index=["before", "after"]),
        lambda: pd.DataFrame({"name": ["a", "b"], "mixed": [1, "x"]}),
        lambda: pd.Series([1, 2], index=[3, 4], name="digit"),
        lambda: pd.DataFrame({"day": pd.to_datetime(["2026-11-28", None])}),
        lambda: pd.DataFrame({"digit": [1, 1]}).groupby("digit").size(),
    ],
)
def test_tables_come_back(tmp_path: Path, make: Callable[[], Any]) -> None:
    table = make()
    back = there_and_back(table, tmp_path)
    assert type(back) is type(table)
    compare: Any = pd.testing.assert_frame_equal if table.ndim == 2 else None
    (compare or pd.testing.assert_series_equal)(back, table, check_index_type=False)


class Evil:
    """What pickle would run."""

    def __reduce__(self) -> tuple:
        return (print, ("run",))


def endless() -> list:
    inner: list = []
    inner.append(inner)
    return inner


@pytest.mark.parametrize(
    "value", [Evil(), [Evil()], np.array([Evil()]), open, Path, endless()], ids=lambda v: ""
)
def test_what_is_not_plain_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(NotPlainError):
        there_and_back(value, tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"kind": "code", "text": "print(1)"},
        {"kind": "array", "dtype": "O", "shape": [1], "bytes": ""},
        {"kind": "array", "dtype": "<f8", "shape": [10**12], "bytes": "AAAA"},
        {"kind": "int", "digits": "__import__('os')"},
    ],
)
def test_data_of_somebody_else_s_making_is_refused(tmp_path: Path, data: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decoded(data, tmp_path)


def test_a_model_s_file_is_looked_for_in_its_folder_only(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "model-0.keras").write_bytes(b"outside")
    with pytest.raises(ValueError, match=r"model-0\.keras") as raised:
        decoded({"kind": "model", "file": "../model-0.keras"}, inside)
    assert ".." not in str(raised.value)


@pytest.mark.slow
def test_models_and_streams_come_back(tmp_path: Path) -> None:
    import helpers  # noqa: F401, I001
    import keras
    import tensorflow as tf

    model = keras.Sequential([keras.Input(shape=(2,)), keras.layers.Dense(3)])
    model.layers[0].trainable = False
    back = there_and_back(model, tmp_path)
    assert not back.layers[0].trainable
    assert np.array_equal(back.get_weights()[0], model.get_weights()[0])

    labels = tf.one_hot([n % 10 for n in range(100)], 10)
    stream = tf.data.Dataset.from_tensor_slices((tf.zeros((100, 28, 28)), labels))
    shuffled = there_and_back(stream.shuffle(100, seed=0).batch(32), tmp_path)
    assert shuffled.cardinality().numpy() == 4
    assert shuffled.element_spec[1].shape.as_list() == [None, 10]
    first, second = (next(iter(shuffled))[1].numpy() for _ in range(2))
    assert first.shape == (32, 10)
    assert not np.array_equal(first, second)
    endless = there_and_back(stream.repeat().batch(32), tmp_path)
    assert endless.cardinality().numpy() == -1
