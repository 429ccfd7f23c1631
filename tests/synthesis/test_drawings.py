"""Drawn pictures, in MNIST's form: of no digit, of letters like one, of ones with a flag."""

import string

import numpy as np
import pytest

from helpers.pictures.recognizer import Recognizer
from helpers.synthesis.drawings import (
    LETTERS,
    LOOK_ALIKES,
    SIGNS,
    flagged_ones,
    look_alikes,
    non_digits,
)


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


def centres_of_mass(images):
    """Column and row of each image's centre of mass, counted from the middle of the first pixel."""
    ink = images.sum(axis=(1, 2), dtype=np.float64)
    columns = images.sum(axis=1, dtype=np.float64) @ np.arange(28) / ink
    rows = images.sum(axis=2, dtype=np.float64) @ np.arange(28) / ink
    return np.stack([columns, rows], axis=1)


def drawings_of(kind, sample):
    """Some drawings of each kind that the networks are trained with."""
    generator = np.random.default_rng(0)
    match kind:
        case "non-digits":
            return non_digits(300, sample.x_train, generator)
        case "look-alikes":
            return look_alikes(300, generator)[0]
        case "flagged ones":
            return flagged_ones(300, generator)


every_kind = pytest.mark.parametrize("kind", ["non-digits", "look-alikes", "flagged ones"])


@every_kind
def test_their_centres_of_mass_lie_on_one_point(kind, sample):
    # A few lopsided ones lose a corner beyond the edge, which moves their centre a little.
    centres = centres_of_mass(drawings_of(kind, sample))
    assert np.quantile(np.abs(centres - np.median(centres, axis=0)), 0.95) < 0.1


# They lie at 13.50, MNIST's digits at 14.00: whether half a pixel costs accuracy is not known, but
# it tells a drawing from a digit without a look at its shape. To be mended with the next training
# of the networks that ship; then this test passes, and says so.
@pytest.mark.xfail(strict=True, reason="in_mnist_form centres half a pixel beside MNIST")
@every_kind
def test_they_are_centred_where_mnist_is(kind, sample):
    theirs = np.median(centres_of_mass(drawings_of(kind, sample)), axis=0)
    assert theirs == pytest.approx(np.median(centres_of_mass(sample.x_train), axis=0), abs=0.1)


def test_how_far_beside_mnist_they_are_is_known(sample):
    assert np.median(centres_of_mass(sample.x_train), axis=0) == pytest.approx(14.0, abs=0.05)
    drawn = drawings_of("look-alikes", sample)
    assert np.median(centres_of_mass(drawn), axis=0) == pytest.approx(13.5, abs=0.05)


@every_kind
def test_their_longest_side_is_that_of_mnists_digits(kind, sample):
    def longest(images):
        ink = images > 60
        return np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1))

    drawn = longest(drawings_of(kind, sample))
    assert np.median(drawn) == np.median(longest(sample.x_train)) == 20
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx([19, 21], abs=2.5)


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


@pytest.fixture(scope="module")
def ones():
    return flagged_ones(300, np.random.default_rng(0))


def test_ones_have_the_form_of_images(ones):
    assert ones.shape == (300, 28, 28)
    assert ones.dtype == np.uint8
    assert (ones.max(axis=(1, 2)) > 100).all()


def test_the_flag_is_at_the_upper_left(ones):
    upper_half = ones[:, 6:15].mean(axis=(0, 1))
    assert upper_half[:11].sum() > 2 * upper_half[18:].sum()


def test_ones_follow_the_generator(ones):
    assert (ones == flagged_ones(300, np.random.default_rng(0))).all()
    other = flagged_ones(300, np.random.default_rng(1))
    assert (ones != other).any(axis=(1, 2)).mean() > 0.9


def test_the_network_that_ships_reads_them():
    """Without them in the training it would read nine in ten of these."""
    drawn = flagged_ones(500, np.random.default_rng(7))
    assert np.mean(Recognizer().classify(drawn).argmax(axis=1) == 1) > 0.98
