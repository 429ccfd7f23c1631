"""Scaling, the validation split and augmentation."""

from dataclasses import fields

import numpy as np
import pytest

from helpers.augmentation import Augmentation, augment, change_stroke, random_affine_matrices
from helpers.preprocessing import scale, split_validation

STILL = Augmentation(**{field.name: 0.0 for field in fields(Augmentation)})


@pytest.fixture
def digits(sample):
    return sample.x_train[:100]


def generator(seed=0):
    return np.random.default_rng(seed)


def centre(images):
    """Mean row and column of the ink, each (n,)."""
    total = images.sum(axis=(1, 2))
    places = np.arange(28)
    return images.sum(axis=2) @ places / total, images.sum(axis=1) @ places / total


# --- scaling --------------------------------------------------------------------------------------


def test_scaled_pixels_lie_between_0_and_1_and_have_a_channel():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 0, 0], images[1, 5, 6] = 255, 51
    scaled = scale(images)
    assert scaled.shape == (2, 28, 28, 1)
    assert scaled.dtype == np.float32
    assert scaled[0, 0, 0, 0] == 1
    assert scaled[1, 5, 6, 0] == pytest.approx(0.2)
    assert scaled.sum() == pytest.approx(1.2)


def test_scaling_leaves_the_original_alone(digits):
    before = digits.copy()
    scale(digits)
    assert (digits == before).all()


# --- validation split -----------------------------------------------------------------------------


def test_split_loses_and_doubles_nothing(sample):
    fit, validation, fit_labels, validation_labels = split_validation(
        sample.x_train, sample.y_train, 500
    )
    assert len(validation) == len(validation_labels) == 500
    assert len(fit) == len(fit_labels) == len(sample.x_train) - 500
    before = sorted(image.tobytes() for image in sample.x_train)
    assert sorted(image.tobytes() for image in np.concatenate([fit, validation])) == before


def test_split_keeps_pictures_and_labels_together(sample):
    label_of = {
        image.tobytes(): label for image, label in zip(sample.x_train, sample.y_train, strict=True)
    }
    fit, validation, fit_labels, validation_labels = split_validation(
        sample.x_train, sample.y_train, 500
    )
    for images, labels in ((fit, fit_labels), (validation, validation_labels)):
        assert [label_of[image.tobytes()] for image in images] == labels.tolist()


def test_split_is_stratified(sample):
    labels = split_validation(sample.x_train, sample.y_train, 500)[3]
    expected = np.bincount(sample.y_train, minlength=10) / len(sample.y_train) * 500
    assert np.abs(np.bincount(labels, minlength=10) - expected).max() <= 1


def test_split_sets_a_tenth_of_a_small_set_aside(sample):
    assert len(split_validation(sample.x_train, sample.y_train)[1]) == len(sample.x_train) // 10


def test_split_sets_5000_of_a_large_set_aside():
    images, labels = (
        np.zeros((60_000, 1, 1), np.uint8),
        np.tile(np.arange(10, dtype=np.uint8), 6_000),
    )
    assert len(split_validation(images, labels)[1]) == 5_000


def test_split_depends_on_its_seed_only(sample):
    first, again, other = (
        split_validation(sample.x_train, sample.y_train, 500, seed)[1] for seed in (0, 0, 1)
    )
    assert (first == again).all()
    assert (first != other).any()


# --- augmentation ---------------------------------------------------------------------------------


def test_augmented_images_have_the_form_of_images(digits):
    before = digits.copy()
    changed = augment(digits, generator())
    assert changed.shape == digits.shape
    assert changed.dtype == np.uint8
    assert (digits == before).all()


def test_augmentation_changes_every_image_and_loses_no_digit(digits):
    changed = augment(digits, generator())
    assert (changed != digits).any(axis=(1, 2)).all()
    ink = changed.sum(axis=(1, 2)) / digits.sum(axis=(1, 2))
    assert ink.min() > 0.3
    assert ink.max() < 3


def test_augmentation_follows_its_generator(digits):
    assert (augment(digits, generator(1)) == augment(digits, generator(1))).all()
    assert (augment(digits, generator(1)) != augment(digits, generator(2))).any()


