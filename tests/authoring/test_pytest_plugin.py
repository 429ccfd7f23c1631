"""pytest takes up the data's source as helpers/authoring/pytest_plugin.py says."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.authoring.pytest_plugin import pytest_collection_modifyitems, starting_again
from helpers.paths import PROJECT_FOLDER


def run_pytest(*line: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *line],
        # Starting all the other plugins takes seconds.
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"} | environment,
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_broken_data_end_the_tests_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_text("no archive")
    done = run_pytest("tests/test_paths.py", MNIST_NPZ=str(broken), MNIST_SOURCE="")
    assert done.returncode == 4
    assert f"MNIST_NPZ names {broken}, which is not an .npz file" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_the_header_says_which_data() -> None:
    done = run_pytest("tests/test_paths.py", "-v", "--collect-only", MNIST_SOURCE="sample")
    assert done.returncode == 0
    assert "MNIST from: sample" in done.stdout


def compared_cell(*tags: str) -> Any:
    """Return what nbval makes of a cell whose output is compared."""
    nbval_cell = type("IPyNbCell", (), {})()
    nbval_cell.options = {"check": True}
    nbval_cell.cell = SimpleNamespace(metadata={"tags": list(tags)} if tags else {})
    return nbval_cell


def test_nothing_is_compared_on_the_sample() -> None:
    cell = compared_cell()
    other: Any = SimpleNamespace()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_SOURCE", "file")
        pytest_collection_modifyitems([cell, other])
        assert cell.options["check"] is True
        patch.setenv("MNIST_SOURCE", "sample")
        pytest_collection_modifyitems([cell, other])
        assert cell.options["check"] is False


def test_clothes_are_compared_only_where_there_are_some() -> None:
    clothes, digits = compared_cell("fashion-mnist"), compared_cell("exercise-11.1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_SOURCE", "file")
        patch.setenv("FASHION_MNIST_NPZ", "clothes.npz")
        pytest_collection_modifyitems([clothes, digits])
        assert clothes.options["check"] is True
        patch.delenv("FASHION_MNIST_NPZ")
        pytest_collection_modifyitems([clothes, digits])
        assert (clothes.options["check"], digits.options["check"]) == (False, True)


def dying_kernels(number: int):
    """A function that starts a kernel, but only after some that die; and its calls."""
    calls = []

    def start(**options) -> str:
        calls.append(options)
        if len(calls) <= number:
            raise RuntimeError("Kernel died before replying to kernel_info")
        return "kernel"

    return start, calls


def test_a_kernel_that_dies_at_its_start_is_started_again() -> None:
    start, calls = dying_kernels(2)
    assert starting_again(start)(startup_timeout=5) == "kernel"
    assert calls == [{"startup_timeout": 5}] * 3


def test_a_kernel_that_always_dies_is_an_error() -> None:
    start, calls = dying_kernels(9)
    with pytest.raises(RuntimeError, match="Kernel died"):
        starting_again(start)()
    assert len(calls) == 3


def test_nbval_starts_its_kernels_like_that() -> None:
    import nbval.kernel

    assert nbval.kernel.start_new_kernel.__wrapped__.__module__ == "nbval.kernel"
