"""The runtime: a trained network that answers for images in MNIST's form.

The networks that ship are there as ONNX files, too, and OpenCV, which the pictures need anyway,
computes their answers: neither TensorFlow nor Keras has to start for a network of 118,530
parameters. A file that Keras wrote is still read by Keras.
"""

from __future__ import annotations

import queue
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.errors import ModelError
from helpers.networks.files import check_is_file
from helpers.networks.trial import fault_of, trial_images
from helpers.paths import MODELS_FOLDER

# uint8 (n, 28, 28) in, float32 (n, 10) out.
Classifier: TypeAlias = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

# Images that are computed at once: more take more memory, and no less time each.
CHUNK = 128
# How an ONNX file names another with its weights: a key, and the length and the bytes of a value.
_OTHER_FILE = re.compile(rb"\x0a\x08location\x12(.{1,128})", re.DOTALL)
# The forms that programs which write ONNX files give a batch of grey images.
_INPUT_FORMS = ((28, 28, 1), (1, 28, 28), (28, 28))


def load_classifier(model: Path | str | None = None) -> Classifier:
    """Load a trained network.

    Args:
        model: an ``.onnx`` or ``.keras`` file; by default the CNN that ships with the project.

    Raises:
        ModelError: the file is missing, damaged, or a network for something else.
    """
    path = MODELS_FOLDER / "cnn.onnx" if model is None else Path(model)
    return OnnxNetwork(path) if path.suffix.lower() == ".onnx" else _with_keras(path)


class OnnxNetwork:
    """A network in an ONNX file. Threads may share it: each call has a runtime for itself."""

    def __init__(self, path: Path) -> None:
        """Read the file, and try it.

        Raises:
            ModelError: the file is missing, damaged, or a network for something else.
        """
        check_is_file(path)
        self._content = np.fromfile(path, np.uint8)
        # OpenCV's networks keep what they compute with: no two threads may use one at a time.
        self._idle: queue.SimpleQueue[cv2.dnn.Net] = queue.SimpleQueue()
        level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            self._form = self._find_form(path)
        finally:
            cv2.utils.logging.setLogLevel(level)

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the probabilities of the ten digits.

        Args:
            images: uint8 (n, 28, 28), bright ink on black.

        Returns:
            float32 (n, 10).
        """
        try:
            net = self._idle.get_nowait()
        except queue.Empty:
            net = cv2.dnn.readNetFromONNX(self._content)
        answers = np.empty((len(images), 10), np.float32)
        for start in range(0, len(images), CHUNK):
            chunk = images[start : start + CHUNK]
            answers[start : start + CHUNK] = _answer(net, chunk, self._form)
        self._idle.put(net)
        return answers

    def _find_form(self, path: Path) -> tuple[int, ...]:
        """Return the form in which the network takes an image; one that fails is no use."""
        try:
            net = cv2.dnn.readNetFromONNX(self._content)
        except cv2.error:
            raise ModelError(f"{path}: {_reason(self._content.tobytes())}") from None
        outputs = net.getUnconnectedOutLayersNames()
        if len(outputs) != 1:
            raise ModelError(
                f"{path}: this model has {len(outputs)} outputs; "
                "export one that gives the 10 probabilities of a digit only."
            )
        images, fault = trial_images(), ""
        for form in _INPUT_FORMS:
            try:
                answers = _answer(net, images, form)
            except cv2.error:
                continue
            fault = fault_of(answers)
            if not fault:
                self._idle.put(net)
                return form
            if answers.shape == (len(images), 10):
                break
        raise ModelError(
            f"{path}: "
            + (
                fault
                or "a model for digits takes (28, 28, 1) and gives 10 probabilities for any number "
                "of images; this one does not."
            )
        )


def _reason(content: bytes) -> str:
    """Put into words why a file can't be loaded."""
    if other := _OTHER_FILE.search(content):
        name = other[1][1 : 1 + other[1][0]].decode(errors="replace")
        return (
            f"the weights of this model lie in another file, {name}, which is not read here: "
            "export it as one file, with external_data=False."
        )
    return "this is not an ONNX model that can be loaded."


def _answer(
    net: cv2.dnn.Net, images: NDArray[np.uint8], form: tuple[int, ...]
) -> NDArray[np.float32]:
    net.setInput(images.reshape(-1, *form).astype(np.float32) / np.float32(255))
    return net.forward()


def _with_keras(path: Path) -> Classifier:
    """Load a network with Keras, and compile it once for any number of images.

    Keras's own ``predict`` costs tens of milliseconds a call, whatever the number of images; a
    compiled function with a fixed signature answers for one image in about one.
    """
    check_is_file(path)
    try:
        import tensorflow as tf

        from helpers.models import load_model
    except ImportError:
        raise ModelError(
            f"{path}: only Keras and TensorFlow can read this, and they are not installed: "
            "pip install -r requirements.txt."
        ) from None
    network = load_model(path)

    @tf.function(input_signature=[tf.TensorSpec((None, 28, 28), tf.uint8)], autograph=False)
    def predict(images: tf.Tensor) -> tf.Tensor:
        inputs = tf.cast(images, tf.float32)[..., tf.newaxis] / 255
        return tf.cast(network(inputs, training=False), tf.float32)

    # The first call compiles: better now than while somebody waits for the first stroke.
    predict(tf.zeros((1, 28, 28), tf.uint8))
    return lambda images: predict(tf.constant(images)).numpy()
