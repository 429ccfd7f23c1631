// @ts-check
// The drawing pad: draw with mouse, pen, finger or keys, or give it a picture, and see what the
// network reads. One module for two hosts: the web page imports createPad, and Jupyter (through
// anywidget) calls the default export's render. It loads nothing and knows no address; a host
// hands in predict(picture, signal), which takes a Blob and promises the service's answer, or
// readDrawing(canvas), which reads in the page itself.
//
// Four parts, all in this file since Jupyter imports it alone: createSheet holds what was drawn,
// createQueue decides when to ask about it, createReadout shows the answer, createPad joins them.

/** What the service says of one digit.
 * @typedef {object} Digit
 * @property {number} digit
 * @property {number} probability
 * @property {number[]} box x, y, width and height in pixels of the picture
 * @property {number[]} probabilities of the digits 0 to 9
 * @property {boolean} confident
 * @property {string} image the 28×28 image that the network saw, a PNG in base64
 */
/** What the service says of a picture.
 * @typedef {object} Answer
 * @property {string} text
 * @property {number} width
 * @property {number} height
 * @property {Digit[]} digits
 */
/** Asks the network; rejects with a sentence for people. Where the error has `retryAfter`, whoever
 * answers is busy, and is asked again after so many seconds.
 * @typedef {(picture: Blob, signal: AbortSignal) => Promise<Answer>} Predict
 */
/** Reads a drawing in the page itself, where nobody is asked.
 * @typedef {(drawing: HTMLCanvasElement) => Promise<Answer>} ReadDrawing
 */
/** Who answers. `scope` is where pasted pictures are taken from, and pictures that are dropped
 * beside the pad: the page gives its document, a notebook leaves it at the pad. Where drawings
 * alone are read, the pad takes no pictures.
 * @typedef {{ predict: Predict, scope?: EventTarget } | { readDrawing: ReadDrawing }} Host
 */
/** @typedef {[number, number]} Point */
/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ path: SVGPathElement, points: Point[], width: number }} Stroke */
/** @typedef {{ blob: Blob, address: string }} Photo */
/** Where boxes lie on the sheet: `scale` turns the picture's pixels into the sheet's units, and
 * `unit` is how many of these a pixel of the screen has.
 * @typedef {{ scale: number, unit: number }} View
 */

const SVG = "http://www.w3.org/2000/svg";
const PACE = 30; // milliseconds between two questions, so that drawing keeps the machine's time
const PACE_IN_PAGE = 16; // where nobody else computes: once a frame
const OVERDUE = 1000; // milliseconds after which a question that was overtaken is given up
const LARGEST_FILE = 10 * 2 ** 20; // bytes; what is larger is made smaller here before it is sent
const LONGEST_SIDE = 4000; // pixels of a picture that was made smaller
const LONGEST_RETRY = 30; // seconds; nobody waits longer, whatever a busy server says
const PICTURE_NAME =
  /\.(apng|avif|bmp|dib|gif|heic|heif|hif|jfif|jpe?g?|mpo|p[bgnp]m|png|tiff?|webp)$/i;
// What systems call a file whose kind they don't know.
const UNKNOWN_TYPE = /^$|\/octet-stream$/;
// How files begin that the service reads: they are sent as they are.
const READ_BY_SERVICE =
  /^(\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftypavi[fs])/s;
