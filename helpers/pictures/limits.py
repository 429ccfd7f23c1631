"""What a picture's header may ask for: beyond it, decoding would take minutes or gigabytes.

A file of a megabyte can be cut into a million tiles, or tell Pillow, which walks through headers in
Python, a million things that nobody needs. Each format's own header is looked at here, before any
decoder is, in a fraction of a millisecond for an ordinary picture. The bounds lie far above what
programs and cameras write; ``tests/support/bombs.py`` has a file for each.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# JPEG: a progressive one has about ten scans, and each goes through all pixels once more.
MOST_SCANS = 100
MOST_SCANNED_PIXELS = 600_000_000
# Segments, chunks, blocks and stray bytes that Pillow looks at one by one.
MOST_PARTS = 1_000
MOST_STRAY_BYTES = 100_000
MOST_DATA_CHUNKS = 100_000
# What stands before the pixels of a JPEG: a camera's preview and depth map, but not gigabytes.
MOST_METADATA = 32_000_000
# TIFF: tiles and strips.
MOST_PIECES = 1 << 16
# BMP: packed ones are unpacked by Python.
MOST_PACKED_BYTES = 2_000_000
MOST_PACKED_PIXELS = 4_000_000

# As Pillow has them: two are none by the standard.
TIFF_MAGICS = tuple(
    order + number
    for order in (b"II", b"MM")
    for number in (b"*\0", b"\0*", b"+\0" if order == b"II" else b"\0+")
)

# What comes of reading where a header points to, and nothing is: or where no number can point.
_CUT_OFF = (struct.error, IndexError, ValueError, OverflowError)

_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_WITHOUT_LENGTH = frozenset([0x01, 0xC8, 0xD8, 0xD9, *range(0xF0, 0xFE)])
_ARITHMETIC = frozenset([0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])


def excess(content: bytes) -> str:
    """Return what is too much about a picture file, as words after its name, or "".

    Args:
        content: of the file; its first bytes decide which decoder would get it.
    """
    for magic, check in _CHECKS.items():
        if content.startswith(magic):
            try:
                return check(content)
            except _CUT_OFF:
                return ""  # the decoder will say so
    return ""


def _jpeg(content: bytes) -> str:
    """Walk from segment to segment as the decoders do: what looks like a scan may be none."""
    most_scans = content.count(b"\xff\xda")
    place, stray, parts, scans, size = 2, 0, 0, 0, 0
    while (found := _MARKER.search(content, place)) is not None:
        marker = found[0][-1]
        if not scans:
            stray += found.end() - 2 - place
        place = found.end()
        if scans and marker == 0xD9:
            break
        parts += marker != 0xDA
        if parts > MOST_PARTS or stray > MOST_STRAY_BYTES or (place > MOST_METADATA and not scans):
            return "has far more in its header than a picture needs"
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", content, place)
        if marker in _ARITHMETIC:
            return "is a JPEG with arithmetic coding, which hardly any program reads"
        if 0xC0 <= marker <= 0xC7 and marker != 0xC4:
            height, width = struct.unpack_from(">HH", content, place + 3)
            size = max(size, height * width)
        if marker == 0xDA:
            scans += 1
            if most_scans <= MOST_SCANS and most_scans * size <= MOST_SCANNED_PIXELS:
                break
            if scans > MOST_SCANS or (scans > 1 and scans * size > MOST_SCANNED_PIXELS):
                return "is a JPEG of far too many scans"
        place += max(2, length)
    return ""


def _png(content: bytes) -> str:
    place, parts, data = 8, 0, 0
    while (kind := content[place + 4 : place + 8]) not in {b"", b"IEND"}:
        if kind in {b"IDAT", b"fdAT"}:
            data += 1
        else:
            parts += 1
        if parts > MOST_PARTS or data > MOST_DATA_CHUNKS:
            return "is cut into far too many pieces"
        place += 12 + int.from_bytes(content[place : place + 4], "big")
    return ""


def _gif(content: bytes) -> str:
    palette = 3 * 2 ** ((content[10] & 7) + 1) if content[10] & 0x80 else 0
    place, steps = 13 + palette, 0
    while place < len(content) and content[place] not in b",;":
        is_extension = content[place] == 0x21
        place += 2 if is_extension else 1
        while is_extension and content[place] and steps <= MOST_DATA_CHUNKS:
            place += 1 + content[place]
            steps += 1
        place += is_extension
        steps += 1
        if steps > MOST_DATA_CHUNKS:
            return "has far more in its header than a picture needs"
    return ""


def _bmp(content: bytes) -> str:
    header, width, height = struct.unpack_from("<Iii", content, 14)
    if header < 40 or struct.unpack_from("<I", content, 30)[0] not in {1, 2}:
        return ""
    if len(content) > MOST_PACKED_BYTES or abs(width * height) > MOST_PACKED_PIXELS:
        return "is a packed BMP that is too large"
    return ""


def _pnm(content: bytes) -> str:
    """Let those through that are not unpacked number by number."""
    words = re.sub(rb"#[^\r\n]*", b" ", content[:1024]).split(maxsplit=4)
    if len(words[0]) != 2:
        return ""
    if words[0] == b"P4" or (words[0] in {b"P5", b"P6"} and words[3:4] in ([b"255"], [b"65535"])):
        return ""
    return "is a PNM picture of a kind that isn't read here"


def webp_canvas(content: bytes) -> int:
    """Return the pixels of the canvas that an extended WebP file claims; 0 for any other file."""
    if content[:4] != b"RIFF" or content[8:16] != b"WEBPVP8X":
        return 0
    width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    return width * height


class _Entry(NamedTuple):
    """A field of a TIFF directory: ``length`` values of a type, which begin at ``place``."""

    dtype: np.dtype
    length: int
    place: int

    def values(self, block: bytes) -> NDArray:
        return np.frombuffer(block, self.dtype, self.length, self.place)


# Sizes of TIFF's types are those of NumPy's.
_TYPES = dict(
    enumerate(["u1", "S1", "u2", "u4", "u8", "i1", "S1", "i2", "i4", "i8", "f4", "f8", "u4"], 1)
)
_TYPES |= {16: "u8", 17: "i8", 18: "u8"}


def _directory(block: bytes) -> list[tuple[int, _Entry]]:
    """Return the tags and entries of the first directory of a TIFF file or an EXIF block."""
    order = "<" if block.startswith(b"I") else ">"
    is_big = block[2] == 43
    number, width = ("Q", 8) if is_big else ("I", 4)
    (start,) = struct.unpack_from(order + number, block, width)
    (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), block, start)
    start += 8 if is_big else 2
    length = 4 + 2 * width
    entries = []
    for place in range(start, min(start + length * count, len(block) - length + 1), length):
        tag, kind, values = struct.unpack_from(order + "HH" + number, block, place)
        if kind in _TYPES:
            dtype = np.dtype(order + _TYPES[kind])
            place += 4 + width
            if dtype.itemsize * values > width:
                (place,) = struct.unpack_from(order + number, block, place)
            entries.append((tag, _Entry(dtype, values, place)))
        if len(entries) > 1 << 16:
            break
    return entries


def has_overlaps(block: bytes) -> bool:
    """Tell whether the entries of a TIFF file or EXIF block claim its bytes many times over."""
    try:
        entries = [entry for _, entry in _directory(block)]
    except _CUT_OFF:
        return False
    claims = sum(min(entry.dtype.itemsize * entry.length, len(block)) for entry in entries)
    return claims > 8 * len(block) + 1_000_000 or len(entries) > 1 << 16


def _tiff(content: bytes) -> str:
    if content[3] == 43:
        return "is a BigTIFF of the kind that Pillow can't read"
    if has_overlaps(content):
        return "has entries that claim its bytes many times over"
    listed = _directory(content)
    entries = dict(listed)
    if len(entries) < len(listed):
        return "has an entry twice"  # and programs differ in which of them they take

    def value(tag: int, default: int) -> int:
        return int(entries[tag].values(content)[0]) if tag in entries else default

    width, height = value(256, 0), value(257, 0)
    planes = value(277, 1) if value(284, 1) == 2 else 1
    across, down = max(1, value(322, width)), max(1, value(323, value(278, height)))
    pieces = -(-width // across) * -(-height // down) * planes
    lists = [entries[tag] for tag in (273, 279, 324, 325) if tag in entries]
    if max([pieces, *(entry.length for entry in lists)]) > MOST_PIECES:
        return "is cut into far too many pieces"
    claims = sum(int(entries[tag].values(content).sum()) for tag in (279, 325) if tag in entries)
    if claims > 2 * len(content) + 1_000_000:
        return "has pieces that claim its bytes many times over"
    if value(259, 1) in {6, 7} and content.count(b"\xff\xda") > 4 * pieces + MOST_SCANS:
        return "holds JPEGs of far too many scans"
    return ""


_CHECKS: dict[bytes, Callable[[bytes], str]] = {
    b"\xff\xd8\xff": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF8": _gif,
    b"BM": _bmp,
    **{magic: _tiff for magic in TIFF_MAGICS},
    **{b"P%c" % kind: _pnm for kind in b"0123456fy"},
}
