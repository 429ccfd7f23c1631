"""How much room text and outputs take on a slide, and what is too high for one cut into parts.

Heights are estimates, in pixels of the slide; ``deck.js`` makes each slide exact by the size of its
letters. Cut is only what would need letters that the last row cannot read.
"""

from __future__ import annotations

import base64
import copy
import math
import re
import struct
from collections.abc import Callable, Iterator, Sequence

from nbformat import NotebookNode

HEIGHT = 640
# One block may be higher than a slide by this much: deck.js then writes it a little smaller.
HIGHEST_BLOCK = 1.25 * HEIGHT
COLUMNS = 92  # characters of text in a line
MOST_ERROR_LINES = 14

_LINE, _GAP = 36, 18
_CODE_LINE = 25
_TABLE_LINE = 34
_HIGHEST_PICTURE = 470
_HEADING_HEIGHTS = {1: 120, 2: 80, 3: 66}
# More lines than this are two slides of code, or of what was printed.
_MOST_CODE_LINES = 30
_MOST_PRINTED_LINES = 24

HEADING = re.compile(r"^(#+) ")
# Where a block of Markdown may be cut: before a list's items and after blank lines.
_ITEM = re.compile(r"^(?=(?:- |\* |\d+\. ))|(?<=\n)\n+", re.M)
_SENTENCE = re.compile(r"(?<=[.?!:])\s+")
_ROWS = re.compile(r"(<tbody[^>]*>)(.*?)(</tbody>)", re.S)
_ROW = re.compile(r"<tr.*?</tr>\s*", re.S)


def text_height(text: str) -> float:
    """Estimate how high a block of Markdown is."""
    heading = HEADING.match(text)
    if heading:
        return _HEADING_HEIGHTS.get(len(heading[1]), 60) * math.ceil(len(text) / 56)
    lines = text.splitlines()
    if text.startswith("```"):
        return _CODE_LINE * len(lines) + _GAP
    if text.startswith(("|", "-", "*", ">")) or re.search(r"^(- |\* |\d+\. )", text, re.M):
        return _LINE * sum(math.ceil(len(line) / COLUMNS) or 1 for line in lines) + _GAP
    return _LINE * math.ceil(len(text) / COLUMNS) + _GAP


def code_height(source: str) -> float:
    """Estimate how high code is."""
    return _CODE_LINE * len(source.splitlines()) + _GAP


def output_height(output: NotebookNode) -> float:
    """Estimate how high an output is."""
    data = output.get("data", {})
    if "image/png" in data:
        return min(_HIGHEST_PICTURE, _size_of_png(data["image/png"])[1]) + _GAP
    if "<table" in data.get("text/html", ""):
        return _TABLE_LINE * data["text/html"].count("<tr") + _GAP
    return _CODE_LINE * len(_printed(output).splitlines()) + _GAP


def parts_of_text(text: str) -> list[str]:
    """Return a block of Markdown in parts that a slide can hold.

    Tables are cut between rows, and keep their head; fenced code as code is; other text before the
    items of a list, and where a paragraph alone is too long, between sentences.
    """
    if text_height(text) <= HIGHEST_BLOCK:
        return [text]
    lines = text.splitlines()
    if text.startswith("|"):
        head, rows = "\n".join(lines[:2]), lines[2:]
        return [f"{head}\n{part}" for part in _packed(rows, "\n", text_height)]
    if text.startswith("```"):
        return [f"{lines[0]}\n{part}\n```" for part in parts_of_code("\n".join(lines[1:-1]))]
    if text.startswith(">"):
        return _packed(lines, "\n", text_height)
    pieces = [piece.strip("\n") for piece in _ITEM.split(text) if piece and piece.strip()]
    if len(pieces) == 1:
        return _packed(_SENTENCE.split(text), " ", text_height)
    short = [part for piece in pieces for part in parts_of_text(piece)]
    return _packed(short, "\n\n", text_height)


def parts_of_code(source: str) -> list[str]:
    """Return code in parts that a slide can hold, cut at blank lines where there are any."""
    lines = source.splitlines()
    if len(lines) <= _MOST_CODE_LINES:
        return [source]
    middle = len(lines) // 2
    blank = [number for number, line in enumerate(lines) if number and not line.strip()]
    cut = min(blank or [middle], key=lambda number: abs(number - middle))
    parts = "\n".join(lines[:cut]), "\n".join(lines[cut:]).strip("\n")
    return [part for text in parts if text.strip() for part in parts_of_code(text)]


def parts_of_output(output: NotebookNode) -> list[NotebookNode]:
    """Return an output in parts that a slide can hold.

    What was printed is cut between lines, a table between its rows. Of an error the end is kept,
    which says what is wrong. Pictures stay as they are: ``deck.css`` makes them fit.
    """
    if "traceback" in output:
        kept = "\n".join(output.traceback).splitlines()[-MOST_ERROR_LINES:]
        return [_with(output, "traceback", ["\n".join(kept)])]
    if output_height(output) <= HIGHEST_BLOCK:
        return [output]
    html = output.get("data", {}).get("text/html", "")
    if "<table" in html:
        return [_with_html(output, part) for part in _parts_of_table(html)]
    parts = _evenly(_printed(output).splitlines(), _MOST_PRINTED_LINES)
    if "text" in output:
        return [_with(output, "text", "\n".join(part) + "\n") for part in parts]
    return [_with(output, "data", {"text/plain": "\n".join(part)}) for part in parts]


def _parts_of_table(html: str) -> list[str]:
    """Return a table of HTML as tables of fewer rows, unless cells reach over several rows."""
    found = _ROWS.search(html)
    if found is None or "rowspan" in found[2] or len(_ROWS.findall(html)) > 1:
        return [html]
    rows = _evenly(_ROW.findall(found[2]), HEIGHT // _TABLE_LINE - 1)
    before, after = html[: found.start(2)], html[found.end(2) :]
    return [f"{before}{''.join(part)}{after}" for part in rows]


def _evenly(items: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """Yield items in groups of about the same size, none of more than ``most``."""
    groups = math.ceil(len(items) / most)
    for number in range(groups):
        yield items[len(items) * number // groups : len(items) * (number + 1) // groups]


def _packed(pieces: Sequence[str], between: str, height: Callable[[str], float]) -> list[str]:
    """Return pieces joined as long as they fit on a slide together, in about equal heights."""
    total = sum(map(height, pieces))
    most = total / math.ceil(total / HEIGHT)
    packed, room = [""], most
    for piece in pieces:
        if packed[-1] and room < height(piece) / 2:
            packed.append("")
            room = most
        packed[-1] += (between if packed[-1] else "") + piece
        room -= height(piece)
    return packed


def _printed(output: NotebookNode) -> str:
    text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
    return text or "\n".join(output.get("traceback", []))


def _with(output: NotebookNode, name: str, value: object) -> NotebookNode:
    changed = copy.deepcopy(output)
    changed[name] = value
    return changed


def _with_html(output: NotebookNode, html: str) -> NotebookNode:
    return _with(output, "data", {**output.data, "text/html": html})


def _size_of_png(content: str) -> tuple[int, int]:
    width, height = struct.unpack(">II", base64.b64decode(content[:64])[16:24])
    return width, height
