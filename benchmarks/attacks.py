"""What attacks the service, and how long a drawing waits beside it (for benchmarks/service.py)."""

from __future__ import annotations

import io
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
from PIL import Image

from helpers.paths import PROJECT_FOLDER

sys.path.append(str(PROJECT_FOLDER / "tests"))
import contextlib

from support import bombs

MEGABYTE = 10**6
HEAD = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def costly(side: int = 6300) -> bytes:
    """Return a picture of straight stripes, which costs as much as a picture may."""
    picture = np.full((side, side), 255, np.uint8)
    picture[np.arange(side) % 70 < 20] = 0
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def form_of_many_parts() -> bytes:
    """Return a form of ten megabytes that holds nothing but parts."""
    part = b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n1\r\n'
    return part * (10 * MEGABYTE // len(part)) + b"--x--\r\n"


PICTURES: dict[str, Callable[[], bytes]] = {
    **{name: lambda make=make: make(MEGABYTE) for name, make in bombs.BOMBS.items()},  # type: ignore[misc]
    "jpeg_scans_10_MB": lambda: bombs.jpeg_scans(10 * MEGABYTE),
    "tiff_tiles_10_MB": lambda: bombs.tiff_tiles(10 * MEGABYTE),
    "deep_png_40_megapixels": lambda: bombs.deep_png(0, 6300),
    "stripes_40_megapixels": costly,
}


def attacks(address: str, drawing: bytes, memory: Callable[[], float]) -> dict[str, Any]:
    """Send each attack, two at a time, while drawings are asked about; return seconds and MiB."""
    url = f"{address}/api/predict"
    figures: dict[str, Any] = {}
    for name, make in PICTURES.items():
        content = make()
        figures[name] = beside(lambda body=content: [_ask(url, body)], 2, url, drawing, memory)  # type: ignore[misc]
    body = form_of_many_parts()
    kind = "multipart/form-data; boundary=x"
    figures["form_of_many_parts"] = beside(lambda: [_ask(url, body, kind)], 2, url, drawing, memory)
    figures["uploads_that_trickle"] = beside(lambda: _trickle(address), 8, url, drawing, memory)
    figures["connections_half_open"] = beside(lambda: _half_open(address), 1, url, drawing, memory)
    return figures


def _ask(url: str, content: bytes, kind: str = "image/png") -> tuple[int, float]:
    begun = time.perf_counter()
    answer = httpx.post(url, content=content, headers={"content-type": kind}, timeout=120)
    return answer.status_code, time.perf_counter() - begun


def beside(
    attack: Callable[[], list[tuple[int, float]]],
    at_once: int,
    url: str,
    drawing: bytes,
    memory: Callable[[], float],
) -> dict[str, Any]:
    """Run an attack several times at once, and ask about drawings until all of it has ended."""
    waits: list[tuple[int, float]] = []
    peak = memory()
    with ThreadPoolExecutor(at_once) as crowd:
        running = [crowd.submit(attack) for _ in range(at_once)]
        while not waits or not all(answer.done() for answer in running):
            waits.append(_ask(url, drawing))
            peak = max(peak, memory())
            time.sleep(0.02)
    answers = [answer for answered in running for answer in answered.result()]
    time.sleep(0.5)
    return {
        "statuses": sorted({status for status, _ in answers}),
        "seconds": round(max(seconds for _, seconds in answers), 2),
        "a_drawing_waits_s": round(max(seconds for _, seconds in waits), 2),
        "drawings_refused": sum(status != 200 for status, _ in waits),
        "peak_mib": round(peak),
        "mib_afterwards": round(memory()),
    }


def _connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=120)


def _trickle(address: str) -> list[tuple[int, float]]:
    """Send 300 kB of a picture of 10 MB, and then a byte a second."""
    begun = time.perf_counter()
    with _connect(address) as connection:
        connection.sendall(HEAD + b"Content-Length: 10000000\r\n\r\n" + bytes(300_000))
        ended = threading.Event()

        def send() -> None:
            while not ended.wait(1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        sender = threading.Thread(target=send)
        sender.start()
        answer = connection.recv(1000)
        ended.set()
        sender.join()
    return [(int(answer.split()[1]), time.perf_counter() - begun)]


def _half_open(address: str, count: int = 900) -> list[tuple[int, float]]:
    """Open connections that never finish asking; they count as answered when all are closed."""
    begun = time.perf_counter()
    crowd = []
    for _ in range(count):
        crowd.append(_connect(address))
        crowd[-1].sendall(HEAD)
    for connection in crowd:
        with contextlib.suppress(ConnectionResetError):
            connection.recv(1)
        connection.close()
    return [(0, time.perf_counter() - begun)]
