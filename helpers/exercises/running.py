"""Run a student's function so that nothing it does reaches the kernel: time, output, exit.

A thread is the one means that works in a Jupyter kernel on Linux, Windows and macOS alike: SIGALRM
exists on neither Windows nor in a kernel's subshells, and a second process would not know functions
defined in a notebook. What cannot be stopped is code that stays inside one call of a C function.
"""

import builtins
import contextlib
import copy
import ctypes
import inspect
import io
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# For how long a thread that catches everything (`except: pass`) is asked to end.
_ATTEMPTS = 50
_SECONDS_BETWEEN_ATTEMPTS = 0.02


class _TimeIsUp(SystemExit):
    """Ends the thread. Of all exceptions, ``threading`` is silent about SystemExit only."""


@dataclass(frozen=True)
class Result:
    """What came of calling a function once.

    Attributes:
        value: what it returned.
        error: such as "ValueError: math domain error", or "" if it returned.
        changed: whether it changed an argument.
        printed: whether it printed something.
        timed_out: whether it had not finished when time was up.
        unstoppable: whether it goes on, because it catches every exception or waits in C code.
    """

    value: Any = None
    error: str = ""
    changed: bool = False
    printed: bool = False
    timed_out: bool = False
    unstoppable: bool = False


def call_each(
    function: Callable[..., Any], cases: Sequence[tuple[Any, ...]], seconds: float
) -> list[Result]:
    """Call a function on copies of each tuple of arguments.

    Args:
        function: a student's; nothing it raises comes out, nothing it prints is seen.
        cases: the arguments of each call.
        seconds: the time limit for all calls together.

    Returns:
        One result for each case, up to the one in which time was up.
    """
    results: list[Result] = []
    done = threading.Event()

    def work() -> None:
        with contextlib.suppress(_TimeIsUp):
            for case in cases:
                results.append(_call_once(function, case, sink))
            done.set()

    with _sealed_off() as sink:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            thread.join(seconds)
            finished = done.is_set()
        finally:
            # Also when the student interrupts the kernel meanwhile.
            ended = _end(thread, done)
    if finished:
        return results
    return [*results[: len(cases) - 1], Result(timed_out=True, unstoppable=not ended)]


def _end(thread: threading.Thread, done: threading.Event) -> bool:
    """Raise an exception inside a thread until it ends; tell whether it did."""
    for _ in range(_ATTEMPTS):
        if done.is_set() or not thread.is_alive() or thread.ident is None:
            return True
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeIsUp)
        )
        thread.join(_SECONDS_BETWEEN_ATTEMPTS)
    return not thread.is_alive()


def _call_once(function: Callable[..., Any], case: tuple[Any, ...], sink: "_Sink") -> Result:
    arguments = _copied(case)
    sink.used = False
    try:
        value = function(*arguments)
    except _TimeIsUp:
        raise
    except SystemExit:
        return Result(error="SystemExit", printed=sink.used)
    except BaseException as error:  # KeyboardInterrupt, too: the student's own raise
        return Result(error=one_line(error), printed=sink.used)
    if inspect.iscoroutine(value):
        value.close()  # or Python warns later that nobody awaited it
    return Result(value=value, changed=not is_same(arguments, case), printed=sink.used)


def one_line(error: BaseException) -> str:
    """Return an exception's name and the first line of its text, at most 200 characters."""
    try:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    except Exception:
        lines = []
    return ": ".join([type(error).__name__, *lines[:1]])[:200]


def _copied(case: tuple[Any, ...]) -> tuple[Any, ...]:
    try:
        return copy.deepcopy(case)
    except Exception:  # some objects, such as open files, cannot be copied
        return case


def is_same(value: Any, other: Any) -> bool:
    """Tell whether a copy still equals its original; when nobody can tell, it does."""
    if value is other:
        return True
    if isinstance(value, list | tuple) and isinstance(other, list | tuple):
        return len(value) == len(other) and all(map(is_same, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        return list(value) == list(other) and all(is_same(value[key], other[key]) for key in value)
    try:
        if hasattr(value, "equals"):  # pandas
            return bool(value.equals(other))
        if hasattr(value, "__array__"):
            return _is_same_array(value, other)
        if type(value).__eq__ is object.__eq__:  # compares identity: a copy always differs
            return True
        return bool(value == other)
    except Exception:
        return True


def _is_same_array(value: Any, other: Any) -> bool:
    import numpy as np

    array, original = np.asarray(value), np.asarray(other)
    may_hold_nan = array.dtype.kind in "fc"
    return array.dtype == original.dtype and bool(
        np.array_equal(array, original, equal_nan=may_hold_nan)
    )


# --- sealing off ----------------------------------------------------------------------------------


class _Sink(io.TextIOBase):
    """Forgets what is written to it, and remembers only that something was."""

    used = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.used = True
        return len(text)


@contextlib.contextmanager
def _sealed_off() -> Iterator[_Sink]:
    """Swallow output and figures, refuse ``input``, and keep ``exit()`` from ending the kernel."""
    sink = _Sink()
    with (
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
        _replaced(builtins, "input", _refuse_input),
        _shell_sealed_off(),
        _new_figures_closed(),
    ):
        yield sink


def _refuse_input(*_: object) -> str:
    raise RuntimeError("input() is not possible here; use the arguments")


def _exit(*_: object) -> None:
    raise SystemExit


@contextlib.contextmanager
def _replaced(owner: Any, name: str, replacement: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextlib.contextmanager
def _shell_sealed_off() -> Iterator[None]:
    """In IPython, hold back what is displayed; there ``exit`` asks the kernel to end."""
    shell = running_shell()
    if shell is None:
        yield
        return
    from IPython.utils.capture import capture_output

    with (
        _replaced(shell, "ask_exit", _exit),
        capture_output(stdout=False, stderr=False, display=True),
    ):
        yield


def running_shell() -> Any:
    """Return IPython's shell if this code runs in one, otherwise None."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


@contextlib.contextmanager
def _new_figures_closed() -> Iterator[None]:
    """Close figures that appear meanwhile: Jupyter would show them under the check."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = set(pyplot.get_fignums()) if pyplot is not None else set()
    try:
        yield
    finally:
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            for number in set(pyplot.get_fignums()) - before:
                pyplot.close(number)
