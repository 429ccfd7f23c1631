"""The command line: ``python -m helpers {train,predict,serve,run,grade,doctor,wheels}``.

Only the options live here. What a command does is a function in the module that owns the subject,
imported when the command is chosen, so that ``--help`` answers at once and ``predict`` does not
wait for packages that only ``serve`` needs.

Exit status: 0 done, 1 some input failed, 2 wrong use (argparse's own), 130 stopped by Ctrl-C.
"""

import argparse
import errno
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from helpers.errors import UserError, printable
from helpers.machine.streams import forget_output, settle_streams


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {2**32 - 1}")
    return value


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 0 and 65535")
    return value


def _path(text: str) -> Path:
    """Return a path; not every shell knows ``~``."""
    return Path(os.path.expanduser(text))


# argparse names the type in its message for text that int() refuses.
_seed.__name__ = "seed"
_at_least_one.__name__ = "whole number"
_port.__name__ = "port"


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "train",
        help="train one of the series' networks",
        description="Train a network with the series' recipe and measure it on the test set.",
    )
    parser.add_argument("model", choices=["mlp", "cnn"], help="which network to train")
    parser.add_argument(
        "--seed", type=_seed, default=0, help="where chance starts (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=_at_least_one,
        help="passes over the training images (default: the recipe's own)",
    )
    parser.add_argument(
        "--output",
        type=_path,
        metavar="FILE",
        help="where to save the trained network, a name ending in .keras (default: not saved)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the result as one JSON object on the last line of standard output",
    )
    parser.add_argument(
        "--no-augmentation",
        action="store_true",
        help="train on the images as they are, by the recipe for that",
    )
    parser.set_defaults(work="helpers.training:train_command")


def _add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "predict",
        help="read the digits in pictures",
        description="Read the digits in each picture, left to right, top line first: PNG, JPEG, "
        "HEIC (what phones photograph in), WebP, AVIF, GIF, BMP, TIFF or PNM.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=_path,
        metavar="PATH",
        help="a picture, or a folder: every picture in it",
    )
    parser.add_argument(
        "--model",
        type=_path,
        metavar="FILE",
        help="a network, as .onnx or .keras from 'train --output' (default: the one that ships)",
    )
    parser.add_argument(
        "--single", action="store_true", help="every picture holds exactly one digit"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    parser.set_defaults(work="helpers.pictures.batch:predict_command")


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "serve",
        help="start the web page where you draw a digit",
        description="Serve the page where a person draws a digit, or drops a picture.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=_port, default=8000, help="port to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--lan",
        action="store_true",
        help="for phones: listen in the local network, and let in who scans the code shown",
    )
    parser.set_defaults(work="helpers.web.server:serve_command")


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "run",
        help="execute the notebooks of the series",
        description="Execute the notebooks in clean kernels; the copies are written to build/.",
    )
    parser.add_argument(
        "notebooks",
        nargs="*",
        metavar="NOTEBOOK",
        help="which ones, as 03 or a file name (default: all)",
    )
    parser.add_argument(
        "--jobs",
        type=_at_least_one,
        default=1,
        metavar="N",
        help="how many notebooks to execute at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--store",
        action="store_true",
        help="write the executed notebooks back in place (for authors of the series)",
    )
    parser.set_defaults(work="helpers.authoring.run:run_command")


def _add_grade(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "grade",
        help="grade handed-in notebooks",
        description="Run the exercises of handed-in notebooks, each in a kernel of its own, and "
        "judge the answers in another process. On Linux that kernel has no network, sees neither "
        "the answers nor other hand-ins, and can write to its own folder only; elsewhere only "
        "Python's connections are blocked. It does not stop a student from copying the answers, "
        "which ship with the series. GUIDE.md says more.",
    )
    parser.add_argument("folder", type=_path, metavar="FOLDER", help="where the notebooks are")
    parser.add_argument(
        "--output", type=_path, metavar="FILE", help="the CSV file (default: build/grades.csv)"
    )
    parser.add_argument(
        "--jobs",
        type=_at_least_one,
        default=2,
        metavar="N",
        help="how many notebooks at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=_at_least_one,
        default=300,
        metavar="N",
        help="time limit of the cells that a student wrote (default: %(default)s)",
    )
    parser.add_argument(
        "--megabytes",
        type=_at_least_one,
        default=4000,
        metavar="N",
        help="memory limit of a notebook (default: %(default)s)",
    )
    parser.set_defaults(work="helpers.grading.command:grade_command")


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "doctor",
        help="tell whether this machine is ready for a class",
        description="Look at this machine for up to 20 seconds, and say what to put right.",
    )
    parser.set_defaults(work="helpers.doctor.command:doctor_command")


def _add_wheels(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "wheels",
        help="put all packages into a folder, for machines without a network",
        description="Download the exact packages of requirements.lock, and MNIST if it is here, "
        "into a folder from which they install with no network; check that it is complete.",
    )
    parser.add_argument("folder", type=_path, metavar="FOLDER", help="for example on a USB stick")
    parser.add_argument(
        "--system",
        choices=["linux", "windows", "macos"],
        help="for which machines: 64 bits, Macs with Apple's processors (default: as this one)",
    )
    parser.add_argument(
        "--python",
        choices=["3.11", "3.12", "3.13"],
        help="for which Python (default: as this one)",
    )
    parser.add_argument(
        "--check", action="store_true", help="download nothing, tell what is missing or damaged"
    )
    parser.set_defaults(work="helpers.doctor.wheels:wheels_command")


_COMMANDS = (
    *(_add_train, _add_predict, _add_serve, _add_run),
    *(_add_grade, _add_doctor, _add_wheels),
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers", description="Commands of the handwritten-digit series."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    return parser


def _find_work(address: str) -> Callable[[argparse.Namespace], int]:
    """Import the function that an address like ``module:function`` names.

    The garbage collector rests meanwhile. Imports make much and drop little: looking through it
    again and again took a tenth of the start of ``serve``.
    """
    module, _, function = address.partition(":")
    gc.disable()
    try:
        return getattr(importlib.import_module(module), function)
    finally:
        gc.freeze()
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: the command line without the program's name; ``None`` takes ``sys.argv``.

    Raises:
        SystemExit: with 2 for wrong use and 0 after ``--help``, as argparse does.
    """
    settle_streams()
    try:
        args = build_parser().parse_args(arguments)
        status = _find_work(args.work)(args)
        sys.stdout.flush()
        return status
    except UserError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        print("stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output went away (`... | head`): that is its right, not an error.
        forget_output()
        return 0
    except OSError as error:
        if errno.errorcode.get(error.errno or 0) not in {"ENOSPC", "EDQUOT"}:
            raise
        forget_output()
        return _failed("there is no room left to write what was found: free some, and try again.")


def _failed(sentence: str) -> int:
    print(f"error: {printable(sentence)}", file=sys.stderr)
    return 1
