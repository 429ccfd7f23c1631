// @ts-check
// Reads the digits of a drawing in the browser, with no server: finds them, brings each into MNIST's
// form, and lets the network judge. The steps and their numbers are those of
// helpers/pictures/recognizer.py and segmentation.py for a drawing on plain white; photographs,
// with their light, shadow and ruled lines, are left to those.

import { findPage, heights, joinNearMarks, longer, percentile, union } from "./marks.js";
import { mnistForm, partOf, setUpright } from "./mnist_form.js";
import { cutWideMarks } from "./touching.js";

/** @typedef {import("./mnist_form.js").Grey} Grey */
/** @typedef {import("./mnist_form.js").Box} Box */
/** @typedef {import("./marks.js").Mark} Mark */
/** @typedef {import("./marks.js").Page} Page */
/** @typedef {(image: Uint8Array) => Float32Array} Network */
/** Marks `first` to `last` (excluded) of a line, taken as one digit, and what geometry holds against
 * it.
 * @typedef {{ first: number, last: number, box: Box, cost: number }} Group
 */
/** A group that the network has judged, with the 28×28 image that it saw.
 * @typedef {Group & { image: Uint8Array, probabilities: Float32Array }} Candidate
 */
/** @typedef {(group: Group) => Candidate} Judge */
/** A digit that was read.
 * @typedef {object} Found
 * @property {number} digit
 * @property {number} probability
 * @property {Box} box in pixels of the drawing
 * @property {Float32Array} probabilities
 * @property {Uint8Array} image 784 values, what the network saw
 * @property {boolean} confident
 */
/** Digits, and what speaks against them, 0 for nothing.
 * @typedef {{ digits: Found[], cost: number }} Reading
 */

const CONFIDENT = 0.9;
const SURELY_WHOLE = 0.97;
const DOUBT_WEIGHT = 5;
const COST_OF_TWO = 0.5;
const COST_OF_NARROWNESS = 4;
const WIDTH_OF_TWO = 1.2;
const ACCEPTABLE_COST = 0.15;
const JOIN_REACHES = [2.5, 6];
const MOST_PARTS = 4;
const WIDEST_GAP = 0.35;
const TALL_SHARE = 0.8;
const COST_OF_JOINING_TALL = 0.1;
const COST_OF_SKIPPING = 4;
const COST_OF_DIGIT = 0.05;
const COST_OF_CUTTING = 1.5;
const SHORT_PIECE = 0.7;
const COST_OF_SHORTNESS = 4;

/** Read the digits of a drawing, left to right, top line first.
 * @param {Grey} drawing ink bright on black.
 * @param {Network} network
 * @returns {Found[]}
 */
export function readDrawing(drawing, network) {
  const page = findPage(drawing);
  let best = readLines(page, network);
  for (const reach of JOIN_REACHES) {
    if (best.cost <= ACCEPTABLE_COST * best.digits.length) break;
    const joined = joinNearMarks(page, reach * page.stroke);
    const other = joined === page ? best : readLines(joined, network);
    if (other.cost < best.cost) best = other;
  }
  const { x, y } = page.place;
  return best.digits.map((digit) => {
    const { box, ...read } = withStrongerInk(digit, network);
    return { ...read, box: { ...box, x: box.x + x, y: box.y + y } };
  });
}

