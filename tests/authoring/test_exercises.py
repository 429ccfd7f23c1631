"""The exercise cells of the lessons come from the notebooks of solutions, and from nowhere else."""

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.authoring.exercises import (
    exercise_differences,
    exercise_of,
    exercise_pairs,
    main,
    read_solutions,
    tags_of,
    updated_lesson,
)
from helpers.authoring.notebooks import read_notebook, write_notebook
from helpers.errors import UserError
from helpers.exercises.chapters import chapter_exercises, solution_cells

NAMES = ("3.1", "3.2")


def code(source: str, *tags: str) -> NotebookNode:
    return new_code_cell(source, metadata={"tags": list(tags)})


def text(source: str, *tags: str) -> NotebookNode:
    return new_markdown_cell(source, metadata={"tags": list(tags)})


def solution_notebook() -> NotebookNode:
    cells = [code("import numpy as np", "setup")]
    for name in NAMES:
        tag = f"exercise-{name}"
        cells += [
            text(f"**Exercise {name}** (1 minute). How many?", tag),
            code(f'answer = ...\ncheck("{name}", answer)', tag),
            code(f'answer = 7850\ncheck("{name}", answer)', tag, "solution"),
        ]
    return new_notebook(cells=cells)


def lesson_notebook() -> NotebookNode:
    return new_notebook(
        cells=[
            text("# A lesson"),
            text("here", "exercise-3.1"),
            code("x = 1"),
            text("here", "exercise-3.2"),
            text("The end."),
        ]
    )


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    lesson, solutions = tmp_path / "03_lesson.ipynb", tmp_path / "solutions" / "03_lesson.ipynb"
    write_notebook(lesson_notebook(), lesson)
    write_notebook(solution_notebook(), solutions)
    return lesson, solutions


def write(pair: tuple[Path, Path]) -> NotebookNode:
    write_notebook(updated_lesson(*pair, NAMES), pair[0])
    return read_notebook(pair[0])


def change(path: Path, index: int, **values: Any) -> None:
    notebook = read_notebook(path)
    notebook.cells[index].update(values)
    write_notebook(notebook, path)


def test_places_are_replaced_by_text_and_stub(pair: tuple[Path, Path]) -> None:
    assert len(exercise_differences(*pair, NAMES)) == 2
    lesson = write(pair)
    assert [cell.id for cell in lesson.cells if exercise_of(cell)] == [
        "exercise-3-1-text",
        "exercise-3-1-stub-1",
        "exercise-3-2-text",
        "exercise-3-2-stub-1",
    ]
    assert tags_of(lesson.cells[2]) == ["exercise-3.1", "nbval-check-output"]
    assert not any("7850" in cell.source for cell in lesson.cells)
    assert lesson.cells[3].source == "x = 1"
    assert exercise_differences(*pair, NAMES) == []


def test_writing_again_changes_no_byte(pair: tuple[Path, Path]) -> None:
    write(pair)
    before = pair[0].read_bytes()
    write(pair)
    assert pair[0].read_bytes() == before


def test_an_unchanged_stub_keeps_its_output(pair: tuple[Path, Path]) -> None:
    write(pair)
    output = new_output("stream", name="stdout", text="3.1  Not answered yet.\n")
    change(pair[0], 2, outputs=[output], execution_count=4)
    change(pair[1], 1, source="**Exercise 3.1** (1 minute). Another text.")
    lesson = write(pair)
    assert lesson.cells[1].source.endswith("Another text.")
    assert (lesson.cells[2].outputs, lesson.cells[2].execution_count) == ([output], 4)
    change(pair[1], 2, source='answer = ...  # new\ncheck("3.1", answer)')
    assert write(pair).cells[2].outputs == []


@pytest.mark.parametrize(
    ("cell", "values", "what"),
    [
        (1, {"source": "**Exercise 3.1** changed"}, "the text"),
        (2, {"source": 'answer = 1\ncheck("3.1", answer)'}, "the stub"),
        (2, {"metadata": {"tags": ["exercise-3.1"]}}, "an id or a tag"),
        (2, {"id": "other"}, "an id or a tag"),
    ],
)
def test_a_planted_difference_is_found(
    pair: tuple[Path, Path], cell: int, values: dict[str, Any], what: str
) -> None:
    write(pair)
    change(pair[0], cell, **values)
    assert exercise_differences(*pair, NAMES) == [
        f"03_lesson.ipynb: {what} of exercise 3.1 is not as in solutions/03_lesson.ipynb."
    ]


def drop(path: Path, *indices: int) -> None:
    notebook = read_notebook(path)
    notebook.cells = [cell for index, cell in enumerate(notebook.cells) if index not in indices]
    write_notebook(notebook, path)


def add(path: Path, cell: NotebookNode) -> None:
    notebook = read_notebook(path)
    notebook.cells.append(cell)
    write_notebook(notebook, path)


