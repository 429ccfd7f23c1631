"""Make the sample pictures in this folder, and README.md with the origin of each.

    python images/make_samples.py

Every picture shows digits of MNIST's training images, redrawn as ink on paper and photographed by
program (helpers/synthesis/photographs.py) from the seed below. No camera was involved, and the
pictures come out the same every time on all of MNIST.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from helpers import load_mnist
from helpers.synthesis.photographs import Scene, draw_stroke, photograph, write_row

FOLDER = Path(__file__).resolve().parent
SEED = 6

README = """# Sample pictures

Made by `python images/make_samples.py`; nothing here was taken with a camera. The strokes are
digits of MNIST's training images (Y. LeCun and C. Cortes, CC BY-SA 3.0; so are these pictures),
redrawn larger; paper, ink, light and camera are simulated.

| file | shows | what makes it hard | MNIST training images |
| --- | --- | --- | --- |
"""

OTHERS = """
# Pictures in the documentation

| file | shows | made by |
| --- | --- | --- |
| [overview.jpg](overview.jpg) | eight digits of MNIST's test images, photographed by program, read by the shipped network | `python images/make_overview.py` |
| [page.png](page.png) | the drawing pad on the web page, in Chromium | `tests/web/test_browser.py` |
| [pad_in_notebook.png](pad_in_notebook.png) | the drawing pad in JupyterLab, in Chromium | `tests/web/test_browser.py` |
"""  # noqa: E501

# File, digits of each line, what makes it hard, scene.
SAMPLES = (
    (
        "seven.jpg",
        ("7",),
        "a lamp on one side",
        Scene(480, 480, 220, gradient=0.5, noise=2, texture=2, blur=0.8, jpeg=88),
    ),
    (
        "shadow.jpg",
        ("5",),
        "a phone's hard shadow, across the digit",
        Scene(560, 480, 240, shadow=0.55, noise=2, texture=2, blur=0.8, jpeg=85),
    ),
    (
        "squared.jpg",
        ("3",),
        "squared paper, blue ink",
        Scene(480, 480, 210, ink=(30, 50, 150), ruled=60, squared=True, gradient=0.2, jpeg=85),
    ),
    (
        "blackboard.png",
        ("4",),
        "light on dark",
        Scene(480, 480, 250, paper=(38, 58, 48), ink=(225, 225, 215), texture=4, gradient=0.3),
    ),
    (
        "postcode.jpg",
        ("80331",),
        "several digits on ruled paper, dim corners",
        Scene(900, 360, 120, ruled=150, vignette=0.5, noise=2, texture=2, jpeg=85),
    ),
    (
        "two_lines.jpg",
        ("1998", "2024"),
        "two lines, pencil, print that shines through",
        Scene(800, 600, 130, strength=0.5, pen=0.7, print_through=0.1, noise=2, jpeg=85),
    ),
)


def stroke_of(lines: tuple[str, ...], scene: Scene, generator: np.random.Generator):
    """Write the lines; return the stroke and the positions of the digits used in MNIST."""
    mnist = load_mnist()
    used: list[int] = []
    rows = []
    for line in lines:
        places = [int(generator.choice(np.flatnonzero(mnist.y_train == int(d)))) for d in line]
        used += places
        rows.append(list(mnist.x_train[places]))
    if used and len(used) == 1:
        return draw_stroke(rows[0][0], scene.digit_height, scene.pen), used
    strokes = [write_row(row, scene.digit_height, generator, scene.pen, 0.35) for row in rows]
    width = max(stroke.shape[1] for stroke in strokes)
    gap = scene.digit_height // 2
    padded = [np.pad(stroke, ((0, gap), (0, width - stroke.shape[1]))) for stroke in strokes]
    return np.vstack(padded)[:-gap], used


def main() -> None:
    """Make the pictures and README.md."""
    table = []
    for name, lines, hard, scene in SAMPLES:
        generator = np.random.default_rng(SEED)
        stroke, used = stroke_of(lines, scene, generator)
        picture = photograph(stroke, scene, generator, (0.5, 0.5))
        Image.fromarray(picture).save(FOLDER / name, quality=90)
        shows = " / ".join(lines)
        table.append(f"| [{name}]({name}) | {shows} | {hard} | {', '.join(map(str, used))} |")
        print(name)
    text = README + "\n".join(table) + "\n" + OTHERS
    (FOLDER / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
