"""A worker of a search whose trials only wait: run as a program, or used in a test.

    python tuning_worker.py ADDRESS TRIALS SECONDS [PATIENCE]

It prints a line for each trial that it has begun, and ends with 1 and a sentence if the storage is
away for longer than its patience.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial

from helpers.tuning.command import quieten_optuna
from helpers.tuning.search import Limits, NumberedSampler, Outcome, Search, pruner
from helpers.tuning.storage import Opened, StorageError, open_storage, open_study

EPOCHS = 3
SPACE: dict[str, Any] = {"x": FloatDistribution(-1, 1)}
IDENTITY = {"program": "a test", "epochs": EPOCHS}
NAME = "waiting"


@dataclass(frozen=True)
class Waited:
    """What came of a trial that only waits."""

    loss: float
    given_up: bool = False
    accuracy: float = 0.9
    held_out_accuracy: float = 0.8
    seconds: float = 0.0


class Lines:
    """Prints what happens."""

    def began(self, number: int, finished: int) -> None:
        print(f"began {number}", flush=True)

    def epoch(self, number: int, epoch: int) -> None:
        pass

    def ended(self, number: int, outcome: Outcome, best: FrozenTrial | None, finished: int) -> None:
        print(f"ended {number}", flush=True)

    def note(self, sentence: str) -> None:
        print(sentence, flush=True)


def waiting(seconds: float) -> Callable[[dict[str, Any], Callable[[int, float], bool]], Waited]:
    """Return an objective that takes so long, and knows its loss from the start."""

    def objective(settings: dict[str, Any], report: Callable[[int, float], bool]) -> Waited:
        loss = settings["x"] ** 2
        for epoch in range(EPOCHS):
            time.sleep(seconds / EPOCHS)
            if report(epoch, loss):
                return Waited(loss, given_up=True, held_out_accuracy=math.nan)
        return Waited(loss)

    return objective


def search_in(opened: Opened, seconds: float = 0.0, patience: float = 0.0, seed: int = 0) -> Search:
    study = open_study(opened, NAME, IDENTITY, NumberedSampler(seed), pruner(EPOCHS))
    return Search(opened, study, SPACE, waiting(seconds), Lines(), patience)


def main(address: str, trials: str, seconds: str, patience: str = "0") -> int:
    quieten_optuna()
    try:
        opened = open_storage(address, heartbeat=2)
        search = search_in(opened, float(seconds), float(patience))
        search.run(Limits(int(trials)))
    except StorageError as error:
        print(f"error: {error}", flush=True)
        return 1
    opened.workers.leave()
    return 0 if search.stop.asked is None else 130


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
