"""Pages that lie in a folder: their links, anchors and pictures, and a plain server for them."""

import contextlib
import functools
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page's HTML links to and shows."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.links: list[str] = []
        self.sources: list[str] = []
        self.anchors: set[str] = set()
        self.texts_of_pictures: list[str | None] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.anchors.update(filter(None, (found.get("id"), found.get("name"))))
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if tag == "link" and found.get("rel") in {"stylesheet", "icon"}:
            self.sources.append(str(found["href"]))
        if tag in {"img", "script"} and found.get("src"):
            self.sources.append(str(found["src"]))
        if tag == "img":
            self.texts_of_pictures.append(found.get("alt"))


def pages_in(folder: Path) -> list[Page]:
    paths = sorted(folder.rglob("*.html"))
    # Themes leave templates among their static files.
    return [Page(path) for path in paths if "_static" not in path.relative_to(folder).parts]


def broken_links(pages: list[Page]) -> list[str]:
    """List links within the folder whose file or anchor is not there, and foreign sources."""
    anchors = {page.path.resolve(): page.anchors for page in pages}
    found = []
    for page in pages:
        for link in [*page.links, *page.sources]:
            parts = urlsplit(link)
            if parts.scheme in {"http", "https", "mailto"} and link in page.links:
                continue
            if parts.scheme == "data":
                continue
            target = page.path.resolve()
            if parts.path:
                target = (page.path.parent / unquote(parts.path)).resolve()
            fragment = unquote(parts.fragment)
            is_there = target.is_file() and not parts.netloc
            if is_there and fragment and target in anchors:
                is_there = fragment in anchors[target]
            if not is_there:
                found.append(f"{page.path.name}: {link}")
    return found


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as any static host does; gives its address."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)
