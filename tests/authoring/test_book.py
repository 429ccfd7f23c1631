"""The web book: built from the stored notebooks, complete, readable, and reading by itself."""

import base64
import re
import shutil
import statistics
from pathlib import Path

import numpy as np
import pytest

from helpers.authoring.book import build, node_tools
from helpers.authoring.book.figures import figure_title
from helpers.authoring.book.pages import page_of, page_text
from helpers.authoring.exercises import exercise_of
from helpers.authoring.glossary import GLOSSARY, entries
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.errors import UserError
from helpers.pictures import Recognizer
from helpers.pictures.files import read_picture
from support.browser import launched, skip_unless_required
from support.static_pages import Page, broken_links, pages_in, served
from support.strokes import DIGITS, placed

pytestmark = [pytest.mark.xdist_group("book"), pytest.mark.slow]

LESSONS = [path.stem for path in find_notebooks()]
PAGES = ["index", "search", "notebooks/GLOSSARY", *(f"notebooks/{name}" for name in LESSONS)]
# The levels that a public body's page must reach, of WCAG 2.0, 2.1 and 2.2.
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW = 360


# ---- what pages are made of ----


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ('ax.set_title("One axis")\nfig.suptitle("All of it", x=0.01)', "All of it"),
        ('a.set_title("left")\nb.set_title("right")', "left; right"),
        ('ax.set_title(f"{share:.0%} of {n} are right")', "… of … are right"),
        ('title = f"Best: {name}"\nax.set_title(title)', "Best: …"),
        ('df.plot(title="Loss\\nand accuracy")', "Loss and accuracy"),
        (
            'plots.draw_history(curves, "The loss falls while it learns")',
            "The loss falls while it learns",
        ),
        ('ax.set(xlabel="step", title="Too small " "crawls")', "Too small crawls"),
        ('ax.set_title(f"{name}")', ""),
        ('ax.plot(x, "o", label="of the training")', ""),
        ("%matplotlib inline", ""),
    ],
)
def test_title_of_a_figure_is_read_from_its_code(source: str, title: str) -> None:
    assert figure_title(source) == title


def test_links_to_what_is_not_in_the_book_become_text() -> None:
    text = (
        "See [2](02_preprocessing.ipynb), [how](../benchmarks/README.md) and [d](https://d2l.ai)."
    )
    found = page_text(text, lambda target: target == "02_preprocessing.ipynb")
    assert found == "See [2](02_preprocessing.ipynb), how and [d](https://d2l.ai)."


@pytest.mark.parametrize("path", find_notebooks(), ids=LESSONS)
def test_page_has_help_for_each_exercise_folded(path: Path) -> None:
    names = {exercise_of(cell) for cell in read_notebook(path).cells} - {""}
    page = page_of(path, lambda _: True)
    folded = "\n".join(cell.source for cell in page.cells if "<details>" in cell.source)
    for name in names:
        assert folded.count(f"Hint 1 for exercise {name}<") == 1
        assert folded.count(f"Hint 2 for exercise {name}<") == 1
        assert folded.count(f"A solution of exercise {name}<") == 1
    assert "<details open" not in folded
    assert "Open in Colab" not in page.cells[0].source
    assert all(
        cell.metadata["mystnb"]["image"]["alt"]
        for cell in page.cells
        if any("image/png" in output.get("data", ()) for output in cell.get("outputs", ()))
    )


def test_without_npm_there_is_a_sentence(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(node_tools, "NODE_FOLDER", tmp_path)
    monkeypatch.setattr(node_tools, "MODULES", tmp_path / "node_modules")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UserError, match=r"needs Node\.js and npm"):
        node_tools.install()


def test_a_fault_in_a_page_is_told(tmp_path) -> None:
    (tmp_path / "sources" / "_static").mkdir(parents=True)
    (tmp_path / "sources" / "index.md").write_text("# Title\n\n[nowhere](gone.ipynb)\n")
    with pytest.raises(UserError, match=r"gone\.ipynb"):
        build._run_sphinx(tmp_path / "sources", tmp_path / "pages")


