"""The pages of the book as Sphinx's sources: the stored notebooks, made ready to be read.

A page is the notebook, less what only a running one needs (its links to other places, its cell for
Colab), and with what a reader without a kernel lacks: hints and solutions to unfold, the figures in
words, the notebook to download, and in place of the widget a drawing pad that reads by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from helpers.authoring import links
from helpers.authoring.book.figures import figure_title
from helpers.authoring.exercises import exercise_of
from helpers.authoring.guide import EXERCISE_TABLE
from helpers.authoring.notebooks import read_notebook
from helpers.errors import UserError
from helpers.exercises.chapters import find_exercise, solution_cells

PAD = """<div class="book-pad">
<noscript>The drawing pad is a small program in this page: please allow JavaScript.</noscript>
</div>"""

# A line of links that JupyterLab needs; the book has its own to the pages before and behind.
_LINKS_ELSEWHERE = re.compile(r"^\[(←|Next|Previous|Open in Colab).*?(?:\n\s*\n|\Z)", re.M | re.S)
_PLACES_TO_RUN = re.compile(f"{re.escape(links.START)}.*?{re.escape(links.END)}\n*", re.S)
_LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.M)
# Colours for a white page, in the table that Keras prints: on a dark one nobody could read them.
_COLOUR = re.compile(r' style="color: #\w{6}; text-decoration-color: #\w{6}"')
_HELP_IN_GUIDE = re.compile(rf"^{re.escape(EXERCISE_TABLE)}\n(?:\|.*(?:\n|\Z))+", re.M)
_WIDGET = re.compile(r"\bDrawingPad\(")


def page_of(path: Path, is_page: Callable[[str], bool]) -> NotebookNode:
    """Return a stored notebook as a page of the book.

    Args:
        path: the notebook.
        is_page: tells whether the book has a page for the file that a link names.
    """
    notebook = read_notebook(path)
    heading = ""
    cells: list[NotebookNode] = []
    for number, cell in enumerate(notebook.cells):
        if links.CELL_ID in cell.metadata.get("tags", ()):
            continue
        if cell.cell_type == "markdown":
            cell.source = _markdown(cell.source, is_page)
            if number == 0:
                cell.source = f"{cell.source.rstrip()}\n\n{_download(path)}"
            heading = ([heading, *_HEADING.findall(cell.source)])[-1]
        else:
            _describe_figures(cell, heading)
            _leave_colours_to_the_page(cell)
        cells.append(cell)
        name = exercise_of(cell)
        if name and cell.cell_type == "code":
            cell.outputs = []  # "not answered yet": here nobody can
            following = notebook.cells[number + 1 : number + 2]
            if not any(exercise_of(other) == name for other in following):
                cells += _help(name)
        if cell.cell_type == "code" and _has_pad(cell):
            cell.outputs = []
            cells.append(nbformat.v4.new_markdown_cell(PAD))
    notebook.cells = cells
    return notebook


def page_text(text: str, is_page: Callable[[str], bool]) -> str:
    """Return a page in Markdown, its links to what is not in the book made plain text.

    The links to where notebooks run go: their badges would be fetched from elsewhere. The guide's
    help with exercises is folded, since students read the book, too.
    """
    text = _HELP_IN_GUIDE.sub(lambda found: _details("Help with the exercises", found[0]), text)
    return _LINK.sub(lambda found: _linked(found, is_page), _PLACES_TO_RUN.sub("", text))


def title_of(notebook: NotebookNode) -> str:
    """Return a notebook's heading."""
    found = _HEADING.search(notebook.cells[0].source)
    return found[1] if found else ""


def question_of(notebook: NotebookNode) -> str:
    """Return the paragraph of a notebook's first cell that asks its question."""
    found = re.search(r"\*\*The question\.\*\*(.+?)\n\s*\n", notebook.cells[0].source, re.S)
    return " ".join(found[1].split()) if found else ""


def _markdown(source: str, is_page: Callable[[str], bool]) -> str:
    return page_text(_LINKS_ELSEWHERE.sub("", source), is_page)


def _linked(found: re.Match[str], is_page: Callable[[str], bool]) -> str:
    label, target = found.groups()
    is_elsewhere = "://" in target or target.startswith(("#", "mailto:"))
    return found[0] if is_elsewhere or is_page(target.partition("#")[0]) else label


def _download(path: Path) -> str:
    return f"{{download}}`Download this notebook <../downloads/{path.name}>`"


def _describe_figures(cell: NotebookNode, heading: str) -> None:
    """Give the pictures among a cell's outputs their text for those who cannot see them."""
    if any("image/png" in output.get("data", ()) for output in cell.outputs):
        text = figure_title(cell.source) or f"Figure: {heading}"
        cell.metadata["mystnb"] = {"image": {"alt": text.replace("\n", " ")}}


def _leave_colours_to_the_page(cell: NotebookNode) -> None:
    for output in cell.outputs:
        if "text/html" in output.get("data", ()):
            output.data["text/html"] = _COLOUR.sub("", output.data["text/html"])


def _has_pad(cell: NotebookNode) -> bool:
    return bool(_WIDGET.search(cell.source)) and bool(cell.outputs)


def _help(name: str) -> Iterator[NotebookNode]:
    """Yield the hints and the worked solution of an exercise, folded."""
    try:
        hints, solution = find_exercise(name).hints, solution_cells(name)
    except UserError:  # an exercise without them stands in no notebook that passes its tests
        return
    for number, text in enumerate(hints, start=1):
        yield from _folded(f"Hint {number} for exercise {name}", _as_markdown(text))
    parts = [f"```python\n{text}\n```" if kind == "code" else text for kind, text in solution]
    yield from _folded(f"A solution of exercise {name}", "\n\n".join(parts))


def _as_markdown(text: str) -> str:
    """Return a hint, which `print` shows, so that Markdown shows the same characters."""
    return re.sub(r"([\\*_<>\[\]$`|#])", r"\\\1", text)


def _folded(summary: str, text: str) -> Iterator[NotebookNode]:
    yield nbformat.v4.new_markdown_cell(_details(summary, text))


def _details(summary: str, text: str) -> str:
    return f"<details>\n<summary>{summary}</summary>\n\n{text}\n\n</details>\n"
