"""What a lesson says of itself, and what was measured: goals, minutes, seconds, exercises."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from helpers.authoring.notebooks import read_notebook
from helpers.authoring.run import MEASURED_TIMES
from helpers.errors import UserError
from helpers.exercises.chapters import chapter_exercises
from helpers.exercises.exercise import Exercise

# An exercise of so many minutes is an experiment, which a class may do at home.
EXPERIMENT_MINUTES = 15

_TITLE = re.compile(r"^# \d+ · (.+)$", re.MULTILINE)
_GOALS = re.compile(r"\*\*After this notebook you can\*\*\s+(.*?)\n\n\*\*You need", re.DOTALL)
_GOAL = re.compile(r"^\d+\.\s+(.*?)[;.]?\s*(?=^\d+\.|\Z)", re.DOTALL | re.MULTILINE)
_IN_CLASS = re.compile(r"(\d+)\s+minutes\s+in\s+class([^\n]*(?:\n[^\n]+)*)")
_EXERCISE = re.compile(r"\b\d+\.\d+\b")


class LessonFactsError(UserError):
    """The first cell of a lesson does not say what it should; the text names what is missing."""


@dataclass(frozen=True)
class LessonFacts:
    """One lesson.

    Attributes:
        path: the notebook.
        title: its question.
        goals: as the header lists them.
        class_minutes: the header's, exercises in class included.
        at_home: whether the header leaves the experiment for home.
        named_for_home: the exercises that it names with the experiment.
        exercises: those of ``helpers.exercises``.
        seconds: how long it runs, None if that was not measured.
        slowest_cell: seconds of its slowest cell.
    """

    path: Path
    title: str
    goals: tuple[str, ...]
    class_minutes: int
    at_home: bool
    named_for_home: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    seconds: float | None
    slowest_cell: float | None

    @property
    def name(self) -> str:
        """The file's name, which is the heading of its section in the guide."""
        return self.path.name

    @cached_property
    def experiments(self) -> tuple[Exercise, ...]:
        """The long exercises."""
        return tuple(each for each in self.exercises if each.minutes >= EXPERIMENT_MINUTES)

    @cached_property
    def for_home(self) -> tuple[Exercise, ...]:
        """The exercises that the header leaves for home: the long ones, and those it names."""
        if not self.at_home:
            return ()
        names = {*self.named_for_home, *(each.name for each in self.experiments)}
        return tuple(each for each in self.exercises if each.name in names)

    @property
    def home_minutes(self) -> int:
        """Minutes of the exercises that the header leaves for home."""
        return sum(each.minutes for each in self.for_home)

    @property
    def exercise_minutes(self) -> int:
        """Minutes of the exercises that are done in class."""
        return sum(each.minutes for each in self.exercises) - self.home_minutes

    @property
    def talk_minutes(self) -> int:
        """What is left of the class for reading, predicting and talking."""
        return self.class_minutes - self.exercise_minutes


def facts_of(path: Path, measured: Path = MEASURED_TIMES) -> LessonFacts:
    """Read what a lesson says of itself.

    Args:
        path: the notebook.
        measured: the file with the measured times.

    Raises:
        LessonFactsError: the first cell lacks something, or its minutes are fewer than its
            exercises take.
    """
    header = read_notebook(path).cells[0].source
    title, goals, in_class = (each.search(header) for each in (_TITLE, _GOALS, _IN_CLASS))
    for what, found in (("a title", title), ("goals", goals), ("minutes in class", in_class)):
        if found is None:
            raise LessonFactsError(f"{path.name}: the first cell does not say {what}.")
    assert title
    assert goals
    assert in_class
    time = json.loads(measured.read_text(encoding="utf-8")).get(path.stem, {})
    at_home = "home" in in_class[2]
    facts = LessonFacts(
        path=path,
        title=title[1].strip(),
        goals=tuple(" ".join(goal.split()) for goal in _GOAL.findall(goals[1] + "\n")),
        class_minutes=int(in_class[1]),
        at_home=at_home,
        named_for_home=tuple(_EXERCISE.findall(in_class[2])) if at_home else (),
        exercises=tuple(chapter_exercises(int(path.stem[:2]))),
        seconds=time.get("seconds"),
        slowest_cell=time.get("slowest_cell_seconds"),
    )
    if facts.talk_minutes <= 0:
        raise LessonFactsError(
            f"{path.name}: {facts.class_minutes} minutes in class are not enough for exercises of "
            f"{facts.exercise_minutes} minutes."
        )
    return facts