const DRAWN_SIDE = 400; // pixels of a drawing's longer side as the network gets it: plenty for 28 × 28
const SLOW = 2000; // milliseconds without an answer after which the pad says that it waits
const UNDECIDED = 0.1; // further readings from this probability on are named when it is unsure
/** @type {Record<string, Point>} */
const DIRECTIONS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const MARKUP = `
  <div class="digit-pad-grid">
    <div class="digit-pad-stage" tabindex="0" role="application" aria-label="Drawing area">
      <img alt="The picture you gave" hidden>
      <svg aria-hidden="true">
        <g class="digit-pad-strokes"></g>
        <g class="digit-pad-boxes"></g>
        <circle class="digit-pad-pen" r="9"></circle>
      </svg>
      <div class="digit-pad-prompt"><span><b>Draw here</b>or drop or paste a picture</span></div>
      <p class="digit-pad-keys">Arrow keys move the pen, Shift makes small steps, Space puts it down or lifts it, Backspace undoes.</p>
    </div>
    <div class="digit-pad-tools" role="toolbar" aria-label="Drawing tools">
      <button type="button" data-tool="undo">Undo</button>
      <button type="button" data-tool="clear">Clear</button>
      <button type="button" data-tool="open">Open a picture</button>
      <button type="button" data-tool="photo" class="digit-pad-photo">Take a photo</button>
      <label class="digit-pad-width"><span>Pen width</span>
        <input type="range" min="6" max="44" step="2" value="20">
        <svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="10"></circle></svg>
      </label>
      <input type="file" accept="image/*" aria-label="Picture file" hidden>
      <input type="file" accept="image/*" capture="environment" aria-label="Photo" hidden>
    </div>
    <div class="digit-pad-reading">
      <h3>The network reads</h3>
      <p class="digit-pad-text"></p>
      <p class="digit-pad-note"></p>
      <div class="digit-pad-hidden" role="status" aria-live="polite"></div>
    </div>
    <div class="digit-pad-sees">
      <h3>What it sees: 28 × 28 pixels</h3>
      <div class="digit-pad-seen"></div>
    </div>
    <div class="digit-pad-shares">
      <h3 class="digit-pad-bars-title">Probability of each digit</h3>
      <ol class="digit-pad-bars"></ol>
    </div>
  </div>`;

/** Build a pad inside `element`.
 *
 * @param {Element} element
 * @param {Host} host
 */
export function createPad(element, host) {
  const root = document.createElement("div");
  root.className = "digit-pad";
  root.innerHTML = MARKUP;
  // JupyterLab's keyboard shortcuts would otherwise take the arrow keys.
  root.dataset.lmSuppressShortcuts = "true";
  element.replaceChildren(root);

  const off = new AbortController(); // removes every listener at once
  /** @type {Answer | null} */
  let answer = null;
  let chosen = 0; // the digit whose probabilities are shown

  const readout = createReadout(root, (index) => {
    sheet.forgetPlace();
    chosen = index;
    show();
  });
  const scope = "predict" in host ? (host.scope ?? element) : null;
  const sheet = createSheet(root, scope, off.signal, {
    changed: () => queue.changed(),
    replaced() {
      queue.drop(); // what is under way is about something that is gone
      answer = null;
      show();
    },
    resized() {
      if (answer) readout.showBoxes(answer.digits, chosen, sheet.view(answer));
    },
    announce: readout.announce,
    complain: readout.complain,
  });
  const queue = createQueue({
    isEmpty: sheet.isEmpty,
    async ask(signal) {
      return "predict" in host
        ? host.predict(sheet.picture(), signal)
        : host.readDrawing(sheet.drawing());
    },
    answered(found) {
      answer = found;
      show();
    },
    failed(error) {
      if (secondsToRetry(error)) {
        readout.complain("The server is busy; it is asked again in a moment.");
        return;
      }
      answer = null;
      show();
      readout.complain(sentence(error));
    },
    waiting: () => readout.complain("Waiting for an answer …"),
    pace: "predict" in host ? PACE : PACE_IN_PAGE,
  });

  function show() {
    const view = sheet.view(answer);
    const digits = answer?.digits ?? [];
    // While drawing, the digit that is being drawn; on a picture, the first.
    const place = sheet.place();
    const drawn = digits.findIndex(({ box }) => place && isInside(place, scaled(box, view.scale)));
    chosen = drawn >= 0 ? drawn : Math.min(chosen, Math.max(0, digits.length - 1));
    readout.show(answer, chosen, view, sheet.isEmpty());
  }

  sheet.start();
  show();

  return {
    destroy() {
      off.abort();
      queue.close();
      sheet.close();
      readout.close();
      root.remove();
    },
  };
}

/** Keep what was drawn, or the picture that was given instead, and the tools that change it.
 *
 * @param {HTMLElement} root
 * @param {EventTarget | null} scope where pictures are pasted and dropped; null takes none.
 * @param {AbortSignal} signal takes every listener away.
 * @param {object} tell
 * @param {() => void} tell.changed there is something new to ask about.
 * @param {() => void} tell.replaced what was there before is gone.
 * @param {() => void} tell.resized the sheet has another size on the screen.
 * @param {(sentence: string) => void} tell.announce
 * @param {(sentence: string) => void} tell.complain
 */
