"""Show how far the execution of the notebooks is: bars in a terminal, lines in a log."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from helpers.authoring.execution import NotebookRun, Reporter


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
        self._tasks: dict[str, TaskID] = {}

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
def reporter_for(console: Console) -> Iterator[Reporter]:
    """Give bars to a terminal, and lines to a log or pipe."""
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
