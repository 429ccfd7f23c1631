"""Send the service what nobody should: noise, broken forms, mutated pictures of every format.

    python tests/web/fuzz.py --seconds 120                  # continuous integration
    python tests/web/fuzz.py --seconds 120 --seed 7         # other bodies
    python tests/web/fuzz.py --seed 7 --only 4711           # one of them again

First schemathesis asks what the description allows, then come ten thousand bodies, or as many as
the time allows. Each is made from the seed and its number alone. Clean means: every answer is one
that the description names, in JSON, and costs the server seconds at most; it says nothing on its
terminal, and is afterwards neither larger nor holds more files open. Otherwise what was found is
printed, and the exit status is 1. A machine that others keep busy sends fewer bodies, and that is
all: time is the processor's, and whatever is waited for is waited for long.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import httpx
import numpy as np
import psutil
from PIL import Image

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
CLIENTS = 6
BODIES = 10_000
# Of the processor, in the process that answers and while one answer is waited for; what it does for
# the other clients is in it. What a picture may cost besides, the service itself sees to.
MOST_SECONDS = 10.0
MOST_GROWTH = 60 * 2**20
# Until an answer counts as none, what the clients held is closed, or the server has ended.
PATIENCE = 600.0
STATUSES = {200, 400, 408, 413, 415, 422, 503}
EXTREMES = (b"\0", b"\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1")
Body = tuple[bytes, dict[str, str]]


@cache
def pictures() -> list[bytes]:
    """Return small pictures of every format and kind of pixel that the service reads."""
    found = []
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 4), np.uint8)
    noise[20:40] = 255
    for kind, modes in {
        "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
        "JPEG": ("L", "RGB", "CMYK"),
        "WEBP": ("RGB", "RGBA"),
        "AVIF": ("RGB", "RGBA"),
        "GIF": ("L", "P"),
        "BMP": ("1", "L", "P", "RGB"),
        "TIFF": ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "F"),
        "PPM": ("1", "L", "RGB"),
    }.items():
        for mode in modes:
            image = Image.fromarray(noise)
            image = image.convert("L").convert(mode) if mode in {"I;16", "F"} else image
            image = image if image.mode == mode else image.convert("RGB").convert(mode)
            for options in _options(kind, mode):
                file = io.BytesIO()
                image.save(file, kind, **options)
                found.append(file.getvalue())
    return found


def _options(kind: str, mode: str) -> list[dict[str, object]]:
    exif = Image.Exif()
    exif[0x0112] = 6
    more: dict[str, list[dict[str, object]]] = {
        "PNG": [{"exif": exif}],
        "JPEG": [{"progressive": True, "exif": exif}, {"optimize": True}],
        "WEBP": [{"lossless": True}],
        "GIF": [{"interlace": 0, "comment": b"x" * 300}],
        "TIFF": [{"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}],
    }
    if kind == "TIFF" and mode in {"L", "RGB"}:
        more["TIFF"] += [{"compression": "jpeg"}, {"big_tiff": True}]
    if kind == "TIFF" and mode == "1":
        more["TIFF"] = [{"compression": "group4"}]
    return [{}, *more.get(kind, [])]


def mutated(chance: np.random.Generator) -> bytes:
    """Return a picture that was changed in a few places, cut, or put together of two."""
    content = bytearray(pictures()[chance.integers(len(pictures()))])
    for _ in range(chance.integers(1, 8)):
        # The header says most: every other change is there.
        reach = min(len(content), 200) if chance.random() < 0.5 else len(content)
        place = int(chance.integers(max(1, reach)))
        length = int(chance.integers(1, 40))
        match int(chance.integers(6)):
            case 0:
                content[place : place + 1] = chance.bytes(1)
            case 1:
                extreme = EXTREMES[chance.integers(len(EXTREMES))]
                content[place : place + len(extreme)] = extreme
            case 2:
                del content[place : place + length]
            case 3:
                content[place:place] = content[place : place + length] * int(chance.integers(1, 30))
            case 4:
                del content[max(8, place) :]
            case _:
                other = pictures()[chance.integers(len(pictures()))]
                content[place:] = other[place:]
    return bytes(content)


def noise(chance: np.random.Generator) -> bytes:
    """Return random bytes, mostly with the begin of a picture."""
    start = pictures()[chance.integers(len(pictures()))][: chance.integers(0, 60)]
    return start + chance.bytes(int(chance.integers(0, 3000)))


def form(chance: np.random.Generator) -> Body:
    """Return a multipart form with some parts, and something wrong with it as often as not."""
    boundary = chance.choice(["x", "----WebKitFormBoundary7MA4YWxk", "a'b", "-" * 60])
    body = b""
    for _ in range(chance.integers(0, 5)):
        name = chance.choice(["file", "file", "picture", "", 'a"b', "\u00fc"])
        file = chance.choice(['; filename="a.png"', '; filename=""', "", "; filename*=UTF-8''%ff"])
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'
        head += chance.choice(["", "Content-Type: image/png\r\n", "X: " + "y" * 3000 + "\r\n"])
        content = pictures()[chance.integers(len(pictures()))]
        body += head.encode() + b"\r\n" + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    if chance.random() < 0.5:
        place = int(chance.integers(len(body)))
        body = body[:place] + chance.bytes(int(chance.integers(0, 9))) + body[place + 3 :]
    charset = chance.choice(["", "", "; charset=utf-7", "; charset=nothing"])
    return body, {"content-type": f'multipart/form-data; boundary="{boundary}"{charset}'}


def body_of(seed: int, number: int) -> Body:
    """Return the body of this number, always the same."""
    chance = np.random.default_rng([seed, number])
    make: list[Callable[[np.random.Generator], bytes]] = [noise, mutated, mutated, mutated]
    choice = int(chance.integers(5))
    if choice == 4:
        return form(chance)
    types = ("image/png", "image/jpeg", "application/octet-stream", "image/x", "")
    return make[choice](chance), {"content-type": str(chance.choice(types))}


def fault_of(response: httpx.Response, seconds: float) -> str:
    """Return what is wrong with an answer that took the server so many seconds, or ""."""
    if response.status_code not in STATUSES:
        return f"answers {response.status_code}"
    if response.headers["content-type"] != "application/json":
        return f"answers in {response.headers['content-type']}"
    answer = response.json()
    if ("digits" if response.status_code == 200 else "error") not in answer:
        return f"answers {json.dumps(answer)[:200]}"
    if "Traceback" in response.text:
        return "answers with a traceback"
    return f"takes {seconds:.1f} s" if seconds > MOST_SECONDS else ""


class Server:
    """The service, started as its user does, and what it takes from the machine."""

    def __init__(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT_FOLDER
        )
        assert self.process.stdout is not None
        found = re.search(r"http://\S+", self.process.stdout.readline())
        if not found:
            raise SystemExit("The server did not start.")
        self.address = found[0]

    def takes(self) -> tuple[int, int]:
        """Return the bytes of memory and the open files of the server and its processes."""
        server = psutil.Process(self.process.pid)
        memory = server.memory_info().rss
        for child in server.children(recursive=True):
            try:
                memory = max(memory, child.memory_info().rss)
            except psutil.NoSuchProcess:
                continue
        return memory, server.num_fds() if hasattr(server, "num_fds") else 0

    def seconds(self) -> float:
        """Return the processor's time that the process which answers has had."""
        return sum(psutil.Process(self.process.pid).cpu_times()[:2])

    def end(self) -> str:
        """End it and return what it said."""
        self.process.terminate()
        return self.process.communicate(timeout=PATIENCE)[1]


