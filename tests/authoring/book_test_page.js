// @ts-check
// Gives the tests of the book the reader that its pages have, and paints drawings as the pad does.

import { NETWORK } from "digit-network";
import { createDrawingReader } from "../../helpers/web/static/drawing_reader.js";
import { paint } from "../../helpers/web/static/pad.js";

const read = createDrawingReader(NETWORK);
const canvas = document.createElement("canvas");

/** Paint a drawing, and return it as a PNG with what the browser reads in it.
 * @param {{ strokes: { points: [number, number][], width: number }[], width: number, height: number }} drawing
 */
async function paintAndRead({ strokes, width, height }) {
  paint(canvas, strokes, { width, height });
  const picture = canvas.toDataURL("image/png");
  const { text } = await read(canvas);
  return { picture: picture.split(",")[1], text };
}

Object.assign(globalThis, { paintAndRead });
