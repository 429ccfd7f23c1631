"""Keep the numbers in the instructors' guide what notebooks and measurements say: ``make readme``.

``GUIDE.md`` is written by hand, but for what stands between its markers. A lesson that has no
section yet gets one, with everything that can be computed.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from helpers.authoring.lesson_facts import LessonFacts, facts_of
from helpers.authoring.notebooks import find_notebooks
from helpers.authoring.routes import routes_text
from helpers.errors import UserError
from helpers.exercises.exercise import Exercise
from helpers.paths import PROJECT_FOLDER, write_atomically

GUIDE = PROJECT_FOLDER / "GUIDE.md"
# The last section: those of new lessons come before it.
AFTER_LESSONS = "## Hand it out, collect it, grade it"

# The head of each lesson's table of exercises, whose hints the web book folds.
EXERCISE_TABLE = "| exercise | minutes | goal | to help, say | what goes wrong |"

_MOST_MISTAKES = 3


class GuideError(UserError):
    """The guide has no place for what belongs there; the text names it."""


def markers(name: str) -> tuple[str, str]:
    """Return the lines between which a part of the guide is written."""
    return f"<!-- {name}: written by `make readme` -->", f"<!-- end of {name} -->"


def with_part(text: str, name: str, part: str) -> str:
    """Return the guide's text with a part between its markers.

    Raises:
        GuideError: the markers are missing, or in the wrong order.
    """
    start, end = markers(name)
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not found_start or not found_end:
        raise GuideError(f"GUIDE.md should hold the lines {start} and {end}, in this order.")
    return f"{before}{start}\n{part}\n{end}{after}"


def overview(lessons: Sequence[LessonFacts]) -> str:
    """Return the table of all lessons."""
    lines = [
        "| notebook | runs in | in class | talk | exercises | at home |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in lessons:
        lines.append(
            f"| [{each.name}](notebooks/{each.name}) | {_seconds(each.seconds)} "
            f"| {each.class_minutes} min | {each.talk_minutes} min | {each.exercise_minutes} min "
            f"| {each.home_minutes} min |"
        )
    home = sum(each.home_minutes for each in lessons)
    total = [sum(each.class_minutes for each in lessons), sum(e.talk_minutes for e in lessons)]
    exercises = sum(each.exercise_minutes for each in lessons)
    seconds = sum(each.seconds or 0 for each in lessons)
    lines.append(
        f"| together | {_seconds(seconds)} | {total[0]} min | {total[1]} min | {exercises} min "
        f"| {home} min |"
    )
    return "\n".join(lines)


def _seconds(seconds: float | None) -> str:
    return "not measured" if seconds is None else f"{seconds:.0f} s"


def lesson_part(facts: LessonFacts) -> str:
    """Return what is computed of a lesson's section."""
    times = (
        f"It runs in {_seconds(facts.seconds)}, its slowest cell in {_seconds(facts.slowest_cell)}."
        if facts.seconds is not None
        else "How long it runs has not been measured yet."
    )
    home = f", and {facts.home_minutes} minutes at home" if facts.home_minutes else ""
    lines = [
        f"**{facts.title}** {times} In class: {facts.class_minutes} minutes, of which "
        f"{facts.talk_minutes} are for talk and {facts.exercise_minutes} for exercises{home}.",
        "",
        "Afterwards a student can:",
        "",
        *(f"{number}. {goal}" for number, goal in enumerate(facts.goals, start=1)),
    ]
    if facts.exercises:
        lines += ["", EXERCISE_TABLE]
        lines += ["| --- | ---: | --- | --- | --- |", *map(_exercise_row, facts.exercises)]
    return "\n".join(lines)


def _exercise_row(exercise: Exercise) -> str:
    goals = ", ".join(map(str, exercise.goals))
    hints = [mistake.hint for mistake in exercise.all_mistakes][:_MOST_MISTAKES]
    wrong = "<br>".join(f"· {_cell(hint)}" for hint in hints) or _cell(exercise.otherwise)
    first = _cell(exercise.hints[0])
    return f"| {exercise.name} | {exercise.minutes} | {goals} | {first} | {wrong} |"


def _cell(text: str) -> str:
    """Return a text as the cell of a table in Markdown holds it."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def with_section(text: str, facts: LessonFacts) -> str:
    """Return the guide's text with a lesson's section, at its place, if it has none yet.

    Raises:
        GuideError: there is no place.
    """
    if re.search(rf"^## {re.escape(facts.name)}$", text, re.MULTILINE):
        return text
    before, found, after = text.partition(AFTER_LESSONS)
    if not found:
        raise GuideError(f"GUIDE.md should hold the heading {AFTER_LESSONS!r}.")
    return f"{before}## {facts.name}\n\n{chr(10).join(markers(facts.path.stem))}\n\n{found}{after}"


def up_to_date(text: str, lessons: Sequence[LessonFacts]) -> str:
    """Return the guide's text with everything in it that is kept somewhere else."""
    text = with_part(text, "overview", overview(lessons))
    text = with_part(text, "routes", routes_text(lessons))
    for facts in lessons:
        text = with_section(text, facts)
        text = with_part(text, facts.path.stem, lesson_part(facts))
    return text


def main(guide: Path = GUIDE) -> int:
    """Bring the guide up to date; return the exit status."""
    try:
        lessons = [facts_of(path) for path in find_notebooks()]
        write_atomically(guide, up_to_date(guide.read_text(encoding="utf-8"), lessons))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
