"""A search of Keras Tuner whose trials only wait: the chief and its workers run the same program.

    KERASTUNER_TUNER_ID=chief KERASTUNER_ORACLE_IP=... KERASTUNER_ORACLE_PORT=... \
        python keras_tuner_worker.py FOLDER TRIALS

It prints what it has done as JSON: a worker its own trials, the chief all of them.
"""

from __future__ import annotations

import json
import os
import sys
import time
from types import SimpleNamespace
from typing import Any

import keras_tuner
from keras_tuner.src.distribute import oracle_chief

# The chief looks every 20 seconds whether all workers have gone; the test waits for it.
oracle_chief.time = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, 0.2)))


class Waiting(keras_tuner.RandomSearch):
    """Trains nothing: the score of x is x."""

    own: list[str]

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
        value = trial.hyperparameters.Float("x", 0.0, 1.0)
        time.sleep(0.5)
        self.own.append(trial.trial_id)
        return {"score": value}


def main(folder: str, trials: str) -> None:
    tuner = Waiting(
        objective=keras_tuner.Objective("score", "max"),
        max_trials=int(trials),
        seed=0,
        directory=folder,
        project_name="waiting",
    )
    tuner.own = []
    tuner.search(verbose=0)
    if os.environ["KERASTUNER_TUNER_ID"] == "chief":
        done = {
            name: [trial.status, trial.score, trial.hyperparameters.values["x"]]
            for name, trial in tuner.oracle.trials.items()
        }
        print(json.dumps(done))
    else:
        print(json.dumps(tuner.own))


if __name__ == "__main__":
    main(*sys.argv[1:])
