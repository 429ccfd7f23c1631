"""The page on a phone: open on the local network, and shut to everybody without the code.

``serve --lan`` prints an address with a code in it, also as a QR code. The code opens the door once
and is then replaced by a cookie, so that an address which somebody reads over a shoulder, or which
stays in a browser's history, opens nothing. The next phone gets the next code, printed at once.

The network itself is not encrypted: who can listen to it can see pictures and cookie pass by.
"""

from __future__ import annotations

import hmac
import io
import secrets
import socket
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from helpers.errors import UserError
from helpers.web.security import SECURITY_HEADERS

COOKIE = "digits-visitor"
# A day in class; whoever comes back tomorrow scans again.
_COOKIE_SECONDS = 12 * 60 * 60
# More phones than a class has; the one that came first is forgotten.
_MOST_VISITORS = 200

_SHUT = (
    "This page is shut. Scan the code in the terminal where it was started; "
    "each code opens it once, and a new one is shown then.\n"
)


class Door:
    """ASGI middleware: lets in who brings the current code, or the cookie that it was changed for.

    Args:
        app: what lies behind the door.
        announce: shows a new code to the person at the terminal.
    """

    def __init__(self, app: ASGIApp, announce: Callable[[str], None]) -> None:
        """Make the first code, and announce it."""
        self._app = app
        self._announce = announce
        self._visitors: dict[str, None] = {}
        self._code = self._next_code()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at the door, or pass the request on."""
        if scope["type"] != "http" or self._is_visitor(scope):
            await self._app(scope, receive, send)
            return
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        codes = parse_qs(scope["query_string"].decode("latin-1")).get("code", [])
        # HEAD and the like look at an address without visiting it, and must not use up its code.
        if scope["method"] != "GET" or not any(self._opens(code) for code in codes):
            return PlainTextResponse(_SHUT, 401, SECURITY_HEADERS)
        self._code = self._next_code()
        visitor = secrets.token_urlsafe(24)
        self._visitors[visitor] = None
        if len(self._visitors) > _MOST_VISITORS:
            self._visitors.pop(next(iter(self._visitors)))
        # To the page without the code, which otherwise stays in the address bar.
        answer = RedirectResponse("/", 303, SECURITY_HEADERS)
        answer.set_cookie(
            COOKIE, visitor, max_age=_COOKIE_SECONDS, httponly=True, samesite="strict"
        )
        return answer

    def _next_code(self) -> str:
        code = secrets.token_urlsafe(12)
        self._announce(code)
        return code

    def _opens(self, code: str) -> bool:
        return hmac.compare_digest(code.encode(), self._code.encode())

    def _is_visitor(self, scope: Scope) -> bool:
        try:
            cookie = SimpleCookie(Headers(scope=scope).get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and cookie.value in self._visitors


def lan_address() -> str:
    """Return this machine's own address in the local network, as a phone reaches it.

    Raises:
        UserError: it is in none.
    """
    # Connecting a UDP socket sends nothing; it only asks which way a packet would go. The address
    # belongs to documentation (RFC 5737) and is nobody's.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address = str(probe.getsockname()[0])
        except OSError:
            address = "127.0.0.1"
    if address.startswith("127."):
        raise UserError(
            "this machine is in no local network: connect it to the same Wi-Fi as the phone first, "
            "or serve without --lan."
        )
    return address


def qr_code(text: str) -> str:
    """Return a QR code to print in a terminal, two modules a character in height."""
    # Of use only where somebody has a phone in the hand: the start of `serve` does not wait for it.
    import segno

    out = io.StringIO()
    segno.make(text, micro=False).terminal(out, border=2, compact=True)
    return out.getvalue()
