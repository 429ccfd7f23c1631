// @ts-check
// What the book's pages do by themselves: the drawing pad reads with the network in this script.

import { NETWORK } from "digit-network";
import { createDrawingReader } from "../../../web/static/drawing_reader.js";
import { createPad } from "../../../web/static/pad.js";

const places = document.querySelectorAll(".book-pad");
if (places.length) {
  const readDrawing = createDrawingReader(NETWORK);
  for (const place of places) createPad(place, { readDrawing });
}
