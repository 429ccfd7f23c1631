// @ts-check
// Starts a deck, and makes the letters of each slide as small as it takes to have all of it on the
// slide. All slides are measured together, since a browser then lays them out once for each size.

const WIDTH = 1280;
const HEIGHT = 720;
const SMALLEST = 0.5; // of the usual size, which the plan of the slides keeps well above
const TINIEST = 0.2; // better than to be cut off
const TRIES = 5; // halvings between the smallest size and the usual one

const reveal = /** @type {any} */ (globalThis).Reveal;
const deck = /** @type {HTMLElement} */ (document.querySelector(".slides"));

/** Give each slide the largest size with which it fits; deck.css shows what is being measured. */
function fitAll() {
  deck.classList.add("measured");
  const slides = /** @type {HTMLElement[]} */ ([...deck.querySelectorAll("section:not(.stack)")]);
  let large = tooLargeAt(
    1,
    slides.map((slide) => ({ slide, size: 1 })),
  );
  halve(large, SMALLEST, 1);
  // What does not fit then is a line or a table wider than a slide: it may be broken.
  large = tooLargeAt(
    SMALLEST,
    large.filter(({ size }) => size === SMALLEST),
  );
  for (const { slide } of large) slide.classList.add("broken");
  halve(large, TINIEST, 1);
  deck.classList.remove("measured");
  document.documentElement.dataset.fitted = "";
}

/** @typedef {{ slide: HTMLElement, size: number }} Sized */

/** Find the size of each slide between two bounds by halving, the lower one if none fits.
 * @param {Sized[]} slides @param {number} least @param {number} most
 */
function halve(slides, least, most) {
  const bounds = slides.map((sized) => ({ sized, low: least, high: most }));
  for (let i = 0; i < TRIES; i += 1) {
    for (const bound of bounds) setSize(bound.sized, (bound.low + bound.high) / 2);
    const large = bounds.map(({ sized }) => isTooLarge(sized.slide));
    bounds.forEach((bound, place) => {
      if (large[place]) bound.high = bound.sized.size;
      else bound.low = bound.sized.size;
    });
  }
  for (const { sized, low } of bounds) setSize(sized, low);
}

/** @param {number} size @param {Sized[]} slides */
function tooLargeAt(size, slides) {
  for (const sized of slides) setSize(sized, size);
  return slides.filter(({ slide }) => isTooLarge(slide));
}

/** @param {Sized} sized @param {number} size */
function setSize(sized, size) {
  sized.size = size;
  sized.slide.style.setProperty("--size", String(size));
}

/** @param {HTMLElement} slide */
function isTooLarge(slide) {
  if (slide.scrollHeight > HEIGHT || slide.scrollWidth > WIDTH) return true;
  const right = slide.getBoundingClientRect().right + 1;
  return [...slide.querySelectorAll("pre, table, img, mjx-container")].some(
    (part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > right,
  );
}

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
// Formulas and pictures have their size later.
addEventListener("load", async () => {
  await /** @type {any} */ (globalThis).MathJax?.startup?.promise;
  fitAll();
  reveal.layout();
});
