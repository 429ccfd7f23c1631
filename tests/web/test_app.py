"""The web service: its addresses, its page, its description, and the command that serves it."""

import argparse
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest

from helpers.errors import ModelError
from helpers.paths import PROJECT_FOLDER
from helpers.pictures.formats import FORMAT_NAMES, PICTURE_SUFFIXES
from helpers.web import server as web
from support.service import assert_problem

# ---- addresses ----


def test_healthz(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    response = client.head("/healthz")
    assert (response.status_code, response.content) == (200, b"")


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


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=99999999-", "bytes=9-1", "x", "bytes=-0"])
def test_a_part_of_a_file_is_the_whole_file(client, wanted):
    for path in ("/", "/static/pad.js"):
        response = client.get(path, headers={"range": wanted})
        assert (response.status_code, response.content) == (200, client.get(path).content)
        assert response.headers["accept-ranges"] == "none"


def test_every_ending_of_a_picture_is_known_to_the_page():
    """But for .tga, which is explained by the command and passed over by the page."""
    script = (PROJECT_FOLDER / "helpers/web/static/pad.js").read_text("utf-8")
    found = re.search(r"const PICTURE_NAME =\s*/(.+)/i;", script)
    assert found
    unknown = {ending for ending in PICTURE_SUFFIXES if not re.search(found[1], f"a{ending}")}
    assert unknown == {".tga"}


def test_the_description_lists_every_format(client):
    body = client.get("/openapi.json").json()["paths"]["/api/predict"]["post"]["requestBody"]
    listed = body["content"]["multipart/form-data"]["encoding"]["file"]["contentType"].split(", ")
    names = {"pnm": "x-portable-anymap"}
    assert {f"image/{names.get(name, name)}" for name in map(str.lower, FORMAT_NAMES)} <= set(
        listed
    )


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


# ---- the page ----


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


# ---- the description ----


def test_description_is_complete(client):
    description = client.get("/openapi.json").json()
    operation = description["paths"]["/api/predict"]["post"]
    assert set(operation["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
    statuses = {"200", "400", "403", "408", "413", "415", "421", "422", "503"}
    assert set(operation["responses"]) == statuses
    properties = description["components"]["schemas"]["Digit"]["properties"]
    assert {"digit", "probability", "box", "probabilities"} <= set(properties)


@pytest.mark.slow
def test_schemathesis_finds_nothing(address, project_folder):
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    # In the project's folder it reads schemathesis.toml, as it does for whoever runs it there.
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
    command += ["--checks", "all", "--max-examples", "30", "--continue-on-failure", "--seed", "1"]
    # Ten seconds would be the most: on a machine that others keep busy that is no fault.
    command += ["--generation-database", "none", "--max-response-time", "600"]
    command += ["--request-timeout", "600"]
    result = subprocess.run(command, cwd=project_folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 selected / 2 total" in result.stdout


# ---- the command ----


def serve(**options) -> int:
    defaults = {"host": "127.0.0.1", "port": 0, "lan": False}
    return web.serve_command(argparse.Namespace(**{**defaults, **options}))


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

    monkeypatch.setattr(web, "HAS_BOUNDED_FORKS", False)
    monkeypatch.setattr("helpers.pictures.recognizer.Recognizer", no_model)
    with pytest.raises(ModelError, match="does not exist"):
        serve()


@pytest.mark.skipif(not web.HAS_BOUNDED_FORKS, reason="pictures are read in threads here")
def test_processes_without_a_model_say_so_in_one_sentence(monkeypatch, tmp_path):
    # What they import from is a copy of the package without its networks.
    shutil.copytree(PROJECT_FOLDER / "helpers", tmp_path / "helpers")
    monkeypatch.setattr("helpers.web.processes.PROJECT_FOLDER", tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(ModelError, match=r"cnn\.onnx"):
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
