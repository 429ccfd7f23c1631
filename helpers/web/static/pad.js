// The drawing pad: draw with mouse, pen, finger or keys, or give it a picture, and see what the
// network reads. One module for two hosts: the web page imports createPad, and Jupyter (through
// anywidget) calls the default export's render. It loads nothing and knows no address; a host
// hands in predict(picture, signal), which takes a Blob and promises the service's answer.

const SVG = "http://www.w3.org/2000/svg";
const PACE = 30; // milliseconds between two questions, so that drawing keeps the machine's time
const OVERDUE = 1000; // milliseconds after which a question that was overtaken is given up
const LARGEST_FILE = 10 * 2 ** 20; // bytes; what is larger is made smaller here before it is sent
const LONGEST_SIDE = 4000; // pixels of a picture that was made smaller
const SENT_AS_IT_IS = /^image\/(png|jpeg|webp|gif|bmp|tiff)$/;
const DRAWN_SIDE = 400; // pixels of a drawing's longer side as the network gets it: plenty for 28 × 28
const SLOW = 2000; // milliseconds without an answer after which the pad says that it waits
const UNDECIDED = 0.1; // further readings from this probability on are named when it is unsure

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

// Rounding must not turn nearly sure into certain.
const percent = (share) => (share > 0.999 ? "> 99.9 %" : `${(100 * share).toFixed(1)} %`);

/** Build a pad inside `element`.
 *
 * predict(picture, signal): asks the network about a Blob; rejects with a sentence for people.
 * scope: where pasted pictures are taken from, and pictures that are dropped beside the pad;
 *   the page gives its document, a notebook leaves it at the pad.
 * Returns {destroy}.
 */
