"""Writing the networks that ship: what lands in models/, and that nothing is lost on the way."""

import hashlib
import json

import keras
import numpy as np
import pytest
from keras import layers

pytest.importorskip("onnx", reason="only authors write ONNX files: requirements-dev.txt has onnx")

from helpers.authoring import release
from helpers.authoring.onnx_file import write_onnx
from helpers.models import BUILDERS, load_model
from helpers.pictures.network import load_classifier
from helpers.preprocessing import scale
from helpers.results import read_results


def same_answers(network, path, images):
    expected = network.predict(scale(images), verbose=0)
    return np.abs(load_classifier(path)(images) - expected).max() < 1e-5


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_a_network_answers_the_same_from_its_onnx_file(name, tmp_path, small_arrays):
    network = BUILDERS[name]()
    # After a training no running mean is 0 and no variance 1.
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(scale(small_arrays["x_train"]), small_arrays["y_train"], verbose=0)
    write_onnx(network, tmp_path / "network.onnx")
    assert same_answers(network, tmp_path / "network.onnx", small_arrays["x_test"])


def test_the_same_network_gives_the_same_bytes(tmp_path):
    network = BUILDERS["cnn"]()
    for name in ("first", "second"):
        write_onnx(network, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


@pytest.mark.parametrize(
    "some",
    [
        [layers.Conv2D(4, 3, padding="same")],
        [layers.AveragePooling2D(2)],
        [layers.Dense(4)],
        [layers.Flatten(), layers.Dense(4, activation="gelu")],
        [layers.ReLU(max_value=6.0)],
    ],
)
def test_a_layer_that_cannot_be_written_is_named(some, tmp_path):
    network = keras.Sequential([keras.Input((28, 28, 1)), *some])
    with pytest.raises(ValueError, match="can't be written"):
        write_onnx(network, tmp_path / "network.onnx")
    assert not (tmp_path / "network.onnx").exists()


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder that stands for models/, and a training that takes no time."""
    monkeypatch.setattr(release, "MODELS_FOLDER", tmp_path)
    monkeypatch.setattr(release, "SHIPPED_RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(release.checksums, "__defaults__", (tmp_path,))

    def train(name, mnist, seed, verbose):
        keras.utils.set_random_seed(seed)
        return BUILDERS[name](), {"model": name, "seed": seed, "train_images": len(mnist.x_train)}

    monkeypatch.setattr(release, "train", train)
    monkeypatch.setattr(release, "describe", str)
    return tmp_path


def whole(mnist, monkeypatch):
    monkeypatch.setattr(release, "load_mnist", lambda: mnist._replace(source="file"))


def test_files_and_results_are_written_together(models, sample, monkeypatch):
    whole(sample, monkeypatch)
    (models / "results.json").write_text(json.dumps({"mlp": {"model": "mlp"}}))
    assert release.main(["cnn"]) == 0
    assert {file.name for file in models.iterdir()} == {"cnn.keras", "cnn.onnx", "results.json"}
    results = read_results(models / "results.json")
    assert results["mlp"] == {"model": "mlp"}, "what is not trained stays"
    assert results["cnn"]["train_images"] == len(sample.x_train)
    assert set(results["cnn"]["versions"]) == set(release.PACKAGES)
    for name, digest in results["cnn"]["sha256"].items():
        assert hashlib.sha256((models / name).read_bytes()).hexdigest() == digest
    network = load_model(models / "cnn.keras")
    assert same_answers(network, models / "cnn.onnx", sample.x_test[:20])


def test_onnx_alone_leaves_the_network_as_it_is(models, sample, monkeypatch):
    whole(sample, monkeypatch)
    assert release.main(["mlp"]) == 0
    before = (models / "mlp.keras").read_bytes(), read_results(models / "results.json")
    (models / "mlp.onnx").unlink()
    monkeypatch.setattr(release, "load_model", lambda name: load_model(models / f"{name}.keras"))
    monkeypatch.setattr(release, "train", None)
    assert release.main(["--onnx", "mlp"]) == 0
    assert ((models / "mlp.keras").read_bytes(), read_results(models / "results.json")) == before


def test_networks_of_the_sample_do_not_ship(models, sample, monkeypatch, capsys):
    monkeypatch.setattr(release, "load_mnist", lambda: sample)
    assert release.main(["cnn"]) == 1
    assert "all of MNIST" in capsys.readouterr().err
    assert list(models.iterdir()) == []


def test_a_wrong_name_is_wrong_use(capsys):
    with pytest.raises(SystemExit) as caught:
        release.main(["resnet"])
    assert caught.value.code == 2
    assert "resnet" in capsys.readouterr().err
