// Operate on a trained U-Net: shut its skip connections, exchange its decoder, and see at once what the mask, its errors and
// the spectrum of the logits become, on a scene that the reader composes or on an even grey.
//
// Settings: classes (C texts, the background first), kinds (K texts), kind_classes (K numbers: the class of each kind), colours
// (name -> red, green, blue), grounds (uint8, n x 3 x S x S), ground_names; covers and brights (uint8, K x choices x side x side,
// from utils.scenes.rasterise.stamp at a scale of 28). Models, one or several by name: image (1, 3, S, S) in [0, 1] and gates
// (1, L), 1 open and 0 shut, the skip of full resolution first -> logits (1, C, S, S).

import { infer } from "../lib/ask.js";
import {
  nameOf,
  randomThings,
  readScenery,
  sceneOf,
  textsSetting,
  thingEditor,
  thingHandles,
} from "../lib/composing.js";
import { checkbox, choice, select } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { drawErrorCell, drawOutline, errorLegend, inks, outlineLegend } from "../lib/error_map.js";
import { boundaryF, iou, nearestPixels } from "../lib/masks.js";
import { compact, percent, signed } from "../lib/numbers.js";
import { extent, paint, paintLegend, sharesOf } from "../lib/paint.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";
import { expect, refuseOtherShapes } from "../lib/settings.js";
import { energyOf, averageOf, middled, middleHalf, powerSpectrum } from "../lib/spectrum.js";
import { counted, listed } from "../lib/words.js";

const canvasPixels = 448; // of a map's side, about
const usual = [0.26, 0.38]; // sizes of things, as in training
const near = 2; // pixels from a boundary
const tolerance = 1; // of the boundary's F score, in pixels
const mostTaken = 2; // things named in a sentence
const mostModels = 4;
const mostAnswers = 60; // that are kept
const powers = { low: -4, high: 3 }; // of ten, between which the spectrum is drawn
const inputsSeen = ["your scene", "an even grey"];
const evenLook = 1; // the place of the even grey

export default {
  async render({ model, el }) {
    const world = readWorld(model);
    const random = randomSource(3);
    const state = {
      ...{ ground: 0, things: [], chosen: 0, mask: true },
      ...{ gates: world.levels.map(() => 1), network: 0, look: 0, label: Math.min(1, world.classes.length - 1) },
    };
    const { say, asker, show } = scaffold(el, "live-unet-surgery");
    const look = looker(model, world);
    const scene = sceneView(world, { onMove: () => changed(), onChoose: (chosen) => set({ chosen }) });
    const editor = thingEditor(world, { state, random, set, onThings: (chosen) => renew(state.things, { chosen }) });
    const errors = errorView(world);
    const spectrum = spectrumView(world, set);
    const table = surgeryTable(world, state, set);
    const game = taskGame(world, () => set({ gates: world.levels.map(() => 1), look: 0 }));

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    function renew(things, values) {
      scene.put(things);
      return set({ things, ...values });
    }

    const changed = asker(async () => {
      const now = { ...state, gates: [...state.gates], things: state.things.map((thing) => ({ ...thing })) };
      table.update(now);
      const seen = await look(now);
      const found = operation(seen, now, world);
      const words = verdict(found, now, world);
      scene.update(seen, found, now);
      editor.update(now, factsOf(found.things[now.chosen], now.chosen, world));
      errors.update(found, now, seen.truth);
      spectrum.update(found, now);
      table.report(found, now, words);
      const played = game.update(found, now);
      const { now: mine, open, spectrum: _, kinds: __, ...facts } = found;
      const numbers = { now: withoutMap(mine), open: withoutMap(open) };
      const mask = mine.predicted.join("");
      const { gates, network, ground, chosen, label } = now;
      const told = { ...facts, numbers, mask, gates, network, ground, chosen, label, look: now.look, played };
      for (const [key, value] of Object.entries(told)) el.dataset[key] = JSON.stringify(value);
      Object.assign(el.dataset, { verdict: words, asked: look.count() });
      say(played.won ? `${words} ${played.words}` : words);
    });

    const another = button("Another scene", () => renew(randomThings(world, random, usual), { chosen: 0 }));
    const ground = select({ label: "Ground", options: world.groundNames, onChange: (ground) => set({ ground }) });
    const tools = h("div", { class: "live-tools" }, another, ground.element);
    const part = (name, title, ...children) => panel(`live-${name}`, title, ...children).element;
    show(
      part("scene", "What it sees, and its mask", scene.element, table.looks, tools),
      h(
        "div",
        { class: "live-column" },
        part("operation", "The network", ...table.controls),
        part("numbers", "What the cut costs", table.element, table.verdict),
      ),
      h(
        "div",
        { class: "live-column live-results" },
        part("errors", "Its errors", errors.element),
        part("spectrum", "Spectrum of its logits", spectrum.element),
        part("editor", "The things", editor.element),
        part("game", "Tasks", game.element),
      ),
    );
    await renew(randomThings(world, random, usual), {});
  },
};

const withoutMap = ({ predicted: _, ...numbers }) => numbers;

// ---- what is asked of the settings -------------------------------------------------------------------------------------

function readWorld(model) {
  const classes = textsSetting(model, "classes");
  expect(classes.length > 1, `classes is ${JSON.stringify(classes)}; expected the background and one more at least.`);
  const scenery = readScenery(model, "kinds");
  const { size, kinds } = scenery;
  const kindClasses = model.get("kind_classes");
  const isClass = (value) => Number.isInteger(value) && value > 0 && value < classes.length;
  expect(
    Array.isArray(kindClasses) && kindClasses.length === kinds.length && kindClasses.every(isClass),
    `kind_classes is ${JSON.stringify(kindClasses) ?? "missing"}; expected for each of ${kinds.length} kinds a class from 1 to ${classes.length - 1}.`,
  );
  const networks = model.get("models").map(({ name }) => name);
  expect(
    networks.length > 0 && networks.length <= mostModels,
    `There are ${counted(networks.length, "model")}; expected one to ${mostModels}.`,
  );
  const count = model.get("inputs").find(({ name }) => name === "gates")?.dims[1] ?? 0;
  refuseOtherShapes(model, {
    image: [1, 3, size, size],
    gates: [1, count],
    logits: [1, classes.length, size, size],
  });
  expect(count > 0, "gates has no place; expected one for each skip connection.");
  const coarsest = Math.max(4, 2 ** count);
  expect(size % coarsest === 0, `The grounds have a side of ${size}; expected a multiple of ${coarsest}.`);
  const levels = Array.from({ length: count }, (_, level) => size / 2 ** level);
  return { ...scenery, classes, kindClasses, networks, levels };
}

// ---- what the network says ---------------------------------------------------------------------------------------------

// look(state) -> Promise of { pixels, seen, owner, truth, logits, open }: the logits with the chosen gates, and with all open.
function looker(model, world) {
  const { size, networks, levels } = world;
  const answers = new Map(); // the latest ones
  let [last, count] = [{}, 0];

  function picture({ ground, things, look }) {
    const key = JSON.stringify(look === evenLook ? evenLook : [ground, things]);
    if (key === last.key) return last;
    if (look === evenLook) return (last = { key, ...evenGrey(size) });
    const scene = sceneOf({ ground, things }, world);
    const truth = truthOf(scene.owner, things, world);
    return (last = { key, ...scene, truth, image: sharesOf(planesOf(scene.pixels)) });
  }

  async function answer({ key, image }, network, gates) {
    const full = `${network} ${gates} ${key}`;
    if (!answers.has(full)) {
      count += 1;
      const inputs = {
        image: { data: image, dims: [1, 3, size, size] },
        gates: { data: gates, dims: [1, gates.length] },
      };
      const { logits } = await infer(model, inputs, networks[network]);
      const odd = logits.data.find((value) => !Number.isFinite(value));
      expect(
        odd === undefined,
        `The logits of “${networks[network]}” hold ${odd}; expected numbers, with gates ${gates}.`,
      );
      answers.set(full, logits.data);
      if (answers.size > mostAnswers) answers.delete(answers.keys().next().value);
    }
    return answers.get(full);
  }

  async function look(now) {
    const seen = picture(now);
    const logits = await answer(seen, now.network, now.gates);
    const open = await answer(
      seen,
      now.network,
      levels.map(() => 1),
    );
    return { ...seen, logits, open };
  }
  return Object.assign(look, { count: () => count });
}