export function createPad(element, { predict, scope = element }) {
  const root = document.createElement("div");
  root.className = "digit-pad";
  root.innerHTML = MARKUP;
  // JupyterLab's keyboard shortcuts would otherwise take the arrow keys.
  root.dataset.lmSuppressShortcuts = "true";
  element.replaceChildren(root);

  const find = (selector) => root.querySelector(selector);
  const stage = find(".digit-pad-stage");
  const drawing = stage.querySelector("svg");
  const preview = stage.querySelector("img");
  const status = find("[role=status]");
  const slider = find("input[type=range]");
  const off = new AbortController(); // removes every listener at once
  const listen = (target, type, handler, options = {}) =>
    target.addEventListener(type, handler, { ...options, signal: off.signal });

  let strokes = []; // {path, points, width}, in the order they were drawn
  let removed = null; // what Clear took away, until something else is drawn: Undo brings it back
  let photo = null; // {blob, name, address}: a picture instead of a drawing
  let size = { width: 0, height: 0 }; // of the drawing, in its own units
  let pen = { x: 0, y: 0, stroke: null }; // moved by the arrow keys
  let finger = null; // {id, stroke}: the pointer that draws
  let last = null; // where the drawing changed last: [x, y]
  let answer = null;
  let chosen = 0; // the digit whose probabilities are shown

  // ---- drawing ----

  function fit() {
    // A drawing keeps its units while the window changes; an empty one takes the new shape.
    if (photo || strokes.length) return;
    const { clientWidth: width, clientHeight: height } = stage;
    if (!width || !height) return;
    size = { width, height };
    pen.x = Math.min(pen.x || width / 2, width);
    pen.y = Math.min(pen.y || height / 2, height);
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    showPen();
  }

  function place(events) {
    const matrix = drawing.getScreenCTM().inverse();
    return events.map(({ clientX, clientY }) => {
      const point = new DOMPoint(clientX, clientY).matrixTransform(matrix);
      return [point.x, point.y];
    });
  }

  function begin(point) {
    if (photo) leavePhoto();
    const path = document.createElementNS(SVG, "path");
    const stroke = { path, points: [point], width: Number(slider.value) };
    path.setAttribute("stroke-width", stroke.width);
    find(".digit-pad-strokes").append(path);
    strokes.push(stroke);
    removed = null;
    extend(stroke, []);
    return stroke;
  }

  function extend(stroke, points) {
    stroke.points.push(...points);
    stroke.path.setAttribute("d", outline(stroke.points));
    last = stroke.points.at(-1);
    changed();
  }

  listen(stage, "pointerdown", (event) => {
    if (finger || event.button !== 0) return;
    event.preventDefault();
    stage.focus({ preventScroll: true });
    stage.classList.remove("keys");
    stage.setPointerCapture(event.pointerId);
    liftPen();
    finger = { id: event.pointerId, stroke: begin(place([event])[0]) };
  });
  listen(stage, "pointermove", (event) => {
    if (event.pointerId !== finger?.id) return;
    // Browsers bundle the moves of a frame; the ones in between make the line smooth.
    const moves = event.getCoalescedEvents?.() ?? [];
    extend(finger.stroke, place(moves.length ? moves : [event]));
  });
  for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) {
    listen(stage, type, (event) => {
      if (event.pointerId === finger?.id) finger = null;
    });
  }

  // ---- drawing by keys ----

  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  function showPen() {
    const mark = find(".digit-pad-pen");
    mark.setAttribute("cx", pen.x);
    mark.setAttribute("cy", pen.y);
    mark.classList.toggle("down", Boolean(pen.stroke));
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
      if (pen.stroke) pen.stroke = null;
      else pen.stroke = begin([pen.x, pen.y]);
      announce(pen.stroke ? "Pen down" : "Pen up");
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
      find(".digit-pad-strokes").replaceChildren(...strokes.map((stroke) => stroke.path));
      removed = null;
    } else strokes.pop()?.path.remove();
    finger = null;
    liftPen();
    last = strokes.at(-1)?.points.at(-1) ?? null;
    restart();
  }

  function clear() {
    if (photo) leavePhoto();
    if (strokes.length) removed = strokes;
    strokes = [];
    find(".digit-pad-strokes").replaceChildren();
    finger = null;
    liftPen();
    last = null;
    restart();
    announce("The pad is empty");
  }

  const [chooser, camera] = root.querySelectorAll("input[type=file]");
  const tools = { undo, clear, open: () => chooser.click(), photo: () => camera.click() };
  for (const button of root.querySelectorAll("[data-tool]")) {
    listen(button, "click", tools[button.dataset.tool]);
  }
  listen(slider, "input", () =>
    find(".digit-pad-width circle").setAttribute("r", Number(slider.value) / 2));

  // ---- pictures instead of a drawing ----

  async function take(file) {
    const isPicture = file && (file.type.startsWith("image/") || /\.(heic|heif|tiff?)$/i.test(file.name));
    if (!isPicture) {
      if (file) complain(`${file.name || "This"} is not a picture.`);
      return;
    }
    if (photo) URL.revokeObjectURL(photo.address);
    const mine = (photo = { blob: file, name: file.name, address: URL.createObjectURL(file) });
    restart(false);
    preview.src = photo.address;
    preview.alt = `The picture ${file.name || "you pasted"}`;
    preview.hidden = false;
    preview.onerror = () => { preview.hidden = true; };
    find(".digit-pad-strokes").setAttribute("visibility", "hidden");
    mine.blob = await sendable(file);
    if (photo === mine) changed();
  }

  function leavePhoto() {
    URL.revokeObjectURL(photo.address);
    photo = null;
    preview.hidden = true;
    preview.removeAttribute("src");
    find(".digit-pad-strokes").removeAttribute("visibility");
    if (size.width) drawing.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
    fit();
    restart();
  }

  for (const input of [chooser, camera]) {
    listen(input, "change", () => {
      take(input.files[0]);
      input.value = ""; // so that choosing the same file again counts as a change
    });
  }
  listen(scope, "paste", (event) => {
    const file = [...event.clipboardData.files][0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
  listen(scope, "dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    stage.classList.add("over");
  });
  listen(scope, "dragleave", () => stage.classList.remove("over"));
  listen(scope, "drop", (event) => {
    stage.classList.remove("over");
    const file = [...event.dataTransfer.files][0];
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  });

  // ---- asking ----
  // At most one question is on its way. What changes meanwhile is asked about next, as it is
  // then: states in between are never asked about, so nothing queues up.

  let version = 0;
  let asking = null; // {version, controller, since}

  function changed() {
    version += 1;
    find(".digit-pad-prompt").hidden = Boolean(photo || strokes.length);
    find("[data-tool=undo]").disabled = !(photo || strokes.length || removed);
    find("[data-tool=clear]").disabled = !(photo || strokes.length);
    if (!asking) ask();
    else if (performance.now() - asking.since > OVERDUE) asking.controller.abort();
  }

  function restart(andAsk = true) {
    // What is under way is about something that is gone.
    asking?.controller.abort();
    answer = null;
    show();
    if (andAsk) changed();
  }

  async function ask() {
    if (!photo && !strokes.length) return;
    const mine = (asking = { version, controller: new AbortController(), since: performance.now() });
    const { signal } = mine.controller;
    const slow = setTimeout(() => complain("Waiting for an answer …"), SLOW);
    try {
      const picture = photo ? photo.blob : await snapshot();
      if (!signal.aborted) {
        const reading = await predict(picture, signal);
        if (!signal.aborted) {
          answer = reading;
          show();
        }
      }
    } catch (error) {
      if (!signal.aborted) {
        answer = null;
        show();
        complain(error.message);
      }
    } finally {
      clearTimeout(slow);
    }
    const rest = mine.since + PACE - performance.now();
    if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    asking = null;
    if (mine.version !== version && !off.signal.aborted) ask();
  }

  const sheet = document.createElement("canvas");

  function snapshot() {
    // Ink on white, whatever the theme.
    const scale = DRAWN_SIDE / Math.max(size.width, size.height);
    sheet.width = Math.round(size.width * scale);
    sheet.height = Math.round(size.height * scale);
    const context = sheet.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff";
    context.fillRect(0, 0, sheet.width, sheet.height);
    context.scale(scale, scale);
    context.strokeStyle = "#000";
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.lineWidth = stroke.width;
      context.stroke(new Path2D(outline(stroke.points)));
    }
    return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  }

  // ---- showing ----

  const bars = Array.from({ length: 10 }, (_, digit) => {
    const row = document.createElement("li");
    row.innerHTML = `<b></b><i></i><span></span>`;
    row.firstChild.textContent = digit;
    find(".digit-pad-bars").append(row);
    return row;
  });

  function show() {
    const digits = answer?.digits ?? [];
    chosen = choose(digits);
    showText(digits);
    showSeen(digits);
    showBars(digits[chosen]);
    showBoxes(digits);
    root.dataset.text = answer?.text ?? "";
  }

  /** A box in the units that are shown: the picture's own, or the drawing's. */
  function placed(box) {
    const scale = photo ? 1 : size.width / answer.width;
    return box.map((side) => side * scale);
  }

  function choose(digits) {
    // While drawing, the digit that is being drawn; on a picture, the first.
    const inside = ({ box }) => {
      if (!last || photo) return false;
      const [x, y, width, height] = placed(box);
      return last[0] >= x && last[0] <= x + width && last[1] >= y && last[1] <= y + height;
    };
    const drawn = digits.findIndex(inside);
    return drawn >= 0 ? drawn : Math.min(chosen, Math.max(0, digits.length - 1));
  }

  function showText(digits) {
    const text = find(".digit-pad-text");
    text.classList.toggle("long", digits.length > 5);
    text.replaceChildren(...digits.map((found) => {
      const span = document.createElement("span");
      span.textContent = found.digit;
      span.classList.toggle("unsure", !found.confident);
      return span;
    }));
    const sentence = describe(digits);
    const note = find(".digit-pad-note");
    note.textContent = sentence;
    note.classList.toggle("warning", digits.some((found) => !found.confident));
    if (answer) announce(digits.length ? `${answer.text}. ${sentence}` : sentence);
  }

  function describe(digits) {
    if (!answer) return photo || strokes.length ? "…" : "";
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

  function showSeen(digits) {
    const seen = find(".digit-pad-seen");
    root.classList.toggle("digit-pad-several", digits.length > 1);
    if (!digits.length) {
      const nothing = document.createElement("div");
      nothing.className = "digit-pad-nothing";
      seen.replaceChildren(nothing);
      return;
    }
    // Buttons are reused, so that the one in focus stays while the drawing goes on.
    while (seen.children.length > digits.length || seen.firstChild?.localName === "div") seen.lastChild.remove();
    while (seen.children.length < digits.length) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(document.createElement("img"));
      const index = seen.children.length;
      button.addEventListener("click", () => { last = null; chosen = index; show(); });
      seen.append(button);
    }
    digits.forEach((found, index) => {
      const button = seen.children[index];
      button.setAttribute("aria-pressed", index === chosen);
      const image = button.firstChild;
      image.src = `data:image/png;base64,${found.image}`;
      image.alt = `28 by 28 pixels, read as ${found.digit}`;
    });
  }

  function showBars(found) {
    const title = find(".digit-pad-bars-title");
    title.textContent = answer?.digits.length > 1
      ? `Probability of each digit, number ${chosen + 1} of ${answer.digits.length}`
      : "Probability of each digit";
    find(".digit-pad-bars").classList.toggle("unsure", Boolean(found && !found.confident));
    bars.forEach((row, digit) => {
      const share = found?.probabilities[digit] ?? 0;
      row.children[1].style.setProperty("--share", share);
      row.children[2].textContent = found ? percent(share) : "";
      row.classList.toggle("best", Boolean(found) && digit === found.digit);
    });
  }

  function showBoxes(digits) {
    if (photo && answer) drawing.setAttribute("viewBox", `0 0 ${answer.width} ${answer.height}`);
    const shown = photo && answer ? answer : size;
    // Labels have one size on the screen, whatever the size of the picture.
    const unit = Math.max(shown.width / stage.clientWidth, shown.height / stage.clientHeight) || 1;
    find(".digit-pad-boxes").replaceChildren(...digits.map((found, index) => {
      const [x, y, width, height] = placed(found.box);
      const group = document.createElementNS(SVG, "g");
      group.classList.toggle("chosen", index === chosen);
      group.classList.toggle("unsure", !found.confident);
      const margin = 6 * unit;
      group.append(
        shape("rect", {
          x: x - margin, y: y - margin, width: width + 2 * margin, height: height + 2 * margin, rx: 6 * unit,
        }),
        shape("text", {
          x: x - margin + 2 * unit, y: Math.max(17 * unit, y - margin - 5 * unit),
          "font-size": 16 * unit, "stroke-width": 4 * unit,
        }, found.confident ? `${found.digit}` : `${found.digit}?`),
      );
      return group;
    }));
  }

  function complain(sentence) {
    const note = find(".digit-pad-note");
    note.textContent = sentence;
    note.classList.add("warning");
    announce(sentence);
  }

  let announcement = 0;

  function announce(sentence) {
    // Screen readers get the state after a pause, not every state on the way.
    clearTimeout(announcement);
    announcement = setTimeout(() => { status.textContent = sentence; }, 500);
  }

  const observer = new ResizeObserver(() => {
    fit();
    if (answer) showBoxes(answer.digits);
  });
  observer.observe(stage);
  fit();
  show();
  changed();

  return {
    destroy() {
      off.abort();
      asking?.controller.abort();
      observer.disconnect();
      clearTimeout(announcement);
      if (photo) URL.revokeObjectURL(photo.address);
      root.remove();
    },
  };
}

