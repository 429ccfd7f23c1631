"""Write the exercise cells of the lessons from their one source, the notebooks of solutions.

``python -m helpers.authoring.exercises [NN ...]`` puts text and stub of every exercise of
``notebooks/solutions/NN_name.ipynb`` into ``notebooks/NN_name.ipynb``, where cells tagged with the
exercise's name stand; ``--check`` writes nothing and tells what would change.
"""

import argparse
import copy
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from nbformat import NotebookNode

from helpers.authoring.notebooks import read_notebook, write_notebook
from helpers.errors import UserError
from helpers.exercises.chapters import SOLUTIONS_FOLDER, chapter_exercises

_PREFIX = "exercise-"
_CALL_OF_CHECK = re.compile(r"""\bcheck\(\s*["']([^"']*)["']""")


@dataclass
class ExerciseCells:
    """The cells of one exercise in the notebook of solutions.

    Attributes:
        texts: the markdown cells; there must be one.
        stubs: the code cells that a student completes.
        solutions: the cells of the worked solution.
    """

    texts: list[NotebookNode] = field(default_factory=list)
    stubs: list[NotebookNode] = field(default_factory=list)
    solutions: list[NotebookNode] = field(default_factory=list)


# --- the two notebooks ----------------------------------------------------------------------------


def tags_of(cell: NotebookNode) -> list[str]:
    """Return a cell's tags."""
    return list(cell.metadata.get("tags", ()))


def exercise_of(cell: NotebookNode) -> str:
    """Return the name of the exercise that a cell belongs to, or "" if there is none."""
    names = [tag.removeprefix(_PREFIX) for tag in tags_of(cell) if tag.startswith(_PREFIX)]
    return names[0] if names else ""


def read_solutions(path: Path, names: Iterable[str]) -> dict[str, ExerciseCells]:
    """Read the exercises of a notebook of solutions.

    Args:
        path: the notebook.
        names: the exercises that the notebook's module in ``helpers.exercises`` has.

    Returns:
        The cells of every exercise, in the notebook's order.

    Raises:
        UserError: a cell is missing or superfluous.
    """
    cells = read_notebook(path).cells
    runs = [name for name, _ in groupby(map(exercise_of, cells)) if name]
    _refuse_twice(runs, path)
    found: dict[str, ExerciseCells] = {}
    for cell in cells:
        name = exercise_of(cell)
        if name:
            _place(cell, found.setdefault(name, ExerciseCells()))
    for name, exercise in found.items():
        _refuse_incomplete(name, exercise, path)
    _refuse_strangers(found, names, path)
    return found


def _place(cell: NotebookNode, exercise: ExerciseCells) -> None:
    if "solution" in tags_of(cell):
        exercise.solutions.append(cell)
    elif cell.cell_type == "code":
        exercise.stubs.append(cell)
    else:
        exercise.texts.append(cell)


def _refuse_twice(names: Sequence[str], path: Path) -> None:
    for name in names:
        if names.count(name) > 1:
            raise UserError(
                f"{path.name}: exercise {name} stands in more than one place; keep one of them."
            )


def _refuse_incomplete(name: str, exercise: ExerciseCells, path: Path) -> None:
    place = f"{path.name}: exercise {name}"
    if len(exercise.texts) != 1:
        raise UserError(f"{place} needs one markdown cell; it has {len(exercise.texts)}.")
    parts = {"a stub": exercise.stubs, "a worked solution": exercise.solutions}
    for part, cells in parts.items():
        checked = [
            each for cell in cells for each in _CALL_OF_CHECK.findall(_code_of(cell)) if each
        ]
        if not cells:
            raise UserError(f"{place} has no cell with {part}.")
        if set(checked) != {name}:
            raise UserError(f'{place} has {part} that does not call check("{name}", ...) alone.')


def _code_of(cell: NotebookNode) -> str:
    return cell.source if cell.cell_type == "code" else ""


def _refuse_strangers(found: Iterable[str], names: Iterable[str], path: Path) -> None:
    found, names = set(found), set(names)
    for name in sorted(found - names):
        raise UserError(f"{path.name}: exercise {name} has no entry in helpers/exercises.")
    for name in sorted(names - found):
        raise UserError(
            f"{path.name}: exercise {name} of helpers/exercises has no cells in this notebook."
        )


def _refuse_other_places(lesson: NotebookNode, wanted: Iterable[str], path: Path) -> None:
    """Refuse a lesson that has not exactly one place for each exercise."""
    runs = [name for name, _ in groupby(map(exercise_of, lesson.cells)) if name]
    _refuse_twice(runs, path)
    for name in sorted(set(runs) - set(wanted)):
        raise UserError(f"{path.name}: there is a place for exercise {name}, but no such exercise.")
    for name in sorted(set(wanted) - set(runs)):
        raise UserError(
            f"{path.name}: exercise {name} has no place; put a markdown cell tagged "
            f"{_PREFIX}{name} where it belongs."
        )


# --- writing --------------------------------------------------------------------------------------


