"""What can be wrong with a storage is told in one sentence, and no foreign study is touched."""

from __future__ import annotations

import os
from pathlib import Path

import optuna
import pytest

from helpers.tuning.search import Limits, NumberedSampler, pruner
from helpers.tuning.space import Setup, identity
from helpers.tuning.storage import (
    ForeignStudyError,
    StorageError,
    open_storage,
    open_study,
)
from support.tuning_worker import IDENTITY, NAME, search_in

SECRET = "open-sesame"


def refusal(address: str) -> str:
    with pytest.raises(StorageError) as failed:
        open_storage(address)
    said = str(failed.value)
    assert said.count("\n") == 0
    assert said.endswith((".", "?"))
    assert SECRET not in said
    return said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "needs the name of a file"),
        ("mysql://a@b/c", "and not mysql://"),
        ("postgresql://", "names no database"),
        (f"postgresql://me:{SECRET}@127.0.0.1", "names no database"),
        (f"postgresql://me:{SECRET}@host:port/digits", "can't be read"),
        (f"postgresql://me:{SECRET}@127.0.0.1:1/digits", "(Connection refused)"),
        (f"postgres://me:{SECRET}@no-such-host.invalid/digits", "no-such-host.invalid"),
    ],
)
def test_bad_addresses(address: str, said: str) -> None:
    assert said in refusal(address)


def test_files_that_are_no_journals(tmp_path: Path) -> None:
    assert "is no file" in refusal(str(tmp_path))
    assert "is no file" in refusal("/dev/full")
    assert "is not there" in refusal(str(tmp_path / "missing" / "a.journal"))
    assert "(File name too long)" in refusal(str(tmp_path / ("x" * 300)))
    assert "is not there" in refusal(str(tmp_path / ("x" * 300) / "a.journal"))
    picture = tmp_path / "picture.png"
    content = b"\x89PNG\r\n\x1a\n" + bytes(100)
    picture.write_bytes(content)
    assert "is no journal" in refusal(str(picture))
    assert picture.read_bytes() == content
    damaged = tmp_path / "damaged"
    damaged.write_bytes(b'{"op_code":0,"worker_id":"a","study_name":"s","directions":[1]}\n{\n{}\n')
    assert "is a damaged journal" in refusal(str(damaged))


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "a.journal"
    path.touch()
    tmp_path.chmod(0o500)
    assert "Permission denied" in refusal(str(path))


def test_a_study_of_another_program(journal: str) -> None:
    opened = open_storage(journal)
    theirs = optuna.create_study(study_name=NAME, storage=opened.storage)
    theirs.optimize(lambda trial: trial.suggest_float("y", 0, 1), n_trials=1)
    with pytest.raises(ForeignStudyError, match="another program"):
        search_in(opened)
    opened.workers.leave()
    assert len(theirs.get_trials()) == 1


def test_a_study_with_other_options(journal: str) -> None:
    opened = open_storage(journal)
    search_in(opened).run(Limits(1))
    other = IDENTITY | {"epochs": 99}
    with pytest.raises(ForeignStudyError, match=r"epochs: 3 there, 99 here"):
        open_study(opened, NAME, other, NumberedSampler(0), pruner(3))
    opened.workers.leave()


def test_studies_of_other_names_do_not_matter(journal: str) -> None:
    opened = open_storage(journal)
    optuna.create_study(study_name="somebody else's", storage=opened.storage)
    search_in(opened).run(Limits(2))
    assert len(optuna.get_all_study_names(opened.storage)) == 2
    opened.workers.leave()


@pytest.mark.parametrize(
    "other",
    [
        Setup("mlp", seed=1),
        Setup("mlp", images=100),
        Setup("mlp", epochs=3),
        Setup("cnn"),
    ],
)
def test_every_option_belongs_to_the_identity(other: Setup) -> None:
    assert identity(other, "x") != identity(Setup("mlp"), "x")
    assert identity(Setup("mlp"), "y") != identity(Setup("mlp"), "x")
