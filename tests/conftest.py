"""What several test files share."""

import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from helpers.data import Mnist, NotInstalledError, load_mnist
from helpers.paths import PROJECT_FOLDER

# A shell starts what runs in the background with Ctrl-C ignored, and so would be the commands that
# the tests start and interrupt.
_IN_MAIN_THREAD = threading.current_thread() is threading.main_thread()
if _IN_MAIN_THREAD and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-xdist keep the order of the files, in place of sorting them by number of tests.

    Its order ends with files of few tests, which take longest: one process would wait for another.
    """
    config.option.loadscopereorder = False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with notebooks and files that have slow tests; quick ones fill the gap at the end."""
    slow = {
        item.path
        for item in items
        if item.path.suffix == ".ipynb" or item.get_closest_marker("slow")
    }
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def project_folder() -> Path:
    """The folder that holds the whole project."""
    return PROJECT_FOLDER


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """The data of the best source there is: all of MNIST, or the sample with no network."""
    try:
        return load_mnist()
    except NotInstalledError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sample() -> Mnist:
    """The 5,000 images that need no network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_SOURCE", "sample")
        try:
            return load_mnist()
        except NotInstalledError as error:
            pytest.skip(str(error))


@pytest.fixture
def small_arrays() -> dict[str, np.ndarray]:
    """Arrays in the form of MNIST's file: 40 training and 20 test images of noise."""
    generator = np.random.default_rng(0)
    return {
        "x_train": generator.integers(0, 256, size=(40, 28, 28), dtype=np.uint8),
        "y_train": np.arange(40, dtype=np.uint8) % 10,
        "x_test": generator.integers(0, 256, size=(20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }
