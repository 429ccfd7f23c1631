"""Figures are looked at by people; these tests hold what a program can see."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import plots
from helpers.evaluation import calibration_bins


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 28, 28), dtype=np.uint8)


def test_palette_has_a_colour_of_its_own_for_each_digit():
    assert len(set(plots.PALETTE)) == 10


def test_style_keeps_text_at_nine_points_or_more():
    plots.use_style()
    names = ["font.size", "axes.labelsize", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"]
    assert all(plt.rcParams[name] >= 9 for name in names)


def test_whole_numbers_and_fractions_are_drawn_on_their_own_scale(images):
    assert plots.draw_digit(images[0]).images[0].get_clim() == (0, 255)
    assert plots.draw_digit(images[0] / 255).images[0].get_clim() == (0, 1)


def test_channel_axis_is_accepted(images):
    assert plots.draw_digit(images[0][..., np.newaxis]).images[0].get_array().shape == (28, 28)


def test_a_stack_is_not_one_picture(images):
    with pytest.raises(ValueError, match=r"this one has shape \(12, 28, 28\)"):
        plots.draw_digit(images)


def test_grid_shows_every_picture_once_and_leaves_the_rest_empty(images):
    figure = plots.draw_digits(images, captions=[str(n) for n in range(12)], columns=5)
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(figure.axes) == 15
    assert [axes.get_title() for axes in drawn] == [str(n) for n in range(12)]


def test_grid_is_no_wider_than_its_pictures(images):
    assert len(plots.draw_digits(images[:3], columns=10).axes) == 3


def test_grid_grows_with_the_size_of_its_pictures(images):
    small, large = (plots.draw_digits(images, size=size).get_size_inches() for size in (1, 2))
    assert large.tolist() == (2 * small).tolist()


def test_grid_of_no_pictures_is_its_title():
    figure = plots.draw_digits(np.zeros((0, 28, 28), np.uint8), captions=[], title="no mistakes")
    assert figure.get_suptitle() == "no mistakes"
    assert not any(axes.images for axes in figure.axes)


def test_grid_carries_title_and_row_names(images):
    figure = plots.draw_digits(images, columns=6, title="finding", row_names=["first", "second"])
    names = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert figure.get_suptitle() == "finding"
    assert names == ["first", "second"]


def test_grid_refuses_captions_that_do_not_fit(images):
    with pytest.raises(ValueError, match="12 pictures cannot have 2 captions"):
        plots.draw_digits(images, captions=["a", "b"])


def test_pixel_values_are_the_numbers_of_the_square(images):
    figure = plots.draw_pixel_values(images[0], row=4, column=6, size=3)
    shown = [int(text.get_text()) for text in figure.axes[1].texts]
    assert shown == images[0][4:7, 6:9].ravel().tolist()


def test_map_names_each_digit_at_the_median_of_its_points():
    points = np.array([[0.0, 0.0], [2.0, 2.0], [1.0, 1.0], [9.0, 9.0]])
    axes = plots.draw_map(points, [3, 3, 3, 7], "finding")
    names = {text.get_text(): tuple(text.get_position()) for text in axes.texts}
    assert names == {"3": (1.0, 1.0), "7": (9.0, 9.0)}
    assert len(axes.collections[0].get_offsets()) == 4
    assert axes.get_title(loc="left") + axes.get_title() == "finding"


def test_names_on_a_map_do_not_cover_each_other():
    points = np.array([[0.0, 0.0], [10.0, 10.0], [5.0, 5.0], [5.0, 5.1], [5.0, 5.1]])
    axes = plots.draw_map(points, [0, 1, 2, 3, 4], "finding")
    places = np.array([text.get_position() for text in axes.texts])
    distances = np.linalg.norm(places[:, np.newaxis] - places, axis=-1)
    assert distances[np.triu_indices(5, 1)].min() > 0.5
    assert np.abs(places - points).max() < 1


def test_shares_become_a_bar_per_digit_and_group():
    shares = pd.DataFrame({"training": [0.25, 0.75], "test": [0.5, 0.5]})
    axes = plots.draw_shares(shares, "finding")
    heights = [[bar.get_height() for bar in bars] for bars in axes.containers]
    assert heights == [[0.25, 0.75], [0.5, 0.5]]
    assert axes.get_xlabel() == "digit"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["training", "test"]


def test_accuracy_curves_are_in_percent_and_carry_the_finding():
    axes = plots.draw_accuracy_curves({"raw": [0.5, 0.6], "scaled": [0.8, 0.9]}, "finding")
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.5, 0.6], [0.8, 0.9]]
    assert axes.yaxis.get_major_formatter()(0.5, 0) == "50%"
    assert axes.get_title(loc="left") + axes.get_title() == "finding"


@pytest.mark.parametrize("which", ["x", "y"])
def test_percent_axis_turns_fractions_into_percent(which):
    axes = plt.subplots()[1]
    plots.percent_axis(axes, which, decimals=1)
    axis = axes.xaxis if which == "x" else axes.yaxis
    assert axis.get_major_formatter()(0.125, 0) == "12.5%"


def test_curves_of_several_seeds_get_a_mean_and_a_band():
    axes = plt.subplots()[1]
    plots.draw_curves(axes, {"several": [[1, 2], [3, 4]], "one": [5, 6]}, "loss", start_epoch=0)
    several, one = axes.lines
    assert several.get_xdata().tolist() == [0, 1]
    assert several.get_ydata().tolist() == [2, 3]
    assert one.get_ydata().tolist() == [5, 6]
    assert len(axes.collections) == 1
    assert axes.get_xlabel() == "epoch"
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["several", "one"]


def test_intervals_are_drawn_from_end_to_end_and_named():
    axes = plt.subplots()[1]
    plots.draw_estimates(axes, {"one": (0.5, 0.4, 0.6), "two": (0.7, 0.6, 0.9)}, "accuracy")
    ends = [line.get_xdata().tolist() for line in axes.lines if len(line.get_xdata()) == 2]
    assert ends == [[0.4, 0.6], [0.6, 0.9]]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["one", "two"]
    assert [text.get_text() for text in axes.texts] == ["50.00%", "70.00%"]


def test_seeds_get_a_point_each_and_a_mean_with_its_spread():
    axes = plt.subplots()[1]
    plots.draw_seeds(axes, {"three": [0.1, 0.2, 0.3], "one": [0.5]}, "accuracy")
    assert [len(points.get_offsets()) for points in axes.collections] == [3, 1]
    assert [text.get_text() for text in axes.texts] == ["20.00% ± 10.00%", "50.00% ± 0.00%"]


def test_weights_are_white_at_zero():
    weights = np.array([[[0.0, 2.0], [-1.0, 0.5]], np.zeros((2, 2))])
    figure = plots.draw_weights(weights, columns=2, title="finding")
    assert [axes.images[0].get_clim() for axes in figure.axes] == [(-2, 2), (-1, 1)]


def test_error_bars_reach_from_end_to_end():
    axes = plt.subplots()[1]
    plots.draw_error_bars(axes, ["a", "b"], [0.5, 1.0], [0.4, 0.9], [0.7, 0.999999])
    ends = [segment[:, 1].tolist() for segment in axes.collections[0].get_segments()]
    assert ends[0] == pytest.approx([0.4, 0.7])
    assert ends[1] == pytest.approx([0.9, 1.0])


def test_confusion_shows_counts_and_leaves_zeros_empty():
    counts = np.diag(np.arange(10))
    axes = plots.draw_confusion(counts, "finding")
    texts = np.array([text.get_text() for text in axes.texts]).reshape(10, 10)
    assert texts.diagonal().tolist() == ["", *"123456789"]
    assert (texts == "").sum() == 91
    assert axes.get_title(loc="left") == "finding"
    assert "predicted" in axes.get_xlabel() and "label" in axes.get_ylabel()


def test_reliability_draws_each_network_against_the_diagonal():
    table = calibration_bins([0.5, 0.6, 0.9, 0.95], [True, False, True, True])
    axes = plots.draw_reliability(plt.subplots()[1], {"first": table, "second": table})
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert names == ["honest", "first", "second"]
    assert list(axes.lines[0].get_ydata()) == [0, 1]


def test_history_shows_training_beside_validation():
    history: dict[str, list[float]] = {
        "loss": [2, 1],
        "val_loss": [3, 2],
        "accuracy": [0.1, 0.2],
        "val_accuracy": [0, 0.1],
    }
    figure = plots.draw_history(history, "finding")
    drawn = {
        axes.get_ylabel(): [line.get_ydata().tolist() for line in axes.lines]
        for axes in figure.axes
    }
    assert drawn == {"loss": [[2, 1], [3, 2]], "accuracy": [[0.1, 0.2], [0, 0.1]]}
    assert figure.get_suptitle() == "finding"


def test_quantities_side_by_side_share_their_axis():
    figure = plots.draw_side_by_side([1, 2], {"wrong": [0, 1], "loss": [5, 6]}, "knob", "finding")
    assert [axes.get_ylabel() for axes in figure.axes] == ["wrong", "loss"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"knob"}
    assert figure.axes[1].lines[0].get_ydata().tolist() == [5, 6]


def test_costs_show_errors_against_both_costs():
    table = pd.DataFrame(
        {
            "accuracy": [0.9, 0.99],
            "low": [0.85, 0.98],
            "high": [0.95, 1.0],
            "parameters": [10, 100],
            "training seconds": [1.0, 20.0],
        },
        index=["small", "large"],
    )
    figure = plots.draw_costs(table, "finding")
    assert [axes.get_xlabel() for axes in figure.axes] == ["parameters", "training seconds"]
    legend = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert legend == ["small", "large"]
    assert np.allclose(
        [bar[0].get_xydata()[0] for bar in figure.axes[0].containers], [[10, 0.1], [100, 0.01]]
    )


def test_log_percent_axis_names_one_two_and_five_percent():
    axes = plt.subplots()[1]
    axes.plot([1, 2], [0.004, 0.08])
    plots.log_percent_axis(axes)
    plt.gcf().canvas.draw()
    shown = {text.get_text() for text in axes.get_yticklabels()}
    assert axes.get_yscale() == "log"
    assert {"0.5%", "1.0%", "2.0%", "5.0%"} <= shown
    assert not any(text.get_text() for text in axes.get_yticklabels(minor=True))
