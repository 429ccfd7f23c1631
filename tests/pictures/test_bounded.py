"""Pictures in processes of their own: read as elsewhere, and ended when they cost too much."""

import gc
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from helpers.cli import main
from helpers.machine import bounds
from helpers.paths import IMAGES_FOLDER, PROJECT_FOLDER
from helpers.pictures import batch, bounded, workers
from helpers.pictures.files import PictureError, read_picture
from helpers.pictures.recognizer import Recognizer

needs_forks = pytest.mark.skipif(
    not bounds.HAS_BOUNDED_FORKS, reason="only the limits on headers hold here"
)


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return Recognizer()


@pytest.fixture
def folder(tmp_path, mnist) -> Path:
    """Thirty pictures, so that some wait for those before them, and a file that is none."""
    for number, image in enumerate(mnist.x_train[:30]):
        Image.fromarray(255 - image).resize((112, 112)).save(tmp_path / f"{number:02}.png")
    (tmp_path / "broken.png").write_text("no picture")
    return tmp_path


@pytest.fixture
def reads(monkeypatch):
    """Lets what reads a picture behave as a test wants, for files whose names it knows."""
    behaviour: dict[str, Callable[[], object]] = {}

    def read(source, name=None, max_pixels=None):
        behaviour.get(Path(name).name, lambda: None)()
        return read_picture(source, name, max_pixels)

    monkeypatch.setattr(workers, "read_picture", read)
    return behaviour


def results(recognizer, folder):
    return [
        (path.name, str(result) if isinstance(result, PictureError) else result.text)
        for path, result in batch.read_files(recognizer, [folder])
    ]


def spin():
    while True:
        pass


@needs_forks
def test_processes_read_what_is_read_without_them(recognizer, folder, monkeypatch):
    found = results(recognizer, folder)
    monkeypatch.setattr(batch, "HAS_BOUNDED_FORKS", False)
    assert found == results(recognizer, folder)
    assert len(found) == 31


@needs_forks
def test_a_picture_that_costs_too_much_time_is_refused_and_the_others_are_read(
    recognizer, folder, reads, monkeypatch
):
    expected = dict(results(recognizer, folder))
    monkeypatch.setattr(bounds, "MOST_SECONDS", 1.0)
    reads["03.png"] = spin
    found = dict(results(recognizer, folder))
    assert "takes more than 1 seconds" in found.pop("03.png")
    assert found.items() < expected.items() and len(found) == 30