@pytest.mark.parametrize(
    ("spoil", "names", "sentence"),
    [
        (lambda lesson, _: drop(lesson, 1), NAMES, "exercise 3.1 has no place"),
        (
            lambda lesson, _: add(lesson, text("x", "exercise-3.7")),
            NAMES,
            "there is a place for exercise 3.7, but no such exercise",
        ),
        (
            lambda lesson, _: add(lesson, text("x", "exercise-3.1")),
            NAMES,
            "exercise 3.1 stands in more than one place",
        ),
        (
            lambda _, solutions: add(solutions, text("x", "exercise-3.1")),
            NAMES,
            "exercise 3.1 stands in more than one place",
        ),
        (lambda *_: None, ("3.1",), "exercise 3.2 has no entry in helpers/exercises"),
        (lambda *_: None, (*NAMES, "3.3"), "exercise 3.3 of helpers/exercises has no cells"),
        (lambda _, solutions: drop(solutions, 1), NAMES, "exercise 3.1 needs one markdown cell"),
        (lambda _, solutions: drop(solutions, 2), NAMES, "exercise 3.1 has no cell with a stub"),
        (lambda _, solutions: drop(solutions, 3), NAMES, "no cell with a worked solution"),
        (
            lambda _, solutions: change(solutions, 2, source='check("3.2", ...)'),
            NAMES,
            'a stub that does not call check("3.1", ...) alone',
        ),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    pair: tuple[Path, Path], spoil: Any, names: tuple[str, ...], sentence: str
) -> None:
    spoil(*pair)
    with pytest.raises(UserError, match=re.escape(sentence)):
        exercise_differences(*pair, names)


def test_the_command(
    pair: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    entries = [
        exercise.__class__(**{**vars(exercise), "name": name})
        for exercise in chapter_exercises(3)[:1]
        for name in NAMES
    ]
    monkeypatch.setattr("helpers.authoring.exercises.chapter_exercises", lambda _: entries)
    monkeypatch.setattr(exercise_pairs, "__defaults__", ((), pair[1].parent))
    before = pair[0].read_bytes()
    assert main(["--check"]) == 1
    assert "exercise 3.2 is not as in solutions/03_lesson.ipynb." in capsys.readouterr().out
    assert pair[0].read_bytes() == before
    assert main(["3"]) == 0
    assert main(["--check", "03"]) == 0
    assert main(["--check", "04"]) == 1
    assert capsys.readouterr().err == "error: There is no notebook 04 in notebooks/solutions.\n"


def test_the_worked_solution_is_read_from_the_notebook(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "found"
    folder.mkdir()
    pair[1].rename(folder / "03_mlp_baseline.ipynb")
    assert solution_cells("3.1", folder) == [("code", 'answer = 7850\ncheck("3.1", answer)')]
    with pytest.raises(UserError, match="There is no worked solution"):
        solution_cells("3.3", folder)
    with pytest.raises(UserError, match=r"would be in notebooks/solutions/03_mlp_baseline\.ipynb"):
        solution_cells("3.1", tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        solution_cells("3.1", tmp_path / ("x" * 300))
    (folder / "03_mlp_baseline.ipynb").write_text("no notebook", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        solution_cells("3.1", folder)


# --- the real notebooks ---------------------------------------------------------------------------

PAIRS = exercise_pairs()
each_pair = pytest.mark.parametrize(("lesson", "solutions"), PAIRS, ids=[p.stem for p, _ in PAIRS])


def goals_of(lesson: NotebookNode) -> set[int]:
    """The numbers of the goals in a lesson's header."""
    header = lesson.cells[0].source.partition("**After this notebook you can**")[2]
    return {int(number) for number in re.findall(r"^(\d+)\. ", header, flags=re.MULTILINE)}


@each_pair
def test_the_lesson_is_as_its_source_says(lesson: Path, solutions: Path) -> None:
    assert exercise_differences(lesson, solutions) == []


@each_pair
def test_every_goal_is_practised(lesson: Path, solutions: Path) -> None:
    exercises = chapter_exercises(int(lesson.stem[:2]))
    goals = goals_of(read_notebook(lesson))
    assert goals
    assert {goal for exercise in exercises for goal in exercise.goals} == goals
    assert len(exercises) >= 4


@each_pair
def test_texts_name_exercise_and_minutes(lesson: Path, solutions: Path) -> None:
    exercises = chapter_exercises(int(lesson.stem[:2]))
    cells = read_solutions(solutions, [exercise.name for exercise in exercises])
    for exercise in exercises:
        unit = "minute" if exercise.minutes == 1 else "minutes"
        wanted = f"**Exercise {exercise.name}** ({exercise.minutes} {unit})"
        assert wanted in cells[exercise.name].texts[0].source


@each_pair
def test_worked_solutions_are_right(lesson: Path, solutions: Path) -> None:
    for cell in read_notebook(solutions).cells:
        calls = re.findall(r"^check\(\"([^\"]*)\"", cell.source, flags=re.MULTILINE)
        if "solution" in tags_of(cell) and calls:
            shown = "".join(output.get("text", "") for output in cell.outputs)
            assert shown.count("  Right.") == len(calls), cell.source


def test_stored_notebooks_are_valid(pair: tuple[Path, Path]) -> None:
    nbformat.validate(write(pair))
