"""Write the repository's address wherever it is needed: ``make links``.

It stands in ``pyproject.toml`` only. The README and the guide get links to Colab and Binder, the
first cell of each lesson its own link to Colab, and the second cell is the one that sets a lesson
up on Colab. Nothing is executed: that cell shows nothing at home.
"""

import argparse
import ast
import re
import sys
import textwrap
import tomllib
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from helpers.authoring.notebooks import find_notebooks, is_executed, read_notebook, stored_form
from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, write_atomically

PAGES = (PROJECT_FOLDER / "README.md", PROJECT_FOLDER / "GUIDE.md")
START = "<!-- links: written by `make links` from pyproject.toml -->"
END = "<!-- end of links -->"

BRANCH = "main"
CELL_ID = "colab"
# What a lesson or the modules of helpers that it names import, and Colab lacks: every lesson,
# through helpers, the first two.
ALWAYS = ("mlxtend", "anywidget")
COLAB_LACKS = {
    "ai_edge_litert": "ai-edge-litert",
    "ai_edge_quantizer": "ai-edge-quantizer",
    "keras_tuner": "keras-tuner tensorboard",  # which it imports and TensorFlow 2.21 lacks
    "onnxruntime": "onnxruntime tf2onnx",  # Keras exports through the second
    "optuna": "optuna",
    "pillow_heif": "pillow-heif",
    "python_multipart": "python-multipart",
    "segno": "segno",
}

CELL = """\
import os
import sys

# At home this does nothing. On Colab it fetches the series, and the packages that Colab lacks.
if "google.colab" in sys.modules and not os.path.isdir("../helpers"):
    if not os.path.isdir("digits"):
        series = "{address}"
        packages = {packages}
        get_ipython().system(f"git clone --quiet --depth 1 {{series}} digits")
        if not os.path.isdir("digits"):
            raise SystemExit(f"{{series}} could not be fetched: the lines above say why.")
        get_ipython().system(f"pip install --quiet {{packages}}")
    os.chdir("digits/notebooks")
    sys.path.insert(0, os.path.abspath(".."))"""

# Of the packages, in letters: with what stands before them the cell's lines keep to 100.
LONGEST_LITERAL = 80

_ADDRESS = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_OPEN_IN_COLAB = re.compile(
    r'\[Open in Colab\]\([^)]*\)(?:\s+\(how: see "On Colab" in the README\))?'
)
_IN_TRACEBACK = re.compile(r"(?<=In\[)\d+")


class LinksError(UserError):
    """The address, or a place for it, is missing; the text says where."""


def repository_address(project: Path = PROJECT_FOLDER / "pyproject.toml") -> str:
    """Return the address of the repository on GitHub.

    Raises:
        LinksError: ``pyproject.toml`` names none, or one that Colab and Binder can't open.
    """
    urls = tomllib.loads(project.read_text(encoding="utf-8"))["project"].get("urls", {})
    found = _ADDRESS.fullmatch(urls.get("Repository", ""))
    if found is None:
        raise LinksError(
            f"{project.name} should name the repository, as in [project.urls] "
            'Repository = "https://github.com/OWNER/NAME".'
        )
    return f"https://github.com/{found[1]}"


def _name_of(address: str) -> str:
    return address.removeprefix("https://github.com/")


def colab_link(address: str, notebook: str) -> str:
    """Return the address under which Colab opens a lesson."""
    place = f"{_name_of(address)}/blob/{BRANCH}/notebooks/{notebook}"
    return f"https://colab.research.google.com/github/{place}"


def binder_link(address: str) -> str:
    """Return the address under which Binder opens the series in JupyterLab."""
    return f"https://mybinder.org/v2/gh/{_name_of(address)}/{BRANCH}?urlpath=lab/tree/notebooks"


def page_links(address: str) -> str:
    """Return the lines with both links, as the README and the guide have them."""
    first = find_notebooks()[0].name
    colab, binder = "https://colab.research.google.com/assets/colab-badge.svg", "badge_logo.svg"
    return (
        f"[![Open in Colab]({colab})]({colab_link(address, first)})\n"
        f"[![Open in Binder](https://mybinder.org/{binder})]({binder_link(address)})"
    )


def with_links(text: str, address: str, name: str) -> str:
    """Return a page's text with the links between its markers.

    Raises:
        LinksError: the markers are missing.
    """
    before, found_start, rest = text.partition(START)
    _, found_end, after = rest.partition(END)
    if not found_start or not found_end:
        raise LinksError(f"{name} should hold the lines {START} and {END}, in this order.")
    return f"{before}{START}\n{page_links(address)}\n{END}{after}"


