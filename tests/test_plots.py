"""Figures are looked at by people; these tests hold what a program can see."""

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def test_palette_has_a_colour_of_its_own_for_each_digit() -> None:
    assert len(set(plots.PALETTE)) == 10


def test_style_keeps_text_at_nine_points_or_more() -> None:
    plots.use_style()
    names = ["font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"]
    assert all(plt.rcParams[name] >= 9 for name in names)


def test_percentages_along_either_axis() -> None:
    _, ax = plt.subplots()
    ax.plot([0.2, 0.4], [0.5, 0.6])
    plots.percent_axis(ax)
    plots.percent_axis(ax, "x", decimals=1)
    assert ax.yaxis.get_major_formatter()(0.5) == "50%"
    assert ax.xaxis.get_major_formatter()(0.25) == "25.0%"


def test_history_shows_training_beside_validation() -> None:
    history = {
        "loss": [2.0, 1.0],
        "val_loss": [3.0, 2.0],
        "accuracy": [0.1, 0.2],
        "val_accuracy": [0.0, 0.1],
    }
    fig = plots.draw_history(history, "finding")
    drawn = {ax.get_ylabel(): [line.get_ydata().tolist() for line in ax.lines] for ax in fig.axes}
    assert drawn == {"loss": [[2, 1], [3, 2]], "accuracy": [[0.1, 0.2], [0, 0.1]]}
    assert fig.get_suptitle() == "finding"
    assert fig.axes[0].lines[0].get_xdata().tolist() == [1, 2]


def test_history_ticks_are_whole_percentages() -> None:
    history = {
        name: [0.9, 0.91, 0.93, 0.94, 0.95]
        for name in ("loss", "val_loss", "accuracy", "val_accuracy")
    }
    ticks = plots.draw_history(history, "finding").axes[1].get_yticks()
    assert np.allclose(100 * ticks, np.round(100 * ticks))


def test_confusion_shows_counts_and_leaves_zeros_empty() -> None:
    counts = np.diag(np.arange(10))
    ax = plots.draw_confusion(counts, "finding")
    texts = np.array([text.get_text() for text in ax.texts]).reshape(10, 10)
    assert texts.diagonal().tolist() == ["", *"123456789"]
    assert (texts == "").sum() == 91
    assert ax.get_xlabel() == "predicted digit"
    assert ax.get_ylabel() == "label"
