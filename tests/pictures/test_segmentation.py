"""Which marks make up a digit, and where it is in the picture."""

import numpy as np
import pytest

from helpers.pictures.page import Box, Mark
from helpers.pictures.pipeline import find_page
from helpers.pictures.segmentation import (
    COST_OF_CUTTING,
    Candidate,
    best_path,
    candidates_of_line,
    digit_image,
)
from support.drawn_pages import bars, white


def test_blank_paper_has_no_marks():
    assert find_page(white()).lines == []


def test_box_is_in_pixels_of_the_picture():
    for factor in (1, 10):
        large = bars((50, 40, 12, 100)).repeat(factor, axis=0).repeat(factor, axis=1)
        page = find_page(large)
        (line,) = page.lines
        image, box = digit_image(page, line)
        expected = np.array([50, 40, 12, 100]) * factor
        assert np.abs(np.array(box) - expected).max() <= 3 * factor
        assert image.shape == (28, 28)


def test_marks_come_left_to_right_top_line_first():
    picture = bars((300, 20, 8, 60), (40, 30, 8, 60), (40, 130, 8, 60), (200, 125, 8, 60))
    lines = find_page(picture).lines
    assert [[mark.box.x for mark in line] for line in lines] == [[40, 300], [40, 200]]


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
    assert piece.cost == pytest.approx(0.2 * COST_OF_CUTTING)


def test_tall_neighbours_that_lean_are_two_digits_and_a_bar_above_is_part_of_one():
    leaning = [Mark(1, Box(20, 20, 60, 100), 2000), Mark(2, Box(65, 20, 40, 98), 1500)]
    with_bar = [Mark(1, Box(20, 40, 60, 80), 2000), Mark(2, Box(65, 20, 40, 10), 400)]
    page = find_page(bars((20, 20, 30, 100)))
    for line, sign in ((leaning, 1), (with_bar, -1)):
        (together,) = (c for c in candidates_of_line(page, line) if c.last - c.first == 2)
        assert np.sign(together.cost) == sign


def test_best_path_takes_the_cheapest_cover():
    image, box = np.zeros((28, 28), np.uint8), Box(0, 0, 1, 1)
    candidates = [Candidate(a, b, image, box, 0.0) for a, b in ((0, 1), (1, 2), (0, 2), (2, 3))]
    assert best_path(candidates, [0.1, 0.1, 0.5, 0.1], 3) == [0, 1, 3]
    assert best_path(candidates, [0.9, 0.9, 0.5, 0.1], 3) == [2, 3]
    assert best_path([], [], 2) == []
    assert best_path(candidates[:1], [5.0], 1) == []
    assert best_path(candidates[:1], [5.0], 1, skipping=6.0) == [0]
