// Layers with as many multiply-adds as each other, timed where the network is computed, under a roof that is made from
// these times; then a whole network, stage by stage, against what three rules predict from the layers.
//
// Settings: layers (a list of { model, text, kind, macs, bytes, repeats }: kind is "dense", "pointwise", "grouped" or
// "depthwise"; macs and bytes are those of one of the `repeats` that the model computes one after the other),
// copy ({ model, bytes, repeats }: a layer without multiply-adds), stages (a list of { model, text, layers: a list of
// { kind, macs, bytes } }), network ({ model, text }).
// Models: scale (1), from which each makes its own map -> value.

import { clock } from "../lib/ask.js";
import { frame, linear } from "../lib/axes.js";
import { polyline, whiteSheet } from "../lib/charts.js";
import { setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { drawMark, legendLine } from "../lib/marks.js";
import { compact, percent } from "../lib/numbers.js";
import { scaffold } from "../lib/scaffold.js";
import { counted, listed } from "../lib/words.js";

const runs = 7; // of which the median counts
const kinds = ["dense", "pointwise", "grouped", "depthwise"];
const rules = ["counted", "roofline", "by kind"];
const alike = 1.05; // the most and the least multiply-adds of the layers, at most
const far = 0.5; // of what the roof allows: less is told
const near = 0.05; // the stages together and the whole network: what differs by more is told
const guesses = { most: 30, steps: 100 };
const guessAt = (step) => guesses.most ** (step / guesses.steps);

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const { say, problem, show } = scaffold(el, "live-roofline");
    const state = { guess: null, times: {}, progress: null }; // a model's name -> milliseconds of one repeat
    const guess = guessSlider((value) => (state.guess = value));
    const chart = chartOf(task);
    const table = layerTable(task);
    const whole = stageTable(task);
    const told = { layers: h("p", { class: "live-verdict" }), whole: h("p", { class: "live-verdict" }) };
    const parts = { layers: [...task.layers, task.copy], whole: [...task.stages, task.network] };
    const press = {
      layers: button(`Measure ${counted(task.layers.length, "layer")}`, () => problem.watch(measure("layers"))),
      whole: button("Now a whole network", () => findings(task, state.times) && problem.watch(measure("whole"))),
    };

    // One model after the other; while this runs nothing else is measured.
    async function measure(what) {
      if (state.progress) return;
      try {
        for (const [i, part] of parts[what].entries()) {
          if (!el.isConnected) return;
          state.progress = { what, text: `Measuring ${i + 1} of ${parts[what].length}: ${part.text}.` };
          say(state.progress.text);
          refresh();
          state.times[part.model] = await millisecondsOf(model, part);
        }
      } finally {
        state.progress = null;
        refresh();
      }
      say(told[what].textContent);
    }

    // Everything follows from the times that are there.
    function refresh() {
      const found = findings(task, state.times);
      const forecast = found && forecasts(task, state.times, found);
      guess.update(state, found);
      chart.update(state.times, found);
      table.update(state.times, found);
      whole.update(state.times, forecast);
      told.layers.textContent = progressOr(state, "layers", () => found && layersInWords(task, state, found));
      told.whole.textContent = progressOr(state, "whole", () => forecast?.measured && wholeInWords(task, forecast));
      press.layers.setAttribute("aria-disabled", String(state.progress !== null));
      press.whole.setAttribute("aria-disabled", String(state.progress !== null || !found));
      const facts = { guess: state.guess, times: state.times, progress: state.progress?.what ?? null, found, forecast };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value ?? null);
    }

    const macs = compact(task.layers[0].macs / 1e6);
    const question = h(
      "p",
      {},
      `Each layer does ${macs} million multiply-adds. How many times as long as the quickest does the slowest take?`,
    );
    refresh();
    show(
      panel("live-question", "Guess, then measure", question, guess.element, press.layers).element,
      panel("live-chart", "Speed (GMAC/s) under the roof", ...chart.elements).element,
      panel("live-layers", "Layer by layer", table.element, told.layers).element,
      panel("live-whole", task.network.text, press.whole, whole.element, told.whole, whole.note).element,
    );
  },
};

