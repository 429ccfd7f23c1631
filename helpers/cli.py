"""The command line: ``python -m helpers COMMAND``.

The options are in ``helpers.commands``. What a command does is a function in the module that owns
the subject, imported when the command is chosen, so that ``--help`` answers at once and ``predict``
does not wait for packages that only ``serve`` needs.

Exit status: 0 done, 1 some input failed, 2 wrong use (argparse's own), 130 stopped by Ctrl-C.
"""

import argparse
import errno
import importlib
import sys
from collections.abc import Callable, Sequence

from helpers.commands import ADD_COMMANDS
from helpers.errors import UserError, printable
from helpers.machine import garbage
from helpers.machine.streams import forget_output, settle_streams


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers", description="Commands of the handwritten-digit series."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in ADD_COMMANDS:
        add(commands)
    return parser


def _find_work(address: str) -> Callable[[argparse.Namespace], int]:
    """Import the function that an address like ``module:function`` names."""
    module, _, function = address.partition(":")
    with garbage.left_alone():
        return getattr(importlib.import_module(module), function)


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
