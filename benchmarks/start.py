"""What a user waits for, and the memory it takes: beside an earlier commit, in the same run.

    python benchmarks/start.py                          # beside the commit that still started Keras
    python benchmarks/start.py --baseline HEAD~1 --repetitions 3

Measures `predict` of one picture and of two folders of 1,000, the first answer of `serve` and of
the drawing pad, the server's memory after 1,000 requests, and the warm answers to an image of
28x28, a batch of 1,024 and a drawing of 280x280. Each figure is the median of runs of the two
versions in turn, so that whatever else the machine does meanwhile meets both. And compares what
the two read in the sample pictures, and in those of a folder of your own (--answers FOLDER).

Prints a table and writes benchmarks/results/start.json.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from common import write_result

from helpers.paths import PROJECT_FOLDER

# Before the networks were there as ONNX files, predict and serve started TensorFlow.
BASELINE = "5af0a71"
REQUESTS = 1_000
FILES = 1_000

# Run in a process of its own, where `helpers` is that of the version measured.
WARM = """
import json, sys, time
import cv2, numpy as np
try:
    from helpers.pictures.recognizer import Recognizer
except ImportError:
    from helpers.recognizer import Recognizer
images = np.load(sys.argv[1])
recognizer = Recognizer()

def median_ms(work, repetitions):
    for _ in range(20):
        work()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        times.append(1_000 * (time.perf_counter() - started))
    return round(float(np.median(times)), 3)

drawing = cv2.resize(255 - images[0], (280, 280), interpolation=cv2.INTER_CUBIC)
drawing = cv2.cvtColor(drawing, cv2.COLOR_GRAY2RGB)
batch = median_ms(lambda: recognizer.classify(images[:1024]), 10)
print(json.dumps({
    "image_28x28_ms": median_ms(lambda: recognizer.classify(images[:1]), 1000),
    "drawing_280x280_ms": median_ms(lambda: recognizer.read(drawing), 200),
    "images_per_second_in_batches_of_1024": round(1024 / batch * 1000),
}))
"""
ANSWERS = """
import json, sys
try:
    from helpers.pictures.files import read_picture
    from helpers.pictures.recognizer import Recognizer
except ImportError:
    from helpers.images import read_picture
    from helpers.recognizer import Recognizer
recognizer = Recognizer()
for path in sys.argv[1:]:
    picture = read_picture(path)
    for single in (False, True):
        reading = recognizer.read(picture, single)
        boxes = [[int(side) for side in digit.box] for digit in reading.digits]
        probabilities = [digit.probabilities.tolist() for digit in reading.digits]
        print(json.dumps([[reading.text, boxes], probabilities]))
"""
PAD = """
import sys
try:
    from helpers.web.widget import DrawingPad
except ImportError:
    from helpers.pad import DrawingPad
