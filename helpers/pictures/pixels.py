"""The pixels of a decoded picture as 8-bit RGB, whatever they were: deep, transparent, indexed.

Large pictures are gone through in blocks of rows, so that nothing but the result is as large.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BLOCK_PIXELS = 1_000_000
# Pixels that are looked at to find the background of a transparent picture.
SAMPLE_PIXELS = 1_000_000
# A grey picture that uses less than this share of all levels, but for those behind a gap, has a
# value or two that say something else: no data, a sensor's end.
USED_SHARE = 1 / 5
GAP = 1 / 8
LEVELS = 1 << 10


def to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of an upright picture, uint8 (h, w, 3)."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return _to_eight_bits(image)
    picture = np.empty((image.height, image.width, 3), np.uint8)
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        background = _background(image)
        for top, block in _blocks(image, "RGBA"):
            picture[top : top + len(block)] = _blend(block, background)
    else:
        for top, block in _blocks(image, "RGB"):
            picture[top : top + len(block)] = block
    return picture


def _blocks(image: Image.Image, mode: str | None = None) -> Iterator[tuple[int, NDArray]]:
    """Go through a picture in blocks of rows: the first row's number, and the block as an array."""
    rows = max(1, BLOCK_PIXELS // image.width)
    for top in range(0, image.height, rows):
        block = image.crop((0, top, image.width, min(top + rows, image.height)))
        yield top, np.asarray(block if mode in {None, block.mode} else block.convert(mode))


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
    return to_rgb(Image.fromarray(picture))


def _background(image: Image.Image) -> NDArray[np.float32] | None:
    """Return the colour to put behind a transparent picture, or None if all of it is visible."""
    step = int(np.ceil(np.sqrt(image.width * image.height / SAMPLE_PIXELS)))
    samples, hidden = [], False
    for top, block in _blocks(image, "RGBA"):
        hidden = hidden or int(block[..., 3].min()) <= 127
        samples.append(block[-top % step :: step, ::step].reshape(-1, 4))
    if not hidden:
        return None
    sample = np.concatenate(samples)
    visible = sample[sample[:, 3] > 127, :3]
    share = len(visible) / len(sample)
    if share == 0:
        return np.full(3, 255, np.float32)
    if share > 0.6:
        return np.median(visible, axis=0).astype(np.float32)
    return np.full(3, 255 if visible.mean() < 128 else 0, np.float32)


def _blend(block: NDArray[np.uint8], background: NDArray[np.float32] | None) -> NDArray[np.uint8]:
    colour = block[..., :3]
    if background is None:
        return colour
    weight = block[..., 3:].astype(np.float32) / 255
    return (colour * weight + background * (1 - weight) + 0.5).astype(np.uint8)


def _to_eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Stretch a 16-bit, 32-bit or floating-point grey picture to 0..255."""
    low, high = _range_used(image)
    picture = np.full((image.height, image.width, 3), 255, np.uint8)
    for top, block in _blocks(image) if high > low else ():
        # Before the cast, which a signalling NaN would make NumPy complain of.
        values = _as_floats(np.nan_to_num(block, nan=high, posinf=high, neginf=low))
        levels = (values.clip(low, high) - low) * (255 / (high - low))
        picture[top : top + len(block)] = levels[..., np.newaxis].astype(np.uint8)
    return picture


def _as_floats(values: NDArray) -> NDArray:
    """Return numbers in which the range of all greys fits, too: twice the largest 32-bit float."""
    return values.astype(np.float32 if values.dtype.itemsize < 4 else np.float64)


def _range_used(image: Image.Image) -> tuple[float, float]:
    """Return the lowest and highest grey that mean something.

    A single value far from all others (-9999 or 1e30 for "no data", a sensor that is saturated)
    would leave a few levels to everything else. The range is then cut so that such values stay
    apart, but no farther than twice the extent of the others.
    """
    low, high = -np.inf, np.inf
    first, last = _extent(image, low, high)
    for _ in range(8):
        if not last > first:
            break
        counts = np.zeros(LEVELS, np.int64)
        for _top, block in _blocks(image):
            values = _as_floats(block[np.isfinite(block)])
            levels = (values.clip(first, last) - first) * ((LEVELS - 1) / (last - first))
            counts += np.bincount(levels.astype(np.int64), minlength=LEVELS)
        used = np.flatnonzero(counts)
        groups = np.split(used, np.flatnonzero(np.diff(used) > LEVELS * GAP) + 1)
        core = max(groups, key=lambda group: counts[group].sum())
        if core[-1] - core[0] > LEVELS * USED_SHARE:
            break
        scale = (last - first) / (LEVELS - 1)
        core_first, core_last = _extent(
            image, first + (core[0] - 1) * scale, first + (core[-1] + 1) * scale
        )
        reach = 2 * (core_last - core_first)
        before = first, last
        if reach:
            first, last = max(first, core_first - reach), min(last, core_last + reach)
        if before == (first, last):
            break
    return float(first), float(last)


def _extent(image: Image.Image, low: float, high: float) -> tuple[float, float]:
    """Return the lowest and highest finite value between two bounds."""
    first, last = np.inf, -np.inf
    for _top, block in _blocks(image):
        values = block[np.isfinite(block) & (block >= low) & (block <= high)]
        if values.size:
            first, last = min(first, float(values.min())), max(last, float(values.max()))
    return first, last
