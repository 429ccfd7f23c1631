"""Pictures read in processes of their own, which the system ends when one costs too much.

A process decodes a picture and finds its digits; what the network should judge it sends to the
process that started it, which holds the network, and gets the probabilities back. So it needs no
network, and the one that has it serves several at once.
"""

from __future__ import annotations

import os
import pickle
import selectors
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from helpers.paths import PROJECT_FOLDER
from helpers.pictures.files import PictureError
from helpers.pictures.reading import Reading
from helpers.pictures.recognizer import Images, Probabilities
from helpers.pictures.workers import Done, Job, read_job, send, serve, too_costly

# What judges images, for several pictures at once: Recognizer.judge.
Judge = Callable[[Sequence[Images]], list[Probabilities]]
# A path that was given, or what is wrong with it, known before anything is read.
File = Path | PictureError

WORKERS = 2
# Pictures that are read ahead of the first that has no result yet.
AHEAD = 24
# Where the system holds no process to its time (Windows), no picture is waited for longer.
MOST_SECONDS_OF_WAITING = 60.0

# Imports this copy of `helpers`, whatever lies in the folder that somebody works in.
_START = "import sys; sys.path[0] = sys.argv[1]; from helpers.pictures.workers import main; main()"


class BoundedReaders:
    """Processes that read many files; they begin at once, and the results come in order.

    A process that is ended takes one picture with it, and another takes its place. Only where a
    process can be forked (:data:`helpers.machine.bounds.HAS_BOUNDED_FORKS`).
    """

    def __init__(self, files: Sequence[File], single: bool = False) -> None:
        """Begin to read.

        Args:
            files: paths, and what is wrong with paths, which comes out again in its place.
            single: each picture holds exactly one digit.

        Raises:
            OSError: there are no processes to be had.
        """
        self._files, self._single = files, single
        self._given = self._taken = 0
        self._results: dict[int, tuple[Path, Reading | PictureError]] = {}
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        try:
            for _ in range(min(WORKERS, len(files))):
                self._add_worker()
        except OSError:
            self.close()
            raise

    def results(self, judge: Judge) -> Iterator[tuple[Path, Reading | PictureError]]:
        """Return path and reading of each file, or what is wrong with it.

        Args:
            judge: returns what the pictures' readers want to know (``Recognizer.judge``).
        """
        while self._taken < len(self._files):
            if self._taken in self._results:
                yield self._results.pop(self._taken)
                self._taken += 1
                for worker in self._workers:
                    self._give(worker)
            elif self._workers or self._has_added_worker():
                self._serve_workers(judge)
            else:
                self._read_here(judge)

    def close(self) -> None:
        """End the processes, whatever they do."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._selector.close()

    def _add_worker(self) -> None:
        worker = _Worker()
        self._workers.append(worker)
        self._selector.register(worker.socket, selectors.EVENT_READ, worker)
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """Give a worker the next file, if it has none and the results are not too far behind."""
        while worker.number is None and self._given < min(len(self._files), self._taken + AHEAD):
            file = self._files[self._given]
            if isinstance(file, PictureError):
                self._results[self._given] = file.path or Path(), file
            else:
                worker.number = self._given
                worker.send(Job(file, str(file), self._single))
            self._given += 1

    def _serve_workers(self, judge: Judge) -> None:
        """Take what the workers have to say: results, and images to judge, all in one batch."""
        asked: list[tuple[_Worker, Images]] = []
        for key, _ in self._selector.select():
            worker = key.data
            message = worker.receive()
            if isinstance(message, np.ndarray):
                asked.append((worker, message))
            else:
                self._finish(worker, message)
        if asked:
            answers = judge([images for _, images in asked])
            for (worker, _), answer in zip(asked, answers, strict=True):
                worker.send(answer)

    def _finish(self, worker: _Worker, done: Done | None) -> None:
        """Book what a worker's file came to, and go on; None says that the worker has ended."""
        number = worker.number
        if number is not None:
            self._book(number, done.result if done else too_costly(str(self._files[number])))
            worker.number = None
        if done is None:
            self._selector.unregister(worker.socket)
            self._workers.remove(worker)
            worker.end()
            self._has_added_worker()
        else:
            self._give(worker)

    def _has_added_worker(self) -> bool:
        """Add a worker if the system has a process to give; those that there are go on."""
        with suppress(OSError):
            self._add_worker()
            return True
        return False

    def _read_here(self, judge: Judge) -> None:
        """Read the next file in this process, where no other can be had, unbounded as it is."""
        file = self._files[self._given]
        if isinstance(file, PictureError):
            self._results[self._given] = file.path or Path(), file
        else:
            job = Job(file, str(file), self._single)
            self._book(self._given, read_job(job, lambda images: judge([images])[0]).result)
        self._given += 1

    def _book(self, number: int, result: Reading | Exception) -> None:
        """Keep what a file came to, unless that is a fault of this program."""
        file = self._files[number]
        assert isinstance(file, Path)
        if not isinstance(result, Reading | PictureError):
            raise result
        self._results[number] = file, result


