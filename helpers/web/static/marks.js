// @ts-check
// Marks in the browser: the pieces of ink of a drawing that hang together, in lines of text. A
// drawing on the pad is black on white, so that of helpers/pictures no more is needed than what
// marks.py does with ink: no shadow, no ruled line, no frame.

import { partOf, strokeWidth } from "./mnist_form.js";

/** @typedef {import("./mnist_form.js").Grey} Grey */
/** @typedef {import("./mnist_form.js").Box} Box */
/** A piece of ink that hangs together; `cut` is the ink that the cut on its left crosses, in
 * heights of the line, 0 for the first piece of a mark that was cut.
 * @typedef {{ label: number, box: Box, area: number, cut?: number }} Mark
 */
/** A drawing's ink, each mark stretched to its full contrast, and its place in the drawing; the
 * number of the mark that each pixel belongs to, 0 for none; the marks in lines; and the usual width
 * of a stroke.
 * @typedef {{ ink: Grey, place: Box, labels: Int32Array, lines: Mark[][], stroke: number }} Page
 */

const FAINTEST = 0.07 * 255; // what counts as ink
const SHARE_OF_MARK = 0.22; // of a mark's own contrast, from which on its pixels are ink
const HAIRLINE_SHARE = 0.025; // of the longest mark; thinner strokes are easily broken
const SMALLEST_DIGIT = 0.0125; // of the drawing's longer side
const SPECK = 0.12; // of the longest mark
const BLUR = 0.8; // sigma, in pixels, on a drawing of more than
const BLURRED_SIDE = 300;
const MARGIN = 4; // pixels: what the blur reaches, and one more

/** Find the marks of a drawing.
 * @param {Grey} drawing ink bright on black.
 * @returns {Page} of the part that was drawn on: most of a drawing is empty.
 */
export function findPage(drawing) {
  const place = inkBox(drawing);
  const { values, width, height } = partOf(drawing, place);
  const contrast =
    Math.min(drawing.width, drawing.height) > BLURRED_SIDE
      ? blurred(values, width, height)
      : new Float32Array(values);
  const inked = new Uint8Array(values.length); // Uint8Array.from would take ten times as long
  for (let i = 0; i < inked.length; i += 1) inked[i] = Number(contrast[i] > FAINTEST);
  const rough = components(inked, width);
  const peaks = peaksOf(contrast, rough.labels, rough.marks.length);
  const ink = { values: new Uint8Array(values.length), width, height };
  const own = new Uint8Array(values.length);
  for (let i = 0; i < inked.length; i += 1) {
    if (!inked[i]) continue;
    const share = contrast[i] / peaks[rough.labels[i]];
    ink.values[i] = 255 * Math.min(1, share);
    own[i] = Number(share > SHARE_OF_MARK);
  }
  const { labels, marks } = components(own, width);
  const least = Math.max(8, SMALLEST_DIGIT * Math.max(drawing.width, drawing.height));
  const found = withoutSpecks(marks, least);
  const stroke = strokeWidth(ink);
  const page = { ink, place, labels, lines: linesOfText(found), stroke };
  const joined = joinNearMarks(page, 1.5 * stroke, true);
  const longest = Math.max(0, ...found.map(({ box }) => longer(box)));
  return stroke < HAIRLINE_SHARE * longest ? joinNearMarks(joined, 6 * stroke) : joined;
}

/** Return the box of all ink, with so much paper around it that a blur ends in it.
 * @param {Grey} drawing @returns {Box}
 */
function inkBox({ values, width, height }) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!values[y * width + x]) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (!bottom) return { x: 0, y: 0, width: 0, height: 0 };
  const [x, y] = [Math.max(left - MARGIN, 0), Math.max(top - MARGIN, 0)];
  return {
    x,
    y,
    width: Math.min(right + MARGIN, width) - x,
    height: Math.min(bottom + MARGIN, height) - y,
  };
}

/** Return a drawing blurred by a Gaussian of seven pixels, the border mirrored.
 * @param {Uint8Array} values @param {number} width @param {number} height
 */
function blurred(values, width, height) {
  const raw = [-3, -2, -1, 0, 1, 2, 3].map((d) => Math.exp(-(d * d) / (2 * BLUR * BLUR)));
  const sum = raw.reduce((total, weight) => total + weight, 0);
  const weights = Float64Array.from(raw, (weight) => weight / sum);
  const across = neighbours(width);
  const down = neighbours(height);
  const rows = new Float32Array(values.length);
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let mix = 0;
      for (let i = 0; i < 7; i += 1) mix += weights[i] * values[y * width + across[7 * x + i]];
      rows[y * width + x] = mix;
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let mix = 0;
      for (let i = 0; i < 7; i += 1) mix += weights[i] * rows[down[7 * y + i] * width + x];
      result[y * width + x] = mix;
    }
  }
  return result;
}

/** Return the seven places around each of a row's, itself in the middle, mirrored at both ends.
 * @param {number} length
 */
function neighbours(length) {
  return Int32Array.from({ length: 7 * length }, (_, place) => {
    const inside = Math.abs(Math.floor(place / 7) + (place % 7) - 3);
    return Math.max(0, length - 1 - Math.abs(length - 1 - inside));
  });
}

/** Number the pieces of a mask that hang together, corners included.
 * @param {ArrayLike<number>} mask @param {number} width
 * @returns {{ labels: Int32Array, marks: Mark[] }}
 */
