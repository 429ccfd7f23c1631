"""From raw pixels to what a network wants: scaling, a validation split."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

VALIDATION_IMAGES = 5_000


def scale(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale pixels from 0..255 to 0..1 and add the channel axis that convolutions expect.

    Args:
        images: uint8 array, shape (n, 28, 28), values 0 to 255.

    Returns:
        float32 array, shape (n, 28, 28, 1), values 0 to 1.
    """
    return (images.astype(np.float32) / np.float32(255))[..., np.newaxis]


def split_validation(
    images: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    validation_images: int | None = None,
    seed: int = 0,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Set a stratified part of the training images aside for validation.

    Args:
        images, labels: training images (n, 28, 28) and their labels (n,).
        validation_images: how many to set aside; by default 5,000, or a tenth of a set that has
            fewer than 50,000.
        seed: which images are drawn.

    Returns:
        Images to fit on, images to validate on, labels to fit on, labels to validate on, in the
        order of scikit-learn's ``train_test_split``.
    """
    if validation_images is None:
        validation_images = min(VALIDATION_IMAGES, len(images) // 10)
    return tuple(
        train_test_split(
            images, labels, test_size=validation_images, stratify=labels, random_state=seed
        )
    )
