"""The slides: planned from the stored notebooks, offline, and nothing of a slide cut off."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from helpers.authoring.exercises import exercise_of
from helpers.authoring.notebooks import find_notebooks, read_notebook
from helpers.authoring.slides.build import build_slides, section_of
from helpers.authoring.slides.plan import HEIGHT, deck_of, paragraphs_of, plan
from support.browser import launched, skip_unless_required

pytestmark = [pytest.mark.xdist_group("slides"), pytest.mark.slow]

NOTEBOOKS = find_notebooks()
NAMES = [path.stem for path in NOTEBOOKS]
# Text of less than 13 pixels on a projector's 720 cannot be read from the last row.
SMALLEST = 0.5


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
    full = [slide for slide in slides if slide.height > 2 * HEIGHT]
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


# ---- the decks ----


@pytest.fixture(scope="module")
def decks(tmp_path_factory) -> Path:
    if shutil.which("npm") is None:
        skip_unless_required("Node.js and npm are not there: the slides are not made")
    return build_slides(tmp_path_factory.mktemp("slides")).parent


@pytest.fixture(scope="module")
def browser():
    with launched() as started:
        yield started


# Goes through a deck as somebody with the space bar does, and tells where something is cut off.
WALK = """async () => {
  await MathJax.startup.promise;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  const faults = [];
  let count = 0;
  for (;;) {
    const slide = Reveal.getCurrentSlide();
    Reveal.dispatchEvent({ type: "slidechanged" });
    count += 1;
    const name = `slide ${count} (${slide.textContent.trim().slice(0, 40)})`;
    const size = Number(slide.style.getPropertyValue("--size") || 1);
    if (slide.scrollHeight > 720) faults.push(`${name} is ${slide.scrollHeight} high`);
    if (size < SMALLEST) faults.push(`${name} is written in ${size} of the usual size`);
    const frame = slide.getBoundingClientRect();
    for (const part of slide.querySelectorAll("p, li, pre, table, img, h1, h2, mjx-container")) {
      if (part.closest("aside")) continue;
      const box = part.getBoundingClientRect();
      if (box.right > frame.right + 1 || box.bottom > frame.top + 721)
        faults.push(`${name}: ${part.localName} reaches out`);
      if (part.localName === "pre" && part.scrollWidth > part.clientWidth + 1)
        faults.push(`${name}: code is cut off`);
    }
    if (Reveal.isLastSlide()) return { count, faults };
    Reveal.next();
  }
}"""


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off_and_nothing_comes_from_elsewhere(decks, browser, name: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.on("requestfailed", lambda request: faults.append(f"no answer for {request.url}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file://", "data:", "blob:"))
            else faults.append(f"asked for {request.url}")
        ),
    )
    page.goto(f"file://{decks / name}.html")
    page.wait_for_function("globalThis.Reveal?.isReady()")
    walked = page.evaluate(WALK.replace("SMALLEST", str(SMALLEST)))
    context.close()
    assert faults == []
    assert walked["faults"] == []
    planned = plan(read_notebook(NOTEBOOKS[NAMES.index(name)]))
    assert walked["count"] == len(planned)
