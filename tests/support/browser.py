"""A real browser for tests.

On a machine without Chromium or Chrome they are skipped; where ``CI=true`` or ``REQUIRE_BROWSER=1``
they must run.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
