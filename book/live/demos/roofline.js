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
import { across, whiteSheet } from "../lib/charts.js";
import { choice, setChoice, setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { drawMark, legendLine } from "../lib/marks.js";
import { compact, percent } from "../lib/numbers.js";
import { scaffold } from "../lib/scaffold.js";
import { counted, listed } from "../lib/words.js";

const runs = 7; // of which the median counts
const kinds = ["dense", "pointwise", "grouped", "depthwise"];
const views = ["layers", "network"];
const rules = ["counted", "roofline", "by kind"];
const ruleMarks = [8, 4, 5]; // other ones than those of the kinds
const alike = 1.05; // the most and the least multiply-adds of the layers, at most
const far = 0.5; // of what the roof allows: less is told
const near = 0.05; // the stages together and the whole network: what differs by more is told
const heavy = 2e6; // bytes: what weighs more is told before it is loaded
const guesses = { most: 30, steps: 100 };
const guessAt = (step) => guesses.most ** (step / guesses.steps);

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const { say, problem, show } = scaffold(el, "live-roofline");
    const state = { guess: null, times: {}, progress: null, view: "layers" }; // times: a model's name -> milliseconds
    const guess = guessSlider((value) => (state.guess = value));
    const chart = chartOf(task);
    const tables = { layers: layerTable(task), network: stageTable(task) };
    const told = h("p", { class: "live-verdict" });
    const parts = { layers: [...task.layers, task.copy], network: [...task.stages, task.network] };
    const press = {
      layers: button(`Measure ${counted(task.layers.length, "layer")}`, () => problem.watch(measure("layers"))),
      network: button(`Now a whole network${sizeText(model, parts.network)}`, () => problem.watch(measure("network"))),
    };
    const which = choice({
      label: "Show",
      options: ["The layers", task.network.text],
      onChange: (i) => look(views[i]),
    });

    function look(view) {
      state.view = view;
      refresh();
    }

    // One model after the other; while this runs nothing else is measured.
    async function measure(what) {
      if (press[what].getAttribute("aria-disabled") === "true") return;
      setChoice(which, views.indexOf(what));
      look(what);
      try {
        for (const [i, part] of parts[what].entries()) {
          if (!el.isConnected) return;
          state.progress = `Measuring ${i + 1} of ${parts[what].length}: ${part.text}.`;
          say(state.progress);
          refresh();
          state.times[part.model] = await millisecondsOf(model, part);
        }
      } finally {
        state.progress = null;
        refresh();
      }
      say(inWords(task, state));
    }

    // Everything follows from the times that are there, and from what the reader chose.
    function refresh() {
      const { times, progress, view } = state;
      const found = findings(task, times);
      const forecast = found && forecasts(task, times, found);
      guess.update(state, found);
      chart.update(times, found);
      tables.layers.update(times, found);
      tables.network.update(forecast);
      for (const one of views) tables[one].element.hidden = one !== view;
      told.textContent = progress ?? inWords(task, state);
      press.layers.setAttribute("aria-disabled", String(progress !== null));
      press.network.setAttribute("aria-disabled", String(progress !== null || !found));
      for (const [key, value] of Object.entries({ ...state, found, forecast })) el.dataset[key] = JSON.stringify(value);
    }

    refresh();
    const title = `${counted(task.layers.length, "layer")}, ${compact(task.layers[0].macs / 1e6)} million multiply-adds each`;
    const question = h("p", {}, "How many times as long as the quickest does the slowest take?");
    const tools = h("div", { class: "live-tools" }, press.layers, press.network);
    show(
      panel("live-question", title, question, guess.element, tools).element,
      told,
      panel("live-chart", "Speed (GMAC/s) under the roof", ...chart.elements).element,
      h("div", { class: "live-result" }, which, tables.layers.element, tables.network.element),
    );
  },
};

// What the models of some parts weigh; a kernel has them already.
function sizeText(model, parts) {
  const names = parts.map((part) => part.model);
  const bytes = sum(model.get("models").map(({ name, bytes = 0 }) => (names.includes(name) ? bytes : 0)));
  return bytes > heavy ? ` (${(bytes / 1e6).toFixed(0)} MB)` : "";
}

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

function inWords(task, state) {
  const found = findings(task, state.times);
  if (!found) return "";
  if (state.view === "layers") return layersInWords(task, state, found);
  const forecast = forecasts(task, state.times, found);
  return forecast.together === null || forecast.measured === null ? "" : networkInWords(task, forecast);
}

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
      : "No layer lies under the slope: memory could keep up with all of them.",
    above.length && `Above it, as bytes came faster than in the copy: ${layersText(above)}.`,
    low[0].length && `Not even half of the slope: ${layersText(low[0])}.`,
    low[1].length && `Not even half of the flat roof, though memory would allow it: ${layersText(low[1])}.`,
  ];
  return [first, ...sentences.filter(Boolean)].join(" ");
}

