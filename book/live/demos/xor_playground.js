// Representable is not learned: small networks train on the four points of XOR, or on others, from many starts.
//
// Settings: widths (a list: hidden units), activations (a list out of tanh, ReLU, sigmoid), shares (for each activation and
// width, the share of starts that solve XOR), starts (how many those were), steps and rate (of gradient descent).
// No model: each network begins and learns here. What computes is tested against PyTorch.

import { across, polyline, upright, whiteSheet } from "../lib/charts.js";
import { choice, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { drawMark, legendLine, markColours } from "../lib/marks.js";
import { backwardPass, descend, forwardPass, logisticLoss, newNetwork, sigmoidOf } from "../lib/mlp.js";
import { percent, signed } from "../lib/numbers.js";
import { colourScale, extent, paint } from "../lib/paint.js";
import { nextFrame, player } from "../lib/player.js";
import { randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";
import { motionIsReduced } from "../lib/travel.js";
import { counted } from "../lib/words.js";

const xor = { points: [0, 0, 0, 1, 1, 0, 1, 1], labels: [0, 1, 1, 0] };
const [low, high] = [-0.5, 1.5]; // of the plane, along both axes
const most = 16; // hidden units
const planePixels = 480;
const [gridSide, thumbSide] = [49, 21]; // places along a side at which a network is asked
const frameSteps = 20; // of training between two pictures
const sliceBudget = 20; // milliseconds of training before the page may breathe
const trialStarts = 50;
const flat = 0.01; // the length of a gradient that hardly moves anything
const [chartWidth, chartHeight, chartEdge] = [560, 220, 64];
const [plotWidth, plotHeight, plotEdge] = [640, 440, 92];

export default {
  render({ model, el }) {
    const { say, show: put } = scaffold(el, "live-xor-playground");
    const [activations, steps, rate] = ["activations", "steps", "rate"].map((key) => model.get(key));
    const lab = {
      el,
      say,
      steps,
      rate,
      activations,
      state: { width: 2, activation: activations[0], seed: 1, ...copyOf(xor) },
      run: null, // the network that is shown, and its losses
      trial: null, // the starts that are tried
      tried: [], // what came of them: {width, activation, hits, count}
      told: h("p", { class: "live-verdict" }),
      why: h("p", { class: "live-why" }),
      trialText: h("p", { class: "live-hint" }, ""),
      meter: h("progress", { max: trialStarts, value: 0, "aria-label": "Starts tried" }),
      thumbs: h("div", { class: "live-units" }),
      curve: h("canvas", { class: "live-curve", width: chartWidth, height: chartHeight, role: "img" }),
      play: player({ label: "Train", stopLabel: "Pause", step: () => trainOn(lab) }),
      plot: reliabilityPlot(["widths", "activations", "shares", "starts"].map((key) => model.get(key))),
    };
    lab.plane = planeOf(lab.state, () => restart(lab, { points: lab.state.points, labels: lab.state.labels }));
    put(...panelsOf(lab));
    restart(lab);
    lab.plot.draw(lab.tried);
    return () => {
      lab.play.stop();
      lab.trial = null;
    };
  },
};

const copyOf = ({ points, labels }) => ({ points: [...points], labels: [...labels] });

function panelsOf(lab) {
  const { state, activations, plane, play, told, why, thumbs, curve, plot, meter, trialText, steps, rate } = lab;
  const width = slider({
    label: "Hidden units",
    min: 1,
    max: most,
    step: 1,
    value: state.width,
    onInput: (value) => restart(lab, { width: value }),
  });
  const kind = choice({
    label: "Activation",
    options: activations,
    onChange: (i) => restart(lab, { activation: activations[i] }),
  });
  const another = button("Another start", () => restart(lab, { seed: state.seed + 1 }));
  const back = button("XOR again", () => restart(lab, copyOf(xor)));
  const tools = h("div", { class: "live-tools" }, play.button, another, back);
  const note = hint("Drag a point, or move it with the arrow keys; a click or Enter gives it the other class.");
  const marks = h("ul", { class: "live-legend-list" }, ...["class 0", "class 1"].map(legendLine));
  const lines = hint("Black: where the output is 1/2. Dashed: where the input of a hidden unit is 0.");
  const how = hint(`Gradient descent on the mean logistic loss, ${steps} steps, rate ${rate}.`);
  const curveTitle = h("p", { class: "live-caption" }, "Loss at each step");
  const tryOut = button(`Try ${trialStarts} starts here`, () => tryStarts(lab));
  const trying = h("div", { class: "live-tools" }, tryOut, meter);
  return [
    panel("live-left", "The plane", plane.element, marks, lines, note),
    panel("live-network", "The network", width.element, kind, tools, how, told, why, curveTitle, curve),
    panel("live-inside", "Hidden units and weights", thumbs),
    panel("live-reliability", "How many starts solve XOR?", ...plot.elements, trying, trialText),
  ].map(({ element }) => element);
}

// ---- what the reader does ----------------------------------------------------------------------------------------------

// A network at its start, with other settings or the same ones.
function restart(lab, values = {}) {
  const { state, play, plane, tried } = lab;
  play.stop();
  lab.trial = null;
  if ("points" in values) tried.length = 0; // of another problem
  Object.assign(state, values);
  lab.run = newRun(state);
  plane.name(state);
  show(lab);
  lab.plot.draw(tried);
  lab.trialText.textContent = "";
  lab.meter.value = 0;
  lab.say(`${lab.told.textContent} ${lab.why.textContent}`);
}

function show({ el, state, run, plane, thumbs, curve, told, why }) {
  const facts = factsOf(run, state);
  told.textContent = verdictText(facts, run.step);
  why.textContent = reasonText(facts, run, state);
  plane.draw(run.network, state);
  drawThumbs(thumbs, run.network, facts);
  drawCurve(curve, run.losses);
  const { right, loss, dead, slope } = facts;
  Object.assign(el.dataset, { step: run.step, right, loss, dead, slope });
}

// Some steps a frame; where motion is reduced, only the end is shown.
async function trainOn(lab) {
  const { run, state, steps, rate, play } = lab;
  const goal = Math.floor(run.step / steps + 1) * steps;
  const count = motionIsReduced() ? goal - run.step : Math.min(frameSteps, goal - run.step);
  learn(run, state, count, rate);
  show(lab);
  await nextFrame();
  if (run.step < goal || lab.run !== run) return;
  play.stop();
  lab.say(`${lab.told.textContent} ${lab.why.textContent}`);
}

// Train from many starts, in slices; whatever else the reader asks for ends it.
async function tryStarts(lab) {
  const { el, state, steps, rate, tried, plot, meter, trialText, say, play } = lab;
  play.stop();
  const mine = (lab.trial = {});
  const began = performance.now();
  let [hits, longest] = [0, 0];
  for (let start = 0; start < trialStarts; start++) {
    const run = newRun({ ...state, seed: 1000 + start });
    while (run.step < steps) {
      const slice = performance.now();
      while (run.step < steps && performance.now() - slice < sliceBudget) learn(run, state, 10, rate);
      longest = Math.max(longest, performance.now() - slice);
      meter.value = start + run.step / steps;
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== lab.trial) return;
    }
    hits += factsOf(run, state).right === state.labels.length;
  }
  meter.value = trialStarts;
  const { width, activation } = state;
  tried.push({ width, activation, hits, count: trialStarts });
  plot.draw(tried);
  trialText.textContent = trialWords(tried.at(-1));
  say(trialText.textContent);
  const took = performance.now() - began;
  Object.assign(el.dataset, { tried: JSON.stringify(tried), slice: longest.toFixed(0), took: took.toFixed(0) });
}

// ---- what computes -----------------------------------------------------------------------------------------------------

export function newRun({ width, activation, seed }) {
  return { network: newNetwork(randomSource(seed), [2, width, 1], activation), step: 0, losses: [] };
}

// So many steps of gradient descent on all points at once.
export function learn(run, { points, labels }, count, rate) {
  const inputs = Float64Array.from(points);
  for (let i = 0; i < count; i++) run.losses.push(descend(run.network, inputs, labels, rate).loss);
  run.step += count;
}

// How a network stands: its loss, the points it has right, the hidden units that are 0 on all of them, the gradient's length.
export function factsOf({ network }, { points, labels }) {
  const pass = forwardPass(network, Float64Array.from(points));
  const { loss, slopes } = logisticLoss(pass.output, labels);
  const { gradients } = backwardPass(network, pass, slopes, false);
  const slope = Math.hypot(...Object.values(gradients).flatMap((parts) => parts.flatMap((part) => [...part])));
  const values = pass.trace[1].input;
  const width = network.sizes[1];
  const isDead = (unit) => labels.every((_, i) => values[i * width + unit] === 0);
  const deadUnits = Array.from({ length: width }, (_, unit) => isDead(unit));
  const right = labels.filter((label, i) => pass.output[i] > 0 === label > 0).length;
  return { loss, right, deadUnits, dead: deadUnits.filter(Boolean).length, slope, count: labels.length };
}

// The interval that holds a share with 95\u00a0% confidence, after Wilson.
export function wilson(hits, count, z = 1.959964) {
  const share = hits / count;
  const middle = share + z ** 2 / (2 * count);
  const reach = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  return [middle - reach, middle + reach].map((end) => end / (1 + z ** 2 / count));
}

// ---- what is said ------------------------------------------------------------------------------------------------------

function verdictText({ right, loss, count }, step) {
  const how = `${right} of ${count} right, loss ${loss.toFixed(3)}`;
  if (step === 0) return `Not trained yet: ${how}.`;
  return `${right === count ? "Solved" : "Not solved"} after ${step} steps: ${how}.`;
}

function reasonText({ right, count, dead, slope }, { step }, { width, activation }) {
  const units = `${dead} of ${counted(width, "hidden unit")}`;
  const deadText =
    activation === "ReLU" && dead
      ? `${units} ${dead === 1 ? "is" : "are"} dead: 0 on all ${count} points, no gradient reaches ${dead === 1 ? "it" : "them"}.`
      : "";
  if (step === 0 || right === count) return deadText;
  const length = `the gradient’s length is ${slope.toFixed(4)}`;
  const ground = slope < flat ? `Flat ground: ${length}, and more steps hardly help.` : `It still moves: ${length}.`;
  return `${deadText} ${ground}`.trim();
}

function trialWords({ width, activation, hits, count }) {
  const [from, to] = wilson(hits, count);
  return `${hits} of ${count} starts with ${counted(width, `${activation} unit`)} solve it: ${percent(hits / count)}; the true share lies between ${percent(from)} and ${percent(to)}, with 95\u00a0% confidence.`;
}

// ---- the plane ---------------------------------------------------------------------------------------------------------

// Places of a square grid over the plane, from the upper left.
function gridPoints(side) {
  const at = (i) => low + ((high - low) * i) / (side - 1);
  return Float64Array.from({ length: 2 * side * side }, (_, k) => {
    const place = k >> 1;
    return k % 2 ? at(side - 1 - Math.floor(place / side)) : at(place % side);
  });
}

// The output over the plane, and the points, which the reader moves. onChange: one of them is elsewhere or of another class.
function planeOf(state, onChange) {
  const heat = h("canvas", { "aria-hidden": "true" });
  const lines = h("canvas", { width: planePixels, height: planePixels, role: "img" });
  const handles = state.labels.map((_, i) => pointHandle(state, i, lines, onChange));
  const grid = gridPoints(gridSide);

  function draw(network) {
    const scores = forwardPass(network, grid).output;
    paint(heat, scores.map(sigmoidOf), gridSide, gridSide, { map: "signed", low: 0, high: 1 });
    const pen = lines.getContext("2d");
    pen.clearRect(0, 0, planePixels, planePixels);
    for (const unit of unitLines(network)) {
      polyline(pen, unit.map(pixelOf), { colour: "#fff", width: 5, dash: [12, 8] });
      polyline(pen, unit.map(pixelOf), { colour: "#333", width: 2.5, dash: [12, 8] });
    }
    for (const piece of boundary(scores, gridSide)) polyline(pen, piece, { colour: "#000", width: 5 });
  }

  function name({ points, labels }) {
    handles.forEach((handle, i) => handle.name([points[2 * i], points[2 * i + 1]], labels[i]));
    const list = labels.map((label, i) => `${points[2 * i]}, ${points[2 * i + 1]} of class ${label}`).join("; ");
    lines.setAttribute("aria-label", `The network’s output over the plane; points at ${list}`);
  }
  const element = h("div", { class: "live-window" }, heat, lines, ...handles.map((handle) => handle.element));
  return { element, draw, name };
}

const pixelOf = ([x, y]) => [x, high + low - y].map((value) => ((value - low) / (high - low)) * planePixels);

// A point as a button: dragged, moved by arrow keys, and pressed to be of the other class.
function pointHandle(state, i, plane, onChange) {
  const mark = h("canvas", { width: 48, height: 48 });
  let moved = false; // a drag ends with a click that is none
  const element = h(
    "button",
    { type: "button", class: "live-thing", onclick: () => (moved ? (moved = false) : turn()) },
    mark,
  );
  const turn = () => {
    state.labels[i] = 1 - state.labels[i];
    onChange();
  };
  function move(x, y) {
    const inside = (value) => Math.round(20 * Math.min(high, Math.max(low, value))) / 20;
    Object.assign(state.points, { [2 * i]: inside(x), [2 * i + 1]: inside(y) });
    onChange();
  }
  const step = 0.05;
  onArrows(element, {
    shift: 5,
    move: (down, right) => move(state.points[2 * i] + step * right, state.points[2 * i + 1] - step * down),
  });
  onDrag(element, {
    start: () => (moved = false),
    move(event) {
      const box = plane.getBoundingClientRect();
      moved = true;
      const across = (event.clientX - box.left) / box.width;
      const down = (event.clientY - box.top) / box.height;
      move(low + (high - low) * across, high - (high - low) * down);
    },
  });
  function name([x, y], label) {
    element.style.left = `${(100 * (x - low)) / (high - low)}%`;
    element.style.top = `${(100 * (high - y)) / (high - low)}%`;
    element.setAttribute("aria-label", `Point ${i + 1} at ${x}, ${y}, class ${label}: Enter gives it the other class`);
    const pen = mark.getContext("2d");
    pen.clearRect(0, 0, 48, 48);
    drawMark(pen, [24, 24], label, 20, true);
  }
  return { element, name };
}

// For each hidden unit, the two points at which its line crosses the frame of the plane, if it does.
export function unitLines({ weights: [weight], biases: [bias] }) {
  return [...bias.keys()]
    .map((unit) => {
      const [a, b, c] = [weight[2 * unit], weight[2 * unit + 1], bias[unit]];
      const ends = [low, high].flatMap((edge) => [
        [edge, -(c + a * edge) / b],
        [-(c + b * edge) / a, edge],
      ]);
      const inside = ends.filter((end) => end.every((value) => value >= low && value <= high));
      return inside.sort(([x], [other]) => x - other);
    })
    .filter((ends) => ends.length > 1)
    .map((ends) => [ends[0], ends.at(-1)]);
}

// Where a map of scores passes through 0, in short pieces in pixels of the plane: cell by cell of the grid.
function boundary(scores, side) {
  const pieces = [];
  const step = planePixels / (side - 1);
  for (let row = 0; row < side - 1; row++) {
    for (let column = 0; column < side - 1; column++) {
      const corners = [
        [0, 0],
        [0, 1],
        [1, 1],
        [1, 0],
      ].map(([down, right]) => [row + down, column + right]);
      const values = corners.map(([r, c]) => scores[r * side + c]);
      const crossings = corners.flatMap(([r, c], k) => {
        const next = (k + 1) % 4;
        if (values[k] > 0 === values[next] > 0) return [];
        const share = values[k] / (values[k] - values[next]);
        const [nextRow, nextColumn] = corners[next];
        return [[(c + share * (nextColumn - c)) * step, (r + share * (nextRow - r)) * step]];
      });
      for (let k = 0; k + 1 < crossings.length; k += 2) pieces.push(crossings.slice(k, k + 2));
    }
  }
  return pieces;
}

// ---- the hidden units and the loss -------------------------------------------------------------------------------------

const thumbPoints = gridPoints(thumbSide);

function drawThumbs(element, network, { deadUnits }) {
  const width = network.sizes[1];
  while (element.children.length > width) element.lastChild.remove();
  while (element.children.length < width)
    element.append(h("figure", {}, h("canvas", { role: "img" }), h("figcaption")));
  const values = forwardPass(network, thumbPoints).trace[1].input;
  [...element.children].forEach((figure, unit) => {
    const own = Float64Array.from({ length: thumbSide ** 2 }, (_, i) => values[i * width + unit]);
    const scale = network.activation === "tanh" ? colourScale([-1, 1]) : colourScale([0, Math.max(1, extent(own)[1])]);
    paint(figure.firstChild, own, thumbSide, thumbSide, scale);
    const isDead = deadUnits[unit] && network.activation === "ReLU";
    const text = isDead ? "dead" : signed(network.weights[1][unit], 1);
    figure.lastChild.textContent = text;
    figure.firstChild.setAttribute(
      "aria-label",
      `Hidden unit ${unit + 1}: ${isDead ? text : `weight to the output ${text}`}`,
    );
  });
}

function drawCurve(canvas, losses) {
  const pen = whiteSheet(canvas);
  const top = Math.max(0.8, losses[0] ?? 0);
  const last = Math.max(2000, losses.length);
  const x = (step) => chartEdge + ((chartWidth - chartEdge - 16) * step) / last;
  const y = (loss) => chartHeight - 42 - ((chartHeight - 60) * Math.min(top, loss)) / top;
  across(pen, y(0), chartEdge, chartWidth - 16, { colour: "#888", width: 2 });
  upright(pen, chartEdge, y(top), y(0), { colour: "#888", width: 2 });
  across(pen, y(Math.LN2), chartEdge, chartWidth - 16, { colour: "#888", width: 2, dash: [6, 6] });
  pen.font = "24px system-ui, sans-serif";
  pen.fillStyle = "#333";
  pen.textAlign = "right";
  for (const value of [0, 0.4, 0.8]) pen.fillText(String(value), chartEdge - 8, y(value) + 8);
  pen.fillText(`step ${last}`, chartWidth - 16, chartHeight - 10);
  pen.fillText("a guess", chartWidth - 16, y(Math.LN2) - 8);
  const every = Math.max(1, Math.floor(losses.length / 500));
  const shown = losses.flatMap((loss, i) => (i % every ? [] : [[x(i), y(loss)]]));
  polyline(pen, shown, { colour: "#0072b2", width: 4 });
  const told = losses.length ? `from ${losses[0].toFixed(3)} to ${losses.at(-1).toFixed(3)}` : "not trained yet";
  canvas.setAttribute("aria-label", `The loss over ${losses.length} steps: ${told}`);
}

// ---- the reliability ---------------------------------------------------------------------------------------------------

// The share of starts that solve XOR against the width, measured beforehand; draw(tried) adds what the reader measured.
function reliabilityPlot([widths, activations, shares, starts]) {
  const canvas = h("canvas", { class: "live-plot", width: plotWidth, height: plotHeight, role: "img" });
  const x = (width) => plotEdge + 24 + ((plotWidth - plotEdge - 60) * Math.log2(width)) / Math.log2(most);
  const y = (share) => plotHeight - 62 - (plotHeight - 84) * share;
  const dashes = [[], [14, 8], [4, 6]];

  function point(pen, width, hits, count, which, own) {
    const at = x(width) + 7 * (which - 1);
    const colour = own ? "#000" : markColours[which];
    const ends = wilson(hits, count).map(y);
    upright(pen, at, ends[0], ends[1], { colour, width: own ? 5 : 3 });
    for (const end of ends) across(pen, end, at - 7, at + 7, { colour, width: own ? 5 : 3 });
    drawMark(pen, [at, y(hits / count)], which, own ? 16 : 9, own);
  }

  function draw(tried) {
    const pen = whiteSheet(canvas);
    drawAxes(pen, [...new Set([1, ...widths, most])], x, y);
    activations.forEach((_, which) => {
      const line = widths.map((width, i) => [x(width) + 7 * (which - 1), y(shares[which][i])]);
      polyline(pen, line, { colour: markColours[which], width: 3, dash: dashes[which] });
      widths.forEach((width, i) => point(pen, width, shares[which][i] * starts, starts, which, false));
    });
    for (const { width, activation, hits, count } of tried)
      point(pen, width, hits, count, activations.indexOf(activation), true);
    const line = (name, which) =>
      `${name}: ${widths.map((width, i) => `${percent(shares[which][i])} at ${width}`).join(", ")}`;
    const own = tried.map(trialWords).join(" ");
    canvas.setAttribute(
      "aria-label",
      `Share of starts that solve XOR against the hidden units. ${activations.map(line).join("; ")}. ${own}`,
    );
  }
  const legend = h("ul", { class: "live-legend-list" }, ...activations.map(legendLine));
  const note = hint(
    `Lines: ${starts} starts each, measured beforehand. Large marks: yours. Bars: 95\u00a0% intervals.`,
  );
  return { elements: [canvas, legend, note], draw };
}

function drawAxes(pen, widths, x, y) {
  pen.font = "24px system-ui, sans-serif";
  pen.fillStyle = "#333";
  for (const share of [0, 0.5, 1]) {
    across(pen, y(share), plotEdge, plotWidth - 12, { colour: share ? "#ddd" : "#888", width: 2 });
    pen.textAlign = "right";
    pen.fillText(percent(share), plotEdge - 8, y(share) + 8);
  }
  pen.textAlign = "center";
  for (const width of widths) pen.fillText(width, x(width), y(0) + 30);
  pen.fillText("hidden units", (plotEdge + plotWidth) / 2, y(0) + 58);
}
