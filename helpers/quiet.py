"""Keep TensorFlow's start-up notices, and other projects' settings of Keras, out of the notebooks.

TensorFlow's C++ part writes notices about drivers and processor features to standard error while
it is imported, some of them before it looks at ``TF_CPP_MIN_LOG_LEVEL``. They mean nothing to a
student, look like a failure, and differ from machine to machine. ``import helpers`` has to come
before ``import keras`` or ``import tensorflow`` for this to work.

Keras takes its backend from an environment variable, and the kind of its numbers and the order of a
picture's axes from a file in the home folder: with what another project left there, networks could
not be built, or would learn nothing.
"""

import contextlib
import importlib.machinery
import io
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import TypeAlias

from helpers.errors import tell


def silence_tensorflow() -> None:
    """Arrange that a later import of TensorFlow is silent, unless it fails."""
    # Read by TensorFlow once, when it is imported: 3 leaves errors that end the program.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").addFilter(_is_no_retracing_notice)
    _surround_import("tensorflow", stderr_held_back)


def settle_keras() -> None:
    """Arrange that a later import of Keras gives the Keras that the series is written for."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    _surround_import("keras", _settings_of_the_series)


def _is_no_retracing_notice(record: logging.LogRecord) -> bool:
    """Tell TensorFlow's warning that a function was compiled several times from all others.

    It comes up when a notebook trains several small networks side by side, which is no mistake.
    """
    return "triggered tf.function retracing" not in str(record.msg)


Surroundings: TypeAlias = Callable[[], contextlib.AbstractContextManager[None]]


def _surround_import(package: str, surroundings: Surroundings) -> None:
    arranged = any(
        isinstance(finder, _Finder) and finder.package == package for finder in sys.meta_path
    )
    if package not in sys.modules and not arranged:
        sys.meta_path.insert(0, _Finder(package, surroundings))


class _Finder:
    """Find one package the usual way, and have it executed within a context."""

    def __init__(self, package: str, surroundings: Surroundings) -> None:
        self.package, self.surroundings = package, surroundings

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.package:
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_within(module: ModuleType) -> None:
            with self.surroundings():
                execute(module)

        spec.loader.exec_module = execute_within  # type: ignore[method-assign]
        return spec


@contextlib.contextmanager
def _settings_of_the_series() -> Iterator[None]:
    backend = os.environ.get("KERAS_BACKEND", "")
    if backend != "tensorflow":
        os.environ["KERAS_BACKEND"] = "tensorflow"
        tell(f"KERAS_BACKEND is {backend!r}, but the series runs on TensorFlow, which it now uses.")
    yield
    config = getattr(sys.modules["keras"], "config", None)
    if config is not None:
        config.set_floatx("float32")
        config.set_image_data_format("channels_last")


@contextlib.contextmanager
def stderr_held_back() -> Iterator[None]:
    """Swallow what is written to file descriptor 2, but show it after all if the block fails."""
    import tempfile  # only now: it is slow to import, and most commands never get here

    shown = sys.stderr or io.StringIO()  # a program without a console has none
    shown.flush()
    with tempfile.TemporaryFile() as held:
        try:
            with _descriptor_2_moved_to(held.fileno()):
                yield
        except KeyboardInterrupt:  # which is no failure
            raise
        except BaseException:
            held.seek(0)
            shown.write(held.read().decode(errors="replace"))
            raise


@contextlib.contextmanager
def _descriptor_2_moved_to(descriptor: int) -> Iterator[None]:
    """Point file descriptor 2, which C++ code writes to, somewhere else for a while."""
    try:
        saved = os.dup(2)
    except OSError:  # a program without standard error has nothing to keep quiet
        yield
        return
    try:
        os.dup2(descriptor, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
