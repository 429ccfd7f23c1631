"""A real browser for tests.

On a machine without Chromium or Chrome they are skipped; where ``CI=true`` or ``REQUIRE_BROWSER=1``
they must run.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Milliseconds. A page is there in two seconds; a machine that is busy with other tests takes long.
PATIENCE = 120_000
_OPTIONS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def is_required() -> bool:
    return os.environ.get("CI") == "true" or os.environ.get("REQUIRE_BROWSER") == "1"


def skip_unless_required(reason: str) -> None:
    """Skip the test, or let it fail where it must run."""
    if is_required():
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """Start a browser of Playwright's, or skip for the reason why there is none.

    Use it in a fixture of a module: Playwright keeps an event loop running, which would be in the
    way of other tests that start their own.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    named = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    if named is None:
        skip_unless_required("no Chromium or Chrome found: install one, or name it in BROWSER_PATH")
    with playwright.sync_playwright() as tool:
        started = tool.chromium.launch(executable_path=named, args=_OPTIONS)
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def quiet_visits(browser: Any, height: int) -> Iterator[Callable[..., Any]]:
    """Give a function that opens an address in a window of its own, 1280 pixels wide.

    At the end, an error or a warning on a page's console fails the test, and so does a request that
    leaves the page's origin or gets no answer.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def visit(address: str, **settings: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": height}, **settings))
        contexts[-1].set_default_timeout(PATIENCE)
        page = contexts[-1].new_page()
        own = (*re.findall(r"^(?:file://|http://[^/]+)", address), "data:", "blob:")

        def look_at(message: Any) -> None:
            if message.type in {"error", "warning"}:
                faults.append(message.text)

        def follow(request: Any) -> None:
            if not request.url.startswith(own):
                faults.append(f"asked for {request.url}")

        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", look_at)
        page.on("request", follow)
        page.on("requestfailed", lambda request: faults.append(f"no answer for {request.url}"))
        page.goto(address)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert faults == []
