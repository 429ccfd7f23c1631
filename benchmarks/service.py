"""How the web app holds up: many clients at once for a minute, and how soon a drawing is read.

    python benchmarks/service.py                    # 200 clients for 60 seconds, on loopback
    python benchmarks/service.py --clients 50 --seconds 10
    python benchmarks/service.py --latency          # the drawing pad in Chromium instead

The first starts the server as a user does, lets each client send one picture after the other over
a connection of its own, and asks /healthz all the while. Every answer is checked: a number that is
not the one in the picture, an error, or a missing answer counts as a fault. Clients and server
share this machine's cores, so a server on its own would do better than the figures.

The second draws in a browser and measures, for moves of the pen, the time until the page shows the
answer to a picture that holds the move.

Prints a table, and writes the figures to benchmarks/results/.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import psutil

from helpers.paths import write_atomically

RESULTS_FOLDER = Path(__file__).parent / "results"
NUMBER = "7"


@contextlib.contextmanager
def running_server() -> Iterator[tuple[str, psutil.Process]]:
    """Start ``python -m helpers serve`` on a free port; gives its address and process."""
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        if not found:
            raise SystemExit("The server did not start.")
        try:
            yield found[0], psutil.Process(process.pid)
        finally:
            process.terminate()


def drawing() -> bytes:
    """Return a 7 as the drawing pad sends it: black ink on white, 400×320, PNG."""
    picture = np.full((320, 400), 255, np.uint8)
    corners = np.array([[140, 70], [255, 70], [185, 250]])
    cv2.polylines(picture, [corners], False, 0, thickness=14, lineType=cv2.LINE_AA)
    return cv2.imencode(".png", picture)[1].tobytes()


class Tally:
    """Seconds of the good answers, and what went wrong with the others."""

    def __init__(self) -> None:
        """Start empty."""
        self.seconds: list[float] = []
        self.faults: list[str] = []
        self.asked = 0

    def row(self, elapsed: float) -> dict[str, Any]:
        """Return the figures as JSON values; times in milliseconds."""
        milliseconds = 1000 * np.array(self.seconds or [math.nan])
        return {
            "asked": self.asked,
            "answered": len(self.seconds),
            "faults": len(self.faults),
            "first_faults": self.faults[:3],
            "per_second": round(len(self.seconds) / elapsed, 1),
            **{
                f"p{share}_ms": round(float(np.percentile(milliseconds, share)), 1)
                for share in (50, 90, 99)
            },
            "max_ms": round(float(milliseconds.max()), 1),
        }


async def ask(client: httpx.AsyncClient, tally: Tally, health: bool, content: bytes) -> None:
    """Send one request and book its answer."""
    tally.asked += 1
    begin = time.perf_counter()
    try:
        if health:
            response = await client.get("/healthz")
            good = response.status_code == 200
        else:
            kind = {"Content-Type": "image/png"}
            response = await client.post("/api/predict", content=content, headers=kind)
            good = response.status_code == 200 and response.json()["text"] == NUMBER
    except httpx.HTTPError as error:
        tally.faults.append(type(error).__name__)
        return
    if good:
        tally.seconds.append(time.perf_counter() - begin)
    else:
        tally.faults.append(f"{response.status_code} {response.text[:80]}")


async def crowd(address: str, clients: int, seconds: float, server: psutil.Process) -> dict:
    """Let ``clients`` ask for ``seconds``; return the figures."""
    predictions, health = Tally(), Tally()
    content, peak = drawing(), 0
    begin = time.perf_counter()
    end = begin + seconds

    async def client() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=60) as connection:
            while time.perf_counter() < end:
                await ask(connection, predictions, False, content)

    async def watch() -> None:
        nonlocal peak
        async with httpx.AsyncClient(base_url=address, timeout=60) as connection:
            while time.perf_counter() < end:
                await ask(connection, health, True, b"")
                peak = max(peak, server.memory_info().rss)
                await asyncio.sleep(0.1)

    await asyncio.gather(watch(), *(client() for _ in range(clients)))
    elapsed = time.perf_counter() - begin
    return {
        "clients": clients,
        "seconds": round(elapsed, 1),
        "predict": predictions.row(elapsed),
        "healthz": health.row(elapsed),
        "server_peak_mib": round(peak / 2**20),
    }


# Notes when a move of the pen changed the drawing, and when the page showed an answer to a
# picture that was taken after it. The pad answers one question at a time, in order.
_WATCH = """() => {
    window.waiting = []; window.asked = []; window.delays = [];
    const stage = document.querySelector(".digit-pad-stage");
    stage.addEventListener("pointermove", () => waiting.push(performance.now()));
    const take = HTMLCanvasElement.prototype.toBlob;
    HTMLCanvasElement.prototype.toBlob = function (...how) {
        // The picture is taken: it holds every move that was made until now.
        asked.push(...waiting); waiting = [];
        return take.apply(this, how);
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
    """Draw in Chromium and return how long the page takes to show what a move changed."""
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
        page = browser.new_page(viewport={"width": 1180, "height": 860})
        page.goto(address)
        box = page.locator(".digit-pad-stage").bounding_box()
        assert box is not None
        page.evaluate(_WATCH)
        for _ in range(strokes):
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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--latency", action="store_true", help="the pad in a browser instead")
    args = parser.parse_args()
    with running_server() as (address, server):
        if args.latency:
            name, figures = "pad_latency", latency(address)
        else:
            name = "service"
            figures = asyncio.run(crowd(address, args.clients, args.seconds, server))
    figures = {**figures, "cores": os.cpu_count(), "python": platform.python_version()}
    RESULTS_FOLDER.mkdir(exist_ok=True)
    write_atomically(RESULTS_FOLDER / f"{name}.json", json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    if any(figures.get(part, {}).get("faults") for part in ("predict", "healthz")):
        raise SystemExit("Some requests were not answered as they should be.")


if __name__ == "__main__":
    main()
