"""Figures of notebook 06: pictures of any size, readings with boxes, bars with intervals."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_pictures_of_any_size_share_a_grid():
    pictures: list[np.ndarray] = [
        np.zeros((10, 20)),
        np.zeros((300, 200, 3), np.uint8),
        np.zeros((28, 28)),
    ]
    figure = plots.draw_pictures(pictures, ["a", "b", "c"], columns=2, title="Three")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["a", "b", "c", ""]
    assert figure.get_suptitle() == "Three"


def test_every_digit_that_was_read_has_a_box():
    axes = plots.draw_reading(np.zeros((50, 100, 3), np.uint8), [(1, 2, 3, 4), (9, 2, 3, 4)], "47")
    assert [patch.get_xy() for patch in axes.patches] == [(1, 2), (9, 2)]
    assert [text.get_text() for text in axes.texts] == ["4", "7"]


def test_bars_stand_side_by_side():
    axes = plots.draw_bars(
        plt.figure().add_subplot(),
        {"naive": [(0.1, 0.0, 0.3)], "ours": [(1.0, 0.8, 1.0)]},
        ["plain paper"],
        "share",
    )
    bars = [(round(bar.get_x(), 2), bar.get_height()) for bar in axes.patches]
    assert bars == [(-0.4, 0.1), (0.0, 1.0)]
