"""Write the book's sources from what the repository has, and let Sphinx make pages of them.

Nothing is executed: outputs are those that the notebooks store. All that a page loads lies in the
same folder, so that the book can be opened from there, copied to any web server, or put on a stick.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from helpers.authoring.book import node_tools
from helpers.authoring.book.pages import PAD, page_of, page_text, question_of, title_of
from helpers.authoring.book.weights import network_script
from helpers.authoring.glossary import GLOSSARY
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.errors import UserError
from helpers.paths import MODELS_FOLDER, PROJECT_FOLDER

BOOK_FOLDER = PROJECT_FOLDER / "build" / "book"
SOURCES_FOLDER = PROJECT_FOLDER / "build" / "book-sources"
WEB_STATIC = PROJECT_FOLDER / "helpers" / "web" / "static"
OWN_STATIC = Path(__file__).parent / "static"
# Pages beside the lessons, where the repository has them.
OTHER_PAGES = (GLOSSARY, PROJECT_FOLDER / "GUIDE.md")


def build_book(output: Path = BOOK_FOLDER, sources: Path = SOURCES_FOLDER) -> Path:
    """Build the book.

    Args:
        output: where the pages go; what was there is removed.
        sources: where Sphinx's sources go; likewise.

    Returns:
        The first page.

    Raises:
        UserError: a program is missing, or Sphinx finds a fault in a page.
    """
    node_tools.install()
    output, sources = output.resolve(), sources.resolve()
    for folder in (output, sources):
        shutil.rmtree(folder, ignore_errors=True)
    write_sources(sources)
    _copy_static(sources / "_static")
    _run_sphinx(sources, output)
    shutil.rmtree(output.parent / "jupyter_execute")  # MyST-NB's own copies of the figures
    return output / "index.html"


def write_sources(folder: Path) -> None:
    """Write the pages in Markdown and as notebooks, as Sphinx reads them."""
    lessons = find_notebooks()
    others = [path for path in OTHER_PAGES if path.exists()]
    pages = {path.name for path in (*lessons, *others)}

    def is_page(target: str) -> bool:
        return Path(target).name in pages and "solutions/" not in target

    for name in ("notebooks", "downloads"):
        (folder / name).mkdir(parents=True)
    for path in lessons:
        nbformat.write(page_of(path, is_page), folder / "notebooks" / path.name)
        shutil.copy(path, folder / "downloads")
    for path in others:
        target = folder / path.relative_to(PROJECT_FOLDER)
        target.write_text(page_text(path.read_text("utf-8"), is_page), "utf-8")
    (folder / "index.md").write_text(page_text(_first_page(lessons, others), is_page), "utf-8")


def _first_page(lessons: list[Path], others: list[Path]) -> str:
    """Return the first page: what the README says first, the pad, and what there is to read."""
    title, introduction, *_ = (PROJECT_FOLDER / "README.md").read_text("utf-8").split("\n\n")
    notebooks = [(path, read_notebook(path)) for path in lessons]
    listed = [
        f"- [{title_of(notebook)}](notebooks/{path.name}) {question_of(notebook)}"
        for path, notebook in notebooks
    ]
    return "\n\n".join(
        [
            title,
            introduction,
            "## Draw a digit",
            "The network that lesson 4 trains reads along. It runs in this page: nothing that you "
            "draw leaves your device.",
            PAD,
            "## The lessons",
            "\n".join(listed),
            _contents("The lessons", lessons),
            _contents("Beside them", others),
        ]
    )


def _contents(caption: str, paths: list[Path]) -> str:
    names = "\n".join(path.relative_to(PROJECT_FOLDER).with_suffix("").as_posix() for path in paths)
    return f"```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{names}\n```" if names else ""


def _copy_static(folder: Path) -> None:
    folder.mkdir()
    shutil.copy(node_tools.MODULES / "mathjax" / "es5" / "tex-svg.js", folder)
    for path in (WEB_STATIC / "pad.css", OWN_STATIC / "book.css"):
        shutil.copy(path, folder)
    network = folder.parent / "digit_network.js"
    network.write_text(network_script(MODELS_FOLDER / "cnn.onnx"), "utf-8")
    node_tools.bundle(OWN_STATIC / "book.js", folder / "book.js", network)


def _run_sphinx(sources: Path, output: Path) -> None:
    """Run Sphinx in a process of its own: it leaves much behind in the one where it runs."""
    # For conf.py. As options of the command, paths would be cut at their commas.
    environment = {
        **os.environ,
        "BOOK_STATIC": str(sources / "_static"),
        "BOOK_FAVICON": str(WEB_STATIC / "favicon.svg"),
    }
    command = [
        *(sys.executable, "-m", "sphinx", "--builder", "html", "--quiet", "--no-color"),
        *("--fail-on-warning", "--jobs", "2", "--conf-dir", str(Path(__file__).parent)),
        *("--doctree-dir", str(sources / ".doctrees")),
        *(str(sources), str(output)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise UserError(f"Sphinx finds faults in the pages:\n{done.stderr or done.stdout}")