export function components(mask, width) {
  const labels = new Int32Array(mask.length);
  /** @type {Mark[]} */
  const marks = [];
  const waiting = [];
  for (let start = 0; start < mask.length; start += 1) {
    if (!mask[start] || labels[start]) continue;
    const label = marks.length + 1;
    let [left, top, right, bottom, area] = [width, mask.length, 0, 0, 0];
    labels[start] = label;
    waiting.push(start);
    while (waiting.length) {
      const place = /** @type {number} */ (waiting.pop());
      const x = place % width;
      const y = (place - x) / width;
      area += 1;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
      for (let row = place - width; row <= place + width; row += width) {
        for (let near = row - Number(x > 0); near <= row + Number(x < width - 1); near += 1) {
          if (mask[near] && !labels[near]) {
            labels[near] = label;
            waiting.push(near);
          }
        }
      }
    }
    const box = { x: left, y: top, width: right - left, height: bottom - top };
    marks.push({ label, box, area });
  }
  return { labels, marks };
}

/** Return the full contrast of each mark: nine tenths of its pixels are fainter.
 * @param {Float32Array} contrast @param {Int32Array} labels @param {number} count
 */
function peaksOf(contrast, labels, count) {
  /** @type {number[][]} */
  const own = Array.from({ length: count + 1 }, () => []);
  labels.forEach((label, place) => {
    if (label) own[label].push(contrast[place]);
  });
  return own.map((values) => percentile(values, 90));
}

/** @param {number[]} values @param {number} share in percent */
export function percentile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = ((sorted.length - 1) * share) / 100;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** Drop what is too small beside the largest mark; everything if that is smaller than `least`.
 * @param {Mark[]} marks @param {number} [least]
 */
function withoutSpecks(marks, least = 0) {
  const longest = Math.max(0, ...marks.map(({ box }) => longer(box)));
  return longest < least ? [] : marks.filter(({ box }) => longer(box) >= SPECK * longest);
}

/** Sort marks into lines, top line first, each from left to right; a line may climb or fall.
 * @param {Mark[]} marks
 */
function linesOfText(marks) {
  if (!marks.length) return [];
  const tall = percentile(heights(marks), 75);
  /** @type {Mark[][]} */
  const lines = [];
  for (const mark of marks.filter(({ box }) => box.height >= 0.45 * tall).sort(byColumn)) {
    /** @type {Mark[] | null} */
    let best = null;
    let most = 0.4;
    for (const line of lines) {
      const last = line[line.length - 1].box;
      const share = overlap(mark.box, last).rows / Math.min(mark.box.height, last.height);
      if (share > most) [best, most] = [line, share];
    }
    if (best) best.push(mark);
    else lines.push([mark]);
  }
  for (const mark of marks.filter(({ box }) => box.height < 0.45 * tall)) {
    const gaps = lines.map((line) => Math.min(...line.map(({ box }) => gap(mark.box, box))));
    lines[gaps.indexOf(Math.min(...gaps))].push(mark);
  }
  for (const line of lines) line.sort(byColumn);
  /** @param {Mark[]} line */
  const middle = (line) =>
    line.reduce((sum, { box }) => sum + box.y + box.height / 2, 0) / line.length;
  return lines.sort((one, other) => middle(one) - middle(other));
}

/** Join marks closer than `reach` pixels into one, and sort lines anew.
 * @param {Page} page @param {number} reach
 * @param {boolean} [stacked] join only marks one above the other.
 * @returns {Page}
 */
export function joinNearMarks(page, reach, stacked = false) {
  const marks = page.lines.flat();
  /** @type {Mark[][]} */
  let groups = [];
  for (const mark of marks) {
    /** @param {Mark[]} group */
    const isNear = (group) =>
      group.some(({ box }) => gap(mark.box, box) <= reach && (!stacked || isAbove(mark.box, box)));
    const near = groups.filter(isNear);
    groups = [...groups.filter((group) => !near.includes(group)), [...near.flat(), mark]];
  }
  if (groups.length === marks.length) return page;
  const labels = page.labels.slice();
  const joined = groups.map((group) => {
    const { label } = group[0];
    const others = new Set(group.slice(1).map((mark) => mark.label));
    if (others.size) {
      labels.forEach((old, place) => {
        if (others.has(old)) labels[place] = label;
      });
    }
    const area = group.reduce((sum, mark) => sum + mark.area, 0);
    return { label, box: union(group), area };
  });
  return { ...page, labels, lines: linesOfText(withoutSpecks(joined)) };
}

// ---- boxes ----

/** @param {Mark[]} marks @returns {Box} */
export function union(marks) {
  const x = Math.min(...marks.map(({ box }) => box.x));
  const y = Math.min(...marks.map(({ box }) => box.y));
  const right = Math.max(...marks.map(({ box }) => box.x + box.width));
  const bottom = Math.max(...marks.map(({ box }) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** How many columns and rows two boxes share; negative where a gap parts them.
 * @param {Box} one @param {Box} other
 */
function overlap(one, other) {
  return {
    columns: Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x),
    rows: Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y),
  };
}

/** @param {Box} one @param {Box} other */
function gap(one, other) {
  const { columns, rows } = overlap(one, other);
  return Math.hypot(Math.max(-columns, 0), Math.max(-rows, 0));
}

/** @param {Box} one @param {Box} other */
function isAbove(one, other) {
  const { columns, rows } = overlap(one, other);
  const narrower = Math.min(one.width, other.width);
  return columns > 0.5 * narrower && rows <= 0.35 * Math.min(one.height, other.height);
}

/** @param {Box} box */
export const longer = ({ width, height }) => Math.max(width, height);

/** @param {Mark[]} marks */
export const heights = (marks) => marks.map(({ box }) => box.height);

/** @param {Mark} one @param {Mark} other */
const byColumn = (one, other) =>
  one.box.x + one.box.width / 2 - (other.box.x + other.box.width / 2);
