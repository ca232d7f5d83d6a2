// Two small networks for points that train against each other: forward, backward, the penalty on slopes, Adam.
// A network is {sizes, weights, biases}; layer l maps sizes[l] to sizes[l + 1] numbers, weights[l] row by row as in
// PyTorch's nn.Linear; LeakyReLU between layers. Points are strung together in a Float64Array.
// The same as utils/generative/, which the tests hold it against.

const leak = 0.2;
const [firstBeta, secondBeta, tiny] = [0.5, 0.9, 1e-8]; // of Adam

// Reproducible random numbers: uniform in [0, 1).
export function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gaussians(random, count) {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return values;
}

// Points of round Gaussians of equal weight around `centres`.
export function drawPoints(random, centres, spread, count) {
  const points = gaussians(random, 2 * count);
  for (let i = 0; i < count; i++) {
    const centre = centres[Math.floor(random() * centres.length)];
    for (let d = 0; d < 2; d++) points[2 * i + d] = centre[d] + spread * points[2 * i + d];
  }
  return points;
}

// First weights as in PyTorch: uniform up to 1 / sqrt(inputs of the layer).
export function pointNetwork(random, sizes) {
  const uniform = (count, inputs) => Float64Array.from({ length: count }, () => (2 * random() - 1) / Math.sqrt(inputs));
  const layers = sizes.slice(1).map((outputs, l) => [uniform(outputs * sizes[l], sizes[l]), uniform(outputs, sizes[l])]);
  return { sizes, weights: layers.map(([weight]) => weight), biases: layers.map(([, bias]) => bias) };
}

// (count, inputs) by the transpose of (outputs, inputs): (count, outputs).
function multiplied(values, weight, count, inputs, outputs) {
  const result = new Float64Array(count * outputs);
  for (let i = 0; i < count; i++) {
    const row = i * inputs;
    for (let j = 0; j < outputs; j++) {
      const column = j * inputs;
      let sum = 0;
      for (let k = 0; k < inputs; k++) sum += weight[column + k] * values[row + k];
      result[i * outputs + j] = sum;
    }
  }
  return result;
}

// (count, outputs) by (outputs, inputs): (count, inputs).
function carriedBack(units, weight, count, inputs, outputs) {
  const result = new Float64Array(count * inputs);
  for (let i = 0; i < count; i++) {
    const row = i * inputs;
    for (let j = 0; j < outputs; j++) {
      const unit = units[i * outputs + j];
      const column = j * inputs;
      for (let k = 0; k < inputs; k++) result[row + k] += unit * weight[column + k];
    }
  }
  return result;
}

// The transpose of (count, outputs) by (count, inputs): (outputs, inputs).
function outerSum(units, values, count, inputs, outputs) {
  const result = new Float64Array(outputs * inputs);
  for (let i = 0; i < count; i++) {
    const row = i * inputs;
    for (let j = 0; j < outputs; j++) {
      const unit = units[i * outputs + j];
      const column = j * inputs;
      for (let k = 0; k < inputs; k++) result[column + k] += unit * values[row + k];
    }
  }
  return result;
}

// Returns for each layer what went in and the slope of each unit, and what came out at the end.
export function forwardPass({ sizes, weights, biases }, points) {
  const count = points.length / sizes[0];
  const trace = [];
  let values = points;
  for (let l = 0; l < weights.length; l++) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]];
    const last = l === weights.length - 1;
    const slopes = new Float64Array(count * outputs);
    const next = multiplied(values, weights[l], count, inputs, outputs);
    for (let i = 0; i < next.length; i++) {
      const sum = next[i] + biases[l][i % outputs];
      slopes[i] = last || sum > 0 ? 1 : leak;
      next[i] = slopes[i] * sum;
    }
    trace.push({ input: values, slopes });
    values = next;
  }
  return { trace, output: values, count };
}

// From the slopes of a loss for the outputs: those for all weights and for the inputs.
export function backwardPass({ sizes, weights }, { trace, count }, slopesOut) {
  const gradients = { weights: [], biases: sizes.slice(1).map((size) => new Float64Array(size)) };
  const arrived = []; // for each layer, the slope of the loss for each unit before the LeakyReLU
  let values = slopesOut;
  for (let l = weights.length - 1; l >= 0; l--) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]];
    const { input, slopes } = trace[l];
    const units = values.map((value, i) => value * slopes[i]);
    for (let i = 0; i < units.length; i++) gradients.biases[l][i % outputs] += units[i];
    gradients.weights[l] = outerSum(units, input, count, inputs, outputs);
    arrived[l] = units;
    values = carriedBack(units, weights[l], count, inputs, outputs);
  }
  return { gradients, input: values, arrived };
}

// The gradient penalty at some points, the mean of (length of the critic's slope - 1)^2, and its slopes for the weights.
// A LeakyReLU has no curvature, so the critic's slope is a product of the weights, and each weight enters it once.
export function slopePenalty(critic, points) {
  const { sizes, weights } = critic;
  const pass = forwardPass(critic, points);
  const { count } = pass;
  const { input: slopes, arrived } = backwardPass(critic, pass, new Float64Array(count).fill(1));
  const dims = sizes[0];
  let penalty = 0;
  let values = new Float64Array(slopes.length); // slope of the penalty for the critic's slope, then carried forward
  for (let i = 0; i < count; i++) {
    const length = Math.hypot(...slopes.subarray(i * dims, (i + 1) * dims));
    penalty += (length - 1) ** 2 / count;
    for (let d = 0; d < dims; d++) values[i * dims + d] = length ? (2 * (length - 1) * slopes[i * dims + d]) / length / count : 0;
  }
  const gradients = { weights: [], biases: sizes.slice(1).map((size) => new Float64Array(size)) };
  for (let l = 0; l < weights.length; l++) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]];
    gradients.weights[l] = outerSum(arrived[l], values, count, inputs, outputs);
    const next = multiplied(values, weights[l], count, inputs, outputs);
    values = next.map((value, i) => value * pass.trace[l].slopes[i]);
  }
  return { penalty, gradients };
}

