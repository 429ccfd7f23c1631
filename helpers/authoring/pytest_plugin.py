"""How pytest and nbval treat the notebooks; pyproject.toml makes pytest load this.

nbval executes every cell of every notebook (``--nbval-lax``). Cells tagged ``nbval-check-output``
must also show what they showed when they were stored, figures included: on all of MNIST, so that on
the 5,000 embedded images cells are executed, and their assertions hold, but nothing is compared.
Cells tagged ``fashion-mnist``, too, are compared only where a file holds that data set: without one
they are executed with digits in its place.
"""

import functools
import os
from collections.abc import Callable
from typing import Any

import pytest

from helpers.authoring.figures import differences_of_figures
from helpers.data import DataError, NotInstalledError, settle_source
from helpers.machine.memory import keep_memory

# Cells whose output depends on Fashion-MNIST, which no package carries.
FASHION_TAG = "fashion-mnist"


def pytest_configure(config: pytest.Config) -> None:
    """Settle the data's source before test processes and kernels start, which inherit it."""
    in_worker_process = hasattr(config, "workerinput")
    if not in_worker_process:
        keep_memory()
        try:
            settle_source()
        except NotInstalledError:
            pass  # tests that need the data skip, with a sentence
        except DataError as error:
            raise pytest.UsageError(str(error)) from None
    if config.pluginmanager.hasplugin("nbval") or config.pluginmanager.hasplugin("nbval.plugin"):
        import nbval.kernel
        from nbval.plugin import IPyNbCell

        nbval.kernel.start_new_kernel = starting_again(nbval.kernel.start_new_kernel)
        IPyNbCell.compare_outputs = comparing_figures(IPyNbCell.compare_outputs)


def starting_again(start: Callable[..., Any], attempts: int = 3) -> Callable[..., Any]:
    """Return a function that starts a kernel, and starts it again if it dies before its first word.

    Jupyter chooses free ports for a kernel, and a second later the kernel takes them; when another
    program was quicker, the kernel dies (https://github.com/jupyter/jupyter_client/issues/487).
    That says nothing about the notebook.

    Args:
        start: starts a kernel, or raises RuntimeError.
        attempts: how often it is tried in all; the last error is raised.
    """

    @functools.wraps(start)
    def start_again(*arguments: Any, **options: Any) -> Any:
        for _ in range(attempts - 1):
            try:
                return start(*arguments, **options)
            except RuntimeError:
                continue
        return start(*arguments, **options)

    return start_again


def comparing_figures(compare: Callable[..., bool]) -> Callable[..., bool]:
    """Return nbval's comparison of a cell's outputs with the comparison of its figures added.

    Args:
        compare: ``IPyNbCell.compare_outputs``: True for equal outputs; what differs is appended to
            the item's ``comparison_traceback``.
    """

    @functools.wraps(compare)
    def compare_all(item: Any, test: Any, ref: Any, skip_compare: Any = None) -> bool:
        if not compare(item, test, ref, skip_compare):
            return False
        differences = differences_of_figures(stored=ref, drawn=test)
        item.comparison_traceback += [f"\n  {difference}" for difference in differences]
        return not differences

    return compare_all


def pytest_report_header() -> str:
    """Say at the top which data the tests run on."""
    return f"MNIST from: {os.environ.get('MNIST_SOURCE', 'nowhere')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Compare no stored output where the data are not those of the stored notebooks."""
    sample = os.environ.get("MNIST_SOURCE") == "sample"
    without_fashion = not os.environ.get("FASHION_MNIST_NPZ", "").strip()
    for item in items:
        if type(item).__name__ == "IPyNbCell":
            cell: Any = item  # nbval has no types
            tags = cell.cell.metadata.get("tags", [])
            if sample or (without_fashion and FASHION_TAG in tags):
                cell.options["check"] = False
