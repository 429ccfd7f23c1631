// @ts-check
// MNIST's form in the browser: the ink of one digit, whatever its size, as 28×28 pixels. The same
// steps with the same numbers as helpers/mnist_form.py, which says where they come from; OpenCV's
// resize, dilate and distanceTransform are written out, since a page has none of them.

/** Grey levels from 0 to 255, row by row; ink is bright on black.
 * @typedef {{ values: Uint8Array, width: number, height: number }} Grey
 */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

const BOX_SIDE = 20;
export const IMAGE_SIDE = 28;
const THINNEST_STROKE = 1.6;
const USUAL_STROKE = 2.2;
const USUAL_LEAN = 0.1;
const LEANING = 0.3;
const LEAST_INK = 40; // pixels up to this are empty border
const SMALL_SIDE = 100; // smaller ink is measured enlarged, or a stroke is too few pixels wide

/** Bring the ink of one digit into the form of MNIST's images.
 * @param {Grey} ink
 * @returns {Uint8Array} 784 values, row by row; all 0 where there is no ink.
 */
export function mnistForm(ink) {
  let crop = cropToInk(ink);
  if (!crop.values.length) return new Uint8Array(IMAGE_SIDE * IMAGE_SIDE);
  const scale = BOX_SIDE / Math.max(crop.width, crop.height);
  const width = strokeWidth(crop) * scale;
  if (width < THINNEST_STROKE) crop = cropToInk(thicken(crop, (USUAL_STROKE - width) / scale));
  const image = centreByMass(fitInBox(crop));
  const peak = Math.max(1, ...image);
  return image.map((value) => Math.round((value * 255) / peak));
}

/** Return the width of the strokes in pixels: four times the mean distance to the edge.
 * @param {Grey} ink
 */
export function strokeWidth(ink) {
  const enlarged = Math.max(ink.width, ink.height) < SMALL_SIDE ? 4 : 1;
  const large = enlarged > 1 ? resized(ink, ink.width * enlarged, ink.height * enlarged) : ink;
  let sum = 0;
  let count = 0;
  for (const distance of distancesToPaper(large)) {
    if (distance > 0) {
      sum += distance;
      count += 1;
    }
  }
  return count ? ((4 * sum) / count - 2) / enlarged : 0;
}

/** Return the distance of each pixel of ink to the nearest pixel of paper.
 *
 * Steps of 1, 1.4 and 2.1969 to the side, askew and as a knight moves (G. Borgefors, "Distance
 * transformations in digital images", 1986), once forwards and once backwards.
 *
 * @param {Grey} ink
 */
function distancesToPaper(ink) {
  const wide = ink.width + 4; // two columns and rows of paper around: no step leaves the array
  const tall = ink.height + 4;
  const distances = new Float32Array(wide * tall);
  const inked = []; // places of ink, in order
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      if (ink.values[y * ink.width + x] <= 127) continue;
      const place = (y + 2) * wide + x + 2;
      distances[place] = Infinity;
      inked.push(place);
    }
  }
  const askew = [-wide - 1, -wide + 1];
  const knights = [-wide - 2, -wide + 2, -2 * wide - 1, -2 * wide + 1];
  /** @param {number} place @param {number} direction */
  const relax = (place, direction) => {
    let least = Math.min(distances[place - direction], distances[place - direction * wide]) + 1;
    for (const step of askew) least = Math.min(least, distances[place + direction * step] + 1.4);
    for (const step of knights) {
      least = Math.min(least, distances[place + direction * step] + 2.1969);
    }
    if (least < distances[place]) distances[place] = least;
  };
  for (let i = 0; i < inked.length; i += 1) relax(inked[i], 1);
  for (let i = inked.length - 1; i >= 0; i -= 1) relax(inked[i], -1);
  return distances;
}

/** Widen strokes by about `pixels`: a dilation with a disc of that diameter plus one.
 * @param {Grey} ink @param {number} pixels @returns {Grey}
 */
function thicken(ink, pixels) {
  const size = 2 * Math.floor(Math.floor(pixels + 1) / 2) + 1;
  if (size < 3) return ink;
  const radius = (size - 1) / 2;
  const width = ink.width + 2 * radius;
  const height = ink.height + 2 * radius;
  const values = new Uint8Array(width * height);
  // The strokes are thin, so that it is quicker to spread their pixels than to ask around each.
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      const level = ink.values[y * ink.width + x];
      if (!level) continue;
      for (let down = -radius; down <= radius; down += 1) {
        const half = Math.round(Math.sqrt(radius * radius - down * down));
        const start = (y + radius + down) * width + x + radius - half;
        for (let place = start; place <= start + 2 * half; place += 1) {
          if (values[place] < level) values[place] = level;
        }
      }
    }
  }
  return { values, width, height };
}

/** Cut away the empty border around the ink.
 * @param {Grey} ink @returns {Grey}
 */
function cropToInk(ink) {
  let [left, top, right, bottom] = [ink.width, ink.height, 0, 0];
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      if (ink.values[y * ink.width + x] <= LEAST_INK) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right > left
    ? partOf(ink, { x: left, y: top, width: right - left, height: bottom - top })
    : { values: new Uint8Array(0), width: 0, height: 0 };
}

/** @param {Grey} image @param {Box} box @returns {Grey} */
export function partOf(image, { x, y, width, height }) {
  const values = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const start = (y + row) * image.width + x;
    values.set(image.values.subarray(start, start + width), row * width);
  }
  return { values, width, height };
}

/** Scale so that the longer side is 20 pixels, keeping the aspect ratio.
 * @param {Grey} ink @returns {Grey}
 */
