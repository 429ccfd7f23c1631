"""What every kind of answer has in common, and how an answer left as dots is recognised."""

import dis
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal

# Far deeper than any stub, and shallow enough for a list that contains itself.
_DEEPEST_DOTS = 4

_BARE_INSTRUCTIONS = {
    "COPY_FREE_VARS",
    "LOAD_CONST",
    "NOP",
    "POP_TOP",
    "RESUME",
    "RETURN_CONST",
    "RETURN_VALUE",
}


class WrongFormError(Exception):
    """The answer is not of the kind asked for; the text, if any, says more than the usual one."""


class NotAnsweredError(Exception):
    """The answer turned out to be the untouched stub."""


@dataclass(frozen=True)
class Verdict:
    """What came of looking at one answer.

    Attributes:
        outcome: how the answer was judged; an answer of the wrong form is wrong, too.
        text: what the student is told, without the name of the exercise.
    """

    outcome: Literal["right", "wrong", "untouched"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A mistake that students plausibly make, and the hint that names it.

    Attributes:
        hint: what the student is told.
        example: a wrong answer of this sort. Tests hand it in and must see the hint.
        make: makes the example, where that is expensive or needs an import.
        when: tells whether a (normalised) answer shows this mistake; for functions it is given the
            list of results. Without it, an answer shows the mistake if it equals the example; a
            function does if it behaves like the example.
    """

    hint: str
    example: Any = None
    make: Callable[[], Any] | None = None
    when: Callable[[Any], bool] | None = None

    def answer(self) -> Any:
        """Return the example, made now if need be."""
        return self.make() if self.make is not None else self.example

    def is_in(self, value: Any, kind: "Kind") -> bool:
        """Tell whether a normalised answer shows this mistake."""
        try:
            if self.when is not None:
                return bool(self.when(value))
            return kind.are_same(value, kind.read(self.answer()))
        except Exception:
            # A condition written for numbers may meet None: then it is some other mistake.
            return False


class Kind(ABC):
    """A kind of answer: reads what a student may hand in, and compares.

    Attributes:
        noun: the answer's form as the end of a sentence: "The answer is ...".
        sample: Python code of some answer of this form, not the right one.
        form: what a student is told whose answer has another form.
    """

    noun: str = ""
    sample: str = ""

    @property
    def form(self) -> str:
        """One sentence that says what form the answer has."""
        return f"The answer is {self.noun}, for example answer = {self.sample}."

    @property
    def steps(self) -> Sequence[Mistake]:
        """Mistakes that belong to the kind itself, looked for before those of the exercise."""
        return ()

    @abstractmethod
    def read(self, answer: Any) -> Any:
        """Normalise an answer.

        Raises:
            WrongFormError: it is no answer of this kind.
            NotAnsweredError: it is the stub after all.
        """

    @abstractmethod
    def is_right(self, value: Any) -> bool:
        """Tell whether a normalised answer is right."""

    @abstractmethod
    def are_same(self, value: Any, other: Any) -> bool:
        """Tell whether two normalised answers mean the same."""

    def complaint(self, value: Any) -> str:
        """Return what is plainly wrong with a normalised answer, or "" if nothing is."""
        return ""

    def detail(self, value: Any) -> str:
        """Return a sentence to add to the message for any other wrong answer, or ""."""
        return ""


def is_untouched(answer: Any, depth: int = 0) -> bool:
    """Tell whether the dots of the stub still stand in an answer.

    They may be the answer itself, stand in a list, tuple or dictionary, or in a function.
    """
    if answer is ...:
        return True
    if depth < _DEEPEST_DOTS and type(answer) in (list, tuple, dict):
        parts = answer.values() if type(answer) is dict else answer
        return any(is_untouched(part, depth + 1) for part in parts)
    code = getattr(answer, "__code__", None)
    return isinstance(code, CodeType) and (_is_empty(code) or _assigns_dots(code))


def _is_empty(code: CodeType) -> bool:
    """Tell whether a function only returns None or dots, whatever it is given."""
    instructions = list(dis.get_instructions(code))
    return all(
        instruction.opname in _BARE_INSTRUCTIONS
        and ("CONST" not in instruction.opname or instruction.argval in (None, ...))
        for instruction in instructions
    )


def _assigns_dots(code: CodeType) -> bool:
    """Tell whether a function contains ``name = ...`` or ``return ...``.

    Other dots may be meant: ``images[..., 0]`` is good NumPy.
    """
    instructions = list(dis.get_instructions(code))
    return any(
        instruction.opname == "RETURN_CONST"
        or following.opname.startswith(("STORE_FAST", "STORE_DEREF", "RETURN"))
        for instruction, following in itertools.pairwise([*instructions, instructions[-1]])
        if "CONST" in instruction.opname and instruction.argval is ...
    )


def describe(value: Any) -> str:
    """Say in a few words what a value is, without trusting its ``repr``."""
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return "a text"
    if type(value) in (int, float):
        return short_repr(value) or "a huge number"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"an array of shape {shape}"
    name = type(value).__name__
    article = "an" if name[:1].lower() in tuple("aeiou") else "a"
    return f"{article} {name}"


def short_repr(value: Any, length: int = 60) -> str:
    """Return the value as Python writes it, or "" if that is long, broken, or says little."""
    try:
        text = repr(value)
    except Exception:
        return ""
    return text if len(text) <= length and "\n" not in text and "<" not in text else ""
