"""From a picture file to the digits in it, in the order in which notebook 6 tells it.

A name is loaded when it is first used, so that ``import helpers.pictures`` costs nothing.
"""

# ruff: noqa: F401 - these imports only tell a type checker what the names are

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.pictures.files import PictureError, read_picture
    from helpers.pictures.ink import Ink, ink_contrast, paper_brightness, paper_of_two_levels
    from helpers.pictures.marks import find_marks, join_near_marks, lines_of_text, only_line
    from helpers.pictures.page import Box, Mark, Page
    from helpers.pictures.pipeline import find_page
    from helpers.pictures.reading import DigitReading, Reading
    from helpers.pictures.recognizer import CONFIDENT, Recognizer
    from helpers.pictures.ruled_lines import erase_ruled_lines, find_ruled_lines
    from helpers.pictures.segmentation import candidates_of_line, digit_image
    from helpers.pictures.touching import cut_wide_marks, find_cuts

# The story: a file is decoded, ink told from paper, ruling erased, the ink sorted into marks and
# lines, marks are cut and joined into digits, and the network judges them.
_NAMES_OF = {
    "files": ("PictureError", "read_picture"),
    "ink": ("Ink", "ink_contrast", "paper_brightness", "paper_of_two_levels"),
    "ruled_lines": ("erase_ruled_lines", "find_ruled_lines"),
    "page": ("Box", "Mark", "Page"),
    "marks": ("find_marks", "join_near_marks", "lines_of_text", "only_line"),
    "pipeline": ("find_page",),
    "touching": ("cut_wide_marks", "find_cuts"),
    "segmentation": ("candidates_of_line", "digit_image"),
    "reading": ("DigitReading", "Reading"),
    "recognizer": ("CONFIDENT", "Recognizer"),
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names}

__all__ = list(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'helpers.pictures' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"helpers.pictures.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the names too, so that completion in Jupyter finds them."""
    return sorted({*globals(), *__all__})
