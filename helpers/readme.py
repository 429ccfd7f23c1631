"""Keep the README's table of results what ``models/results.json`` says: ``make readme``."""

import sys
from pathlib import Path

from helpers.errors import UserError
from helpers.folders import PROJECT_FOLDER
from helpers.results import markdown_table, read_results

README = PROJECT_FOLDER / "README.md"

# Comments in Markdown: nobody sees them on the rendered page.
START = "<!-- results: written by `make readme` from models/results.json -->"
END = "<!-- end of results -->"


class ReadmeError(UserError):
    """The README has no place for the table."""


def with_table(text: str, table: str) -> str:
    """Return the README's text with the table between its two markers.

    Raises:
        ReadmeError: one of the markers is missing, or they are in the wrong order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise ReadmeError(f"The README should hold the lines {START} and {END}, in this order.")
    return f"{before}{START}\n{table}\n{END}{after}"


def main(readme: Path = README) -> int:
    """Write the table into the README; return the exit status."""
    try:
        text = readme.read_text(encoding="utf-8")
        readme.write_text(with_table(text, markdown_table(read_results())), encoding="utf-8")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
