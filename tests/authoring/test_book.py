"""The web book, built from the stored notebooks: its pages as files."""

import re
import shutil
from pathlib import Path

import pytest

from helpers.authoring.book import build, node_tools
from helpers.authoring.book.figures import figure_title
from helpers.authoring.book.pages import page_of, page_text
from helpers.authoring.exercises import exercise_of
from helpers.authoring.glossary import GLOSSARY, entries
from helpers.authoring.guide import EXERCISE_TABLE
from helpers.authoring.links import END, START
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.errors import UserError
from support.book_pages import LESSONS, PAGES
from support.static_pages import Page, broken_links, pages_in

pytestmark = pytest.mark.slow


# ---- what pages are made of ----


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('ax.set_title("One axis")\nfig.suptitle("All of it", x=0.01)', "All of it"),
        ('a.set_title("left")\nb.set_title("right")', "left; right"),
        ('ax.set_title(f"{share:.0%} of {n} are right")', "… of … are right"),
        ('title = f"Best: {name}"\nax.set_title(title)', "Best: …"),
        ('df.plot(title="Loss\\nand accuracy")', "Loss and accuracy"),
        (
            'plots.draw_history(curves, "The loss falls while it learns")',
            "The loss falls while it learns",
        ),
        ('ax.set(xlabel="step", title="Too small " "crawls")', "Too small crawls"),
        ('ax.set_title(f"{name}")', ""),
        ('ax.plot(x, "o", label="of the training")', ""),
        ("%matplotlib inline", ""),
    ],
)
def test_title_of_a_figure_is_read_from_its_code(source: str, title: str) -> None:
    assert figure_title(source) == title


def test_links_to_what_is_not_in_the_book_become_text() -> None:
    text = (
        "See [2](02_preprocessing.ipynb), [how](../benchmarks/README.md) and [d](https://d2l.ai)."
    )
    found = page_text(text, lambda target: target == "02_preprocessing.ipynb")
    assert found == "See [2](02_preprocessing.ipynb), how and [d](https://d2l.ai)."


@pytest.mark.parametrize("path", find_notebooks(), ids=LESSONS)
def test_page_has_help_for_each_exercise_folded(path: Path) -> None:
    names = {exercise_of(cell) for cell in read_notebook(path).cells} - {""}
    page = page_of(path, lambda _: True)
    folded = "\n".join(cell.source for cell in page.cells if "<details>" in cell.source)
    for name in names:
        assert folded.count(f"Hint 1 for exercise {name}<") == 1
        assert folded.count(f"Hint 2 for exercise {name}<") == 1
        assert folded.count(f"A solution of exercise {name}<") == 1
    assert "<details open" not in folded
    assert "Open in Colab" not in page.cells[0].source
    assert "google.colab" not in "".join(cell.source for cell in page.cells)
    assert all(
        cell.metadata["mystnb"]["image"]["alt"]
        for cell in page.cells
        if any("image/png" in output.get("data", ()) for output in cell.get("outputs", ()))
    )


def test_badges_of_places_to_run_are_left_out() -> None:
    text = (
        f"# Title\n\n{START}\n[![Open](https://a.example/b.svg)](https://a.example)\n{END}\n\nText."
    )
    assert page_text(text, lambda _: True) == "# Title\n\nText."


def test_help_in_the_guide_is_folded() -> None:
    table = f"{EXERCISE_TABLE}\n| --- | ---: | --- | --- | --- |\n| 1.1 | 2 | 1 | Do it. | Not. |\n"
    text = page_text(f"Before.\n\n{table}<!-- end -->\n\n| a |\n| --- |\n\nAfter.", lambda _: True)
    before, folded, after = re.split(r"</?details>", text)
    assert "Do it." in folded
    assert "Do it." not in before + after
    assert "| a |" in after


def test_without_npm_there_is_a_sentence(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(node_tools, "NODE_FOLDER", tmp_path)
    monkeypatch.setattr(node_tools, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UserError, match=r"needs Node\.js and npm"):
        node_tools.install()


def test_a_fault_in_a_page_is_told(tmp_path) -> None:
    sources = tmp_path / "a folder, with a comma"
    (sources / "_static").mkdir(parents=True)
    (sources / "index.md").write_text("# Title\n\n[nowhere](gone.ipynb)\n")
    with pytest.raises(UserError, match=r"gone\.ipynb") as error:
        build._run_sphinx(sources, tmp_path / "pages")
    assert str(error.value).count("WARNING") == 1, error.value


# ---- the pages as files ----


@pytest.fixture(scope="module")
def pages(book) -> list[Page]:
    return pages_in(book)


def test_book_has_every_page_and_no_broken_link(book, pages) -> None:
    assert {page.path.relative_to(book).with_suffix("").as_posix() for page in pages} >= {*PAGES}
    assert broken_links(pages) == []
    assert (book / ".nojekyll").exists(), "GitHub Pages would leave out _static"


def test_guide_in_the_book_gives_no_solution_away_unless_unfolded(book) -> None:
    page = (book / "GUIDE.html").read_text("utf-8")
    unfolded = re.sub(r"<details>.*?</details>", "", page, flags=re.S)
    for hint in ("permutation(784)", "train_test_split(images"):
        assert hint in page
        assert hint not in unfolded


def test_broken_link_would_be_found(tmp_path) -> None:
    (tmp_path / "one.html").write_text(
        '<a href="two.html#here">a</a><a href="two.html#gone">b</a><a href="three.html">c</a>'
        '<script src="https://cdn.example/x.js"></script><a href="https://keras.io">d</a>'
    )
    (tmp_path / "two.html").write_text('<h1 id="here">Two</h1>')
    assert broken_links(pages_in(tmp_path)) == [
        "one.html: two.html#gone",
        "one.html: three.html",
        "one.html: https://cdn.example/x.js",
    ]


def test_every_picture_says_what_it_shows(pages) -> None:
    texts = [text for page in pages for text in page.texts_of_pictures]
    assert len(texts) > 50
    assert [text for text in texts if not text or len(text) < 10] == []


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_offers_its_notebook_and_its_neighbours(book, name: str) -> None:
    page = Page(book / "notebooks" / f"{name}.html")
    (download,) = [link for link in page.links if link.endswith(f"{name}.ipynb")]
    stored = book.parent / "sources" / "downloads" / f"{name}.ipynb"
    assert (page.path.parent / download).read_bytes() == stored.read_bytes()
    area = page.path.read_text("utf-8").partition('class="prev-next-area"')[2]
    place = LESSONS.index(name) + 1
    around = ["../index", *LESSONS, "GLOSSARY"]
    assert re.findall(r'<a class="(?:left|right)-(?:prev|next)"\s+href="(.*?)"', area) == [
        f"{around[place - 1]}.html",
        f"{around[place + 1]}.html",
    ]


def test_glossary_has_every_entry(book) -> None:
    page = (book / "notebooks" / "GLOSSARY.html").read_text("utf-8")
    text = page.replace("’", "'").casefold()  # Sphinx sets curly ones
    missing = [
        term for term in entries(GLOSSARY.read_text("utf-8")) if f"<strong>{term}." not in text
    ]
    assert missing == []
