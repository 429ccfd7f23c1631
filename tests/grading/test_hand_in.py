import json
from pathlib import Path

import nbformat
import pytest

from helpers.exercises.chapters import CHAPTERS, chapter_exercises
from helpers.exercises.functions import Function
from helpers.grading.hand_in import (
    HandIn,
    HandInError,
    needed_statements,
    number_of,
    plan,
    read_hand_in,
    read_lesson,
)
from helpers.grading.judge import write_cases
from helpers.grading.names import names_in, statements_of
from support.hand_ins import HAND_INS, RIGHT, answered, lesson, with_cell


def planned(notebook: dict, folder: Path, name: str = "x.ipynb") -> HandIn:
    path = folder / name
    path.write_text(json.dumps(notebook), encoding="utf-8")
    read = read_hand_in(path)
    return plan(path, read, read_lesson(number_of(path, read)))


def test_an_untouched_lesson_needs_no_kernel(tmp_path: Path) -> None:
    hand_in = planned(lesson(), tmp_path)
    assert hand_in.cells == []
    assert {outcome for outcome, _ in hand_in.outcomes.values()} == {"untouched"}
    assert list(hand_in.outcomes) == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]


def test_only_what_a_student_wrote_runs_and_what_that_needs(tmp_path: Path) -> None:
    hand_in = planned(answered({"1.3": RIGHT["1.3"]}), tmp_path)
    assert [cell.exercises for cell in hand_in.cells] == [("1.3",)]
    defined = names_in(hand_in.before).bound
    assert {"box_of", "centre_of_mass", "np", "check"} <= defined
    assert not {"mnist", "plots", "sns", "x_train"} & defined


def test_what_only_the_lesson_defines_is_taken_from_there(tmp_path: Path) -> None:
    notebook = answered({"1.1": "answer = df['ink'].describe().shape"})
    before = planned(notebook, tmp_path).before
    assert any(line.startswith("df = ") for line in before)
    assert any(line.startswith("df['ink'] = ") for line in before)
    assert not any("fit" in line or "heatmap" in line for line in before)


def test_a_cell_that_the_student_added_runs_too(tmp_path: Path) -> None:
    notebook = with_cell(answered({"1.1": "answer = mine"}), "mine = (28, 28)")
    assert next(c.source for c in planned(notebook, tmp_path).cells) == "mine = (28, 28)"


def test_a_cell_is_known_by_its_call_its_tag_or_its_id(tmp_path: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell('answer = 1\ncheck( "1.1" , answer)'),
        nbformat.v4.new_code_cell("def f(image): pass", metadata={"tags": ["exercise-1.3"]}),
        nbformat.v4.new_code_cell("answer = [1, 2]", id="exercise-1-5-stub-1"),
    ]
    hand_in = planned(nbformat.v4.new_notebook(cells=cells), tmp_path)
    assert [cell.exercises for cell in hand_in.cells] == [("1.1",), ("1.3",), ("1.5",)]
    assert hand_in.outcomes["1.4"] == ("untouched", "its cell is not in the notebook")


@pytest.mark.parametrize(
    "name", ["01_exploration.ipynb", "Anna 01_exploration (2).ipynb", "1_x.ipynb"]
)
def test_a_notebook_without_exercises_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    empty = nbformat.v4.new_notebook()
    hand_in = planned(empty, tmp_path, name)
    assert hand_in.lesson.number == 1


@pytest.mark.parametrize("name", ["homework.ipynb", "2026_x.ipynb", "99_x.ipynb"])
def test_a_notebook_that_could_be_any_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HandInError, match="which notebook"):
        planned(nbformat.v4.new_notebook(), tmp_path, name)


