"""Takes the picture out of a multipart form (RFC 7578), in a thread and within limits."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator

from anyio import to_thread
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from helpers.web.outcome import MAX_BYTES, Upload, UploadError

# A form with a picture has one part, or a few; each costs the parser time, whatever is in it.
MOST_PARTS = 50
_SPOOL = 2 * MAX_BYTES  # more than any body: nothing is written to the disk

# The broken bytes of a form, which the parser would print, help nobody on the server's terminal.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


async def picture_of_form(body: bytes, content_type: str) -> Upload:
    """Return the field ``file`` of a form.

    Raises:
        UploadError: 400, the form is broken, has too many parts, no such field, or several.
    """
    if not body:
        raise UploadError(400, "The request holds no picture: its body is empty.")
    boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
    if body.count(b"\r\n--" + boundary) > MOST_PARTS:
        raise UploadError(
            400, f"The form has more than {MOST_PARTS} parts: send the picture as the only one."
        )
    try:
        form = await to_thread.run_sync(_parsed, body, content_type)
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


class _Form(MultiPartParser):
    """A form that stays in memory and must come whole."""

    spool_max_size = _SPOOL

    def __init__(self, body: bytes, content_type: str) -> None:
        headers = Headers({"content-type": content_type})
        super().__init__(headers, self._stream(body), max_part_size=_SPOOL)
        self._is_whole = False

    async def _stream(self, body: bytes) -> AsyncGenerator[bytes, None]:
        yield body
        # The parser has seen all of it. What is raised in here makes it close its files.
        if not self._is_whole:
            raise MultiPartException("The form is cut off.")

    def on_end(self) -> None:
        """Note that the form has its last boundary."""
        self._is_whole = True


def _parsed(body: bytes, content_type: str) -> FormData:
    """Return the parts of a form. With all of it in memory the parser waits for nothing."""
    parsing = _Form(body, content_type).parse()
    try:
        parsing.send(None)
    except StopIteration as end:
        return end.value
    parsing.close()
    raise RuntimeError("The parser waits for something.")


def _printable(name: str | None) -> str | None:
    """Return a file's name with a replacement for what cannot be written as UTF-8."""
    return name.encode("utf-8", "replace").decode("utf-8") if name else None
