"""Read the digits of a picture: find them, let networks judge, and know when they don't know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from helpers.pictures.ink import paper_of_two_levels
from helpers.pictures.kinds import KINDS, SIGN
from helpers.pictures.line_reading import (
    CONFIDENT,
    Found,
    Images,
    Probabilities,
    Steps,
    as_digit,
    read_line,
    read_single,
)
from helpers.pictures.marks import join_near_marks, only_line
from helpers.pictures.network import KindsNetwork, load_classifier
from helpers.pictures.page import Mark, Page
from helpers.pictures.pipeline import find_page
from helpers.pictures.reading import DigitReading, Reading

# A page is left as it is up to this cost (minus the logarithm of a probability) for each thing.
ACCEPTABLE_COST = 0.15
# Another look at a page counts if it promises so many more digits read right.
LEAST_GAIN = 0.1
# Where more than this share is no digit and no sign, the digits may be letters or halves, too.
MOST_LEFT_OVER = 0.25
# The square root of the brightness: what is a quarter as bright as the brightest becomes a half.
STRONGER_INK = (255 * np.sqrt(np.arange(256) / 255) + 0.5).astype(np.uint8)
# Marks this close (in widths of a stroke) may be pieces of one broken stroke.
JOIN_REACHES = (2.5, 6.0)

# Lines of a page that were read before some of its marks were joined.
Known: TypeAlias = dict[tuple[Mark, ...], Found]
# Finds the page of a picture anew, the paper estimated in the other way.
SecondLook: TypeAlias = Callable[[], Page]


class Recognizer:
    """Trained networks, ready to read pictures. Thread-safe: it holds nothing that changes."""

    def __init__(self, model: Path | str | None = None) -> None:
        """Load a network for digits, and the one that tells digits from the rest.

        Args:
            model: an ``.onnx`` or ``.keras`` file; by default the CNN that ships with the project.

        Raises:
            ModelError: the file is missing, damaged, or a network for something else.
        """
        self._predict = load_classifier(model)
        self._kinds = KindsNetwork()

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

        The networks answer for all pages in one batch, which is much faster than one by one.

        Args:
            pages: the pages.
            single: each holds exactly one digit.
            second_looks: for each page what finds it anew with ``paper_of_two_levels``, should the
                first reading be doubtful. Plain paper needs none: another estimate of what is
                known exactly could only lose faint ink.
        """
        looks = second_looks or [None] * len(pages)
        readers = [_read_steps(page, single, look) for page, look in zip(pages, looks, strict=True)]
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
            for network, dimensions in ((self.classify, 3), (self._kinds, 4)):
                waiting = {n: images for n, images in asked.items() if images.ndim == dimensions}
                if not waiting:
                    continue
                ends = np.cumsum([len(some) for some in waiting.values()])[:-1]
                answers = np.split(network(np.concatenate(list(waiting.values()))), ends)
                for number, answer in zip(waiting, answers, strict=True):
                    del asked[number]
                    go_on(number, answer)
        return [readings[number] for number in range(len(pages))]


def _read_steps(page: Page, single: bool, second_look: SecondLook | None) -> Steps[Reading]:
    found = yield from _read_page(page, single)
    doubtful = sum(not digit.confident for digit in found.digits)
    if 2 * doubtful >= len(found.digits) and second_look is not None:
        other = yield from _read_page(second_look(), single)
        if other.promise() > found.promise() + LEAST_GAIN:
            found = other
    digits = yield from _with_stronger_ink(found.digits)
    if _left_over(found) > MOST_LEFT_OVER:
        digits = [digit._replace(confident=False) for digit in digits]
    text = "".join(str(digit.digit) for digit in digits)
    return Reading(text, tuple(digits), tuple(found.unread))


def _left_over(found: Found) -> float:
    """Return how much of what was found is neither a digit nor a sign: the share of its boxes."""
    left = sum(item.box.area for item in found.unread if item.kind != KINDS[SIGN])
    read = sum(digit.box.area for digit in found.digits)
    return left / (left + read) if left else 0.0


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
            digits[i] = as_digit(mean, digit.image, digit.box, is_digit=0.0)
    return digits


def _read_page(page: Page, single: bool) -> Steps[Found]:
    """Return the digits of a page and what speaks against them (0 for nothing)."""
    if not page.lines:
        return Found([], [], 0.0, [])
    if single:
        return (yield from read_single(only_line(page)))
    known: Known = {}
    found = yield from _read_lines(page, known)
    for reach in JOIN_REACHES:
        if found.cost <= ACCEPTABLE_COST * (len(found.digits) + len(found.unread)):
            break
        joined = join_near_marks(page, reach * page.stroke)
        if joined is not page:
            other = yield from _read_lines(joined, known)
            if other.promise() > found.promise() + LEAST_GAIN:
                found = other
    return found


def _read_lines(page: Page, known: Known) -> Steps[Found]:
    """Read the lines of a page, but for those that are known; what is read is known then."""
    found = Found([], [], 0.0, [])
    for line in page.lines:
        marks = tuple(line)
        if marks not in known:
            known[marks] = yield from read_line(page, line)
        found = found.followed_by(known[marks])
    return found
