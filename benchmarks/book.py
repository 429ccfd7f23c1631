"""What the web book costs: the seconds to build it, its size, and how fast its pad answers.

    python benchmarks/book.py        # three minutes; needs Node.js and Chromium

Builds the book from the stored notebooks into a folder of its own, after its packages from npm are
installed, and draws on the pad of its first page, opened from the folder, as pad_latency.py does:
as fast as a pen moves, so that a move waits for the answer that is under way, and then for its own.
Prints the figures and writes them to benchmarks/results/book.json.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from common import write_result
from pad_latency import latency

from helpers.authoring.book import node_tools
from helpers.authoring.book.build import build_book


def built(folder: Path) -> dict[str, Any]:
    """Build the book into a folder; return what that took and what came out."""
    node_tools.install()
    started = time.perf_counter()
    build_book(folder / "pages", folder / "sources")
    seconds = time.perf_counter() - started
    files = [path for path in (folder / "pages").rglob("*") if path.is_file()]
    return {
        "seconds": round(seconds, 1),
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
        "files": len(files),
    }


def main() -> None:
    """Measure, print, and keep the figures."""
    with tempfile.TemporaryDirectory() as name:
        figures = {
            "build": built(Path(name)),
            "pad": latency(f"file://{name}/pages/index.html"),
        }
    write_result("book", figures)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
