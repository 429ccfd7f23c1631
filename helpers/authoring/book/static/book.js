// @ts-check
// What the book's pages do by themselves: the drawing pad reads with the network in this script.

import { NETWORK } from "digit-network";
import { loadNetwork } from "../../../web/static/network.js";
import { createPad } from "../../../web/static/pad.js";
import { readDrawing } from "../../../web/static/reader.js";

/** @typedef {import("../../../web/static/pad.js").Answer} Answer */

const canvas = document.createElement("canvas");
const context = /** @type {CanvasRenderingContext2D} */ (
  canvas.getContext("2d", { willReadFrequently: true })
);

/** Return the pixels of a drawing as the reader takes them, ink bright on black.
 * @param {ImageBitmap} bitmap
 */
function inkOf(bitmap) {
  const { width, height } = bitmap;
  [canvas.width, canvas.height] = [width, height];
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i += 1) values[i] = 255 - data[4 * i];
  return { values, width, height };
}

/** Return 28×28 grey levels as a PNG in base64.
 * @param {Uint8Array} image
 */
function pngOf(image) {
  [canvas.width, canvas.height] = [28, 28];
  const pixels = context.createImageData(28, 28);
  image.forEach((level, i) => {
    pixels.data.set([level, level, level, 255], 4 * i);
  });
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}

/** @returns {import("../../../web/static/pad.js").Predict} */
function createReader() {
  const network = loadNetwork(NETWORK);
  return async (picture) => {
    const bitmap = await createImageBitmap(picture);
    const { width, height } = bitmap;
    const found = readDrawing(inkOf(bitmap), network);
    bitmap.close();
    /** @type {Answer} */
    const answer = {
      text: found.map(({ digit }) => digit).join(""),
      width,
      height,
      digits: found.map((digit) => ({
        ...digit,
        box: [digit.box.x, digit.box.y, digit.box.width, digit.box.height],
        probabilities: [...digit.probabilities],
        image: pngOf(digit.image),
      })),
    };
    return answer;
  };
}

const places = document.querySelectorAll(".book-pad");
if (places.length) {
  const predict = createReader();
  for (const place of places) createPad(place, { predict, scope: null });
}
