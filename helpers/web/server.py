"""The command ``serve``: listens, starts what reads the pictures, and ends in good order.

What reads pictures loads in a process of its own while this one loads what serves; hence the
imports inside functions.
"""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from helpers.errors import UserError
from helpers.machine import garbage
from helpers.machine.bounds import HAS_BOUNDED_FORKS
from helpers.web.processes import ReadingProcesses

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from helpers.web.readers import InThreads

# How long the answers under way have when the server is told to end.
_LAST_SECONDS = 1.0


class ServeError(UserError):
    """The server cannot start; the text says why in one sentence."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on ``host`` and ``port`` (0: any free one).

    Raises:
        ServeError: the name is unknown, the port is taken, or this user may not use it.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError):
        raise ServeError(f"there is no address for the host {host!r}: try 127.0.0.1.") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # Lets a restarted server have its port back at once. On Windows it would let two share it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise ServeError(
            f"cannot listen on {host} port {port} ({error.strerror}): "
            "choose another with --port, or end the program that uses it."
        ) from None
    return listener


def server_of(app: FastAPI) -> uvicorn.Server:
    """Return the server that the command runs: quiet, bounded, and silent about what it is."""
    import asyncio

    import uvicorn

    from helpers.web import connections

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().set_exception_handler(connections.pass_over_full_tables)
            await super().startup(sockets)

        async def on_tick(self, counter: int) -> bool:
            if counter % 10 == 0:
                connections.drop_silent(self.server_state.connections)
            return await super().on_tick(counter)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.end_within(_LAST_SECONDS)
            await super().shutdown(sockets)

    most = connections.Connection.most = connections.most_connections()
    return Server(
        uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            backlog=connections.accepted_at_once(most),
            timeout_graceful_shutdown=2,
            timeout_keep_alive=round(connections.MOST_SECONDS_BETWEEN),
            http=connections.Connection,
            ws="none",
            loop="asyncio",
        )
    )


def serve_command(args: argparse.Namespace) -> int:
    """Serve the web app until Ctrl-C: the command ``serve``.

    Args:
        args: ``host``, ``port`` and ``lan``.

    Returns:
        Exit status 0.

    Raises:
        UserError: the port cannot be used, there is no model, or no local network.
    """
    listener = listen(_lan_address() if args.lan else args.host, args.port)
    with contextlib.closing(listener), contextlib.ExitStack() as undo:
        processes = ReadingProcesses() if HAS_BOUNDED_FORKS else None
        if processes:
            undo.callback(processes.close)
        with garbage.left_alone():
            import uvicorn  # noqa: F401 - for `server_of`

            from helpers.web import connections  # noqa: F401 - likewise
            from helpers.web.app import create_app
        source = _loaded(processes)
        host, port = listener.getsockname()[:2]
        app = create_app(source, loopback_only=is_loopback_address(host))
        server = server_of(app)
        if args.lan:
            _put_door_before(app, _address(host, port))
        else:
            print(f"Draw a digit at {_address(host, port)} (Ctrl-C ends the server).", flush=True)
            if not is_loopback_address(host):
                print("Everyone who reaches this machine over the network can use it.", flush=True)
        with _ended_by_ctrl_c():
            server.run(sockets=[listener])
    return 0


def _lan_address() -> str:
    from helpers.web.lan import lan_address

    return lan_address()


def _put_door_before(app: FastAPI, address: str) -> None:
    """Let in only who brings the code that is shown; show the next one as soon as it is used."""
    from helpers.web.lan import Door, qr_code

    def announce(code: str) -> None:
        link = f"{address}/?code={code}"
        if sys.stdout.isatty():
            with contextlib.suppress(UnicodeEncodeError):
                print(qr_code(link))
        print(f"Scan the code, or open {link}", flush=True)
        print("on one phone in the same network (Ctrl-C ends the server).", flush=True)

    app.add_middleware(Door, announce=announce)


def _loaded(processes: ReadingProcesses | None) -> ReadingProcesses | InThreads:
    if processes:
        processes.wait()
        return processes
    from helpers.pictures.recognizer import Recognizer
    from helpers.web.readers import InThreads

    return InThreads(Recognizer())


@contextlib.contextmanager
def _ended_by_ctrl_c() -> Iterator[None]:
    """Take Ctrl-C for what it is here, the ordinary end: uvicorn closes, then passes it on."""
    with contextlib.suppress(KeyboardInterrupt):
        yield


def is_loopback_address(host: str) -> bool:
    """Tell whether an address that is listened on means this machine alone."""
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address(host: str, port: int) -> str:
    """Return the address to type into a browser on this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}
    return f"http://{_in_url(everywhere.get(host, host))}:{port}"
