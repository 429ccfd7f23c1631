"""Reads the service's pictures in a few threads, so that it goes on listening meanwhile."""

import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import anyio
import numpy as np
from anyio import CapacityLimiter, from_thread, to_thread
from numpy.typing import NDArray
from starlette.requests import ClientDisconnect

from helpers.pictures.files import (
    MIN_SIDE,
    PictureError,
    TooManyPixelsError,
    UnknownFormatError,
    picture_size,
    read_picture,
)
from helpers.pictures.reading import Reading
from helpers.web.schema import Answer
from helpers.web.uploads import MAX_PIXELS, Upload, UploadError

# Two readings at a time keep two cores busy; more would only make each of them slower.
WORKERS = 2
# Pictures beyond this many pixels are decoded one at a time, which bounds the memory.
LARGE_PIXELS = 4_000_000

# How a picture is called in a sentence to whoever sent it.
_NAME = "The picture"


# Tells whether a client has left.
IsGone = Callable[[], Coroutine[Any, Any, bool]]


class PictureReader(Protocol):
    """What reads a picture: a :class:`helpers.pictures.recognizer.Recognizer`."""

    def read(self, picture: NDArray[np.uint8], single: bool = False) -> Reading:
        """Return what is read in an upright RGB picture, uint8 (height, width, 3)."""


class Readers:
    """Reads a few pictures at a time; the others wait for their turn."""

    def __init__(self, recognizer: PictureReader) -> None:
        """Share one recognizer between the threads."""
        self._recognizer = recognizer
        self._threads = CapacityLimiter(WORKERS)
        self._large_turn = anyio.Lock()

    async def read(self, upload: Upload, is_gone: IsGone) -> Answer:
        """Return the answer for a picture.

        Raises:
            UploadError: the picture cannot be read.
            ClientDisconnect: the client left before its turn. A browser that draws on drops the
                request it has overtaken, and that picture is not read.
        """
        width, height = await to_thread.run_sync(_size, upload, limiter=self._threads)
        if max(width, height) < MIN_SIDE or min(width, height) < 2:
            # A picture all right, and certainly one without a digit.
            return _answer(Reading("", ()), width, height, upload)
        is_large = width * height > LARGE_PIXELS
        async with self._large_turn if is_large else contextlib.nullcontext():
            return await to_thread.run_sync(self._read, upload, is_gone, limiter=self._threads)

    def _read(self, upload: Upload, is_gone: IsGone) -> Answer:
        """Read a picture whose turn has come, in one of the threads."""
        if from_thread.run(is_gone):
            raise ClientDisconnect
        try:
            picture = read_picture(upload.content, _NAME, MAX_PIXELS)
        except PictureError as error:
            raise _problem(error, upload) from None
        height, width = picture.shape[:2]
        return _answer(self._recognizer.read(picture), width, height, upload)


def _size(upload: Upload) -> tuple[int, int]:
    """Return a picture's width and height by its header."""
    try:
        return picture_size(upload.content, _NAME, MAX_PIXELS)
    except PictureError as error:
        raise _problem(error, upload) from None


def _answer(reading: Reading, width: int, height: int, upload: Upload) -> Answer:
    return Answer(**reading.as_full_json(width, height, upload.file))


def _problem(error: PictureError, upload: Upload) -> UploadError:
    statuses = {UnknownFormatError: 415, TooManyPixelsError: 413}
    return UploadError(statuses.get(type(error), 422), str(error), upload.file)
