// Two masks painted over one truth, with what each measure says of both: overlap, boundaries, distances. And a duel: equal
// Dice, opposite verdicts.
//
// Settings: truths (uint8, n x side x side, 0 or 1, none empty; side from 8 to 48), truth_names (n texts). To these the demo
// adds a small thing and a picture with nothing. No model: the scores are those of utils/segmentation/scoring.py.

import { choice, select, slider } from "../lib/controls.js";
import { freshId, h, hint, panel } from "../lib/dom.js";
import { drawRing } from "../lib/marks.js";
import {
  boundary,
  boundaryF,
  dice,
  farthest,
  hausdorff,
  iou,
  isEmpty,
  meanSurfaceDistance,
  nearestPixels,
  overlap,
} from "../lib/masks.js";
import { percent, signed } from "../lib/numbers.js";
import { drawErrorCell, drawOutline, errorLegend, inks, legendCell, outlineLegend } from "../lib/error_map.js";
import { cellsBetween, drawCursor, gridPen } from "../lib/pen.js";
import { scaffold } from "../lib/scaffold.js";
import { bytesSetting, expect } from "../lib/settings.js";
import { listed } from "../lib/words.js";

const canvasPixels = 448; // of a mask's side, about
const brushes = [1, 3, 5]; // pixels across
const players = ["A", "B"];
const first = { A: 1, B: 6 }; // the fault with which each begins
const duel = { apart: 0.01, least: 0.7 }; // what Dice may differ by, and has to be
const levels = ["hausdorff", "most", "boundaryF"];

export default {
  async render({ model, el }) {
    const world = readWorld(model);
    const state = { truth: 0, tolerance: 1, level: 0, brush: 1, erases: false, view: 0 };
    const { say, asker, show } = scaffold(el, "live-metric-duel");
    const best = {}; // the largest gap so far, under the name of what it is
    const player = Object.fromEntries(players.map((name) => [name, playerOf(name, world, state, () => changed())]));
    const compare = comparison();
    const game = gamePart((level) => set({ level }));
    const costs = costTable();
    const controls = controlsOf(world, state, set);
    const parts = panelsOf(player, compare, game, costs, controls.pens);

    function set(values) {
      Object.assign(state, values);
      if ("truth" in values) for (const name of players) player[name].begin();
      return changed();
    }

    const changed = asker(async () => {
      const truth = world.truths[state.truth];
      const scores = {};
      for (const name of players) scores[name] = scoresOf(player[name].mask, truth, world.side, state.tolerance);
      const better = Object.fromEntries(measures.map((one) => [one.key, betterOf(one, scores.A, scores.B)]));
      const played = duelOf(scores.A, scores.B, levels[state.level]);
      const place = bestPlace(state);
      if (played.won) best[place] = Math.max(best[place] ?? 0, played.gap);
      const words = verdictOf(better);
      const shapes = {};
      for (const name of players) shapes[name] = player[name].update(truth, scores[name]);
      compare.update(scores, better, words, state.tolerance);
      game.update(levelMeasures[state.level], scores, played, best[place] ?? null);
      if (state.view === 1) costs.update(truth, world.side, state.tolerance);
      for (const part of parts.paint) part.hidden = state.view === 1;
      parts.costs.hidden = state.view === 0;
      const facts = { ...state, scores, better, shapes, played: { ...played, best: best[place] ?? null } };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value, spelled);
      const spoken = players.map((name) => player[name].heard()).join("");
      say(`${spoken}${words} ${game.words()}`);
    });

    show(controls.element, ...parts.shown, parts.costs);
    await set({ truth: 0 });
  },
};

// JSON knows no such numbers.
const spelled = (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value);
const bestPlace = ({ truth, level, tolerance }) => [truth, level, levels[level] === "boundaryF" && tolerance].join();

