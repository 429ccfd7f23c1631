"""Execute the notebooks of the series in clean kernels, and show how far they are.

``python -m helpers run`` (and ``make run``) writes executed copies, their figures, the networks and
their results to ``build/``; ``run --store`` writes the executed notebooks back in place, in the
form in which they are kept: no timing, sorted keys, so that a difference is a real one.
"""

import argparse
import base64
import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import nbformat
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from helpers.data import load_mnist, settle_source
from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER, build_folder
from helpers.results import (
    SHIPPED_RESULTS,
    TABLE_COLUMNS,
    Results,
    read_results,
    recorded_results,
    table_rows,
    write_json,
)

NOTEBOOKS_FOLDER = PROJECT_FOLDER / "notebooks"

# No cell of the series takes more than a minute on two cores; ten leave room for a slow machine.
CELL_TIMEOUT_SECONDS = 600

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
_MARKED_LINE = re.compile(r"^-+> (\d+) (.*)$", re.MULTILINE)


class SeriesError(UserError):
    """A notebook is not there or cannot be read; the text names it."""


@dataclass
class NotebookRun:
    """What came of executing one notebook.

    Attributes:
        path: the notebook that was read.
        notebook: its content, with the outputs of this run.
        seconds: wall time, from starting the kernel.
        slowest_cell: seconds of the cell that took longest.
        failure: one sentence with cell, line and error, or "" when every cell ran.
    """

    path: Path
    notebook: NotebookNode
    seconds: float = 0.0
    slowest_cell: float = 0.0
    failure: str = ""
    _cell_started: float = field(default=0.0, repr=False)

    @property
    def name(self) -> str:
        """The notebook's name without its ending."""
        return self.path.stem

    @property
    def code_cells(self) -> int:
        """How many cells hold code."""
        return sum(_is_executed(cell) for cell in self.notebook.cells)

    def number_of(self, cell_index: int) -> int:
        """Return a cell's number among the code cells, as it stands in its ``In [n]``."""
        return sum(_is_executed(cell) for cell in self.notebook.cells[: cell_index + 1])


class Reporter(Protocol):
    """Is told how far the notebooks are."""

    def started(self, run: NotebookRun) -> None:
        """A notebook's kernel is about to start."""

    def cell_done(self, run: NotebookRun, number: int, seconds: float) -> None:
        """Code cell ``number`` has run."""

    def ended(self, run: NotebookRun) -> None:
        """The notebook has run, or failed."""


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs this program.

    The kernel named python3 can be another installation, on machines where Jupyter was set up
    before.
    """

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        specification = get_kernel_dict(extra_arguments=None)
        specification["argv"] = [*specification["argv"], "--log-level=ERROR"]
        return KernelSpec(resource_dir=RESOURCES, **specification)


# --- finding, reading and writing -----------------------------------------------------------------


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
    ran, which kernel a widget belonged to) is left out.
    """
    content = json.loads(nbformat.writes(notebook))
    content["metadata"] = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}}
    for cell in content["cells"]:
        cell["metadata"] = {
            key: cell["metadata"][key] for key in ("tags",) if cell["metadata"].get(key)
        }
        for output in cell.get("outputs", ()):
            if "image/png" in output.get("data", ()):
                # A widget lives as long as its kernel. Its picture is what a stored notebook shows.
                output["data"].pop("application/vnd.jupyter.widget-view+json", None)
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_notebook(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in the form in which the repository keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_text(stored_form(notebook), encoding="utf-8")
    unfinished.replace(path)


def write_figures(notebook: NotebookNode, folder: Path) -> int:
    """Write every picture among the outputs as ``cell_07.png``, and return how many there are."""
    count = 0
    for number, cell in enumerate(filter(_is_executed, notebook.cells), start=1):
        pictures = [
            output.data["image/png"]
            for output in cell.outputs
            if "image/png" in output.get("data", {})
        ]
        for position, picture in enumerate(pictures):
            folder.mkdir(parents=True, exist_ok=True)
            suffix = f"_{position + 1}" if len(pictures) > 1 else ""
            (folder / f"cell_{number:02}{suffix}.png").write_bytes(base64.b64decode(picture))
            count += 1
    return count


def _is_executed(cell: NotebookNode) -> bool:
    """Tell whether a kernel runs this cell: nbclient passes over empty ones."""
    return cell.cell_type == "code" and bool(cell.source.strip())


# --- executing ------------------------------------------------------------------------------------


def execute(path: Path, reporter: Reporter, stop: threading.Event | None = None) -> NotebookRun:
    """Execute one notebook in a clean kernel, in the notebook's own folder.

    Args:
        path: the notebook; it is read, not changed.
        reporter: is told of every cell.
        stop: once this is set, the kernel is ended and the notebook counts as interrupted.

    Returns:
        The run. A cell that fails is no exception here: its sentence is in ``failure``.

    Raises:
        SeriesError: the file is no notebook.
    """
    run = NotebookRun(path, read_notebook(path))
    for cell in filter(_is_executed, run.notebook.cells):
        cell.outputs, cell.execution_count = [], None
    current = [0]

    def cell_starts(cell: NotebookNode, cell_index: int) -> None:
        if stop is not None and stop.is_set():
            raise KeyboardInterrupt
        current[0] = run.number_of(cell_index)
        run._cell_started = time.monotonic()

    def cell_ends(cell: NotebookNode, cell_index: int, **_: object) -> None:
        seconds = time.monotonic() - run._cell_started
        run.slowest_cell = max(run.slowest_cell, seconds)
        reporter.cell_done(run, run.number_of(cell_index), seconds)

    client = NotebookClient(
        run.notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython()),
        timeout=CELL_TIMEOUT_SECONDS,
        startup_timeout=180,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=cell_starts,
        on_cell_executed=cell_ends,
    )
    reporter.started(run)
    started = time.monotonic()
    try:
        with _killed_when(stop, client):
            client.execute()
    except CellExecutionError as error:
        run.failure = _cell_failure(run, current[0], error)
    except CellTimeoutError:
        run.failure = _sentence(run, current[0], f"ran for over {CELL_TIMEOUT_SECONDS} seconds")
    except (DeadKernelError, KeyboardInterrupt, RuntimeError) as error:
        stopped = stop is not None and stop.is_set()
        reason = "was interrupted" if stopped else f"lost its Python ({error}); too little memory?"
        run.failure = _sentence(run, current[0], reason)
    run.seconds = time.monotonic() - started
    reporter.ended(run)
    return run


