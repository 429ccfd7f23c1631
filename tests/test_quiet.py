"""`import helpers` keeps TensorFlow's start-up notices away, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def stderr_of(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=folder
    )
    return done.stderr


@pytest.mark.slow
def test_tensorflow_starts_silently(tmp_path: Path) -> None:
    code = (
        "import helpers, keras, numpy\n"
        "model = keras.Sequential([keras.layers.Dense(1)])\n"
        "model.predict(numpy.ones((1, 2)), verbose=0)"
    )
    assert stderr_of(code, tmp_path) == ""


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A folder with a package named tensorflow that writes to standard error, as C++ code does."""
    package = tmp_path / "tensorflow.py"
    package.write_text("import os\nos.write(2, b'notice\\n')\nif os.path.exists('bad'): 1 / 0\n")
    return tmp_path


def test_notices_are_held_back_during_the_import_only(stand_in: Path) -> None:
    assert stderr_of("import helpers, tensorflow", stand_in) == ""
    code = "import helpers, tensorflow, os\nos.write(2, b'later')"
    assert stderr_of(code, stand_in) == "later"


def test_notices_are_shown_when_the_import_fails(stand_in: Path) -> None:
    (stand_in / "bad").touch()
    told = stderr_of("import helpers, tensorflow", stand_in)
    assert told.startswith("notice\n")
    assert "ZeroDivisionError" in told


def test_missing_tensorflow_is_an_ordinary_error(tmp_path: Path) -> None:
    code = "import sys, helpers\nsys.path = [p for p in sys.path if 'zip' in p]\nimport tensorflow"
    assert "ModuleNotFoundError" in stderr_of(code, tmp_path)


def test_no_standard_error_is_no_problem(stand_in: Path) -> None:
    code = "import os, sys, helpers\nos.close(2)\nimport tensorflow\nprint('done')"
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60, cwd=stand_in
    )
    assert done.stdout == "done\n"


def test_arranging_it_twice_changes_nothing() -> None:
    from helpers.quiet import _Finder, settle_keras, silence_tensorflow

    for _ in range(2):
        silence_tensorflow()
        settle_keras()
    arranged = [finder.package for finder in sys.meta_path if isinstance(finder, _Finder)]
    assert len(arranged) == len(set(arranged))


def test_only_the_notice_about_several_networks_is_dropped(tmp_path: Path) -> None:
    code = (
        "import helpers, logging\n"
        "logging.getLogger('tensorflow').warning('%d calls triggered tf.function retracing', 5)\n"
        "logging.getLogger('tensorflow').warning('something else')"
    )
    assert stderr_of(code, tmp_path) == "something else\n"


def test_ctrl_c_while_it_starts_shows_no_notices(stand_in: Path) -> None:
    (stand_in / "tensorflow.py").write_text(
        "import os\nos.write(2, b'notice\\n')\nraise KeyboardInterrupt\n"
    )
    told = stderr_of(
        "import helpers\ntry:\n    import tensorflow\nexcept KeyboardInterrupt:\n    pass", stand_in
    )
    assert told == ""


def test_python_without_standard_streams_starts_it_too(stand_in: Path) -> None:
    code = (
        "import sys; sys.stdout = sys.stderr = None\nimport helpers, tensorflow\nopen('done', 'w')"
    )
    assert stderr_of(code, stand_in) == ""
    assert (stand_in / "done").exists()


# --- settings of other projects -------------------------------------------------------------------

ASKED = (
    "import helpers, keras\n"
    "print(keras.backend.backend(), keras.config.floatx(), keras.config.image_data_format())\n"
    "print(keras.layers.Dense(1).compute_dtype, keras.layers.MaxPooling2D().data_format)"
)
OURS = "tensorflow float32 channels_last\nfloat32 channels_last\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        ("jax", ""),
        ("no such backend", ""),
        ("", ""),
        ("tensorflow", '{"floatx": "float16", "image_data_format": "channels_first"}'),
        ("torch", '{"floatx": "float64", "backend": "jax", "epsilon": 0.1}'),
    ],
)
def test_settings_of_other_projects_do_not_matter(
    tmp_path: Path, backend: str, settings: str
) -> None:
    (tmp_path / "keras.json").write_text(settings or "{}")
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"KERAS_BACKEND": backend, "KERAS_HOME": str(tmp_path)},
    )
    assert done.stdout == OURS
    told = "" if backend == "tensorflow" else f"KERAS_BACKEND is {backend!r}, but the series"
    assert done.stderr.startswith(told) and done.stderr.count("\n") == bool(told)