@needs_forks
def test_a_picture_that_takes_too_much_memory_is_refused(recognizer, folder, reads, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_MEMORY", 100 * 2**20)
    gc.collect()  # what other tests have left would be set free by a fork, and be at its disposal
    # Less than the service allows, so that it is this limit that holds.
    reads["03.png"] = lambda: np.empty(550 * 2**20, np.uint8)
    reads["05.png"] = lambda: np.ones(50 * 2**20, np.uint8)
    found = dict(results(recognizer, folder))
    assert "too much memory" in found["03.png"]
    assert found["05.png"].isdecimal()


@needs_forks
def test_a_process_that_is_killed_takes_one_picture_with_it(recognizer, folder, reads):
    reads["00.png"] = reads["29.png"] = lambda: os.kill(os.getpid(), signal.SIGKILL)
    found = dict(results(recognizer, folder))
    assert all(
        ("too much" in text) == (name in {"00.png", "29.png"}) for name, text in found.items()
    )


@needs_forks
def test_a_fault_of_the_program_is_no_fault_of_the_picture(recognizer, folder, reads):
    def fault() -> None:
        raise KeyError("missing")

    reads["03.png"] = fault
    before = set(psutil.Process().children())  # other tests may have some
    with pytest.raises(RuntimeError, match="KeyError: 'missing'"):
        results(recognizer, folder)
    assert set(psutil.Process().children()) <= before


@needs_forks
def test_no_process_is_left(recognizer, folder):
    before, files = set(psutil.Process().children()), psutil.Process().num_fds()
    results(recognizer, folder)
    answers = batch.read_files(recognizer, [folder])
    next(answers)
    assert isinstance(answers, Generator)
    answers.close()  # whoever reads our output went away
    assert set(psutil.Process().children()) <= before
    assert psutil.Process().num_fds() == files


@needs_forks
def test_where_no_process_can_be_had_threads_read(recognizer, folder, monkeypatch):
    expected = results(recognizer, folder)

    def fork():
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", fork)
    assert results(recognizer, folder) == expected


@needs_forks
@pytest.mark.parametrize("dying", [{"00.png"}, {"00.png", "01.png"}])
def test_where_no_process_can_be_replaced_the_rest_is_read(
    recognizer, folder, reads, monkeypatch, dying
):
    expected = dict(results(recognizer, folder))
    parent, fork, forks = os.getpid(), os.fork, iter(range(100))

    def scarce():
        if next(forks) >= bounded.WORKERS:
            raise BlockingIOError("no more processes")
        return fork()

    monkeypatch.setattr(os, "fork", scarce)
    for name in dying:
        reads[name] = lambda: (
            os.kill(os.getpid(), signal.SIGKILL) if os.getpid() != parent else None
        )
    found = dict(results(recognizer, folder))
    assert list(found) == list(expected)
    assert {name for name in found if found[name] != expected[name]} == dying


def stripes() -> bytes:
    """A picture that is costly: straight stripes, as of a fence."""
    picture = np.full((6000, 6000), 255, np.uint8)
    picture[np.arange(6000) % 20 < 6] = 0
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
@needs_forks
def test_the_command_ends_with_ctrl_c_whatever_it_reads(tmp_path):
    (tmp_path / "stripes.png").write_bytes(stripes())
    command = [sys.executable, "-m", "helpers", "predict", *["stripes.png"] * 20]
    environment = os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        family = psutil.Process(process.pid)
        end = time.monotonic() + 300
        while len(children := family.children()) < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, errors = process.communicate(timeout=300)
        # All of them take more than half a minute of two processors.
        assert time.monotonic() - begun < 10
    assert (process.returncode, errors) == (130, "stopped.\n")
    assert not psutil.wait_procs(children, timeout=10)[1]


@pytest.mark.slow
@needs_forks
def test_the_command_refuses_what_costs_too_much(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(bounds, "MOST_SECONDS", 0.3)
    (tmp_path / "stripes.png").write_bytes(stripes())
    assert main(["predict", str(tmp_path / "stripes.png"), str(IMAGES_FOLDER / "seven.jpg")]) == 1
    said = capsys.readouterr()
    assert said.out.endswith("seven.jpg: 7\n")
    assert "more than 0 seconds" in said.err and said.err.count("\n") == 1


@pytest.mark.slow
@needs_forks
def test_what_decoders_print_stays_off_the_terminal(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "broken.tiff", compression="tiff_adobe_deflate")
    content = bytearray((tmp_path / "broken.tiff").read_bytes())
    content[5000:5100] = bytes(100)
    (tmp_path / "broken.tiff").write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "predict", "broken.tiff"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PROJECT_FOLDER)},
        capture_output=True,
        text=True,
    )
    assert done.stderr.startswith("error: broken.tiff is damaged or cut off")
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_one_picture_is_read_apart(recognizer):
    content = (IMAGES_FOLDER / "seven.jpg").read_bytes()
    before = set(psutil.Process().children())  # other tests may have some
    picture, reading = bounded.read_apart(content, recognizer.judge)
    assert reading.text == "7"
    np.testing.assert_array_equal(picture, read_picture(content))
    with pytest.raises(PictureError, match="the picture is not a picture in a known format"):
        bounded.read_apart(b"something else", recognizer.judge)
    assert set(psutil.Process().children()) <= before


@pytest.mark.slow
@needs_forks
@pytest.mark.parametrize("limit", ["MOST_SECONDS = 0.3", "MOST_MEMORY = 30 * 2**20"])
def test_one_picture_that_costs_too_much_is_refused(recognizer, monkeypatch, limit):
    monkeypatch.setattr(
        bounded,
        "_START",
        "import sys; sys.path[0] = sys.argv[1]; from helpers.machine import bounds; "
        f"bounds.{limit}; from helpers.pictures.workers import main; main()",
    )
    with pytest.raises(PictureError, match="memory"):
        bounded.read_apart(stripes(), recognizer.judge)
