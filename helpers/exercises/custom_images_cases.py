"""What the checks of custom images compare with: solutions, plausible mistakes, cases."""

from collections.abc import Callable
from functools import cache
from typing import Any

from helpers.exercises.validation_set import validation_set

# --- 6.2: one image as a batch --------------------------------------------------------------------


def images() -> list[tuple[Any, ...]]:
    import numpy as np

    generator = np.random.default_rng(0)
    return [(generator.integers(0, 256, (28, 28)).astype(np.uint8),) for _ in range(2)]


def as_batch(image: Any) -> Any:
    return image[None, :, :, None] / 255


# --- 6.4: chalk on a board ------------------------------------------------------------------------

# Strokes, chalk, board, and how many times as much light falls on the board's right end.
BOARDS = (
    ([[(25, 30), (75, 30), (45, 95)]], (235, 230, 180), (40, 60, 50), 1.0),
    ([[(40, 20), (25, 65), (85, 65)], [(65, 35), (65, 100)]], (225, 225, 220), (40, 60, 50), 3.0),
    ([[(25, 30), (75, 30), (45, 95)]], (240, 200, 90), (30, 40, 90), 3.5),
)


def chalk(strokes: Any) -> Any:
    """Return the mask of some strokes on a board of 120 x 160 pixels."""
    import cv2
    import numpy as np

    mask = np.zeros((120, 160), np.uint8)
    for points in strokes:
        cv2.polylines(mask, [np.array(points)], isClosed=False, color=255, thickness=9)
    return mask


def boards() -> list[tuple[Any, ...]]:
    """Photograph boards, some of them lit from a window on the right."""
    import numpy as np

    photos = []
    for strokes, ink, ground, window in BOARDS:
        light = np.interp(np.arange(160), [96, 159], [1, window])[np.newaxis, :, np.newaxis]
        colours = np.where(chalk(strokes)[:, :, np.newaxis] > 0, ink, ground) * light
        photos.append((colours.clip(0, 255).astype(np.uint8),))
    return photos


def contrast_to_paper(grey: Any, share: float = 0.25) -> Any:
    """Return how much darker each pixel is than the paper around it, as the lesson does."""
    import cv2

    side = max(1, round(share * min(grey.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (side, side))
    paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel)
    return 255 - cv2.divide(grey, paper, scale=255)


def otsu(picture: Any) -> tuple[float, Any]:
    import cv2

    return cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)


def grey_of(photo: Any) -> Any:
    import cv2

    return cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)


def board_contrast(photo: Any) -> Any:
    return contrast_to_paper(255 - grey_of(photo))


def light_ink(photo: Any) -> Any:
    return otsu(board_contrast(photo))[1]


def mask_and_level(photo: Any) -> Any:
    return otsu(board_contrast(photo))


def without_inverting(photo: Any) -> Any:
    return otsu(contrast_to_paper(grey_of(photo)))[1]


def without_the_light(photo: Any) -> Any:
    return otsu(grey_of(photo))[1]


# --- 6.7: the share of the kernel -----------------------------------------------------------------

# What an answer must at least reach, and how far a hopeless kernel must stay behind the best.
FEWEST_SHARES = 5
SMALL, LARGE = 0.05, 0.5
GOOD, COLLAPSE = 0.9, 0.3
PLATEAU = (0.1, 0.45)
# Another machine's network may doubt differently about a few photos, not about more.
AGREEMENT = 0.03
# The lesson's validation photos.
PHOTOS_PER_CONDITION, PHOTO_SEED = 20, 61


def curve(answer: Any) -> dict[float, float]:
    """Return an answer as {share: accuracy}, whether it is a dictionary or a Series."""
    return {float(share): float(accuracy) for share, accuracy in dict(answer).items()}


def is_curve(answer: Any) -> bool:
    return (isinstance(answer, dict) or type(answer).__name__ == "Series") and bool(curve(answer))


def of_curve(holds: Callable[[dict[float, float]], bool]) -> Callable[[Any], bool]:
    return lambda answer: holds(curve(answer))


def best_share(curve: dict[float, float]) -> float:
    return max(curve, key=curve.__getitem__)


def is_measured(curve: dict[float, float]) -> bool:
    """Measure the smallest, the best and the largest share again, and compare."""
    shares = {min(curve), best_share(curve), max(curve)}
    return all(abs(curve[share] - measured_accuracy(share)) <= AGREEMENT for share in shares)


@cache
def measured_accuracy(share: float) -> float:
    """Return what share of the lesson's validation photos its pipeline reads with this kernel."""
    import numpy as np

    from helpers.models import load_model

    photos, labels = validation_photos()
    images = np.stack([mnist_image(photo, share) for photo in photos])
    probabilities = load_model("cnn").predict(images[..., np.newaxis] / 255, verbose=0)
    return float((probabilities.argmax(axis=1) == labels).mean())


@cache
def validation_photos() -> tuple[list[Any], list[int]]:
    """Take the lesson's validation photos: ``take_photos(x_val, y_val, count=20, seed=61)``."""
    import numpy as np

    from helpers.synthesis.photographs import CONDITIONS, draw_stroke, photograph, random_scene

    images, all_labels = validation_set()
    generator = np.random.default_rng(PHOTO_SEED)
    photos, labels = [], []
    for settings in CONDITIONS.values():
        for position in generator.choice(len(images), PHOTOS_PER_CONDITION, replace=False):
            scene = random_scene(generator, **settings)
            stroke = draw_stroke(images[position], scene.digit_height, scene.pen)
            photos.append(photograph(stroke, scene, generator))
            labels.append(int(all_labels[position]))
    return photos, labels


def mnist_image(photo: Any, share: float) -> Any:
    """Bring a photo into MNIST's form as the lesson's function of this name does."""
    import cv2
    import numpy as np

    grey = grey_of(photo)
    middle = (float(grey.min()) + float(grey.max())) / 2
    if np.percentile(grey, 75) < middle:
        grey = 255 - grey
    _, mask = otsu(contrast_to_paper(grey, share))
    _, components, stats, _ = cv2.connectedComponentsWithStats(mask)
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas >= 0.1 * areas.max())
    ink = 255 * np.isin(components, kept).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(ink)
    scale = 20 / max(height, width)
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    small = cv2.resize(ink[y : y + height, x : x + width], size, interpolation=cv2.INTER_AREA)
    m = cv2.moments(small)
    matrix = np.array([[1, 0, 14 - m["m10"] / m["m00"]], [0, 1, 14 - m["m01"] / m["m00"]]])
    return cv2.warpAffine(small, matrix, (28, 28))


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
