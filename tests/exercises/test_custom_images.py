"""The checks of notebook 6 measure what the lesson measures."""

import ast
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER, read_notebook
from helpers.exercises import custom_images_cases as cases
from helpers.paths import IMAGES_FOLDER
from helpers.synthesis.photographs import CONDITIONS, draw_stroke, photograph, random_scene


def lesson_functions() -> dict[str, Any]:
    names: dict[str, Any] = {
        "cv2": cv2,
        "np": np,
        "CONDITIONS": CONDITIONS,
        "draw_stroke": draw_stroke,
        "photograph": photograph,
        "random_scene": random_scene,
        "pd": pytest.importorskip("pandas"),
    }
    for cell in read_notebook(NOTEBOOKS_FOLDER / "06_custom_images.ipynb").cells:
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
            body = ast.parse(cell.source).body
            functions: list[ast.stmt] = [n for n in body if isinstance(n, ast.FunctionDef)]
            exec(compile(ast.Module(functions, []), "lesson", "exec"), names)
    return names


@pytest.fixture(scope="module")
def mnist_image() -> Callable[[Any, float], Any]:
    return lesson_functions()["mnist_image"]


def test_what_is_asked_of_a_board_is_its_chalk_to_the_pixel() -> None:
    for (photo,), (strokes, *_) in zip(cases.boards(), cases.BOARDS, strict=True):
        assert np.array_equal(cases.light_ink(photo), cases.chalk(strokes))


def test_chalk_may_be_found_by_an_opening_too() -> None:
    for (photo,) in cases.boards():
        grey = cases.grey_of(photo)
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (30, 30))
        board = cv2.morphologyEx(grey, cv2.MORPH_OPEN, kernel)
        assert np.array_equal(cases.otsu(cv2.subtract(grey, board))[1], cases.light_ink(photo))


@pytest.mark.parametrize("share", [0.02, 0.25, 0.8])
@pytest.mark.parametrize("name", ["shadow.jpg", "blackboard.png", "seven.jpg"])
def test_its_pipeline_is_the_lessons(name: str, share: float, mnist_image: Callable) -> None:
    photo = cv2.cvtColor(cv2.imread(IMAGES_FOLDER / name), cv2.COLOR_BGR2RGB)
    assert np.array_equal(cases.mnist_image(photo, share), mnist_image(photo, share))


@pytest.mark.slow
def test_its_photos_are_the_lessons() -> None:
    images, labels = cases.validation_set()
    table = lesson_functions()["take_photos"](
        images, labels, cases.PHOTOS_PER_CONDITION, cases.PHOTO_SEED
    )
    photos, digits = cases.validation_photos()
    assert digits == table["label"].tolist()
    assert all(np.array_equal(a, b) for a, b in zip(photos, table["photo"], strict=True))
    call = f"take_photos(x_val, y_val, count={cases.PHOTOS_PER_CONDITION}, seed={cases.PHOTO_SEED})"
    lesson = read_notebook(NOTEBOOKS_FOLDER / "06_custom_images.ipynb")
    assert any(call in cell.source for cell in lesson.cells)


@pytest.mark.slow
def test_a_curve_is_measured_again() -> None:
    curve = {share: cases.measured_accuracy(share) for share in (0.02, 0.25, 0.8)}
    assert cases.is_measured(curve)
    assert cases.is_measured({share: each + 0.01 for share, each in curve.items()})
    assert not cases.is_measured(curve | {0.02: curve[0.02] + 0.2})
