// A circle of inputs through random layers h -> activation(gain * W h + bias * b): what each layer makes of it, and what
// the theory of very wide layers expects (Poole et al., 2016, arXiv:1606.05340).
// Points are strung together, `width` numbers each.

import { gaussians, randomSource } from "./random.js";

export const activations = ["tanh", "ReLU", "linear"];
const functions = { tanh: Math.tanh, ReLU: (x) => Math.max(0, x), linear: (x) => x };
const tiny = 1e-5; // of batch normalisation, as in PyTorch

// Points strung along a circle around the origin, through two random directions; their numbers have a root mean square of 1.
export function circleOfInputs(seed, width, count) {
  const random = randomSource(seed);
  const [first, second] = orthonormal([gaussians(random, width), gaussians(random, width)]);
  const points = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const angle = (2 * Math.PI * i) / count;
    const [c, s] = [Math.cos(angle), Math.sin(angle)].map((value) => value * Math.sqrt(width));
    for (let k = 0; k < width; k++) points[i * width + k] = c * first[k] + s * second[k];
  }
  return points;
}

// Weights and biases of as many layers as are asked for, all standard normal; the first ones stay when more are asked for.
export function layerSource(seed, width) {
  const random = randomSource(seed);
  const layers = [];
  return (depth) => {
    while (layers.length < depth)
      layers.push({ weights: gaussians(random, width * width), biases: gaussians(random, width) });
    return layers.slice(0, depth);
  };
}

// What comes out of each layer, the inputs first. W has a variance of 1 / width.
export function throughLayers(points, layers, { gain, bias, activation, batchNorm, shortcut }) {
  const outputs = [points];
  for (const { weights, biases } of layers) {
    const width = biases.length;
    const before = outputs.at(-1);
    const sums = weighted(before, weights, biases, { scale: gain / Math.sqrt(width), bias });
    if (batchNorm) normaliseUnits(sums, width);
    const act = functions[activation];
    for (let i = 0; i < sums.length; i++) sums[i] = act(sums[i]) + (shortcut ? before[i] : 0);
    outputs.push(sums);
  }
  return outputs;
}

// scale * W h + bias * b for each point.
function weighted(points, weights, biases, { scale, bias }) {
  const width = biases.length;
  const sums = new Float64Array(points.length);
  for (let unit = 0; unit < width; unit += 4)
    for (let from = 0; from < points.length; from += 2 * width) multiply(points, from, weights, unit, width, sums);
  for (let from = 0; from < sums.length; from += width)
    for (let k = 0; k < width; k++) sums[from + k] = scale * sums[from + k] + bias * biases[k];
  return sums;
}

// The products of four units and two points, written out: each number that is fetched serves several of them.
function multiply(points, from, weights, unit, width, products) {
  const other = Math.min(from + width, points.length - width); // the last may come twice, of the points and of the units
  const row = (k) => Math.min(unit + k, width - 1);
  const w0 = row(0) * width;
  const w1 = row(1) * width;
  const w2 = row(2) * width;
  const w3 = row(3) * width;
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = 0; k < width; k++) {
    const a = points[from + k];
    const b = points[other + k];
    const u0 = weights[w0 + k];
    const u1 = weights[w1 + k];
    const u2 = weights[w2 + k];
    const u3 = weights[w3 + k];
    a0 += u0 * a;
    a1 += u1 * a;
    a2 += u2 * a;
    a3 += u3 * a;
    b0 += u0 * b;
    b1 += u1 * b;
    b2 += u2 * b;
    b3 += u3 * b;
  }
  products[from + row(0)] = a0;
  products[from + row(1)] = a1;
  products[from + row(2)] = a2;
  products[from + row(3)] = a3;
  products[other + row(0)] = b0;
  products[other + row(1)] = b1;
  products[other + row(2)] = b2;
  products[other + row(3)] = b3;
}

// Each unit gets mean 0 and variance 1 over the points.
function normaliseUnits(values, width) {
  const count = values.length / width;
  for (let unit = 0; unit < width; unit++) {
    let [sum, squares] = [0, 0];
    for (let i = unit; i < values.length; i += width) sum += values[i];
    const mean = sum / count;
    for (let i = unit; i < values.length; i += width) squares += (values[i] - mean) ** 2;
    const factor = 1 / Math.sqrt(squares / count + tiny);
    for (let i = unit; i < values.length; i += width) values[i] = (values[i] - mean) * factor;
  }
}

// ---- what is measured --------------------------------------------------------------------------------------------------

function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

export const rootMeanSquare = (values) => Math.sqrt(dot(values, values) / values.length);

// 1 - cosine of two vectors, exact also where they are almost one; NaN where one of them is zero.
export function difference(a, b) {
  const [lengthA, lengthB] = [a, b].map((values) => Math.sqrt(dot(values, values)));
  return a.reduce((sum, value, k) => sum + (value / lengthA - b[k] / lengthB) ** 2, 0) / 2;
}

