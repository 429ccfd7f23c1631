"""Which part of a lesson stands on which slide, and what is said with it.

On a slide stands what a class looks at: headings with the paragraph that opens them, questions,
predictions, exercises, terms, misconceptions, lists, formulas, code and what it shows. Other prose
is what is said: it becomes the notes of the slide before, and so do an exercise's hints and
solution. The plan is made from the notebook each time; nobody keeps a second text.
"""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from helpers.authoring.book.figures import figure_title
from helpers.authoring.exercises import exercise_of
from helpers.errors import UserError
from helpers.exercises.chapters import find_exercise, solution_cells

# What a slide holds, in its own pixels; estimates, which deck.js makes exact.
HEIGHT = 640
COLUMNS = 92  # characters of text in a line
_LINE, _GAP = 36, 18
_CODE_LINE = 25
_TABLE_LINE = 34
_HIGHEST_PICTURE = 470
_HEADING_HEIGHTS = {1: 120, 2: 80, 3: 66}
# More lines than this are two slides of code.
_MOST_CODE_LINES = 30
_MOST_ERROR_LINES = 14

_LINKS = re.compile(r"^\[(←|Next|Previous|Open in Colab)")
_HEADING = re.compile(r"^(#+) ")
_SHOWN = re.compile(r"^(#|>|\$\$|\||- |\* |\d+\. |```|!\[|\*\*)|\*\*[^*]+\*\*")
_SAID = re.compile(r"^\*\*(You need|Time)\b")
_BEGINS_A_SLIDE = re.compile(r"^(#|>|\*\*(Exercise|Misconception)\b)")


@dataclass
class Slide:
    """What stands on a slide, and the notes to it."""

    cells: list[NotebookNode] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    height: float = 0.0
    is_chapter: bool = False
    is_closed: bool = False  # a question: what answers it must not stand beside it


def plan(notebook: NotebookNode) -> list[Slide]:
    """Return the slides of a lesson, in order; the first has its title."""
    slides = [Slide(is_chapter=True)]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            _add_text(slides, cell)
        elif cell.cell_type == "code" and cell.source.strip():
            _add_code(slides, cell)
    return slides


def deck_of(slides: list[Slide], guide: str = "") -> NotebookNode:
    """Return the slides as a notebook with the metadata that nbconvert makes a deck of.

    Args:
        slides: the plan.
        guide: notes to the whole lesson; they go to the first slide.
    """
    cells: list[NotebookNode] = []
    for number, slide in enumerate(slides):
        kind = "slide" if slide.is_chapter else "subslide"
        for position, cell in enumerate(slide.cells):
            cell.metadata["slideshow"] = {"slide_type": "-" if position else kind}
            cells.append(cell)
        notes = [*([guide] if guide and not number else []), *slide.notes]
        if notes:
            said = nbformat.v4.new_markdown_cell("\n\n".join(notes))
            said.metadata["slideshow"] = {"slide_type": "notes"}
            cells.append(said)
    return nbformat.v4.new_notebook(cells=cells)


def paragraphs_of(source: str) -> list[str]:
    """Return the blocks of Markdown between blank lines; lists and fenced code stay whole."""
    blocks: list[str] = []
    for block in re.split(r"\n\s*\n", source.strip()):
        goes_on = blocks and (
            blocks[-1].count("```") % 2 or re.match(r"( {2,}|- |\* |\d+\. )", block) is not None
        )
        if goes_on and not _HEADING.match(blocks[-1]):
            blocks[-1] += f"\n\n{block}"
        else:
            blocks.append(block)
    return [part for block in blocks for part in _heading_apart(block)]


def _heading_apart(block: str) -> Iterator[str]:
    first, _, rest = block.partition("\n")
    if _HEADING.match(first) and rest.strip():
        yield first
        yield rest
    else:
        yield block


def _add_text(slides: list[Slide], cell: NotebookNode) -> None:
    opens = False
    for text in paragraphs_of(cell.source):
        if _LINKS.match(text):
            continue
        is_heading = _HEADING.match(text) is not None
        if _SAID.match(text) or not (opens or _SHOWN.search(text)):
            slides[-1].notes.append(text)
        else:
            part = nbformat.v4.new_markdown_cell(text)
            _place(slides, [part], text_height(text), bool(_BEGINS_A_SLIDE.match(text)))
            slides[-1].is_closed = text.startswith(">")
            if is_heading:
                slides[-1].is_chapter |= text.startswith(("# ", "## "))
        opens = is_heading
    name = exercise_of(cell)
    if name:
        slides[-1].notes += _help(name)


