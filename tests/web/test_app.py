"""The web service: what it answers, what it refuses, and that nothing gets it down."""

import argparse
import asyncio
import base64
import contextlib
import io
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import uvicorn
from PIL import Image

from helpers.errors import ModelError
from helpers.pictures.recognizer import DigitReading, Reading
from helpers.web import app as web
from helpers.web.uploads import MAX_BYTES, LargeUploads


class OneSeven:
    """Stands in for the recognizer: sees a 7 in every picture, and can take its time."""

    seconds = 0.0
    pictures = 0

    def read(self, picture: np.ndarray, single: bool = False) -> Reading:
        self.pictures += 1
        time.sleep(self.seconds)
        shares = np.full(10, 0.01, np.float32)
        shares[7] = 0.91
        image = np.eye(28, dtype=np.uint8) * 255
        return Reading("7", (DigitReading(7, 0.91, (1, 2, 3, 4), shares, image, True),))


@contextlib.contextmanager
def running(recognizer: OneSeven) -> Iterator[str]:
    """Serve the app from a thread; gives its address."""
    listener = web.listen("127.0.0.1", 0)
    config = uvicorn.Config(web.create_app(recognizer), log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture(scope="module")
def recognizer() -> OneSeven:
    return OneSeven()


@pytest.fixture(scope="module")
def address(recognizer) -> Iterator[str]:
    with running(recognizer) as found:
        yield found


@pytest.fixture
def client(address) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=30) as found:
        yield found


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


def form(*parts: bytes, boundary: bytes = b"xyz", end: bytes = b"--xyz--\r\n") -> bytes:
    """Return a multipart body of ready-made parts."""
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + end


