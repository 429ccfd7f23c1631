"""The slides: planned from the stored notebooks, offline, and nothing of a slide cut off."""

import base64
import io
import re
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from helpers.authoring.exercises import exercise_of
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.authoring.slides.build import build_slides, deck_page, section_of
from helpers.authoring.slides.plan import deck_of, paragraphs_of, plan
from helpers.authoring.slides.room import (
    HEIGHT,
    HIGHEST_BLOCK,
    output_height,
    parts_of_output,
    parts_of_text,
    text_height,
)
from support.browser import launched, quiet_visits

pytestmark = pytest.mark.slow

NOTEBOOKS = find_notebooks()
NAMES = [path.stem for path in NOTEBOOKS]
# Text of less than 13 pixels on a projector's 720 cannot be read from the last row.
SMALLEST = 0.5
# The name of a deck of which everything is too large.
TOO_MUCH = "too_much"
# And of one with two slides.
SMALL = "small"


def lesson(*cells):
    return nbformat.v4.new_notebook(cells=list(cells))


def text(source: str, *tags: str):
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def code(source: str, printed: str = ""):
    outputs = [nbformat.v4.new_output("stream", text=printed)] if printed else []
    return nbformat.v4.new_code_cell(source, outputs=outputs)


def sources(slide) -> list[str]:
    return [cell.source for cell in slide.cells]


# ---- the plan ----


def test_heading_opens_a_slide_and_prose_is_said() -> None:
    slides = plan(
        lesson(
            text("# 1 · Title\n\n[← Previous](x.ipynb)\n\n**Time.** A minute."),
            text("## Part\nThe first paragraph.\n\nMore prose.\n\nA **term** is explained."),
            code("print(1)", "1\n"),
            text("What it means."),
        )
    )
    assert [sources(slide) for slide in slides] == [
        ["# 1 · Title"],
        ["## Part", "The first paragraph.", "A **term** is explained.", "print(1)", ""],
    ]
    assert [slide.notes for slide in slides] == [
        ["**Time.** A minute."],
        ["More prose.", "What it means."],
    ]


def test_answer_is_not_on_the_slide_of_the_prediction() -> None:
    slides = plan(
        lesson(text("# T\n\n> **Predict.** How many?"), code("print(2)\n" * 20, "2\n" * 20))
    )
    assert sources(slides[1]) == ["> **Predict.** How many?"]
    assert "print(2)" in sources(slides[2])[0]


def test_code_without_anything_to_see_is_left_out() -> None:
    slides = plan(lesson(text("# T"), code("import numpy as np"), code("def f():\n    return 1")))
    assert [source for slide in slides for source in sources(slide)] == [
        "# T",
        "def f():\n    return 1",
    ]


def test_long_code_is_cut_at_blank_lines() -> None:
    part = "\n".join(f"a = {number}" for number in range(20))
    slides = plan(lesson(text("# T"), code(f"{part}\n\n{part}", "done\n")))
    assert [sources(slide)[0] for slide in slides] == ["# T", part] or sources(slides[0])[1] == part
    assert "".join(source for slide in slides for source in sources(slide)).count("a = 19") == 2


def test_lists_and_fenced_code_stay_whole() -> None:
    found = paragraphs_of("## H\nText.\n\n- a\n\n- b\n\n```python\nx = 1\n\ny = 2\n```\n\nEnd.")
    assert found == ["## H", "Text.", "- a\n\n- b", "```python\nx = 1\n\ny = 2\n```", "End."]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=NAMES)
def test_deck_has_every_heading_figure_and_exercise_of_the_lesson(path: Path) -> None:
    notebook = read_notebook(path)
    slides = plan(notebook)
    shown = "\n\n".join(source for slide in slides for source in sources(slide))
    said = "\n\n".join(note for slide in slides for note in slide.notes)
    for cell in notebook.cells:
        for heading in (
            re.findall(r"^#+ .+$", cell.source, re.M) if cell.cell_type == "markdown" else ()
        ):
            assert heading in shown
        if "**Predict.**" in cell.source:
            assert "**Predict.**" in shown
    names = {exercise_of(cell) for cell in notebook.cells} - {""}
    for name in names:
        assert f"**Exercise {name}**" in shown
    assert said.count("A solution:") == len(names)
    pictures = [
        output.metadata["image/png"]["alt"]
        for slide in slides
        for cell in slide.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", ())
    ]
    assert pictures
    assert all(pictures)
    full = [slide for slide in slides if slide.height > HIGHEST_BLOCK]
    assert [sources(slide)[0][:60] for slide in full] == []


