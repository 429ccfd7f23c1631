"""Functions that students hand in: they may be wrong, loop, print, raise and call ``exit()``."""

import functools
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.authoring.execution import execute
from helpers.authoring.notebooks import write_notebook
from helpers.authoring.progress import PlainReporter
from helpers.exercises.answers import Array, Number
from helpers.exercises.exercise import NOT_ANSWERED, Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Kind, Mistake

NOT_YET = "Not yet."


def exercise(kind: Kind, mistakes: Any = ()) -> Exercise:
    return Exercise(
        name="3.99",
        minutes=1,
        goals=(1,),
        kind=kind,
        mistakes=mistakes,
        otherwise=NOT_YET,
        insight="Good.",
        hints=("One.", "Two."),
    )


def told(kind: Kind, answer: Any, mistakes: Any = ()) -> str:
    return exercise(kind, mistakes).judge(answer).text


# --- functions ------------------------------------------------------------------------------------

DOUBLE = Function(
    "double(values)",
    reference=lambda values: values * 2,
    cases=lambda: [(np.array([1, 2]),), (np.array([5]),)],
    returns=Array,
    seconds=0.5,
)


def endless(values: Any) -> Any:
    while True:
        pass


def stubborn(values: Any) -> Any:
    started = time.monotonic()
    while True:
        if time.monotonic() > started + 3:  # the test is over by then
            return None
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            values = values + 1


def in_place(values: Any) -> Any:
    values *= 2
    return values


def chatty(values: Any) -> Any:
    for _ in range(50_000):
        print("x" * 1000)
    print("error", file=sys.stderr)
    return values * 2


def printing(values: Any) -> None:
    print(values * 2)


def raising(values: Any) -> Any:
    raise ValueError("not that one.\nmore")


def leaving(values: Any) -> Any:
    exit()


def interrupting(values: Any) -> Any:
    raise KeyboardInterrupt


def asking(values: Any) -> Any:
    return input("? ")


STOPPED = "Your function had not finished after 0.5 seconds. Does it contain an endless loop?"
STILL_RUNNING = " It is still running: restart the kernel."


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda values: values * 2, "Right. Good."),
        (lambda values: [2 * value for value in values], "Right. Good."),
        (chatty, "Right. Good."),
        (lambda values: values, NOT_YET),
        (endless, STOPPED),
        (in_place, "Your function changes what it is given. Let it work on a copy."),
        (
            printing,
            "Your function prints something and returns None. Let it return its result.",
        ),
        (
            lambda values: values.sort(),
            "Your function returned None. Does it end with a return statement?",
        ),
        (raising, "Your function raised ValueError: not that one."),
        (leaving, "Your function called exit(). Let it return its result instead."),
        (interrupting, "Your function raised KeyboardInterrupt."),
        (
            asking,
            "Your function raised RuntimeError: input() is not possible here; use the arguments.",
        ),
        (
            lambda values: "four",
            "Your function returned a text. It should return a list or an array of 2 numbers.",
        ),
        (
            lambda: 1,
            "Your function takes other arguments; it must be possible to call it as "
            "double(values).",
        ),
        (3, DOUBLE.form),
        (Exercise, DOUBLE.form),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_functions(function: Any, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    message = told(DOUBLE, function)
    assert message.removesuffix(" For double(array([1, 2])) it returned array([1, 2]).") == text
    assert time.monotonic() - started < 10
    assert capfd.readouterr() == ("", "")


def test_an_endless_function_is_really_ended() -> None:
    rounds = [0]

    def counting(values: Any) -> Any:
        while True:
            rounds[0] += 1

    told(DOUBLE, counting)
    before = rounds[0]
    time.sleep(0.1)
    assert rounds[0] == before > 0


def test_a_function_that_cannot_be_stopped_is_left_alone() -> None:
    assert told(DOUBLE, stubborn).removesuffix(STILL_RUNNING) == STOPPED


def dots_only(values: Any) -> Any: ...


def explained_only(values: Any) -> Any:
    """Double the values."""


def dots_returned(values: Any) -> Any:
    return ...


def dots_assigned(values: Any) -> Any:
    doubled = ...
    return doubled


def dots_used(values: Any) -> Any:
    factor: Any = ...
    return values * factor


@pytest.mark.parametrize(
    "stub", [dots_only, explained_only, dots_returned, dots_assigned, dots_used]
)
def test_the_stub_of_a_function_is_no_answer(stub: Callable[..., Any]) -> None:
    assert told(DOUBLE, stub) == NOT_ANSWERED


def test_dots_of_an_index_are_an_answer() -> None:
    assert told(DOUBLE, lambda values: values[...] * 2) == "Right. Good."


def test_a_wrong_function_is_known_by_its_behaviour() -> None:
    mistakes = [Mistake(example=lambda values: values**2, hint="That is the square.")]
    assert told(DOUBLE, lambda values: values * values, mistakes) == "That is the square."
    assert told(DOUBLE, lambda values: values + 1, mistakes).startswith(NOT_YET)


def test_a_wrong_case_is_shown_when_it_is_short() -> None:
    kind = Function(
        "area(width, height)",
        reference=lambda width, height: width * height,
        cases=[(1, 1), (2, 3)],
        returns=functools.partial(Number, tolerance=0.1),
    )
    assert told(kind, lambda width, height: width**2) == ("Not yet. For area(2, 3) it returned 4.")


# --- in a kernel ----------------------------------------------------------------------------------

KERNEL_CELLS = (
    "from helpers.exercises import check, chapters, mlp_baseline, solution\n"
    "from helpers.exercises.answers import Number\n"
    "from helpers.exercises.exercise import Exercise\n"
    "from helpers.exercises.functions import Function\n"
    "kind = Function('double(x)', reference=lambda x: 2 * x, cases=[(1,)], returns=Number)\n"
    "entry = Exercise(name='3.99', minutes=1, goals=(1,), kind=kind, insight='', hints=('', ''))\n"
    "mlp_baseline.EXERCISES.append(entry)",
    "def double(x):\n    exit()\ncheck('3.99', double)",
    "import time\ntime.sleep(0.5)",  # a kernel that was asked to end would have ended
    "def double(x):\n    display('seen')\n    print('seen')\n    return 2 * x\n"
    "check('3.99', double)",
    "display('shown'); print('shown')",
)


def test_a_function_can_neither_end_nor_litter_a_kernel(tmp_path: Path) -> None:
    path = tmp_path / "kernel.ipynb"
    write_notebook(new_notebook(cells=[new_code_cell(source) for source in KERNEL_CELLS]), path)
    run = execute(path, PlainReporter())
    assert run.failure == ""
    outputs = [
        output.text if output.output_type == "stream" else output.data["text/plain"]
        for cell in run.notebook.cells
        for output in cell.outputs
    ]
    assert sorted(line.strip() for line in outputs) == [
        "'shown'",
        "3.99  Right.",
        "3.99  Your function called exit(). Let it return its result instead.",
        "shown",
    ]
