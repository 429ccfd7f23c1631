"""The field's own calls stand in the lessons' cells, and most figures are drawn there."""

import ast
import re
from pathlib import Path

import pytest

from helpers.authoring.figures import figures_of
from helpers.authoring.notebooks import find_notebooks, read_notebook
from support.notebook_conventions import code_cells, output_texts, syntax_tree

CORE = [path for path in find_notebooks() if int(path.stem[:2]) <= 6]
# What a student who has finished the core has seen used, by the number of a lesson.
CALLS = {
    "value_counts": "01",
    "groupby": "01",
    "countplot": "01",
    "imshow": "01",
    "describe": "01",
    "train_test_split": "02",
    "to_categorical": "02",
    "from_tensor_slices": "02",
    "compile": "02",
    "fit": "02",
    "DataFrame": "02",
    "summary": "03",
    "EarlyStopping": "03",
    "evaluate": "03",
    "save": "03",
    "load_model": "03",
    "Conv2D": "04",
    "MaxPooling2D": "04",
    "Dropout": "04",
    "BatchNormalization": "04",
    "classification_report": "05",
    "confusion_matrix": "05",
    "heatmap": "05",
    "imread": "06",
    "cvtColor": "06",
    "threshold": "06",
    "connectedComponentsWithStats": "06",
    "boundingRect": "06",
    "moments": "06",
    "warpAffine": "06",
    "predict": "06",
}


def sources(path: Path) -> list[str]:
    return [cell.source for cell in code_cells(read_notebook(path))]


def called_names(source: str) -> set[str]:
    calls = [node.func for node in ast.walk(syntax_tree(source)) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else ast.unparse(call) for call in calls}


@pytest.mark.parametrize(("name", "number"), CALLS.items())
def test_a_lesson_calls(name: str, number: str) -> None:
    (path,) = [path for path in CORE if path.stem.startswith(number)]
    assert name in set().union(*map(called_names, sources(path)))


def test_a_stream_of_tf_data_feeds_a_network() -> None:
    (path,) = [path for path in CORE if path.stem.startswith("02")]
    streams = {
        node.targets[0].id
        for source in sources(path)
        for node in ast.walk(syntax_tree(source))
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and re.search(r"from_tensor_slices|\.batch\(|\.shuffle\(", ast.unparse(node.value))
    }
    fed = {
        ast.unparse(node.args[0])
        for source in sources(path)
        for node in ast.walk(syntax_tree(source))
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).endswith(".fit")
    }
    assert streams & fed


def test_a_history_becomes_a_data_frame_and_is_plotted() -> None:
    text = "\n".join(sources(CORE[1]))
    assert re.search(r"DataFrame\(\w*history\w*\.history\)", text)
    assert re.search(r"\.plot\(", text)


def test_one_image_is_predicted_in_its_batch_of_one() -> None:
    shown = [text for cell in code_cells(read_notebook(CORE[5])) for text in output_texts(cell)]
    assert any("(1, 28, 28, 1)" in text for text in shown)


def test_two_thirds_of_the_figures_are_drawn_in_the_lesson() -> None:
    drawn, helped = 0, 0
    for path in CORE:
        for cell in code_cells(read_notebook(path)):
            figures = len(figures_of(cell.outputs))
            drawn += figures
            helped += figures if re.search(r"\bplots\.draw_", cell.source) else 0
    assert drawn >= 40
    assert helped <= drawn / 3
