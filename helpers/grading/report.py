"""What came of the notebooks: a table for the terminal, a CSV file for the spreadsheet."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from helpers.errors import printable
from helpers.grading.grades import Grade

_COLOURS = {"right": "green", "wrong": "red", "untouched": "dim", "error": "yellow"}


def exercise_names(grades: Sequence[Grade]) -> list[str]:
    """Return all exercises among the grades, in order."""
    names = {name for grade in grades for name in grade.outcomes}
    return sorted(names, key=lambda name: [part.zfill(4) for part in name.split(".")])


def shown_name(path: Path, folder: Path) -> str:
    """Return a file's name as the table and the CSV file have it: relative to the folder."""
    return printable(Path(os.path.relpath(path, folder)).as_posix())


def grades_table(grades: Sequence[Grade], folder: Path) -> Table:
    """Return the table of those who handed in the same lesson, or no lesson at all (0)."""
    names = exercise_names(grades)
    number = grades[0].number
    table = Table(title=f"Grades: lesson {number}" if number else "Not graded")
    table.add_column("file", overflow="fold")
    for name in names:
        table.add_column(name)
    table.add_column("right", justify="right")
    table.add_column("s", justify="right")
    for grade in grades:
        outcomes = [grade.outcomes.get(name, "") for name in names]
        cells = [f"[{_COLOURS[each]}]{each}[/]" if each else "" for each in outcomes]
        right = f"{outcomes.count('right')} of {len(grade.outcomes)}" if grade.outcomes else "-"
        name = escape(shown_name(grade.path, folder))
        table.add_row(name, *cells, right, f"{grade.seconds:.0f}")
    return table


def remarks_of(grade: Grade) -> str:
    """Return everything that is to be said about a file, in one line."""
    return "; ".join(
        printable(f"{name}: {text}" if name else text) for name, text in grade.remarks.items()
    )


def csv_text(grades: Sequence[Grade], folder: Path) -> str:
    """Return the CSV file: a line for each file, a column for each exercise."""
    names = exercise_names(grades)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["file", *names, "right", "exercises", "seconds", "remarks"])
    for grade in grades:
        outcomes = [grade.outcomes.get(name, "") for name in names]
        row = [shown_name(grade.path, folder), *outcomes, outcomes.count("right")]
        row += [len(grade.outcomes), f"{grade.seconds:.0f}", remarks_of(grade)]
        writer.writerow([_harmless(cell) for cell in row])
    # With this mark, Excel reads names with umlauts as they are.
    return "\ufeff" + text.getvalue()


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a student's text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") else cell