def part(name: str, content: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'
    return head.encode() + content


FORM_TYPE = {"content-type": "multipart/form-data; boundary=xyz"}


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


# ---- answers ----


def test_healthz(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_reads_a_form(client, kind):
    content = encoded(kind=kind)
    response = client.post("/api/predict", files={"file": ("seven.img", content)})
    assert response.status_code == 200
    answer = response.json()
    assert answer["file"] == "seven.img"
    assert answer["text"] == "7"
    assert (answer["width"], answer["height"]) == (40, 30)
    (digit,) = answer["digits"]
    assert digit["digit"] == 7
    assert digit["probability"] == pytest.approx(0.91)
    assert digit["box"] == [1, 2, 3, 4]
    assert digit["confident"] is True
    assert len(digit["probabilities"]) == 10
    with Image.open(io.BytesIO(base64.b64decode(digit["image"]))) as image:
        assert image.size == (28, 28)
        assert image.getpixel((5, 5)) == 255


@pytest.mark.parametrize(
    "kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", None]
)
def test_reads_a_raw_body(client, kind):
    headers = {"content-type": kind} if kind else {}
    response = client.post("/api/predict", content=encoded(), headers=headers)
    assert response.status_code == 200
    assert response.json()["text"] == "7"
    assert response.json()["file"] is None


def test_reads_a_body_sent_in_chunks_without_a_length(client):
    content = encoded(400, 300)
    chunks = (content[i : i + 100] for i in range(0, len(content), 100))
    response = client.post("/api/predict", content=chunks, headers={"content-type": "image/png"})
    assert response.json()["text"] == "7"


def test_a_picture_of_one_pixel_holds_no_digit(client):
    response = client.post("/api/predict", content=encoded(1, 1))
    assert response.status_code == 200
    assert (response.json()["text"], response.json()["digits"]) == ("", [])


def test_a_form_may_hold_other_fields(client):
    body = form(part("note", b"mine"), part("file", encoded()), part("", b""))
    assert client.post("/api/predict", content=body, headers=FORM_TYPE).status_code == 200


# ---- refusals ----


@pytest.mark.parametrize(
    ("body", "headers", "status", "words"),
    [
        (b"", {}, 400, "empty"),
        (b"", {"content-type": "image/png"}, 400, "empty"),
        (b"", FORM_TYPE, 400, "empty"),
        (form(part("file", b"")), FORM_TYPE, 400, "empty"),
        (form(part("picture", encoded())), FORM_TYPE, 400, "'file'"),
        (form(part("file", encoded()), part("file", encoded())), FORM_TYPE, 400, "not 2"),
        (form(part("file", encoded()), end=b""), FORM_TYPE, 400, "form"),
        (form(part("file", encoded()))[:90], FORM_TYPE, 400, "form"),
        (b"no parts at all", FORM_TYPE, 400, "form"),
        (encoded(), {"content-type": "multipart/form-data"}, 400, "form"),
        (encoded(), {"content-type": "multipart/form-data; boundary=" + "x" * 300}, 400, "form"),
        (b'{"a": 1}', {"content-type": "application/json"}, 415, "application/json"),
        (b"hello", {"content-type": "text/plain"}, 415, "text/plain"),
        (b"hello", {"content-type": "image/png"}, 415, "picture"),
        (b"<svg xmlns='x'/>", {"content-type": "image/svg+xml"}, 415, "picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", {"content-type": "image/x-eps"}, 415, "picture"),
        (b"\0\0\0\x18ftypheic" + bytes(40), {"content-type": "image/heic"}, 415, "JPEG"),
        (encoded(300, 300)[:-60], {"content-type": "image/png"}, 422, ""),
        (encoded(300, 300, "JPEG")[:-700], {"content-type": "image/jpeg"}, 422, ""),
        (b"GIF89a" + bytes(3), {"content-type": "image/gif"}, 415, "picture"),
        (b"P6 99999999999999999999 1 255 ", {"content-type": "image/x-ppm"}, None, ""),
    ],
)
def test_refuses_what_is_no_picture(client, body, headers, status, words):
    response = client.post("/api/predict", content=body, headers=headers)
    assert_problem(response, status or response.status_code, words)
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("excess", [1, 5 * 2**20])
def test_refuses_more_than_ten_mebibytes(client, excess):
    content = encoded() + bytes(MAX_BYTES - len(encoded()) + excess)
    assert_problem(client.post("/api/predict", content=content), 413, "10 MiB")
    assert_problem(client.post("/api/predict", files={"file": content}), 413, "10 MiB")
    chunks = (content[i : i + 2**18] for i in range(0, len(content), 2**18))
    assert_problem(client.post("/api/predict", content=chunks), 413, "10 MiB")


def test_takes_exactly_ten_mebibytes(client):
    content = encoded() + bytes(MAX_BYTES - len(encoded()))
    assert client.post("/api/predict", content=content).status_code == 200
    assert client.post("/api/predict", files={"file": content}).status_code == 200


@pytest.mark.parametrize("size", [(6400, 6251), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_not_decoded(client, monkeypatch, size):
    def decode(content: bytes) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr(web, "read_picture", decode)
    response = client.post("/api/predict", content=png_claiming(*size))
    assert_problem(response, 413, "40 megapixels")


@pytest.mark.slow
def test_takes_forty_megapixels(client):
    response = client.post("/api/predict", content=encoded(8000, 5000))
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/predict", {"POST"}),
        ("PUT", "/api/predict", {"POST"}),
        ("DELETE", "/api/predict", {"POST"}),
        ("TRACE", "/api/predict", {"POST"}),
        ("POST", "/healthz", {"GET"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("PATCH", "/static/pad.js", {"GET", "HEAD"}),
    ],
)
def test_wrong_methods(client, method, path, allowed):
    response = client.request(method, path)
    assert_problem(response, 405)
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/static/", "/static/..%2fapp.py", "/static/../app.py", "/docs", "/api/predict/"],
)
def test_unknown_addresses(client, path):
    assert_problem(client.get(path), 404)


def test_broken_requests_do_not_end_the_server(address, client):
    host, port = address.removeprefix("http://").split(":")
    head = b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    for nonsense in (
        b"\x00\xff\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        head + b"Content-Length: -5\r\n\r\n",
        head + b"Content-Length: 99999999999999999999\r\n\r\nabc",
        head + b"Content-Length: 100\r\n\r\nabc",
        head + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(15)
            received = connection.recv(2000)
        assert not received.startswith(b"HTTP/1.1 5")
    assert client.get("/healthz").status_code == 200


# ---- who may ask ----


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://[broken"},
    ],
)
def test_other_pages_may_not_ask(client, headers):
    response = client.post("/api/predict", content=encoded(), headers=headers)
    assert_problem(response, 403, "other web pages")
    assert "access-control-allow-origin" not in response.headers


def test_our_own_page_may_ask(client, address):
    for headers in ({"origin": address}, {"sec-fetch-site": "same-origin"}):
        response = client.post("/api/predict", content=encoded(), headers=headers)
        assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/openapi.json"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "192.0.2.7", "[x"])
def test_a_foreign_name_for_this_machine_is_refused(client, path, host):
    assert_problem(client.get(path, headers={"host": host}), 421)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:9", "[::1]:8000", "app.localhost"]
)
def test_this_machines_own_names_are_served(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


def test_every_answer_has_security_headers(client):
    answers = [
        client.get("/"),
        client.get("/static/pad.js"),
        client.get("/nothing"),
        client.post("/api/predict", content=b"x"),
        client.get("/", headers={"host": "evil.example"}),
    ]
    for response in answers:
        policy = response.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert response.headers["cross-origin-resource-policy"] == "same-origin"
        assert response.headers["cross-origin-opener-policy"] == "same-origin"
        assert "server" not in response.headers or "uvicorn" in response.headers["server"]


def test_page_needs_nothing_from_elsewhere(client):
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)
    names = re.findall(r'(?:src|href)="(static/[^"]+)"', page)
    assert {"static/page.js", "static/pad.css", "static/favicon.svg"} <= set(names)
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
    for name in [*names, "static/pad.js"]:
        response = client.get(f"/{name}")
        assert response.headers["content-type"].startswith(kinds[Path(name).suffix])
        addresses = re.findall(r"https?://[^\s\"'`)]+", response.text)
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}
    assert client.head("/").status_code == 200


