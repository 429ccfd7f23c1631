"""Figures are looked at by people; these tests hold what a program can see."""

from collections.abc import Iterator

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.typing import NDArray

from helpers import plots


@pytest.fixture(autouse=True)
def close_figures() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture
def images() -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)


def test_palette_has_a_colour_of_its_own_for_each_digit() -> None:
    assert len(set(plots.PALETTE)) == 10


def test_style_keeps_text_at_nine_points_or_more() -> None:
    plots.use_style()
    names = ["font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"]
    assert all(plt.rcParams[name] >= 9 for name in names)


def test_whole_numbers_and_fractions_are_drawn_on_their_own_scale(
    images: NDArray[np.uint8],
) -> None:
    whole = plots.draw_images(images[:1]).axes[0]
    fractions = plots.draw_images(images[:1] / 255).axes[0]
    assert whole.images[0].get_clim() == (0, 255)
    assert fractions.images[0].get_clim() == (0, 1)


def test_channel_axis_is_accepted(images: NDArray[np.uint8]) -> None:
    (ax,) = plots.draw_images(images[:1, ..., np.newaxis]).axes
    assert ax.images[0].get_array().shape == (28, 28)


def test_grid_shows_every_image_once_and_leaves_the_rest_empty(images: NDArray[np.uint8]) -> None:
    fig = plots.draw_images(images, titles=[str(n) for n in range(12)], columns=5)
    drawn = [ax for ax in fig.axes if ax.images]
    assert len(fig.axes) == 15
    assert [ax.get_title() for ax in drawn] == [str(n) for n in range(12)]


def test_grid_is_no_wider_than_its_images(images: NDArray[np.uint8]) -> None:
    assert len(plots.draw_images(images[:3], columns=10).axes) == 3


def test_grid_grows_with_the_size_of_its_images(images: NDArray[np.uint8]) -> None:
    small, large = (plots.draw_images(images, size=size).get_size_inches() for size in (1, 2))
    assert large.tolist() == (2 * small).tolist()


def test_grid_of_no_images_is_its_title() -> None:
    fig = plots.draw_images(np.zeros((0, 28, 28), np.uint8), titles=[], suptitle="no mistakes")
    assert fig.get_suptitle() == "no mistakes"
    assert not any(ax.images for ax in fig.axes)


def test_grid_refuses_titles_that_do_not_fit(images: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="12 images cannot have 1 titles"):
        plots.draw_images(images, titles=["only one"])


def test_images_of_any_size_share_a_grid() -> None:
    images: list[NDArray] = [
        np.zeros((10, 20)),
        np.zeros((300, 200, 3), np.uint8),
        np.zeros((28, 28)),
    ]
    fig = plots.draw_images(images, ["a", "b", "c"], columns=2, suptitle="Three")
    assert [ax.get_title() for ax in fig.axes] == ["a", "b", "c", ""]
    assert [ax.images[0].get_interpolation() for ax in fig.axes[:3]] == [
        "nearest",
        "antialiased",
        "nearest",
    ]


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
