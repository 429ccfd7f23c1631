"""Which formats of picture are read, and what the others are called.

A file's content decides what it is, never its name. A name's ending only decides which files of a
folder somebody takes for pictures, so that each of them is read or explained.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

# Only formats that Pillow decodes itself: for EPS, for one, it would start another program.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
# The same, and HEIC, as people call them.
FORMAT_NAMES = ("PNG", "JPEG", "HEIC", "WebP", "AVIF", "GIF", "BMP", "TIFF", "PNM")
# What the camera of an iPhone writes by default, and its relatives: pillow-heif decodes them.
HEIC_BRANDS = frozenset([b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"])
# The endings of files in a folder that count as pictures whatever they hold.
PICTURE_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("apng", "avif", "bmp", "dib", "gif", "heic", "heif", "hif", "jfif", "jpe", "jpeg", "jpg"),
        *("mpo", "pbm", "pgm", "png", "pnm", "ppm", "tga", "tif", "tiff", "webp"),
    )
)

# How files begin that people take for pictures. A text may begin with a few of these letters, but
# holds no zero.
_READ = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|II\*\0|MM\0\*|BM.{4}\0{4}|RIFF.{4}WEBP|\0.{3}ftypavi[fs]",
    re.DOTALL,
)
_NOT_READ = {
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"\xff\x4f\xff\x51": "a JPEG 2000",
    b"\0\0\0\x0cJXL ": "a JPEG XL",
    b"\xff\x0a": "a JPEG XL",
    b"qoif": "a QOI picture",
    b"8BPS": "a Photoshop document",
    b"gimp xcf": "a GIMP document",
    b"\0\0\x01\0": "an icon",
    b"%!PS": "an EPS file",
    b"\xc5\xd0\xd3\xc6": "an EPS file",
    b"%PDF": "a PDF",
}
_ELEMENT = re.compile(rb"<([A-Za-z][\w:.-]*)")
# Of a file: enough to see what it is, though a drawing may begin with a comment.
_LONGEST = 4_000


def is_heic(content: bytes) -> bool:
    """Tell whether a file calls itself a HEIC photo, and not an AVIF picture, which is a relative.

    Args:
        content: of the file; its first box lists what it is compatible with.
    """
    brands = content[8 : min(int.from_bytes(content[:4], "big"), 256)]
    is_one = content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS
    return is_one and not (b"avif" in brands or b"avis" in brands)


def foreign_format(content: bytes) -> str:
    """Return what a file is that is not read here, with its article, or "" if that isn't known."""
    if content[:1] == b"\0" and content[4:8] == b"ftyp":
        return "a film, or a picture of a kind for films"
    text = content[:_LONGEST].removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        element = _ELEMENT.search(text)
        return "an SVG drawing" if element and element[1] in {b"svg", b"svg:svg"} else ""
    for start, what in _NOT_READ.items():
        is_text = start.replace(b" ", b"").isalnum() and b"\0" not in content[:16]
        if content.startswith(start) and not is_text:
            return what
    return ""


def begins_like_picture(content: bytes) -> bool:
    """Tell whether a file begins as those do that are read here, even if no more of it is there.

    Args:
        content: of the file, from its beginning.
    """
    return bool(_READ.match(content))


def counts_as_picture(path: Path) -> bool:
    """Tell whether a file in a folder is one that a person would expect to be read."""
    if path.name.startswith("."):
        return False
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return True
    if not os.path.isfile(path):  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            start = file.read(_LONGEST)
    except OSError:
        return False
    is_other = bool(foreign_format(start)) and not start.startswith(b"%")
    return is_other or begins_like_picture(start)
