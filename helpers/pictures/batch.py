"""The command ``predict``: read the digits in picture files and folders."""

from __future__ import annotations

import argparse
import glob
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures  # which loads the pools that are used, and only these
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from helpers.errors import printable
from helpers.machine.bounds import HAS_BOUNDED_FORKS
from helpers.pictures.bounded import BoundedReaders, File
from helpers.pictures.files import PictureError, TooManyPixelsError, read_picture
from helpers.pictures.formats import counts_as_picture
from helpers.pictures.ink import paper_of_two_levels
from helpers.pictures.page import Page
from helpers.pictures.pipeline import find_page
from helpers.pictures.reading import Reading
from helpers.pictures.recognizer import Recognizer, SecondLook

# Pictures that are judged in one batch, and how many are decoded ahead meanwhile, so that no worker
# waits for the network.
BATCH = 8
AHEAD = 24
WORKERS = 2
# Processes take half a second to start; that many files win it back.
PROCESSES_FROM = 200

# A file's page, or why there is none.
Found = tuple[Path, Page | PictureError]


def expand_folders(paths: Sequence[File]) -> Iterator[File]:
    """Replace each folder by the pictures in it, sorted by name; other paths stay as they are.

    A folder that can't be listed or holds no picture comes out as an error, in its place. Names
    with wildcards, which not every shell resolves, stand for the files that they fit.
    """
    for given in paths:
        for path in _resolved(given):
            if isinstance(path, PictureError) or not os.path.isdir(path):
                yield path
            else:
                yield from _pictures_in(path)


def _resolved(path: File) -> Sequence[File]:
    if isinstance(path, PictureError) or os.path.lexists(path):
        return [path]
    return [Path(name) for name in sorted(glob.glob(str(path)))] or [path]


def _pictures_in(folder: Path) -> Iterator[File]:
    try:
        names = sorted(item for item in folder.iterdir() if counts_as_picture(item))
    except OSError as error:
        yield _problem(folder, f"can't be listed ({error.strerror}).")
        return
    if not names:
        yield _problem(folder, "is a folder without pictures: name one that has some.")
    for path in names:
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            yield _problem(path, "is a pipe or a device, not a picture: take it out of the folder.")
        else:
            yield path


def _problem(path: Path, words: str) -> PictureError:
    error = PictureError(f"{path} {words}")
    error.path = path
    return error


def read_files(
    recognizer: Recognizer, paths: Sequence[File], single: bool = False
) -> Iterator[tuple[Path, Reading | PictureError]]:
    """Read many files, in order; what goes wrong with one is its result, not an exception.

    Args:
        recognizer: the network.
        paths: files and folders.
        single: each picture holds exactly one digit.
    """
    with begin(list(expand_folders(paths)), single) as results_of:
        yield from results_of(recognizer)


@contextmanager
def begin(
    files: Sequence[File], single: bool = False
) -> Iterator[Callable[[Recognizer], Iterator[tuple[Path, Reading | PictureError]]]]:
    """Begin to read files, before there is a network; gives what returns the results with one.

    Each picture is read in a process that is held to what a picture may cost, where the system
    has such processes. Elsewhere only the limits on headers and sizes bound what it costs.
    """
    readers = _bounded_readers(files, single)
    if readers:
        with closing(readers):
            yield lambda recognizer: readers.results(recognizer.judge)
    else:
        batches = find_pages(files)
        yield lambda recognizer: read_found(recognizer, batches, single)


def _bounded_readers(files: Sequence[File], single: bool) -> BoundedReaders | None:
    if HAS_BOUNDED_FORKS:
        with suppress(OSError):
            return BoundedReaders(files, single)
    return None


def read_found(
    recognizer: Recognizer, batches: Iterable[list[Found]], single: bool = False
) -> Iterator[tuple[Path, Reading | PictureError]]:
    """Read pages that :func:`find_pages` finds."""
    for found in batches:
        readable = [(path, page) for path, page in found if isinstance(page, Page)]
        pages = [page for _, page in readable]
        looks = [_second_look(path, page) for path, page in readable]
        readings = iter(recognizer.read_pages(pages, single, looks))
        for path, page in found:
            yield path, next(readings) if isinstance(page, Page) else page


