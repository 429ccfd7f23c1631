"""Data sets through Keras, which keeps or downloads them: checked, and with an end to waiting."""

import contextlib
import gzip
import hashlib
import importlib.util
import io
import os
import socket
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import numpy as np

from helpers.errors import DataError, NotInstalledError

# The checksum that keras.datasets.mnist compares with. It is checked here first, because Keras
# deletes a damaged file when it cannot download a new one, and the damage would go unnoticed.
KERAS_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# A dead network can swallow packets without a word. Whoever waits longer than this for the next
# bytes has, for a lesson's purposes, no network.
STALLED_AFTER_SECONDS = 12.0


class NoNetworkError(Exception):
    """Keras could not download the data; the text says why."""


def mnist_of_keras() -> tuple[dict[str, np.ndarray], Path]:
    """Return the arrays of MNIST by name, as Keras gives them, and the file that it keeps.

    Raises:
        NotInstalledError: there is no Keras.
        DataError: the file in Keras's folder is damaged.
        NoNetworkError: there is no such file, and it could not be downloaded.
    """
    _check_keras()
    cached = keras_file()
    if os.path.isfile(cached):
        check_keras_file(cached)
    else:
        _tell_download("MNIST (11 MB)")
    try:
        arrays = _call_keras(lambda keras: keras.datasets.mnist.load_data(), cached)
    except Exception as error:
        # Keras raises a bare Exception for every network failure. What it leaves behind after a
        # failed checksum (a login page of a hotel's network, say) is a damaged file, not none.
        if os.path.isfile(cached):
            check_keras_file(cached)
            raise DataError(f"Keras could not read {cached}: {error}") from None
        raise NoNetworkError(_in_one_line(error)) from None
    return _by_name(arrays), cached


def fashion_mnist_of_keras() -> tuple[dict[str, np.ndarray], Path]:
    """Return the arrays of Fashion-MNIST by name, and the folder in which Keras keeps its files.

    Raises:
        NotInstalledError: there is no Keras.
        DataError: a file in that folder is damaged.
        NoNetworkError: the files are not there, and could not be downloaded.
    """
    _check_keras()
    folder = keras_file().parent / "fashion-mnist"
    if not os.path.isdir(folder):
        _tell_download("Fashion-MNIST (31 MB)")
    try:
        arrays = _call_keras(lambda keras: keras.datasets.fashion_mnist.load_data(), folder)
    # Keras compares no checksum here: a damaged file shows when it is unpacked, or by its length.
    except (EOFError, ValueError, zlib.error, gzip.BadGzipFile):
        raise DataError(
            f"Keras keeps Fashion-MNIST in {folder}, where a file is damaged: "
            "delete this folder, and it will be downloaded again."
        ) from None
    except Exception as error:
        raise NoNetworkError(_in_one_line(error)) from None
    return _by_name(arrays), folder


def _check_keras() -> None:
    if importlib.util.find_spec("keras") is None:
        raise NotInstalledError("Keras")


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _by_name(arrays: tuple[tuple, tuple]) -> dict[str, np.ndarray]:
    (x_train, y_train), (x_test, y_test) = arrays
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def keras_file() -> Path:
    """Return the path under which Keras keeps its copy of MNIST, by Keras's own rule.

    Where that folder can't be written, Keras takes one among the temporary files.
    """
    home = os.environ.get("KERAS_HOME", os.path.join("~", ".keras"))
    if not home or not _can_be_written(os.path.abspath(os.path.expanduser(home))):
        home = os.path.join("/tmp" if os.path.isdir("/tmp") else gettempdir(), ".keras")
    return Path(os.path.expanduser(home)) / "datasets" / "mnist.npz"


def _can_be_written(folder: str) -> bool:
    """Tell whether one can write in a folder, which may have to be made first."""
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)


def check_keras_file(path: Path) -> None:
    """Raise ``DataError`` when Keras's copy of MNIST is not the one Keras expects."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"Keras keeps MNIST in {path}, which can't be read ({error.strerror}): "
            "make it readable, or name another file in MNIST_NPZ."
        ) from None
    if hashlib.sha256(content).hexdigest() != KERAS_SHA256:
        raise DataError(
            f"Keras keeps MNIST in {path}, which is damaged (its checksum is wrong): "
            "delete this file, and it will be downloaded again."
        )


def _tell_download(what: str) -> None:
    """Announce the download to a terminal; a notebook's output should not depend on it."""
    if sys.stderr and sys.stderr.isatty():
        print(f"Downloading {what} for Keras ...", file=sys.stderr)


def _call_keras(load_data: Callable[[Any], tuple], cached: Path) -> tuple[tuple, tuple]:
    """Call one of Keras's loaders, but do not wait for a network that has fallen silent.

    Time-outs of the socket alone do not bound the wait: looking up the host has none, and the host
    has many addresses, each tried in turn.

    Args:
        load_data: calls the loader of the module that it is given.
        cached: the file or folder that grows while Keras downloads.

    Raises:
        TimeoutError: no new bytes for ``STALLED_AFTER_SECONDS``.
        Exception: whatever Keras's loader raised.
    """
    import keras

    outcome: list[tuple] = []
    failure: list[BaseException] = []

    def load() -> None:
        try:
            outcome.append(load_data(keras))
        except BaseException as error:  # handed over to the thread that waits
            failure.append(error)

    worker = threading.Thread(target=load, daemon=True)
    socket_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALLED_AFTER_SECONDS)
    try:
        # Keras draws a progress bar on standard output, of no use in a stored notebook.
        with contextlib.redirect_stdout(io.StringIO()):
            worker.start()
            _wait_while_growing(worker, cached)
    finally:
        socket.setdefaulttimeout(socket_timeout)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError(f"no answer for {STALLED_AFTER_SECONDS:g} seconds")
    return outcome[0]


def _wait_while_growing(worker: threading.Thread, file: Path) -> None:
    """Wait until the worker ends, or what it writes has not grown for too long."""
    size = -1
    last_growth = time.monotonic()
    while worker.is_alive() and time.monotonic() - last_growth < STALLED_AFTER_SECONDS:
        worker.join(timeout=0.1)
        size_now = _size(file)
        if size_now != size:
            size, last_growth = size_now, time.monotonic()


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; -1 while there is none."""
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in path.iterdir())
        return path.stat().st_size
    except OSError:  # renamed or deleted meanwhile
        return -1
