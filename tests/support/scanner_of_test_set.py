"""Find code in a notebook that touches the test set.

The whole point of a test set is that nobody has looked at it before the end. The scanner reads the
syntax tree of all code cells, so that prose and comments may speak of the test set.

What is allowed is listed, not what is forbidden: the data set is bound to a name, ``x_train``,
``y_train`` and ``source`` are read from it, and it is handed to the two helpers that only count.
"""

import ast
import re
from collections.abc import Iterator

ALLOWED_ATTRIBUTES = {"x_train", "y_train", "source"}
ALLOWED_FUNCTIONS = {"split_summary", "class_distribution"}
FORBIDDEN_NAMES = {"x_test", "y_test"}

# Other roads to the same images.
FORBIDDEN_IMPORTS = re.compile(
    r"^(keras|tensorflow\.keras|tf_keras)(\.src)?\.datasets\b|^tensorflow_datasets\b|^torchvision\b"
    r"|^mlxtend\.data\b|^datasets\b|^helpers\.data\._|^helpers\.machine\b|^helpers\.training\.train(_command)?$"
    r"|^helpers\.authoring\b|^(numpy|sklearn\.datasets)\.(load|loadtxt|memmap|fromfile|fetch_openml)$"
)
FORBIDDEN_BUILTINS = {"exec", "eval", "compile", "__import__"}
FORBIDDEN_CALLS = {
    "import_module",
    "fetch_openml",
    "mnist_data",
    "measure_recorded",
    "train_command",
    "run_path",
    "run_module",
}
NUMPY_READERS = {"load", "memmap", "fromfile", "loadtxt", "genfromtxt", "open_memmap"}
FORBIDDEN_TEXTS = re.compile(r"x_test|y_test|MNIST_NPZ|mnist\.npz|t10k-|-m helpers|datasets")


def touches_of_test_set(cells: list[str]) -> list[str]:
    """Return a sentence for each place in the code cells that touches the test set.

    Args:
        cells: the source of each code cell, in order.
    """
    trees: list[tuple[int, ast.Module]] = []
    found = []
    for number, source in enumerate(cells, start=1):
        code, magics = _without_magics(source)
        found += [f"cell {number}: {line.strip()}" for line in magics if _is_suspicious(line)]
        trees.append((number, ast.parse(code)))
    loaders = {"load_mnist"} | {name for _, tree in trees for name in _aliases_of_loader(tree)}
    holders = {name for _, tree in trees for name in _names_bound_to_data(tree, loaders)}
    for number, tree in trees:
        found += [
            f"cell {number}, line {node.lineno}: {ast.unparse(node)[:80]}"
            for node in _offending_nodes(tree, loaders, holders)
        ]
    return found


def _without_magics(source: str) -> tuple[str, list[str]]:
    """Split a cell into Python and the lines that only IPython understands."""
    lines = source.splitlines()
    if lines and lines[0].startswith("%%"):
        return "", lines
    magics = [line for line in lines if re.match(r"\s*[%!?]|.*\?$", line)]
    kept = ["pass" if line in magics else line for line in lines]
    return "\n".join(kept), magics


def _is_suspicious(magic: str) -> bool:
    if re.fullmatch(r"\??[\w.]+\?{0,2}", magic.strip()):  # asks for help, and runs nothing
        return False
    return bool(FORBIDDEN_TEXTS.search(magic)) or bool(re.search(r"mnist|helpers|%run", magic))


def _is_call_of(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func) in names


def _last_name(node: ast.AST) -> str:
    """Return ``c`` for ``a.b.c`` and for ``c``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _aliases_of_loader(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (a.asname for a in node.names if a.name == "load_mnist" and a.asname)


def _names_bound_to_data(tree: ast.Module, loaders: set[str]) -> Iterator[str]:
    """Yield the names in plain assignments of a freshly loaded data set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_call_of(node.value, loaders):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif (
            isinstance(node, ast.AnnAssign)
            and node.value is not None
            and _is_call_of(node.value, loaders)
            and isinstance(node.target, ast.Name)
        ):
            yield node.target.id


def _offending_nodes(
    tree: ast.Module, loaders: set[str], holders: set[str]
) -> Iterator[ast.expr | ast.stmt | ast.pattern]:
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.pattern) and (
            _names_the_test_set(node)
            or _opens_another_road(node)
            or _leaks_the_loader(node, parents, loaders)
            or _leaks_the_data(node, parents, loaders, holders)
        ):
            yield node


def _names_the_test_set(node: ast.AST) -> bool:
    """Tell whether a name, an attribute, a keyword or a text is that of the test set."""
    return (
        (isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_NAMES)
        or (isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES)
        or (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str | bytes)
            and bool(FORBIDDEN_TEXTS.search(str(node.value)))
        )
        or (isinstance(node, ast.MatchClass) and bool(FORBIDDEN_NAMES & set(node.kwd_attrs)))
    )


def _opens_another_road(node: ast.AST) -> bool:
    """Tell whether something loads MNIST other than by ``load_mnist``."""
    if isinstance(node, ast.Import):
        return any(FORBIDDEN_IMPORTS.search(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return any(FORBIDDEN_IMPORTS.search(f"{node.module}.{alias.name}") for alias in node.names)
    if isinstance(node, ast.Attribute):
        base = ast.unparse(node.value)
        return (
            (node.attr == "datasets" and base.split(".")[-1] in {"keras", "tf", "tensorflow"})
            or (node.attr in NUMPY_READERS and base in {"np", "numpy", "np.lib.format"})
            or (node.attr == "train" and base.split(".")[-1] == "training")
            or (node.attr.startswith("_load") and base.split(".")[-1] == "data")
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in FORBIDDEN_BUILTINS | FORBIDDEN_CALLS
    return isinstance(node, ast.Call) and _last_name(node.func) in FORBIDDEN_CALLS


def _leaks_the_loader(node: ast.AST, parents: dict[ast.AST, ast.AST], loaders: set[str]) -> bool:
    """Tell whether ``load_mnist`` is used in another way than by calling it."""
    if not isinstance(node, ast.Name | ast.Attribute) or _last_name(node) not in loaders:
        return False
    parent = parents[node]
    return not (isinstance(parent, ast.Call) and parent.func is node)


def _leaks_the_data(
    node: ast.AST, parents: dict[ast.AST, ast.AST], loaders: set[str], holders: set[str]
) -> bool:
    """Tell whether the data set is used in a way that may reach the test images."""
    is_fresh = _is_call_of(node, loaders)
    is_held = isinstance(node, ast.Name) and node.id in holders and isinstance(node.ctx, ast.Load)
    if not is_fresh and not is_held:
        return False
    parent = parents[node]
    if isinstance(parent, ast.Attribute):
        return parent.attr not in ALLOWED_ATTRIBUTES
    if isinstance(parent, ast.Call) and node in parent.args:
        return _last_name(parent.func) not in ALLOWED_FUNCTIONS
    if is_fresh and isinstance(parent, ast.Assign):
        return not all(isinstance(target, ast.Name) for target in parent.targets)
    if is_fresh and isinstance(parent, ast.AnnAssign):
        return not isinstance(parent.target, ast.Name)
    return True
