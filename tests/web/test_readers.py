"""Pictures are read a few at a time, while the service goes on listening."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from helpers.web.readers import SEATS
from support.service import encoded


@pytest.mark.slow
def test_healthz_answers_while_all_readers_work(address, recognizer, monkeypatch):
    monkeypatch.setattr(recognizer, "seconds", 0.3)

    def ask(_: int) -> int:
        return httpx.post(f"{address}/api/predict", content=encoded(), timeout=60).status_code

    with ThreadPoolExecutor(12) as crowd:
        answers = crowd.map(ask, range(12))
        time.sleep(0.3)
        begin = time.perf_counter()
        assert httpx.get(f"{address}/healthz", timeout=60).status_code == 200
        waited = time.perf_counter() - begin
        assert list(answers) == [200] * 12
    # Six rounds of 0.3 seconds are under way: a server that waits for them takes that long.
    assert waited < 1.5


def wait_until(condition) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_pictures_of_clients_that_left_are_not_read(address, recognizer):
    host, port = address.removeprefix("http://").split(":")

    def ask(width: int) -> socket.socket:
        content = encoded(width, 30)
        head = f"Host: {host}\r\nContent-Type: image/png\r\nContent-Length: {len(content)}"
        connection = socket.create_connection((host, int(port)))
        connection.sendall(f"POST /api/predict HTTP/1.1\r\n{head}\r\n\r\n".encode() + content)
        return connection

    before = len(recognizer.sizes)
    recognizer.may_answer.clear()
    try:
        at_work = [ask(40) for _ in range(SEATS)]
        wait_until(lambda: len(recognizer.sizes) == before + SEATS)
        waiting = [ask(50) for _ in range(8)]
        time.sleep(0.2)
        for connection in waiting:
            connection.close()
        # The server hears of that before it answers what was asked later.
        assert httpx.get(f"{address}/healthz").status_code == 200
    finally:
        recognizer.may_answer.set()
    last = httpx.post(f"{address}/api/predict", content=encoded(60, 30), timeout=30)
    assert last.status_code == 200
    widths = [size[1] for size in recognizer.sizes[before:]]
    assert widths == [40] * SEATS + [60]
    for connection in at_work:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        connection.close()