const evenGrey = (size) => ({
  pixels: new Uint8ClampedArray(3 * size * size).fill(128),
  image: new Float32Array(3 * size * size).fill(0.5),
  ...{ seen: [], owner: null, truth: null },
});

// The class of each pixel: that of the thing which is seen there.
export const truthOf = (owner, things, { kindClasses }) =>
  Uint8Array.from(owner, (number) => (number ? kindClasses[things[number - 1].kind] : 0));

// The class with the largest logit at each pixel; the first of equal ones.
export function maskOf(logits, count) {
  const pixels = logits.length / count;
  const mask = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++)
    for (let c = 1; c < count; c++) if (logits[c * pixels + i] > logits[mask[i] * pixels + i]) mask[i] = c;
  return mask;
}

// ---- what is measured --------------------------------------------------------------------------------------------------

const only = (labels, c) => Uint8Array.from(labels, (label) => Number(label === c));
const anything = (labels) => Uint8Array.from(labels, (label) => Number(label > 0));

// The plane of a class; of an even grey only the middle half, since the padding draws its own pattern at the edges.
function planeOf(logits, { label, look }, size) {
  const values = logits.subarray(label * size * size, (label + 1) * size * size);
  return look === evenLook ? middleHalf(values, size, size) : { data: values, rows: size, columns: size };
}

// All numbers of one mask: IoU of each class (null if neither has it), F of the boundary, share of right pixels, energy.
export function measure(logits, truth, state, { classes, size }) {
  const predicted = maskOf(logits, classes.length);
  const { data, rows, columns } = planeOf(logits, state, size);
  const power = powerSpectrum(data, rows, columns);
  const energy = energyOf(power, rows, columns);
  const [low, high] = extent(data);
  const things = anything(predicted).reduce((sum, value) => sum + value, 0);
  const always = { predicted, energy, spread: high - low, things };
  if (!truth) return { numbers: { ...always, ious: null, boundary: null, right: null }, power, rows, columns };
  const ious = classes.map((_, c) => orNull(iou(only(predicted, c), only(truth, c))));
  const boundary = boundaryF(anything(predicted), anything(truth), size, { tolerance });
  const right = predicted.filter((label, i) => label === truth[i]).length / truth.length;
  return { numbers: { ...always, ious, boundary, right }, power, rows, columns };
}

const orNull = (value) => (Number.isNaN(value) ? null : value);

// "right", "missed", "extra", "class" or null (background, rightly) for each pixel.
export const kindsOf = (predicted, truth) =>
  Array.from(predicted, (label, i) => {
    if (label === truth[i]) return label ? "right" : null;
    return label ? (truth[i] ? "class" : "extra") : "missed";
  });

// Pixels with a neighbour, above, below, left or right, of another class.
export function edgesOf(labels, side) {
  const edge = new Uint8Array(labels.length);
  const part = (i, k) => {
    if (labels[i] !== labels[k]) edge[i] = edge[k] = 1;
  };
  for (let i = 0; i < labels.length; i++) {
    if (i % side < side - 1) part(i, i + 1);
    if (i + side < labels.length) part(i, i + side);
  }
  return edge;
}

// How many pixels of a mask are at most `near` pixels from an edge.
const countNear = (mask, edge, side) =>
  nearestPixels(mask, edge, side).filter(({ squared }) => squared <= near ** 2).length;

// Of each thing: its class, how many of its pixels are in view, and as what most of them are taken with these gates and with
// all open (null where nothing of it is in view).
export function thingsOf(owner, things, now, open, { kindClasses, classes }) {
  const votes = things.map(() => [now, open].map(() => classes.map(() => 0)));
  owner.forEach((number, i) => {
    if (number) [now, open].forEach((mask, k) => votes[number - 1][k][mask[i]]++);
  });
  return things.map(({ kind }, i) => {
    const pixels = votes[i][0].reduce((sum, count) => sum + count, 0);
    const [taken, before] = votes[i].map((counts) => (pixels ? counts.indexOf(Math.max(...counts)) : null));
    return { label: kindClasses[kind], pixels, taken, before };
  });
}

