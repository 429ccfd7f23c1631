"""What the network for kinds is trained with, and how it is trained and written."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="only authors write ONNX files: requirements-dev.txt has onnx")

from helpers.authoring import kinds_training
from helpers.authoring.kinds_data import draw_groups, kind_of_group
from helpers.authoring.kinds_training import build_kinds, train_kinds
from helpers.authoring.onnx_file import write_onnx
from helpers.paths import MODELS_FOLDER
from helpers.pictures.kinds import DIGIT, KINDS, LETTER, PART, SIGN
from helpers.pictures.network import KindsNetwork
from helpers.synthesis import lines


def kind(counts, totals=(0, 100, 100, 100), kinds=(3, lines.SIGN, 8)):
    owners = np.repeat(np.arange(4), [0, *counts]).astype(np.int16)
    return kind_of_group(owners, np.array(totals), kinds)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((98, 0, 0), DIGIT),
        ((95, 4, 0), DIGIT),
        ((40, 0, 0), PART),
        ((98, 0, 97), PART),
        ((80, 0, 0), None),
        ((0, 60, 0), SIGN),
        ((3, 97, 0), SIGN),
        ((50, 50, 0), PART),
        ((0, 0, 0), None),
    ],
)
def test_a_group_is_what_its_ink_is(counts, expected):
    assert kind(counts) == expected


def test_groups_of_every_kind_are_drawn_the_same_again(mnist):
    images, labels = mnist.x_train[:300], mnist.y_train[:300]
    groups = draw_groups(images, labels, 12, seed=3)
    again = draw_groups(images, labels, 12, seed=3)
    assert groups.images.shape == (len(groups.kinds), 28, 28, 3)
    assert (groups.images == again.images).all() and (groups.kinds == again.kinds).all()
    assert {DIGIT, SIGN, LETTER, PART} <= set(groups.kinds.tolist())


def test_the_network_answers_the_same_from_its_onnx_file(tmp_path):
    network = build_kinds()
    write_onnx(network, tmp_path / "kinds.onnx")
    images = np.random.default_rng(0).integers(0, 256, (9, 28, 28, 3)).astype(np.uint8)
    expected = network.predict(images.astype(np.float32) / 255, verbose=0)
    assert np.abs(KindsNetwork(tmp_path / "kinds.onnx")(images) - expected).max() < 1e-5


@pytest.mark.slow
def test_a_training_says_what_it_reaches(mnist, monkeypatch):
    monkeypatch.setattr(kinds_training.os, "cpu_count", lambda: 1)
    network, result = train_kinds(mnist, lines=20, validation_lines=8)
    assert network.output_shape == (None, len(KINDS))
    assert result["lines"] == 20 and result["groups"] > 60
    assert 0 <= result["validation_accuracy"] <= 1
    assert set(result["validation_recall"]) <= set(KINDS)


@pytest.mark.slow
def test_the_network_that_ships_tells_kinds_apart(mnist):
    groups = draw_groups(mnist.x_test[:2000], mnist.y_test[:2000], 60, seed=11)
    answers = KindsNetwork(MODELS_FOLDER / "kinds.onnx")(groups.images)
    assert (answers.argmax(axis=1) == groups.kinds).mean() > 0.85