function createSheet(root, scope, signal, tell) {
  const stage = find(root, ".digit-pad-stage", HTMLElement);
  const drawing = find(stage, "svg", SVGSVGElement);
  const preview = find(stage, "img", HTMLImageElement);
  const ink = find(drawing, ".digit-pad-strokes", SVGElement);
  const penMark = find(drawing, ".digit-pad-pen", SVGElement);
  const prompt = find(stage, ".digit-pad-prompt", HTMLElement);
  const slider = find(root, "input[type=range]", HTMLInputElement);
  const sliderMark = find(root, ".digit-pad-width circle", SVGElement);
  const undoButton = find(root, "[data-tool=undo]", HTMLButtonElement);
  const clearButton = find(root, "[data-tool=clear]", HTMLButtonElement);
  /** @type {(target: EventTarget, type: string, handler: (event: any) => void) => void} */
  const listen = (target, type, handler) => target.addEventListener(type, handler, { signal });

  /** @type {Stroke[]} */
  let strokes = []; // in the order they were drawn
  /** @type {Stroke[] | null} */
  let removed = null; // what Clear took away, until something else is drawn: Undo brings it back
  /** @type {Photo | null} */
  let photo = null; // a picture instead of a drawing
  /** @type {Size} */
  let size = { width: 0, height: 0 }; // of the drawing, in its own units
  /** @type {{ x: number, y: number, stroke: Stroke | null }} */
  const pen = { x: 0, y: 0, stroke: null }; // moved by the arrow keys
  /** @type {{ id: number, stroke: Stroke } | null} */
  let finger = null; // the pointer that draws
  /** @type {Point | null} */
  let last = null; // where the drawing changed last

  const isEmpty = () => !photo && !strokes.length;

  function changed() {
    prompt.hidden = !isEmpty();
    undoButton.disabled = isEmpty() && !removed;
    clearButton.disabled = isEmpty();
    tell.changed();
  }

  function replaced() {
    tell.replaced();
    changed();
  }

  // ---- drawing ----

  function fit() {
    // A drawing keeps its units while the window changes; an empty one takes the new shape.
    if (!isEmpty()) return;
    const { clientWidth: width, clientHeight: height } = stage;
    if (!width || !height) return;
    size = { width, height };
    pen.x = Math.min(pen.x || width / 2, width);
    pen.y = Math.min(pen.y || height / 2, height);
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    showPen();
  }

  /** @param {PointerEvent[]} events @returns {Point[]} */
  function places(events) {
    const matrix = drawing.getScreenCTM()?.inverse();
    return events.map(({ clientX, clientY }) => {
      const point = new DOMPoint(clientX, clientY).matrixTransform(matrix);
      return [point.x, point.y];
    });
  }

  /** @param {Point} point @returns {Stroke} */
  function begin(point) {
    if (photo) leavePhoto();
    const path = document.createElementNS(SVG, "path");
    const stroke = { path, points: [point], width: Number(slider.value) };
    path.setAttribute("stroke-width", slider.value);
    ink.append(path);
    strokes.push(stroke);
    removed = null;
    extend(stroke, []);
    return stroke;
  }

  /** @param {Stroke} stroke @param {Point[]} points */
  function extend(stroke, points) {
    stroke.points.push(...points);
    stroke.path.setAttribute("d", outline(stroke.points));
    last = stroke.points.at(-1) ?? null;
    changed();
  }

  listen(stage, "pointerdown", (event) => {
    if (finger || event.button !== 0) return;
    event.preventDefault();
    stage.focus({ preventScroll: true });
    stage.classList.remove("keys");
    stage.setPointerCapture(event.pointerId);
    liftPen();
    finger = { id: event.pointerId, stroke: begin(places([event])[0]) };
  });
  listen(stage, "pointermove", (event) => {
    if (!finger || event.pointerId !== finger.id) return;
    // Browsers bundle the moves of a frame; the ones in between make the line smooth.
    const moves = event.getCoalescedEvents?.() ?? [];
    extend(finger.stroke, places(moves.length ? moves : [event]));
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    listen(stage, type, (event) => {
      if (event.pointerId === finger?.id) finger = null;
    });
  }

  // ---- drawing by keys ----

  function showPen() {
    penMark.setAttribute("cx", String(pen.x));
    penMark.setAttribute("cy", String(pen.y));
    penMark.classList.toggle("down", Boolean(pen.stroke));
  }

  function liftPen() {
    pen.stroke = null;
    showPen();
  }

  // The pen and the help for keys show to whom they serve: not while a pointer draws.
  listen(stage, "focus", () => stage.classList.add("keys"));
  listen(stage, "keydown", (event) => {
    stage.classList.add("keys");
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key.toLowerCase() !== "z" || event.altKey) return;
      undo();
    } else if (DIRECTIONS[event.key]) {
      const step = event.shiftKey ? 3 : 12;
      const [right, down] = DIRECTIONS[event.key];
      pen.x = Math.max(0, Math.min(size.width, pen.x + right * step));
      pen.y = Math.max(0, Math.min(size.height, pen.y + down * step));
      if (pen.stroke) extend(pen.stroke, [[pen.x, pen.y]]);
    } else if (event.key === " ") {
      pen.stroke = pen.stroke ? null : begin([pen.x, pen.y]);
      tell.announce(pen.stroke ? "Pen down" : "Pen up");
    } else if (event.key === "Backspace") undo();
    else if (event.key === "Delete") clear();
    else if (event.key === "Escape") pen.stroke = null;
    else return;
    showPen();
    event.preventDefault();
    event.stopPropagation();
  });
  listen(stage, "blur", () => {
    stage.classList.remove("keys");
    liftPen();
  });

  // ---- tools ----

  function undo() {
    if (photo) leavePhoto();
    else if (!strokes.length && removed) {
      strokes = removed;
      ink.replaceChildren(...strokes.map((stroke) => stroke.path));
      removed = null;
    } else strokes.pop()?.path.remove();
    finger = null;
    liftPen();
    last = strokes.at(-1)?.points.at(-1) ?? null;
    replaced();
  }

  function clear() {
    if (photo) leavePhoto();
    if (strokes.length) removed = strokes;
    strokes = [];
    ink.replaceChildren();
    finger = null;
    liftPen();
    last = null;
    replaced();
    tell.announce("The pad is empty");
  }

  listen(undoButton, "click", undo);
  listen(clearButton, "click", clear);
  listen(slider, "input", () => sliderMark.setAttribute("r", String(Number(slider.value) / 2)));

  // ---- pictures instead of a drawing ----

  /** @param {File | null | undefined} file */
  async function take(file) {
    if (!file) return;
    // Systems and browsers disagree about a file's type: what may be a picture is sent.
    const mayBe = file.type.startsWith("image/") || UNKNOWN_TYPE.test(file.type);
    if (!mayBe && !PICTURE_NAME.test(file.name)) {
      tell.complain(`${file.name || "This"} is not a picture.`);
      return;
    }
    if (photo) URL.revokeObjectURL(photo.address);
    /** @type {Photo} */
    const mine = { blob: file, address: URL.createObjectURL(file) };
    photo = mine;
    tell.replaced();
    preview.src = mine.address;
    preview.alt = `The picture ${file.name || "you pasted"}`;
    preview.hidden = false;
    preview.onerror = () => {
      preview.hidden = true;
    };
    ink.setAttribute("visibility", "hidden");
    try {
      mine.blob = await sendable(file);
      if (photo === mine) changed();
    } catch (error) {
      if (photo !== mine) return;
      prompt.hidden = true;
      clearButton.disabled = undoButton.disabled = false;
      tell.complain(sentence(error));
    }
  }

  function leavePhoto() {
    if (photo) URL.revokeObjectURL(photo.address);
    photo = null;
    preview.hidden = true;
    preview.removeAttribute("src");
    ink.removeAttribute("visibility");
    if (size.width) drawing.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    fit();
    replaced();
  }

  for (const [tool, selector] of [
    ["open", "input[type=file]:not([capture])"],
    ["photo", "input[capture]"],
  ]) {
    const input = find(root, selector, HTMLInputElement);
    listen(find(root, `[data-tool=${tool}]`, HTMLButtonElement), "click", () => input.click());
    listen(input, "change", () => {
      take(input.files?.[0]);
      input.value = ""; // so that choosing the same file again counts as a change
    });
  }
  const giver = scope ?? new EventTarget(); // nobody drops anything on the second one
  if (!scope) {
    for (const tool of root.querySelectorAll("[data-tool=open], [data-tool=photo]")) tool.remove();
    find(prompt, "span", HTMLElement).lastChild?.remove(); // it speaks of pictures
  }
  listen(giver, "paste", (event) => {
    const file = [...event.clipboardData.files][0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  listen(giver, "dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    stage.classList.add("over");
  });
  listen(giver, "dragleave", () => stage.classList.remove("over"));
  listen(giver, "drop", (event) => {
    stage.classList.remove("over");
    const file = [...event.dataTransfer.files][0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  });

  // ---- what others ask of it ----

  const canvas = document.createElement("canvas");

  function painted() {
    paint(canvas, strokes, size);
    return canvas;
  }

  const observer = new ResizeObserver(() => {
    fit();
    tell.resized();
  });

  return {
    isEmpty,
    /** Take the size that the page gives the sheet, and follow it. */
    start() {
      observer.observe(stage);
      fit();
      prompt.hidden = false;
      undoButton.disabled = clearButton.disabled = true;
    },
    /** The drawing or the picture, as it is now. */
    picture: () => (photo ? photo.blob : pngOf(painted())),
    drawing: painted,
    /** Where the drawing changed last; nowhere on a picture. */
    place: () => (photo ? null : last),
    forgetPlace() {
      last = null;
    },
    /** Show the whole of a picture, and tell where an answer's boxes lie.
     * @param {Answer | null} answer @returns {View}
     */
    view(answer) {
      const shown = photo && answer ? answer : size;
      if (photo && answer) drawing.setAttribute("viewBox", `0 0 ${answer.width} ${answer.height}`);
      const { clientWidth, clientHeight } = stage;
      return {
        scale: photo || !answer ? 1 : size.width / answer.width,
        unit: Math.max(shown.width / clientWidth, shown.height / clientHeight) || 1,
      };
    },
    close() {
      observer.disconnect();
      if (photo) URL.revokeObjectURL(photo.address);
    },
  };
}

/** Ask about something that keeps changing: at most one question is on its way. What changes
 * meanwhile is asked about next, as it is then; states in between are never asked about, so
 * nothing queues up. Whoever is busy is asked again when they say, and not before.
 *
 * @template T
 * @param {object} options
 * @param {(signal: AbortSignal) => Promise<T>} options.ask
 * @param {() => boolean} options.isEmpty there is nothing to ask about.
 * @param {(answer: T) => void} options.answered
 * @param {(error: unknown) => void} options.failed
 * @param {() => void} options.waiting the answer is long in coming.
 * @param {number} [options.pace] milliseconds from one question to the next, at least.
 * @param {number} [options.overdue] milliseconds after which an overtaken question is given up.
 * @param {number} [options.patience] milliseconds after which `waiting` is called.
 */
export function createQueue({
  ask,
  isEmpty,
  answered,
  failed,
  waiting,
  pace = PACE,
  overdue = OVERDUE,
  patience = SLOW,
}) {
  let version = 0;
  let isClosed = false;
  /** @type {{ controller: AbortController, since: number } | null} */
  let asking = null;

  async function next() {
    if (isClosed || isEmpty()) return;
    const about = version;
    const mine = { controller: new AbortController(), since: performance.now() };
    asking = mine;
    const { signal } = mine.controller;
    const slow = setTimeout(waiting, patience);
    let retry = 0;
    try {
      const answer = await ask(signal);
      if (!signal.aborted) answered(answer);
    } catch (error) {
      if (!signal.aborted) {
        failed(error);
        // Not all at once: a class that was turned away together would come back together.
        retry = 1000 * secondsToRetry(error) * (1 + Math.random() / 2);
      }
    } finally {
      clearTimeout(slow);
    }
    const rest = Math.max(mine.since + pace - performance.now(), retry);
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    asking = null;
    if (about !== version || retry) next();
  }

  return {
    /** There is something new to ask about. */
    changed() {
      version += 1;
      if (!asking) next();
      else if (performance.now() - asking.since > overdue) asking.controller.abort();
    },
    /** Want no answer to what is on its way. */
    drop: () => asking?.controller.abort(),
    close() {
      isClosed = true;
      asking?.controller.abort();
    },
  };
}

/** Show an answer: the text, what the network saw, its probabilities, a box around each digit.
 *
 * @param {HTMLElement} root
 * @param {(index: number) => void} choose a person wants to see the probabilities of this digit.
 */
function createReadout(root, choose) {
  const text = find(root, ".digit-pad-text", HTMLElement);
  const note = find(root, ".digit-pad-note", HTMLElement);
  const status = find(root, "[role=status]", HTMLElement);
  const seen = find(root, ".digit-pad-seen", HTMLElement);
  const title = find(root, ".digit-pad-bars-title", HTMLElement);
  const list = find(root, ".digit-pad-bars", HTMLElement);
  const boxes = find(root, ".digit-pad-boxes", SVGElement);
  let announcement = 0;

  const bars = Array.from({ length: 10 }, (_, digit) => {
    const [name, bar, share] = ["b", "i", "span"].map((tag) => document.createElement(tag));
    const row = document.createElement("li");
    name.textContent = String(digit);
    row.append(name, bar, share);
    list.append(row);
    return { row, bar, share };
  });

  /** @param {string} sentence */
  function announce(sentence) {
    // Screen readers get the state after a pause, not every state on the way.
    clearTimeout(announcement);
    announcement = Number(
      setTimeout(() => {
        status.textContent = sentence;
      }, 500),
    );
  }

  /** @param {string} sentence */
  function complain(sentence) {
    note.textContent = sentence;
    note.classList.add("warning");
    announce(sentence);
  }

  /** @param {Answer | null} answer @param {boolean} isEmpty */
  function showText(answer, isEmpty) {
    const digits = answer?.digits ?? [];
    text.classList.toggle("long", digits.length > 5);
    text.replaceChildren(
      ...digits.map((found) => {
        const span = document.createElement("span");
        span.textContent = String(found.digit);
        span.classList.toggle("unsure", !found.confident);
        return span;
      }),
    );
    const sentence = answer ? describe(digits) : isEmpty ? "" : "…";
    note.textContent = sentence;
    note.classList.toggle(
      "warning",
      digits.some((found) => !found.confident),
    );
    if (answer) announce(digits.length ? `${answer.text}. ${sentence}` : sentence);
  }

  /** @param {Digit[]} digits @param {number} chosen */
  function showSeen(digits, chosen) {
    root.classList.toggle("digit-pad-several", digits.length > 1);
    if (!digits.length) {
      const nothing = document.createElement("div");
      nothing.className = "digit-pad-nothing";
      seen.replaceChildren(nothing);
      return;
    }
    // Buttons are reused, so that the one in focus stays while the drawing goes on.
    while (seen.children.length > digits.length || seen.firstElementChild?.localName === "div") {
      seen.lastElementChild?.remove();
    }
    while (seen.children.length < digits.length) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(document.createElement("img"));
      const index = seen.children.length;
      button.addEventListener("click", () => choose(index));
      seen.append(button);
    }
    digits.forEach((found, index) => {
      const button = seen.children[index];
      button.setAttribute("aria-pressed", String(index === chosen));
      const image = find(button, "img", HTMLImageElement);
      image.src = `data:image/png;base64,${found.image}`;
      image.alt = `28 by 28 pixels, read as ${found.digit}`;
    });
  }

  /** @param {Digit[]} digits @param {number} chosen */
  function showBars(digits, chosen) {
    /** @type {Digit | undefined} */
    const found = digits[chosen];
    title.textContent =
      digits.length > 1
        ? `Probability of each digit, number ${chosen + 1} of ${digits.length}`
        : "Probability of each digit";
    list.classList.toggle("unsure", Boolean(found && !found.confident));
    bars.forEach(({ row, bar, share }, digit) => {
      const probability = found?.probabilities[digit] ?? 0;
      bar.style.setProperty("--share", String(probability));
      share.textContent = found ? percent(probability) : "";
      row.classList.toggle("best", digit === found?.digit);
    });
  }

  /** @param {Digit[]} digits @param {number} chosen @param {View} view */
  function showBoxes(digits, chosen, { scale, unit }) {
    // Labels have one size on the screen, whatever the size of the picture.
    boxes.replaceChildren(
      ...digits.map((found, index) => {
        const [x, y, width, height] = scaled(found.box, scale);
        const group = document.createElementNS(SVG, "g");
        group.classList.toggle("chosen", index === chosen);
        group.classList.toggle("unsure", !found.confident);
        const margin = 6 * unit;
        group.append(
          shape("rect", {
            x: x - margin,
            y: y - margin,
            width: width + 2 * margin,
            height: height + 2 * margin,
            rx: 6 * unit,
          }),
          shape(
            "text",
            {
              x: x - margin + 2 * unit,
              y: Math.max(17 * unit, y - margin - 5 * unit),
              "font-size": 16 * unit,
              "stroke-width": 4 * unit,
            },
            found.confident ? `${found.digit}` : `${found.digit}?`,
          ),
        );
        return group;
      }),
    );
  }

  return {
    announce,
    complain,
    showBoxes,
    /** @param {Answer | null} answer @param {number} chosen @param {View} view
     * @param {boolean} isEmpty nothing is drawn.
     */
    show(answer, chosen, view, isEmpty) {
      const digits = answer?.digits ?? [];
      showText(answer, isEmpty);
      showSeen(digits, chosen);
      showBars(digits, chosen);
      showBoxes(digits, chosen, view);
      root.dataset.text = answer?.text ?? "";
    },
    close: () => clearTimeout(announcement),
  };
}

/** Put into words how sure the network is of what it read.
 * @param {Digit[]} digits
 */
export function describe(digits) {
  if (!digits.length) return "No digit found.";
  const unsure = digits.filter((found) => !found.confident);
  if (!unsure.length) {
    return digits.length === 1
      ? `Sure: ${percent(digits[0].probability)}`
      : `${digits.length} digits, each read with confidence`;
  }
  if (digits.length > 1) return `Not sure about ${unsure.length} of ${digits.length} digits`;
  const shares = digits[0].probabilities;
  const likely = shares.map((_, digit) => digit).sort((a, b) => shares[b] - shares[a]);
  const named = likely.filter((digit, rank) => rank < 3 && shares[digit] >= UNDECIDED);
  return named.length > 1
    ? `Not sure: ${named.join(" or ")}? It may be no digit at all.`
    : "Not sure: it may be no digit at all.";
}

/** Rounding must not turn nearly sure into certain.
 * @param {number} share
 */
const percent = (share) => (share > 0.999 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`);

/** @param {number[]} box @param {number} scale */
const scaled = (box, scale) => box.map((side) => side * scale);

/** @param {Point} point @param {number[]} box */
const isInside = ([left, top], [x, y, width, height]) =>
  left >= x && left <= x + width && top >= y && top <= y + height;

/** Return the element of this kind that a selector names.
 * @template {Element} T
 * @param {Element} root
 * @param {string} selector
 * @param {new () => T} kind
 * @returns {T}
 */
function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The pad has no ${selector}.`);
  return found;
}

