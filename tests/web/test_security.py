"""Who may ask the service, and what every answer tells the browser."""

import socket

import pytest

from support.service import assert_problem, encoded


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


def test_a_request_with_two_lengths_is_the_last_of_its_connection(address):
    host, port = address.removeprefix("http://").split(":")
    head = f"POST /api/predict HTTP/1.1\r\nHost: {host}\r\nContent-Type: image/png\r\n"
    chunks = b"5\r\nhello\r\n0\r\n\r\n"
    for lengths, closes in (
        ("Transfer-Encoding: chunked\r\n", False),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", True),
    ):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(f"{head}{lengths}\r\n".encode() + chunks)
            answer = connection.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 415")
            assert (b"connection: close" in answer) == closes


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
        assert "server" not in response.headers
