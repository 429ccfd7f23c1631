"""The network in the book's pages gives Keras's answers."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper

from helpers.authoring.book.weights import layers_of, network_script
from helpers.authoring.onnx_file import write_onnx
from helpers.models import BUILDERS, load_model
from helpers.paths import MODELS_FOLDER

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not there")


def answers_in_node(onnx_file: Path, images: NDArray[np.uint8], folder: Path) -> NDArray:
    """Return what the JavaScript module answers, float32 (n, 10)."""
    (folder / "network.mjs").write_text(network_script(onnx_file))
    np.ascontiguousarray(images).tofile(folder / "images")
    program = Path(__file__).parent / "answers_of_network.mjs"
    command = [
        str(NODE),
        str(program),
        *(str(folder / n) for n in ("network.mjs", "images", "out")),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "out", np.float32).reshape(-1, 10)


@needs_node
@pytest.mark.slow
def test_all_test_images_get_the_digit_and_probabilities_of_keras(mnist, tmp_path) -> None:
    images = mnist.x_test
    expected = load_model("cnn").predict(images[..., np.newaxis] / np.float32(255), verbose=0)
    found = answers_in_node(MODELS_FOLDER / "cnn.onnx", images, tmp_path)
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).all()
    assert np.abs(found - expected).max() < 1e-4


@needs_node
@pytest.mark.parametrize("name", BUILDERS)
def test_untrained_networks_answer_as_in_keras(name: str, tmp_path) -> None:
    keras.utils.set_random_seed(3)
    network = BUILDERS[name]()
    for layer in network.layers:  # as if trained: means and variances that change something
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights(
                [np.random.default_rng(4).uniform(0.5, 2, w.shape) for w in layer.weights]
            )
    write_onnx(network, tmp_path / "network.onnx")
    images = np.random.default_rng(5).integers(0, 256, (20, 28, 28), np.uint8)
    expected = network.predict(images[..., np.newaxis] / np.float32(255), verbose=0)
    found = answers_in_node(tmp_path / "network.onnx", images, tmp_path)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_script_is_small_and_holds_every_weight() -> None:
    script = network_script(MODELS_FOLDER / "cnn.onnx")
    assert len(script) < 1_000_000
    network = json.loads(re.sub(r"^export const NETWORK = |;$", "", script.strip()))
    kinds = [layer["kind"] for layer in network["layers"]]
    assert kinds.count("convolution") == 4
    assert kinds[-3:] == ["flatten", "dense", "softmax"]
    # Of batch normalisation's four numbers a channel, a factor and a shift are left.
    channels = 24 + 48 + 64 + 128
    kept = sum(length for layer in network["layers"] for _, length in layer["weights"])
    assert kept == load_model("cnn").count_params() - 2 * channels


def test_unknown_layer_is_refused() -> None:
    node = helper.make_node("Elu", ["images"], ["out"], "elu_0")
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("images", "out")]
    model = helper.make_model(helper.make_graph([node], "other", value[:1], value[1:]))
    with pytest.raises(ValueError, match="no layer Elu"):
        layers_of(model)