// The points around their middle, and the root mean square of their numbers.
function centred(points, width) {
  const count = points.length / width;
  const values = points.slice();
  for (let k = 0; k < width; k++) {
    let sum = 0;
    for (let i = k; i < points.length; i += width) sum += points[i];
    for (let i = k; i < points.length; i += width) values[i] -= sum / count;
  }
  return { values, spread: rootMeanSquare(values) };
}

// The closed curve through the points: `spread`, the root mean square of its numbers around their middle, and `detour`, how
// many times as long it is as the circle of the same spread.
export function curveOf(points, width) {
  const { values, spread } = centred(points, width);
  const count = points.length / width;
  let length = 0;
  for (let i = 0; i < count; i++) {
    const [from, to] = [i * width, ((i + 1) % count) * width];
    let squares = 0;
    for (let k = 0; k < width; k++) squares += (values[from + k] - values[to + k]) ** 2;
    length += Math.sqrt(squares);
  }
  const circle = 2 * count * Math.sin(Math.PI / count) * spread * Math.sqrt(width);
  return { spread, detour: circle ? length / circle : Number.NaN };
}

// The points seen in the plane in which they vary most: { xs, ys, share }, with the share of all variance that is seen.
// `before` are the places in an earlier picture: the search begins there, and the plane is turned until it looks most alike.
export function principalPlane(points, width, before) {
  const { values, spread } = centred(points, width);
  let directions = orthonormal([before.xs, before.ys].map((places) => gathered(values, places, width)));
  let [places, variance] = [null, 0];
  for (let round = 0; round < 100; round++) {
    places = directions.map((direction) => projected(values, direction, width));
    const now = places.reduce((sum, along) => sum + dot(along, along), 0);
    if (now - variance <= 1e-5 * now) break;
    variance = now;
    directions = orthonormal(places.map((along) => gathered(values, along, width)));
  }
  return { ...turnedAs(before, places), share: variance / (spread * spread * values.length) };
}

// Two coordinates of some points, turned until they come closest to those of another picture; the search kept their sense.
function turnedAs(before, [xs, ys]) {
  const along = dot(xs, before.xs) + dot(ys, before.ys);
  const across = dot(xs, before.ys) - dot(ys, before.xs);
  const length = Math.hypot(along, across) || 1;
  const [c, s] = [along / length, across / length];
  return { xs: xs.map((x, i) => c * x - s * ys[i]), ys: xs.map((x, i) => s * x + c * ys[i]) };
}

// The sum of the points, each times its weight.
function gathered(values, weights, width) {
  const sum = new Float64Array(width);
  for (let i = 0; i < weights.length; i++) for (let k = 0; k < width; k++) sum[k] += weights[i] * values[i * width + k];
  return sum;
}

// How far each point lies along a direction.
function projected(values, direction, width) {
  return Float64Array.from({ length: values.length / width }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[i * width + k] * direction[k];
    return sum;
  });
}

// Two vectors made orthogonal and of length 1, the first keeping its direction.
function orthonormal([first, second]) {
  const unit = (values) => {
    const length = Math.sqrt(dot(values, values)) || 1;
    return values.map((value) => value / length);
  };
  const x = unit(first);
  const along = dot(second, x);
  return [x, unit(second.map((value, k) => value - along * x[k]))];
}

// ---- what very wide layers do ------------------------------------------------------------------------------------------

const gridStep = 0.25; // of the standard normal, for sums in the place of integrals; they converge very fast
const grid = Float64Array.from({ length: 57 }, (_, i) => (i - 28) * gridStep);
const density = grid.map((z) => (gridStep * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));

// The means of act(u)^2 and of act(u) act(v), for Gaussian u and v of variance q and correlation c.
export const moments = {
  linear: (q, c) => [q, q * c],
  ReLU(q, c) {
    const angle = Math.acos(c);
    return [q / 2, (q * (Math.sin(angle) + (Math.PI - angle) * c)) / (2 * Math.PI)];
  },
  tanh(q, c) {
    const [root, rest] = [Math.sqrt(q), Math.sqrt(1 - c * c)];
    let [square, product] = [0, 0];
    grid.forEach((z, i) => {
      const value = Math.tanh(root * z);
      square += density[i] * value * value;
      let other = 0;
      for (let j = 0; j < grid.length; j++) other += density[j] * Math.tanh(root * (c * z + rest * grid[j]));
      product += density[i] * value * other;
    });
    return [square, product];
  },
};

// For the inputs and each layer: the root mean square of the activations and the cosine of two of them, whose inputs have
// the given cosine and a root mean square of 1.
export function meanField(cosine, depth, { gain, bias, activation }) {
  const course = [{ size: 1, cosine }];
  let [square, product] = [1, cosine];
  for (let layer = 0; layer < depth; layer++) {
    const q = gain ** 2 * square + bias ** 2;
    const c = q ? (gain ** 2 * product + bias ** 2) / q : 1;
    [square, product] = moments[activation](q, Math.min(1, c));
    course.push({ size: Math.sqrt(square), cosine: square ? Math.min(1, product / square) : Number.NaN });
  }
  return course;
}
