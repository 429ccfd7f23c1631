"""Pictures of no digit, in MNIST's form."""

import string

import numpy as np
import pytest

from helpers.synthesis.drawings import LETTERS, LOOK_ALIKES, SIGNS, look_alikes, non_digits


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


def test_each_letter_is_either_unlike_all_digits_or_like_one():
    alike = "".join(LOOK_ALIKES.values())
    assert sorted(LETTERS + alike) == sorted(string.ascii_letters)
    assert not set(LETTERS + SIGNS) & set(string.digits)


def test_look_alikes_come_with_the_digit_they_look_like():
    images, digits = look_alikes(400, np.random.default_rng(0))
    assert images.shape == (400, 28, 28) and images.dtype == np.uint8
    assert digits.shape == (400,) and set(digits) == set(LOOK_ALIKES)
    ink = images > 60
    wide, high = (ink.any(axis=axis).sum(axis=1) for axis in (1, 2))
    # What is drawn for a 1 is a stroke, what is drawn for a 0 is round and hollow in the middle.
    assert np.median((wide / high)[digits == 1]) < 0.6 < 0.7 < np.median((wide / high)[digits == 0])
    assert np.median(images[digits == 0][:, 13:15, 13:15]) == 0
    again, _ = look_alikes(400, np.random.default_rng(0))
    assert (images == again).all()
