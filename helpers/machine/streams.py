"""Where a command's output goes: to any console, to a file that is full, or to nobody."""

import contextlib
import io
import os
import sys


def settle_streams() -> None:
    """Let everything be printed: a name in any encoding, and without a console, to nobody."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - as long as the command
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def forget_output() -> None:
    """Keep Python from complaining once more when it flushes standard output on the way out."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
