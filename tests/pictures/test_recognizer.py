"""Reading digits with the network: one, several, broken, faint, touching, none."""

from string import ascii_letters

import cv2
import numpy as np
import pytest

from helpers.errors import ModelError
from helpers.pictures.ink import paper_of_two_levels
from helpers.pictures.pipeline import find_page
from helpers.pictures.recognizer import Recognizer
from helpers.synthesis.drawings import LOOK_ALIKES
from helpers.synthesis.photographs import Scene, draw_stroke, photograph, write_row

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recognizer():
    return Recognizer()


def digits_of(mnist, text):
    """The first images of the digits of a text; a digit that comes again is another image."""
    places = [np.flatnonzero(mnist.y_train == int(digit))[i] for i, digit in enumerate(text)]
    return list(mnist.x_train[places])


def test_classify_gives_probabilities(recognizer, mnist):
    probabilities = recognizer.classify(mnist.x_train[:50])
    assert probabilities.shape == (50, 10)
    assert probabilities.dtype == np.float32
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-4)
    assert (probabilities.argmax(axis=1) == mnist.y_train[:50]).mean() > 0.95
    assert recognizer.classify(mnist.x_train[:0]).shape == (0, 10)


def test_pictures_in_mnists_form_are_read(recognizer, mnist):
    pages = [find_page(np.repeat(i[..., np.newaxis], 3, axis=2)) for i in mnist.x_train[:100]]
    readings = recognizer.read_pages(pages)
    right = [r.text == str(label) for r, label in zip(readings, mnist.y_train[:100], strict=True)]
    assert np.mean(right) >= 0.95


@pytest.mark.parametrize(
    "scene",
    [
        {},
        {"paper": (30, 40, 35), "ink": (230, 230, 225)},
        {"shadow": 0.5, "gradient": 0.3},
        {"ruled": 50, "squared": True},
        {"ink": (230, 210, 30)},
        {"blur": 4.0, "noise": 4.0},
        {"strength": 0.3, "pen": 0.6},
        {"print_through": 0.15, "jpeg": 30},
    ],
)
def test_photographed_digits_are_read(recognizer, mnist, scene):
    scene = Scene(digit_height=200, **scene)
    generator = np.random.default_rng(0)
    right = 0
    for image, label in zip(mnist.x_train[:12], mnist.y_train[:12], strict=True):
        picture = photograph(draw_stroke(image, 200, scene.pen), scene, generator)
        reading = recognizer.read(picture)
        right += reading.text == str(label)
    assert right >= 11


def test_a_row_is_read_in_order_with_boxes(recognizer, mnist):
    text = "4071328"
    generator = np.random.default_rng(3)
    row = write_row(digits_of(mnist, text), 90, generator, gap=0.3)
    scene = Scene(width=row.shape[1] + 200, height=300, gradient=0.3, noise=2)
    reading = recognizer.read(photograph(row, scene, generator, (0.5, 0.5)))
    assert reading.text == text
    lefts = [digit.box[0] for digit in reading.digits]
    assert lefts == sorted(lefts)
    assert all(len(digit.probabilities) == 10 for digit in reading.digits)
    assert all(digit.probability == digit.probabilities.max() for digit in reading.digits)


def photo_of_leaning(row, lean):
    height, width = row.shape
    shear = np.array([[1, -lean, lean * height], [0, 1, 0]])
    row = cv2.warpAffine(row, shear, (width + int(lean * height) + 2, height))
    generator = np.random.default_rng(0)
    return photograph(row, Scene(width=800, height=300), generator, (0.5, 0.5))


@pytest.mark.parametrize("text", ["211", "31", "4180", "6811"])
def test_leaning_digits_stay_apart(recognizer, mnist, text):
    row = write_row(digits_of(mnist, text), 110, np.random.default_rng(0), gap=0.08)
    assert recognizer.read(photo_of_leaning(row, 0.4)).text == text


@pytest.mark.parametrize("single", [False, True])
def test_strongly_leaning_digits_are_read(recognizer, mnist, single):
    right = 0
    for image, label in zip(mnist.x_train[:40], mnist.y_train[:40], strict=True):
        picture = photo_of_leaning(draw_stroke(image, 160), 0.8)
        right += recognizer.read(picture, single).text == str(label)
    assert right >= 38


