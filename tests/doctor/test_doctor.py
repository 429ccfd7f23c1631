"""The doctor: facts faked, so that every machine is judged here; and this one, for real."""

import ast
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.cli import main
from helpers.doctor import command
from helpers.doctor import facts as facts_module
from helpers.doctor.command import shown
from helpers.doctor.facts import Facts, gather
from helpers.doctor.judgement import judge
from helpers.doctor.locked import Package, holds, packages_here, wanted_packages
from helpers.paths import PROJECT_FOLDER

GOOD = Facts(
    system="Linux",
    machine="x86_64",
    python=(3, 12, 4),
    in_environment=True,
    packages=[Package("numpy", "2.4.0", "2.4.0")],
    free_gigabytes=50.0,
    memory_gigabytes=16.0,
    avx=True,
    data="keras",
    sample=True,
    network=True,
    clock_off_seconds=0.4,
    trials={
        "imports": {"seconds": 4.0, "sum": 4.0},
        "kernel": {"seconds": 1.0, "status": "ok"},
        "fonts": {"file": "DejaVuSans.ttf"},
    },
)
MACS = {"system": "Darwin", "machine": "arm64", "avx": None}
WINDOWS = {"system": "Windows", "machine": "AMD64"}


def level_of(subject: str, **changes: Any) -> str:
    lines = [line for line in judge(replace(GOOD, **changes)) if line.subject == subject]
    assert len(lines) == 1, lines
    if lines[0].level == "bad":
        assert lines[0].remedy or ":" in lines[0].finding
    return lines[0].level


@pytest.mark.parametrize("machine", [{}, MACS, WINDOWS], ids=["Linux", "macOS", "Windows"])
def test_a_good_machine_is_ready(machine: dict[str, Any]) -> None:
    assert {line.level for line in judge(replace(GOOD, **machine))} == {"ok"}


def trial(name: str, **found: Any) -> dict[str, Any]:
    return {"trials": {**GOOD.trials, name: found}}


@pytest.mark.parametrize(
    ("subject", "changes", "level"),
    [
        ("Python", {"python": (3, 10, 9)}, "bad"),
        ("Python", {"python": (3, 14, 0)}, "bad"),
        ("Python", {"bits": 32}, "bad"),
        ("Python", {"in_environment": False}, "look"),
        ("system", {**MACS, "machine": "x86_64"}, "bad"),
        ("system", {**WINDOWS, "machine": "ARM64"}, "bad"),
        ("packages", {"packages": [Package("numpy", "2.4.0")]}, "bad"),
        ("packages", {"packages": [Package("numpy", "2.4.0", "2.4.1")]}, "look"),
        ("packages", {"packages": []}, "look"),
        ("disk", {"free_gigabytes": 0.4}, "bad"),
        ("disk", {"free_gigabytes": 3.0}, "ok"),
        ("disk", {"free_gigabytes": 3.0, "packages": [Package("numpy", "2.4.0")]}, "bad"),
        ("memory", {"memory_gigabytes": 2.0}, "bad"),
        ("memory", {"memory_gigabytes": 4.1}, "look"),
        ("processor", {"avx": False}, "bad"),
        ("processor", {"avx": None}, "ok"),
        ("runtime library", {**WINDOWS, "runtime_library": False}, "bad"),
        ("imports", trial("imports", error="ImportError: DLL load failed"), "bad"),
        ("imports", trial("imports", exit=-4), "bad"),
        ("imports", trial("imports", late=True), "look"),
        ("imports", trial("imports", seconds=14.0, sum=4.0), "look"),
        ("kernel", trial("kernel", error="ModuleNotFoundError"), "bad"),
        ("kernel", trial("kernel", exit=1), "bad"),
        ("kernel", trial("kernel", seconds=1.0, status="error"), "bad"),
        ("kernel", trial("kernel", late=True), "look"),
        ("fonts", trial("fonts", error="ValueError"), "look"),
        ("fonts", trial("fonts", late=True), "look"),
        ("ports", {"taken_ports": [8000]}, "look"),
        ("ports", {"taken_ports": [8888]}, "ok"),
        ("ports", {"loopback": False}, "bad"),
        ("browser", {"browser": False}, "look"),
        ("data", {"data": "file", "data_problem": "MNIST_NPZ names x: no such file"}, "bad"),
        ("data", {"data": ""}, "look"),
        ("data", {"data": "", "network": False}, "look"),
        ("data", {"data": "", "network": False, "sample": False}, "bad"),
        ("network", {"network": False}, "look"),
        ("writing", {"unwritable": ["/home/x"]}, "bad"),
        ("clock", {"clock_behind": True}, "bad"),
        ("clock", {"clock_off_seconds": -3600.0}, "bad"),
        ("clock", {"clock_off_seconds": None}, "ok"),
    ],
)
def test_each_fact_is_judged(subject: str, changes: dict[str, Any], level: str) -> None:
    assert level_of(subject, **changes) == level


