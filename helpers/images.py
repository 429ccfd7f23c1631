"""From a picture of the world to MNIST's form: reading, finding the ink, the 28x28 image.

Every step is a small function of its own, so that notebook 06 can draw it. Which pixels belong to
which digit is the subject of :mod:`helpers.segmentation`.

The last step follows the recipe of the data set itself: "the original black and white images were
size normalized to fit in a 20x20 pixel box while preserving their aspect ratio. The resulting
images contain grey levels as a result of the anti-aliasing technique [...] centered in a 28x28
image by computing the center of mass of the pixels" (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner,
"Gradient-based learning applied to document recognition", 1998, and the MNIST page).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.errors import UserError

# Above this a picture is refused by its header, before a single pixel is decoded: 50 megapixels
# decode into 150 MB, and every phone's camera makes smaller ones in its normal mode.
MAX_PIXELS = 50_000_000
# Nothing smaller can hold a digit.
MIN_SIDE = 8
# Pictures are searched at this size (longest side, in pixels): small enough to be quick, large
# enough that a digit of a fiftieth of the width still has strokes.
WORKING_SIDE = 1600
# Smaller pictures are enlarged by a whole factor until their longest side passes this, so that
# a stroke is several pixels wide and can be measured and repaired.
ENLARGED_SIDE = 100
# The paper's brightness varies slowly: this side (in pixels) is enough to follow it.
PAPER_SIDE = 400
# MNIST's own numbers: box and image in pixels; strokes are 2.5 pixels wide at the median, 1.6 at
# the fifth percentile (measured on the training images).
BOX_SIDE = 20
IMAGE_SIDE = 28
THINNEST_STROKE = 1.6
USUAL_STROKE = 2.2

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"}
# Pillow warns about large pictures from half its own limit on; ours is checked below, by header.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


class PictureError(UserError):
    """A picture that can't be read; the text is one sentence that says why and what to do."""


class Ink(NamedTuple):
    """How much darker (or, for light ink, brighter) than the paper each pixel is.

    contrast: float32 (h, w), 0 is paper, 1 is pure black on white paper; working size.
    grey: uint8 (h, w), the picture in grey; light ink on dark paper is inverted, so that ink is
        always darker than paper.
    paper: uint8 (h, w), the same without the ink, as estimated.
    scale: working pixels per pixel of the picture.
    noise: spread of the paper's own contrast (standard deviation, robustly estimated).
    """

    contrast: NDArray[np.float32]
    grey: NDArray[np.uint8]
    paper: NDArray[np.uint8]
    scale: float
    noise: float


# --- Reading --------------------------------------------------------------------------------


def read_picture(source: str | Path | bytes, name: str | None = None) -> NDArray[np.uint8]:
    """Read a picture file as upright RGB.

    The camera's orientation mark (EXIF) is applied, transparent pixels get a background that the
    drawing stands out from, 16-bit and CMYK pictures are brought to 8-bit RGB. Of an animation or
    a file with several pages the first is taken.

    Args:
        source: path of a file, or the file's content.
        name: what to call the picture in an error; by default the file's name.

    Returns:
        uint8 array of shape (height, width, 3).

    Raises:
        PictureError: the file is missing, empty, damaged, too large, too small or no picture.
    """
    if name is None:
        name = "the picture" if isinstance(source, bytes) else str(source)
    content = source if isinstance(source, bytes) else _read_file(Path(source), name)
    if not content:
        raise PictureError(f"{name} is empty (0 bytes): save the picture again.")
    try:
        with Image.open(io.BytesIO(content)) as image:
            _refuse_by_header(image, name)
            return _upright_rgb(image)
    except Image.DecompressionBombError:
        raise PictureError(_too_large(name)) from None
    except UnidentifiedImageError:
        raise PictureError(_unknown_format(content, name)) from None
    except PictureError:
        raise
    except MemoryError:
        raise PictureError(f"{name} does not fit into memory: make it smaller.") from None
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


def _too_large(name: str) -> str:
    return f"{name} has more than {MAX_PIXELS // 1_000_000} megapixels: make it smaller first."