class _Worker:
    """A fork of this process that reads the file of some ``number``, or rests if that is None."""

    def __init__(self) -> None:
        self.number: int | None = None
        self.socket, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _forked(theirs)
            except OSError:
                self.socket.close()
                raise
        self._stream = self.socket.makefile("rwb")

    def send(self, message: Any) -> None:
        with suppress(OSError):  # it has ended, which shows when it is listened to
            send(self._stream, message)

    def receive(self) -> Any:
        """Return what it says; None if it has ended."""
        try:
            return pickle.load(self._stream)
        except (EOFError, OSError, pickle.UnpicklingError):
            return None

    def end(self) -> None:
        with suppress(OSError):
            os.kill(self._process, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(self._process, 0)
        with suppress(OSError):
            self._stream.close()
        self.socket.close()


def _forked(connection: socket.socket) -> int:
    """Fork a process that reads the pictures which come through a socket; return its number."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # ends those that OpenCV has: they would not come along
    try:
        with warnings.catch_warnings():
            # Python warns that other threads may hold a lock. What runs in the fork (Pillow, NumPy,
            # OpenCV without threads) shares none with those of Keras.
            warnings.simplefilter("ignore", DeprecationWarning)
            number = os.fork()
    finally:
        cv2.setNumThreads(threads)
    if number:
        return number
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the business of whoever forked
        with connection.makefile("rwb") as stream:
            serve(stream, stream)
        status = 0
    finally:
        os._exit(status)


def read_apart(
    content: bytes, judge: Judge, name: str = "the picture"
) -> tuple[NDArray[np.uint8], Reading]:
    """Read one picture in a process that is started for it, on any system and beside any threads.

    Args:
        content: of the file.
        judge: returns what the picture's reader wants to know (``Recognizer.judge``).
        name: what to call the picture in an error.

    Returns:
        The pixels, uint8 (h, w, 3), and the reading.

    Raises:
        PictureError: the picture can't be read, or costs too much.
    """
    import subprocess  # not needed by `predict`, which should start quickly
    import threading

    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(PROJECT_FOLDER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    assert process.stdin and process.stdout
    watch = threading.Timer(MOST_SECONDS_OF_WAITING, process.kill)
    if not hasattr(signal, "setitimer"):
        watch.start()
    try:
        send(process.stdin, Job(content, name, with_picture=True))
        while not isinstance(done := pickle.load(process.stdout), Done):
            send(process.stdin, judge([done])[0])
    except (EOFError, OSError, pickle.UnpicklingError):
        raise too_costly(name) from None
    finally:
        watch.cancel()
        process.kill()
        process.wait()
        with suppress(OSError):
            process.stdin.close()
        process.stdout.close()
    if done.picture is None or not isinstance(done.result, Reading):
        assert isinstance(done.result, Exception)
        raise done.result
    return done.picture, done.result
