// @ts-check
// Answers a drawing pad in the page itself: a drawing's pixels go to reader.js, and what it reads
// comes back in the form of the service's answer (helpers/pictures/reading.py).

import { loadNetwork } from "./network.js";
import { contextOf } from "./pad.js";
import { readDrawing } from "./reader.js";

const READ_OFTEN = { willReadFrequently: true }; // pixels stay where the script can reach them

/** Return the function that reads a pad's drawings.
 * @param {import("./network.js").NetworkFile} file
 * @returns {import("./pad.js").ReadDrawing}
 */
export function createDrawingReader(file) {
  const network = loadNetwork(file);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [28, 28];
  const context = contextOf(canvas, READ_OFTEN);

  /** Return 28×28 grey levels as a PNG in base64.
   * @param {Uint8Array} image
   */
  const pngOf = (image) => {
    const pixels = new ImageData(28, 28);
    image.forEach((level, i) => {
      pixels.data.set([level, level, level, 255], 4 * i);
    });
    context.putImageData(pixels, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  };

  return async (drawing) => {
    const found = readDrawing(inkOf(drawing), network);
    const digits = found.map(({ box, probabilities, image, ...digit }) => ({
      ...digit,
      box: [box.x, box.y, box.width, box.height],
      probabilities: [...probabilities],
      image: pngOf(image),
    }));
    const { width, height } = drawing;
    return { text: digits.map(({ digit }) => digit).join(""), width, height, digits };
  };
}

/** Return the pixels of a drawing as the reader takes them, ink bright on black.
 * @param {HTMLCanvasElement} drawing
 */
function inkOf(drawing) {
  const { width, height } = drawing;
  const colours = contextOf(drawing, READ_OFTEN).getImageData(0, 0, width, height).data;
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i += 1) values[i] = 255 - colours[4 * i];
  return { values, width, height };
}
