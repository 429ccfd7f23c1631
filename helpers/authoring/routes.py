"""Ways through the series for a class of so many minutes; the sums are computed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpers.authoring.lesson_facts import LessonFacts
from helpers.errors import UserError


@dataclass(frozen=True)
class Stop:
    """One notebook on the way.

    Attributes:
        notebook: the file's name without its ending.
        exercises: those done in class; None takes all but those for home.
    """

    notebook: str
    exercises: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Route:
    """A way through the series.

    Attributes:
        name: such as "Half a day".
        budget: how many minutes there are; for a course, in each session.
        text: for whom it is, and what comes of it.
        stops: the notebooks.
        sessions: whether each stop is a session of its own, with the experiment at home.
    """

    name: str
    budget: int
    text: str
    stops: tuple[Stop, ...]
    sessions: bool = False


# What a class can do of the longer notebooks where all of them are to be gone through in a day.
SHORT_ONES_OF_2 = ("2.1", "2.2")
SHORT_ONES_OF_3 = ("3.1", "3.2", "3.5", "3.6")
SHORT_ONES_OF_4 = ("4.1", "4.3", "4.6")

ROUTES = (
    Route(
        "90 minutes",
        90,
        "A taste: what is in the data, and a photograph of everybody's own digit at the end. The "
        "network ships with the series, so nothing is trained.",
        (
            Stop("01_exploration", ()),
            Stop("06_custom_images", ("6.1",)),
        ),
    ),
    Route(
        "Half a day",
        240,
        "From the pixels to a convolutional network, for people who know Python and NumPy. Of "
        "notebooks 2 to 4 only the short exercises are done in class.",
        (
            Stop("01_exploration"),
            Stop("02_preprocessing", SHORT_ONES_OF_2),
            Stop("03_mlp_baseline", SHORT_ONES_OF_3),
            Stop("04_cnn_dropout", SHORT_ONES_OF_4),
        ),
    ),
    Route(
        "Five hours",
        300,
        "The same, and everybody's own handwriting at the end. What notebook 6 needs of notebook "
        "5, the test set and the paired test, you tell in two sentences. Breaks come on top.",
        (
            Stop("01_exploration"),
            Stop("02_preprocessing", SHORT_ONES_OF_2),
            Stop("03_mlp_baseline", SHORT_ONES_OF_3),
            Stop("04_cnn_dropout", SHORT_ONES_OF_4),
            Stop("06_custom_images"),
        ),
    ),
    Route(
        "Six weeks",
        90,
        "A notebook a week, in sessions of 90 minutes: the rest of each session is for last "
        "week's experiment, which everybody has done at home and hands in.",
        (
            Stop("01_exploration"),
            Stop("02_preprocessing"),
            Stop("03_mlp_baseline"),
            Stop("04_cnn_dropout"),
            Stop("05_evaluation"),
            Stop("06_custom_images"),
        ),
        sessions=True,
    ),
)


class RouteError(UserError):
    """A route can't be walked; the text says why."""


def minutes_of(stop: Stop, facts: LessonFacts) -> int:
    """Return how many minutes a stop takes in class.

    Raises:
        RouteError: it names an exercise that is not there.
    """
    minutes = {each.name: each.minutes for each in facts.exercises}
    not_in_class = {each.name for each in (*facts.experiments, *facts.for_home)}
    chosen = [name for name in minutes if name not in not_in_class]
    if stop.exercises is not None:
        chosen = list(stop.exercises)
    unknown = [name for name in chosen if name not in minutes]
    if unknown:
        raise RouteError(f"{facts.name} has no exercise {unknown[0]}, which a route names.")
    return facts.talk_minutes + sum(minutes[name] for name in chosen)


def route_text(route: Route, lessons: Mapping[str, LessonFacts]) -> str:
    """Return a route's part of the guide.

    Raises:
        RouteError: a notebook is missing, or the route takes more time than there is.
    """
    lines = [
        f"### {route.name}",
        "",
        route.text,
        "",
        f"| {'week | ' if route.sessions else ''}notebook | exercises in class | minutes |",
        f"| {'---: | ' if route.sessions else ''}--- | --- | ---: |",
    ]
    total = longest = 0
    for number, stop in enumerate(route.stops, start=1):
        if stop.notebook not in lessons:
            raise RouteError(f"The route {route.name!r} names {stop.notebook}, which is not there.")
        facts = lessons[stop.notebook]
        minutes = minutes_of(stop, facts)
        total, longest = total + minutes, max(longest, minutes)
        week = f"{number} | " if route.sessions else ""
        lines.append(f"| {week}{facts.name} | {_exercises(stop)} | {minutes} |")
    needed = longest if route.sessions else total
    if needed > route.budget:
        raise RouteError(
            f"The route {route.name!r} takes {needed} minutes; there are {route.budget}."
        )
    rest = route.budget - needed
    if route.sessions:
        lines += ["", f"The longest session takes {longest} of {route.budget} minutes."]
    else:
        lines += ["", f"Together {total} of {route.budget} minutes; {rest} are left for breaks."]
    return "\n".join(lines)


def _exercises(stop: Stop) -> str:
    if stop.exercises is None:
        return "all but those for home"
    return ", ".join(stop.exercises) or "none"


def routes_text(lessons: Sequence[LessonFacts]) -> str:
    """Return the part of the guide with all routes."""
    by_name = {each.path.stem: each for each in lessons}
    return "\n\n".join(route_text(route, by_name) for route in ROUTES)
