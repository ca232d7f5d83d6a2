// Gradient descent and five of its descendants, with the rules and the other settings of torch.optim; surfaces to race on;
// and what a search for the learning rate finds with a budget of trials.

import { gaussians, randomSource } from "./random.js";

const keeps = 0.9; // of momentum, with and without Nesterov's
const smoothing = 0.99; // of RMSProp
const [firstBeta, secondBeta] = [0.9, 0.999]; // of Adam
const tiny = { AdaGrad: 1e-10, RMSProp: 1e-8, Adam: 1e-8 };

// For each optimiser, how far a number goes against its slope, in learning rates: rule(slope, memory, step). `memory` is two
// numbers of its own that begin at zero; steps are counted from 1.
export const rules = {
  SGD: (slope) => slope,
  Momentum(slope, memory) {
    memory[0] = keeps * memory[0] + slope;
    return memory[0];
  },
  Nesterov(slope, memory) {
    memory[0] = keeps * memory[0] + slope;
    return slope + keeps * memory[0];
  },
  AdaGrad(slope, memory) {
    memory[0] += slope ** 2;
    return slope / (Math.sqrt(memory[0]) + tiny.AdaGrad);
  },
  RMSProp(slope, memory) {
    memory[0] = smoothing * memory[0] + (1 - smoothing) * slope ** 2;
    return slope / (Math.sqrt(memory[0]) + tiny.RMSProp);
  },
  Adam(slope, memory, step) {
    memory[0] = firstBeta * memory[0] + (1 - firstBeta) * slope;
    memory[1] = secondBeta * memory[1] + (1 - secondBeta) * slope ** 2;
    const [first, second] = [memory[0] / (1 - firstBeta ** step), memory[1] / (1 - secondBeta ** step)];
    return first / (Math.sqrt(second) + tiny.Adam);
  },
};
export const racers = Object.keys(rules);

// ---- surfaces ----------------------------------------------------------------------------------------------------------

export const reach = 3; // a surface is shown from -reach to reach, both ways
const turn = (20 * Math.PI) / 180; // of all surfaces, so that no valley lies along an axis
const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
const turned = ([u, v]) => [cosine * u - sine * v, sine * u + cosine * v];
const turnedBack = (x, y) => [cosine * x + sine * y, cosine * y - sine * x];

// A hundred times as steep across the valley as along it.
const ravine = {
  loss: (u, v) => 0.05 * u * u + 5 * v * v,
  slopes: (u, v) => [0.1 * u, 10 * v],
};
// Two valleys, and a low ridge between them on which the race almost starts; it is steep down to the saddle.
const saddle = {
  loss: (u, v) => 5 * u * u + 0.0125 * (v * v - 1) ** 2,
  slopes: (u, v) => [10 * u, 0.05 * v * (v * v - 1)],
};
// A narrow hollow in a plain, five times as long as it is wide.
const hollow = (u, v) => Math.exp(-(u * u) / 4.5 - (v * v) / 0.18);
const plateau = {
  loss: (u, v) => 1 - hollow(u, v),
  slopes: (u, v) => [(u / 2.25) * hollow(u, v), (v / 0.09) * hollow(u, v)],
};

// For each name: loss(x, y), slopes(x, y), where the race starts, and the standard deviation of the noise in each slope.
export const surfaces = Object.fromEntries(
  Object.entries({
    ravine: { ...ravine, start: [-2.5, 1], noise: 0 },
    saddle: { ...saddle, start: [-1.5, 0.1], noise: 0 },
    plateau: { ...plateau, start: [-2.2, 0.9], noise: 0 },
    "noisy ravine": { ...ravine, start: [-2.5, 1], noise: 1 },
  }).map(([name, { loss, slopes, start, noise }]) => [
    name,
    {
      loss: (x, y) => loss(...turnedBack(x, y)),
      slopes: (x, y) => turned(slopes(...turnedBack(x, y))),
      start: turned(start),
      noise,
    },
  ]),
);

// ---- trials ------------------------------------------------------------------------------------------------------------

export const steps = 100; // of a trial
const tooFar = 1e3; // from where no racer comes back

// The loss after a trial, Infinity if it diverged. `noise` has two numbers a step; `trail` collects the places, if given.
export function trial({ loss, slopes, noise: scale }, racer, rate, { start, noise, trail = null }) {
  const rule = rules[racer];
  const memories = [
    [0, 0],
    [0, 0],
  ];
  let [x, y] = start;
  trail?.push([x, y]);
  for (let step = 1; step <= steps; step++) {
    const [down, right] = slopes(x, y);
    x -= rate * rule(down + scale * noise[2 * step - 2], memories[0], step);
    y -= rate * rule(right + scale * noise[2 * step - 1], memories[1], step);
    trail?.push([x, y]);
    if (!(Math.hypot(x, y) < tooFar)) return Infinity;
  }
  return loss(x, y);
}

// ---- searches ----------------------------------------------------------------------------------------------------------

export const mostTrials = 32;
export const rateRange = [1e-4, 1e1];
export const rateAt = (share) => rateRange[0] * (rateRange[1] / rateRange[0]) ** share;
export const solved = 1e-9; // a loss below this counts as this

// What chance gives to a search: its rates, the same for every racer, and the noise of every trial.
export function chanceOf(seed) {
  const random = randomSource(seed);
  const rates = Array.from({ length: mostTrials }, () => rateAt(random()));
  return { rates, noise: gaussians(random, 2 * steps) };
}

// For each racer, the best trial among the first 1, 2, … of a search: [{ rate, loss }, …].
export function search(surface, start, { rates, noise }) {
  return Object.fromEntries(
    racers.map((racer) => {
      let best = { rate: rates[0], loss: Infinity };
      const course = rates.map((rate) => {
        const loss = Math.max(solved, trial(surface, racer, rate, { start, noise }));
        if (loss < best.loss) best = { rate, loss };
        return best;
      });
      return [racer, course];
    }),
  );
}

// For each racer and budget, the median of the losses that several searches reached. Of an even count, the lower of two.
export function medians(searches) {
  const middle = (losses) => losses.sort((a, b) => a - b)[Math.floor((losses.length - 1) / 2)];
  return Object.fromEntries(
    racers.map((racer) => [
      racer,
      Array.from({ length: mostTrials }, (_, i) => middle(searches.map((one) => one[racer][i].loss))),
    ]),
  );
}

// The racers, the lowest loss first; equal ones keep their order.
export const ranking = (losses) => [...racers].sort((a, b) => (losses[a] === losses[b] ? 0 : losses[a] - losses[b]));
