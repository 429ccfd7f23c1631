"""The base class of all errors that are written for people, and one that several rooms raise."""


class UserError(Exception):
    """Something the user can put right; its text is one sentence that says what and how.

    Commands print the sentence and end with exit status 1. A subclass per subject tells them apart.
    """


class ModelError(UserError):
    """A trained network cannot be loaded or saved; the message says which file and why."""
