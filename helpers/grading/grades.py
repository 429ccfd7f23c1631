"""Grade one handed-in notebook: plan, run, judge."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from helpers.exercises.chapters import CHAPTERS
from helpers.exercises.running import one_line
from helpers.grading import isolation
from helpers.grading.disk import remove_folder
from helpers.grading.hand_in import (
    Cell,
    HandIn,
    HandInError,
    number_of,
    plan,
    read_hand_in,
    read_lesson,
)
from helpers.grading.judge import write_cases
from helpers.grading.kernel import CellError, Kernel, KernelEndedError
from helpers.grading.limits import Limits, Watch, excess_on_disk
from helpers.grading.processes import end_family
from helpers.grading.sandbox import Sandbox, make_sandbox
from helpers.paths import PROJECT_FOLDER

JUDGE_SECONDS = 120
# What the series defines before a student's cells: its own code, at its own pace.
PREPARE_SECONDS = 600
# An answer is written down in a moment; a function is called first, which has a limit of its own.
HAND_OVER_SECONDS = 60
# So many times a new kernel takes up what the last one left: each time, one cell less.
_MOST_KERNELS = 12


@dataclass
class Grade:
    """What came of one file.

    Attributes:
        path: the file.
        number: of the notebook, 0 if it can't be told.
        outcomes: exercise to "right", "wrong", "untouched" or "error".
        remarks: exercise to a sentence, where one is needed; "" is the file as a whole.
        seconds: wall time.
    """

    path: Path
    number: int = 0
    outcomes: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def set(self, name: str, outcome: str, remark: str = "") -> None:
        """Note what came of an exercise."""
        self.outcomes[name] = outcome
        self.remarks.pop(name, None)
        if remark:
            self.remarks[name] = remark


@dataclass(frozen=True)
class Workplace:
    """What all hand-ins of one run have in common.

    Attributes:
        template: a folder in which ``sandbox.make_series`` has worked.
        limits: of one notebook.
        isolated: whether programs can be isolated on this system.
        hidden: folders that students' code must not see.
    """

    template: Path
    limits: Limits
    isolated: bool
    hidden: tuple[Path, ...] = ()

    def cases_of(self, number: int) -> Path:
        """Return the folder with the arguments for a notebook's functions, made if need be."""
        folder = self.template / f"cases-{number}"
        if not os.path.exists(folder):
            fresh = Path(tempfile.mkdtemp(dir=self.template))
            write_cases(number, fresh)
            try:
                fresh.rename(folder)
            except OSError:  # another thread was faster
                shutil.rmtree(fresh)
        return folder


_lesson = lru_cache(maxsize=len(CHAPTERS))(read_lesson)


def grade(path: Path, workplace: Workplace) -> Grade:
    """Grade a file; whatever is wrong with it becomes a remark."""
    result = Grade(path)
    started = time.monotonic()
    try:
        notebook = read_hand_in(path)
        result.number = number_of(path, notebook)
        lesson = _lesson(result.number)
        hand_in = plan(path, notebook, lesson)
        for name in lesson.stubs:
            result.set(name, *hand_in.outcomes.get(name, ("error", "it was not reached")))
        if hand_in.cells:
            _run_and_judge(hand_in, result, workplace)
    except HandInError as error:
        result.remarks[""] = str(error)
    except Exception as error:  # nobody knows what else students hand in; others keep their rows
        result.remarks[""] = f"it could not be graded: {one_line(error)}"
    result.seconds = time.monotonic() - started
    return result


def _run_and_judge(hand_in: HandIn, result: Grade, workplace: Workplace) -> None:
    # Short: the path of a socket may have about 100 characters. All students' folders lie in one,
    # which is covered for each of them.
    folder = Path(tempfile.mkdtemp(prefix="g", dir=workplace.template))
    try:
        sandbox = _sandbox_for(hand_in, folder / "s", workplace)
        run = _Run(hand_in, sandbox, workplace, result)
        run.all_cells()
        _judge(sorted(run.written), sandbox, result, workplace)
    finally:
        remove_folder(folder)


def _sandbox_for(hand_in: HandIn, folder: Path, workplace: Workplace) -> Sandbox:
    cases = workplace.cases_of(hand_in.lesson.number)
    sandbox = make_sandbox(folder, workplace.template, cases)
    # Some cells read or copy the notebook that they stand in.
    shutil.copyfile(hand_in.path, sandbox.notebooks / hand_in.path.name)
    return sandbox


