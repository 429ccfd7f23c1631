"""Thirty-two notebooks, handed in as a class might, graded in one run by the command."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.authoring.notebooks import NOTEBOOKS_FOLDER
from helpers.cli import main
from helpers.grading import command, desk, grades, isolation
from helpers.grading.command import PROTECTED, GradeError, find_hand_ins
from helpers.grading.grades import Grade, Workplace
from helpers.grading.limits import Limits
from helpers.grading.report import csv_text, exercise_names
from helpers.grading.sandbox import Sandbox, fresh_folders, hidden_folders
from helpers.paths import PROJECT_FOLDER
from support.hand_ins import (
    ALL_WRONG,
    EXERCISES,
    HAND_INS,
    TAMPERING,
    WRONG,
    answered,
    code_cell,
    stub_cell,
    with_cell,
    write_hand_ins,
)

# Only students' cells take from the seconds, so that a busy machine changes no grade. The endless
# loop takes half of them; the longest of the others, which print or wait, about two.
SECONDS, MEGABYTES = 20, 2000

needs_isolation = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can shut a process in"
)


def can_isolate(folder: Path) -> bool:
    folder.mkdir(exist_ok=True)
    return isolation.probe(folder)


def rows_of(file: Path) -> dict[str, dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return {Path(row["file"]).stem: row for row in csv.DictReader(lines)}


def outcomes_of(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in EXERCISES if row[name]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str, Path]:
    """All of them, graded: exit status, standard output, standard error, the CSV file."""
    folder = tmp_path_factory.mktemp("handed-in")
    write_hand_ins(folder)
    output = tmp_path_factory.mktemp("out") / "grades.csv"
    limits = ["--seconds", str(SECONDS), "--megabytes", str(MEGABYTES), "--jobs", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "helpers", "grade", str(folder), "--output", str(output), *limits],
        capture_output=True,
        text=True,
        cwd=PROJECT_FOLDER,
        env={**os.environ, "COLUMNS": "120"},
        timeout=1200,
    )
    return done.returncode, done.stdout, done.stderr, output


@pytest.mark.slow
@pytest.mark.parametrize("name", HAND_INS)
def test_a_notebook_gets_its_own_row_whatever_the_others_do(
    graded: tuple[int, str, str, Path], name: str
) -> None:
    rows = rows_of(graded[3])
    assert len(rows) == len(HAND_INS) == 32
    assert outcomes_of(rows[name]) == HAND_INS[name][1], rows[name]["remarks"]


@pytest.mark.slow
def test_the_run_says_what_it_did(graded: tuple[int, str, str, Path], tmp_path: Path) -> None:
    status, said, complaints, file = graded
    assert status == 1  # four files are no notebooks
    assert complaints.count("was not graded") == 4
    assert "Traceback" not in said + complaints
    assert str(file) in said
    assert "5 of 6" in said
    assert "Grades: lesson 1" in said  # each lesson has a table of its own
    assert "Not graded" in said
    if can_isolate(tmp_path / "trial"):
        assert PROTECTED in said


@pytest.mark.slow
def test_remarks_name_the_mistake(graded: tuple[int, str, str, Path]) -> None:
    rows = rows_of(graded[3])
    expected = {
        "wrong": "in percent",
        "endless_loop": "time was up",
        "exit": "ended its own kernel",
        "much_memory": f"more than {MEGABYTES} MB",
        "deleted_cell": "1.3: its cell is not in the notebook",
        "syntax_error": "SyntaxError",
        "network": "OSError",
        "reads_the_answer": "No module named 'helpers.exercises.chapters'",
        "broken_json": "no notebook",
    }
    if sys.platform == "linux":
        expected["fork_bomb"] = "1.3: it had more than 100 processes at the same time"
        expected["fills_the_disk"] = "1.3: its files took more than 2000 MB"
    assert {name for name, text in expected.items() if text not in rows[name]["remarks"]} == set()


# --- shutting in ----------------------------------------------------------------------------------


@pytest.mark.slow
@needs_isolation
def test_what_is_shut_in_reaches_nothing_else(tmp_path: Path) -> None:
    if not can_isolate(tmp_path / "trial"):
        pytest.skip("unprivileged namespaces are not allowed on this system")
    room = tmp_path / "room"
    inside, neighbour = room / "one", room / "another"
    hidden, other = tmp_path / "hidden", tmp_path / "other"
    for folder in (room, inside, neighbour, hidden, other):
        folder.mkdir()
    (neighbour / "answer").write_text("42")
    (hidden / "answer").write_text("42")
    (other / "file").write_text("mine")
    code = f"""
