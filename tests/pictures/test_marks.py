"""Marks of the writing, and lines of text."""

import numpy as np

from helpers.pictures.ink import ink_contrast
from helpers.pictures.marks import (
    edge_support,
    find_marks,
    join_near_marks,
    lines_of_text,
    only_line,
)
from helpers.pictures.page import Box, Mark
from support.drawn_pages import bars


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
    mark = Mark(1, Box(102, 80, 38, 40), 1520)
    assert edge_support(wrong, labels, mark, 0.4) < 0.6
    true = wrong._replace(grey=np.where(labels == 1, 60, 200).astype(np.uint8))
    assert edge_support(true, labels, mark, 0.4) > 0.95


def test_a_climbing_line_stays_one_line():
    marks = [Mark(i + 1, Box(60 * i, 200 - 20 * i, 30, 50), 700) for i in range(8)]
    assert [[mark.label for mark in line] for line in lines_of_text(marks)] == [[*range(1, 9)]]


def test_near_marks_are_joined():
    picture = bars(*[(100, 30 + 24 * i, 10, 18) for i in range(6)])
    page = find_marks(ink_contrast(picture))
    joined = join_near_marks(page, 10)
    assert [len(line) for line in joined.lines] == [1]
    assert join_near_marks(page, 1) is page


def test_a_dot_below_joins_the_nearest_line():
    first = [Mark(i + 1, Box(60 * i, 20, 30, 60), 700) for i in range(3)]
    second = [Mark(i + 11, Box(60 * i, 220, 30, 60), 700) for i in range(3)]
    dot = Mark(99, Box(70, 200, 8, 8), 50)
    lines = lines_of_text([dot, *second, *first])
    assert [[mark.label for mark in line] for line in lines] == [[1, 2, 3], [11, 99, 12, 13]]


def test_specks_beside_the_writing_are_dropped():
    page = find_marks(ink_contrast(bars((50, 40, 12, 100), (350, 180, 4, 4))))
    assert [[mark.box for mark in line] for line in page.lines] == [[Box(50, 40, 12, 100)]]


def test_for_a_single_digit_near_marks_are_taken_and_far_ones_left():
    picture = bars((50, 40, 12, 100), (90, 60, 40, 12), (300, 40, 12, 60))
    page = find_marks(ink_contrast(picture))
    assert sorted(mark.box.x for mark in page.all_marks()) == [50, 90, 300]
    (line,) = only_line(page).lines
    assert [mark.box.x for mark in line] == [50, 90]


def test_the_dark_edge_of_a_table_is_no_mark():
    picture = bars((100, 60, 10, 80))
    picture[190:] = 20
    ((mark,),) = find_marks(ink_contrast(picture)).lines
    assert mark.box.x == 100
