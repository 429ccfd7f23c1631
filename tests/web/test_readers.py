"""Pictures are read a few at a time, while the service goes on listening."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from helpers.web import readers
from helpers.web.readers import SEATS
from support.service import assert_problem, encoded


@pytest.mark.slow
def test_healthz_answers_while_all_readers_work(address, recognizer, monkeypatch):
    monkeypatch.setattr(recognizer, "seconds", 0.3)
    monkeypatch.setattr(readers, "PATIENCE", 60.0)

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


@pytest.mark.parametrize(
    ("size", "patience"), [((40, 30), "PATIENCE"), ((1200, 1000), "PATIENCE_FOR_LARGE")]
)
def test_who_waits_too_long_is_told_when_to_ask_again(
    address, recognizer, monkeypatch, size, patience
):
    monkeypatch.setattr(readers, patience, 0.5)
    before = len(recognizer.sizes)
    recognizer.may_answer.clear()
    with ThreadPoolExecutor(SEATS + 1) as crowd:

        def ask(width: int, height: int) -> httpx.Response:
            return httpx.post(f"{address}/api/predict", content=encoded(width, height), timeout=60)

        try:
            at_work = [crowd.submit(ask, 40, 30) for _ in range(SEATS)]
            wait_until(lambda: len(recognizer.sizes) == before + SEATS)
            begin = time.perf_counter()
            # A large picture is looked at first, which takes a seat, too.
            response = ask(*size)
            waited = time.perf_counter() - begin
        finally:
            recognizer.may_answer.set()
        assert [answer.result().status_code for answer in at_work] == [200] * SEATS
    assert_problem(response, 503, "busy")
    assert int(response.headers["retry-after"]) >= 1
    assert waited < 5
    assert ask(*size).status_code == 200
