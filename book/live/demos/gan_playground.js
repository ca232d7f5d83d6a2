// A generative adversarial network that trains in the page, on points in the plane.
//
// Settings: data (name -> centres of Gaussians, [x, y] each), spread (name -> standard deviation), losses (names out of
// those in point_gans.js), hidden (units of a layer), latent (numbers of noise), clip (of the clipped critic's weights),
// penalty (weight of the gradient penalty), batch (points a step), rate (the first learning rate).
// No model: both networks begin and learn here.

import { polyline, whiteSheet } from "../lib/charts.js";
import { select, slider } from "../lib/controls.js";
import { button, h, panel } from "../lib/dom.js";
import { coveredModes, criticStep, drawPoints, generatorStep, newGame } from "../lib/gans.js";
import { forwardPass } from "../lib/mlp.js";
import { percent } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { nextFrame, player } from "../lib/player.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const sampleCount = 512; // points shown
const planeWidth = 640; // pixels of the drawing
const [historyWidth, historyHeight, historyEdge] = [640, 300, 62];
const heatSide = 28; // the critic is asked at so many places a side
const frameBudget = 14; // milliseconds of training a frame
const historyEvery = 5; // rounds from one point of the curves to the next
const historyLength = 400;
const rateSteps = [1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2, 3e-2, 1e-1];

export default {
  render({ model, el }) {
    const sets = Object.keys(model.get("data"));
    const losses = model.get("losses");
    const firstRate = Math.max(0, rateSteps.indexOf(model.get("rate") ?? 1e-3));
    const state = { set: 0, loss: 0, rate: firstRate, steps: 1, seed: 1 };
    let run = null; // what newRun() returns
    const { say, show: put } = scaffold(el, "live-gan-playground");

    const plane = h("canvas", { class: "live-arena", width: planeWidth, height: planeWidth, role: "img" });
    const curves = h("canvas", { class: "live-history", width: historyWidth, height: historyHeight, role: "img" });
    const told = h("p", { class: "live-verdict" });
    const meter = speedMeter();
    const play = player({ label: "Train", stopLabel: "Pause", step: train, onStop: rest });
    const setChoice = select({ label: "Data", options: sets, onChange: (set) => restart({ set }) });
    const lossChoice = select({ label: "Loss", options: losses, onChange: (loss) => restart({ loss }) });
    const rate = slider({
      label: "Learning rate",
      min: 0,
      max: rateSteps.length - 1,
      step: 1,
      value: state.rate,
      format: (i) => String(rateSteps[i]),
      onInput: (i) => Object.assign(state, { rate: i }),
    });
    const steps = slider({
      label: "Steps of the critic a round",
      min: 1,
      max: 10,
      step: 1,
      value: state.steps,
      onInput: (value) => Object.assign(state, { steps: value }),
    });

    function restart(values) {
      play.stop();
      Object.assign(state, values);
      run = newRun(model, sets[state.set], state.seed);
      show();
    }

    function learn(count) {
      playRounds(run, count, { loss: losses[state.loss], rate: rateSteps[state.rate], steps: state.steps });
      show();
    }

    function show() {
      const { covered, quality } = drawPlane(plane, run);
      drawHistory(curves, run.history, run.round);
      told.textContent = `Round ${run.round}: ${covered} of ${run.centres.length} modes covered, ${percent(quality)} of the points on a mode`;
      plane.setAttribute("aria-label", `Real and generated points in the plane. ${told.textContent}`);
      const facts = {
        round: run.round,
        covered,
        quality: quality.toFixed(3),
        milliseconds: run.milliseconds.toFixed(2),
      };
      Object.assign(el.dataset, facts);
    }

    // While the drawing is on the screen; a page that is hidden gets no frames, and so rests.
    let onScreen = true;
    async function train() {
      if (onScreen) learn(Infinity);
      Object.assign(el.dataset, meter.tick(run.round, onScreen));
      await nextFrame();
    }

    function rest() {
      meter.reset();
      say(told.textContent);
    }

    const watcher = new IntersectionObserver(([entry]) => (onScreen = entry.isIntersecting));
    watcher.observe(plane);
    const once = button("One round", () => {
      play.stop();
      learn(1);
    });
    const again = button("Start again", () => restart({}));
    const other = button("Other first weights", () => restart({ seed: state.seed + 1 }));
    const tools = h("div", { class: "live-tools" }, play.button, once, again, other);
    const choices = [setChoice, lossChoice, rate, steps].map(({ element }) => element);
    const caption = h("p", { class: "live-caption" }, "Losses, each the mean of five rounds");
    const right = panel("live-setting", "The game", ...choices, tools, told, meter.element, caption, curves);
    put(panel("live-plane", "The plane", plane, arenaLegend()).element, right.element);
    restart({});
    return () => {
      play.stop();
      watcher.disconnect();
    };
  },
};

function arenaLegend() {
  const lines = { "live-ring": "real", "live-disc": "generated", "live-shade": "bright: the critic finds it real" };
  const line = ([mark, text]) => h("li", {}, h("span", { class: mark, "aria-hidden": "true" }), text);
  return h("ul", { class: "live-legend-list" }, ...Object.entries(lines).map(line));
}

// A game at its beginning, with what it is played on and what is kept of it.
function newRun(model, set, seed) {
  const random = randomSource(seed);
  const latent = model.get("latent");
  const [centres, spread] = [model.get("data")[set], model.get("spread")[set]];
  const game = newGame(random, { latent, hidden: model.get("hidden") });
  const fixed = gaussians(random, sampleCount * latent);
  const real = drawPoints(random, centres, spread, sampleCount);
  const fixedOptions = { clip: model.get("clip") ?? 0.05, penalty: model.get("penalty") ?? 1 };
  const batch = model.get("batch") ?? 128;
  const kept = { round: 0, history: [], sums: [0, 0], milliseconds: 0 };
  return { random, game, latent, batch, fixedOptions, fixed, real, centres, spread, ...kept };
}

