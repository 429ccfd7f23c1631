"""The command ``python -m helpers doctor``."""

import argparse

from helpers.doctor.facts import gather
from helpers.doctor.judgement import Line, judge
from helpers.errors import printable

_MARKS = {"ok": "ok  ", "look": "LOOK", "bad": "BAD "}


def shown(line: Line) -> str:
    """Return a line as it is printed."""
    remedy = f" -> {line.remedy}" if line.remedy else ""
    return printable(f"{_MARKS[line.level]}  {line.subject:10}  {line.finding}{remedy}")


def doctor_command(args: argparse.Namespace) -> int:
    """Carry out ``python -m helpers doctor``.

    Returns:
        0 when a class can be held on this machine, 1 when something must be done first.
    """
    lines = judge(gather())
    for line in lines:
        print(shown(line))
    bad = sum(line.level == "bad" for line in lines)
    look = sum(line.level == "look" for line in lines)
    if bad:
        print(f"\nNot ready: {bad} to put right, {look} to look at.")
    else:
        print(f"\nReady for the class{f'; {look} to look at' if look else ''}.")
    return 1 if bad else 0
