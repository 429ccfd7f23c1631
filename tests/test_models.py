"""The networks: what they take and give, how they are saved and loaded, and those that ship."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from helpers.models import (
    BUILDERS,
    MODELS_FOLDER,
    ModelError,
    build_mlp,
    check_can_save,
    load_model,
    restart,
    save_for_prediction,
)
from helpers.paths import PROJECT_FOLDER
from helpers.preprocessing import scale
from helpers.results import SHIPPED_RESULTS, read_results

pytestmark = pytest.mark.slow

both = pytest.mark.parametrize("name", sorted(BUILDERS))


@pytest.fixture
def pictures():
    return np.random.default_rng(0).random((5, 28, 28, 1), dtype=np.float32)


# --- starting again -------------------------------------------------------------------------------


def small_network() -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def test_a_network_that_starts_again_learns_what_a_new_one_learns(pictures):
    labels = np.arange(5)
    keras.utils.set_random_seed(1)
    new = small_network()
    new.fit(pictures, labels, epochs=2, batch_size=2, verbose=0)
    used = small_network()
    restart(used, 0)
    used.fit(pictures, labels, epochs=3, batch_size=2, verbose=0)
    restart(used, 1)
    assert used.optimizer.learning_rate == new.optimizer.learning_rate
    used.fit(pictures, labels, epochs=2, batch_size=2, verbose=0)
    for one, other in zip(new.get_weights(), used.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


# --- building -------------------------------------------------------------------------------------


@both
def test_network_takes_pictures_and_gives_ten_probabilities(name, pictures):
    network = BUILDERS[name]()
    probabilities = network.predict(pictures, verbose=0)
    assert network.input_shape == (None, 28, 28, 1)
    assert probabilities.shape == (5, 10)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert (probabilities >= 0).all()


def test_mlp_is_128_and_64_and_nothing_wider():
    dense = [layer for layer in build_mlp().layers if isinstance(layer, layers.Dense)]
    assert [layer.units for layer in dense] == [128, 64, 10]
    assert build_mlp().count_params() == 785 * 128 + 129 * 64 + 65 * 10


@both
def test_building_twice_gives_two_networks(name):
    keras.utils.set_random_seed(0)
    first, second = BUILDERS[name](), BUILDERS[name]()
    assert any(
        (a != b).any() for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
    )


# --- saving and loading ---------------------------------------------------------------------------


@both
def test_loaded_network_answers_as_the_saved_one_did(name, pictures, tmp_path):
    network = BUILDERS[name]()
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(pictures, np.arange(5), verbose=0)
    save_for_prediction(network, tmp_path / "saved.keras")
    loaded = load_model(tmp_path / "saved.keras")
    assert (loaded.predict(pictures, verbose=0) == network.predict(pictures, verbose=0)).all()


def test_saved_network_leaves_the_optimiser_behind(pictures, tmp_path):
    network = build_mlp()
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(pictures, np.arange(5), verbose=0)
    network.save(tmp_path / "whole.keras")
    save_for_prediction(network, tmp_path / "bare.keras")
    whole, bare = ((tmp_path / f"{name}.keras").stat().st_size for name in ("whole", "bare"))
    assert bare < whole / 2
    assert network.optimizer is not None


def test_another_network_that_took_the_name_stays_itself(pictures, tmp_path):
    """Of the same shape as the MLP, so that its weights would fit in there."""
    hidden = [layers.Dense(units, activation="tanh") for units in (128, 64)]
    other = keras.Sequential(
        [keras.Input((28, 28, 1)), layers.Flatten(), *hidden, layers.Dense(10, "softmax")],
        name="mlp",
    )
    other.save(tmp_path / "mlp.keras")
    loaded = load_model(tmp_path / "mlp.keras")
    assert (loaded.predict(pictures, verbose=0) == other.predict(pictures, verbose=0)).all()


OLDER = """
import helpers, keras, numpy as np, sys
from helpers.models import load_model
assert keras.__version__ == sys.argv[1], keras.__version__
images = np.load(sys.argv[2])
np.save(sys.argv[3], np.stack([load_model(n).predict(images, verbose=0) for n in ("cnn", "mlp")]))
"""


@pytest.mark.parametrize("version", ["3.8.0", "3.10.0"])
def test_shipped_networks_load_with_an_older_keras(version, pictures, tmp_path):
    """Notebooks 05 and 06 use them on Colab, whose Keras is older than the one they come from."""
    folder = tmp_path / "older"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    installed = subprocess.run([*pip, f"keras=={version}"], capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"Keras {version} can't be installed here: {installed.stderr[-200:]}")
    np.save(tmp_path / "images.npy", pictures)
    subprocess.run(
        [sys.executable, "-c", OLDER, version, "images.npy", "answers.npy"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(PROJECT_FOLDER)])},
        check=True,
        timeout=180,
    )
    for name, answers in zip(("cnn", "mlp"), np.load(tmp_path / "answers.npy"), strict=True):
        expected = load_model(name).predict(pictures, verbose=0)
        assert answers == pytest.approx(expected, abs=1e-5)


def test_name_can_be_a_text_too(pictures, tmp_path):
    build_mlp().save(tmp_path / "saved.keras")
    assert load_model(str(tmp_path / "saved.keras")).output_shape == (None, 10)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.keras: there is no such model file"):
        load_model(tmp_path / "absent.keras")


def test_folder_is_no_model_file(tmp_path):
    with pytest.raises(ModelError, match="this is a folder"):
        load_model(tmp_path)


def _empty(path):
    path.write_bytes(b"")


def _text(path):
    path.write_text("not a network")


def _some_zip(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something.txt", "else")


def _truncated(path):
    build_mlp().save(path)
    path.write_bytes(path.read_bytes()[:-2_000])


def _garbled(path):
    build_mlp().save(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [_empty, _text, _some_zip, _truncated, _garbled])
def test_broken_file_is_told_in_one_sentence(damage, tmp_path):
    path = tmp_path / "broken.keras"
    damage(path)
    with pytest.raises(ModelError, match=r"broken\.keras: this is not a Keras model") as caught:
        load_model(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("takes", "gives"), [((32, 32, 3), 10), ((28, 28), 10), ((28, 28, 1), 26)])
def test_network_for_something_else_is_refused(takes, gives, tmp_path):
    path = tmp_path / "other.keras"
    keras.Sequential([keras.Input(takes), layers.Flatten(), layers.Dense(gives)]).save(path)
    with pytest.raises(ModelError, match=r"other\.keras: a model for digits takes \(28, 28, 1\)"):
        load_model(path)


@pytest.mark.parametrize("name", ["network", "network.h5", "network.KERAS.zip"])
def test_name_of_a_model_file_has_to_end_in_keras(name, tmp_path):
    with pytest.raises(ModelError, match=r"must end in \.keras"):
        check_can_save(tmp_path / name)
    with pytest.raises(ModelError, match=r"must end in \.keras"):
        save_for_prediction(build_mlp(), tmp_path / name)


def test_folder_to_save_in_has_to_be_there(tmp_path):
    with pytest.raises(ModelError, match="there is no folder"):
        check_can_save(tmp_path / "absent" / "network.keras")


def test_folder_in_the_files_place_is_refused(tmp_path):
    (tmp_path / "network.keras").mkdir()
    with pytest.raises(ModelError, match="cannot be written"):
        check_can_save(tmp_path / "network.keras")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_folder_that_may_not_be_written_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ModelError, match="cannot be written"):
        check_can_save(tmp_path / "network.keras")


def test_check_writes_nothing(tmp_path):
    check_can_save(tmp_path / "network.keras")
    assert list(tmp_path.iterdir()) == []


# --- the networks that ship -----------------------------------------------------------------------


@both
def test_shipped_network_is_small(name):
    assert (MODELS_FOLDER / f"{name}.keras").stat().st_size < 2_000_000


@both
def test_shipped_files_are_those_that_the_results_list(name):
    listed = read_results(SHIPPED_RESULTS)[name]["sha256"]
    assert set(listed) == {f"{name}.keras", f"{name}.onnx"}
    for file, digest in listed.items():
        assert hashlib.sha256((MODELS_FOLDER / file).read_bytes()).hexdigest() == digest


@both
def test_shipped_network_is_the_one_that_the_helpers_build(name):
    shipped, built = load_model(name), BUILDERS[name]()
    assert shipped.count_params() == built.count_params()
    assert [weights.shape for weights in shipped.get_weights()] == [
        weights.shape for weights in built.get_weights()
    ]


@both
def test_shipped_network_is_as_good_as_its_results_say(name, mnist):
    recorded = read_results(SHIPPED_RESULTS)[name]
    probabilities = load_model(name).predict(scale(mnist.x_test), batch_size=1_000, verbose=0)
    accuracy = (probabilities.argmax(axis=1) == mnist.y_test).mean()
    if mnist.source == "sample":
        # The sample's pictures are few, and among those the networks were trained on.
        assert accuracy > recorded["test_accuracy"] - 0.02
    else:
        # Another processor rounds differently, which can tip two or three pictures over.
        assert accuracy == pytest.approx(recorded["test_accuracy"], abs=3 / len(mnist.y_test))


@pytest.mark.parametrize(("name", "least"), [("cnn", 0.995), ("mlp", 0.985)])
def test_recorded_accuracy_is_what_the_series_promises(name, least):
    recorded = read_results(SHIPPED_RESULTS)[name]
    low, high = recorded["test_interval"]
    assert least <= low <= recorded["test_accuracy"] <= high
    assert recorded["dataset"] in {"file", "keras"}
    assert recorded["parameters"] == BUILDERS[name]().count_params()


@pytest.mark.parametrize("name", ["x" * 300 + ".keras", "file/x.keras"])
def test_name_that_cannot_be_is_refused(name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"cannot be written|there is no folder"):
        check_can_save(tmp_path / name)


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "network.keras"
    save_for_prediction(build_mlp(), path)
    before = path.read_bytes()

    def full(self, file, **_):
        Path(file).write_bytes(b"half a network")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keras.Sequential, "save", full)
    with pytest.raises(ModelError, match=r"network\.keras: cannot be written \(No space left"):
        save_for_prediction(build_mlp(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
