"""Objects as answers: a Keras model, a table, or anything else that is looked at step by step."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from helpers.exercises.answers import all_close
from helpers.exercises.kinds import Kind, Mistake, WrongFormError


def step(
    holds: Callable[[Any], bool],
    hint: str,
    *,
    example: Any = None,
    make: Callable[[], Any] | None = None,
) -> Mistake:
    """Return one condition that the right answer fulfils, and the hint when it does not.

    Args:
        holds: tells whether the answer fulfils it. If it raises, the answer does not.
        hint: what a student is told whose answer does not fulfil it.
        example: an answer that fulfils all earlier conditions but not this one, for the tests.
        make: makes that answer, where it is expensive or needs an import.
    """

    def fails(answer: Any) -> bool:
        try:
            return not holds(answer)
        except Exception:
            return True

    return Mistake(hint=hint, example=example, make=make, when=fails)


class Anything(Kind):
    """Anything that can be described by conditions; right if all of them hold.

    Args:
        noun: its form as the end of a sentence: "a dictionary with one list for each metric".
        sample: Python code of some other answer of this form.
        accepts: tells whether an answer has this form at all; raising means no.
        steps: the conditions, made by ``step``, in the order in which they are tried.
    """

    def __init__(
        self, *, noun: str, sample: str, accepts: Callable[[Any], bool], steps: Sequence[Mistake]
    ) -> None:
        """Take what the class says."""
        self.noun = noun
        self.sample = sample
        self._accepts = accepts
        self._steps = tuple(steps)

    @property
    def steps(self) -> Sequence[Mistake]:
        """See ``Kind``."""
        return self._steps

    def read(self, answer: Any) -> Any:
        """See ``Kind``."""
        if not self._accepts(answer):
            raise WrongFormError
        return answer

    def is_right(self, value: Any) -> bool:
        """See ``Kind``."""
        return not any(each.is_in(value, self) for each in self._steps)

    def are_same(self, value: Any, other: Any) -> bool:
        """See ``Kind``: two objects with the same faults may still differ."""
        return value is other


class Model(Anything):
    """A Keras model, looked at step by step.

    Args:
        steps: the conditions, made by ``step``, in the order in which they are tried.
    """

    def __init__(self, *, steps: Sequence[Mistake]) -> None:
        """Take what the class says."""
        super().__init__(
            noun="a Keras model",
            sample="keras.Sequential([...])",
            accepts=_is_model,
            steps=steps,
        )

    def read(self, answer: Any) -> Any:
        """See ``Kind``."""
        if isinstance(answer, type):
            raise WrongFormError(
                "That is a class. Call it to get a model, for example answer = "
                "keras.Sequential([...])."
            )
        model = super().read(answer)
        if not model.built:
            raise WrongFormError(
                "The model is not built, so it has no weights yet. Tell it the shape of one image: "
                "begin its layers with keras.Input(shape=...)."
            )
        return model


def _is_model(answer: Any) -> bool:
    # Who has a model has imported Keras; everybody else need not wait for it.
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(answer, keras.Model)


def layers_of(model: Any) -> list[str]:
    """Return the class names of a model's layers in order: ["Flatten", "Dense"]."""
    names = [type(layer).__name__ for layer in model.layers]
    return [name for name in names if name != "InputLayer"]


def accuracy_of(model: Any, images: Any, labels: Any) -> float:
    """Return the share of images that a model classifies correctly; it need not be compiled."""
    probabilities = model.predict(images, verbose=0)
    return float((probabilities.argmax(axis=-1) == labels).mean())


class Table(Kind):
    """A DataFrame or a Series of pandas; a Series is as good as a DataFrame of one column.

    More columns than asked for do not matter, nor does the order of rows, unless ``ordered``.

    Args:
        right: makes the right one.
        tolerance: how far a number may be from the right one; by default only rounding is allowed.
        ordered: whether the rows must stand in the right order.
        sample: Python code of some other one.
    """

    def __init__(
        self,
        right: Callable[[], Any],
        *,
        tolerance: float | None = None,
        ordered: bool = False,
        sample: str = 'df.groupby("digit").size()',
    ) -> None:
        """Take what the class says."""
        self._right = right
        self.tolerance = tolerance
        self.ordered = ordered
        self.sample = sample

    @property
    def noun(self) -> str:  # type: ignore[override]
        """See ``Kind``."""
        right = self._right()
        if right.ndim == 1:
            return f"a Series with {len(right)} values"
        return f"a DataFrame with the columns {', '.join(map(str, right.columns))}"

    def read(self, answer: Any) -> Any:
        """See ``Kind``."""
        pandas = sys.modules.get("pandas")
        if pandas is None or not isinstance(answer, pandas.DataFrame | pandas.Series):
            raise WrongFormError
        if answer.ndim == 2:
            return answer
        right = self._right()
        single = right.ndim == 1 or right.shape[1] == 1
        if not single:
            raise WrongFormError
        return answer.to_frame(_columns(right)[0])

    def is_right(self, value: Any) -> bool:
        """See ``Kind``."""
        return self.are_same(value, self._as_frame(self._right()))

    def are_same(self, value: Any, other: Any) -> bool:
        """See ``Kind``."""
        if self._takes_any_column and value.shape[1] == 1 == other.shape[1]:
            value = value.set_axis(other.columns, axis=1)
        if len(value) != len(other) or set(other.columns) - set(value.columns):
            return False
        if list(value.index) != list(other.index):
            if self.ordered or not _have_same_rows(value, other):
                return False
            value = value.loc[list(other.index)]
        return all(self._columns_agree(value[name], other[name]) for name in other.columns)

    def complaint(self, value: Any) -> str:
        """See ``Kind``."""
        right = self._as_frame(self._right())
        missing = [str(name) for name in right.columns if name not in value.columns]
        if missing and not (self._takes_any_column and value.shape[1] == 1):
            return f"Your table has no column {', '.join(missing)}."
        if len(value) != len(right):
            return f"Your table has {len(value)} rows; the right one has {len(right)}."
        if list(value.index) == list(right.index):
            return ""
        if _have_same_rows(value, right):
            return "Your table has the right rows in another order." if self.ordered else ""
        return f"The rows of your table should be named {_shortened(list(right.index))}."

    @property
    def _takes_any_column(self) -> bool:
        """Whether the name of the one column says nothing: a Series has perhaps none."""
        return self._right().ndim == 1

    def _as_frame(self, right: Any) -> Any:
        return right.to_frame(_columns(right)[0]) if right.ndim == 1 else right

    def _columns_agree(self, column: Any, other: Any) -> bool:
        if column.dtype.kind in "iufb" and other.dtype.kind in "iufb":
            return all_close(column, other, self.tolerance)
        return list(map(str, column)) == list(map(str, other))


def _columns(right: Any) -> list[Any]:
    if right.ndim == 2:
        return list(right.columns)
    return ["value" if right.name is None else right.name]


def _have_same_rows(value: Any, other: Any) -> bool:
    rows, others = list(value.index), list(other.index)
    return len(set(rows)) == len(rows) and set(rows) == set(others)


def _shortened(names: list[Any]) -> str:
    shown = [str(name) for name in names[:4]]
    return ", ".join([*shown, "..."] if len(names) > len(shown) else shown)
