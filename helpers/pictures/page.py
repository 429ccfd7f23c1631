"""The records of a picture's marks, and the geometry of their boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

AnyScalar = TypeVar("AnyScalar", bound=np.generic)


class Box(NamedTuple):
    """A rectangle of pixels: its left column, its top row, width and height."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column behind the box."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First row under the box."""
        return self.y + self.height

    @property
    def middle(self) -> tuple[float, float]:
        """Column and row of the box's middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def longest(self) -> int:
        """Length of the longer side."""
        return max(self.width, self.height)

    @property
    def area(self) -> int:
        """Number of its pixels."""
        return self.width * self.height

    @staticmethod
    def union(boxes: Iterable[Box]) -> Box:
        """Return the smallest box that holds all of the given ones."""
        lefts, tops, rights, bottoms = zip(
            *((box.x, box.y, box.right, box.bottom) for box in boxes), strict=True
        )
        left, top = min(lefts), min(tops)
        return Box(left, top, max(rights) - left, max(bottoms) - top)

    def overlap(self, other: Box) -> tuple[int, int]:
        """Return how many columns and rows both boxes share; negative where a gap parts them."""
        return (
            min(self.right, other.right) - max(self.x, other.x),
            min(self.bottom, other.bottom) - max(self.y, other.y),
        )

    def gap(self, other: Box) -> float:
        """Return the shortest distance between two boxes, 0 where they overlap."""
        columns, rows = self.overlap(other)
        return math.hypot(max(-columns, 0), max(-rows, 0))

    def of(self, image: NDArray[AnyScalar], margin: int = 0) -> NDArray[AnyScalar]:
        """Return the part of an image that lies in the box, with a margin where there is one."""
        top, left = max(self.y - margin, 0), max(self.x - margin, 0)
        return image[top : self.bottom + margin, left : self.right + margin]

    def moved(self, columns: int, rows: int) -> Box:
        """Return the box, moved to the right and down."""
        return self._replace(x=self.x + columns, y=self.y + rows)

    def in_picture(self, scale: float) -> Box:
        """Return the box in pixels of the picture.

        Args:
            scale: working pixels per pixel of the picture.
        """
        width, height = (max(1, round(side / scale)) for side in (self.width, self.height))
        return Box(int(self.x / scale), int(self.y / scale), width, height)


class Mark(NamedTuple):
    """A piece of ink that hangs together (in image processing: a connected component).

    label: its number in ``Page.labels``.
    box: where it is, in working pixels.
    area: its number of pixels.
    cut: ink that the cut on its left crosses, in heights of the line; 0 for the first piece of a
        mark, and ``None`` for a mark that was not cut.
    """

    label: int
    box: Box
    area: int
    cut: float | None = None


class Page(NamedTuple):
    """Marks of a picture, in lines from top to bottom, each from left to right.

    ink: uint8 (h, w), 0 to 255, each mark stretched to its own full contrast.
    labels: int32 (h, w), number of the mark that a pixel belongs to, 0 for none.
    lines: the marks of each line.
    scale: working pixels per pixel of the picture.
    stroke: usual width of a stroke, in working pixels.
    is_plain: the paper has one brightness all over, which is known exactly.
    """

    ink: NDArray[np.uint8]
    labels: NDArray[np.int32]
    lines: list[list[Mark]]
    scale: float
    stroke: float
    is_plain: bool = False

    def pixels_of(self, mark: Mark) -> NDArray[np.bool_]:
        """Return which pixels of a mark's box belong to the mark."""
        return mark.box.of(self.labels) == mark.label

    def all_marks(self) -> list[Mark]:
        """Return the marks of all lines."""
        return [mark for line in self.lines for mark in line]


def box_of_row(row: Iterable[Any]) -> Box:
    """Return the box in a row of OpenCV's table of connected components."""
    x, y, width, height, *_ = (int(value) for value in row)
    return Box(x, y, width, height)
