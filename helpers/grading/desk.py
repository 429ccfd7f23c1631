"""Stands in for ``helpers.exercises`` where students' notebooks are graded.

It is copied there as ``helpers/exercises/__init__.py``. ``check`` only keeps the answer. No right
answer, no worked solution and no reference function is within reach of the kernel; ``write_answer``
writes down what there is, and another process judges it.
"""

import contextlib
import dis
import importlib
import json
from pathlib import Path
from typing import Any

__all__ = ["check", "hint", "solution"]

_answers: dict[str, Any] = {}


def check(name: str = "", answer: object = ...) -> None:
    """Keep an answer; it is judged later, elsewhere."""
    _answers[str(name).strip()] = answer


def hint(name: str = "", step: int | None = None) -> None:
    """Do nothing: nobody reads what a notebook prints while it is graded."""


def solution(name: str = "") -> None:
    """Do nothing: worked solutions are not here."""


def write_answer(name: str, expression: str, variables: dict[str, Any], folder: str) -> None:
    """Write down an answer as plain data, in ``folder/NAME.json``.

    Args:
        name: the exercise.
        expression: what the stub hands to ``check``; taken if the notebook did not call it.
        variables: those of the notebook.
        folder: where answers go; ``folder/cases/NAME.json`` holds the arguments with which a
            function is called, if a function is asked for.
    """
    from helpers.grading.plain import NotPlainError, encoded

    place = Path(folder)
    data: dict[str, Any]
    try:
        answer = _answers[name] if name in _answers else eval(expression, variables)
        cases = place / "cases" / f"{name}.json"
        if cases.exists() and callable(answer) and not isinstance(answer, type):
            data = {"tried": _tried(answer, json.loads(cases.read_text("utf-8")), place)}
        elif callable(answer) and hasattr(answer, "__code__"):
            data = {"function": answer.__name__}
        else:
            data = {"value": encoded(answer, place)}
    except NotPlainError as error:
        data = {"problem": f"the answer is {error}, which can't be judged here"}
    except Exception as error:
        data = {"problem": f"{type(error).__name__}: {error}"[:200]}
    (place / f"{name}.json").write_text(json.dumps(data), encoding="utf-8")


def _tried(function: Any, wanted: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Call a function with every tuple of arguments, and write down what came of it."""
    from helpers.exercises.functions import accepts
    from helpers.exercises.kinds import is_untouched
    from helpers.exercises.running import call_each
    from helpers.grading.plain import decoded

    cases = [tuple(decoded(part, folder) for part in case) for case in wanted["cases"]]
    if is_untouched(function):
        return {"untouched": True, "accepts": True, "results": []}
    if not accepts(function, cases[0]):
        return {"untouched": False, "accepts": False, "results": []}
    _import_for(function.__code__ if hasattr(function, "__code__") else None)
    results = call_each(function, cases, wanted["seconds"])
    return {
        "untouched": False,
        "accepts": True,
        "results": [_written(result, folder) for result in results],
    }


def _import_for(code: Any) -> None:
    """Import what a function imports before its seconds begin: at home, checks have done that."""
    for instruction in dis.get_instructions(code) if code else ():
        if instruction.opname == "IMPORT_NAME":
            with contextlib.suppress(Exception):
                importlib.import_module(str(instruction.argval))


def _written(result: Any, folder: Path) -> dict[str, Any]:
    from helpers.grading.plain import NotPlainError, encoded

    try:
        value, strange = encoded(result.value, folder), ""
    except NotPlainError as error:
        value, strange = None, str(error)
    facts = {name: getattr(result, name) for name in _FACTS}
    return {"value": value, "strange": strange, **facts}


_FACTS = ("error", "changed", "printed", "timed_out", "unstoppable")
