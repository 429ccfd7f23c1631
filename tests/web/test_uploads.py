"""What the service takes as a picture, what it refuses, and how much of it is in memory at once."""

import asyncio
import base64
import io
import socket
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.requests import Request

from helpers.web import reading
from helpers.web.outcome import MAX_BYTES, BusyError
from helpers.web.uploads import UploadRoom
from support.service import OneSeven, assert_problem, encoded, png_claiming, running


def form(*parts: bytes, boundary: bytes = b"xyz", end: bytes = b"--xyz--\r\n") -> bytes:
    """Return a multipart body of ready-made parts."""
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + end


def part(name: str, content: bytes) -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"; filename="a.png"\r\n\r\n'
    return head.encode() + content


FORM_TYPE = {"content-type": "multipart/form-data; boundary=xyz"}


def charset(name: str) -> dict[str, str]:
    return {"content-type": f"multipart/form-data; boundary=xyz; charset={name}"}


# ---- what is taken ----


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


@pytest.mark.parametrize("name", ["utf-8", "latin-1", "utf-7", "hex", "no-such-charset"])
def test_a_file_name_in_any_character_set_is_answered(client, name):
    response = client.post(
        "/api/predict", content=form(part("file", encoded())), headers=charset(name)
    )
    assert (response.status_code, response.json()["file"]) == (200, "a.png")


def test_a_file_name_that_cannot_be_written_is_replaced(client):
    body = form(part("file", encoded())).replace(b"a.png", rb"\ud800.png")
    response = client.post("/api/predict", content=body, headers=charset("unicode_escape"))
    assert (response.status_code, response.json()["file"]) == (200, "?.png")


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
        (form(b"No-Name: x\r\n\r\n1"), FORM_TYPE, 400, "form"),
        (b"no parts at all", FORM_TYPE, 400, "form"),
        (encoded(), {"content-type": "multipart/form-data"}, 400, "form"),
        (encoded(), {"content-type": "multipart/form-data; boundary=" + "x" * 300}, 400, "form"),
        (b'{"a": 1}', {"content-type": "application/json"}, 415, "application/json"),
        (b"hello", {"content-type": "text/plain"}, 415, "text/plain"),
        (b"hello", {"content-type": "image/png"}, 415, "picture"),
        (b"<svg xmlns='x'/>", {"content-type": "image/svg+xml"}, 415, "picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", {"content-type": "image/x-eps"}, 415, "picture"),
        (b"\0\0\0\x18ftypheic" + bytes(40), {"content-type": "image/heic"}, 415, "JPEG"),
        (encoded(300, 300)[:-60], {"content-type": "image/png"}, 422, "damaged or cut off"),
        (encoded(300, 300, "JPEG")[:-700], {"content-type": "image/jpeg"}, 422, "cut off"),
        (b"GIF89a" + bytes(3), {"content-type": "image/gif"}, 422, "damaged or cut off"),
        (b"P6 9999999999 1 255 ", {"content-type": "image/x-ppm"}, 413, "40 megapixels"),
        (b"P6 99999999999 1 255 ", {"content-type": "image/x-ppm"}, 422, "damaged"),
    ],
)
def test_refuses_what_is_no_picture(client, body, headers, status, words):
    response = client.post("/api/predict", content=body, headers=headers)
    assert_problem(response, status, words)


@pytest.mark.parametrize("excess", [1, 5 * 2**20])
def test_refuses_more_than_ten_mebibytes(client, excess):
    content = encoded() + bytes(MAX_BYTES - len(encoded()) + excess)
    assert_problem(client.post("/api/predict", content=content), 413, "10 MiB")
    assert_problem(client.post("/api/predict", files={"file": content}), 413, "10 MiB")
    chunks = (content[i : i + 2**18] for i in range(0, len(content), 2**18))
    assert_problem(client.post("/api/predict", content=chunks), 413, "10 MiB")


@pytest.mark.parametrize(
    ("kind", "length", "status"),
    [("text/plain", 1_000_000, 415), ("image/png", MAX_BYTES + 1, 413), ("text/plain", 1, 415)],
)
def test_who_asks_first_is_refused_before_sending_anything(address, kind, length, status):
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            f"POST /api/predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n".encode()
        )
        assert connection.recv(1000).startswith(f"HTTP/1.1 {status}".encode())


def test_takes_exactly_ten_mebibytes(client):
    content = encoded() + bytes(MAX_BYTES - len(encoded()))
    assert client.post("/api/predict", content=content).status_code == 200
    assert client.post("/api/predict", files={"file": content}).status_code == 200


@pytest.mark.parametrize("size", [(6400, 6251), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_not_decoded(client, monkeypatch, size):
    def decode(*arguments: Any) -> None:
        raise AssertionError("the picture was decoded")

    monkeypatch.setattr(reading, "read_picture", decode)
    response = client.post("/api/predict", content=png_claiming(*size))
    assert_problem(response, 413, "40 megapixels")


@pytest.mark.slow
def test_takes_forty_megapixels(client):
    response = client.post("/api/predict", content=encoded(8000, 5000))
    assert response.status_code == 200


# ---- memory and disk ----


def test_bodies_share_room_and_wait_for_it():
    async def scene() -> int:
        room, inside, most = UploadRoom(30), 0, 0

        async def upload(request: Any) -> None:
            nonlocal inside, most
            async with room.held_by(request):
                await room.take(request, 10)
                await room.take(request, 10)  # a second chunk of the same body
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        requests = [Request({"type": "http"}) for _ in range(12)]
        await asyncio.gather(*(upload(request) for request in requests))
        assert not room.is_wanted
        return most

    assert asyncio.run(scene()) == 3


def test_who_finds_no_room_in_time_is_told_when_to_come_back():
    async def scene() -> None:
        room = UploadRoom(30, patience=0.05)
        first, second, third = (Request({"type": "http"}) for _ in range(3))
        async with room.held_by(first), room.held_by(second), room.held_by(third):
            await room.take(first, 30)
            with pytest.raises(BusyError) as caught:
                await room.take(second, 1)
            assert caught.value.status == 503
            assert not room.is_wanted
        async with room.held_by(third):
            await room.take(third, 30)

    asyncio.run(scene())


def test_pictures_are_neither_stored_nor_logged(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with running(OneSeven()) as address:
        large = encoded() + bytes(3 * 2**20)
        for files in ({"file": ("secret-name.png", large)}, {"file": ("secret-name.png", b"bad")}):
            httpx.post(f"{address}/api/predict", files=files, timeout=30)
    assert list(tmp_path.iterdir()) == []
    assert "secret-name" not in "".join(capfd.readouterr())