/** Return an SVG element with attributes, and text in it.
 * @param {string} name
 * @param {Record<string, number>} attributes
 * @param {string} [text]
 */
function shape(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** Return a smooth path through points: each corner is rounded towards the middles beside it.
 * @param {Point[]} points
 */
export function outline(points) {
  /** @param {Point} point */
  const text = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  if (points.length === 1) return `M ${text(points[0])} l 0.01 0`;
  const parts = [`M ${text(points[0])}`];
  for (let i = 1; i < points.length - 1; i += 1) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    parts.push(`Q ${text([x, y])} ${text([(x + nextX) / 2, (y + nextY) / 2])}`);
  }
  parts.push(`L ${text(points[points.length - 1])}`);
  return parts.join(" ");
}

/** Paint a drawing as the network gets it: ink on white, whatever the theme.
 * @param {HTMLCanvasElement} canvas
 * @param {Pick<Stroke, "points" | "width">[]} strokes
 * @param {Size} size of the drawing, in its own units
 */
export function paint(canvas, strokes, size) {
  const scale = DRAWN_SIDE / Math.max(size.width, size.height);
  canvas.width = Math.round(size.width * scale);
  canvas.height = Math.round(size.height * scale);
  const context = contextOf(canvas, { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(scale, scale);
  context.strokeStyle = "#000";
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) {
    context.lineWidth = stroke.width;
    context.stroke(new Path2D(outline(stroke.points)));
  }
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2DSettings} [settings] */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  return context;
}

