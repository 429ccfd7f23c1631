"""The command ``predict``: what it prints, in which order, and what it says about bad files."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
from PIL import Image

from helpers.cli import main
from helpers.paths import MODELS_FOLDER
from helpers.pictures import batch as predict
from helpers.pictures import ink
from helpers.pictures.pipeline import find_page
from helpers.pictures.recognizer import Recognizer
from helpers.synthesis.photographs import Scene, photograph


@pytest.fixture
def folder(tmp_path, mnist):
    """A folder with a 7, a 2, a text that calls itself a picture, and a file that is none."""
    for name, digit in (("b.png", 7), ("a.jpg", 2)):
        image = mnist.x_train[np.flatnonzero(mnist.y_train == digit)[0]]
        Image.fromarray(255 - image).resize((280, 280)).save(tmp_path / name)
    (tmp_path / "broken.png").write_text("no picture")
    (tmp_path / "notes.txt").write_text("not looked at")
    return tmp_path


def lines(capsys):
    return capsys.readouterr().out.strip().splitlines()


def test_json_follows_the_contract(folder, capsys):
    assert main(["predict", "--json", str(folder / "b.png")]) == 0
    (line,) = lines(capsys)
    answer = json.loads(line)
    assert answer["file"] == str(folder / "b.png")
    assert answer["text"] == "7"
    (digit,) = answer["digits"]
    assert digit["digit"] == 7
    assert 0 < digit["probability"] <= 1
    x, y, width, height = digit["box"]
    assert 0 <= x < x + width <= 280
    assert 0 <= y < y + height <= 280


def test_a_folder_is_every_picture_in_it_in_order_errors_included(folder, capsys):
    assert main(["predict", "--json", str(folder)]) == 1
    answers = [json.loads(line) for line in lines(capsys)]
    assert [answer["file"] for answer in answers] == [
        str(folder / name) for name in ("a.jpg", "b.png", "broken.png")
    ]
    assert [answer.get("text") for answer in answers] == ["2", "7", None]
    assert "broken.png" in answers[2]["error"]


def test_other_files_come_out_when_one_is_missing(folder, capsys):
    paths = [folder / "nothing.png", folder / "a.jpg"]
    assert main(["predict", *map(str, paths)]) == 1
    captured = capsys.readouterr()
    assert captured.out == f"{folder / 'a.jpg'}: 2\n"
    assert captured.err.count("\n") == 1
    assert "does not exist" in captured.err


def test_a_folder_without_pictures_is_an_error(tmp_path, capsys):
    assert main(["predict", "--json", str(tmp_path)]) == 1
    (line,) = lines(capsys)
    assert "without pictures" in json.loads(line)["error"]


def test_blank_paper_is_no_failure(tmp_path, capsys):
    Image.new("RGB", (100, 100), "white").save(tmp_path / "blank.png")
    assert main(["predict", str(tmp_path / "blank.png")]) == 0
    assert "no digit found" in capsys.readouterr().out


def test_single_and_model(folder, capsys):
    assert main(["predict", "--single", str(folder / "a.jpg")]) == 0
    assert capsys.readouterr().out.endswith(": 2\n")
    assert main(["predict", "--model", str(folder / "no.keras"), str(folder / "a.jpg")]) == 1
    assert "no.keras" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["keras", "onnx"])
def test_a_network_of_either_kind_can_be_named(folder, capsys, ending):
    if ending == "keras":
        pytest.importorskip("tensorflow", reason="reads with Keras, which is not installed")
    network = MODELS_FOLDER / f"mlp.{ending}"
    assert main(["predict", "--model", str(network), str(folder / "b.png")]) == 0
    assert capsys.readouterr().out.endswith(": 7\n")


def test_wrong_use_exits_with_two(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["predict"])
    assert caught.value.code == 2
    assert "PATH" in capsys.readouterr().err


def texts(folder):
    recognizer = Recognizer()
    return [
        (path.name, getattr(result, "text", None))
        for path, result in predict.read_files(recognizer, [folder])
    ]


def test_processes_find_what_threads_find(folder, monkeypatch):
    expected = texts(folder)
    assert expected == [("a.jpg", "2"), ("b.png", "7"), ("broken.png", None)]
    for name in ("PROCESSES_FROM", "BATCH", "AHEAD"):
        monkeypatch.setattr(predict, name, 2)
    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor", None)
    assert texts(folder) == expected


class Killed(ThreadPoolExecutor):
    """Looks like processes, of which the system kills one after the first batch."""

    def __init__(self, workers, **_):
        super().__init__(workers)
        self.submitted = 0

    def submit(self, work, /, *arguments, **options):
        self.submitted += 1
        if self.submitted > 2:
            raise BrokenProcessPool
        return super().submit(work, *arguments, **options)


def refused(*_, **__):
    raise PermissionError("no semaphores here")


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("processes", [Killed, refused])
def test_threads_go_on_where_processes_fail(folder, monkeypatch, processes, ahead):
    expected = texts(folder)
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", processes)
    monkeypatch.setattr(predict, "AHEAD", ahead)
    for name in ("PROCESSES_FROM", "BATCH"):
        monkeypatch.setattr(predict, name, 1)
    assert texts(folder) == expected


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(scope="module")
def many(tmp_path_factory, mnist):
    """More pictures than are read in one batch."""
    folder = tmp_path_factory.mktemp("many")
    for number, image in enumerate(mnist.x_train[: predict.BATCH + 1]):
        Image.fromarray(image).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("errors", "results", "shown"),
    [(Terminal, io.StringIO, True), (Terminal, Terminal, False), (io.StringIO, io.StringIO, False)],
)
def test_a_bar_only_where_it_disturbs_nothing(many, monkeypatch, errors, results, shown):
    monkeypatch.setattr("sys.stderr", bar := errors())
    monkeypatch.setattr("sys.stdout", printed := results())
    assert main(["predict", str(many)]) == 0
    assert ("Reading pictures" in bar.getvalue()) == shown
    lines = printed.getvalue().splitlines()
    assert len(lines) == predict.BATCH + 1, "the bar is not among the results"
    assert all(line.startswith(str(many)) for line in lines)


def test_no_bar_for_a_few(folder, monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    main(["predict", str(folder / "a.jpg")])
    assert terminal.getvalue() == ""


def test_a_doubtful_file_is_looked_at_again(tmp_path, monkeypatch):
    """As a picture is: the page that comes back from a worker has left it behind."""
    recognizer = Recognizer()
    scene = Scene(noise=2, gradient=0.3)
    blob = photograph(np.ones((200, 180), np.float32), scene, np.random.default_rng(0))
    Image.fromarray(blob).save(tmp_path / "blob.png")
    estimates = []

    def estimate(grey):
        estimates.append(grey.shape)
        return ink.paper_of_two_levels(grey)

    monkeypatch.setattr(predict, "paper_of_two_levels", estimate)
    assert texts(tmp_path) == [("blob.png", recognizer.read(blob).text)]
    assert estimates == [blob.shape[:2]]


def test_a_file_that_is_gone_at_the_second_look_keeps_the_first(tmp_path, monkeypatch):
    scene = Scene(noise=2, gradient=0.3)
    blob = photograph(np.ones((200, 180), np.float32), scene, np.random.default_rng(0))
    path = tmp_path / "blob.png"
    Image.fromarray(blob).save(path)
    page = find_page(blob)
    second_look = predict._second_look(path, page)
    assert second_look is not None, "the paper is not plain"
    path.unlink()
    assert second_look() is page
