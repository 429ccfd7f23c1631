"""What Linux tells only those who look closely: a browser, and a container's memory."""

import sys
from pathlib import Path

import pytest

from helpers.doctor import facts as facts_module
from helpers.doctor import linux
from helpers.doctor.facts import Facts


@pytest.mark.skipif(sys.platform == "win32", reason="looked for on Linux only")
def test_a_browser_that_is_only_named_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opener = tmp_path / "xdg-open"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("BROWSER", "/nowhere/browser %s")
    monkeypatch.setenv("DISPLAY", ":0")
    opener.write_text("#!/bin/sh\n")
    opener.chmod(0o755)
    facts = Facts(system="Linux")
    facts_module._browser(facts)
    assert not facts.browser
    opener.rename(tmp_path / "firefox")
    facts_module._browser(facts)
    assert linux.has_browser()


@pytest.mark.parametrize(
    ("groups", "file", "found"),
    [
        ("0::/\n", "memory.max", [2_000_000_000]),
        ("0::/user/me\n", "user/memory.max", [2_000_000_000]),
        ("3:cpu:/\n4:memory,x:/docker/1\n", "memory/memory.limit_in_bytes", [2_000_000_000]),
        ("0::/\n", "memory.high", []),
    ],
)
def test_a_container_s_limit_of_memory_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, groups: str, file: str, found: list[int]
) -> None:
    (tmp_path / "of_process").write_text(groups)
    place = tmp_path / "cgroup" / file
    place.parent.mkdir(parents=True)
    place.write_text("2000000000\n")
    (tmp_path / "cgroup" / "user").mkdir(exist_ok=True)
    limits = list(linux.container_limits(tmp_path / "cgroup", tmp_path / "of_process"))
    assert limits == found
    if sys.platform != "win32":
        monkeypatch.setattr(facts_module, "container_limits", lambda: limits)
        facts = Facts(system="Linux")
        facts_module._memory(facts)
        assert (facts.memory_gigabytes == 2.0) == bool(found)