def _refuse_by_header(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(_too_large(name))
    if max(width, height) < MIN_SIDE or min(width, height) < 2:
        raise PictureError(
            f"{name} has {width} x {height} pixels, too few to hold a digit: "
            f"its longer side needs at least {MIN_SIDE}."
        )


def _unknown_format(content: bytes, name: str) -> str:
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return (
            f"{name} is in Apple's HEIC format, which can't be read here: convert it to JPEG "
            "(on the phone: Settings, Camera, Formats, Most Compatible)."
        )
    return f"{name} is not a picture in a known format: give a PNG, JPEG, WebP, GIF, BMP or TIFF."


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


# --- Finding the ink ------------------------------------------------------------------------


def to_working_size(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Shrink a large picture, enlarge a tiny one; return it with working pixels per pixel."""
    longest = max(picture.shape[:2])
    if longest > WORKING_SIDE:
        scale, method = WORKING_SIDE / longest, cv2.INTER_AREA
    elif longest < ENLARGED_SIDE:
        scale, method = float(-(-ENLARGED_SIDE // longest)), cv2.INTER_CUBIC
    else:
        return picture, 1.0
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    return cv2.resize(picture, size, interpolation=method), scale


def _shrink(image: NDArray, longest: int) -> NDArray:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = tuple(max(1, round(side * scale)) for side in image.shape[1::-1])
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _odd(value: float, least: int = 3) -> int:
    return max(least, int(value) // 2 * 2 + 1)


def colour_axis(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the direction in RGB along which the ink differs most from the paper.

    Yellow ink on white paper hardly shows in grey, but it does in blue. The direction is the first
    principal component of how the most deviating fiftieth of the pixels differs from its
    surroundings. Where that is about grey anyway, plain grey is returned: a mean of three
    channels is less noisy than one.

    Args:
        picture: uint8 (h, w, 3).

    Returns:
        float32 (3,), weights whose absolute values sum to 1.
    """
    grey = np.array([0.299, 0.587, 0.114], np.float32)
    small = _shrink(picture, PAPER_SIDE // 2)
    colourful = cv2.absdiff(small[..., 0], small[..., 1]).max() > 10
    if not colourful and cv2.absdiff(small[..., 1], small[..., 2]).max() <= 10:
        return grey
    paper = _wide_median(small, min(small.shape[:2]) / 3)
    difference = (paper.astype(np.float32) - small).reshape(-1, 3)
    size = np.einsum("ij,ij->i", difference, difference)
    strongest = difference[size >= np.partition(size, -len(size) // 50)[-len(size) // 50]]
    _, vectors = np.linalg.eigh(strongest.T @ strongest)
    axis = vectors[:, -1].astype(np.float32)
    axis *= np.sign(axis.sum()) or 1.0
    if abs(axis.sum()) / np.sqrt(3) > 0.85:
        return grey
    return axis / np.abs(axis).sum()


def paper_brightness(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate what the picture would look like without ink: the light on the paper.

    A median over a wide window (Huang, Yang, Tang 1979; OpenCV's ``medianBlur``) tells how wide the
    strokes are; then everything narrower than a disc that is wider than they are is removed, which
    keeps the hard edge of a shadow where it is, also where a stroke crosses it. A picture
    whose background is one plain level (a drawing, a scan) gets that level everywhere.

    Args:
        grey: uint8 (h, w).

    Returns:
        uint8 (h, w).
    """
    small = _shrink(grey, PAPER_SIDE)
    level = plain_background(small)
    if level is not None:
        return np.full(grey.shape, level, np.uint8)
    # Slow changes (a lamp on one side, dark corners) are taken out first, so that the median has
    # only hard shadows left to follow.
    light = smooth_light(small) / 255
    light *= float(np.percentile(small / light, 99.8)) / 250  # the brightest must fit in 8 bits
    even = np.clip(small / light, 0, 255).astype(np.uint8)
    # Half of the picture is wider than any stroke, but such a median moves the edge of a shadow
    # where ink crosses it: good enough to measure the strokes, not to measure ink against.
    window = min(small.shape) / 2
    paper = _wide_median(even, window)
    # Of the factors 1.2 to 2.6 this one read most of 600 training digits with shadows across them.
    disc = _odd(2.6 * _widest_stroke(cv2.absdiff(paper, even)) + 1, least=7)
    dark = is_dark_ink(cv2.subtract(paper, even, dtype=cv2.CV_16S))
    paper = _without_narrow(even, min(disc, _odd(window / 2)), dark)
    paper = np.clip(paper * light + 0.5, 0, 255).astype(np.uint8)
    return cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def smooth_light(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Fit a smooth surface (a polynomial of second degree) to the paper's brightness.

    The fit is repeated without the pixels that lie far from it, which are ink or shadow. Where
    most pixels lie far from it, the light is not smooth, and the surface returned is flat.

    Args:
        grey: uint8 (h, w).

    Returns:
        float32 (h, w), at least 1.
    """
    coarse = _shrink(cv2.medianBlur(grey, 5), 48).astype(np.float32)
    y, x = (
        axis.ravel()
        for axis in np.mgrid[-1 : 1 : coarse.shape[0] * 1j, -1 : 1 : coarse.shape[1] * 1j]
    )
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    values = coarse.ravel()
    kept = np.ones(len(values), bool)
    for _ in range(3):
        # Normal equations, and einsum instead of @: for so few numbers the threads of a linear
        # algebra library cost more than they save, most of all beside other threads.
        fitted = terms[kept]
        gram = np.einsum("ni,nj->ij", fitted, fitted)
        weights, *_ = np.linalg.lstsq(gram, np.einsum("ni,n->i", fitted, values[kept]), rcond=None)
        residue = np.abs(np.einsum("ni,i->n", terms, weights) - values)
        kept = residue <= 2.5 * np.median(residue) + 1
    surface = np.einsum("ni,i->n", terms, weights).reshape(coarse.shape).astype(np.float32)
    if np.mean(np.abs(surface - coarse) <= 0.06 * np.abs(surface)) < 0.6:
        return np.full(grey.shape, 255, np.float32)
    lowest = max(1.0, float(np.percentile(values, 1)) / 2)
    return np.maximum(cv2.resize(surface, grey.shape[::-1]), lowest)


def _wide_median(image: NDArray[np.uint8], window: float) -> NDArray[np.uint8]:
    """Return the median over a wide window, computed at half size: a quarter of the pixels."""
    height, width = image.shape[:2]
    half = cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    size = _odd(window / 2)
    edge = size // 2
    padded = cv2.copyMakeBorder(half, edge, edge, edge, edge, cv2.BORDER_REFLECT)
    median = cv2.medianBlur(padded, size)[edge:-edge, edge:-edge]
    return cv2.resize(median, (width, height), interpolation=cv2.INTER_LINEAR)


def _without_narrow(grey: NDArray[np.uint8], disc: int, dark: bool) -> NDArray[np.uint8]:
    """Remove what is darker (or brighter) than its surroundings and narrower than a disc.

    The edges of the rest stay where they are. A morphological closing removes dark strokes, an
    opening bright ones (Serra 1982; OpenCV's ``morphologyEx``).
    """
    calm = cv2.medianBlur(grey, 5)
    padded = cv2.copyMakeBorder(calm, disc, disc, disc, disc, cv2.BORDER_REFLECT)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (disc, disc))
    kind = cv2.MORPH_CLOSE if dark else cv2.MORPH_OPEN
    filled = cv2.morphologyEx(padded, kind, kernel)[disc:-disc, disc:-disc]
    removed = cv2.subtract(filled, calm, dtype=cv2.CV_16S)
    # The paper's grain makes every closing a little too bright, every opening too dark.
    return np.clip(calm + removed - np.median(removed), 0, 255).astype(np.uint8)


def _widest_stroke(difference: NDArray[np.uint8]) -> float:
    """Return the width that nearly all ink stays below, in an image of differences."""
    noise = 1.4826 * float(np.median(difference))
    strong = difference[difference > max(8, 5 * noise)]
    if strong.size < 10:
        return 1.0
    level, _ = cv2.threshold(strong, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask = (difference > max(0.6 * level, 8)).astype(np.uint8)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    ridge = distance[(distance > 0) & (distance >= cv2.dilate(distance, np.ones((3, 3), np.uint8)))]
    if not ridge.size:
        return 1.0
    # By area, not by length: a squared page has many times more line than the digit has stroke.
    return 2 * float(np.percentile(ridge, 95, weights=ridge, method="inverted_cdf"))


def plain_background(grey: NDArray[np.uint8]) -> int | None:
    """Return the one brightness of a background that has no light and shadow, else ``None``."""
    rim = max(1, min(grey.shape) // 25)
    border = np.concatenate(
        [grey[:rim].ravel(), grey[-rim:].ravel(), grey[:, :rim].ravel(), grey[:, -rim:].ravel()]
    )
    level = int(np.median(border))
    near = cv2.absdiff(grey, np.full_like(grey, level)) <= 3
    if near.mean() < 0.6:
        return None
    # A crop of a photo pasted on white, or a sheet with a shadow, has a plain border too. But then
    # what is not background is a wide area instead of strokes, or lies along the border.
    other = (~near).astype(np.uint8)
    if cv2.distanceTransform(other, cv2.DIST_L2, 3).max() > 0.2 * min(grey.shape):
        return None
    sides = (other[0], other[-1], other[:, 0], other[:, -1])
    if max(side.mean() for side in sides) > 0.25:
        return None
    _, _, table, _ = cv2.connectedComponentsWithStats(other)
    for _, _, width, height, area in table[1:]:
        if min(width, height) > 0.3 * min(grey.shape) and area > 0.85 * width * height:
            return None
    return level


def paper_of_two_levels(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Estimate the paper's brightness where much of the picture is ink.

    Otsu's threshold (1979) splits the pixels into two classes; the one that most of the border
    belongs to is paper, and a wide blur of it alone is the estimate, so that faint ink stays ink.

    Args:
        grey: uint8 (h, w).

    Returns:
        uint8 (h, w).
    """
    small = _shrink(grey, PAPER_SIDE)
    _, bright = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    weight = (bright == (border.mean() >= 0.5)).astype(np.float32)
    sigma = min(small.shape) / 6
    spread = cv2.GaussianBlur(small * weight, (0, 0), sigma)
    paper = spread / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    paper = np.clip(paper, 0, 255).astype(np.uint8)
    return cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)


def ink_contrast(
    picture: NDArray[np.uint8],
    estimate_paper: Callable[[NDArray[np.uint8]], NDArray[np.uint8]] = paper_brightness,
) -> Ink:
    """Measure how much each pixel differs from the paper around it.

    Dividing by the paper's brightness makes ink in the shadow as strong as ink in the light.
    Whether ink is darker or brighter than its paper is read off the picture.

    Args:
        picture: uint8 (h, w, 3), upright RGB.
        estimate_paper: :func:`paper_brightness` or :func:`paper_of_two_levels`.
    """
    working, scale = to_working_size(picture)
    axis = colour_axis(working)
    level = float(axis[axis < 0].sum()) * 255
    grey = cv2.transform(working, np.r_[axis, -level][np.newaxis].astype(np.float32))
    paper = estimate_paper(grey)
    difference = cv2.subtract(paper, grey, dtype=cv2.CV_16S)
    if not is_dark_ink(difference):
        grey, paper = 255 - grey, 255 - paper
    # Inside one cell of the coarse paper image a shadow's edge is known no better than this.
    coarse = cv2.erode(_shrink(paper, PAPER_SIDE), np.ones((3, 3), np.uint8))
    paper = cv2.resize(coarse, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    contrast = cv2.subtract(paper, grey, dtype=cv2.CV_32F) / np.maximum(paper, np.float32(50))
    noise = 1.4826 * float(np.median(np.abs(contrast[::3, ::3])))
    return Ink(contrast, grey, paper, scale, noise)


def is_dark_ink(difference: NDArray[np.int16]) -> bool:
    """Tell dark ink on light paper from light ink on dark paper.

    Args:
        difference: int16 (h, w), paper minus picture.
    """
    small = _shrink(difference, PAPER_SIDE // 2)
    noise = 1.4826 * float(np.median(np.abs(small)))
    least = max(8, int(3 * noise))
    darker, brighter = (np.maximum(sign * small - least, 0) for sign in (1, -1))
    sums = float(darker.sum(dtype=np.float64)), float(brighter.sum(dtype=np.float64))
    inner = _inside(darker), _inside(brighter)
    # A digit that fills the picture touches the border; then there is little inside to go by.
    darker_sum, brighter_sum = inner if max(inner) > 0.1 * max(sums) else sums
    # Paper is mostly lighter than what is written on it; only clear evidence says otherwise.
    return darker_sum * 2 >= brighter_sum


def _inside(strength: NDArray[np.int16]) -> float:
    """Sum up what is not connected to the border, where margins, tables and shadows lie."""
    count, labels = cv2.connectedComponents((strength > 0).astype(np.uint8))
    inside = np.ones(count, bool)
    inside[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = False
    return float(strength[inside[labels]].sum(dtype=np.float64))


# --- MNIST's form ---------------------------------------------------------------------------


def stroke_width(ink: NDArray[np.uint8]) -> float:
    """Return the width of the strokes in pixels: four times the mean distance to the edge.

    Across a stroke of width w the distance to the edge rises from 0 to w / 2 and falls again, so
    its mean is w / 4. OpenCV measures to the first pixel outside, half a pixel more. A small image
    is measured enlarged, or a stroke would be too few pixels wide to tell.

    Args:
        ink: uint8 (h, w), bright ink on black.
    """
    enlarged = 4 if max(ink.shape) < 100 else 1
    if enlarged > 1:
        ink = cv2.resize(ink, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
    mask = cv2.copyMakeBorder((ink > 127).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    inside = distance[distance > 0]
    return (4 * float(inside.mean()) - 2) / enlarged if inside.size else 0.0


def thicken(ink: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """Widen strokes by about ``pixels`` (a dilation with a disc of that diameter plus one)."""
    size = _odd(pixels + 1, least=1)
    if size < 3:
        return ink
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padding = size // 2
    padded = cv2.copyMakeBorder(ink, *(padding,) * 4, cv2.BORDER_CONSTANT)
    return cv2.dilate(padded, kernel)


def crop_to_ink(ink: NDArray[np.uint8], least: int = 40) -> NDArray[np.uint8]:
    """Cut away the empty border around the ink (pixels brighter than ``least``)."""
    x, y, width, height = cv2.boundingRect((ink > least).astype(np.uint8))
    return ink[y : y + height, x : x + width]


def fit_in_box(ink: NDArray[np.uint8], side: int = BOX_SIDE) -> NDArray[np.uint8]:
    """Scale so that the longer side is ``side`` pixels, keeping the aspect ratio."""
    height, width = ink.shape
    scale = side / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(ink, size, interpolation=method)


def centre_by_mass(ink: NDArray[np.uint8], side: int = IMAGE_SIDE) -> NDArray[np.uint8]:
    """Place the ink in a ``side`` x ``side`` image, its centre of mass in the image's centre.

    The centre is between pixels 14 and 15, at (14, 14) counted from 0, where that of MNIST's own
    images lies. Only whole pixels are moved, so that the ink is not blurred a second time.
    """
    moments = cv2.moments(ink)
    if moments["m00"] == 0:
        return np.zeros((side, side), np.uint8)
    height, width = ink.shape
    left = round(side / 2 - moments["m10"] / moments["m00"])
    top = round(side / 2 - moments["m01"] / moments["m00"])
    left, top = (
        min(max(offset, 0), side - length) for offset, length in ((left, width), (top, height))
    )
    image = np.zeros((side, side), np.uint8)
    image[top : top + height, left : left + width] = ink
    return image


def mnist_form(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the ink of one digit into the form of MNIST's images.

    Args:
        ink: uint8 (h, w), bright ink on black, any size.

    Returns:
        uint8 (28, 28): longest side 20 pixels, grey edges, centre of mass in the centre,
        peak 255. All 0 where there is no ink.
    """
    ink = crop_to_ink(ink)
    if ink.size == 0:
        return np.zeros((IMAGE_SIDE, IMAGE_SIDE), np.uint8)
    scale = BOX_SIDE / max(ink.shape)
    width = stroke_width(ink) * scale
    if width < THINNEST_STROKE:
        ink = crop_to_ink(thicken(ink, (USUAL_STROKE - width) / scale))
    image = centre_by_mass(fit_in_box(ink))
    return cv2.convertScaleAbs(image, alpha=255 / max(int(image.max()), 1))
