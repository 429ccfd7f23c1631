"""Run a small program in a process of its own, and measure what that costs."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers.errors import UserError

# A process inherits the peak memory of the one that starts it, so a notebook that has loaded
# TensorFlow must not start the program itself: this one does, and takes 10 MiB. What the program
# prints last is its result. Windows keeps no such account of a process that has ended.
_LAUNCHER = """
import json, os, subprocess, sys, tempfile, time
with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=output, stderr=errors)
    if hasattr(os, "wait4"):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20
    else:
        process.wait()
        peak = None
    seconds = time.perf_counter() - started
    texts = []
    for file in (output, errors):
        file.seek(0)
        texts.append(file.read().decode("utf-8", "replace"))
print(json.dumps([process.returncode, seconds, peak, *texts]))
"""


@dataclass(frozen=True)
class Cost:
    """What a program took, and what it printed."""

    seconds: float
    """From its start to its end, Python's own start included."""
    peak_mib: float
    """The most memory that it held, in MiB; NaN on Windows."""
    output: str


def run_measured(program: str, folder: Path) -> Cost:
    """Run a Python program in a new process and measure it.

    Args:
        program: its text.
        folder: where it runs, so that it can name files there without their path.

    Raises:
        UserError: it ended with an error, whose last line is in the sentence.
    """
    launched = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, program],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    try:
        status, seconds, peak, output, errors = json.loads(launched.stdout)
    except ValueError:
        raise UserError("The program could not be started; is the folder still there?") from None
    if status:
        last = (errors.strip().splitlines() or ["it says nothing more"])[-1]
        raise UserError(f"The program ended with status {status}: {last}")
    return Cost(seconds, math.nan if peak is None else peak, output)