# ---- under load ----


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


def test_pictures_of_clients_that_left_are_not_read(address, recognizer, monkeypatch):
    monkeypatch.setattr(recognizer, "seconds", 0.4)
    before = recognizer.pictures
    host, port = address.removeprefix("http://").split(":")
    content = encoded()
    request = (
        b"POST /api/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/png\r\n"
        b"Content-Length: %d\r\n\r\n" % len(content)
    ) + content
    connections = [socket.create_connection((host, int(port))) for _ in range(10)]
    for connection in connections:
        connection.sendall(request)
    time.sleep(0.2)
    for connection in connections:
        connection.close()
    assert httpx.post(f"{address}/api/predict", content=content, timeout=30).status_code == 200
    assert recognizer.pictures - before < 10


def test_only_a_few_large_bodies_are_in_memory_at_once():
    async def scene() -> int:
        uploads, inside, most = LargeUploads(at_once=3), 0, 0

        async def upload(request: object) -> None:
            nonlocal inside, most
            async with uploads.held_by(request):
                await uploads.enter(request)
                await uploads.enter(request)  # a second chunk of the same body
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(upload(object()) for _ in range(12)))
        return most

    assert asyncio.run(scene()) == 3


def test_pictures_are_neither_stored_nor_logged(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with running(OneSeven()) as address:
        large = encoded() + bytes(3 * 2**20)
        for files in ({"file": ("secret-name.png", large)}, {"file": ("secret-name.png", b"bad")}):
            httpx.post(f"{address}/api/predict", files=files, timeout=30)
    assert list(tmp_path.iterdir()) == []
    assert "secret-name" not in "".join(capfd.readouterr())


# ---- the description ----


def test_description_is_complete(client):
    description = client.get("/openapi.json").json()
    operation = description["paths"]["/api/predict"]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
    statuses = {"200", "400", "403", "408", "413", "415", "421", "422"}
    assert set(operation["responses"]) == statuses
    properties = description["components"]["schemas"]["Digit"]["properties"]
    assert {"digit", "probability", "box", "probabilities"} <= set(properties)


@pytest.mark.slow
def test_schemathesis_finds_nothing(address, project_folder):
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    # In the project's folder it reads schemathesis.toml, as it does for whoever runs it there.
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
    command += ["--checks", "all", "--max-examples", "30", "--continue-on-failure", "--seed", "1"]
    command += ["--generation-database", "none"]
    result = subprocess.run(
        command, cwd=project_folder, capture_output=True, text=True, timeout=180
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 selected / 2 total" in result.stdout


# ---- the command ----


def serve(**options) -> int:
    return web.serve_command(argparse.Namespace(**{"host": "127.0.0.1", "port": 0, **options}))


def test_a_port_in_use_is_said_in_one_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(web.ServeError, match=f"port {port}.*--port"):
            serve(port=port)


def test_an_unknown_host_is_said_in_one_sentence():
    with pytest.raises(web.ServeError, match=r"no\.such\.host"):
        serve(host="no.such.host.invalid")


def test_a_missing_model_is_said_in_one_sentence(monkeypatch):
    def no_model() -> None:
        raise ModelError("cnn.keras does not exist: train it.")

    monkeypatch.setattr(web, "Recognizer", no_model)
    with pytest.raises(ModelError, match="does not exist"):
        serve()


@pytest.mark.parametrize("port", ["70000", "-1", "http"])
def test_a_bad_port_is_wrong_use(port):
    command = [sys.executable, "-m", "helpers", "serve", f"--port={port}"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to a process there")
def test_serve_reads_with_the_real_network_until_ctrl_c(tmp_path):
    import cv2

    from support.strokes import DIGITS, placed

    picture = np.full((200, 160), 250, np.uint8)
    for stroke in DIGITS[7]:
        points = np.array(placed(stroke, 30, 30, 100, 140), np.int32)
        cv2.polylines(picture, [points], False, 30, thickness=9, lineType=cv2.LINE_AA)
    content = cv2.imencode(".png", picture)[1].tobytes()
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        started = re.search(r"http://\S+", process.stdout.readline())
        assert started
        answer = httpx.post(f"{started[0]}/api/predict", content=content, timeout=60).json()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert answer["text"] == "7"
    assert answer["digits"][0]["confident"]
    assert process.returncode == 0
    assert "Traceback" not in errors
    assert json.dumps(answer)


def test_address_to_print():
    assert web._address("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert web._address("0.0.0.0", 80) == "http://127.0.0.1:80"
    assert web._address("::1", 8000) == "http://[::1]:8000"
