"""What one picture may cost: the costliest that get through, of every format, each in a process.

    python benchmarks/costs.py
    python benchmarks/costs.py --only webp

Pictures at the limits of size, and such that were made to keep the reader busy, are read as
`predict` reads them. Reports seconds of the processor, and the peak of memory beside what the
process has before, in MiB. Prints a table and writes benchmarks/results/costs.json.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import in_own_process, write_result
from numpy.typing import NDArray
from PIL import Image

from helpers.paths import PROJECT_FOLDER

sys.path.append(str(PROJECT_FOLDER / "tests"))
from support.bombs import deep_png


def plain(megapixels: float, mode: str = "RGB") -> Image.Image:
    """Return a white picture."""
    side = int((megapixels * 1e6) ** 0.5)
    return Image.new(mode, (side, side), "white")


def noise(megapixels: float) -> Image.Image:
    """Return a picture of which no two neighbours are alike."""
    side = int((megapixels * 1e6) ** 0.5)
    tile = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    count = -(-side // 1000)
    return Image.fromarray(np.tile(tile, (count, count, 1))[:side, :side])


def stripes(side: int, ink: int, period: int, crossed: bool = False) -> Image.Image:
    """Return straight lines, as of a fence, or a grid of them."""
    picture = np.full((side, side), 255, np.uint8)
    lines = np.arange(side) % period < ink
    picture[lines] = 0
    if crossed:
        picture[:, lines] = 0
    return Image.fromarray(picture)


def dots(cells: int, side: int) -> Image.Image:
    """Return more specks than anybody can write."""
    specks = np.random.default_rng(0).random((cells, cells)) < 0.9
    return Image.fromarray(specks.astype(np.uint8) * 255).resize((side, side), 0)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return a picture as a file's content."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


PICTURES: dict[str, Callable[[], bytes]] = {
    "png, 16-bit RGBA, 50 megapixels": lambda: deep_png(0, 7071),
    "png, RGB, 50 megapixels": lambda: encoded(plain(50), "PNG"),
    "png, noise, 30 megapixels": lambda: encoded(noise(30), "PNG", compress_level=1),
    "jpeg, noise, 50 megapixels": lambda: encoded(noise(50), "JPEG", quality=30),
    "jpeg, progressive": lambda: encoded(noise(50), "JPEG", quality=30, progressive=True),
    "jpeg, CMYK, 50 megapixels": lambda: encoded(plain(50).convert("CMYK"), "JPEG"),
    "webp, noise, 30 megapixels": lambda: encoded(noise(30), "WEBP", quality=20, method=0),
    "webp, lossless, 12 megapixels": lambda: encoded(noise(12), "WEBP", lossless=True, method=0),
    "webp, 16,000 x 1,800, RGBA": lambda: encoded(Image.new("RGBA", (16000, 1800)), "WEBP"),
    "avif, noise, 30 megapixels": lambda: encoded(noise(30), "AVIF", speed=10, quality=40),
    "avif, plain, 30 megapixels": lambda: encoded(plain(30), "AVIF", speed=10),
    "gif, noise, 30 megapixels": lambda: encoded(noise(30).convert("L"), "GIF"),
    "tiff, 32-bit float, 49 megapixels": lambda: encoded(
        Image.new("F", (7000, 7000), 3.5), "TIFF", compression="tiff_lzw"
    ),
    "tiff, RGBA, 50 megapixels": lambda: encoded(plain(50, "RGBA"), "TIFF", compression="tiff_lzw"),
    "ppm, 30 megapixels": lambda: encoded(plain(30), "PPM"),
    "stripes 6 of 20, 4 megapixels": lambda: encoded(stripes(2000, 6, 20), "PNG"),
    "stripes 20 of 70, 49 megapixels": lambda: encoded(stripes(7000, 20, 70), "PNG"),
    "grid 6 of 20, 12 megapixels": lambda: encoded(stripes(3464, 6, 20, crossed=True), "PNG"),
    "dots, 500 x 500": lambda: encoded(dots(500, 2000), "PNG"),
    "dots, 60 x 60": lambda: encoded(dots(60, 900), "PNG"),
}


def cost(path: Path) -> dict[str, Any]:
    """Read a picture in this process, and return what it took."""
    from helpers.pictures.files import PictureError, read_picture
    from helpers.pictures.recognizer import Recognizer

    recognizer = Recognizer()
    recognizer.read(np.full((100, 100, 3), 255, np.uint8))
    before = _peak_mib(reset=True)
    begun = time.process_time()
    picture: NDArray[np.uint8] | None = None
    try:
        picture = read_picture(path)
    except PictureError as error:
        said = str(error).removeprefix(f"{path} ")
    decoded = time.process_time() - begun
    if picture is not None:
        said = f"{len(recognizer.read(picture).digits)} digits"
    return {
        "decoding_s": round(decoded, 2),
        "all_s": round(time.process_time() - begun, 2),
        "mib": round(_peak_mib() - before),
        "comes_to": said,
    }


def _peak_mib(reset: bool = False) -> float:
    """Return the most memory that this process had; only Linux can begin anew."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if "VmHWM" in line).split()[1]) / 1024


def main() -> None:
    """Make each picture, have it read in a process of its own, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="pictures whose names hold this")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.read:
        print(json.dumps(cost(args.read)))
        return
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "picture")
        for name, make in PICTURES.items():
            if args.only in name:
                file.write_bytes(make())
                found = in_own_process(__file__, "--read", file)
                found["file_mb"] = round(file.stat().st_size / 1e6, 2)
                results[name] = found
                print(f"{name:36}{found['all_s']:6.2f} s{found['mib']:6} MiB  {found['comes_to']}")
    if not args.only:
        print("written:", write_result("costs", {"pictures": results}).name)


if __name__ == "__main__":
    main()
