"""Pictures of handwriting made by program: from a seed, with what was asked for in them."""

import numpy as np
import pytest

from helpers.synthesis.photographs import Scene, draw_stroke, photograph, write_row


def take(mnist, seed=0, **settings):
    scene = Scene(width=200, height=160, digit_height=80, **settings)
    generator = np.random.default_rng(seed)
    return photograph(draw_stroke(mnist.x_train[0], 80), scene, generator, (0.5, 0.5))


def test_the_same_seed_takes_the_same_picture(mnist):
    everything = {"shadow": 0.5, "noise": 3.0, "texture": 2.0, "ruled": 40, "print_through": 0.1}
    first, second = (take(mnist, seed=1, **everything) for _ in range(2))
    assert first.shape == (160, 200, 3)
    assert first.dtype == np.uint8
    assert (first == second).all()
    assert (first != take(mnist, seed=2, **everything)).any()


@pytest.mark.parametrize(
    "change",
    [
        {"gradient": 0.4},
        {"vignette": 0.5},
        {"shadow": 0.5},
        {"ruled": 30},
        {"ruled": 30, "squared": True},
        {"print_through": 0.2},
        {"blur": 3.0},
        {"noise": 4.0},
        {"texture": 4.0},
        {"jpeg": 10},
        {"ink": (200, 30, 30)},
        {"strength": 0.4},
    ],
)
def test_every_setting_changes_the_picture(mnist, change):
    assert (take(mnist, **change) != take(mnist)).any()


def test_stroke_has_the_height_and_the_pen_asked_for(mnist):
    strokes = [draw_stroke(mnist.x_train[0], 120, pen) for pen in (0.1, 0.5, 1.0, 1.6)]
    ink = [float(stroke.sum()) for stroke in strokes]
    assert ink == sorted(ink)
    rows = np.flatnonzero((strokes[2] > 0.5).any(axis=1))
    columns = np.flatnonzero((strokes[2] > 0.5).any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) == pytest.approx(120, abs=10)


def test_row_is_as_wide_as_its_digits_and_gaps(mnist):
    digits = list(mnist.x_train[:4])
    rows = [write_row(digits, 60, np.random.default_rng(0), gap=gap) for gap in (-0.1, 0.2, 0.6)]
    widths = [row.shape[1] for row in rows]
    assert widths == sorted(widths)
    assert widths[2] - widths[1] == pytest.approx(3 * 0.4 * 60, abs=6)
