"""Notebook 7's table from symptom to suspects: every row was shown, and every network is in it."""

import re

from nbformat import NotebookNode

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER, read_notebook

LESSON = NOTEBOOKS_FOLDER / "07_debugging.ipynb"
HEADING = re.compile(r"^### Networks? (\d+)(?: and (\d+))?:", re.MULTILINE)
ROW = re.compile(r"^\|.+\| ([\d, ]+) \|$", re.MULTILINE)


def texts(lesson: NotebookNode) -> list[str]:
    return [cell.source for cell in lesson.cells if cell.cell_type == "markdown"]


def numbers_of_headings(lesson: NotebookNode) -> list[int]:
    found = [match.groups() for text in texts(lesson) for match in HEADING.finditer(text)]
    return [int(number) for pair in found for number in pair if number]


def numbers_in_table(lesson: NotebookNode) -> list[set[int]]:
    rows = [row for text in texts(lesson) if "| Symptom |" in text for row in ROW.findall(text)]
    return [{int(number) for number in row.split(",")} for row in rows]


def test_networks_are_counted_through() -> None:
    numbers = numbers_of_headings(read_notebook(LESSON))
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 12


def test_the_table_has_every_network_and_no_other() -> None:
    lesson = read_notebook(LESSON)
    rows = numbers_in_table(lesson)
    assert len(rows) >= 12
    assert set().union(*rows) == set(numbers_of_headings(lesson))


def test_every_network_is_shown_by_a_cell_before_the_next_heading() -> None:
    shown: dict[str, int] = {}
    heading = ""
    for cell in read_notebook(LESSON).cells:
        if cell.cell_type == "markdown" and re.search(r"^#+ ", cell.source, re.MULTILINE):
            heading = re.findall(r"^#+ .*", cell.source, re.MULTILINE)[-1]
        elif cell.cell_type == "code" and cell.outputs:
            shown[heading] = shown.get(heading, 0) + 1
    for cell in read_notebook(LESSON).cells:
        for match in re.finditer(r"^### Network.*", cell.source, re.MULTILINE):
            assert shown.get(match.group(), 0) >= 1, match.group()
