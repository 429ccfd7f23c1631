from pathlib import Path

import pytest

from helpers.paths import (
    PROJECT_FOLDER,
    FolderError,
    build_folder,
    write_atomically,
)


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


def test_a_file_is_written_with_its_folder_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "text.txt"
    write_atomically(path, "ein Strich –\n")
    write_atomically(path, "zwei Striche – –\n")
    assert path.read_bytes() == "zwei Striche – –\n".encode()
    write_atomically(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "text.txt"
    write_atomically(path, "old")

    def full(self: Path, content: bytes) -> int:
        with self.open("wb") as file:
            file.write(content[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FolderError, match="No space"):
        write_atomically(path, "new text")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
