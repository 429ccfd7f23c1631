"""The command ``python -m helpers grade FOLDER``."""

import argparse
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from helpers.data import settle_source
from helpers.errors import UserError
from helpers.grading import isolation
from helpers.grading.disk import remove_folder
from helpers.grading.grades import Grade, Workplace, grade
from helpers.grading.limits import Limits
from helpers.grading.report import csv_text, grades_table, remarks_of, shown_name
from helpers.grading.sandbox import hidden_folders, make_series
from helpers.machine.download import keras_file
from helpers.paths import build_folder, write_atomically

PROTECTED = (
    "Students' code runs without network, can write to a folder of its own only, and sees neither "
    "the answers nor what others handed in."
)
UNPROTECTED = (
    "This system can't shut students' code in: it runs in a folder of its own, and Python's own "
    "connections are blocked, but a program that means harm can read and write your files. Grade "
    "notebooks of people you don't know on Linux, or in a container."
)


class GradeError(UserError):
    """There is nothing to grade; the text says why."""


def find_hand_ins(folder: Path) -> list[Path]:
    """Return the notebooks in a folder and the folders in it, or the one that was named.

    Raises:
        GradeError: there are none.
    """
    if os.path.isfile(folder):
        return [folder]
    if not os.path.isdir(folder):
        raise GradeError(f"There is no folder {folder}.")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() == ".ipynb"
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise GradeError(f"There are no notebooks (.ipynb) in {folder}.")
    return found


def grade_all(
    paths: Sequence[Path], limits: Limits, jobs: int, folder: Path, done: Callable[[Grade], None]
) -> tuple[list[Grade], bool]:
    """Grade files, ``jobs`` at a time.

    Args:
        paths: the files.
        limits: of one notebook.
        jobs: how many at a time.
        folder: the one that holds them, which students' code must not see.
        done: is told of every file.

    Returns:
        The grades in the order of the files, and whether students' code was shut in.
    """
    template = Path(tempfile.mkdtemp(prefix="grading-"))
    try:
        make_series(template)
        trial = template / "trial"
        trial.mkdir()
        isolated = isolation.probe(trial)
        workplace = Workplace(template, limits, isolated, tuple(hidden_folders(folder)))
        pool = ThreadPoolExecutor(max_workers=jobs)
        try:
            futures = {pool.submit(grade, path, workplace): path for path in paths}
            for future in as_completed(futures):
                done(future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return [future.result() for future in futures], isolated
    finally:
        remove_folder(template)


@contextlib.contextmanager
def _progress(console: Console, total: int, folder: Path) -> Iterator[Callable[[Grade], None]]:
    """Give a function that shows how far the grading is: a bar, or lines in a log."""

    def line(result: Grade) -> None:
        right = list(result.outcomes.values()).count("right")
        name = shown_name(result.path, folder)
        print(
            f"{name}: {right} of {len(result.outcomes)} right ({result.seconds:.0f} s)", flush=True
        )

    if not console.is_terminal:
        yield line
        return
    columns = (TextColumn("graded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=total)
        yield lambda result: progress.advance(task)


def _try_to_write(output: Path) -> None:
    """Find out before the work, not after it, that its result can't be written."""
    if os.path.isdir(output):
        raise GradeError(f"{output} is a folder: name a file in it.")
    trial = output.with_name(f".{output.name}-trial")
    write_atomically(trial, "")
    trial.unlink(missing_ok=True)


def _settle_data() -> None:
    """Let all kernels, which have neither network nor home, find the data in a file."""
    if settle_source() == "keras":
        os.environ["MNIST_NPZ"] = str(keras_file())
        os.environ["MNIST_SOURCE"] = "file"


def grade_command(args: argparse.Namespace) -> int:
    """Carry out ``python -m helpers grade``.

    Args:
        args: ``folder``, ``output`` (a path or None), ``jobs``, ``seconds`` and ``megabytes``.

    Returns:
        0 when every file was graded, 1 when one was no notebook or could not be run.

    Raises:
        GradeError: there is nothing to grade.
        DataError: the data are missing or damaged.
        FolderError: the CSV file can't be written.
    """
    console = Console()
    folder = args.folder if os.path.isdir(args.folder) else args.folder.parent
    paths = find_hand_ins(args.folder)
    output = args.output or build_folder() / "grades.csv"
    _try_to_write(output)
    _settle_data()
    limits = Limits(args.seconds, args.megabytes)
    with _progress(console, len(paths), folder) as done:
        grades, isolated = grade_all(paths, limits, args.jobs, folder, done)
    for lesson in sorted({each.number for each in grades}):
        console.print(grades_table([each for each in grades if each.number == lesson], folder))
    write_atomically(output, csv_text(grades, folder))
    for each in grades:
        remarks = remarks_of(each)
        if remarks and ("" in each.remarks or "error" in each.outcomes.values()):
            print(f"{shown_name(each.path, folder)}: {remarks}")
    print(f"{PROTECTED if isolated else UNPROTECTED}\nThe table is in {output}.")
    failed = [each for each in grades if "" in each.remarks and not each.outcomes]
    for each in failed:
        print(f"error: {shown_name(each.path, folder)} was not graded.", file=sys.stderr)
    return 1 if failed else 0