// All that is told of the network as it is, and as it was with all skips open.
export function operation({ truth, owner, logits, open }, state, world) {
  const { size } = world;
  const { numbers, power, rows, columns } = measure(logits, truth, state, world);
  const before = measure(open, truth, state, world).numbers;
  const same = logits.every((value, i) => value === open[i]);
  const spectrum = { power, rows, columns };
  const moved = numbers.predicted.filter((label, i) => label !== before.predicted[i]).length;
  const found = { now: numbers, open: before, same, moved, spectrum };
  if (!truth) return { ...found, kinds: null, counts: null, turned: null, things: state.things.map(() => null) };
  const kinds = kindsOf(numbers.predicted, truth);
  const edge = edgesOf(truth, size);
  const [wrong, wrongBefore] = [numbers, before].map(({ predicted }) =>
    Uint8Array.from(predicted, (label, i) => Number(label !== truth[i])),
  );
  const newly = wrong.map((value, i) => value & (1 - wrongBefore[i]));
  const sum = (mask) => mask.reduce((total, value) => total + value, 0);
  const counts = { ...countsOf(kinds), wrong: sum(wrong), near: countNear(wrong, edge, size) };
  const turned = {
    wrong: sum(newly),
    near: countNear(newly, edge, size),
    right: sum(wrongBefore.map((value, i) => value & (1 - wrong[i]))),
  };
  const things = thingsOf(owner, state.things, numbers.predicted, before.predicted, world);
  return { ...found, kinds, counts, turned, things };
}

const countsOf = (kinds) =>
  Object.fromEntries(["missed", "extra", "class"].map((name) => [name, kinds.filter((kind) => kind === name).length]));

// ---- in words ----------------------------------------------------------------------------------------------------------

export const sideName = (side) => `${side} × ${side}`;
const shutOf = (gates) => gates.flatMap((open, level) => (open ? [] : [level]));
const pixelCount = (count) => counted(count, "pixel");
const energyText = (value) => (value > 0 && value < 0.001 ? "< 0.001" : compact(value));
const times = (value) => `${energyText(value)} × the average`;

function shutInWords(gates, { levels }) {
  const shut = shutOf(gates);
  if (!shut.length) return "All skips open";
  if (shut.length === levels.length && shut.length > 1) return "With all skips shut";
  return `With skip${shut.length > 1 ? "s" : ""} ${listed(shut.map((level) => sideName(levels[level])))} shut`;
}

/** What the surgery does, in a sentence or two. */
export function verdict(found, state, world) {
  const lead = shutInWords(state.gates, world);
  const cut = shutOf(state.gates).length > 0;
  if (cut && found.same) return `${lead}: nothing changes. This network does not use what is cut.`;
  if (state.look === evenLook) return greyInWords(lead, cut, found, state, world);
  const { counts, turned } = found;
  if (!cut) {
    const { missed, extra, wrong } = counts;
    const parts = `${missed} missed, ${extra} extra, ${counts.class} of a wrong class`;
    return `${lead}: ${pixelCount(wrong)} wrong (${parts}), ${counts.near} of them within ${near} pixels of a boundary.`;
  }
  const taken = found.things.flatMap((one, i) =>
    one.taken === one.before ? [] : [takenInWords(one, i, state, world)],
  );
  const more = taken.length > mostTaken ? `; and ${taken.length - mostTaken} more` : "";
  const rest = taken.length ? ` Taken for something else: ${taken.slice(0, mostTaken).join("; ")}${more}.` : "";
  if (!turned.wrong && !turned.right) return `${lead}: no pixel turns wrong or right.${rest}`;
  const nearby = turned.wrong ? `, ${turned.near} of them within ${near} pixels of a boundary` : "";
  const balance = turned.wrong - turned.right;
  const sum =
    balance > 0 ? `${balance} more wrong` : balance < 0 ? `${-balance} fewer wrong` : "as many wrong as before";
  return `${lead}: ${pixelCount(turned.wrong)} turn${turned.wrong === 1 ? "s" : ""} wrong${nearby}; ${turned.right} turn${turned.right === 1 ? "s" : ""} right: ${sum}.${rest}`;
}

