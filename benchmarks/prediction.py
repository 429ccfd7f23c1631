"""How fast the trained CNN answers, through what ``predict`` and the web page use.

    python benchmarks/prediction.py

Three figures: images per second in batches of 1,024; the median and the 99th percentile of one
28x28 image at a time, warm; and the same for one whole picture (finding the digit included).
Beside the single image, Keras's own ``model.predict`` on one image, in the same run.

Prints a table and writes benchmarks/results/prediction.json.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
from common import write_result

BATCH = 1_024


def milliseconds(work: Callable[[], object], repetitions: int) -> dict[str, float]:
    """Time a call many times, after a warm-up; return median and 99th percentile."""
    for _ in range(20):
        work()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        work()
        times.append(1_000 * (time.perf_counter() - started))
    return {
        "median_ms": round(float(np.median(times)), 3),
        "p99_ms": round(float(np.percentile(times, 99)), 3),
    }


def main() -> None:
    """Measure, print and write."""
    from helpers.data import load_mnist
    from helpers.models import load_model
    from helpers.pictures.recognizer import Recognizer
    from helpers.preprocessing import scale

    images = load_mnist().x_train[: 10 * BATCH]
    recognizer = Recognizer()
    recognizer.classify(images[:BATCH])
    started = time.perf_counter()
    batches = 0
    for start in range(0, len(images) - BATCH + 1, BATCH):
        recognizer.classify(images[start : start + BATCH])
        batches += 1
    result: dict[str, object] = {
        "images_per_second_in_batches": round(batches * BATCH / (time.perf_counter() - started)),
        "batch": BATCH,
    }
    one = images[:1]
    result["one_image"] = milliseconds(lambda: recognizer.classify(one), 1_000)
    drawing = cv2.resize(255 - images[0], (280, 280), interpolation=cv2.INTER_CUBIC)
    drawing = cv2.cvtColor(drawing, cv2.COLOR_GRAY2RGB)
    result["one_picture_280x280"] = milliseconds(lambda: recognizer.read(drawing), 300)
    model, scaled = load_model("cnn"), scale(one)
    result["keras_predict_one_image"] = milliseconds(lambda: model.predict(scaled, verbose=0), 100)
    for name, figure in result.items():
        print(f"{name:30} {figure}")
    print("written:", write_result("prediction", result).name)


if __name__ == "__main__":
    main()
