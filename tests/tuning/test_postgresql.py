"""The same search against a real PostgreSQL server, which the tests start and end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from helpers.tuning.search import Limits
from helpers.tuning.storage import StorageError, open_storage
from support.postgres import PASSWORD, Server, running_server
from support.tuning_worker import search_in
from tuning.conftest import finished, states_in, trials_in, wait_for_line

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def address(server: Server) -> str:
    """Return the address of a database of its own."""
    return server.new_database()


def test_two_workers_share_a_server(address: str, start: Callable) -> None:
    workers = [start(address, 6, 0.4) for _ in range(2)]
    texts = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], texts
    assert finished(address) == 6
    assert all("ended" in text for text in texts)
    assert not any("Traceback" in text or "Warning" in text for text in texts)


def test_the_trial_of_a_killed_worker_is_taken_up(address: str, start: Callable) -> None:
    worker = start(address, 2, 60)
    wait_for_line(worker, "began 0")
    worker.kill()
    worker.wait()
    assert states_in(address) == ["RUNNING"]
    time.sleep(7)  # three heartbeats do not come
    other = start(address, 2, 0.1)
    text = other.communicate(timeout=60)[0]
    assert other.returncode == 0, text
    lost, *others = trials_in(address)
    assert lost.state.name == "FAIL"
    assert others[0].params == lost.params
    assert finished(address) == 2


def test_a_server_that_comes_back_costs_nothing(
    server: Server, address: str, start: Callable
) -> None:
    worker = start(address, 2, 1.5, 30)
    wait_for_line(worker, "began 0")
    server.stop()
    told = wait_for_line(worker, "postgresql://")
    assert "Trying again" in told
    assert PASSWORD not in told
    server.start()
    text = worker.communicate(timeout=60)[0]
    assert worker.returncode == 0, text
    assert "Traceback" not in text
    assert finished(address) == 2


def test_a_server_that_stays_away_costs_one_sentence_and_no_trial(
    server: Server, address: str, start: Callable
) -> None:
    worker = start(address, 2, 1.5, 2)
    wait_for_line(worker, "began 0")
    server.stop()
    text = worker.communicate(timeout=60)[0]
    server.start()
    assert worker.returncode == 1
    last = text.splitlines()[-1]
    assert last.startswith("error: postgresql://digits:***@127.0.0.1")
    assert "Traceback" not in text
    time.sleep(7)
    opened = open_storage(address, heartbeat=2)
    search_in(opened).run(Limits(2))
    opened.workers.leave()
    lost, *others = trials_in(address)
    assert lost.state.name == "FAIL"
    assert others[0].params == lost.params
    assert finished(address) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (PASSWORD, "wrong-password", "password authentication failed"),
        ("/postgres?", "/no_such_database?", 'database "no_such_database" does not exist'),
    ],
)
def test_what_the_server_refuses(server: Server, old: str, new: str, said: str) -> None:
    with pytest.raises(StorageError) as failed:
        open_storage(f"{server.address}?".replace(old, new).rstrip("?"))
    assert said in str(failed.value)
    assert str(failed.value).count("\n") == 0
    assert "wrong-password" not in str(failed.value)
