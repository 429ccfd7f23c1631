"""The processes that read pictures: as the service answers with them, bounded, and ended."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import psutil
import pytest
from PIL import Image

from helpers.machine import bounds
from helpers.machine.bounds import HAS_BOUNDED_FORKS
from helpers.paths import IMAGES_FOLDER
from helpers.web import children, outcome
from helpers.web.processes import ReadingProcesses
from support import bombs
from support.service import assert_problem, running

pytestmark = [
    pytest.mark.skipif(not HAS_BOUNDED_FORKS, reason="pictures are read in threads here"),
    pytest.mark.slow,
]
SEVEN = (IMAGES_FOLDER / "seven.jpg").read_bytes()


@pytest.fixture(scope="module")
def processes() -> Iterator[ReadingProcesses]:
    found = ReadingProcesses()
    found.wait()
    yield found
    found.close()


@pytest.fixture(scope="module")
def address(processes) -> Iterator[str]:
    with running(processes) as found:
        yield found


def large(content: bytes = SEVEN, size: tuple[int, int] = (4000, 3000)) -> bytes:
    """The same picture as a camera would give it."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(content)) as image:
        image.resize(size).save(file, "JPEG")
    return file.getvalue()


def stripes(side: int = 6300) -> bytes:
    """A picture that is costly: straight stripes, as of a fence."""
    picture = np.full((side, side), 255, np.uint8)
    picture[np.arange(side) % 20 < 6] = 0
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def readers_of(processes: ReadingProcesses) -> list[psutil.Process]:
    return psutil.Process(processes._process.pid).children()


def wait_until(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def test_small_and_large_pictures_are_read(client):
    for content in (SEVEN, large(), SEVEN):
        response = client.post("/api/predict", files={"file": ("täst.jpg", content)})
        assert response.status_code == 200
        answer = response.json()
        assert (answer["text"], answer["file"]) == ("7", "täst.jpg")
        assert len(answer["digits"][0]["probabilities"]) == 10


def test_what_is_no_picture_is_refused_as_by_threads(client):
    assert_problem(client.post("/api/predict", content=b"hello"), 415, "picture")
    assert_problem(client.post("/api/predict", content=SEVEN[:-3000]), 422, "cut off")


def test_memory_comes_back_after_a_large_picture(client, processes):
    client.post("/api/predict", content=SEVEN)
    # The service runs in the tests' own process, which other tests have filled: only growth counts.
    picture, before = large(), psutil.Process().memory_info().rss
    for _ in range(5):
        assert client.post("/api/predict", content=picture).status_code == 200
    wait_until(lambda: all(p.memory_info().rss < 100 * 2**20 for p in readers_of(processes)))
    # One decoded picture of 4,000 by 3,000 pixels takes 36 MB.
    assert psutil.Process().memory_info().rss < before + 36 * 10**6


def test_a_picture_that_costs_too_much_is_ended(monkeypatch):
    # The process imports the limit by itself.
    monkeypatch.setattr(
        "helpers.web.processes._START",
        "import sys; sys.path[0] = sys.argv[2]; from helpers.web import children; "
        "children.MOST_SECONDS = 0.2; children.main()",
    )
    processes = ReadingProcesses()
    try:
        processes.wait()
        with running(processes) as address:
            begun = time.process_time()
            response = httpx.post(f"{address}/api/predict", content=stripes(), timeout=60)
            assert_problem(response, 413, "seconds")
            assert time.process_time() - begun < 5
            assert httpx.post(f"{address}/api/predict", content=SEVEN, timeout=60).json()["text"]
    finally:
        processes.close()


def test_a_picture_that_takes_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr(
        "helpers.web.processes._START",
        "import sys; sys.path[0] = sys.argv[2]; from helpers.web import children; "
        "children.MOST_MEMORY = 60 * 2**20; children.main()",
    )
    processes = ReadingProcesses()
    try:
        processes.wait()
        with running(processes) as address:
            response = httpx.post(
                f"{address}/api/predict", content=bombs.deep_png(0, 4000), timeout=60
            )
            assert_problem(response, 413)
            assert httpx.post(f"{address}/api/predict", content=SEVEN, timeout=60).json()["text"]
    finally:
        processes.close()


def test_nobody_waits_for_costly_pictures(address):
    """Drawings and other photos are answered meanwhile; of two costly ones, one may be put off."""
    costly = stripes()

    def ask(content: bytes) -> tuple[int, float]:
        begun = time.perf_counter()
        status = httpx.post(f"{address}/api/predict", content=content, timeout=60).status_code
        return status, time.perf_counter() - begun

    alone = min(ask(SEVEN)[1] for _ in range(3))
    with ThreadPoolExecutor(8) as crowd:
        slow = [crowd.submit(ask, costly) for _ in range(3)]
        time.sleep(0.5)
        quick = [crowd.submit(ask, SEVEN).result() for _ in range(8)]
        answers = [answer.result() for answer in slow]
    assert [status for status, _ in quick] == [200] * 8
    # Compared with what the costly ones take on this machine, which may be busy with other tests.
    costliest = max(seconds for _, seconds in answers)
    assert max(seconds for _, seconds in quick) < alone + costliest / 2
    assert {status for status, _ in answers} <= {200, 413, 503}


def test_a_process_that_is_killed_is_replaced(client, processes):
    client.post("/api/predict", content=SEVEN)
    for process in readers_of(processes):
        process.kill()
    wait_until(lambda: not readers_of(processes))
    assert client.post("/api/predict", content=SEVEN).json()["text"] == "7"
    os.kill(processes._process.pid, signal.SIGKILL)
    processes._process.wait()
    client.post("/api/predict", content=large())  # of what is idle, nothing may be left
    assert client.post("/api/predict", content=SEVEN).json()["text"] == "7"
    assert client.post("/api/predict", content=large()).json()["text"] == "7"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_the_server_ends_within_two_seconds_and_answers_what_is_under_way(tmp_path, end):
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
        ) as process,
        ThreadPoolExecutor(3) as crowd,
    ):
        assert process.stdout is not None
        started = re.search(r"http://\S+", process.stdout.readline())
        assert started
        url = f"{started[0]}/api/predict"
        httpx.post(url, content=SEVEN, timeout=60)

        def slowly() -> Iterator[bytes]:
            yield SEVEN[:1000]
            time.sleep(4)
            yield SEVEN[1000:]

        slow = crowd.submit(httpx.post, url, content=stripes(), timeout=60)
        upload = crowd.submit(httpx.post, url, content=slowly(), timeout=60)
        time.sleep(0.7)
        begun = time.monotonic()
        process.send_signal(end)
        _, errors = process.communicate(timeout=30)
        assert time.monotonic() - begun < 2.5
        assert slow.result().status_code in {200, 503}
        if slow.result().status_code == 503:
            assert_problem(slow.result(), 503, "closing")
            assert int(slow.result().headers["retry-after"]) > 0
        assert_problem(upload.result(), 503, "closing")
    assert "Traceback" not in errors
    assert not errors


