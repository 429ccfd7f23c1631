"""The door of ``serve --lan``: who brings no code gets nothing."""

import contextlib
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from helpers.errors import UserError
from helpers.web import lan


async def _secret(request: object) -> PlainTextResponse:
    return PlainTextResponse("behind the door")


@pytest.fixture
def codes() -> list[str]:
    """The codes that were announced, the current one last."""
    return []


@pytest.fixture
def address(codes: list[str]) -> Iterator[str]:
    """A server with the door, as a phone reaches it."""
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", _secret, methods=methods)])
    config = uvicorn.Config(lan.Door(app, codes.append), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def phone(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, follow_redirects=True) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/static/pad.js", "/api/predict", "/healthz", "/?code="])
def test_a_neighbour_without_the_code_gets_nothing(address: str, method: str, path: str) -> None:
    response = httpx.request(method, address + path)
    assert response.status_code == 401
    assert "behind" not in response.text
    assert "set-cookie" not in response.headers


def test_the_code_opens_once_and_the_cookie_from_then_on(address: str, codes: list[str]) -> None:
    with phone(address) as visitor:
        first = visitor.get(f"/?code={codes[0]}", follow_redirects=False)
        assert visitor.get("/").text == "behind the door"
        assert visitor.post("/api/predict").text == "behind the door"
    assert first.status_code == 303
    assert first.headers["location"] == "/"
    assert {"httponly", "samesite=strict"} <= set(
        first.headers["set-cookie"].lower().replace(" ", "").split(";")
    )
    # Somebody else with the same address comes too late; the next code is theirs.
    assert httpx.get(f"{address}/?code={codes[0]}").status_code == 401
    assert len(codes) == 2
    with phone(address) as visitor:
        assert visitor.get(f"/?code={codes[1]}").text == "behind the door"
    assert len(set(codes)) == 3


def test_looking_at_an_address_does_not_use_it_up(address: str, codes: list[str]) -> None:
    assert httpx.head(f"{address}/?code={codes[0]}").status_code == 401
    assert httpx.get(f"{address}/?code={codes[0]}").status_code == 303


@pytest.mark.parametrize(
    "cookie", ["", "nonsense", f"{lan.COOKIE}=", f"{lan.COOKIE}=abc", "=1;;=", "a" * 5000]
)
def test_a_cookie_that_was_never_given_opens_nothing(address: str, cookie: str) -> None:
    assert httpx.get(address, headers={"cookie": cookie}).status_code == 401


@pytest.mark.parametrize("code", ["%00", "%ff%fe", "ä", "a" * 10_000, "&code=&code"])
def test_a_wrong_code_opens_nothing(address: str, code: str) -> None:
    assert httpx.get(f"{address}/?code={code}").status_code == 401


def test_the_first_of_very_many_visitors_is_forgotten(
    address: str, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lan, "_MOST_VISITORS", 2)
    with contextlib.ExitStack() as stack:
        phones = [stack.enter_context(phone(address)) for _ in range(3)]
        for visitor in phones:
            assert visitor.get(f"/?code={codes[-1]}").status_code == 200
        assert [visitor.get("/").status_code for visitor in phones] == [401, 200, 200]


def test_codes_are_long_enough_not_to_be_guessed(address: str, codes: list[str]) -> None:
    assert len(codes[0]) >= 16


def test_the_command_lets_a_phone_in() -> None:
    try:
        lan.lan_address()
    except UserError as error:
        pytest.skip(str(error))
    command = [sys.executable, "-m", "helpers", "serve", "--lan", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"(http://\S+)/\?code=(\S+)", process.stdout.readline())
            assert found, "no address was shown"
            assert httpx.get(found[1]).status_code == 401
            assert httpx.post(f"{found[1]}/api/predict", content=b"x").status_code == 401
            with phone(found[1]) as visitor:
                page = visitor.get(f"/?code={found[2]}")
                assert page.status_code == 200
                assert "<html" in page.text
                assert visitor.get("/healthz").status_code == 200
            shown = [process.stdout.readline() for _ in range(2)]
            assert found[2] not in "".join(shown)
            assert "/?code=" in shown[1]
        finally:
            process.terminate()


def test_the_address_in_the_local_network(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nowhere(socket.socket):
        def connect(self, address: object) -> None:
            raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "socket", Nowhere)
    with pytest.raises(UserError, match="in no local network"):
        lan.lan_address()


def test_a_qr_code_is_as_high_as_half_its_width() -> None:
    lines = lan.qr_code("http://192.168.178.27:8000/?code=abcdefghijklmnop").splitlines()
    assert 10 < len(lines) < 30
    assert all(set(line) & set("█▀▄ ") for line in lines)
