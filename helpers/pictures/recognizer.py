"""Read the digits of a picture: find them, let the network judge, and know when it doesn't know."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from helpers.pictures.ink import paper_of_two_levels
from helpers.pictures.marks import join_near_marks, only_line
from helpers.pictures.network import load_classifier
from helpers.pictures.page import Box, Mark, Page
from helpers.pictures.pipeline import find_page
from helpers.pictures.reading import DigitReading, Reading
from helpers.pictures.segmentation import (
    COST_OF_SKIPPING,
    Candidate,
    best_path,
    candidates_of_line,
    digit_image,
    upright_image,
)
from helpers.pictures.touching import cut_wide_marks

# From this probability on an answer counts as sure; below, the network is asked again, the ink
# made stronger or the paper estimated anew. Chosen on photos of validation digits and on pictures
# without a digit (benchmarks/non_digits.py).
CONFIDENT = 0.9
# Below this a digit may be two that touch. Cuts are then weighed against the whole with the doubt
# counted this many times (chosen on drawn rows of touching training digits).
SURELY_WHOLE = 0.97
DOUBT_WEIGHT = 5.0
# Costs of a cut through the only mark of a line: it is more often one digit than two, the more so
# the narrower it is. Chosen on drawn photos of validation digits, so that single ones lose
# nothing; some touching pairs stay uncut for it.
COST_OF_TWO = 0.5
# For each height that the mark is narrower than this many heights.
COST_OF_NARROWNESS = 4.0
WIDTH_OF_TWO = 1.2
# A cost is minus the logarithm of a probability. A line is left as it is up to this cost a digit
# (a probability of 0.86), and finding nothing costs as much as a probability of 0.02.
ACCEPTABLE_COST = 0.15
COST_OF_NOTHING = 4.0
# A second look counts if it costs less than the first by this much.
LEAST_GAIN = 0.1
# The square root of the brightness: what is a quarter as bright as the brightest becomes a half.
STRONGER_INK = (255 * np.sqrt(np.arange(256) / 255) + 0.5).astype(np.uint8)
# Marks this close (in widths of a stroke) may be pieces of one broken stroke.
JOIN_REACHES = (2.5, 6.0)
# A page of more lines is mostly gravel, cloth or print: it is looked at once, or it would take ten
# seconds to find that none of it is a digit.
MOST_LINES_FOR_SECOND_THOUGHTS = 25

Images: TypeAlias = NDArray[np.uint8]
Probabilities: TypeAlias = NDArray[np.float32]
Result = TypeVar("Result")
# A reader hands out images that it wants judged and gets their probabilities sent back, so that
# the network can serve many pictures in one batch.
Steps: TypeAlias = Generator[Images, Probabilities, Result]
# Digits, and what speaks against them (0 for nothing).
Found: TypeAlias = tuple[list[DigitReading], float]
# Finds the page of a picture anew, the paper estimated in the other way.
SecondLook: TypeAlias = Callable[[], Page]


class Recognizer:
    """A trained network, ready to read pictures. Thread-safe: it holds nothing that changes."""

    def __init__(self, model: Path | str | None = None) -> None:
        """Load a network.

        Args:
            model: an ``.onnx`` or ``.keras`` file; by default the CNN that ships with the project.

        Raises:
            ModelError: the file is missing, damaged, or a network for something else.
        """
        self._predict = load_classifier(model)

    def classify(self, images: Images) -> Probabilities:
        """Return the probabilities of the ten digits for images in MNIST's form.

        Args:
            images: uint8 (n, 28, 28), bright ink on black.

        Returns:
            float32 (n, 10); each row sums to 1.
        """
        if len(images) == 0:
            return np.zeros((0, 10), np.float32)
        return self._predict(np.asarray(images, np.uint8))

    def read(self, picture: NDArray[np.uint8], single: bool = False) -> Reading:
        """Read the digits of a picture.

        Args:
            picture: uint8 (h, w, 3), upright RGB (see :func:`helpers.pictures.files.read_picture`).
            single: the picture holds exactly one digit.
        """
        page = find_page(picture)
        again = None if page.is_plain else lambda: find_page(picture, paper_of_two_levels)
        return self.read_pages([page], single, [again])[0]

    def read_pages(
        self,
        pages: Sequence[Page],
        single: bool = False,
        second_looks: Sequence[SecondLook | None] | None = None,
    ) -> list[Reading]:
        """Read several pages (:func:`helpers.pictures.pipeline.find_page`) at once.

        The network answers for all pages in one batch, which is much faster than one by one.

        Args:
            pages: the pages.
            single: each holds exactly one digit.
            second_looks: for each page what finds it anew with ``paper_of_two_levels``, should the
                first reading be doubtful. Plain paper needs none: another estimate of what is
                known exactly could only lose faint ink.
        """
        looks = second_looks or [None] * len(pages)
        readers = [read_steps(page, single, look) for page, look in zip(pages, looks, strict=True)]
        readings: dict[int, Reading] = {}
        asked: dict[int, Images] = {}

        def go_on(number: int, answers: Probabilities | None) -> None:
            try:
                # A generator starts by being sent None.
                asked[number] = readers[number].send(answers)  # type: ignore[arg-type]
            except StopIteration as finished:
                readings[number] = finished.value

        for number in range(len(pages)):
            go_on(number, None)
        while asked:
            waiting, answers = list(asked), self.judge(list(asked.values()))
            asked.clear()
            for number, answer in zip(waiting, answers, strict=True):
                go_on(number, answer)
        return [readings[number] for number in range(len(pages))]

    def judge(self, asked: Sequence[Images]) -> list[Probabilities]:
        """Return what several readers (:func:`read_steps`) want to know, all in one batch."""
        ends = np.cumsum([len(images) for images in asked])[:-1]
        return np.split(self.classify(np.concatenate(asked)), ends)


def read_steps(page: Page, single: bool, second_look: SecondLook | None) -> Steps[Reading]:
    """Read a page step by step, each of which hands out the images that are to be judged."""
    digits, cost = yield from _read_page(page, single)
    doubtful = sum(digit.probability < CONFIDENT for digit in digits)
    is_dubious = 2 * doubtful >= len(digits) or any(_is_bar(digit.box) for digit in digits)
    if is_dubious and second_look is not None and not _has_too_many_lines(page):
        other, other_cost = yield from _read_page(second_look(), single)
        if other_cost + LEAST_GAIN < cost:
            digits = other
    digits = yield from _with_stronger_ink(digits)
    return Reading("".join(str(digit.digit) for digit in digits), tuple(digits))


def _with_stronger_ink(digits: Sequence[DigitReading]) -> Steps[list[DigitReading]]:
    """Ask about doubtful digits again, their faint ink made stronger, and average both answers.

    A light pen leaves thin grey links, and the network tends to overlook them: an 8 becomes a 5.
    The answer may change, but it stays a guess.
    """
    doubtful = [i for i, digit in enumerate(digits) if digit.probability < CONFIDENT]
    digits = list(digits)
    if doubtful:
        stronger = yield STRONGER_INK[np.stack([digits[i].image for i in doubtful])]
        for i, probabilities in zip(doubtful, stronger, strict=True):
            digit = digits[i]
            mean = (digit.probabilities + probabilities) / 2
            digits[i] = _digit(mean, digit.image, digit.box)._replace(confident=False)
    return digits


def _read_page(page: Page, single: bool) -> Steps[Found]:
    """Return the digits of a page and what speaks against them (0 for nothing)."""
    if single:
        return (yield from _read_single(only_line(page)))
    digits, cost = yield from _read_lines(page)
    for reach in () if _has_too_many_lines(page) else JOIN_REACHES:
        if cost <= ACCEPTABLE_COST * len(digits):
            break
        joined = join_near_marks(page, reach * page.stroke)
        if joined is not page:
            other, other_cost = yield from _read_lines(joined)
            if other_cost < cost:
                digits, cost = other, other_cost
    return digits, cost if digits else COST_OF_NOTHING


def _has_too_many_lines(page: Page) -> bool:
    return len(page.lines) > MOST_LINES_FOR_SECOND_THOUGHTS


def _read_lines(page: Page) -> Steps[Found]:
    digits: list[DigitReading] = []
    total = 0.0
    for line in page.lines:
        found, cost = yield from _read_line(page, line)
        digits += found
        total += cost
    return digits, total


def _read_single(page: Page) -> Steps[Found]:
    found = [digit_image(page, line) for line in page.lines]
    if not found:
        return [], COST_OF_NOTHING
    probabilities = yield np.stack([image for image, _ in found])
    digits = [_digit(p, image, box) for p, (image, box) in zip(probabilities, found, strict=True)]
    upright = upright_image(page, page.lines[0])
    if digits[0].probability < SURELY_WHOLE and upright is not None:
        (answer,) = yield upright[np.newaxis]
        other = _digit(answer, upright, digits[0].box)
        digits[0] = max(digits[0], other, key=lambda digit: digit.probability)
    return digits, -float(np.log(max(digits[0].probability, 1e-6)))


def _read_line(page: Page, line: list[Mark]) -> Steps[Found]:
    whole = yield from _judge(page, line)
    path = whole.best_path()
    if not whole.is_sure(path):
        whole = yield from _judge_upright(page, line, whole)
        path = whole.best_path()
    digits, cost = whole.digits(path), whole.cost(path)
    if whole.is_sure(path):
        return digits, cost
    page, pieces = cut_wide_marks(page, line)
    if len(pieces) > len(line):
        cut = yield from _judge(page, pieces)
        other = cut.best_path(DOUBT_WEIGHT)
        kept = whole.cost(whole.best_path(DOUBT_WEIGHT), DOUBT_WEIGHT)
        if cut.cost(other, DOUBT_WEIGHT) + _cost_of_two(line) < kept:
            # A cut through anything leaves pieces that look like a 1: never sure of those.
            known = {digit.box for digit in digits}
            digits = [
                digit._replace(confident=digit.confident and digit.box in known)
                for digit in cut.digits(other)
            ]
            return digits, cut.cost(other)
    return digits, cost


def _cost_of_two(line: Sequence[Mark]) -> float:
    if len(line) > 1:
        return 0.0
    narrow = max(0.0, WIDTH_OF_TWO - line[0].box.width / line[0].box.height)
    return COST_OF_TWO + COST_OF_NARROWNESS * narrow


class _Judged(NamedTuple):
    """What the network says about the candidates of a line of ``mark_count`` marks."""

    candidates: Sequence[Candidate]
    probabilities: Probabilities
    mark_count: int

    def costs(self, doubt: float) -> NDArray[np.float64]:
        """Return what speaks against each candidate; ``doubt`` weighs the network's word."""
        geometry = np.array([candidate.cost for candidate in self.candidates])
        return geometry - doubt * np.log(self.probabilities.max(axis=1).clip(1e-6)) + 0.05

    def best_path(self, doubt: float = 1.0) -> list[int]:
        """Choose the digits of the line, as positions in ``candidates``."""
        skipping = doubt * COST_OF_SKIPPING
        return best_path(self.candidates, self.costs(doubt), self.mark_count, skipping)

    def cost(self, path: list[int], doubt: float = 1.0) -> float:
        """Return what a choice costs in all."""
        taken = sum(self.candidates[i].last - self.candidates[i].first for i in path)
        skipped = doubt * COST_OF_SKIPPING * (self.mark_count - taken)
        return float(self.costs(doubt)[path].sum() + skipped)

    def is_sure(self, path: list[int]) -> bool:
        """Tell whether a choice has digits, and all of them are surely whole."""
        return bool(path) and bool(self.probabilities[path].max(axis=1).min() >= SURELY_WHOLE)

    def digits(self, path: list[int]) -> list[DigitReading]:
        """Return the digits of a choice."""
        return [
            _digit(self.probabilities[i], self.candidates[i].image, self.candidates[i].box)
            for i in path
        ]


