"""What the web app and the notebook's drawing pad say about a picture, as plain JSON values.

Both hosts of the pad show the same answer, so both get it from here.
"""

import base64
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from helpers.pictures.recognizer import Reading


def answer(reading: "Reading", width: int, height: int, file: str | None = None) -> dict[str, Any]:
    """Return a reading as JSON values: the fields of ``predict --json`` and what the pad draws.

    Args:
        reading: what ``Recognizer.read`` found.
        width: of the upright picture in pixels; the boxes are measured in these.
        height: likewise.
        file: the picture's name, where it has one.

    Returns:
        ``file, text, width, height, digits``; per digit ``digit, probability, box`` (x, y, width,
        height), ``probabilities`` (ten, of the digits 0 to 9), ``confident`` and ``image``: the
        28×28 picture that the network saw, as a PNG in base64.
    """
    return {
        "file": file,
        "text": reading.text,
        "width": width,
        "height": height,
        "digits": [
            {
                "digit": int(found.digit),
                "probability": float(found.probability),
                "box": [int(side) for side in found.box],
                "probabilities": [float(value) for value in found.probabilities],
                "confident": bool(found.confident),
                "image": _png(found.image),
            }
            for found in reading.digits
        ],
    }


def _png(image: np.ndarray) -> str:
    """Return a grey picture, uint8 (h, w), as PNG in base64."""
    return base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode("ascii")
