"""``python -m helpers.authoring.book`` builds the web book: what ``make book`` does."""

import sys

from helpers.authoring.book.build import build_book
from helpers.errors import UserError


def main() -> int:
    """Build the book and say where it is; 1 and a sentence if that cannot be done."""
    print("Building the book from the stored notebooks ...", flush=True)
    try:
        print(f"The book is there: open {build_book()} in a browser.")
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
