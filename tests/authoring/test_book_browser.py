"""The web book's pages in a browser: quiet, accessible, fit for a phone, with a search."""

import re

import pytest

from helpers.authoring.book import node_tools
from helpers.authoring.book.build import OTHER_PAGES
from helpers.authoring.exercises import exercise_of
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.exercises.chapters import solution_cells
from support.book_pages import LESSONS, PAGES
from support.browser import launched, quiet_visits
from support.static_pages import served

pytestmark = pytest.mark.slow

# The levels that a public body's page must reach, of WCAG 2.0, 2.1 and 2.2.
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW = 360


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


@pytest.fixture
def visit(browser):
    """A function that opens a page; a fault in it, or a request to elsewhere, fails the test."""
    with quiet_visits(browser, height=1100) as open_it:
        yield open_it


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


# A colour on its way from the light to the dark theme is neither, and is judged wrongly.
NO_TRANSITIONS = (
    "*, *::before, *::after { transition: none !important; animation: none !important; }"
)


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_accessible_and_fits_a_phone(book, visit, name: str) -> None:
    page = visit(f"file://{book / name}.html", color_scheme="light")
    page.add_style_tag(content=NO_TRANSITIONS)
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
    page.locator("mjx-container svg").first.wait_for(state="attached")
    assert "$" not in page.locator("article p").all_inner_texts()[3]


def test_search_finds_a_term_from_a_folder(book, visit) -> None:
    page = visit(f"file://{book}/search.html?q=softmax")
    found = page.locator("#search-results li a").first
    found.wait_for()
    target = found.evaluate("link => link.href").removeprefix(f"file://{book}/")
    text = (book / target.partition("?")[0].partition("#")[0]).read_text("utf-8")
    assert "softmax" in text


def word_of_solutions_only() -> tuple[str, str]:
    """Return a lesson and the longest word that stands nowhere but in its solutions."""
    shown = "".join(path.read_text("utf-8") for path in (*find_notebooks(), *OTHER_PAGES))
    words = {
        (word, path.stem)
        for path in find_notebooks()
        for cell in read_notebook(path).cells
        if exercise_of(cell)
        for _, text in solution_cells(exercise_of(cell))
        for word in re.findall(r"\b[a-z_]{8,}\b", text)
        if word[:-4] not in shown  # the search knows stems, not words
    }
    word, lesson = max(words, key=lambda each: (len(each[0]), each))
    return word, lesson


def test_search_from_a_host_finds_a_word_of_a_solution_and_does_not_quote_it(book, visit) -> None:
    word, lesson = word_of_solutions_only()
    with served(book) as address:
        page = visit(f"{address}/search.html?q={word}")
        found = page.locator("#search-results li")
        found.first.wait_for()
        page.wait_for_load_state("networkidle")
        assert lesson in found.locator("a").first.get_attribute("href")
        assert word not in " ".join(found.all_inner_texts())
        assert page.locator("#search-results .context").count() == 0