def test_augmentation_never_draws_the_same_twice(digits):
    source = generator()
    assert (augment(digits, source) != augment(digits, source)).any(axis=(1, 2)).all()


def test_no_amount_of_anything_changes_nothing(digits):
    assert (augment(digits, generator(), STILL) == digits).all()


def test_no_images_stay_no_images():
    assert augment(np.zeros((0, 28, 28), np.uint8), generator()).shape == (0, 28, 28)


def test_blank_images_stay_blank():
    assert augment(np.zeros((20, 28, 28), np.uint8), generator()).max() == 0


def test_still_matrices_are_the_identity():
    matrices = random_affine_matrices(3, STILL, generator())
    assert matrices == pytest.approx(np.tile(np.eye(2, 3), (3, 1, 1)), abs=1e-12)


def test_matrices_without_translation_leave_the_centre_in_place():
    settings = Augmentation(translation=0)
    matrices = random_affine_matrices(50, settings, generator())
    assert matrices @ [13.5, 13.5, 1] == pytest.approx(np.full((50, 2), 13.5))


def test_rotation_alone_keeps_lengths_and_angles():
    matrices = random_affine_matrices(50, turned := only(rotation=30), generator())[:, :, :2]
    assert matrices @ matrices.transpose(0, 2, 1) == pytest.approx(
        np.tile(np.eye(2), (50, 1, 1)), abs=1e-12
    )
    angles = np.degrees(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert 15 < np.abs(angles).max() <= turned.rotation


def test_translation_alone_shifts_by_no_more_than_asked(digits):
    shifted = augment(digits, generator(), only(translation=2))
    moved = np.subtract(centre(shifted), centre(digits))
    assert 1 < np.abs(moved).max() < 2.3


def test_scaling_alone_keeps_proportions():
    matrices = random_affine_matrices(50, only(scaling=0.2), generator())[:, :, :2]
    sizes = matrices[:, 0, 0]
    assert (matrices == sizes[:, np.newaxis, np.newaxis] * np.eye(2)).all()
    assert 0.8 <= sizes.min() < 0.9 < 1.1 < sizes.max() <= 1.2


def test_stroke_share_says_how_many_images_are_touched(digits):
    assert (augment(digits, generator(), only(stroke=1)) != digits).any(axis=(1, 2)).mean() > 0.9
    share = (augment(digits, generator(), only(stroke=0.5)) != digits).any(axis=(1, 2)).mean()
    assert 0.3 < share < 0.7


def test_flip_alone_mirrors_its_share_and_nothing_else(digits):
    assert (augment(digits, generator(), only(flip=1)) == digits[:, :, ::-1]).all()
    flipped = (augment(digits, generator(), only(flip=0.5)) != digits).any(axis=(1, 2))
    assert 0.3 < flipped.mean() < 0.7


def test_whoever_mirrors_nothing_draws_what_was_always_drawn():
    """The networks that ship were trained before there was a flip."""
    mirrored = random_affine_matrices(50, only(rotation=9, translation=2, flip=1), generator())
    as_ever = random_affine_matrices(50, only(rotation=9, translation=2), generator())
    assert (mirrored[:, :, 0] == -as_ever[:, :, 0]).all()
    assert (mirrored[:, :, 1] == as_ever[:, :, 1]).all()


def only(**amounts):
    """Settings that change nothing but what is named."""
    return Augmentation(**({field.name: 0.0 for field in fields(Augmentation)} | amounts))


# --- stroke ---------------------------------------------------------------------------------------


def test_stroke_grows_with_the_amount(digits):
    for digit in digits[:10]:
        ink = [int(change_stroke(digit, amount).sum()) for amount in (-1, -0.5, 0, 0.5, 1)]
        assert ink == sorted(ink)
        assert ink[0] < ink[2] < ink[-1]


def test_stroke_without_an_amount_is_the_same(digits):
    assert (change_stroke(digits[0], 0) == digits[0]).all()


def test_thinnest_stroke_is_still_there(digits):
    assert all(change_stroke(digit, -1).max() > 60 for digit in digits)
