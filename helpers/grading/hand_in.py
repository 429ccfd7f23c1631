"""One handed-in notebook, without running it: what it answers, and which code that needs.

Only the exercises are run, and what they need: the cells that the student wrote, and those
statements of the series that define what these use. A lesson that trains for two minutes is not
trained for everybody.
"""

import ast
import builtins
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.authoring.exercises import exercise_of, read_solutions, tags_of
from helpers.authoring.notebooks import NOTEBOOKS_FOLDER, SOLUTIONS_FOLDER, read_notebook
from helpers.errors import UserError
from helpers.exercises.chapters import CHAPTERS, chapter_exercises, notebook_stem
from helpers.exercises.exercise import NAME
from helpers.grading.names import Names, names_in, statements_of

LARGEST_NOTEBOOK = 50_000_000
_CELL_TYPES = ("code", "markdown", "raw")

_CHECK = re.compile(r"""\bcheck\(\s*["']\s*([1-9][0-9]?\.[0-9]{1,2}[a-z]?)\s*["']""")
_NUMBER = re.compile(r"(?<![0-9])0?([1-9][0-9]?)_")


class HandInError(UserError):
    """A file is no notebook that can be graded; the text says why."""


@dataclass(frozen=True)
class Cell:
    """A code cell that is to run.

    Attributes:
        source: its code.
        exercises: the exercises that it answers, none for a cell that the student added.
    """

    source: str
    exercises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lesson:
    """What the series knows about a notebook's exercises.

    Attributes:
        number: of the notebook.
        stubs: for each exercise, the source of its stub cells.
        expressions: for each exercise, what its stub hands to ``check``.
        setup: the statements of the notebook of solutions that define what exercises need.
        lesson: those of the lesson itself, exercises apart.
        sources: all code cells of the lesson.
    """

    number: int
    stubs: dict[str, list[str]]
    expressions: dict[str, str]
    setup: list[str]
    lesson: list[str]
    sources: frozenset[str]


@dataclass
class HandIn:
    """What is to be done with one file.

    Attributes:
        path: the file.
        lesson: the notebook that it is a copy of.
        outcomes: exercises about which nothing needs to run: "untouched", and why.
        cells: what the student wrote, in the file's order.
        before: what of the series runs before it, in order.
    """

    path: Path
    lesson: Lesson
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    before: list[str] = field(default_factory=list)


def bare(source: str) -> str:
    """Return code without what an editor may change: empty lines and spaces at the ends."""
    return "\n".join(line.rstrip() for line in source.splitlines() if line.strip())


def read_lesson(number: int) -> Lesson:
    """Read what is needed to grade a notebook of the series.

    Raises:
        UserError: there are no exercises for it, or its files are broken.
    """
    names = [exercise.name for exercise in chapter_exercises(number)]
    if not names:
        raise HandInError(f"There are no exercises for a notebook {number}.")
    stem = notebook_stem(number)
    solutions = SOLUTIONS_FOLDER / f"{stem}.ipynb"
    exercises = read_solutions(solutions, names)
    stubs = {name: [cell.source for cell in each.stubs] for name, each in exercises.items()}
    cells = [cell.source for cell in _code(read_notebook(NOTEBOOKS_FOLDER / f"{stem}.ipynb"))]
    setup = [c for c in _code(read_notebook(solutions)) if "setup" in tags_of(c)]
    in_lesson = [source for source in cells if not _CHECK.search(source)]
    return Lesson(
        number=number,
        stubs=stubs,
        expressions={name: _handed_over(sources[-1]) for name, sources in stubs.items()},
        setup=[statement for cell in setup for statement in statements_of(cell.source)],
        lesson=[statement for source in in_lesson for statement in statements_of(source)],
        sources=frozenset(map(bare, cells)),
    )


def _code(notebook: NotebookNode) -> list[NotebookNode]:
    return [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]