class _Run:
    """Runs a student's cells, in a new kernel where one ended, and has the answers written down."""

    def __init__(
        self, hand_in: HandIn, sandbox: Sandbox, workplace: Workplace, result: Grade
    ) -> None:
        self.hand_in, self.sandbox, self.workplace = hand_in, sandbox, workplace
        self.result = result
        self.written: set[str] = set()
        # Only a student's cells take from it, not the start of kernels or what the lesson defines.
        self._left = float(workplace.limits.seconds)
        self._ended: set[int] = set()
        self._failed: dict[int, str] = {}

    def all_cells(self) -> None:
        for _ in range(_MOST_KERNELS):
            try:
                with Kernel(
                    self.sandbox,
                    self.workplace.limits,
                    list(self.workplace.hidden),
                    self.workplace.isolated,
                ) as kernel:
                    self._in(kernel)
                return
            except KernelEndedError as error:
                self._note_end(str(error))
            if self._left <= 0:
                return
            self._make_room()

    def _make_room(self) -> None:
        """Begin with a fresh folder if the last kernel left so much that the next one would end.

        All answers are written again: every cell but the one that ended the kernel runs again.
        """
        folder = self.sandbox.folder
        if excess_on_disk(folder, self.workplace.limits):
            remove_folder(folder)
            _sandbox_for(self.hand_in, folder, self.workplace)
            self.written.clear()

    def _in(self, kernel: Kernel) -> None:
        self._at = -1
        self._prepare(kernel)
        cells = list(enumerate(self.hand_in.cells))
        for number, cell in cells:
            self._try(kernel, number, cell)
        # What failed may have needed a cell further down: students run cells in any order.
        for number, cell in cells:
            if number in self._failed:
                self._try(kernel, number, cell)

    def _prepare(self, kernel: Kernel) -> None:
        """Define what the exercises need from the series."""
        there, back = self.sandbox.solutions, self.sandbox.notebooks
        deadline = time.monotonic() + PREPARE_SECONDS
        kernel.run(f"import os; os.chdir({str(there)!r})", deadline)
        for statement in self.hand_in.before:
            try:
                kernel.run(statement, deadline)
            except CellError as error:
                self.result.remarks[""] = f"in what the lesson defines: {error}"
        kernel.run(f"import os; os.chdir({str(back)!r})", deadline)

    def _try(self, kernel: Kernel, number: int, cell: Cell) -> None:
        if number in self._ended:
            return
        self._at = number
        self._failed.pop(number, None)
        started = time.monotonic()
        try:
            kernel.run(cell.source, started + self._seconds_of(number))
        except CellError as error:
            self._failed[number] = str(error)
        finally:
            self._left -= time.monotonic() - started
        for name in cell.exercises:
            if number in self._failed:
                self.result.set(name, "error", self._failed[number])
            else:
                self._hand_over(kernel, name)

    def _seconds_of(self, number: int) -> float:
        """One endless loop must not take the time of the cells after it."""
        is_last = number == len(self.hand_in.cells) - 1
        return self._left * (1 if is_last else 0.5)

    def _hand_over(self, kernel: Kernel, name: str) -> None:
        expression = self.hand_in.lesson.expressions[name]
        desk = "__import__('helpers.exercises', fromlist=['desk'])"
        folder = str(self.sandbox.answers)
        code = f"{desk}.write_answer({name!r}, {expression!r}, globals(), {folder!r})"
        try:
            kernel.run(code, time.monotonic() + HAND_OVER_SECONDS)
            self.written.add(name)
        except CellError as error:
            self.result.set(name, "error", f"its answer could not be written down: {error}")

    def _note_end(self, reason: str) -> None:
        """The cell that ended the kernel is passed over from now on."""
        if self._at < 0 or self._at in self._ended:
            self.result.remarks[""] = reason
            self._left = 0.0
            return
        self._ended.add(self._at)
        for name in self.hand_in.cells[self._at].exercises:
            self.written.discard(name)
            self.result.set(name, "error", reason)
        if not self.hand_in.cells[self._at].exercises:
            self.result.remarks[""] = f"a cell outside of the exercises: {reason}"


def _judge(names: list[str], sandbox: Sandbox, result: Grade, workplace: Workplace) -> None:
    """Have another process judge what was written down."""
    if not names:
        return
    verdicts = _verdicts(names, sandbox, workplace)
    for name in names:
        outcome, text = verdicts.get(name, ("error", "its answer could not be judged"))
        result.set(name, outcome, text if outcome in {"wrong", "error"} else "")


def _verdicts(names: list[str], sandbox: Sandbox, workplace: Workplace) -> dict[str, list[str]]:
    home = tempfile.mkdtemp(dir=sandbox.folder)  # nothing in it is of the student's making
    # -P: what lies in the folder it starts in is no module.
    judge = [sys.executable, "-P", "-m", "helpers.grading.judge", str(sandbox.answers), *names]
    start = sandbox.specification(judge, workplace.isolated, [])
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, isolation.__file__, str(start)],
            env={**sandbox.environment(), "PYTHONPATH": str(PROJECT_FOLDER), "HOME": home},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.DEVNULL,
        )
        watch = Watch(process.pid, sandbox.folder, workplace.limits)
        deadline = time.monotonic() + JUDGE_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                if watch.excess():
                    break
                time.sleep(0.05)
        finally:
            end_family(process, workplace.isolated)
        said.seek(0)
        try:
            return dict(json.loads(said.read().splitlines()[-1]))
        except (ValueError, IndexError, TypeError):
            return {}
