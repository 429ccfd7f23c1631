"""Which pages the web book has, by what the repository has."""

from helpers.authoring.book.build import OTHER_PAGES
from helpers.authoring.notebooks import find_notebooks
from helpers.paths import PROJECT_FOLDER

LESSONS = [path.stem for path in find_notebooks()]
PAGES = [
    "index",
    "search",
    *(
        path.relative_to(PROJECT_FOLDER).with_suffix("").as_posix()
        for path in OTHER_PAGES
        if path.exists()
    ),
    *(f"notebooks/{name}" for name in LESSONS),
]
