"""A search goes on where it was stopped, shares its trials out, and loses none."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from helpers.tuning.search import Limits, Stop, StoppedError
from helpers.tuning.storage import open_storage
from helpers.tuning.workers import MOST_ATTEMPTS, NeighboursOnThisMachine, queue_again
from support.tuning_worker import search_in
from tuning.conftest import finished, states_in, trials_in, wait_for_line


def run_here(address: str, trials: int, seed: int = 0) -> list[float]:
    """Search in this process; return what was proposed in all trials so far."""
    opened = open_storage(address)
    search_in(opened, seed=seed).run(Limits(trials))
    opened.workers.leave()
    return [trial.params["x"] for trial in trials_in(address)]


def test_a_search_ends_with_as_many_trials_as_wanted(journal: str) -> None:
    run_here(journal, 12)
    assert finished(journal) == len(states_in(journal)) == 12
    assert "PRUNED" in states_in(journal)
    assert all("accuracy" in trial.user_attrs for trial in trials_in(journal))


def test_going_on_is_as_not_having_stopped(journal: str, tmp_path: Path) -> None:
    run_here(journal, 4)
    assert run_here(journal, 14) == run_here(str(tmp_path / "other"), 14)
    assert run_here(journal, 14) == run_here(journal, 9)  # nothing is left to do


def test_another_seed_searches_elsewhere(journal: str, tmp_path: Path) -> None:
    assert run_here(journal, 3) != run_here(str(tmp_path / "other"), 3, seed=1)


def test_time_is_up(journal: str) -> None:
    opened = open_storage(journal)
    search_in(opened).run(Limits(5, hours=1e-9))
    opened.workers.leave()
    assert len(states_in(journal)) <= 1


def test_two_workers_share_the_trials(journal: str, start: Callable) -> None:
    workers = [start(journal, 8, 0.3) for _ in range(2)]
    lines = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], lines
    assert finished(journal) == 8
    assert all("ended" in text for text in lines)
    tried = [trial.params["x"] for trial in trials_in(journal) if trial.state.is_finished()]
    assert len(set(tried)) == len(tried)
    assert not Path(f"{journal}.workers").exists()


def test_the_trial_of_a_killed_worker_is_taken_up(journal: str, start: Callable) -> None:
    worker = start(journal, 3, 30)
    wait_for_line(worker, "began 0")
    worker.kill()
    worker.wait()
    assert states_in(journal) == ["RUNNING"]
    run_here(journal, 3)
    lost, *others = trials_in(journal)
    assert lost.state == TrialState.FAIL
    assert others[0].params == lost.params
    assert finished(journal) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_worker_gives_its_trial_back(
    journal: str, start: Callable, number: signal.Signals
) -> None:
    worker = start(journal, 3, 30)
    wait_for_line(worker, "began 0")
    worker.send_signal(number)
    assert "Traceback" not in worker.communicate(timeout=20)[0]
    assert worker.returncode == 130
    assert states_in(journal) == ["FAIL", "WAITING"]
    run_here(journal, 3)
    assert trials_in(journal)[1].params == trials_in(journal)[0].params
    assert finished(journal) == 3


def test_a_trial_that_ends_its_workers_is_given_up_in_the_end(journal: str) -> None:
    opened = open_storage(journal)
    study = search_in(opened).study
    study.enqueue_trial({"x": 0.5})
    for _ in range(MOST_ATTEMPTS + 2):
        if not study.get_trials(states=(TrialState.WAITING,)):
            break
        trial = study.ask(search_in(opened).distributions)
        study.tell(trial, state=TrialState.FAIL)
        queue_again(study, study.get_trials()[trial.number])
    opened.workers.leave()
    assert states_in(journal) == ["FAIL"] * MOST_ATTEMPTS


def test_a_living_worker_keeps_its_trial(journal: str) -> None:
    opened = open_storage(journal)
    study = search_in(opened).study
    trial = study.ask(search_in(opened).distributions)
    with opened.workers.working_on(trial):
        other = NeighboursOnThisMachine(Path(f"{journal}.workers"))
        other.take_up_lost(study)
        other.leave()
        assert study.get_trials()[0].state == TrialState.RUNNING
    opened.workers.leave()


def test_a_mistake_of_our_own_is_shown_and_its_trial_is_ended(journal: str) -> None:
    opened = open_storage(journal)
    search = search_in(opened)

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    search.objective = fail
    with pytest.raises(ZeroDivisionError):
        search.run(Limits(2))
    opened.workers.leave()
    assert states_in(journal) == ["FAIL"]


def test_signals_wait_until_the_storage_is_done() -> None:
    stop = Stop()
    with stop:
        with pytest.raises(StoppedError), stop.interrupting(True):
            with stop.interrupting(False):
                signal.raise_signal(signal.SIGTERM)
                done = True
            raise AssertionError("it should have been stopped")
        assert done
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
