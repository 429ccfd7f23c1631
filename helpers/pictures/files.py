"""The only door for pictures: files of every kind as upright RGB, or one sentence why not.

The command, the web page and the drawing pad all read pictures here. A file's content decides what
it is, never its name, and what can't be read is refused by its header, before a pixel is decoded.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.errors import UserError
from helpers.pictures.formats import (
    FORMAT_NAMES,
    FORMATS,
    begins_like_picture,
    foreign_format,
    is_heic,
)
from helpers.pictures.limits import excess, has_overlaps, webp_canvas
from helpers.pictures.pixels import to_rgb

# Above this a picture is refused: 50 megapixels decode into 150 MB, and every phone's camera makes
# smaller ones in its normal mode.
MAX_PIXELS = 50_000_000
# These decoders take 15 bytes for a pixel, four times what others do.
MAX_PIXELS_OF = {"WEBP": 30_000_000, "AVIF": 30_000_000, "HEIF": 30_000_000}
# The longest side that most formats can have; a scan of a metre is shorter.
MAX_SIDE = 65_535
# Of a file: as much again is needed to decode it, and once more for the pixels.
MAX_BYTES = 100_000_000
# Nothing smaller can hold a digit.
MIN_SIDE = 8

# What Pillow warns of or logs is refused here in a sentence, or does not matter to whoever waits.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").setLevel(logging.CRITICAL)


class PictureError(UserError):
    """A picture that can't be read; the text is one sentence that says why and what to do.

    path: of the file, where it is one of many.
    """

    path: Path | None = None


class UnknownFormatError(PictureError):
    """The content is no picture of a kind that is read here."""


class TooManyPixelsError(PictureError):
    """The picture is larger than allowed, or than memory."""


class TooFewPixelsError(PictureError):
    """The picture is so small that no digit fits in it."""


def read_picture(
    source: str | Path | bytes, name: str | None = None, max_pixels: int | None = None
) -> NDArray[np.uint8]:
    """Read a picture file as upright RGB.

    The camera's orientation mark (EXIF) is applied, transparent pixels get a background that the
    drawing stands out from, 16-bit and CMYK pictures are brought to 8-bit RGB. Of an animation or
    a file with several pages the first is taken.

    Args:
        source: path of a file, or the file's content.
        name: what to call the picture in an error; by default the file's name.
        max_pixels: the most that are allowed, ``MAX_PIXELS`` by default.

    Returns:
        uint8 array of shape (height, width, 3).

    Raises:
        PictureError: the file is missing, empty, damaged, too large, too small or no picture.
    """
    if name is None:
        name = "the picture" if isinstance(source, bytes) else str(source)
    content = source if isinstance(source, bytes) else _read_file(Path(source), name)
    with _opened(content, name, max_pixels) as image:
        width, height = image.size
        if max(width, height) < MIN_SIDE or min(width, height) < 2:
            raise TooFewPixelsError(
                f"{name} has {width} x {height} pixels, too few to hold a digit: "
                f"its longer side needs at least {MIN_SIDE}."
            )
        return _upright_rgb(image)


def picture_size(
    content: bytes, name: str = "the picture", max_pixels: int | None = None
) -> tuple[int, int]:
    """Return width and height as a picture's header states them; no pixel is decoded.

    Args:
        content: of the file.
        name: what to call the picture in an error.
        max_pixels: the most that are allowed, ``MAX_PIXELS`` by default.

    Raises:
        PictureError: no picture, too large, or a damaged header; never too small.
    """
    with _opened(content, name, max_pixels) as image:
        return image.size


@contextmanager
def _opened(content: bytes, name: str, max_pixels: int | None) -> Iterator[Image.Image]:
    """Open a picture within its limits; whatever goes wrong with it becomes a PictureError."""
    if not content:
        raise PictureError(f"{name} is empty (0 bytes): save the picture again.")
    limit = MAX_PIXELS if max_pixels is None else max_pixels

    def too_many() -> TooManyPixelsError:
        return TooManyPixelsError(
            f"{name} has more than {limit // 1_000_000} megapixels: make it smaller first."
        )

    if fault := excess(content):
        raise PictureError(f"{name} {fault}: save it again, as PNG or JPEG.")
    if webp_canvas(content) > min(limit, MAX_PIXELS_OF["WEBP"]):  # decoded when it is opened
        limit = min(limit, MAX_PIXELS_OF["WEBP"])
        raise too_many()
    try:
        with Image.open(io.BytesIO(content), formats=_formats_for(content)) as image:
            limit = min(limit, MAX_PIXELS_OF.get(image.format or "", limit))
            if image.width * image.height > limit:
                raise too_many()
            if max(image.size) > MAX_SIDE:
                raise TooManyPixelsError(
                    f"{name} is longer than {MAX_SIDE:,} pixels: cut it into pieces."
                )
            yield image
    except Image.DecompressionBombError:
        raise too_many() from None
    except UnidentifiedImageError:
        if begins_like_picture(content):
            raise PictureError(f"{name} is damaged or cut off: save or copy it again.") from None
        raise UnknownFormatError(_unknown_format(content, name)) from None
    except PictureError:
        raise
    except MemoryError:
        raise TooManyPixelsError(f"{name} does not fit into memory: make it smaller.") from None
    except Exception as error:  # Pillow's plugins raise OSError, ValueError, SyntaxError, KeyError…
        raise PictureError(
            f"{name} is damaged or cut off and can't be decoded ({_short(error)}): "
            "save or copy it again."
        ) from error


def _formats_for(content: bytes) -> tuple[str, ...]:
    """Return the formats that Pillow may take a file for; for HEIC it is taught to, once needed."""
    if is_heic(content) and _knows_heic():
        return ("HEIF",)
    return FORMATS


@cache
def _knows_heic() -> bool:
    """Teach Pillow to read HEIC photos, if pillow-heif is there; tell whether it can."""
    try:
        import pillow_heif
    except ImportError:
        return False
    # One picture takes one core, as in the other formats, and nothing is decoded but itself.
    pillow_heif.register_heif_opener(
        decode_threads=1, thumbnails=False, depth_images=False, aux_images=False
    )
    return True


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".")[:80] or type(error).__name__


def _read_file(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise PictureError(f"{name} does not exist: check the path.") from None
    except PermissionError:
        raise PictureError(f"{name} can't be opened: you have no permission to read it.") from None
    except IsADirectoryError:
        raise PictureError(f"{name} is a folder, not a picture.") from None
    except (OSError, ValueError) as error:
        raise PictureError(
            f"{name} can't be opened ({getattr(error, 'strerror', None) or _short(error)}): "
            "check the path."
        ) from None
    if len(content) > MAX_BYTES:
        raise PictureError(
            f"{name} has more than {MAX_BYTES // 1_000_000} MB: save the picture as JPEG or PNG."
        )
    return content


def _unknown_format(content: bytes, name: str) -> str:
    if is_heic(content):
        fault = (
            "is a damaged or cut off HEIC photo: copy it again, or"
            if _knows_heic()
            else "is a HEIC photo, which only the package pillow-heif reads: install it, or"
        )
        return (
            f"{name} {fault} convert it to JPEG "
            "(on the phone: Settings, Camera, Formats, Most Compatible)."
        )
    if what := foreign_format(content):
        return f"{name} is {what}, which can't be read here: convert it to JPEG or PNG."
    return (
        f"{name} is not a picture in a known format: "
        f"give a {', '.join(FORMAT_NAMES[:-1])} or {FORMAT_NAMES[-1]}."
    )


def _upright_rgb(image: Image.Image) -> NDArray[np.uint8]:
    image.load()
    if not has_overlaps((image.info.get("exif") or b"").removeprefix(b"Exif\0\0")):
        with suppress(Exception):  # a broken EXIF block says nothing about the pixels
            ImageOps.exif_transpose(image, in_place=True)
    return to_rgb(image)
