"""The search itself: propose, train, report, until there are enough trials or time is up."""

from __future__ import annotations

import contextlib
import math
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from helpers.tuning.storage import Opened, StorageError, told
from helpers.tuning.workers import end_unfinished, queue_again, unsigned

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)
# For how long a storage may be away before a worker gives up. Its trial is taken up by another.
PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 1.0

Result = TypeVar("Result")


class Outcome(Protocol):
    """What a trial found; ``objective.Measured`` is one."""

    loss: float
    accuracy: float
    held_out_accuracy: float
    seconds: float
    given_up: bool


Objective = Callable[[dict[str, Any], Callable[[int, float], bool]], Any]


class Reporter(Protocol):
    """Shows a person how far the search is."""

    def began(self, number: int, finished: int) -> None:
        """A trial has begun; so many are finished."""
        ...

    def epoch(self, number: int, epoch: int) -> None:
        """So many epochs of a trial are over."""
        ...

    def ended(self, number: int, outcome: Outcome, best: FrozenTrial | None, finished: int) -> None:
        """A trial has ended; the best one so far may be another worker's."""
        ...

    def note(self, sentence: str) -> None:
        """Something that one should know."""
        ...


@dataclass(frozen=True)
class Limits:
    """When a search ends: with so many finished trials of all workers, or after so many hours."""

    trials: int
    hours: float = math.inf


# --- being stopped --------------------------------------------------------------------------------


class StoppedError(BaseException):
    """Somebody asked the worker to stop while it trained."""


class Stop:
    """Ctrl-C and SIGTERM: they end a training at once, but never cut a storage's work in two."""

    def __init__(self) -> None:
        """Take no signals yet; the context does."""
        self.asked: int | None = None
        self._may_interrupt = False

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self.asked is not None:  # the second time somebody means it
            raise KeyboardInterrupt
        self.asked = number
        if self._may_interrupt:
            raise StoppedError

    def __enter__(self) -> Stop:
        """Take the signals, if this is the thread that gets them."""
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def interrupting(self, may: bool) -> Iterator[None]:
        """Within the block, a signal raises ``StoppedError`` at once, or only is remembered."""
        before, self._may_interrupt = self._may_interrupt, may
        try:
            if may and self.asked is not None:
                raise StoppedError
            yield
        finally:
            self._may_interrupt = before
        if before and self.asked is not None:
            raise StoppedError


# --- proposals ------------------------------------------------------------------------------------


