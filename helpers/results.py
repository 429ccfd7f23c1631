"""What the trained networks achieved: written down, read back, and shown as a table.

``models/results.json`` tells about the networks that ship, ``build/results.json`` about those that
``make run`` trained. Both map a network's name to one object with the same keys.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, write_atomically

Results = dict[str, dict[str, Any]]

SHIPPED_RESULTS = PROJECT_FOLDER / "models" / "results.json"

TABLE_COLUMNS = ("network", "test accuracy", "95 % interval", "parameters", "training seconds")


class ResultsError(UserError):
    """A file of results cannot be read; the text names it."""


def read_results(path: Path = SHIPPED_RESULTS) -> Results:
    """Read a file of results.

    Raises:
        ResultsError: the file is missing or is not an object of objects.
    """
    results = _read_json(path)
    if not all(map(_is_result, results.values())):
        raise ResultsError(
            f"{path} is not a file of results: it should hold one object a network, with numbers."
        )
    return results


def _is_result(result: object) -> bool:
    """Tell whether this can be a row of the table."""
    if not isinstance(result, dict):
        return False
    interval = result.get("test_interval") or (0, 0)
    numbers = [result.get(key) for key in ("test_accuracy", "parameters", "fit_seconds")]
    is_pair = isinstance(interval, list | tuple) and len(interval) == 2
    return is_pair and all(isinstance(n, int | float | None) for n in (*numbers, *interval))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write an object as JSON; a reader never sees half a file."""
    write_atomically(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def table_rows(results: Results) -> list[tuple[str, ...]]:
    """Return the rows of the results table, best network first, in the order of TABLE_COLUMNS.

    A value that is not known is a dash.
    """
    ordered = sorted(results.items(), key=lambda item: -(item[1].get("test_accuracy") or 0))
    return [_table_row(name, result) for name, result in ordered]


def markdown_table(results: Results) -> str:
    """Return the results as a table in Markdown, for the README."""
    alignment = ("---",) + ("---:",) * (len(TABLE_COLUMNS) - 1)
    lines = [TABLE_COLUMNS, alignment, *table_rows(results)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _table_row(name: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    accuracy = result.get("test_accuracy")
    interval = result.get("test_interval")
    parameters = result.get("parameters")
    seconds = result.get("fit_seconds")
    return (
        name,
        "–" if accuracy is None else f"{accuracy:.2%}",
        "–" if interval is None else f"{interval[0]:.2%} to {interval[1]:.2%}",
        "–" if parameters is None else f"{parameters:,}",
        "–" if seconds is None else f"{seconds:.0f}",
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"{path} is missing.") from None
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read as JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ResultsError(f"{path} should hold a JSON object, not a {type(content).__name__}.")
    return content
