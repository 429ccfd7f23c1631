"""The guide for instructors: its numbers are computed, and each lesson has its section."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from helpers.authoring import guide
from helpers.authoring.guide import (
    AFTER_LESSONS,
    GUIDE,
    GuideError,
    lesson_part,
    markers,
    overview,
    up_to_date,
    with_part,
    with_section,
)
from helpers.authoring.lesson_facts import LessonFacts, LessonFactsError, facts_of
from helpers.authoring.notebooks import find_notebooks, write_notebook
from helpers.authoring.routes import ROUTES, Route, RouteError, Stop, minutes_of, route_text
from helpers.paths import PROJECT_FOLDER

TEXT = GUIDE.read_text(encoding="utf-8")
LESSONS = [facts_of(path) for path in find_notebooks()]
FACTS = {each.path.stem: each for each in LESSONS}

# Lessons that have a section at all; a test says that all have.
WRITTEN = [name for name in FACTS if f"## {name}.ipynb\n" in TEXT]
PARTS = ("Where students get stuck", "Questions to discuss", "What may be left out")

TIME = re.compile(r"\b\d+(\.\d+)?\s*(s|seconds?|min|minutes?|h|hours?)\b")


def section_of(name: str) -> str:
    _, _, rest = TEXT.partition(f"\n## {name}\n")
    return rest.partition("\n## ")[0]


def by_hand(text: str) -> str:
    """Return what stands outside of the markers."""
    return re.sub(r"<!-- (\S+): written by.*?<!-- end of \1 -->", "", text, flags=re.DOTALL)


def test_numbers_are_those_of_notebooks_and_measurements() -> None:
    assert up_to_date(TEXT, LESSONS) == TEXT, "run `make readme`"


def test_no_time_is_typed_from_memory() -> None:
    assert not TIME.search(by_hand(TEXT))
    assert TIME.search(TEXT)


@pytest.mark.parametrize("facts", LESSONS, ids=lambda facts: facts.path.stem)
def test_each_lesson_has_its_section(facts: LessonFacts) -> None:
    section = section_of(facts.name)
    assert all(goal in section for goal in facts.goals)
    assert all(f"\n| {each.name} | {each.minutes} |" in section for each in facts.exercises)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_section_says_where_a_class_gets_stuck(name: str) -> None:
    section = by_hand(section_of(f"{name}.ipynb"))
    parts = re.split(r"^### ", section, flags=re.MULTILINE)[1:]
    assert [part.splitlines()[0] for part in parts] == list(PARTS)
    stuck, questions, _ = parts
    assert stuck.count("\n- **") >= 4
    asked = re.findall(r"^- \*(.+?)\*\s+(\S.+?)(?=^- |\Z)", questions, re.MULTILINE | re.DOTALL)
    assert len(asked) >= 3
    assert all("?" in question and answer.strip() for question, answer in asked)


def test_every_section_is_written() -> None:
    assert set(WRITTEN) == set(FACTS)


def test_lessons_stand_in_their_order() -> None:
    headings = re.findall(r"^## (\d\d_\w+)\.ipynb$", TEXT, re.MULTILINE)
    assert headings == sorted(FACTS)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)\s#]+)", TEXT)
    assert links
    assert [link for link in links if not (PROJECT_FOLDER / link).exists()] == []


def test_every_command_in_the_guide_exists() -> None:
    from helpers.cli import build_parser

    commands = re.findall(r"python -m helpers (.+?)[`\n]", TEXT)
    assert len(commands) >= 4
    for command in commands:
        build_parser().parse_args(command.split())


# --- a lesson's facts -----------------------------------------------------------------------------


def test_talk_and_exercises_make_up_the_class() -> None:
    for facts in LESSONS:
        assert facts.talk_minutes + facts.exercise_minutes == facts.class_minutes
        assert facts.exercise_minutes + facts.home_minutes == sum(
            each.minutes for each in facts.exercises
        )


HEADER = (
    "# 99 · Why?\n\n**After this notebook you can**\n\n1. do\n   this;\n2. and that.\n\n"
    "**You need** nothing.\n\n**Time.** About 5 seconds to run, about {} minutes in class{}."
)


def lesson(folder: Path, header: str) -> Path:
    path = folder / "99_why.ipynb"
    write_notebook(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(header)]), path)
    return path


def test_a_new_lesson_s_facts(tmp_path: Path) -> None:
    facts = facts_of(lesson(tmp_path, HEADER.format(45, "")))
    assert (facts.title, facts.goals) == ("Why?", ("do this", "and that"))
    assert (facts.class_minutes, facts.talk_minutes, facts.at_home) == (45, 45, False)
    assert (facts.seconds, facts.exercises) == (None, ())
    assert "not been measured" in lesson_part(facts)
    assert "not measured" in overview([facts])


@pytest.mark.parametrize("said", [" (the last exercise can be homework)", " (9.1 at\nhome)"])
def test_an_experiment_at_home_takes_no_minutes_in_class(tmp_path: Path, said: str) -> None:
    facts = facts_of(lesson(tmp_path, HEADER.format(60, said)))
    facts = replace(facts, exercises=FACTS["02_preprocessing"].exercises)
    assert facts.home_minutes == 20
    assert facts.talk_minutes == 60 - sum(each.minutes for each in facts.exercises) + 20


def test_a_header_can_leave_short_exercises_for_home(tmp_path: Path) -> None:
    said = ". For home: the last section with exercise 2.5,\nand exercise 2.6"
    facts = facts_of(lesson(tmp_path, HEADER.format(60, said)))
    facts = replace(facts, exercises=FACTS["02_preprocessing"].exercises)
    assert [each.name for each in facts.for_home] == ["2.5", "2.6"]
    assert facts.home_minutes == 28
    assert "2.5" not in facts_of(lesson(tmp_path, HEADER.format(60, " (2.5, too)"))).named_for_home


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("x", "a title"),
        ("# 9 · x", "goals"),
        ("# 9 · x\n\n**After this notebook you can**\n\n1. x.\n\n**You need** x", "minutes"),
    ],
)
def test_a_header_that_says_too_little(tmp_path: Path, header: str, missing: str) -> None:
    with pytest.raises(LessonFactsError, match=rf"99_why\.ipynb.*{missing}"):
        facts_of(lesson(tmp_path, header))


def test_a_class_that_is_too_short_for_its_exercises(tmp_path: Path) -> None:
    path = tmp_path / "01_exploration.ipynb"
    lesson(tmp_path, HEADER.format(10, "")).rename(path)
    with pytest.raises(LessonFactsError, match="10 minutes in class are not enough"):
        facts_of(path)


# --- writing --------------------------------------------------------------------------------------


def test_a_new_lesson_gets_a_section_before_the_last(tmp_path: Path) -> None:
    facts = facts_of(lesson(tmp_path, HEADER.format(45, "")))
    text = with_section(TEXT, facts)
    assert text.index("## 06_custom_images") < text.index("## 99_why.ipynb")
    assert text.index("## 99_why.ipynb") < text.index(AFTER_LESSONS)
    assert with_section(text, facts) == text
    assert "1. do this" in with_part(text, "99_why", lesson_part(facts))


@pytest.mark.parametrize("cut", ["start", "end", "order"])
def test_a_part_without_its_markers_is_refused(cut: str) -> None:
    start, end = markers("x")
    text = {"start": end, "end": start, "order": f"{end}{start}"}[cut]
    with pytest.raises(GuideError, match=r"GUIDE\.md should hold"):
        with_part(text, "x", "new")


def test_text_in_a_table_stays_in_its_cell() -> None:
    assert guide._cell("a|b\n<c> *d*") == r"a\|b &lt;c> \*d\*"


def test_the_command_brings_the_guide_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "GUIDE.md"
    path.write_text(with_part(TEXT, "overview", "old"), encoding="utf-8")
    assert guide.main(path) == 0
    assert path.read_text(encoding="utf-8") == TEXT


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "GUIDE.md"
    path.write_text("nothing")
    assert guide.main(path) == 1
    assert capsys.readouterr().err.startswith("error: GUIDE.md should hold")


# --- routes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_keeps_to_its_minutes(route: Route) -> None:
    minutes = [minutes_of(stop, FACTS[stop.notebook]) for stop in route.stops]
    assert (max(minutes) if route.sessions else sum(minutes)) <= route.budget
    assert f"### {route.name}\n" in TEXT


def test_the_routes_are_those_asked_for() -> None:
    assert [(route.name, route.budget) for route in ROUTES] == [
        ("90 minutes", 90),
        ("Half a day", 240),
        ("Five hours", 300),
        ("Six weeks", 90),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda route: replace(route, budget=10), "there are 10"),
        (lambda route: replace(route, stops=(Stop("77_none"),)), "77_none, which is not there"),
        (
            lambda route: replace(route, stops=(Stop("01_exploration", ("1.9",)),)),
            "no exercise 1.9",
        ),
    ],
)
def test_a_route_that_cannot_be_walked(change: Callable[[Route], Route], said: str) -> None:
    with pytest.raises(RouteError, match=re.escape(said)):
        route_text(change(ROUTES[0]), FACTS)
