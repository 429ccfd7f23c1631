"""Where things are kept: the project's folder, and the folder for whatever a run makes."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers.errors import UserError

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
# The trained networks that ship.
MODELS_FOLDER = PROJECT_FOLDER / "models"
# The sample pictures, whatever folder a notebook runs in.
IMAGES_FOLDER = PROJECT_FOLDER / "images"
# What the benchmarks measured.
RESULTS_FOLDER = PROJECT_FOLDER / "benchmarks" / "results"


class FolderError(UserError):
    """What a run makes can't be written; the text says where and what helps."""


def build_folder() -> Path:
    """Return the folder for everything that a run makes, created if need be.

    Notebooks and commands write here and nowhere else, so that a run never changes a tracked file.
    The environment variable ``HELPERS_BUILD`` names it (``make run`` and the tests set it);
    otherwise it is ``build/`` in the project's folder, which git ignores.

    Use it in a notebook as ``model.save(build_folder() / "my_model.keras")``; print the file's
    name only, since the folder differs from machine to machine.

    Raises:
        FolderError: the folder cannot be created or written.
    """
    named = os.environ.get("HELPERS_BUILD", "").strip()
    folder = Path(os.path.expanduser(named)) if named else PROJECT_FOLDER / "build"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK) else "Permission denied"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    if reason:
        raise FolderError(
            f"{folder}, where the results of a run go, can't be written ({reason}): "
            "name another folder in the environment variable HELPERS_BUILD."
        )
    return folder


@contextmanager
def replaced_when_whole(path: Path) -> Iterator[Path]:
    """Give the path of a file to write instead; it takes the place of ``path`` when all went well.

    Whoever reads meanwhile sees the old file or the new one, and if the writing fails, the old one
    is untouched. The file lies beside the other and has its ending.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    unfinished = path.with_name(f".unfinished-{secrets.token_hex(4)}{path.suffix}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Args:
        path: the file; its folder is made if need be.
        content: text, written as UTF-8 with the line ends that it has, or bytes.

    Raises:
        FolderError: the file cannot be written; the old one is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced_when_whole(path) as unfinished:
            unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        raise FolderError(
            f"{path} can't be written ({error.strerror or error}): free some room, or name another "
            "folder in the environment variable HELPERS_BUILD."
        ) from error
