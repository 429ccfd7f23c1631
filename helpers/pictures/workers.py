"""What a process does that reads pictures for another, and what the two tell each other.

The other side is :mod:`helpers.pictures.bounded`.
"""

from __future__ import annotations

import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.machine import bounds
from helpers.pictures.files import PictureError, TooManyPixelsError, read_picture
from helpers.pictures.ink import paper_of_two_levels
from helpers.pictures.pipeline import find_page
from helpers.pictures.reading import Reading
from helpers.pictures.recognizer import Images, Probabilities, Steps, read_steps


class Source(Protocol):
    """A pipe or a socket that messages come from."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""

    def readline(self) -> bytes:
        """Return the bytes up to a line's end."""


class Sink(Protocol):
    """A pipe or a socket that messages go to."""

    def write(self, content: bytes, /) -> Any:
        """Take bytes."""

    def flush(self) -> None:
        """Send what was taken."""


class Job(NamedTuple):
    """A picture to read: a path or a file's content, its name in errors, and how to read it."""

    source: Path | bytes
    name: str
    single: bool = False
    with_picture: bool = False


class Done(NamedTuple):
    """What a picture came to, and its pixels where they were asked for."""

    result: Reading | Exception
    picture: NDArray[np.uint8] | None = None


def too_costly(name: str) -> PictureError:
    """Return what is said of a picture that a process was ended for."""
    return TooManyPixelsError(
        f"{name} takes more than {bounds.MOST_SECONDS:.0f} seconds or too much memory to read: "
        "make it smaller or simpler."
    )


def main() -> None:
    """Read pictures that come through standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of whoever started this
    serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(incoming: Source, outgoing: Sink) -> None:
    """Read one picture after the other, until nobody sends any."""
    cv2.setNumThreads(1)  # each process has its core; more threads only get in each other's way
    bounds.silence_libraries()
    bounds.bound_memory(bounds.MOST_MEMORY)

    def ask(images: Images) -> Probabilities:
        send(outgoing, images)
        return pickle.load(incoming)

    with suppress(EOFError, BrokenPipeError):
        while True:
            job = pickle.load(incoming)
            with bounds.time_bounded(bounds.MOST_SECONDS):
                done = read_job(job, ask)
                send(outgoing, done)
            del done


def send(stream: Sink, message: Any) -> None:
    """Send a job, images to judge, their probabilities, or what a picture came to."""
    pickle.dump(message, stream, protocol=5)
    stream.flush()


def read_job(job: Job, ask: Callable[[Images], Probabilities]) -> Done:
    """Read one picture.

    Args:
        job: the picture.
        ask: returns what the network says about images.
    """
    try:
        picture = read_picture(job.source, job.name)
        steps = _steps(picture, job.single)
        images = next(steps)
        while True:
            images = steps.send(ask(images))
    except StopIteration as finished:
        return Done(finished.value, picture if job.with_picture else None)
    except (EOFError, BrokenPipeError):
        raise
    except MemoryError:
        return Done(too_costly(job.name))
    except cv2.error as error:
        return Done(too_costly(job.name) if error.code == cv2.Error.StsNoMem else _plain(error))
    except Exception as error:
        return Done(error if isinstance(error, PictureError) else _plain(error))


def _steps(picture: NDArray[np.uint8], single: bool) -> Steps[Reading]:
    page = find_page(picture)
    again = None if page.is_plain else lambda: find_page(picture, paper_of_two_levels)
    return read_steps(page, single, again)


def _plain(error: Exception) -> Exception:
    """Return an error of this program, whose kind another process may not know."""
    return RuntimeError(f"{type(error).__name__}: {error}")
