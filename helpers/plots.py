"""Figures that would distract in a notebook: learning curves and confusion matrices.

Everything shares one style and one palette. The palette is seaborn's "colorblind" (after Okabe and
Ito), whose ten colours stay apart for readers who cannot tell red from green. No function calls
``plt.show()``: that stays visible in the notebook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

PALETTE: list[tuple[float, float, float]] = sns.color_palette("colorblind", 10)
"""Ten colours, one per digit or one per curve."""


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
