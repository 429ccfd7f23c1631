"""How the service holds up: its start, a crowd, photos among drawings, and what attacks it.

    python benchmarks/service.py                    # all of it, some four minutes, on loopback
    python benchmarks/service.py --clients 50 --seconds 10
    python benchmarks/service.py --only drawings mix start attacks

Starts the server as a user does. ``start`` is the time to the first answers, and the memory after a
thousand. ``drawings`` lets each client send one drawing after the other over a connection of its
own, ``mix`` does so with 70 % of the clients, while 20 % send photos of 1 and 10 % of 12
megapixels; /healthz is asked all the while. ``attacks`` sends what should cost little and used to
cost much, and measures how long a drawing waits beside it (benchmarks/attacks.py).

Every answer is checked: a number that is not the one in the picture, an error or a missing answer
counts as a fault. A 503 is no fault, but counted, and the client comes back when it is told to.
Clients and server share this machine's cores: on its own a server would do better. Memory is that
of all its processes together, pages that they share counted once (PSS), and that of the one that
answers (RSS).

Prints the figures, and writes them to benchmarks/results/service.json.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import cv2
import httpx
import numpy as np
import psutil
from attacks import attacks
from common import write_result
from PIL import Image

from helpers.paths import PROJECT_FOLDER

NUMBER = "7"
REQUESTS = 1_000
# Shares of the clients, and the size of what they send (None: a drawing).
MIX: dict[str, tuple[float, tuple[int, int] | None]] = {
    "drawing": (0.7, None),
    "photo_1_megapixel": (0.2, (1152, 864)),
    "photo_12_megapixels": (0.1, (4000, 3000)),
}
DRAWINGS: dict[str, tuple[float, tuple[int, int] | None]] = {"drawing": (1.0, None)}


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


def photo(size: tuple[int, int]) -> bytes:
    """Return a photo of a 7, as a camera of this many pixels gives it."""
    with Image.open(PROJECT_FOLDER / "images" / "seven.jpg") as image:
        file = io.BytesIO()
        image.resize(size).save(file, "JPEG", quality=90)
        return file.getvalue()


def memory_of(server: psutil.Process) -> tuple[float, float]:
    """Return the memory in MiB of all processes of the server, and of the one that answers."""
    whole = 0
    for process in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            memory = process.memory_full_info()
            whole += getattr(memory, "pss", memory.rss)
    return whole / 2**20, server.memory_info().rss / 2**20


class Tally:
    """Seconds of the good answers and of the refusals, and what went wrong with the others."""

    def __init__(self) -> None:
        """Start empty."""
        self.seconds: list[float] = []
        self.busy: list[float] = []
        self.faults: list[str] = []
        self.asked = 0

    def row(self, elapsed: float) -> dict[str, Any]:
        """Return the figures as JSON values; times in milliseconds."""
        milliseconds = 1000 * np.array(self.seconds or [math.nan])
        return {
            "asked": self.asked,
            "answered": len(self.seconds),
            "busy": len(self.busy),
            "faults": len(self.faults),
            "first_faults": self.faults[:3],
            "per_second": round(len(self.seconds) / elapsed, 1),
            **{
                f"p{share}_ms": round(float(np.percentile(milliseconds, share)), 1)
                for share in (50, 90, 99)
            },
            "max_ms": round(float(milliseconds.max()), 1),
            "max_ms_to_503": round(1000 * max(self.busy, default=0.0), 1),
        }


async def ask(client: httpx.AsyncClient, tally: Tally, content: bytes) -> None:
    """Ask about a picture (or, without one, for /healthz) and book the answer."""
    tally.asked += 1
    begin = time.perf_counter()
    try:
        if content:
            response = await client.post(
                "/api/predict", content=content, headers={"Content-Type": "image/png"}
            )
            good = response.status_code == 200 and response.json()["text"] == NUMBER
        else:
            response = await client.get("/healthz")
            good = response.status_code == 200
    except httpx.HTTPError as error:
        tally.faults.append(type(error).__name__)
        return
    seconds = time.perf_counter() - begin
    if good:
        tally.seconds.append(seconds)
    elif response.status_code == 503:
        tally.busy.append(seconds)
        await asyncio.sleep(float(response.headers["retry-after"]) * np.random.uniform(1, 1.5))
    else:
        tally.faults.append(f"{response.status_code} {response.text[:80]}")


async def crowd(
    address: str,
    server: psutil.Process,
    clients: int,
    seconds: float,
    mix: dict[str, tuple[float, tuple[int, int] | None]],
) -> dict[str, Any]:
    """Let ``clients`` ask for ``seconds``; return the figures."""
    tallies = {name: Tally() for name in [*mix, "healthz"]}
    peaks = [0.0, 0.0]
    # Made before the clock starts; without TLS they need no certificates.
    connections = [
        httpx.AsyncClient(base_url=address, timeout=120, verify=False) for _ in range(clients + 1)
    ]
    kinds = [
        (tallies[name], photo(size) if size else drawing())
        for name, (share, size) in mix.items()
        for _ in range(round(share * clients))
    ]
    begin = time.perf_counter()
    end = begin + seconds

    async def client(connection: httpx.AsyncClient, tally: Tally, content: bytes) -> None:
        while time.perf_counter() < end:
            await ask(connection, tally, content)

    async def watch(connection: httpx.AsyncClient) -> None:
        while time.perf_counter() < end:
            await ask(connection, tallies["healthz"], b"")
            peaks[:] = map(max, peaks, memory_of(server))
            await asyncio.sleep(0.25)

    work = [client(connection, *kind) for connection, kind in zip(connections, kinds, strict=False)]
    await asyncio.gather(watch(connections[-1]), *work)
    elapsed = time.perf_counter() - begin
    for connection in connections:
        await connection.aclose()
    await asyncio.sleep(5)
    return {
        "clients": clients,
        "seconds": round(elapsed, 1),
        **{name: tally.row(elapsed) for name, tally in tallies.items()},
        "peak_mib": round(peaks[0]),
        "peak_mib_of_one": round(peaks[1]),
        "mib_5_s_later": round(memory_of(server)[0]),
    }


def start() -> dict[str, Any]:
    """Return the seconds to the first answers, and the memory before and after many."""
    content = drawing()
    begun = time.perf_counter()
    with running_server() as (address, server), httpx.Client(base_url=address) as client:
        client.get("/healthz")
        healthz = time.perf_counter() - begun
        client.post("/api/predict", content=content)
        first = time.perf_counter() - begun
        before = memory_of(server)
        files = server.num_fds() if hasattr(server, "num_fds") else 0
        for _ in range(REQUESTS):
            client.post("/api/predict", content=content)
        after = memory_of(server)
        return {
            "first_healthz_s": round(healthz, 2),
            "first_picture_s": round(first, 2),
            "mib_at_start": round(before[0]),
            "mib_after_1000": round(after[0]),
            "mib_after_1000_of_one": round(after[1]),
            "open_files": [files, server.num_fds() if hasattr(server, "num_fds") else 0],
        }


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=45)
    parts = ("start", "drawings", "mix", "attacks")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    args = parser.parse_args()
    figures: dict[str, Any] = {"load_average": round(os.getloadavg()[0], 1)}
    if "start" in args.only:
        figures["start"] = start()
    for name, mix in (("drawings", DRAWINGS), ("mix", MIX)):
        if name in args.only:
            with running_server() as (address, server):
                figures[name] = asyncio.run(crowd(address, server, args.clients, args.seconds, mix))
    if "attacks" in args.only:
        with running_server() as (address, server):
            figures["attacks"] = attacks(address, drawing(), lambda: memory_of(server)[0])
    figures["load_average_at_the_end"] = round(os.getloadavg()[0], 1)
    print(json.dumps(figures, indent=2))
    if set(args.only) == set(parts):
        print("written:", write_result("service", figures).name)
    if '"faults": 0' not in json.dumps(figures) or re.search(
        r'"faults": [1-9]', json.dumps(figures)
    ):
        raise SystemExit("Some requests were not answered as they should be.")


if __name__ == "__main__":
    main()
