"""What one notebook may take: processes, memory and disk; and the end of all that it started."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from helpers.grading import isolation
from helpers.grading.disk import DiskUse, remove_folder
from helpers.grading.limits import Limits, Watch
from helpers.grading.processes import children_of, end_family, family_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and looks into /proc")

Start = Callable[[str], subprocess.Popen]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts Python code, and goes on when it has made the file ``ready``."""
    started: list[subprocess.Popen] = []

    def run(code: str) -> subprocess.Popen:
        text = "import os, time\n" + code + "\nopen('ready', 'w').close()\ntime.sleep(60)"
        said = subprocess.DEVNULL  # pytest gives it a file without a name, which would count
        command = [sys.executable, "-c", text]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=said, stderr=said))
        end = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and time.monotonic() < end:
            time.sleep(0.01)
        return started[-1]

    yield run
    for process in started:
        end_family(process, isolated=False)


def excess(process: subprocess.Popen, folder: Path, **limits: int) -> str:
    wide = {"megabytes": 10_000, "processes": 1000, "disk_megabytes": 10_000, "files": 1000}
    return Watch(process.pid, folder, Limits(60, **{**wide, **limits})).excess()


FORK = "for _ in range({}):\n    if os.fork() == 0: time.sleep(60); os._exit(0)"


def test_processes_are_counted(start: Start, tmp_path: Path) -> None:
    process = start(FORK.format(6))
    assert excess(process, tmp_path, processes=6) == ""
    said = excess(process, tmp_path, processes=4)
    assert said == "it had more than 4 processes at the same time"
    assert len(family_of(process.pid)) == 7
    assert len(family_of(process.pid, 3)) == 4  # no more than needed


def test_memory_that_forks_share_counts_once(start: Start, tmp_path: Path) -> None:
    process = start("data = b'x' * 100_000_000\n" + FORK.format(5))
    assert sum(each.memory_info().rss for each in family_of(process.pid)) > 500_000_000
    assert excess(process, tmp_path, megabytes=250) == ""
    assert excess(process, tmp_path, megabytes=90) == "it took more than 90 MB of memory"


def test_memory_of_each_fork_s_own_counts(start: Start, tmp_path: Path) -> None:
    own = "import os\nr, w = os.pipe()\n"
    own += "for _ in range(3):\n    if os.fork() == 0:\n        data = b'x' * 100_000_000\n"
    own += "        os.write(w, b'1'); time.sleep(60); os._exit(0)\n"
    own += "n = 0\nwhile n < 3: n += len(os.read(r, 1))"
    assert excess(start(own), tmp_path, megabytes=250) == "it took more than 250 MB of memory"