def find_pages(files: Sequence[File]) -> Iterator[list[Found]]:
    """Start to find the pages of files at once, and return them batch by batch, in order.

    Many files are shared among processes: threads spend much of their time waiting for Python's
    lock, but start at once. Where the system has no processes to give, or kills one, threads do
    what is left.
    """
    if len(files) >= PROCESSES_FROM:
        with suppress(futures.BrokenExecutor, ImportError, OSError):
            from multiprocessing import get_context

            processes = futures.ProcessPoolExecutor(
                WORKERS, mp_context=get_context("spawn"), initializer=_set_up_process
            )
            return _with_threads_to_fall_back_on(_Batches(processes, files), files)
    return iter(_Batches(futures.ThreadPoolExecutor(WORKERS), files))


def _with_threads_to_fall_back_on(
    batches: _Batches, files: Sequence[File]
) -> Iterator[list[Found]]:
    done = 0
    with suppress(futures.BrokenExecutor):
        for found in batches:
            yield found
            done += len(found)
        return
    yield from _Batches(futures.ThreadPoolExecutor(WORKERS), files[done:])


class _Batches:
    """Pages of files, found by a pool that is always some files ahead."""

    def __init__(self, pool: futures.Executor, files: Sequence[File]) -> None:
        self.pool, self.remaining = pool, iter(files)
        self.ahead: deque[futures.Future[Found]] = deque()
        self._submit(AHEAD)

    def _submit(self, count: int) -> None:
        self.ahead.extend(
            self.pool.submit(_find_page_in_file, path) for path in islice(self.remaining, count)
        )

    def __iter__(self) -> Iterator[list[Found]]:
        with self.pool:
            while self.ahead:
                found = [self.ahead.popleft().result() for _ in range(min(BATCH, len(self.ahead)))]
                self._submit(BATCH)
                yield found


def _set_up_process() -> None:
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's business
    cv2.setNumThreads(1)  # each process has its core; more threads only get in each other's way


def _find_page_in_file(file: File) -> Found:
    if isinstance(file, PictureError):
        return file.path or Path(), file
    try:
        return file, find_page(read_picture(file))
    except PictureError as error:
        return file, error
    except MemoryError:
        return file, TooManyPixelsError(f"{file} does not fit into memory: make it smaller.")


def _second_look(path: Path, page: Page) -> SecondLook | None:
    """Return what looks at a file again; the picture itself is not kept until it is known."""

    def look() -> Page:
        try:
            return find_page(read_picture(path), paper_of_two_levels)
        except PictureError:  # gone or changed meanwhile
            return page

    return None if page.is_plain else look


def as_json(path: Path, result: Reading | PictureError) -> dict[str, Any]:
    """Return the object that ``--json`` prints for one file."""
    if isinstance(result, PictureError):
        return {"file": str(path), "error": str(result)}
    return result.as_json(str(path))


def as_text(path: Path, result: Reading) -> str:
    """Return the line that is printed for one picture."""
    name = printable(str(path))
    if not result.digits:
        return f"{name}: no digit found"
    unsure = [digit for digit in result.digits if not digit.confident]
    if not unsure:
        return f"{name}: {result.text}"
    doubts = ", ".join(f"{digit.digit} at {digit.probability:.0%}" for digit in unsure)
    return f"{name}: {result.text} (unsure: {doubts})"


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on the terminal where the results go elsewhere; gives what counts a picture."""
    if total <= BATCH or not sys.stderr.isatty() or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console  # slow to import, and mostly not needed
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=False) as bar:
        task = bar.add_task("Reading pictures", total=total)
        yield lambda: bar.advance(task)


def predict_command(args: argparse.Namespace) -> int:
    """Run ``python -m helpers predict``: paths, model, single, json; return the exit status."""
    files = list(expand_folders(args.paths))
    failed = False
    with begin(files, args.single) as results_of:  # while the network is loaded
        recognizer = Recognizer(args.model)
        with _progress(len(files)) as count:
            for path, result in results_of(recognizer):
                if isinstance(result, PictureError):
                    failed = True
                    if not args.json:
                        print(f"error: {printable(str(result))}", file=sys.stderr)
                if args.json:
                    # In ASCII, which is JSON in whatever encoding the output has.
                    print(json.dumps(as_json(path, result)), flush=True)
                elif isinstance(result, Reading):
                    print(as_text(path, result), flush=True)
                count()
    return 1 if failed else 0
