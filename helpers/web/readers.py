"""Whose picture is read when: a few at a time, none of which keeps the others waiting for long.

Every picture waits for a seat, of which there is one for each core of a small machine. What is
large takes its turn among the large ones first, so that drawings always find a seat; what turns out
to be costly gives its seat back and goes on beside the others, one such at a time. Nobody waits for
a seat longer than some seconds: then the service is busy, and says when to ask again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from anyio import to_thread
from starlette.requests import ClientDisconnect

from helpers.web.outcome import LARGE, MAX_PIXELS, QUICK_PIXELS, BusyError, Outcome, Upload

if TYPE_CHECKING:
    from helpers.web.reading import PictureReader

# More would only make each of them slower. (Semaphores and no limiter of threads: a picture is read
# in a process of its own, and who waits for a seat must be able to give up.)
SEATS = 2
# How long a picture waits for its turn; a large one is a photo, for which people have patience.
# With what comes before and after it, nobody waits for longer than three and ten seconds then.
PATIENCE = 1.2
PATIENCE_FOR_LARGE = 5.0
# A picture that has taken this long goes on beside the others.
SLOW_SECONDS = 0.8
_LOOK_SECONDS = 0.1

# Tells whether a client has left.
IsGone = Callable[[], Coroutine[Any, Any, bool]]


class Reader(Protocol):
    """What reads one picture at a time."""

    async def read(self, content: bytes, file: str | None, most_pixels: int) -> Outcome:
        """Return what a picture comes to, or ``LARGE`` if it has more pixels."""

    def seconds(self) -> float:
        """Return how much of the processor's time it has had."""

    def yield_to_others(self) -> None:
        """Let others have the processor first."""

    @property
    def has_ended(self) -> bool:
        """Whether it reads no more."""

    def end(self) -> None:
        """Stop reading, whatever it reads."""


@runtime_checkable
class Source(Protocol):
    """Where readers come from."""

    async def new_reader(self) -> Reader:
        """Return another reader."""

    def close(self) -> None:
        """Return no more."""


class InThreads:
    """Readers that are threads of this process: for systems without a fork, and for tests.

    No picture is ended that costs too much; all that holds is what its header is checked for.
    """

    def __init__(self, recognizer: PictureReader) -> None:
        """Share one recognizer between the threads."""
        self._recognizer = recognizer

    async def new_reader(self) -> _ReadingThread:
        """Return another reader."""
        return _ReadingThread(self._recognizer)

    def close(self) -> None:
        """Do nothing: threads end with their pictures."""


class _ReadingThread:
    has_ended = False

    def __init__(self, recognizer: PictureReader) -> None:
        self._recognizer = recognizer

    async def read(self, content: bytes, file: str | None, most_pixels: int) -> Outcome:
        from helpers.web.reading import read_upload

        arguments = (self._recognizer, content, file, most_pixels)
        return await to_thread.run_sync(read_upload, *arguments, abandon_on_cancel=True)

    def seconds(self) -> float:
        return 0.0

    def yield_to_others(self) -> None: ...

    def end(self) -> None: ...


class Readers:
    """Reads a few pictures at a time; the others wait for their turn."""

    def __init__(self, source: Source) -> None:
        """Take readers from a source as they are needed."""
        self._source = source
        self._idle: list[Reader] = []
        self._seats = asyncio.Semaphore(SEATS)
        self._large_turn = asyncio.Semaphore(1)
        self._slow: Reader | None = None

    async def read(self, upload: Upload, is_gone: IsGone) -> Outcome:
        """Return what a picture comes to.

        Raises:
            BusyError: there was no turn for it in time.
            ClientDisconnect: the client left before its turn. A browser that draws on drops the
                request it has overtaken, and that picture is not read.
        """
        until = asyncio.get_running_loop().time() + PATIENCE_FOR_LARGE
        with contextlib.ExitStack() as turns:
            async with _patience(PATIENCE):
                await _take_turn(turns, self._seats)
            outcome = await self._read(upload, is_gone, QUICK_PIXELS, turns)
        if outcome != LARGE:
            return outcome
        with contextlib.ExitStack() as turns:
            async with _patience(PATIENCE_FOR_LARGE, until):
                await _take_turn(turns, self._large_turn)
                await _take_turn(turns, self._seats)
            return await self._read(upload, is_gone, MAX_PIXELS, turns)

    async def _read(
        self, upload: Upload, is_gone: IsGone, most_pixels: int, turns: contextlib.ExitStack
    ) -> Outcome:
        """Read a picture whose turn has come; ends the turn early if the picture is costly."""
        if await is_gone():
            raise ClientDisconnect
        reader = await self._any_reader()
        begun = reader.seconds()
        answer = asyncio.ensure_future(reader.read(upload.content, upload.file, most_pixels))
        try:
            while not (await asyncio.wait({answer}, timeout=_LOOK_SECONDS))[0]:
                if self._slow is not reader and reader.seconds() - begun > SLOW_SECONDS:
                    if self._slow is not None:
                        raise BusyError(PATIENCE_FOR_LARGE)
                    self._slow = reader
                    reader.yield_to_others()
                    turns.close()
            outcome = answer.result()
            if self._slow is not reader and most_pixels == QUICK_PIXELS:
                self._idle.append(reader)
            return outcome
        finally:
            answer.cancel()
            if self._slow is reader:
                self._slow = None
            if reader not in self._idle:
                reader.end()  # and with it goes the memory that a large picture took

    async def _any_reader(self) -> Reader:
        while self._idle:
            reader = self._idle.pop()
            if not reader.has_ended:
                return reader
            reader.end()
        return await self._source.new_reader()

    def close(self) -> None:
        """End all that read nothing now, and where they come from."""
        for reader in self._idle:
            reader.end()
        self._source.close()


@contextlib.asynccontextmanager
async def _patience(seconds: float, until: float | None = None) -> AsyncIterator[None]:
    """Wait for so many seconds, or until a time of the loop's clock.

    Raises:
        BusyError: it was in vain.
    """
    limit = asyncio.timeout(seconds) if until is None else asyncio.timeout_at(until)
    try:
        async with limit:
            yield
    except TimeoutError:
        raise BusyError(seconds) from None


async def _take_turn(turns: contextlib.ExitStack, semaphore: asyncio.Semaphore) -> None:
    """Take a turn until the stack is closed."""
    await semaphore.acquire()
    turns.callback(semaphore.release)
