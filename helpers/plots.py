"""Figures that would distract in a notebook: grids of digits, pixel values, learning curves.

Everything shares one style and one palette. The palette is seaborn's "colorblind" (after Okabe and
Ito), whose ten colours stay apart for readers who cannot tell red from green. No function calls
``plt.show()``: that stays visible in the notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, PercentFormatter
from numpy.typing import ArrayLike, NDArray
from pandas import DataFrame

PALETTE: list[tuple[float, float, float]] = sns.color_palette("colorblind", 10)
"""Ten colours, one per digit or one per curve."""

IMAGE_INCHES = DIGIT_INCHES = 0.85
"""Width and height of one image in a grid."""

TITLE_INCHES = 0.45
"""Height kept free above a grid for each line of its title."""


def use_style() -> None:
    """Set the look of all figures of the series; call it once at the top of a notebook."""
    sns.set_theme(
        style="whitegrid",
        palette=PALETTE,
        rc={
            "axes.titlelocation": "left",
            "axes.titlesize": 13,
            "axes.titleweight": "bold",
            "axes.labelsize": 12,
            "figure.dpi": 90,
            "figure.figsize": (8, 4),
            "figure.titlesize": 13,
            "figure.titleweight": "bold",
            # Matplotlib brings this typeface along: figures look the same on every machine.
            "font.sans-serif": ["DejaVu Sans"],
            "font.size": 11,
            "image.cmap": "gray",
            "legend.fontsize": 11,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
        },
    )


def draw_images(
    images: Sequence[ArrayLike] | NDArray[Any],
    titles: Sequence[str] | None = None,
    columns: int = 10,
    suptitle: str | None = None,
    size: float = IMAGE_INCHES,
) -> Figure:
    """Draw images of any size as a grid, row by row, without axes.

    Notebook 1 draws such a grid in the open: a loop over ``axes.flat`` with ``imshow``.

    Args:
        images: each (h, w) or (h, w, 1) in shades of grey, whole numbers up to 255 or fractions up
            to 1, or (h, w, 3) in colour.
        titles: a short text above each image; line breaks are kept.
        columns: images in a row.
        suptitle: the finding, above the grid; line breaks are kept.
        size: inches along a side of each image.

    Raises:
        ValueError: there are more or fewer titles than images.
    """
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"{len(images)} images cannot have {len(titles)} titles.")
    # A network that makes no mistake leaves nothing to draw but the title.
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    lines = 1 + max((title.count("\n") for title in titles), default=0) if titles else 0
    heading = TITLE_INCHES * (1 + suptitle.count("\n")) if suptitle else 0.0
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(columns * size, rows * (size + 0.22 * lines) + heading),
        squeeze=False,
        layout="constrained",
    )
    for number, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if number < len(images):
            _draw_image(ax, np.squeeze(np.asarray(images[number])))
            if titles is not None:
                ax.set_title(titles[number], fontsize=10, fontweight="normal", loc="center")
    if suptitle:
        fig.suptitle(suptitle, x=0.01, ha="left")
    return fig


def _draw_image(ax: Axes, image: NDArray) -> None:
    # Tiny images are drawn with their pixels visible, photos smooth.
    smooth = "antialiased" if max(image.shape) > 100 else "nearest"
    brightest = 255 if np.issubdtype(image.dtype, np.integer) else 1
    ax.imshow(image, cmap="gray", interpolation=smooth, vmin=0, vmax=brightest)


def percent_axis(ax: Axes, which: str = "y", decimals: int = 0) -> None:
    """Show the fractions along an axis ("x" or "y") as percentages."""
    axis = ax.yaxis if which == "y" else ax.xaxis
    axis.set_major_formatter(PercentFormatter(1, decimals=decimals))


def draw_history(history: Mapping[str, Sequence[float]], title: str) -> Figure:
    """Draw loss and accuracy over the epochs side by side, in training and in validation.

    Notebook 2 draws such a learning curve in the open.

    Args:
        history: as Keras's ``History.history`` holds it, with accuracy and validation data.
        title: the finding, above both.
    """
    epochs = range(1, len(history["loss"]) + 1)
    fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for ax, name in zip(axes, ["loss", "accuracy"], strict=True):
        ax.plot(epochs, history[name], marker="o", label="training")
        ax.plot(epochs, history[f"val_{name}"], marker="o", label="validation")
        ax.set(xlabel="epoch", ylabel=name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend()
    percent_axis(axes[1])
    # No steps of 2.5: whole percentages would name such ticks wrongly.
    axes[1].yaxis.set_major_locator(MaxNLocator("auto", steps=[1, 2, 5, 10]))
    fig.suptitle(title, x=0.01, ha="left")
    return fig


def draw_intervals(
    ax: Axes, estimates: Mapping[str, tuple[float, float, float]], xlabel: str
) -> Axes:
    """Draw estimates as points with their intervals, one below the other.

    Notebook 1 draws points with intervals in the open, by ``errorbar``.

    Args:
        ax: where to draw.
        estimates: name to (value, lower end, upper end), fractions from 0 to 1.
        xlabel: name of the quantity.
    """
    for line, (value, low, high) in enumerate(estimates.values()):
        ax.plot([low, high], [line, line], color=PALETTE[0], linewidth=3, solid_capstyle="butt")
        ax.plot(value, line, "o", color=PALETTE[0], markersize=9)
        ax.annotate(f"{value:.2%}", (value, line), (0, 9), textcoords="offset points", ha="center")
    ax.set(xlabel=xlabel, yticks=range(len(estimates)), yticklabels=list(estimates))
    ax.set_ylim(len(estimates) - 0.5, -0.6)
    percent_axis(ax, "x", decimals=1)
    return ax


def draw_confusion(counts: ArrayLike, title: str) -> Axes:
    """Draw a confusion matrix as a heat map; zeros stay empty.

    Notebook 5 draws one in the open, by ``sns.heatmap``.

    Args:
        counts: (10, 10), one row per label, one column per prediction.
        title: the finding.
    """
    counts = np.asarray(counts)
    _, ax = plt.subplots(figsize=(8, 6.4), layout="constrained")
    sns.heatmap(
        counts,
        annot=np.where(counts == 0, "", counts.astype(str)),
        fmt="",
        cmap="Blues",
        vmin=0,
        square=True,
        linewidths=0.5,
        linecolor="lightgray",
        annot_kws={"fontsize": 11},
        cbar_kws={"label": "images", "ticks": MaxNLocator(integer=True)},
        ax=ax,
    )
    ax.set(title=title, xlabel="predicted digit", ylabel="label")
    ax.tick_params(axis="y", rotation=0)
    return ax


def draw_reading(picture: NDArray[np.uint8], boxes: Sequence[tuple], texts: Sequence[str]) -> Axes:
    """Draw a picture with a box around each digit that was found, and what was read above it.

    Args:
        picture: (h, w, 3), 0 to 255.
        boxes: (x, y, width, height) in pixels.
        texts: one for each box.
    """
    height, width = picture.shape[:2]
    ax = plt.figure(figsize=(9, max(2.0, 9 * height / width) + 0.5)).add_subplot()
    ax.imshow(picture)
    ax.set_axis_off()
    for (x, y, box_width, box_height), text in zip(boxes, texts, strict=True):
        ax.add_patch(
            Rectangle((x, y), box_width, box_height, fill=False, edgecolor=PALETTE[3], linewidth=2)
        )
        ax.annotate(
            text,
            (x + box_width / 2, y),
            (0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=12,
            fontweight="bold",
            color="black",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    return ax


# --- to go: what the rewritten lessons no longer call


def draw_digit(image: ArrayLike, axes: Axes | None = None, title: str | None = None) -> Axes:
    """Draw one picture in shades of grey, without axes.

    Parameters
    ----------
    image : (28, 28) or (28, 28, 1); 0 is black, 255 (whole numbers) or 1 (fractions) is white.
    axes : where to draw; a new figure if left out.
    title : a line above the picture.
    """
    pixels = np.squeeze(np.asarray(image))
    if pixels.ndim != 2:
        raise ValueError(f"One picture has 2 dimensions, this one has shape {pixels.shape}.")
    if axes is None:
        axes = plt.figure(figsize=(3, 3)).add_subplot()
    brightest = 255 if np.issubdtype(pixels.dtype, np.integer) else 1
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=brightest)
    axes.set_axis_off()
    if title:
        axes.set_title(title, fontsize=11, fontweight="normal", loc="center")
    return axes


def draw_digits(
    images: ArrayLike,
    captions: Sequence[str] | None = None,
    columns: int = 10,
    title: str | None = None,
    row_names: Sequence[str] | None = None,
    size: float = DIGIT_INCHES,
) -> Figure:
    """Draw many pictures as a grid, row by row.

    Parameters
    ----------
    images : (n, 28, 28) or (n, 28, 28, 1), on the scale that `draw_digit` takes.
    captions : a short text above each picture.
    columns : pictures in a row.
    title : the finding, above the grid; line breaks are kept.
    row_names : a name to the left of each row.
    size : inches along a side of each picture.
    """
    images = np.asarray(images)
    if captions is not None and len(captions) != len(images):
        raise ValueError(f"{len(images)} pictures cannot have {len(captions)} captions.")
    # A network that makes no mistake leaves nothing to draw but the title.
    columns = max(1, min(columns, len(images)))
    rows = max(1, -(-len(images) // columns))
    caption_inches = 0.3 if captions is not None else 0.0
    title_inches = TITLE_INCHES * (1 + title.count("\n")) if title else 0.0
    width = columns * size
    height = rows * (size + caption_inches) + title_inches
    figure, grid = plt.subplots(
        rows, columns, figsize=(width, height), squeeze=False, layout="constrained"
    )
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for number, axes in enumerate(grid.flat):
        axes.set_axis_off()
        if number < len(images):
            draw_digit(images[number], axes, captions[number] if captions is not None else None)
    for name, axes in zip(row_names or [], grid[:, 0], strict=False):
        axes.text(-0.15, 0.5, name, transform=axes.transAxes, ha="right", va="center", fontsize=11)
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_pixel_values(image: NDArray[np.uint8], row: int, column: int, size: int = 10) -> Figure:
    """Draw a picture beside an enlarged square of it with the number of every pixel.

    Parameters
    ----------
    image : uint8 (28, 28).
    row, column : upper left corner of the square, counted from 0.
    size : pixels along a side of the square.
    """
    figure, (whole, zoom) = plt.subplots(1, 2, figsize=(9.5, 5.1), layout="constrained")
    figure.suptitle("What you see, and what the computer has", x=0.01, ha="left")
    draw_digit(image, whole, "all 28 × 28 pixels")
    corner = (column - 0.5, row - 0.5)
    whole.add_patch(Rectangle(corner, size, size, fill=False, edgecolor=PALETTE[1], linewidth=3))
    square = image[row : row + size, column : column + size]
    draw_digit(square, zoom, "the framed square, pixel by pixel")
    for (line, place), value in np.ndenumerate(square):
        colour = "black" if value > 127 else "white"
        zoom.text(place, line, str(value), ha="center", va="center", color=colour, fontsize=10)
    return figure


def draw_map(points: NDArray[np.floating], labels: ArrayLike, title: str) -> Axes:
    """Draw points in the plane, coloured by digit, with each digit written at their median.

    Digits that would cover each other are moved apart a little.

    Parameters
    ----------
    points : (n, 2), where each picture lies.
    labels : (n,), the digit of each.
    title : the finding.
    """
    labels = np.asarray(labels)
    axes = plt.subplots(figsize=(8, 7))[1]
    axes.scatter(*points.T, c=np.array(PALETTE)[labels], s=12)
    disc = {"boxstyle": "circle,pad=0.2", "facecolor": "white", "edgecolor": "black"}
    digits = np.unique(labels)
    medians = np.array([np.median(points[labels == digit], axis=0) for digit in digits])
    for digit, place in zip(digits, _apart(medians, 0.06 * np.ptp(points, axis=0)), strict=True):
        style = {"fontsize": 16, "fontweight": "bold", "bbox": disc}
        axes.text(*place, str(digit), ha="center", va="center", **style)
    axes.set(title=title, xlabel="first axis of the map", ylabel="second axis of the map")
    return axes


def _apart(places: NDArray[np.floating], gap: NDArray[np.floating]) -> NDArray[np.floating]:
    """Move places apart until none lies in an ellipse, ``gap`` wide and high, around another."""
    places = places / gap
    for _ in range(100):
        for one, other in combinations(range(len(places)), 2):
            away = places[one] - places[other]
            distance = np.hypot(*away)
            if distance < 1:
                push = (away / distance if distance else np.array([1.0, 0.0])) * (1 - distance) / 2
                places[one] += push
                places[other] -= push
    return places * gap


def draw_shares(shares: DataFrame, title: str) -> Axes:
    """Draw how a whole is shared out among the digits: a group of bars for each digit.

    Parameters
    ----------
    shares : index 0 to 9, one column per group, fractions from 0 to 1.
    title : the finding.
    """
    long = shares.rename_axis("digit").reset_index().melt("digit", var_name="part")
    axes = sns.barplot(long, x="digit", y="value", hue="part")
    percent_axis(axes)
    axes.set(title=title, ylabel="share of the pictures", ylim=(0, 1.25 * shares.max(axis=None)))
    axes.legend(ncols=len(shares.columns), loc="upper center")
    return axes


def log_percent_axis(axes: Axes) -> None:
    """Show small fractions along a logarithmic vertical axis as percentages: 1 %, 2 %, 5 %."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1))
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_curves(
    axes: Axes, curves: Mapping[str, ArrayLike], ylabel: str, start_epoch: int = 1
) -> Axes:
    """Draw a quantity over the epochs, one line per entry, with the spread over seeds.

    Parameters
    ----------
    axes : where to draw.
    curves : name to values; (epochs,) for one training, (seeds, epochs) for several, which are
        drawn as their mean with a band from the lowest to the highest.
    ylabel : name of the quantity.
    start_epoch : number of the first epoch (0 if the untrained network comes first).
    """
    for colour, (name, values) in zip(PALETTE, curves.items(), strict=False):
        runs = np.atleast_2d(np.asarray(values, dtype=float))
        epochs = np.arange(start_epoch, start_epoch + runs.shape[1])
        axes.plot(epochs, runs.mean(axis=0), marker="o", color=colour, label=name)
        if len(runs) > 1:
            axes.fill_between(epochs, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.2)
    axes.set(xlabel="epoch", ylabel=ylabel)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend()
    return axes