@contextlib.contextmanager
def _killed_when(stop: threading.Event | None, client: NotebookClient) -> Iterator[None]:
    """End the client's kernel as soon as ``stop`` is set."""
    if stop is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            if stop.is_set():
                process = getattr(getattr(client.km, "provisioner", None), "process", None)
                if process is not None:
                    process.kill()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _cell_failure(run: NotebookRun, number: int, error: CellExecutionError) -> str:
    """Put into one sentence which line of which cell raised what."""
    marked = _MARKED_LINE.search(_ESCAPE_SEQUENCE.sub("", error.traceback))
    line = f", line {marked[1]} ({marked[2].strip()})" if marked else ""
    explanation = " ".join(_ESCAPE_SEQUENCE.sub("", error.evalue).split())
    return f"{run.name}, code cell {number}{line}: {error.ename}: {explanation}".rstrip(": ")


def _sentence(run: NotebookRun, number: int, what: str) -> str:
    place = f"code cell {number}" if number else "before its first cell"
    return f"{run.name}, {place}: {what}."


def execute_all(paths: Sequence[Path], reporter: Reporter, jobs: int = 1) -> list[NotebookRun]:
    """Execute notebooks, ``jobs`` at a time, and return their runs in the order given.

    Ctrl-C ends the kernels; the notebooks that it caught have a ``failure``, those that had not
    begun are missing from the list.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures: list[Future[NotebookRun]] = [
            pool.submit(execute, path, reporter, stop) for path in paths
        ]
        try:
            wait(futures)
        except KeyboardInterrupt:
            stop.set()
            for future in futures:
                future.cancel()
    return [future.result() for future in futures if not future.cancelled()]


# --- showing --------------------------------------------------------------------------------------


class PlainReporter:
    """A line for every cell, for logs and pipes."""

    def started(self, run: NotebookRun) -> None:
        """See ``Reporter``."""
        print(f"{run.name}: {run.code_cells} code cells", flush=True)

    def cell_done(self, run: NotebookRun, number: int, seconds: float) -> None:
        """See ``Reporter``."""
        print(f"{run.name}: cell {number} of {run.code_cells} ({seconds:.1f} s)", flush=True)

    def ended(self, run: NotebookRun) -> None:
        """See ``Reporter``."""
        state = "failed" if run.failure else "done"
        print(f"{run.name}: {state} in {run.seconds:.0f} s", flush=True)


class BarReporter:
    """A bar for every notebook, for a terminal."""

    def __init__(self, progress: Progress) -> None:
        """Draw the bars on ``progress``, which somebody else starts and stops."""
        self._progress = progress
        self._tasks: dict[str, int] = {}

    def started(self, run: NotebookRun) -> None:
        """See ``Reporter``."""
        self._tasks[run.name] = self._progress.add_task(run.name, total=run.code_cells)

    def cell_done(self, run: NotebookRun, number: int, seconds: float) -> None:
        """See ``Reporter``."""
        self._progress.update(self._tasks[run.name], completed=number)

    def ended(self, run: NotebookRun) -> None:
        """See ``Reporter``."""
        mark = "[red]failed[/]" if run.failure else "[green]done[/]"
        task = self._tasks[run.name]
        self._progress.update(task, description=f"{run.name} {mark}")
        self._progress.stop_task(task)


@contextlib.contextmanager
def _reporter(console: Console) -> Iterator[Reporter]:
    if not console.is_terminal:
        yield PlainReporter()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield BarReporter(progress)


def _runs_table(runs: Sequence[NotebookRun]) -> Table:
    table = Table(title="Notebooks")
    table.add_column("notebook")
    for column in ("code cells", "seconds", "slowest cell, s"):
        table.add_column(column, justify="right")
    for run in runs:
        table.add_row(
            run.name, str(run.code_cells), f"{run.seconds:.0f}", f"{run.slowest_cell:.0f}"
        )
    return table


def results_table(results: Results) -> Table:
    """Return the table of networks that ends a run."""
    table = Table(title="Networks, measured on the test images")
    for column in TABLE_COLUMNS:
        table.add_column(column, justify="left" if column == TABLE_COLUMNS[0] else "right")
    for row in table_rows(results):
        table.add_row(*row)
    return table


# --- the command ----------------------------------------------------------------------------------


def measure_recorded() -> Results:
    """Measure the networks that the notebooks trained and saved on the test images.

    Returns:
        What the notebooks recorded about each, with ``test_accuracy`` and its 95 % interval added;
        also written to ``build/results.json``. Networks that were not saved are left out.
    """
    recorded = recorded_results()
    saved = {name: build_folder() / f"{name}.keras" for name in recorded}
    results: Results = {}
    if any(file.exists() for file in saved.values()):
        from helpers.evaluation import accuracy_interval
        from helpers.models import load_model
        from helpers.training import count_correct

        mnist = load_mnist()
        total = len(mnist.y_test)
        for name, file in saved.items():
            if not file.exists():
                continue
            correct = count_correct(load_model(file), mnist.x_test, mnist.y_test)
            results[name] = {
                **recorded[name],
                "test_accuracy": correct / total,
                "test_interval": list(accuracy_interval(correct, total)),
            }
    write_json(build_folder() / "results.json", results)
    return results


def _keep(run: NotebookRun, folder: Path) -> None:
    """Write a run's copy and figures."""
    write_notebook(run.notebook, folder / "notebooks" / run.path.name)
    write_figures(run.notebook, folder / "figures" / run.name)


