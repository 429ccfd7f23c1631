"""A process and all that it started: how much memory they take, and their end."""

import contextlib

import psutil


def family_of(number: int) -> list[psutil.Process]:
    """Return a process, by its id, and its descendants; none if it is gone."""
    try:
        first = psutil.Process(number)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def megabytes_of(number: int) -> float:
    """Return the memory that a process and its descendants hold, in MB."""
    used = 0
    for process in family_of(number):
        with contextlib.suppress(psutil.Error):
            used += process.memory_info().rss
    return used / 1_000_000


def end_family(number: int) -> None:
    """End a process and its descendants, at once."""
    for process in reversed(family_of(number)):
        with contextlib.suppress(psutil.Error):
            process.kill()
