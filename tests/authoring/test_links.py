"""`make links`: the repository's address stands in one place and is written everywhere."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import nbformat
import pytest
from nbformat import NotebookNode

from helpers.authoring import links
from helpers.authoring.links import (
    CELL_ID,
    END,
    START,
    LinksError,
    colab_cell,
    packages_for,
    repository_address,
    with_cell,
    with_links,
)
from helpers.authoring.notebooks import (
    NOTEBOOKS_FOLDER,
    find_notebooks,
    read_notebook,
    write_notebook,
)
from helpers.paths import PROJECT_FOLDER
from support.notebook_conventions import CONVENTIONS, code_cells

ADDRESS = "https://github.com/somebody/digits"
HEADER = (
    "# 1 · x\n[Next](02.ipynb) |\n[Open in Colab](https://colab.research.google.com/github/)  "
    '(how: see "On Colab" in the README)\n\nText.'
)


def lesson() -> NotebookNode:
    """A lesson of three cells, executed, with an error among its outputs."""
    v4 = nbformat.v4
    result = v4.new_output("execute_result", {"text/plain": "2"}, execution_count=1)
    error = v4.new_output("error", ename="E", evalue="", traceback=["Cell In[2], line 1", "x[2]"])
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell(HEADER),
            v4.new_code_cell("import optuna\n1 + 1", execution_count=1, outputs=[result]),
            v4.new_code_cell("1 / 0", execution_count=2, outputs=[error]),
        ]
    )


def some_have_the_cell() -> bool:
    return any(
        cell.get("id") == CELL_ID for path in find_notebooks() for cell in read_notebook(path).cells
    )


def test_everything_is_as_make_links_writes_it(capsys: pytest.CaptureFixture) -> None:
    if not some_have_the_cell():
        pytest.skip("no notebook has the cell for Colab yet: run `make links`")
    assert links.main(["--check"]) == 0, capsys.readouterr().out


def test_the_cell_comes_right_after_the_header_and_shows_nothing() -> None:
    cell = with_cell(lesson(), "01_x.ipynb", ADDRESS).cells[1]
    assert (cell.id, cell.metadata.tags, cell.outputs) == (CELL_ID, [CELL_ID], [])
    assert f'series = "{ADDRESS}"' in cell.source
    assert 'packages = "mlxtend anywidget optuna"' in cell.source


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("from helpers.web.lan import entry_page", "segno"),
        ("from helpers.web import app", "python-multipart"),
        ("import helpers.pictures", "pillow-heif"),
    ],
)
def test_what_the_imported_helpers_need_is_installed_too(line: str, package: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(line)])
    assert package in packages_for(notebook)
    assert "optuna" not in packages_for(notebook)


def test_the_lesson_looks_as_if_it_had_been_executed_with_it() -> None:
    cells = with_cell(lesson(), "01_x.ipynb", ADDRESS).cells
    assert [cell.execution_count for cell in cells[1:]] == [1, 2, 3]
    assert cells[2].outputs[0].execution_count == 2
    assert cells[3].outputs[0].traceback == ["Cell In[3], line 1", "x[2]"]


def test_the_header_links_to_this_lesson() -> None:
    header = with_cell(lesson(), "01_x.ipynb", ADDRESS).cells[0].source
    address = "https://colab.research.google.com/github/somebody/digits/blob/main/notebooks/"
    assert f"[Open in Colab]({address}01_x.ipynb)\n\nText." in header
    assert "how: see" not in header


def test_twice_is_as_once_and_another_address_replaces_the_first() -> None:
    once = nbformat.writes(with_cell(lesson(), "01_x.ipynb", ADDRESS))
    again = with_cell(nbformat.reads(once, 4), "01_x.ipynb", ADDRESS)
    assert nbformat.writes(again) == once
    moved = nbformat.writes(with_cell(again, "01_x.ipynb", "https://github.com/other/name"))
    assert "somebody" not in moved
    assert moved.count("other/name") == 2


def test_a_lesson_without_a_place_is_refused() -> None:
    notebook = lesson()
    notebook.cells[0].source = "# No link"
    with pytest.raises(LinksError, match=r"01_x\.ipynb: the first cell"):
        with_cell(notebook, "01_x.ipynb", ADDRESS)


def test_a_cell_that_moved_is_refused() -> None:
    notebook = with_cell(lesson(), "01_x.ipynb", ADDRESS)
    notebook.cells.append(notebook.cells.pop(1))
    with pytest.raises(LinksError, match="right after the first one"):
        with_cell(notebook, "01_x.ipynb", ADDRESS)


@pytest.mark.parametrize("text", ["", START, f"{END}{START}"])
def test_a_page_without_markers_is_refused(text: str) -> None:
    with pytest.raises(LinksError, match="README"):
        with_links(text, ADDRESS, "README.md")


def test_a_page_gets_both_links() -> None:
    text = with_links(f"before\n{START}\nold\n{END}\nafter", ADDRESS, "README.md")
    assert "old" not in text
    assert text.count("somebody/digits/") == 2
    assert "https://mybinder.org/v2/gh/somebody/digits/main?urlpath=lab" in text


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ('Repository = "https://github.com/a/b-c.d"', "https://github.com/a/b-c.d"),
        ('Repository = "https://github.com/a/b.git"', "https://github.com/a/b"),
        ('Repository = "https://github.com/a/b/"', "https://github.com/a/b"),
    ],
)
def test_the_address_is_read(tmp_path: Path, line: str, address: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[project]\n[project.urls]\n{line}\n")
    assert repository_address(path) == address


@pytest.mark.parametrize("line", ["", 'Repository = "https://gitlab.com/a/b"', 'Repository = "x"'])
def test_an_address_that_colab_cannot_open_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[project]\n[project.urls]\n{line}\n")
    with pytest.raises(LinksError, match=r"pyproject\.toml should name"):
        repository_address(path)


def test_the_address_stands_in_one_place() -> None:
    """Elsewhere, `make links` put it, or it is an example of one."""
    name = repository_address().removeprefix("https://github.com/")
    listed = subprocess.run(
        ["git", "ls-files"], capture_output=True, text=True, cwd=PROJECT_FOLDER
    ).stdout.split()
    if not listed:
        pytest.skip("this copy has no history of git")
    places = {"README.md", "GUIDE.md", "pyproject.toml", "helpers/authoring/links.py"}
    for file in listed:
        path = PROJECT_FOLDER / file
        if path.suffix in {".md", ".py", ".toml", ".yml", ".txt"} and file not in places:
            assert name not in path.read_text(encoding="utf-8"), file


@pytest.mark.parametrize("path", find_notebooks()[:1], ids=lambda path: path.stem)
def test_the_conventions_hold_with_the_cell(path: Path, tmp_path: Path) -> None:
    """Whatever one lesson keeps without the cell, it keeps with it."""
    copy = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS_FOLDER, copy)
    for name in ("images", "benchmarks"):
        (tmp_path / name).symlink_to(PROJECT_FOLDER / name)
    place = copy / path.name
    before = breaches(place)
    write_notebook(with_cell(read_notebook(place), path.name, ADDRESS), place)
    assert breaches(place) <= before


def breaches(path: Path) -> set[str]:
    notebook = read_notebook(path)
    found = {each for check in CONVENTIONS.values() for each in check(notebook, path)}
    return {re.sub(r"cell \d+", "cell", each) for each in found}


def test_at_home_the_cell_does_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    exec(colab_cell(lesson(), ADDRESS), {})
    assert (os.getcwd(), sys.path) == (str(tmp_path), before)
    assert list(tmp_path.iterdir()) == []


def test_on_colab_a_failed_clone_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    asked: list[str] = []
    shell = SimpleNamespace(system=asked.append)  # git and pip do nothing
    with pytest.raises(SystemExit, match=f"{ADDRESS} could not be fetched"):
        exec(colab_cell(lesson(), ADDRESS), {"get_ipython": lambda: shell})
    assert [command.split()[0] for command in asked] == ["git"]


# --- Colab ----------------------------------------------------------------------------------------

# The environment of CI's job "colab"; without it, this Python stands in.
COLAB_PYTHON = os.path.abspath(os.environ.get("COLAB_PYTHON", sys.executable))

STAND_IN = """
import sys, types
for name in ("google", "google.colab"):
    sys.modules.setdefault(name, types.ModuleType(name))
