"""Is there a model file at all? Said before Keras takes its seconds to start."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from helpers.errors import ModelError

# Of a file: the networks that ship have one megabyte, and one for digits needs no more than a few.
MAX_BYTES = 500_000_000


def check_is_file(path: Path) -> None:
    """Find out whether a model file is there and can be read.

    Raises:
        ModelError: there is none, it can't be read or is far too large; the text says what to do.
    """
    if os.path.isdir(path):
        if os.path.isfile(path / "saved_model.pb"):
            raise ModelError(
                f"{path}: this is a SavedModel folder, which Keras can't load any more: "
                "save the model as one file, model.save('name.keras')."
            )
        raise ModelError(f"{path}: this is a folder; name the model file in it.")
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            raise ModelError(f"{path}: this is a pipe or a device; name a model file.")
        if status.st_size > MAX_BYTES:
            raise ModelError(
                f"{path}: this file has more than {MAX_BYTES // 1_000_000} MB, and a network for "
                "digits needs a few: is it another file?"
            )
        with path.open("rb") as file:
            start = file.read(64)
    except FileNotFoundError:
        raise ModelError(
            f"{path}: there is no such model file; 'train --output' writes one."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: the model file can't be read ({reason}).") from None
    if start.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"{path}: this stands for a file that Git LFS keeps elsewhere: run 'git lfs pull'."
        )
