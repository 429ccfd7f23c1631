"""The one JSON of a reading."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from helpers.pictures.page import Box
from helpers.pictures.reading import DigitReading, Reading, Unread


@pytest.fixture
def reading() -> Reading:
    probabilities = np.full(10, 0.01, np.float32)
    probabilities[7] = 0.912345
    image = np.eye(28, dtype=np.uint8) * 255
    digit = DigitReading(7, float(probabilities[7]), Box(1, 2, 3, 4), probabilities, image, True)
    return Reading("7", (digit,), (Unread(Box(9, 2, 3, 5), "sign"),))


def test_the_command_says_what_the_contract_promises(reading):
    assert json.loads(json.dumps(reading.as_json("a.png"))) == {
        "file": "a.png",
        "text": "7",
        "digits": [
            {"digit": 7, "probability": 0.9123, "box": [1, 2, 3, 4], "confident": True},
        ],
        "unread": [{"box": [9, 2, 3, 5], "kind": "sign"}],
    }


def test_page_and_pad_get_the_same_and_what_they_draw(reading):
    told = json.loads(json.dumps(reading.as_full_json(40, 30)))
    (digit,) = told["digits"]
    assert (told["file"], told["text"], told["width"], told["height"]) == (None, "7", 40, 30)
    assert digit["probability"] == digit["probabilities"][7] == pytest.approx(0.912345)
    assert len(digit["probabilities"]) == 10
    with Image.open(io.BytesIO(base64.b64decode(digit["image"]))) as image:
        assert (np.asarray(image) == reading.digits[0].image).all()
    assert set(digit) == set(reading.digits[0].as_json()) | {"probabilities", "image"}
