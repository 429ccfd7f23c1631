import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat import NotebookNode

from helpers.authoring import run as series
from helpers.authoring.execution import NotebookRun, execute
from helpers.authoring.notebooks import (
    SeriesError,
    find_notebooks,
    read_notebook,
    stored_form,
    write_figures,
    write_notebook,
)
from helpers.authoring.run import run_command
from helpers.paths import FolderError

pytestmark = pytest.mark.slow

# The smallest picture there is: one transparent pixel.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAA"
    "DUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
DRAW = f"""
import base64
from IPython.display import Image, display
display(Image(base64.b64decode("{PICTURE}"), format="png"))
"""


class Recorder:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple] = []

    def started(self, run: NotebookRun) -> None:
        self.events.append(("started", run.name, run.code_cells))

    def cell_done(self, run: NotebookRun, number: int, seconds: float) -> None:
        self.events.append(("cell", number))

    def ended(self, run: NotebookRun) -> None:
        self.events.append(("ended", bool(run.failure)))


def notebook_of(*sources: str) -> NotebookNode:
    cells = [nbformat.v4.new_markdown_cell("# Title")]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Path]:
    """Store a notebook made of these cells."""

    def store(*sources: str, name: str = "01_first") -> Path:
        path = tmp_path / "notebooks" / f"{name}.ipynb"
        write_notebook(notebook_of(*sources), path)
        return path

    return store


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """Carry out the command on the notebooks stored in the test's folder."""
    notebooks = tmp_path / "notebooks"
    monkeypatch.setattr(series, "find_notebooks", lambda wanted: find_notebooks(wanted, notebooks))
    monkeypatch.setattr(series, "SHIPPED_RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(series, "MEASURED_TIMES", tmp_path / "times.json")
    monkeypatch.setattr(series, "SOLUTIONS_FOLDER", notebooks / "solutions")
    monkeypatch.setenv("HELPERS_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("MNIST_SOURCE", "sample")

    def carry_out(*wanted: str, store: bool = False, jobs: int | None = 1) -> int:
        return run_command(argparse.Namespace(notebooks=list(wanted), store=store, jobs=jobs))

    return carry_out


# --- finding and reading --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted", ["02", "2", "02_second", "02_second.ipynb", "some/02_second.ipynb"]
)
def test_a_notebook_is_found_by(wanted: str, stored: Callable) -> None:
    folder = stored("1").parent
    second = stored("1", name="02_second")
    assert find_notebooks([wanted], folder) == [second]


def test_all_notebooks_are_found_in_order_and_nothing_else(stored: Callable) -> None:
    second, first = stored("1", name="02_second"), stored("1")
    stored("1", name="scratch")
    assert find_notebooks([], first.parent) == [first, second]


def test_unknown_notebook(stored: Callable) -> None:
    with pytest.raises(SeriesError, match="no notebook '07'; there are 01_first"):
        find_notebooks(["07"], stored("1").parent)


def test_folder_without_notebooks(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="no notebooks in"):
        find_notebooks([], tmp_path)


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"cells": 3, "nbformat": 4}'])
def test_broken_notebook_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "01_broken.ipynb"
    path.write_text(content)
    with pytest.raises(SeriesError, match=r"01_broken\.ipynb is not a"):
        read_notebook(path)


# --- the stored form ------------------------------------------------------------------------------


def test_stored_form_leaves_out_machine_and_moment() -> None:
    notebook = notebook_of("1")
    notebook.metadata = nbformat.from_dict(
        {"language_info": {"name": "python", "version": "3.11.7"}, "widgets": {"state": 1}}
    )
    notebook.cells[1].metadata = nbformat.from_dict(
        {"execution": {"iopub.status.busy": "2026"}, "tags": ["nbval-check-output"]}
    )
    notebook.cells[0].metadata = nbformat.from_dict({"tags": []})
    kept = nbformat.reads(stored_form(notebook), as_version=4)
    assert kept.metadata.language_info == {"name": "python"}
    assert "widgets" not in kept.metadata
    assert [cell.metadata for cell in kept.cells] == [{}, {"tags": ["nbval-check-output"]}]


