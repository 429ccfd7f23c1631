"""Connections that say nothing, too many of them, and uploads that never end."""

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from helpers.web import connections, forms, uploads
from support.service import OneSeven, assert_problem, encoded, running


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


@pytest.fixture
def impatient(monkeypatch) -> Iterator[str]:
    """A service that gives up soon."""
    monkeypatch.setattr(connections, "MOST_SILENT_SECONDS", 0.5)
    monkeypatch.setattr(uploads, "_GRACE_SECONDS", 0.6)
    monkeypatch.setattr(uploads, "_LOOK_SECONDS", 0.1)
    with running(OneSeven()) as address:
        yield address


HEAD = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize("said", [b"", b"GET / HT", HEAD])
def test_a_connection_that_never_asks_is_closed(impatient, said):
    with connect(impatient) as connection:
        connection.sendall(said)
        begun = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(100) == b""
        assert time.monotonic() - begun < 5


def test_a_request_byte_by_byte_does_not_keep_a_connection(impatient):
    with connect(impatient) as connection, pytest.raises(OSError):
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)


def test_an_upload_that_trickles_gets_an_answer_and_is_closed(impatient):
    content = encoded()
    head = HEAD + f"Content-Length: {len(content)}\r\n\r\n".encode()
    with connect(impatient) as connection:
        connection.sendall(head + content[:20])
        begun = time.monotonic()
        answer = b""
        with pytest.raises(OSError):
            for byte in content[20:]:
                connection.sendall(bytes([byte]))
                time.sleep(0.1)
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    answer += connection.recv(4000)
                connection.setblocking(True)
        assert time.monotonic() - begun < 5
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too slowly" in answer


def test_a_slow_upload_makes_way_for_those_who_wait():
    with pytest.raises(uploads.UploadError) as caught:
        uploads._check_pace(5, 300_000, others_wait=True)
    assert caught.value.status == 408
    uploads._check_pace(5, 300_000, others_wait=False)
    uploads._check_pace(55, 9 * 2**20, others_wait=False)
    with pytest.raises(uploads.UploadError):
        uploads._check_pace(61, 9 * 2**20, others_wait=False)


def test_more_connections_than_places_push_out_the_silent_ones(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 20)
    with running(OneSeven()) as address:
        crowd = [connect(address) for _ in range(60)]
        for connection in crowd:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        assert httpx.get(f"{address}/healthz", timeout=5).status_code == 200
        for connection in crowd:
            connection.close()


def test_with_all_places_busy_a_newcomer_is_told_so(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 3)
    with running(OneSeven()) as address:
        head = HEAD + b"Content-Length: 10\r\n\r\n"
        crowd = [connect(address) for _ in range(3)]
        for connection in crowd:
            connection.sendall(head)
        time.sleep(0.3)
        response = httpx.get(f"{address}/healthz", timeout=5)
        assert_problem(response, 503, "busy")
        assert response.headers["retry-after"] == "2"
        for connection in crowd:
            connection.close()


def test_places_are_bounded_by_the_files_that_may_be_open():
    pytest.importorskip("resource", reason="Windows counts differently")
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300)); "
        "from helpers.web.connections import most_connections; print(most_connections())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == (300 - 64) // 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_a_full_table_of_files_neither_deafens_the_server_nor_fills_its_log(tmp_path):
    command = f"ulimit -n 200; exec {sys.executable} -m helpers serve --port 0"
    with subprocess.Popen(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        crowd = []
        for _ in range(250):
            crowd.append(connect(found[0]))
            crowd[-1].sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        for _ in range(3):
            assert httpx.get(f"{found[0]}/healthz", timeout=5).status_code == 200
        answer = httpx.post(f"{found[0]}/api/predict", content=encoded(), timeout=20)
        assert answer.status_code == 200, answer.text
        for connection in crowd:
            connection.close()
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert errors == ""


@pytest.mark.parametrize("name", ["a", "file"])
def test_a_form_of_many_parts_is_refused_at_once(client, name):
    part = f'--xyz\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n1\r\n'.encode()
    body = part * (9 * 2**20 // len(part)) + b"--xyz--\r\n"
    begun = time.process_time()
    response = client.post(
        "/api/predict",
        content=body,
        headers={"content-type": "multipart/form-data; boundary=xyz"},
    )
    assert_problem(response, 400, f"{forms.MOST_PARTS} parts")
    assert time.process_time() - begun < 1.5


def test_the_smallest_chunks_do_not_keep_others_waiting(address):
    with connect(address) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"1\r\nx\r\n" * 100_000)
        begun = time.perf_counter()
        assert httpx.get(f"{address}/healthz", timeout=20).status_code == 200
        assert time.perf_counter() - begun < 2
        connection.sendall(b"0\r\n\r\n")
        assert b" 415 " in connection.recv(4000)
