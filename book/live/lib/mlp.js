// Small fully connected networks: forward, backward, the penalty on slopes, Adam.
// A network is {sizes, weights, biases, activation}; layer l maps sizes[l] to sizes[l + 1] numbers, weights[l] row by row as
// in PyTorch's nn.Linear; `activation`, between layers, is one of those below. Points are strung together in a Float64Array.

export const sigmoidOf = (score) => 1 / (1 + Math.exp(-score));
export const softplusOf = (score) => Math.max(score, 0) + Math.log1p(Math.exp(-Math.abs(score)));

// name -> the value for a sum, and the slope there from the sum and its value
const activations = {
  LeakyReLU: [(sum) => (sum > 0 ? sum : 0.2 * sum), (sum) => (sum > 0 ? 1 : 0.2)],
  ReLU: [(sum) => Math.max(sum, 0), (sum) => (sum > 0 ? 1 : 0)],
  tanh: [Math.tanh, (_, value) => 1 - value ** 2],
  sigmoid: [sigmoidOf, (_, value) => value * (1 - value)],
  linear: [(sum) => sum, () => 1], // the last layer
};
const usualActivation = "LeakyReLU";
const usualBetas = [0.5, 0.9]; // of Adam, for networks that train against each other
const tiny = 1e-8;

// First weights as in PyTorch: uniform up to 1 / sqrt(inputs of the layer).
export function newNetwork(random, sizes, activation = usualActivation) {
  const uniform = (count, inputs) => Float64Array.from({ length: count }, () => (2 * random() - 1) / Math.sqrt(inputs));
  const layers = sizes
    .slice(1)
    .map((outputs, l) => [uniform(outputs * sizes[l], sizes[l]), uniform(outputs, sizes[l])]);
  return { sizes, weights: layers.map(([weight]) => weight), biases: layers.map(([, bias]) => bias), activation };
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
      if (unit === 0) continue; // half of all behind a ReLU
      const column = j * inputs;
      for (let k = 0; k < inputs; k++) result[column + k] += unit * values[row + k];
    }
  }
  return result;
}

// Returns for each layer what went in and the slope of each unit, and what came out at the end.
export function forwardPass({ sizes, weights, biases, activation = usualActivation }, points) {
  const count = points.length / sizes[0];
  const trace = [];
  let values = points;
  for (let l = 0; l < weights.length; l++) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]];
    const [valueAt, slopeAt] = activations[l === weights.length - 1 ? "linear" : activation];
    const slopes = new Float64Array(count * outputs);
    const next = multiplied(values, weights[l], count, inputs, outputs);
    for (let i = 0; i < next.length; i++) {
      const sum = next[i] + biases[l][i % outputs];
      next[i] = valueAt(sum);
      slopes[i] = slopeAt(sum, next[i]);
    }
    trace.push({ input: values, slopes });
    values = next;
  }
  return { trace, output: values, count };
}

// From the slopes of a loss for the outputs: those for all weights and, if `toInputs`, for the inputs.
export function backwardPass({ sizes, weights }, { trace, count }, slopesOut, toInputs = true) {
  const gradients = { weights: [], biases: sizes.slice(1).map((size) => new Float64Array(size)) };
  const arrived = []; // for each layer, the slope of the loss for each unit before the activation
  let values = slopesOut;
  for (let l = weights.length - 1; l >= 0; l--) {
    const [inputs, outputs] = [sizes[l], sizes[l + 1]];
    const { input, slopes } = trace[l];
    const units = values.map((value, i) => value * slopes[i]);
    for (let i = 0; i < units.length; i++) gradients.biases[l][i % outputs] += units[i];
    gradients.weights[l] = outerSum(units, input, count, inputs, outputs);
    arrived[l] = units;
    values = l > 0 || toInputs ? carriedBack(units, weights[l], count, inputs, outputs) : null;
  }
  return { gradients, input: values, arrived };
}

// The gradient penalty at some points, the mean of (length of the critic's slope - 1)^2, and its slopes for the weights.
// The critic's activation has to be a (Leaky)ReLU: it has no curvature, so the critic's slope is a product of the weights,
// and each weight enters it once.
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
    for (let d = 0; d < dims; d++)
      values[i * dims + d] = length ? (2 * (length - 1) * slopes[i * dims + d]) / length / count : 0;
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

export function adamMemory({ weights, biases }, betas = usualBetas) {
  const zeros = (arrays) => arrays.map((array) => new Float64Array(array.length));
  return {
    betas,
    step: 0,
    first: { weights: zeros(weights), biases: zeros(biases) },
    second: { weights: zeros(weights), biases: zeros(biases) },
  };
}

export function adamStep({ network, optimiser }, gradients, rate) {
  const [firstBeta, secondBeta] = optimiser.betas;
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

export function addTo(sums, terms, weight) {
  for (const part of ["weights", "biases"])
    sums[part].forEach((sum, l) => terms[part][l].forEach((value, i) => (sum[i] += weight * value)));
}

// The mean logistic loss of scores for labels 0 and 1, and its slopes for the scores.
export function logisticLoss(scores, labels) {
  let loss = 0;
  const slopes = scores.map((score, i) => {
    loss += softplusOf(labels[i] ? -score : score) / labels.length;
    return (sigmoidOf(score) - labels[i]) / labels.length;
  });
  return { loss, slopes };
}

// One step of plain gradient descent on the mean logistic loss of some points; returns the loss and the scores before it.
export function descend(network, points, labels, rate) {
  const pass = forwardPass(network, points);
  const { loss, slopes } = logisticLoss(pass.output, labels);
  addTo(network, backwardPass(network, pass, slopes, false).gradients, -rate);
  return { loss, scores: pass.output };
}