function controlsOf(world, state, set) {
  const view = choice({
    label: "What is shown",
    options: ["Two masks", "Each fault’s cost"],
    onChange: (view) => set({ view }),
  });
  const truth = select({ label: "Truth", options: world.names, onChange: (truth) => set({ truth }) });
  const tolerance = slider({
    label: "Tolerance",
    min: 0,
    max: 3,
    step: 1,
    value: state.tolerance,
    format: (value) => `${value} px`,
    onInput: (tolerance) => set({ tolerance }),
  });
  const pen = choice({
    label: "Pen",
    options: ["Add", "Erase"],
    onChange: (i) => Object.assign(state, { erases: i === 1 }),
  });
  const brush = choice({
    label: "Brush, pixels across",
    options: brushes.map((width) => `${width} px`),
    onChange: (i) => Object.assign(state, { brush: brushes[i] }),
  });
  const pens = h("span", { class: "live-pens" }, pen, brush);
  const row = h("div", { class: "live-controls" }, view, truth.element, tolerance.element, pens);
  return { ...panel("live-set", "No single number says how good a mask is", row), pens };
}

function panelsOf(player, compare, game, costs, pens) {
  const [a, b] = players.map((name) => panel("live-player", `Mask ${name}`, ...player[name].elements).element);
  [a, b].forEach((element, i) => (element.dataset.player = players[i]));
  const middle = panel("live-compare", "Which is better?", ...compare.elements).element;
  const key = h("div", { class: "live-key" }, legend(), hint(howTo));
  const bottom = panel("live-duel", "The duel: equal Dice, opposite verdicts", ...game.elements).element;
  const table = panel("live-costs", "What each ready-made fault costs", ...costs.elements).element;
  const shown = [a, b, middle, bottom, key];
  return { shown, paint: [...shown, pens], costs: table };
}

const howTo =
  "Paint with mouse or finger. Keyboard: Tab to a mask, arrows move, Space adds (keep it down for a line), Delete erases.";

// ---- settings ----------------------------------------------------------------------------------------------------------

/** The truths with their names, checked; two more of the demo’s own at the end. */
export function readWorld(model) {
  const { data, dims } = bytesSetting(model, "truths", ["n", "side", "side"]);
  const [n, side, width] = dims;
  expect(
    n > 0 && side === width && side >= 8 && side <= 48,
    `truths has shape (${dims.join(", ")}); expected squares with a side from 8 to 48, one at least.`,
  );
  const wrong = data.find((value) => value > 1);
  expect(wrong === undefined, `truths has a value of ${wrong}; expected 0 and 1.`);
  const truths = Array.from({ length: n }, (_, i) => data.slice(i * side * side, (i + 1) * side * side));
  const empty = truths.findIndex(isEmpty) + 1;
  expect(!empty, `Number ${empty} of truths is empty; expected one pixel at least.`);
  const names = model.get("truth_names");
  expect(
    Array.isArray(names) && names.length === n && names.every((name) => typeof name === "string" && name.trim()),
    `truth_names is ${JSON.stringify(names) ?? "missing"}; expected ${n} texts, one for each truth.`,
  );
  return {
    side,
    truths: [...truths, smallThing(side), new Uint8Array(side * side)],
    names: [...names, "a small thing (12 pixels)", "nothing there"],
  };
}

/** A silhouette of twelve pixels: a square of four without its corners. */
export function smallThing(side) {
  const mask = new Uint8Array(side * side);
  const from = (side >> 1) - 2;
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) if (row % 3 || column % 3) mask[(from + row) * side + from + column] = 1;
  return mask;
}

// ---- faults ------------------------------------------------------------------------------------------------------------

