"""What the service and the processes that read for it tell each other; imports next to nothing."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, NamedTuple

# Of an uploaded picture: the most bytes and pixels.
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 40_000_000
# A drawing has a tenth of this many pixels, and is read in a hundredth of a second.
QUICK_PIXELS = 1_000_000


class Outcome(NamedTuple):
    """What a picture came to: the status of the HTTP answer, and its JSON."""

    status: int
    body: bytes


def outcome_of(status: int, body: dict[str, Any]) -> Outcome:
    """Return an outcome whose JSON is not yet written."""
    return Outcome(status, json.dumps(body).encode())


def problem(status: int, sentence: str, file: str | None = None) -> Outcome:
    """Return why there is no answer; ``file`` is the picture's name, where it has one."""
    return outcome_of(status, {"error": sentence, **({"file": file} if file else {})})


# The picture was only looked at: it has more pixels than was allowed.
LARGE = Outcome(0, b"")

# Before a picture: how long its name and its content are, and the most pixels to read.
QUESTION = struct.Struct(">IIQ")
# Before an outcome: its status, and how long its JSON is. A process that is ready says it once.
ANSWER = struct.Struct(">II")
READY = 1


class UploadError(Exception):
    """A request that gets no reading: an HTTP status and a sentence for people.

    headers: of the answer. Where a request has not come whole, they close the connection.
    """

    def __init__(self, status: int, sentence: str, file: str | None = None) -> None:
        """Keep the status (4xx), the sentence, and the file's name where the client gave one."""
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.file = file
        self.headers: dict[str, str] = {}


class BusyError(UploadError):
    """There is too much to do: the client is told when to ask again."""

    def __init__(self, seconds: float) -> None:
        """Tell the client to come back after so many seconds."""
        whole = math.ceil(seconds)
        super().__init__(503, f"The server is busy: try again in {whole} seconds.")
        self.headers = {"retry-after": str(whole)}


class Upload(NamedTuple):
    """A picture as it was sent: its bytes, and its file name if it came in a form."""

    content: bytes
    file: str | None
