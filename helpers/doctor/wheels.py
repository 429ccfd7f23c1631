"""The command ``python -m helpers wheels FOLDER``: all packages in a folder, to install from.

pip does the work, with the exact versions and checksums of requirements.lock. The folder can be for
other machines than this one: a stick for Windows laptops can be made on Linux.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.doctor.locked import facts_of_this_python, holds
from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, write_atomically

LOCK = PROJECT_FOLDER / "requirements.lock"

# What pip calls the machines, and what the conditions of the lock file do.
_PLATFORMS = {
    "linux": [f"manylinux_2_{n}_x86_64" for n in (34, 31, 28, 27, 24, 17, 12, 5)]
    + ["manylinux2014_x86_64", "manylinux1_x86_64", "linux_x86_64"],
    "windows": ["win_amd64"],
    "macos": [f"macosx_{n}_0_{kind}" for n in (14, 13, 12, 11) for kind in ("arm64", "universal2")]
    + ["macosx_10_9_universal2"],
}
_FACTS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"},
    "windows": {
        "sys_platform": "win32",
        "platform_system": "Windows",
        "platform_machine": "AMD64",
        "os_name": "nt",
    },
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "platform_machine": "arm64"},
}
_ENTRY = re.compile(r"([A-Za-z0-9._-]+==[^\s;]+)(?:\s*;\s*(.*?))?((?:\s+--hash=\S+)*)")

INSTRUCTIONS = """\
Install with no network, in the folder of the series ({system}, Python {python}):

    python -m venv .venv
    {bin}pip install --no-index --find-links "THIS FOLDER" --require-hashes -r requirements.lock
    {bin}pip install --no-index --no-deps --no-build-isolation -e .
    {bin}python -m helpers doctor

Where there is make: make WHEELS="THIS FOLDER" run
{data}"""
DATA = "\nMNIST is in mnist.npz: name it in the environment variable MNIST_NPZ.\n"


class WheelsError(UserError):
    """The folder can't be filled, or lacks something; the text says what."""


@dataclass(frozen=True)
class Target:
    """The machines that the packages are for.

    Attributes:
        system: "linux" (x86_64), "windows" (x86_64) or "macos" (arm64).
        python: such as "3.12".
    """

    system: str
    python: str

    def options(self) -> list[str]:
        """Return what tells pip which machine that is."""
        options = ["--only-binary", ":all:", "--implementation", "cp"]
        options += ["--python-version", self.python]
        for platform in _PLATFORMS[self.system]:
            options += ["--platform", platform]
        return options

    def facts(self) -> dict[str, str]:
        """Return what the conditions of the lock file ask for."""
        posix = {"os_name": "posix", "python_version": self.python}
        return {
            **facts_of_this_python(),
            **posix,
            "python_full_version": f"{self.python}.9",
            **_FACTS[self.system],
        }


def this_machine() -> Target:
    """Return the target that this machine is."""
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    return Target(system, f"{sys.version_info[0]}.{sys.version_info[1]}")


def lock_for(lock: str, target: Target) -> str:
    """Return the entries of a lock file that some machine needs, without conditions."""
    facts = target.facts()
    kept = []
    for lines in lock.replace("\\\n", " ").splitlines():
        entry = _ENTRY.fullmatch(lines.strip())
        if entry and holds(entry[2] or "", facts):
            kept.append(entry[1] + entry[3])
    return "\n".join(kept) + "\n"


def _pip(arguments: Sequence[str], quiet: bool) -> tuple[int, str]:
    """Run pip; return its exit status and what it said went wrong."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL if quiet else None,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR:")]
    return done.returncode, " ".join(line.removeprefix("ERROR: ") for line in errors[-1:])


def fill(folder: Path, target: Target) -> None:
    """Download the packages into a folder.

    Raises:
        WheelsError: pip could not.
        FolderError: the folder can't be written.
    """
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "requirements.txt"
        wanted.write_text(lock_for(LOCK.read_text("utf-8"), target), encoding="utf-8")
        arguments = ["download", "--no-deps", "--require-hashes", "--dest", str(folder)]
        status, reason = _pip([*arguments, *target.options(), "-r", str(wanted)], quiet=False)
    if status:
        raise WheelsError(f"pip could not download everything: {reason or 'see above'}")
    data = _copy_data(folder)
    text = INSTRUCTIONS.format(
        system=target.system,
        python=target.python,
        bin=".venv\\Scripts\\" if target.system == "windows" else ".venv/bin/",
        data=DATA if data else "",
    )
    write_atomically(folder / "INSTALL.txt", text)


def _copy_data(folder: Path) -> bool:
    """Put MNIST beside the packages, if it is here."""
    named = os.environ.get("MNIST_NPZ", "").strip()
    try:
        from helpers.machine.download import keras_file
    except ImportError:  # no NumPy yet
        return False
    source = Path(os.path.expanduser(named)) if named else keras_file()
    if not os.path.isfile(source):
        return False
    shutil.copyfile(source, folder / "mnist.npz")
    return True


def check(folder: Path, target: Target) -> None:
    """Have pip find everything in a folder, checksums included, as if it installed from there.

    Raises:
        WheelsError: something is missing or damaged.
    """
    with tempfile.TemporaryDirectory() as place:
        wanted = Path(place) / "requirements.txt"
        wanted.write_text(lock_for(LOCK.read_text("utf-8"), target), encoding="utf-8")
        arguments = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--no-index"]
        arguments += ["--find-links", str(folder), "--require-hashes", "--target", place]
        status, reason = _pip([*arguments, *target.options(), "-r", str(wanted)], quiet=True)
    if status:
        raise WheelsError(
            f"{folder} is not complete: {reason or 'pip could not read it'} "
            "Run this command once more, without --check."
        )


def wheels_command(args: argparse.Namespace) -> int:
    """Carry out ``python -m helpers wheels``.

    Args:
        args: ``folder``, ``check``, ``system`` and ``python`` (None: as on this machine).

    Returns:
        0 when the folder holds everything.

    Raises:
        WheelsError: it does not.
    """
    here = this_machine()
    target = Target(args.system or here.system, args.python or here.python)
    if not args.check:
        fill(args.folder, target)
    elif not os.path.isdir(args.folder):
        raise WheelsError(f"There is no folder {args.folder}.")
    check(args.folder, target)
    files = [path.stat().st_size for path in args.folder.iterdir()]
    print(
        f"{args.folder} holds all that {target.system} with Python {target.python} needs: "
        f"{len(files)} files, {sum(files) / 1e6:.0f} MB. INSTALL.txt says how."
    )
    return 0