def test_metadata_is_what_nbconvert_reads() -> None:
    slides = plan(
        lesson(text("# T\n\nProse."), text("## Part\nOpens.\n\nSaid."), text("> Question?"))
    )
    deck = deck_of(slides, "From the guide.")
    kinds = [(cell.metadata.slideshow.slide_type, cell.source) for cell in deck.cells]
    assert kinds == [
        ("slide", "# T"),
        ("-", "Prose."),
        ("notes", "From the guide."),
        ("slide", "## Part"),
        ("-", "Opens."),
        ("notes", "Said."),
        ("subslide", "> Question?"),
    ]


@pytest.mark.parametrize(
    "heading",
    ["## 03_mlp_baseline", "### 3 · How far?", "## Notebook 3: dense", "## `03_mlp_baseline`"],
)
def test_notes_come_from_the_section_of_the_guide(heading: str) -> None:
    said = "Say this.\n\n#### And\n\nthis."
    guide = f"# Guide\n\n## 2 · Before\n\nno\n\n{heading}\n\n{said}\n\n## 4 · After\n\nno"
    assert section_of(guide, "03_mlp_baseline") == said
    assert section_of(guide, "11_other_data") == ""


# ---- what is too high for one slide ----

TABLE = "| a | b |\n| --- | --- |\n"
ROWS = [f"| {number} | what it is |" for number in range(70)]


def test_long_table_is_cut_between_rows_and_keeps_its_head() -> None:
    parts = parts_of_text(TABLE + "\n".join(ROWS))
    assert len(parts) > 2
    assert all(part.startswith(TABLE) for part in parts)
    assert [row for part in parts for row in part.splitlines()[2:]] == ROWS


def test_long_list_is_cut_between_items() -> None:
    items = [f"- {number} is an item\n  of two lines" for number in range(40)]
    parts = parts_of_text("**What** it is:\n\n" + "\n".join(items))
    assert parts[0].startswith("**What** it is:")
    assert all(part.startswith("- ") for part in parts[1:])
    assert sum(part.count("- ") for part in parts) == 40
    assert all(text_height(part) < HIGHEST_BLOCK for part in parts)


def test_long_paragraph_is_cut_between_sentences() -> None:
    parts = parts_of_text("**One.** " + "This is a sentence of seven words. " * 80)
    assert all(part.rstrip().endswith(".") for part in parts)
    assert all(text_height(part) < HIGHEST_BLOCK for part in parts)


def test_long_fence_is_cut_and_stays_fenced() -> None:
    parts = parts_of_text("```python\n" + "\n".join(f"a = {n}" for n in range(70)) + "\n```")
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert "".join(parts).count("a = ") == 70


def test_what_fits_is_left_alone() -> None:
    text = TABLE + "\n".join(ROWS[:15])
    assert parts_of_text(text) == [text]
    output = nbformat.v4.new_output("stream", text="line\n" * 20)
    assert parts_of_output(output) == [output]


def html_table(rows: int) -> str:
    body = "".join(f"<tr><td>{number}</td></tr>" for number in range(rows))
    return f"<table><thead><tr><th>n</th></tr></thead><tbody>{body}</tbody></table>"


def test_long_outputs_are_cut_and_lose_nothing() -> None:
    lines = [f"line {number}" for number in range(100)]
    printed = nbformat.v4.new_output("stream", text="\n".join(lines))
    parts = parts_of_output(printed)
    assert "".join(part.text for part in parts).splitlines() == lines
    data = {"text/html": html_table(60), "text/plain": "..."}
    tables = parts_of_output(nbformat.v4.new_output("execute_result", data=data))
    assert all(part.data["text/html"].count("<thead>") == 1 for part in tables)
    assert sum(part.data["text/html"].count("<td>") for part in tables) == 60
    for part in [*parts, *tables]:
        assert output_height(part) <= HEIGHT


def test_of_an_error_the_end_is_kept() -> None:
    trace = [f"line {number}" for number in range(50)] + ["ValueError: why"]
    error = nbformat.v4.new_output("error", ename="ValueError", evalue="why", traceback=trace)
    (part,) = parts_of_output(error)
    assert part.traceback[0].endswith("ValueError: why")
    assert len(part.traceback[0].splitlines()) < 20


# ---- the decks ----


def picture(width: int, height: int):
    content = io.BytesIO()
    Image.new("L", (width, height), 200).save(content, "PNG")
    data = {"image/png": base64.b64encode(content.getvalue()).decode()}
    return nbformat.v4.new_output("display_data", data=data)