@pytest.mark.parametrize("name", ["broken_json", "empty_file", "no_notebook", "binary"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.ipynb"
    path.write_bytes(HAND_INS[name][0]())  # type: ignore[arg-type]
    with pytest.raises(HandInError, match="no notebook"):
        read_hand_in(path)


def test_a_deeply_nested_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.ipynb"
    path.write_text("[" * 100_000)
    with pytest.raises(HandInError, match="no notebook"):
        read_hand_in(path)


def changed(**entries: object) -> dict:
    """A notebook with a right answer, after a cell of which something is odd."""
    notebook = with_cell(answered({"1.1": RIGHT["1.1"]}), "odd = 1", place=0)
    notebook["cells"][0].update(entries)
    return notebook


@pytest.mark.parametrize(
    "entries",
    [
        {"id": None},
        {"id": 7},
        {"metadata": {"tags": None}},
        {"metadata": {"tags": [1, None]}},
        {"metadata": {"tags": "exercise-1.1"}},
        {"metadata": {"tags": ["exercise-own"]}},
        {"id": "exercise-99999-1-stub-1"},
    ],
)
def test_a_cell_with_odd_facts_is_a_cell(tmp_path: Path, entries: dict) -> None:
    hand_in = planned(changed(**entries), tmp_path)
    assert [cell.exercises for cell in hand_in.cells] == [(), ("1.1",)]


def test_a_cell_of_no_known_type_is_passed_over(tmp_path: Path) -> None:
    poem = planned(changed(cell_type="poem"), tmp_path)
    assert [cell.exercises for cell in poem.cells] == [("1.1",)]
    without = changed()
    del without["cells"][0]["cell_type"]
    assert [cell.exercises for cell in planned(without, tmp_path).cells] == [("1.1",)]


def test_half_a_character_can_be_sent_to_a_kernel(tmp_path: Path) -> None:
    hand_in = planned(changed(source="odd = '\ud83d'"), tmp_path)
    assert hand_in.cells[0].source.encode("utf-8") == b"odd = '?'"


def test_a_file_that_is_too_large_is_told_what_helps(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.ipynb"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(HandInError, match="60 MB, more than 50: clear its outputs"):
        read_hand_in(path)


@pytest.mark.parametrize("minor", [2, 4])
def test_older_forms_of_notebooks_are_read(tmp_path: Path, minor: int) -> None:
    notebook = answered({"1.1": RIGHT["1.1"]})
    notebook["nbformat_minor"] = minor
    for cell in notebook["cells"]:
        cell.pop("id", None)
        cell["source"] = "".join(cell["source"]) if minor == 2 else list(cell["source"])
    assert [cell.exercises for cell in planned(notebook, tmp_path).cells] == [("1.1",)]


@pytest.mark.parametrize("number", CHAPTERS)
def test_every_lesson_can_be_graded(number: int) -> None:
    known = read_lesson(number)
    assert known.stubs
    assert all(name.isidentifier() for name in known.expressions.values())


@pytest.mark.parametrize("number", CHAPTERS)
def test_every_function_can_be_tried_in_the_kernel(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_SOURCE", "sample")
    write_cases(number, tmp_path)
    functions = [each.name for each in chapter_exercises(number) if isinstance(each.kind, Function)]
    assert [name for name in functions if not (tmp_path / f"{name}.json").exists()] == []


# --- names ----------------------------------------------------------------------------------------


def test_names_of_a_cell() -> None:
    names = names_in(["import numpy as np\n%time f = lambda x: np.sum(x) + limit\ng.append(1)"])
    assert {"np", "f"} <= names.bound
    assert names.imported == {"np"}
    assert {"limit", "g"} <= names.used
    assert "x" not in names.used | names.bound
    assert names.changed == {"g"}


def test_names_inside_a_function_are_its_own() -> None:
    names = names_in(
        ["def f(image):\n    rows = image.sum()\n    return [r for r in rows] + other"]
    )
    assert names.bound == {"f"}
    assert names.used - {"f"} == {"other"}


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("model.fit(x)", {"model"}),
        ("history = model.fit(x)", {"model"}),
        ("y = model.predict(x)", set()),
        ("model.summary()", set()),
        ('df["ink"] = 1', {"df"}),
        ("for n in x:\n    rows.append(n.mean())", {"rows"}),
        ("print(rows.pop())", set()),
        ("assert rows.pop()", set()),
    ],
)
def test_what_a_statement_may_change(code: str, changed: set[str]) -> None:
    assert names_in([code]).changed - {""} == changed


@pytest.mark.parametrize(
    "code",
    [
        "def f(",
        "x = = 1",
        "\x00",
        "%%html\n<b>",
        "def f(a, a): pass",
        "x = 1\nglobal x",
        f"x = {'(' * 10_000}1{')' * 10_000}",
        "x = 1\n" * 200_000,
    ],
    ids=lambda code: code[:20],
)
def test_code_without_syntax_has_no_names(code: str) -> None:
    assert not names_in([code]).bound


def test_more_of_ipython_s_syntax_than_it_translates_has_no_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("IPython.core.inputtransformer2.TRANSFORM_LOOP_LIMIT", 5)
    assert not names_in(["x = 1\n" + "!ls\n" * 10]).bound


def test_a_long_sum_keeps_its_names() -> None:
    names = names_in([f"total = {' + '.join(['x'] * 900)}"])
    assert (names.bound, names.used) == ({"total"}, {"x"})


def test_statements_are_taken_in_their_order() -> None:
    lines = statements_of("import a, b\nx = a.f()\ny = b.g(x)\nx.append(2)\nz = 3")
    assert lines == ["import a", "import b", "x = a.f()", "y = b.g(x)", "x.append(2)", "z = 3"]
    assert needed_statements(lines, {"y"}) == lines[:5]
    assert needed_statements(lines, {"z"}) == ["z = 3"]
    assert needed_statements(lines, {"y"}, known={"x"}) == ["import b", "y = b.g(x)"]
