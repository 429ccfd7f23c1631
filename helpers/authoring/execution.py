"""Execute notebooks in clean kernels, several at a time if asked to."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from helpers.authoring.notebooks import is_executed, read_notebook
from helpers.machine.memory import keep_memory

# No cell of the series takes more than a minute on two cores; ten leave room for a slow machine.
CELL_TIMEOUT_SECONDS = 600

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
_MARKED_LINE = re.compile(r"^-+> (\d+) (.*)$", re.MULTILINE)


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
        return sum(is_executed(cell) for cell in self.notebook.cells)

    def number_of(self, cell_index: int) -> int:
        """Return a cell's number among the code cells, as it stands in its ``In [n]``."""
        return sum(is_executed(cell) for cell in self.notebook.cells[: cell_index + 1])


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
    for cell in filter(is_executed, run.notebook.cells):
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

    keep_memory()
    client = NotebookClient(
        run.notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=_ThisPython()),
        timeout=CELL_TIMEOUT_SECONDS,
        startup_timeout=180,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # of a progress bar, its last state is kept
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_execute=cell_starts,
        on_cell_executed=cell_ends,
    )
    reporter.started(run)
    started = time.monotonic()
    try:
        with _killed_when(stop, client):
            # This closes the kernel, too, which nbclient would leave to whoever made its manager.
            client.execute(cleanup_kc=True)
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
