"""Execute the notebooks of the series in clean kernels, and show how far they are.

``python -m helpers run`` (and ``make run``) writes executed copies, their figures, the networks and
their results to ``build/``; ``run --store`` writes the executed notebooks back in place, in the
form in which they are kept: no timing, sorted keys, so that a difference is a real one.
"""

import argparse
import contextlib
import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from helpers.authoring.execution import NotebookRun, execute_all
from helpers.authoring.notebooks import (
    SOLUTIONS_FOLDER,
    SeriesError,
    find_notebooks,
    write_figures,
    write_notebook,
)
from helpers.authoring.progress import reporter_for
from helpers.data import load_mnist, settle_source
from helpers.errors import ModelError
from helpers.paths import RESULTS_FOLDER, FolderError, build_folder
from helpers.results import (
    SHIPPED_RESULTS,
    TABLE_COLUMNS,
    Results,
    ResultsError,
    read_results,
    table_rows,
    write_json,
)

# How long each lesson takes, as `run --store` measured it: the header of a lesson is held to it.
MEASURED_TIMES = RESULTS_FOLDER / "notebooks.json"
# Training a small network leaves half of two cores idle; what is measured has them for itself.
JOBS, JOBS_WHEN_MEASURED = 2, 1


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


def measure_saved(since: float) -> Results:
    """Measure the networks that the notebooks saved in the build folder on the test images.

    Args:
        since: when the run began (seconds, as ``time.time``); older files are none of its.

    Returns:
        The number of parameters, the test accuracy and its 95 % interval of each; also written to
        ``build/results.json``.
    """
    files = sorted(build_folder().glob("*.keras"))
    saved = [file for file in files if file.stat().st_mtime >= since]
    results: Results = {}
    if saved:
        from helpers.evaluation import accuracy_interval, count_correct
        from helpers.models import load_model

        mnist = load_mnist()
        total = len(mnist.y_test)
        for file in saved:
            try:
                model = load_model(file)
            except ModelError as error:  # a student's own experiment, say: the others are measured
                print(f"not measured: {error}", file=sys.stderr)
                continue
            correct = count_correct(model, mnist.x_test, mnist.y_test)
            results[file.stem] = {
                "model": file.stem,
                "dataset": mnist.source,
                "parameters": model.count_params(),
                "test_accuracy": correct / total,
                "test_interval": list(accuracy_interval(correct, total)),
            }
    write_json(build_folder() / "results.json", results)
    return results


def write_times(runs: Sequence[NotebookRun], path: Path) -> None:
    """Write how long notebooks took, beside what the file says of others.

    Args:
        runs: without failures.
        path: a JSON file: name to ``seconds``, ``slowest_cell_seconds`` and ``code_cells``.
    """
    try:
        times = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or a damaged file, which this one replaces
        times = {}
    for run in runs:
        times[run.name] = {
            "seconds": round(run.seconds, 1),
            "slowest_cell_seconds": round(run.slowest_cell, 1),
            "code_cells": run.code_cells,
        }
    write_json(path, dict(sorted(times.items())))


def _keep(run: NotebookRun, folder: Path) -> None:
    """Write a run's copy and figures."""
    inner = Path("solutions") if run.path.parent == SOLUTIONS_FOLDER else Path()
    write_notebook(run.notebook, folder / "notebooks" / inner / run.path.name)
    write_figures(run.notebook, folder / "figures" / inner / run.name)


def _forget_earlier_runs(paths: Sequence[Path], folder: Path) -> None:
    """Delete what an earlier run left of these notebooks, so that nothing old looks new."""
    old = [folder / "notebooks" / path.name for path in paths]
    for path in paths:
        old += (folder / "figures" / path.stem).glob("cell_*.png")
    for path in old:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FolderError(
                f"{path}, which an earlier run left, can't be deleted ({error.strerror}): "
                "delete it, or name another folder in the environment variable HELPERS_BUILD."
            ) from None


@contextlib.contextmanager
def _kernel_environment() -> Iterator[str]:
    """Let all kernels, which run in the notebooks' folder, use the same files and data.

    Yields:
        The name of the data's source.
    """
    names = ("HELPERS_BUILD", "MNIST_NPZ", "FASHION_MNIST_NPZ", "MNIST_SOURCE")
    before = {name: os.environ.get(name) for name in names}
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
        args: ``notebooks`` (names, empty for all), ``jobs`` (None: as many as pay) and ``store``.

    Returns:
        0 when every cell ran, 1 when one failed or was interrupted.

    Raises:
        SeriesError: a notebook that was asked for is not there.
        DataError: the data are missing or damaged.
    """
    console = Console()
    paths = find_notebooks(args.notebooks)
    if args.store:
        solutions = [SOLUTIONS_FOLDER / path.name for path in paths]
        paths += [path for path in solutions if path.exists()]
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
    # Some file systems keep whole seconds only.
    started = math.floor(time.time())
    jobs = args.jobs or (JOBS_WHEN_MEASURED if args.store else JOBS)
    with reporter_for(console) as reporter:
        runs = execute_all(paths, reporter, jobs)
    for run in runs:
        _keep(run, folder)
        if args.store and not run.failure:
            write_notebook(run.notebook, run.path)
    failures = [run.failure for run in runs if run.failure]
    lessons = [run for run in runs if not run.failure and run.path.parent != SOLUTIONS_FOLDER]
    write_times(lessons, folder / "notebooks.json")
    if args.store:
        write_times(lessons, MEASURED_TIMES)
    console.print(_runs_table(runs))
    if not failures:
        _show_results(console, measure_saved(started))
        console.print(f"Notebooks, figures and networks are in {_shown(folder)}.")
    for failure in failures:
        print(f"error: {failure}", file=sys.stderr)
    return 1 if failures or len(runs) < len(paths) else 0


def _show_results(console: Console, built: Results) -> None:
    """Show the networks of this run beside those that ship."""
    shown = {f"{name}, trained now": result for name, result in built.items()}
    # What this run made is there, whatever became of the file of those that ship.
    with contextlib.suppress(ResultsError):
        shipped = read_results(SHIPPED_RESULTS)
        shown |= {f"{name}, ships with the series": result for name, result in shipped.items()}
    if shown:
        console.print(results_table(shown))


def _shown(folder: Path) -> str:
    """Return a folder's name as short as it can be told."""
    with contextlib.suppress(ValueError):
        return f"{folder.resolve().relative_to(Path.cwd())}/"
    return str(folder)
