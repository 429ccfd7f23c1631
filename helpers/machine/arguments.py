"""The kinds of values that commands take, as types for ``argparse``, which names them in errors."""

import argparse
import math
import os
from pathlib import Path


def seed(text: str) -> int:
    """Return a seed for random numbers."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {2**32 - 1}")
    return value


def at_least_one(text: str) -> int:
    """Return a whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def hours(text: str) -> float:
    """Return a positive number of hours; a fraction will do."""
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of hours")
    return value


def port(text: str) -> int:
    """Return the number of a port."""
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return value


def path(text: str) -> Path:
    """Return a path; not every shell knows ``~``."""
    if not text:  # which Path takes for the folder that somebody works in
        raise argparse.ArgumentTypeError("the name is empty: give that of a file or folder")
    return Path(os.path.expanduser(text))


at_least_one.__name__ = "whole number"