/** Return a drawing as a file. At once: toBlob would wait until the browser is idle, which it is not
 * while somebody draws.
 * @param {HTMLCanvasElement} canvas
 */
function pngOf(canvas) {
  const text = atob(canvas.toDataURL("image/png").split(",")[1]);
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}

/** @param {HTMLCanvasElement} canvas @param {string} type @param {number} [quality]
 * @returns {Promise<Blob>}
 */
function encoded(canvas, type, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("The picture cannot be encoded."))),
      type,
      quality,
    );
  });
}

/** Return what can be sent: the file itself, or a smaller copy of it where the browser can make one.
 * @param {File} file
 * @returns {Promise<Blob>}
 * @throws {Error} a sentence: it is too large, and the browser can't make it smaller.
 */
export async function sendable(file) {
  const start = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  const isSmall = file.size <= LARGEST_FILE;
  if (isSmall && READ_BY_SERVICE.test(String.fromCharCode(...start))) return file;
  try {
    return await reencoded(await createImageBitmap(file));
  } catch {
    if (isSmall) return file; // the service says what is wrong with it
    const limit = LARGEST_FILE / 2 ** 20;
    throw new Error(`The picture is larger than ${limit} MiB: send a smaller one.`);
  }
}

/** Return a picture as JPEG, or as PNG if one can see through it: what is behind it, the service
 * chooses so that the drawing stands out.
 * @param {ImageBitmap} bitmap
 * @returns {Promise<Blob>}
 */