/** Ready-made masks: make(truth, side); the extreme ones are no faults of a boundary. */
export const faults = [
  { name: "a copy of the truth", make: (truth) => truth.slice() },
  { name: "grown by one pixel", make: grown },
  { name: "shrunk by one pixel", make: (truth, side) => without(truth, boundary(truth, side)) },
  { name: "shifted by one pixel", make: (truth, side) => shifted(truth, side, 1) },
  { name: "shifted by two pixels", make: (truth, side) => shifted(truth, side, 2) },
  { name: "a hole in the middle", make: holed },
  { name: "a far speck", make: specked },
  { name: "a spike", make: spiked },
  { name: "a jagged boundary", make: jagged },
  { name: "nothing", extreme: true, make: (truth) => new Uint8Array(truth.length) },
  { name: "everything", extreme: true, make: (truth) => new Uint8Array(truth.length).fill(1) },
];

const without = (mask, removed) => mask.map((value, i) => value & ~removed[i] & 1);

// What lies outside a mask, and beside it.
function rim(mask, side) {
  const beside = (i) => {
    const column = i % side;
    return (column > 0 && mask[i - 1]) || (column < side - 1 && mask[i + 1]) || mask[i - side] || mask[i + side];
  };
  return mask.map((value, i) => (!value && beside(i) ? 1 : 0));
}

function grown(truth, side) {
  const added = rim(truth, side);
  return truth.map((value, i) => value | added[i]);
}

// To the right or to the left, where there is more room.
function shifted(truth, side, by) {
  const columns = [...truth.keys()].filter((i) => truth[i]).map((i) => i % side);
  const toRight = side - 1 - Math.max(...columns) >= Math.min(...columns);
  const step = toRight ? by : -by;
  return truth.map((_, i) => {
    const from = (i % side) - step;
    return from >= 0 && from < side ? truth[i - step] : 0;
  });
}

// A round hole around the innermost pixel, half as wide as there is room for.
function holed(truth, side) {
  const inner = deepest(nearestPixels(truth, boundary(truth, side), side));
  if (!inner) return truth.slice();
  const radius = Math.sqrt(inner.squared) / 2;
  return truth.map((value, i) => (apart(i, inner.from, side) <= radius ? 0 : value));
}

// One pixel more, as far away as the picture has one.
function specked(truth, side) {
  const mask = truth.slice();
  const outside = truth.map((value) => 1 - value);
  const found = deepest(nearestPixels(outside, boundary(truth, side), side));
  if (found) mask[found.from] = 1;
  return mask;
}

// A line of pixels from an outermost pixel towards where there is most room, a quarter of the picture at most.
function spiked(truth, side) {
  const mask = truth.slice();
  const inside = [...truth.keys()].filter((i) => truth[i]);
  if (!inside.length) return mask;
  const column = (i) => i % side;
  const most = (better) => inside.reduce((found, i) => (better(column(i), column(found)) ? i : found));
  const [top, bottom] = [inside[0], inside.at(-1)];
  const [left, right] = [most((one, other) => one < other), most((one, other) => one > other)];
  const ways = [
    { from: top, step: -side, room: Math.floor(top / side) },
    { from: bottom, step: side, room: side - 1 - Math.floor(bottom / side) },
    { from: left, step: -1, room: column(left) },
    { from: right, step: 1, room: side - 1 - column(right) },
  ];
  const way = ways.reduce((widest, one) => (one.room > widest.room ? one : widest));
  const length = Math.min(way.room, Math.round(side / 4));
  for (let k = 1; k <= length; k++) mask[way.from + k * way.step] = 1;
  return mask;
}

// Every second pixel of the boundary gone, and every second one beside it added.
function jagged(truth, side) {
  const [edge, beside] = [boundary(truth, side), rim(truth, side)];
  const even = (i) => (Math.floor(i / side) + (i % side)) % 2 === 0;
  return truth.map((value, i) => (even(i) ? (value & ~edge[i]) | beside[i] : value));
}

const deepest = (found) => found.reduce((most, one) => (most && most.squared >= one.squared ? most : one), null);
const apart = (i, j, side) => Math.hypot(Math.floor(i / side) - Math.floor(j / side), (i % side) - (j % side));

// ---- measures ----------------------------------------------------------------------------------------------------------