# ---- the pages as files ----


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The folder of a freshly built book."""
    if shutil.which("npm") is None:
        skip_unless_required("Node.js and npm are not there: the book is not built")
    folder = tmp_path_factory.mktemp("book")
    return build.build_book(folder / "pages", folder / "sources").parent


@pytest.fixture(scope="module")
def pages(book) -> list[Page]:
    return pages_in(book)


def test_book_has_every_page_and_no_broken_link(book, pages) -> None:
    assert {page.path.relative_to(book).with_suffix("").as_posix() for page in pages} >= {*PAGES}
    assert broken_links(pages) == []


def test_broken_link_would_be_found(tmp_path) -> None:
    (tmp_path / "one.html").write_text(
        '<a href="two.html#here">a</a><a href="two.html#gone">b</a><a href="three.html">c</a>'
        '<script src="https://cdn.example/x.js"></script><a href="https://keras.io">d</a>'
    )
    (tmp_path / "two.html").write_text('<h1 id="here">Two</h1>')
    assert broken_links(pages_in(tmp_path)) == [
        "one.html: two.html#gone",
        "one.html: three.html",
        "one.html: https://cdn.example/x.js",
    ]


def test_every_picture_says_what_it_shows(pages) -> None:
    texts = [text for page in pages for text in page.texts_of_pictures]
    assert len(texts) > 50
    assert [text for text in texts if not text or len(text) < 10] == []


@pytest.mark.parametrize("name", LESSONS)
def test_lesson_offers_its_notebook_and_its_neighbours(book, name: str) -> None:
    page = Page(book / "notebooks" / f"{name}.html")
    (download,) = [link for link in page.links if link.endswith(f"{name}.ipynb")]
    stored = book.parent / "sources" / "downloads" / f"{name}.ipynb"
    assert (page.path.parent / download).read_bytes() == stored.read_bytes()
    others = LESSONS[LESSONS.index(name) - 1 :][:3] if name != LESSONS[0] else LESSONS[1:2]
    assert {f"{other}.html" for other in others if other != name} <= {*page.links}


def test_glossary_has_every_entry(book) -> None:
    page = (book / "notebooks" / "GLOSSARY.html").read_text("utf-8")
    text = page.replace("’", "'").casefold()  # Sphinx sets curly ones
    missing = [
        term for term in entries(GLOSSARY.read_text("utf-8")) if f"<strong>{term}." not in text
    ]
    assert missing == []


# ---- the pages in a browser ----


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


@pytest.fixture
def visit(browser):
    """A function that opens a page; a fault in it, or a request to elsewhere, fails the test."""
    contexts, faults = [], []

    def open_it(address: str, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 1100}, **options)
        contexts.append(context)
        page = context.new_page()
        origin = re.findall(r"^(?:file://|http://[^/]+)", address)[0]
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: (
                faults.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((origin, "data:", "blob:"))
                else faults.append(f"asked for {request.url}")
            ),
        )
        page.on("requestfailed", lambda request: faults.append(f"no answer for {request.url}"))
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not faults


def axe_violations(page) -> list[str]:
    """Return what axe-core holds against a page, by the rules of the levels A and AA."""
    page.evaluate((node_tools.MODULES / "axe-core" / "axe.min.js").read_text("utf-8"))
    found = page.evaluate(
        # The style sheets of a page from a folder may not be read, and need not be.
        "rules => axe.run(document, {runOnly: rules, preload: false})",
        AXE_RULES,
    )
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


# A lesson has thousands of coloured words of code, in a dozen colours: one word of each is enough,
# and a page takes seconds instead of a minute.
ONE_WORD_OF_EACH_COLOUR = """() => {
  const seen = new Set();
  for (const word of [...document.querySelectorAll(".highlight span[class]")]) {
    const colour = [word.className, Boolean(word.closest(".cell_output"))].join();
    if (seen.has(colour)) word.replaceWith(...word.childNodes);
    seen.add(colour);
  }
}"""


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_accessible_and_fits_a_phone(book, visit, name: str) -> None:
    page = visit(f"file://{book / name}.html", color_scheme="light")
    page.evaluate(ONE_WORD_OF_EACH_COLOUR)
    assert axe_violations(page) == []
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert axe_violations(page) == []
    page.set_viewport_size({"width": NARROW, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    # Prose is not cut off, nor does it need scrolling to the side, as wide tables may.
    wide = page.evaluate(
        "() => [...document.querySelectorAll('article p, article li, article h1, article h2')]"
        ".filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('table'))"
        ".map((e) => e.textContent.slice(0, 60))"
    )
    assert wide == []


def test_axe_would_find_a_violation(visit, tmp_path) -> None:
    (tmp_path / "bad.html").write_text(
        "<!doctype html><html lang='en'><title>t</title><p style='color:#bbb'>pale</p><img src=''>"
    )
    found = "\n".join(axe_violations(visit(f"file://{tmp_path}/bad.html")))
    assert "color-contrast" in found
    assert "image-alt" in found


def test_help_is_folded_until_asked_for(book, visit) -> None:
    page = visit(f"file://{book}/notebooks/{LESSONS[0]}.html")
    visible = page.locator("article").first.inner_text()
    solution = page.locator("details", has_text="A solution of exercise").first
    hidden = solution.locator("pre").first.text_content().strip()
    assert hidden
    assert not solution.locator("pre").first.is_visible()
    assert hidden not in visible
    solution.locator("summary").click()
    assert solution.locator("pre").first.is_visible()


def test_formulas_are_drawn(book, visit) -> None:
    page = visit(f"file://{book}/notebooks/03_mlp_baseline.html")
    page.locator("mjx-container svg").first.wait_for(state="attached", timeout=20_000)
    assert "$" not in page.locator("article p").all_inner_texts()[3]


def test_search_finds_a_term_from_a_folder_and_from_a_host(book, visit) -> None:
    with served(book) as address:
        for start in (f"file://{book}", address):
            page = visit(f"{start}/search.html?q=softmax")
            page.locator("#search-results li a").first.wait_for(timeout=20_000)
            assert "softmax" in page.locator("#search-results").inner_text().lower()


# ---- the pad ----


def stage_of(page):
    stage = page.locator(".book-pad .digit-pad-stage")
    stage.wait_for()
    stage.scroll_into_view_if_needed()
    return stage


def draw(page, digit: int) -> None:
    box = stage_of(page).bounding_box()
    where = (box["x"] + 0.3 * box["width"], box["y"] + 0.14 * box["height"],
             0.4 * box["width"], 0.72 * box["height"])  # fmt: skip
    for stroke in DIGITS[digit]:
        first, *rest = placed(stroke, *where)
        page.mouse.move(*first)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point)
        page.mouse.up()


@pytest.mark.parametrize(
    ("name", "digits"), [("index", DIGITS), ("notebooks/06_custom_images", [2, 4, 7])]
)
def test_pad_reads_digits_without_a_server(book, visit, name: str, digits) -> None:
    page = visit(f"file://{book / name}.html")
    pad = page.locator(".book-pad .digit-pad")
    for digit in digits:
        draw(page, digit)
        page.wait_for_function(
            "text => document.querySelector('.book-pad .digit-pad').dataset.text === text",
            arg=str(digit),
            timeout=20_000,
        )
        page.get_by_role("button", name="Clear").click()
    assert pad.get_by_role("button", name="Open a picture").count() == 0


def test_pad_answers_a_stroke_within_50_ms(book, visit) -> None:
    page = visit(f"file://{book}/index.html")
    draw(page, 3)
    page.wait_for_timeout(500)
    page.evaluate(
        """() => {
          globalThis.waits = [];
          let since = 0;
          addEventListener("pointermove", () => { since = performance.now(); }, true);
          new MutationObserver(() => {
            if (since) waits.push(performance.now() - since);
            since = 0;
          }).observe(document.querySelector(".digit-pad-seen"), {subtree: true, attributes: true});
        }"""
    )
    box = stage_of(page).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    for step in range(25):
        page.mouse.move(box["x"] + box["width"] / 2 + 2 * step, box["y"] + 40 + step)
        page.wait_for_timeout(120)
    page.mouse.up()
    waits = page.evaluate("waits")
    assert len(waits) >= 15
    # Other tests share the machine: its better half counts.
    assert statistics.quantiles(waits, n=4)[0] < 50, waits


def random_drawing(generator: np.random.Generator) -> dict:
    """Return one to four digits as a hand might write them, close or apart, thick or thin."""
    width, height = 400, int(generator.integers(240, 401))
    count = int(generator.choice([1, 1, 1, 2, 3, 4]))
    tall = generator.uniform(0.35, 0.9) * height
    wide = min(tall * generator.uniform(0.4, 0.75), 0.9 * width / count)
    left = generator.uniform(0.03, max(0.04, 0.97 - count * wide / width)) * width
    top = generator.uniform(0.03, 0.97 - tall / height) * height
    pen = generator.uniform(6, 34) * min(1, tall / 200)
    strokes = []
    for place, digit in enumerate(generator.integers(0, 10, count)):
        slant, turn = generator.normal(0, 0.12), generator.normal(0, 0.08)
        matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        matrix = matrix @ np.array([[1, -slant], [0, 1]])
        for stroke in DIGITS[int(digit)]:
            points = np.array(stroke) + generator.normal(0, 0.012, (len(stroke), 2)) - 0.5
            points = points @ matrix.T + 0.5
            points = points * [wide, tall] + [left + place * wide, top]
            strokes.append({"points": points.tolist(), "width": float(pen)})
    return {"strokes": strokes, "width": width, "height": height}


def test_browser_and_python_read_the_same_in_500_drawings(book, visit, tmp_path) -> None:
    script = tmp_path / "page.js"
    entry = Path(__file__).parent / "book_test_page.js"
    node_tools.bundle(entry, script, book.parent / "sources" / "digit_network.js")
    (tmp_path / "page.html").write_text("<!doctype html><script src='page.js'></script>")
    page = visit(f"file://{tmp_path}/page.html")
    generator = np.random.default_rng(19)
    drawings = [random_drawing(generator) for _ in range(500)]
    answers = []
    for start in range(0, len(drawings), 50):
        answers += page.evaluate(
            "async (drawings) => { const found = [];"
            "for (const one of drawings) found.push(await paintAndRead(one)); return found; }",
            drawings[start : start + 50],
        )
    recognizer = Recognizer()
    different = []
    for number, answer in enumerate(answers):
        text = recognizer.read(read_picture(base64.b64decode(answer["picture"]))).text
        if text != answer["text"]:
            different.append(f"{number}: Python {text}, browser {answer['text']}")
    assert len(different) <= 5, different