async function reencoded(bitmap) {
  const canvas = document.createElement("canvas");
  /** @param {number} longest */
  const draw = (longest) => {
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = contextOf(canvas, { willReadFrequently: longest < 100 });
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return context;
  };
  try {
    const { data } = draw(64).getImageData(0, 0, canvas.width, canvas.height);
    const isSolid = data.every((value, place) => place % 4 !== 3 || value === 255);
    for (let longest = LONGEST_SIDE; ; longest /= 2) {
      draw(longest);
      const blob = await (isSolid
        ? encoded(canvas, "image/jpeg", 0.92)
        : encoded(canvas, "image/png"));
      if (blob.size <= LARGEST_FILE) return blob;
    }
  } finally {
    bitmap.close();
  }
}

/** @param {unknown} error */
const sentence = (error) => (error instanceof Error ? error.message : String(error));

/** Return after how many seconds to ask again; 0: not at all.
 * @param {unknown} error
 */
function secondsToRetry(error) {
  const seconds = error instanceof Error && "retryAfter" in error ? Number(error.retryAfter) : 0;
  return seconds > 0 ? Math.min(seconds, LONGEST_RETRY) : 0;
}

// ---- Jupyter ----

/** What anywidget hands over of the widget in the kernel.
 * @typedef {object} Model
 * @property {(type: string, handler: (message: any) => void) => void} on
 * @property {(type: string, handler: (message: any) => void) => void} off
 * @property {(content: object, callbacks: undefined, buffers: ArrayBuffer[]) => void} send
 */

