"""What a figure shows, in words, for those who cannot see it: the title that its cell gives it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

# What stands for a number that only the running cell knows.
UNKNOWN = "…"
# A string argument with fewer words is a label or a setting, and no title.
_FEWEST_WORDS = 3
# The better a place, the earlier; within one place the order of the cell.
_PLACES = ("suptitle", "title", "argument")


def figure_title(source: str) -> str:
    """Return the title that a cell's code gives its figure, or "" if it gives none.

    The title of the whole figure comes before those of its parts. What an f-string puts in while it
    runs is an ellipsis.

    Args:
        source: of a code cell.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a line for IPython
        return ""
    names = _assigned(tree)
    found: dict[str, list[str]] = {place: [] for place in _PLACES}
    for place, node in _titles(tree):
        text = " ".join(_text(names.get(node.id, node) if isinstance(node, ast.Name) else node))
        text = " ".join(text.split())
        words = text.replace(UNKNOWN, "").split()
        if words and (place != "argument" or len(words) >= _FEWEST_WORDS):
            found[place].append(text)
    for place in _PLACES:
        if found[place]:
            return "; ".join(dict.fromkeys(found[place]))
    return ""


def _assigned(tree: ast.AST) -> dict[str, ast.expr]:
    """Return what the cell's simple assignments give each name."""
    return {
        node.targets[0].id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def _titles(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield every expression that may be a title, and the place where it stands."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if name == "suptitle" and node.args:
            yield "suptitle", node.args[0]
        elif name in {"set_title", "title"} and node.args:
            yield "title", node.args[0]
        elif name.startswith(("draw", "bars", "plot", "show", "compare")):
            yield from (("argument", argument) for argument in node.args)
        for keyword in node.keywords:
            if keyword.arg in {"suptitle", "title"}:
                yield keyword.arg, keyword.value


def _text(node: ast.expr) -> Iterator[str]:
    """Yield the parts of a string, an ellipsis for each that is computed."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join("".join(_text(part)) for part in parts)
        case ast.FormattedValue():
            yield UNKNOWN
        case ast.BinOp(left=left, right=right):
            yield from _text(left)
            yield from _text(right)
        case _:
            return
