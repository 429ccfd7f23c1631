import re
from pathlib import Path

import pytest

from helpers import readme
from helpers.readme import END, README, START, ReadmeError, with_table
from helpers.results import markdown_table, read_results
from helpers.series import find_notebooks, read_notebook

TEXT = README.read_text(encoding="utf-8")
LINK = re.compile(r"\]\(([^)\s]+)\)")
TIME = re.compile(
    r"[Aa]bout\s+(\d+)\s+(seconds|minutes?)\s+to\s+run[^.]*?(\d+)\s+minutes\s+in\s+class"
)


def test_results_are_those_of_the_networks_that_ship() -> None:
    assert with_table(TEXT, markdown_table(read_results())) == TEXT, "run `make readme`"


def test_table_is_replaced_between_the_markers() -> None:
    text = f"before\n{START}\nold\n{END}\nafter\n"
    assert with_table(text, "new") == f"before\n{START}\nnew\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", START, END, f"{END}\n{START}"])
def test_missing_marker(text: str) -> None:
    with pytest.raises(ReadmeError, match="make readme"):
        with_table(text, "table")


def test_command_writes_the_table(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"{START}\n{END}\n", encoding="utf-8")
    assert readme.main(path) == 0
    assert markdown_table(read_results()) in path.read_text(encoding="utf-8")


def test_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "README.md"
    path.write_text("nothing")
    assert readme.main(path) == 1
    assert capsys.readouterr().err.startswith("error: The README should hold")


def test_links_lead_somewhere() -> None:
    links = [link for link in LINK.findall(TEXT) if not re.match(r"[a-z]+:|#", link)]
    assert links
    assert [link for link in links if not (README.parent / link.split("#")[0]).exists()] == []


def test_every_notebook_is_in_the_table_with_the_time_it_says_itself() -> None:
    for path in find_notebooks():
        said = TIME.search(read_notebook(path).cells[0].source)
        assert said, f"{path.stem} does not say how long it takes"
        row = next(line for line in TEXT.splitlines() if f"(notebooks/{path.name})" in line)
        assert f"| {said[1]} {said[2][0]}" in row, f"{path.stem} runs {said[1]} {said[2]}: {row}"
        assert f"| {said[3]} min" in row, f"{path.stem} takes {said[3]} minutes in class: {row}"


def test_every_command_in_the_readme_exists() -> None:
    from helpers.commands import build_parser

    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z]+)\b", TEXT):
        assert target in targets
    commands = re.findall(r"python -m helpers ([a-z]+)", TEXT)
    usage = build_parser().format_help()
    assert commands
    assert all(f"    {command} " in usage for command in commands)