def test_every_trouble_says_what_to_do() -> None:
    nothing = Facts(system="Plan 9", packages=[Package("numpy", "2.4.0")])
    for line in judge(nothing):
        if line.level == "bad":
            assert line.remedy, line


def test_what_could_not_be_found_out_is_a_line() -> None:
    unknown = {"memory": "OSError: no such thing"}
    lines = [line for line in judge(replace(GOOD, unknown=unknown)) if line.subject == "memory"]
    assert [(line.level, "OSError" in line.finding) for line in lines] == [("look", True)]
    assert "notebook 1" in lines[0].remedy


def test_a_rule_that_fails_is_a_line() -> None:
    lines = judge(replace(GOOD, trials={**GOOD.trials, "kernel": {"status": "ok"}}))
    found = [line for line in lines if line.level != "ok"]
    assert [(line.subject, line.level) for line in found] == [("kernel", "look")]
    assert "KeyError" in found[0].finding


def test_remedies_are_deeds() -> None:
    packages = [Package("numpy", "2.4.0", "2.4.1")]
    lines = {
        line.subject: line for line in judge(replace(GOOD, packages=packages, taken_ports=[8000]))
    }
    assert "pip install -r requirements.lock" in lines["packages"].remedy
    assert "helpers serve --port 8001" in lines["ports"].remedy  # there is no make on Windows


# --- gathering ------------------------------------------------------------------------------------


def test_no_fact_s_failure_reaches_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("as on a strange machine")

    for name in list(facts_module._QUICK):
        monkeypatch.setitem(facts_module._QUICK, name, fail)
    for name in ("_system", "_network", "_try"):
        monkeypatch.setattr(facts_module, name, fail)
    facts = gather()
    assert set(facts.unknown) > set(facts_module._QUICK)
    lines = judge(facts)
    assert len(lines) >= 14
    assert "Traceback" not in "".join(map(shown, lines))


@pytest.mark.parametrize("system", ["Windows", "Darwin", "Linux", "Plan 9"])
def test_facts_are_gathered_on_any_system(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    """Where the system's own means are missing, as here, that is a line and no traceback."""
    monkeypatch.setattr(facts_module.platform, "system", lambda: system)
    monkeypatch.setattr(facts_module, "_network", lambda facts: None)
    monkeypatch.setattr(facts_module, "_try", lambda facts, **_: facts.trials.update(GOOD.trials))
    facts = gather()
    assert facts.system == system
    assert facts.packages
    assert [line for line in judge(facts) if line.subject == "packages"]


@pytest.mark.skipif(sys.platform == "win32", reason="a script stands in for Python")
@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("sleep 60", {"late": True}),
        ("kill -ILL $$", {"exit": -4}),
        ("echo notice; echo '{\"seconds\": 1}'", {"seconds": 1}),
        ("exit 0", {"exit": 0}),
    ],
)
def test_a_trial_that_hangs_or_crashes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, found: dict[str, Any]
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(facts_module.sys, "executable", str(program))
    facts = Facts()
    started = time.monotonic()
    facts_module._try(facts, "x", started + facts_module.LAST_SECONDS + 1)
    assert facts.trials["x"] == found
    assert time.monotonic() - started < 5


