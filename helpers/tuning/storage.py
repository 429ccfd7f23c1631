"""Open the storage that an address names, and say in a sentence what is wrong with it."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from optuna.study import Study
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    IntegrityError,
    PendingRollbackError,
    ProgrammingError,
    SQLAlchemyError,
)

from helpers.errors import UserError, printable
from helpers.tuning.journal import is_journal, open_journal
from helpers.tuning.workers import (
    NeighboursOnThisMachine,
    Workers,
    WorkersOfADatabase,
    queue_again,
)

HEARTBEAT_SECONDS = 20
# A lost trial is taken up after so many heartbeats that did not come.
_MISSED_HEARTBEATS = 3
_POSTGRESQL = {"postgresql", "postgres", "postgresql+psycopg"}
# A server that has vanished without a word is noticed within about half a minute.
_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_IDENTITY = "search"


class StorageError(UserError):
    """The storage can't be used; the text says which one, why, and what helps."""


class ForeignStudyError(StorageError):
    """The storage holds another search under this name."""


@dataclass(frozen=True)
class Opened:
    """A storage that is open.

    storage: as Optuna knows it.
    name: for people; passwords are hidden.
    workers: who else works with it.
    """

    storage: BaseStorage
    name: str
    workers: Workers


def open_storage(address: str, heartbeat: int = HEARTBEAT_SECONDS) -> Opened:
    """Open a storage, and make it if need be.

    Args:
        address: the path of a journal file, or ``postgresql://name:password@host/database``.
        heartbeat: for a database, the seconds between two signs of life.

    Raises:
        StorageError: it can't be used.
    """
    if "://" in address:
        return _open_database(address, heartbeat)
    return _open_file(Path(os.path.expanduser(address)))


def _open_file(path: Path) -> Opened:
    name = printable(str(path))
    if not path.name:
        raise StorageError("--storage needs the name of a file, or an address postgresql://….")
    if os.path.exists(path) and not os.path.isfile(path):
        raise StorageError(f"{name} is no file: name one for the journal with --storage.")
    if not os.path.isdir(path.parent):
        raise StorageError(f"The folder of {name} is not there: make it, or name another file.")
    with told(name):
        if os.path.exists(path) and not is_journal(path):
            raise StorageError(f"{name} is no journal of a search: name another file.")
        try:
            storage = open_journal(path)
        except (ValueError, KeyError, AssertionError):
            raise StorageError(
                f"{name} is a damaged journal: name another file, and keep this one if its trials "
                "matter."
            ) from None
        workers = NeighboursOnThisMachine(path.with_name(f"{path.name}.workers"))
    return Opened(storage, name, workers)


def _open_database(address: str, heartbeat: int) -> Opened:
    url = _url(address)
    name = printable(url.set(drivername="postgresql").render_as_string(hide_password=True))
    with told(name):
        try:
            storage = _connected(url, heartbeat)
        except RuntimeError:  # Optuna's word for tables of another version
            raise StorageError(
                f"The tables in {name} were made by another version of Optuna: name another "
                "database, or install the same version everywhere."
            ) from None
        except ImportError:
            raise StorageError(
                "A PostgreSQL server needs the package psycopg: pip install -r requirements.txt."
            ) from None
    return Opened(storage, name, WorkersOfADatabase(storage, heartbeat))


def _connected(url: URL, heartbeat: int) -> RDBStorage:
    """Open a database; the first of several workers that start at once makes its tables."""
    for attempts_left in (2, 1, 0):
        try:
            return RDBStorage(
                url.render_as_string(hide_password=False),
                engine_kwargs={"pool_pre_ping": True, "connect_args": _CONNECTION},
                heartbeat_interval=heartbeat,
                grace_period=_MISSED_HEARTBEATS * heartbeat,
                heartbeat_stale_trial_callback=queue_again,
            )
        except (IntegrityError, ProgrammingError):  # two made the same table
            if not attempts_left:
                raise
            time.sleep(1)
    raise AssertionError("the last attempt returns or raises")


def _url(address: str) -> URL:
    """Return the address of a database as SQLAlchemy takes it, with the driver that we install."""
    scheme = address.partition("://")[0]
    if scheme not in _POSTGRESQL:
        raise StorageError(
            f"--storage takes a file or an address postgresql://…, and not {printable(scheme)}://…."
        )
    try:
        url = make_url(address).set(drivername="postgresql+psycopg")
    except (SQLAlchemyError, ValueError):
        raise StorageError(
            "The address of the database can't be read; it looks like this: "
            "postgresql://name:password@host:5432/database."
        ) from None
    if not url.database:
        raise StorageError(
            "The address names no database; it looks like this: "
            "postgresql://name:password@host:5432/database."
        )
    return url


@contextlib.contextmanager
def told(name: str) -> Iterator[None]:
    """Raise what goes wrong with a storage as one sentence.

    Args:
        name: of the storage, for people.

    Raises:
        StorageError: what the disk or the server said.
    """
    try:
        yield
    except (OSError, SQLAlchemyError, StorageInternalError) as error:
        if isinstance(error, OSError):
            helps = "free some room, make it writable, or name another file."
        else:
            helps = "is the server running, and are name, password and database right?"
        raise StorageError(f"{name} can't be used ({_reason(error)}): {helps}") from error


def _reason(error: BaseException) -> str:
    """Return what the disk or the server said, in a few words."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    while error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, PendingRollbackError):
        return "the connection was lost"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        said = re.search(r"(?:FATAL:\s+|ERROR:\s+|.* failed: )(.+)", line)
        if said:
            return printable(said[1]).rstrip(".")
    return printable(lines[0]).rstrip(".") if lines else type(error).__name__


def open_study(
    opened: Opened, name: str, identity: dict[str, Any], sampler: Any, pruner: Any
) -> Study:
    """Return the study of this name, made if need be.

    Args:
        opened: where it is.
        name: of the study.
        identity: what tells this search from others: JSON values by name.
        sampler, pruner: Optuna's.

    Raises:
        StorageError: the storage can't be used.
        ForeignStudyError: the study of this name is that of another search.
    """
    with told(opened.name):
        study = optuna.create_study(
            study_name=name,
            storage=opened.storage,
            sampler=sampler,
            pruner=pruner,
            direction="minimize",
            load_if_exists=True,
        )
        stored = study.user_attrs.get(_IDENTITY)
        if stored is None and not study.get_trials(deepcopy=False):
            study.set_user_attr(_IDENTITY, identity)
            stored = identity
    if stored == identity:
        return study
    if not isinstance(stored, dict) or stored.get("program") != identity["program"]:
        raise ForeignStudyError(
            f"{opened.name} holds a study {name!r} that another program has made: name another "
            "storage."
        )
    other = next(key for key in identity if stored.get(key) != identity[key])
    raise ForeignStudyError(
        f"{opened.name} holds another search ({other}: {_short(stored.get(other))} there, "
        f"{_short(identity[other])} here): use the same options, or name another storage."
    )


def _short(value: Any) -> str:
    text = printable(str(value))
    return text if len(text) <= 60 else f"{text[:57]}..."
