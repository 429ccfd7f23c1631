"""What the book takes from npm: MathJax, the bundler, reveal.js; the versions are locked beside."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from helpers.errors import UserError
from helpers.paths import PROJECT_FOLDER

NODE_FOLDER = PROJECT_FOLDER / "build" / "node"
MODULES = NODE_FOLDER / "node_modules"

_LISTS = ("package.json", "package-lock.json")


def install() -> Path:
    """Install the locked packages into ``build/node``, unless they are there.

    Returns:
        The folder of the packages.

    Raises:
        UserError: Node.js is missing, or its package index cannot be reached.
    """
    here = Path(__file__).parent
    wanted = [(here / name).read_bytes() for name in _LISTS]
    copies = [NODE_FOLDER / name for name in _LISTS]
    done = MODULES / ".package-lock.json"
    if done.exists() and [copy.read_bytes() for copy in copies if copy.exists()] == wanted:
        return MODULES
    npm = shutil.which("npm")
    if npm is None:
        raise UserError("The book needs Node.js and npm: install them from https://nodejs.org.")
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    for copy, content in zip(copies, wanted, strict=True):
        copy.write_bytes(content)
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=NODE_FOLDER, check=False).returncode:
        raise UserError("npm could not install the book's packages; its message stands above.")
    return MODULES


def bundle(entry: Path, output: Path, network: Path) -> None:
    """Put a script and all that it imports into one file that a page may load from a folder.

    Browsers refuse modules from ``file:`` addresses; one classic script they take.

    Args:
        entry: the script to begin with.
        output: the file to write.
        network: the module that stands for the import of ``digit-network``.

    Raises:
        UserError: esbuild finds a fault in a script.
    """
    command = [
        str(MODULES / ".bin" / "esbuild"),
        str(entry.resolve()),
        "--bundle",
        "--format=iife",
        "--minify-whitespace",
        "--log-level=warning",
        f"--alias:digit-network={network.resolve()}",
        f"--outfile={output.resolve()}",
    ]
    if subprocess.run(command, cwd=NODE_FOLDER, check=False).returncode:
        raise UserError(f"esbuild could not bundle {entry.name}; its message stands above.")
