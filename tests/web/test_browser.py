"""The drawing pad in a real browser: on the web page, and in a running JupyterLab.

Needs Chromium or Chrome. On a machine without one the tests are skipped; where ``CI=true`` or
``REQUIRE_BROWSER=1`` they must run.

``SCREENSHOTS=1 pytest tests/web/test_browser.py -k "postcode or jupyterlab or digits_drawn"`` also
takes the pictures that the README shows (``images/page.png``, ``images/pad_in_notebook.png``) and
the one that stands for the pad in a stored notebook (``helpers/web/static/pad.png``).
"""

import base64
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from helpers.paths import PROJECT_FOLDER
from support.browser import launched
from support.strokes import DIGITS, between, placed

playwright = pytest.importorskip("playwright.sync_api")

_NOTEBOOK = PROJECT_FOLDER / "notebooks" / "06_custom_images.ipynb"
# A prediction is there in a fraction of this; the machine may be busy with other tests.
_SOON = 20_000
# Its size in pixels, once it is decoded.
_SIZE_OF_IMAGE = "image => image.decode().then(() => [image.naturalWidth, image.naturalHeight])"

# All tests of this file share a browser and a server: one worker of pytest-xdist runs them.
pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.slow]


@pytest.fixture(scope="module")
def browser():
    """A browser, or the reason why there is none."""
    with launched() as started:
        yield started


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of the web app, started as a user starts it."""
    command = [sys.executable, "-m", "helpers", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"the server did not start: {line!r}"
        yield found[0]
        process.terminate()


def take_picture(target, file: Path, **options) -> None:
    """Keep a small picture of a page or element, if pictures are asked for."""
    if os.environ.get("SCREENSHOTS") != "1":
        return
    time.sleep(1)  # the answer to the last move may still be on its way
    with Image.open(io.BytesIO(target.screenshot(**options))) as picture:
        # A palette of 128 colours is enough for flat areas, and a third of the bytes.
        picture.convert("RGB").quantize(128, dither=Image.Dither.NONE).save(file, optimize=True)


@pytest.fixture
def open_page(browser, server):
    """A function that opens the web page; what goes wrong inside it fails the test."""
    contexts, faults = [], []

    def open_it(width: int = 1180, height: int = 860, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: faults.append(message.text) if message.type == "error" else None,
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((server, "data:", "blob:"))
                else faults.append(f"asked for {request.url}")
            ),
        )
        page.goto(server)
        page.locator(".digit-pad-stage").wait_for()
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not faults


@pytest.fixture
def page(open_page):
    """The web page at a desk."""
    return open_page()


def area(page, left: float = 0.3, width: float = 0.4) -> tuple[float, float, float, float]:
    """Return the part of the pad that a digit is written into: x, y, width, height on screen."""
    box = page.locator(".digit-pad-stage").bounding_box()
    height = min(box["height"] * 0.72, box["width"] * width * 1.4)
    return (
        box["x"] + box["width"] * left,
        box["y"] + (box["height"] - height) / 2,
        box["width"] * width,
        height,
    )


def draw(page, digit: int, where: tuple[float, float, float, float]) -> None:
    """Write a digit with the mouse."""
    for stroke in DIGITS[digit]:
        first, *rest = between(placed(stroke, *where), 2)
        page.mouse.move(*first)
        page.mouse.down()
        for point in rest:
            page.mouse.move(*point)
        page.mouse.up()


def draw_by_touch(page, digit: int, where: tuple[float, float, float, float]) -> None:
    """Write a digit with a finger: touch events as the screen of a phone sends them."""
    screen = page.context.new_cdp_session(page)

    def touch(kind: str, *points) -> None:
        screen.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    for stroke in DIGITS[digit]:
        first, *rest = between(placed(stroke, *where), 2)
        touch("touchStart", first)
        for point in rest:
            touch("touchMove", point)
        touch("touchEnd")


def expect_text(page, text: str) -> None:
    """Wait until the pad reads ``text``."""
    playwright.expect(page.locator(".digit-pad")).to_have_attribute(
        "data-text", text, timeout=_SOON
    )


def tool(page, name: str):
    """Return a button under the pad."""
    return page.get_by_role("button", name=name)


def number_picture(number: str) -> bytes:
    """Return a PNG with a number written in dark ink on paper."""
    picture = np.full((300, 190 * len(number) + 60, 3), (214, 228, 232), np.uint8)
    for position, digit in enumerate(number):
        for stroke in DIGITS[int(digit)]:
            points = np.array(placed(stroke, 30 + 190 * position, 40, 190, 220), np.int32)
            cv2.polylines(
                picture,
                [np.array(points, np.int32)],
                False,
                (90, 50, 40),
                thickness=12,
                lineType=cv2.LINE_AA,
            )
    return cv2.imencode(".png", picture)[1].tobytes()


def hand_over(page, event: str, content: bytes, name: str, kind: str = "image/png") -> None:
    """Drop or paste a file on the page."""
    page.evaluate(
        """async ([event, content, name, type]) => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type }));
            const target = document.querySelector(".digit-pad-stage");
            const options = { bubbles: true, cancelable: true };
            target.dispatchEvent(event === "paste"
                ? new ClipboardEvent("paste", { ...options, clipboardData: transfer })
                : new DragEvent(event, { ...options, dataTransfer: transfer }));
        }""",
        [event, base64.b64encode(content).decode(), name, kind],
    )


def clear(page) -> None:
    """Begin anew on the same page."""
    tool(page, "Clear").click()
    expect_text(page, "")


def test_reads_digits_drawn_with_the_mouse(page):
    for digit in range(10):
        draw(page, digit, area(page))
        expect_text(page, str(digit))
        best = page.locator(".digit-pad-bars .best")
        assert best.locator("b").inner_text() == str(digit)
        assert page.locator(".digit-pad-bars li").count() == 10
        playwright.expect(page.locator(".digit-pad-note")).to_have_text(
            re.compile("^Sure"), timeout=_SOON
        )
        if digit == 5:
            take_picture(page.locator(".digit-pad"), PROJECT_FOLDER / "helpers/web/static/pad.png")
        clear(page)


@pytest.fixture(scope="module")
def phone():
    """What makes a browser behave like one on a small phone."""
    return {
        "width": 360,
        "height": 740,
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }


def test_reads_digits_drawn_with_a_finger(open_page, phone):
    page = open_page(**phone)
    for digit in range(10):
        draw_by_touch(page, digit, area(page, left=0.25, width=0.5))
        expect_text(page, str(digit))
        assert page.evaluate("scrollY") == 0, "drawing must not scroll the page"
        clear(page)


def test_shows_the_image_that_the_network_sees(page):
    draw(page, 3, area(page))
    expect_text(page, "3")
    image = page.locator(".digit-pad-seen img")
    assert image.evaluate(_SIZE_OF_IMAGE) == [28, 28]
    content = base64.b64decode(image.get_attribute("src").partition(",")[2])
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.shape == (28, 28)
    assert pixels.max() > 200
    assert pixels[0].max() == 0


def test_predicts_while_the_pen_is_still_down(page):
    x, y, width, height = area(page)
    first, *rest = between(placed(DIGITS[7][0], x, y, width, height), 8)
    page.mouse.move(*first)
    page.mouse.down()
    for point in rest:
        page.mouse.move(*point)
    expect_text(page, "7")
    page.mouse.up()


def test_reads_a_postcode_and_boxes_every_digit(page):
    for position, digit in enumerate("30625"):
        draw(page, int(digit), area(page, left=0.04 + 0.19 * position, width=0.17))
    expect_text(page, "30625")
    boxes = page.locator(".digit-pad-boxes rect")
    playwright.expect(boxes).to_have_count(5)
    # All at once: the next answer replaces every box.
    lefts = boxes.evaluate_all("boxes => boxes.map(box => box.getBoundingClientRect().x)")
    assert len(lefts) == 5
    assert lefts == sorted(lefts)
    assert page.locator(".digit-pad-boxes text").all_text_contents() == list("30625")
    page.set_viewport_size({"width": 1180, "height": 870})
    take_picture(page, PROJECT_FOLDER / "images/page.png")
    # A chosen digit shows its own probabilities.
    page.locator(".digit-pad-seen button").nth(2).click()
    assert page.locator(".digit-pad-bars .best b").inner_text() == "6"


def test_overtaken_questions_are_dropped(page):
    open_questions, most, asked = 0, 0, 0

    def count(route):
        nonlocal open_questions, most, asked
        open_questions += 1
        asked += 1
        most = max(most, open_questions)
        time.sleep(0.1)
        route.continue_()

    def done(request):
        nonlocal open_questions
        if "/api/predict" in request.url:
            open_questions -= 1

    page.route("**/api/predict", count)
    page.on("requestfinished", done)
    page.on("requestfailed", done)
    draw(page, 8, area(page))
    expect_text(page, "8")
    moves = sum(len(between(stroke, 2)) for stroke in DIGITS[8])
    assert most == 1
    assert asked < moves / 2


def test_undo_and_clear(page):
    where = area(page)
    draw(page, 4, where)
    expect_text(page, "4")
    strokes = page.locator(".digit-pad-strokes path")
    assert strokes.count() == 2
    tool(page, "Undo").click()
    assert strokes.count() == 1
    draw(page, 4, area(page, left=0.7, width=0.25))
    tool(page, "Clear").click()
    assert strokes.count() == 0
    expect_text(page, "")
    playwright.expect(page.locator(".digit-pad-prompt")).to_be_visible()
    playwright.expect(tool(page, "Clear")).to_be_disabled()
    # Clear is forgiven too: Undo brings the drawing back.
    tool(page, "Undo").click()
    assert strokes.count() == 3
    for _ in range(3):
        tool(page, "Undo").click()
    assert strokes.count() == 0
    playwright.expect(tool(page, "Undo")).to_be_disabled()


def test_pen_width(page):
    page.get_by_label("Pen width").fill("40")
    draw(page, 1, area(page))
    expect_text(page, "1")
    assert page.locator(".digit-pad-strokes path").get_attribute("stroke-width") == "40"


def test_reads_a_dropped_picture(page):
    hand_over(page, "dragover", number_picture("427"), "house.png")
    playwright.expect(page.locator(".digit-pad-stage")).to_have_class(re.compile(r"\bover\b"))
    hand_over(page, "drop", number_picture("427"), "house.png")
    expect_text(page, "427")
    assert page.locator(".digit-pad-boxes rect").count() == 3
    assert page.locator(".digit-pad-stage img").is_visible()
    picture = page.locator(".digit-pad-stage").bounding_box()
    for index in range(3):
        box = page.locator(".digit-pad-boxes rect").nth(index).bounding_box()
        assert box["x"] >= picture["x"] + picture["width"] * index / 3 - 12
        assert box["x"] + box["width"] <= picture["x"] + picture["width"] * (index + 1) / 3 + 12
    tool(page, "Clear").click()
    assert not page.locator(".digit-pad-stage img").is_visible()
    draw(page, 2, area(page))
    expect_text(page, "2")


def test_reads_a_pasted_picture(page):
    hand_over(page, "paste", number_picture("58"), "clip.png")
    expect_text(page, "58")


def test_reads_a_chosen_picture(page):
    with page.expect_file_chooser() as chooser:
        tool(page, "Open a picture").click()
    chooser.value.set_files(
        {"name": "six.png", "mimeType": "image/png", "buffer": number_picture("6")}
    )
    expect_text(page, "6")


def test_offers_the_camera_on_a_phone(open_page, phone):
    page = open_page(**phone)
    playwright.expect(tool(page, "Take a photo")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        tool(page, "Take a photo").click()
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": number_picture("90")}
    )
    expect_text(page, "90")


def test_says_when_there_is_no_digit(page):
    blank = cv2.imencode(".png", np.full((200, 300), 235, np.uint8))[1].tobytes()
    hand_over(page, "drop", blank, "blank.png")
    playwright.expect(page.locator(".digit-pad-note")).to_have_text(
        "No digit found.", timeout=_SOON
    )


def test_says_when_it_is_not_sure(page):
    x, y, width, height = area(page, left=0.1, width=0.8)
    generator = np.random.default_rng(1)
    page.mouse.move(x + width / 2, y + height / 2)
    page.mouse.down()
    for point_x, point_y in generator.uniform(size=(30, 2)):
        page.mouse.move(x + width * point_x, y + height * point_y)
    page.mouse.up()
    note = page.locator(".digit-pad-note")
    playwright.expect(note).to_have_text(
        re.compile("^(Not sure|No digit)"), timeout=_SOON, use_inner_text=True
    )


def test_says_what_is_wrong_with_a_file(open_page):
    page = open_page()
    hand_over(page, "drop", b"no picture at all", "notes.txt", "text/plain")
    note = page.locator(".digit-pad-note")
    playwright.expect(note).to_have_text("notes.txt is not a picture.")


@pytest.mark.parametrize("name", ["seven.png", "seven.tif", "seven.avif"])
def test_a_file_is_judged_by_its_content_not_by_its_type(page, name):
    content = cv2.imencode(Path(name).suffix, seven_on(np.full((300, 300, 3), 255, np.uint8)))[1]
    for kind in ("", "application/octet-stream", "binary/octet-stream", "x/y"):
        hand_over(page, "drop", content.tobytes(), name, kind)
        expect_text(page, "7")
        clear(page)


def seven_on(picture: np.ndarray) -> np.ndarray:
    """Draw a 7 on a picture, in white where it can be seen through."""
    ink = (255, 255, 255, 255) if picture.shape[2] == 4 else (0, 0, 0)
    for stroke in DIGITS[7]:
        points = np.array(placed(stroke, 60, 50, 180, 200), np.int32)
        cv2.polylines(picture, [points], False, ink, thickness=16, lineType=cv2.LINE_AA)
    return picture


def test_white_ink_on_nothing_is_still_seen_when_the_file_was_too_large(open_page):
    page = open_page()
    content = cv2.imencode(".png", seven_on(np.zeros((300, 300, 4), np.uint8)))[1].tobytes()
    padded = content + bytes(11 * 2**20)  # what follows the picture counts as well
    page.evaluate(
        """async ([content, size]) => {
            const start = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([start, new Uint8Array(size)], "layer.png",
                { type: "image/png" }));
            document.querySelector(".digit-pad-stage").dispatchEvent(
                new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
        }""",
        [base64.b64encode(content).decode(), len(padded) - len(content)],
    )
    expect_text(page, "7")


def test_says_that_a_file_is_too_large_where_it_cannot_be_made_smaller(open_page):
    page = open_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            const content = new Uint8Array(16.5 * 2 ** 20);
            content.set([0x49, 0x49, 0x2a, 0]);
            transfer.items.add(new File([content], "scan.tif", { type: "image/tiff" }));
            document.querySelector(".digit-pad-stage").dispatchEvent(
                new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: transfer }));
        }"""
    )
    playwright.expect(page.locator(".digit-pad-note")).to_have_text(
        "The picture is larger than 10 MiB: send a smaller one.", timeout=_SOON
    )
    assert not [url for url in asked if "api/predict" in url]
    tool(page, "Clear").click()
    draw(page, 2, area(page))
    expect_text(page, "2")


