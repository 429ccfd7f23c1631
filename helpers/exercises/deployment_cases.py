"""What the exercises of notebook 10 are checked with: cases, reference solutions, wrong ones."""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import Any

from helpers.exercises.answers import Array

# --- 10.2: what has to travel with an exported network --------------------------------------------


class NetworkInput(Array):
    """Images as a network takes them; runtimes want float32 and nothing else."""

    def complaint(self, value: Any) -> str:
        """See ``Kind``."""
        text = super().complaint(value)
        if not text and value.dtype != self.right.dtype:
            return f"Your array has the type {value.dtype}; the network takes float32 only."
        return text

    def is_right(self, value: Any) -> bool:
        """See ``Kind``."""
        return value.dtype == self.right.dtype and super().is_right(value)


def images() -> list[tuple[Any, ...]]:
    """Make batches of images as MNIST has them, a faint one and a single one among them."""
    import numpy as np

    random = np.random.default_rng(10)
    bright = random.integers(0, 256, size=(3, 28, 28), dtype=np.uint8)
    return [(bright,), (bright // 3,), (bright[:1],)]


def preprocess(images: Any) -> Any:
    """Return float32 (n, 28, 28, 1) in [0, 1]."""
    return images.astype("float32")[..., None] / 255


def unscaled(images: Any) -> Any:
    """Forget to divide (wrong)."""
    return images.astype("float32")[..., None]


def inverted(images: Any) -> Any:
    """Return black ink on white (wrong)."""
    return 1 - preprocess(images)


def by_the_largest_pixel(images: Any) -> Any:
    """Divide by the brightest pixel there is (wrong)."""
    return images.astype("float32")[..., None] / images.max()


def divided_by_256(images: Any) -> Any:
    """Divide by 256 (wrong)."""
    return images.astype("float32")[..., None] / 256


# --- 10.4: weights in steps, one step for each channel --------------------------------------------


def weights() -> list[tuple[Any, ...]]:
    """Make arrays of weights, each with a number of bits; the largest one may be negative."""
    import numpy as np

    random = np.random.default_rng(4)
    kernel = random.normal(scale=0.1, size=(3, 3, 2, 4)) * [1, 2, 5, 0.5]
    return [
        (np.array([[-1.0, 0.2], [0.52, 0.05], [0.9, -0.13]]), 3),
        (kernel, 8),
        (-np.abs(kernel), 4),
        (kernel[0, 0], 2),
    ]


def _largest(weights: Any) -> Any:
    """The largest absolute weight of each output channel."""
    return abs(weights).max(axis=tuple(range(weights.ndim - 1)))


def _in_steps(weights: Any, largest_integer: int, largest_weight: Any) -> tuple[Any, Any]:
    import numpy as np

    step = largest_weight / largest_integer
    return np.round(weights / step), step


def quantise(weights: Any, bits: int) -> Any:
    """Return the weights, each rounded to a whole number of its channel's steps."""
    integers, step = _in_steps(weights, 2 ** (bits - 1) - 1, _largest(weights))
    return integers * step


def one_step_for_all(weights: Any, bits: int) -> Any:
    """Take the same step for all channels (wrong)."""
    integers, step = _in_steps(weights, 2 ** (bits - 1) - 1, abs(weights).max())
    return integers * step


def first_axis(weights: Any, bits: int) -> Any:
    """Take a step for each place on the first axis (wrong)."""
    other_axes = tuple(range(1, weights.ndim))
    largest = abs(weights).max(axis=other_axes, keepdims=True)
    integers, step = _in_steps(weights, 2 ** (bits - 1) - 1, largest)
    return integers * step


def only_the_first_axis_together(weights: Any, bits: int) -> Any:
    """Take the maximum over the first axis alone (wrong for convolutions)."""
    integers, step = _in_steps(weights, 2 ** (bits - 1) - 1, abs(weights).max(axis=0))
    return integers * step


def integers_only(weights: Any, bits: int) -> Any:
    """Return the integers (wrong)."""
    return _in_steps(weights, 2 ** (bits - 1) - 1, _largest(weights))[0]


def without_sign(weights: Any, bits: int) -> Any:
    """Spend no bit on the sign (wrong)."""
    integers, step = _in_steps(weights, 2**bits - 1, _largest(weights))
    return integers * step


def one_too_many(weights: Any, bits: int) -> Any:
    """Take 128 for the largest integer of 8 bits (wrong)."""
    integers, step = _in_steps(weights, 2 ** (bits - 1), _largest(weights))
    return integers * step


def truncated(weights: Any, bits: int) -> Any:
    """Cut off in place of rounding (wrong)."""
    step = _largest(weights) / (2 ** (bits - 1) - 1)
    return (weights / step).astype(int) * step


def by_the_largest_value(weights: Any, bits: int) -> Any:
    """Forget that weights may be negative (wrong)."""
    largest = weights.max(axis=tuple(range(weights.ndim - 1)))
    integers, step = _in_steps(weights, 2 ** (bits - 1) - 1, largest)
    return integers * step


# --- 10.5: the doorkeeper -------------------------------------------------------------------------

MOST_PIXELS = 4_000_000


def _png(width: int, height: int) -> bytes:
    """Make a white PNG, row by row, so that a large one costs no memory here."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        sum_of_both = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", sum_of_both)

    packer = zlib.compressobj(9)
    row = b"\0" + b"\xff" * width
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def requests() -> list[tuple[Any, ...]]:
    """Make what a service gets: pictures large and small, broken ones, and none.

    The last claims far more pixels than Pillow opens. One that is too large is broken as well:
    whoever unpacks it first says 415.
    """
    small = _png(28, 28)
    broken = _png(100, 100)
    too_large = _png(3000, 3000)
    absurd = small.replace(struct.pack(">II", 28, 28), struct.pack(">II", 60_000, 60_000))
    absurd = absurd[:29] + struct.pack(">I", zlib.crc32(absurd[12:29])) + absurd[33:]
    return [
        (small,),
        (b"Hello!",),
        (b"",),
        (broken[: len(broken) // 2],),
        (too_large[: len(too_large) // 2],),
        (_png(3000, 1000),),
        (_png(2000, 2000),),
        (_png(2001, 2000),),
        (absurd,),
    ]


def _judge(data: bytes, allowed: Callable[[Any], bool], unpacks: str = "after") -> int:
    """Return a status; the wrong ways differ in what they look at and when."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
        if unpacks == "before":
            image.load()
        if not allowed(image):
            return 413
        if unpacks == "after":
            image.load()
    except Image.DecompressionBombError:
        return 413
    except (OSError, SyntaxError):
        return 415
    return 200


def _is_small(image: Any) -> bool:
    return image.width * image.height <= MOST_PIXELS


def status(data: bytes) -> int:
    """Return 200, 413 for too many pixels, or 415 for what is no whole picture."""
    return _judge(data, _is_small)


def unpacks_first(data: bytes) -> int:
    """Unpack, then look at the size (wrong)."""
    return _judge(data, _is_small, unpacks="before")


def header_only(data: bytes) -> int:
    """Never unpack (wrong)."""
    return _judge(data, _is_small, unpacks="never")


def forgets_pillows_own(data: bytes) -> int:
    """Take Pillow's own refusal for no picture (wrong)."""
    return 415 if len(data) < 1_000 and b"\xea\x60\x00\x00\xea\x60" in data else status(data)


def too_strict(data: bytes) -> int:
    """Refuse exactly four megapixels (wrong)."""
    return _judge(data, lambda image: image.width * image.height < MOST_PIXELS)


def longest_side(data: bytes) -> int:
    """Judge by the longer side (wrong)."""
    return _judge(data, lambda image: max(image.size) <= 2000)


def by_file_size(data: bytes) -> int:
    """Judge by the length of the file (wrong)."""
    return 413 if len(data) > MOST_PIXELS else _judge(data, lambda image: True)
