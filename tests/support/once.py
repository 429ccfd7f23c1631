"""What takes long to make, made once for all processes of the tests."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_MADE, _FAILED = "made", "failed"


def folder_for_all(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of pytest-xdist share, or that of the only process."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def made_once(folder: Path, make: Callable[[Path], object], patience: float = 300) -> Path:
    """Let the first process that asks fill a folder; the others wait for it.

    Args:
        folder: is made; its parent is there.
        make: fills the folder that it is given.
        patience: seconds after which a process that waits fails.

    Returns:
        The folder.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        _wait(folder, time.monotonic() + patience)
        return folder
    try:
        make(folder)
    except BaseException as error:
        (folder / _FAILED).write_text(str(error), "utf-8")
        raise
    (folder / _MADE).touch()
    return folder


def _wait(folder: Path, end: float) -> None:
    while not (folder / _MADE).exists():
        if (folder / _FAILED).exists():
            pytest.fail(f"not made: {(folder / _FAILED).read_text('utf-8')}")
        if time.monotonic() > end:
            pytest.fail(f"{folder} is still not made")
        time.sleep(0.2)
