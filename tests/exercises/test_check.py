"""What students hand in, and what they read: all kinds of answer, and what must not happen."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from helpers.exercises import check, hint, solution
from helpers.exercises.answers import Array, Choice, Number, Shape
from helpers.exercises.exercise import NOT_ANSWERED, Exercise
from helpers.exercises.kinds import Kind, Mistake
from helpers.exercises.objects import Anything, Model, Table, accuracy_of, layers_of, step

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


# --- the table of the example lesson --------------------------------------------------------------

RIGHT = "3.1  Right. 784 weights and one bias for each of the ten units: (784 + 1) × 10."
FORM = "3.1  The answer is one whole number, for example answer = 42."
OTHER = (
    "3.1  Not yet. Start with one unit: how many numbers does it multiply, and what does it add?"
)


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (..., f"3.1  {NOT_ANSWERED}"),
        (7850, RIGHT),
        (784 * 10 + 10, RIGHT),
        (np.int64(7850), RIGHT),
        (np.float32(7850), RIGHT),
        (np.array(7850), RIGHT),
        (7850.0, RIGHT),
        (7840, "3.1  Close. Each unit has a bias, too."),
        (
            794,
            "3.1  You have counted the weights of one unit and ten biases. "
            "How many units are there?",
        ),
        ("many", FORM),
        (None, FORM),
        ([7850, 1], FORM),
        (True, FORM),
        (float("nan"), FORM),
        (8000, OTHER),
        (10**5000, OTHER),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, int) else str(value % 10**8),
)
def test_the_example_of_the_lesson(
    answer: Any, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check("3.1", answer) is None
    assert capsys.readouterr().out == output + "\n"


def test_the_untouched_stub_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    check("3.1", ...)
    assert capsys.readouterr().out == (
        "3.1  Not answered yet. Replace the dots with your answer and run the cell again.\n"
    )


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["3.98", "12.1", "3", "", "mlp", None, 3.1, [], np.zeros(3), ...])
@pytest.mark.parametrize("function", [lambda name: check(name, 1), hint, solution])
def test_a_wrong_name_gives_a_sentence(
    name: Any, function: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    function(name)
    output = capsys.readouterr().out
    assert output.endswith(".\n")
    assert "Right" not in output


def test_an_unknown_name_lists_those_of_its_notebook(capsys: pytest.CaptureFixture[str]) -> None:
    check("3.98", 1)
    assert capsys.readouterr().out.startswith("3.98  There is no such exercise. Notebook 3 has 3.1")


def test_hints_come_in_two_steps(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.exercises._hints_seen", {})
    for step_asked in (None, None, None, 1, 2, 5, "x"):
        hint("3.1", step_asked)  # type: ignore[arg-type]
    lines = capsys.readouterr().out.splitlines()
    assert [line[:17] for line in lines[:5]] == [
        f"3.1  Hint {number} of 2." for number in (1, 2, 2, 1, 2)
    ]
    assert set(lines[5:]) == {'3.1  There are 2 hints: hint("3.1", 1) and hint("3.1", 2).'}


def test_importing_the_package_costs_nothing() -> None:
    program = (
        "import sys, helpers.exercises; helpers.exercises.check('3.1', 7840);"
        "print({'numpy', 'keras', 'pandas', 'sklearn', 'IPython'} & set(sys.modules))"
    )
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert output.splitlines()[-1] == "set()"


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Number(2.3, tolerance=0.1), [2.3, 2.4, np.float32(2.2), 2.2], [2.41, 3, 10**400]),
        (Number(1 / 3), [1 / 3, np.float32(1 / 3)], [0.333]),
        (Choice("Softmax", also=["soft max function"]), [" softmax ", "SOFT MAX"], ["relu"]),
        (Choice(True, options=(True, False)), [True, np.True_, "true"], [False]),
        (Shape((28, 28, 1)), [(28, 28, 1), [28, 28, 1], np.array([28, 28, 1])], [(28, 28)]),
        (Shape((None, 10)), [(None, 10)], [(1, 10)]),
        (Shape((10,)), [10, (10,)], [(1, 10), 11]),
        (Array([1, 2, 3]), [[1, 2, 3], (1.0, 2.0, 3.0), np.array([1, 2, 3], "uint8")], [[1, 2]]),
        (Array([[0.1]], tolerance=0.01), [[[0.105]]], [[[0.2]], [0.1], [[float("nan")]]]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values(kind: Kind, right: list[Any], wrong: list[Any]) -> None:
    assert [told(kind, answer) for answer in right] == ["Right. Good."] * len(right)
    assert all("Right" not in told(kind, answer) for answer in wrong)
    assert all(told(kind, answer) != kind.form for answer in wrong)


@pytest.mark.parametrize("dots", [[1, ...], (..., 2), {"a": ..., "b": 1}, [[...]]])
def test_dots_inside_a_container_are_no_answer(dots: Any) -> None:
    assert told(Array([1, 2]), dots) == NOT_ANSWERED


def test_the_shape_is_compared_first() -> None:
    assert told(Array([[1, 2]]), [1, 2]) == (
        "Your array has the shape (2,); the right one has (1, 2)."
    )


def test_a_choice_lists_what_can_be_chosen() -> None:
    kind = Choice("relu", options=("relu", "softmax"))
    assert told(kind, "tanh") == (
        'The answer is one of "relu", "softmax", for example answer = "softmax".'
    )


def test_tensors_are_numbers_and_arrays() -> None:
    import tensorflow as tf

    assert told(Number(3), tf.constant(3)) == "Right. Good."
    assert told(Array([1, 2]), tf.constant([1.0, 2.0])) == "Right. Good."
    assert told(Shape((2, 3)), tf.zeros((2, 3)).shape) == "Right. Good."


def test_a_mistake_can_be_a_condition() -> None:
    mistakes = [Mistake(when=lambda value: value > 1, example=97, hint="A share is at most 1.")]
    assert told(Number(0.97), 98, mistakes) == "A share is at most 1."
    assert told(Number(0.97), 0.5, mistakes) == NOT_YET


# --- objects --------------------------------------------------------------------------------------


def test_anything_is_judged_step_by_step() -> None:
    kind = Anything(
        noun="a dictionary",
        sample='{"epochs": 1}',
        accepts=lambda answer: isinstance(answer, dict),
        steps=[
            step(lambda answer: answer["epochs"] == 5, "Five epochs.", example={}),
            step(lambda answer: answer["batch"] > 9, "Larger.", example={"epochs": 5, "batch": 1}),
        ],
    )
    assert told(kind, {"epochs": 5, "batch": 32}) == "Right. Good."
    assert told(kind, {"batch": 32}) == "Five epochs."
    assert told(kind, {"epochs": 5}) == "Larger."
    assert told(kind, 5) == 'The answer is a dictionary, for example answer = {"epochs": 1}.'


def test_models() -> None:
    import keras

    def dense(units: int, activation: str | None = "softmax") -> keras.Model:
        layers = [keras.layers.Flatten(), keras.layers.Dense(units, activation=activation)]
        return keras.Sequential([keras.Input(shape=(4, 4)), *layers])

    images, labels = np.zeros((2, 4, 4), "float32"), np.zeros(2, int)
    kind = Model(
        steps=[
            step(lambda model: layers_of(model) == ["Flatten", "Dense"], "Two layers."),
            step(lambda model: model.count_params() == 170, "Ten units."),
            step(lambda model: model.output_shape == (None, 10), "Ten outputs."),
            step(lambda model: model.layers[-1].activation.__name__ == "softmax", "Softmax."),
            step(lambda model: accuracy_of(model, images, labels) == 1, "Accuracy."),
        ]
    )
    assert told(kind, dense(10)) == "Right. Good."
    assert told(kind, dense(9)) == "Ten units."
    assert told(kind, dense(10, None)) == "Softmax."
    assert (
        told(kind, keras.Sequential([keras.Input(shape=(4,)), keras.layers.Dense(3)]))
        == "Two layers."
    )
    assert told(kind, keras.Sequential([keras.layers.Dense(3)])).startswith("The model is not bu")
    assert told(kind, keras.Sequential).startswith("That is a class.")
    assert told(kind, [keras.layers.Flatten()]) == kind.form


def test_tables() -> None:
    import pandas as pd

    def right() -> pd.DataFrame:
        return pd.DataFrame({"ink": [0.1, 0.2], "word": ["a", "b"]}, index=[7, 8])

    kind, ordered = Table(right), Table(right, ordered=True)
    assert told(kind, right().assign(more=1)) == "Right. Good."
    assert told(kind, right()[::-1]) == "Right. Good."
    assert told(ordered, right()[::-1]) == "Your table has the right rows in another order."
    assert told(kind, right()[["ink"]]) == "Your table has no column word."
    assert told(kind, right()[:1]) == "Your table has 1 rows; the right one has 2."
    assert told(kind, right().reset_index(drop=True)) == (
        "The rows of your table should be named 7, 8."
    )
    assert told(kind, right() * 2) == NOT_YET
    assert told(kind, {"ink": [1]}).startswith("The answer is a DataFrame with the columns ink, w")


def test_a_series_may_have_any_name() -> None:
    import pandas as pd

    kind = Table(lambda: pd.Series([5, 6], index=["a", "b"], name="count"))
    assert told(kind, pd.Series([6, 5], index=["b", "a"])) == "Right. Good."
    assert told(kind, pd.DataFrame({"n": [5, 6]}, index=["a", "b"])) == "Right. Good."
    assert told(kind, pd.Series([6, 5], index=["a", "b"])) == NOT_YET
    assert told(kind, pd.Series([6, 5])) == "The rows of your table should be named a, b."
