"""The command line: options, exit statuses, and that each command finds its work."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import cli as commands
from helpers.cli import build_parser, main
from helpers.errors import UserError


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[argparse.Namespace]:
    """Replace the commands' work; the list holds what it was called with."""
    calls: list[argparse.Namespace] = []

    def note(args: argparse.Namespace) -> int:
        calls.append(args)
        return 0

    monkeypatch.setattr(commands, "_find_work", lambda address: note)
    return calls


@pytest.mark.parametrize(
    "command", ["train", "tune", "predict", "serve", "run", "grade", "doctor", "wheels"]
)
def test_every_command_finds_its_work(command: str) -> None:
    example = {
        "train": ["train", "mlp"],
        "predict": ["predict", "x.png"],
        "grade": ["grade", "folder"],
        "wheels": ["wheels", "folder"],
    }.get(command, [command])
    address = build_parser().parse_args(example).work
    assert callable(commands._find_work(address))


def test_train_options(work: list) -> None:
    line = ["train", "cnn", "--seed", "7", "--epochs", "2", "--output", "x.keras", "--json"]
    assert main(line) == 0
    (args,) = work
    assert (args.model, args.seed, args.epochs) == ("cnn", 7, 2)
    assert (args.output, args.json) == (Path("x.keras"), True)


def test_train_defaults(work: list) -> None:
    assert main(["train", "mlp"]) == 0
    (args,) = work
    assert (args.seed, args.epochs, args.output, args.json) == (0, None, None, False)


def test_predict_options(work: list) -> None:
    assert main(["predict", "a.png", "folder", "--single", "--json", "--model", "m.keras"]) == 0
    (args,) = work
    assert args.paths == [Path("a.png"), Path("folder")]
    assert (args.single, args.json, args.model) == (True, True, Path("m.keras"))


def test_grade_options(work: list) -> None:
    assert main(["grade", "folder", "--jobs", "1", "--seconds", "9", "--megabytes", "99"]) == 0
    (args,) = work
    assert (args.folder, args.output) == (Path("folder"), None)
    assert (args.jobs, args.seconds, args.megabytes) == (1, 9, 99)


def test_wheels_options(work: list) -> None:
    assert main(["wheels", "w", "--system", "windows", "--python", "3.12", "--check"]) == 0
    (args,) = work
    assert (args.folder, args.system, args.python) == (Path("w"), "windows", "3.12")
    assert args.check


def test_serve_defaults_stay_on_this_machine(work: list) -> None:
    assert main(["serve"]) == 0
    (args,) = work
    assert (args.host, args.port) == ("127.0.0.1", 8000)


def test_run_options(work: list) -> None:
    assert main(["run", "03", "--store", "--jobs", "2"]) == 0
    (args,) = work
    assert (args.notebooks, args.store, args.jobs) == (["03"], True, 2)


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["fly"],
        ["train"],
        ["train", "rnn"],
        ["train", "cnn", "--seed", "-1"],
        ["train", "cnn", "--seed", "x"],
        ["train", "cnn", "--seed", str(2**32)],
        ["train", "cnn", "--epochs", "0"],
        ["train", "cnn", "--epochs", "1.5"],
        ["predict"],
        ["predict", "a.png", "--sigle"],
        ["serve", "--port", "70000"],
        ["serve", "--port", "http"],
        ["run", "--jobs", "0"],
    ],
)
def test_wrong_use_ends_with_2_and_says_how(
    work: list, line: list[str], capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line)
    assert ended.value.code == 2
    assert "usage: python -m helpers" in capsys.readouterr().err
    assert work == []


@pytest.mark.parametrize("command", [[], ["train"], ["tune"], ["predict"], ["serve"], ["run"]])
def test_help_everywhere(command: list[str], capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert "usage: python -m helpers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (UserError("The file x is empty."), 1, "error: The file x is empty.\n"),
        (KeyboardInterrupt(), 130, "stopped.\n"),
    ],
)
def test_errors_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
    error: BaseException,
    status: int,
    told: str,
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise error

    monkeypatch.setattr(commands, "_find_work", lambda address: fail)
    assert main(["serve"]) == status
    assert capsys.readouterr().err == told


def test_mistakes_of_our_own_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(commands, "_find_work", lambda address: fail)
    with pytest.raises(ZeroDivisionError):
        main(["serve"])


def run_program(*line: str, **environment: str) -> subprocess.CompletedProcess:
    import os

    return subprocess.run(
        [sys.executable, "-m", "helpers", *line],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | environment,
    )


def test_help_loads_no_heavy_package() -> None:
    code = (
        "import sys\nfrom helpers.cli import build_parser\nbuild_parser().format_help()\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'cv2', 'fastapi', 'optuna'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.slow
def test_broken_data_are_told_in_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 and no more")
    done = run_program("train", "mlp", MNIST_NPZ=str(broken), MNIST_SOURCE="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert str(broken) in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error() -> None:
    reader = "import sys; sys.stdin.close()"
    line = f'"{sys.executable}" -m helpers --help | "{sys.executable}" -c "{reader}"'
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
