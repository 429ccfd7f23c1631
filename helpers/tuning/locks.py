"""Locks on files that the operating system releases by itself when their holder ends.

Whatever ends a process, Ctrl-C, a kill or a power cut, its locks go with it. So a lock also tells
whether its holder is alive, at once and with no clock.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    # Windows forbids others to read what is locked: this byte is beyond all content.
    _FAR_BEYOND_THE_END = 2**40

    def _lock(descriptor: int, wait: bool) -> None:
        os.lseek(descriptor, _FAR_BEYOND_THE_END, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
else:

    def _lock(descriptor: int, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


def hold(path: Path) -> int:
    """Lock a file until the process ends, or until ``os.close`` is called with what this returns.

    Args:
        path: the file, made if need be.

    Raises:
        OSError: it cannot be made, or somebody else holds its lock.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _lock(descriptor, wait=False)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_held(path: Path) -> bool:
    """Tell whether anybody holds the lock of a file; nobody holds that of a missing one."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(descriptor, wait=False)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def opened_alone(path: Path) -> Iterator[int]:
    """Open a file for reading and appending, alone among all who open it in this way.

    Args:
        path: the file, made if need be.

    Yields:
        Its descriptor. The next one waits until this one is done.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        _lock(descriptor, wait=True)
        yield descriptor
    finally:
        os.close(descriptor)
