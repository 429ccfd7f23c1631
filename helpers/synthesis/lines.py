"""Lines of writing whose truth is known: which pixels belong to which digit, sign or letter.

Numbers, digits that touch, sums, words, and words beside numbers, as people write them; whoever
trains a network that tells digits from the rest learns from such lines.
"""

from __future__ import annotations

from collections.abc import Callable
from string import ascii_letters
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from helpers.augmentation import Augmentation, augment
from helpers.synthesis.drawings import LETTERS, flagged_one, in_mnist_form
from helpers.synthesis.glyphs import (
    ARITHMETIC,
    NOT_ALONE,
    SIGNS,
    Glyph,
    digit_glyph,
    letter_glyph,
    random_hand,
    scribble_glyph,
    sign_glyph,
)

Generator = np.random.Generator
# Hands differ more than MNIST's writers do, and some give a 1 its flag.
HANDS = Augmentation(
    rotation=10.0, shear=0.12, scaling=0.0, stretching=0.12, translation=0.0, stroke=0.0
)
FLAGGED = 0.3
# What a glyph is; a digit's kind is its value.
SIGN, LETTER, SCRIBBLE = 10, 11, 12


class Line(NamedTuple):
    """A line of writing.

    coverage: float32 (h, w), 1 where the pen was.
    owner: int16 (h, w), number of the glyph that a pixel belongs to from 1 on, 0 for paper.
    kinds: of each glyph: 0 to 9, ``SIGN``, ``LETTER`` or ``SCRIBBLE``; from left to right.
    height: of its digits, in pixels.
    """

    coverage: NDArray[np.float32]
    owner: NDArray[np.int16]
    kinds: list[int]
    height: int

    @property
    def text(self) -> str:
        """The digits, from left to right."""
        return "".join(str(kind) for kind in self.kinds if kind <= 9)


