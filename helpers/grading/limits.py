"""What one notebook may take, and the watch over it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from helpers.grading.disk import DiskUse
from helpers.grading.processes import family_of, megabytes_of, share_of

# Pools of workers have about ten; a thread is no process.
MOST_PROCESSES = 100
# What the files of a lesson take does not come near this.
LARGEST_FOLDER = 2000
MOST_FILES = 20_000

_LOOK_AT_DISK_EVERY_SECONDS = 1.0


@dataclass(frozen=True)
class Limits:
    """What one notebook may take.

    Attributes:
        seconds: for all its cells together.
        megabytes: of memory, all its processes together.
        processes: at the same time.
        disk_megabytes: of disk, all its files together.
        files: how many files and folders.
    """

    seconds: float
    megabytes: int
    processes: int = MOST_PROCESSES
    disk_megabytes: int = LARGEST_FOLDER
    files: int = MOST_FILES


class Watch:
    """Looks at what a program takes, and says when it is too much."""

    def __init__(self, number: int, folder: Path, limits: Limits) -> None:
        """Begin.

        Args:
            number: the id of the program's first process.
            folder: the one to which it can write.
            limits: those of memory, processes and disk count; the seconds are not watched here.
        """
        self._number, self._folder, self._limits = number, folder, limits
        self._next_look_at_disk = 0.0

    def excess(self) -> str:
        """Return what is too much, as the end of a sentence, or "" as long as all is well."""
        family = self._family()
        excess = self._too_many(family) or self._too_large(family)
        if excess or time.monotonic() < self._next_look_at_disk:
            return excess
        try:
            return excess_on_disk(self._folder, self._limits, [each.pid for each in family])
        finally:
            self._next_look_at_disk = time.monotonic() + _LOOK_AT_DISK_EVERY_SECONDS

    def _family(self) -> list[psutil.Process]:
        # One more is the grader's own, `isolation`; and one more is too many.
        return family_of(self._number, self._limits.processes + 1)

    def _too_many(self, family: list[psutil.Process]) -> str:
        most = self._limits.processes
        return (
            f"it had more than {most} processes at the same time" if len(family) > most + 1 else ""
        )

    def _too_large(self, family: list[psutil.Process]) -> str:
        most, shares = self._limits.megabytes, 0.0
        if sum(map(megabytes_of, family)) <= most:
            return ""
        for process in family:
            shares += share_of(process)
            # That may take a while, in which a program that only starts others is not to get away.
            excess = self._too_many(self._family())
            if excess:
                return excess
        return f"it took more than {most} MB of memory" if shares > most else ""


def excess_on_disk(folder: Path, limits: Limits, processes: Sequence[int] = ()) -> str:
    """Return what is too much on the disk, as the end of a sentence, or "".

    Args:
        folder: the one to which a program can write.
        limits: those of disk and files count.
        processes: the ids of those that may hold files open which have no name any more.
    """
    use = DiskUse()
    try:
        use.add_folder(folder, limits.files)
    except OSError as error:
        return f"it made a folder into which nobody can look ({error.strerror or error})"
    use.add_open(processes)
    if use.files > limits.files:
        return f"it had more than {limits.files} files"
    if use.megabytes > limits.disk_megabytes:
        return f"its files took more than {limits.disk_megabytes} MB"
    return ""