function greyInWords(lead, cut, { now, open }, { label }, { classes, size }) {
  const before = cut ? ` (all skips open: ${energyText(open.energy)})` : "";
  const mask = now.things
    ? `${percent(now.things / size ** 2)} of it is taken for a thing`
    : "all of it is taken for background";
  return `${lead}, on an even grey: ${mask}. In its middle, “${classes[label]}” has ${times(now.energy)} at the Nyquist frequency${before}; the logits differ by ${compact(now.spread)} at most.`;
}

const takenInWords = ({ before, taken }, i, { things }, world) =>
  `${nameOf(things[i], i, world)}, ${world.classes[before]} → ${world.classes[taken]}`;

function factsOf(one, i, { classes }) {
  if (!one) return `Thing ${i + 1}: the network does not see it now.`;
  if (!one.pixels) return `Thing ${i + 1}: nothing of it is in view.`;
  const taken = one.taken === one.label ? "taken for what it is" : `taken for ${classes[one.taken]}`;
  return `Thing ${i + 1}: ${classes[one.label]}, ${pixelCount(one.pixels)} in view, most of it ${taken}.`;
}

// ---- tasks -------------------------------------------------------------------------------------------------------------

const oneCut = ({ gates }) => shutOf(gates).length === 1;
const fewest = { blurred: 10, nearby: 0.8, brighter: 10 };

// Each has a goal; won(found, state, world) says how it was reached, in words, or gives false. All ask for a scene.
const tasks = [
  {
    name: "Only the edge",
    goal: `With one cut, turn ${fewest.blurred} pixels or more wrong, ${percent(fewest.nearby)} of them within ${near} pixels of a boundary; every thing keeps its class.`,
    won: ({ turned, things }, state) =>
      oneCut(state) &&
      turned.wrong >= fewest.blurred &&
      turned.near >= fewest.nearby * turned.wrong &&
      things.every(({ taken, label, pixels }) => !pixels || taken === label) &&
      `${pixelCount(turned.wrong)} turned wrong, ${turned.near} of them at a boundary, and every thing kept its class.`,
  },
  {
    name: "Another class",
    goal: "With one cut, make a thing that is taken for what it is look like another class of things (not background).",
    won({ things }, state, world) {
      if (!oneCut(state)) return false;
      const i = things.findIndex(({ label, taken, before }) => before === label && taken && taken !== label);
      return i >= 0 && `${takenInWords(things[i], i, state, world)}.`;
    },
  },
  {
    name: "Light up the corners",
    goal: `With cuts, make the energy at the Nyquist frequency ${fewest.brighter} times that with all skips open, and more than 1.`,
    won: ({ now, open }, { gates, label }, { classes }) =>
      shutOf(gates).length > 0 &&
      now.energy > 1 &&
      now.energy >= fewest.brighter * open.energy &&
      `“${classes[label]}” has ${times(now.energy)} there, before the cut ${energyText(open.energy)}.`,
  },
  {
    name: "A cut that helps",
    goal: "With one cut, get more pixels right than with all skips open.",
    won: ({ turned }, state) =>
      oneCut(state) &&
      turned.right > turned.wrong &&
      `${pixelCount(turned.right - turned.wrong)} more right than before the cut.`,
  },
];

/** How far a task is: { won, words }; `before` tells whether it was done already. */
export function progress(number, found, state, world, before = false) {
  const { goal, won } = tasks[number];
  const done = before ? " Done before." : "";
  if (state.look === evenLook) return { won: false, words: `${goal} First let the network look at your scene.${done}` };
  const words = won(found, state, world);
  if (words) return { won: true, words: `✓ ${shutInWords(state.gates, world)}: ${words}` };
  return { won: false, words: `${goal}${done || " If no cut does it, change the scene."}` };
}