function fitInBox(ink) {
  const scale = BOX_SIDE / Math.max(ink.width, ink.height);
  const width = Math.max(1, rounded(ink.width * scale));
  const height = Math.max(1, rounded(ink.height * scale));
  return resized(ink, width, height);
}

/** Round as Python and OpenCV do: a half goes to the even neighbour.
 * @param {number} value
 */
function rounded(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/** Which old pixels make up a new one, and how much of each.
 * @typedef {{ first: number, shares: number[] }} Mixture
 */

/** Resize: each new pixel is the mean of what it covers, or, enlarged, a cubic mix of four.
 * @param {Grey} image @param {number} width @param {number} height @returns {Grey}
 */
function resized(image, width, height) {
  const mixtures = Math.max(width, height) < Math.max(image.width, image.height) ? means : cubics;
  const across = mixtures(image.width, width);
  const down = mixtures(image.height, height);
  const narrow = new Float32Array(width * image.height);
  for (let y = 0; y < image.height; y += 1) {
    across.forEach(({ first, shares }, x) => {
      let sum = 0;
      for (let i = 0; i < shares.length; i += 1) {
        sum += shares[i] * image.values[y * image.width + clamped(first + i, image.width)];
      }
      narrow[y * width + x] = sum;
    });
  }
  const values = new Uint8ClampedArray(width * height); // rounds, a half to the even neighbour
  down.forEach(({ first, shares }, y) => {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let i = 0; i < shares.length; i += 1) {
        sum += shares[i] * narrow[clamped(first + i, image.height) * width + x];
      }
      values[y * width + x] = sum;
    }
  });
  return { values: new Uint8Array(values.buffer), width, height };
}

/** @param {number} place @param {number} length */
const clamped = (place, length) => Math.max(0, Math.min(length - 1, place));

/** Mix by area (OpenCV's INTER_AREA).
 * @param {number} from @param {number} to @returns {Mixture[]}
 */
function means(from, to) {
  const size = from / to;
  return Array.from({ length: to }, (_, place) => {
    const [start, end] = [place * size, (place + 1) * size];
    const first = Math.floor(start);
    const shares = [];
    for (let pixel = first; pixel < end - 1e-6; pixel += 1) {
      shares.push((Math.min(end, pixel + 1) - Math.max(start, pixel)) / size);
    }
    return { first, shares };
  });
}

/** Mix four neighbours by a cubic (OpenCV's INTER_CUBIC, whose a is -0.75).
 * @param {number} from @param {number} to @returns {Mixture[]}
 */
function cubics(from, to) {
  const a = -0.75;
  /** @param {number} d distance from the new pixel's middle, less than 1 */
  const near = (d) => ((a + 2) * d - (a + 3)) * d * d + 1;
  /** @param {number} d from 1 to 2 */
  const far = (d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return Array.from({ length: to }, (_, place) => {
    const middle = ((place + 0.5) * from) / to - 0.5;
    const before = Math.floor(middle);
    const past = middle - before;
    return {
      first: before - 1,
      shares: [far(past + 1), near(past), near(1 - past), far(2 - past)],
    };
  });
}

/** The sums over an image's ink that physics calls moments.
 * @param {Grey} ink
 */
function moments(ink) {
  let [mass, across, down] = [0, 0, 0];
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      const level = ink.values[y * ink.width + x];
      mass += level;
      across += level * x;
      down += level * y;
    }
  }
  return { mass, x: across / mass, y: down / mass };
}

/** Place the ink in 28×28 pixels, its centre of mass in the middle, by whole pixels.
 * @param {Grey} ink
 */
function centreByMass(ink) {
  const image = new Uint8Array(IMAGE_SIDE * IMAGE_SIDE);
  const { mass, x, y } = moments(ink);
  if (!mass) return image;
  const left = Math.min(Math.max(rounded(IMAGE_SIDE / 2 - x), 0), IMAGE_SIDE - ink.width);
  const top = Math.min(Math.max(rounded(IMAGE_SIDE / 2 - y), 0), IMAGE_SIDE - ink.height);
  for (let row = 0; row < ink.height; row += 1) {
    const start = row * ink.width;
    image.set(ink.values.subarray(start, start + ink.width), (top + row) * IMAGE_SIDE + left);
  }
  return image;
}

/** Shear writing so that it leans as MNIST's digits do; null if it does already.
 * @param {Grey} ink @returns {Grey | null}
 */
export function setUpright(ink) {
  const { mass, x: middleX, y: middleY } = moments(ink);
  let [mixed, tall] = [0, 0];
  for (let y = 0; y < ink.height; y += 1) {
    for (let x = 0; x < ink.width; x += 1) {
      const level = ink.values[y * ink.width + x];
      mixed += level * (x - middleX) * (y - middleY);
      tall += level * (y - middleY) ** 2;
    }
  }
  const shear = (mass && tall ? -mixed / tall : 0) - USUAL_LEAN;
  if (Math.abs(shear) < LEANING) return null;
  const extra = Math.abs(shear) * ink.height;
  const width = ink.width + Math.floor(extra) + 1;
  const values = new Uint8ClampedArray(width * ink.height);
  /** @param {number} x @param {number} y */
  const level = (x, y) => (x >= 0 && x < ink.width ? ink.values[y * ink.width + x] : 0);
  for (let y = 0; y < ink.height; y += 1) {
    const shift = shear * y + (shear < 0 ? extra : 0);
    for (let x = 0; x < width; x += 1) {
      const before = Math.floor(x - shift);
      const past = x - shift - before;
      values[y * width + x] = (1 - past) * level(before, y) + past * level(before + 1, y);
    }
  }
  return { values: new Uint8Array(values.buffer), width, height: ink.height };
}