def test_what_hangs_is_waited_for_once_and_not_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name server that swallows questions, as in many a classroom, and a disk that is gone."""
    over = threading.Event()

    def hang(*_: object, **__: object) -> None:
        over.wait(60)

    for name in ("_network", "_try"):
        monkeypatch.setattr(facts_module, name, hang)
    monkeypatch.setitem(facts_module._QUICK, "disk", hang)
    monkeypatch.setattr(facts_module, "GATHER_SECONDS", 1.0)
    started = time.monotonic()
    facts = gather()
    taken = time.monotonic() - started
    over.set()
    assert taken < 2
    assert set(facts.unknown) >= {"imports", "kernel", "fonts", "disk"}
    lines = {line.subject: line for line in judge(facts)}
    assert lines["network"].finding == "no internet"
    assert "no answer" in lines["disk"].finding


def test_on_a_slow_machine_it_still_ends_within_twenty_seconds() -> None:
    start_of_python_and_imports = 5.0
    assert facts_module.GATHER_SECONDS + start_of_python_and_imports < 20


def test_a_taken_port_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(facts_module, "PORTS", (port,))
        facts = Facts()
        facts_module._ports(facts)
    assert facts.taken_ports == [port]
    assert facts.loopback


def test_a_missing_file_of_mnist_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_NPZ", "/nowhere/mnist.npz")
    facts = Facts()
    facts_module._data(facts)
    assert facts.data_problem == "MNIST_NPZ names /nowhere/mnist.npz, but there is no such file"


def test_a_damaged_file_of_keras_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MNIST_NPZ", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "mnist.npz").write_bytes(b"a login page")
    facts = Facts()
    facts_module._data(facts)
    assert "damaged" in facts.data_problem


def test_folders_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert facts_module._can_write(str(tmp_path / "new" / "inner"))
    assert not (tmp_path / "new").exists()
    assert not facts_module._can_write("/proc/nowhere")


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("changes", "status"), [({}, 0), ({"avx": False}, 1)])
def test_the_exit_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    changes: dict[str, Any],
    status: int,
) -> None:
    monkeypatch.setattr(command, "gather", lambda: replace(GOOD, **changes))
    assert main(["doctor"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 17
    assert lines[-1].startswith("Not ready: 1" if status else "Ready for the class")
    assert sum(line.startswith("BAD") for line in lines) == status


@pytest.mark.slow
def test_it_takes_less_than_twenty_seconds_here(tmp_path: Path) -> None:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "doctor"],
        capture_output=True,
        text=True,
        cwd=PROJECT_FOLDER,
        timeout=60,
    )
    assert time.monotonic() - started < 20
    assert done.returncode in {0, 1}
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) >= 17


def test_it_starts_where_nothing_is_installed(tmp_path: Path) -> None:
    """-I -S: no site-packages, as in an environment in which nothing was installed yet."""
    code = f"import sys; sys.path.insert(0, {str(PROJECT_FOLDER)!r})\n" + (
        "from helpers.doctor import facts; facts.GATHER_SECONDS = 2.0\n"  # of the trials, no matter
        "from helpers.cli import main; sys.exit(main(['doctor']))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert "are missing" in done.stdout


def test_an_old_python_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    path = PROJECT_FOLDER / "helpers" / "__init__.py"
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 8, 10, "final", 0))
    with pytest.raises(SystemExit, match=r"3\.11, 3\.12 or 3\.13; this is Python 3\.8"):
        exec(compile(tree, str(path), "exec"), {"__name__": "helpers"})


# --- the lock file --------------------------------------------------------------------------------

LOCK = """\
appnope==1.0 ; sys_platform == 'darwin' \\
    --hash=sha256:00
numpy==2.4.0 \\
    --hash=sha256:00 \\
    --hash=sha256:11
pywin==3 ; (python_full_version >= '3.12' and os_name == 'nt') or sys_platform == 'cygwin' \\
    --hash=sha256:00
"""
LINUX = {"sys_platform": "linux", "os_name": "posix", "python_full_version": "3.12.4"}


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (LINUX, ["numpy"]),
        ({**LINUX, "sys_platform": "darwin"}, ["appnope", "numpy"]),
        ({**LINUX, "os_name": "nt"}, ["numpy", "pywin"]),
        ({**LINUX, "os_name": "nt", "python_full_version": "3.11.9"}, ["numpy"]),
    ],
)
def test_conditions_of_the_lock_file(facts: dict[str, str], names: list[str]) -> None:
    assert [each.name for each in wanted_packages(LOCK, facts)] == names


def test_conditions_are_read_as_pip_reads_them() -> None:
    from packaging.markers import Marker

    from helpers.doctor import wheels

    text = wheels.LOCK.read_text(encoding="utf-8").replace("\\\n", " ")
    conditions = {
        line.partition(";")[2].partition("--hash")[0].strip()
        for line in text.splitlines()
        if ";" in line
    }
    assert conditions
    for system in ("linux", "windows", "macos"):
        for python in ("3.11", "3.12", "3.13"):
            facts = wheels.Target(system, python).facts()
            for condition in conditions:
                assert holds(condition, facts) == Marker(condition).evaluate(facts), condition


def test_the_packages_here() -> None:
    packages = packages_here(PROJECT_FOLDER / "requirements.lock")
    assert len(packages) > 100
    assert {each.name: bool(each.found) for each in packages}["numpy"]
