"""A running service for the tests of a file."""

from collections.abc import Iterator

import httpx
import pytest

from support.service import OneSeven, running


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
