"""White pages, with black bars where a test wants them."""

import numpy as np
from numpy.typing import NDArray

WHITE = 255


def white(height: int = 200, width: int = 200) -> NDArray[np.uint8]:
    """An empty page."""
    return np.full((height, width, 3), WHITE, np.uint8)


def bars(
    *boxes: tuple[int, int, int, int], height: int = 200, width: int = 400
) -> NDArray[np.uint8]:
    """A page with bars, given as x, y, width and height."""
    picture = white(height, width)
    for x, y, w, h in boxes:
        picture[y : y + h, x : x + w] = 0
    return picture
