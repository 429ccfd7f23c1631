"""Lines of writing made by program: what stands in them, and which pixels belong to what."""

import numpy as np
import pytest

from helpers.synthesis.glyphs import SIGNS, letter_glyph, random_hand, sign_glyph
from helpers.synthesis.lines import LETTER, SCRIBBLE, SIGN, Writer


@pytest.fixture
def writer(mnist):
    return Writer(mnist.x_train[:500], mnist.y_train[:500], np.random.default_rng(0), 40, 0.8)


@pytest.mark.parametrize("name", SIGNS)
def test_every_sign_is_drawn(name):
    glyph = sign_glyph(np.random.default_rng(0), name, 40, 4)
    assert glyph.coverage.max() > 0.9
    assert min(glyph.coverage.shape) >= 3
    # A comma hangs below the line's foot, a bracket reaches from above it to below.
    assert -40 < glyph.top < 60


def test_commas_hang_and_minus_signs_float():
    tops = {name: sign_glyph(np.random.default_rng(1), name, 100, 8).top for name in ",-'("}
    assert tops["("] < tops["'"] + 20 < tops["-"] < tops[","]


def test_letters_of_a_hand_are_alike_and_as_tall_as_digits():
    hand = random_hand(np.random.default_rng(3))
    one, other = (letter_glyph(hand, "H", 40).coverage for _ in range(2))
    assert (one == other).all()
    assert 28 <= one.shape[0] <= 60


def test_each_pixel_of_a_line_has_an_owner(writer):
    for _ in range(30):
        line = writer.line()
        assert line.coverage.shape == line.owner.shape
        inked = line.coverage > 0.5
        assert (line.owner[inked] > 0).mean() > 0.97
        assert line.owner.max() <= len(line.kinds)
        assert set(line.kinds) <= {*range(10), SIGN, LETTER, SCRIBBLE}


def test_each_way_of_writing_writes_what_it_says(writer):
    assert all(kind <= 9 for kind in writer.touching_digits().kinds)
    assert set(writer.words().kinds) == {LETTER}
    mixed = writer.words_and_digits().kinds
    assert LETTER in mixed and any(kind <= 9 for kind in mixed)
    assert SIGN in writer.amount().kinds
    assert len(writer.one_glyph().kinds) == 1
    line = writer.calculation()
    assert line.text == "".join(str(kind) for kind in line.kinds if kind <= 9)


def test_the_same_seed_writes_the_same(mnist):
    lines = [
        Writer(mnist.x_train[:500], mnist.y_train[:500], np.random.default_rng(5)).line()
        for _ in range(2)
    ]
    assert lines[0].kinds == lines[1].kinds
    assert (lines[0].coverage == lines[1].coverage).all()
