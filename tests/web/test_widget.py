"""The drawing pad's Python half: what it shows, and what it answers to its picture."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("anywidget", reason="the pad in a notebook needs requirements.txt")
pytest.importorskip("nbconvert", reason="the pad in a notebook needs requirements.txt")

import nbformat
from nbconvert import HTMLExporter

from helpers.authoring.notebooks import stored_form
from helpers.pictures.files import read_picture
from helpers.pictures.page import Box
from helpers.pictures.recognizer import DigitReading, Reading
from helpers.web.widget import DrawingPad

WIDGET = "application/vnd.jupyter.widget-view+json"


class OneTwo:
    """Stands in for the recognizer: sees a 2 in every picture."""

    def read(self, picture: np.ndarray, single: bool = False) -> Reading:
        shares = np.full(10, 0.01, np.float32)
        shares[2] = 0.91
        image = np.zeros((28, 28), np.uint8)
        return Reading("2", (DigitReading(2, 0.91, Box(5, 6, 7, 8), shares, image, True),))


@pytest.fixture
def pad() -> DrawingPad:
    return DrawingPad(OneTwo())


@pytest.fixture
def sent(pad, monkeypatch) -> list[dict]:
    """What the pad sends to its other half in the browser."""
    messages: list[dict] = []
    monkeypatch.setattr(pad, "send", messages.append)
    return messages


def png(width: int = 40, height: int = 30) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height), 255).save(file, "PNG")
    return file.getvalue()


def test_answers_a_picture_with_its_number(pad, sent):
    pad._handle_custom_msg({"number": "a-1"}, [memoryview(png())])
    (message,) = sent
    assert message["number"] == "a-1"
    assert message["answer"]["text"] == "2"
    assert (message["answer"]["width"], message["answer"]["height"]) == (40, 30)
    assert len(message["answer"]["digits"][0]["probabilities"]) == 10
    assert json.loads(json.dumps(message)) == message


def test_the_traits_follow_the_drawing(pad, sent):
    assert (pad.text, pad.picture, pad.reading) == ("", None, None)
    seen = []
    pad.observe(lambda change: seen.append(change.new), "text")
    pad._handle_custom_msg({"number": "a-1"}, [memoryview(png())])
    assert pad.text == "2"
    assert seen == ["2"]
    assert pad.picture.shape == (30, 40, 3)
    assert pad.reading.digits[0].box == Box(5, 6, 7, 8)


def test_a_broken_picture_gets_a_sentence(pad, sent):
    pad._handle_custom_msg({"number": "a-2"}, [memoryview(b"no picture")])
    (message,) = sent
    assert message["number"] == "a-2"
    assert "picture" in message["error"]
    assert pad.text == ""


def test_a_fault_of_the_reader_is_answered_too(pad, sent, monkeypatch):
    def no_memory(picture: np.ndarray) -> Reading:
        raise MemoryError

    monkeypatch.setattr(pad._recognizer, "read", no_memory)
    with pytest.raises(MemoryError):
        pad._on_picture(pad, {"number": "a-3"}, [memoryview(png())])
    assert sent == [{"number": "a-3", "error": "The picture can't be read here."}]


def test_a_picture_larger_than_a_drawing_is_read_in_a_process_of_its_own(monkeypatch):
    from helpers.pictures.recognizer import Recognizer
    from helpers.web import widget

    apart: list[int] = []

    def read_apart(content, judge):
        apart.append(len(content))
        picture = read_picture(content)
        (answers,) = judge([np.zeros((1, 28, 28), np.uint8)])
        return picture, Reading(str(answers.shape[1]), ())

    monkeypatch.setattr(widget, "read_apart", read_apart)
    pad = DrawingPad(Recognizer())
    pad._handle_custom_msg({"number": "a-1"}, [memoryview(png(280, 280))])
    assert (apart, pad.picture.shape) == ([], (280, 280, 3))
    for content in (png(1100, 1000), png() + bytes(2**20)):
        pad._handle_custom_msg({"number": "a-2"}, [memoryview(content)])
        assert apart.pop() == len(content)
    assert (pad.text, pad.picture.shape) == ("10", (30, 40, 3))


def test_foreign_messages_are_ignored(pad, sent):
    pad._handle_custom_msg({"event": "other"}, [])
    assert sent == []


def test_is_the_same_module_as_the_pages(pad, project_folder):
    static = project_folder / "helpers" / "web" / "static"
    assert pad._esm == (static / "pad.js").read_text(encoding="utf-8")
    assert pad._css == (static / "pad.css").read_text(encoding="utf-8")
    assert 'from "./pad.js"' in (static / "page.js").read_text(encoding="utf-8")


def test_shows_the_widget_and_keeps_a_picture_of_it(pad):
    data, _ = pad._repr_mimebundle_()
    assert data[WIDGET]["model_id"] == pad.model_id
    assert data["text/plain"] == "DrawingPad()"
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as still:
        assert min(still.size) > 200
    # A notebook carries it: it must not weigh more than the notebook's other figures.
    assert len(data["image/png"]) < 200_000


def test_a_page_that_only_shows_the_notebook_shows_the_picture(pad):
    data, metadata = pad._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("DrawingPad()", outputs=[output])
    page, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert f'src="data:image/png;base64,{data["image/png"][:100]}' in page


def test_a_stored_notebook_keeps_the_picture_and_not_the_dead_widget(pad):
    data, metadata = pad._repr_mimebundle_()
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("DrawingPad()", outputs=[output])
    stored = json.loads(stored_form(nbformat.v4.new_notebook(cells=[cell])))
    (kept,) = stored["cells"][0]["outputs"]
    assert set(kept["data"]) == {"image/png", "text/plain"}
    assert pad.model_id not in json.dumps(stored)
