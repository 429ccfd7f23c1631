"""Which workers are alive, and what becomes of the trials of those that are not.

A worker that is killed can't say so. On one machine each worker holds the lock on a file of its
own, which the operating system releases when the worker ends: its trial can be taken up at once.
For a database, whose workers are elsewhere, each writes the time beside its trial every few seconds
(a heartbeat), and a trial whose last heartbeat is too long ago counts as lost.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import optuna
from optuna.storages import RDBStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from helpers.tuning.locks import hold, is_held

# Whatever has ended this many workers will end the next one, too.
MOST_ATTEMPTS = 3
# A worker signs its trial as soon as it has it. One that has not by then was killed in that moment.
TIME_TO_SIGN = timedelta(seconds=20)
_SIGNATURE = "worker"
_ATTEMPT = "attempt"


class Workers(Protocol):
    """The workers of one storage, this one among them."""

    def working_on(self, trial: Trial) -> contextlib.AbstractContextManager[None]:
        """Show, within the block, that this worker is alive and has this trial."""
        ...

    def take_up_lost(self, study: Study) -> None:
        """Queue the trials of workers that are no longer alive, for the next one that asks."""
        ...

    def leave(self) -> None:
        """Clear away what this worker has left behind."""
        ...


def queue_again(study: Study, trial: FrozenTrial) -> None:
    """Queue the settings of a trial that was not finished, so that the next worker takes them."""
    attempt = trial.user_attrs.get(_ATTEMPT, 1)
    settings = trial.params or trial.system_attrs.get("fixed_params", {})
    if settings and attempt < MOST_ATTEMPTS:
        study.enqueue_trial(settings, user_attrs={_ATTEMPT: attempt + 1})


def end_unfinished(study: Study, trial: FrozenTrial) -> bool:
    """End a trial that nobody will finish; False if somebody else was quicker."""
    try:
        study.tell(trial.number, state=TrialState.FAIL)
    except (ValueError, optuna.exceptions.UpdateFinishedTrialError):
        return False
    return True


def _take_up(study: Study, trials: list[FrozenTrial]) -> None:
    for trial in trials:
        if end_unfinished(study, trial):
            queue_again(study, trial)


def unsigned(study: Study) -> list[FrozenTrial]:
    """Return the trials that a worker has only just asked for, or was killed while it did."""
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return [trial for trial in running if _SIGNATURE not in trial.user_attrs]


def _never_signed(study: Study) -> list[FrozenTrial]:
    now = datetime.now()
    return [
        trial
        for trial in unsigned(study)
        if trial.datetime_start is not None and now - trial.datetime_start > TIME_TO_SIGN
    ]


class NeighboursOnThisMachine:
    """Workers of one machine that share a journal file."""

    def __init__(self, folder: Path) -> None:
        """Enter this worker.

        Args:
            folder: where each worker has its file, made if need be.

        Raises:
            OSError: it can't be written.
        """
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.name = secrets.token_hex(8)
        self._lock = hold(folder / self.name)

    @contextlib.contextmanager
    def working_on(self, trial: Trial) -> Iterator[None]:
        """See ``Workers``."""
        trial.set_user_attr(_SIGNATURE, self.name)
        yield

    def take_up_lost(self, study: Study) -> None:
        """See ``Workers``."""
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        lost = [
            trial
            for trial in running
            if _SIGNATURE in trial.user_attrs and not self._is_alive(trial.user_attrs[_SIGNATURE])
        ]
        _take_up(study, lost)
        _take_up(study, _never_signed(study))
        for trial in lost:
            with contextlib.suppress(OSError):
                (self.folder / trial.user_attrs[_SIGNATURE]).unlink()

    def _is_alive(self, name: Any) -> bool:
        return name == self.name or is_held(self.folder / str(name))

    def leave(self) -> None:
        """See ``Workers``."""
        os.close(self._lock)
        with contextlib.suppress(OSError):
            (self.folder / self.name).unlink()
            self.folder.rmdir()  # fails as long as others have their files in it


class WorkersOfADatabase:
    """Workers anywhere that share a database."""

    def __init__(self, storage: RDBStorage, seconds: int) -> None:
        """Enter this worker.

        Args:
            storage: made with a ``heartbeat_interval`` and ``queue_again`` as its callback.
            seconds: between two heartbeats.
        """
        self._storage = storage
        self._seconds = seconds
        self.name = secrets.token_hex(8)

    @contextlib.contextmanager
    def working_on(self, trial: Trial) -> Iterator[None]:
        """See ``Workers``."""
        self._storage.record_heartbeat(trial._trial_id)
        trial.set_user_attr(_SIGNATURE, self.name)
        done = threading.Event()
        thread = threading.Thread(target=self._beat, args=(trial._trial_id, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def _beat(self, trial_id: int, done: threading.Event) -> None:
        while not done.wait(self._seconds):
            # While the server is away no heart is heard; the trial's end is what needs it again.
            with contextlib.suppress(Exception):
                self._storage.record_heartbeat(trial_id)

    def take_up_lost(self, study: Study) -> None:
        """See ``Workers``."""
        optuna.storages.fail_stale_trials(study)
        _take_up(study, _never_signed(study))

    def leave(self) -> None:
        """See ``Workers``."""
        self._storage.engine.dispose()
