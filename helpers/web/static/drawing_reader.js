// @ts-check
// Answers a drawing pad in the page itself: a drawing's pixels go to reader.js, and what it reads
// comes back in the form of the service's answer (helpers/pictures/reading.py).

import { loadNetwork } from "./network.js";
import { readDrawing } from "./reader.js";

/** Return the function that a pad asks.
 * @param {import("./network.js").NetworkFile} file
 * @returns {import("./pad.js").Predict}
 */
export function createDrawingReader(file) {
  const network = loadNetwork(file);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser cannot draw on a canvas.");

  /** Return the pixels of a drawing as the reader takes them, ink bright on black.
   * @param {ImageBitmap} bitmap
   */
  const inkOf = (bitmap) => {
    const { width, height } = bitmap;
    [canvas.width, canvas.height] = [width, height];
    context.drawImage(bitmap, 0, 0);
    const colours = context.getImageData(0, 0, width, height).data;
    const values = new Uint8Array(width * height);
    for (let i = 0; i < values.length; i += 1) values[i] = 255 - colours[4 * i];
    return { values, width, height };
  };

  /** Return 28×28 grey levels as a PNG in base64.
   * @param {Uint8Array} image
   */
  const pngOf = (image) => {
    const pixels = new ImageData(28, 28);
    image.forEach((level, i) => {
      pixels.data.set([level, level, level, 255], 4 * i);
    });
    [canvas.width, canvas.height] = [28, 28];
    context.putImageData(pixels, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
  };

  return async (picture) => {
    const bitmap = await createImageBitmap(picture);
    const { width, height } = bitmap;
    const found = readDrawing(inkOf(bitmap), network);
    bitmap.close();
    const digits = found.map(({ box, probabilities, image, ...digit }) => ({
      ...digit,
      box: [box.x, box.y, box.width, box.height],
      probabilities: [...probabilities],
      image: pngOf(image),
    }));
    return { text: digits.map(({ digit }) => digit).join(""), width, height, digits };
  };
}
