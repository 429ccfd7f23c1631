"""Processes that read pictures for the service: bounded ones, which give all their memory back.

:func:`main` loads network and packages once, and then forks a process for each socket that comes
through the one it was started with. A fork shares what was loaded and is there in a hundredth of a
second. Each reads one picture after the other, as long as its socket is
open, and the system ends it when a picture costs too much. Only for Linux: elsewhere what was
loaded might not survive a fork.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import UserError
from helpers.web.outcome import ANSWER, MOST_MEMORY, MOST_SECONDS, QUESTION, READY, Outcome, problem

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
    _silence_libraries()
    gc.collect()
    gc.freeze()  # nothing of what is shared is written to
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


def _loaded() -> PictureReader:
    """Return a recognizer that has read a picture, so that its first answer is as quick as others.

    Raises:
        ModelError: the network that ships is missing or damaged.
    """
    import cv2
    import numpy as np

    from helpers.pictures.recognizer import Recognizer

    cv2.setNumThreads(1)  # a process for each core; and threads would not come along in a fork
    recognizer = Recognizer()
    picture = np.full((280, 280, 3), 255, np.uint8)
    picture[60:220, 130:150] = 0
    recognizer.read(picture)
    return recognizer


def _silence_libraries() -> None:
    """Keep what decoders print about broken pictures off the terminal, but not our own faults."""
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def serve(connection: socket.socket, recognizer: PictureReader) -> None:
    """Read the pictures that come through a socket, one after the other, within the limits."""
    from helpers.web.reading import read_upload

    _limit_memory(MOST_MEMORY)
    with connection.makefile("rwb") as stream:
        _send(stream, Outcome(READY, str(os.getpid()).encode()))
        while head := stream.read(QUESTION.size):
            name_length, length, most_pixels = QUESTION.unpack(head)
            name = stream.read(name_length).decode() or None
            content = stream.read(length)
            # Counts this process's own time, and ends it.
            signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
            try:
                outcome = read_upload(recognizer, content, name, most_pixels)
            except Exception:
                traceback.print_exc()
                outcome = problem(500, "The picture can't be read: this program has a fault.", name)
            signal.setitimer(signal.ITIMER_PROF, 0)
            del content
            _send(stream, outcome)


def _send(stream, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    stream.write(ANSWER.pack(outcome.status, len(outcome.body)) + outcome.body)
    stream.flush()


def _limit_memory(size: int) -> None:
    """Let this process take so many bytes beside those that it has."""
    status = Path("/proc/self/status").read_text()
    has = next(line for line in status.splitlines() if line.startswith("VmData:"))
    limit = 1024 * int(has.split()[1]) + size
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