/** Return an SVG element with attributes, and text in it. */
function shape(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** Return a smooth path through points: each corner is rounded towards the middles beside it. */
function outline(points) {
  const text = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  if (points.length === 1) return `M ${text(points[0])} l 0.01 0`;
  const parts = [`M ${text(points[0])}`];
  for (let i = 1; i < points.length - 1; i += 1) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    parts.push(`Q ${text([x, y])} ${text([(x + nextX) / 2, (y + nextY) / 2])}`);
  }
  parts.push(`L ${text(points.at(-1))}`);
  return parts.join(" ");
}

/** Return what the service takes: the file itself, or a smaller JPEG of it where the browser can. */
async function sendable(file) {
  if (file.size <= LARGEST_FILE && SENT_AS_IT_IS.test(file.type)) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
  } catch {
    return file; // the service says what is wrong with it
  }
}

// ---- Jupyter ----

/** Ask the kernel: a picture goes out with a number, and the answer comes back with the same. */
function askKernel(model) {
  let number = 0;
  const view = Math.random().toString(36).slice(2); // one widget may be shown several times
  return async (picture, signal) => {
    const mine = `${view}-${(number += 1)}`;
    const bytes = await picture.arrayBuffer();
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        model.off("msg:custom", receive);
        settle(value);
      };
      const receive = (message) => {
        if (message.number !== mine) return;
        if (message.error) finish(reject, new Error(message.error));
        else finish(resolve, message.answer);
      };
      signal.addEventListener("abort", () => finish(reject, new Error("overtaken")), { once: true });
      model.on("msg:custom", receive);
      model.send({ number: mine }, undefined, [bytes]);
    });
  };
}

export default {
  render({ model, el }) {
    el.classList.add("digit-pad-host-notebook");
    const pad = createPad(el, { predict: askKernel(model) });
    return () => pad.destroy();
  },
};
