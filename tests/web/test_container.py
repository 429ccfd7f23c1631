"""What the container file copies is enough to serve the page: tried in an empty folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from helpers.paths import IMAGES_FOLDER, PROJECT_FOLDER

CONTAINERFILE = PROJECT_FOLDER / "helpers" / "web" / "Containerfile"
TEXT = CONTAINERFILE.read_text(encoding="utf-8")


def put_in(folder: Path) -> None:
    """Do what the lines with COPY do."""
    for line in re.findall(r"^COPY (.+)$", TEXT, re.MULTILINE):
        *sources, target = line.split()
        for source in sources:
            path = PROJECT_FOLDER / source
            if path.is_dir():
                shutil.copytree(path, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                place = folder / target / path.name if target.endswith("/") else folder / target
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)


def test_the_container_installs_what_serves_and_no_more() -> None:
    assert re.findall(r"--requirement (\S+)", TEXT) == ["requirements-serve.txt"]
    assert "USER nobody" in TEXT


@pytest.mark.slow
def test_what_is_copied_reads_a_seven(tmp_path: Path) -> None:
    put_in(tmp_path)
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, "the server did not start"
            seven = (IMAGES_FOLDER / "seven.jpg").read_bytes()
            answer = httpx.post(f"{found[0]}/api/predict", content=seven, timeout=60)
            assert answer.json()["text"] == "7"
        finally:
            process.terminate()
