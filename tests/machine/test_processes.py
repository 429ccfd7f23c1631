"""What a program in a process of its own takes is measured, and its failure told."""

import sys
from pathlib import Path

import pytest

from helpers.errors import UserError
from helpers.machine.processes import run_measured


def test_what_a_program_prints_and_takes(tmp_path: Path) -> None:
    (tmp_path / "number.txt").write_text("7", encoding="utf-8")
    cost = run_measured("import time; time.sleep(0.3); print(open('number.txt').read())", tmp_path)
    assert cost.output.strip() == "7"
    assert 0.3 <= cost.seconds < 20


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_memory_is_that_of_the_program_and_not_of_who_asks(tmp_path: Path) -> None:
    ballast = bytearray(200 * 2**20)
    small = run_measured("pass", tmp_path)
    large = run_measured("data = bytearray(b'1') * (100 * 2**20)", tmp_path)
    assert len(ballast) / 2**20 > small.peak_mib
    assert 95 < large.peak_mib - small.peak_mib < 120


def test_much_output_and_an_error_at_once_do_not_block(tmp_path: Path) -> None:
    cost = run_measured(
        "import sys; sys.stderr.write('x' * 1_000_000); print('y' * 1_000_000)", tmp_path
    )
    assert len(cost.output) == 1_000_001


def test_a_program_that_fails_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"status 1: ModuleNotFoundError.*no_such_package"):
        run_measured("import no_such_package", tmp_path)
    with pytest.raises(UserError, match="status 3: it says nothing more"):
        run_measured("raise SystemExit(3)", tmp_path)
