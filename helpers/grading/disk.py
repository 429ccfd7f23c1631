"""What files take on the disk, however a program tries to hide it, and their removal."""

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

_BLOCK = 512  # bytes in st_blocks, whatever the disk's own blocks are


class DiskUse:
    """The files and folders in a folder, and files that some programs hold open without a name.

    A file with several names counts once, and one with holes by what is written.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._taken: dict[object, int] = {}

    @property
    def files(self) -> int:
        """How many files and folders there are."""
        return len(self._taken)

    @property
    def megabytes(self) -> float:
        """What they take on the disk."""
        return sum(self._taken.values()) / 1_000_000

    def add_folder(self, folder: Path, most: int) -> None:
        """Count what lies in a folder, as far as ``most`` files.

        Raises:
            OSError: a folder in it can't be opened.
        """
        ahead = [os.fspath(folder)]
        while ahead:
            # What a program deletes meanwhile needs no place.
            with contextlib.suppress(FileNotFoundError), os.scandir(ahead.pop()) as entries:
                for entry in entries:
                    self._add(entry.stat(follow_symlinks=False), entry.path)
                    if self.files > most:
                        return
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)

    def add_open(self, processes: Iterable[int]) -> None:
        """Count the files that processes, by their ids, hold open after they deleted them."""
        for number in processes:
            with contextlib.suppress(OSError):  # it ended, or this is not Linux
                for link in os.listdir(f"/proc/{number}/fd"):
                    self._add_if_deleted(f"/proc/{number}/fd/{link}")

    def _add_if_deleted(self, link: str) -> None:
        with contextlib.suppress(OSError):  # it is closed by now
            facts = os.stat(link)
            if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                self._add(facts, link)

    def _add(self, facts: os.stat_result, path: str) -> None:
        # Windows tells neither here.
        blocks = getattr(facts, "st_blocks", None)
        key = (facts.st_dev, facts.st_ino) if facts.st_ino else path
        self._taken[key] = facts.st_size if blocks is None else blocks * _BLOCK


def remove_folder(folder: Path) -> None:
    """Remove a folder and what is in it, also a thousand folders in each other, or locked ones."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if os.name == "posix" and os.path.lexists(folder):
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", folder], stderr=subprocess.DEVNULL, check=False)
