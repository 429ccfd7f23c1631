"""``python -m helpers tune``, from its options to its last line."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.cli import build_parser, main
from helpers.data import Mnist
from helpers.tuning.command import describe
from helpers.tuning.space import AUGMENTATIONS, Setup, distributions, recipe_for

TINY = ("--images", "200", "--epochs", "2", "--trials", "2")


def tune(*line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpers", "tune", *line],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
    )


def test_options() -> None:
    defaults = build_parser().parse_args(["tune"])
    assert (defaults.model, defaults.trials, defaults.hours) == ("mlp", 40, math.inf)
    assert (defaults.storage, defaults.seed, defaults.images) == (None, 0, None)
    named = build_parser().parse_args(["tune", "--hours", "0.5", "--storage", "a", "--seed", "3"])
    assert (named.hours, named.storage, named.seed) == (0.5, "a", 3)


@pytest.mark.parametrize("hours", ["0", "-1", "inf", "nan", "soon"])
def test_hours_are_positive(hours: str) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args(["tune", "--hours", hours])


def test_a_bad_storage_is_told_at_once_in_one_line(tmp_path: Path) -> None:
    done = tune("--storage", str(tmp_path / "no" / "such" / "folder"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: The folder of ")
    assert done.stderr.count("\n") == 1


def test_other_commands_load_no_optuna() -> None:
    code = (
        "import sys\nimport helpers.pictures.batch\n"
        "print({'optuna', 'sqlalchemy', 'keras_tuner', 'helpers.tuning'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_a_real_search_is_stopped_taken_up_and_refused_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    journal = str(tmp_path / "a.journal")
    first = tune("--storage", journal, *TINY, "--json", MNIST_SOURCE="sample")
    assert first.returncode == 0, first.stderr
    result = json.loads(first.stdout.splitlines()[-1])
    assert result["finished"] == 2
    assert set(result["best"]["settings"]) == set(distributions())
    assert 0 < result["best"]["held_out_accuracy"] <= 1
    # Another process goes on: this one, which has loaded TensorFlow already.
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    assert main(["tune", "--storage", journal, *TINY]) == 0
    assert capsys.readouterr().out.startswith("2 trials are finished")
    assert main(["tune", "--storage", journal, *TINY, "--seed", "5"]) == 1
    told = capsys.readouterr().err
    assert "seed: 0 there, 5 here" in told
    assert told.splitlines()[-1].startswith("error: ")


def test_the_result_is_described_for_people() -> None:
    result = {
        "finished": 3,
        "given_up": 1,
        "waiting": 0,
        "running": 1,
        "storage": "a",
        "best": None,
    }
    assert describe(result).startswith("3 trials are finished, 1 of them given up early")
    best = {"trial": 2, "settings": {"warmup": 0.123456, "batch_size": 64}, "loss": 0.5}
    best |= {"accuracy": 0.9, "images": 2500, "held_out_accuracy": 0.8, "held_out_images": 2500}
    text = describe(result | {"best": best})
    assert "0.1235" in text
    assert "Of 2,500 others, by which nothing was chosen, it gets 80.00% right" in text


# --- the space and a trial ------------------------------------------------------------------------


def test_settings_become_a_recipe() -> None:
    settings = {
        "peak_learning_rate": 0.01,
        "weight_decay": 0.1,
        "warmup": 0.3,
        "batch_size": 64,
        "augmentation": AUGMENTATIONS[1],
    }
    assert set(settings) == set(distributions())
    for model in ("mlp", "cnn"):
        plain = Setup(model, epochs=3).recipe
        recipe = recipe_for(Setup(model, epochs=3), settings)
        assert (recipe.epochs, recipe.batch_size, recipe.warmup) == (3, 64, 0.3)
        assert recipe.augmentation
        assert plain.augmentation
        assert recipe.augmentation.rotation == 1.5 * plain.augmentation.rotation
        assert 0 <= recipe.augmentation.stroke <= 1


@pytest.mark.slow
def test_a_trial_is_measured_reported_and_given_up(sample: Mnist) -> None:
    from helpers.tuning.objective import WORST_LOSS, Training, tame

    closed = np.full_like(sample.x_test, 255)  # nobody may look at the test images
    training = Training(Setup("mlp", images=300, epochs=2), sample._replace(x_test=closed))
    settings = {
        "peak_learning_rate": 0.01,
        "weight_decay": 0.1,
        "warmup": 0.3,
        "batch_size": 64,
        "augmentation": 0.5,
    }
    losses: list[float] = []

    def note(epoch: int, loss: float) -> bool:
        losses.append(loss)
        return False

    found = training(settings, note)
    assert len(losses) == 2
    assert found.loss == pytest.approx(losses[-1])
    assert found.accuracy > 0.3
    assert found.held_out_accuracy > 0.3
    assert len(training.y_choosing) == len(training.y_held_out)
    given_up = training(settings, lambda epoch, loss: True)
    assert given_up.given_up
    assert math.isnan(given_up.held_out_accuracy)
    assert tame(math.nan) == tame(math.inf) == WORST_LOSS
