"""What one picture may cost, and how the operating system holds a process to it.

A picture that somebody has made to be costly, or that is broken in a new way, must not take the
machine with it. The limits on headers (``helpers.pictures.limits``) keep out what is known; these
end the rest, wherever the time goes: in Pillow's decoders, in OpenCV or in Python. Linux holds
both, macOS the time, Windows neither.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

MOST_SECONDS = 5.0  # of the processor
MOST_MEMORY = 600 * 2**20  # bytes, beside what the process needs itself

# Where what is loaded survives a fork, and a process can be bounded.
HAS_BOUNDED_FORKS = sys.platform == "linux"


@contextlib.contextmanager
def time_bounded(seconds: float) -> Iterator[None]:
    """End this process if what runs meanwhile takes more of the processor's time."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def bound_memory(size: int) -> None:
    """Let this process take so many bytes beside those that it has."""
    if not HAS_BOUNDED_FORKS:
        return
    import resource

    status = Path("/proc/self/status").read_text()
    has = next(line for line in status.splitlines() if line.startswith("VmData:"))
    limit = 1024 * int(has.split()[1]) + size
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def silence_libraries() -> None:
    """Keep what decoders print about broken pictures off the terminal, but not our own faults."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError):  # a program without a console has nothing to keep quiet
        sys.stderr.flush()
        own = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = own
