"""The packages that requirements.lock names, and which of them are here; standard library only."""

import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]*))?", re.MULTILINE)
# Of the conditions that a lock file may hold, those that `uv` writes into ours: A and B or C.
_COMPARISON = re.compile(r"""(\w+)\s*(==|!=|<=|>=|<|>)\s*['"]([^'"]*)['"]""")


@dataclass(frozen=True)
class Package:
    """A package of the lock file.

    Attributes:
        name: as on the package index.
        wanted: the version in the lock file.
        found: the version that is installed, "" if none is.
    """

    name: str
    wanted: str
    found: str = ""


def facts_of_this_python() -> dict[str, str]:
    """Return what the conditions in a lock file may ask for."""
    return {
        "sys_platform": sys.platform,
        "platform_system": platform.system(),
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "implementation_name": sys.implementation.name,
        "python_version": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "python_full_version": ".".join(map(str, sys.version_info[:3])),
        "os_name": "nt" if sys.platform == "win32" else "posix",
    }


def holds(condition: str, facts: dict[str, str]) -> bool:
    """Tell whether a condition of a lock file holds; what can't be understood does not."""
    if not condition.strip():
        return True
    while "(" in condition:
        inner = re.search(r"\(([^()]*)\)", condition)
        if inner is None:
            return False
        truth = "os_name != ''" if holds(inner[1], facts) else "os_name == ''"
        condition = condition[: inner.start()] + truth + condition[inner.end() :]
    return any(
        all(_compares(each, facts) for each in re.split(r"\band\b", alternative))
        for alternative in re.split(r"\bor\b", condition)
    )


def _compares(text: str, facts: dict[str, str]) -> bool:
    found = _COMPARISON.fullmatch(text.strip())
    if found is None or found[1] not in facts:
        return False
    here, there = facts[found[1]], found[3]
    if found[2] in {"==", "!="}:
        return (here == there) == (found[2] == "==")
    left, right = ([int(n) for n in re.findall(r"\d+", each)] for each in (here, there))
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[
        found[2]
    ]


def wanted_packages(lock: str, facts: dict[str, str] | None = None) -> list[Package]:
    """Return the packages of a lock file that some Python needs, by default this one.

    Args:
        lock: the file's text.
        facts: as ``facts_of_this_python`` gives them.
    """
    here = facts_of_this_python() if facts is None else facts
    return [
        Package(name, wanted)
        for name, wanted, condition in _ENTRY.findall(lock)
        if holds(condition, here)
    ]


def packages_here(lock: Path) -> list[Package]:
    """Return the packages of a lock file with the versions that are installed.

    Raises:
        OSError: the file can't be read.
    """
    return [
        Package(each.name, each.wanted, _found(each.name))
        for each in wanted_packages(lock.read_text(encoding="utf-8"))
    ]


def _found(name: str) -> str:
    try:
        return version(name) or ""
    except (PackageNotFoundError, ValueError, OSError):
        return ""
