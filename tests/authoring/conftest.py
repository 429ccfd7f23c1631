"""The web book, which several test files look at."""

import shutil
from pathlib import Path

import pytest

from helpers.authoring.book import build, node_tools
from support.browser import skip_unless_required
from support.once import folder_for_all, made_once


@pytest.fixture(scope="session")
def node_packages(tmp_path_factory) -> None:
    """The packages from npm are installed; two processes at once would be in each other's way."""
    if shutil.which("npm") is None:
        skip_unless_required("Node.js and npm are not there: neither book nor slides are made")
    made_once(folder_for_all(tmp_path_factory) / "node", lambda _: node_tools.install())


@pytest.fixture(scope="session")
def book(tmp_path_factory, node_packages) -> Path:
    """The folder of a freshly built book; ``sources`` lies beside it."""
    folder = made_once(
        folder_for_all(tmp_path_factory) / "book",
        lambda folder: build.build_book(folder / "pages", folder / "sources"),
    )
    return folder / "pages"
