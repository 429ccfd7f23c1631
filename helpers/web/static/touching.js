// @ts-check
// Digits that touch, cut in the browser where little ink joins them: helpers/pictures/touching.py
// in JavaScript, which says where the numbers come from.

import { components, heights, percentile } from "./marks.js";

/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Page} Page */
/** A path from top to bottom: for each row the first column right of it, the ink that it crosses in
 * heights of the line, and the ink left of it.
 * @typedef {{ columns: number[], crossed: number, left: number }} Cut
 */
/** @typedef {{ values: Float32Array, width: number, height: number }} Share */

const CUTTING_HEIGHT = 120;
const NARROWEST = 0.2;
const MOST_INK = 0.45;
const SIDESTEP = 0.15;
const LEAST_PIECE = 0.02;
const WIDE = 0.6; // heights from which on a mark may be two digits

/** Cut the marks of a line that are wide enough for two digits.
 * @param {Page} page @param {Mark[]} line
 * @returns {{ page: Page, pieces: Mark[] }}
 */
export function cutWideMarks(page, line) {
  const height = percentile(heights(line), 80);
  const labels = page.labels.slice();
  const { width } = page.ink;
  let label = labels.reduce((most, value) => Math.max(most, value), 0);
  /** @type {Mark[]} */
  const pieces = [];
  for (const mark of line) {
    const { box } = mark;
    const own = new Uint8Array(box.width * box.height);
    for (let place = 0; place < own.length; place += 1) {
      const [x, y] = [place % box.width, Math.floor(place / box.width)];
      own[place] = Number(page.labels[(box.y + y) * width + box.x + x] === mark.label);
    }
    const cuts = box.width > WIDE * box.height ? findCuts(own, box.width, box.height, height) : [];
    const first = pieces.length;
    for (let position = 0; cuts.length && position <= cuts.length; position += 1) {
      // How many cuts lie left of a pixel says which piece it belongs to.
      const part = own.map((isInk, place) => {
        const [x, y] = [place % box.width, Math.floor(place / box.width)];
        const number = cuts.filter(({ columns }) => x >= columns[y]).length;
        return Number(isInk && number === position);
      });
      const found = components(part, box.width).marks;
      if (!found.length) continue; // two cuts that run together
      label += 1;
      part.forEach((isInk, place) => {
        const [x, y] = [place % box.width, Math.floor(place / box.width)];
        if (isInk) labels[(box.y + y) * width + box.x + x] = label;
      });
      const cut = position && pieces.length > first ? cuts[position - 1].crossed : 0;
      const [x, y] = [edge(found, "x", Math.min), edge(found, "y", Math.min)];
      const right = Math.max(...found.map((piece) => piece.box.x + piece.box.width));
      const bottom = Math.max(...found.map((piece) => piece.box.y + piece.box.height));
      const placed = { x: box.x + x, y: box.y + y, width: right - x, height: bottom - y };
      pieces.push({ label, box: placed, area: sum(part), cut });
    }
    if (!cuts.length) pieces.push(mark);
  }
  return { page: { ...page, labels }, pieces };
}

/** Find paths from top to bottom that cross little ink, the cheapest in each band of columns.
 * @param {Uint8Array} ink 1 for ink. @param {number} width @param {number} tall
 * @param {number} height of the line.
 * @returns {Cut[]} from left to right, none crossing another.
 */