pad = DrawingPad()
pad.send = lambda message: print(message["answer"]["text"])
pad._handle_custom_msg({"number": "a-1"}, [memoryview(open(sys.argv[1], "rb").read())])
"""


def run(folder: Path, *arguments: object) -> tuple[float, float, str]:
    """Run Python with the version in a folder; return seconds, peak memory in MiB, its output."""
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments} failed in {folder}.")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit / 2**20, output


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Start ``serve`` of the version in a folder; gives its address and process."""
    with subprocess.Popen(
        [sys.executable, "-m", "helpers", "serve", "--port", "0"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            if not found:
                raise SystemExit("The server did not start.")
            yield found[0], psutil.Process(process.pid)
        finally:
            process.terminate()


def ask(address: str, picture: bytes) -> dict[str, Any]:
    """Return the server's answer to a picture."""
    request = urllib.request.Request(f"{address}/api/predict", picture, {"Content-Type": ""})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.loads(response.read())


def first_answer(folder: Path, picture: bytes) -> dict[str, float]:
    """Return the seconds from the start of ``serve`` to its first answer."""
    started = time.perf_counter()
    with served(folder) as (address, _):
        ask(address, picture)
        return {"serve_first_answer_s": time.perf_counter() - started}


def memory_of_server(folder: Path, picture: bytes) -> dict[str, float]:
    """Return the server's memory after many requests."""
    with served(folder) as (address, server):
        for _ in range(REQUESTS):
            ask(address, picture)
        return {"serve_memory_mib": server.memory_info().rss / 2**20}


def predict(folder: Path, what: Path, name: str) -> dict[str, float]:
    """Return seconds and peak memory of ``predict``."""
    seconds, memory, output = run(folder, "-m", "helpers", "predict", "--json", what)
    count = len(output.splitlines())
    return {
        f"{name}_s": seconds,
        f"{name}_mib": memory,
        **({f"{name}_per_second": count / seconds} if count > 1 else {}),
    }


def pad(folder: Path, picture: Path) -> dict[str, float]:
    """Return the seconds from a new Python to the pad's first answer."""
    seconds, memory, _ = run(folder, "-c", PAD, picture)
    return {"pad_first_answer_s": seconds, "pad_mib": memory}


def warm(folder: Path, images: Path) -> dict[str, float]:
    """Return what an answer costs once everything runs."""
    return json.loads(run(folder, "-c", WARM, images)[2])


def make_pictures(folder: Path) -> None:
    """Write the images of the warm figures, and two folders of pictures.

    In a process of its own: what this one occupies would count as the peak of all that it starts.
    """
    import cv2
    import numpy as np

    from helpers.data import load_mnist
    from helpers.synthesis.photographs import draw_stroke, photograph, random_scene

    images = load_mnist().x_train[:1_024]
    np.save(folder / "images.npy", images)
    generator = np.random.default_rng(0)
    for name in ("small", "photos"):
        (folder / name).mkdir()
    for number in range(FILES):
        image = images[number]
        cv2.imwrite(str(folder / "small" / f"{number:04}.png"), image)
        scene = random_scene(generator, 160)
        photo = photograph(draw_stroke(image, scene.digit_height, scene.pen), scene, generator)
        cv2.imwrite(str(folder / "photos" / f"{number:04}.jpg"), photo[..., ::-1])


def measure(versions: dict[str, Path], repetitions: int, pictures: Path) -> dict[str, Any]:
    """Run every measurement for every version, in turn; return the medians."""
    seven = PROJECT_FOLDER / "images" / "seven.jpg"
    content = seven.read_bytes()
    few = max(1, repetitions // 3)
    work: list[tuple[int, Callable[[Path], dict[str, float]]]] = [
        (repetitions, lambda folder: predict(folder, seven, "predict_one")),
        (repetitions, lambda folder: first_answer(folder, content)),
        (repetitions, lambda folder: pad(folder, seven)),
        (few, lambda folder: warm(folder, pictures / "images.npy")),
        (few, lambda folder: predict(folder, pictures / "small", "predict_1000_of_28x28")),
        (few, lambda folder: predict(folder, pictures / "photos", "predict_1000_of_160x160")),
        (1, lambda folder: memory_of_server(folder, content)),
    ]
    runs: dict[str, dict[str, list[float]]] = {name: {} for name in versions}
    for count, figure in work:
        for _ in range(count):
            for name, folder in versions.items():
                for key, value in figure(folder).items():
                    runs[name].setdefault(key, []).append(value)
                    print(f"{name:>6} {key} {value:.3f}", file=sys.stderr, flush=True)
    return {
        name: {key: round(statistics.median(values), 3) for key, values in figures.items()}
        for name, figures in runs.items()
    }


def compare_answers(versions: dict[str, Path], folder: Path | None) -> dict[str, Any]:
    """Read the same pictures with both versions, as one digit and as any number of digits."""
    samples = ("seven", "shadow", "squared", "two_lines", "postcode", "blackboard")
    files = [next((PROJECT_FOLDER / "images").glob(f"{name}.*")) for name in samples]
    if folder:
        files += sorted(file for file in folder.iterdir() if file.suffix in {".png", ".jpg"})
    before, now = (
        [json.loads(line) for line in run(version, "-c", ANSWERS, *files)[2].splitlines()]
        for version in versions.values()
    )
    pairs = list(zip(before, now, strict=True))
    same = [(old[1], new[1]) for old, new in pairs if old[0] == new[0]]
    differences = [
        abs(a - b)
        for old, new in same
        for one, other in zip(old, new, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return {
        "pictures": len(files),
        "readings_with_other_digits_or_boxes": len(pairs) - len(same),
        "largest_difference_of_a_probability": max(differences),
    }


@contextlib.contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Lend a folder with the project as it was at a commit."""
    git = ["git", "-C", str(PROJECT_FOLDER), "worktree"]
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "baseline")
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder), commit], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=True)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--baseline", default=BASELINE, help="commit to compare with (%(default)s)")
    parser.add_argument("--repetitions", type=int, default=10, help="runs of each (%(default)s)")
    parser.add_argument("--answers", type=Path, metavar="FOLDER", help="more pictures to compare")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        make_pictures(args.make)
        return
    with checked_out(args.baseline) as baseline, tempfile.TemporaryDirectory() as pictures:
        run(PROJECT_FOLDER, __file__, "--make", pictures)
        versions = {"before": baseline, "now": PROJECT_FOLDER}
        answers = compare_answers(versions, args.answers)
        result = measure(versions, args.repetitions, Path(pictures))
    print(f"{'':42}{'before':>12}{'now':>12}{'now/before':>12}")
    for key, now in result["now"].items():
        before = result["before"][key]
        print(f"{key:42}{before:12.3f}{now:12.3f}{now / before:12.3f}")
    load = {"load_average": [round(value, 1) for value in os.getloadavg()]}
    settings = {"baseline": args.baseline, "repetitions": args.repetitions, **load}
    print(*(f"{key}: {value}" for key, value in answers.items()), sep="\n")
    print("written:", write_result("start", {**settings, **result, "answers": answers}).name)


if __name__ == "__main__":
    main()