// Buttons that open all skips and set a task, and how far it is.
function taskGame(world, onBegin) {
  let [number, before] = [null, false];
  const told = h("p", { class: "live-told" });
  const faces = tasks.map(({ name }, i) => button(name, () => begin(i), { "aria-pressed": "false" }));

  function begin(i) {
    [number, before] = [i, false];
    onBegin();
  }

  function update(found, state) {
    faces.forEach((face, i) => face.setAttribute("aria-pressed", String(i === number)));
    if (number === null) {
      told.textContent = "Choose a task. It opens all skips; your scene stays.";
      return { task: null, won: false, words: told.textContent };
    }
    const now = progress(number, found, state, world, before);
    before ||= now.won;
    told.textContent = now.words;
    return { task: tasks[number].name, ...now };
  }
  return { element: h("div", {}, h("div", { class: "live-faces" }, ...faces), told), update };
}

// ---- the scene and the mask over it ------------------------------------------------------------------------------------

const cellOf = (size) => Math.max(2, Math.floor(canvasPixels / size));
const classInks = ["#ffd54a", "#6ff0ff", "#ff9df2", "#c6ff6b", "#ffb27a"];

// The picture, the mask over it, and a handle over each thing. put(things) when they are others.
function sceneView(world, { onMove, onChoose }) {
  const { size, classes } = world;
  const cell = cellOf(size);
  const picture = h("canvas", { role: "img" });
  const over = h("canvas", { class: "live-over", width: size * cell, height: size * cell, "aria-hidden": "true" });
  const handles = thingHandles(picture, world, { onMove, onChoose });
  let shown = null;
  const mask = checkbox({
    label: "the mask over it",
    checked: true,
    onChange: (checked) => {
      over.hidden = !checked;
      if (checked && shown) drawMask(over, shown, size, cell);
    },
  });
  const legend = h("ul", { class: "live-legend-list" }, ...classes.slice(1).map((name, i) => maskLegend(name, i + 1)));

  function update({ pixels }, { now }, { ground, things, look }) {
    paintPicture(picture, { data: pixels, rows: size, columns: size });
    const names = things.map((thing, i) => nameOf(thing, i, world));
    const scene = `The scene, on ${world.groundNames[ground]}: ${names.join(", ")}`;
    picture.setAttribute("aria-label", look === evenLook ? "An even grey" : scene);
    handles.element.hidden = look === evenLook;
    handles.update(names);
    shown = now.predicted;
    drawMask(over, shown, size, cell);
  }

  const window = h("div", { class: "live-window" }, picture, over, handles.element);
  const help = hint("Drag a thing, or choose it with Tab and use the arrow keys.");
  const element = h("div", {}, window, h("div", { class: "live-under" }, legend, mask), help);
  return { element, put: handles.put, update };
}

// Each class has its own pattern, so that the picture stays visible: slanted lines, dots, lines the other way, bars.
function drawMask(canvas, labels, size, cell) {
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  labels.forEach((label, i) => label && drawPattern(pen, i % size, Math.floor(i / size), cell, label));
  drawOutline(pen, labels, size, cell, { colour: "#000", width: 5 });
  drawOutline(pen, labels, size, cell, { colour: "#fff", width: 2 });
}

function drawPattern(pen, column, row, cell, label) {
  const [x, y] = [column * cell, row * cell];
  pen.fillStyle = pen.strokeStyle = classInks[(label - 1) % classInks.length];
  pen.lineWidth = 2;
  const pattern = (label - 1) % 4;
  if (pattern === 1) {
    if ((row + column) % 2 === 0) pen.fillRect(x + cell / 4, y + cell / 4, cell / 2, cell / 2);
    return;
  }
  const lines = [(row + column) % 3, null, (row - column + 3 * row) % 3, row % 3][pattern];
  if (lines !== 0) return;
  const ends = { 0: [0, 1, 1, 0], 2: [0, 0, 1, 1], 3: [0, 0.5, 1, 0.5] }[pattern];
  pen.beginPath();
  pen.moveTo(x + ends[0] * cell, y + ends[1] * cell);
  pen.lineTo(x + ends[2] * cell, y + ends[3] * cell);
  pen.stroke();
}

