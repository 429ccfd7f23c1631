"""How a hand writes the ten digits: strokes as points in a square of side 1, y pointing down."""

import itertools
import math

Point = tuple[float, float]
Stroke = list[Point]


def _arc(
    centre: Point, radii: Point, start_degrees: float, end_degrees: float, steps: int = 20
) -> Stroke:
    """Points on an ellipse; 0 degrees is to the right, 90 degrees is down."""
    turns = [start_degrees + (end_degrees - start_degrees) * i / steps for i in range(steps + 1)]
    return [
        (
            centre[0] + radii[0] * math.cos(math.radians(turn)),
            centre[1] + radii[1] * math.sin(math.radians(turn)),
        )
        for turn in turns
    ]


DIGITS: dict[int, list[Stroke]] = {
    0: [_arc((0.5, 0.5), (0.28, 0.4), -90, 270)],
    1: [[(0.38, 0.26), (0.54, 0.1), (0.52, 0.9)]],
    2: [[*_arc((0.5, 0.32), (0.26, 0.22), -170, 40), (0.24, 0.88), (0.8, 0.86)]],
    3: [
        _arc((0.46, 0.3), (0.25, 0.2), -150, 80) + _arc((0.46, 0.69), (0.28, 0.21), -80, 150),
    ],
    4: [[(0.58, 0.1), (0.22, 0.62), (0.8, 0.62)], [(0.64, 0.36), (0.62, 0.92)]],
    5: [
        [(0.34, 0.1), (0.3, 0.46), *_arc((0.48, 0.66), (0.27, 0.24), -130, 150)],
        [(0.34, 0.1), (0.74, 0.1)],
    ],
    6: [[(0.66, 0.1), (0.44, 0.3), *_arc((0.5, 0.66), (0.24, 0.24), -170, 190)]],
    7: [[(0.24, 0.12), (0.78, 0.12), (0.44, 0.9)]],
    8: [_arc((0.5, 0.3), (0.2, 0.2), 90, -270) + _arc((0.5, 0.7), (0.25, 0.2), -90, 270)],
    9: [[*_arc((0.5, 0.32), (0.22, 0.22), 0, -360), (0.66, 0.9)]],
}


def placed(stroke: Stroke, x: float, y: float, width: float, height: float) -> Stroke:
    """Return a stroke stretched from the unit square to a rectangle."""
    return [(x + width * point_x, y + height * point_y) for point_x, point_y in stroke]


def between(stroke: Stroke, steps: int) -> Stroke:
    """Return a stroke with ``steps`` moves on every side, as a hand makes them."""
    points = stroke[:1]
    for (x, y), (next_x, next_y) in itertools.pairwise(stroke):
        points += [
            (x + (next_x - x) * i / steps, y + (next_y - y) * i / steps)
            for i in range(1, steps + 1)
        ]
    return points
