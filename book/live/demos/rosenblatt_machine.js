// Rosenblatt's Mark I: a retina of photocells, association units with fixed random wires, and dials that learn one response.
//
// Settings: tasks (a list of {name, classes: [class 1, class 2], about: one sentence}); pictures (uint8, n x 400, 1 where a
// cell is lit), picture_task (uint8, n), labels (uint8, n: 0 or 1), is_test (uint8, n); wires (uint8, units x 400: 0 for a
// wire that counts -1, 1 for none, 2 for +1), thresholds (float32, units: a unit fires if its sum is above its own).
// No model: the machine begins with all dials at 0 and learns here. What computes is tested against NumPy and PyTorch.

import { arraySetting } from "../lib/ask.js";
import { across, polyline, upright, whiteSheet } from "../lib/charts.js";
import { choice, select, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { descend, forwardPass, newNetwork } from "../lib/mlp.js";
import { percent, signed } from "../lib/numbers.js";
import { drawingPad } from "../lib/pad.js";
import { extent } from "../lib/paint.js";
import { nextFrame, player } from "../lib/player.js";
import { randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";
import { motionIsReduced, traveller } from "../lib/travel.js";
import { counted } from "../lib/words.js";

const side = 20; // photocells along a side of the retina
const cellCount = side * side;
const unitCounts = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const drawCount = 10;
const limits = { fixed: 200, learned: 2000 }; // epochs
const learningRate = 0.002; // of gradient descent, where the first layer learns
const [lit, dark] = [2, 1]; // a cell counts 2 then, or -1; with 1 and -1, XOR would be learned from the biases alone
const sliceBudget = 20; // milliseconds of training before the page may breathe
const boardSide = 480; // pixels of the lamps and of the dials
const leastColumns = 4; // of lamps
const [chartWidth, chartHeight, chartEdge] = [560, 200, 64];

export default {
  render({ model, el }) {
    const { say, show: put } = scaffold(el, "live-rosenblatt-machine");
    const tasks = readTasks(model);
    const lab = {
      el,
      say,
      tasks,
      given: wired(arraySetting(model.get("wires")), arraySetting(model.get("thresholds")).data),
      state: { task: 0, units: 64, learns: false, seed: 0 },
      run: null, // the training
      trial: null, // the ten draws that count
      retina: drawingPad({
        size: side,
        binary: true,
        grid: 5,
        label: "Retina of 20 by 20 photocells",
        onChange: () => lab.run && look(lab),
      }),
      board: machineBoard(),
      facts: factTable(),
      chart: mistakeChart(),
      controls: machineControls(tasks, (values) => restart(lab, values)),
      play: player({ label: "Run", stopLabel: "Stop", step: () => runOn(lab) }),
      draws: [
        button("Other wires", () => restart(lab, { seed: lab.state.seed + 1 })),
        button("Ten draws", () => tenDraws(lab)),
      ],
      corrections: [0, 1].map((label) => button("", () => correct(lab, label))),
      answer: h("p", { class: "live-answer" }),
      told: h("p", { class: "live-verdict" }),
      drawn: h("p", { class: "live-drawn" }),
    };
    put(...panelsOf(lab));
    restart(lab, { task: 0 });
    return () => {
      lab.play.stop();
      lab.trial = null;
    };
  },
};

function panelsOf(lab) {
  const { retina, board, facts, chart, controls, play, corrections, answer, told, drawn } = lab;
  const draws = h("div", { class: "live-tools" }, ...lab.draws);
  const steps = h(
    "div",
    { class: "live-tools" },
    button("One picture", () => showOne(lab)),
    button("One epoch", () => oneEpoch(lab)),
    play.button,
    button("Forget", () => restart(lab)),
  );
  const teach = h("div", { class: "live-tools" }, h("span", {}, "Teach it that this is:"), ...corrections);
  return [
    panel("live-setting", "The task", ...controls.elements),
    panel("live-retina", "The retina", retina.element, answer, teach),
    panel("live-machine", "The machine", board.element),
    panel("live-training", "The training", steps, told, facts.element, chart.element, draws, drawn),
  ].map(({ element }) => element);
}

// ---- what the reader does ----------------------------------------------------------------------------------------------

const begin = ({ tasks, state, given }, seed) => newRun(tasks[state.task].train, given, { ...state, seed });

// All dials at their start, with other settings or the same ones.
function restart(lab, values = {}) {
  const { tasks, state, controls, retina, play, drawn } = lab;
  play.stop();
  Object.assign(state, values);
  Object.assign(lab, { run: begin(lab, state.seed), trial: null });
  const { classes, train } = tasks[state.task];
  lab.corrections.forEach((one, i) => (one.textContent = classes[i]));
  controls.update(state);
  lab.draws[0].textContent = state.learns ? "Other first weights" : "Other wires";
  for (const one of lab.draws) one.disabled = !state.units && !state.learns; // nothing is drawn
  drawn.textContent = "";
  if ("task" in values) retina.load(train.pictures[0]);
  show(lab);
  tell(lab, `Nothing is learned yet. ${train.pictures.length} pictures wait.`);
}

// What the machine says of what is on the retina.
function look({ el, run: { machine }, state, tasks, retina, answer, board, say }) {
  const seen = machine.seen(retina.values);
  const [units, sum] = [machine.unitsOf(seen), machine.sumOf(seen)];
  const said = tasks[state.task].classes[Number(sum > 0)];
  answer.textContent = `The sum is ${sumText(sum, state)}, ${sum > 0 ? "above" : "not above"} 0: “${said}”.`;
  board.update(units, machine.weights, state);
  Object.assign(el.dataset, { sum, said });
  say(answer.textContent);
}

function show(lab) {
  const { el, run, state, tasks, facts, chart } = lab;
  look(lab);
  const test = tasks[state.task].test;
  if (!state.learns) run.ever ??= everOn(run);
  const known = { right: rightShare(run.machine, test), tests: test.pictures.length };
  facts.update(run, state, known);
  chart.update(run.history);
  const { history, total } = run;
  Object.assign(el.dataset, { epochs: history.length, mistakes: history.join(" "), total, right: known.right ?? "" });
}

function tell({ told, answer, say }, text) {
  told.textContent = text;
  say(`${text} ${answer.textContent}`);
}

// One picture, the next or the one that the reader drew: what was said, and the dials that turn.
function lesson(lab, act) {
  const { run, state, tasks, board, play } = lab;
  play.stop();
  const before = Float64Array.from(run.machine.weights);
  const { sum, wrong, label } = act(run);
  show(lab);
  board.turn(before, run.machine.weights);
  tell(lab, lessonText(sum, wrong, tasks[state.task].classes[label], state));
}

function showOne(lab) {
  lesson(lab, (run) => {
    const { picture, ...came } = showNext(run);
    lab.retina.load(lab.tasks[lab.state.task].train.pictures[picture]);
    return { ...came, label: run.labels[picture] };
  });
}

function correct(lab, label) {
  lesson(lab, (run) => {
    const came = run.machine.teach(run.machine.seen(lab.retina.values), label);
    run.total += came.wrong;
    return { ...came, label };
  });
}

function oneEpoch(lab) {
  lab.play.stop();
  do showNext(lab.run);
  while (lab.run.place > 0);
  show(lab);
  tell(lab, progressText(lab.run));
}

// An epoch a frame, more later on; where motion is reduced, only the end is shown.
async function runOn(lab) {
  const { run, play } = lab;
  const epochs = run.history.length;
  if (isOver(run)) showNext(run); // the reader wants more
  learnFor(run, motionIsReduced() ? Infinity : epochs + 1 + (epochs >> 5));
  const over = isOver(run);
  if (over || !motionIsReduced()) show(lab);
  lab.told.textContent = progressText(run);
  await nextFrame();
  if (!over || lab.run !== run) return;
  play.stop();
  tell(lab, progressText(run));
}

// Ten trainings: with the wires, or the first weights, that “Other wires” brings one after the other.
async function tenDraws(lab) {
  const { el, drawn, state, say, play } = lab;
  play.stop();
  const mine = (lab.trial = {});
  const began = performance.now();
  const runs = [];
  while (runs.length < drawCount) {
    const run = begin(lab, runs.length + 1);
    while (!isOver(run)) {
      learnFor(run, Infinity);
      await new Promise((resolve) => setTimeout(resolve));
      if (mine !== lab.trial) return;
    }
    runs.push(run);
    drawn.textContent = drawsText(runs, state);
  }
  say(drawn.textContent);
  const slice = Math.max(...runs.map(({ longest }) => longest));
  const took = performance.now() - began;
  Object.assign(el.dataset, { draws: runs.filter(isSolved).length, slice: slice.toFixed(0), took: took.toFixed(0) });
}

// ---- what is said ------------------------------------------------------------------------------------------------------

const sumText = (sum, { learns }) => signed(sum, learns ? 2 : 0);

function lessonText(sum, wrong, name, state) {
  const said = `The sum was ${sumText(sum, state)}`;
  if (state.learns) return `${said}: ${wrong ? "wrong" : "right"}, it is “${name}”. All weights move a little.`;
  if (!wrong) return `${said}: right, it is “${name}”. Nothing is changed.`;
  const which = state.units ? "each unit that is on" : "each cell that is lit";
  return `${said}: wrong, it is “${name}”. The dial of ${which} turns by one.`;
}

function progressText(run) {
  const epoch = counted(run.history.length, "epoch");
  if (run.history.length && isSolved(run))
    return `Learned: no mistake in the last of ${epoch}, ${counted(run.total, "mistake")} in all.`;
  const last = `${counted(run.history.at(-1) ?? 0, "mistake")} in the last of ${epoch}`;
  return isOver(run) ? `Given up at the limit: ${last}.` : `Not yet: ${last}.`;
}

function drawsText(runs, { units, learns }) {
  const done = runs.filter(isSolved);
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  const { limit } = runs[0];
  const what = learns ? "first weights" : "wires";
  const costs = done.length
    ? ` Their median: ${counted(middle(done.map(({ history }) => history.length)), "epoch")}.`
    : "";
  return `${done.length} of ${runs.length} draws of ${what} for ${counted(units, "unit")} learn it within ${limit} epochs.${costs}`;
}

// ---- what is shown -----------------------------------------------------------------------------------------------------

function machineControls(tasks, set) {
  const about = hint("");
  const task = select({ label: "Task", options: tasks.map(({ name }) => name), onChange: (i) => set({ task: i }) });
  const units = slider({
    label: "Association units",
    min: 0,
    max: unitCounts.length - 1,
    step: 1,
    value: unitCounts.indexOf(64),
    format: (i) => (i ? String(unitCounts[i]) : "none"),
    onInput: (i) => set({ units: unitCounts[i] }),
  });
  const label = "The first layer";
  const layer = choice({ label, options: ["fixed wires", "learns, too"], onChange: (i) => set({ learns: i === 1 }) });
  const how = hint("");
  const update = ({ task: chosen, learns }) => {
    about.textContent = tasks[chosen].about;
    how.textContent = learns
      ? `Backpropagation: tanh units; a lit cell counts ${lit}, a dark one −${dark}; gradient descent on the logistic loss, rate ${learningRate}.`
      : "Rosenblatt’s rule: right, nothing; wrong, add or subtract the units that are on.";
  };
  const switcher = h("div", { class: "live-field" }, h("span", {}, label), layer);
  return { elements: [task.element, about, units.element, switcher, how], update };
}

function factTable() {
  const names = [
    "epochs",
    "mistakes so far",
    "mistakes in the last epoch",
    "right on new pictures",
    "units that are ever on",
  ];
  const cells = names.map(() => h("td", { class: "live-number" }));
  const rows = names.map((name, i) => h("tr", {}, h("th", { scope: "row" }, name), cells[i]));
  const update = ({ history, total, ever }, { units, learns }, { right, tests }) => {
    const on = learns || !units ? "–" : `${ever} of ${units}`;
    const share = right === null ? "there are none" : `${percent(right)} of ${tests}`;
    [history.length, total, history.at(-1) ?? "–", share, on].forEach((text, i) => (cells[i].textContent = text));
  };
  return { element: h("table", { class: "live-energies" }, h("tbody", {}, ...rows)), update };
}

// The units as lamps, and their weights as dials, in the same places.
function machineBoard() {
  const board = (role) => h("canvas", { width: boardSide, height: boardSide, role: "img", class: role });
  const [lamps, dials] = [board("live-lamps"), board("live-dials")];
  const [lampText, dialText] = [h("figcaption", { class: "live-hint" }), h("figcaption", { class: "live-hint" })];
  let now = null; // what is shown
  const drawDials = (weights) => paintDials(dials, now.units, weights);
  const travel = traveller(([weights]) => drawDials(weights));

  function update(units, weights, { units: count, learns }) {
    travel.end();
    now = { units };
    const on = units.filter((value) => value > 0).length;
    const [low, high] = extent(weights).map((value) => signed(value, learns ? 2 : 0));
    const what = count ? "association units" : "cells";
    lampText.textContent = learns
      ? `${units.length} ${what}: the brighter, the nearer to 1`
      : `${on} of ${units.length} ${what} are on`;
    dialText.textContent = `Their dials: weights from ${low} to ${high}`;
    lamps.setAttribute("aria-label", lampText.textContent);
    dials.setAttribute("aria-label", dialText.textContent);
    paintLamps(lamps, units, learns);
    drawDials(weights);
  }
  const turn = (before, after) => travel.begin([before], [after]);
  const figure = (...parts) => h("figure", { class: "live-tile" }, ...parts);
  const element = h("div", { class: "live-board" }, figure(lamps, lampText), figure(dials, dialText));
  return { element, update, turn };
}

// place(unit) -> its middle; radius, of a circle there. The first unit is at the upper left.
function gridOf(count) {
  const columns = Math.max(leastColumns, Math.ceil(Math.sqrt(count)));
  const cell = boardSide / columns;
  const place = (unit) => [((unit % columns) + 0.5) * cell, (Math.floor(unit / columns) + 0.5) * cell];
  return { place, radius: 0.4 * cell };
}

function blackSheet(canvas) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return pen;
}

function circle(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

// A lamp that is off is a ring; one that is on is a disc. Where the units learn, the disc grows with the value, too.
function paintLamps(canvas, units, learns) {
  const pen = blackSheet(canvas);
  const { place, radius } = gridOf(units.length);
  pen.lineWidth = Math.max(1, radius / 8);
  pen.strokeStyle = "#777";
  units.forEach((value, unit) => {
    const share = learns && value < 1 ? (value + 1) / 2 : value;
    circle(pen, place(unit), radius);
    pen.stroke();
    if (share <= 0) return;
    pen.fillStyle = `rgb(255 213 74 / ${0.3 + 0.7 * share})`;
    circle(pen, place(unit), radius * Math.sqrt(share));
    pen.fill();
  });
}

// Each weight as a pointer: up for 0, to the right for more, to the left for less; the units that are on have a bright rim.
function paintDials(canvas, units, weights) {
  const pen = blackSheet(canvas);
  const { place, radius } = gridOf(weights.length);
  const reach = reachOf(weights);
  weights.forEach((weight, unit) => {
    const [x, y] = place(unit);
    const angle = 0.75 * Math.PI * (weight / reach);
    pen.strokeStyle = units[unit] > 0 ? "#ffd54a" : "#777";
    pen.lineWidth = Math.max(1, radius / (units[unit] > 0 ? 5 : 8));
    circle(pen, [x, y], radius);
    pen.stroke();
    const tip = [x + 0.9 * radius * Math.sin(angle), y - 0.9 * radius * Math.cos(angle)];
    polyline(pen, [[x, y], tip], { colour: "#fff", width: Math.max(1.5, radius / 6) });
  });
}

// The weight at which a pointer is at its stop: 1, 2, 4 and so on.
const reachOf = (weights) => 2 ** Math.ceil(Math.log2(Math.max(1, ...extent(weights).map(Math.abs))));

function mistakeChart() {
  const canvas = h("canvas", { class: "live-chart", width: chartWidth, height: chartHeight, role: "img" });
  const caption = h("p", { class: "live-caption" }, "Mistakes in each epoch");
  const update = (history) => {
    const pen = whiteSheet(canvas);
    const [most, last] = [Math.max(1, ...history), Math.max(10, history.length)];
    const x = (epoch) => chartEdge + ((chartWidth - chartEdge - 16) * (epoch - 1)) / (last - 1);
    const y = (mistakes) => chartHeight - 42 - ((chartHeight - 66) * mistakes) / most;
    across(pen, y(0), chartEdge, chartWidth - 16, { colour: "#888", width: 2 });
    upright(pen, chartEdge, y(most), y(0), { colour: "#888", width: 2 });
    pen.font = "24px system-ui, sans-serif";
    pen.fillStyle = "#333";
    pen.textAlign = "right";
    for (const value of [0, most]) pen.fillText(value, chartEdge - 8, y(value) + 8);
    pen.fillText(`epoch ${last}`, chartWidth - 16, chartHeight - 10);
    pen.textAlign = "left";
    pen.fillText("1", chartEdge, chartHeight - 10);
    polyline(
      pen,
      history.map((mistakes, i) => [x(i + 1), y(mistakes)]),
      { colour: "#0072b2", width: 4 },
    );
    if (history.length === 1) pen.fillRect(x(1) - 4, y(history[0]) - 4, 8, 8);
    const told = history.length ? `${history.at(-1)} in epoch ${history.length}, the most ${most}` : "none yet";
    canvas.setAttribute("aria-label", `Mistakes in each epoch: ${told}`);
  };
  return { element: h("div", {}, caption, canvas), update };
}

// ---- what computes -----------------------------------------------------------------------------------------------------

// For each association unit the cells that its wires count with +1 and those with -1, and its threshold.
export function wired({ data, dims: [count, cells] }, thresholds) {
  if (cells !== cellCount)
    throw new Error(`wires are ${count} x ${cells}; expected a row of ${cellCount} cells for each unit`);
  return Array.from({ length: count }, (_, unit) => {
    const own = data.subarray(unit * cells, (unit + 1) * cells);
    const cellsOf = (code) => [...own.keys()].filter((cell) => own[cell] === code);
    return { plus: cellsOf(2), minus: cellsOf(0), threshold: thresholds[unit] };
  });
}

// Other wires and thresholds, as frequent as those.
export function otherWires(wires, cells, random) {
  const share = (end) => wires.reduce((sum, unit) => sum + unit[end].length, 0) / (wires.length * cells);
  const [plus, minus] = [share("plus"), share("minus")];
  return wires.map(() => {
    const unit = { plus: [], minus: [], threshold: wires[Math.floor(random() * wires.length)].threshold };
    for (let cell = 0; cell < cells; cell++) {
      const draw = random();
      if (draw < plus) unit.plus.push(cell);
      else if (draw < plus + minus) unit.minus.push(cell);
    }
    return unit;
  });
}

// 1 for each unit that fires: its sum is above its threshold.
export function firing(wires, cells) {
  const sumOver = (list) => list.reduce((sum, cell) => sum + cells[cell], 0);
  return Float64Array.from(wires, ({ plus, minus, threshold }) => Number(sumOver(plus) - sumOver(minus) > threshold));
}

// A machine whose first layer is fixed: wires, or with none the cells themselves. `seen` is what teach and sumOf take: it
// is computed once for each picture. The response is on, class 2, if the sum is above 0.
export function perceptron(wires, cells) {
  const machine = {
    weights: new Float64Array(wires.length || cells),
    bias: 0,
    seen: (picture) => (wires.length ? firing(wires, picture) : Float64Array.from(picture)),
    unitsOf: (seen) => seen,
    sumOf(seen) {
      let sum = machine.bias;
      for (let i = 0; i < seen.length; i++) sum += machine.weights[i] * seen[i];
      return sum;
    },
    teach(seen, label) {
      const sum = machine.sumOf(seen);
      const wrong = sum > 0 !== label > 0;
      if (!wrong) return { sum, wrong };
      const sign = label ? 1 : -1;
      for (let i = 0; i < seen.length; i++) machine.weights[i] += sign * seen[i];
      machine.bias += sign;
      return { sum, wrong };
    },
  };
  return machine;
}

// A machine whose first layer learns, too: tanh units, one step of gradient descent a picture.
export function twoLayers(random, count, cells, rate) {
  const network = newNetwork(random, count ? [cells, count, 1] : [cells, 1], "tanh");
  return {
    weights: network.weights.at(-1),
    network,
    seen: (picture) => Float64Array.from(picture, (cell) => (cell ? lit : -dark)),
    unitsOf: (seen) => forwardPass(network, seen).trace.at(-1).input,
    sumOf: (seen) => forwardPass(network, seen).output[0],
    teach(seen, label) {
      const [sum] = descend(network, seen, [label], rate).scores;
      return { sum, wrong: sum > 0 !== label > 0 };
    },
  };
}

// A training of a machine on pictures: each epoch shows all of them, in an order of its own.
export function training(machine, pictures, labels, random) {
  const seen = pictures.map(machine.seen);
  return { machine, seen, labels, random, order: [], place: 0, mistakes: 0, total: 0, history: [] };
}

// Show the next picture and teach; returns which it was, its sum, and whether that was wrong.
export function showNext(run) {
  if (run.place === 0) Object.assign(run, { order: shuffled(run.seen.length, run.random), mistakes: 0 });
  const picture = run.order[run.place];
  const { sum, wrong } = run.machine.teach(run.seen[picture], run.labels[picture]);
  run.mistakes += wrong;
  run.total += wrong;
  run.place = (run.place + 1) % run.seen.length;
  if (run.place === 0) run.history.push(run.mistakes);
  return { picture, sum, wrong };
}

function shuffled(count, random) {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const isSolved = ({ history }) => history.at(-1) === 0;
const isOver = (run) => run.place === 0 && (isSolved(run) || run.history.length >= run.limit);

// Learn until so many epochs are over, all is, or the time is.
function learnFor(run, epochs) {
  const began = performance.now();
  while (run.history.length < epochs && !isOver(run) && performance.now() - began < sliceBudget) showNext(run);
  run.longest = Math.max(run.longest, performance.now() - began);
}

// A task from its beginning. Seed 0 has the wires of the settings, any other seed its own.
function newRun({ pictures, labels }, given, { units, learns, seed }) {
  const random = randomSource(seed);
  const wires = learns || seed === 0 ? given : otherWires(given, cellCount, random);
  const machine = learns
    ? twoLayers(random, units, cellCount, learningRate)
    : perceptron(wires.slice(0, units), cellCount);
  return { ...training(machine, pictures, labels, random), limit: learns ? limits.learned : limits.fixed, longest: 0 };
}

// How many units are on for some picture of the training.
export const everOn = ({ machine, seen }) => {
  const all = seen.map(machine.unitsOf);
  return all[0].reduce((count, _, unit) => count + all.some((units) => units[unit] > 0), 0);
};

export function rightShare(machine, { pictures, labels }) {
  if (!pictures.length) return null;
  const right = pictures.filter((picture, i) => machine.sumOf(machine.seen(picture)) > 0 === labels[i] > 0);
  return right.length / pictures.length;
}

function readTasks(model) {
  const bytes = (key) => arraySetting(model.get(key)).data;
  const [pictures, tasks, labels, isTest] = ["pictures", "picture_task", "labels", "is_test"].map(bytes);
  const chosen = (task, test) => {
    const places = [...tasks.keys()].filter((i) => tasks[i] === task && isTest[i] === test);
    return {
      pictures: places.map((i) => pictures.subarray(i * cellCount, (i + 1) * cellCount)),
      labels: places.map((i) => labels[i]),
    };
  };
  return model.get("tasks").map((task, i) => ({ ...task, train: chosen(i, 0), test: chosen(i, 1) }));
}
