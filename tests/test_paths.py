import os
from pathlib import Path

import pytest

from helpers.paths import (
    IMAGES_FOLDER,
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


@pytest.mark.skipif(os.name == "nt", reason="Windows names devices otherwise")
@pytest.mark.parametrize("name", ["/dev/null/x", "/proc/x", "file/x", "x" * 300, "a\0b"])
def test_a_build_folder_that_cannot_be_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(os, "environ", {"HELPERS_BUILD": str(tmp_path / name)})
    with pytest.raises(FolderError, match=r"can't be written .*: name another folder in the env"):
        build_folder()


def test_a_build_folder_that_may_only_be_read_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HELPERS_BUILD", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FolderError, match="Permission denied"):
        build_folder()


def test_an_unknown_user_s_home_is_an_ordinary_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HELPERS_BUILD", "~nobody-of-that-name/x")
    assert build_folder().resolve() == tmp_path / "~nobody-of-that-name" / "x"


def test_a_link_stays_a_link_and_names_may_be_long(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    file, link = tmp_path / "there" / ("x" * 250), tmp_path / "link"
    try:
        link.symlink_to(file)
    except OSError:
        pytest.skip("this system makes no links")
    write_atomically(link, "text")
    assert link.is_symlink() and file.read_text() == "text"


def test_the_samples_are_found_from_anywhere() -> None:
    assert (IMAGES_FOLDER / "seven.jpg").is_file()
