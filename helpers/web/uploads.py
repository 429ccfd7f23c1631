"""Takes a picture out of an HTTP request without trusting a word the client says.

Two things are bounded before anything is decoded: the bytes, counted as they arrive (a client may
leave out or falsify ``Content-Length``), and the time they take. Nothing here touches the disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from helpers.web.forms import picture_of_form
from helpers.web.outcome import MAX_BYTES, BusyError, Upload, UploadError

_FORM_TYPE = "multipart/form-data"
_FORM_OVERHEAD = 64 * 2**10
# What a client may announce for bare bytes. Command-line tools call any body a form unless told
# otherwise, so that name is let through; the bytes themselves decide what they are. Systems that
# do not know a file's kind have several names for that.
_ANONYMOUS_TYPES = (
    "",
    "application/octet-stream",
    "binary/octet-stream",
    "application/x-www-form-urlencoded",
)

# An upload gets so many seconds and one more for so many bytes that have come, but no longer than
# the deadline. While others wait for its room, it has to come faster.
_GRACE_SECONDS = 10.0
_BYTES_PER_SECOND = 100_000
_DEADLINE_SECONDS = 60.0
_GRACE_WHILE_OTHERS_WAIT = 2.0
_BYTES_PER_SECOND_WHILE_OTHERS_WAIT = 500_000
_LOOK_SECONDS = 0.5

_DRAIN_BYTES = 64 * 2**20
_DRAIN_SECONDS = 5.0


async def receive_picture(request: Request, room: UploadRoom) -> Upload:
    """Read the one picture of a request, as form field ``file`` or as the whole body.

    Args:
        request: a request whose body has not been read.
        room: where a body waits for memory; hold it until the answer is made.

    Raises:
        UploadError: 400 nothing sent or a broken form, 408 too slow, 413 too many bytes, 415 the
            announced type is no picture, 503 there is no room.
        starlette.requests.ClientDisconnect: the client left.
    """
    content_type = request.headers.get("content-type", "")
    kind_name = content_type.partition(";")[0].strip().lower()
    is_form = kind_name == _FORM_TYPE
    if not (is_form or kind_name.startswith("image/") or kind_name in _ANONYMOUS_TYPES):
        await _drain_unless_asked(request)
        raise _unfinished(
            415,
            f"A body of type {_shown(kind_name)} is no picture: send a picture's bytes or a form.",
        )
    body = await _read_body(request, MAX_BYTES + (_FORM_OVERHEAD if is_form else 0), room)
    if is_form:
        upload = await picture_of_form(body, content_type)
    else:
        upload = Upload(body, None)
    if not upload.content:
        raise UploadError(400, "The request holds no picture: its body is empty.", upload.file)
    if len(upload.content) > MAX_BYTES:
        raise _too_many_bytes()
    return upload


class UploadRoom:
    """The memory that uploads share; who finds none waits, unread, in the network's own buffers.

    Each upload takes the room for all that it announces before it is read on, so that those which
    have begun can end. Small ones, as drawings are, need none of it.
    """

    SMALL = 64 * 2**10

    def __init__(self, size: int = 64 * 2**20, patience: float = 3.0) -> None:
        """Have room for ``size`` bytes, for which an upload waits ``patience`` seconds."""
        self._left = size
        self._patience = patience
        self._taken: dict[int, int] = {}
        self._waiting: deque[tuple[int, int, asyncio.Future[None]]] = deque()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for room."""
        return bool(self._waiting)

    async def take(self, request: Request, size: int) -> None:
        """Wait for room for ``size`` bytes, unless this request has its room.

        Raises:
            BusyError: there was none in time.
        """
        if id(request) in self._taken:
            return
        turn = asyncio.get_running_loop().create_future()
        entry = (id(request), size, turn)
        self._waiting.append(entry)
        self._hand_out()
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            raise BusyError(self._patience) from None
        finally:
            with contextlib.suppress(ValueError):
                self._waiting.remove(entry)
            self._hand_out()

    @contextlib.asynccontextmanager
    async def held_by(self, request: Request) -> AsyncIterator[None]:
        """Give the room back at the end, if the request took some."""
        try:
            yield
        finally:
            self._left += self._taken.pop(id(request), 0)
            self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._waiting[0][1] <= self._left:
            owner, size, turn = self._waiting.popleft()
            if not turn.done():
                self._left -= size
                self._taken[owner] = size
                turn.set_result(None)


async def _read_body(request: Request, limit: int, room: UploadRoom) -> bytes:
    """Collect the body's chunks, stopping at ``limit`` bytes whatever was announced."""
    announced = _announced_length(request)
    if announced > limit:
        await _drain_unless_asked(request)
        raise _too_many_bytes()
    body = bytearray()
    if announced > UploadRoom.SMALL:
        await _take_room(request, room, announced)
    begun = time.monotonic()
    while True:
        chunk = await _next_chunk(request)
        _check_pace(time.monotonic() - begun, len(body), room.is_wanted)
        if chunk is None:
            continue
        body += chunk[0]
        if len(body) > limit:
            body.clear()
            await _drain(request)
            raise _too_many_bytes()
        if chunk[1]:
            return bytes(body)
        if len(body) > UploadRoom.SMALL:
            await _take_room(request, room, announced or limit)


async def _next_chunk(request: Request) -> tuple[bytes, bool] | None:
    """Return the next bytes, and whether they are the last; None if nothing came for a moment."""
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            message = await request.receive()
    except TimeoutError:
        return None
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), not message.get("more_body", False)


def _check_pace(seconds: float, size: int, others_wait: bool) -> None:
    """Give up an upload that takes too long.

    Raises:
        UploadError: 408.
    """
    allowed = min(_GRACE_SECONDS + size / _BYTES_PER_SECOND, _DEADLINE_SECONDS)
    if others_wait:
        pace = size / _BYTES_PER_SECOND_WHILE_OTHERS_WAIT
        allowed = min(allowed, _GRACE_WHILE_OTHERS_WAIT + pace)
    if seconds > allowed:
        raise _unfinished(
            408,
            f"The picture came too slowly: after {seconds:.0f} seconds it was not here. "
            "Send a smaller one, or try again.",
        )


async def _take_room(request: Request, room: UploadRoom, size: int) -> None:
    try:
        await room.take(request, size)
    except BusyError as error:
        error.headers["connection"] = "close"
        raise


async def _drain_unless_asked(request: Request) -> None:
    """Drain a request of which nothing was read, unless the client waits to be told to send it."""
    if request.headers.get("expect", "").lower() != "100-continue":
        await _drain(request)


async def _drain(request: Request) -> None:
    """Read on and forget, within limits.

    Most clients listen only after they have sent everything; closing on them earlier would turn
    the answer into a broken connection.
    """
    seen = 0
    end = time.monotonic() + _DRAIN_SECONDS
    while seen <= _DRAIN_BYTES and time.monotonic() < end:
        chunk = await _next_chunk(request)
        if chunk:
            seen += len(chunk[0])
            if chunk[1]:
                return


def _announced_length(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _unfinished(status: int, sentence: str) -> UploadError:
    """Return an error for a request of which more may come that nobody wants."""
    error = UploadError(status, sentence)
    error.headers["connection"] = "close"
    return error


def _too_many_bytes() -> UploadError:
    return _unfinished(
        413, f"The picture is larger than {MAX_BYTES // 2**20} MiB: send a smaller one."
    )


def _shown(text: str) -> str:
    """Return a client's words, short and printable, for use inside a sentence."""
    return "".join(character for character in text if character.isprintable())[:60] or "unknown"