def _forget_earlier_runs(paths: Sequence[Path], folder: Path) -> None:
    """Delete what an earlier run left of these notebooks, so that nothing old looks new."""
    for path in paths:
        (folder / "notebooks" / path.name).unlink(missing_ok=True)
        for picture in (folder / "figures" / path.stem).glob("cell_*.png"):
            picture.unlink()
    for result in (folder / "results").glob("*.json"):
        result.unlink()


@contextlib.contextmanager
def _kernel_environment() -> Iterator[str]:
    """Let all kernels, which run in the notebooks' folder, use the same files and data.

    Yields:
        The name of the data's source.
    """
    before = {name: os.environ.get(name) for name in ("HELPERS_BUILD", "MNIST_NPZ", "MNIST_SOURCE")}
    try:
        os.environ["HELPERS_BUILD"] = str(build_folder().resolve())
        yield settle_source()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def run_command(args: argparse.Namespace) -> int:
    """Carry out ``python -m helpers run``.

    Args:
        args: ``notebooks`` (names, empty for all), ``jobs`` and ``store``.

    Returns:
        0 when every cell ran, 1 when one failed or was interrupted.

    Raises:
        SeriesError: a notebook that was asked for is not there.
        DataError: the data are missing or damaged.
    """
    console = Console()
    paths = find_notebooks(args.notebooks)
    folder = build_folder()
    _forget_earlier_runs(paths, folder)
    with _kernel_environment() as source:
        if args.store and source == "sample":
            raise SeriesError(
                "Stored notebooks show all of MNIST; here are only 5,000 images of it."
            )
        return _run(args, console, paths, folder)


def _run(args: argparse.Namespace, console: Console, paths: list[Path], folder: Path) -> int:
    """Execute, keep and report; return the exit status."""
    with _reporter(console) as reporter:
        runs = execute_all(paths, reporter, args.jobs)
    for run in runs:
        _keep(run, folder)
        if args.store and not run.failure:
            write_notebook(run.notebook, run.path)
    failures = [run.failure for run in runs if run.failure]
    console.print(_runs_table(runs))
    if not failures:
        _show_results(console, measure_recorded())
        console.print(f"Notebooks, figures and networks are in {_shown(folder)}.")
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    return 1 if failures or len(runs) < len(paths) else 0


def _show_results(console: Console, built: Results) -> None:
    """Show the networks of this run beside those that ship."""
    shown = {f"{name}, trained now": result for name, result in built.items()}
    if SHIPPED_RESULTS.exists():
        shipped = read_results()
        shown |= {f"{name}, ships with the series": result for name, result in shipped.items()}
    if shown:
        console.print(results_table(shown))


def _shown(folder: Path) -> str:
    """Return a folder's name as short as it can be told."""
    with contextlib.suppress(ValueError):
        return f"{folder.resolve().relative_to(Path.cwd())}/"
    return str(folder)
