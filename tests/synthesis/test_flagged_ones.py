"""Ones with a flag, in MNIST's form."""

import numpy as np
import pytest

from helpers.pictures.recognizer import Recognizer
from helpers.synthesis.drawings import flagged_ones


@pytest.fixture(scope="module")
def drawn():
    return flagged_ones(300, np.random.default_rng(0))


def test_they_have_the_form_of_images(drawn):
    assert drawn.shape == (300, 28, 28)
    assert drawn.dtype == np.uint8
    assert (drawn.max(axis=(1, 2)) > 100).all()


def test_they_are_scaled_and_centred_as_mnist_is(drawn):
    total = drawn.sum(axis=(1, 2))
    x = drawn.sum(axis=1) @ np.arange(28) / total
    y = drawn.sum(axis=2) @ np.arange(28) / total
    assert np.abs([x - 13.5, y - 13.5]).max() < 1
    heights = (drawn > 60).any(axis=2).sum(axis=1)
    assert np.quantile(heights, [0.05, 0.95]) == pytest.approx([20, 20], abs=2)


def test_the_flag_is_at_the_upper_left(drawn):
    upper_half = drawn[:, 6:15].mean(axis=(0, 1))
    assert upper_half[:11].sum() > 2 * upper_half[18:].sum()


def test_they_follow_the_generator(drawn):
    assert (drawn == flagged_ones(300, np.random.default_rng(0))).all()
    other = flagged_ones(300, np.random.default_rng(1))
    assert (drawn != other).any(axis=(1, 2)).mean() > 0.9


def test_the_network_that_ships_reads_them():
    """Without them in the training it would read nine in ten of these."""
    drawn = flagged_ones(500, np.random.default_rng(7))
    assert np.mean(Recognizer().classify(drawn).argmax(axis=1) == 1) > 0.98