def _add_code(slides: list[Slide], cell: NotebookNode) -> None:
    if exercise_of(cell) or not (cell.outputs or "def " in cell.source):
        return  # stubs are for students; what neither shows nor defines is not looked at
    _describe(cell)
    outputs = [
        output for output in cell.outputs if "widget" not in str(output.get("data", ""))[:99]
    ]
    for source in _pages_of_code(cell.source):
        code = nbformat.v4.new_code_cell(source)
        _place(slides, [code], _CODE_LINE * len(source.splitlines()) + _GAP)
    for output in outputs:
        if "traceback" in output:  # its end says what is wrong
            lines = "\n".join(output.traceback).splitlines()
            output.traceback = ["\n".join(lines[-_MOST_ERROR_LINES:])]
    if outputs:
        shown = nbformat.v4.new_code_cell("", outputs=outputs)
        shown.metadata["transient"] = {"remove_source": True}
        _place(slides, [shown], sum(map(output_height, outputs)))


def _place(
    slides: list[Slide], cells: list[NotebookNode], height: float, begins: bool = False
) -> None:
    """Put cells on the last slide, or on a new one if they begin one or find no room."""
    last = slides[-1]
    if last.cells and (begins or last.is_closed or last.height + height > HEIGHT):
        last = Slide()
        slides.append(last)
    last.cells += cells
    last.height += height


def text_height(text: str) -> float:
    """Estimate how high a block of Markdown is, in pixels of the slide."""
    heading = _HEADING.match(text)
    if heading:
        return _HEADING_HEIGHTS.get(len(heading[1]), 60) * math.ceil(len(text) / 56)
    lines = text.splitlines()
    if text.startswith(("|", "-", "*", ">", "```")) or re.match(r"\d+\. ", text):
        return _LINE * sum(math.ceil(len(line) / COLUMNS) or 1 for line in lines) + _GAP
    return _LINE * math.ceil(len(text) / COLUMNS) + _GAP


def output_height(output: NotebookNode) -> float:
    """Estimate how high an output is, in pixels of the slide."""
    data = output.get("data", {})
    if "image/png" in data:
        return min(_HIGHEST_PICTURE, _size_of_png(data["image/png"])[1]) + _GAP
    if "<table" in data.get("text/html", ""):
        return _TABLE_LINE * data["text/html"].count("<tr") + _GAP
    text = output.get("text", "") or data.get("text/plain", "")
    text = text or "\n".join(output.get("traceback", []))
    return _CODE_LINE * (text.count("\n") + 1) + _GAP


def _size_of_png(content: str) -> tuple[int, int]:
    width, height = struct.unpack(">II", base64.b64decode(content[:64])[16:24])
    return width, height


def _pages_of_code(source: str) -> list[str]:
    """Return code in parts that a slide can hold, cut at blank lines where there are any."""
    lines = source.splitlines()
    if len(lines) <= _MOST_CODE_LINES:
        return [source]
    middle = len(lines) // 2
    blank = [number for number, line in enumerate(lines) if not line.strip()]
    cut = min(blank or [middle], key=lambda number: abs(number - middle))
    parts = "\n".join(lines[:cut]), "\n".join(lines[cut:]).strip("\n")
    return [part for text in parts if text.strip() for part in _pages_of_code(text)]


def _describe(cell: NotebookNode) -> None:
    for output in cell.outputs:
        if "image/png" in output.get("data", ()):
            alt = figure_title(cell.source) or "What the code above draws"
            output.metadata["image/png"] = {"alt": alt}


def _help(name: str) -> list[str]:
    """Return the hints and the solution of an exercise, for whoever speaks."""
    try:
        hints, solution = find_exercise(name).hints, solution_cells(name)
    except UserError:
        return []
    parts = [f"```python\n{text}\n```" if kind == "code" else text for kind, text in solution]
    return [f"Hints: {' '.join(hints)}", "A solution:", *parts]
