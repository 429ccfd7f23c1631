"""What the exercises of notebook 9 are checked with: cases, reference solutions, wrong ones."""

import math
import sys
from typing import Any

# --- 9.2: sizes that matter by their ratio --------------------------------------------------------


def shares() -> list[tuple[Any, ...]]:
    """Make shares of the way from low to high."""
    import numpy as np

    way = np.linspace(0, 1, 7)
    return [(way, 0.001, 0.1), (way[::-1], 1e-5, 1.0), (way[2:4], 2e-4, 3.0)]


def log_uniform(share: Any, low: float, high: float) -> Any:
    """Return the value at this share of the way, counted in ratios."""
    return low * (high / low) ** share


def uniform(share: Any, low: float, high: float) -> Any:
    """Go the way on the plain scale (wrong)."""
    return low + share * (high - low)


def exponent(share: Any, low: float, high: float) -> Any:
    """Return the power of ten (wrong)."""
    return math.log10(low) + share * math.log10(high / low)


def natural_power_of_ten(share: Any, low: float, high: float) -> Any:
    """Mix two logarithms (wrong)."""
    return 10 ** (math.log(low) + share * math.log(high / low))


def power_of_high(share: Any, low: float, high: float) -> Any:
    """Begin at 1 in place of low (wrong)."""
    return high**share


# --- 9.3: what the winner promises too much -------------------------------------------------------


def accuracies() -> list[tuple[Any, ...]]:
    """Make accuracies of some trials on two sets of images; the winners differ."""
    import numpy as np

    random = np.random.default_rng(9)
    return [
        (np.array([0.91, 0.95, 0.93]), np.array([0.92, 0.91, 0.94])),
        (np.array([0.90, 0.96, 0.93, 0.95]), np.array([0.92, 0.97, 0.90, 0.98])),
        (random.uniform(0.9, 1, 30), random.uniform(0.9, 1, 30)),
    ]


def optimism(chosen_by: Any, held_out: Any) -> float:
    """Return the winner's accuracy where it was chosen, less that on other images."""
    winner = chosen_by.argmax()
    return float(chosen_by[winner] - held_out[winner])


def two_winners(chosen_by: Any, held_out: Any) -> float:
    """Compare two winners (wrong)."""
    return float(chosen_by.max() - held_out.max())


def chosen_by_held_out(chosen_by: Any, held_out: Any) -> float:
    """Choose by the held-out images (wrong)."""
    winner = held_out.argmax()
    return float(chosen_by[winner] - held_out[winner])


def against_the_mean(chosen_by: Any, held_out: Any) -> float:
    """Compare with all trials (wrong)."""
    return float(chosen_by.max() - chosen_by.mean())


def other_sign(chosen_by: Any, held_out: Any) -> float:
    """Subtract the other way round (wrong)."""
    return -optimism(chosen_by, held_out)


def absolute(chosen_by: Any, held_out: Any) -> float:
    """Forget that chance may help (wrong)."""
    return abs(optimism(chosen_by, held_out))


# --- 9.5: trials that nobody works on -------------------------------------------------------------


def studies() -> list[tuple[Any, ...]]:
    """Make the trials of some studies, each with the workers that are alive."""
    rows = [
        ("COMPLETE", "ada"),
        ("RUNNING", "bo"),
        ("RUNNING", "ada"),
        ("FAIL", "bo"),
        ("PRUNED", "cy"),
        ("RUNNING", "cy"),
        ("COMPLETE", "bo"),
    ]
    trials = [
        {"number": number, "state": state, "worker": worker}
        for number, (state, worker) in enumerate(rows)
    ]
    return [(trials, ["ada", "di"]), (trials[2:], ["cy"]), (trials, ["ada", "bo", "cy"])]


def take_up(trials: Any, alive: Any) -> list[int]:
    """Return the numbers of the lost trials."""
    return [
        trial["number"]
        for trial in trials
        if trial["state"] == "RUNNING" and trial["worker"] not in alive
    ]


def all_running(trials: Any, alive: Any) -> list[int]:
    """Take all that run (wrong)."""
    return [trial["number"] for trial in trials if trial["state"] == "RUNNING"]


def all_of_the_dead(trials: Any, alive: Any) -> list[int]:
    """Take all trials of dead workers (wrong)."""
    return [trial["number"] for trial in trials if trial["worker"] not in alive]


def the_failed(trials: Any, alive: Any) -> list[int]:
    """Take what has failed (wrong)."""
    return [trial["number"] for trial in trials if trial["state"] == "FAIL"]


def of_the_living(trials: Any, alive: Any) -> list[int]:
    """Take the wrong half (wrong)."""
    return [
        trial["number"]
        for trial in trials
        if trial["state"] == "RUNNING" and trial["worker"] in alive
    ]


# --- 9.6: a search of one's own -------------------------------------------------------------------

FEWEST_TRIALS = 10
LEAST_ACCURACY = 0.8
_PARAMS, _EPOCHS = "params_", "intermediate_values_"
OF_THE_LESSON = {"params_learning_rate", "params_units", "params_dropout"}


def is_table_of_trials(answer: Any) -> bool:
    """Tell whether an answer is what Optuna's ``trials_dataframe`` gives."""
    pandas = sys.modules.get("pandas")  # who has a table has imported pandas
    return (
        pandas is not None
        and isinstance(answer, pandas.DataFrame)
        and {"value", "state"} <= set(answer.columns)
    )


def finished(trials: Any) -> Any:
    """Return the rows of the trials that are complete or pruned."""
    return trials[trials["state"].isin(["COMPLETE", "PRUNED"])]


def _columns(trials: Any, prefix: str) -> list[str]:
    return [name for name in map(str, trials.columns) if name.startswith(prefix)]


def searches_something_new(trials: Any) -> bool:
    """Tell whether there is a hyperparameter that the lesson has not searched."""
    return bool(set(_columns(trials, _PARAMS)) - OF_THE_LESSON)


def has_epochs(trials: Any) -> bool:
    """Tell whether the table says what each trial reported."""
    return bool(_columns(trials, _EPOCHS))


def reported_each_epoch(trials: Any) -> bool:
    """Tell whether each finished trial has reported at least one epoch."""
    return bool(finished(trials)[_columns(trials, _EPOCHS)].notna().any(axis=1).all())


def study(
    trials: int = 14,
    new: bool = True,
    epochs: bool = True,
    reports: bool = True,
    pruned: bool = True,
    accuracy: float = 0.9,
) -> Any:
    """Make a table of trials as if they had been run, with or without a fault."""
    import pandas as pd

    columns: dict[str, Any] = {
        "number": range(trials),
        "value": [accuracy] * trials,
        "params_learning_rate": [0.01] * trials,
    }
    if new:
        columns["params_batch_size"] = [64] * trials
    columns["intermediate_values_0"] = [accuracy] * trials
    columns["intermediate_values_1"] = [accuracy] * (trials - 1) + [math.nan]
    if not reports:
        columns["intermediate_values_0"][3] = columns["intermediate_values_1"][3] = math.nan
    if not epochs:  # as trials_dataframe gives it without attrs
        columns = {name: column for name, column in columns.items() if _EPOCHS not in name}
    columns["state"] = ["COMPLETE"] * (trials - 1) + ["PRUNED" if pruned else "COMPLETE"]
    return pd.DataFrame(columns)
