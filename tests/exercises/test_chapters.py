"""Every exercise of the series: its mistakes get their hints, and nothing upsets its check."""

import contextlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from helpers.exercises import check
from helpers.exercises.answers import Array, Choice, Number, Shape
from helpers.exercises.chapters import CHAPTERS, chapter_exercises, find_exercise, notebook_stem
from helpers.exercises.exercise import NOT_ANSWERED, Exercise
from helpers.exercises.functions import Function
from helpers.exercises.kinds import Kind, Mistake
from helpers.exercises.objects import Anything, Model, Table, step


# One exercise of every kind, so that the kinds are tested before a chapter uses them.
def sample(name: str, kind: Kind, mistakes: Any = ()) -> Exercise:
    return Exercise(
        name=name,
        minutes=1,
        goals=(1,),
        kind=kind,
        mistakes=mistakes,
        insight="Good.",
        hints=("Look at one image.", "Count."),
    )


def right_table() -> pd.DataFrame:
    return pd.DataFrame({"ink": [0.1, 0.2]}, index=[3, 4])


def small_model(units: int = 10, activation: str | None = "softmax") -> Any:
    import keras

    return keras.Sequential(
        [keras.Input(shape=(4, 4)), keras.layers.Flatten(), keras.layers.Dense(units, activation)]
    )


SAMPLES = [
    sample(
        "99.1", Number(2.303, tolerance=0.01), {1.0: "The logarithm of 10, not of e.", 0: "No."}
    ),
    sample(
        "99.2", Choice("relu", options=("relu", "softmax", "tanh")), {"tanh": "a", "softmax": "b"}
    ),
    sample("99.3", Shape((28, 28, 1)), {(28, 28): "And the channel?", (1, 28, 28): "Last."}),
    sample(
        "99.4",
        Array(lambda: np.arange(6).reshape(2, 3)),
        [
            Mistake(make=lambda: np.arange(6).reshape(3, 2), hint="Rows first."),
            Mistake(example=[0, 1, 2, 3, 4, 5], hint="Two rows."),
        ],
    ),
    sample(
        "99.5",
        Function(
            "ink(image)",
            reference=lambda image: image.mean() / 255,
            cases=lambda: [(np.full((2, 2), level, "uint8"),) for level in (0, 255, 51)],
            returns=Number,
            seconds=0.5,
        ),
        [
            Mistake(example=lambda image: image.mean(), hint="Black is 255 here."),
            Mistake(
                when=lambda results: any(result.value > 1 for result in results),
                example=lambda image: image.astype(int).sum() / 255,
                hint="A share is at most 1.",
            ),
        ],
    ),
    sample(
        "99.6",
        Model(
            steps=[
                step(lambda m: m.output_shape == (None, 10), "Ten.", make=lambda: small_model(9)),
                step(
                    lambda model: model.layers[-1].activation.__name__ == "softmax",
                    "Probabilities sum to one.",
                    make=lambda: small_model(activation=None),
                ),
            ]
        ),
    ),
    sample(
        "99.7",
        Table(right_table),
        [
            Mistake(make=lambda: right_table() * 255, hint="Scaled?"),
            Mistake(make=lambda: 1 - right_table(), hint="Ink, not paper."),
        ],
    ),
    sample(
        "99.8",
        Anything(
            noun="a dictionary",
            sample='{"epochs": 1}',
            accepts=lambda answer: isinstance(answer, dict),
            steps=[
                step(lambda answer: answer["epochs"] == 5, "Five epochs.", example={}),
                step(lambda answer: answer["batch"] > 9, "Larger.", example={"epochs": 5}),
            ],
        ),
    ),
]

EXERCISES = [each for number in CHAPTERS for each in chapter_exercises(number)]

each_exercise = pytest.mark.parametrize(
    "exercise", [*EXERCISES, *SAMPLES], ids=lambda each: each.name
)


def printed(exercise: Exercise, answer: Any) -> str:
    output = io.StringIO()
    with (
        mock.patch("helpers.exercises.find_exercise", return_value=exercise),
        contextlib.redirect_stdout(output),
    ):
        assert check(exercise.name, answer) is None
    return output.getvalue()


class Thing:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def unbuilt_model() -> Any:
    import keras

    return keras.Sequential([keras.layers.Dense(10)])


def model_class() -> Any:
    import keras

    return keras.Sequential


def tensor() -> Any:
    import tensorflow as tf

    return tf.zeros((2, 0, 3))