# --- notebooks ------------------------------------------------------------------------------------


def _literal(text: str) -> str:
    """Write a text as a cell's code does: on one line, or on several in parentheses."""
    if len(text) <= LONGEST_LITERAL:
        return f'"{text}"'
    *lines, last = textwrap.wrap(text, LONGEST_LITERAL, break_on_hyphens=False)
    quoted = [f'"{line} "' for line in lines] + [f'"{last}"']
    return "(\n" + "".join(f"            {line}\n" for line in quoted) + "        )"


def packages_for(notebook: NotebookNode) -> list[str]:
    """Return the packages to install on Colab for what a lesson and its helpers import."""
    known: set[str] = set()
    waiting: set[str] = set()
    for cell in filter(is_executed, notebook.cells):
        lines = [line for line in cell.source.splitlines() if line[:1] not in {"%", "!", "?"}]
        waiting |= _imported("\n".join(lines))
    while waiting:
        known |= waiting
        files = filter(None, map(_file_of, waiting))
        waiting = {name for file in files for name in _imported(file.read_text("utf-8"))} - known
    packages = {name.partition(".")[0] for name in known}
    return [*ALWAYS, *sorted(COLAB_LACKS[name] for name in packages & set(COLAB_LACKS))]


def _imported(source: str) -> set[str]:
    """Return the modules that a Python text imports, and what may be modules in packages."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _file_of(module: str) -> Path | None:
    """Return the file of a module of helpers; None for others, and for what is no module."""
    if module.partition(".")[0] != "helpers":
        return None
    place = PROJECT_FOLDER.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def colab_cell(notebook: NotebookNode, address: str) -> str:
    """Return the source of the cell that sets a lesson up on Colab."""
    return CELL.format(address=address, packages=_literal(" ".join(packages_for(notebook))))


def with_cell(notebook: NotebookNode, name: str, address: str) -> NotebookNode:
    """Put link and cell into a lesson that is stored with its outputs; returns the same object.

    The cell comes right after the header. It shows nothing, so the outputs stay as they are; the
    numbers in ``In [n]`` go up by one, as if all had been executed again.

    Args:
        notebook: the lesson.
        name: its file's name.
        address: of the repository.

    Raises:
        LinksError: the first cell has no link to Colab.
    """
    header = notebook.cells[0]
    link = f"[Open in Colab]({colab_link(address, name)})"
    header.source, found = _OPEN_IN_COLAB.subn(lambda _: link, header.source)
    if not found:
        raise LinksError(f"{name}: the first cell should hold [Open in Colab](address).")
    source = colab_cell(notebook, address)
    stored = [cell for cell in notebook.cells if cell.get("id") == CELL_ID]
    if stored and notebook.cells[1] is stored[0]:
        stored[0].source = source
        return notebook
    if stored:
        raise LinksError(f"{name}: the cell {CELL_ID!r} should come right after the first one.")
    for cell in filter(is_executed, notebook.cells):
        _count_up(cell)
    cell = new_code_cell(source, id=CELL_ID, metadata={"tags": [CELL_ID]}, execution_count=1)
    notebook.cells.insert(1, cell)
    return notebook


def _count_up(cell: NotebookNode) -> None:
    if cell.execution_count is not None:
        cell.execution_count += 1
    for output in cell.outputs:
        if output.get("execution_count") is not None:
            output["execution_count"] += 1
        if "traceback" in output:
            output["traceback"] = [
                _IN_TRACEBACK.sub(lambda found: str(int(found[0]) + 1), line)
                for line in output["traceback"]
            ]


# --- the command ----------------------------------------------------------------------------------


def texts(address: str) -> dict[Path, str]:
    """Return every file that holds the address, with the text that it should have.

    Raises:
        LinksError: one has no place for it.
    """
    found = {
        path: with_links(path.read_text(encoding="utf-8"), address, path.name) for path in PAGES
    }
    for path in find_notebooks():
        found[path] = stored_form(with_cell(read_notebook(path), path.name, address))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the links, or tell where they differ; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.authoring.links", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing, tell what differs")
    options = parser.parse_args(arguments)
    try:
        others = {
            path: text
            for path, text in texts(repository_address()).items()
            if path.read_text(encoding="utf-8") != text
        }
        for path, text in others.items():
            print(f"{path.name}: {'other links' if options.check else 'links written'}.")
            if not options.check:
                write_atomically(path, text)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return int(options.check and bool(others))


if __name__ == "__main__":
    sys.exit(main())
