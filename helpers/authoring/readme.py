"""Keep the README's numbers what results and notebooks say: ``make readme``."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, RESULTS_FOLDER, write_atomically
from helpers.results import markdown_table, read_results

README = PROJECT_FOLDER / "README.md"

# Comments in Markdown: nobody sees them on the rendered page.
START = "<!-- results: written by `make readme` from models/results.json -->"
END = "<!-- end of results -->"
TRAINING = RESULTS_FOLDER / "training.json"
TRAINING_START = "<!-- training: written by `make readme` from benchmarks/results/training.json -->"
TRAINING_END = "<!-- end of training -->"

# What the contestants of benchmarks/training.py are called in the README.
CONTESTANTS = {
    "keras example": "CNN of the Keras example, its own recipe",
    "cnn": "CNN of this series",
    "cnn, 1 epoch": "the same, one epoch only",
    "plain mlp": "MLP, the recipe of most tutorials",
    "mlp": "the same MLP, recipe of this series",
    "mlp without augmentation": "the same, without augmentation",
}

_TIME = re.compile(
    r"\*\*Time\.\*\*\s+About\s+(\d+)\s+(second|minute)s?\s+to\s+run.*?(\d+)\s+minutes\s+in\s+class",
    re.DOTALL,
)


class ReadmeError(UserError):
    """The README, or a notebook, has no place for what belongs there."""


def with_table(text: str, table: str, start: str = START, end: str = END) -> str:
    """Return the README's text with a table between its two markers.

    Raises:
        ReadmeError: one of the markers is missing, or they are in the wrong order.
    """
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_start or not found_end:
        raise ReadmeError(f"The README should hold the lines {start} and {end}, in this order.")
    return f"{before}{start}\n{table}\n{end}{after}"


def training_table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Lay out the rows of benchmarks/results/training.json as a table in Markdown."""
    lines = [
        "| recipe | test accuracy, mean ± standard deviation | worst | seconds | time, compared |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        ratio = row.get("median_time_ratio", 1)
        lines.append(
            f"| {CONTESTANTS[row['contestant']]} "
            f"| {row['mean_test_accuracy']:.2%} ± {100 * row['standard_deviation']:.2f} "
            f"| {row['worst_test_accuracy']:.2%} | {row['median_seconds']:.0f} | {ratio:.2f} |"
        )
    return "\n".join(lines)


def times_of(notebook: Path) -> tuple[str, str]:
    """Return how long a notebook runs and takes in class, as its first cell says.

    Returns:
        Such as ``("20 s", "45 min")``.

    Raises:
        ReadmeError: the first cell does not say so.
    """
    said = _TIME.search(read_notebook(notebook).cells[0].source)
    if not said:
        raise ReadmeError(f"{notebook.name} does not say in its first cell how long it takes.")
    return f"{said[1]} {'s' if said[2] == 'second' else 'min'}", f"{said[3]} min"


def with_times(text: str, notebooks: list[Path]) -> str:
    """Return the README's text with the notebooks' times in the last two columns of their rows.

    Raises:
        ReadmeError: a notebook has no row.
    """
    for notebook in notebooks:
        runs, in_class = times_of(notebook)
        row = rf"^(\|.*\(notebooks/{re.escape(notebook.name)}\).*\|)[^|]*\|[^|]*\|$"
        text, found = re.subn(row, rf"\1 {runs} | {in_class} |", text, flags=re.MULTILINE)
        if not found:
            raise ReadmeError(f"The README's table of the series has no row for {notebook.name}.")
    return text


def up_to_date(text: str) -> str:
    """Return the README's text with everything in it that is kept somewhere else."""
    training = json.loads(TRAINING.read_text(encoding="utf-8"))
    text = with_table(text, markdown_table(read_results()))
    text = with_table(text, training_table(training["rows"]), TRAINING_START, TRAINING_END)
    return with_times(text, find_notebooks())


def main(readme: Path = README) -> int:
    """Bring the README up to date; return the exit status."""
    try:
        text = readme.read_text(encoding="utf-8")
        write_atomically(readme, up_to_date(text))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
