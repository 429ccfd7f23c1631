"""Packages in a folder: pip is stood in for, but for one test."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from helpers.cli import main
from helpers.doctor import wheels
from helpers.doctor.wheels import LOCK, Target, lock_for, this_machine


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand in for pip: the list holds what it was called with; it downloads one file."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if "download" in command:
            folder = Path(command[command.index("--dest") + 1])
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "numpy-2.4.0-py3-none-any.whl").write_bytes(b"wheel")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(wheels.subprocess, "run", run)
    return calls


def test_a_folder_is_filled_and_checked(
    pip: list[list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    data = tmp_path / "mnist.npz"
    data.write_bytes(b"data")
    monkeypatch.setenv("MNIST_NPZ", str(data))
    folder = tmp_path / "stick"
    assert main(["wheels", str(folder), "--system", "windows", "--python", "3.12"]) == 0
    download, check = pip
    assert "--require-hashes" in download
    assert download[download.index("--platform") + 1] == "win_amd64"
    assert {"--dry-run", "--no-index", "--require-hashes"} <= set(check)
    assert (folder / "mnist.npz").read_bytes() == b"data"
    text = (folder / "INSTALL.txt").read_text(encoding="utf-8")
    assert ".venv\\Scripts\\pip install --no-index" in text
    assert "mnist.npz" in text
    assert "windows with Python 3.12" in capsys.readouterr().out


def test_checking_downloads_nothing(pip: list[list[str]], tmp_path: Path) -> None:
    assert main(["wheels", str(tmp_path), "--check"]) == 0
    assert len(pip) == 1
    assert "download" not in pip[0]


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_what_pip_says_is_passed_on(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    options: list[str],
) -> None:
    said = "WARNING: x\nERROR: No matching distribution found for numpy==2.4.0\n"
    monkeypatch.setattr(
        wheels.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, "", said)
    )
    assert main(["wheels", str(tmp_path), *options]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "No matching distribution found for numpy==2.4.0" in error


@pytest.mark.parametrize("name", ["none", "x" * 300])
def test_a_folder_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    assert main(["wheels", str(tmp_path / name), "--check"]) == 1
    assert "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize("system", ["linux", "windows", "macos"])
def test_every_package_keeps_its_checksums(system: str) -> None:
    lines = lock_for(LOCK.read_text(encoding="utf-8"), Target(system, "3.12")).splitlines()
    assert len(lines) > 100
    assert all("==" in line and "--hash=sha256:" in line and ";" not in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert ("appnope" in names) == (system == "macos")
    assert ("colorama" in names) == (system == "windows")


def test_this_machine_is_one_of_them() -> None:
    assert this_machine().system in {"linux", "windows", "macos"}
    assert this_machine().python == f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.mark.slow
def test_pip_finds_that_a_folder_is_not_complete(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["wheels", str(tmp_path), "--check"]) == 1
    error = capsys.readouterr().err
    assert "is not complete: No matching distribution found for absl-py==" in error