function findCuts(ink, width, tall, height) {
  const scale = Math.min(1, CUTTING_HEIGHT / height);
  const small = shrunk(ink, width, tall, scale);
  const unit = height * scale;
  const apart = Math.max(2, nearest(NARROWEST * unit));
  const least = LEAST_PIECE * unit * unit;
  const all = sum(small.values);
  /** @type {Cut[]} */
  const paths = [];
  for (let centre = apart; centre <= small.width - apart; centre += Math.max(1, apart >> 1)) {
    const columns = cheapestPath(small, centre, apart + 2);
    let [crossed, left] = [0, 0];
    columns.forEach((column, row) => {
      const start = row * small.width;
      const length = Math.hypot(1, row ? column - columns[row - 1] : 0);
      const place = Math.max(0, Math.min(small.width - 1, column));
      crossed += (small.values[start + place] * length) / unit;
      for (let x = 0; x < Math.min(column, small.width); x += 1) left += small.values[start + x];
    });
    paths.push({ columns, crossed, left });
  }
  /** @type {Cut[]} */
  const chosen = [];
  for (const path of [...paths].sort((one, other) => one.crossed - other.crossed)) {
    if (path.crossed > MOST_INK || chosen.length >= (4 * small.width) / unit) break;
    const areas = [0, all, ...chosen.map(({ left }) => left)];
    if (areas.every((area) => Math.abs(path.left - area) >= least)) chosen.push(path);
  }
  chosen.sort((one, other) => one.left - other.left);
  /** @type {Cut[]} */
  const cuts = [];
  for (const { columns, crossed, left } of chosen) {
    const before = cuts.at(-1);
    const full = Array.from({ length: tall }, (_, row) => {
      const place = Math.min(Math.floor(row * scale), small.height - 1);
      const column = nearest(columns[place] / scale);
      return before ? Math.max(column, before.columns[row]) : column;
    });
    cuts.push({ columns: full, crossed: Math.max(crossed, 1e-3), left });
  }
  return cuts;
}

/** Return which share of each pixel of a smaller image is ink, as OpenCV's INTER_AREA does: pixels
 * on an edge count for both sides of it, by their share.
 * @param {Uint8Array} ink @param {number} width @param {number} tall @param {number} scale
 * @returns {Share}
 */
function shrunk(ink, width, tall, scale) {
  const [across, down] = [width, tall].map((side) => Math.max(1, nearest(side * scale)));
  const columns = shares(width, across);
  const values = new Float32Array(across * down);
  shares(tall, down).forEach((rows, y) => {
    for (const [row, high] of rows)
      columns.forEach((parts, x) => {
        for (const [column, wide] of parts)
          values[y * across + x] += high * wide * ink[row * width + column];
      });
  });
  return { values, width: across, height: down };
}

/** List for each of fewer, larger pixels which pixels of a side lie under it, and their share in it.
 * @param {number} side @param {number} fewer
 * @returns {[number, number][][]}
 */
function shares(side, fewer) {
  const size = side / fewer;
  return Array.from({ length: fewer }, (_, i) => {
    const [start, end] = [i * size, Math.min(side, (i + 1) * size)];
    /** @type {[number, number][]} */
    const parts = [];
    for (let place = Math.floor(start); place < end; place += 1)
      parts.push([place, (Math.min(end, place + 1) - Math.max(start, place)) / size]);
    return parts;
  });
}

/** Round to the nearest integer, halves to an even one, as Python does.
 * @param {number} value
 */
function nearest(value) {
  const above = Math.round(value);
  return Math.abs(value % 1) === 0.5 && above % 2 ? above - 1 : above;
}

/** Return the cheapest path near a column by dynamic programming; it goes at most one column to the
 * side with every row.
 * @param {Share} ink @param {number} centre @param {number} reach
 */
function cheapestPath({ values, width, height }, centre, reach) {
  const first = centre - reach;
  const wide = 2 * reach + 1;
  /** @param {number} row @param {number} i */
  const inkAt = (row, i) =>
    first + i < 0 || first + i >= width ? height : values[row * width + first + i];
  let total = Array.from({ length: wide }, (_, i) => inkAt(0, i));
  /** @type {number[][]} */
  const steps = [];
  for (let row = 1; row < height; row += 1) {
    const before = total;
    const step = new Array(wide).fill(0);
    total = before.map((straight, i) => {
      const aside = SIDESTEP + Math.SQRT2 * inkAt(row, i);
      let best = straight + inkAt(row, i);
      if (i > 0 && before[i - 1] + aside <= best) {
        best = before[i - 1] + aside;
        step[i] = -1;
      }
      if (i < wide - 1 && before[i + 1] + aside < best) {
        best = before[i + 1] + aside;
        step[i] = 1;
      }
      return best;
    });
    steps.push(step);
  }
  let place = total.indexOf(Math.min(...total));
  const columns = [first + place];
  for (let row = height - 2; row >= 0; row -= 1) {
    place += steps[row][place];
    columns.unshift(first + place);
  }
  return columns;
}

/** @param {Mark[]} marks @param {"x" | "y"} side @param {(...values: number[]) => number} choose */
const edge = (marks, side, choose) => choose(...marks.map(({ box }) => box[side]));

/** @param {Float32Array | Uint8Array} values */
function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
