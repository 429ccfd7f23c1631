"""How many trials an hour `python -m helpers tune` does, and what a hundred workers would do.

    .venv/bin/python benchmarks/tuning.py

One and two workers on this machine search on a journal file, and on a PostgreSQL server where one
is installed (it is started and ended here). Their trainings are tiny: 2,000 images, four epochs.
What counts is how long a worker waits for the storage in each trial, beside how long it trains; the
first trial of a worker, which loads the database's driver, is left out of the former.

From these two numbers follows what more workers would do if each had a machine of its own and they
met in the storage only: mean value analysis of a closed network with one queue (Reiser and
Lavenberg, "Mean-value analysis of closed multichain queuing networks", 1980). It takes the storage
for a server of one at a time, which a database is not: the truth is at least as good.

Takes about four minutes on two quiet cores; writes benchmarks/results/tuning.json.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import optuna
from common import write_result

from helpers.paths import PROJECT_FOLDER
from helpers.tuning.command import quieten_optuna
from helpers.tuning.storage import open_storage

TRIALS = 8
OPTIONS = ("--images", "2000", "--epochs", "4")
MOST_WORKERS = 100


def search(address: str, workers: int) -> dict[str, Any]:
    """Let workers search in a new storage, and measure what they did."""
    command = [sys.executable, "-m", "helpers", "tune", "--storage", address, "--json"]
    command += ["--trials", str(TRIALS), *OPTIONS]
    started = [
        subprocess.Popen(command, cwd=PROJECT_FOLDER, stdout=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise SystemExit("A worker failed; its sentence stands above.")
    # In its first trial a worker also loads the database's driver, and learns the tables.
    waited = [
        seconds
        for output in outputs
        for seconds in json.loads(output.splitlines()[-1])["storage_seconds"][1:]
    ]
    opened = open_storage(address)
    trials = optuna.load_study(study_name="digits mlp", storage=opened.storage).get_trials()
    opened.workers.leave()
    done = [trial for trial in trials if "seconds" in trial.user_attrs]
    # Programs take long to start here, and in a search of hours hardly count.
    begins = min(trial.datetime_start for trial in done if trial.datetime_start)
    ends = max(trial.datetime_complete for trial in done if trial.datetime_complete)
    trained = sum(trial.user_attrs["seconds"] for trial in done)
    return {
        "workers": workers,
        "trials": len(done),
        "trials_per_hour": 3600 * len(done) / (ends - begins).total_seconds(),
        "storage_seconds": statistics.median(waited),
        # A worker reports each epoch to the storage while it trains.
        "training_seconds": trained / len(done),
    }


def throughput(workers: int, thinking: float, served: float) -> float:
    """Return how many trials a second workers do together.

    Args:
        workers: how many.
        thinking: seconds of a trial that a worker spends alone.
        served: seconds of a trial for which it needs the storage.
    """
    waiting = 0.0  # workers that are at the storage, on average
    rate = 0.0
    for number in range(1, workers + 1):
        there = served * (1 + waiting)
        rate = number / (thinking + there)
        waiting = rate * there
    return rate


def expected(name: str, thinking: float, served: float) -> list[dict[str, Any]]:
    """Return the trials an hour of 1 to a hundred workers with a storage."""
    return [
        {
            "storage": name,
            "workers": workers,
            "trials_per_hour": 3600 * throughput(workers, thinking, served),
        }
        for workers in range(1, MOST_WORKERS + 1)
    ]


def measure(name: str, addresses: list[str]) -> list[dict[str, Any]]:
    """Measure one worker, and two, each in a storage of its own."""
    found = []
    for workers, address in enumerate(addresses, start=1):
        found.append({"storage": name} | search(address, workers))
        print(found[-1], flush=True)
    return found


def main() -> None:
    """Measure, compute and write."""
    sys.path.insert(0, str(PROJECT_FOLDER / "tests"))
    from support.postgres import running_server

    quieten_optuna()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        speeds = measure("journal file", [str(Path(folder, name)) for name in ("one", "two")])
    with running_server() as server:
        speeds += measure("PostgreSQL", [server.address, server.new_database()])
    write(speeds, load)


def write(speeds: list[dict[str, Any]], load: float) -> None:
    """Compute what more workers would do, and write everything.

    Args:
        speeds: what was measured.
        load: of the machine before; well above zero says that others were at work, too.
    """
    alone = [row for row in speeds if row["workers"] == 1]
    training = min(row["training_seconds"] for row in alone)
    rows = expected("no storage at all", training, 0.0)
    for row in alone:
        if row["storage"] != "journal file":  # that is for one machine
            rows += expected(row["storage"], training, row["storage_seconds"])
    write_result(
        "tuning",
        {
            "options": " ".join(OPTIONS),
            "load_before": round(load, 2),
            "speeds": [_rounded(row) for row in speeds],
            "expected": [_rounded(row) for row in rows],
        },
    )


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()
    }


if __name__ == "__main__":
    main()
