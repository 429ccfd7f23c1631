// @ts-check
// The pad's queue, and the sentences beside it, without a browser: `node --test tests/web`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createQueue, describe, outline } from "../../helpers/web/static/pad.js";

/** A queue about a number that the test changes, and what came of its questions.
 * @param {Partial<Parameters<typeof createQueue<string>>[0]>} [options]
 */
function setUp(options = {}) {
  const state = { drawn: 1, asked: /** @type {number[]} */ ([]) };
  /** @type {string[]} */
  const heard = [];
  /** @type {((answer: string) => void)[]} */
  const answers = [];
  /** @type {((error: Error) => void)[]} */
  const failures = [];
  const queue = createQueue({
    isEmpty: () => state.drawn === 0,
    ask(signal) {
      state.asked.push(state.drawn);
      return new Promise((resolve, reject) => {
        answers.push(resolve);
        failures.push(reject);
        signal.addEventListener("abort", () => reject(new Error("given up")));
      });
    },
    answered: (answer) => heard.push(answer),
    failed: (error) => heard.push(`failed: ${error instanceof Error ? error.message : error}`),
    waiting: () => heard.push("waiting"),
    pace: 0,
    ...options,
  });
  return { queue, state, heard, answers, failures };
}

test("what changes while a question is on its way is asked about once, as it is then", async () => {
  const { queue, state, heard, answers } = setUp();
  queue.changed();
  for (state.drawn = 2; state.drawn < 5; state.drawn += 1) queue.changed();
  assert.deepEqual(state.asked, [1]);
  answers[0]("one");
  await pause(5);
  assert.deepEqual(state.asked, [1, 5]);
  answers[1]("five");
  await pause(5);
  assert.deepEqual(state.asked, [1, 5]);
  assert.deepEqual(heard, ["one", "five"]);
});

test("nothing is asked about an empty sheet", async () => {
  const { queue, state, heard, answers } = setUp();
  state.drawn = 0;
  queue.changed();
  assert.deepEqual(state.asked, []);
  state.drawn = 1;
  queue.changed();
  state.drawn = 0;
  queue.drop();
  queue.changed();
  answers[0]("too late");
  await pause(5);
  assert.deepEqual(state.asked, [1]);
  assert.deepEqual(heard, []);
});

test("an answer that was dropped is not heard, and the next question is asked", async () => {
  const { queue, state, heard, answers } = setUp();
  queue.changed();
  queue.drop();
  state.drawn = 2;
  queue.changed();
  await pause(5);
  assert.deepEqual(state.asked, [1, 2]);
  answers[1]("two");
  await pause(5);
  assert.deepEqual(heard, ["two"]);
});

test("an overtaken question is given up when it is overdue, not before", async () => {
  const { queue, state, heard } = setUp({ overdue: 30 });
  queue.changed();
  state.drawn = 2;
  queue.changed();
  await pause(5);
  assert.deepEqual(state.asked, [1]);
  await pause(40);
  state.drawn = 3;
  queue.changed();
  await pause(5);
  assert.deepEqual(state.asked, [1, 3]);
  assert.deepEqual(heard, []);
});

test("a failure is told, and does not end the asking", async () => {
  const { queue, state, heard, answers, failures } = setUp();
  queue.changed();
  failures[0](new Error("The server does not answer."));
  await pause(5);
  assert.deepEqual(heard, ["failed: The server does not answer."]);
  assert.deepEqual(state.asked, [1], "the same question is not asked again");
  queue.changed();
  answers[1]("one");
  await pause(5);
  assert.equal(heard.at(-1), "one");
});

test("whoever is busy is asked again when they say, about what is there then", async () => {
  const { queue, state, heard, answers, failures } = setUp();
  queue.changed();
  failures[0](Object.assign(new Error("busy"), { retryAfter: 0.05 }));
  await pause(5);
  state.drawn = 2;
  queue.changed();
  queue.changed();
  await pause(20);
  assert.deepEqual(state.asked, [1], "not before the time has come");
  await pause(100);
  assert.deepEqual(state.asked, [1, 2]);
  answers[1]("two");
  await pause(5);
  assert.deepEqual(heard, ["failed: busy", "two"]);
  assert.deepEqual(state.asked, [1, 2]);
});

test("nobody is asked again about a sheet that was emptied meanwhile", async () => {
  const { queue, state, failures } = setUp();
  queue.changed();
  failures[0](Object.assign(new Error("busy"), { retryAfter: 0.02 }));
  await pause(5);
  state.drawn = 0;
  queue.changed();
  await pause(60);
  assert.deepEqual(state.asked, [1]);
  state.drawn = 3;
  queue.changed();
  assert.deepEqual(state.asked, [1, 3]);
});

test("questions keep their pace", async () => {
  const times = /** @type {number[]} */ ([]);
  const { queue } = setUp({
    pace: 40,
    ask() {
      times.push(performance.now());
      return Promise.resolve("at once");
    },
  });
  queue.changed();
  queue.changed();
  await pause(100);
  assert.equal(times.length, 2);
  assert.ok(times[1] - times[0] >= 39, `${times[1] - times[0]} ms`);
});

test("a long wait is told once", async () => {
  const { queue, heard, answers } = setUp({ patience: 10 });
  queue.changed();
  await pause(40);
  assert.deepEqual(heard, ["waiting"]);
  answers[0]("one");
  await pause(5);
  assert.deepEqual(heard, ["waiting", "one"]);
});

test("a closed queue neither asks nor answers", async () => {
  const { queue, state, heard } = setUp();
  queue.changed();
  queue.changed();
  queue.close();
  queue.changed();
  await pause(5);
  assert.deepEqual(state.asked, [1]);
  assert.deepEqual(heard, []);
});

/** @param {number} digit @param {boolean} confident @param {number[]} shares */
const reading = (digit, confident, shares) => ({
  digit,
  confident,
  probability: shares[digit],
  probabilities: shares,
  box: [0, 0, 1, 1],
  image: "",
});

test("the sentence says how sure the network is, and never that it is certain", () => {
  const sure = reading(0, true, [0.9996, 0.0004, 0, 0, 0, 0, 0, 0, 0, 0]);
  const torn = reading(1, false, [0, 0.5, 0, 0, 0, 0, 0, 0.45, 0, 0.05]);
  assert.equal(describe([]), "No digit found.");
  assert.equal(describe([sure]), "Sure: > 99.9 %");
  assert.equal(describe([sure, sure]), "2 digits, each read with confidence");
  assert.equal(describe([sure, torn]), "Not sure about 1 of 2 digits");
  assert.equal(describe([torn]), "Not sure: 1 or 7? It may be no digit at all.");
});

test("a stroke is a smooth path, a tap a dot", () => {
  assert.equal(outline([[1, 2]]), "M 1.0 2.0 l 0.01 0");
  assert.equal(
    outline([
      [0, 0],
      [10, 0],
      [10, 10],
    ]),
    "M 0.0 0.0 Q 10.0 0.0 10.0 5.0 L 10.0 10.0",
  );
});
