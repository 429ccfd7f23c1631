"""A figure that says something else is found; the same figure drawn a little otherwise is not."""

import base64
import functools
import io
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import plots
from helpers.authoring.figures import differences_of_figures, figure_difference


def curves(seed: int = 0) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.004, 10)
    epochs = np.arange(1, 11)
    _, ax = plt.subplots()
    ax.plot(epochs, 1 - 0.3 / epochs + noise, marker="o", label="training")
    ax.plot(epochs, 0.97 - 0.3 / epochs, marker="o", label="validation")
    ax.set(xlabel="epoch", ylabel="accuracy", title="Two curves")
    ax.legend()


def bars(left_out: int | None = None) -> None:
    heights = np.arange(5_000, 7_000, 200)
    if left_out is not None:
        heights[left_out] = 0
    _, ax = plt.subplots()
    ax.bar(range(10), heights)
    ax.set(xlabel="digit", ylabel="images", title="Ten bars")


def points(swapped: bool = False) -> None:
    places = np.random.default_rng(0).normal(0, (1, 3), (100, 2))
    x, y = places.T[::-1] if swapped else places.T
    _, ax = plt.subplots()
    ax.plot(x, y, ".")
    ax.set(xlabel="x", ylabel="y", title="A cloud")


def heat_map(seed: int = 0) -> None:
    counts = np.random.default_rng(seed).poisson(3, (10, 10))
    np.fill_diagonal(counts, 500)
    plots.draw_confusion(counts, "A confusion matrix")


def images(first: int = 0) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    fig, axes = plt.subplots(1, 10, figsize=(9, 1.5), layout="constrained")
    for ax, image, name in zip(axes, noise[first:], "0123456789", strict=False):
        ax.imshow(image, vmin=0, vmax=255)
        ax.set_title(name)
        ax.set_axis_off()
    fig.suptitle("Ten images")


def png(draw: Callable[..., None], rc: Mapping[str, Any] | None = None, **changes: Any) -> bytes:
    """Draw as a notebook does, and return the file."""
    with plt.rc_context():
        plots.use_style()
        plt.rcParams.update(rc or {})
        draw(**changes)
        file = io.BytesIO()
        plt.savefig(file, format="png", bbox_inches="tight")
        plt.close("all")
    return file.getvalue()


@functools.cache
def stored(draw: Callable[..., None]) -> bytes:
    """Draw a figure once for all tests that compare another with it."""
    return png(draw)


def output(content: bytes) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(content).decode("ascii")},
    }


@pytest.mark.parametrize("draw", [curves, bars, points, heat_map, images])
def test_the_same_figure_is_the_same(draw: Callable) -> None:
    assert figure_difference(stored(draw), png(draw)) is None


@pytest.mark.parametrize("draw", [curves, bars, points, heat_map, images])
@pytest.mark.parametrize(
    "rc",
    [
        {"text.hinting": "no_autohint"},
        {"text.hinting": "none"},
        {"font.serif": ["STIXGeneral"]},
        {"path.simplify": False},
    ],
    ids=str,
)
def test_another_machine_s_rendering_passes(draw: Callable, rc: dict[str, Any]) -> None:
    assert figure_difference(stored(draw), png(draw, rc)) is None


def test_other_fonts_of_a_machine_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The style asks for the typeface that Matplotlib brings, whatever else is installed."""
    before = stored(bars)
    monkeypatch.setitem(plt.rcParams, "font.sans-serif", ["STIXGeneral"])
    monkeypatch.setitem(plt.rcParams, "font.family", ["serif"])
    assert figure_difference(before, png(bars)) is None


@pytest.mark.parametrize(
    ("draw", "change"),
    [
        (curves, {"seed": 1}),
        (bars, {"left_out": 4}),
        (points, {"swapped": True}),
        (heat_map, {"seed": 1}),
        (images, {"first": 1}),
    ],
    ids=["another seed", "a missing bar", "swapped axes", "other counts", "another image"],
)
def test_a_planted_change_is_found(draw: Callable, change: dict[str, Any]) -> None:
    difference = figure_difference(stored(draw), png(draw, **change))
    assert difference is not None
    assert "differ" in difference or "size" in difference


def test_figures_are_compared_one_by_one_and_counted() -> None:
    whole, changed = output(stored(bars)), output(png(bars, left_out=2))
    assert differences_of_figures([whole, whole], [whole, whole]) == []
    (found,) = differences_of_figures([whole, whole], [whole, changed])
    assert found.startswith("figure 2: ")
    assert differences_of_figures([whole], []) == ["1 figures are stored, 0 were drawn"]