"""


@pytest.mark.slow
def test_on_colab_the_cell_sets_a_lesson_up(tmp_path: Path) -> None:
    """As far as it can be tried elsewhere: Colab's module is stood in for, the clone is local."""
    git = shutil.which("git")
    if git is None or not (PROJECT_FOLDER / ".git").exists():
        pytest.skip("the cell clones the series: that needs git and a copy with its history")
    place = tmp_path / "content"
    place.mkdir()
    (tmp_path / "sitecustomize.py").write_text(STAND_IN)
    cell = colab_cell(read_notebook(find_notebooks()[0]), f"file://{PROJECT_FOLDER}")
    cells = [cell, cell]  # somebody runs it twice
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "MNIST_SOURCE": "sample"}
    environment["MPLBACKEND"] = "agg"
    if os.path.abspath(sys.executable) == COLAB_PYTHON:
        environment["PIP_DRY_RUN"] = "1"  # nothing is installed into the environment of the tests
    else:
        cells += [each.source for each in code_cells(read_notebook(find_notebooks()[0]))]
    program = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        f"for cell in {cells!r}:\n    shell.run_cell(cell).raise_error()\n"
        "shell.run_cell('from helpers import load_mnist; import os, helpers').raise_error()\n"
        "shell.run_cell('print(os.getcwd(), helpers.__file__, len(load_mnist().x_train))')\n"
    )
    done = subprocess.run(
        [COLAB_PYTHON, "-c", program],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    series = place / "digits"
    last = done.stdout.strip().splitlines()[-1]
    assert last == f"{series / 'notebooks'} {series / 'helpers' / '__init__.py'} 4000", done.stderr


# --- Binder ---------------------------------------------------------------------------------------


def test_binder_finds_environment_yml_and_nothing_hides_it() -> None:
    """repo2docker takes environment.yml in the root, unless one of these folders is there."""
    assert (PROJECT_FOLDER / "environment.yml").is_file()
    assert not any((PROJECT_FOLDER / name).exists() for name in ("binder", ".binder", "Dockerfile"))


def test_many_packages_stand_on_several_lines_and_none_is_cut() -> None:
    notebook = read_notebook(NOTEBOOKS_FOLDER / "10_deployment.ipynb")
    (cell,) = [cell for cell in notebook.cells if cell.get("id") == "colab"]
    (literal,) = re.findall(r"packages = (\(.*?\n        \))", cell.source, re.DOTALL)
    assert ast.literal_eval(literal) == " ".join(packages_for(notebook))
