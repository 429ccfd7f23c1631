"""Workers of a search, in this process and in others."""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial

from helpers.tuning.command import quieten_optuna
from helpers.tuning.storage import open_storage
from support import tuning_worker
from support.tuning_worker import NAME

Worker = subprocess.Popen[str]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        quieten_optuna()
        yield


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return str(tmp_path / "a.journal")


@pytest.fixture
def start() -> Iterator[Callable[..., Worker]]:
    """Start workers as programs of their own; whatever is left of them is ended with the test."""
    started: list[Worker] = []

    def start(*arguments: object) -> Worker:
        command = [sys.executable, tuning_worker.__file__, *map(str, arguments)]
        started.append(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return started[-1]

    yield start
    for worker in started:
        worker.kill()
        worker.communicate()


def wait_for_line(worker: Worker, beginning: str, seconds: float = 60) -> str:
    """Return the first line of a worker's that begins so."""
    assert worker.stdout
    deadline = time.monotonic() + seconds
    seen = []
    for line in worker.stdout:
        seen.append(line)
        if line.startswith(beginning):
            return line
        assert time.monotonic() < deadline
    raise AssertionError(f"it ended without {beginning!r}: {''.join(seen)}")


def trials_in(address: str) -> list[FrozenTrial]:
    """Return all trials of the study, read anew."""
    opened = open_storage(address)
    try:
        return optuna.load_study(study_name=NAME, storage=opened.storage).get_trials()
    finally:
        opened.workers.leave()


def states_in(address: str) -> list[str]:
    return [trial.state.name for trial in trials_in(address)]


def finished(address: str) -> int:
    return sum(state in {"COMPLETE", "PRUNED"} for state in states_in(address))
