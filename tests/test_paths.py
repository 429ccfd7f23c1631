from pathlib import Path

import pytest

from helpers.paths import PROJECT_FOLDER, build_folder


def test_project_folder_is_this_project() -> None:
    assert (PROJECT_FOLDER / "pyproject.toml").is_file()


def test_build_folder_is_in_the_project_and_ignored_by_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELPERS_BUILD", raising=False)
    assert build_folder() == PROJECT_FOLDER / "build"
    assert "build/" in (PROJECT_FOLDER / ".gitignore").read_text().splitlines()


def test_build_folder_can_be_elsewhere_and_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HELPERS_BUILD", str(tmp_path / "some" / "where"))
    assert build_folder() == tmp_path / "some" / "where"
    assert build_folder().is_dir()
