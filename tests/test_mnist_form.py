"""MNIST's form: size, place and stroke width of a digit."""

import cv2
import numpy as np
import pytest

from helpers.mnist_form import (
    LEANING,
    USUAL_LEAN,
    centre_by_mass,
    crop_to_ink,
    fit_in_box,
    lean,
    mnist_form,
    set_upright,
    stroke_width,
    thicken,
)


@pytest.mark.parametrize("width", [4, 9, 20])
def test_stroke_width_of_a_bar(width):
    bar = np.zeros((120, 60), np.uint8)
    bar[10:110, 20 : 20 + width] = 255
    assert stroke_width(bar) == pytest.approx(width, rel=0.3)
    assert stroke_width(np.zeros((5, 5), np.uint8)) == 0


def test_thicken_widens_by_about_that_much():
    bar = np.zeros((60, 60), np.uint8)
    bar[10:50, 30:32] = 255
    assert (thicken(bar, 4)[30 + 2] > 127).sum() == 6
    assert thicken(bar, 0) is bar


def test_crop_fit_and_centre():
    ink = np.zeros((100, 100), np.uint8)
    ink[30:70, 50:60] = 255
    crop = crop_to_ink(ink)
    assert crop.shape == (40, 10)
    box = fit_in_box(crop)
    assert box.shape == (20, 5)
    image = centre_by_mass(box)
    moments = cv2.moments(image)
    assert image.shape == (28, 28)
    assert moments["m10"] / moments["m00"] == pytest.approx(14, abs=0.51)
    assert moments["m01"] / moments["m00"] == pytest.approx(14, abs=0.51)


def test_mnist_form_of_nothing_is_black():
    assert not mnist_form(np.zeros((50, 50), np.uint8)).any()


def test_mnist_form_of_mnist_is_almost_unchanged(mnist):
    differences = [
        np.abs(mnist_form(image).astype(int) - image).mean() for image in mnist.x_train[:100]
    ]
    assert np.median(differences) < 1
    assert np.percentile(differences, 95) < 3


def test_hair_thin_strokes_are_thickened():
    ring = np.zeros((600, 600), np.uint8)
    cv2.circle(ring, (300, 300), 250, 255, 1)
    image = mnist_form(ring)
    assert image.max() == 255
    assert 1.5 < stroke_width(image) < 4


def leaning_bar(columns_per_row):
    ink = np.zeros((100, 240), np.uint8)
    top = round(120 + 50 * columns_per_row)
    cv2.line(ink, (top, 0), (round(120 - 50 * columns_per_row), 99), 255, 9)
    return ink


@pytest.mark.parametrize("columns_per_row", [-0.8, -0.3, 0.0, 0.3, 0.8])
def test_lean_of_a_bar(columns_per_row):
    assert lean(leaning_bar(columns_per_row)) == pytest.approx(columns_per_row, abs=0.05)


@pytest.mark.parametrize("columns_per_row", [-0.8, 0.8])
def test_leaning_writing_is_set_upright_with_all_its_ink(columns_per_row):
    ink = crop_to_ink(leaning_bar(columns_per_row))
    assert ink is not None
    upright = set_upright(ink)
    assert upright is not None
    assert lean(upright) == pytest.approx(USUAL_LEAN, abs=0.05)
    assert upright.sum() == pytest.approx(ink.sum(), rel=0.02)


def test_usual_writing_stays_as_it_is():
    assert set_upright(leaning_bar(USUAL_LEAN)) is None
    assert set_upright(leaning_bar(USUAL_LEAN + 0.8 * LEANING)) is None
    assert lean(np.zeros((20, 20), np.uint8)) == 0
