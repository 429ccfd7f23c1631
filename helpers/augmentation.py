"""Changing training images so that their labels still hold: affine maps and pen strokes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """How far an image may be changed so that its label still holds.

    rotation: degrees to either side.
    shear: how far the top slides against the bottom, as a share of the height, to either side.
    scaling: the size may change by this share, up or down.
    stretching: height against width may change by this share, up or down.
    translation: pixels, in either direction.
    stroke: the share of images whose pen stroke is made thicker or thinner.
    flip: the share of images mirrored left to right, after which clothes are still clothes, and
        most digits none.
    """

    rotation: float = 10.0
    shear: float = 0.12
    scaling: float = 0.10
    stretching: float = 0.06
    translation: float = 1.2
    stroke: float = 0.4
    flip: float = 0.0


def random_affine_matrices(
    count: int, settings: Augmentation, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw random affine maps that turn, shear, scale, stretch, mirror and shift about the centre.

    Returns:
        float64 array, shape (count, 2, 3): the matrices that OpenCV's ``warpAffine`` takes.
    """

    def either_side(limit: float, size: int | tuple[int, int] = count) -> NDArray[np.float64]:
        return generator.uniform(-limit, limit, size)

    angle = np.deg2rad(either_side(settings.rotation))
    size = 1 + either_side(settings.scaling)
    stretch = 1 + either_side(settings.stretching)
    shape = np.zeros((count, 2, 2))
    shape[:, 0, 0] = size * stretch
    shape[:, 0, 1] = either_side(settings.shear)
    shape[:, 1, 1] = size / stretch
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn.transpose(2, 0, 1) @ shape
    centre = np.array([13.5, 13.5])
    moved = either_side(settings.translation, (count, 2))
    if settings.flip:  # drawn last, and only then: whoever mirrors nothing draws as ever
        linear[generator.random(count) < settings.flip, :, 0] *= -1
    shift = centre - linear @ centre + moved
    return np.concatenate([linear, shift[..., np.newaxis]], axis=2)


def change_stroke(image: NDArray[np.uint8], amount: float) -> NDArray[np.uint8]:
    """Make the pen stroke of one image thicker or thinner.

    Args:
        image: uint8 array (28, 28), bright ink on black.
        amount: from -1 (mixed with its erosion: thinner) over 0 (unchanged) to 1 (its dilation by
            one pixel to each side: thicker).

    Returns:
        uint8 array (28, 28).
    """
    if amount >= 0:
        changed = cv2.dilate(image, np.ones((3, 3), np.uint8))
    else:
        changed = cv2.erode(image, np.ones((2, 2), np.uint8))
    # Never more than 70 % eroded, or thin strokes would vanish.
    share = amount if amount >= 0 else -0.7 * amount
    mixed: NDArray[np.uint8] = cv2.addWeighted(image, 1 - share, changed, share, 0)
    return mixed


def augment(
    images: NDArray[np.uint8],
    generator: np.random.Generator,
    settings: Augmentation | None = None,
) -> NDArray[np.uint8]:
    """Return a randomly changed copy of every image, as if somebody had written it again.

    Affine distortion of training digits goes back to LeCun, Bottou, Bengio and Haffner,
    "Gradient-based learning applied to document recognition" (1998).

    Args:
        images: uint8 array, shape (n, 28, 28), bright ink on black.
        generator: source of randomness; the same state gives the same copies.
        settings: how far an image may be changed.

    Returns:
        uint8 array, shape (n, 28, 28).
    """
    settings = settings or Augmentation()
    matrices = random_affine_matrices(len(images), settings, generator)
    touched = generator.random(len(images)) < settings.stroke
    amounts = generator.uniform(-1, 1, len(images))
    changed = np.empty_like(images)
    for index, image in enumerate(images):
        if touched[index]:
            image = change_stroke(image, amounts[index])
        cv2.warpAffine(image, matrices[index], (28, 28), dst=changed[index])
    return changed
