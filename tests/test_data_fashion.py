"""Fashion-MNIST by ``load_dataset``: a file, Keras, or one sentence; never a traceback."""

import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import load_dataset
from helpers.data import DataError, settle_source
from helpers.machine import download

Arrays = dict[str, Any]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No source is set, and Keras has nothing in its folder."""
    for name in ("MNIST_SOURCE", "MNIST_NPZ", "FASHION_MNIST_NPZ"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def keras_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Replace Keras's loader, so that no test depends on a network."""
    import keras

    return lambda load: monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", load)


def no_network(*_: object, **__: object) -> None:
    raise Exception("URL fetch failure on https://example.org: None -- Name not known")


def test_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_arrays: Arrays) -> None:
    path = tmp_path / "clothes.npz"
    np.savez(path, **small_arrays)
    monkeypatch.setenv("FASHION_MNIST_NPZ", str(path))
    data = load_dataset("fashion_mnist")
    assert data.source == "file"
    np.testing.assert_array_equal(data.x_train, small_arrays["x_train"])


@pytest.mark.parametrize("content", [b"", b"not an archive", None])
def test_a_file_that_is_not_one_is_told_by_its_own_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "clothes.npz"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("FASHION_MNIST_NPZ", str(path))
    with pytest.raises(DataError, match=f"^FASHION_MNIST_NPZ names {path}"):
        load_dataset("fashion_mnist")


def test_keras_is_asked_otherwise(keras_answers: Callable, small_arrays: Arrays) -> None:
    train = (small_arrays["x_train"], small_arrays["y_train"])
    keras_answers(lambda: (train, (small_arrays["x_test"], small_arrays["y_test"])))
    assert load_dataset("fashion_mnist").source == "keras"


def test_a_home_of_keras_with_too_long_a_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, keras_answers: Callable
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / ("x" * 300)))
    keras_answers(no_network)
    with pytest.raises(DataError, match="Fashion-MNIST"):
        load_dataset("fashion_mnist")


def test_no_network_is_one_sentence_that_says_what_to_do(keras_answers: Callable) -> None:
    keras_answers(no_network)
    with pytest.raises(DataError, match=r"could not be downloaded.*FASHION_MNIST_NPZ\.$"):
        load_dataset("fashion_mnist")


def test_who_asks_for_the_sample_waits_for_no_network(
    keras_answers: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    keras_answers(lambda: pytest.fail("Keras was asked"))
    with pytest.raises(DataError, match="MNIST_SOURCE is 'sample'"):
        load_dataset("fashion_mnist")


def test_a_silent_network_does_not_hang(
    keras_answers: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "STALLED_AFTER_SECONDS", 0.3)
    keras_answers(lambda: time.sleep(60))
    started = time.monotonic()
    with pytest.raises(DataError, match="no answer for"):
        load_dataset("fashion_mnist")
    assert time.monotonic() - started < 20


def test_a_download_that_grows_is_waited_for(
    keras_answers: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_arrays: Arrays
) -> None:
    monkeypatch.setattr(download, "STALLED_AFTER_SECONDS", 1.0)
    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"

    def load() -> tuple:
        folder.mkdir(parents=True)
        for number in range(6):
            time.sleep(0.3)
            (folder / f"{number % 3}.gz").write_bytes(bytes(number + 1))
        train = (small_arrays["x_train"], small_arrays["y_train"])
        return train, (small_arrays["x_test"], small_arrays["y_test"])

    keras_answers(load)
    assert load_dataset("fashion_mnist").source == "keras"


def test_a_damaged_download_is_told_with_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Keras chooses its folder once, when it is imported.
    from keras.src.datasets import fashion_mnist

    folder = tmp_path / "keras" / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True)
    whole = gzip.compress(bytes(1000))
    for kind in ("train-labels-idx1", "train-images-idx3", "t10k-labels-idx1", "t10k-images-idx3"):
        (folder / f"{kind}-ubyte.gz").write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(fashion_mnist, "get_file", lambda name, **_: folder / name)
    with pytest.raises(DataError, match=f"in {folder}, where a file is damaged"):
        load_dataset("fashion_mnist")


def test_the_name_of_no_data_set() -> None:
    with pytest.raises(DataError, match=r"no data set 'cifar'; it can be"):
        load_dataset("cifar")


def test_programs_started_from_here_find_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_arrays: Arrays
) -> None:
    np.savez(tmp_path / "digits.npz", **small_arrays)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_NPZ", "digits.npz")
    monkeypatch.setenv("FASHION_MNIST_NPZ", "clothes.npz")
    settle_source()
    assert os.environ["FASHION_MNIST_NPZ"] == str(tmp_path / "clothes.npz")
