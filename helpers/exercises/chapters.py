"""Find an exercise by its name; a notebook's exercises are loaded when one is first asked for."""

import importlib
import json
from pathlib import Path
from typing import Any

from helpers.errors import UserError
from helpers.exercises.exercise import NAME, Exercise

# The numbers and names of the notebooks: 3 is notebooks/03_mlp_baseline.ipynb, and its exercises
# are in helpers/exercises/mlp_baseline.py.
CHAPTERS = {
    1: "exploration",
    2: "preprocessing",
    3: "mlp_baseline",
    4: "cnn_dropout",
    5: "evaluation",
    6: "custom_images",
    7: "debugging",
    8: "better_training",
    9: "tuning",
    10: "deployment",
    11: "other_data",
}

SOLUTIONS_FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "solutions"


class ExerciseError(UserError):
    """An exercise or its solution is not there; the text says what there is."""


def notebook_stem(number: int) -> str:
    """Return a notebook's file name without its ending: 3 gives "03_mlp_baseline"."""
    return f"{number:02}_{CHAPTERS[number]}"


def chapter_exercises(number: int) -> list[Exercise]:
    """Return the exercises of a notebook, none if it has no module of exercises (yet)."""
    if number not in CHAPTERS:
        return []
    module_name = f"helpers.exercises.{CHAPTERS[number]}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name != module_name:
            raise
        return []
    return list(module.EXERCISES)


def find_exercise(name: object) -> Exercise:
    """Return the exercise of this name.

    Raises:
        ExerciseError: there is none.
    """
    if not isinstance(name, str):
        raise ExerciseError('Put the name of the exercise in quotation marks, for example "3.1".')
    matched = NAME.fullmatch(name.strip())
    if matched is None:
        raise ExerciseError(
            "The name of an exercise is the number of the notebook, a dot and a number, for "
            'example "3.1".'
        )
    exercises = {exercise.name: exercise for exercise in chapter_exercises(int(matched[1]))}
    if not exercises:
        raise ExerciseError(f"{name.strip()}  There are no exercises for a notebook {matched[1]}.")
    if name.strip() not in exercises:
        raise ExerciseError(
            f"{name.strip()}  There is no such exercise. Notebook {matched[1]} has "
            f"{_listed(list(exercises))}."
        )
    return exercises[name.strip()]


def _listed(names: list[str]) -> str:
    """Join names as in a sentence: 3.1, 3.2 and 3.3."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def solution_cells(name: str, folder: Path = SOLUTIONS_FOLDER) -> list[tuple[str, str]]:
    """Return the cells of an exercise's worked solution.

    Args:
        name: the name of an exercise that exists.
        folder: where the solutions are.

    Returns:
        The type ("code" or "markdown") and the text of each cell.

    Raises:
        ExerciseError: the notebook of solutions is missing or broken, or lacks this solution.
    """
    file = folder / f"{notebook_stem(int(name.partition('.')[0]))}.ipynb"
    shown = f"notebooks/solutions/{file.name}"
    try:
        cells = [_plain_cell(cell) for cell in json.loads(file.read_text("utf-8"))["cells"]]
    except FileNotFoundError:
        raise ExerciseError(
            f"{name}  The worked solution would be in {shown}, but that file is not here."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ExerciseError(
            f"{name}  The worked solution is in {shown}, but that file cannot be read."
        ) from None
    wanted = {f"exercise-{name}", "solution"}
    found = [(kind, text) for kind, text, tags in cells if wanted <= tags]
    if not found:
        raise ExerciseError(f"{name}  There is no worked solution in {shown}.")
    return found


def _plain_cell(cell: dict[str, Any]) -> tuple[str, str, set[str]]:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    return cell["cell_type"], text, set(cell["metadata"].get("tags", ()))