def raising(*_: Any) -> Any:
    raise ZeroDivisionError("by design")


def leaving(*_: Any) -> Any:
    raise SystemExit(1)


def never_returning(*_: Any) -> Any:
    while True:
        pass


def generating(*_: Any) -> Iterator[int]:
    yield 1


async def waiting(*_: Any) -> int:
    return 1


def contains_itself() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


# Made when they are needed: some are expensive, and a generator is used up.
HOSTILE: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "text": lambda: "certainly none of the options",
    "empty text": lambda: "",
    "bytes": lambda: b"7850",
    "NaN": lambda: math.nan,
    "infinity": lambda: -math.inf,
    "huge int": lambda: -(10**5000),
    "complex": lambda: 1 + 2j,
    "empty list": list,
    "empty tuple": tuple,
    "empty dict": dict,
    "dict": lambda: {"no": "answer"},
    "set": lambda: {123456, 2},
    "ragged list": lambda: [[1, 2], [3]],
    "list of texts": lambda: ["a", "b"],
    "list that contains itself": contains_itself,
    "array of another shape": lambda: np.zeros((2, 3, 5, 7)),
    "empty array": lambda: np.zeros((0,)),
    "array of texts": lambda: np.array(["a", "b"]),
    "array of objects": lambda: np.array([None, [1]], dtype=object),
    "array of complex": lambda: np.zeros((3, 3), complex),
    "date": lambda: np.datetime64("2020-01-01"),
    "tensor": tensor,
    "Series": lambda: pd.Series([], dtype=float),
    "DataFrame": lambda: pd.DataFrame({"nothing": [1, "x"]}),
    "class": lambda: int,
    "model class": model_class,
    "unbuilt model": unbuilt_model,
    "object": Thing,
    "module": lambda: np,
    "function that raises": lambda: raising,
    "function that exits": lambda: leaving,
    "function that never returns": lambda: never_returning,
    "function without arguments": lambda: lambda: 1,
    "function with many arguments": lambda: lambda a, b, c, d, e, f, g, h, i: 1,
    "function that returns a thing": lambda: lambda *_: Thing(),
    "generator function": lambda: generating,
    "coroutine function": lambda: waiting,
    "generator": lambda: (each for each in [1]),
    "print": lambda: print,
    "check itself": lambda: check,
}


def test_names_are_given_once_and_belong_to_their_notebook() -> None:
    names = Counter(exercise.name for exercise in EXERCISES)
    assert names.most_common(1)[0][1] == 1
    for number in CHAPTERS:
        for exercise in chapter_exercises(number):
            assert exercise.name.partition(".")[0] == str(number)
            assert find_exercise(exercise.name) is exercise


def test_chapters_are_the_notebooks(project_folder: Any) -> None:
    stems = {path.stem for path in (project_folder / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    assert stems <= {notebook_stem(number) for number in CHAPTERS}


@each_exercise
def test_it_has_hints_minutes_goals_and_insight(exercise: Exercise) -> None:
    assert len(set(exercise.hints)) == 2
    assert all(exercise.hints)
    assert exercise.minutes >= 1
    assert exercise.goals
    assert exercise.insight
    assert not exercise.insight.startswith("Right")


@each_exercise
def test_it_has_two_mistakes(exercise: Exercise) -> None:
    assert len({mistake.hint for mistake in exercise.all_mistakes}) >= 2


@each_exercise
def test_the_example_of_each_mistake_gets_its_hint(exercise: Exercise) -> None:
    for mistake in exercise.all_mistakes:
        assert printed(exercise, mistake.answer()) == f"{exercise.name}  {mistake.hint}\n"


@each_exercise
def test_the_untouched_stub_is_no_answer(exercise: Exercise) -> None:
    def stub(*_: Any) -> Any: ...

    for answer in (..., [...], {"answer": ...}, stub):
        assert printed(exercise, answer) == f"{exercise.name}  {NOT_ANSWERED}\n"


@each_exercise
@pytest.mark.parametrize("sort", HOSTILE)
def test_nothing_upsets_it(exercise: Exercise, sort: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "never returns" in sort and isinstance(exercise.kind, Function):
        monkeypatch.setattr(exercise.kind, "seconds", 0.3)  # it will not in ten seconds either
    output = printed(exercise, HOSTILE[sort]())
    assert output.startswith(f"{exercise.name}  ")
    assert len(output.splitlines()) <= 3
    assert "Right" not in output