def _handed_over(stub: str) -> str:
    """Return the second argument of ``check`` as source."""
    for node in ast.walk(ast.parse(stub)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "check":
            return ast.unparse(node.args[1])
    raise ValueError(f"A stub does not call check: {stub!r}")


# --- reading a file -------------------------------------------------------------------------------


def read_hand_in(path: Path) -> NotebookNode:
    """Read a file that a student handed in.

    Raises:
        HandInError: it is not a notebook.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_NOTEBOOK:
            raise HandInError(
                f"the file has {size // 1_000_000} MB, more than {LARGEST_NOTEBOOK // 1_000_000}: "
                "clear its outputs"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about ids that older notebooks do not have
            notebook = nbformat.reads(path.read_text("utf-8-sig"), as_version=4)
        notebook.cells = [_plain_cell(each) for each in notebook.cells if _is_cell(each)]
    except HandInError:
        raise
    except OSError as error:
        raise HandInError(f"the file can't be read ({error.strerror or error})") from None
    except RecursionError:
        raise HandInError("the file is no notebook (nested too deeply)") from None
    except Exception as error:
        # nbformat raises whatever the first thing was that it missed.
        reason = " ".join(str(error).split())[:80]
        raise HandInError(f"the file is no notebook ({type(error).__name__}: {reason})") from None
    return notebook


def _is_cell(cell: object) -> bool:
    return isinstance(cell, NotebookNode) and cell.get("cell_type") in _CELL_TYPES


def _plain_cell(cell: NotebookNode) -> NotebookNode:
    """Return what counts of a cell; an id or a tag that is no text is as good as none."""
    metadata, identity = cell.get("metadata"), cell.get("id")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    # A source may hold half a character, which no kernel can be sent.
    source = str(cell.get("source", "")).encode("utf-8", "replace").decode("utf-8")
    return NotebookNode(
        cell_type=cell.cell_type,
        id=identity if isinstance(identity, str) else "",
        metadata=NotebookNode(tags=texts),
        source=source,
    )


def number_of(path: Path, notebook: NotebookNode) -> int:
    """Return the number of the lesson that a file is a copy of.

    Raises:
        HandInError: neither its exercises nor its name say so.
    """
    names = [name for cell in notebook.cells for name in _names_of(cell)]
    votes = Counter(int(name.partition(".")[0]) for name in names)
    known = [number for number, _ in votes.most_common() if number in CHAPTERS]
    if known:
        return known[0]
    named = _NUMBER.search(path.name)
    if named and int(named[1]) in CHAPTERS:
        return int(named[1])
    raise HandInError("it can't be told which notebook this is: no exercise is left in it")


def _names_of(cell: NotebookNode) -> list[str]:
    """Return the exercises that a cell answers: by its calls of check, its tag, or its id."""
    called = list(dict.fromkeys(_CHECK.findall(cell.source)))
    if called and cell.cell_type == "code":
        return called
    by_id = re.fullmatch(r"exercise-([0-9]+)-([0-9]+[a-z]?)-stub-[0-9]+", cell.get("id", ""))
    name = exercise_of(cell) or (f"{by_id[1]}.{by_id[2]}" if by_id else "")
    return [name] if NAME.fullmatch(name) else []


def plan(path: Path, notebook: NotebookNode, lesson: Lesson) -> HandIn:
    """Find out what a file answers, and what has to run for that."""
    hand_in = HandIn(path, lesson)
    stubs = {bare(source): name for name, sources in lesson.stubs.items() for source in sources}
    seen: set[str] = set()
    answered: set[str] = set()
    for cell in _code(notebook):
        names = [name for name in _names_of(cell) if name in lesson.stubs]
        seen.update(names)
        if bare(cell.source) in stubs or bare(cell.source) in lesson.sources:
            continue
        answered.update(names)
        hand_in.cells.append(Cell(cell.source, tuple(names)))
    for name in lesson.stubs:
        if name not in answered:
            reason = "" if name in seen else "its cell is not in the notebook"
            hand_in.outcomes[name] = ("untouched", reason)
    if not answered:
        hand_in.cells = []
    hand_in.before = _before(hand_in)
    return hand_in


def _before(hand_in: HandIn) -> list[str]:
    """Return the statements of the series that define what the student's cells use."""
    lesson = hand_in.lesson
    own = names_in(cell.source for cell in hand_in.cells)
    for name in {name for cell in hand_in.cells for name in cell.exercises}:
        own = own | names_in([lesson.expressions[name]])
    used = set(own.used) - set(dir(builtins))
    by_setup = names_in(lesson.setup).bound
    # What both define, exercises find as the notebook of solutions has it.
    others = [each for each in lesson.lesson if not names_in([each]).bound & by_setup]
    from_lesson = needed_statements(others, used - own.bound - by_setup, by_setup)
    used |= names_in(from_lesson).used
    return [*needed_statements(lesson.setup, used), *from_lesson]


def needed_statements(
    statements: Sequence[str], needed: Set[str], known: Set[str] = frozenset()
) -> list[str]:
    """Return those statements that define some names, what these need in turn, in order.

    A statement belongs to a name if it binds it, or may change it (``model.compile(...)``).

    Args:
        statements: Python source.
        needed: the names.
        known: names that are defined elsewhere.
    """
    facts = [names_in([statement]) for statement in statements]
    wanted, chosen = set(needed), set[int]()
    while True:
        more = set(_concerned(facts, wanted)) - chosen
        if not more:
            return [statement for number, statement in enumerate(statements) if number in chosen]
        chosen |= more
        wanted |= {name for number in more for name in facts[number].used} - known


def _concerned(facts: Sequence[Names], wanted: Set[str]) -> Iterator[int]:
    modules = {name for each in facts for name in each.imported}
    for number, each in enumerate(facts):
        if each.bound & wanted or (each.changed - modules) & wanted:
            yield number
