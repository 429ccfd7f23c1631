"""Training: the schedule, the batches, the same seed twice, and the command."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from helpers import training
from helpers.cli import main
from helpers.data import Mnist
from helpers.evaluation import count_correct
from helpers.models import BUILDERS, load_model
from helpers.preprocessing import scale
from helpers.recipes import RECIPES, one_cycle, steps_per_epoch
from helpers.synthesis.drawings import LOOK_ALIKES
from helpers.training import TrainingBatches, fit, train

pytestmark = pytest.mark.slow

QUICK = {name: replace(RECIPES[name], epochs=1, batch_size=64) for name in ("mlp", "cnn")}


@pytest.fixture(autouse=True)
def few_drawn_pictures(monkeypatch):
    """Drawing thousands takes longer than all the rest."""
    monkeypatch.setattr(training, "NON_DIGIT_POOL", 100)
    monkeypatch.setattr(training, "FLAGGED_ONE_POOL", 50)
    monkeypatch.setattr(training, "LOOK_ALIKE_POOL", 50)


Few = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def few(sample):
    """Three hundred images and their labels."""
    return sample.x_train[:300], sample.y_train[:300]


def fingerprint(model):
    """Tell whether two networks have the very same weights, down to the last bit."""
    return hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest()


# --- the recipes ---------------------------------------------------------------------------------


def benchmark_result(project_folder, name):
    path = project_folder / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_epochs_are_those_that_cross_validation_chose(project_folder):
    chosen = benchmark_result(project_folder, "epochs")["chosen"]
    assert chosen == {name: RECIPES[name].epochs for name in chosen}
    assert set(chosen) == {"cnn", "mlp"}


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_cross_validation_found_no_better_neighbour_of_this_recipe(project_folder, name):
    rows = [
        row
        for row in benchmark_result(project_folder, "neighbours")["rows"]
        if row["recipe"] == name and row["changes"]
    ]
    looked_at = {(key, value) for row in rows for key, value in row["changes"].items()}
    for number in ("peak_learning_rate", "weight_decay"):
        own = getattr(RECIPES[name], number)
        assert {(number, own / 2), (number, own * 2)} <= looked_at
    assert bool(RECIPES[name].augmentation) == (("augmentation", 0.7) in looked_at)
    assert all(row["spared"] <= 2 * row["standard_error"] for row in rows)


# --- the schedule ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_learning_rate_starts_low_peaks_once_and_ends_at_zero(name):
    recipe, images = RECIPES[name], 55_000
    steps = recipe.epochs * steps_per_epoch(recipe, images)
    schedule = one_cycle(recipe, images)
    rates = np.array([float(schedule(step)) for step in np.linspace(0, steps, 101).round()])
    top = rates.argmax()
    assert rates[0] < 0.1 * recipe.peak_learning_rate
    assert rates[top] == pytest.approx(recipe.peak_learning_rate, rel=0.02)
    assert top == pytest.approx(100 * recipe.warmup, abs=1)
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert rates[-1] == pytest.approx(0, abs=1e-3 * recipe.peak_learning_rate)


def test_fewer_images_than_a_batch_are_one_step():
    recipe = RECIPES["cnn"]
    assert steps_per_epoch(recipe, 1) == 1
    assert steps_per_epoch(recipe, 10 * recipe.batch_size + 1) == 10


# --- the batches ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(QUICK))
def test_batches_are_what_a_network_takes(name, few: Few):
    recipe = QUICK[name]
    batches = TrainingBatches(*few, recipe, seed=0)
    images, targets = batches[0]
    size = recipe.batch_size + recipe.non_digits + recipe.flagged_ones + recipe.look_alikes
    assert len(batches) == 300 // 64
    assert images.shape == (size, 28, 28, 1) and images.dtype == np.float32
    assert images.min() >= 0 and images.max() <= 1
    assert targets.shape == (size, 10)
    assert targets.sum(axis=1) == pytest.approx(np.ones(size))


def test_pictures_of_no_digit_ask_for_a_tenth_everywhere(few: Few):
    recipe = replace(QUICK["cnn"], non_digits=5, flagged_ones=0, look_alikes=0)
    targets = TrainingBatches(*few, recipe, seed=0)[0][1]
    assert (targets[:64].max(axis=1) == 1).all()
    assert targets[64:] == pytest.approx(np.full((5, 10), 0.1))


def test_ones_with_a_flag_are_ones(few: Few):
    recipe = replace(QUICK["cnn"], non_digits=0, flagged_ones=3, look_alikes=0)
    images, targets = TrainingBatches(*few, recipe, seed=0)[0]
    assert targets[64:].argmax(axis=1).tolist() == [1, 1, 1]
    assert targets[64:].max(axis=1).tolist() == [1, 1, 1]
    assert (images[64:].max(axis=(1, 2, 3)) > 0.4).all()


def test_letters_that_look_like_a_digit_stay_in_doubt(few: Few):
    recipe = replace(QUICK["cnn"], non_digits=0, flagged_ones=0, look_alikes=20)
    targets = TrainingBatches(*few, recipe, seed=0)[0][1][64:]
    assert targets.max(axis=1) == pytest.approx(np.full(20, training.LIKENESS))
    assert targets.sum(axis=1) == pytest.approx(np.ones(20))
    assert set(targets.argmax(axis=1)) <= set(LOOK_ALIKES) and len(set(targets.argmax(axis=1))) > 3


def test_soft_targets_share_the_rest_among_the_other_digits():
    targets = training.soft_targets(np.array([3, 0], np.uint8), 0.55)
    assert targets.dtype == np.float32
    expected = np.full((2, 10), 0.05)
    expected[0, 3] = expected[1, 0] = 0.55
    assert targets == pytest.approx(expected)
    assert (training.soft_targets(np.arange(10, dtype=np.uint8), 1.0) == np.eye(10)).all()


def plain_batches(few: Few, seed=0):
    """Batches of unchanged digits, which can be looked up among the originals."""
    recipe = replace(QUICK["mlp"], augmentation=None, non_digits=0, batch_size=50)
    return TrainingBatches(*few, recipe, seed)


def seen_in(batches):
    return [image.tobytes() for index in range(len(batches)) for image in batches[index][0]]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_the_images_is_not_augmented(few: Few, share):
    only_digits: dict[str, Any] = {"non_digits": 0, "flagged_ones": 0, "look_alikes": 0}
    recipe = replace(QUICK["cnn"], **only_digits, unchanged=share)
    originals = {image.tobytes() for image in scale(few[0])}
    seen = seen_in(TrainingBatches(*few, recipe, seed=0))
    assert np.mean([image in originals for image in seen]) == pytest.approx(share, abs=0.1)


def test_each_image_comes_up_once_an_epoch_in_an_order_of_its_own(few: Few):
    batches = plain_batches(few)
    first = seen_in(batches)
    batches.on_epoch_end()
    second = seen_in(batches)
    originals = [image.tobytes() for image in scale(few[0])]
    assert sorted(first) == sorted(second) == sorted(originals)
    assert first != second
    assert first != originals


def test_labels_stay_with_their_images(few: Few):
    label_of = {image.tobytes(): label for image, label in zip(scale(few[0]), few[1], strict=True)}
    images, targets = plain_batches(few)[2]
    assert [label_of[image.tobytes()] for image in images] == targets.argmax(axis=1).tolist()


def test_batches_depend_on_seed_epoch_and_number_only(few: Few):
    first, again = (TrainingBatches(*few, QUICK["cnn"], seed=3) for _ in range(2))
    again[2]  # asking for another batch before must not matter
    assert (first[1][0] == again[1][0]).all()
    other = TrainingBatches(*few, QUICK["cnn"], seed=4)
    assert (first[1][0] != other[1][0]).any()
    before = first[1][0]
    first.on_epoch_end()
    assert (before != first[1][0]).any()


# --- the same seed --------------------------------------------------------------------------------


def test_same_seed_gives_the_same_bits_and_another_seed_others(few: Few):
    first, again, other = (
        fingerprint(fit(BUILDERS["mlp"], *few, QUICK["mlp"], seed).model) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


IN_ANOTHER_PROCESS = """
import hashlib
from dataclasses import replace
from typing import Any
from helpers import load_mnist, recipes, training
from helpers.models import BUILDERS
training.NON_DIGIT_POOL = 100
training.FLAGGED_ONE_POOL = training.LOOK_ALIKE_POOL = 50
images, labels = load_mnist()[:2]
recipe = replace(recipes.RECIPES["cnn"], epochs=1, batch_size=64)
model = training.fit(BUILDERS["cnn"], images[:300], labels[:300], recipe, seed=7).model
print(hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights())).hexdigest())
"""


def test_same_seed_gives_the_same_bits_in_another_process(few: Few, monkeypatch):
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    here = fit(BUILDERS["cnn"], *few, QUICK["cnn"], seed=7).model
    there = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS], capture_output=True, text=True, check=True
    )
    assert there.stdout.split()[-1] == fingerprint(here)


# --- a whole training -----------------------------------------------------------------------------


def test_training_learns_and_tells_what_it_did(sample):
    model, result = train("mlp", sample, seed=0, epochs=8, augmentation=False)
    assert result["train_images"] + result["validation_images"] == len(sample.x_train)
    assert result["test_images"] == len(sample.x_test)
    assert result["dataset"] == "sample"
    assert result["epochs"] == result["recipe"]["epochs"] == 8
    assert result["parameters"] == model.count_params()
    assert result["fit_seconds"] > 0
    assert result["test_accuracy"] > 0.8
    low, high = result["test_interval"]
    assert low < result["test_accuracy"] < high
    answers = model.predict(scale(sample.x_test), verbose=0).argmax(axis=1)
    assert result["test_accuracy"] == pytest.approx((answers == sample.y_test).mean())


def test_untrained_network_does_not_pass_for_trained(sample):
    right = count_correct(BUILDERS["mlp"](), sample.x_test, sample.y_test)
    assert right < 0.5 * len(sample.y_test)


@pytest.fixture
def tiny(sample, monkeypatch):
    """Let the command find few images, so that it answers soon."""
    mnist = Mnist(sample.x_train[:600], sample.y_train[:600], *sample[2:])
    monkeypatch.setattr(training, "load_mnist", lambda: mnist)
    return mnist


def test_command_ends_with_one_json_object(tiny, capsys, tmp_path):
    path = tmp_path / "network.keras"
    arguments = ["train", "mlp", "--seed", "5", "--epochs", "2", "--json", "--output", str(path)]
    assert main(arguments) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(result) >= {
        "model",
        "seed",
        "dataset",
        "train_images",
        "epochs",
        "parameters",
        "fit_seconds",
        "validation_accuracy",
        "test_accuracy",
    }
    assert (result["model"], result["seed"], result["epochs"]) == ("mlp", 5, 2)
    loaded = load_model(path)
    right = count_correct(loaded, tiny.x_test, tiny.y_test)
    assert right / len(tiny.y_test) == pytest.approx(result["test_accuracy"])


def test_command_shows_progress_and_ends_with_a_sentence(tiny, capsys):
    assert main(["train", "mlp", "--epochs", "2"]) == 0
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed
    last = printed.splitlines()[-1]
    assert last.startswith("mlp: ") and "95 % interval" in last


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_command_trains_without_augmentation_on_request(name, tiny, capsys):
    assert main(["train", name, "--no-augmentation", "--epochs", "1", "--json"]) == 0
    recipe = json.loads(capsys.readouterr().out.splitlines()[-1])["recipe"]
    assert recipe["augmentation"] is None
    assert recipe["non_digits"] == recipe["flagged_ones"] == recipe["look_alikes"] == 0


@pytest.mark.parametrize("name", ["network.h5", "absent/network.keras"])
def test_command_finds_out_before_training_that_it_cannot_save(name, tmp_path, monkeypatch, capsys):
    def must_not_be_called(*_, **__):
        raise AssertionError("it trained, and would have thrown the result away")

    monkeypatch.setattr(training, "train", must_not_be_called)
    assert main(["train", "mlp", "--output", str(tmp_path / name)]) == 1
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1
