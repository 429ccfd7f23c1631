"""How soon the drawing pad shows what a move of the pen changed, in Chromium.

    python benchmarks/pad_latency.py

Draws in a browser and measures, for moves of the pen, the time until the page shows the answer to a
picture that holds the move. Prints the figures and writes them to benchmarks/results/.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
from typing import Any

import numpy as np
from common import write_result
from service import running_server

# Notes when a move of the pen changed the drawing, and when the page showed an answer to a
# picture that was taken after it. The pad answers one question at a time, in order.
_WATCH = """() => {
    window.waiting = []; window.asked = []; window.delays = [];
    const stage = document.querySelector(".digit-pad-stage");
    stage.addEventListener("pointermove", () => waiting.push(performance.now()));
    const fill = CanvasRenderingContext2D.prototype.fillRect;
    CanvasRenderingContext2D.prototype.fillRect = function (...where) {
        // A white sheet, for a picture that holds every move that was made until now.
        asked.push(...waiting); waiting = [];
        return fill.apply(this, where);
    };
    new MutationObserver(() => {
        const shown = asked; asked = [];
        requestAnimationFrame(() => {
            for (const moved of shown) delays.push(performance.now() - moved);
        });
    // Set with every answer that is shown, also when nothing is found in the first small strokes.
    }).observe(document.querySelector(".digit-pad"), { attributeFilter: ["data-text"] });
}"""


def latency(address: str, strokes: int = 40) -> dict[str, Any]:
    """Draw in Chromium and return how long a page takes to show what a move changed.

    Args:
        address: of a page with a drawing pad.
        strokes: how many sevens are drawn.
    """
    from playwright.sync_api import sync_playwright

    named = (
        os.environ.get("BROWSER_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if not named:
        raise SystemExit("There is no Chromium here: install it, or name it in BROWSER_PATH.")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with (
        sync_playwright() as tool,
        contextlib.closing(tool.chromium.launch(executable_path=named, args=options)) as browser,
    ):
        # A page that scrolls smoothly would still be moving under the pen.
        page = browser.new_page(viewport={"width": 1180, "height": 860}, reduced_motion="reduce")
        page.goto(address)
        stage = page.locator(".digit-pad-stage")
        page.evaluate(_WATCH)
        for _ in range(strokes):
            stage.scroll_into_view_if_needed()
            box = stage.bounding_box()
            assert box is not None
            _draw_seven(page, box)
            page.wait_for_timeout(300)
            page.get_by_role("button", name="Clear").click()
            page.evaluate("() => { waiting = []; asked = []; }")
        delays = np.array(page.evaluate("delays"))
    return {
        "moves": len(delays),
        **{f"p{share}_ms": round(float(np.percentile(delays, share)), 1) for share in (50, 90, 99)},
        "max_ms": round(float(delays.max()), 1),
        "within_150_ms": round(float((delays <= 150).mean()), 4),
    }


def _draw_seven(page: Any, box: Any) -> None:
    corners = [(0.35, 0.2), (0.65, 0.2), (0.45, 0.8)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for begin, end in itertools.pairwise(places):
        for step in range(1, 16):
            share = step / 15
            page.mouse.move(
                begin[0] + share * (end[0] - begin[0]), begin[1] + share * (end[1] - begin[1])
            )
            # A pen's moves come about every 16 milliseconds, once a frame.
            page.wait_for_timeout(16)
    page.mouse.up()


def main() -> None:
    """Measure, print, and keep the figures."""
    with running_server() as (address, _):
        figures = latency(address)
    write_result("pad_latency", figures)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