const progressOr = ({ progress }, what, words) => (progress?.what === what ? progress.text : words() || "");

// ---- what is asked of the settings -------------------------------------------------------------------------------------

const amount = [(value) => Number.isFinite(value) && value > 0, "a positive number"];
const whole = [(value) => Number.isInteger(value) && value > 0, "a whole number from 1"];
const words = [(value) => typeof value === "string" && value.trim() !== "", "a few words"];
const kind = [(value) => kinds.includes(value), `one of ${kinds.join(", ")}`];

// The settings, or an error that says which of them does not fit.
function readTask(model) {
  const names = model.get("models").map(({ name }) => name);
  const named = [(value) => names.includes(value), `one of the models: ${listed(names) || "there are none"}`];
  refuseOtherSignature(model);
  const layers = listOf(model.get("layers"), "layers", { model: named, text: words, kind, ...size, repeats: whole });
  const [least, most] = [Math.min, Math.max].map((pick) => pick(...layers.map(({ macs }) => macs)));
  expect(
    most <= alike * least,
    `The layers do from ${compact(least / 1e6)} to ${compact(most / 1e6)} million multiply-adds; expected as many in each, within ${percent(alike - 1)}: only then do their times compare.`,
  );
  const copy = partOf(model.get("copy"), "copy", { model: named, bytes: amount, repeats: whole });
  const stages = listOf(model.get("stages"), "stages", { model: named, text: words });
  const timed = kinds.filter((one) => layers.some((layer) => layer.kind === one));
  const known = [(value) => timed.includes(value), `the kind of a layer that is measured: ${listed(timed)}`];
  for (const [i, stage] of stages.entries()) listOf(stage.layers, `layers of stage ${i + 1}`, { kind: known, ...size });
  const network = partOf(model.get("network"), "network", { model: named, text: words });
  return { layers, copy: { ...copy, text: "the copy" }, stages, network };
}

const size = { macs: amount, bytes: amount };

function expect(holds, text) {
  if (!holds) throw new Error(text);
}

function listOf(parts, name, needed) {
  expect(Array.isArray(parts) && parts.length > 0, `${name} is ${quoted(parts)}; expected a list.`);
  return parts.map((part, i) => partOf(part, `number ${i + 1} of ${name}`, needed));
}

function partOf(part, name, needed) {
  for (const [key, [fits, expected]] of Object.entries(needed))
    expect(fits(part?.[key]), `The ${key} of ${name} is ${quoted(part?.[key])}; expected ${expected}.`);
  return part;
}

const quoted = (value) => JSON.stringify(value) ?? "missing";

function refuseOtherSignature(model) {
  const text = ({ name, dims }) => `${name} of shape (${dims.join(", ")})`;
  const came = model.get("inputs").map(text);
  expect(
    came.length === 1 && came[0] === "scale of shape (1)",
    `The models’ inputs are ${listed(came) || "missing"}; expected scale of shape (1): pass example=torch.ones(1), input_names=["scale"].`,
  );
}

// ---- what is computed --------------------------------------------------------------------------------------------------

async function millisecondsOf(model, { model: name, text, repeats = 1 }) {
  const times = await clock(model, { scale: { data: [1], dims: [1] } }, runs, name);
  const median = times.toSorted((a, b) => a - b)[(runs - 1) / 2];
  expect(
    median > 0,
    `The clock shows no time for ${text}: it is too coarse here. Another browser may have a finer one.`,
  );
  return median / repeats;
}

const sum = (values) => values.reduce((total, value) => total + value, 0);
const intensityOf = ({ macs, bytes }) => macs / bytes;
const speedOf = (amount, milliseconds) => (amount * 1e-6) / milliseconds; // GMAC/s, or GB/s

