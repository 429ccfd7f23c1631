"""A real PostgreSQL server for tests, started in a folder of its own and ended again.

The server refuses to run as root: then it runs as the user ``postgres``, or as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MISSING = "PostgreSQL's server is not installed (Debian: apt-get install postgresql)"
PASSWORD = "only-for-tests"


def programs() -> Path:
    """Return the folder of the newest server's programs.

    Without one the test is skipped, or fails where ``REQUIRE_POSTGRESQL=1`` says that there is one.
    """
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), Path("/opt/homebrew/opt/postgresql/bin")]
    on_the_path = shutil.which("initdb")
    places += [Path(on_the_path).parent] if on_the_path else []
    found = [place for place in places if (place / "initdb").exists()]
    if found:
        return max(found, key=lambda place: int("0" + "".join(re.findall(r"\d+", str(place)))))
    if os.environ.get("REQUIRE_POSTGRESQL") == "1":
        pytest.fail(MISSING)
    pytest.skip(MISSING)


def _someone_else() -> str | None:
    """Return the user as whom the server runs; None for the one who runs the tests."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Server:
    """A server on a free port of this machine, with one database."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.programs, self.user = folder, programs(), _someone_else()
        self.log = folder / "log"
        self.databases = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if self.user:
            shutil.chown(folder, self.user)
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if self.user:
            shutil.chown(secret, self.user)
        self._call(
            *("initdb", "--pgdata", str(folder / "data"), "--username", "digits", "--no-sync"),
            *("--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8"),
            *("--locale", "C"),
        )

    def _call(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.programs / program), *arguments],
            user=self.user,
            group=pwd.getpwnam(self.user).pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=60,
        )

    @property
    def address(self) -> str:
        return f"postgresql://digits:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def new_database(self) -> str:
        """Make a database that is empty; return its address."""
        import psycopg

        self.databases += 1
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE number_{self.databases}".encode())
        return f"{self.address.rpartition('/')[0]}/number_{self.databases}"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        options += " -c fsync=off -c shared_buffers=16MB -c max_connections=20"
        data, log = str(self.folder / "data"), str(self.log)
        self._call("pg_ctl", "start", "--wait", "-D", data, "-l", log, "-o", options)

    def stop(self, how: str = "immediate") -> None:
        self._call("pg_ctl", "stop", "-D", str(self.folder / "data"), "-m", how)


@contextmanager
def running_server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="digits-postgresql-"))
    try:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