def updated_lesson(
    lesson_path: Path, solutions_path: Path, names: Iterable[str] | None = None
) -> NotebookNode:
    """Return a lesson with its exercises as they are in the notebook of solutions.

    Args:
        lesson_path: the lesson.
        solutions_path: the notebook of solutions.
        names: the exercises that there must be; by default those of ``helpers.exercises``.

    Raises:
        UserError: the two notebooks or ``helpers.exercises`` know different exercises.
    """
    if names is None:
        names = [each.name for each in chapter_exercises(_number_of(lesson_path))]
    lesson = read_notebook(lesson_path)
    exercises = read_solutions(solutions_path, names)
    _refuse_other_places(lesson, exercises, lesson_path)
    cells: list[NotebookNode] = []
    for name, run in groupby(lesson.cells, key=exercise_of):
        stored = list(run)
        cells.extend(_lesson_cells(name, exercises[name], stored) if name else stored)
    lesson.cells = cells
    return lesson


def _number_of(path: Path) -> int:
    number = path.stem[:2]
    if not number.isdecimal():
        raise UserError(f"{path.name} does not begin with the number of a notebook.")
    return int(number)


def _lesson_cells(
    name: str, exercise: ExerciseCells, stored: list[NotebookNode]
) -> list[NotebookNode]:
    """Return text and stubs of an exercise; stubs that have not changed keep their outputs."""
    tag, identity = f"{_PREFIX}{name}", f"{_PREFIX}{name.replace('.', '-')}"
    text = copy.deepcopy(exercise.texts[0])
    text.id, text.metadata = f"{identity}-text", NotebookNode(tags=[tag])
    cells = [text]
    for number, source in enumerate(exercise.stubs, start=1):
        stub = copy.deepcopy(source)
        others = [each for each in tags_of(source) if each not in (tag, "nbval-check-output")]
        stub.id = f"{identity}-stub-{number}"
        stub.metadata = NotebookNode(tags=[tag, *others, "nbval-check-output"])
        stub.outputs, stub.execution_count = _stored_result(stub, stored)
        cells.append(stub)
    return cells


def _stored_result(
    stub: NotebookNode, stored: list[NotebookNode]
) -> tuple[list[NotebookNode], int | None]:
    for cell in stored:
        if cell.cell_type == "code" and cell.source == stub.source:
            return cell.outputs, cell.execution_count
    return [], None


# --- comparing ------------------------------------------------------------------------------------


def exercise_differences(
    lesson_path: Path, solutions_path: Path, names: Iterable[str] | None = None
) -> list[str]:
    """Say which exercises of a lesson are not as in the notebook of solutions.

    Args:
        lesson_path: the lesson.
        solutions_path: the notebook of solutions.
        names: the exercises that there must be; by default those of ``helpers.exercises``.

    Returns:
        A sentence for each exercise that differs.

    Raises:
        UserError: the two notebooks or ``helpers.exercises`` know different exercises.
    """
    wanted = _cells_by_exercise(updated_lesson(lesson_path, solutions_path, names))
    current = _cells_by_exercise(read_notebook(lesson_path))
    return [
        f"{lesson_path.name}: {_difference(current[name], cells)} of exercise {name} is not as in "
        f"{solutions_path.parent.name}/{solutions_path.name}."
        for name, cells in wanted.items()
        if current[name] != cells
    ]


def _cells_by_exercise(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    return {name: list(run) for name, run in groupby(notebook.cells, key=exercise_of) if name}


def _difference(current: list[NotebookNode], wanted: list[NotebookNode]) -> str:
    if [cell.cell_type for cell in current] != [cell.cell_type for cell in wanted]:
        return "the number of cells"
    for cell, another in zip(current, wanted, strict=True):
        if cell.source != another.source:
            return "the text" if cell.cell_type == "markdown" else "the stub"
    return "an id or a tag"


# --- the command ----------------------------------------------------------------------------------


def exercise_pairs(
    wanted: Sequence[str] = (), folder: Path = SOLUTIONS_FOLDER
) -> list[tuple[Path, Path]]:
    """Return lessons with their notebooks of solutions, all or those of some numbers.

    Args:
        wanted: numbers such as "03" or "3"; none means all.
        folder: where the notebooks of solutions are; the lessons are one folder above.

    Raises:
        UserError: a notebook that was asked for, or the lesson to some solutions, is not there.
    """
    solutions = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    for number in wanted:
        if not any(path.stem[:2] == number.zfill(2) for path in solutions):
            raise UserError(f"There is no notebook {number} in notebooks/solutions.")
    numbers = {number.zfill(2) for number in wanted}
    chosen = [path for path in solutions if not wanted or path.stem[:2] in numbers]
    for path in chosen:
        if not (folder.parent / path.name).exists():
            raise UserError(f"There are solutions {path.name}, but no notebooks/{path.name}.")
    return [(folder.parent / path.name, path) for path in chosen]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the exercises of the lessons, or check them; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.authoring.exercises", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, tell what differs")
    parser.add_argument("numbers", nargs="*", metavar="NN", help="notebooks; by default all")
    options = parser.parse_args(arguments)
    failed = False
    try:
        for lesson, solutions in exercise_pairs(options.numbers):
            differences = exercise_differences(lesson, solutions)
            for difference in differences if options.check else ():
                print(difference)
            failed = failed or (options.check and bool(differences))
            if differences and not options.check:
                write_notebook(updated_lesson(lesson, solutions), lesson)
                print(f"{lesson.name}: exercises written.")
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
