"""How pytest and nbval treat the notebooks; pyproject.toml makes pytest load this.

nbval executes every cell of every notebook (``--nbval-lax``). Cells tagged ``nbval-check-output``
must also show what they showed when they were stored: on all of MNIST, so that on the 5,000
embedded images cells are executed, and their assertions hold, but nothing is compared.
"""

import os

import pytest

from helpers.data import DataError, settle_source


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
