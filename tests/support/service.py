"""The web service with a stand-in for the recognizer, and what its tests send and expect."""

import contextlib
import io
import struct
import threading
import time
import zlib
from collections.abc import Iterator

import httpx
import numpy as np
from PIL import Image

from helpers.pictures.page import Box
from helpers.pictures.reading import DigitReading, Reading
from helpers.web.app import create_app
from helpers.web.processes import ReadingProcesses
from helpers.web.server import listen, server_of


class OneSeven:
    """Stands in for the recognizer: sees a 7 in every picture, and can take its time."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sizes: list[tuple[int, ...]] = []  # of the pictures, in the order of their turns
        self.may_answer = threading.Event()
        self.may_answer.set()

    def read(self, picture: np.ndarray, single: bool = False) -> Reading:
        self.sizes.append(picture.shape)
        self.may_answer.wait(30)
        time.sleep(self.seconds)
        shares = np.full(10, 0.01, np.float32)
        shares[7] = 0.91
        image = np.eye(28, dtype=np.uint8) * 255
        return Reading("7", (DigitReading(7, 0.91, Box(1, 2, 3, 4), shares, image, True),))


@contextlib.contextmanager
def running(recognizer: OneSeven | ReadingProcesses) -> Iterator[str]:
    """Serve the app from a thread, as the command does; gives its address."""
    listener = listen("127.0.0.1", 0)
    server = server_of(create_app(recognizer))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def encoded(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    """Return a grey picture as a file's content."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 200, 200)).save(file, kind)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """Return a tiny PNG whose header promises ``width`` x ``height`` pixels: a bomb."""

    def chunk(name: bytes, content: bytes) -> bytes:
        framed = name + content
        return struct.pack(">I", len(content)) + framed + struct.pack(">I", zlib.crc32(framed))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def assert_problem(response: httpx.Response, status: int, words: str = "") -> None:
    """The answer is an error in one sentence, as JSON."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    sentence = response.json()["error"]
    assert sentence[0].isupper()
    assert sentence[-1] == "."
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    assert words in sentence