def draw_accuracy_curves(curves: Mapping[str, ArrayLike], title: str) -> Axes:
    """Draw the validation accuracy of several ways to train, as `draw_curves` does.

    Parameters
    ----------
    curves : name to accuracies, (epochs,) or (seeds, epochs), fractions from 0 to 1.
    title : the finding.
    """
    axes = draw_curves(plt.subplots()[1], curves, "accuracy on validation pictures")
    percent_axis(axes)
    axes.set_title(title)
    return axes


def draw_estimates(
    axes: Axes, estimates: Mapping[str, tuple[float, float, float]], xlabel: str
) -> Axes:
    """Draw estimates as points with their intervals, one below the other.

    Parameters
    ----------
    axes : where to draw.
    estimates : name to (value, lower end, upper end), fractions from 0 to 1.
    xlabel : name of the quantity.
    """
    for line, (value, low, high) in enumerate(estimates.values()):
        axes.plot([low, high], [line, line], color=PALETTE[0], linewidth=3, solid_capstyle="butt")
        axes.plot(value, line, "o", color=PALETTE[0], markersize=9)
        axes.annotate(
            f"{value:.2%}", (value, line), (0, 9), textcoords="offset points", ha="center"
        )
    axes.set(xlabel=xlabel, yticks=range(len(estimates)), yticklabels=list(estimates))
    axes.set_ylim(len(estimates) - 0.5, -0.6)
    percent_axis(axes, "x", decimals=1)
    return axes


def draw_seeds(axes: Axes, runs: Mapping[str, ArrayLike], xlabel: str) -> Axes:
    """Draw one point per training, a line of points per variant, and a bar at their mean.

    Parameters
    ----------
    axes : where to draw.
    runs : name of the variant to its values, one per seed, fractions from 0 to 1.
    xlabel : name of the quantity.
    """
    for line, run in enumerate(runs.values()):
        values = np.asarray(run, dtype=float)
        axes.scatter(values, np.full(len(values), line), color=PALETTE[0], s=60, alpha=0.6)
        axes.plot([values.mean()] * 2, [line - 0.3, line + 0.3], color=PALETTE[1], linewidth=3)
        axes.annotate(
            f"{values.mean():.2%} ± {values.std(ddof=1) if len(values) > 1 else 0:.2%}",
            (values.mean(), line - 0.3),
            (0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
        )
    axes.set(xlabel=xlabel, yticks=range(len(runs)), yticklabels=list(runs))
    axes.set_ylim(len(runs) - 0.5, -0.9)
    percent_axis(axes, "x", decimals=1)
    return axes


def draw_weights(
    weights: ArrayLike,
    captions: Sequence[str] | None = None,
    columns: int = 8,
    title: str | None = None,
    size: float = DIGIT_INCHES,
) -> Figure:
    """Draw weights as pictures: orange where ink speaks against, purple where it speaks for.

    Each picture has its own scale, symmetric about 0 (white), since only the pattern matters.

    Parameters
    ----------
    weights : (n, rows, columns), any numbers.
    captions : a short text above each picture.
    columns : pictures in a row.
    title : the finding, above the grid.
    size : inches along a side of each picture.
    """
    weights = np.asarray(weights)
    figure = draw_digits(weights, captions, columns, title, size=size)
    for axes, picture in zip(figure.axes, weights, strict=False):
        limit = np.abs(picture).max() or 1
        axes.images[0].set(cmap="PuOr", clim=(-limit, limit))
    return figure


def draw_error_bars(
    axes: Axes,
    places: ArrayLike,
    values: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    **style: Any,
) -> None:
    """Draw values as dots, each with its interval as an upright line.

    Parameters
    ----------
    axes : where to draw.
    places : (n,), where along the horizontal axis; numbers or names.
    values, lows, highs : (n,), the dots and both ends of their lines.
    style : what matplotlib's ``errorbar`` takes, such as ``label`` and ``color``.
    """
    values = np.asarray(values, dtype=float)
    # Rounding can leave a value at 100 % a hair above its interval's end.
    reach = np.maximum([values - np.asarray(lows), np.asarray(highs) - values], 0)
    axes.errorbar(places, values, yerr=reach, **{"fmt": "o", "capsize": 4, "linewidth": 2} | style)


def draw_reliability(axes: Axes, groups: Mapping[str, DataFrame]) -> Axes:
    """Draw how often answers are right against how sure they were: honest ones lie on the diagonal.

    Parameters
    ----------
    axes : where to draw.
    groups : name to a table with the columns that `helpers.evaluation.calibration_bins` gives.
    """
    axes.plot([0, 1], [0, 1], color="gray", linestyle="--", label="honest")
    for colour, (name, table) in zip(PALETTE, groups.items(), strict=False):
        draw_error_bars(
            axes,
            table["confidence"],
            table["accuracy"],
            table["low"],
            table["high"],
            color=colour,
            label=name,
            fmt="o-",
        )
    axes.set(xlabel="mean probability of the answers", ylabel="share of them that is right")
    percent_axis(axes, "x")
    percent_axis(axes, "y")
    axes.legend()
    return axes


def draw_side_by_side(
    x: ArrayLike, curves: Mapping[str, ArrayLike], xlabel: str, title: str
) -> Figure:
    """Draw several quantities over the same axis, each as dots in a panel of its own.

    Parameters
    ----------
    x : (n,), where the quantities were measured.
    curves : name of each quantity to its values, (n,).
    xlabel : name of the common axis.
    title : the finding, above all.
    """
    figure, row = plt.subplots(
        1, len(curves), figsize=(5 * len(curves), 4), squeeze=False, layout="constrained"
    )
    for axes, (name, values) in zip(row[0], curves.items(), strict=True):
        axes.plot(x, values, ".")
        axes.set(xlabel=xlabel, ylabel=name)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_costs(table: DataFrame, title: str) -> Figure:
    """Draw the errors of several networks against what they cost, on logarithmic axes.

    Parameters
    ----------
    table : one row per network; columns ``accuracy`` with the ends ``low`` and ``high`` of its
        interval (fractions), ``parameters`` and ``training seconds``.
    title : the finding, above both panels.
    """
    costs = ["parameters", "training seconds"]
    figure, row = plt.subplots(1, 2, figsize=(10, 4.2), sharey=True, layout="constrained")
    for axes, cost in zip(row, costs, strict=True):
        for colour, (name, network) in zip(PALETTE, table.iterrows(), strict=False):
            errors, most, least = 1 - network[["accuracy", "low", "high"]].to_numpy()[:, np.newaxis]
            draw_error_bars(axes, network[[cost]], errors, least, most, color=colour, label=name)
        axes.set(xscale="log", xlabel=cost)
        axes.margins(x=0.15)
        log_percent_axis(axes)
    row[0].set_ylabel("wrong answers on validation pictures")
    row[1].legend()
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_pictures(
    pictures: Sequence[ArrayLike],
    captions: Sequence[str],
    columns: int = 5,
    title: str | None = None,
    size: float = 1.75,
) -> Figure:
    """Draw pictures of any size and kind as a grid, each with a line above it.

    Parameters
    ----------
    pictures : each (h, w) in shades of grey, whole numbers up to 255 or fractions up to 1, or
        (h, w, 3) in colour, 0 to 255.
    captions : one for each picture; line breaks are kept.
    columns : pictures in a row.
    title : the finding, above the grid; line breaks are kept.
    size : inches along a side of each picture.
    """
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, -(-len(pictures) // columns))
    lines = 1 + max((caption.count("\n") for caption in captions), default=0)
    heading = TITLE_INCHES * (1 + title.count("\n")) if title else 0.0
    figure, grid = plt.subplots(
        rows,
        columns,
        figsize=(columns * size, rows * (size + 0.22 * lines) + heading),
        squeeze=False,
        layout="constrained",
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, picture, caption in zip(grid.flat, pictures, captions, strict=False):
        # Tiny images are drawn with their pixels visible, photos smooth.
        smooth = "antialiased" if max(np.shape(picture)) > 100 else "nearest"
        whole = np.issubdtype(np.asarray(picture).dtype, np.integer)
        axes.imshow(picture, cmap="gray", interpolation=smooth, vmin=0, vmax=255 if whole else 1)
        axes.set_title(caption, fontsize=10, fontweight="normal", loc="center")
    if title:
        figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_bars(
    axes: Axes,
    groups: Mapping[str, Sequence[tuple[float, float, float]]],
    names: Sequence[str],
    ylabel: str,
) -> Axes:
    """Draw shares as bars with their intervals, the groups side by side.

    Parameters
    ----------
    axes : where to draw.
    groups : name of each group to (value, lower end, upper end) for every bar, 0 to 1.
    names : of the bars, along the horizontal axis.
    ylabel : name of the quantity.
    """
    places, width = np.arange(len(names)), 0.8 / len(groups)
    for number, (group, bars) in enumerate(groups.items()):
        values, lows, highs = np.array(bars).T
        middle = places + (number - (len(groups) - 1) / 2) * width
        colour = PALETTE[(3, 0, 2)[number % 3]]
        axes.bar(middle, values, width, color=colour, label=group)
        reach = np.maximum([values - lows, highs - values], 0)
        axes.errorbar(middle, values, yerr=reach, fmt="none", ecolor="black", capsize=3)
    axes.set_xticks(places, [name.replace(" ", "\n") for name in names])
    axes.set(ylabel=ylabel, ylim=(0, 1.02))
    axes.grid(axis="x", visible=False)
    percent_axis(axes)
    if len(groups) > 1:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=len(groups))
    return axes
