"""A study in one file: Optuna's journal, which stays readable whatever happens to its writers.

A journal has a line for each thing that happened. Optuna (version 5) appends a line and trusts that
all of it arrives. When the disk is full, or a worker is killed meanwhile, half a line stays at the
end; the next worker writes behind it, and from then on nobody can read the file. Here half a line
is taken away again: by its writer if it still can, otherwise by the next one.
"""

import json
import os
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from helpers.tuning.locks import opened_alone

# Enough to find the end of the last whole line in one look.
_TAIL = 2**16


class WholeLines(JournalFileBackend):
    """Optuna's journal file, whose writers leave whole lines only."""

    def __init__(self, path: Path) -> None:
        """Open the file at ``path``, made if need be."""
        super().__init__(str(path))
        self.path = path

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Append one line for each record, all of them or none.

        Raises:
            OSError: they can't be written; the file is as it was.
        """
        lines = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs).encode()
        with opened_alone(self.path) as file:
            end = _end_of_whole_lines(file)
            if end < os.fstat(file).st_size:
                os.ftruncate(file, end)
            try:
                _write_all(file, lines)
                os.fsync(file)
            except BaseException:
                os.ftruncate(file, end)
                raise


def _write_all(file: int, content: bytes) -> None:
    """Write until nothing is left: at the end of its room a disk takes a part, and then refuses."""
    while content:
        content = content[os.write(file, content) :]


def _end_of_whole_lines(file: int) -> int:
    size = os.fstat(file).st_size
    start = size
    while start > 0:
        begin = max(0, start - _TAIL)
        os.lseek(file, begin, os.SEEK_SET)
        found = os.read(file, start - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        start = begin
    return 0


def is_journal(path: Path) -> bool:
    """Tell whether a file is empty, or begins as a journal does."""
    with path.open("rb") as file:
        first = file.readline(_TAIL)
    if not first:
        return True
    try:
        return "op_code" in json.loads(first)
    except (ValueError, TypeError):
        return False


def open_journal(path: Path) -> JournalStorage:
    """Open the journal at ``path``, made if need be.

    Raises:
        OSError: it can't be read or written.
        ValueError: it is damaged.
    """
    return JournalStorage(WholeLines(path))
