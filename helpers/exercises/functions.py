"""A function as the answer: tried on cases that the student does not see."""

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.exercises.kinds import (
    Kind,
    NotAnsweredError,
    WrongFormError,
    describe,
    is_untouched,
    short_repr,
)
from helpers.exercises.running import Result, call_each

Cases = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class TriedElsewhere:
    """A function that was called in another process, on the cases of its exercise.

    Attributes:
        untouched: whether it is still the stub.
        accepts: whether it can be called with the arguments of the first case.
        results: what came of the calls.
    """

    untouched: bool
    accepts: bool
    results: list[Result]


class Function(Kind):
    """A function that returns the right value for each of several cases.

    Args:
        call: how it is called, with the names of its arguments: ``"ink(image)"``.
        reference: a right function, which says what is expected.
        cases: a tuple of arguments for each call, or a function that makes the list of them.
        returns: makes, from what is expected, the kind that compares the returned value:
            ``Number``, ``Array``, or ``functools.partial(Array, tolerance=0.01)``.
        seconds: the time limit for all cases together.
    """

    def __init__(
        self,
        call: str,
        *,
        reference: Callable[..., Any],
        cases: Cases | Callable[[], Cases],
        returns: Callable[[Any], Kind],
        seconds: float = 2.0,
    ) -> None:
        """Take what the class says."""
        self.call = call
        self.name = call.partition("(")[0]
        self.reference = reference
        self._cases = cases
        self._returns = returns
        self.seconds = seconds

    @property
    def form(self) -> str:
        """See ``Kind``."""
        return (
            f"The answer is a function that can be called as {self.call}; hand in its name, "
            f"{self.name}, without brackets."
        )

    def read(self, answer: Any) -> list[Result]:
        """Call the function on all cases."""
        tried = answer if isinstance(answer, TriedElsewhere) else self._tried(answer)
        if tried.untouched:
            raise NotAnsweredError
        if not tried.accepts:
            raise WrongFormError(
                "Your function takes other arguments; it must be possible to call it as "
                f"{self.call}."
            )
        results = tried.results
        if any(is_untouched(result.value) or "ellipsis" in result.error for result in results):
            raise NotAnsweredError
        return results

    def _tried(self, answer: Any) -> TriedElsewhere:
        if isinstance(answer, type) or not callable(answer) or hasattr(answer, "trainable"):
            raise WrongFormError
        cases = self.make_cases()
        if not accepts(answer, cases[0]):
            return TriedElsewhere(untouched=False, accepts=False, results=[])
        return TriedElsewhere(False, True, call_each(answer, cases, self.seconds))

    def is_right(self, value: list[Result]) -> bool:
        """See ``Kind``."""
        kinds = self._kinds
        return len(value) == len(kinds) and all(
            not result.changed and _is_value_right(result, kind)
            for result, kind in zip(value, kinds, strict=True)
        )

    def are_same(self, value: list[Result], other: list[Result]) -> bool:
        """Tell whether two functions behaved alike in every case."""
        return len(value) == len(other) and all(
            _behaved_alike(result, another, kind)
            for result, another, kind in zip(value, other, self._kinds, strict=False)
        )

    def complaint(self, value: list[Result]) -> str:
        """See ``Kind``."""
        for result, kind in zip(value, self._kinds, strict=False):
            text = self._complaint_about(result, kind)
            if text:
                return text
        return ""

    def _complaint_about(self, result: Result, kind: Kind) -> str:
        if result.timed_out:
            limit = f"{self.seconds:g} second{'' if self.seconds == 1 else 's'}"
            running = " It is still running: restart the kernel." if result.unstoppable else ""
            return (
                f"Your function had not finished after {limit}. Does it contain an endless "
                f"loop?{running}"
            )
        if result.error == "SystemExit":
            return "Your function called exit(). Let it return its result instead."
        if result.error:
            return f"Your function raised {result.error.rstrip('.')}."
        if result.changed:
            return "Your function changes what it is given. Let it work on a copy."
        if result.value is None and result.printed:
            return "Your function prints something and returns None. Let it return its result."
        if result.value is None:
            return "Your function returned None. Does it end with a return statement?"
        try:
            kind.read(result.value)
        except Exception:
            return f"Your function returned {describe(result.value)}. It should return {kind.noun}."
        return ""

    def detail(self, value: list[Result]) -> str:
        """Show the first wrong case, if it can be shown in a line."""
        for case, result, kind in zip(self.make_cases(), value, self._kinds, strict=False):
            if _is_value_right(result, kind):
                continue
            arguments = short_repr(case)[1:-1].rstrip(",")
            got = short_repr(result.value)
            if arguments and got:
                return f"For {self.name}({arguments}) it returned {got}."
            return ""
        return ""

    def make_cases(self) -> Cases:
        """Return the arguments of each call."""
        return self._cases() if callable(self._cases) else self._cases

    @functools.cached_property
    def _kinds(self) -> list[Kind]:
        """The kind of answer that each case must give."""
        results = [self.reference(*case) for case in self.make_cases()]
        return [self._returns(result) for result in results]


def accepts(function: Callable[..., Any], case: tuple[Any, ...]) -> bool:
    """Tell, before a function is called, whether it takes as many arguments as a case has."""
    try:
        signature = inspect.signature(function)
    except (ValueError, TypeError):  # some functions written in C have none
        return True
    try:
        signature.bind(*case)
    except TypeError:
        return False
    return True


def _is_value_right(result: Result, kind: Kind) -> bool:
    if result.error or result.timed_out:
        return False
    try:
        return kind.is_right(kind.read(result.value))
    except Exception:
        return False


def _behaved_alike(result: Result, other: Result, kind: Kind) -> bool:
    if (result.error, result.timed_out, result.changed) != (
        other.error,
        other.timed_out,
        other.changed,
    ):
        return False
    if result.error or result.timed_out or (result.value is None and other.value is None):
        return True
    try:
        return kind.are_same(kind.read(result.value), kind.read(other.value))
    except Exception:
        return False