const asShare = (value) => value.toFixed(3);
const asPixels = (value) => `${value.toFixed(2)} px`;

/** What is measured: of(mask, truth, side, tolerance), as it is shown, and its cost: the less, the better. */
export const measures = [
  { key: "dice", name: () => "Overlap: Dice\u00a0↑", short: "Dice", of: dice, text: asShare, more: true },
  { key: "iou", name: () => "Overlap: IoU\u00a0↑", short: "IoU", of: iou, text: asShare, more: true },
  {
    key: "boundaryF",
    name: (tolerance) => `Boundary within ${tolerance}\u00a0px: F\u00a0↑`,
    short: "boundary F",
    of: (mask, truth, side, tolerance) => boundaryF(mask, truth, side, { tolerance }),
    text: asShare,
    more: true,
  },
  {
    key: "hausdorff",
    name: () => "Worst distance: Hausdorff\u00a0↓",
    short: "Hausdorff",
    of: hausdorff,
    text: asPixels,
    unit: "px",
  },
  {
    key: "most",
    name: () => "Without the worst 5\u00a0%: HD95\u00a0↓",
    short: "HD95",
    of: (mask, truth, side) => hausdorff(mask, truth, side, { percentile: 95 }),
    text: asPixels,
    unit: "px",
  },
  {
    key: "mean",
    name: () => "Mean surface distance\u00a0↓",
    short: "mean distance",
    of: meanSurfaceDistance,
    text: asPixels,
    unit: "px",
  },
  {
    key: "area",
    name: () => "Area too large (+) or small (−)",
    short: "area",
    of: areaDifference,
    text: (value) => `${value.toFixed(1) > 0 ? "+" : ""}${signed(value, 1)} %`,
    unit: "%",
  },
  {
    key: "accuracy",
    name: () => "Pixels right: accuracy\u00a0↑",
    short: "accuracy",
    of: accuracy,
    text: (value) => percent(value, 1),
    unit: "%",
    more: true,
  },
];

/** By how many per cent of the truth's area a mask is larger. */
export function areaDifference(mask, truth) {
  const { a, b } = overlap(mask, truth);
  return (100 * (a - b)) / b;
}

/** The share of the picture's pixels that are right, inside or outside. */
export function accuracy(mask, truth) {
  const { both, a, b } = overlap(mask, truth);
  return 1 - (a + b - 2 * both) / mask.length;
}

/** Every measure of one mask. */
export const scoresOf = (mask, truth, side, tolerance) =>
  Object.fromEntries(measures.map(({ key, of }) => [key, of(mask, truth, side, tolerance)]));

export const shown = ({ text }, value) =>
  Number.isNaN(value) ? "not defined" : value === Infinity ? "infinite" : text(value);

// As much as a value costs, rounded as it is shown: who looks at both sees the same.
const costOf = ({ more, text }, value) => {
  if (!Number.isFinite(value)) return value;
  const rounded = Number.parseFloat(text(value).replace("−", "-"));
  return more ? -rounded : Math.abs(rounded);
};

/** Which of two is better on a line: "A", "B", "same", or null where a value is not defined. */
export function betterOf(measure, a, b) {
  const [one, other] = [a, b].map((scores) => costOf(measure, scores[measure.key]));
  if (Number.isNaN(one) || Number.isNaN(other)) return null;
  return one === other ? "same" : one < other ? "A" : "B";
}

/** Who is better where, in a sentence. */
export function verdictOf(better) {
  const where = (name) => measures.filter(({ key }) => better[key] === name).map(({ short }) => short);
  const [a, b] = players.map(where);
  if (!a.length && !b.length) return "No measure prefers one of the masks.";
  if (!b.length) return `A is better: ${listed(a)}. No measure prefers B.`;
  if (!a.length) return `B is better: ${listed(b)}. No measure prefers A.`;
  return `They disagree. A is better: ${listed(a)}. B is better: ${listed(b)}.`;
}

