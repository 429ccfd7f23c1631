"""Answers as plain data, so that reading one runs no code of whoever wrote it.

``encoded`` runs beside the student's code, ``decoded`` in the judge. Pickle would do both in a
line, and would run whatever a student puts into it.
"""

import base64
import math
from pathlib import Path
from typing import Any

# A list may contain itself.
_DEEPEST = 12
_PLAIN_ARRAYS = "biufcSUmM"


class NotPlainError(Exception):
    """A value can't be written as plain data; the text says which kind it is."""


def encoded(value: Any, folder: Path, depth: int = 0) -> Any:
    """Return a value in a form that JSON can hold.

    Args:
        value: numbers, text, bytes, dots, arrays, tensors, tables, Keras models, streams of
            ``tf.data``, and lists, tuples, sets and dictionaries of them.
        folder: where the models among them are saved.
        depth: how deep in other values it lies.

    Raises:
        NotPlainError: it is, or contains, something else.
    """
    if depth > _DEEPEST:
        raise NotPlainError("a list that contains itself")
    if value is ...:
        return {"kind": "dots"}
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        return {"kind": "int", "digits": hex(value)}
    if type(value) is float:
        return value if math.isfinite(value) else {"kind": "float", "text": repr(value)}
    if type(value) is complex:
        return {"kind": "complex", "text": repr(value)}
    if type(value) is bytes:
        return {"kind": "bytes", "base64": base64.b64encode(value).decode()}
    if type(value) in (list, tuple, set, frozenset, range):
        items = [encoded(item, folder, depth + 1) for item in value]
        return {"kind": "list" if type(value) is range else type(value).__name__, "items": items}
    if isinstance(value, dict):
        pairs = [
            [encoded(part, folder, depth + 1) for part in (key, item)]
            for key, item in value.items()
        ]
        return {"kind": "dict", "pairs": pairs}
    return _encoded_object(value, folder, depth)


def _encoded_object(value: Any, folder: Path, depth: int) -> Any:
    package = type(value).__module__.partition(".")[0]
    if package == "pandas" and hasattr(value, "index"):
        return _encoded_table(value, folder, depth)
    if isinstance(value, type):
        raise NotPlainError("a class")
    if hasattr(value, "trainable") and hasattr(value, "layers"):
        return _saved_model(value, folder)
    if hasattr(value, "element_spec") and hasattr(value, "cardinality"):
        from helpers.grading.streams import recorded

        return recorded(value, lambda part: encoded(part, folder, depth + 1))
    if hasattr(value, "__array__"):
        return _encoded_array(value, folder, depth)
    if hasattr(value, "tolist"):  # an index or array of pandas
        return encoded(value.tolist(), folder, depth + 1)
    raise NotPlainError(f"something of type {type(value).__name__}")


def _encoded_array(value: Any, folder: Path, depth: int) -> Any:
    import numpy as np

    scalar = isinstance(value, np.generic)
    array = np.asarray(value)
    if array.dtype.kind not in _PLAIN_ARRAYS:
        if scalar or not array.shape:
            raise NotPlainError(f"something of type {type(value).__name__}")
        return {"kind": "objects", "items": encoded(array.tolist(), folder, depth + 1)}
    return {
        "kind": "scalar" if scalar else "array",
        "dtype": array.dtype.str,
        "shape": list(array.shape),
        "bytes": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
    }


def _encoded_table(value: Any, folder: Path, depth: int) -> Any:
    frame = value if value.ndim == 2 else value.to_frame()
    columns = []
    for number in range(frame.shape[1]):
        column = frame.iloc[:, number]
        plain = getattr(column.dtype, "kind", "O") in "biufmM" and hasattr(column.dtype, "str")
        columns.append(encoded(column.to_numpy() if plain else column.tolist(), folder, depth + 1))
    return {
        "kind": "frame" if value.ndim == 2 else "series",
        "columns": columns,
        "names": encoded(list(frame.columns), folder, depth + 1),
        "index": encoded(list(frame.index), folder, depth + 1),
        "index names": encoded(list(frame.index.names), folder, depth + 1),
        "name": encoded(None if value.ndim == 2 else value.name, folder, depth + 1),
    }


def _saved_model(model: Any, folder: Path) -> Any:
    if not getattr(model, "built", False):
        return {"kind": "unbuilt model"}
    name = f"model-{len(list(folder.glob('model-*')))}.keras"
    try:
        model.save(folder / name)
    except Exception as error:
        raise NotPlainError(f"a model that can't be saved ({type(error).__name__})") from None
    return {"kind": "model", "file": name}


def decoded(data: Any, folder: Path) -> Any:
    """Return the value that ``encoded`` was given, or a copy that is as good.

    Args:
        data: what JSON held.
        folder: where models are; no file outside of it is read.

    Raises:
        ValueError, KeyError, TypeError: the data were not written by ``encoded``, or a model can't
            be loaded.
    """
    if data is None or isinstance(data, bool | str | float):
        return data
    kind = data["kind"]
    if kind in _SIMPLE:
        return _SIMPLE[kind](data)
    if kind in _COLLECTIONS:
        return _COLLECTIONS[kind](decoded(item, folder) for item in data["items"])
    if kind == "dict":
        return {decoded(key, folder): decoded(item, folder) for key, item in data["pairs"]}
    if kind in {"scalar", "array", "objects"}:
        return _decoded_array(data, folder)
    if kind in {"frame", "series"}:
        return _decoded_table(data, folder)
    if kind in {"model", "unbuilt model"}:
        return _loaded_model(data, folder)
    if kind == "stream":
        from helpers.grading.streams import replayed

        return replayed(data, lambda part: decoded(part, folder))
    raise ValueError(f"There is no kind {kind!r} of plain data.")


_COLLECTIONS = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}
_SIMPLE = {
    "dots": lambda data: ...,
    "int": lambda data: int(data["digits"], 16),
    "float": lambda data: float(data["text"]),
    "complex": lambda data: complex(data["text"]),
    "bytes": lambda data: base64.b64decode(data["base64"]),
}


def _decoded_array(data: Any, folder: Path) -> Any:
    import numpy as np

    if data["kind"] == "objects":
        return np.array(decoded(data["items"], folder), dtype=object)
    dtype = np.dtype(data["dtype"])
    if dtype.kind not in _PLAIN_ARRAYS:
        raise ValueError(f"{dtype} is no plain type.")
    content = base64.b64decode(data["bytes"])
    array = np.frombuffer(content, dtype).reshape(data["shape"]).copy()
    return array[()] if data["kind"] == "scalar" else array


def _decoded_table(data: Any, folder: Path) -> Any:
    import pandas as pd

    index = pd.Index(decoded(data["index"], folder))
    index.names = decoded(data["index names"], folder)
    columns = [pd.Series(decoded(column, folder), index=index) for column in data["columns"]]
    names = decoded(data["names"], folder)
    if data["kind"] == "series":
        return columns[0].rename(decoded(data["name"], folder))
    frame = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=index)
    return frame.set_axis(pd.Index(names), axis=1)


def _loaded_model(data: Any, folder: Path) -> Any:
    import keras

    if data["kind"] == "unbuilt model":
        return keras.Sequential()
    path = folder / Path(data["file"]).name  # no way out of the folder
    # Safe mode, its default, refuses layers that bring code of their own.
    return keras.saving.load_model(path)
