"""Plain values as answers: a number, one of several words, a shape, an array."""

import math
import numbers
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from helpers.exercises.kinds import Kind, WrongFormError

# What float32 arithmetic leaves of a number that was computed the right way.
_ROUNDING = 1e-5


class Number(Kind):
    """One number.

    Ints, floats, NumPy's and TensorFlow's numbers are accepted, True and False are not.

    Args:
        right: the right number.
        tolerance: how far an answer may be from it; by default an int must be hit exactly, and a
            float up to rounding.
        sample: some other number, shown when the answer has another form.
    """

    def __init__(
        self, right: float, *, tolerance: float | None = None, sample: str | None = None
    ) -> None:
        """Take what the class says."""
        self.right = read_number(right)
        self.is_whole = isinstance(self.right, int) and not tolerance
        self.tolerance = tolerance
        self.noun = "one whole number" if self.is_whole else "one number"
        self.sample = sample or ("42" if self.is_whole else "0.5")

    def read(self, answer: Any) -> int | float:
        """See ``Kind``."""
        return read_number(answer)

    def is_right(self, value: float) -> bool:
        """See ``Kind``."""
        return self.are_same(value, self.right)

    def are_same(self, value: float, other: float) -> bool:
        """See ``Kind``."""
        if self.is_whole:
            return value == other
        allowed = self.tolerance
        try:
            if allowed is None:
                return math.isclose(value, other, rel_tol=_ROUNDING, abs_tol=1e-9)
            # A bound such as 0.1 is meant to include numbers that are 0.1 apart on paper.
            return abs(value - other) <= allowed * (1 + 1e-9)
        except OverflowError:  # an int too large for a float
            return False


def read_number(answer: Any) -> int | float:
    """Return an answer as an int or a float.

    Raises:
        WrongFormError: it is not one finite number.
    """
    if _is_array(answer):
        array = to_array(answer)
        if array.ndim != 0:
            raise WrongFormError
        answer = array.item()
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real | Decimal):
        raise WrongFormError
    if isinstance(answer, numbers.Integral):
        return int(answer)
    number = float(answer)
    if not math.isfinite(number):
        raise WrongFormError
    return number


class Choice(Kind):
    """A word, or one of several; neither case nor spaces matter.

    Args:
        right: the right one. True and False count as words.
        options: all that can be chosen, listed when something else is handed in; none means that
            any text will do.
        also: other spellings of the right one.
        sample: some text, shown when the answer has another form; by default the last option.
    """

    def __init__(
        self,
        right: str | bool,
        *,
        options: Sequence[str | bool] = (),
        also: Sequence[str] = (),
        sample: str | None = None,
    ) -> None:
        """Take what the class says."""
        self.right = {_plain_text(each) for each in (right, *also)}
        self.options = {_plain_text(option) for option in options}
        names = [repr(option).replace("'", '"') for option in options]
        self.noun = f"one of {', '.join(names)}" if names else "a text"
        self.sample = sample or (names[-1] if names else '"word"')

    def read(self, answer: Any) -> str:
        """See ``Kind``."""
        text = _plain_text(answer)
        if self.options and text not in self.options | self.right:
            raise WrongFormError
        return text

    def is_right(self, value: str) -> bool:
        """See ``Kind``."""
        return value in self.right

    def are_same(self, value: str, other: str) -> bool:
        """See ``Kind``."""
        return value == other


def _plain_text(answer: Any) -> str:
    if type(answer).__name__ in ("bool", "bool_"):  # NumPy's, too
        answer = str(bool(answer))
    if not isinstance(answer, str):
        raise WrongFormError
    return "".join(answer.split()).casefold()


