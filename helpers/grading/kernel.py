"""A Jupyter kernel for one student's code, with limits of time, memory, processes and disk.

Nobody listens to what it prints: a gigabyte of output goes nowhere. What it answers to a cell is
whether the cell raised, and what.
"""

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import zmq
from ipykernel.kernelspec import make_ipkernel_cmd
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from helpers.errors import printable
from helpers.grading import isolation
from helpers.grading.limits import Limits, Watch
from helpers.grading.processes import end_family
from helpers.grading.sandbox import Sandbox

START_SECONDS = 60
# What a message of the kernel may hold: an error's text can be as long as a student likes.
_LARGEST_MESSAGE = 20_000_000
_LOOK_EVERY_SECONDS = 0.1
_LONGEST_REASON = 160
_ENDED_ITSELF = "it ended its own kernel (exit, or a crash)"

# Nobody reads what is printed; to send it nowhere takes a while, if it is a gigabyte.
_PRINT_NOTHING = "import os, sys; sys.stdout = sys.stderr = open(os.devnull, 'w')"

# Where processes can't be isolated: an audit hook can't be taken out again, though code in C needs
# no Python to open a socket.
_BLOCK_SOCKETS = """
def _block():
    import sys

    def refuse(event, arguments):
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            address = arguments[1]
            local = not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1")
        elif event == "socket.getaddrinfo":
            local = arguments[0] in (None, "", "localhost", "127.0.0.1", "::1")
        else:
            return
        if not local:
            raise OSError("there is no network while notebooks are graded")

    sys.addaudithook(refuse)


_block()
del _block
"""


class KernelEndedError(Exception):
    """The kernel is gone; the text says why, as the end of a sentence."""


class CellError(Exception):
    """A cell raised; the text is the error's name and first line."""


class Kernel:
    """A running kernel; a context manager that ends it and all that it started."""

    def __init__(
        self, sandbox: Sandbox, limits: Limits, hidden: list[Path], isolated: bool
    ) -> None:
        """Start it.

        Raises:
            KernelEndedError: it does not start.
        """
        self._isolated = isolated
        connection = str(sandbox.connection)
        # Sockets that are files need no network.
        kind = "ipc" if sys.platform != "win32" else "tcp"
        address = str(sandbox.folder / "s") if kind == "ipc" else "127.0.0.1"
        sandbox.connection.unlink(missing_ok=True)
        write_connection_file(connection, transport=kind, ip=address)
        command = [each.format(connection_file=connection) for each in make_ipkernel_cmd()]
        start = sandbox.specification(command, isolated, hidden)
        self._process = subprocess.Popen(
            [sys.executable, isolation.__file__, str(start)],
            cwd=sandbox.notebooks,
            env=dict(sandbox.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._watch = Watch(self._process.pid, sandbox.folder, limits)
        self._context = zmq.Context()
        self._context.setsockopt(zmq.MAXMSGSIZE, _LARGEST_MESSAGE)
        self._client = BlockingKernelClient(context=self._context)
        self._client.load_connection_file(connection)
        self._client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=False)
        try:
            self._wait(self._client.kernel_info(), time.monotonic() + START_SECONDS)
            self.run(_PRINT_NOTHING, time.monotonic() + START_SECONDS)
            if not isolated:
                self.run(_BLOCK_SOCKETS, time.monotonic() + START_SECONDS)
        except (KernelEndedError, CellError):
            self.end()
            raise KernelEndedError("its kernel did not start") from None

    def __enter__(self) -> "Kernel":
        """Return it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End it."""
        self.end()

    def run(self, code: str, deadline: float) -> None:
        """Run a cell.

        Args:
            code: its source.
            deadline: by when it must have ended (seconds, as ``time.monotonic``).

        Raises:
            CellError: it raised.
            KernelEndedError: it took too long or too much, or ended its kernel, which is gone.
        """
        reply = self._wait(
            self._client.execute(code, store_history=False, allow_stdin=False, stop_on_error=False),
            deadline,
        )
        # exit() lets the cell end first, and the kernel after it.
        if any("ask_exit" in str(each) for each in reply.get("payload") or ()):
            self._give_up(_ENDED_ITSELF)
        if reply.get("status") != "ok":
            lines = [line.strip() for line in str(reply.get("evalue", "")).splitlines()]
            first = next(filter(None, lines), "")
            name = str(reply.get("ename", "error"))
            raise CellError(printable(f"{name}: {first}".rstrip(": "))[:_LONGEST_REASON])

    def _wait(self, message: str, deadline: float) -> dict:
        """Return what the kernel answers to a message, keeping an eye on it meanwhile."""
        socket = self._client.shell_channel.socket
        while True:
            if socket is not None and socket.poll(1000 * _LOOK_EVERY_SECONDS):
                try:
                    reply = self._client.shell_channel.get_msg(timeout=0)
                except Exception:  # whatever it sent, it was no answer of a kernel
                    self._give_up("its kernel sent what is no answer")
                if reply.get("parent_header", {}).get("msg_id") == message:
                    self._look()
                    content = reply.get("content")
                    return content if isinstance(content, dict) else {}
            if self._process.poll() is not None:
                self._give_up(_ENDED_ITSELF)
            self._look()
            if time.monotonic() > deadline:
                self._give_up("time was up (an endless loop?)")

    def _look(self) -> None:
        """Give up if it takes too much, also when it is done: what it started may go on."""
        excess = self._watch.excess()
        if excess:
            self._give_up(excess)

    def _give_up(self, reason: str) -> None:
        self.end()
        raise KernelEndedError(reason)

    def end(self) -> None:
        """End the kernel, and whatever it started."""
        end_family(self._process, self._isolated)
        self._client.stop_channels()
        self._context.destroy(linger=0)