import os, socket, subprocess
from pathlib import Path
found = []
for act in (
    lambda: Path({str(other / "file")!r}).write_text("yours"),
    lambda: Path({str(other / "file")!r}).unlink(),
    lambda: Path({str(hidden / "answer")!r}).read_text(),
    lambda: Path({str(neighbour / "answer")!r}).read_text(),
    lambda: socket.create_connection(("127.0.0.1", 22), 1),
    lambda: subprocess.run(["umount", {str(hidden)!r}], check=True, capture_output=True),
    lambda: os.kill({os.getpid()}, 0),
):
    try:
        act()
    except (OSError, subprocess.CalledProcessError) as error:
        found.append(type(error).__name__)
    else:
        found.append("done")
Path({str(room / "mine")!r}).write_text("for a while")
Path("found").write_text(" ".join(found))
subprocess.Popen(["sleep", "600"], start_new_session=True)
"""
    specification = inside / "start.json"
    specification.write_text(
        json.dumps(
            {
                "command": [sys.executable, "-c", code],
                "writable": str(inside),
                "hidden": [str(hidden)],
                "fresh": [str(room)],
                "isolated": True,
            }
        )
    )
    done = subprocess.run(
        [sys.executable, isolation.__file__, str(specification)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "done" not in (inside / "found").read_text().split()
    assert (other / "file").read_text() == "mine"
    assert (hidden / "answer").read_text() == "42"
    assert sorted(each.name for each in room.iterdir()) == ["another", "one"]


def test_what_the_grader_writes_lies_where_no_student_can_write(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "g" / "s")
    sandbox.folder.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (sandbox.folder / "start.json").symlink_to(victim)
    start = sandbox.specification(["true"], True, [])
    assert victim.read_text() == "mine"
    assert sandbox.folder not in start.parents


def test_answers_and_sockets_are_hidden_unless_they_are_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FASHION_MNIST_NPZ", raising=False)
    monkeypatch.setenv("MNIST_NPZ", str(tmp_path / "data" / "mnist.npz"))
    found = hidden_folders(tmp_path / "handed-in")
    assert {PROJECT_FOLDER / "build", tmp_path / "handed-in", Path("/run")} <= set(found)
    assert hidden_folders(tmp_path / "data") == [each for each in found if each.parent != tmp_path]
    assert fresh_folders(tmp_path / "room")[-1] == tmp_path / "room"
    assert tmp_path / "data" not in fresh_folders(tmp_path / "data")
    monkeypatch.setenv("MNIST_NPZ", str(PROJECT_FOLDER / "build" / "mnist.npz"))
    assert PROJECT_FOLDER / "build" not in hidden_folders(tmp_path / "handed-in")


def test_where_it_is_not_possible_the_probe_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not isolation.probe(tmp_path)


@pytest.mark.slow
def test_without_isolation_python_s_connections_are_blocked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(isolation, "probe", lambda folder: False)
    monkeypatch.setattr(command, "settle_source", lambda: "file")  # no exercise here needs data
    folder = tmp_path / "handed-in"
    folder.mkdir()
    codes = [HAND_INS[name][0]() for name in ("network", "os_exit")]
    cells = {
        name: stub_cell(each, name)
        for name, each in zip(("1.1", "1.3"), codes, strict=True)
        if isinstance(each, dict)
    }
    assert len(cells) == 2
    all_in_one = with_cell(answered(WRONG), TAMPERING["replaced check"])
    for name, cell in cells.items():
        stub_cell(all_in_one, name)["source"] = cell["source"]
    (folder / "one.ipynb").write_text(json.dumps(all_in_one))
    output = tmp_path / "grades.csv"
    assert main(["grade", str(folder), "--output", str(output), "--seconds", str(SECONDS)]) == 0
    row = rows_of(output)["one"]
    assert outcomes_of(row) == ALL_WRONG | {"1.1": "error", "1.3": "error"}
    assert "there is no network while notebooks are graded" in row["remarks"]
    assert "ended its own kernel" in row["remarks"]
    assert "can't shut students' code in" in capsys.readouterr().out


# --- the rest -------------------------------------------------------------------------------------


def test_whatever_goes_wrong_with_a_file_is_its_own_remark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(path: Path, *_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(grades, "plan", odd)
    write_hand_ins(tmp_path, "right")
    result = grades.grade(tmp_path / "right.ipynb", Workplace(tmp_path, Limits(1, 1), False))
    assert result.remarks == {"": "it could not be graded: RecursionError: too deep"}


def test_folders_in_the_folder_are_looked_through(tmp_path: Path) -> None:
    for name in ("Anna/01.ipynb", "Bob/01.ipynb", "Bob/.ipynb_checkpoints/01.ipynb", "x.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert find_hand_ins(tmp_path) == [tmp_path / "Anna/01.ipynb", tmp_path / "Bob/01.ipynb"]
    (tmp_path / "folder.ipynb").mkdir()
    (tmp_path / "Zoe.IPYNB").touch()
    assert find_hand_ins(tmp_path)[2:] == [tmp_path / "Zoe.IPYNB"]
    assert find_hand_ins(tmp_path / "Bob" / "01.ipynb") == [tmp_path / "Bob/01.ipynb"]


@pytest.mark.parametrize("name", ["", "missing", "x" * 300])
def test_nothing_to_grade_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str
) -> None:
    with pytest.raises(GradeError):
        find_hand_ins(tmp_path / name)
    assert main(["grade", str(tmp_path / name)]) == 1
    assert capsys.readouterr().err.startswith("error: There")


def test_a_table_that_can_t_be_written_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.grading.command.grade_all", lambda *_: pytest.fail("graded"))
    write_hand_ins(tmp_path, "untouched")
    (tmp_path / "file").touch()
    for output in (tmp_path, tmp_path / "file" / "grades.csv", tmp_path / ("x" * 300)):
        assert main(["grade", str(tmp_path), "--output", str(output)]) == 1
        assert str(output.name) in capsys.readouterr().err


def test_each_lesson_has_a_table_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "settle_source", lambda: "file")  # no exercise here needs data
    write_hand_ins(tmp_path, "untouched", "empty_file")
    paths = find_hand_ins(tmp_path)
    graded = [grades.grade(path, Workplace(tmp_path, Limits(1, 1), False)) for path in paths]
    monkeypatch.setattr("helpers.grading.command.grade_all", lambda *_: (graded, False))
    main(["grade", str(tmp_path), "--output", str(tmp_path / "grades.csv")])
    shown = capsys.readouterr().out
    assert "Grades: lesson 1" in shown
    assert "Not graded" in shown


def test_what_a_function_imports_is_there_before_its_seconds_begin() -> None:
    # A text, since a module that is missing would be missed among this project's packages.
    code = compile("from xml.dom import pulldom\nimport this_is_no_module", "answer", "exec")
    sys.modules.pop("xml.dom.pulldom", None)
    desk._import_for(code)
    assert "xml.dom" in sys.modules


@pytest.mark.slow
def test_worked_solutions_of_a_lesson_with_pictures_as_bytes_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    notebook = json.loads((NOTEBOOKS_FOLDER / "solutions" / "10_deployment.ipynb").read_text())
    wanted = {"exercise-10.5", "solution"}
    solved = [c for c in notebook["cells"] if wanted <= set(c["metadata"].get("tags", ()))]
    shell = "import pathlib; pathlib.Path('/tmp/mine').write_text('1')\n"
    shell += "import os; os.remove('10.ipynb')"
    notebook["cells"] = [code_cell(shell), *solved]
    (tmp_path / "10.ipynb").write_text(json.dumps(notebook))
    output = tmp_path / "grades.csv"
    assert main(["grade", str(tmp_path), "--output", str(output)]) == 0
    row = rows_of(output)["10"]
    assert (row["10.5"], row["remarks"].count("Error")) == ("right", 0), row["remarks"]


def test_a_spreadsheet_takes_nothing_for_a_formula(tmp_path: Path) -> None:
    evil = Grade(tmp_path / "=cmd|'x'!A1.ipynb", 1, {"1.2": "right", "1.10": "error"}, {"": "=1+1"})
    lines = csv_text([evil], tmp_path).removeprefix("\ufeff").splitlines()
    assert lines[0] == "file,1.2,1.10,right,exercises,seconds,remarks"
    assert lines[1].startswith("'=cmd|'x'!A1.ipynb,right,error,1,2,0,'=1+1")
    assert exercise_names([evil]) == ["1.2", "1.10"]


def test_line_breaks_and_escapes_in_a_name_are_shown(tmp_path: Path) -> None:
    text = csv_text([Grade(tmp_path / "a\nb\x1b[2J.ipynb")], tmp_path)
    assert "a\\nb\\x1b[2J.ipynb" in text
