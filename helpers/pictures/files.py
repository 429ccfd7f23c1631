"""The only door for pictures: files of every kind as upright RGB, or one sentence why not.

The command, the web page and the drawing pad all read pictures here. A file's content decides what
it is, never its name, and what can't be read is refused by its header, before a pixel is decoded.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.errors import UserError

# Only formats that Pillow decodes itself: for EPS, for one, it would start another program.
FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM")
# What the camera of an iPhone writes by default, and its relatives; Pillow can't decode them.
HEIC_BRANDS = frozenset([b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"])
# The endings of picture files in a folder. HEIC is among them so that a photo in that format gets
# a sentence that says what to do, instead of being passed over in silence.
PICTURE_SUFFIXES = frozenset(
    f".{ending}"
    for ending in (
        *("avif", "bmp", "gif", "heic", "heif", "jfif", "jpe", "jpeg", "jpg"),
        *("pbm", "pgm", "png", "pnm", "ppm", "tif", "tiff", "webp"),
    )
)
# Above this a picture is refused: 50 megapixels decode into 150 MB, and every phone's camera makes
# smaller ones in its normal mode.
MAX_PIXELS = 50_000_000
# Nothing smaller can hold a digit.
MIN_SIDE = 8

# Pillow warns about large pictures from half its own limit on; ours is checked by header.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


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
    too_many = TooManyPixelsError(
        f"{name} has more than {limit // 1_000_000} megapixels: make it smaller first."
    )
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > limit:
                raise too_many
            yield image
    except Image.DecompressionBombError:
        raise too_many from None
    except UnidentifiedImageError:
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


def _short(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0].rstrip(".")[:80] or type(error).__name__


def _read_file(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{name} does not exist: check the path.") from None
    except PermissionError:
        raise PictureError(f"{name} can't be opened: you have no permission to read it.") from None
    except IsADirectoryError:
        raise PictureError(f"{name} is a folder, not a picture.") from None
    except (OSError, ValueError) as error:
        raise PictureError(f"{name} can't be opened ({_short(error)}).") from None


def _unknown_format(content: bytes, name: str) -> str:
    if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS:
        return (
            f"{name} is in Apple's HEIC format, which can't be read here: convert it to JPEG "
            "(on the phone: Settings, Camera, Formats, Most Compatible)."
        )
    return (
        f"{name} is not a picture in a known format: "
        "give a PNG, JPEG, WebP, AVIF, GIF, BMP or TIFF."
    )


def _upright_rgb(image: Image.Image) -> NDArray[np.uint8]:
    image.load()
    with suppress(Exception):  # a broken EXIF block says nothing about the pixels
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return cv2.cvtColor(_to_eight_bits(np.asarray(image)), cv2.COLOR_GRAY2RGB)
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        return flatten_transparency(np.asarray(image.convert("RGBA")))
    # convert() copies even what is RGB already: 48 MB for a photo of 12 megapixels.
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def _to_eight_bits(values: NDArray) -> NDArray[np.uint8]:
    """Stretch a 16-bit, 32-bit or floating-point grey picture to 0..255."""
    values = np.nan_to_num(values.astype(np.float32))
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.full(values.shape, 255, np.uint8)
    return ((values - low) * (255 / (high - low))).astype(np.uint8)


def flatten_transparency(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put an RGBA picture on a plain background that its visible part stands out from.

    A drawing on a transparent layer gets white behind dark ink and black behind light ink. Where
    most of the picture is visible (rounded corners of a screenshot, say), the background takes
    the middle colour of what is visible.

    Args:
        picture: uint8 (h, w, 4), not premultiplied.

    Returns:
        uint8 (h, w, 3).
    """
    colour, alpha = picture[..., :3], picture[..., 3]
    visible = alpha > 127
    if visible.all():
        return np.ascontiguousarray(colour)
    share = float(visible.mean())
    if share == 0:
        background = np.array([255, 255, 255], np.float32)
    elif share > 0.6:
        background = np.median(colour[visible], axis=0).astype(np.float32)
    else:
        background = np.full(3, 255.0 if colour[visible].mean() < 128 else 0.0, np.float32)
    weight = alpha[..., np.newaxis].astype(np.float32) / 255
    return (colour * weight + background * (1 - weight) + 0.5).astype(np.uint8)