const roofInWords = ({ peak, bandwidth, ridge }) =>
  `Flat: ${compact(peak)} GMAC/s, the quickest layer. Slope: ${compact(bandwidth)} GB/s, a layer that only copies. They meet at ${compact(ridge)}.`;

function networkInWords({ stages }, { predicted, measured, together }) {
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
const sides = [
  [27, 0],
  [0, -26],
  [0, 26],
  [-27, 0],
  [22, -22],
  [22, 22],
  [-22, -22],
  [-22, 22],
]; // from a mark to its number

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
  const canvas = h("canvas", { width: 640, height: 370, role: "img" });
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
    drawLayers(
      sheet.pen,
      layers.flatMap(({ kind }, i) =>
        speeds[i] ? { kind, number: i + 1, at: sheet.at(intensities[i], speeds[i]) } : [],
      ),
    );
    told.textContent = found ? roofInWords(found) : "";
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

// Marks, each with its number on the side where there is most room.
function drawLayers(pen, points) {
  for (const { kind, at } of points) drawMark(pen, at, kinds.indexOf(kind), 11, false);
  const taken = points.map(({ at }) => at);
  pen.textAlign = "center";
  pen.lineWidth = 6;
  pen.strokeStyle = "#fff";
  pen.fillStyle = "#333";
  for (const { number, at } of points) {
    const places = sides.map(([right, down]) => [at[0] + right, at[1] + down]);
    const rooms = places.map(([x, y]) => Math.min(...taken.map((other) => Math.hypot(x - other[0], y - other[1]))));
    const [x, y] = places[rooms.indexOf(Math.max(...rooms))];
    taken.push([x, y]);
    pen.strokeText(number, x, y + 9);
    pen.fillText(number, x, y + 9);
  }
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
    const place = h("span", { class: "live-place" }, i + 1);
    const name = h(
      "th",
      { scope: "row" },
      place,
      " ",
      markOf(kinds.indexOf(layer.kind)),
      ` ${layer.kind} ${layer.text}`,
    );
    return { ...layer, ms, speed, element: h("tr", {}, name, ms, speed, number) };
  });
  function update(times, found) {
    for (const { model, macs, ms, speed, element } of rows) {
      const now = model in times ? speedOf(macs, times[model]) : null;
      ms.textContent = numberOr(times[model] ?? null);
      speed.textContent = numberOr(now);
      element.classList.toggle("live-best", now !== null && now === found?.peak);
    }
  }
  const head = headRow(["layer"], ["ms"], ["GMAC/s"], ["MAC/byte"]);
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  return { element: h("table", { class: "live-energies" }, head, body), update };
}

// Measured: a bar; the rules: marks above each other, in the order of the columns.
function stageTable({ stages, network }) {
  const rows = [...stages, network].map(({ text }) => {
    const canvas = h("canvas", { width: 240, height: 48, "aria-hidden": "true" });
    const cells = ["measured", ...rules].map(() => h("td", { class: "live-number" }));
    const name = h("th", { scope: "row" }, h("span", { class: "live-stage-name" }, h("span", {}, text), canvas));
    return { canvas, cells, element: h("tr", {}, name, ...cells) };
  });
  const heads = rules.map((rule, i) => [markOf(ruleMarks[i]), ` ${rule}`]);
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  const table = h("table", { class: "live-energies" }, headRow(["milliseconds"], ["measured"], ...heads), body);
  const note = hint(
    "Bar: measured. Counted: multiply-adds by the best speed. Roofline: for each layer, the longer of that and bytes by the slope’s speed. By kind: multiply-adds by the speed of all measured layers of that kind. The last row has a scale of its own.",
  );

  function update(forecast) {
    const shown = forecast ? [...forecast.stages, forecast] : rows.map(() => ({ measured: null, predicted: [] }));
    const most = Math.max(...shown.slice(0, -1).flatMap(timesIn));
    shown.forEach((one, i) => {
      rows[i].cells.forEach((cell, k) => (cell.textContent = numberOr(timesIn(one)[k] ?? null)));
      drawStage(rows[i].canvas, one, one === forecast ? Math.max(...timesIn(one)) : most);
    });
  }
  return { element: h("div", {}, table, note), update };
}

const numberOr = (value) => (value === null ? "–" : compact(value));
const timesIn = ({ measured, predicted }) => [measured, ...predicted];

function drawStage(canvas, { measured, predicted }, most) {
  const pen = whiteSheet(canvas);
  const toX = (milliseconds) => 12 + ((canvas.width - 24) * milliseconds) / most;
  const middle = canvas.height / 2;
  if (measured) across(pen, middle, toX(0), toX(measured), { colour: "#bbb", width: canvas.height - 8 });
  predicted.forEach((time, i) => drawMark(pen, [toX(time), middle + 14 * (i - 1)], ruleMarks[i], 8, false));
}
