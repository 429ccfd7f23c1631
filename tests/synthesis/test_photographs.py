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


# --- every setting does what its name says: the same scene with one thing changed -----------------


@pytest.fixture(scope="module")
def plain(mnist):
    """A photo without any of it, in grey."""
    return grey(take(mnist))


def grey(picture):
    return picture.mean(axis=2)


def test_a_gradient_darkens_one_side(mnist, plain):
    light = grey(take(mnist, gradient=0.4)) / plain
    assert (light.min(), light.max()) == pytest.approx((0.6, 1.0), abs=0.02)
    corners = light[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() - corners.min() > 0.2


def test_a_vignette_darkens_the_corners_and_not_the_middle(mnist, plain):
    light = grey(take(mnist, vignette=0.5)) / plain
    assert light[[0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx(np.full(4, 0.5), abs=0.02)
    assert light[80, 100] == pytest.approx(1, abs=0.02)


def test_a_shadow_takes_half_of_the_light_with_a_hard_edge(mnist, plain):
    light = grey(take(mnist, shadow=0.5)) / plain
    covered, open_air = np.abs(light - 0.5) < 0.05, np.abs(light - 1) < 0.05
    assert covered.mean() > 0.2 and open_air.mean() > 0.2
    assert (covered | open_air).mean() > 0.97


@pytest.mark.parametrize("squared", [False, True])
def test_ruling_is_as_far_apart_as_asked(mnist, plain, squared):
    darker = grey(take(mnist, ruled=30, squared=squared)) - plain < -10
    rows = np.flatnonzero(darker.mean(axis=1) > 0.4)
    columns = np.flatnonzero(darker.mean(axis=0) > 0.4)
    assert set(np.diff(rows)) == {1, 29}
    assert set(np.diff(columns)) == ({1, 29} if squared else set())


def test_print_shines_through_a_little_and_not_everywhere(mnist, plain):
    light = grey(take(mnist, print_through=0.2)) / plain
    assert 0.8 <= light.min() < 0.95
    assert 0.1 < (light < 0.95).mean() < 0.5


def test_blur_softens_the_edges_and_keeps_the_ink(mnist, plain):
    blurred = grey(take(mnist, blur=3.0))
    assert np.abs(np.diff(blurred)).max() < 0.2 * np.abs(np.diff(plain)).max()
    assert blurred.mean() == pytest.approx(plain.mean(), abs=0.5)


@pytest.mark.parametrize(("setting", "is_coloured"), [("noise", True), ("texture", False)])
def test_grain_is_as_strong_as_asked(mnist, setting, is_coloured):
    change = take(mnist, **{setting: 4.0})[:30].astype(float) - take(mnist)[:30]
    assert change.std() == pytest.approx(4, rel=0.1)
    neighbours = np.corrcoef(change[:, :-1, 0].ravel(), change[:, 1:, 0].ravel())[0, 1]
    if is_coloured:  # of the sensor: each pixel, each colour for itself
        assert neighbours < 0.1
        assert change.std(axis=2).mean() > 2
    else:  # of the paper: spots, the same in each colour
        assert neighbours > 0.6
        assert change.std(axis=2).max() == 0


def test_a_low_quality_loses_more(mnist):
    lost = [
        np.abs(take(mnist, jpeg=quality).astype(int) - take(mnist)).mean() for quality in (10, 95)
    ]
    assert lost[0] > 5 * lost[1] > 0


def test_ink_has_the_colour_and_the_strength_asked_for(mnist, plain):
    darkest = np.unravel_index(plain.argmin(), plain.shape)
    red = take(mnist, ink=(200, 30, 30))[darkest]
    assert red == pytest.approx(np.array([200, 30, 30]), abs=12)
    paper, ink = np.mean(Scene.paper), np.mean(Scene.ink)
    weak = grey(take(mnist, strength=0.4))[darkest]
    assert weak == pytest.approx(0.4 * ink + 0.6 * paper, abs=3)


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