/** How a duel stands: whether Dice is equal and good enough, and the gap on a level. */
export function duelOf(a, b, level) {
  const difference = Math.abs(a.dice - b.dice);
  const equal = difference <= duel.apart + 1e-9;
  const good = Math.min(a.dice, b.dice) >= duel.least;
  const gap = a[level] === b[level] ? 0 : Math.abs(a[level] - b[level]);
  return { difference, equal, good, gap, won: equal && good && gap > 0 };
}

// ---- a mask to paint ---------------------------------------------------------------------------------------------------

function playerOf(name, { side, truths }, state, onChange) {
  const cell = Math.floor(canvasPixels / side);
  const mask = new Uint8Array(side * side);
  const by = { hand: faults.length }; // the place in the list that says who made the mask
  const worstId = freshId("live-worst");
  const canvas = h("canvas", {
    class: "live-pad",
    width: cell * side,
    height: cell * side,
    tabindex: 0,
    role: "application",
    "aria-label": `Mask ${name}`,
    "aria-describedby": worstId,
  });
  const told = h("p", { class: "live-caption live-worst", id: worstId });
  let fault = first[name];
  let drawn = null; // what was drawn last
  const start = select({
    label: `${name} is`,
    options: [...faults.map((one) => one.name), "painted by hand"],
    value: fault,
    onChange(i) {
      fault = i;
      begin();
      onChange();
    },
  });
  start.input.options[by.hand].disabled = true;

  function begin() {
    mask.set(faults[fault].make(truths[state.truth], side));
    start.input.value = fault;
  }

  const draw = () => drawn && drawMask(canvas, { ...drawn, side, cell, cursor });
  const cursor = gridPen(canvas, {
    size: side,
    erases: () => state.erases,
    stroke(from, to, erase) {
      cellsBetween(from, to, (row, column) => dab(mask, side, [row, column], state.brush, erase ? 0 : 1));
      start.input.value = by.hand;
      onChange();
    },
    draw,
    onKey: onChange,
  });

  function update(truth, scores) {
    const { both, a, b } = overlap(mask, truth);
    const worst = farthest(mask, truth, side);
    drawn = { mask, truth, worst };
    draw();
    const counts = { right: both, missed: b - both, extra: a - both };
    told.textContent = worstInWords(worst, scores.hausdorff, side);
    canvas.setAttribute(
      "aria-label",
      `Mask ${name} over the truth: ${both} pixels right, ${counts.missed} missed, ${counts.extra} extra`,
    );
    return { start: Number(start.input.value), pixels: mask.join(""), ...counts, worst };
  }

  return {
    elements: [canvas, start.element, told],
    mask,
    begin,
    update,
    // what is where the keys are
    heard() {
      const { row, column, visible } = cursor;
      const i = row * side + column;
      const kind = kindOf(mask[i], truths[state.truth][i]);
      return visible ? `Row ${row + 1}, column ${column + 1}: ${kind}. ` : "";
    },
  };
}

const kindOf = (painted, true_) => (painted ? (true_ ? "right" : "extra") : true_ ? "missed" : "outside");

/** One round touch of a brush so many pixels across. */
export function dab(mask, side, [row, column], width, value) {
  const reach = width >> 1;
  for (let r = Math.max(0, row - reach); r <= Math.min(side - 1, row + reach); r++)
    for (let c = Math.max(0, column - reach); c <= Math.min(side - 1, column + reach); c++)
      if (Math.hypot(r - row, c - column) <= width / 2) mask[r * side + c] = value;
}

function worstInWords(worst, distance, side) {
  if (!worst) return distance ? "Worst: infinite, one of the two has no boundary." : "Neither has a boundary.";
  if (!worst.distance) return "Worst: 0 px, the boundaries are the same.";
  const place = `row ${Math.floor(worst.from / side) + 1}, column ${(worst.from % side) + 1}`;
  return `Worst: ${asPixels(worst.distance)}, at ${place} of the ${worst.of === "a" ? "mask" : "truth"}’s boundary.`;
}

