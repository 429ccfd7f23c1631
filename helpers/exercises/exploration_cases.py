"""What the checks of exploration compare with: solutions, plausible mistakes, cases."""

import math
from typing import TYPE_CHECKING, Any

from helpers.exercises.answers import Choice
from helpers.exercises.kinds import Kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# --- 1.2: the digit with the largest mean ---------------------------------------------------------


def largest(df: "pd.DataFrame", column: str) -> Any:
    return df.groupby("digit")[column].mean().idxmax()


def tables() -> list[tuple["pd.DataFrame", str]]:
    """Return tables in which the mean, the sum and the single largest image disagree."""
    import pandas as pd

    few = pd.DataFrame(
        {
            "digit": [5, 5, 6, 6, 8, 8, 8, 8, 8],
            "ink": [0.2, 0.2, 0.3, 0.02, 0.1, 0.1, 0.1, 0.1, 0.1],
            "height": [20, 10, 19, 18, 9, 9, 9, 9, 9],
        }
    )
    more = pd.DataFrame(
        {
            "digit": [1, 4, 4, 1, 9, 9, 9, 9, 9],
            "ink": [0.3, 0.25, 0.25, 0.02, 0.13, 0.13, 0.13, 0.13, 0.13],
        }
    )
    return [(few, "ink"), (few, "height"), (more, "ink")]


# --- 1.3: could this image come from MNIST? -------------------------------------------------------


def stroke(top: int, left: int, height: int, width: int, heavy: str = "") -> "np.ndarray":
    """Draw a frame of ink, with one of its sides ("top", "left") made heavy."""
    import numpy as np

    image = np.zeros((28, 28), np.uint8)
    bottom, right = top + height, left + width
    image[top:bottom, left:right] = 200
    # A little heavier below and on the right, so that the ink of a box of 20 pixels, which cannot
    # lie even around pixel 14, does not balance on the very edge of that pixel.
    image[top + 2 : bottom - 4, left + 2 : right - 3] = 0
    if heavy == "top":
        image[top : top + 8, left:right] = 255
    if heavy == "left":
        image[top:bottom, left : left + 8] = 255
    return image


def images() -> list[tuple["np.ndarray"]]:
    """Return images on either side of each condition, none of them near its limit."""
    import numpy as np

    upright, lying = stroke(4, 8, 20, 13), stroke(10, 4, 9, 20)
    heavy_top = stroke(4, 8, 20, 13, heavy="top")
    mass_in_place = np.roll(heavy_top, round(14 - centre(heavy_top)[0]), axis=0)
    # Row and column are less than half a pixel off, and both together more than 0.6.
    in_the_corner = stroke(4, 4, 20, 20)
    in_the_corner[14:24, 4:24] = 255
    in_the_corner[4:24, 14:24] = 255
    images = [
        upright,
        lying,
        mass_in_place,
        in_the_corner,
        heavy_top,
        stroke(4, 4, 20, 20, heavy="left"),
        stroke(8, 10, 13, 9),
        stroke(1, 5, 27, 19),
        np.roll(upright, 5, axis=1),
        np.roll(lying, -6, axis=0),
        255 - upright,
    ]
    return [(image,) for image in images]


def box(image: "np.ndarray") -> tuple[int, int, int, int]:
    import numpy as np

    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1


def centre(image: "np.ndarray") -> tuple[float, float]:
    import numpy as np

    numbers = np.arange(28)
    return (
        float(np.average(numbers, weights=image.sum(axis=1))),
        float(np.average(numbers, weights=image.sum(axis=0))),
    )


def has_size(image: "np.ndarray") -> bool:
    return max(box(image)[2:]) in (19, 20)


def has_position(image: "np.ndarray", most: float = 0.6) -> bool:
    return all(abs(place - 14) <= most for place in centre(image))


def is_near(image: "np.ndarray", most: float = 0.6) -> bool:
    row, column = centre(image)
    return math.hypot(row - 14, column - 14) <= most


def box_in_middle(image: "np.ndarray") -> bool:
    top, left, height, width = box(image)
    middle = top + (height - 1) / 2, left + (width - 1) / 2
    return all(abs(place - 14) <= 0.6 for place in middle)


def could_be_mnist(image: "np.ndarray") -> bool:
    return has_size(image) and has_position(image)


def truth(right: bool) -> Kind:
    return Choice(bool(right), options=(True, False), sample="True")


# --- 1.4: the majority class ----------------------------------------------------------------------


def labels() -> list[tuple["np.ndarray", "np.ndarray"]]:
    import numpy as np

    digits = np.array([7, 1, 7, 3, 7, 1, 0])
    health = np.array(["ill", "healthy", "healthy", "healthy", "ill"])
    return [
        (digits, np.array([1, 7, 1, 1, 0])),
        (digits, np.array([3, 3, 7, 7])),
        (health, np.array(["ill", "healthy", "ill", "ill"])),
        (health, np.array(["ill", "ill"])),
    ]


def most_common(labels: "np.ndarray") -> Any:
    import numpy as np

    values, counts = np.unique(labels, return_counts=True)
    return values[counts.argmax()]


def majority_accuracy(y_train: "np.ndarray", y_val: "np.ndarray") -> float:
    return (y_val == most_common(y_train)).mean()


def by_bincount(y_train: "np.ndarray", y_val: "np.ndarray") -> float:
    import numpy as np

    return (y_val == np.bincount(y_train).argmax()).mean()


# --- 1.6: digits out of place ---------------------------------------------------------------------


def shifts(
    accuracies: tuple[float, ...], first: int = -4, accuracy: str = "accuracy"
) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(
        {"shift": range(first, first + len(accuracies)), accuracy: list(accuracies)}
    )


def is_table(answer: Any) -> bool:
    import pandas as pd

    return isinstance(answer, pd.DataFrame)


def at(table: "pd.DataFrame", *shifts: int) -> "pd.Series":
    return table.set_index("shift")["accuracy"].loc[list(shifts)]