/** @param {Page} page @param {Network} network @returns {Reading} */
function readLines(page, network) {
  const readings = page.lines.map((line) => readLine(page, line, network));
  return {
    digits: readings.flatMap(({ digits }) => digits),
    cost: readings.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** Read a line: as it is, set upright where it leans, cut where digits may touch.
 * @param {Page} page @param {Mark[]} line @param {Network} network @returns {Reading}
 */
function readLine(page, line, network) {
  const count = line.length;
  const groups = groupsOf(line);
  const asItIs = judgeOf(page, line, network);
  let judge = asItIs;
  let path = bestPath(groups, count, judge);
  if (!isSure(path)) {
    judge = once((group) => upright(page, line, asItIs(group), network));
    path = bestPath(groups, count, judge);
  }
  const whole = { digits: path.map(digitOf), cost: costOf(path, count) };
  if (isSure(path)) return whole;
  const { page: cutPage, pieces } = cutWideMarks(page, line);
  if (pieces.length === count) return whole;
  const kept = costOf(bestPath(groups, count, judge, DOUBT_WEIGHT), count, DOUBT_WEIGHT);
  const judgePiece = judgeOf(cutPage, pieces, network);
  const most = kept - costOfTwo(line);
  const cut = bestPath(groupsOf(pieces), pieces.length, judgePiece, DOUBT_WEIGHT, most);
  if (costOf(cut, pieces.length, DOUBT_WEIGHT) >= most) return whole;
  // A cut through anything leaves pieces that look like a 1: never sure of those.
  const known = new Set(whole.digits.map(({ box }) => JSON.stringify(box)));
  const digits = cut.map(digitOf).map((digit) => ({
    ...digit,
    confident: digit.confident && known.has(JSON.stringify(digit.box)),
  }));
  return { digits, cost: costOf(cut, pieces.length) };
}

/** @param {Mark[]} line */
function costOfTwo(line) {
  if (line.length > 1) return 0;
  const { width, height } = line[0].box;
  return COST_OF_TWO + COST_OF_NARROWNESS * Math.max(0, WIDTH_OF_TWO - width / height);
}

/** List every way to take neighbouring marks of a line as one digit.
 * @param {Mark[]} line @returns {Group[]}
 */
function groupsOf(line) {
  const height = percentile(heights(line), 80);
  const groups = [];
  for (let first = 0; first < line.length; first += 1) {
    for (let last = first + 1; last <= Math.min(first + MOST_PARTS, line.length); last += 1) {
      const marks = line.slice(first, last);
      const cost = isTorn(marks, line[last]) ? null : geometricCost(marks, height);
      if (cost !== null) groups.push({ first, last, box: union(marks), cost });
    }
  }
  return groups;
}

/** Return the function that lets the network judge groups of a line.
 * @param {Page} page @param {Mark[]} line @param {Network} network
 */
function judgeOf(page, line, network) {
  return once((group) => {
    const image = mnistForm(inkOf(page, line.slice(group.first, group.last)));
    return { ...group, image, probabilities: network(image) };
  });
}

/** Judge each group once, however often it is asked for.
 * @param {Judge} judge @returns {Judge}
 */
function once(judge) {
  /** @type {Map<Group, Candidate>} */
  const known = new Map();
  return (group) => {
    const judged = known.get(group) ?? judge(group);
    known.set(group, judged);
    return judged;
  };
}

/** Tell whether a group joins a part of a cut mark, but not all of it, with another mark.
 * @param {Mark[]} group @param {Mark | undefined} next
 */
function isTorn(group, next) {
  return group.slice(1).some(({ cut }) => !cut) && Boolean(group[0].cut || next?.cut);
}

/** Return what speaks against a group of marks being one digit; null rules it out.
 * @param {Mark[]} group @param {number} height
 */
function geometricCost(group, height) {
  const whole = union(group);
  const [{ box: start, cut }, ...others] = group;
  let cost = 0;
  if (cut !== undefined) {
    const short = Math.max(0, SHORT_PIECE - whole.height / height);
    cost = COST_OF_CUTTING * cut + COST_OF_SHORTNESS * short;
  }
  if (!others.length) {
    const small = Math.max(0, 0.6 - longer(whole) / height);
    const wide = Math.max(0, whole.width / whole.height - 1.5);
    return cost + (1.5 * small) / 0.6 + 2 * wide;
  }
  if (whole.height > 1.6 * height || whole.width > 1.8 * height) return null;
  let reach = start.x + start.width;
  let tallest = start.height;
  for (const { box, cut: joined } of others) {
    const right = Math.max(reach, box.x + box.width);
    if (!joined) {
      const gap = (box.x - reach) / height;
      if (gap > WIDEST_GAP) return null;
      const narrow = Math.max(Math.min(box.width, reach - whole.x), 1);
      const overlap = Math.min(1, Math.max(0, (-gap * height) / narrow));
      const bothTall = Math.min(box.height, tallest) > TALL_SHARE * whole.height;
      cost += 3 * Math.max(gap, 0) + (bothTall ? COST_OF_JOINING_TALL : -overlap);
      tallest = Math.max(tallest, box.height);
    }
    reach = right;
  }
  return cost;
}

/** Return the ink of a group of marks, with two pixels around it and none of other marks.
 * @param {Page} page @param {Mark[]} group @returns {Grey}
 */
function inkOf({ ink, labels }, group) {
  const { x, y, width, height } = union(group);
  const [left, top] = [Math.max(x - 2, 0), Math.max(y - 2, 0)];
  const box = {
    x: left,
    y: top,
    width: Math.min(x + width + 2, ink.width) - left,
    height: Math.min(y + height + 2, ink.height) - top,
  };
  const own = new Set(group.map(({ label }) => label));
  const part = partOf(ink, box);
  part.values.forEach((_, place) => {
    const row = top + Math.floor(place / box.width);
    const label = labels[row * ink.width + left + (place % box.width)];
    if (label && !own.has(label)) part.values[place] = 0;
  });
  return part;
}

/** Judge a candidate that is doubtful and leans again, set upright; keep the surer answer.
 * @param {Page} page @param {Mark[]} line @param {Candidate} candidate @param {Network} network
 */
function upright(page, line, candidate, network) {
  const sureness = Math.max(...candidate.probabilities);
  if (sureness >= SURELY_WHOLE) return candidate;
  const ink = setUpright(inkOf(page, line.slice(candidate.first, candidate.last)));
  if (!ink) return candidate;
  const image = mnistForm(ink);
  const probabilities = network(image);
  return Math.max(...probabilities) > sureness ? { ...candidate, image, probabilities } : candidate;
}

/** What speaks against a group; `doubt` weighs the network's word. Not judged yet, it is none.
 * @param {Group | Candidate} group @param {number} doubt
 */
function costOfOne(group, doubt) {
  const sureness = "probabilities" in group ? Math.max(...group.probabilities, 1e-6) : 1;
  return group.cost - doubt * Math.log(sureness) + COST_OF_DIGIT;
}

/** @param {Group[]} path @param {number} count of marks @param {number} [doubt] */
function costOf(path, count, doubt = 1) {
  const taken = path.reduce((sum, { first, last }) => sum + last - first, 0);
  const skipped = doubt * COST_OF_SKIPPING * (count - taken);
  return path.reduce((sum, group) => sum + costOfOne(group, doubt), skipped);
}

/** Choose groups that cover the marks 0 to `count` at the least cost.
 *
 * The network judges only what it must: a path that would be the cheapest even if it were sure of
 * every group not judged yet. A cut stroke has dozens of groups, and nearly all cost too much anyway.
 *
 * @param {Group[]} groups @param {number} count @param {Judge} judge @param {number} [doubt]
 * @param {number} [most] no path that costs as much is looked for: the answer then lacks groups, and
 *   costs as much at least, since a group on a cheapest path costs no more than skipping its marks.
 * @returns {Candidate[]}
 */
function bestPath(groups, count, judge, doubt = 1, most = Infinity) {
  /** @type {Map<Group, Candidate>} */
  const judged = new Map();
  for (;;) {
    const path = cheapest(groups, count, doubt, (group) => judged.get(group) ?? group);
    const candidates = path.flatMap((group) => judged.get(group) ?? []);
    if (candidates.length === path.length || costOf(path, count, doubt) >= most) return candidates;
    for (const group of path) judged.set(group, judge(group));
  }
}

/** Choose by dynamic programming, as far as groups are judged.
 * @param {Group[]} groups @param {number} count @param {number} doubt
 * @param {(group: Group) => Group | Candidate} known
 */
function cheapest(groups, count, doubt, known) {
  const least = [0];
  /** @type {(Group | null)[]} */
  const choice = [null];
  for (let end = 1; end <= count; end += 1) {
    least[end] = least[end - 1] + doubt * COST_OF_SKIPPING;
    choice[end] = null;
    for (const group of groups) {
      if (group.last !== end) continue;
      const total = least[group.first] + costOfOne(known(group), doubt);
      if (total < least[end]) [least[end], choice[end]] = [total, group];
    }
  }
  /** @type {Group[]} */
  const path = [];
  for (let end = count; end > 0; ) {
    const taken = choice[end];
    if (taken) path.unshift(taken);
    end = taken ? taken.first : end - 1;
  }
  return path;
}

/** @param {Candidate[]} path */
const isSure = (path) =>
  path.length > 0 && path.every(({ probabilities }) => Math.max(...probabilities) >= SURELY_WHOLE);

/** @param {{ probabilities: Float32Array, image: Uint8Array, box: Box }} judged @returns {Found} */
function digitOf({ probabilities, image, box }) {
  const probability = Math.max(...probabilities);
  return {
    digit: probabilities.indexOf(probability),
    probability,
    box,
    probabilities,
    image,
    // A flat bar is no digit.
    confident: probability >= CONFIDENT && box.height >= 0.25 * box.width,
  };
}

/** Ask about a doubtful digit again, its faint ink made stronger, and average both answers: it may
 * change, but stays a guess.
 * @param {Found} found @param {Network} network
 */
function withStrongerInk(found, network) {
  if (found.probability >= CONFIDENT) return found;
  const { box, image } = found;
  const again = network(image.map((value) => 255 * Math.sqrt(value / 255) + 0.5));
  const probabilities = found.probabilities.map((share, digit) => (share + again[digit]) / 2);
  return { ...digitOf({ probabilities, image, box }), confident: false };
}