// ---- drawing -----------------------------------------------------------------------------------------------------------

function drawMask(canvas, { mask, truth, worst, side, cell, cursor }) {
  const pen = canvas.getContext("2d");
  pen.fillStyle = inks.ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < mask.length; i++)
    if (mask[i] || truth[i])
      drawErrorCell(pen, [(i % side) * cell, Math.floor(i / side) * cell], cell, kindOf(mask[i], truth[i]));
  drawOutline(pen, truth, side, cell);
  if (worst?.distance) drawWorst(pen, worst, side, cell);
  drawCursor(pen, cursor, cell);
}

// From the worst pixel, in a ring, to the nearest one of the other boundary, a dot.
function drawWorst(pen, { from, to }, side, cell) {
  const [start, end] = [from, to].map((i) => [((i % side) + 0.5) * cell, (Math.floor(i / side) + 0.5) * cell]);
  drawLine(pen, start, end);
  const whole = start.map((place) => Math.min(side * cell - 15, Math.max(15, place))); // the ring is not cut off
  drawRing(pen, whole, 11);
  pen.fillStyle = "#000";
  pen.strokeStyle = "#fff";
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(...end, 6, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}

function drawLine(pen, start, end) {
  for (const [colour, width] of [
    ["#fff", 9],
    ["#000", 4],
  ]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath();
    pen.moveTo(...start);
    pen.lineTo(...end);
    pen.stroke();
  }
}

function legend() {
  return h(
    "ul",
    { class: "live-legend-list" },
    ...["right", "missed", "extra"].map((kind) => errorLegend(kind)),
    outlineLegend("outline of the truth"),
    legendCell("Hausdorff distance: from the worst pixel (ring) to the nearest one", (pen) => {
      drawLine(pen, [6, 26], [30, 2]);
      drawRing(pen, [9, 23], 6);
    }),
  );
}

// ---- which is better ---------------------------------------------------------------------------------------------------

function comparison() {
  const rows = measures.map((measure) => {
    const cells = { A: h("td"), B: h("td"), better: h("td", { class: "live-better" }) };
    const head = h("th", { scope: "row" });
    const element = h("tr", { "data-measure": measure.key }, head, cells.A, cells.B, cells.better);
    return { measure, head, cells, element };
  });
  const heads = ["↑ more is better, ↓ less", "A", "B", "better"].map((name) => h("th", { scope: "col" }, name));
  const table = h("table", { class: "live-values" }, h("thead", {}, h("tr", {}, ...heads)));
  table.append(h("tbody", {}, ...rows.map(({ element }) => element)));
  const check = h("p", { class: "live-caption live-check" });
  const told = h("p", { class: "live-verdict" });

  function update(scores, better, words, tolerance) {
    for (const { measure, head, cells } of rows) {
      const { key } = measure;
      head.textContent = measure.name(tolerance);
      for (const name of players) {
        cells[name].textContent = shown(measure, scores[name][key]);
        cells[name].classList.toggle("live-winner", better[key] === name);
      }
      cells.better.textContent = better[key] ?? "–";
    }
    check.textContent = `Dice = 2 IoU / (1 + IoU): these two never disagree. ${players.map((name) => checkOf(name, scores[name])).join(" ")}`;
    told.textContent = words;
  }
  return { elements: [table, told, check, hint(definitions)], update };
}

const definitions =
  "Dice: twice the shared pixels over the sum of both areas. IoU: the shared pixels over all that the mask or the truth has. " +
  "Distances: from each boundary pixel to the nearest of the other boundary. F: the harmonic mean of precision and recall, the " +
  "shares of the mask’s and of the truth’s boundary pixels whose distance is within the tolerance.";

/** Dice once more, from IoU. */
export const checkOf = (name, { iou: share }) =>
  Number.isNaN(share)
    ? `${name}: not defined.`
    : `${name}: 2 × ${asShare(share)} / ${asShare(1 + share)} = ${asShare((2 * share) / (1 + share))}.`;

// ---- the duel ----------------------------------------------------------------------------------------------------------

const levelMeasures = levels.map((key) => measures.find((measure) => measure.key === key));

function gamePart(onLevel) {
  const task = hint(
    "Make two masks of almost the same Dice, about which another measure says the opposite. How large can you make the gap?",
  );
  const level = choice({ label: "Level", options: levelMeasures.map(({ short }) => short), onChange: onLevel });
  const conditions = [h("li"), h("li")];
  const told = h("p", { class: "live-told" });

  function update(measure, { A, B }, played, best) {
    const mark = (holds) => (holds ? "✓" : "✗");
    conditions[0].textContent = `${mark(played.good)} both Dice ${duel.least} or more`;
    const difference = Number.isNaN(played.difference) ? "not defined" : played.difference.toFixed(4);
    conditions[1].textContent = `${mark(played.equal)} ${difference} apart, at most ${duel.apart}`;
    told.textContent = duelInWords(measure, A, B, played, best);
  }
  const list = h("ul", { class: "live-conditions" }, ...conditions);
  return { elements: [task, level, list, told], update, words: () => told.textContent };
}

/** The gap, whether it counts, and the best so far. */
export function duelInWords(measure, A, B, { gap, won, equal, good }, best) {
  const text = (value) => shown(measure, value);
  const pair = `${measure.short}: ${text(A[measure.key])} and ${text(B[measure.key])}`;
  const counts = won ? `a gap of ${text(gap)}` : equal && good ? "no gap" : "this does not count yet";
  return `${pair}, ${counts}. Best so far: ${best === null ? "none" : text(best)}.`;
}

// ---- what each fault costs ---------------------------------------------------------------------------------------------

/** What the ready-made masks score, and for each measure the worst of them but for the extreme ones. */
export function costsOf(truth, side, tolerance) {
  const rows = faults.map(({ make }) => scoresOf(make(truth, side), truth, side, tolerance));
  const worst = Object.fromEntries(
    measures.map((measure) => {
      const costs = rows.map((scores, i) => (faults[i].extreme ? Number.NaN : costOf(measure, scores[measure.key])));
      const known = costs.filter((cost) => !Number.isNaN(cost));
      const [most, least] = [Math.max(...known), Math.min(...known)];
      return [measure.key, most > least ? [...costs.keys()].filter((i) => costs[i] === most) : []];
    }),
  );
  return { rows, worst };
}

function costTable() {
  const names = measures.map(({ short, unit }) => (unit ? `${short}, ${unit}` : short));
  const heads = ["fault", ...names].map((name) => h("th", { scope: "col" }, name));
  const body = h("tbody");
  const table = h("table", { class: "live-values" }, h("thead", {}, h("tr", {}, ...heads)), body);
  const view = h(
    "div",
    { class: "live-scroll", tabindex: 0, role: "region", "aria-label": "What each fault costs" },
    table,
  );
  const note = hint("▼ the worst of its column, leaving out nothing and everything.");
  function update(truth, side, tolerance) {
    const { rows, worst } = costsOf(truth, side, tolerance);
    body.replaceChildren(
      ...rows.map((scores, i) => {
        const cells = measures.map((measure) => {
          const marked = worst[measure.key].includes(i);
          const words = shown(measure, scores[measure.key]).replace(` ${measure.unit}`, "");
          return h("td", { class: marked ? "live-worst" : "" }, `${marked ? "▼ " : ""}${words}`);
        });
        return h(
          "tr",
          { class: faults[i].extreme ? "live-extreme" : "" },
          h("th", { scope: "row" }, faults[i].name),
          ...cells,
        );
      }),
    );
  }
  return { elements: [view, note], update };
}