def test_a_program_that_starts_others_during_a_look_does_not_get_away(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(FORK.format(6))
    few, many = family_of(process.pid)[:2], family_of(process.pid)
    answers = iter([few, many])
    monkeypatch.setattr("helpers.grading.limits.family_of", lambda *_: next(answers))
    assert "more than 4 processes" in excess(process, tmp_path, megabytes=1, processes=4)


@pytest.mark.parametrize(
    ("code", "is_too_much"),
    [
        ("open('a', 'wb').truncate(900_000_000)", False),
        ("f = open('a', 'wb'); os.posix_fallocate(f.fileno(), 0, 30_000_000)", True),
        ("os.makedirs('a/b'); open('a/b/c', 'wb').write(bytes(30_000_000))", True),
        ("f = open('a', 'wb'); f.write(bytes(30_000_000)); f.flush(); os.remove('a')", True),
        ("f = os.memfd_create('a'); os.write(f, bytes(30_000_000))", True),
        (
            "open('a', 'wb').write(bytes(9_000_000))\nfor n in range(9): os.link('a', f'a{n}')",
            False,
        ),
        ("os.symlink('/', 'a')", False),
    ],
    ids=["sparse", "reserved", "deeper", "deleted but open", "in memory", "links", "link to all"],
)
def test_the_disk_is_measured_by_what_is_written(
    start: Start, tmp_path: Path, code: str, is_too_much: bool
) -> None:
    said = excess(start(code), tmp_path, disk_megabytes=20)
    assert said == ("its files took more than 20 MB" if is_too_much else "")


def test_the_number_of_files_is_limited_too(start: Start, tmp_path: Path) -> None:
    process = start("for n in range(50): open(str(n), 'w').close()")
    assert excess(process, tmp_path, files=51) == ""
    assert excess(process, tmp_path, files=40) == "it had more than 40 files"


DEEP = "for _ in range(2500): os.mkdir('dd'); os.chdir('dd')\nos.chdir({!r})"


def test_folders_too_deep_to_be_measured_are_an_excess_and_are_removed(
    start: Start, tmp_path: Path
) -> None:
    said = excess(start(DEEP.format(str(tmp_path))), tmp_path, files=10_000)
    assert said.startswith("it made a folder into which nobody can look (")
    remove_folder(tmp_path / "dd")
    assert not (tmp_path / "dd").exists()


def test_locked_folders_are_removed(tmp_path: Path) -> None:
    locked = tmp_path / "all" / "locked"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0)
    remove_folder(tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_the_disk_is_not_measured_at_every_look(start: Start, tmp_path: Path) -> None:
    watch = Watch(start("").pid, tmp_path, Limits(60, 1000, files=2))
    assert watch.excess() == ""
    for number in range(9):
        (tmp_path / str(number)).touch()
    assert watch.excess() == ""
    watch._next_look_at_disk = 0.0
    assert watch.excess() == "it had more than 2 files"


def test_a_folder_that_vanishes_needs_no_place(tmp_path: Path) -> None:
    use = DiskUse()
    use.add_folder(tmp_path / "gone", 10)
    assert (use.files, use.megabytes) == (0, 0)


def test_all_that_a_program_started_ends_with_it(start: Start) -> None:
    process = start(FORK.format(5))
    family = family_of(process.pid)
    end_family(process, isolated=False)
    assert len(family) == 6
    assert psutil.wait_procs(family, timeout=10)[1] == []


def isolated_program(folder: Path, code: str) -> subprocess.Popen:
    (folder / "probe").mkdir()
    if not isolation.probe(folder / "probe"):
        pytest.skip("unprivileged namespaces are not allowed on this system")
    inside = folder / "inside"
    inside.mkdir()
    specification = folder / "start.json"
    command = [sys.executable, "-c", f"import os, time\n{code}"]
    facts = {"command": command, "writable": str(inside), "hidden": [], "fresh": []}
    specification.write_text(json.dumps({**facts, "isolated": True}))
    return subprocess.Popen([sys.executable, isolation.__file__, str(specification)])


@pytest.mark.slow
def test_the_first_process_of_a_tree_takes_all_others_with_it(tmp_path: Path) -> None:
    # They are sessions of their own, and nobody's children but the first one's.
    loose = "for _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n"
    loose += "        if os.fork() == 0: time.sleep(60)\n        os._exit(0)\n"
    process = isolated_program(tmp_path, loose + "open('ready', 'w').close()\ntime.sleep(60)")
    end = time.monotonic() + 30
    while not (tmp_path / "inside" / "ready").exists() and time.monotonic() < end:
        time.sleep(0.01)
    family = family_of(process.pid)
    assert children_of(process.pid) == [family[1].pid]
    end_family(process, isolated=True)
    assert len(family) >= 7
    assert psutil.wait_procs(family, timeout=10)[1] == []


def _has_limit_of_tasks() -> bool:
    parts = os.uname().release.split(".")
    return sys.platform == "linux" and (int(parts[0]), int(parts[1])) >= (6, 14)


@pytest.mark.slow
@pytest.mark.skipif(not _has_limit_of_tasks(), reason="Linux before 6.14 counts for the machine")
def test_the_system_refuses_a_tree_that_grows_without_end(tmp_path: Path) -> None:
    # None of these is busy, and each ends by itself: the machine is to stay usable if this fails.
    grow = "number = 0\ntry:\n    while number < 3000:\n"
    grow += "        if os.fork() == 0: time.sleep(20); os._exit(0)\n        number += 1\n"
    grow += "except OSError: pass\n"
    grow += "try:\n    open('/proc/sys/kernel/pid_max', 'w').write('30000')\n"
    grow += "    number = -1\nexcept OSError: pass\n"
    process = isolated_program(tmp_path, grow + "open('found', 'w').write(str(number))")
    before = Path("/proc/sys/kernel/pid_max").read_text()
    assert process.wait(30) == 0
    assert 200 < int((tmp_path / "inside" / "found").read_text()) < isolation.MOST_TASKS
    assert Path("/proc/sys/kernel/pid_max").read_text() == before
