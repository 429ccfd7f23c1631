"""A journal stays readable when the disk is full, or a worker is killed in the middle of a line."""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from helpers.tuning import journal as module
from helpers.tuning import workers
from helpers.tuning.journal import WholeLines, open_journal
from helpers.tuning.locks import hold, is_held
from helpers.tuning.search import Limits
from helpers.tuning.storage import StorageError, open_storage
from support.tuning_worker import search_in
from tuning.conftest import finished, wait_for_line


def test_half_a_line_is_taken_away_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    lines = WholeLines(path)
    lines.append_logs([{"op_code": 1}])
    with path.open("ab") as file:
        file.write(b'{"op_code": 2, "half a li')
    lines.append_logs([{"op_code": 3}, {"op_code": 4}])
    assert [log["op_code"] for log in WholeLines(path).read_logs(0)] == [1, 3, 4]


@pytest.mark.parametrize("length", [10, 2**16, 2**16 + 1, 3 * 2**16])
def test_the_last_whole_line_is_found_however_long_the_half_one_is(
    tmp_path: Path, length: int
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one\ntwo\n" + b"x" * length)
    with path.open("rb") as file:
        assert module._end_of_whole_lines(file.fileno()) == 8
    path.write_bytes(b"x" * length)
    with path.open("rb") as file:
        assert module._end_of_whole_lines(file.fileno()) == 0


def test_a_write_that_fails_halfway_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.journal"
    lines = WholeLines(path)
    lines.append_logs([{"op_code": 1}])
    before = path.read_bytes()

    def half(file: int, content: bytes) -> None:
        os.write(file, content[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write_all", half)
        with pytest.raises(OSError, match="No space"):
            lines.append_logs([{"op_code": 2}])
    assert path.read_bytes() == before
    lines.append_logs([{"op_code": 3}])
    assert [log["op_code"] for log in lines.read_logs(0)] == [1, 3]


def test_a_disk_that_is_full_costs_one_sentence_and_no_trial(
    journal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_storage(journal)
    search_in(opened).run(Limits(2))
    free = module._write_all
    written = 0

    def until_full(file: int, content: bytes) -> None:
        nonlocal written
        written += len(content)
        if written > 500:
            os.write(file, content[:7])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        free(file, content)

    monkeypatch.setattr(module, "_write_all", until_full)
    with pytest.raises(StorageError) as failed:
        search_in(opened).run(Limits(9))
    assert "No space left on device" in str(failed.value)
    assert str(failed.value).count("\n") == 0
    monkeypatch.undo()
    monkeypatch.setattr(workers, "TIME_TO_SIGN", timedelta(seconds=0.5))
    opened.workers.leave()
    before = finished(journal)
    assert before >= 2
    opened = open_storage(journal)
    search_in(opened).run(Limits(9))
    opened.workers.leave()
    assert finished(journal) == 9


def _write_up_to_a_limit(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    lines = WholeLines(Path(path))
    try:
        for number in range(100):
            lines.append_logs([{"op_code": number}])
    except OSError:
        os._exit(7)


def test_a_real_limit_on_the_file_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    process = multiprocessing.get_context("spawn").Process(
        target=_write_up_to_a_limit, args=(str(path),)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 7
    assert 900 < path.stat().st_size <= 1000
    assert path.read_bytes().endswith(b"\n")
    open_journal_lines = list(WholeLines(path).read_logs(0))
    assert [log["op_code"] for log in open_journal_lines] == list(range(len(open_journal_lines)))


def test_a_worker_that_meets_a_full_disk_waits_for_room(
    journal: str, start: Callable, tmp_path: Path
) -> None:
    worker = start(journal, 2, 0.9, 30)
    wait_for_line(worker, "began 0")
    folder = Path(journal)
    folder.rename(tmp_path / "away")
    folder.mkdir()  # the file can't be opened any more
    wait_for_line(worker, f"{journal} can't be used")
    folder.rmdir()
    (tmp_path / "away").rename(folder)
    assert worker.wait(60) == 0
    assert finished(journal) == 2


def test_locks_tell_who_is_alive(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_held(path)
    descriptor = hold(path)
    assert is_held(path)
    with pytest.raises(BlockingIOError):
        hold(path)
    os.close(descriptor)
    assert not is_held(path)


def test_a_new_journal_is_empty(tmp_path: Path) -> None:
    assert open_journal(tmp_path / "new").get_all_studies() == []
