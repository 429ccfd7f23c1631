"""Read a line of marks: what two networks say about every way to take them, and the best way.

The network for digits tells which digit a shape is, the network for kinds whether it is one at all
(:mod:`helpers.pictures.kinds`). Both give probabilities, and a line is read in the way that makes
their product largest: nothing else is weighed.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from helpers.pictures.kinds import DIGIT, KINDS, PART, view_of_line
from helpers.pictures.marks import height_of_line
from helpers.pictures.page import Box, Mark, Page
from helpers.pictures.reading import DigitReading, Unread
from helpers.pictures.segmentation import (
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
# So sure must the network for kinds be that it is a digit at all (chosen on drawn lines of
# validation digits, signs and letters).
SURELY_DIGIT = 0.98
# Below this, what leans is judged once more, set upright.
SURELY_WHOLE = 0.97
# From this probability on a mark is not cut: nearly as many lines are read, in half of the time.
CERTAINLY_WHOLE = 0.99
# How much rarer signs, letters and scribbles are, beside digits, in pictures that people have read
# than in the lines that the network for kinds learned from (of the factors 1 to 0.05, 0.5 and 0.3
# read most drawn lines of validation digits; the lower one loses fewer digits).
RARER = 0.3
# A picture with one mark shows a digit, unless it looks like nothing less.
RARER_ALONE = 0.03
LEAST_PROBABILITY = 1e-6
# Where a digit is less probable than this, nobody asks which one.
LEAST_POSSIBLE = 1e-3

Images: TypeAlias = NDArray[np.uint8]
Probabilities: TypeAlias = NDArray[np.float32]
Result = TypeVar("Result")
# A reader hands out images that it wants judged and gets their probabilities sent back, so that
# the networks can serve many pictures in one batch. Images (n, 28, 28) are for the network for
# digits, (n, 28, 28, 3) for the one for kinds.
Steps: TypeAlias = Generator[Images, Probabilities, Result]


class Found(NamedTuple):
    """What was found.

    digits: from left to right, top line first.
    unread: what is no digit.
    cost: minus the logarithm of the probability of all this.
    right: for each digit the probability that it is one, and read right.
    """

    digits: list[DigitReading]
    unread: list[Unread]
    cost: float
    right: list[float]

    def followed_by(self, other: Found) -> Found:
        """Return both, one after the other."""
        return Found(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def promise(self) -> float:
        """Return how many more digits are probably right than wrong.

        Two ways to find the marks of a page are compared by it; probabilities of different marks
        can't be.
        """
        return sum(2 * probability - 1 for probability in self.right)


def read_line(page: Page, line: list[Mark]) -> Steps[Found]:
    """Read one line of a page, its wide marks whole or cut, whichever is more probable."""
    whole = yield from _judge(page, line)
    found = whole.found()
    page, pieces = cut_wide_marks(page, line, whole=whole.certain(line))
    if len(pieces) == len(line):
        return found
    cut = yield from _judge(page, pieces)
    other = cut.found()
    if other.cost >= found.cost:
        return found
    # A cut through anything leaves pieces that look like a 1: never sure of those.
    known = {candidate.box for candidate in whole.candidates}
    digits = [
        digit._replace(confident=digit.confident and digit.box in known) for digit in other.digits
    ]
    return other._replace(digits=digits)


def read_single(page: Page) -> Steps[Found]:
    """Read a page all marks of which are one digit."""
    (line,) = page.lines
    image, box = digit_image(page, line)
    images = [image]
    upright = upright_image(page, line)
    if upright is not None:
        images.append(upright)
    answers = yield np.stack(images)
    best = int(answers.max(axis=1).argmax()) if answers[0].max() < SURELY_WHOLE else 0
    (kinds,) = yield _seen(page, line, image, height_of_line(line))[np.newaxis]
    digit = as_digit(answers[best], images[best], box, float(kinds[DIGIT]))
    right = max(digit.probability, LEAST_PROBABILITY)
    return Found([digit], [], -float(np.log(right)), [right])


class _Judged(NamedTuple):
    """What the networks say about the candidates of a line of ``mark_count`` marks.

    rarer: how much rarer what is no digit is than in the lines that the networks learned from.
    """

    candidates: Sequence[Candidate]
    probabilities: Probabilities
    kinds: Probabilities
    mark_count: int
    rarer: float

    def costs(self) -> NDArray[np.float64]:
        """Return what each candidate costs, taken for a digit and for something else: (2, n)."""
        weights = np.full(len(KINDS), self.rarer)
        weights[[DIGIT, PART]] = 1
        kinds = self.kinds * weights
        kinds /= kinds.sum(axis=1, keepdims=True)
        digit = kinds[:, DIGIT] * self.probabilities.max(axis=1)
        other = 1 - kinds[:, DIGIT] - kinds[:, PART]
        return -np.log(np.stack([digit, other]).clip(LEAST_PROBABILITY))

    def certain(self, line: Sequence[Mark]) -> set[int]:
        """Return the labels of marks that are certainly one digit, or certainly none."""
        is_whole = self.costs().min(axis=0) <= -np.log(CERTAINLY_WHOLE)
        return {
            line[candidate.first].label
            for candidate, certain in zip(self.candidates, is_whole, strict=True)
            if certain and candidate.last - candidate.first == 1
        }

    def found(self) -> Found:
        """Return the most probable way to take the marks."""
        costs = self.costs()
        cheapest = costs.min(axis=0)
        path = best_path(self.candidates, cheapest, self.mark_count)
        taken = [i for i in path if costs[0, i] <= costs[1, i]]
        left = [i for i in path if costs[0, i] > costs[1, i]]
        return Found(
            [self._digit(i) for i in taken],
            [self._unread(i) for i in left],
            float(cheapest[path].sum()),
            [float(np.exp(-costs[0, i])) for i in taken],
        )

    def _digit(self, i: int) -> DigitReading:
        candidate = self.candidates[i]
        is_digit = float(self.kinds[i, DIGIT])
        return as_digit(self.probabilities[i], candidate.image, candidate.box, is_digit)

    def _unread(self, i: int) -> Unread:
        kind = int(np.delete(self.kinds[i], DIGIT).argmax()) + 1
        return Unread(self.candidates[i].box, KINDS[kind])


def _judge(page: Page, line: list[Mark]) -> Steps[_Judged]:
    """Ask both networks about every way to take the marks of a line."""
    candidates = candidates_of_line(page, line)
    height = height_of_line(line)
    groups = [line[candidate.first : candidate.last] for candidate in candidates]
    kinds = yield np.stack(
        [_seen(page, g, c.image, height) for g, c in zip(groups, candidates, strict=True)]
    )
    probabilities = np.full((len(candidates), 10), 0.1, np.float32)
    possible = np.flatnonzero(kinds[:, DIGIT] > LEAST_POSSIBLE)
    if len(possible):
        probabilities[possible] = yield np.stack([candidates[i].image for i in possible])
    rarer = RARER if len(page.all_marks()) > 1 else RARER_ALONE
    judged = _Judged(candidates, probabilities, kinds, len(line), rarer)
    return (yield from _judge_upright(page, line, judged))


def _seen(page: Page, group: Sequence[Mark], image: Images, height: float) -> Images:
    return np.dstack([image, view_of_line(page, group, height)])


def _judge_upright(page: Page, line: list[Mark], judged: _Judged) -> Steps[_Judged]:
    """Ask again about digits that are doubtful and lean, set upright; take the surer answer.

    The network knows leaning digits, but not all that some hands write.
    """
    candidates, probabilities = list(judged.candidates), judged.probabilities.copy()
    doubtful = (probabilities.max(axis=1) < SURELY_WHOLE) & (judged.kinds[:, DIGIT] > 0.5)
    images: dict[int, Images] = {}
    for i in np.flatnonzero(doubtful):
        image = upright_image(page, line[candidates[i].first : candidates[i].last])
        if image is not None:
            images[int(i)] = image
    if images:
        answers = yield np.stack(list(images.values()))
        for (i, image), answer in zip(images.items(), answers, strict=True):
            if answer.max() > probabilities[i].max():
                probabilities[i] = answer
                candidates[i] = candidates[i]._replace(image=image)
    return judged._replace(candidates=candidates, probabilities=probabilities)


def as_digit(
    probabilities: Probabilities, image: Images, box: Box, is_digit: float
) -> DigitReading:
    """Return a digit that was read; ``is_digit`` is the probability that it is one at all."""
    digit = int(probabilities.argmax())
    probability = float(probabilities[digit])
    confident = probability >= CONFIDENT and is_digit >= SURELY_DIGIT
    return DigitReading(digit, probability, box, probabilities, image, confident)
