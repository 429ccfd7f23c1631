"""Every term that a lesson explains has its entry in the glossary, with the place."""

import re
from pathlib import Path

import pytest

from helpers.authoring.glossary import GLOSSARY, entries, terms_of
from helpers.authoring.notebooks import find_notebooks, read_notebook

LESSONS = find_notebooks()


@pytest.fixture(scope="module")
def glossary() -> dict[str, tuple[str, str]]:
    return entries(GLOSSARY.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_term_has_its_entry(path: Path, glossary: dict) -> None:
    missing = [term for term in terms_of(read_notebook(path)) if term.casefold() not in glossary]
    assert missing == []


def test_every_entry_names_the_lesson_that_explains_its_term_first(glossary: dict) -> None:
    first: dict[str, str] = {}
    for path in LESSONS:
        for term in terms_of(read_notebook(path)):
            first.setdefault(term.casefold(), path.name)
    assert {term: place for term, (_, place) in glossary.items()} == first


def test_entries_are_sorted_and_say_something(glossary: dict) -> None:
    assert list(glossary) == sorted(glossary)
    short = [term for term, (text, _) in glossary.items() if len(text.split()) < 5]
    assert short == []


def test_a_term_is_explained_in_one_lesson_only() -> None:
    places: dict[str, set[str]] = {}
    for path in LESSONS:
        for term in terms_of(read_notebook(path)):
            places.setdefault(term.casefold(), set()).add(path.stem)
    assert {term: found for term, found in places.items() if len(found) > 1} == {}


def test_labels_and_headers_are_no_terms(tmp_path: Path) -> None:
    import nbformat

    cells = [
        nbformat.v4.new_markdown_cell("# 1 · Title\n\n**The question.** Which?"),
        nbformat.v4.new_markdown_cell(
            "**Exercise 1.2** (1 minute). A **class** is a kind.\n\n> ✏️ **Predict.** How many?\n\n"
            '**Misconception: "it is *easy*"** No: the **test\nset** is closed.'
        ),
    ]
    assert terms_of(nbformat.v4.new_notebook(cells=cells)) == ["class", "test set"]


def test_entries_are_read_as_they_are_written() -> None:
    text = "# Glossary\n\nIntro.\n\n**Batch.** Some images.\n([2](02_x.ipynb))\n"
    assert entries(text) == {"batch": ("Some images.", "02_x.ipynb")}
    assert re.search(r"\*\*", GLOSSARY.read_text(encoding="utf-8"))
