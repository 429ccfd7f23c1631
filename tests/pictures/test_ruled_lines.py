"""Lines of ruled and squared paper."""

import cv2
import numpy as np
import pytest

from helpers.pictures.ink import ink_contrast
from helpers.pictures.marks import only_line
from helpers.pictures.pipeline import find_page
from helpers.pictures.ruled_lines import erase_frames, erase_ruled_lines, find_ruled_lines
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


def boxed(mnist, slope: float) -> np.ndarray:
    """Three digits in a row of boxes, as on a form, drawn with lines that climb or fall."""
    page = white(260, 600)
    for number in range(3):
        left = 60 + 150 * number
        corners = [(left, 60), (left + 150, 60), (left + 150, 200), (left, 200)]
        points = np.array([(x, y + slope * (x - 60)) for x, y in corners])
        cv2.polylines(page, [np.round(points).astype(np.int32)], True, (60, 60, 60), 2, cv2.LINE_AA)
        stroke = draw_stroke(mnist.x_train[number], 90)
        top, start = 85 + round(slope * (left + 75 - 60)), left + 40
        view = page[top : top + stroke.shape[0], start : start + stroke.shape[1]]
        view[stroke > 0.5] = 30
    return page


@pytest.mark.parametrize("slope", [0.0, 0.03, -0.03])
def test_boxes_are_taken_out_from_around_digits(mnist, slope):
    page = find_page(boxed(mnist, slope))
    (line,) = page.lines
    large = [mark for mark in line if mark.box.height > 60]
    assert len(large) == 3
    assert all(mark.box.width < 110 for mark in large)


def test_a_digit_is_no_frame(mnist):
    generator = np.random.default_rng(0)
    for image in mnist.x_train[:12]:
        picture = photograph(draw_stroke(image, 200), Scene(), generator)
        ink = ink_contrast(picture)
        assert (erase_frames(ink).contrast == ink.contrast).all()
