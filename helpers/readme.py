"""Keep the README's numbers what results and notebooks say: ``make readme``."""

import re
import sys
from pathlib import Path

from helpers.errors import UserError
from helpers.folders import PROJECT_FOLDER
from helpers.results import markdown_table, read_results
from helpers.series import find_notebooks, read_notebook

README = PROJECT_FOLDER / "README.md"

# Comments in Markdown: nobody sees them on the rendered page.
START = "<!-- results: written by `make readme` from models/results.json -->"
END = "<!-- end of results -->"

_TIME = re.compile(
    r"\*\*Time\.\*\*\s+About\s+(\d+)\s+(second|minute)s?\s+to\s+run.*?(\d+)\s+minutes\s+in\s+class",
    re.DOTALL,
)


class ReadmeError(UserError):
    """The README, or a notebook, has no place for what belongs there."""


def with_results(text: str, table: str) -> str:
    """Return the README's text with the table of results between its two markers.

    Raises:
        ReadmeError: one of the markers is missing, or they are in the wrong order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ReadmeError(f"The README should hold the lines {START} and {END}, in this order.")
    return f"{before}{START}\n{table}\n{END}{after}"


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
    return with_times(with_results(text, markdown_table(read_results())), find_notebooks())


def main(readme: Path = README) -> int:
    """Bring the README up to date; return the exit status."""
    try:
        text = readme.read_text(encoding="utf-8")
        readme.write_text(up_to_date(text), encoding="utf-8")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
