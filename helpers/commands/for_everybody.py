"""What everybody may use: train, tune, predict, serve."""

import argparse
import math

from helpers.machine import arguments


def add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``train``."""
    parser = commands.add_parser(
        "train",
        help="train one of the series' networks",
        description="Train a network with the series' recipe and measure it on the test set.",
    )
    parser.add_argument("model", choices=["mlp", "cnn"], help="which network to train")
    parser.add_argument(
        "--seed", type=arguments.seed, default=0, help="where chance starts (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=arguments.at_least_one,
        help="passes over the training images (default: the recipe's own)",
    )
    parser.add_argument(
        "--output",
        type=arguments.path,
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


def add_tune(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``tune``."""
    parser = commands.add_parser(
        "tune",
        help="search for a better recipe, with any number of workers",
        description="Search for better numbers in a recipe, on validation images. The command may "
        "be stopped and given again, and run any number of times at once: all that name the same "
        "storage work on one search, and a worker's unfinished trial is taken up by the others.",
    )
    parser.add_argument(
        "--model", choices=["mlp", "cnn"], default="mlp", help="whose recipe (default: %(default)s)"
    )
    parser.add_argument(
        "--trials",
        type=arguments.at_least_one,
        default=40,
        metavar="N",
        help="how many trials all workers finish together (default: %(default)s)",
    )
    parser.add_argument(
        "--hours",
        type=arguments.hours,
        default=math.inf,
        metavar="H",
        help="begin no trial after H hours",
    )
    parser.add_argument(
        "--storage",
        metavar="URL_OR_FILE",
        help="where the trials are kept: a file for workers on one machine, or for several "
        "postgresql://name:password@host/database (default: a file in build/)",
    )
    parser.add_argument(
        "--seed", type=arguments.seed, default=0, help="where chance starts (default: 0)"
    )
    parser.add_argument(
        "--images", type=arguments.at_least_one, metavar="N", help="train on so many images only"
    )
    parser.add_argument(
        "--epochs", type=arguments.at_least_one, help="of each training (default: the recipe's own)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the result as one JSON object on the last line"
    )
    parser.set_defaults(work="helpers.tuning.command:tune_command")


def add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``predict``."""
    parser = commands.add_parser(
        "predict",
        help="read the digits in pictures",
        description="Read the digits in each picture, left to right, top line first: PNG, JPEG, "
        "HEIC (what phones photograph in), WebP, AVIF, GIF, BMP, TIFF or PNM.",
    )
    parser.add_argument(
        "paths",
        nargs="+",
        type=arguments.path,
        metavar="PATH",
        help="a picture, or a folder: every picture in it",
    )
    parser.add_argument(
        "--model",
        type=arguments.path,
        metavar="FILE",
        help="a network, as .onnx or .keras from 'train --output' (default: the one that ships)",
    )
    parser.add_argument(
        "--single", action="store_true", help="every picture holds exactly one digit"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line and picture")
    parser.set_defaults(work="helpers.pictures.batch:predict_command")


def add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``serve``."""
    parser = commands.add_parser(
        "serve",
        help="start the web page where you draw a digit",
        description="Serve the page where a person draws a digit, or drops a picture.",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=arguments.port, default=8000, help="port to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--lan",
        action="store_true",
        help="for phones: listen in the local network, and let in who scans the code shown",
    )
    parser.set_defaults(work="helpers.web.server:serve_command")
