"""What exercise 2.5 is checked with: a data set whose images are known after an alteration."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from helpers.exercises.kinds import Kind, Mistake
from helpers.exercises.objects import Anything, step

if TYPE_CHECKING:
    import numpy as np

# Images of each digit, and how many of them a stratified fifth holds.
SIZES = (25, 20, 20, 15, 15, 15, 10, 10, 10, 10)
IN_A_FIFTH = [5, 4, 4, 3, 3, 3, 2, 2, 2, 2]
ALL = sum(SIZES)
SET_ASIDE = sum(IN_A_FIFTH)
# Each image is a square of a brightness of its own, which a turn, a zoom or a shift leaves in its
# middle: so copies are known by their brightest pixel.
FAINTEST = 100

Split = tuple[Any, Any, Any, Any]


def originals() -> "np.ndarray":
    """Return the images in the order of their brightness, which is that of their labels."""
    import numpy as np

    images = np.zeros((ALL, 28, 28), np.uint8)
    images[:, 7:21, 7:21] = FAINTEST + np.arange(ALL)[:, None, None]
    return images


def labels_by_number() -> "np.ndarray":
    import numpy as np

    return np.repeat(np.arange(10), SIZES).astype(np.uint8)


def cases() -> list[tuple["np.ndarray", "np.ndarray"]]:
    import numpy as np

    # Its first import takes longer than a function may: here nobody counts the seconds.
    import sklearn.model_selection  # noqa: F401

    order = np.random.default_rng(0).permutation(ALL)
    return [(originals()[order], labels_by_number()[order])]


def numbers_of(images: Any) -> list[int]:
    """Return from which of the originals each image comes."""
    import numpy as np

    images = np.asarray(images)
    return (images.reshape(len(images), -1).max(axis=1).astype(int) - FAINTEST).tolist()


def are_originals(images: Any) -> list[bool]:
    import numpy as np

    known = originals()
    pairs = zip(images, numbers_of(images), strict=True)
    return [bool(np.array_equal(image, known[number])) for image, number in pairs]


def is_split(answer: Any) -> bool:
    return isinstance(answer, tuple | list) and len(answer) == 4 and all(map(len, answer))


# --- functions, right and wrong -------------------------------------------------------------------


def split(images: Any, labels: Any, **options: Any) -> Split:
    from sklearn.model_selection import train_test_split

    options = {"test_size": 0.2, "stratify": labels, "random_state": 0} | options
    x_train, x_val, y_train, y_val = train_test_split(images, labels, **options)
    return x_train, x_val, y_train, y_val


def moved(images: Any) -> Any:
    import numpy as np

    return np.roll(images, (1, 2), axis=(1, 2))


def joined(*parts: Any) -> Any:
    import numpy as np

    return np.concatenate(parts)


def split_and_augment(images: Any, labels: Any, **options: Any) -> Split:
    x_train, x_val, y_train, y_val = split(images, labels, **options)
    return joined(x_train, moved(x_train)), x_val, joined(y_train, y_train), y_val


def in_another_order(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split_and_augment(images, labels)
    return x_train, y_train, x_val, y_val


def scaled_first(images: Any, labels: Any) -> Split:
    return split_and_augment(images / 255, labels)


def copied_first(images: Any, labels: Any) -> Split:
    return split(joined(images, moved(images)), joined(labels, labels), stratify=None)


def all_copied(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split_and_augment(images, labels)
    return x_train, joined(x_val, moved(x_val)), y_train, joined(y_val, y_val)


def copies_only(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split(images, labels)
    return moved(x_train), x_val, y_train, y_val


def identical_copies(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split(images, labels)
    return joined(x_train, x_train), x_val, joined(y_train, y_train), y_val


def labels_in_pairs(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split_and_augment(images, labels)
    return x_train, x_val, y_train[: len(y_train) // 2].repeat(2), y_val


# --- what the right answer fulfils ----------------------------------------------------------------


def in_order(x_train: Any, x_val: Any, y_train: Any, y_val: Any) -> bool:
    import numpy as np

    return (np.ndim(x_train), np.ndim(x_val), np.ndim(y_train), np.ndim(y_val)) == (3, 3, 1, 1)


def labels_belong(x_train: Any, x_val: Any, y_train: Any, y_val: Any) -> bool:
    right = labels_by_number()
    return all(
        right[numbers_of(images)].tolist() == list(labels)
        for images, labels in ((x_train, y_train), (x_val, y_val))
    )


def stratified(y_val: Any) -> bool:
    import numpy as np

    return np.bincount(y_val, minlength=10).tolist() == IN_A_FIFTH


CONDITIONS: tuple[tuple[Callable[..., bool], str, Callable[..., Any]], ...] = (
    (
        in_order,
        "The order is that of train_test_split: training images, validation images, training "
        "labels, validation labels.",
        in_another_order,
    ),
    (
        lambda x_train, x_val, *_: min(x_train[0].max(), x_val[0].max()) > 1,
        "Leave the pixels as they are, 0 to 255; scaling comes later.",
        scaled_first,
    ),
    (
        lambda x_train, x_val, *_: not set(numbers_of(x_train)) & set(numbers_of(x_val)),
        "Validation images have sisters in the training set. Split first, then copy.",
        copied_first,
    ),
    (
        lambda _, x_val, *__: len(set(numbers_of(x_val))) == SET_ASIDE,
        "The validation set should be a fifth of the images: test_size=0.2.",
        lambda images, labels: split_and_augment(images, labels, test_size=0.25),
    ),
    (
        lambda _, x_val, *__: len(x_val) == SET_ASIDE and all(are_originals(x_val)),
        "You have copied or altered validation images, too. They stay what they are: only the "
        "training images get copies.",
        all_copied,
    ),
    (
        lambda *arrays: stratified(arrays[3]),
        "The validation set does not hold a fifth of each digit. Which argument of "
        "train_test_split sees to that?",
        lambda images, labels: split_and_augment(images, labels, stratify=None),
    ),
    (
        lambda x_train, *_: len(x_train) != ALL - SET_ASIDE or not all(are_originals(x_train)),
        "The training images have no copies yet.",
        split,
    ),
    (
        lambda x_train, *_: sum(are_originals(x_train)) >= ALL - SET_ASIDE,
        "The training set has lost its originals. Join them and their copies with np.concatenate.",
        copies_only,
    ),
    (
        lambda x_train, *_: len(x_train) == 2 * (ALL - SET_ASIDE),
        "Each training image should be there once, and one altered copy of it.",
        lambda images, labels: _with_two_copies(images, labels),
    ),
    (
        # write_again may, by chance, leave an image nearly as it was.
        lambda x_train, *_: sum(are_originals(x_train)) <= 1.1 * (ALL - SET_ASIDE),
        "The copies are the same as their originals. Let write_again alter them.",
        identical_copies,
    ),
    (
        labels_belong,
        "Images and labels do not belong together. Originals first, then copies: then the labels "
        "come in the same order twice.",
        labels_in_pairs,
    ),
)


def _with_two_copies(images: Any, labels: Any) -> Split:
    x_train, x_val, y_train, y_val = split(images, labels)
    copies = joined(x_train, moved(x_train), moved(moved(x_train)))
    return copies, x_val, joined(y_train, y_train, y_train), y_val


def _condition(holds: Callable[..., bool], hint: str) -> Mistake:
    return step(lambda arrays: holds(*arrays), hint)


def four_arrays(_: Any) -> Kind:
    """Return the kind of answer that the function should return, whatever its seed."""
    return Anything(
        noun="four arrays: training images, validation images, and the labels of both",
        sample="train_test_split(images, labels)",
        accepts=is_split,
        steps=[_condition(holds, hint) for holds, hint, _ in CONDITIONS],
    )


def mistakes() -> list[Mistake]:
    """Return each condition as a mistake of the function that returns the four arrays."""

    def mistake(holds: Callable[..., bool], hint: str, wrong: Callable[..., Any]) -> Mistake:
        return Mistake(
            when=lambda results: (
                is_split(results[0].value)
                and _condition(holds, hint).is_in(results[0].value, four_arrays(None))
            ),
            example=wrong,
            hint=hint,
        )

    return [mistake(*condition) for condition in CONDITIONS]