def test_says_that_the_server_is_busy_and_asks_again(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    page.locator(".digit-pad-stage").wait_for()
    times: list[float] = []

    def busy(route):
        times.append(time.monotonic())
        if len(times) < 3:
            route.fulfill(status=503, headers={"retry-after": "1"}, json={"error": "Busy."})
        else:
            route.continue_()

    page.route("**/api/predict", busy)
    draw(page, 1, area(page))
    playwright.expect(page.locator(".digit-pad-note")).to_have_text(
        "The server is busy; it is asked again in a moment.", timeout=_SOON
    )
    expect_text(page, "1")
    assert times[1] - times[0] >= 0.95
    context.close()


def test_says_when_the_server_is_gone(browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(server)
    page.locator(".digit-pad-stage").wait_for()
    page.route("**/api/predict", lambda route: route.abort())
    draw(page, 1, area(page))
    playwright.expect(page.locator(".digit-pad-note")).to_have_text(
        "The server does not answer. Is it still running?", timeout=_SOON
    )
    page.unroute("**/api/predict")
    draw(page, 1, area(page))
    expect_text(page, "1")
    context.close()


def test_everything_works_by_keyboard(page):
    page.keyboard.press("Tab")
    stage = page.locator(".digit-pad-stage")
    playwright.expect(stage).to_be_focused()
    playwright.expect(page.locator(".digit-pad-keys")).to_be_visible()
    for _ in range(14):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    for _ in range(26):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect_text(page, "1")
    page.keyboard.press("ArrowRight")
    assert page.locator(".digit-pad-strokes path").count() == 1
    for name in ("Undo", "Clear", "Open a picture"):
        page.keyboard.press("Tab")
        playwright.expect(tool(page, name)).to_be_focused()
    page.keyboard.press("Tab")
    playwright.expect(page.get_by_label("Pen width")).to_be_focused()
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("Pen width").input_value() == "22"
    stage.focus()
    page.keyboard.press("Backspace")
    assert page.locator(".digit-pad-strokes path").count() == 0


def test_tells_screen_readers_what_it_reads(page):
    draw(page, 7, area(page))
    expect_text(page, "7")
    status = page.get_by_role("status")
    playwright.expect(status).to_have_text(re.compile(r"^7\. Sure"), timeout=_SOON)
    assert status.get_attribute("aria-live") == "polite"
    assert page.get_by_role("application", name="Drawing area").count() == 1
    assert page.locator(".digit-pad-seen img").get_attribute("alt") == (
        "28 by 28 pixels, read as 7"
    )
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, input")].filter((element) =>
            !element.textContent.trim() && !element.labels?.length
            && !element.getAttribute("aria-label") && !element.querySelector("img[alt]")).length"""
    )
    assert unnamed == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_follows_the_colour_scheme(open_page, scheme):
    page = open_page(color_scheme=scheme)
    draw(page, 5, area(page))
    expect_text(page, "5")

    def brightness(selector: str, name: str) -> float:
        # One step in the page: a later answer may replace the element between two of them.
        colour = page.evaluate(
            f"selector => getComputedStyle(document.querySelector(selector)).{name}", selector
        )
        return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 3

    paper = brightness(".digit-pad-stage", "backgroundColor")
    ink = brightness(".digit-pad-strokes path", "stroke")
    note = brightness(".digit-pad-note", "color")
    page_colour = brightness("body", "backgroundColor")
    dark = scheme == "dark"
    assert (paper < 60) == dark
    assert (ink > 190) == dark
    assert abs(note - page_colour) > 90, "the note must stand out from the page"


def without_light_dark(route):
    """Answer with a style sheet as a browser reads it that does not know light-dark()."""
    response = route.fetch()
    route.fulfill(response=response, body=response.text().replace("light-dark(", "no-such-thing("))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_is_seen_in_browsers_without_light_dark(browser, server, scheme):
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.route("**/*.css", without_light_dark)
    page.goto(server)
    page.locator(".digit-pad-stage").wait_for()
    draw(page, 5, area(page))
    expect_text(page, "5")
    assert contrast(page) > 150
    bar, box = page.evaluate(
        """() => [
            getComputedStyle(document.querySelector(".digit-pad-bars .best i"), "::before")
                .backgroundColor,
            getComputedStyle(document.querySelector(".digit-pad-boxes rect")).stroke,
        ]"""
    )
    assert bar != "rgba(0, 0, 0, 0)"
    assert box.startswith("rgb")
    context.close()


def contrast(page) -> float:
    """Return how far the ink is from the paper, 0 to 255."""
    colours = page.evaluate(
        """() => [
            getComputedStyle(document.querySelector(".digit-pad-stage")).backgroundColor,
            getComputedStyle(document.querySelector(".digit-pad-strokes path")).stroke,
        ]"""
    )
    paper, ink = ([float(part) for part in re.findall(r"[\d.]+", c)[:3]] for c in colours)
    assert len(ink) == 3, colours
    return sum(abs(a - b) for a, b in zip(paper, ink, strict=True)) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_high_contrast_shows_ink_and_bars(open_page, scheme):
    page = open_page(color_scheme=scheme, forced_colors="active")
    draw(page, 5, area(page))
    expect_text(page, "5")
    assert contrast(page) > 150
    paper, bar = page.evaluate(
        """() => [getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.querySelector(".digit-pad-bars .best i"), "::before")
                      .backgroundColor]"""
    )
    assert bar not in {paper, "rgba(0, 0, 0, 0)"}
    assert (
        page.locator(".digit-pad-bars i").first.evaluate(
            "bar => getComputedStyle(bar).borderTopWidth"
        )
        == "1px"
    )


@pytest.mark.parametrize(("width", "height"), [(667, 375), (568, 320), (844, 390)])
def test_a_phone_held_sideways_has_sheet_and_reading_in_sight(open_page, phone, width, height):
    page = open_page(**{**phone, "width": width, "height": height})
    stage = page.locator(".digit-pad-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert 150 < box["height"] <= height - 48, "a finger needs room to scroll the page"
    page.evaluate("y => scrollTo(0, y)", box["y"] - 8)
    draw_by_touch(page, 5, area(page, left=0.25, width=0.5))
    expect_text(page, "5")
    reading = page.locator(".digit-pad-text").bounding_box()
    assert reading["y"] >= 0
    assert reading["y"] + reading["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_fits_a_narrow_phone(open_page, phone):
    page = open_page(**{**phone, "width": 320})
    for position, digit in enumerate("30625"):
        draw_by_touch(page, int(digit), area(page, left=0.03 + 0.19 * position, width=0.18))
    page.wait_for_function("document.querySelectorAll('.digit-pad-seen button').length > 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for button in page.locator(".digit-pad-tools button").all():
        assert button.bounding_box()["height"] >= 38, "fingers need room"
    reading = page.locator(".digit-pad-text").bounding_box()
    assert reading["y"] + reading["height"] < 740, "the reading is in sight while drawing"


def test_drawing_survives_a_change_of_the_window(page):
    draw(page, 6, area(page))
    expect_text(page, "6")
    page.set_viewport_size({"width": 420, "height": 800})
    draw(page, 1, area(page, left=0.8, width=0.15))
    expect_text(page, "61")


# ---- JupyterLab ----


def write_shortened_lesson(path: Path) -> None:
    """Lesson 6, of its code only what the pad needs: the whole runs without a browser elsewhere."""
    # Not where only what requirements-serve.txt names is installed.
    from helpers.authoring.notebooks import read_notebook, write_notebook

    notebook = read_notebook(_NOTEBOOK)
    kept = []
    for cell in notebook.cells:
        if cell.source.startswith("recognizer = "):
            cell.source = cell.source.splitlines()[0]  # what follows reads the lesson's photos
        is_needed = re.match("import json|plots.use_style|recognizer = |pad = ", cell.source)
        if cell.cell_type != "code" or is_needed:
            kept.append(cell)
    notebook.cells = kept
    assert sum(cell.cell_type == "code" for cell in kept) == 4
    write_notebook(notebook, path)


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """The address of a running JupyterLab in whose folder lesson 6 lies, shortened."""
    folder = tmp_path_factory.mktemp("lab")
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    write_shortened_lesson(notebooks / _NOTEBOOK.name)
    for read_by_lesson in ("images", "models", "benchmarks/results"):
        shutil.copytree(PROJECT_FOLDER / read_by_lesson, folder / read_by_lesson)
    settings = folder / "settings" / "@jupyterlab"
    # Cells outside the window would otherwise not be in the page; and no question about news.
    for extension, plugin, setting in [
        ("notebook-extension", "tracker", {"windowingMode": "none"}),
        ("apputils-extension", "notification", {"fetchNews": "false"}),
    ]:
        (settings / extension).mkdir(parents=True)
        file = settings / extension / f"{plugin}.jupyterlab-settings"
        file.write_text(json.dumps(setting))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "HELPERS_BUILD": str(folder / "build"),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        f"--ServerApp.root_dir={notebooks}",
        "--IdentityProvider.token=",
        "--expose-app-in-browser",
    ]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api", process, folder / "log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(address).close()
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.25)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def run_all_cells_until(page, selector: str, seconds: float = 300.0):
    """Runs the open notebook as a reader would and returns the element that a cell shows.

    JupyterLab loses a run that is asked for before its kernel is connected, and on a busy machine
    the kernel connects late, or asks in a dialog which kernel to take. Such a dialog is accepted,
    and a notebook that stands still is run again.
    """
    shown = page.locator(selector).first
    accept = page.locator(".jp-Dialog button.jp-mod-accept")
    standing_still = 0  # looks in a row, a second apart
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if shown.count():
            return shown
        errors = page.locator(".jp-OutputArea-output[data-mime-type$=stderr]").all_inner_texts()
        assert not errors, "\n".join(errors)
        if accept.count():
            accept.first.click()
        prompts = page.locator(".jp-InputPrompt").all_inner_texts()
        idle = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").count() == 1
        standing_still = standing_still + 1 if idle and "[*]:" not in prompts else 0
        if standing_still >= 3:
            standing_still = 0
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name=re.compile("^Run All Cells")).first.click()
        page.wait_for_timeout(1000)
    pytest.fail(f"no {selector} after {seconds:.0f} s; the cells' counts are {prompts}")


def test_pad_works_in_jupyterlab(browser, lab, request):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/{_NOTEBOOK.name}?reset")
    page.locator(".jp-Notebook").wait_for(timeout=120_000)
    stage = run_all_cells_until(page, ".digit-pad-stage")
    stage.scroll_into_view_if_needed()
    draw(page, 3, area(page))
    expect_text(page, "3")
    assert page.locator(".digit-pad-bars .best b").inner_text() == "3"
    assert page.locator(".digit-pad-seen img").evaluate(_SIZE_OF_IMAGE) == [28, 28]
    take_picture(page, PROJECT_FOLDER / "images/pad_in_notebook.png")
    # JupyterLab's own shortcuts keep away from the pad's keys.
    stage.press("Delete")
    expect_text(page, "")
    draw(page, 8, area(page))
    expect_text(page, "8")
    hand_over(page, "drop", number_picture("427"), "house.png")
    expect_text(page, "427")
    context.close()
