"""Boxes, and the records that are made of them."""

import numpy as np
import pytest

from helpers.pictures.page import Box


def test_union_holds_all_boxes():
    boxes = [Box(10, 20, 30, 5), Box(0, 22, 5, 40), Box(12, 1, 2, 2)]
    assert Box.union(boxes) == Box(0, 1, 40, 61)
    assert Box.union(boxes[:1]) == boxes[0]


def test_overlap_and_gap():
    box = Box(10, 10, 20, 10)
    assert box.overlap(Box(20, 15, 20, 10)) == (10, 5)
    assert box.gap(Box(20, 15, 20, 10)) == 0
    assert box.overlap(Box(33, 24, 5, 5)) == (-3, -4)
    assert box.gap(Box(33, 24, 5, 5)) == Box(33, 24, 5, 5).gap(box) == 5
    assert box.gap(Box(35, 0, 5, 100)) == 5


@pytest.mark.parametrize("margin", [0, 2])
def test_a_part_of_an_image_stays_inside_it(margin):
    image = np.arange(48).reshape(6, 8)
    part = Box(1, 0, 3, 2).of(image, margin)
    assert part.tolist() == image[0 : 2 + margin, max(1 - margin, 0) : 4 + margin].tolist()


def test_boxes_in_pixels_of_the_picture():
    assert Box(100, 50, 21, 10).in_picture(4.0) == (25, 12, 5, 2)
    assert Box(100, 50, 1, 1).in_picture(4.0)[2:] == (1, 1), "no box is empty"
