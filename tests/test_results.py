from pathlib import Path

import pytest

from helpers import results
from helpers.results import (
    TABLE_COLUMNS,
    ResultsError,
    markdown_table,
    read_results,
    table_rows,
    write_json,
)

BOTH = {
    "mlp": {
        "parameters": 109386,
        "fit_seconds": 19.6,
        "test_accuracy": 0.9904,
        "test_interval": [0.98831, 0.99213],
    },
    "cnn": {
        "parameters": 98000,
        "fit_seconds": 74.4,
        "test_accuracy": 0.9961,
        "test_interval": [0.9947, 0.9971],
    },
}


def test_rows_are_formatted_and_the_best_comes_first() -> None:
    assert table_rows(BOTH) == [
        ("cnn", "99.61%", "99.47% to 99.71%", "98,000", "74"),
        ("mlp", "99.04%", "98.83% to 99.21%", "109,386", "20"),
    ]


def test_what_is_not_known_is_a_dash() -> None:
    assert table_rows({"x": {}, "y": {"test_accuracy": 0.5}}) == [
        ("y", "50.00%", "–", "–", "–"),
        ("x", "–", "–", "–", "–"),
    ]


def test_markdown_table() -> None:
    lines = markdown_table(BOTH).splitlines()
    assert len(lines) == 4
    assert lines[0] == "| " + " | ".join(TABLE_COLUMNS) + " |"
    assert {line.count("|") for line in lines} == {len(TABLE_COLUMNS) + 1}


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_json(tmp_path / "results.json", BOTH)
    assert read_results(tmp_path / "results.json") == BOTH
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "is missing"),
        ("{", "cannot be read as JSON"),
        ("[1]", "should hold a JSON object, not a list"),
        ('{"cnn": 0.99}', "not a file of results"),
    ],
)
def test_wrong_file_of_results_is_named(tmp_path: Path, content: str | None, fault: str) -> None:
    path = tmp_path / "results.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ResultsError, match=fault) as caught:
        read_results(path)
    assert str(path) in str(caught.value)


def test_the_results_that_ship_fill_the_table() -> None:
    rows = table_rows(read_results(results.SHIPPED_RESULTS))
    assert {row[0] for row in rows} >= {"cnn", "mlp"}
    assert "–" not in {value for row in rows for value in row}