def test_a_broken_digit_is_one_digit(recognizer, mnist):
    stroke = draw_stroke(digits_of(mnist, "5")[0], 240)
    stroke[stroke.shape[0] // 2 : stroke.shape[0] // 2 + 6] = 0
    picture = photograph(stroke, Scene(), np.random.default_rng(0))
    assert recognizer.read(picture).text == "5"
    assert recognizer.read(picture, single=True).text == "5"


@pytest.mark.parametrize("grey", [215, 235])
def test_a_faint_link_makes_a_two_an_eight(recognizer, grey):
    t = np.linspace(0, 2, 400) * np.pi
    eight = np.round(np.stack([100 + 40 * np.sin(2 * t), 100 - 76 * np.cos(t)], axis=1))
    page = np.full((200, 200, 3), 255, np.uint8)
    for start, end, shade, pen in ((300, 390, grey, 3), (0, 300, 20, 9), (390, 400, 20, 9)):
        points = eight[start:end].astype(np.int32)
        cv2.polylines(page, [points], False, (shade, shade, shade), pen, cv2.LINE_AA)
    assert recognizer.read(page).text == "8"


def test_no_digit_on_blank_paper(recognizer):
    blank = np.zeros((1, 1), np.float32)
    for seed in range(5):
        scene = Scene(gradient=0.4, shadow=0.5, texture=3, noise=3, vignette=0.3)
        reading = recognizer.read(photograph(blank, scene, np.random.default_rng(seed)))
        assert not any(digit.confident for digit in reading.digits)


def test_most_letters_are_no_sure_digit(recognizer):
    sure = ""
    for letter in ascii_letters:
        page = np.full((300, 300, 3), 255, np.uint8)
        cv2.putText(page, letter, (90, 210), cv2.FONT_HERSHEY_SIMPLEX, 6, (60, 40, 40), 12)
        sure += letter * any(digit.confident for digit in recognizer.read(page).digits)
    assert len(sure) <= 8, sure
    assert set(sure) <= set("".join(LOOK_ALIKES.values())), sure


def test_pages_together_are_read_as_alone(recognizer, mnist):
    generator = np.random.default_rng(0)
    pictures = [
        photograph(draw_stroke(image, 200), Scene(), generator) for image in mnist.x_train[:6]
    ]
    together = recognizer.read_pages([find_page(picture) for picture in pictures])
    assert [r.text for r in together] == [recognizer.read(picture).text for picture in pictures]
    assert recognizer.read_pages([]) == []


def test_a_second_look_is_taken_at_doubtful_pages_only(recognizer, mnist):
    generator = np.random.default_rng(0)
    clear = photograph(draw_stroke(mnist.x_train[0], 200), Scene(noise=2), generator)
    blurred = Scene(noise=2, gradient=0.3)
    blob = photograph(np.ones((200, 180), np.float32), blurred, generator)
    pages = [find_page(picture) for picture in (clear, blob)]
    looked = []

    def look_at(number, picture):
        def look():
            looked.append(number)
            return find_page(picture, paper_of_two_levels)

        return look

    together = recognizer.read_pages(pages, second_looks=[look_at(0, clear), look_at(1, blob)])
    assert looked == [1]
    assert together[1].text == recognizer.read(blob).text


def test_a_wrong_model_is_an_error_for_people(tmp_path):
    with pytest.raises(ModelError, match=r"nothing\.keras"):
        Recognizer(tmp_path / "nothing.keras")
    broken = tmp_path / "broken.keras"
    broken.write_text("no network")
    with pytest.raises(ModelError, match=r"broken\.keras"):
        Recognizer(broken)


def test_a_page_full_of_specks_costs_no_more_than_a_page_of_writing(recognizer):
    """Gravel, cloth, print: more lines than anybody writes are looked at once."""
    specks = (np.random.default_rng(0).random((500, 500)) < 0.9).astype(np.uint8) * 255
    picture = cv2.cvtColor(
        cv2.resize(specks, (2000, 2000), interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2RGB
    )
    asked: list[int] = []
    classify = recognizer.classify
    recognizer.classify = lambda images: (asked.append(len(images)), classify(images))[1]
    try:
        recognizer.read(picture)
    finally:
        del recognizer.classify
    assert 0 < len(asked) < 300