def test_processes_end_with_the_server(tmp_path):
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        started = re.search(r"http://\S+", process.stdout.readline())
        assert started
        httpx.post(f"{started[0]}/api/predict", content=SEVEN, timeout=60)
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) == 2
        process.kill()  # nobody tells them
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive


def test_the_bounds_are_those_that_are_described(client):
    description = client.get("/openapi.json").json()
    responses = description["paths"]["/api/predict"]["post"]["responses"]
    assert "5 seconds" in responses["413"]["description"]
    assert "Retry-After" in responses["503"]["headers"]
    assert children.MOST_SECONDS == bounds.MOST_SECONDS == 5
    assert json.loads(outcome.problem(413, "Why.", "a.png").body) == {
        "error": "Why.",
        "file": "a.png",
    }


def test_bodies_of_the_fuzzer_come_from_seed_and_number_alone():
    from web import fuzz

    bodies = [fuzz.body_of(3, number) for number in range(60)]
    assert bodies == [fuzz.body_of(3, number) for number in range(60)]
    assert len(set(content for content, _ in bodies)) > 50
    assert any("multipart" in headers["content-type"] for _, headers in bodies)
    assert len(fuzz.pictures()) > 40


def test_the_fuzzer_finds_a_server_that_answers_wrongly():
    from web import fuzz

    def answer(status: int, **options) -> httpx.Response:
        return httpx.Response(status, **options)

    assert fuzz.fault_of(answer(200, json={"digits": []}), 1) == ""
    assert fuzz.fault_of(answer(413, json={"error": "Too large."}), 1) == ""
    assert "500" in fuzz.fault_of(answer(500, text="Internal Server Error"), 1)
    assert "text/plain" in fuzz.fault_of(answer(400, text="Bad"), 1)
    assert fuzz.fault_of(answer(400, json={"detail": "x"}), 1)
    assert fuzz.fault_of(answer(200, json={"digits": []}), 99)