class Writer:
    """Writes lines with the digits of given images."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        generator: Generator,
        height: int | None = None,
        pen: float | None = None,
    ) -> None:
        """Choose how the writer writes: size, pen, slant, hand.

        Args:
            images: uint8 (n, 28, 28), the digits to write with.
            labels: their values, uint8 (n,).
            generator: where chance comes from.
            height: of a digit in pixels, by chance if not given.
            pen: factor on the width of the strokes, likewise.
        """
        self.images, self.labels, self.generator = images, labels, generator
        self.height = height or int(generator.integers(24, 64))
        self.pen = pen or float(generator.uniform(0.3, 1.5))
        self.thickness = max(1.0, 0.11 * self.height * self.pen)
        self.lean = float(generator.normal(0, 0.12))
        self.unevenness = float(generator.uniform(0, 0.12))
        self.hand = random_hand(generator)

    def digit(self, value: int | None = None) -> tuple[int, Glyph]:
        """Write a digit, of any value if none is given."""
        value = int(self.generator.integers(10)) if value is None else value
        image = self.images[self.generator.choice(np.flatnonzero(self.labels == value))]
        if value == 1 and self.generator.random() < FLAGGED:
            image = in_mnist_form(flagged_one(self.generator))
        (image,) = augment(image[np.newaxis], self.generator, HANDS)
        height = max(8, round(self.height * self.generator.uniform(0.85, 1.12)))
        return value, digit_glyph(image, height, self.pen)

    def sign(self, names: str | None = None) -> tuple[int, Glyph]:
        """Write one of the signs, any of them if none are given."""
        name = self._one_of(names or "".join(SIGNS))
        return SIGN, sign_glyph(self.generator, name, self.height, self.thickness)

    def letter(self, characters: str = ascii_letters) -> tuple[int, Glyph]:
        """Write one of the letters."""
        return LETTER, letter_glyph(self.hand, self._one_of(characters), self.height)

    def scribble(self) -> tuple[int, Glyph]:
        """Draw a scribble."""
        return SCRIBBLE, scribble_glyph(self.generator, self.height)

    def _one_of(self, characters: str) -> str:
        return characters[self.generator.integers(len(characters))]

    def line(self) -> Line:
        """Write a line of one of the kinds that people write."""
        kinds: list[tuple[float, Callable[[], Line]]] = [
            (0.26, self.touching_digits),
            (0.22, self.calculation),
            (0.10, self.amount),
            (0.14, self.words),
            (0.08, self.words_and_digits),
            (0.20, self.one_glyph),
        ]
        shares, ways = zip(*kinds, strict=True)
        return ways[self.generator.choice(len(ways), p=shares)]()

    def touching_digits(self) -> Line:
        """Write a number whose digits are close, touch or overlap; now and then chains of one."""
        count = int(self.generator.integers(2, 6))
        values = self.generator.integers(0, 10, count)
        if self.generator.random() < 0.3:
            values[self.generator.integers(count) :] = self.generator.choice([0, 0, 0, 1, 8, 6])
        gap = self.generator.uniform(-0.22, 0.15)
        return self.set([self.digit(int(v)) for v in values], [gap] * count)

    def calculation(self) -> Line:
        """Write numbers and the signs between them."""
        glyphs, gaps = [], []
        apart, close = self.generator.uniform(0.05, 0.5), self.generator.uniform(-0.05, 0.2)
        for number in range(int(self.generator.integers(1, 4))):
            if number or self.generator.random() < 0.3:
                glyphs.append(self.sign(ARITHMETIC if self.generator.random() < 0.7 else None))
                gaps.append(apart)
            count = int(self.generator.integers(1, 4))
            glyphs += [self.digit() for _ in range(count)]
            gaps += [close] * (count - 1) + [apart]
        if self.generator.random() < 0.3:
            glyphs.append(self.sign(ARITHMETIC))
            gaps.append(apart)
        return self.set(glyphs, gaps)

    def amount(self) -> Line:
        """Write a number with points or commas in it, and at times a stroke at the end."""
        gap = self.generator.uniform(-0.1, 0.15)
        glyphs = [self.digit() for _ in range(int(self.generator.integers(1, 3)))]
        for _ in range(int(self.generator.integers(1, 3))):
            glyphs.append(self.sign(".,,'"))
            glyphs += [self.digit() for _ in range(int(self.generator.integers(1, 4)))]
        if self.generator.random() < 0.3:
            glyphs.append(self.sign("/-=%"))
        return self.set(glyphs, [gap] * len(glyphs))

    def words(self) -> Line:
        """Write a word or two."""
        glyphs, gaps = [], []
        close = self.generator.uniform(-0.08, 0.3)
        capitals = self.generator.random() < 0.3
        for _ in range(int(self.generator.integers(1, 3))):
            count = int(self.generator.integers(2, 6))
            characters = ascii_letters[26:] if capitals else ascii_letters[:26]
            glyphs += [self.letter(characters) for _ in range(count)]
            gaps += [close] * (count - 1) + [0.6]
        return self.set(glyphs, gaps)

    def words_and_digits(self) -> Line:
        """Write a word and a number: a unit, a name, a grade."""
        close = self.generator.uniform(0, 0.25)
        characters = (self._one_of("Aa") == "A" and LETTERS[:21]) or LETTERS[21:]
        word = [self.letter(characters) for _ in range(int(self.generator.integers(1, 4)))]
        number = [self.digit() for _ in range(int(self.generator.integers(1, 4)))]
        between = self.generator.uniform(0.1, 0.7)
        if self.generator.random() < 0.5:
            word, number = number, word
        gaps = [close] * (len(word) - 1) + [between] + [close] * len(number)
        return self.set(word + number, gaps)

    def one_glyph(self) -> Line:
        """Write a single digit, sign, letter or scribble."""
        alone = "".join(name for name in SIGNS if name not in NOT_ALONE)
        ways: list[Callable[[], tuple[int, Glyph]]] = [
            self.digit,
            lambda: self.sign(alone),
            lambda: self.letter(LETTERS),
            self.scribble,
        ]
        return self.set([ways[self.generator.choice(4, p=[0.55, 0.12, 0.13, 0.2])]()], [0.0])

    def set(self, glyphs: list[tuple[int, Glyph]], gaps: list[float]) -> Line:
        """Set glyphs side by side.

        Args:
            glyphs: kinds and drawings.
            gaps: behind each glyph, in heights; negative where they overlap.
        """
        height, generator = self.height, self.generator
        pad = 2 * height
        wide = sum(g.coverage.shape[1] for _, g in glyphs) + (len(glyphs) + 2) * height + 2 * pad
        shape = 5 * height, round(wide)
        coverage = np.zeros(shape, np.float32)
        owner = np.zeros(shape, np.int16)
        x = float(pad)
        for number, ((_, glyph), gap) in enumerate(zip(glyphs, gaps, strict=True), 1):
            tall, across = glyph.coverage.shape
            y = pad + glyph.top + round(generator.normal(0, self.unevenness / 2) * height)
            y = min(max(y, 0), shape[0] - tall)
            start = round(x)
            view = coverage[y : y + tall, start : start + across]
            owner[y : y + tall, start : start + across][glyph.coverage > np.maximum(view, 0.3)] = (
                number
            )
            np.maximum(view, glyph.coverage, out=view)
            x += max(0.15 * height, across + height * (gap + generator.uniform(0, 0.1)))
        return self._cropped(coverage, owner, [kind for kind, _ in glyphs])

    def _cropped(
        self, coverage: NDArray[np.float32], owner: NDArray[np.int16], kinds: list[int]
    ) -> Line:
        """Slant a line, row by row, so that coverage and owners stay together; cut it out."""
        rows = np.flatnonzero(coverage.max(axis=1) > 0.1)
        foot = rows[-1]
        for row in range(rows[0], foot + 1):
            shift = round(self.lean * (foot - row))
            if shift:
                coverage[row] = np.roll(coverage[row], shift)
                owner[row] = np.roll(owner[row], shift)
        columns = np.flatnonzero(coverage.max(axis=0) > 0.1)
        part = slice(rows[0], foot + 1), slice(columns[0], columns[-1] + 1)
        return Line(coverage[part], owner[part], kinds, self.height)
