import re
from pathlib import Path

import nbformat
import pytest

from helpers.authoring import readme
from helpers.authoring.notebooks import find_notebooks, write_notebook
from helpers.authoring.readme import (
    END,
    README,
    START,
    ReadmeError,
    training_table,
    up_to_date,
    with_table,
    with_times,
)
from helpers.results import markdown_table, read_results

TEXT = README.read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_numbers_are_those_of_results_and_notebooks() -> None:
    assert up_to_date(TEXT) == TEXT, "run `make readme`"
    assert markdown_table(read_results()) in TEXT


def test_every_notebook_has_a_row() -> None:
    for path in find_notebooks():
        assert f"(notebooks/{path.name})" in TEXT


def test_table_is_replaced_between_the_markers() -> None:
    text = f"before\n{START}\nold\n{END}\nafter\n"
    assert with_table(text, "new") == f"before\n{START}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", START, END, f"{END}\n{START}"])
def test_missing_marker(text: str) -> None:
    with pytest.raises(ReadmeError, match="make readme"):
        with_table(text, "table")


def test_row_of_the_training_benchmark() -> None:
    row = {
        "contestant": "cnn",
        "mean_test_accuracy": 0.9912,
        "worst_test_accuracy": 0.9904,
        "standard_deviation": 0.00056,
        "median_seconds": 12.4,
    }
    textbook, ours = training_table([row, {**row, "median_time_ratio": 0.5}]).splitlines()[2:]
    assert textbook == "| CNN of this series | 99.12% ± 0.06 | 99.04% | 12 | 1.00 |"
    assert ours == "| CNN of this series | 99.12% ± 0.06 | 99.04% | 12 | 0.50 |"


def notebook_that_says(time: str, folder: Path) -> Path:
    path = folder / "01_first.ipynb"
    cell = nbformat.v4.new_markdown_cell(f"# 1\n\n**Time.** {time}")
    write_notebook(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.mark.parametrize(
    ("time", "runs"),
    [
        ("About 20 seconds to run on two cores, about 45 minutes in class.", "20 s"),
        ("About 2 minutes to run on\ntwo cores, about 45\nminutes in class.", "2 min"),
        ("About 1 minute to run. About 45 minutes in class.", "1 min"),
    ],
)
def test_times_are_those_of_the_notebook(tmp_path: Path, time: str, runs: str) -> None:
    row = "| [1](notebooks/01_first.ipynb) | question | things | {} | {} |"
    path = notebook_that_says(time, tmp_path)
    text = "before\n{}\nafter\n"
    assert with_times(text.format(row.format("?", "9 min")), [path]) == text.format(
        row.format(runs, "45 min")
    )


def test_notebook_without_times(tmp_path: Path) -> None:
    path = notebook_that_says("Long.", tmp_path)
    with pytest.raises(ReadmeError, match=r"01_first\.ipynb does not say"):
        with_times("", [path])


def test_notebook_without_a_row(tmp_path: Path) -> None:
    path = notebook_that_says("About 1 minute to run, 45 minutes in class.", tmp_path)
    with pytest.raises(ReadmeError, match=r"no row for 01_first\.ipynb"):
        with_times("| [2](notebooks/02_second.ipynb) | a | b |\n", [path])


def test_command_brings_the_readme_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(with_table(TEXT, "old"), encoding="utf-8")
    assert readme.main(path) == 0
    assert path.read_text(encoding="utf-8") == TEXT


def test_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "README.md"
    path.write_text("nothing")
    assert readme.main(path) == 1
    assert capsys.readouterr().err.startswith("error: The README should hold")
    assert path.read_text() == "nothing"


def test_links_lead_somewhere() -> None:
    links = [link for link in LINK.findall(TEXT) if not re.match(r"[a-z]+:|#", link)]
    assert links
    assert [link for link in links if not (README.parent / link.split("#")[0]).exists()] == []


def test_every_command_in_the_readme_exists() -> None:
    from helpers.cli import build_parser

    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z]+)\b", TEXT):
        assert target in targets
    commands = re.findall(r"python -m helpers ([a-z]+)", TEXT)
    usage = build_parser().format_help()
    assert commands
    assert all(f"    {command} " in usage for command in commands)