def _judge(page: Page, line: list[Mark]) -> Steps[_Judged]:
    """Ask the network about every way to take the marks of a line as digits."""
    candidates = candidates_of_line(page, line)
    probabilities = yield np.stack([candidate.image for candidate in candidates])
    return _Judged(candidates, probabilities, len(line))


def _judge_upright(page: Page, line: list[Mark], judged: _Judged) -> Steps[_Judged]:
    """Ask again about candidates that are doubtful and lean, set upright; take the surer answer.

    The network knows leaning digits, but not all that some hands write.
    """
    candidates, probabilities = list(judged.candidates), judged.probabilities.copy()
    images: dict[int, Images] = {}
    for i, candidate in enumerate(candidates):
        if probabilities[i].max() < SURELY_WHOLE:
            image = upright_image(page, line[candidate.first : candidate.last])
            if image is not None:
                images[i] = image
    if images:
        answers = yield np.stack(list(images.values()))
        for (i, image), answer in zip(images.items(), answers, strict=True):
            if answer.max() > probabilities[i].max():
                probabilities[i] = answer
                candidates[i] = candidates[i]._replace(image=image)
    return judged._replace(candidates=candidates, probabilities=probabilities)


def _digit(probabilities: Probabilities, image: Images, box: Box) -> DigitReading:
    digit = int(probabilities.argmax())
    probability = float(probabilities[digit])
    confident = probability >= CONFIDENT and not _is_bar(box)
    return DigitReading(digit, probability, box, probabilities, image, confident)


def _is_bar(box: Box) -> bool:
    """Tell a flat bar: no digit, but what is left of a ruled line, or a minus sign."""
    return box.height < 0.25 * box.width