/** Ask the kernel: a picture goes out with a number, and the answer comes back with the same.
 * @param {Model} model
 * @returns {Predict}
 */
function askKernel(model) {
  let number = 0;
  const view = Math.random().toString(36).slice(2); // one widget may be shown several times
  return async (picture, signal) => {
    number += 1;
    const mine = `${view}-${number}`;
    const bytes = await picture.arrayBuffer();
    return new Promise((resolve, reject) => {
      /** @param {() => void} settle */
      const finish = (settle) => {
        model.off("msg:custom", receive);
        settle();
      };
      /** @param {{ number: string, error?: string, answer: Answer }} message */
      const receive = (message) => {
        if (message.number !== mine) return;
        finish(() => (message.error ? reject(new Error(message.error)) : resolve(message.answer)));
      };
      const giveUp = () => finish(() => reject(new Error("overtaken")));
      signal.addEventListener("abort", giveUp, { once: true });
      model.on("msg:custom", receive);
      model.send({ number: mine }, undefined, [bytes]);
    });
  };
}

export default {
  /** @param {{ model: Model, el: HTMLElement }} context */
  render({ model, el }) {
    el.classList.add("digit-pad-host-notebook");
    const pad = createPad(el, { predict: askKernel(model) });
    return () => pad.destroy();
  },
};
