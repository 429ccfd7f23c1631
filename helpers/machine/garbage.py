"""Python's garbage collector, where it would only be in the way."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def left_alone() -> Iterator[None]:
    """Let the collector rest, for imports: they make much and drop little.

    Looking through it again and again takes a tenth of the start of ``serve``. What there is
    afterwards counts as there for good.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
