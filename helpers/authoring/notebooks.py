"""The notebooks of the series as files: finding, reading and writing them in their stored form."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExtractOutputPreprocessor
from nbformat import NotebookNode

from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, write_atomically

NOTEBOOKS_FOLDER = PROJECT_FOLDER / "notebooks"
SOLUTIONS_FOLDER = NOTEBOOKS_FOLDER / "solutions"

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# Where a package lies on the machine that executed a notebook, in the lines of a traceback.
_SITE_PACKAGES = re.compile(r"(?:[A-Za-z]:)?[/\\][^\s\"']*?site-packages[/\\]")


class SeriesError(UserError):
    """A notebook is not there or cannot be read; the text names it."""


def find_notebooks(wanted: Sequence[str] = (), folder: Path = NOTEBOOKS_FOLDER) -> list[Path]:
    """Return the notebooks of the series in order, or those among them that are asked for.

    Args:
        wanted: numbers such as ``"03"`` or ``"3"``, names or file names; nothing means all.
        folder: where the notebooks are.

    Raises:
        SeriesError: there are none, or one that was asked for is not there.
    """
    notebooks = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise SeriesError(f"There are no notebooks in {folder}.")
    chosen = set()
    for name in wanted:
        stem = Path(name).name.removesuffix(".ipynb")
        found = [path for path in notebooks if stem == path.stem or _same_number(stem, path)]
        if not found:
            names = ", ".join(path.stem for path in notebooks)
            raise SeriesError(f"There is no notebook {name!r}; there are {names}.")
        chosen.update(found)
    return [path for path in notebooks if path in chosen or not wanted]


def _same_number(text: str, path: Path) -> bool:
    return text.isdecimal() and int(text) == int(path.stem[:2])


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook.

    Raises:
        SeriesError: the file cannot be read, or is no notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SeriesError(f"{path} is not a readable notebook: {reason}") from None
    except nbformat.ValidationError as error:
        raise SeriesError(f"{path} is not a valid notebook: {error.message}") from None
    return notebook


def stored_form(notebook: NotebookNode) -> str:
    """Return a notebook's text as the repository keeps it: the same content, the same bytes.

    Keys are sorted; what tells about the machine or the moment (the version of Python, when cells
    ran, which kernel a widget belonged to, where an error's traceback found the packages) is left
    out.
    """
    content = json.loads(nbformat.writes(notebook))
    content["metadata"] = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    for cell in content["cells"]:
        cell["metadata"] = {
            key: cell["metadata"][key] for key in ("tags",) if cell["metadata"].get(key)
        }
        for output in cell.get("outputs", ()):
            if "traceback" in output:
                output["traceback"] = [_SITE_PACKAGES.sub("", line) for line in output["traceback"]]
            if "image/png" in output.get("data", ()):
                # A widget lives as long as its kernel. Its picture is what a stored notebook shows.
                output["data"].pop("application/vnd.jupyter.widget-view+json", None)
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in the form in which the repository keeps it."""
    write_atomically(path, stored_form(notebook))


def write_figures(notebook: NotebookNode, folder: Path) -> int:
    """Write every picture among the outputs, and return how many there are.

    ``cell_07_0.png`` is the first output of code cell 7, as it stands in its ``In [7]``.
    """
    # One cell before the first makes the extractor, which counts from 0, count from 1.
    numbered = [nbformat.v4.new_raw_cell(), *filter(is_executed, notebook.cells)]
    extract = ExtractOutputPreprocessor(
        enabled=True,
        extract_output_types={"image/png"},
        output_filename_template="cell_{cell_index:02}_{index}{extension}",
    )
    _, found = extract(nbformat.v4.new_notebook(cells=numbered), {"outputs": {}})
    for name, picture in found["outputs"].items():
        write_atomically(folder / name, picture)
    return len(found["outputs"])


def is_executed(cell: NotebookNode) -> bool:
    """Tell whether a kernel runs this cell: nbclient passes over empty ones."""
    return cell.cell_type == "code" and bool(cell.source.strip())