// What follows from the times of all layers and of the copy; null until they are there.
function findings({ layers, copy }, times) {
  if (![...layers, copy].every(({ model }) => model in times)) return null;
  const speeds = layers.map(({ macs, model }) => speedOf(macs, times[model]));
  const [peak, bandwidth] = [Math.max(...speeds), speedOf(copy.bytes, times[copy.model])];
  const byKind = {};
  for (const one of kinds) {
    const same = layers.filter((layer) => layer.kind === one);
    if (same.length) byKind[one] = speedOf(sum(same.map(({ macs }) => macs)), sum(same.map((l) => times[l.model])));
  }
  return { speeds, peak, bandwidth, ridge: peak / bandwidth, byKind };
}

// Milliseconds by the three rules and measured (null until then), for each stage, for all of them and for the whole.
function forecasts({ stages, network }, times, { peak, bandwidth, byKind }) {
  const rulesOf = ({ macs, bytes, kind }) => [
    speedOf(macs, peak),
    Math.max(speedOf(macs, peak), speedOf(bytes, bandwidth)),
    speedOf(macs, byKind[kind]),
  ];
  const predicted = stages.map(({ layers }) => addUp(layers.map(rulesOf)));
  const measured = stages.map(({ model }) => times[model] ?? null);
  return {
    stages: stages.map((_, i) => ({ predicted: predicted[i], measured: measured[i] })),
    predicted: addUp(predicted),
    measured: times[network.model] ?? null,
    together: measured.includes(null) ? null : sum(measured),
  };
}

const addUp = (rows) => rules.map((_, rule) => sum(rows.map((row) => row[rule])));

// ---- in words ----------------------------------------------------------------------------------------------------------

const msText = (milliseconds) => `${compact(milliseconds)}\u202fms`;
const timesText = (factor) => `${factor < 9.95 ? factor.toFixed(1) : factor.toFixed(0)} times`;
const layersText = (places) => `layer${places.length > 1 ? "s" : ""} ${listed(places.map((i) => i + 1))}`;

function layersInWords({ layers }, { guess, times }, { speeds, peak, bandwidth, ridge }) {
  const spent = layers.map(({ model }) => times[model]);
  const [least, most] = [Math.min(...spent), Math.max(...spent)];
  const [quickest, slowest] = [least, most].map((time) => spent.indexOf(time) + 1);
  const guessed = guess === null ? "" : ` You guessed ${timesText(guess)}.`;
  const first = `Layer ${slowest} takes ${timesText(most / least)} as long as layer ${quickest}: ${msText(most)} against ${msText(least)}.${guessed}`;
  const roof = layers.map((layer) => Math.min(peak, bandwidth * intensityOf(layer)));
  const placesOf = (holds) => [...layers.keys()].filter((i) => holds(i, intensityOf(layers[i]) < ridge));
  const sloped = placesOf((_, isSloped) => isSloped);
  const above = placesOf((i, isSloped) => isSloped && speeds[i] > roof[i]);
  const low = [true, false].map((side) => placesOf((i, isSloped) => isSloped === side && speeds[i] < far * roof[i]));
  const sentences = [
    sloped.length
      ? `Under the slope, where memory sets the limit: ${layersText(sloped)}.`
      : "No layer lies under the slope.",
    above.length && `Above it, with bytes that came faster than in the copy: ${layersText(above)}.`,
    low[0].length && `Not even half as fast as the slope allows: ${layersText(low[0])}.`,
    low[1].length && `Not even half as fast as the flat roof, though memory would let them: ${layersText(low[1])}.`,
  ];
  return [first, ...sentences.filter(Boolean)].join(" ");
}

function roofInWords({ peak, bandwidth, ridge }) {
  return `Roof: flat at ${compact(peak)} GMAC/s, the quickest layer; on the left the slope of ${compact(bandwidth)} GB/s, from a layer that only copies. They meet at ${compact(ridge)} multiply-adds for each byte.`;
}

