"""pytest takes up the data's source as helpers/testing.py says."""

import os
import subprocess
import sys
from pathlib import Path

from helpers.folders import PROJECT_FOLDER


def run_pytest(*line: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *line],
        env=os.environ | environment,
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_broken_data_end_the_tests_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_text("no archive")
    done = run_pytest("tests/test_folders.py", MNIST_NPZ=str(broken), MNIST_SOURCE="")
    assert done.returncode == 4
    assert f"MNIST_NPZ names {broken}, which is not an .npz file" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_header_says_which_data() -> None:
    done = run_pytest("tests/test_folders.py", "-v", MNIST_SOURCE="sample")
    assert done.returncode == 0
    assert "MNIST from: sample" in done.stdout


def test_nothing_is_compared_on_the_sample(tmp_path: Path) -> None:
    from types import SimpleNamespace

    import pytest

    from helpers.testing import pytest_collection_modifyitems

    cell = type("IPyNbCell", (), {"options": {"check": True}})()
    other = SimpleNamespace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_SOURCE", "file")
        pytest_collection_modifyitems([cell, other])
        assert cell.options["check"] is True
        patch.setenv("MNIST_SOURCE", "sample")
        pytest_collection_modifyitems([cell, other])
        assert cell.options["check"] is False
