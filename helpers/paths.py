"""Where things are kept: the project's folder, and the folder for whatever a run makes."""

import os
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parent.parent
# The trained networks that ship.
MODELS_FOLDER = PROJECT_FOLDER / "models"


def build_folder() -> Path:
    """Return the folder for everything that a run makes, created if need be.

    Notebooks and commands write here and nowhere else, so that a run never changes a tracked file.
    The environment variable ``HELPERS_BUILD`` names it (``make run`` and the tests set it);
    otherwise it is ``build/`` in the project's folder, which git ignores.

    Use it in a notebook as ``model.save(build_folder() / "my_model.keras")``; print the file's
    name only, since the folder differs from machine to machine.

    Raises:
        OSError: the folder cannot be created.
    """
    named = os.environ.get("HELPERS_BUILD", "").strip()
    folder = Path(named).expanduser() if named else PROJECT_FOLDER / "build"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: whoever reads it meanwhile sees the old one or the new one.

    Args:
        path: the file; its folder is made if need be.
        content: text, written as UTF-8 with the line ends that it has, or bytes.

    Raises:
        OSError: the file cannot be written; the old one is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".new")
    try:
        unfinished.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
