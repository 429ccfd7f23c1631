"""The parts of pad.js that need no browser, by Node.js's own test runner."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="Node.js is not there: the pad's queue is not tested")
def test_queue_and_sentences_of_the_pad() -> None:
    done = subprocess.run(
        [str(NODE), "--test", "queue.test.js"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
