"""``python -m helpers.authoring.slides`` makes the decks: what ``make slides`` does."""

import sys

from helpers.authoring.slides.build import build_slides
from helpers.errors import UserError


def main() -> int:
    """Make the decks and say where they are; 1 and a sentence if that cannot be done."""
    print("Making slides from the stored notebooks ...", flush=True)
    try:
        print(f"The slides are there: open {build_slides()} in a browser.")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
