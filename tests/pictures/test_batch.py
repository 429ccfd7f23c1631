"""The command ``predict``: what it prints, in which order, and what it says about bad files."""

import io
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.cli import main
from helpers.paths import MODELS_FOLDER, PROJECT_FOLDER
from helpers.pictures import batch as predict
from helpers.pictures import ink
from helpers.pictures.files import UnknownFormatError, read_picture
from helpers.pictures.formats import FORMAT_NAMES
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


def test_an_empty_name_is_not_the_folder_one_works_in(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as caught:
        main(["predict", "", "b.png"])
    assert caught.value.code == 2
    assert "PATH: the name is empty" in capsys.readouterr().err


def test_help_and_refusal_list_every_format(capsys):
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    helps = capsys.readouterr().out
    with pytest.raises(UnknownFormatError) as caught:
        read_picture(b"no picture")
    for name in FORMAT_NAMES:
        assert name in helps and name in str(caught.value)


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


@pytest.fixture
def without_bounds(monkeypatch):
    """As on systems where no process can be bounded (tests/pictures/test_bounded.py)."""
    monkeypatch.setattr(predict, "HAS_BOUNDED_FORKS", False)


def test_processes_find_what_threads_find(folder, monkeypatch, without_bounds):
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
def test_threads_go_on_where_processes_fail(folder, monkeypatch, without_bounds, processes, ahead):
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


def test_a_doubtful_file_is_looked_at_again(tmp_path, monkeypatch, without_bounds):
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
    monkeypatch.undo()
    assert texts(tmp_path) == [("blob.png", recognizer.read(blob).text)]


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


# --- names, folders and consoles of every kind ----------------------------------------------------


def run_program(*line, cwd, **environment):
    """Run the command in a process of its own; its output as bytes."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers", *line],
        capture_output=True,
        timeout=120,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)} | environment,
    )
    assert b"Traceback" not in done.stderr, done.stderr
    return done


NAMES = ["数字.png", "ü.png", "emoji 🙂.png", "two\nlines.png", "\x1b[31mred.png", "a[bc]d.png"]
if sys.platform == "linux":
    NAMES.append(os.fsdecode(b"latin-\xfc.png"))


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8:strict"])
def test_a_name_of_any_kind_keeps_nobody_from_an_answer(folder, encoding):
    for name in NAMES:
        (folder / name).write_bytes((folder / "b.png").read_bytes())
    (folder / "broken.png").rename(folder / "broken\n\x1b数.png")
    paths = [*NAMES, "broken\n\x1b数.png", "b.png"]
    text = run_program("predict", *paths, cwd=folder, PYTHONIOENCODING=encoding)
    assert text.returncode == 1
    lines = text.stdout.splitlines()
    assert len(lines) == len(NAMES) + 1 and all(line.endswith(b": 7") for line in lines)
    assert text.stderr.count(b"\n") == 1
    assert b"\x1b" not in text.stdout + text.stderr
    answers = run_program("predict", "--json", *paths, cwd=folder, PYTHONIOENCODING=encoding)
    assert [json.loads(line)["file"] for line in answers.stdout.splitlines()] == paths


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_a_pipe_in_a_folder_is_not_waited_for(folder, capsys):
    os.mkfifo(folder / "c.png")
    os.mkfifo(folder / "without ending")
    assert main(["predict", "--json", str(folder)]) == 1
    answers = {Path(a["file"]).name: a for a in map(json.loads, lines(capsys))}
    assert list(answers) == ["a.jpg", "b.png", "broken.png", "c.png"]
    assert "a pipe" in answers["c.png"]["error"]


def test_a_folder_tells_of_every_picture_that_a_file_would(folder, capsys):
    (folder / "broken.png").unlink()
    png = (folder / "b.png").read_bytes()
    for name in ("no ending", "x.mpo", "x.apng", "x.PNG_old", ".hidden.png"):
        (folder / name).write_bytes(png)
    others = {
        "photo.HIF": b"\0\0\0\x18ftypheix",
        "film.MOV": b"\0\0\0\x14ftypqt  ",
        "p.jxl": b"\xff\x0a",
        "p.jp2": b"\0\0\0\x0cjP  \r\n\x87\n",
        "p.qoi": b"qoif",
        "p.tga": b"\0\0\2",
        "raw.DNG": b"II*\0\x08\0\0\0",
    }
    for name, start in others.items():
        (folder / name).write_bytes(start + bytes(100))
    (folder / "sketch").write_bytes(b'<?xml version="1.0"?>\n<!-- a --><svg/>')
    (folder / "bmi.csv").write_text("BMI,weight\n20,60\n")
    (folder / "qoi.txt").write_text("qoif is how such files begin")
    for name in ("sheet.pdf", "notes.md", "data.csv"):
        (folder / name).write_bytes(b"%PDF" if name == "sheet.pdf" else b"x")
    main(["predict", "--json", str(folder)])
    answers = {Path(a["file"]).name: a for a in map(json.loads, lines(capsys))}
    read = {"a.jpg", "b.png", "no ending", "x.mpo", "x.apng", "x.PNG_old"}
    assert {name for name, answer in answers.items() if "text" in answer} == read
    assert set(answers) == read | set(others) | {"sketch"}


def test_wildcards_and_home_are_resolved_where_the_shell_does_not(folder, capsys, monkeypatch):
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    (folder / "a[bc]d.png").write_bytes((folder / "b.png").read_bytes())
    main(["predict", str(folder / "?.*")])
    assert lines(capsys) == [f"{folder / 'a.jpg'}: 2", f"{folder / 'b.png'}: 7"]
    main(["predict", "~/b.p*", str(folder / "a[bc]d.png")])
    assert lines(capsys) == [f"{folder / 'b.png'}: 7", f"{folder / 'a[bc]d.png'}: 7"]
    assert main(["predict", str(folder / "*.xyz"), "~nobody-of-that-name/x.png"]) == 1
    assert capsys.readouterr().err.count("does not exist") == 2


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 2_500, "b.png/x.png"])
def test_a_path_that_cannot_be_keeps_nobody_from_an_answer(folder, capsys, name):
    assert main(["predict", str(folder / name), str(folder / "b.png")]) == 1
    told = capsys.readouterr()
    assert told.out.endswith(": 7\n") and told.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such permissions")
def test_folders_that_may_not_be_entered_are_sentences(folder):
    closed = folder / "closed"
    closed.mkdir()
    (closed / "x.png").write_bytes((folder / "b.png").read_bytes())
    code = (
        "import os; import helpers.training, helpers.grading.command\n"
        "from helpers.cli import main\n"
        "main(['predict', 'b.png'])  # another user may not find what it imports\n"
        "os.chmod('closed', 0)\n"
        "if os.geteuid() == 0:\n"
        "    os.chmod('.', 0o777); os.setgroups([]); os.setegid(65534); os.seteuid(65534)\n"
        "for line in (['predict', 'closed', 'closed/x.png', 'b.png'],\n"
        "             ['predict', '--model', 'closed/x.keras', 'b.png'],\n"
        "             ['predict', '--model', 'closed/x.onnx', 'b.png'],\n"
        "             ['train', 'mlp', '--output', 'closed'],\n"
        "             ['train', 'mlp', '--output', 'closed/x.keras'],\n"
        "             ['grade', 'closed/x'],\n"
        "             ['train', 'mlp', '--epochs', '1']):\n"
        "    print(main(line))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(PROJECT_FOLDER), "MNIST_NPZ": "closed/x.npz"},
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.splitlines() == ["b.png: 7", "b.png: 7", *"1111111"]
    assert done.stderr.count("error: ") == 8 == done.stderr.count("\n")


@pytest.mark.slow
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONWARNINGS": "error"},
        {"PYTHONOPTIMIZE": "2"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=lambda environment: "=".join(next(iter(environment.items()))),
)
def test_the_answer_does_not_depend_on_the_environment(folder, environment):
    done = run_program("predict", "b.png", cwd=folder, **environment)
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [b"b.png:", b"7"], b"")


@pytest.mark.slow
def test_the_project_may_lie_anywhere(folder):
    project = folder / 'it\'s here, "100 %" $HOME' if os.name == "posix" else folder / "it's here"
    shutil.copytree(PROJECT_FOLDER / "helpers", project / "helpers")
    (project / "models").mkdir()
    shutil.copy(MODELS_FOLDER / "cnn.onnx", project / "models")
    done = run_program("predict", str(folder / "b.png"), cwd=project, PYTHONPATH="")
    assert (done.returncode, done.stdout.split()[-1], done.stderr) == (0, b"7", b"")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes them")
@pytest.mark.parametrize(
    ("closing", "out"), [("2>&-", b"b.png: 7\n"), (">&-", b""), (">&- 2>&- <&-", b"")]
)
def test_without_a_console_the_answer_is_the_same(folder, closing, out):
    done = subprocess.run(
        f'"{sys.executable}" -m helpers predict b.png {closing}',
        shell=True,
        capture_output=True,
        cwd=folder,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, out, b"")


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_no_room_for_the_answer_is_a_sentence(folder):
    done = subprocess.run(
        f'"{sys.executable}" -m helpers predict b.png > /dev/full',
        shell=True,
        capture_output=True,
        cwd=folder,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)},
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: there is no room left") and done.stderr.count(b"\n") == 1
