"""Takes a picture out of an HTTP request without trusting a word the client says.

Two things are bounded before anything is decoded: the bytes, counted as they arrive (a client may
leave out or falsify ``Content-Length``), and the pixels, read from the picture's header, so that a
decompression bomb stays packed. Nothing here touches the disk.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
PICTURE_TYPES = (
    "image/png",
    "image/jpeg",
    "image/webp",
    "image/avif",
    "image/gif",
    "image/bmp",
    "image/tiff",
)

_FORM_TYPE = "multipart/form-data"
_FORM_OVERHEAD = 64 * 2**10
# What a client may announce for bare bytes. Command-line tools call any body a form unless told
# otherwise, so that name is let through; the bytes themselves decide what they are.
_ANONYMOUS_TYPES = ("", "application/octet-stream", "application/x-www-form-urlencoded")
# The broken bytes of a form, which the parser would print, help nobody on the server's terminal.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)

_PATIENCE_SECONDS = 30.0
_DRAIN_BYTES = 64 * 2**20
_DRAIN_SECONDS = 10.0


class UploadError(Exception):
    """A request that holds no usable picture: an HTTP status and a sentence for people."""

    def __init__(self, status: int, sentence: str, file: str | None = None) -> None:
        """Keep the status (4xx), the sentence, and the file's name where the client gave one."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.file = file


@dataclass(frozen=True)
class Upload:
    """A picture as it was sent: its bytes, and its file name if it came in a form."""

    content: bytes
    file: str | None


async def receive_picture(request: Request, large_uploads: "LargeUploads") -> Upload:
    """Read the one picture of a request, as form field ``file`` or as the whole body.

    Args:
        request: a request whose body has not been read.
        large_uploads: where a large body waits for its turn; hold it until the answer is made.

    Raises:
        UploadError: 400 nothing sent or a broken form, 408 too slow, 413 too many bytes, 415 the
            announced type is no picture.
        starlette.requests.ClientDisconnect: the client left.
    """
    content_type = request.headers.get("content-type", "")
    kind_name = parse_options_header(content_type)[0].decode("latin-1").lower()
    is_form = kind_name == _FORM_TYPE
    if not (is_form or kind_name.startswith("image/") or kind_name in _ANONYMOUS_TYPES):
        await _drain(request)
        raise UploadError(
            415,
            f"A body of type {_shown(kind_name)} is no picture: send a picture's bytes or a form.",
        )
    body = await _read_body(request, MAX_BYTES + (_FORM_OVERHEAD if is_form else 0), large_uploads)
    upload = await _picture_of_form(body, content_type) if is_form else Upload(body, None)
    if not upload.content:
        raise UploadError(400, "The request holds no picture: its body is empty.", upload.file)
    if len(upload.content) > MAX_BYTES:
        raise _too_many_bytes()
    return upload


class LargeUploads:
    """Lets only a few large bodies be in memory at a time; the others wait in their sockets.

    Small bodies pass freely. A waiting client is simply not read from, which the network's flow
    control passes on to it, so that a crowd with 10 MiB photos costs time instead of memory.
    """

    SMALL = 256 * 2**10

    def __init__(self, at_once: int = 8) -> None:
        """Allow ``at_once`` bodies of more than ``SMALL`` bytes at a time."""
        self._turns = asyncio.Semaphore(at_once)
        self._holders: set[int] = set()

    async def enter(self, request: Request) -> None:
        """Wait for a turn, unless this request has one."""
        if id(request) not in self._holders:
            await self._turns.acquire()
            self._holders.add(id(request))

    @contextlib.asynccontextmanager
    async def held_by(self, request: Request) -> AsyncIterator[None]:
        """Give the turn back at the end, if the request took one."""
        try:
            yield
        finally:
            if id(request) in self._holders:
                self._holders.remove(id(request))
                self._turns.release()


async def _read_body(request: Request, limit: int, large_uploads: LargeUploads) -> bytes:
    """Collect the body's chunks, stopping at ``limit`` bytes whatever was announced."""
    if _announced_length(request) > limit:
        # A client that asked first ("Expect: 100-continue") has sent nothing and needs no draining.
        if "expect" not in request.headers:
            await _drain(request)
        raise _too_many_bytes()
    body = bytearray()
    chunks = request.stream()
    while True:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                chunk = await anext(chunks, None)
        except TimeoutError:
            raise UploadError(
                408,
                f"The picture did not arrive: nothing came for {_PATIENCE_SECONDS:.0f} seconds.",
            ) from None
        if chunk is None:
            return bytes(body)
        body += chunk
        if len(body) > limit:
            body.clear()
            await _drain(request, chunks)
            raise _too_many_bytes()
        if len(body) > LargeUploads.SMALL:
            await large_uploads.enter(request)


async def _drain(request: Request, chunks: AsyncIterator[bytes] | None = None) -> None:
    """Read on and forget, within limits.

    Most clients listen only after they have sent everything; closing on them earlier would turn
    the answer into a broken connection.
    """
    seen = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for chunk in chunks or request.stream():
                seen += len(chunk)
                if seen > _DRAIN_BYTES:
                    return


def _announced_length(request: Request) -> int:
    announced = request.headers.get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _too_many_bytes() -> UploadError:
    return UploadError(
        413, f"The picture is larger than {MAX_BYTES // 2**20} MiB: send a smaller one."
    )


def _shown(text: str) -> str:
    """Return a client's words, short and printable, for use inside a sentence."""
    return "".join(character for character in text if character.isprintable())[:60] or "unknown"


class _Form(MultiPartParser):
    """A multipart form (RFC 7578) that stays in memory and must come whole."""

    spool_max_size = MAX_BYTES + _FORM_OVERHEAD

    def __init__(self, body: bytes, content_type: str) -> None:
        headers = Headers({"content-type": content_type})
        super().__init__(headers, self._stream(body), max_part_size=self.spool_max_size)
        self._is_whole = False

    async def _stream(self, body: bytes) -> AsyncGenerator[bytes, None]:
        yield body
        # The parser has seen all of it. What is raised in here makes it close its files.
        if not self._is_whole:
            raise MultiPartException("The form is cut off.")

    def on_end(self) -> None:
        """Note that the form has its last boundary."""
        self._is_whole = True


async def _picture_of_form(body: bytes, content_type: str) -> Upload:
    """Return the field ``file`` of a form.

    Raises:
        UploadError: 400, the form is broken or has no such field, or several.
    """
    if not body:
        raise UploadError(400, "The request holds no picture: its body is empty.")
    try:
        form = await _Form(body, content_type).parse()
    except (MultiPartException, ValueError, LookupError):
        raise UploadError(
            400, "The form cannot be read: its parts do not follow multipart/form-data."
        ) from None
    try:
        pictures = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
        if len(pictures) != 1:
            raise UploadError(
                400,
                f"The form needs one field named 'file' with the picture, not {len(pictures)}.",
            )
        return Upload(await pictures[0].read(), _printable(pictures[0].filename))
    finally:
        await form.close()


def _printable(name: str | None) -> str | None:
    """Return a file's name with a replacement for what cannot be written as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8") if name else None
