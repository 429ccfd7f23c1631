"""The programs that measure: what they compare differs in one thing, and their files are whole."""

import importlib
import json
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
BENCHMARKS = PROJECT_FOLDER / "benchmarks"


@pytest.fixture
def ladder(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("ladder")


@pytest.fixture
def fashion(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("fashion")


@pytest.fixture
def ensemble(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("ensemble")


def result(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((BENCHMARKS / "results" / f"{name}.json").read_text())
    return content


# --- the ladder -----------------------------------------------------------------------------------


def test_each_step_changes_one_thing(ladder: ModuleType) -> None:
    for step, before in ladder.STEPS.values():
        if before is not None:
            other, _ = ladder.STEPS[before]
            changed = [
                field.name
                for field in fields(step)
                if getattr(step, field.name) != getattr(other, field.name)
            ]
            assert len(changed) == 1


def test_each_step_was_trained_with_each_seed(ladder: ModuleType) -> None:
    file = result("ladder")
    done = Counter((run["step"], run["seed"]) for run in file["runs"])
    assert done == Counter((name, seed) for name in ladder.STEPS for seed in ladder.SEEDS)
    assert file["compared_with"] == {name: before for name, (_, before) in ladder.STEPS.items()}
    assert (file["training_images"], file["epochs"]) == (ladder.TRAINING_IMAGES, ladder.EPOCHS)


def test_the_finished_trainings_are_kept_and_others_forgotten(
    ladder: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        {"step": "textbook", "seed": 0, "validation_errors": 9},
        {"step": "a step of long ago", "seed": 0, "validation_errors": 9},
    ]
    (tmp_path / "ladder.json").write_text(json.dumps({"runs": runs}))
    monkeypatch.setattr(ladder, "RESULTS_FOLDER", tmp_path)
    assert list(ladder.Runs().done) == [("textbook", 0)]


@pytest.mark.slow
def test_keras_augmentation_stands_in_front_of_the_same_network(ladder: ModuleType) -> None:
    plain = ladder.build(ladder.STEPS["AdamW"][0])
    augmented = ladder.build(ladder.STEPS["augmentation by Keras"][0])
    assert augmented.count_params() - plain.count_params() == sum(
        layer.count_params() for layer in augmented.layers[:4]
    )
    assert [layer.name.split("_")[0] for layer in augmented.layers[:4]] == ["random"] * 4


# --- several networks -----------------------------------------------------------------------------


class Brightest:
    """Stands in for a network: sees in which quarter of the image the brightest pixel is."""

    def predict(self, images: Any, batch_size: int, verbose: int) -> Any:
        flat = images.reshape(len(images), -1).argmax(axis=1)
        return np.eye(4)[(flat // 28 // 14) * 2 + flat % 28 // 14]


def test_shifted_copies_are_shifted_by_a_pixel_in_each_direction(ensemble: ModuleType) -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 13, 5] = 255  # the last row of the upper half
    assert ensemble.predict_shifted(Brightest(), image).tolist() == [[0.8, 0, 0.2, 0]]


def test_misread_names_the_images(ensemble: ModuleType) -> None:
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])
    assert ensemble.misread(probabilities, np.array([0, 0, 1])) == [1]


def test_a_plan_scales_the_recipe(ensemble: ModuleType) -> None:
    small = ensemble.recipe_of(ensemble.PLANS["small"])
    full = ensemble.recipe_of(ensemble.PLANS["full"])
    assert small.batch_size * 2 == full.batch_size
    assert small.peak_learning_rate * 2 == full.peak_learning_rate
    assert small.weight_decay == full.weight_decay


def test_only_the_full_plan_opens_the_test_set(ensemble: ModuleType) -> None:
    assert [name for name, plan in ensemble.PLANS.items() if plan.on_test] == ["full"]


def test_the_networks_are_counted_alone_in_groups_and_together(
    ensemble: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.array([0, 1, 1])
    # Each is wrong alone about an image of its own; together they are right.
    answers = np.full((3, 3, 2), 0.1)
    answers[:, np.arange(3), labels] = 0.9
    for seed in range(3):
        answers[seed, seed] = answers[seed, seed, ::-1]
    for kind in ("member", "student"):
        for seed in range(3):
            kept = {"plain": answers[seed], "shifted": answers[0], "seconds": 2.0}
            np.savez(tmp_path / f"{kind}_{seed}.npz", **kept, labelling_seconds=1.0)
    monkeypatch.setattr(ensemble, "SEEDS", (0, 1, 2))
    monkeypatch.setattr(ensemble, "load", lambda plan: (None, None, None, labels))
    monkeypatch.setattr(
        ensemble, "kept_file", lambda plan, kind, seed: tmp_path / f"{kind}_{seed}.npz"
    )
    found = ensemble.summarise("small")
    assert found["member"]["misread"] == [[0], [1], [2]]
    assert found["errors_of_several"]["1"] == 1
    assert found["errors_of_several"]["3"] == 0
    assert found["ensemble"] == {"misread": [], "misread_with_shifts": [0]}
    assert found["measured_on"] == "validation"


def test_without_all_members_no_student_is_trained(
    ensemble: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def train_missing(plan: str, kind: str, jobs: int, deadline: float) -> bool:
        asked.append(kind)
        return False

    monkeypatch.setattr(ensemble, "train_missing", train_missing)
    monkeypatch.setattr("sys.argv", ["ensemble.py"])
    ensemble.main()
    assert asked == ["member"]
    assert "still missing" in capsys.readouterr().out


# --- the web book ---------------------------------------------------------------------------------


def test_the_book_is_built_in_less_than_a_minute() -> None:
    """Measured on a quiet machine by benchmarks/book.py; tests that run beside others cannot."""
    file = result("book")
    assert file["build"]["seconds"] < 60
    assert file["pad"]["moves"] > 500


def test_crops_and_sizes_are_read_as_the_whole_photo_is() -> None:
    file = result("crops_and_sizes")
    right, whole = (sum(row[name] for row in file["crops"]) for name in ("right", "right_whole"))
    assert right / whole > 0.95
    worst = min(file["crops"], key=lambda row: row["share"])
    assert all(row["equal"] == file["count"] for row in file["sizes"])
    told = (BENCHMARKS / "README.md").read_text("utf-8")
    assert f"exactly in {right / whole:.1%}".replace("%", " %") in told
    assert f"{worst['right']} of the {worst['right_whole']} cases" in told


# --- clothes --------------------------------------------------------------------------------------


def test_the_recipes_for_clothes_differ_in_their_augmentation_only(fashion: ModuleType) -> None:
    recipes = fashion.CONTESTANTS.values()
    same = {replace(recipe, augmentation=None, unchanged=0.0) for recipe in recipes}
    assert len(same) == 1
    assert len(set(recipes)) == len(recipes)
    (one,) = same
    assert not one.non_digits + one.flagged_ones + one.look_alikes


def test_both_sides_of_an_image_are_looked_at(fashion: ModuleType) -> None:
    image = np.zeros((1, 28, 28), np.uint8)
    image[0, 3, 3] = 255  # the upper left quarter, and mirrored the upper right one
    brightest = Brightest()
    assert fashion.correct_of_both(brightest, image, np.array([0])) == 1
    assert fashion.correct_of_both(brightest, image, np.array([2])) == 0


def test_runs_of_another_recipe_are_not_kept(
    fashion: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = {**fashion.recipes(), "mirrored": {"epochs": 1}}
    runs = [{"contestant": name, "seed": 0} for name in ("mirrored", "not augmented")]
    content = {"conditions": fashion.conditions(), "recipes": recipes, "runs": runs}
    monkeypatch.setattr(fashion, "RESULTS_FOLDER", tmp_path)
    assert fashion.earlier_runs() == []
    (tmp_path / "fashion.json").write_text(json.dumps(content))
    assert fashion.earlier_runs() == runs[1:]


@pytest.mark.skipif(
    not (BENCHMARKS / "results" / "fashion.json").exists(),
    reason="benchmarks/fashion.py has not been run yet",
)
def test_what_was_trained_with_clothes_is_what_the_program_says(fashion: ModuleType) -> None:
    file = result("fashion")
    assert file["recipes"] == json.loads(json.dumps(fashion.recipes()))
    assert [tuple(row) for row in file["published"]] == list(fashion.PUBLISHED)
    assert file["rows"] == fashion.summarise(file["runs"])