def test_of_a_widget_its_picture_is_kept() -> None:
    notebook = notebook_of("pad")
    shown = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "image/png": PICTURE}
    notebook.cells[1].outputs = [nbformat.v4.new_output("display_data", shown)]
    kept = nbformat.reads(stored_form(notebook), as_version=4)
    assert kept.cells[1].outputs[0].data == {"image/png": PICTURE}


def test_stored_form_is_the_same_again(stored: Callable) -> None:
    path = stored("print('Größe')")
    text = path.read_text(encoding="utf-8")
    assert "Größe" in text
    assert stored_form(read_notebook(path)) == text


# --- executing ------------------------------------------------------------------------------------


def test_execution_tells_of_every_cell(stored: Callable) -> None:
    path = stored("x = 1", "", "print(x + 1)")
    before = path.read_bytes()
    recorder = Recorder()
    done = execute(path, recorder)
    assert recorder.events == [
        ("started", "01_first", 2),
        ("cell", 1),
        ("cell", 2),
        ("ended", False),
    ]
    assert done.failure == ""
    assert done.notebook.cells[3].outputs[0].text == "2\n"
    assert 0 < done.slowest_cell < done.seconds
    assert path.read_bytes() == before


def test_kernel_is_this_python_in_the_notebooks_folder(stored: Callable) -> None:
    path = stored("import os, sys\nprint(sys.executable)\nprint(os.getcwd())")
    done = execute(path, Recorder())
    assert done.notebook.cells[1].outputs[0].text.splitlines() == [sys.executable, str(path.parent)]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "x = 1\n\nassert x > 2, 'too\\nlow'",
            "01_first, code cell 2, line 3 (assert x > 2, 'too\\nlow'): AssertionError: too low",
        ),
        ("assert False", "01_first, code cell 2, line 1 (assert False): AssertionError"),
        ("x = )", "01_first, code cell 2: SyntaxError"),
        ("import os\nos._exit(1)", "01_first, code cell 2: lost its Python"),
        ("raise KeyboardInterrupt", "01_first, code cell 2, line 1"),
    ],
)
def test_failure_names_notebook_cell_and_line(stored: Callable, source: str, sentence: str) -> None:
    done = execute(stored("1", source, "print('never')"), Recorder())
    assert done.failure.startswith(sentence)
    assert "\n" not in done.failure
    assert done.notebook.cells[3].execution_count is None


def test_cell_without_end_is_stopped(stored: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpers.authoring.execution.CELL_TIMEOUT_SECONDS", 2)
    done = execute(stored("import time\ntime.sleep(60)"), Recorder())
    assert done.failure == "01_first, code cell 1: ran for over 2 seconds."


def test_outputs_of_an_earlier_run_do_not_remain(stored: Callable) -> None:
    path = stored("assert False", "2")
    notebook = read_notebook(path)
    notebook.cells[2].execution_count = 9
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="old")]
    write_notebook(notebook, path)
    done = execute(path, Recorder())
    assert done.notebook.cells[2].outputs == []


# --- the command ----------------------------------------------------------------------------------


