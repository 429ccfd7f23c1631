"""What instructors and authors use: run, grade, doctor, wheels."""

import argparse

from helpers.machine import arguments


def add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``run``."""
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
        type=arguments.at_least_one,
        metavar="N",
        help="how many notebooks to execute at a time (default: 2, and with --store 1)",
    )
    parser.add_argument(
        "--store",
        action="store_true",
        help="write the executed notebooks back in place (for authors of the series)",
    )
    parser.set_defaults(work="helpers.authoring.run:run_command")


def add_grade(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``grade``."""
    parser = commands.add_parser(
        "grade",
        help="grade handed-in notebooks",
        description="Run the exercises of handed-in notebooks, each in a kernel of its own, and "
        "judge the answers in another process. On Linux that kernel has no network, sees neither "
        "the answers nor other hand-ins, and can write to its own folder only; elsewhere only "
        "Python's connections are blocked. It does not stop a student from copying the answers, "
        "which ship with the series. GUIDE.md says more.",
    )
    parser.add_argument(
        "folder", type=arguments.path, metavar="FOLDER", help="where the notebooks are"
    )
    parser.add_argument(
        "--output",
        type=arguments.path,
        metavar="FILE",
        help="the CSV file (default: build/grades.csv)",
    )
    parser.add_argument(
        "--jobs",
        type=arguments.at_least_one,
        default=2,
        metavar="N",
        help="how many notebooks at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=arguments.at_least_one,
        default=300,
        metavar="N",
        help="time limit of the cells that a student wrote (default: %(default)s)",
    )
    parser.add_argument(
        "--megabytes",
        type=arguments.at_least_one,
        default=4000,
        metavar="N",
        help="memory limit of a notebook (default: %(default)s)",
    )
    parser.set_defaults(work="helpers.grading.command:grade_command")


def add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``doctor``."""
    parser = commands.add_parser(
        "doctor",
        help="tell whether this machine is ready for a class",
        description="Look at this machine for up to 20 seconds, and say what to put right.",
    )
    parser.set_defaults(work="helpers.doctor.command:doctor_command")


def add_wheels(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``wheels``."""
    parser = commands.add_parser(
        "wheels",
        help="put all packages into a folder, for machines without a network",
        description="Download the exact packages of requirements.lock, and MNIST if it is here, "
        "into a folder from which they install with no network; check that it is complete.",
    )
    parser.add_argument(
        "folder", type=arguments.path, metavar="FOLDER", help="for example on a USB stick"
    )
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
