"""Start a program so that it can do no harm, as far as the system allows; standard library only.

``python isolation.py SPECIFICATION`` reads a JSON file and becomes the ``command`` in it:
``writable`` is the one folder to which that may write, ``hidden`` are folders that it sees empty,
and ``fresh`` are such as it sees empty, but for ``writable``, and may write to for as long as it
runs.

On Linux, where unprivileged namespaces are allowed, the program gets a network without any
interface, a file system that is read-only except for its folder, and a process tree of its own, all
of which ends when its first process ends. Elsewhere it runs as it is; ``helpers.grading.kernel``
then blocks Python's sockets from within.
"""

import contextlib
import ctypes
import json
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

_NEW_USER, _NEW_MOUNTS, _NEW_NETWORK = 0x10000000, 0x00020000, 0x40000000
_NEW_PROCESSES, _NEW_IPC = 0x20000000, 0x08000000
_BIND, _PRIVATE, _RECURSIVE, _READ_ONLY = 4096, 1 << 18, 16384, 1
_MOUNT_SETATTR = 442  # the number of the system call, the same on all machines
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_DROP_FROM_BOUND, _DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 24, 1, 38
_CAPABILITIES = 64

# Of a folder in memory.
_FRESH = "size=256m,mode=1777"

# No file that a lesson writes comes near this.
LARGEST_FILE = 1_000_000_000

# Processes and threads together, of a whole tree: what watches it must still get its turn beside
# so many. TensorFlow and a pool of workers have some threads for each core.
MOST_TASKS = 300 + 50 * (os.cpu_count() or 1)
# From these versions of Linux on, the limits of tasks are those of a namespace, not of all that a
# user, or everybody, runs on the machine.
_USERS_OF_NAMESPACE, _TASKS_OF_NAMESPACE = (5, 14), (6, 14)


class CannotIsolateError(Exception):
    """The system does not allow it; the text says what."""


def _call(function: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) < 0:
        number = ctypes.get_errno()
        raise CannotIsolateError(f"{function}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )


def _set_read_only(path: str, read_only: bool) -> None:
    """Make a mount read-only with all below it, or one mount writable again."""
    set_flags, clear = (_READ_ONLY, 0) if read_only else (0, _READ_ONLY)
    attributes = struct.pack("QQQQ", set_flags, clear, 0, 0)
    flags = _AT_RECURSIVE if read_only else 0
    _call(
        "syscall",
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        path.encode(),
        ctypes.c_uint(flags),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )


def _isolate(writable: str, hidden: list[str], fresh: list[str]) -> None:
    """Leave the machine's network and files behind, for this process and those it starts."""
    user, group = os.getuid(), os.getgid()
    flags = _NEW_USER | _NEW_MOUNTS | _NEW_NETWORK | _NEW_PROCESSES | _NEW_IPC
    _call("unshare", ctypes.c_int(flags))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)
    _mount(writable, writable, None, _BIND)
    _set_read_only("/", True)
    _set_read_only(writable, False)
    kept = os.open(writable, os.O_PATH)  # leads there, whatever covers it
    for folder in hidden:
        if os.path.isdir(folder):
            _mount(
                "none", folder, "tmpfs", 0 if _holds(folder, writable) else _READ_ONLY, "size=4k"
            )
    for folder in fresh:
        if os.path.isdir(folder):  # another of them may have covered it
            _mount("none", folder, "tmpfs", 0, _FRESH)
    os.makedirs(writable, exist_ok=True)
    _mount(f"/proc/self/fd/{kept}", writable, None, _BIND)
    os.close(kept)
    if os.path.isdir("/dev/shm"):  # semaphores of several processes live there
        _mount("none", "/dev/shm", "tmpfs", 0, _FRESH)


def _holds(folder: str, path: str) -> bool:
    return Path(folder) in Path(path).parents


def _as_first_process() -> None:
    """Fork: the child is the first of its process tree, and the tree ends with it."""
    child = os.fork()
    if child:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.kill(child, signal.SIGKILL))
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _call("prctl", _DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    with contextlib.suppress(CannotIsolateError):
        # Only the processes of this tree; containers often forbid it.
        _mount("proc", "/proc", "proc", 0)
        _limit_tasks()
    for capability in range(_CAPABILITIES):
        with contextlib.suppress(CannotIsolateError):
            _call("prctl", _DROP_FROM_BOUND, capability, 0, 0, 0)
    _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _limit_tasks() -> None:
    """Have the system refuse more tasks: no watch is as fast as a program that only starts more."""
    import resource

    version = tuple(int(part) for part in re.findall(r"[0-9]+", os.uname().release)[:2])
    if version >= _USERS_OF_NAMESPACE:  # does not hold for the system's own root
        resource.setrlimit(resource.RLIMIT_NPROC, (MOST_TASKS, MOST_TASKS))
    if version >= _TASKS_OF_NAMESPACE:
        with contextlib.suppress(OSError):
            Path("/proc/sys/kernel/pid_max").write_text(str(MOST_TASKS))
    _set_read_only("/proc", True)


def _limit_resources() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # Windows has none
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))


def probe(folder: Path) -> bool:
    """Tell whether programs can be isolated here.

    Args:
        folder: an existing, empty one to try it with.
    """
    if sys.platform != "linux":
        return False
    specification = folder / "probe.json"
    trial = (
        "import pathlib, socket, sys\n"
        "pathlib.Path(sys.argv[1], 'written').touch()\n"
        "try:\n    pathlib.Path(sys.argv[2], 'written').touch()\n"
        "except OSError:\n    assert len(socket.if_nameindex()) == 1\n"
        "else:\n    sys.exit(1)\n"
    )
    outside = tempfile.mkdtemp()
    command = [sys.executable, "-c", trial, str(folder), outside]
    specification.write_text(
        json.dumps(
            {
                "command": command,
                "writable": str(folder),
                "hidden": [],
                "fresh": [str(folder.parent)],
                "isolated": True,
            }
        )
    )
    try:
        done = subprocess.run(
            [sys.executable, __file__, str(specification)], capture_output=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    finally:
        Path(outside, "written").unlink(missing_ok=True)
        os.rmdir(outside)
    return done.returncode == 0 and (folder / "written").exists()


def main(arguments: list[str]) -> int:
    """Become the program that the specification names."""
    specification = json.loads(Path(arguments[0]).read_text("utf-8"))
    _limit_resources()
    if specification["isolated"]:
        try:
            _isolate(*(specification[name] for name in ("writable", "hidden", "fresh")))
            # What was opened before the new mounts would still lead to the old ones.
            os.chdir(specification.get("folder", specification["writable"]))
            _as_first_process()
        except (CannotIsolateError, OSError) as error:
            print(f"isolation: {error}", file=sys.stderr)
            return 1
    command = specification["command"]
    if os.name == "nt":  # there, exec would be a new process that nobody knows
        return subprocess.call(command)
    os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
