"""The conventions that every notebook of the series keeps, as functions that list the breaches.

nbval runs the cells; these look at what is stored. They are functions apart from the tests, so that
the tests can also show that a notebook that breaks a convention is found out.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import nbformat
from nbformat import NotebookNode

from helpers.authoring.links import CELL_ID
from helpers.authoring.notebooks import stored_form
from helpers.authoring.pytest_plugin import FASHION_TAG
from helpers.authoring.run import MEASURED_TIMES

CHECK_TAG = "nbval-check-output"
KNOWN_TAGS = {CHECK_TAG, CELL_ID, FASHION_TAG, "raises-exception", "solution", "setup"}
EXERCISE_TAG = re.compile(r"exercise-\d+\.\d+")

MOST_STATEMENTS = 12
MOST_STATEMENTS_AT_THE_MEDIAN = 5
MOST_SECONDS = 180
MOST_SECONDS_OF_A_CELL = 60
# The header's time is an estimate for somebody else's machine.
MOST_TIMES_OFF = 2
LEAST_COMPARED = 0.5
FEWEST_ASSERTIONS = 3

MACHINE_PATH = re.compile(
    r"(?<![\w.])/(home|root|Users|tmp|work|usr|opt|var|mnt|content|private)/\w"
    r"|[A-Z]:\\\\?\w|site-packages|\.venv\b|<ipython-input|ipykernel_\d"
)
WARNING = re.compile(r"\b(?!NoWarning)\w*Warning\b|\bWARNING\b|\bdeprecated\b", re.IGNORECASE)
MEMORY_ADDRESS = re.compile(r" at 0x[0-9a-f]{6,}")
NUMPY_REPR = re.compile(r"\bnp\.(float|int|uint|bool|str)\w*\(")
NBVAL_COMMENT = re.compile(r"#\s*(NBVAL_|PYTEST_VALIDATE)")
RELATIVE_PATH = re.compile(r"^\.{1,2}/|^(images|models|benchmarks|notebooks)/")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def shows_something(cell: NotebookNode) -> bool:
    """Tell whether a cell prints or returns anything, a picture included."""
    return bool(cell.outputs)


def is_compared(cell: NotebookNode) -> bool:
    return CHECK_TAG in cell.metadata.get("tags", [])


def output_texts(cell: NotebookNode) -> Iterator[str]:
    """Yield all text among a cell's outputs."""
    for output in cell.outputs:
        yield output.get("text", "")
        yield "\n".join([*output.get("traceback", []), output.get("evalue", "")])
        for kind, content in output.get("data", {}).items():
            if kind.startswith("text/") and isinstance(content, str):
                yield content


