"""The runtime: the networks that ship as ONNX, others, and none of the heavy packages."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from helpers.errors import ModelError
from helpers.machine.bounds import HAS_BOUNDED_FORKS
from helpers.paths import IMAGES_FOLDER, MODELS_FOLDER, PROJECT_FOLDER
from helpers.pictures.network import CHUNK, OnnxNetwork, load_classifier

HEAVY = ("tensorflow", "keras", "scipy", "pandas", "sklearn", "matplotlib")
NAMES = ("cnn", "mlp")


@pytest.fixture(scope="module")
def network():
    return OnnxNetwork(MODELS_FOLDER / "cnn.onnx")


def test_it_answers_with_probabilities(network, mnist):
    answers = network(mnist.x_train[:50])
    assert answers.shape == (50, 10) and answers.dtype == np.float32
    assert (answers >= 0).all()
    assert answers.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    assert (answers.argmax(axis=1) == mnist.y_train[:50]).mean() > 0.95


def test_an_answer_depends_on_no_other_image(network, mnist):
    count = 2 * CHUNK + 7
    together = network(mnist.x_train[:count])
    for i in (0, CHUNK - 1, CHUNK, count - 1):
        assert together[i] == pytest.approx(network(mnist.x_train[i : i + 1])[0], abs=1e-6)
    assert network(mnist.x_train[:0]).shape == (0, 10)


def test_threads_share_a_network(network, mnist):
    parts = [mnist.x_train[8 * i : 8 * i + 1 + i % 5] for i in range(200)]
    expected = [network(part) for part in parts]
    with ThreadPoolExecutor(8) as pool:
        for answer, alone in zip(pool.map(network, parts), expected, strict=True):
            assert answer == pytest.approx(alone, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_onnx_and_keras_give_the_same_answers(name, mnist):
    pytest.importorskip("keras", reason="compares with Keras, which is not installed")
    from helpers.models import load_model
    from helpers.preprocessing import scale

    answers = load_classifier(MODELS_FOLDER / f"{name}.onnx")(mnist.x_test)
    expected = load_model(name).predict(scale(mnist.x_test), batch_size=1_000, verbose=0)
    assert (answers.argmax(axis=1) == expected.argmax(axis=1)).all()
    assert np.abs(answers - expected).max() < 1e-5


def test_a_keras_file_is_read_by_keras(mnist):
    pytest.importorskip("tensorflow", reason="reads with Keras, which is not installed")
    answers = load_classifier(MODELS_FOLDER / "mlp.keras")(mnist.x_train[:20])
    expected = load_classifier(MODELS_FOLDER / "mlp.onnx")(mnist.x_train[:20])
    assert answers == pytest.approx(expected, abs=1e-5)


def test_without_keras_a_keras_file_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ModelError, match=r"mlp\.keras: only Keras .* not installed"):
        load_classifier(MODELS_FOLDER / "mlp.keras")


def _cut_off(content):
    return content[: len(content) // 2]


def _text(content):
    return b"no network"


def _empty(content):
    return b""


@pytest.mark.parametrize("damage", [_cut_off, _text, _empty])
def test_a_broken_file_is_one_sentence_and_silence(tmp_path, capfd, damage):
    path = tmp_path / "broken.onnx"
    path.write_bytes(damage((MODELS_FOLDER / "cnn.onnx").read_bytes()))
    with pytest.raises(ModelError, match=r"broken\.onnx: this is not an ONNX model") as caught:
        load_classifier(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"nothing\.onnx: there is no such model file"):
        load_classifier(tmp_path / "nothing.onnx")
    with pytest.raises(ModelError, match=r"nothing\.keras: there is no such model file"):
        load_classifier(tmp_path / "nothing.keras")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_what_is_no_plain_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.onnx")
    (tmp_path / "endless.onnx").symlink_to("/dev/zero")
    for name in ("pipe.onnx", "endless.onnx"):
        with pytest.raises(ModelError, match=rf"{name}: this is a pipe or a device; name a model"):
            load_classifier(tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows would fill it with zeros")
@pytest.mark.parametrize("ending", ["onnx", "keras"])
def test_a_file_of_gigabytes_is_not_read(tmp_path, ending):
    path = tmp_path / f"large.{ending}"
    path.touch()
    os.truncate(path, 300_000_000_000)
    with pytest.raises(ModelError, match=rf"large\.{ending}: this file has more than 500 MB"):
        load_classifier(path)


def field(number: int, content: bytes) -> bytes:
    """Return a field of a message as Protocol Buffers write it."""
    return bytes([number << 3 | 2, len(content)]) + content


def test_weights_in_another_file_are_told(tmp_path):
    """As PyTorch exports a network if it is not told otherwise."""
    place = field(1, b"location") + field(2, b"mine.onnx.data")
    weights = b"\x08\x0a\x08\x0a\x10\x01" + field(8, b"w") + field(13, place) + b"\x70\x01"
    node = field(1, b"x") + field(1, b"w") + field(2, b"y") + field(4, b"MatMul")
    ends = field(11, field(1, b"x")) + field(12, field(1, b"y"))
    graph = field(1, node) + field(5, weights) + ends
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"\x08\x08" + field(7, graph) + field(8, b"\x10\x0d"))
    with pytest.raises(ModelError, match=r"file, mine\.onnx\.data, .*external_data=False"):
        load_classifier(path)


def loaded_by(code):
    """Return which of the heavy packages a fresh Python has loaded at the end of a program."""
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sorted(sys.modules), file=sys.stderr)"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=PROJECT_FOLDER,
    )
    return set(HEAVY) & set(told.stderr.split())


def test_predict_loads_no_heavy_package():
    assert not loaded_by("from helpers.cli import main\nmain(['predict', 'images/two_lines.jpg'])")


def test_the_face_of_pictures_loads_nothing():
    code = "import helpers.pictures, sys\nassert not {'numpy', 'cv2', 'PIL'} & set(sys.modules)"
    assert not loaded_by(code)


def test_every_name_of_the_face_is_there():
    import helpers.pictures

    assert set(helpers.pictures.__all__) <= set(dir(helpers.pictures))
    for name in helpers.pictures.__all__:
        assert getattr(helpers.pictures, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = helpers.pictures.nonsense


def test_the_web_app_loads_no_heavy_package():
    code = (
        "from fastapi.testclient import TestClient\n"
        "from helpers.pictures.recognizer import Recognizer\n"
        "from helpers.web.app import create_app\n"
        "with TestClient(create_app(Recognizer()), base_url='http://127.0.0.1') as client:\n"
        "    picture = open('images/seven.jpg', 'rb').read()\n"
        "    answer = client.post('/api/predict', content=picture).json()\n"
        "assert answer['text'] == '7', answer"
    )
    assert not loaded_by(code)


@pytest.mark.skipif(not HAS_BOUNDED_FORKS, reason="pictures are read in threads here")
def test_the_service_loads_no_heavy_package_in_any_of_its_processes(tmp_path):
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    with (
        (tmp_path / "imports").open("w") as imports,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=imports,
            text=True,
            cwd=PROJECT_FOLDER,
            env=environment,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            started = re.search(r"http://\S+", process.stdout.readline())
            assert started
            picture = (IMAGES_FOLDER / "seven.jpg").read_bytes()
            answer = httpx.post(f"{started[0]}/api/predict", content=picture, timeout=60).json()
            family = [process.pid, *(each.pid for each in _descendants(process.pid))]
            # Forks say nothing of what they import, but what they load is in their memory.
            memory = "".join(Path(f"/proc/{number}/maps").read_text() for number in family)
        finally:
            process.terminate()
    assert answer["text"] == "7"
    imported = set(re.findall(r"\| +(\w+)", (tmp_path / "imports").read_text()))
    assert imported >= {"uvicorn", "cv2"}, "of the server, and of what reads pictures"
    assert not imported & set(HEAVY)
    loaded = set(re.findall(r"site-packages/(\w+)/", memory))
    assert "cv2" in loaded and len(family) > 2
    assert not loaded & set(HEAVY)


def _descendants(number: int) -> list[psutil.Process]:
    return psutil.Process(number).children(recursive=True)


def test_the_pad_loads_no_heavy_package():
    pytest.importorskip("anywidget", reason="the pad needs anywidget, which is not installed")
    assert not loaded_by("from helpers.web.widget import DrawingPad\nDrawingPad()")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (np.eye(10, dtype=np.float32)[:3] * 5 - 1, "softmax"),
        (np.full((3, 10), np.nan, np.float32), "NaN"),
        (np.ones((3, 10), np.float32), "softmax"),
        (np.eye(11, dtype=np.float32)[:3], "gives 10 probabilities"),
    ],
)
def test_an_onnx_network_that_gives_no_probabilities_is_refused(monkeypatch, answers, reason):
    monkeypatch.setattr("helpers.pictures.network._answer", lambda net, images, form: answers)
    with pytest.raises(ModelError, match=rf"cnn\.onnx: .*{reason}"):
        OnnxNetwork(MODELS_FOLDER / "cnn.onnx")
