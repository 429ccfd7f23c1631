"""The glossary: which terms the lessons explain, and what it says of each."""

import re

from nbformat import NotebookNode

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER

GLOSSARY = NOTEBOOKS_FOLDER / "GLOSSARY.md"

_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_ENTRY = re.compile(r"^\*\*(.+?)\.\*\* (.+?)\s*\(\[[^\]]+\]\(([^)]+)\)\)", re.DOTALL | re.MULTILINE)
# Bold words that introduce a paragraph and explain nothing.
_LABEL = re.compile(
    r"Exercise \d|Misconception|Predict|Time\b|Beyond\b|You need|The question|After this"
)


def terms_of(notebook: NotebookNode) -> list[str]:
    """Return the terms that a lesson sets in bold, in order: each is explained where it stands.

    The first cell, with question, goals and time, explains nothing.
    """
    terms = []
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown":
            found = (" ".join(bold.split()) for bold in _BOLD.findall(cell.source))
            terms += [term for term in found if not _LABEL.match(term)]
    return list(dict.fromkeys(terms))


def entries(text: str) -> dict[str, tuple[str, str]]:
    """Return the glossary's entries: the term in lower case to its text and the lesson's file.

    Args:
        text: Markdown; an entry is ``**Term.** Text. ([2](02_preprocessing.ipynb))``.
    """
    return {
        " ".join(term.split()).casefold(): (" ".join(words.split()), lesson)
        for term, words, lesson in _ENTRY.findall(text)
    }
