"""Judge answers that lie in a folder as plain data: the one place that knows what is right.

``python -m helpers.grading.judge FOLDER NAME...`` prints a JSON object: exercise to outcome and
text. It runs in a process of its own, which never saw a line of a student's code: where an answer
is a file that Keras has to load, a crash or worse costs this one notebook.
"""

import json
import stat
import sys
from pathlib import Path
from typing import Any

from helpers.exercises.chapters import chapter_exercises, find_exercise
from helpers.exercises.exercise import Exercise
from helpers.exercises.functions import Function, TriedElsewhere
from helpers.exercises.objects import Anything, Model
from helpers.exercises.running import Result, one_line
from helpers.grading.plain import NotPlainError, decoded, encoded

LARGEST_ANSWER = 100_000_000

ERROR = "error"


def write_cases(number: int, folder: Path) -> None:
    """Write the arguments with which the functions of a notebook's exercises are called.

    Args:
        number: the notebook.
        folder: gets ``NAME.json`` for every exercise that asks for a function, unless its arguments
            are no plain data.
    """
    for exercise in chapter_exercises(number):
        kind = exercise.kind
        if isinstance(kind, Function):
            try:
                cases = [[encoded(part, folder) for part in case] for case in kind.make_cases()]
            except NotPlainError:
                continue
            content = json.dumps({"cases": cases, "seconds": kind.seconds})
            (folder / f"{exercise.name}.json").write_text(content, encoding="utf-8")


def judged(name: str, folder: Path) -> tuple[str, str]:
    """Judge the answer in ``folder/NAME.json``.

    Returns:
        "right", "wrong", "untouched" or "error", and a sentence.
    """
    path = folder / f"{name}.json"
    try:
        facts = path.lstat()
        if not stat.S_ISREG(facts.st_mode):
            return ERROR, "the answer is no file"
        if facts.st_size > LARGEST_ANSWER:
            return ERROR, f"the answer is larger than {LARGEST_ANSWER // 1_000_000} MB"
        data = json.loads(path.read_text("utf-8"))
        if "problem" in data:
            return ERROR, str(data["problem"])
        exercise = find_exercise(name)
        answer, problem = _answer_of(data, exercise, folder)
        if problem:
            return ERROR, problem
        verdict = exercise.judge(answer)
    except FileNotFoundError:
        return ERROR, "no answer was handed over"
    except (Exception, RecursionError) as error:
        return ERROR, f"the answer can't be read ({one_line(error)})"
    return verdict.outcome, verdict.text


def _answer_of(data: dict[str, Any], exercise: Exercise, folder: Path) -> tuple[Any, str]:
    """Return the answer and "", or None and why it can't be judged."""
    kind = exercise.kind
    if "tried" in data:
        tried = data["tried"]
        results = [_result(each, folder) for each in tried["results"]]
        return TriedElsewhere(bool(tried["untouched"]), bool(tried["accepts"]), results), ""
    if "function" in data:
        if isinstance(kind, Function | Anything) and not isinstance(kind, Model):
            return None, "a function is asked for that can't be tried here: look at it yourself"
        return len, ""  # some function, where none is asked for
    if isinstance(kind, Model):
        import keras  # noqa: F401 - without it, nothing is known to be a model
    return decoded(data["value"], folder), ""


class _Strange:
    """Stands for a value that is no plain data."""


def _result(data: dict[str, Any], folder: Path) -> Result:
    value = _Strange() if data["strange"] else decoded(data["value"], folder)
    flags = {name: bool(data[name]) for name in ("changed", "printed", "timed_out", "unstoppable")}
    return Result(value=value, error=str(data["error"])[:200], **flags)


def main(arguments: list[str]) -> int:
    """Print the verdicts on the exercises named; return the exit status."""
    folder = Path(arguments[0])
    print(json.dumps({name: judged(name, folder) for name in arguments[1:]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