function wholeInWords({ stages }, { predicted, measured, together }) {
  const parts = rules.map((rule, i) => `${rule}: ${msText(predicted[i])}`);
  const first = `${parts.join(", ")}, measured: ${msText(measured)}.`;
  const [closest] = [...rules.keys()].sort((a, b) => offBy(predicted[a], measured) - offBy(predicted[b], measured));
  const best = `Closest is “${rules[closest]}”.`;
  const excess = together / measured - 1;
  const differ = `Measured one by one, the ${counted(stages.length, "stage")} take ${msText(together)}, ${percent(Math.abs(excess))} ${excess > 0 ? "more" : "less"} than the whole.`;
  return [first[0].toUpperCase() + first.slice(1), best, ...(Math.abs(excess) > near ? [differ] : [])].join(" ");
}

const offBy = (predicted, measured) => Math.abs(Math.log(predicted / measured));

// ---- the guess ---------------------------------------------------------------------------------------------------------

// Open until the layers are measured.
function guessSlider(onGuess) {
  const control = slider({
    label: "Your guess",
    min: 0,
    max: guesses.steps,
    step: 1,
    value: guesses.steps / 2,
    format: (step) => timesText(guessAt(step)),
    onInput: (step) => onGuess(guessAt(step)),
  });
  function update({ guess, progress }, found) {
    if (guess === null) setSlider(control, guesses.steps / 2, "none yet");
    control.input.disabled = found !== null || progress !== null;
  }
  return { element: control.element, update };
}

// ---- the chart ---------------------------------------------------------------------------------------------------------

const waiting = { speeds: [1, 10], ridge: 1 }; // what the axes reach before anything is measured
const margin = 1.25; // free at each edge

// A logarithmic axis whose ends and ticks are 1, 2, 5, 10, …, or tenths of these.
function fineAxis(values, label) {
  const [low, high] = [Math.min(...values) / margin, Math.max(...values) * margin];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    ticks.push(...[1, 2, 5].map((digit) => Number(`${digit}e${power}`)));
  const shown = ticks.slice(
    ticks.findLastIndex((tick) => tick <= low),
    1 + ticks.findIndex((tick) => tick >= high),
  );
  return { ...linear(Math.log10(shown[0]), Math.log10(shown.at(-1)), shown, label), place: Math.log10 };
}

function chartOf({ layers }) {
  const canvas = h("canvas", { width: 640, height: 460, role: "img" });
  const shown = kinds.filter((one) => layers.some((layer) => layer.kind === one));
  const legend = h("ul", { class: "live-legend-list" }, ...shown.map((one) => legendLine(one, kinds.indexOf(one))));
  const told = h("p", { class: "live-caption" });
  const intensities = layers.map(intensityOf);

  function update(times, found) {
    const speeds = layers.map(({ model, macs }) => (model in times ? speedOf(macs, times[model]) : null));
    const there = speeds.filter((speed) => speed !== null);
    const { ridge } = found ?? waiting;
    const axes = [
      fineAxis([...intensities, ridge], "multiply-adds for each byte"),
      fineAxis(there.length ? there : waiting.speeds, ""),
    ];
    const sheet = frame(canvas, ...axes);
    if (found) drawRoof(sheet, axes, found);
    speeds.forEach((speed, i) => speed !== null && drawLayer(sheet, [intensities[i], speed], layers[i].kind, i + 1));
    told.textContent = found ? roofInWords(found) : "Nothing is measured yet.";
    const points = speeds.map((speed, i) => speed !== null && `${i + 1} (${layers[i].kind}) ${compact(speed)}`);
    const words = points.filter(Boolean).join(", ") || "none yet";
    canvas.setAttribute("aria-label", `Speed in GMAC/s against multiply-adds for each byte, of each layer: ${words}`);
  }
  return { elements: [legend, canvas, told], update };
}

// The slope from the edge of the chart to where it meets the flat roof.
function drawRoof({ line }, [x, y], { peak, bandwidth, ridge }) {
  const start = Math.max(10 ** x.low, 10 ** y.low / bandwidth);
  const corners = [
    [start, bandwidth * start],
    [ridge, peak],
    [10 ** x.high, peak],
  ];
  line(corners, { colour: "#333", width: 4 });
}

