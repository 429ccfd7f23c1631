"""What stands around a group of marks, as the network for kinds sees it, and what it says."""

import numpy as np
import pytest

from helpers.errors import ModelError
from helpers.pictures.kinds import DIGIT, HEIGHT_IN_VIEW, KINDS, view_of_line
from helpers.pictures.network import CHUNK, KindsNetwork
from helpers.pictures.pipeline import find_page
from helpers.pictures.recognizer import Recognizer
from helpers.synthesis.lines import Writer
from support.drawn_pages import bars


def test_a_group_stands_in_the_middle_beside_the_others():
    (line,) = find_page(bars((60, 60, 30, 100), (130, 60, 30, 100))).lines
    page = find_page(bars((60, 60, 30, 100), (130, 60, 30, 100)))
    view = view_of_line(page, line[:1], height=100)
    assert view.shape == (28, 28, 2)
    own, others = view[..., 0] > 127, view[..., 1] > 127
    assert own.any(axis=1).sum() == pytest.approx(HEIGHT_IN_VIEW, abs=1)
    rows, columns = np.nonzero(own)
    assert (rows.mean(), columns.mean()) == pytest.approx((13.5, 13.5), abs=1)
    assert np.nonzero(others)[1].min() > columns.max()


@pytest.mark.parametrize("factor", [1, 3, 9])
def test_a_view_does_not_depend_on_the_size(factor):
    picture = bars((60, 60, 30, 100), (130, 110, 30, 50))
    large = picture.repeat(factor, axis=0).repeat(factor, axis=1)
    page, expected = find_page(large), find_page(picture)
    views = [
        view_of_line(p, p.lines[0][:1], p.lines[0][0].box.height).astype(float)
        for p in (page, expected)
    ]
    assert np.abs(views[0] - views[1]).mean() < 12


def test_a_mark_at_the_border_of_the_picture_is_seen_whole():
    page = find_page(bars((2, 60, 30, 100), (90, 60, 30, 100)))
    (line,) = page.lines
    view = view_of_line(page, line[:1], height=100)
    assert (view[..., 0] > 127).sum() == pytest.approx(12 * 3.6, abs=14)


def test_answers_are_probabilities_and_do_not_depend_on_other_images():
    network = KindsNetwork()
    images = np.random.default_rng(0).integers(0, 256, (CHUNK + 3, 28, 28, 3)).astype(np.uint8)
    answers = network(images)
    assert answers.shape == (len(images), len(KINDS)) and answers.dtype == np.float32
    assert answers.sum(axis=1) == pytest.approx(np.ones(len(images)), abs=1e-5)
    assert network(images[5:6])[0] == pytest.approx(answers[5], abs=1e-5)


@pytest.mark.parametrize("content", [b"", b"no network"])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "kinds.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"kinds\.onnx"):
        KindsNetwork(path)
    with pytest.raises(ModelError, match=r"none\.onnx"):
        KindsNetwork(tmp_path / "none.onnx")


def picture_of(line):
    grey = (255 * (1 - np.pad(line.coverage, line.height))).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


@pytest.mark.slow
def test_signs_are_passed_over_and_said(mnist):
    writer = Writer(mnist.x_train, mnist.y_train, np.random.default_rng(2), 50, 0.8)
    recognizer = Recognizer()
    right = told = 0
    for _ in range(20):
        glyphs = [writer.digit(), writer.sign("+=×"), writer.digit()]
        line = writer.set(glyphs, [0.3, 0.3, 0.0])
        reading = recognizer.read(picture_of(line))
        right += reading.text == line.text
        told += "sign" in {item.kind for item in reading.unread}
    assert right >= 17
    assert told >= 17


@pytest.mark.slow
def test_words_hold_no_sure_digit(mnist):
    writer = Writer(mnist.x_train, mnist.y_train, np.random.default_rng(2), 50, 0.8)
    recognizer = Recognizer()
    sure = sum(
        any(digit.confident for digit in recognizer.read(picture_of(writer.words())).digits)
        for _ in range(20)
    )
    assert sure <= 1
    assert KINDS.index("digit") == DIGIT
