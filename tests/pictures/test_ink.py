"""What is paper and what is ink, in all kinds of light."""

import numpy as np
import pytest

from helpers.pictures import ink
from helpers.pictures.ink import (
    colour_axis,
    ink_contrast,
    paper_brightness,
    paper_of_two_levels,
    plain_background,
    smooth_light,
    to_working_size,
)
from helpers.synthesis.photographs import Scene, draw_stroke, photograph


def test_working_size_bounds_both_ends():
    large, scale = to_working_size(np.zeros((3000, 4000, 3), np.uint8))
    assert max(large.shape) == ink.WORKING_SIDE
    assert scale == pytest.approx(0.4)
    tiny, scale = to_working_size(np.zeros((28, 28, 3), np.uint8))
    assert tiny.shape[0] == 28 * scale >= ink.ENLARGED_SIDE
    _, scale = to_working_size(np.zeros((300, 200, 3), np.uint8))
    assert scale == 1


def digit_picture(digit, **settings):
    scene = Scene(width=300, height=300, digit_height=150, **settings)
    return photograph(draw_stroke(digit, 150), scene, np.random.default_rng(0), (0.5, 0.5))


def test_colour_axis_is_grey_for_grey_ink_and_finds_yellow(mnist):
    grey = colour_axis(digit_picture(mnist.x_train[0]))
    assert grey == pytest.approx([0.299, 0.587, 0.114])
    yellow = colour_axis(digit_picture(mnist.x_train[0], ink=(236, 225, 20)))
    assert abs(yellow[2]) > 0.8


def test_smooth_light_follows_the_lamp_and_not_the_ink():
    light = np.linspace(120, 240, 200, dtype=np.float32)[np.newaxis].repeat(150, axis=0)
    grey = light.copy()
    grey[60:90, 80:120] = 20
    assert np.abs(smooth_light(grey.astype(np.uint8)) - light).max() < 6


def test_paper_keeps_a_hard_shadow_and_loses_the_ink():
    paper = np.full((300, 300), 220, np.uint8)
    paper[:, 180:] = 110
    written = paper.copy()
    written[100:200, 60:70] = 30
    written[100:200, 230:240] = 15
    estimated = paper_brightness(written).astype(int)
    away_from_edge = np.abs(np.arange(300) - 180) > 4
    assert np.abs(estimated - paper)[:, away_from_edge].max() <= 6


@pytest.mark.parametrize("light_ink", [False, True])
def test_paper_of_a_squared_page_loses_a_broad_stroke(light_ink):
    page = np.random.default_rng(0).normal(225, 2, (300, 330))
    page[15::45], page[:, 15::45] = 180, 180
    page[120:250, 200:222] = 60
    shaded = (page * np.linspace(0.7, 1, 330)).astype(np.uint8)
    estimated = paper_brightness(255 - shaded if light_ink else shaded)
    lit = 225 * np.linspace(0.7, 1, 330)[202:220]
    expected = 255 - lit if light_ink else lit
    assert np.abs(estimated[125:245, 202:220] - expected).max() <= 25


def test_paper_under_thick_ink():
    grey = np.full((100, 100), 230, np.uint8)
    grey[5:95, 20:80] = 40
    assert np.abs(paper_of_two_levels(grey).astype(int) - 230).max() <= 2


def test_plain_background_is_for_drawings():
    drawing = np.full((100, 100), 255, np.uint8)
    drawing[20:80, 45:55] = 0
    assert plain_background(drawing) == 255
    lit = np.linspace(100, 250, 100, dtype=np.uint8)[np.newaxis].repeat(100, axis=0)
    assert plain_background(lit) is None
    pasted = np.full((100, 100), 255, np.uint8)
    pasted[20:80, 20:80] = 150
    assert plain_background(pasted) is None


@pytest.mark.parametrize("light_ink", [False, True])
def test_contrast_is_high_on_ink_of_either_polarity(light_ink):
    picture = np.full((200, 200, 3), 30 if light_ink else 230, np.uint8)
    picture[50:150, 95:105] = 230 if light_ink else 30
    ink = ink_contrast(picture)
    assert ink.contrast[100, 100] > 0.6
    assert abs(ink.contrast[100, 30]) < 0.05


def test_contrast_in_the_shadow_is_as_high_as_in_the_light():
    picture = np.full((300, 300, 3), 220, np.float32)
    picture[100:200, 60:70] *= 0.4
    picture[100:200, 230:240] *= 0.4
    picture[:, 150:] *= 0.5
    contrast = ink_contrast(picture.astype(np.uint8)).contrast
    assert contrast[150, 65] == pytest.approx(0.6, abs=0.05)
    assert contrast[150, 235] == pytest.approx(0.6, abs=0.05)
