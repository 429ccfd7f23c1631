"""What the checks of custom images compare with: solutions, plausible mistakes, cases."""

from collections.abc import Callable
from typing import Any

# --- 6.2: one image as a batch --------------------------------------------------------------------


def images() -> list[tuple[Any, ...]]:
    import numpy as np

    generator = np.random.default_rng(0)
    return [(generator.integers(0, 256, (28, 28)).astype(np.uint8),) for _ in range(2)]


def as_batch(image: Any) -> Any:
    return image[None, :, :, None] / 255


# --- 6.4: the share of the kernel -----------------------------------------------------------------

# What an answer must at least reach, and how far a hopeless kernel must stay behind the best.
FEWEST_SHARES = 5
SMALL, LARGE = 0.05, 0.5
GOOD, COLLAPSE = 0.9, 0.3
PLATEAU = (0.1, 0.45)


def curve(answer: Any) -> dict[float, float]:
    """Return an answer as {share: accuracy}, whether it is a dictionary or a Series."""
    return {float(share): float(accuracy) for share, accuracy in dict(answer).items()}


def is_curve(answer: Any) -> bool:
    return (isinstance(answer, dict) or type(answer).__name__ == "Series") and bool(curve(answer))


def of_curve(holds: Callable[[dict[float, float]], bool]) -> Callable[[Any], bool]:
    return lambda answer: holds(curve(answer))


def best_share(curve: dict[float, float]) -> float:
    return max(curve, key=curve.__getitem__)


# --- 6.6: an image in MNIST's form ----------------------------------------------------------------


def pixels_of(answer: Any) -> Any:
    """Return an image as a float array of two dimensions where axes of length 1 are left out."""
    import numpy as np

    return np.squeeze(np.asarray(answer)).astype(float)


def is_image(answer: Any) -> bool:
    is_array = hasattr(answer, "__array__") and not isinstance(answer, type)
    return is_array and pixels_of(answer).ndim in (2, 3)


def brightest(answer: Any) -> float:
    return 255.0 if pixels_of(answer).max() > 1 else 1.0


def longer_side(answer: Any) -> int:
    import numpy as np

    pixels = pixels_of(answer)
    rows, columns = np.nonzero(pixels > 0.15 * pixels.max())
    return int(max(np.ptp(rows), np.ptp(columns))) + 1


def distance_from_middle(answer: Any) -> float:
    import numpy as np

    pixels = pixels_of(answer)
    rows, columns = np.indices(pixels.shape)
    row, column = ((axis * pixels).sum() / pixels.sum() for axis in (rows, columns))
    return float(np.hypot(row - 14, column - 14))


def bar(top: int, left: int, height: int, width: int, ink: int = 255, paper: int = 0) -> Any:
    """Draw a bar, the simplest 1."""
    import numpy as np

    image = np.full((28, 28), paper, np.uint8)
    image[top : top + height, left : left + width] = ink
    return image


def colour_photo() -> Any:
    import numpy as np

    return np.full((480, 480, 3), 200, np.uint8)


def is_on_plateau(share: float) -> bool:
    return PLATEAU[0] <= share <= PLATEAU[1]


def is_light_on_dark(answer: Any) -> bool:
    return bool(pixels_of(answer)[0].mean() < 0.5 * pixels_of(answer).max())


def goes_to_the_extremes(curve: dict[float, float]) -> bool:
    return min(curve) <= SMALL and max(curve) >= LARGE
