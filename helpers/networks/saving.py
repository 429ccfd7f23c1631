"""A trained network as one file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.errors import ModelError
from helpers.paths import replaced_when_whole

if TYPE_CHECKING:
    import keras


def check_can_save(path: Path) -> None:
    """Find out before a long training whether its result can be saved.

    Raises:
        ModelError: the name does not end in .keras, or its folder is missing or not writable.
    """
    if path.suffix != ".keras":
        raise ModelError(f"{path}: the name of a model file must end in .keras.")
    folder = path.absolute().parent
    if not os.path.isdir(folder):
        raise ModelError(f"{path}: there is no folder {folder} to save in; make it first.")
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(
            f"{path}: cannot be written ({reason}); choose another name or folder."
        ) from None
    if is_folder or not os.access(folder, os.W_OK):
        raise ModelError(f"{path}: cannot be written; choose another name or folder.")


def save_for_prediction(model: keras.Model, path: Path) -> None:
    """Save a network without its optimiser, a third of the size: enough to predict, not to go on.

    Raises:
        ModelError: the file can't be written; the one that was there is untouched.
    """
    check_can_save(path)
    # Not clone_model: that copies the optimiser too.
    bare = model.__class__.from_config(model.get_config())
    bare.set_weights(model.get_weights())
    try:
        with replaced_when_whole(path) as unfinished:
            bare.save(unfinished)
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be written ({error.strerror or error}); "
            "make room for it, or choose another name or folder."
        ) from error