function maskLegend(name, label) {
  const canvas = h("canvas", { width: 32, height: 32, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#555";
  pen.fillRect(0, 0, 32, 32);
  for (let i = 0; i < 16; i++) drawPattern(pen, i % 4, i >> 2, 8, label);
  return h("li", {}, canvas, name);
}

// ---- the errors --------------------------------------------------------------------------------------------------------

function errorView({ size }) {
  const cell = cellOf(size);
  const canvas = h("canvas", { width: size * cell, height: size * cell, role: "img" });
  const legend = h(
    "ul",
    { class: "live-legend-list" },
    errorLegend("right"),
    errorLegend("missed"),
    errorLegend("extra"),
    errorLegend("class", "wrong class"),
    outlineLegend("true boundary"),
  );

  function update({ kinds, counts }, { things }, truth) {
    const pen = canvas.getContext("2d");
    pen.fillStyle = inks.ground;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (!kinds) {
      pen.fillStyle = inks.outline;
      pen.font = "28px system-ui, sans-serif";
      pen.textAlign = "center";
      pen.fillText("An even grey has no truth.", canvas.width / 2, canvas.height / 2);
      canvas.setAttribute("aria-label", "No errors: an even grey has no truth");
      return;
    }
    kinds.forEach(
      (kind, i) => kind && drawErrorCell(pen, [(i % size) * cell, Math.floor(i / size) * cell], cell, kind),
    );
    drawOutline(pen, truth, size, cell, { width: 2 });
    const words = `${counts.missed} pixels missed, ${counts.extra} extra, ${counts.class} of a wrong class`;
    canvas.setAttribute("aria-label", `Errors of the mask over ${counted(things.length, "thing")}: ${words}`);
  }
  return { element: h("div", {}, canvas, legend), update };
}

// ---- the spectrum ------------------------------------------------------------------------------------------------------

function spectrumView({ classes }, set) {
  const canvas = h("canvas", { role: "img" });
  const marks = [0, 50, 100]
    .flatMap((top) => [0, 50, 100].map((left) => [top, left]))
    .filter((place) => `${place}` !== "50,50");
  const rings = marks.map(([top, left]) => h("span", { class: "live-ring", style: `top: ${top}%; left: ${left}%` }));
  const strip = h("canvas", { class: "live-strip", "aria-hidden": "true" });
  paintLegend(strip, "viridis");
  const which = choice({ label: "Class", options: classes, onChange: (label) => set({ label }) });
  which.querySelectorAll("input")[Math.min(1, classes.length - 1)].checked = true;
  const told = h("p", { class: "live-energy" });
  const caption = h("p", { class: "live-caption" });

  function update({ spectrum, now, open }, { label, look }) {
    const { power, rows, columns } = spectrum;
    const average = averageOf(power);
    const shown = middled(power, rows, columns);
    const logs = shown.data.map((value) => (average > 0 ? Math.log10(value / average) : powers.low));
    paint(
      canvas,
      logs.map((value) => Math.max(powers.low, value)),
      shown.rows,
      shown.columns,
      { map: "viridis", ...powers },
    );
    const [words, before] = [times(now.energy), energyText(open.energy)];
    told.textContent = `At the Nyquist frequency: ${words} (all open: ${before})`;
    const part =
      look === evenLook
        ? ` Of the middle ${rows} × ${columns} pixels: the padding draws its own pattern at the edges.`
        : "";
    caption.textContent = `Middle: slow changes. Edges and corners, in rings: from pixel to pixel, the Nyquist frequency.${part}`;
    canvas.setAttribute("aria-label", `Spectrum of the logits of ${classes[label]}. ${told.textContent}`);
  }
  const legend = h("p", { class: "live-scale" }, `10⁻⁴`, strip, `10³ × the average`);
  const window = h(
    "div",
    { class: "live-window" },
    canvas,
    h("div", { class: "live-rings", "aria-hidden": "true" }, ...rings),
  );
  return { element: h("div", {}, window, legend, which, told, caption), update };
}

// ---- the network -------------------------------------------------------------------------------------------------------

// The U with its switches, which network it is and what it sees; and the numbers, each beside that with all skips open.
function surgeryTable(world, state, set) {
  const { classes, levels, networks } = world;
  const network = select({ label: "Network", options: networks, onChange: (network) => set({ network }) });
  const input = choice({ label: "It looks at", options: inputsSeen, onChange: (look) => set({ look }) });
  const drawing = unetDrawing(levels, (level) => {
    const gates = state.gates.map((open, k) => (k === level ? 1 - open : open));
    return set({ gates });
  });
  const rows = [
    ...classes.map((name, c) => ({ name: `IoU ${name}`, of: ({ ious }) => ious?.[c] ?? null, digits: 3 })),
    { name: `Boundary F (${tolerance} px)`, of: ({ boundary }) => boundary, digits: 3 },
    { name: "Pixels right", of: ({ right }) => right, share: true },
    { name: "Energy, Nyquist", of: ({ energy }) => energy, energy: true },
  ].map((row) => ({ ...row, cells: [0, 1, 2].map(() => h("td", {})) }));
  const body = h("tbody", {}, ...rows.map(({ name, cells }) => h("tr", {}, h("th", { scope: "row" }, name), ...cells)));
  const heads = ["", "now", "all open", "change"].map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {})));
  const table = h("table", { class: "live-values" }, h("thead", {}, h("tr", {}, ...heads)), body);
  const told = h("p", { class: "live-verdict" });

  function update({ gates, look }) {
    drawing.update(gates);
    input.querySelectorAll("input")[look].checked = true;
  }

  function report({ now, open }, { look }, words) {
    told.textContent = words;
    for (const row of rows) {
      const [mine, before] = [now, open].map(row.of);
      const none = look === evenLook ? "–" : "not there";
      row.cells[0].textContent = mine === null ? none : valueText(mine, row);
      row.cells[1].textContent = before === null ? none : valueText(before, row);
      row.cells[2].textContent = mine === null || before === null ? "–" : changeText(mine, before, row);
    }
  }
  const looks = h("div", { class: "live-field" }, "It looks at", input);
  return { controls: [network.element, drawing.element], looks, verdict: told, element: table, update, report };
}