class NumberedSampler(BaseSampler):
    """Optuna's TPE, whose chance depends on the seed and the trial's number only.

    Workers that start with the same seed propose different settings all the same, and a search that
    was interrupted goes on as if it had not been.
    """

    def __init__(self, seed: int) -> None:
        """Take the seed from which each trial's own is made."""
        self._seed = seed
        self._sampler = TPESampler(seed=seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """See ``BaseSampler``."""
        own = random.Random(f"{self._seed} {trial.number}").randrange(2**32)
        self._sampler = TPESampler(seed=own, constant_liar=True)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """See ``BaseSampler``."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See ``BaseSampler``."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """See ``BaseSampler``."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


# --- the search -----------------------------------------------------------------------------------


class Search:
    """One worker's part of a search."""

    def __init__(
        self,
        opened: Opened,
        study: Study,
        distributions: dict[str, BaseDistribution],
        objective: Objective,
        reporter: Reporter,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Take what the search needs.

        Args:
            opened: the storage.
            study: in that storage.
            distributions: what is searched, by name.
            objective: trains with settings and returns an ``Outcome``; after each epoch it hands
                the loss to its second argument, and gives up if that says so.
            reporter: shows how far the search is.
            patience: for how many seconds the storage may be away.
        """
        self.opened = opened
        self.study = study
        self.distributions = distributions
        self.objective = objective
        self.reporter = reporter
        self.patience = patience
        self.stop = Stop()
        # How long this worker waited for the storage in each of its trials; the last is going on.
        self.storage_seconds = [0.0]

    def run(self, limits: Limits) -> None:
        """Go on until the limits are reached or somebody stops the worker.

        Raises:
            StorageError: the storage was away for too long. Its trials are all there, or will be
                taken up again by whoever comes next.
        """
        deadline = time.monotonic() + 3600 * limits.hours
        with self.stop:
            while self.stop.asked is None and time.monotonic() < deadline:
                self._patiently(lambda: self.opened.workers.take_up_lost(self.study))
                trial = self._patiently(lambda: self._next(limits.trials))
                if trial is not None:
                    self._work_on(trial)
                elif self._patiently(lambda: unsigned(self.study)):
                    time.sleep(_PAUSE_SECONDS)
                else:
                    return

    def _next(self, wanted: int) -> Trial | None:
        """Return a trial to work on, unless as many as wanted are finished or in work."""
        if len(self._trials((*FINISHED, TrialState.RUNNING))) >= wanted:
            return None
        trial = self.study.ask(self.distributions)
        before = [
            each
            for each in self._trials((*FINISHED, TrialState.RUNNING, TrialState.WAITING))
            if each.number < trial.number
        ]
        if len(before) < wanted:
            return trial
        # Another worker has asked in the same moment, and was the first.
        self._give_back(trial)
        return None

    def _work_on(self, trial: Trial) -> None:
        finished = len(self._patiently(lambda: self._trials(FINISHED)))
        with contextlib.ExitStack() as stack:
            self._patiently(lambda: stack.enter_context(self.opened.workers.working_on(trial)))
            self.reporter.began(trial.number, finished)
            try:
                with self.stop.interrupting(True):
                    outcome = self.objective(
                        trial.params, lambda epoch, loss: self._report(trial, epoch, loss)
                    )
            except StoppedError:
                self._patiently(lambda: self._give_back(trial))
                return
            except StorageError:
                raise
            except BaseException:
                with contextlib.suppress(StorageError):
                    self._patiently(lambda: end_unfinished(self.study, self._stored(trial)))
                raise
            self._patiently(lambda: self._tell(trial, outcome))
        best, finished = self._patiently(lambda: (self.best(), len(self._trials(FINISHED))))
        self.storage_seconds.append(0.0)
        self.reporter.ended(trial.number, outcome, best, finished)

    def _report(self, trial: Trial, epoch: int, loss: float) -> bool:
        def report() -> bool:
            try:
                trial.report(loss, epoch)
            except UpdateFinishedTrialError:  # this worker counted as lost: another has the trial
                return True
            return trial.should_prune()

        self.reporter.epoch(trial.number, epoch + 1)
        return self._patiently(report)

    def _tell(self, trial: Trial, outcome: Outcome) -> None:
        with contextlib.suppress(UpdateFinishedTrialError):
            for name in ("accuracy", "held_out_accuracy", "seconds"):
                value = getattr(outcome, name)
                trial.set_user_attr(name, None if math.isnan(value) else value)
            if outcome.given_up:
                self.study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
            else:
                self.study.tell(trial, outcome.loss, skip_if_finished=True)

    def _give_back(self, trial: Trial) -> None:
        if end_unfinished(self.study, self._stored(trial)):
            queue_again(self.study, self._stored(trial))

    def _stored(self, trial: Trial) -> FrozenTrial:
        return self.opened.storage.get_trial(trial._trial_id)

    def _trials(self, states: tuple[TrialState, ...]) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=states)

    def best(self) -> FrozenTrial | None:
        """Return the best of the trials that were trained to the end, if there are any."""
        complete = self._trials((TrialState.COMPLETE,))
        return min(complete, key=lambda trial: trial.value or 0.0, default=None)

    def _patiently(self, action: Callable[[], Result]) -> Result:
        """Do something with the storage, again and again if it is away for a while."""
        deadline = time.monotonic() + self.patience
        told_so = False
        while True:
            started = time.perf_counter()
            try:
                with self.stop.interrupting(False), told(self.opened.name):
                    return action()
            except StorageError as error:
                if time.monotonic() >= deadline or self.stop.asked is not None:
                    raise
                if not told_so:
                    self.reporter.note(f"{error} Trying again for {self.patience:.0f} s.")
                    told_so = True
                time.sleep(_PAUSE_SECONDS)
            finally:
                self.storage_seconds[-1] += time.perf_counter() - started


def pruner(epochs: int) -> optuna.pruners.BasePruner:
    """Return what gives trials up: those worse than the median of the others at the same epoch.

    Not in the first quarter of their epochs: a high learning rate begins badly.

    Args:
        epochs: of a whole training.
    """
    return optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=max(2, epochs // 4))