def breaches_of_format(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """The file is valid and in the form that ``python -m helpers run --store`` writes."""
    try:
        nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        yield f"is not valid: {error.message}"
        return
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield f"has format {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5"
    ids = [cell.get("id") for cell in notebook.cells]
    if len(set(ids)) < len(ids):
        yield "has two cells with the same id"
    if path.read_text(encoding="utf-8") != stored_form(notebook):
        yield "is not in its stored form (sorted keys, only tags as metadata): run `make store`"


def breaches_of_execution(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """Every cell was executed once, in order, in a clean kernel, and its outputs were kept."""
    cells = code_cells(notebook)
    counts = [cell.execution_count for cell in cells]
    if counts != list(range(1, len(cells) + 1)):
        yield f"has execution counts {counts}, not 1, 2, 3 and so on"
    if not any(shows_something(cell) for cell in cells):
        yield "is stored without outputs"
    for number, cell in enumerate(cells, start=1):
        if is_compared(cell) and not shows_something(cell):
            yield f"cell {number} is to be compared, but stored without output"
        calls = {ast.unparse(node.func) for node in _calls_of_their_own(cell.source)}
        if calls & {"print", "display", "plt.show"} and not shows_something(cell):
            yield f"cell {number} prints or draws, but is stored without output"


def _calls_of_their_own(source: str) -> Iterator[ast.Call]:
    """Yield the calls that are statements of a cell, and not part of one."""
    for node in syntax_tree(source).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            yield node.value


def breaches_of_cleanliness(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """Nothing is stored that belongs to a machine or a moment, and no warning nobody reads."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        may_raise = "raises-exception" in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} has standard error: {output.text[:60]!r}"
            if output.output_type == "error" and not may_raise:
                yield f"cell {number} is stored with an error: {output.ename}"
        for text in output_texts(cell):
            for what, pattern in (
                ("a path of a machine", MACHINE_PATH),
                ("a warning", WARNING),
                ("a memory address", MEMORY_ADDRESS),
                ("the representation of a NumPy scalar", NUMPY_REPR),
            ):
                if match := pattern.search(text):
                    yield f"cell {number} shows {what}: {text[max(0, match.start() - 30) :][:80]!r}"


def breaches_of_metadata(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """Cells carry no timing, and only markers that do what they seem to do."""
    for number, cell in enumerate(notebook.cells, start=1):
        unknown_keys = set(cell.metadata) - {"tags"}
        tags = set(cell.metadata.get("tags", []))
        unknown_tags = {tag for tag in tags - KNOWN_TAGS if not EXERCISE_TAG.fullmatch(tag)}
        if unknown_keys or unknown_tags:
            yield f"cell {number} of all carries {sorted(unknown_keys | unknown_tags)}"
        if cell.cell_type == "code" and NBVAL_COMMENT.search(cell.source):
            yield f"cell {number} of all has a comment for nbval; only tags are used here"


def statements(source: str) -> list[ast.stmt]:
    """Return the statements of a cell that a reader has to follow: no imports, no assertions."""
    apart = (ast.Assert, ast.Import, ast.ImportFrom)
    return [node for node in syntax_tree(source).body if not isinstance(node, apart)]


def syntax_tree(source: str) -> ast.Module:
    lines = source.splitlines()
    return ast.parse("\n".join("pass" if line[:1] in {"%", "!", "?"} else line for line in lines))


def breaches_of_readability(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """Short cells of plain code, with the arguments of Keras's calls written out."""
    cells = code_cells(notebook)
    counts = [len(statements(cell.source)) for cell in cells]
    if median(counts) > MOST_STATEMENTS_AT_THE_MEDIAN:
        yield f"has {median(counts)} statements in its middle cell"
    for number, (cell, count) in enumerate(zip(cells, counts, strict=True), start=1):
        if count > MOST_STATEMENTS:
            yield f"cell {number} has {count} statements; {MOST_STATEMENTS} are the most"
        for what in dict.fromkeys(_puzzles(syntax_tree(cell.source))):
            yield f"cell {number} has {what}"


def _puzzles(tree: ast.Module) -> Iterator[str]:
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    for node in ast.walk(tree):
        if isinstance(node, comprehensions):
            inner = [child for child in ast.walk(node) if child is not node]
            if any(isinstance(child, comprehensions) for child in inner):
                yield "a comprehension inside another"
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "mnist.source":
            yield "mnist.source, which is the business of the tests"
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Tuple)
            and isinstance(node.value, ast.Tuple)
        ):
            yield "two assignments in a line"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _puzzles_of_call(node, node.func.attr)


def _puzzles_of_call(call: ast.Call, method: str) -> Iterator[str]:
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    if method == "format" and starred:
        yield ".format(*…)"
    if method in {"compile", "fit"} and any(keyword.arg is None for keyword in call.keywords):
        yield f"{method}(**…), which hides its arguments"
    if method == "compile" and call.args:
        yield "compile with arguments that have no name"


def breaches_of_portability(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """No file is found only from the folder in which the notebook usually runs."""
    for number, cell in enumerate(code_cells(notebook), start=1):
        if CELL_ID in cell.metadata.get("tags", []):
            continue  # where it runs, there are no helpers yet
        for node in ast.walk(syntax_tree(cell.source)):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and RELATIVE_PATH.match(text):
                yield f"cell {number} names {text!r}; begin with a folder of helpers.paths"


def breaches_of_comparison(notebook: NotebookNode, _: Path) -> Iterator[str]:
    """At least half of the cells that show something are compared; assertions hold the rest."""
    showing = [cell for cell in code_cells(notebook) if shows_something(cell)]
    compared = sum(is_compared(cell) for cell in showing)
    if not showing or compared < LEAST_COMPARED * len(showing):
        yield f"has {compared} of {len(showing)} cells that show something compared"
    assertions = sum(
        line.lstrip().startswith("assert ")
        for cell in code_cells(notebook)
        for line in cell.source.splitlines()
    )
    if assertions < FEWEST_ASSERTIONS:
        yield f"has only {assertions} assertions"


def breaches_of_header(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """The first cell says what comes, the last one where to go; every link leads somewhere."""
    first, last = notebook.cells[0], notebook.cells[-1]
    expected = {
        "a title": r"^# \d+ · ",
        "the question": r"\*\*The question",
        "three or four goals": r"(?s)^1\. .*^2\. .*^3\. ",
        "what the reader needs": r"\*\*You need",
        "the running time": r"(?s)\*\*Time\.?\*\*.*\d+\s+(seconds|minutes?)\s+to\s+run",
        "the time in class": r"\d+\s+minutes\s+in\s+class",
        "a link to Colab": r"https://colab\.research\.google\.com/",
    }
    for what, pattern in expected.items():
        if first.cell_type != "markdown" or not re.search(pattern, first.source, re.MULTILINE):
            yield f"does not begin with {what}"
    running_time = re.search(r"(\d+)\s+(second|minute)s?\s+to\s+run", first.source)
    if running_time:
        seconds = int(running_time[1]) * (60 if running_time[2] == "minute" else 1)
        if seconds > MOST_SECONDS:
            yield f"takes {seconds} seconds; {MOST_SECONDS} are the most"
        yield from breaches_of_time(path, seconds)
    neighbours = _neighbours(path)
    for cell, place in ((first, "first"), (last, "last")):
        for neighbour in neighbours:
            if f"({neighbour})" not in cell.source:
                yield f"has no link to {neighbour} in its {place} cell"
    for link in _local_links(notebook):
        if not (path.parent / link).exists():
            yield f"links to {link}, which is not there"


def breaches_of_time(path: Path, promised: int) -> Iterator[str]:
    """The header's time is what `make store` measured, and no cell keeps a class waiting.

    A notebook that was never executed alone on a quiet machine has no entry; the guide says so.
    """
    measured = json.loads(MEASURED_TIMES.read_text(encoding="utf-8")).get(path.stem)
    if measured is None:
        return
    seconds = measured["seconds"]
    if not seconds / MOST_TIMES_OFF <= promised <= seconds * MOST_TIMES_OFF:
        yield f"promises {promised} seconds, and took {seconds}"
    if seconds > MOST_SECONDS:
        yield f"took {seconds} seconds; {MOST_SECONDS} are the most"
    if measured["slowest_cell_seconds"] > MOST_SECONDS_OF_A_CELL:
        yield f"has a cell that took {measured['slowest_cell_seconds']} seconds"


def _neighbours(path: Path) -> list[str]:
    names = sorted(file.name for file in path.parent.glob("[0-9][0-9]_*.ipynb"))
    here = names.index(path.name)
    return names[max(0, here - 1) : here] + names[here + 1 : here + 2]


def _local_links(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for target in LINK.findall(cell.source):
                address = target.split("#")[0]
                if address and not re.match(r"[a-z]+:", address):
                    yield address


CONVENTIONS: dict[str, Callable[[NotebookNode, Path], Iterator[str]]] = {
    "format": breaches_of_format,
    "execution": breaches_of_execution,
    "cleanliness": breaches_of_cleanliness,
    "metadata": breaches_of_metadata,
    "readability": breaches_of_readability,
    "portability": breaches_of_portability,
    "comparison": breaches_of_comparison,
    "header": breaches_of_header,
}
