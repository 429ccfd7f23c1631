// @ts-check
// Starts a deck, and makes the text of a slide smaller until all of it is on the slide.

const WIDTH = 1280;
const HEIGHT = 720;
const SMALLEST = 0.5; // of the usual size; the plan of the slides keeps well above it
const STEP = 0.04;

const reveal = /** @type {any} */ (globalThis).Reveal;

/** @param {HTMLElement} slide */
function fit(slide) {
  let size = 1;
  slide.style.setProperty("--size", "1");
  while (size > SMALLEST && isTooLarge(slide)) {
    size -= STEP;
    slide.style.setProperty("--size", size.toFixed(2));
  }
}

/** @param {HTMLElement} slide */
function isTooLarge(slide) {
  if (slide.scrollHeight > HEIGHT || slide.scrollWidth > WIDTH) return true;
  return [...slide.querySelectorAll("pre, table, img, mjx-container")].some((part) => {
    const right = part.getBoundingClientRect().right;
    return part.scrollWidth > part.clientWidth + 1 || right > slide.getBoundingClientRect().right + 1;
  });
}

reveal.on("ready", () => fit(reveal.getCurrentSlide()));
reveal.on("slidechanged", () => fit(reveal.getCurrentSlide()));
// Formulas and pictures have their size later.
addEventListener("load", async () => {
  await /** @type {any} */ (globalThis).MathJax?.startup?.promise;
  fit(reveal.getCurrentSlide());
});
reveal.initialize({
  width: WIDTH,
  height: HEIGHT,
  margin: 0,
  center: false,
  hash: true,
  slideNumber: true,
  transition: "none",
  plugins: [/** @type {any} */ (globalThis).RevealNotes],
});
