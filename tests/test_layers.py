"""The plan of helpers/: which room may use which, and how large a room may be."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.paths import PROJECT_FOLDER

HELPERS = PROJECT_FOLDER / "helpers"
LONGEST_MODULE = 350
LONGEST_TOP = 2000


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def modules() -> list[str]:
    return [str(path.relative_to(HELPERS)) for path in sorted(HELPERS.rglob("*.py"))]


def lint_imports(configuration: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache", "--config", str(configuration)],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=PROJECT_FOLDER,
    )


def test_no_import_goes_upward_or_in_a_circle() -> None:
    done = lint_imports(PROJECT_FOLDER / "pyproject.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_import_that_goes_upward_would_be_found(tmp_path: Path) -> None:
    upside_down = tmp_path / "contracts.toml"
    upside_down.write_text(
        '[tool.importlinter]\nroot_package = "helpers"\n'
        '[[tool.importlinter.contracts]]\nname = "upside down"\ntype = "layers"\n'
        'layers = ["helpers.errors", "helpers.data"]\n'
    )
    done = lint_imports(upside_down)
    assert done.returncode == 1
    assert "helpers.data is not allowed to import helpers.errors" in " ".join(done.stdout.split())


@pytest.mark.parametrize("name", modules())
def test_a_module_can_be_read_in_one_sitting(name: str) -> None:
    assert lines_of(HELPERS / name) <= LONGEST_MODULE


def test_what_a_student_may_read_is_small() -> None:
    assert sum(map(lines_of, HELPERS.glob("*.py"))) <= LONGEST_TOP
