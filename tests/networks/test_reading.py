"""A network that a student brings is read, or refused in one sentence that says what to do."""

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from helpers.errors import ModelError
from helpers.networks import reading
from helpers.networks.trial import fault_of, trial_images
from helpers.pictures.network import load_classifier

keras: Any = pytest.importorskip("keras", reason="makes networks with Keras, not installed")
layers: Any = keras.layers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:You are saving a model that has not yet been built"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def network(*inside: object, takes: tuple = (28, 28, 1), ends: object = None, **options: object):
    end = layers.Dense(10, activation="softmax") if ends is None else ends
    return keras.Sequential([keras.Input(takes, **options), *inside, layers.Flatten(), end])


def fitted(shape: tuple[int, ...]):
    """As most students build one: without Input, its shape known from the first batch."""
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(np.zeros((64, *shape)), np.zeros(64), verbose=0)
    return model


def called():
    model = keras.Sequential([layers.Flatten(), layers.Dense(10, activation="softmax")])
    model(np.zeros((7, 28, 28, 1)))
    return model


def with_outputs(*sizes: int, named: bool = False):
    inputs = keras.Input((28, 28, 1))
    flat = layers.Flatten()(inputs)
    outputs = [layers.Dense(size, activation="softmax")(flat) for size in sizes]
    return keras.Model(inputs, {str(i): o for i, o in enumerate(outputs)} if named else outputs)


def with_two_inputs():
    inputs = [keras.Input((28, 28, 1)) for _ in range(2)]
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(layers.Add()(inputs))))


def half():
    return network(ends=layers.Dense(10, activation="softmax", dtype="float16"))


def diverged():
    model = network()
    model.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    return model


class OwnLayer(layers.Layer):
    def call(self, inputs):
        return inputs


class OwnModel(keras.Model):
    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.inside = network()

    def call(self, inputs):
        return self.inside(inputs)


def subclass():
    model = OwnModel()
    model(np.zeros((1, 28, 28, 1)))
    return model


READ: dict[str, Callable] = {
    "plain.keras": network,
    "old.h5": network,
    "fitted.keras": lambda: fitted((28, 28, 1)),
    "called.keras": called,
    "one_at_a_time.keras": lambda: network(batch_size=1),
    "a_dictionary_of_one.keras": lambda: with_outputs(10, named=True),
    "a_list_of_one.keras": lambda: with_outputs(10),
    "half.keras": half,
    "Größe 數.keras": network,
}
REFUSED: dict[str, tuple[Callable, str]] = {
    "logits.keras": (lambda: network(ends=layers.Dense(10)), "no probabilities: let it end with"),
    "logs.keras": (lambda: network(ends=layers.Dense(10, "log_softmax")), "no probabilities"),
    "sigmoid.keras": (lambda: network(ends=layers.Dense(10, "sigmoid")), "do not sum to 1"),
    "diverged.keras": (diverged, r"\(NaN\).*train it anew"),
    "unbuilt.keras": (lambda: keras.Sequential([layers.Dense(10)]), "without weights: begin it"),
    "two.keras": (lambda: with_outputs(10, 1), "has 2 outputs"),
    "named.keras": (lambda: with_outputs(10, 10, named=True), "has 2 outputs"),
    "pairs.keras": (with_two_inputs, "has 2 inputs"),
    "own_layer.keras": (lambda: network(OwnLayer()), r"classes of its own \(OwnLayer\)"),
    "own_model.keras": (subclass, r"classes of its own \(OwnModel\)"),
    "lambda.keras": (lambda: network(layers.Lambda(lambda x: x)), "Lambda layer"),
    "lambda.h5": (lambda: network(layers.Lambda(lambda x: x)), "Lambda layer"),
    "divides.keras": (lambda: network(layers.Rescaling(1 / 255)), "divides pixels by 255 itself"),
    "flat.keras": (lambda: network(takes=(784,)), r"takes \(784,\).*: begin it with"),
    "fitted_flat.keras": (lambda: fitted((28, 28)), r"takes \(28, 28\) and gives \(10,\)"),
    "colours.keras": (lambda: network(takes=(28, 28, 3)), r"takes \(28, 28, 3\)"),
    "larger.keras": (lambda: network(takes=(32, 32, 1)), r"takes \(32, 32, 1\)"),
    "eleven.keras": (lambda: network(ends=layers.Dense(11, "softmax")), r"gives \(11,\)"),
}


