"""A process and all that it started: who they are, what memory they take, and their end."""

import contextlib
import os
import signal
import subprocess

import psutil

# What Linux tells of a process's thread.
_CHILDREN = "/proc/{}/task/{}/children"
# To end hundreds of busy processes takes the system some seconds.
_SECONDS_TO_END = 60
# So many looks for what a process started while the others were being stopped.
_MOST_LOOKS = 20


def family_of(number: int, most: int | None = None) -> list[psutil.Process]:
    """Return a process, by its id, and its descendants; none if it is gone.

    Args:
        number: the id.
        most: more than so many need not be found, which is what keeps this quick beside a program
            that starts processes without end.
    """
    try:
        first = psutil.Process(number)
        if not os.path.exists(_CHILDREN.format(number, number)):
            return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []
    found, ahead = [first], [number]
    while ahead and (most is None or len(found) <= most):
        for child in children_of(ahead.pop(0)):
            with contextlib.suppress(psutil.Error):
                found.append(psutil.Process(child))
                ahead.append(child)
            if most is not None and len(found) > most:
                break
    return found


def children_of(number: int) -> list[int]:
    """Return the ids of what a process started, as Linux tells of each of its threads."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it is gone, or this is not Linux
        for thread in os.listdir(f"/proc/{number}/task"):
            with open(_CHILDREN.format(number, thread), encoding="ascii") as file:
                found += map(int, file.read().split())
    return found


def megabytes_of(process: psutil.Process) -> float:
    """Return the memory that a process holds, in MB; what it shares counts in full."""
    with contextlib.suppress(psutil.Error):
        return float(process.memory_info().rss) / 1_000_000
    return 0.0


def share_of(process: psutil.Process) -> float:
    """Return the memory that a process holds, in MB; what it shares counts in part.

    After a fork, both processes share nearly all. Only Linux tells (PSS), and takes a while.
    """
    with contextlib.suppress(psutil.Error):
        facts = process.memory_full_info()
        if hasattr(facts, "pss"):
            return float(facts.pss) / 1_000_000
    return megabytes_of(process)


def end_family(process: subprocess.Popen, isolated: bool) -> None:
    """End a program that ``isolation`` started, and all that it started itself.

    Where it is isolated, the first process of its tree is ended, and the system ends all others
    with it: however fast they start new ones, they can't outrun that. Elsewhere they are stopped
    first, until there are no new ones, and then ended.
    """
    if isolated:
        for child in children_of(process.pid):
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
    family: dict[int, psutil.Process] = {}
    for _ in range(_MOST_LOOKS):
        fresh = [each for each in family_of(process.pid) if each.pid not in family]
        if not fresh:
            break
        for each in fresh:
            family[each.pid] = each
            with contextlib.suppress(psutil.Error):
                each.suspend()
    for each in family.values():
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.kill()
    process.wait()
