"""The command ``python -m helpers tune``."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
import warnings
from typing import Any

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.trial import TrialState
from rich.console import Console

from helpers.paths import build_folder
from helpers.tuning.progress import reporter_for
from helpers.tuning.search import FINISHED, Limits, NumberedSampler, Search, pruner
from helpers.tuning.space import Setup, distributions, identity
from helpers.tuning.storage import Opened, open_storage, open_study, told


def tune_command(arguments: argparse.Namespace) -> int:
    """Do the work of ``python -m helpers tune``; return the exit status."""
    quieten_optuna()
    setup = Setup(arguments.model, arguments.images, arguments.epochs, arguments.seed)
    opened = open_storage(arguments.storage or str(build_folder() / f"tune-{setup.model}.journal"))
    try:
        return _tune(arguments, setup, opened)
    finally:
        opened.workers.leave()


def quieten_optuna() -> None:
    """Keep Optuna's log and its notices for developers out of the command's output."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=ExperimentalWarning)
    # Search sends its own heartbeats, so that a server that is away costs no traceback.
    warnings.filterwarnings("ignore", message="Heartbeat of storage is supposed to be used")


def _tune(arguments: argparse.Namespace, setup: Setup, opened: Opened) -> int:
    # Only now: a bad address is told before TensorFlow is loaded, which takes seconds.
    from helpers.data import load_mnist
    from helpers.tuning.objective import Training

    training = Training(setup, load_mnist())
    study = open_study(
        opened,
        name=f"digits {setup.model}",
        identity=identity(setup, training.data),
        sampler=NumberedSampler(setup.seed),
        pruner=pruner(setup.recipe.epochs),
    )
    # Rich believes a notebook's kernel that says it had colours, and draws bars into its cells.
    console = Console(stderr=True, highlight=False, force_terminal=sys.stderr.isatty())
    limits = Limits(arguments.trials, arguments.hours)
    with reporter_for(console, limits.trials, setup.recipe.epochs) as reporter:
        search = Search(opened, study, distributions(), training, reporter)
        search.run(limits)
    with told(opened.name):
        result = _result(search, training)
    print(json.dumps(result) if arguments.json else describe(result))
    if search.stop.asked is None:
        return 0
    print("stopped; the same command goes on from here.", file=sys.stderr)
    return 128 + signal.Signals(search.stop.asked)


def _result(search: Search, training: Any) -> dict[str, Any]:
    """Return what the search has found so far, in a form that JSON can hold."""
    trials = search.study.get_trials(deepcopy=False)
    best = search.best()
    result: dict[str, Any] = {
        "storage": search.opened.name,
        "finished": sum(trial.state in FINISHED for trial in trials),
        "given_up": sum(trial.state == TrialState.PRUNED for trial in trials),
        "waiting": sum(trial.state == TrialState.WAITING for trial in trials),
        "running": sum(trial.state == TrialState.RUNNING for trial in trials),
        "storage_seconds": [round(seconds, 4) for seconds in search.storage_seconds[:-1]],
        "best": None,
    }
    if best is not None:
        result["best"] = {
            "trial": best.number,
            "settings": best.params,
            "loss": best.value,
            "accuracy": best.user_attrs["accuracy"],
            "images": len(training.y_choosing),
            "held_out_accuracy": best.user_attrs["held_out_accuracy"],
            "held_out_images": len(training.y_held_out),
        }
    return result


def describe(result: dict[str, Any]) -> str:
    """Say what a search has found in a few lines for people."""
    lines = [
        f"{result['finished']} trials are finished, {result['given_up']} of them given up early; "
        f"{result['waiting']} wait, {result['running']} are with a worker. {result['storage']}"
    ]
    best = result["best"]
    if best is None:
        return lines[0]
    lines += [f"The best is trial {best['trial']}:"]
    lines += [f"  {name:<20}{_number(value)}" for name, value in best["settings"].items()]
    lines += [
        f"It was chosen by {best['images']:,} validation images: loss {best['loss']:.4f}, "
        f"{best['accuracy']:.2%} right. Of {best['held_out_images']:,} others, by which nothing "
        f"was chosen, it gets {best['held_out_accuracy']:.2%} right."
    ]
    return "\n".join(lines)


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) and math.isfinite(value) else str(value)