class Shape(Kind):
    """A tuple of whole numbers; ``None`` stands for a size that is open.

    Args:
        right: the right shape.
        sample: some other shape, shown when the answer has another form.
    """

    noun = "a tuple of whole numbers"

    def __init__(self, right: Sequence[int | None], *, sample: str = "(3, 4)") -> None:
        """Take what the class says."""
        self.right = tuple(right)
        self.sample = sample

    def read(self, answer: Any) -> tuple[int | None, ...]:
        """See ``Kind``."""
        if _is_array(answer):
            answer = to_array(answer).tolist()
        if type(answer).__name__ == "TensorShape":
            answer = list(answer)
        if len(self.right) == 1 and not isinstance(answer, list | tuple):
            answer = [answer]  # (10) is an int in Python: who writes it means (10,)
        if not isinstance(answer, list | tuple):
            raise WrongFormError
        return tuple(_read_size(size) for size in answer)

    def is_right(self, value: tuple[int | None, ...]) -> bool:
        """See ``Kind``."""
        return value == self.right

    def are_same(self, value: tuple[int | None, ...], other: tuple[int | None, ...]) -> bool:
        """See ``Kind``."""
        return value == other

    def complaint(self, value: tuple[int | None, ...]) -> str:
        """See ``Kind``."""
        if len(value) == len(self.right):
            return ""
        return f"Your shape has {_counted(len(value))}; the right one has {len(self.right)}."


def _read_size(size: Any) -> int | None:
    if size is None:
        return None
    number = read_number(size)
    if number != int(number):
        raise WrongFormError
    return int(number)


def _counted(dimensions: int) -> str:
    return "one dimension" if dimensions == 1 else f"{dimensions} dimensions"


class Array(Kind):
    """Numbers in a list or an array of some shape; tensors and pandas objects are accepted.

    Args:
        right: the right numbers, as a (nested) list or an array, or a function that makes them.
        tolerance: how far each may be from the right one; by default only rounding is allowed.
        sample: some other array, shown when the answer has another form.
    """

    def __init__(
        self,
        right: Any | Callable[[], Any],
        *,
        tolerance: float | None = None,
        sample: str = "[0.1, 0.2]",
    ) -> None:
        """Take what the class says."""
        self._right = right
        self.tolerance = tolerance
        self.sample = sample

    @property
    def noun(self) -> str:  # type: ignore[override]
        """See ``Kind``."""
        shape = self.right.shape
        if len(shape) == 1:
            return f"a list or an array of {shape[0]} numbers"
        return f"an array of shape {shape}"

    @property
    def right(self) -> Any:
        """The right array."""
        return to_array(self._right() if callable(self._right) else self._right)

    def read(self, answer: Any) -> Any:
        """See ``Kind``."""
        if not isinstance(answer, list | tuple | range) and not _is_array(answer):
            raise WrongFormError
        array = to_array(answer)
        if array.dtype.kind == "O" and array.size:
            array = array.astype(float)
        if array.dtype.kind not in "iuf" and self.right.dtype.kind != array.dtype.kind:
            raise WrongFormError
        return array

    def is_right(self, value: Any) -> bool:
        """See ``Kind``."""
        return self.are_same(value, self.right)

    def are_same(self, value: Any, other: Any) -> bool:
        """See ``Kind``."""
        return value.shape == other.shape and all_close(value, other, self.tolerance)

    def complaint(self, value: Any) -> str:
        """See ``Kind``."""
        if value.shape == self.right.shape:
            return ""
        return f"Your array has the shape {value.shape}; the right one has {self.right.shape}."


def all_close(values: Any, others: Any, tolerance: float | None) -> bool:
    """Tell whether arrays of one shape agree up to a tolerance, or up to rounding."""
    import numpy as np

    relative = _ROUNDING if tolerance is None else 0
    absolute = 1e-8 if tolerance is None else tolerance * (1 + 1e-9)
    # As floats: 3 - 4 is 255 in uint8.
    values, others = np.asarray(values, dtype=float), np.asarray(others, dtype=float)
    return bool(np.allclose(values, others, rtol=relative, atol=absolute, equal_nan=True))


def _is_array(answer: Any) -> bool:
    """Tell whether an answer is an array, a tensor, a NumPy number or a pandas object."""
    return not isinstance(answer, type) and hasattr(answer, "__array__")


def to_array(values: Any) -> Any:
    """Return values as a NumPy array.

    Raises:
        ValueError: they are ragged.
    """
    import numpy as np

    return np.asarray(values)
