"""make and the environment: which Python makes it, and what becomes of one that another made."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from helpers.paths import PROJECT_FOLDER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt" or shutil.which("make") is None, reason="there is no make"),
]

# A Python that answers questions about its version, makes environments with a Python like itself,
# and writes down what else it is asked to do.
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-c "*) exec "{real}" -c "import sys, sysconfig; sys.version_info = ({version}, 1, 'final', 0)
$2" "$3";;
    "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;
    "--version ") echo "Python {shown}";;
    *) echo "$@" >> "{log}";;
esac
"""


class Project:
    """A folder with the Makefile in it, and Pythons of any version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        for name in ("Makefile", "pyproject.toml", "requirements.lock"):
            shutil.copy(PROJECT_FOLDER / name, folder)

    def python(self, version: str, place: str = "") -> Path:
        path = self.folder / (place or f"python {version}")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = PYTHON.format(
            real=shutil.which("python3"),
            version=version.replace(".", ", "),
            shown=f"{version}.1",
            log=self.log,
        )
        path.write_text(text)
        path.chmod(0o755)
        return path

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            ["make", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60
        )

    def environment_version(self) -> str:
        python = str(self.folder / ".venv" / "bin" / "python")
        done = subprocess.run([python, "--version"], capture_output=True, text=True)
        return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_an_environment_is_made_by_the_python_that_is_named(project: Project) -> None:
    done = project.make(f"PYTHON={project.python('3.12')}", "run")
    assert done.returncode == 0, done.stderr
    assert project.environment_version() == "Python 3.12.1"
    assert "-m helpers run" in project.log.read_text()


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_a_wrong_python_is_named_in_a_sentence(project: Project, version: str) -> None:
    done = project.make(f"PYTHON={project.python(version)}", "run")
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert f"is Python {version}.1." in done.stderr
    assert not (project.folder / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_an_environment_of_another_python_is_made_anew(project: Project, version: str) -> None:
    project.python(version, ".venv/bin/python")
    (project.folder / ".venv" / "installed").touch()
    done = project.make(f"PYTHON={project.python('3.12')}", "run")
    assert done.returncode == 0, done.stderr
    assert "made anew" in done.stdout
    assert project.environment_version() == "Python 3.12.1"


def test_another_python_that_is_named_makes_the_environment_anew(project: Project) -> None:
    project.make(f"PYTHON={project.python('3.11')}", "run")
    project.make(f"PYTHON={project.python('3.12')}", "run")
    assert project.environment_version() == "Python 3.12.1"


def test_an_environment_stays_when_no_python_can_replace_it(project: Project) -> None:
    project.python("3.10", ".venv/bin/python")
    done = project.make(f"PYTHON={project.python('3.9')}", "run")
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert project.environment_version() == "Python 3.10.1"


def test_an_environment_whose_python_is_gone_is_made_anew(project: Project) -> None:
    (project.folder / ".venv" / "bin").mkdir(parents=True)
    (project.folder / ".venv" / "bin" / "python").symlink_to("/nowhere/python3.9")
    done = project.make(f"PYTHON={project.python('3.12')}", "run")
    assert done.returncode == 0, done.stderr
    assert project.environment_version() == "Python 3.12.1"


def test_a_good_environment_is_kept(project: Project) -> None:
    project.make(f"PYTHON={project.python('3.12')}", "run")
    stamp = project.folder / ".venv" / "installed"
    before = stamp.stat().st_mtime_ns
    done = project.make("run")
    assert done.returncode == 0, done.stderr
    assert "made anew" not in done.stdout
    assert stamp.stat().st_mtime_ns == before


def test_packages_come_from_a_folder_when_one_is_named(project: Project) -> None:
    python = project.python("3.12")
    done = project.make(f"PYTHON={python}", "WHEELS=/media/a stick/wheels", "run")
    assert done.returncode == 0, done.stderr
    installed = [line for line in project.log.read_text().splitlines() if " install " in line]
    assert len(installed) == 2
    assert all("--no-index --find-links /media/a stick/wheels" in line for line in installed)


def test_the_doctor_starts_without_an_environment(project: Project) -> None:
    done = project.make(f"PYTHON={project.python('3.12')}", "doctor")
    assert done.returncode == 0, done.stderr
    assert project.log.read_text().strip() == "-m helpers doctor"
    assert not (project.folder / ".venv").exists()
