"""Marks, ruled lines, lines of text, and which marks make up a digit."""

import cv2
import numpy as np
import pytest

from helpers.images import ink_contrast
from helpers.photography import Scene, draw_stroke, photograph, random_scene
from helpers.segmentation import (
    PRICE_OF_CUTTING,
    Candidate,
    Mark,
    best_path,
    candidates_of_line,
    edge_support,
    erase_ruled_lines,
    find_digits,
    find_marks,
    find_page,
    find_ruled_lines,
    join_near_marks,
    lines_of_text,
)

WHITE = 255


def white(height=200, width=200):
    return np.full((height, width, 3), WHITE, np.uint8)


def bars(*boxes, height=200, width=400):
    picture = white(height, width)
    for x, y, w, h in boxes:
        picture[y : y + h, x : x + w] = 0
    return picture


def test_blank_paper_has_no_digit():
    assert find_digits(white()) == []
    assert find_digits(white(), single=True) == []


def test_box_is_in_pixels_of_the_picture():
    for factor in (1, 10):
        large = bars((50, 40, 12, 100)).repeat(factor, axis=0).repeat(factor, axis=1)
        (digit,) = find_digits(large)
        expected = np.array([50, 40, 12, 100]) * factor
        assert np.abs(np.array(digit.box) - expected).max() <= 3 * factor
        assert digit.image.shape == (28, 28)


def test_digits_come_left_to_right_top_line_first():
    picture = bars((300, 20, 8, 60), (40, 30, 8, 60), (40, 130, 8, 60), (200, 125, 8, 60))
    boxes = [digit.box for digit in find_digits(picture)]
    assert [(x // 100, y // 100) for x, y, _, _ in boxes] == [(0, 0), (3, 0), (0, 1), (2, 1)]


def test_a_climbing_line_stays_one_line():
    marks = [Mark(i + 1, 60 * i, 200 - 20 * i, 30, 50, 700) for i in range(8)]
    assert [[mark.label for mark in line] for line in lines_of_text(marks)] == [[*range(1, 9)]]


def test_specks_are_dropped_and_single_takes_what_is_near():
    picture = bars((50, 40, 12, 100), (90, 60, 40, 12), (350, 180, 3, 3))
    assert len(find_digits(picture)) <= 2
    (digit,) = find_digits(picture, single=True)
    assert digit.box[2] > 70


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_ruled_lines_go_and_the_digit_stays(mnist, seed, squared):
    scene = Scene(digit_height=200, ruled=60, squared=squared)
    generator = np.random.default_rng(seed)
    stroke = draw_stroke(mnist.x_train[seed], 200)
    with_lines = photograph(stroke, scene, generator, (0.5, 0.5))
    without = photograph(stroke, Scene(digit_height=200), generator, (0.5, 0.5))
    (found,) = find_digits(with_lines, single=True)
    (expected,) = find_digits(without, single=True)
    assert np.abs(np.array(found.box) - expected.box).max() < 20
    assert np.abs(found.image.astype(int) - expected.image).mean() < 12


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
    found = sorted(find_ruled_lines(mask))
    assert [round(height / 10) * 10 for height, _ in found] == [50, 120, 190]
    assert all(slope == pytest.approx(0.02, abs=0.01) for _, slope in found)


def test_a_misjudged_shadow_has_no_edge_all_around():
    grey = np.full((200, 200, 3), 220, np.uint8)
    grey[:, 100:] = 120
    ink = ink_contrast(grey)
    labels = np.zeros((200, 200), np.int32)
    labels[80:120, 102:140] = 1
    wrong = ink._replace(
        contrast=np.where(labels == 1, np.float32(0.4), np.float32(0)),
        paper=np.where(labels == 1, 200, ink.grey).astype(np.uint8),
    )
    mark = Mark(1, 102, 80, 38, 40, 1520)
    assert edge_support(wrong, labels, mark, 0.4) < 0.6
    true = wrong._replace(grey=np.where(labels == 1, 60, 200).astype(np.uint8))
    assert edge_support(true, labels, mark, 0.4) > 0.95


def test_dark_edge_of_a_table_is_no_digit():
    picture = bars((100, 60, 10, 80))
    picture[190:] = 20
    assert len(find_digits(picture)) == 1


def test_near_marks_are_joined():
    picture = bars(*[(100, 30 + 24 * i, 10, 18) for i in range(6)])
    page = find_marks(ink_contrast(picture))
    joined = join_near_marks(page, 10)
    assert [len(line) for line in joined.lines] == [1]
    assert join_near_marks(page, 1) is page


def test_parts_of_a_cut_mark_join_no_other_mark():
    picture = bars((20, 20, 30, 100), (60, 20, 30, 100), (100, 20, 30, 100))
    page = find_page(picture)
    (line,) = page.lines
    first, second, third = line
    pieces = [first._replace(cut=0.0), second._replace(cut=0.1), third]
    groups = {(c.first, c.last) for c in candidates_of_line(page, pieces)}
    # The whole of the cut mark may join the third one, its second piece alone may not.
    assert groups == {(0, 1), (1, 2), (2, 3), (0, 2), (0, 3)}


def test_a_cut_costs_the_ink_that_it_crosses():
    page = find_page(bars((20, 20, 30, 100)))
    ((mark,),) = page.lines
    (whole,) = candidates_of_line(page, [mark])
    (piece,) = candidates_of_line(page, [mark._replace(cut=0.2)])
    assert whole.cost == 0
    assert piece.cost == pytest.approx(0.2 * PRICE_OF_CUTTING)


def test_best_path_takes_the_cheapest_cover():
    image, box = np.zeros((28, 28), np.uint8), (0, 0, 1, 1)
    candidates = [Candidate(a, b, image, box, 0.0) for a, b in ((0, 1), (1, 2), (0, 2), (2, 3))]
    assert best_path(candidates, [0.1, 0.1, 0.5, 0.1], 3) == [0, 1, 3]
    assert best_path(candidates, [0.9, 0.9, 0.5, 0.1], 3) == [2, 3]
    assert best_path([], [], 2) == []
    assert best_path(candidates[:1], [5.0], 1) == []
    assert best_path(candidates[:1], [5.0], 1, skipping=6.0) == [0]