def test_run_keeps_copies_and_figures_and_leaves_the_notebooks_alone(
    run: Callable, stored: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    path = stored("1", DRAW)
    before = path.read_bytes()
    assert run() == 0
    build = tmp_path / "build"
    assert read_notebook(build / "notebooks" / path.name).cells[2].outputs
    picture = build / "figures" / "01_first" / "cell_02_0.png"
    assert picture.read_bytes() == base64.b64decode(PICTURE)
    assert path.read_bytes() == before
    told = capsys.readouterr().out
    assert "01_first: cell 2 of 2" in told
    assert "│ 01_first │" in told


def test_run_tells_each_failure_in_one_line_and_goes_on(
    run: Callable, stored: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    stored("raise ValueError('no')")
    stored("print('fine')", name="02_second")
    assert run() == 1
    told = capsys.readouterr()
    errors = [line for line in told.err.splitlines() if line.startswith("error:")]
    assert errors == [
        "error: 01_first, code cell 1, line 1 (raise ValueError('no')): ValueError: no"
    ]
    assert "Traceback" not in told.out + told.err
    assert (tmp_path / "build" / "notebooks" / "02_second.ipynb").exists()


@pytest.mark.parametrize("jobs", [2, None])
def test_two_at_a_time(run: Callable, stored: Callable, jobs: int | None) -> None:
    """Each of the two waits for a file of the other, so that one at a time would not do."""
    meet = (
        "import time, pathlib\npathlib.Path('{mine}').touch()\n"
        "while not pathlib.Path('{other}').exists(): time.sleep(0.05)"
    )
    stored(meet.format(mine="one", other="two"))
    stored(meet.format(mine="two", other="one"), name="02_second")
    assert run(jobs=jobs) == 0


def test_what_is_measured_runs_alone(
    run: Callable, stored: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "settle_source", lambda: "file")
    alone = (
        "import time, pathlib\nhere = pathlib.Path('here')\nhere.touch(exist_ok=False)\n"
        "time.sleep(1)\nhere.unlink()"
    )
    stored(alone)
    stored(alone, name="02_second")
    assert run(store=True, jobs=None) == 0


def test_store_writes_the_notebook_back(
    run: Callable, stored: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "settle_source", lambda: "file")
    path = stored("print('now')")
    assert run(store=True) == 0
    assert read_notebook(path).cells[1].outputs[0].text == "now\n"
    assert path.read_text(encoding="utf-8") == stored_form(read_notebook(path))


def test_store_executes_the_solutions_too_and_measures_lessons_only(
    run: Callable, stored: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "settle_source", lambda: "file")
    stored("import time\ntime.sleep(0.4)")
    solutions = stored("print('worked')", name="solutions/01_first")
    assert run(store=True) == 0
    assert read_notebook(solutions).cells[1].outputs[0].text == "worked\n"
    (name, measured), *others = json.loads((tmp_path / "times.json").read_text()).items()
    assert (name, others, measured["code_cells"]) == ("01_first", [], 1)
    assert measured["seconds"] >= measured["slowest_cell_seconds"] >= 0.4


def test_a_traceback_is_stored_without_the_machine_s_folders(
    run: Callable, stored: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "settle_source", lambda: "file")
    path = stored("import numpy as np\nnp.split(np.arange(3), 2)")
    notebook = read_notebook(path)
    notebook.cells[1].metadata = nbformat.from_dict({"tags": ["raises-exception"]})
    write_notebook(notebook, path)
    assert run(store=True) == 0
    told = "\n".join(read_notebook(path).cells[1].outputs[0].traceback)
    assert "numpy/lib/" in told.replace("\\", "/") and "array split" in told
    assert "site-packages" not in told


def test_store_keeps_a_notebook_that_fails(
    run: Callable, stored: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "settle_source", lambda: "file")
    path = stored("print('now')", "assert False")
    before = path.read_bytes()
    assert run(store=True) == 1
    assert path.read_bytes() == before


def test_store_refuses_the_sample(run: Callable, stored: Callable) -> None:
    stored("1")
    with pytest.raises(SeriesError, match="all of MNIST"):
        run(store=True)


def test_what_an_earlier_run_left_does_not_remain(
    run: Callable, stored: Callable, tmp_path: Path
) -> None:
    stored(DRAW)
    assert run() == 0
    stored("assert False")
    assert run() == 1
    assert not list((tmp_path / "build" / "figures" / "01_first").glob("*.png"))


def test_the_run_ends_with_a_table_of_networks(
    run: Callable, stored: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    stored(
        "from helpers import build_folder\n"
        "from helpers.models import build_mlp\n"
        "model = build_mlp()\n"
        "model.save(build_folder() / 'tiny.keras')"
    )
    older = tmp_path / "build" / "older.keras"
    older.parent.mkdir()
    older.write_bytes(b"of another day")
    os.utime(older, (0, 0))
    assert run() == 0
    results = series.read_results(tmp_path / "build" / "results.json")
    assert set(results) == {"tiny"}, "only what this run has saved is its own"
    low, high = results["tiny"]["test_interval"]
    assert 0 <= low <= results["tiny"]["test_accuracy"] <= high < 0.6
    told = capsys.readouterr().out
    assert "109,386" in told
    assert f"{results['tiny']['test_accuracy']:.2%}" in told


def test_figures_are_numbered_by_code_cell(tmp_path: Path) -> None:
    notebook = notebook_of("1", "2")
    output = nbformat.v4.new_output("display_data", {"image/png": PICTURE})
    notebook.cells[2].outputs = [output, output]
    assert write_figures(notebook, tmp_path) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["cell_02_0.png", "cell_02_1.png"]


def test_a_kernel_ends_with_its_notebook(stored: Callable) -> None:
    notebook = execute(stored("import os\nprint(os.getpid())"), Recorder()).notebook
    assert not psutil.pid_exists(int(notebook.cells[1].outputs[0].text))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_interruption_is_told_in_a_sentence_and_leaves_no_kernel(
    stored: Callable, tmp_path: Path
) -> None:
    path = stored(
        "import os, pathlib, time\n"
        "pathlib.Path('kernel').write_text(str(os.getpid()))\n"
        "time.sleep(60)"
    )
    program = (
        "import sys, argparse\nfrom pathlib import Path\n"
        "from helpers.authoring import run as series\n"
        f"series.NOTEBOOKS_FOLDER = Path({str(path.parent)!r})\n"
        "find = series.find_notebooks\n"
        "series.find_notebooks = lambda wanted: find(wanted, series.NOTEBOOKS_FOLDER)\n"
        "sys.exit(series.run_command(argparse.Namespace(notebooks=[], store=False, jobs=1)))"
    )
    environment = os.environ | {
        "HELPERS_BUILD": str(tmp_path / "build"),
        "MNIST_SOURCE": "sample",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True
    )
    kernel = path.parent / "kernel"
    deadline = time.monotonic() + 120
    while not (kernel.exists() and kernel.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error: 01_first, code cell 1: was interrupted." in told
    assert "Traceback" not in told
    with pytest.raises(ProcessLookupError):
        os.kill(int(kernel.read_text()), 0)


# --- where things go wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"cnn": 3}', '{"cnn": {"test_accuracy": "x"}}']
)
def test_damaged_results_of_the_networks_that_ship_do_not_spoil_a_run(
    run: Callable, stored: Callable, tmp_path: Path, content: str
) -> None:
    stored("1")
    (tmp_path / "results.json").write_text(content)
    assert run() == 0


def test_what_a_notebook_left_half_done_does_not_spoil_a_run(
    run: Callable, stored: Callable, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    stored(
        "from helpers import build_folder\n(build_folder() / 'bad.keras').write_text('no network')"
    )
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "notebooks.json").write_text("{")
    assert run() == 0
    assert capsys.readouterr().err.count("not measured: ") == 1


def test_no_room_is_a_sentence_and_leaves_nothing_half_written(
    run: Callable, stored: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored("1")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FolderError, match="No space left"):
        run()
    assert [path for path in (tmp_path / "build").rglob("*") if path.is_file()] == []


def test_a_build_folder_that_cannot_be_is_told_before_anything_runs(
    run: Callable, stored: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored("open('it ran', 'w')")
    (tmp_path / "file").touch()
    monkeypatch.setenv("HELPERS_BUILD", str(tmp_path / "file" / "x"))
    with pytest.raises(FolderError, match="HELPERS_BUILD"):
        run()
    assert not list(tmp_path.rglob("it ran"))
