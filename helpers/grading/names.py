"""Which names some code defines, uses, and may change by calling methods; without running it."""

import ast
import contextlib
import re
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

LARGEST_SOURCE = 1_000_000
# What Python and IPython raise for code that they can't read, or that is too long or nested for it.
_NO_SYNTAX = (SyntaxError, ValueError, RuntimeError, MemoryError)

# Methods that change what they belong to although their result is kept, and such as only show it.
_CHANGING = {"adapt", "build", "compile", "fit", "fit_transform", "pop", "train_on_batch"}
_SHOWING = {"describe", "head", "plot", "predict", "savefig", "show", "summary", "tail"}
# IPython's commands that run the code after them.
_MEASURING = re.compile(r"^%%?(capture|time|timeit)\b[ \t]*", re.MULTILINE)


@dataclass(frozen=True)
class Names:
    """The names in some code.

    Attributes:
        bound: what it defines at its top level, by assignment, import, ``def`` and the like.
        imported: those among them that imports define.
        used: what it takes from elsewhere.
        changed: names of things that it may change by calling a method of them.
    """

    bound: frozenset[str] = frozenset()
    imported: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()

    def __or__(self, other: "Names") -> "Names":
        """Return the names of both."""
        return Names(
            self.bound | other.bound,
            self.imported | other.imported,
            self.used | other.used,
            self.changed | other.changed,
        )


def _as_python(source: str) -> str:
    """Return a cell with IPython's own syntax translated; nobody types more than a megabyte."""
    if len(source) > LARGEST_SOURCE:
        return ""
    return TransformerManager().transform_cell(_MEASURING.sub("", source))


def statements_of(source: str) -> list[str]:
    """Return the statements of a cell, imports one name at a time."""
    found = []
    for node in ast.parse(_as_python(source)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                parts = {**vars(node), "names": [alias]}
                found.append(ast.unparse(type(node)(**parts)))
        else:
            found.append(ast.unparse(node))
    return found


def names_in(sources: Iterable[str]) -> Names:
    """Return the names in some pieces of code together; what has no syntax has none."""
    names = Names()
    for source in sources:
        with contextlib.suppress(*_NO_SYNTAX):
            names = names | _names(_as_python(source))
    return names


def _names(code: str) -> Names:
    tree = ast.parse(code)
    # It refuses more than the parser does: two arguments of one name, or "x = 1; global x".
    top = symtable.symtable(code, "cell", "exec")
    symbols = top.get_symbols()
    bound = {each.get_name() for each in symbols if each.is_assigned() or each.is_imported()}
    bound |= {table.get_name() for table in top.get_children()} & set(top.get_identifiers())
    used = {each.get_name() for each in symbols if each.is_referenced()}
    used |= set(_globals_used(top.get_children()))
    imported = {each.get_name() for each in symbols if each.is_imported()}
    changed = {name for statement in tree.body for name in _changed_by(statement)}
    return Names(frozenset(bound), frozenset(imported), frozenset(used), frozenset(changed))


def _changed_by(statement: ast.stmt) -> Iterator[str]:
    """Yield what a statement may change: ``df`` for ``df["ink"] = ...`` and ``df.pop("ink")``."""
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (_owner(each) for each in targets if not isinstance(each, ast.Name))
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        keeps_result = not isinstance(statement, ast.Expr)
        method = value.func.attr
        if method in _CHANGING if keeps_result else method not in _SHOWING:
            yield _owner(value)
    if isinstance(statement, ast.For | ast.While | ast.If | ast.With | ast.Try):
        for inner in ast.iter_child_nodes(statement):
            if isinstance(inner, ast.stmt):
                yield from _changed_by(inner)


def _globals_used(tables: Iterable[symtable.SymbolTable]) -> Iterator[str]:
    for table in tables:
        for symbol in table.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from _globals_used(table.get_children())


def _owner(node: ast.expr) -> str:
    """Return ``model`` for ``model.layers[0].build(...)``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
