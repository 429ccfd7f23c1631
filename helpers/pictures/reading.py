"""What was read in a picture, and its one form as JSON: for the command, the web page, the pad."""

from __future__ import annotations

import base64
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.pictures.page import Box


class DigitReading(NamedTuple):
    """One digit that was read.

    digit: the answer, 0 to 9.
    probability: what the network gives the answer, 0 to 1.
    box: x, y, width and height in pixels of the upright picture.
    probabilities: float32 (10,), of the digits 0 to 9.
    image: uint8 (28, 28), what the network saw.
    confident: whether the answer can be relied on.
    """

    digit: int
    probability: float
    box: Box
    probabilities: NDArray[np.float32]
    image: NDArray[np.uint8]
    confident: bool

    def as_json(self) -> dict[str, Any]:
        """Return what everybody is told about this digit: answer, probability, box, confidence."""
        return {
            "digit": int(self.digit),
            "probability": round(float(self.probability), 4),
            "box": [int(side) for side in self.box],
            "confident": bool(self.confident),
        }

    def as_full_json(self) -> dict[str, Any]:
        """Return the same unrounded, the ten probabilities, and the image as a PNG in base64."""
        return {
            **self.as_json(),
            "probability": float(self.probability),
            "probabilities": [float(value) for value in self.probabilities],
            "image": _png(self.image),
        }


class Unread(NamedTuple):
    """Ink that was found and not read, since it is no digit.

    box: x, y, width and height in pixels of the upright picture.
    kind: "sign", "letter", "scribble" or "part" (of a digit, or several that could not be parted).
    """

    box: Box
    kind: str

    def as_json(self) -> dict[str, Any]:
        """Return what everybody is told about it."""
        return {"box": [int(side) for side in self.box], "kind": self.kind}


class Reading(NamedTuple):
    """What was read in a picture: ``text`` is the digits left to right, top line first."""

    text: str
    digits: tuple[DigitReading, ...]
    unread: tuple[Unread, ...] = ()

    def as_json(self, file: str | None) -> dict[str, Any]:
        """Return the object that ``predict --json`` prints for a picture.

        Args:
            file: the picture's name, where it has one.
        """
        return {
            "file": file,
            "text": self.text,
            "digits": [digit.as_json() for digit in self.digits],
            "unread": [item.as_json() for item in self.unread],
        }

    def as_full_json(self, width: int, height: int, file: str | None = None) -> dict[str, Any]:
        """Return the same object with all that the drawing pad shows.

        Args:
            width: of the upright picture in pixels; the boxes are measured in these.
            height: likewise.
            file: the picture's name, where it has one.
        """
        return {
            **self.as_json(file),
            "width": width,
            "height": height,
            "digits": [digit.as_full_json() for digit in self.digits],
        }


def _png(image: NDArray[np.uint8]) -> str:
    return base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode("ascii")
