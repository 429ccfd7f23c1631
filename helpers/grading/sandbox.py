"""A folder for one student's code: the series as a student has it, but without the answers."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from helpers.paths import PROJECT_FOLDER

# What the kernel must not see, where it can be hidden; .venv, which it needs, is not among them.
HIDDEN = (".git", "build", "helpers", "notebooks", "tests")
# Other programs listen there, on sockets that are files: Docker, the keys of ssh.
_SOCKETS = Path("/run")
_TEMPORARY = Path("/tmp")

_PACKAGE = PROJECT_FOLDER / "helpers"
# What exercises need to call a student's function, none of which knows an answer.
_WITHOUT_ANSWERS = ("functions.py", "kinds.py", "running.py")
_CASES = "cases"

# From the environment of whoever grades, students' code gets what Python needs to start, no more.
_KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "SYSTEMROOT",
    "MNIST_NPZ",
    "FASHION_MNIST_NPZ",
    "MNIST_SOURCE",
    "TF_CPP_MIN_LOG_LEVEL",
)


@dataclass(frozen=True)
class Sandbox:
    """The folders of one student.

    Attributes:
        folder: holds all the others; nothing else can be written, where files are protected.
        answers: where answers go as plain data.
        notebooks: the folder in which cells run.
        solutions: the folder in which the statements of the notebook of solutions run.
        connection: the file that says how to reach the kernel.
    """

    folder: Path

    @property
    def answers(self) -> Path:
        """See the class."""
        return self.folder / "answers"

    @property
    def notebooks(self) -> Path:
        """See the class."""
        return self.folder / "series" / "notebooks"

    @property
    def solutions(self) -> Path:
        """See the class."""
        return self.notebooks / "solutions"

    @property
    def connection(self) -> Path:
        """See the class."""
        return self.folder / "k.json"

    def environment(self) -> Mapping[str, str]:
        """Return the environment variables of the kernel."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        home = str(self.folder / "home")
        return {
            **kept,
            "HOME": home,
            "USERPROFILE": home,
            "TMPDIR": str(self.folder / "tmp"),
            "TEMP": str(self.folder / "tmp"),
            "IPYTHONDIR": str(self.folder / "home" / "ipython"),
            "MPLCONFIGDIR": str(self.folder / "home" / "matplotlib"),
            "MPLBACKEND": "agg",
            "HELPERS_BUILD": str(self.folder / "build"),
            "PYTHONPATH": str(self.folder / "series"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
        }

    def specification(self, command: list[str], isolated: bool, hidden: list[Path]) -> Path:
        """Write down, for ``isolation``, what is to be started; return the file.

        It lies where students' code can't write: it could turn it into a link to another file.
        """
        path = self.folder.parent / "start.json"
        content = {
            "command": command,
            "writable": str(self.folder),
            "folder": str(self.notebooks),
            "hidden": [str(each) for each in hidden],
            "fresh": [str(each) for each in fresh_folders(self.folder.parent.parent)],
            "isolated": isolated,
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


def make_series(folder: Path) -> None:
    """Copy what lessons use into ``folder/series``, without exercises' answers."""
    series = folder / "series"
    leave_out = shutil.ignore_patterns("exercises", "__pycache__", "static")
    shutil.copytree(_PACKAGE, series / "helpers", ignore=leave_out)
    exercises = series / "helpers" / "exercises"
    exercises.mkdir()
    for name in _WITHOUT_ANSWERS:
        shutil.copy(_PACKAGE / "exercises" / name, exercises)
    shutil.copy(_PACKAGE / "grading" / "desk.py", exercises / "__init__.py")
    shutil.copytree(_PACKAGE / "web" / "static", series / "helpers" / "web" / "static")
    for name in ("models", "images"):
        shutil.copytree(PROJECT_FOLDER / name, series / name)
    results = PROJECT_FOLDER / "benchmarks" / "results"
    shutil.copytree(results, series / "benchmarks" / "results")
    (series / "notebooks" / "solutions").mkdir(parents=True)


def make_sandbox(folder: Path, template: Path, cases: Path) -> Sandbox:
    """Make the folders of one student.

    Args:
        folder: where; it is created.
        template: a folder in which ``make_series`` has worked.
        cases: the arguments for students' functions, of ``judge.write_cases``.
    """
    sandbox = Sandbox(folder)
    shutil.copytree(template / "series", folder / "series")
    for name in ("home", "tmp", "build"):
        (folder / name).mkdir()
    shutil.copytree(cases, sandbox.answers / _CASES)
    _copy_font_list(folder / "home" / "matplotlib")
    return sandbox


def _copy_font_list(folder: Path) -> None:
    """Spare every kernel the search for fonts, which takes seconds."""
    from matplotlib import get_cachedir

    folder.mkdir(parents=True)
    for path in Path(get_cachedir()).glob("fontlist*.json"):
        shutil.copy(path, folder)


def hidden_folders(handed_in: Path) -> list[Path]:
    """Return what students' code must not see: the answers, and what others handed in."""
    answers = [PROJECT_FOLDER / name for name in HIDDEN]
    return [each for each in (*answers, handed_in.resolve(), _SOCKETS) if not _is_needed(each)]


def fresh_folders(room: Path) -> list[Path]:
    """Return what is empty and writable for every program that is shut in.

    Args:
        room: the folder that holds the sandboxes of all students.
    """
    return [each for each in (_TEMPORARY, room) if not _is_needed(each)]


def _is_needed(folder: Path) -> bool:
    """Tell whether something lies in a folder without which no kernel and no judge starts."""
    data = [os.environ[name] for name in ("MNIST_NPZ", "FASHION_MNIST_NPZ") if os.environ.get(name)]
    needed = [str(PROJECT_FOLDER), sys.prefix, sys.base_prefix, sys.executable, *data]
    both = [form for path in map(Path, needed) for form in (path.absolute(), path.resolve())]
    return any(folder in (path, *path.parents) for path in both)
