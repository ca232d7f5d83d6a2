// Two small networks for points that train against each other.
// The same as utils/generative/, which the tests hold it against.

import {
  adamMemory,
  adamStep,
  addTo,
  backwardPass,
  forwardPass,
  newNetwork,
  sigmoidOf,
  slopePenalty,
  softplusOf,
} from "./mlp.js";
import { gaussians } from "./random.js";

// Points of round Gaussians of equal weight around `centres`.
export function drawPoints(random, centres, spread, count) {
  const points = gaussians(random, 2 * count);
  for (let i = 0; i < count; i++) {
    const centre = centres[Math.floor(random() * centres.length)];
    for (let d = 0; d < 2; d++) points[2 * i + d] = centre[d] + spread * points[2 * i + d];
  }
  return points;
}

const crossEntropy = { real: [(s) => softplusOf(-s), (s) => -sigmoidOf(-s)], fake: [softplusOf, sigmoidOf] };
const wasserstein = { real: [(s) => -s, () => -1], fake: [(s) => s, () => 1], make: [(s) => -s, () => -1] };

// For one score each: the critic's loss of a real and of a made sample, the generator's loss, each with its slope.
export const ganLosses = {
  "Non-saturating": { ...crossEntropy, make: [(s) => softplusOf(-s), (s) => -sigmoidOf(-s)] },
  Saturating: { ...crossEntropy, make: [(s) => -softplusOf(s), (s) => -sigmoidOf(s)] },
  LSGAN: {
    real: [(s) => (s - 1) ** 2 / 2, (s) => s - 1],
    fake: [(s) => s ** 2 / 2, (s) => s],
    make: [(s) => (s - 1) ** 2 / 2, (s) => s - 1],
  },
  "WGAN, clipped": wasserstein,
  "WGAN-GP": wasserstein,
};

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// A game: two networks, each with the memory of its optimiser.
export function newGame(random, { latent, hidden }) {
  const players = [newNetwork(random, [latent, hidden, hidden, 2]), newNetwork(random, [2, hidden, hidden, 1])];
  const [generator, critic] = players.map((network) => ({ network, optimiser: adamMemory(network) }));
  return { generator, critic };
}

// One step of the critic on real points and on what the generator makes of `noise`; `shares` (0 to 1, one for each
// sample) say where between a real and a made one the penalty looks. Returns the loss.
export function criticStep({ generator, critic }, real, noise, shares, { loss, rate, clip, penalty }) {
  const made = forwardPass(generator.network, noise).output;
  const gradients = {
    weights: critic.network.weights.map((w) => new Float64Array(w.length)),
    biases: critic.network.biases.map((b) => new Float64Array(b.length)),
  };
  let total = 0;
  for (const [points, side] of [
    [real, "real"],
    [made, "fake"],
  ]) {
    const [lossOf, slopeOf] = ganLosses[loss][side];
    const pass = forwardPass(critic.network, points);
    total += meanOf(pass.output.map(lossOf));
    addTo(
      gradients,
      backwardPass(
        critic.network,
        pass,
        pass.output.map((score) => slopeOf(score) / pass.count),
      ).gradients,
      1,
    );
  }
  if (loss === "WGAN-GP") {
    const between = real.map((value, i) => shares[i >> 1] * value + (1 - shares[i >> 1]) * made[i]);
    const slopes = slopePenalty(critic.network, between);
    total += penalty * slopes.penalty;
    addTo(gradients, slopes.gradients, penalty);
  }
  adamStep(critic, gradients, rate);
  if (loss === "WGAN, clipped")
    for (const part of ["weights", "biases"])
      for (const values of critic.network[part])
        for (let i = 0; i < values.length; i++) values[i] = Math.min(clip, Math.max(-clip, values[i]));
  return total;
}

// One step of the generator; returns its loss.
export function generatorStep({ generator, critic }, noise, { loss, rate }) {
  const [lossOf, slopeOf] = ganLosses[loss].make;
  const making = forwardPass(generator.network, noise);
  const judging = forwardPass(critic.network, making.output);
  const { input } = backwardPass(
    critic.network,
    judging,
    judging.output.map((score) => slopeOf(score) / judging.count),
  );
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
  return {
    covered: hits.filter((hit) => hit >= needed).length,
    quality: hits.reduce((sum, hit) => sum + hit, 0) / count,
  };
}
