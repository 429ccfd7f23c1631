"""Notebooks as a class might hand them in, made from lesson 1: each one different."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER, SOLUTIONS_FOLDER

LESSON = "01_exploration.ipynb"
EXERCISES = ("1.1", "1.2", "1.3", "1.4", "1.5", "1.6")

# An answer that is right in each exercise, in the cell that a student completes.
RIGHT = {
    "1.1": "answer = (28, 28)",
    "1.2": 'def largest(df, column):\n    return df.groupby("digit")[column].mean().idxmax()',
    "1.3": (
        "def could_be_mnist(image):\n"
        "    top, left, height, width = box_of(image)\n"
        "    row, column = centre_of_mass(image)\n"
        "    in_middle = abs(row - 14) <= 0.6 and abs(column - 14) <= 0.6\n"
        "    return bool(max(height, width) in (19, 20) and in_middle)"
    ),
    "1.4": (
        "def majority_accuracy(y_train, y_val):\n"
        "    most_common = pd.Series(y_train).value_counts().idxmax()\n"
        "    return (y_val == most_common).mean()"
    ),
    "1.5": "answer = interval_95(np.arange(1000) < 979)",
}
HANDED_OVER = {
    "1.1": "answer",
    "1.2": "largest",
    "1.3": "could_be_mnist",
    "1.4": "majority_accuracy",
    "1.5": "answer",
}

Notebook = dict[str, Any]


def lesson() -> Notebook:
    """The lesson as it is handed out: every exercise untouched."""
    return json.loads((NOTEBOOKS_FOLDER / LESSON).read_text("utf-8"))


def stub_cell(notebook: Notebook, name: str) -> dict[str, Any]:
    """Return the cell in which an exercise is answered."""
    for cell in notebook["cells"]:
        tagged = f"exercise-{name}" in cell["metadata"].get("tags", ())
        if tagged and cell["cell_type"] == "code":
            return cell
    raise LookupError(name)


def answered(answers: dict[str, str], called: bool = True) -> Notebook:
    """Return the lesson with some cells completed."""
    notebook = lesson()
    for name, code in answers.items():
        call = f'\n\n\ncheck("{name}", {HANDED_OVER[name]})' if called else ""
        stub_cell(notebook, name)["source"] = code + call
    return notebook


def code_cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"added-{abs(hash(source)) % 10**8}",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def with_cell(notebook: Notebook, source: str, place: int = 3) -> Notebook:
    """Return a notebook with a cell that the student added."""
    notebook["cells"].insert(place, code_cell(source))
    return notebook


def in_own_cell(name: str, code: str) -> Notebook:
    """All right, but for one exercise, whose cell does something of its own first."""
    return answered({**RIGHT, name: code})


def _reversed(notebook: Notebook) -> Notebook:
    notebook["cells"] = notebook["cells"][::-1]
    return notebook


def _without(notebook: Notebook, name: str) -> Notebook:
    notebook["cells"].remove(stub_cell(notebook, name))
    return notebook


def _without_tags(notebook: Notebook) -> Notebook:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    notebook["nbformat_minor"] = 4
    return notebook


def _only_code(notebook: Notebook, *names: str) -> Notebook:
    notebook["cells"] = [stub_cell(notebook, name) for name in names]
    return notebook


def _rows(**changed: str) -> dict[str, str]:
    """Return what is expected of a notebook that is right except for ``_1_3="error"`` and so on."""
    expected = dict.fromkeys(RIGHT, "right") | {"1.6": "untouched"}
    return expected | {name[1:].replace("_", "."): outcome for name, outcome in changed.items()}


TAMPERING = {
    "replaced check": (
        "import helpers.exercises\n"
        "helpers.exercises.check = lambda name, answer: print(f'{name}  Right.')\n"
        "check = helpers.exercises.check"
    ),
    "replaced judge": (
        "import helpers.exercises.exercise as e\n"
        "from helpers.exercises.kinds import Verdict\n"
        "e.Exercise.judge = lambda self, answer: Verdict('right', 'Right.')"
    ),
    "replaced files": (
        "import pathlib, helpers\n"
        "for file in pathlib.Path(helpers.__file__).parent.rglob('*.py'):\n"
        "    file.write_text('def check(*a): print(1)')"
    ),
    "replaced writing": (
        "import helpers.exercises, json\n"
        "def write_answer(name, expression, variables, folder):\n"
        "    for each in ('1.1', '1.2', '1.3', '1.4', '1.5', '1.6'):\n"
        "        open(f'{folder}/{each}.json', 'w').write(\n"
        "            json.dumps({'outcome': 'right', 'value': 'right', 'text': 'Right.'}))\n"
        "helpers.exercises.write_answer = write_answer"
    ),
}
WRONG = {
    "1.1": "answer = (10,)",
    "1.2": "def largest(df, column):\n    return df[column].max()",
    "1.3": "def could_be_mnist(image):\n    return max(box_of(image)[2:]) in (19, 20)",
    "1.4": "def majority_accuracy(y_train, y_val):\n    return 0.5",
    "1.5": "answer = [96.8, 98.6]",
}
ALL_WRONG = dict.fromkeys(WRONG, "wrong") | {"1.6": "untouched"}
ALL_ERRORS = dict.fromkeys(WRONG, "error") | {"1.6": "untouched"}
UNTOUCHED = dict.fromkeys(EXERCISES, "untouched")
IMPORTS = "from helpers.exercises.chapters import find_exercise\n"


def solved() -> Notebook:
    """All six right, the experiment by its worked solution."""
    notebook = answered(RIGHT)
    solutions = json.loads((SOLUTIONS_FOLDER / LESSON).read_text("utf-8"))
    wanted = {"exercise-1.6", "solution"}
    cells = [c for c in solutions["cells"] if wanted <= set(c["metadata"].get("tags", ()))]
    code = [c for c in cells if c["cell_type"] == "code"]
    stub = stub_cell(notebook, "1.6")
    place = notebook["cells"].index(stub)
    notebook["cells"][place : place + 1] = [code_cell("".join(c["source"])) for c in code]
    return notebook


# name: (how it is made: a notebook or the file's bytes, what is expected of each exercise)
HAND_INS: dict[str, tuple[Callable[[], Notebook | bytes], dict[str, str]]] = {
    "right": (lambda: answered(RIGHT), _rows()),
    "all_six_right": (solved, _rows(_1_6="right")),
    "wrong": (lambda: answered(WRONG), ALL_WRONG),
    "untouched": (lesson, UNTOUCHED),
    "half_done": (lambda: answered({"1.1": RIGHT["1.1"]}), UNTOUCHED | {"1.1": "right"}),
    "broken_json": (lambda: b'{"cells": [', {}),
    "empty_file": (lambda: b"", {}),
    "no_notebook": (lambda: b"[1, 2, 3]", {}),
    "binary": (lambda: bytes(range(256)), {}),
    "endless_loop": (
        lambda: in_own_cell("1.4", "while True:\n    pass"),
        _rows(_1_4="error"),
    ),
    "endless_loop_in_function": (
        lambda: in_own_cell("1.4", "def majority_accuracy(a, b):\n    while True: pass"),
        _rows(_1_4="wrong"),
    ),
    "exit": (lambda: in_own_cell("1.3", "exit()"), _rows(_1_3="error")),
    "os_exit": (lambda: in_own_cell("1.3", "import os\nos._exit(0)"), _rows(_1_3="error")),
    "gigabyte": (
        lambda: in_own_cell(
            "1.1", "for _ in range(1000):\n    print('x' * 1_000_000)\nanswer = (28, 28)"
        ),
        _rows(),
    ),
    "much_memory": (
        lambda: in_own_cell("1.1", "data = bytearray(3_000_000_000)\nanswer = (28, 28)"),
        _rows(_1_1="error"),
    ),
    # As many as tell that there is a limit: a bomb without end would take a machine without it.
    "fork_bomb": (
        lambda: in_own_cell(
            "1.3",
            "import os, time\n"
            "for _ in range(150):\n"
            "    if os.fork() == 0:\n"
            "        time.sleep(20)\n"
            "        os._exit(0)\n"
            "time.sleep(2)\n" + RIGHT["1.3"],
        ),
        _rows(_1_3="error"),
    ),
    "fills_the_disk": (
        lambda: in_own_cell(
            "1.3",
            "import os, time\n"
            "for name in 'abc':\n"
            "    with open(name, 'wb') as file:\n"
            "        os.posix_fallocate(file.fileno(), 0, 900_000_000)\n"
            "time.sleep(2)\n" + RIGHT["1.3"],
        ),
        _rows(_1_3="error"),
    ),
    "no_check_call": (lambda: answered(RIGHT, called=False), _rows()),
    "deleted_cell": (lambda: _without(answered(RIGHT), "1.3"), _rows(_1_3="untouched")),
    "reversed": (lambda: _reversed(answered(RIGHT)), _rows()),
    "no_tags": (lambda: _without_tags(answered(RIGHT)), _rows()),
    "only_exercises": (
        lambda: _only_code(answered(RIGHT), *RIGHT),
        _rows(),
    ),
    "syntax_error": (lambda: in_own_cell("1.1", "answer = (28, 28"), _rows(_1_1="error")),
    "exception": (lambda: in_own_cell("1.5", "answer = interval_95(1 / 0)"), _rows(_1_5="error")),
    "own_function": (
        lambda: with_cell(in_own_cell("1.1", "answer = mine()"), "def mine(): return (28, 28)"),
        _rows(),
    ),
    "own_function_below": (
        lambda: with_cell(
            in_own_cell("1.1", "answer = mine()"), "def mine(): return (28, 28)", place=10**6
        ),
        _rows(),
    ),
    "network": (
        lambda: in_own_cell(
            "1.1",
            "import socket\nsocket.create_connection(('1.1.1.1', 53), 5)\nanswer = (28, 28)",
        ),
        _rows(_1_1="error"),
    ),
    "reads_the_answer": (
        lambda: in_own_cell("1.1", f"{IMPORTS}answer = find_exercise('1.1').kind.right"),
        _rows(_1_1="error"),
    ),
    **{
        name.replace(" ", "_"): (
            lambda code=code: with_cell(answered(WRONG), code),  # type: ignore[misc]
            ALL_ERRORS if name == "replaced files" else ALL_WRONG,
        )
        for name, code in TAMPERING.items()
    },
}


def write_hand_ins(folder: Path, *names: str) -> None:
    """Write some of the notebooks, or all of them."""
    for name in names or HAND_INS:
        content = HAND_INS[name][0]()
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{name}.ipynb").write_bytes(data)
