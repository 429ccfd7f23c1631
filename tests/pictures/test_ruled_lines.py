"""Lines of ruled and squared paper."""

import time

import cv2
import numpy as np
import pytest

from helpers.pictures import ruled_lines
from helpers.pictures.ink import ink_contrast
from helpers.pictures.marks import only_line
from helpers.pictures.pipeline import find_page
from helpers.pictures.ruled_lines import erase_ruled_lines, find_ruled_lines
from helpers.pictures.segmentation import digit_image
from helpers.synthesis.photographs import Scene, draw_stroke, photograph, random_scene
from support.drawn_pages import white


def only_digit(picture):
    """The one digit of a picture: its image and its box."""
    page = only_line(find_page(picture))
    return digit_image(page, page.lines[0])


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_ruled_lines_go_and_the_digit_stays(mnist, seed, squared):
    scene = Scene(digit_height=200, ruled=60, squared=squared)
    generator = np.random.default_rng(seed)
    stroke = draw_stroke(mnist.x_train[seed], 200)
    with_lines = photograph(stroke, scene, generator, (0.5, 0.5))
    without = photograph(stroke, Scene(digit_height=200), generator, (0.5, 0.5))
    (image, box), (expected, true_box) = (only_digit(page) for page in (with_lines, without))
    assert np.abs(np.array(box) - true_box).max() < 20
    assert np.abs(image.astype(int) - expected).mean() < 12


@pytest.mark.parametrize("seed", [0, 5, 22])
def test_nothing_is_left_of_the_lines_of_a_blank_sheet(seed):
    generator = np.random.default_rng(seed)
    scene = random_scene(generator, 400, ruled=40, squared=True)
    blank = photograph(np.zeros((1, 1), np.float32), scene, generator)
    assert find_page(blank).lines == []


def test_the_bar_of_a_large_seven_is_no_ruled_line():
    seven = white(300, 300)
    cv2.polylines(seven, [np.array([[20, 30], [280, 30], [150, 280]])], False, (0, 0, 0), 6)
    ink = ink_contrast(seven)
    assert erase_ruled_lines(ink).contrast is ink.contrast


def test_ruled_lines_are_found_where_they_are():
    mask = np.zeros((300, 400), np.uint8)
    for y in (50, 120, 190):
        cv2.line(mask, (0, y), (399, y + 8), 1, 2)
    found = sorted(find_ruled_lines(mask, thickest=4))
    assert [round(height / 10) * 10 for height, _ in found] == [50, 120, 190]
    assert all(slope == pytest.approx(0.02, abs=0.01) for _, slope in found)


def test_a_line_is_fitted_to_the_ink_near_it_and_looks_at_no_other() -> None:
    """Of a fence, a picture full of straight lines, each was sought in the ink of all."""
    mask = np.zeros((1500, 1500), np.uint8)
    for row in range(10, 1490, 12):
        cv2.line(mask, (0, row), (1499, row + 40), 1, 4)
    rows, columns = mask.nonzero()
    points = np.array([columns, rows]).T
    starts = range(10, 1400, 12)
    begun = time.process_time()
    fitted = [ruled_lines._fitted(points, (row + 2.0, 0.03), 1500) for row in starts]
    ended = time.process_time()
    # In one run, so that it does not matter how fast the machine is: a fifth, measured.
    near_each = [np.abs(rows - (row + 2.0) - 0.03 * columns) <= 4 for row in starts]
    assert ended - begun < (time.process_time() - ended) / 2
    for near, (start, slope) in zip(near_each, fitted, strict=True):
        expected = np.polyfit(columns[near], rows[near], 1)[::-1]
        assert (start, slope) == pytest.approx(tuple(expected), abs=1e-9)
