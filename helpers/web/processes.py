"""The service's side of the processes that read pictures (:mod:`helpers.web.children`)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from helpers.errors import ModelError
from helpers.machine.bounds import MOST_SECONDS
from helpers.paths import PROJECT_FOLDER
from helpers.web.outcome import ANSWER, MAX_PIXELS, QUESTION, READY, Outcome, problem

# Imports this copy of `helpers`, whatever lies in the folder that somebody works in.
_START = "import sys; sys.path[0] = sys.argv[2]; from helpers.web.children import main; main()"


class ReadingProcesses:
    """Starts processes that read pictures; loads what they need from the moment it is made."""

    def __init__(self) -> None:
        """Begin to load, and return at once."""
        self._control, self._process = _started()

    def wait(self) -> None:
        """Return when everything is loaded.

        Raises:
            ModelError: the network that ships is missing or damaged.
        """
        with self._control.makefile("rb") as stream:
            head = stream.read(ANSWER.size)
            status, length = ANSWER.unpack(head) if head else (0, 0)
            sentence = stream.read(length).decode()
        if status != READY:
            self.close()
            raise ModelError(sentence or "the processes that read pictures do not start.")

    async def new_reader(self) -> ReadingProcess:
        """Return another process, ready to read."""
        for _ in range(2):
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                return await self._new_reader()
            # Somebody ended what we fork from: load again.
            self.close()
            self._control, self._process = _started()
            await asyncio.to_thread(self.wait)
        raise ModelError("the processes that read pictures do not start.")

    async def _new_reader(self) -> ReadingProcess:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                stream = await asyncio.open_connection(sock=ours)
            except BaseException:
                ours.close()
                raise
        try:
            _, number = await _receive(stream[0])
        except BaseException:
            stream[1].close()
            raise
        return ReadingProcess(*stream, int(number))

    def close(self) -> None:
        """End the process that others are forked from; those go on until they are ended."""
        self._control.close()
        self._process.kill()
        self._process.wait()


def _started() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        process = subprocess.Popen(
            [sys.executable, "-c", _START, str(number), str(PROJECT_FOLDER)],
            pass_fds=[number],
            stdin=subprocess.DEVNULL,
            # Threads would not come along in a fork.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
    return ours, process


class ReadingProcess:
    """A process that reads one picture at a time."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        """Speak through a stream with the process of this number."""
        self._reader, self._writer, self._number = reader, writer, number

    async def read(
        self, content: bytes, file: str | None, most_pixels: int = MAX_PIXELS
    ) -> Outcome:
        """Return what a picture comes to; one that costs too much comes to a problem."""
        name = (file or "").encode()
        try:
            self._writer.write(QUESTION.pack(len(name), len(content), most_pixels) + name)
            self._writer.write(content)
            await self._writer.drain()
            return await _receive(self._reader)
        except (OSError, asyncio.IncompleteReadError):
            self.end()
            return problem(
                413,
                f"The picture takes more than {MOST_SECONDS:.0f} seconds or too much memory to "
                "read: send a smaller or simpler one.",
                file,
            )

    def seconds(self) -> float:
        """Return how much of the processor's time the process has had."""
        try:
            fields = Path(f"/proc/{self._number}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def yield_to_others(self) -> None:
        """Let others have the processor first."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._number, 5)

    @property
    def has_ended(self) -> bool:
        """Whether it reads no more."""
        return self._writer.is_closing() or self._reader.at_eof()

    def end(self) -> None:
        """End the process, whatever it does."""
        if not self.has_ended:
            with contextlib.suppress(OSError):
                os.kill(self._number, signal.SIGKILL)
        self._writer.close()


async def _receive(reader: asyncio.StreamReader) -> Outcome:
    status, length = ANSWER.unpack(await reader.readexactly(ANSWER.size))
    return Outcome(status, await reader.readexactly(length))
