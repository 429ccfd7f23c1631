"""Connections to the service: how many there may be, and for how long one may say nothing."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

# From the begin of a connection until its first request is there, and from an answer to the next.
MOST_SILENT_SECONDS = 10.0
MOST_SECONDS_BETWEEN = 30.0
# Files that the process has open beside its connections, generously.
_OTHER_FILES = 64
# What is read from a connection at a time, so that nobody waits for what is in it; and what where
# it comes in chunks of a few bytes, each of which takes as long as one of many.
_BYTES_AT_A_TIME = 32 * 2**10
_BYTES_IN_SMALL_CHUNKS = 2**10
_FULL = b'{"error":"The server is busy: try again in 2 seconds."}'


def most_connections() -> int:
    """Return how many connections there may be: half of what the system lets this process open.

    The others are for those that are accepted before these are closed, some at a time
    (``accepted_at_once``). The system is asked for more first.
    """
    try:
        import resource
    except ImportError:  # Windows counts differently, and high
        return 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * 1000 + _OTHER_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return 1000 if soft < 0 else max(16, min(1000, (soft - _OTHER_FILES) // 2))


def accepted_at_once(most: int) -> int:
    """Return how many connections to accept before the loop turns to anything else."""
    return max(8, most // 4)


def pass_over_full_tables(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep off the terminal that there is no room for a connection, time and again."""
    error = context.get("exception")
    full = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
    if not (isinstance(error, OSError) and error.errno in full):
        loop.default_exception_handler(context)


class Connection(H11Protocol):
    """A connection that is closed when it asks nothing, or when others need its place."""

    most = 1000

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a place; if there is none, that of whoever has been silent for longest."""
        super().connection_made(transport)
        transport.max_size = _BYTES_IN_SMALL_CHUNKS  # type: ignore[attr-defined]
        self.silent_since = time.monotonic()
        if len(self.connections) > self.most:
            others = [other for other in _silent(self.connections) if other is not self]
            oldest = min(others, key=lambda other: other.silent_since, default=None)
            if oldest:
                oldest.drop()
            else:
                self._turn_away()

    def data_received(self, data: bytes) -> None:
        """Take what came, and less of it the next time if it is cut small."""
        is_cut_small = data.count(b"\n") > len(data) // 16
        size = _BYTES_IN_SMALL_CHUNKS if is_cut_small else _BYTES_AT_A_TIME
        self.transport.max_size = size  # type: ignore[attr-defined]
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Note when the connection fell silent."""
        self.silent_since = time.monotonic()
        super().on_response_complete()

    @property
    def is_silent(self) -> bool:
        """Whether no request is under way."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Close it at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _turn_away(self) -> None:
        head = (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
            f"content-length: {len(_FULL)}\r\nretry-after: 2\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + _FULL)
        self.connections.discard(self)
        self.transport.close()


def _silent(connections: Iterable[Any]) -> list[Connection]:
    return [other for other in connections if isinstance(other, Connection) and other.is_silent]


def drop_silent(connections: Iterable[Any]) -> None:
    """Close the connections that have asked nothing for too long."""
    now = time.monotonic()
    for connection in _silent(list(connections)):
        patience = MOST_SECONDS_BETWEEN if connection.cycle else MOST_SILENT_SECONDS
        if now - connection.silent_since > patience:
            connection.drop()
