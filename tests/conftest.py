"""What several test files share, and how the notebooks are tested beside them.

nbval executes every cell of every notebook (``--nbval-lax``). Cells tagged ``nbval-check-output``
must also show what they showed when they were stored: on all of MNIST, so that on the 5,000
embedded images cells are executed, and their assertions hold, but nothing is compared.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from helpers.data import DataError, Mnist, load_mnist, settle_source
from helpers.folders import PROJECT_FOLDER


def pytest_configure(config: pytest.Config) -> None:
    """Settle the data's source before test processes and kernels start, which inherit it."""
    in_worker_process = hasattr(config, "workerinput")
    if not in_worker_process:
        try:
            settle_source()
        except DataError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_report_header() -> str:
    """Say at the top which data the tests run on."""
    return f"MNIST from: {os.environ['MNIST_SOURCE']}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Compare no stored output where the data are not those of the stored notebooks."""
    if os.environ["MNIST_SOURCE"] == "sample":
        for item in items:
            if type(item).__name__ == "IPyNbCell":
                item.options["check"] = False


@pytest.fixture(scope="session")
def project_folder() -> Path:
    """The folder that holds the whole project."""
    return PROJECT_FOLDER


@pytest.fixture(scope="session")
def mnist() -> Mnist:
    """The data of the best source there is: all of MNIST, or the sample with no network."""
    return load_mnist()


@pytest.fixture(scope="session")
def sample() -> Mnist:
    """The 5,000 images that need no network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_SOURCE", "sample")
        return load_mnist()


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
