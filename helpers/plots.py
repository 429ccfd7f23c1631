"""Figures that would distract in a notebook: grids of digits, pixel values, learning curves.

Everything shares one style and one palette. The palette is seaborn's "colorblind" (after Okabe and
Ito), whose ten colours stay apart for readers who cannot tell red from green. No function calls
``plt.show()``: that stays visible in the notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

PALETTE: list[tuple[float, float, float]] = sns.color_palette("colorblind", 10)
"""Ten colours, one per digit or one per curve."""

IMAGE_INCHES = 0.85
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