async def send_bodies(
    server: Server, seed: int, numbers: range, until: float
) -> tuple[Counter[int], list[str]]:
    """Send bodies until they or the time are over; return the statuses and the faults."""
    statuses: Counter[int] = Counter()
    faults: list[str] = []
    coming = iter(numbers)

    async def client() -> None:
        async with httpx.AsyncClient(base_url=server.address, timeout=PATIENCE) as connection:
            for number in coming:
                if time.monotonic() > until:
                    return
                content, headers = body_of(seed, number)
                begun = server.seconds()
                try:
                    answer = await connection.post("/api/predict", content=content, headers=headers)
                except httpx.HTTPError as error:
                    faults.append(f"body {number}: {error!r}")
                    continue
                statuses[answer.status_code] += 1
                if fault := fault_of(answer, server.seconds() - begun):
                    faults.append(f"body {number}: {fault}")

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return statuses, faults


def ask_what_is_described(address: str, seed: int) -> list[str]:
    """Let schemathesis ask; return its report if it finds something."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/openapi.json"]
    command += ["--checks", "all", "--max-examples", "30", "--continue-on-failure"]
    command += ["--seed", str(seed), "--generation-database", "none"]
    # It would take ten seconds for a fault, whoever else keeps the machine busy.
    command += ["--request-timeout", str(PATIENCE), "--max-response-time", str(PATIENCE)]
    done = subprocess.run(command, cwd=PROJECT_FOLDER, capture_output=True, text=True)
    return [done.stdout + done.stderr] if done.returncode else []


def main() -> int:
    """Send, print what came of it, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one body")
    args = parser.parse_args()
    begun = time.monotonic()
    server = Server()
    faults: list[str] = []
    try:
        print(f"seed {args.seed}", flush=True)
        if args.only is None:
            faults += ask_what_is_described(server.address, args.seed)
        first, last = (0, BODIES) if args.only is None else (args.only, args.only + 1)
        warm_up = asyncio.run(send_bodies(server, args.seed + 1, range(200), 10**12))
        before = server.takes()
        # A busy machine may need longer for what came before: half of the time is for bodies.
        end = max(begun + args.seconds, time.monotonic() + args.seconds / 2)
        statuses, found = asyncio.run(send_bodies(server, args.seed, range(first, last), end))
        faults += warm_up[1] + found
        after = server.takes()
        while after[1] > before[1] + 3 and time.monotonic() < end + 60:
            time.sleep(0.5)
            after = server.takes()
        if after[0] > before[0] + MOST_GROWTH or after[1] > before[1] + 3:
            faults.append(f"the server took {before} bytes and files before, {after} after")
        if server.process.poll() is not None:
            faults.append("the server ended")
    finally:
        if said := server.end():
            faults.append(f"the server said:\n{said[-3000:]}")
    seconds = time.monotonic() - begun
    print(f"{statuses.total()} bodies in {seconds:.0f} s:", dict(sorted(statuses.items())))
    print(f"memory {before[0] >> 20} -> {after[0] >> 20} MiB, open files {before[1]} -> {after[1]}")
    print(*faults[:20], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
