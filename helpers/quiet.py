"""Keep TensorFlow's start-up notices out of the notebooks.

TensorFlow's C++ part writes notices about drivers and processor features to standard error while
it is imported, some of them before it looks at ``TF_CPP_MIN_LOG_LEVEL``. They mean nothing to a
student, look like a failure, and differ from machine to machine. ``import helpers`` has to come
before ``import keras`` or ``import tensorflow`` for this to work.
"""

import contextlib
import importlib.machinery
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType


def silence_tensorflow() -> None:
    """Arrange that a later import of TensorFlow is silent, unless it fails."""
    # Read by TensorFlow once, when it is imported: 3 leaves errors that end the program.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").addFilter(_is_no_retracing_notice)
    already_arranged = any(isinstance(finder, _TensorFlowFinder) for finder in sys.meta_path)
    if "tensorflow" not in sys.modules and not already_arranged:
        sys.meta_path.insert(0, _TensorFlowFinder())


def _is_no_retracing_notice(record: logging.LogRecord) -> bool:
    """Tell TensorFlow's warning that a function was compiled several times from all others.

    It comes up when a notebook trains several small networks side by side, which is no mistake.
    """
    return "triggered tf.function retracing" not in str(record.msg)


class _TensorFlowFinder:
    """Find TensorFlow the usual way, and have it executed with standard error held back."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_quietly(module: ModuleType) -> None:
            with _stderr_held_back():
                execute(module)

        spec.loader.exec_module = execute_quietly  # type: ignore[method-assign]
        return spec


@contextlib.contextmanager
def _stderr_held_back() -> Iterator[None]:
    """Swallow what is written to file descriptor 2, but show it after all if the block fails."""
    import tempfile  # only now: it is slow to import, and most commands never get here

    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        try:
            with _descriptor_2_moved_to(held.fileno()):
                yield
        except BaseException:
            held.seek(0)
            sys.stderr.write(held.read().decode(errors="replace"))
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
