"""What one uploaded picture comes to: an HTTP status, and the JSON of an answer or a problem.

Runs in the processes that read pictures, or in threads; whoever serves needs none of its imports.
"""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.pictures.files import (
    MIN_SIDE,
    PictureError,
    TooManyPixelsError,
    UnknownFormatError,
    picture_size,
    read_picture,
)
from helpers.pictures.reading import Reading
from helpers.web.outcome import LARGE, MAX_PIXELS, Outcome, outcome_of, problem

# How a picture is called in a sentence to whoever sent it.
_NAME = "The picture"
_STATUSES: dict[type[PictureError], int] = {UnknownFormatError: 415, TooManyPixelsError: 413}


class PictureReader(Protocol):
    """What reads a picture: a :class:`helpers.pictures.recognizer.Recognizer`."""

    def read(self, picture: NDArray[np.uint8], single: bool = False) -> Reading:
        """Return what is read in an upright RGB picture, uint8 (height, width, 3)."""


def read_upload(
    recognizer: PictureReader, content: bytes, file: str | None, most_pixels: int
) -> Outcome:
    """Read a picture.

    Args:
        recognizer: reads the pixels.
        content: of the file.
        file: its name, which the answer repeats.
        most_pixels: a picture of more pixels comes to ``LARGE``, unread.
    """
    try:
        width, height = picture_size(content, _NAME, MAX_PIXELS)
        if max(width, height) < MIN_SIDE or min(width, height) < 2:
            # A picture all right, and certainly one without a digit.
            return outcome_of(200, Reading("", ()).as_full_json(width, height, file))
        if width * height > most_pixels:
            return LARGE
        picture = read_picture(content, _NAME, MAX_PIXELS)
        height, width = picture.shape[:2]
        return outcome_of(200, recognizer.read(picture).as_full_json(width, height, file))
    except PictureError as error:
        return problem(_STATUSES.get(type(error), 422), str(error), file)
    except (MemoryError, cv2.error) as error:
        if isinstance(error, cv2.error) and error.code != cv2.Error.StsNoMem:
            raise
        return problem(413, f"{_NAME} does not fit into memory: make it smaller.", file)