const valueText = (value, { share, energy, digits }) =>
  share ? percent(value, 1) : energy ? energyText(value) : value.toFixed(digits);

const ratioText = (ratio) => (ratio > 999 ? "over × 999" : ratio < 0.001 ? "near × 0" : `× ${compact(ratio)}`);

function changeText(mine, before, { share, energy, digits }) {
  if (mine === before) return "0";
  if (energy) return before > 0 ? ratioText(mine / before) : "–";
  const change = share ? signed(100 * (mine - before), 1) : signed(mine - before, digits);
  return change.startsWith("−") ? change : `+${change}`;
}

// The levels as bars, from the image down to the coarsest and up to the mask; between them the skips, each with its switch.
function unetDrawing(levels, onSwitch) {
  const lines = levels.map((side, level) => {
    const name = `${sideName(side)}${level ? "" : ", the first"}`;
    const words = h("span", {}, "open");
    const face = h(
      "button",
      {
        type: "button",
        class: "live-skip",
        role: "switch",
        "aria-label": `Skip ${name}`,
        onclick: () => onSwitch(level),
      },
      h("span", { class: "live-resolution" }, name),
      words,
    );
    const bars = ["live-down", "live-up"].map((way) =>
      h("span", { class: `live-level ${way}`, "aria-hidden": "true" }),
    );
    const element = h("div", { class: "live-row", style: `--level: ${level}` }, bars[0], face, bars[1]);
    return { element, face, words };
  });
  const coarsest = sideName(levels.at(-1) / 2);
  const bottom = h("div", { class: "live-bottom", style: `--level: ${levels.length}` }, coarsest);
  const ends = h(
    "div",
    { class: "live-ends", "aria-hidden": "true" },
    h("span", {}, "image ↓"),
    h("span", {}, "↑ mask"),
  );
  const element = h("div", { class: "live-unet", role: "group", "aria-label": "Skip connections" }, ends);
  element.append(...lines.map((line) => line.element), bottom);

  function update(gates) {
    lines.forEach(({ face, words }, level) => {
      face.setAttribute("aria-checked", String(Boolean(gates[level])));
      words.textContent = gates[level] ? "open" : "✂ shut";
    });
  }
  return { element, update };
}
