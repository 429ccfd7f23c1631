"""What Linux, and systems like it, tell only those who look closely; standard library only."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "firefox",
    "firefox-esr",
    "microsoft-edge",
    "microsoft-edge-stable",
    "brave-browser",
    "vivaldi",
    "opera",
    "epiphany",
    "falkon",
    "konqueror",
    "x-www-browser",
    "wslview",
)


def has_browser() -> bool:
    """Tell whether there is a web browser: what ``BROWSER`` names, a usual one, the desktop's.

    ``webbrowser`` takes any ``BROWSER`` at its word, and ``xdg-open``, which may find none.
    """
    named = os.environ.get("BROWSER", "").split(os.pathsep)
    if any(shutil.which(word) for each in named for word in shlex.split(each)[:1]):
        return True
    return any(map(shutil.which, BROWSERS)) or bool(_browser_of_the_desktop())


def _browser_of_the_desktop() -> str:
    """Return what the desktop opens web addresses with, as packages of Snap or Flatpak are."""
    command = ["xdg-mime", "query", "default", "x-scheme-handler/http"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=4).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def container_limits(
    mounted: Path = Path("/sys/fs/cgroup"), of_process: Path = Path("/proc/self/cgroup")
) -> Iterator[int]:
    """Yield the bytes of memory that a container, JupyterHub's for example, leaves this process.

    Args:
        mounted: where control groups are seen, of the first version or the second.
        of_process: the file that says in which groups this process is.
    """
    try:
        lines = of_process.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            root, name = mounted, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = mounted / "memory", "memory.limit_in_bytes"
        else:
            continue
        # The groups above limit, too. In a container its own group is the root.
        place = root / group.strip("/")
        for folder in (place, *place.parents):
            if folder.is_relative_to(root):
                yield from _number_in(folder / name)


def _number_in(file: Path) -> Iterator[int]:
    try:
        yield int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none there, or "max": no limit
        return