def too_much():
    """A lesson that holds more of everything than has room on a slide."""
    wide = "".join(f"<td>number {column}</td>" for column in range(40))
    table = f"<table><tbody>{f'<tr>{wide}</tr>' * 50}</tbody></table>"
    outputs = [
        nbformat.v4.new_output("stream", text="line\n" * 150 + "wide " * 80 + "w" * 900),
        nbformat.v4.new_output("execute_result", data={"text/html": table, "text/plain": ""}),
        nbformat.v4.new_output("execute_result", data={"text/html": html_table(90)}),
        picture(3000, 200),
        picture(200, 3000),
        picture(1400, 1400),
    ]
    source = "def f(): ...\n" + "\n".join(f"value_{number} = {number}" for number in range(120))
    return lesson(
        text("# 99 · A lesson with a very long title that goes on and on: " + "more " * 40),
        text("> **Predict.** " + "What will be the outcome of this, and why? " * 60),
        text("**A formula.**\n\n$$ " + " + ".join(f"a_{{{n}}}" for n in range(90)) + " $$"),
        text(TABLE + "\n".join(ROWS)),
        text("- an item of a list that says something\n" * 60),
        nbformat.v4.new_code_cell(source + "\ncall(" + "argument, " * 60 + ")", outputs=outputs),
    )


@pytest.fixture(scope="module")
def decks(tmp_path_factory, node_packages) -> Path:
    folder = build_slides(tmp_path_factory.mktemp("slides")).parent
    html = deck_page(too_much(), "A guide to it. " * 50)
    (folder / f"{TOO_MUCH}.html").write_text(html, "utf-8")
    html = deck_page(lesson(text("# T"), text("## Part\nShown.\n\nSaid.")), "From the guide.")
    (folder / f"{SMALL}.html").write_text(html, "utf-8")
    return folder


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


@pytest.fixture
def visit(browser):
    """A function that opens a deck; a fault in it, or a request to elsewhere, fails the test."""
    with quiet_visits(browser, height=720) as open_it:

        def open_deck(path: Path):
            page = open_it(f"file://{path}")
            page.wait_for_selector("html[data-fitted]")
            return page

        yield open_deck


# Looks at all slides at once, each as large as it is when it is shown, and tells where something is
# cut off. Slides that are not shown have no size: deck.css lays them out while they are measured.
LOOK = """() => {
  document.querySelector(".slides").classList.add("measured");
  const slides = Reveal.getSlides();
  const cut = [];
  const sizes = [];
  for (const [number, slide] of slides.entries()) {
    const name = `slide ${number + 1} (${slide.innerText.trim().slice(0, 40)})`;
    sizes.push(Number(slide.style.getPropertyValue("--size")));
    if (slide.scrollHeight > 720) cut.push(`${name} is ${slide.scrollHeight} high`);
    const frame = slide.getBoundingClientRect();
    if (Math.abs(frame.width - 1280) > 1) cut.push(`${name} is ${frame.width} wide`);
    for (const part of slide.querySelectorAll("p, li, pre, table, img, h1, h2, mjx-container")) {
      if (part.closest("aside")) continue;
      const box = part.getBoundingClientRect();
      if (box.right > frame.right + 1 || box.bottom > frame.top + 721)
        cut.push(`${name}: ${part.localName} reaches out`);
      if (part.localName === "pre" && part.scrollWidth > part.clientWidth + 1)
        cut.push(`${name}: code is cut off`);
    }
  }
  document.querySelector(".slides").classList.remove("measured");
  return { count: slides.length, cut, sizes };
}"""


# Goes through a deck as the space bar does: slide by slide, as large as it was measured.
WALK = """() => {
  const seen = [];
  dispatchEvent(new Event("resize"));
  for (;;) {
    const slide = Reveal.getCurrentSlide();
    const { width, height } = slide.getBoundingClientRect();
    seen.push([Reveal.getSlidePastCount(), Math.round(width), height <= 720]);
    if (Reveal.isLastSlide() || seen.length > Reveal.getTotalSlides()) return seen;
    Reveal.next();
  }
}"""


@pytest.mark.parametrize("name", [*NAMES, TOO_MUCH])
def test_nothing_is_cut_off_and_nothing_comes_from_elsewhere(decks, visit, name: str) -> None:
    page = visit(decks / f"{name}.html")
    found = page.evaluate(LOOK)
    assert found["cut"] == []
    is_lesson = name in NAMES
    notebook = read_notebook(NOTEBOOKS[NAMES.index(name)]) if is_lesson else too_much()
    assert found["count"] == len(plan(notebook))
    assert page.evaluate(WALK) == [[number, 1280, True] for number in range(found["count"])]
    if is_lesson:
        small = [n for n, size in enumerate(found["sizes"], start=1) if size < SMALLEST]
        assert small == [], "slides with letters that the last row cannot read"
        assert page.locator("aside.notes").count() > 10


def test_key_s_opens_the_notes_and_they_follow(decks, visit) -> None:
    page = visit(decks / f"{SMALL}.html")
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    notes = opened.value.locator(".speaker-controls-notes .value")
    notes.get_by_text("From the guide.").wait_for()
    page.keyboard.press("Space")
    notes.get_by_text("Said.").wait_for()
    assert opened.value.locator("iframe").count() == 2  # this slide and the next one
