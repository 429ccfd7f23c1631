// @ts-check
// Answers for images in a file, by the network of the book's pages:
// node answers_of_network.mjs NETWORK_MODULE IMAGES ANSWERS; uint8 (n, 784) in, float32 (n, 10) out.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { loadNetwork } from "../../helpers/web/static/network.js";

const [module, images, answers] = process.argv.slice(2);
const { NETWORK } = await import(pathToFileURL(module).href);
const network = loadNetwork(NETWORK);
const levels = readFileSync(images);
const probabilities = new Float32Array((levels.length / 784) * 10);
for (let i = 0; 784 * i < levels.length; i += 1) {
  probabilities.set(network(levels.subarray(784 * i, 784 * (i + 1))), 10 * i);
}
writeFileSync(answers, new Uint8Array(probabilities.buffer));