const sigmoidOf = (score) => 1 / (1 + Math.exp(-score));
const softplusOf = (score) => Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));
const crossEntropy = { real: [(s) => softplusOf(-s), (s) => -sigmoidOf(-s)], fake: [softplusOf, sigmoidOf] };
const wasserstein = { real: [(s) => -s, () => -1], fake: [(s) => s, () => 1], make: [(s) => -s, () => -1] };

// For one score each: the critic's loss of a real and of a made sample, the generator's loss, each with its slope.
export const ganLosses = {
  "Non-saturating": { ...crossEntropy, make: [(s) => softplusOf(-s), (s) => -sigmoidOf(-s)] },
  Saturating: { ...crossEntropy, make: [(s) => -softplusOf(s), (s) => -sigmoidOf(s)] },
  LSGAN: { real: [(s) => (s - 1) ** 2 / 2, (s) => s - 1], fake: [(s) => s ** 2 / 2, (s) => s], make: [(s) => (s - 1) ** 2 / 2, (s) => s - 1] },
  "WGAN, clipped": wasserstein,
  "WGAN-GP": wasserstein,
};

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// A game: two networks, each with the memory of its optimiser.
export function newGame(random, { latent, hidden }) {
  const players = [pointNetwork(random, [latent, hidden, hidden, 2]), pointNetwork(random, [2, hidden, hidden, 1])];
  const [generator, critic] = players.map((network) => ({ network, optimiser: adamMemory(network) }));
  return { generator, critic };
}

export function adamMemory({ weights, biases }) {
  const zeros = (arrays) => arrays.map((array) => new Float64Array(array.length));
  return { step: 0, first: { weights: zeros(weights), biases: zeros(biases) }, second: { weights: zeros(weights), biases: zeros(biases) } };
}

function adamStep({ network, optimiser }, gradients, rate) {
  optimiser.step += 1;
  const [firstShare, secondShare] = [1 - firstBeta ** optimiser.step, 1 - secondBeta ** optimiser.step];
  for (const part of ["weights", "biases"]) {
    network[part].forEach((values, l) => {
      const [gradient, first, second] = [gradients[part][l], optimiser.first[part][l], optimiser.second[part][l]];
      for (let i = 0; i < values.length; i++) {
        first[i] = firstBeta * first[i] + (1 - firstBeta) * gradient[i];
        second[i] = secondBeta * second[i] + (1 - secondBeta) * gradient[i] ** 2;
        values[i] -= ((rate / firstShare) * first[i]) / (Math.sqrt(second[i] / secondShare) + tiny);
      }
    });
  }
}

function addTo(sums, terms, weight) {
  for (const part of ["weights", "biases"]) sums[part].forEach((sum, l) => terms[part][l].forEach((value, i) => (sum[i] += weight * value)));
}

// One step of the critic on real points and on what the generator makes of `noise`; `shares` (0 to 1, one for each
// sample) say where between a real and a made one the penalty looks. Returns the loss.
export function criticStep({ generator, critic }, real, noise, shares, { loss, rate, clip, penalty }) {
  const made = forwardPass(generator.network, noise).output;
  const gradients = { weights: critic.network.weights.map((w) => new Float64Array(w.length)), biases: critic.network.biases.map((b) => new Float64Array(b.length)) };
  let total = 0;
  for (const [points, side] of [[real, "real"], [made, "fake"]]) {
    const [lossOf, slopeOf] = ganLosses[loss][side];
    const pass = forwardPass(critic.network, points);
    total += meanOf(pass.output.map(lossOf));
    addTo(gradients, backwardPass(critic.network, pass, pass.output.map((score) => slopeOf(score) / pass.count)).gradients, 1);
  }
  if (loss === "WGAN-GP") {
    const between = real.map((value, i) => shares[i >> 1] * value + (1 - shares[i >> 1]) * made[i]);
    const slopes = slopePenalty(critic.network, between);
    total += penalty * slopes.penalty;
    addTo(gradients, slopes.gradients, penalty);
  }
  adamStep(critic, gradients, rate);
  if (loss === "WGAN, clipped") for (const part of ["weights", "biases"]) for (const values of critic.network[part]) for (let i = 0; i < values.length; i++) values[i] = Math.min(clip, Math.max(-clip, values[i]));
  return total;
}

// One step of the generator; returns its loss.
export function generatorStep({ generator, critic }, noise, { loss, rate }) {
  const [lossOf, slopeOf] = ganLosses[loss].make;
  const making = forwardPass(generator.network, noise);
  const judging = forwardPass(critic.network, making.output);
  const { input } = backwardPass(critic.network, judging, judging.output.map((score) => slopeOf(score) / judging.count));
  adamStep(generator, backwardPass(generator.network, making, input).gradients, rate);
  return meanOf(judging.output.map(lossOf));
}

// How many of the modes have at least a fifth of their even share of the points within three spreads, and the share of
// all points that lie so near to some mode.
export function coveredModes(points, centres, spread) {
  const count = points.length / 2;
  const hits = new Array(centres.length).fill(0);
  for (let i = 0; i < count; i++) {
    const distances = centres.map(([x, y]) => Math.hypot(points[2 * i] - x, points[2 * i + 1] - y));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] <= 3 * spread) hits[nearest] += 1;
  }
  const needed = Math.max(1, (0.2 * count) / centres.length);
  return { covered: hits.filter((hit) => hit >= needed).length, quality: hits.reduce((sum, hit) => sum + hit, 0) / count };
}
