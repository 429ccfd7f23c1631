"""Processes that read pictures for the service: bounded ones, which give all their memory back.

:func:`main` loads network and packages once, and then forks a process for each socket that comes
through the one it was started with. A fork shares what was loaded and is there in a hundredth of a
second. Each reads one picture after the other, as long as its socket is open, and the system ends
it when a picture costs too much. Only for Linux: elsewhere what was loaded might not survive a
fork.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from typing import TYPE_CHECKING

from helpers.errors import UserError
from helpers.machine import garbage
from helpers.machine.bounds import (
    MOST_MEMORY,
    MOST_SECONDS,
    bound_memory,
    silence_libraries,
    time_bounded,
)
from helpers.web.outcome import ANSWER, QUESTION, READY, Outcome, problem

if TYPE_CHECKING:
    from helpers.web.reading import PictureReader


def main() -> None:
    """Start with the socket whose number is the first argument."""
    with socket.socket(fileno=int(sys.argv[1])) as control:
        fork_readers(control)


def fork_readers(control: socket.socket) -> None:
    """Load, say so, and fork a process for every socket that comes; end with the other side."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of whoever serves
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets them when they end
    try:
        recognizer = _loaded()
    except UserError as error:
        control.sendall(ANSWER.pack(422, len(str(error).encode())) + str(error).encode())
        return
    silence_libraries()
    control.sendall(ANSWER.pack(READY, 0))
    while True:
        message, numbers, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            status = 1
            try:
                with socket.socket(fileno=numbers[0]) as connection:
                    serve(connection, recognizer)
                status = 0
            except (BrokenPipeError, ConnectionResetError):
                status = 0  # nobody wants the answer any more
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(numbers[0])
        _load_other_decoders()


def _loaded() -> PictureReader:
    """Return a recognizer that has read a picture, so that its first answer is as quick as others.

    Raises:
        ModelError: the network that ships is missing or damaged.
    """
    with garbage.left_alone():
        import cv2
        import numpy as np

        from helpers.pictures.recognizer import Recognizer
        from helpers.web.reading import read_upload

        cv2.setNumThreads(1)  # a process for each core; and threads would not come along in a fork
        recognizer = Recognizer()
        picture = np.full((280, 280), 255, np.uint8)
        picture[60:220, 130:150] = 0
        read_upload(recognizer, cv2.imencode(".png", picture)[1].tobytes(), None, picture.size)
    return recognizer


def _load_other_decoders() -> None:
    """Load what reads the formats that are not so common: the first process could not wait."""
    from PIL import Image

    Image.init()


def serve(connection: socket.socket, recognizer: PictureReader) -> None:
    """Read the pictures that come through a socket, one after the other, within the limits."""
    bound_memory(MOST_MEMORY)
    with connection.makefile("rwb") as stream:
        _send(stream, Outcome(READY, str(os.getpid()).encode()))
        while head := stream.read(QUESTION.size):
            name_length, length, most_pixels = QUESTION.unpack(head)
            name = stream.read(name_length).decode() or None
            content = stream.read(length)
            with time_bounded(MOST_SECONDS):
                outcome = _outcome(recognizer, content, name, most_pixels)
            del content
            _send(stream, outcome)


def _outcome(
    recognizer: PictureReader, content: bytes, name: str | None, most_pixels: int
) -> Outcome:
    from helpers.web.reading import read_upload

    try:
        return read_upload(recognizer, content, name, most_pixels)
    except Exception:
        traceback.print_exc()
        return problem(500, "The picture can't be read: this program has a fault.", name)


def _send(stream, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    stream.write(ANSWER.pack(outcome.status, len(outcome.body)) + outcome.body)
    stream.flush()
