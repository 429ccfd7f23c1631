"""What is read depends neither on where a photo is cropped nor on how many pixels it has."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.data import Mnist
from helpers.pictures import Recognizer, read_picture
from helpers.synthesis.photographs import (
    Scene,
    draw_stroke,
    photograph,
    random_scene,
    write_row,
)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


# --- the samples ----------------------------------------------------------------------------------

SAMPLE = re.compile(r"^\| \[([\w.]+)\]\(\1\) \| ([\d /]+?) \|", re.MULTILINE)


def documented_samples(folder: Path) -> list[tuple[str, str]]:
    text = (folder / "images" / "README.md").read_text(encoding="utf-8")
    return [(name, re.sub(r"\D", "", shown)) for name, shown in SAMPLE.findall(text)]


def test_every_sample_is_read_as_its_table_says(
    recognizer: Recognizer, project_folder: Path
) -> None:
    samples = documented_samples(project_folder)
    assert len(samples) >= 6
    read = {
        name: recognizer.read(read_picture(project_folder / "images" / name)).text
        for name, _ in samples
    }
    assert read == dict(samples)


# --- crops ----------------------------------------------------------------------------------------

CROPS = [(900, 900), (560, 900), (420, 900), (260, 900), (900, 560), (560, 560)]


def on_lines(mnist: Mnist, seed: int, ruled: int, squared: bool) -> tuple[NDArray[np.uint8], str]:
    """Three digits in the middle of a photo of 900 pixels, on lines of an exercise book."""
    generator = np.random.default_rng(seed)
    chosen = generator.choice(len(mnist.x_train), 3, replace=False)
    scene = random_scene(
        generator, width=900, height=900, digit_height=110, ruled=ruled, squared=squared
    )
    row = write_row(list(mnist.x_train[chosen]), 110, generator, scene.pen)
    label = "".join(str(mnist.y_train[position]) for position in chosen)
    return photograph(row, scene, generator, place=(0.5, 0.5)), label


def cropped(picture: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    top, left = (900 - height) // 2, (900 - width) // 2
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


@pytest.mark.parametrize(("ruled", "squared"), [(150, False), (200, False), (60, True)])
def test_a_crop_of_ruled_paper_is_read_like_the_whole(
    recognizer: Recognizer, sample: Mnist, ruled: int, squared: bool
) -> None:
    wrong = []
    for seed in range(4):
        picture, label = on_lines(sample, seed, ruled, squared)
        texts = {crop: recognizer.read(cropped(picture, *crop)).text for crop in CROPS}
        if texts[900, 900] == label:
            wrong += [(seed, crop) for crop, text in texts.items() if text != label]
    assert len(wrong) <= 1, wrong


def test_a_bar_as_thick_as_the_pen_is_no_ruling_however_tight_the_crop(
    recognizer: Recognizer,
) -> None:
    seven = np.full((300, 220, 3), 255, np.uint8)
    cv2.polylines(seven, [np.array([[4, 30], [214, 30], [110, 290]])], False, (0, 0, 0), 22)
    assert recognizer.read(seven).text == "7"


# --- sizes ----------------------------------------------------------------------------------------

SIZES = (280, 560, 1200, 2400)


@pytest.mark.parametrize("blur", [0, 0.01, 0.02, 0.03])
@pytest.mark.parametrize("fill", [0.5, 0.8])
def test_the_same_digit_is_read_at_every_size(
    recognizer: Recognizer, sample: Mnist, fill: float, blur: float
) -> None:
    for number in range(3):
        height = round(fill * SIZES[1])
        stroke = draw_stroke(sample.x_train[number], height)
        scene = Scene(560, 560, height, blur=blur * height)
        picture = photograph(stroke, scene, np.random.default_rng(number), place=(0.5, 0.5))
        texts = {
            size: recognizer.read(
                cv2.resize(picture, (size, size), interpolation=cv2.INTER_CUBIC)
            ).text
            for size in SIZES
        }
        assert texts == dict.fromkeys(SIZES, str(sample.y_train[number]))


@pytest.mark.parametrize("share", [0.9, 1.0])
def test_an_enlarged_image_of_mnist_is_read_at_every_size(
    recognizer: Recognizer, sample: Mnist, share: float
) -> None:
    for number in range(3):
        for size in (600, 1400, 2000):
            side = round(share * size)
            digit = cv2.resize(sample.x_train[number][4:24, 4:24], (side, side))
            page = np.full((size, size), 255, np.uint8)
            page[:side, :side] = 255 - digit
            text = recognizer.read(cv2.cvtColor(page, cv2.COLOR_GRAY2RGB)).text
            assert text == str(sample.y_train[number]), (number, size)