function drawLayer({ pen, at }, point, kind, number) {
  const [x, y] = at(...point);
  drawMark(pen, [x, y], kinds.indexOf(kind), 11, false);
  pen.textAlign = "left";
  pen.lineWidth = 6;
  pen.strokeStyle = "#fff";
  pen.strokeText(number, x + 14, y + 9);
  pen.fillStyle = "#333";
  pen.fillText(number, x + 14, y + 9);
}

// ---- the tables --------------------------------------------------------------------------------------------------------

function markOf(k) {
  const canvas = h("canvas", { class: "live-kind", width: 32, height: 32, "aria-hidden": "true" });
  drawMark(canvas.getContext("2d"), [16, 16], k, 12, false);
  return canvas;
}

const headRow = (...heads) => h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, ...head))));

function layerTable({ layers }) {
  const rows = layers.map((layer, i) => {
    const [ms, speed] = [0, 1].map(() => h("td", { class: "live-number" }));
    const number = h("td", { class: "live-number" }, compact(intensityOf(layer)));
    const name = h("th", { scope: "row" }, `${i + 1} `, markOf(kinds.indexOf(layer.kind)), ` ${layer.text}`);
    const kind = h("td", { class: "live-kind-name" }, layer.kind);
    return { ...layer, ms, speed, element: h("tr", {}, name, kind, ms, speed, number) };
  });
  function update(times, found) {
    for (const { model, macs, ms, speed, element } of rows) {
      const now = model in times ? speedOf(macs, times[model]) : null;
      ms.textContent = now === null ? "–" : compact(times[model]);
      speed.textContent = now === null ? "–" : compact(now);
      element.classList.toggle("live-best", now !== null && now === found?.peak);
    }
  }
  const head = headRow(["layer"], ["kind"], ["ms"], ["GMAC/s"], ["MAC/byte"]);
  const table = h("table", { class: "live-energies" }, head, h("tbody", {}, ...rows.map(({ element }) => element)));
  return { element: table, update };
}

// Measured: a bar; the rules: marks above each other, in the order of the columns.
function stageTable({ stages, network }) {
  const rows = [...stages, network].map(({ text }) => {
    const canvas = h("canvas", { width: 320, height: 48, "aria-hidden": "true" });
    const cells = ["measured", ...rules].map(() => h("td", { class: "live-number" }));
    const name = h("th", { scope: "row" }, text, canvas);
    return { canvas, cells, element: h("tr", {}, name, ...cells) };
  });
  const heads = rules.map((rule, i) => [markOf(i), ` ${rule}`]);
  const table = h(
    "table",
    { class: "live-energies" },
    headRow(["ms"], ["measured"], ...heads),
    h("tbody", {}, ...rows.slice(0, -1).map(({ element }) => element)),
    h("tfoot", {}, rows.at(-1).element),
  );
  const note = hint(
    "Counted: multiply-adds by the best speed. Roofline: for each layer, the longer of multiply-adds by the best speed and bytes by the slope’s. By kind: multiply-adds by the speed of all measured layers of the kind. The last row has a scale of its own.",
  );

  function update(_, forecast) {
    table.hidden = note.hidden = !forecast;
    if (!forecast) return;
    const shown = [...forecast.stages, forecast];
    const most = Math.max(...forecast.stages.flatMap(timesIn));
    shown.forEach((one, i) => {
      timesIn(one).forEach((time, k) => (rows[i].cells[k].textContent = time === null ? "–" : compact(time)));
      drawStage(rows[i].canvas, one, one === forecast ? Math.max(...timesIn(one)) : most);
    });
  }
  return { element: table, note, update };
}

const timesIn = ({ measured, predicted }) => [measured, ...predicted];

function drawStage(canvas, { measured, predicted }, most) {
  const pen = whiteSheet(canvas);
  const toX = (milliseconds) => 10 + ((canvas.width - 20) * milliseconds) / most;
  const middle = canvas.height / 2;
  const bar = { colour: "#bbb", width: canvas.height - 12 };
  if (measured !== null)
    polyline(
      pen,
      [0, measured].map((time) => [toX(time), middle]),
      bar,
    );
  predicted.forEach((time, rule) => drawMark(pen, [toX(time), middle + 14 * (rule - 1)], rule, 7, false));
}