// So many rounds, or as many as a frame has time for: some steps of the critic, then one of the generator.
function playRounds(run, count, { loss, rate, steps }) {
  const began = performance.now();
  const { random, game, batch } = run;
  const options = { loss, rate, ...run.fixedOptions };
  const noise = () => gaussians(random, batch * run.latent);
  let done = 0;
  while (done < count && (done === 0 || performance.now() - began < frameBudget)) {
    let criticLoss = 0;
    for (let step = 0; step < steps; step++) {
      const real = drawPoints(random, run.centres, run.spread, batch);
      const shares = Float64Array.from({ length: batch }, random);
      criticLoss = criticStep(game, real, noise(), shares, options);
    }
    run.sums[0] += criticLoss / historyEvery;
    run.sums[1] += generatorStep(game, noise(), options) / historyEvery;
    run.round += 1;
    done += 1;
    if (run.round % historyEvery) continue;
    run.history.push(run.sums);
    run.sums = [0, 0];
  }
  run.milliseconds = (performance.now() - began) / done;
}

// How fast it learns. tick(round, drawn) returns rounds and pictures a second, about once a second.
function speedMeter() {
  const element = h("p", { class: "live-hint" });
  let begun = null;
  function tick(round, drawn) {
    begun ??= { since: performance.now(), round, frames: 0 };
    begun.frames += Number(drawn);
    const seconds = (performance.now() - begun.since) / 1000;
    if (seconds <= 1) return {};
    const [rate, frames] = [(round - begun.round) / seconds, begun.frames / seconds];
    begun = null;
    element.textContent = `${Math.round(rate)} rounds and ${Math.round(frames)} pictures a second on this machine.`;
    return { rate: rate.toFixed(0), frames: frames.toFixed(1) };
  }
  return { element, tick, reset: () => (begun = null) };
}

// The critic's scores as greys, and the points of both kinds over them; returns which modes are covered.
function drawPlane(plane, { game, fixed, real, centres, spread }) {
  const far = 1.5 * Math.max(...centres.flat().map(Math.abs));
  const pen = plane.getContext("2d");
  const at = (value) => (planeWidth * (1 + value / far)) / 2;
  pen.imageSmoothingEnabled = true;
  pen.drawImage(criticHeat(game, far), 0, 0, planeWidth, planeWidth);
  const made = forwardPass(game.generator.network, fixed).output;
  for (const [points, colour, radius] of [
    [real, "#0072b2", 5],
    [made, "#d55e00", 4],
  ]) {
    pen.fillStyle = pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    for (let i = 0; i < sampleCount; i++) {
      pen.beginPath();
      pen.arc(at(points[2 * i]), at(-points[2 * i + 1]), radius, 0, 2 * Math.PI);
      if (points === made) pen.fill();
      else pen.stroke();
    }
  }
  return coveredModes(made, centres, spread);
}

function criticHeat(game, far) {
  const heat = h("canvas", {});
  const places = new Float64Array(2 * heatSide * heatSide);
  for (let i = 0; i < heatSide * heatSide; i++) {
    places[2 * i] = far * ((2 * (i % heatSide) + 1) / heatSide - 1);
    places[2 * i + 1] = -far * ((2 * Math.floor(i / heatSide) + 1) / heatSide - 1);
  }
  const scores = forwardPass(game.critic.network, places).output;
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const scale = { map: "gray", low: low - 1.5 * (high - low || 1), high: high || low + 1 };
  paint(heat, scores, heatSide, heatSide, scale);
  return heat;
}

// The last losses of both; the scale follows them.
function drawHistory(canvas, history, round) {
  const pen = whiteSheet(canvas);
  const shown = history.slice(-historyLength);
  const values = shown.flat();
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  const room = (high - low || 1) * 0.08;
  const x = (i) => historyEdge + ((historyWidth - historyEdge - 12) * i) / Math.max(1, shown.length - 1);
  const y = (value) =>
    historyHeight - 40 - ((historyHeight - 60) * (value - low + room)) / (high - low + 2 * room || 1);
  pen.font = "22px system-ui, sans-serif";
  pen.fillStyle = "#333";
  pen.textAlign = "right";
  for (const value of values.length ? [low, high] : [])
    pen.fillText(value.toPrecision(2), historyEdge - 8, y(value) + 8);
  pen.textAlign = "left";
  pen.fillText(
    `round ${historyEvery * (Math.floor(round / historyEvery) - shown.length)}`,
    historyEdge,
    historyHeight - 10,
  );
  pen.textAlign = "right";
  pen.fillText(String(round), historyWidth - 12, historyHeight - 10);
  [
    ["critic", "#3d3d3d", []],
    ["generator", "#d55e00", [10, 6]],
  ].forEach(([name, colour, dash], which) => {
    const points = shown.map((pair, i) => [x(i), y(pair[which])]);
    polyline(pen, points, { colour, width: 3, dash });
    pen.fillStyle = colour;
    pen.fillText(name, historyWidth - 12 - which * 100, 24);
  });
  canvas.setAttribute(
    "aria-label",
    shown.length
      ? `Curves of both losses: critic ${shown.at(-1)[0].toFixed(2)}, generator ${shown.at(-1)[1].toFixed(2)}`
      : "Curves of both losses, empty",
  );
}
