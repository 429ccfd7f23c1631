"""Which marks make up a digit, and where it is in the picture."""

import numpy as np

from helpers.pictures.page import Box, Mark
from helpers.pictures.pipeline import find_page
from helpers.pictures.segmentation import (
    Candidate,
    best_path,
    candidates_of_line,
    digit_image,
    groups_of_line,
    pixels_of_group,
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


def test_marks_far_apart_or_too_wide_together_are_not_one_digit():
    page = find_page(bars((20, 20, 30, 100)))
    near, far = Mark(2, Box(60, 20, 30, 100), 2000), Mark(3, Box(200, 20, 30, 100), 2000)
    first = Mark(1, Box(20, 20, 30, 100), 2000)
    assert groups_of_line([first, near, far]) == [(0, 1), (0, 2), (1, 2), (2, 3)]
    wide = [Mark(i, Box(20 + 90 * i, 20, 85, 100), 2000) for i in range(3)]
    assert (0, 3) not in groups_of_line(wide)
    assert len(candidates_of_line(page, [first])) == 1


def test_pieces_of_a_cut_mark_share_the_stroke_between_them():
    page = find_page(bars((20, 20, 40, 100)))
    ((mark,),) = page.lines
    labels = page.labels.copy()
    half = mark.box.x + mark.box.width // 2
    labels[:, half:][labels[:, half:] > 0] = 2
    left = Mark(mark.label, mark.box._replace(width=half - mark.box.x), 2000, 0.0)
    page = page._replace(labels=labels, stroke=6.0)
    own, others = pixels_of_group(page, [left], margin=8)
    reach = np.flatnonzero(own.any(axis=0))[-1] - 8 - left.box.width + 1
    assert reach == 6
    assert not (own & others).any()
    alone, _ = pixels_of_group(page, [left._replace(cut=None)], margin=8)
    assert alone.sum() == (labels == mark.label).sum() < own.sum()


def test_best_path_takes_the_cheapest_cover():
    image, box = np.zeros((28, 28), np.uint8), Box(0, 0, 1, 1)
    candidates = [Candidate(a, b, image, box) for a, b in ((0, 1), (1, 2), (0, 2), (2, 3))]
    assert best_path(candidates, [0.1, 0.1, 0.5, 0.1], 3) == [0, 1, 3]
    assert best_path(candidates, [0.9, 0.9, 0.5, 0.1], 3) == [2, 3]
    assert best_path([], [], 0) == []
