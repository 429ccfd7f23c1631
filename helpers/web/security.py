"""Stands before the web app: who may ask, and what every answer tells the browser.

The server has no accounts; whatever reaches it is served. On the loopback address that means the
person at the keyboard, unless another web page makes their browser ask. Three rules keep such
pages out: the Host header must be a loopback name (against DNS rebinding), a request that changes
something must come from our own page (against cross-site requests), and the headers of each answer
forbid embedding and reading across origins.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS = {
    # data: and blob: are the pictures that the page itself makes: previews and 28×28 images.
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class SecurityMiddleware:
    """ASGI middleware that refuses foreign requests and adds the security headers."""

    def __init__(self, app: ASGIApp, loopback_only: bool = True) -> None:
        """Wrap ``app``; ``loopback_only`` refuses every Host that is not this machine's own."""
        self.app = app
        self.loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refused request at once, and pass on the others."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                # Pages and answers are asked for again each time: a new version shows at once,
                # and no picture's answer stays in a cache.
                headers.setdefault("cache-control", "no-store")
                if is_framed_twice:
                    headers["connection"] = "close"
            await send(message)

        headers = Headers(scope=scope)
        # Whoever passed the request on may have taken its end for another one (RFC 9112, 6.3).
        is_framed_twice = "content-length" in headers and "transfer-encoding" in headers
        host = headers.get("host", "")
        if self.loopback_only and host and not is_loopback(host):
            status = 421
            sentence = (
                "This server answers on this machine's own address only: "
                "start it with --host for others."
            )
        elif scope["method"] not in _SAFE_METHODS and not is_same_origin(headers):
            status, sentence = 403, "Requests from other web pages are refused."
        else:
            await self.app(scope, receive, send_with_headers)
            return
        await JSONResponse({"error": sentence}, status)(scope, receive, send_with_headers)


def is_loopback(host: str) -> bool:
    """Tell whether a Host header (name or address, with or without port) means this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    name = name.rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_same_origin(headers: Headers) -> bool:
    """Tell whether a request comes from our own page, or from a program that is no browser.

    Browsers say so in Sec-Fetch-Site where the page is trusted (https or loopback) and name the
    page's origin otherwise; neither can be set by a page's script. Programs send neither.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False
