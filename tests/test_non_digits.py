"""Pictures of no digit, in MNIST's form."""

import numpy as np
import pytest

from helpers.non_digits import LETTERS, SIGNS, non_digits


@pytest.fixture(scope="module")
def drawn(sample):
    return non_digits(300, sample.x_train, np.random.default_rng(0))


def test_they_have_the_form_of_images(drawn):
    assert drawn.shape == (300, 28, 28)
    assert drawn.dtype == np.uint8


def test_they_are_bright_ink_on_black(drawn):
    assert (drawn.max(axis=(1, 2)) > 100).all()
    border = np.concatenate([drawn[:, 0], drawn[:, -1], drawn[:, :, 0], drawn[:, :, -1]], axis=1)
    assert border.mean() < 10 < drawn.mean()


def test_they_are_scaled_and_centred_as_mnist_is(drawn):
    total = drawn.sum(axis=(1, 2))
    x = drawn.sum(axis=1) @ np.arange(28) / total
    y = drawn.sum(axis=2) @ np.arange(28) / total
    # A few lopsided ones lose a corner beyond the edge, which moves their centre a little.
    assert np.quantile(np.abs([x - 13.5, y - 13.5]), 0.95) < 1
    ink = drawn > 60
    longer = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))
    assert np.quantile(longer, [0.05, 0.95]) == pytest.approx([19, 21], abs=2.5)


def test_they_follow_the_generator(sample, drawn):
    again = non_digits(300, sample.x_train, np.random.default_rng(0))
    other = non_digits(300, sample.x_train, np.random.default_rng(1))
    assert (drawn == again).all()
    assert (drawn != other).any(axis=(1, 2)).mean() > 0.9


def test_they_are_many_different_pictures(drawn):
    assert len({image.tobytes() for image in drawn}) > 200


def test_they_are_none_of_the_digits_given(sample, drawn):
    given = {image.tobytes() for image in sample.x_train}
    assert not any(image.tobytes() in given for image in drawn)


def test_one_is_enough(sample):
    assert non_digits(1, sample.x_train, np.random.default_rng(0)).shape == (1, 28, 28)


def test_letters_that_people_write_like_digits_are_left_out():
    assert not set("OoIlZzSsGgqBb0123456789") & set(LETTERS + SIGNS)
