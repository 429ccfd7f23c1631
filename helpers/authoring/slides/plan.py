"""Which part of a lesson stands on which slide, and what is said with it.

On a slide stands what a class looks at: headings with the paragraph that opens them, questions,
predictions, exercises, terms, misconceptions, lists, formulas, code and what it shows. Other prose
is what is said: it becomes the notes of the slide before, and so do an exercise's hints and
solution. The plan is made from the notebook each time; nobody keeps a second text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

from helpers.authoring.book.figures import figure_title
from helpers.authoring.exercises import exercise_of
from helpers.authoring.slides.room import (
    HEADING,
    HEIGHT,
    HIGHEST_BLOCK,
    code_height,
    output_height,
    parts_of_code,
    parts_of_output,
    parts_of_text,
    text_height,
)
from helpers.errors import UserError
from helpers.exercises.chapters import find_exercise, solution_cells

_LINKS = re.compile(r"^\[(←|Next|Previous|Open in Colab)")
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
        if goes_on and not HEADING.match(blocks[-1]):
            blocks[-1] += f"\n\n{block}"
        else:
            blocks.append(block)
    return [part for block in blocks for part in _heading_apart(block)]


def _heading_apart(block: str) -> Iterator[str]:
    first, _, rest = block.partition("\n")
    if HEADING.match(first) and rest.strip():
        yield first
        yield rest
    else:
        yield block


def _add_text(slides: list[Slide], cell: NotebookNode) -> None:
    opens = False
    for text in paragraphs_of(cell.source):
        if _LINKS.match(text):
            continue
        is_heading = HEADING.match(text) is not None
        if _SAID.match(text) or not (opens or _SHOWN.search(text)):
            slides[-1].notes.append(text)
        else:
            begins = bool(_BEGINS_A_SLIDE.match(text))
            for part in parts_of_text(text):
                _place(slides, nbformat.v4.new_markdown_cell(part), text_height(part), begins)
                begins = False
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
    for source in parts_of_code(cell.source):
        _place(slides, nbformat.v4.new_code_cell(source), code_height(source))
    outputs = [out for out in cell.outputs if "widget" not in str(out.get("data", ""))[:99]]
    parts = [part for output in outputs for part in parts_of_output(output)]
    together = sum(map(output_height, parts)) <= HIGHEST_BLOCK
    for shown in filter(None, [parts] if together else [[part] for part in parts]):
        result = nbformat.v4.new_code_cell("", outputs=shown)
        result.metadata["transient"] = {"remove_source": True}
        _place(slides, result, sum(map(output_height, shown)))


def _place(slides: list[Slide], cell: NotebookNode, height: float, begins: bool = False) -> None:
    """Put a cell on the last slide, or on a new one if it begins one or finds no room."""
    last = slides[-1]
    if last.cells and (begins or last.is_closed or last.height + height > HEIGHT):
        last = Slide()
        slides.append(last)
    last.cells.append(cell)
    last.height += height


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
