"""Show how far a search is: a bar in a terminal, lines in a log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from optuna.trial import FrozenTrial
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from helpers.tuning.search import Outcome, Reporter


def said_of(number: int, outcome: Outcome, best: FrozenTrial | None) -> str:
    """Say in a line what came of a trial, and which one is the best so far."""
    found = f"loss {outcome.loss:.4f}, {outcome.accuracy:.2%} right, {outcome.seconds:.0f} s"
    if outcome.given_up:
        found = f"given up at {found}"
    so_far = "" if best is None else f"; the best so far is trial {best.number}, {best.value:.4f}"
    return f"trial {number}: {found}{so_far}"


class PlainReporter:
    """A line for every trial, for logs and pipes."""

    def __init__(self, trials: int) -> None:
        """Take how many trials there are to be."""
        self.trials = trials

    def began(self, number: int, finished: int) -> None:
        """See ``Reporter``."""

    def epoch(self, number: int, epoch: int) -> None:
        """See ``Reporter``."""

    def ended(self, number: int, outcome: Outcome, best: FrozenTrial | None, finished: int) -> None:
        """See ``Reporter``."""
        line = said_of(number, outcome, best)
        print(f"{line}; {finished} of {self.trials} finished", flush=True)

    def note(self, sentence: str) -> None:
        """See ``Reporter``."""
        print(sentence, flush=True)


class BarReporter:
    """A bar for the trials of all workers, and a line for each of this one's, for a terminal."""

    def __init__(self, progress: Progress, trials: int, epochs: int) -> None:
        """Draw on ``progress``, which somebody else starts and stops."""
        self._progress = progress
        self._epochs = epochs
        self._all = progress.add_task("trials finished", total=trials)
        self._own = progress.add_task("", total=epochs, visible=False)

    def began(self, number: int, finished: int) -> None:
        """See ``Reporter``."""
        self._progress.update(self._all, completed=finished)
        what = f"epochs of trial {number}"
        self._progress.reset(self._own, description=what, total=self._epochs, visible=True)

    def epoch(self, number: int, epoch: int) -> None:
        """See ``Reporter``."""
        self._progress.update(self._own, completed=epoch)

    def ended(self, number: int, outcome: Outcome, best: FrozenTrial | None, finished: int) -> None:
        """See ``Reporter``."""
        self._progress.update(self._all, completed=finished)
        self._progress.console.print(escape(said_of(number, outcome, best)), highlight=False)

    def note(self, sentence: str) -> None:
        """See ``Reporter``."""
        self._progress.console.print(escape(sentence), highlight=False)


@contextlib.contextmanager
def reporter_for(console: Console, trials: int, epochs: int) -> Iterator[Reporter]:
    """Give bars to a terminal, and lines to a log or pipe.

    Args:
        console: where to show it.
        trials: how many there are to be.
        epochs: of a whole training.
    """
    if not console.is_terminal:
        yield PlainReporter(trials)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield BarReporter(progress, trials, epochs)
