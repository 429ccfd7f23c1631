// @ts-check
// The trained network in the browser: the same layers, the same weights and the same digit as in
// Keras, in plain JavaScript. A network of this size needs no runtime: onnxruntime-web is 14 MB of
// WebAssembly, which a page opened from a folder may not even load; this is a page of code, and the
// weights are half a megabyte. They stand as text in a script, and as float32: a page from a folder
// may load scripts and no other files, and float16 would move probabilities by more than 1e-4.

/** A layer, and where its weights lie among all: `weights` is their start and length.
 * @typedef {object} Layer
 * @property {"convolution" | "pooling" | "normalisation" | "relu" | "flatten" | "dense" | "softmax"} kind
 * @property {[number, number][]} weights
 * @property {number} [size] side of the window of a convolution or a pooling
 */
/** Layers in order, and all weights one after the other, float32 in base64.
 * @typedef {object} NetworkFile
 * @property {Layer[]} layers
 * @property {string} weights
 */
/** Values of `channels` planes, one after the other, each row by row.
 * @typedef {object} Planes
 * @property {Float32Array} values
 * @property {number} channels
 * @property {number} height
 * @property {number} width
 */

const SIDE = 28;

/** Return the function that a network is: 784 grey levels from 0 to 255 in, ten probabilities out.
 * @param {NetworkFile} file
 * @returns {(image: Uint8Array) => Float32Array}
 */
export function loadNetwork(file) {
  const bytes = Uint8Array.from(atob(file.weights), (character) => character.charCodeAt(0));
  const all = new Float32Array(bytes.buffer);
  const layers = file.layers.map((layer) => ({
    ...layer,
    arrays: layer.weights.map(([start, length]) => all.slice(start, start + length)),
  }));
  return (image) => {
    /** @type {Planes} */
    let planes = {
      values: new Float32Array(image).map((level) => level / 255),
      channels: 1,
      height: SIDE,
      width: SIDE,
    };
    for (const { kind, arrays, size = 1 } of layers) {
      if (kind === "convolution") planes = convolution(planes, arrays[0], size);
      else if (kind === "pooling") planes = maxPooling(planes, size);
      else if (kind === "normalisation") planes = normalisation(planes, arrays[0], arrays[1]);
      else if (kind === "relu") planes = { ...planes, values: planes.values.map(relu) };
      else if (kind === "flatten") planes = flat(planes.values);
      else if (kind === "dense") planes = flat(dense(planes.values, arrays[0], arrays[1]));
      else if (kind === "softmax") planes = flat(softmax(planes.values));
      else throw new Error(`The network has a layer of an unknown kind: ${kind}.`);
    }
    return planes.values;
  };
}

/** @param {number} value */
const relu = (value) => Math.max(value, 0);

/** @param {Float32Array} values @returns {Planes} */
const flat = (values) => ({ values, channels: values.length, height: 1, width: 1 });

/** A convolution: every window of the image, laid out as a row, is weighed by every filter.
 *
 * @param {Planes} planes
 * @param {Float32Array} filters each of channels × size × size weights, one after the other.
 * @param {number} size
 * @returns {Planes}
 */
export function convolution({ values, channels, height, width }, filters, size) {
  const rows = height - size + 1;
  const columns = width - size + 1;
  const windows = new Float32Array(rows * columns * channels * size * size);
  let place = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        for (let down = 0; down < size; down += 1) {
          const start = (channel * height + row + down) * width + column;
          for (let across = 0; across < size; across += 1) {
            windows[place] = values[start + across];
            place += 1;
          }
        }
      }
    }
  }
  const length = channels * size * size;
  return {
    values: products(filters, windows, length),
    channels: filters.length / length,
    height: rows,
    width: columns,
  };
}

/** Return the sum of products of every filter with every window, filter by filter.
 *
 * Nearly all the time goes here: four filters and two windows at once, so that each number is read
 * once for several sums, take half the time of one after the other.
 *
 * @param {Float32Array} filters
 * @param {Float32Array} windows
 * @param {number} length of a filter and of a window.
 */
function products(filters, windows, length) {
  const filterCount = filters.length / length;
  const windowCount = windows.length / length;
  const sums = new Float32Array(filterCount * windowCount);
  for (let first = 0; first < filterCount; first += 4) {
    // Where there are no four left, the last one is computed again, and written to the same place.
    const [f, g, h, i] = [0, 1, 2, 3].map((more) => Math.min(first + more, filterCount - 1));
    const ofF = filters.subarray(f * length, (f + 1) * length);
    const ofG = filters.subarray(g * length, (g + 1) * length);
    const ofH = filters.subarray(h * length, (h + 1) * length);
    const ofI = filters.subarray(i * length, (i + 1) * length);
    for (let v = 0; v < windowCount; v += 2) {
      const w = Math.min(v + 1, windowCount - 1);
      const startV = v * length;
      const startW = w * length;
      let fv = 0;
      let gv = 0;
      let hv = 0;
      let iv = 0;
      let fw = 0;
      let gw = 0;
      let hw = 0;
      let iw = 0;
      for (let k = 0; k < length; k += 1) {
        const inV = windows[startV + k];
        const inW = windows[startW + k];
        fv += inV * ofF[k];
        gv += inV * ofG[k];
        hv += inV * ofH[k];
        iv += inV * ofI[k];
        fw += inW * ofF[k];
        gw += inW * ofG[k];
        hw += inW * ofH[k];
        iw += inW * ofI[k];
      }
      sums[f * windowCount + v] = fv;
      sums[g * windowCount + v] = gv;
      sums[h * windowCount + v] = hv;
      sums[i * windowCount + v] = iv;
      sums[f * windowCount + w] = fw;
      sums[g * windowCount + w] = gw;
      sums[h * windowCount + w] = hw;
      sums[i * windowCount + w] = iw;
    }
  }
  return sums;
}

/** The largest value of each window; windows do not overlap, and what fills none is left out.
 * @param {Planes} planes @param {number} size @returns {Planes}
 */
export function maxPooling({ values, channels, height, width }, size) {
  const rows = Math.floor(height / size);
  const columns = Math.floor(width / size);
  const largest = new Float32Array(channels * rows * columns);
  let place = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        let most = -Infinity;
        for (let down = 0; down < size; down += 1) {
          const start = (channel * height + row * size + down) * width + column * size;
          for (let across = 0; across < size; across += 1) {
            most = Math.max(most, values[start + across]);
          }
        }
        largest[place] = most;
        place += 1;
      }
    }
  }
  return { values: largest, channels, height: rows, width: columns };
}

/** Batch normalisation after training: a factor and a shift for each channel.
 * @param {Planes} planes @param {Float32Array} factors @param {Float32Array} shifts
 * @returns {Planes}
 */
export function normalisation(planes, factors, shifts) {
  const area = planes.height * planes.width;
  const values = planes.values.map((value, place) => {
    const channel = Math.floor(place / area);
    return value * factors[channel] + shifts[channel];
  });
  return { ...planes, values };
}

/** @param {Float32Array} values @param {Float32Array} weights all of a unit's, unit by unit.
 * @param {Float32Array} biases
 */
export function dense(values, weights, biases) {
  const sums = products(weights, values, values.length);
  return sums.map((sum, unit) => sum + biases[unit]);
}

/** @param {Float32Array} logits */
export function softmax(logits) {
  const largest = Math.max(...logits); // so that no power overflows
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
