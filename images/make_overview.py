"""Make the README's picture, ``overview.jpg``: a photograph, what the network saw, what it read.

Run it in the project's folder: ``python images/make_overview.py``. The handwriting is MNIST's (test
images, by several people; Y. LeCun and C. Cortes, CC BY-SA 3.0); paper, ink, light and camera are
made by ``helpers/synthesis/photographs.py`` from a fixed seed. Whatever stands in the picture was
read by the network that ships.
"""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from helpers import load_mnist, plots
from helpers.pictures.recognizer import Reading, Recognizer
from helpers.synthesis.photographs import Scene, photograph, write_row

NUMBER = "31415926"
SEED = 3
OUTPUT = Path(__file__).with_name("overview.jpg")


def take_picture() -> np.ndarray:
    """Return a photograph of the number on ruled paper, uint8 (h, w, 3), half in shadow."""
    mnist = load_mnist()
    generator = np.random.default_rng(SEED)
    digits = [
        mnist.x_test[generator.choice(np.flatnonzero(mnist.y_test == int(digit)))]
        for digit in NUMBER
    ]
    scene = Scene(
        width=1400, height=420, ruled=80, shadow=0.4, gradient=0.35, noise=3, texture=3, blur=1
    )
    row = write_row(digits, height=150, generator=generator, pen=0.6)
    return photograph(row, scene, generator, place=(0.5, 0.5))


def draw(picture: np.ndarray, reading: Reading) -> plt.Figure:
    """Draw the photograph with a box around each digit, and under it what the network saw."""
    count = len(reading.digits)
    figure = plt.figure(figsize=(10, 5.2), layout="constrained")
    photo, seen = figure.subfigures(2, 1, height_ratios=[2.6, 1.5])
    axes = photo.add_subplot()
    axes.imshow(picture)
    for digit in reading.digits:
        x, y, width, height = digit.box
        axes.add_patch(
            Rectangle((x, y), width, height, fill=False, edgecolor=plots.PALETTE[3], linewidth=2)
        )
    right = sum(a == b for a, b in zip(reading.text, NUMBER, strict=False))
    axes.set_title(f"The photograph, read as {reading.text}: {right} of {len(NUMBER)} digits right")
    axes.set_axis_off()
    seen.suptitle("What the network sees of each digit, and how sure it is", x=0.01, ha="left")
    for axes, digit in zip(np.ravel(seen.subplots(1, count)), reading.digits, strict=True):
        axes.imshow(digit.image, cmap="gray", vmin=0, vmax=255)
        axes.set_xlabel(f"{digit.digit}: {digit.probability:.0%}")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(False)
    return figure


def main() -> None:
    """Make the picture."""
    plots.use_style()
    picture = take_picture()
    draw(picture, Recognizer().read(picture)).savefig(OUTPUT, dpi=100, pil_kwargs={"quality": 90})
    plt.close("all")


if __name__ == "__main__":
    main()
