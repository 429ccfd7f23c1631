"""Write a deck for each lesson: HTML that needs no network, and notes for the speaker (key S)."""

from __future__ import annotations

import functools
import re
import shutil
from html import escape
from pathlib import Path

from nbconvert import SlidesExporter
from nbformat import NotebookNode

from helpers.authoring.book import node_tools
from helpers.authoring.book.pages import title_of
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.authoring.slides.plan import deck_of, plan
from helpers.paths import PROJECT_FOLDER

SLIDES_FOLDER = PROJECT_FOLDER / "build" / "slides"
GUIDE = PROJECT_FOLDER / "GUIDE.md"

_HERE = Path(__file__).parent


def build_slides(output: Path = SLIDES_FOLDER) -> Path:
    """Write the decks, and a page that lists them.

    Args:
        output: where they go; what was there is removed.

    Returns:
        The page that lists them.

    Raises:
        UserError: a program is missing, or a notebook cannot be read.
    """
    node_tools.install()
    shutil.rmtree(output, ignore_errors=True)
    _copy_static(output / "_static")
    guide = GUIDE.read_text("utf-8") if GUIDE.exists() else ""
    links = []
    for path in find_notebooks():
        notebook = read_notebook(path)
        page = deck_page(notebook, section_of(guide, path.stem))
        (output / f"{path.stem}.html").write_text(page, "utf-8")
        links.append(f'<li><a href="{path.stem}.html">{escape(title_of(notebook))}</a></li>')
    index = (_HERE / "static" / "index.html").read_text("utf-8")
    (output / "index.html").write_text(index.replace("<!-- decks -->", "\n".join(links)), "utf-8")
    return output / "index.html"


def deck_page(notebook: NotebookNode, guide: str) -> str:
    """Return a lesson's deck as HTML.

    Args:
        notebook: the lesson; it is changed.
        guide: what is said of the whole lesson, in Markdown.
    """
    deck = deck_of(plan(notebook), guide)
    deck.metadata["title"] = title_of(notebook)
    html, _ = _exporter().from_notebook_node(deck)
    return html


@functools.cache
def _exporter() -> SlidesExporter:
    return SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(_HERE / "templates")],
        reveal_url_prefix="_static",
        reveal_theme="white",
        # What we wrote ourselves needs no cleaning, which takes a third of the time.
        filters={"clean_html": lambda html: html},
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )


def section_of(guide: str, name: str) -> str:
    """Return the section of the guide whose heading has a notebook's name or number, or "".

    Args:
        guide: Markdown.
        name: of the notebook, such as ``03_mlp_baseline``; its heading may name it so, or begin
            with the number, as in "### 3 · How far do dense layers get?".
    """
    heading = re.compile(rf"^(#+) +(?:.*\b{name}\b|(?:Notebook )?{int(name[:2])}\b[ .:·]).*$", re.M)
    found = heading.search(guide)
    if found is None:
        return ""
    rest = guide[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.M)
    return rest[: following.start() if following else None].strip()


def _copy_static(folder: Path) -> None:
    reveal = node_tools.MODULES / "reveal.js"
    (folder / "dist" / "theme").mkdir(parents=True)
    for source, target in (
        (reveal / "dist" / "reveal.js", "reveal.js"),
        (reveal / "plugin" / "notes" / "notes.js", "notes.js"),
        (reveal / "dist" / "reveal.css", "dist/reveal.css"),
        (reveal / "dist" / "theme" / "white.css", "dist/theme/white.css"),
        (node_tools.MODULES / "mathjax" / "es5" / "tex-svg.js", "tex-svg.js"),
        (_HERE / "static" / "deck.css", "deck.css"),
        (_HERE / "static" / "deck.js", "deck.js"),
    ):
        shutil.copy(source, folder / target)
    shutil.copytree(reveal / "dist" / "theme" / "fonts", folder / "dist" / "theme" / "fonts")