@pytest.mark.parametrize("name", READ)
def test_it_is_read_and_gives_its_own_answers(name: str, tmp_path: Path) -> None:
    model = READ[name]()
    model.save(tmp_path / name)
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    answers = load_classifier(tmp_path / name)(images)
    expected = model.predict(
        images[..., np.newaxis].astype(np.float32) / 255, verbose=0, batch_size=1
    )
    if isinstance(expected, dict | list):
        (expected,) = expected.values() if isinstance(expected, dict) else expected
    assert answers.dtype == np.float32
    assert answers == pytest.approx(expected, abs=1e-3)


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_classifier(path)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path}: ") and "\n" not in sentence
    return sentence


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_true_reason(name: str, tmp_path: Path) -> None:
    make, reason = REFUSED[name]
    make().save(tmp_path / name)
    with pytest.raises(ModelError, match=reason):
        load_classifier(tmp_path / name)
    refusal(tmp_path / name)


def test_a_newer_keras_is_named(tmp_path: Path) -> None:
    network().save(tmp_path / "here.keras")
    with zipfile.ZipFile(tmp_path / "here.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["metadata.json"] = json.dumps({"keras_version": "3.99.0"}).encode()
    parts["config.json"] = parts["config.json"].replace(b'"units"', b'"shine": 1, "units"')
    with zipfile.ZipFile(tmp_path / "newer.keras", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    assert "saved by Keras 3.99.0, and Keras " in refusal(tmp_path / "newer.keras")


@pytest.mark.parametrize("part", ["config.json", "model.weights.h5"])
def test_a_small_file_that_unpacks_to_a_large_one(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_UNPACKED", 20_000_000)
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            size = {part: 21_000_000}.get(name, 10)
            archive.writestr(name, b" " * size)
    assert path.stat().st_size < 100_000
    assert "far more in it than a network for digits" in refusal(path)


def test_other_files_that_people_name(tmp_path: Path) -> None:
    network().save(tmp_path / "good.keras")
    network().save(tmp_path / "good.h5")
    network().save_weights(tmp_path / "only.weights.h5")
    network().export(tmp_path / "saved", verbose=False)
    for source, copy, reason in (
        ("good.keras", "named.h5", "this is a .keras file; name it named.keras"),
        ("good.keras", "none", "this is a .keras file; name it none.keras"),
        ("good.h5", "named.keras", "this is a .h5 file; name it named.h5"),
        ("only.weights.h5", "weights.keras", "weights only"),
    ):
        shutil.copy(tmp_path / source, tmp_path / copy)
        assert reason in refusal(tmp_path / copy)
    assert "weights only" in refusal(tmp_path / "only.weights.h5")
    assert "SavedModel folder" in refusal(tmp_path / "saved")
    assert "this is a folder" in refusal(tmp_path)
    (tmp_path / "lfs.keras").write_text("version https://git-lfs.github.com/spec/v1\noid x\n")
    assert "git lfs pull" in refusal(tmp_path / "lfs.keras")


@pytest.mark.parametrize("ending", ["keras", "onnx", "h5"])
@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "file/x"])
def test_a_path_that_cannot_be(name: str, ending: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "can't be read" in refusal(tmp_path / f"{name}.{ending}")


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may enter anywhere")
@pytest.mark.parametrize("ending", ["keras", "onnx"])
def test_a_folder_that_may_not_be_entered(ending: str, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert "Permission denied" in refusal(tmp_path / "closed" / f"x.{ending}")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (np.eye(10)[:3], ""),
        (np.full((3, 10), 0.1, np.float16), ""),
        (np.full((3, 10), 0.2), "sum to 1"),
        (np.eye(10)[:3] * 2 - 0.1, "no probabilities"),
        (np.full((3, 10), np.nan), "NaN"),
        (np.full((3, 10), np.inf), "NaN"),
        (np.eye(11)[:3], "shape"),
        (np.eye(10)[:1], "shape"),
        (np.zeros(3), "shape"),
    ],
)
def test_what_counts_as_probabilities(answers: np.ndarray, reason: str) -> None:
    assert (reason in fault_of(answers)) and bool(reason) == bool(fault_of(answers))


def test_the_trial_images_differ() -> None:
    assert len({image.tobytes() for image in trial_images()}) == 3
