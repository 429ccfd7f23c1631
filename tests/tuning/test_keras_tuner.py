"""Keras Tuner over the network, a chief and two workers; and what it does without TensorBoard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from support import keras_tuner_worker

pytestmark = pytest.mark.slow

TRIALS = 6


def start(name: str, port: int, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": "127.0.0.1",
        "KERASTUNER_ORACLE_PORT": str(port),
    }
    return subprocess.Popen(
        [sys.executable, keras_tuner_worker.__file__, str(folder), str(TRIALS)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_chief_hands_out_trials_to_two_workers(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("chief", "tuner0", "tuner1")
    processes = {name: start(name, port, tmp_path) for name in names}
    try:
        texts = {name: process.communicate(timeout=240) for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.kill()
    assert [process.returncode for process in processes.values()] == [0, 0, 0], texts
    all_trials, first, second = (json.loads(texts[name][0].splitlines()[-1]) for name in names)
    assert sorted(first + second) == sorted(all_trials)
    assert len(all_trials) == TRIALS
    assert all(status == "COMPLETED" for status, _, _ in all_trials.values())
    assert all(score == pytest.approx(x, abs=1e-6) for _, score, x in all_trials.values())
