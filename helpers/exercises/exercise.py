"""The record of one exercise, and how an answer to it is judged."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpers.exercises.kinds import (
    Kind,
    Mistake,
    NotAnsweredError,
    Verdict,
    WrongFormError,
    is_untouched,
)

NOT_ANSWERED = "Not answered yet. Replace the dots with your answer and run the cell again."

NAME = re.compile(r"([1-9][0-9]?)\.([0-9]{1,2}[a-z]?)")


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise: what is asked for, and what is said to whom.

    Attributes:
        name: such as "3.2": the notebook, a dot, and a number that this exercise keeps for good.
        minutes: how long a student needs.
        goals: the numbers of the goals in the notebook's header that it practises.
        kind: the kind of answer, with the right one.
        mistakes: typical mistakes in the order in which they are looked for; for plain values a
            dictionary from the wrong value to its hint is enough.
        otherwise: what is said about any other wrong answer. Kinds whose steps cover every wrong
            answer need none.
        insight: the sentence after "Right."
        hints: the two steps of help.
    """

    name: str
    minutes: int
    goals: tuple[int, ...]
    kind: Kind
    mistakes: Mapping[Any, str] | Sequence[Mistake] = field(default=())
    otherwise: str = "Not yet."
    insight: str
    hints: tuple[str, str]

    def __post_init__(self) -> None:
        """Refuse what an author cannot have meant."""
        if NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} is no name of an exercise; use one like '3.2'.")
        if len(self.hints) != 2 or isinstance(self.hints, str):
            raise ValueError(f"Exercise {self.name} needs two hints, not {len(self.hints)}.")

    @property
    def all_mistakes(self) -> list[Mistake]:
        """The mistakes of its kind and its own, in the order in which they are looked for."""
        own = self.mistakes
        if isinstance(own, Mapping):
            own = [Mistake(example=value, hint=hint) for value, hint in own.items()]
        return [*self.kind.steps, *own]

    def judge(self, answer: Any) -> Verdict:
        """Judge an answer; whatever it is, nothing is raised."""
        try:
            if is_untouched(answer):
                return Verdict("untouched", NOT_ANSWERED)
            value = self.kind.read(answer)
            if self.kind.is_right(value):
                return Verdict("right", f"Right. {self.insight}".rstrip())
            return Verdict("wrong", self._message_for(value))
        except NotAnsweredError:
            return Verdict("untouched", NOT_ANSWERED)
        except WrongFormError as wrong:
            return Verdict("wrong", str(wrong) or self.kind.form)
        except (Exception, SystemExit):
            # Whatever a student hands in, a traceback out of this package would explain nothing.
            return Verdict("wrong", self.kind.form)

    def _message_for(self, value: Any) -> str:
        for mistake in self.all_mistakes:
            if mistake.is_in(value, self.kind):
                return mistake.hint
        complaint = self.kind.complaint(value)
        return complaint or f"{self.otherwise} {self.kind.detail(value)}".rstrip()
