// From a sentence to a picture and back: what is written is drawn, one network reads the picture, four tasks are scored.
//
// Settings: sentence (the first one), kinds, colours (name -> red, green, blue), grounds (uint8, n x 3 x size x size),
// ground_names; covers and brights (uint8, kinds x choices x side x side, from utils.scenes.rasterise.stamp at a scale of 28).
// Model: images (1, 3, size, size) in [0, 1] -> dense (1, cells, 5 + kinds + colours), for each cell of a square grid, row
// by row: the logits of an object, of x and y of its box's centre in the cell, of the box's width and height as shares of
// the picture's side, of the kinds, and of the colours; presence (1, kinds), logits; count (1, n), logits for 0 to n - 1.

import { arraySetting, infer } from "../lib/ask.js";
import { iou, nms } from "../lib/boxes.js";
import {
  captionOfLayout,
  describe,
  inOrder,
  parseCaption,
  relationOf,
  relationWords,
  sizeWords,
  wordsOf,
} from "../lib/captions.js";
import { across, polyline, upright, whiteSheet } from "../lib/charts.js";
import { choice, markedBar, slider } from "../lib/controls.js";
import { button, freshId, h, hint, panel } from "../lib/dom.js";
import { drawMark, legendLine, markColours } from "../lib/marks.js";
import { sigmoidOf } from "../lib/mlp.js";
import { percent } from "../lib/numbers.js";
import { extent, sharesOf } from "../lib/paint.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";
import { composed, labelledBox, seenBoxes, thingHandle } from "../lib/scenes.js";
import { listed } from "../lib/words.js";

const tasks = ["classification", "counting", "detection", "captioning"];
const attacks = ["occlude", "shrink", "recolour", "darken", "noise"];
const mostThings = 3;
const leastScale = 4; // pixels
const sideOf = { small: 0.22, null: 0.325, large: 0.44 }; // of a thing, as a share of the picture's
const passes = 0.5; // presence, objectness, and the score below which a task has failed
const overlap = { same: 0.4, right: 0.5 }; // IoU with which two boxes are of one thing, and with which one is right
const trial = { sentences: 20, strengths: 11 };
const sliceBudget = 25; // milliseconds of reading before the page may breathe

export default {
  async render({ model, el }) {
    const world = readWorld(model);
    const random = randomSource(1);
    const state = { layout: null, drawing: null, ground: 0, attack: attacks[0], strength: 0 };
    const { say, problem, asker, show } = scaffold(el, "live-round-trip");

    const writer = sentenceWriter(world, { onLayout: (layout) => isNew(layout) && draw(layout), onError: say });
    const scene = sceneView(world, () => changed());
    const report = taskReport(world.kinds);
    const lab = attackLab({ drawings: trialDrawings(world), set, onTrial: () => problem.watch(tryOut()) });

    const isNew = (layout) => JSON.stringify(layout) !== JSON.stringify(state.layout);

    // Another picture of what is written; the ground stays where the sentence does not name one.
    function draw(layout = state.layout) {
      const ground = layout.ground ? world.grounds.indexOf(layout.ground) : state.ground;
      const drawing = drawingOf(layout, ground, world, random);
      scene.put(drawing.things);
      return set({ layout, drawing, ground });
    }

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    const changed = asker(async () => {
      const { drawing, layout, attack, strength } = state;
      const { pixels, boxes } = attacked(drawing, world, attack, strength);
      const reading = readingOf(await read(model, pixels, world.size), world);
      const judged = judge(layout, boxes, reading, world);
      scene.update(pixels, drawing, reading, judged);
      const told = report.update(reading, judged);
      const { presence, count, detections } = reading;
      const { caption, sentence, scores } = judged;
      const facts = { drawing, presence, count, detections, scores };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value);
      Object.assign(el.dataset, { sentence, caption, attack, strength });
      say(told);
    });

    // The chosen attack at all strengths, on the same sentences for every attack; another trial ends this one.
    async function tryOut() {
      const { attack } = state;
      delete el.dataset.tried;
      const curves = await lab.run(attack, (drawing, strength) => scoresOf(drawing, attack, strength));
      if (!curves) return;
      say(lab.told());
      Object.assign(el.dataset, { curves: JSON.stringify(curves), tried: attack });
    }

    async function scoresOf({ layout, ...drawing }, attack, strength) {
      const { pixels, boxes } = attacked(drawing, world, attack, strength);
      return judge(layout, boxes, readingOf(await read(model, pixels, world.size), world), world).scores;
    }

    const another = button("Random sentence", () => writer.write(captionOfLayout(randomLayout(world, random))));
    const again = button("Draw it again", () => draw());
    writer.tools.append(another, again);
    show(
      panel("live-writer", "Write a sentence", writer.element).element,
      panel("live-scene", "The picture drawn from it", scene.element).element,
      panel("live-attack", "Attack the picture", ...lab.controls).element,
      panel("live-report", "What the network reads in the picture", report.element).element,
      panel("live-trial", `The attack on ${trial.sentences} random sentences`, lab.element).element,
    );
    await writer.write(model.get("sentence"));
    return () => lab.stop();
  },
};

function readWorld(model) {
  const palette = model.get("colours");
  const pixels = arraySetting(model.get("grounds"));
  return {
    kinds: model.get("kinds"),
    palette,
    colours: Object.keys(palette),
    grounds: model.get("ground_names"),
    pixels,
    stamps: { covers: arraySetting(model.get("covers")), brights: arraySetting(model.get("brights")) },
    size: pixels.dims[2],
  };
}

// ---- from the sentence to the picture ----------------------------------------------------------------------------------

// What a sentence says, its things in the order in which scenes are described, and the words that may follow it.
export function understood(text, world) {
  const { layout, next } = parseCaption(text, world);
  const { length } = layout.things;
  if (length > mostThings) throw new Error(`the sentence has ${length} things; expected at most ${mostThings}`);
  return { layout: inOrder(layout, world.kinds), next };
}

export function randomLayout({ kinds, colours, grounds }, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const count = pick([1, 2, 2, 3]);
  const sizes = [...Array(6).fill(null), ...sizeWords.slice(0, count < 3 ? 2 : 1)]; // three large ones would hide each other
  const things = Array.from({ length: count }, () => ({ size: pick(sizes), colour: pick(colours), kind: pick(kinds) }));
  const relation = count === 2 ? pick([null, ...relationWords]) : null;
  return inOrder({ things, relation, ground: pick(grounds) }, kinds);
}

// Things as the layout wants them, each with a stamp of its own and a place.
export function drawingOf(layout, ground, world, random) {
  const { kinds, colours, stamps, size } = world;
  const scales = layout.things.map((thing) => sideOf[thing.size] * size);
  const places = placesFor(layout, scales, size, random);
  const things = layout.things.map(({ kind, colour }, i) => ({
    kind: kinds.indexOf(kind),
    sprite: Math.floor(random() * stamps.covers.dims[1]),
    colour: colours.indexOf(colour),
    at: places[i],
    scale: scales[i],
  }));
  return { ground, things, seed: Math.floor(random() * 2 ** 32) };
}

// A place [row, column] for each thing: drawn at random until all is as it was said. The longer it takes, the nearer to each
// other they may lie.
function placesFor(layout, scales, size, random) {
  for (let tries = 0; ; tries++) {
    const places = scales.map((scale) => [0, 1].map(() => reachOf(scale) + Math.floor(random() * roomOf(scale, size))));
    if (isAsSaid(layout, places, scales, size, 1 - tries / 10000)) return places;
  }
}

const reachOf = (scale) => Math.ceil(scale / 2);
const roomOf = (scale, size) => size - 2 * reachOf(scale);

// Whether the things lie apart, in the relation that was said, and equal ones from left to right; all with a margin.
function isAsSaid({ things, relation }, places, scales, size, distance) {
  return places.every(([row, column], i) =>
    places.slice(0, i).every(([otherRow, otherColumn], j) => {
      const [down, right] = [Math.abs(row - otherRow), Math.abs(column - otherColumn)];
      const [less, more] = [Math.min(down, right), Math.max(down, right)];
      if (more < (distance * (scales[i] + scales[j])) / 2) return false;
      if (things[i].kind === things[j].kind && column < otherColumn + 3) return false;
      if (places.length > 2) return true;
      const found = relationOf([otherColumn, otherRow], [column, row], size);
      return found === relation && (relation ? more > 0.25 * size && less < 0.45 * more : less > 0.8 * more);
    }),
  );
}

// ---- attacks -----------------------------------------------------------------------------------------------------------

// The picture under an attack, (size, size, 3), and the boxes of what is drawn in it. What lies in front of the picture, or
// in its light, moves no box.
export function attacked({ ground, things, seed }, world, attack, strength) {
  const { palette, colours, pixels: grounds, stamps, size } = world;
  const painted = things.map((thing) => {
    const colour = palette[colours[thing.colour]];
    return {
      ...thing,
      scale: attack === "shrink" ? Math.max(leastScale, thing.scale * (1 - 0.8 * strength)) : thing.scale,
      colour: attack === "recolour" ? turnedHue(colour, 180 * strength) : colour,
    };
  });
  const pixels = composed(grounds, ground, painted, stamps);
  if (attack === "occlude") occlude(pixels, size, strength);
  if (attack === "darken") pixels.forEach((value, i) => (pixels[i] = value * (1 - strength)));
  if (attack === "noise" && strength)
    gaussians(randomSource(seed), pixels.length).forEach((value, i) => (pixels[i] += 128 * strength * value));
  return { pixels, boxes: seenBoxes(painted, stamps, size) };
}

// A grey bar from top to bottom, which grows from the middle.
function occlude(pixels, size, strength) {
  const [from, to] = [-1, 1].map((side) => Math.round((size / 2) * (1 + side * strength)));
  for (let row = 0; row < size; row++) pixels.fill(128, 3 * (row * size + from), 3 * (row * size + to));
}

// A colour whose hue is turned by so many degrees; its lightest and its darkest channel keep their values.
export function turnedHue(colour, degrees) {
  const [low, high] = extent(colour);
  if (low === high) return colour; // white has no hue
  const [red, green, blue] = colour.map((value) => (value - low) / (high - low));
  const sixths = red === 1 ? green - blue : green === 1 ? 2 + blue - red : 4 + red - green;
  return [5, 3, 1].map((channel) => {
    const place = (((channel + sixths + degrees / 60) % 6) + 6) % 6;
    return Math.round(high - (high - low) * Math.max(0, Math.min(place, 4 - place, 1)));
  });
}

// ---- what the network reads --------------------------------------------------------------------------------------------

function read(model, pixels, size) {
  const [{ name }] = model.get("inputs");
  return infer(model, { [name]: { data: sharesOf(planesOf(pixels)), dims: [1, 3, size, size] } });
}

const largest = (values) => values.indexOf(Math.max(...values));

export function readingOf({ dense, presence, count }, world) {
  return {
    presence: Array.from(presence.data, sigmoidOf),
    count: largest(count.data),
    detections: withoutRepeats(detectionsOf(dense, world)),
  };
}

// What each cell that sees an object says of it, the surest first: { kind, colour, box: [left, top, right, bottom], score }.
function detectionsOf({ data, dims }, { kinds, colours, size }) {
  const [, cells, length] = dims;
  const columns = Math.sqrt(cells);
  const found = [];
  for (let cell = 0; cell < cells; cell++) {
    const values = data.subarray(cell * length, (cell + 1) * length);
    const [score, right, down, width, height] = Array.from(values.subarray(0, 5), sigmoidOf);
    if (score <= passes) continue;
    const x = (((cell % columns) + right) * size) / columns;
    const y = ((Math.floor(cell / columns) + down) * size) / columns;
    const [wide, high] = [(width * size) / 2, (height * size) / 2];
    const kind = kinds[largest(values.subarray(5, 5 + kinds.length))];
    const colour = colours[largest(values.subarray(5 + kinds.length))];
    found.push({ kind, colour, box: [x - wide, y - high, x + wide, y + high], score });
  }
  return found.sort((a, b) => b.score - a.score);
}

// A box suppresses those of any kind.
const withoutRepeats = (detections) => nms(detections, { threshold: overlap.same }).map((index) => detections[index]);

// ---- scores ------------------------------------------------------------------------------------------------------------

// What came back, held against the sentence: a score for each task, and what is right of each.
export function judge(layout, boxes, { presence, count, detections }, { kinds, size }) {
  const { things } = layout;
  const [named, present] = [
    kinds.map((_, k) => presence[k] > passes),
    kinds.map((kind) => things.some((thing) => thing.kind === kind)),
  ];
  const said = kinds.map((_, k) => named[k] === present[k]);
  const truth = things.map(({ kind }, i) => ({ kind, box: boxes[i] })).filter(({ box }) => box);
  const found = matches(detections, truth);
  const hits = found.filter(Boolean).length;
  const sentence = captionOfLayout({ ...layout, ground: null }); // the network is not asked about the ground
  const caption = describe(detections.map(seen), size, kinds);
  const kept = keptWords(wordsOf(sentence), wordsOf(caption));
  const scores = {
    classification: f1(kinds.filter((_, k) => named[k] && present[k]).length, howMany(named), howMany(present)),
    counting: Number(count === things.length),
    detection: f1(hits, found.length, truth.length),
    captioning: kept.count / Math.max(kept.first.length, kept.second.length),
  };
  return { scores, said, found, truth, things: things.length, sentence, caption, kept };
}

// Twice the hits over all that was said and all that is there; what is rightly absent counts for nothing.
const f1 = (hits, said, there) => (said + there ? (2 * hits) / (said + there) : 1);
const howMany = (flags) => flags.filter(Boolean).length;

const seen = ({ kind, colour, box: [left, top, right, bottom] }) => ({
  kind,
  colour,
  centre: [(left + right) / 2, (top + bottom) / 2],
  side: Math.max(right - left, bottom - top),
});

// For each detection, whether it is a thing of its kind that no surer one has found.
function matches(detections, truth) {
  const open = new Set(truth);
  return detections.map(({ kind, box }) =>
    open.delete([...open].find((thing) => thing.kind === kind && iou(thing.box, box) >= overlap.right)),
  );
}

// Which words of two texts belong to their longest common subsequence.
export function keptWords(first, second) {
  const longest = Array.from({ length: first.length + 1 }, () => new Array(second.length + 1).fill(0));
  for (let i = first.length - 1; i >= 0; i--)
    for (let j = second.length - 1; j >= 0; j--)
      longest[i][j] =
        first[i] === second[j] ? 1 + longest[i + 1][j + 1] : Math.max(longest[i + 1][j], longest[i][j + 1]);
  const kept = { first: first.map(() => false), second: second.map(() => false), count: longest[0][0] };
  for (let i = 0, j = 0; i < first.length && j < second.length; )
    if (first[i] === second[j]) kept.first[i++] = kept.second[j++] = true;
    else if (longest[i + 1][j] >= longest[i][j + 1]) i++;
    else j++;
  return kept;
}

// ---- writing -----------------------------------------------------------------------------------------------------------

// A line to write in, and the words that may come next, to press. onLayout(layout) when the sentence is whole.
function sentenceWriter(world, { onLayout, onError }) {
  const error = h("p", { class: "live-fault", id: freshId("live-fault"), "aria-live": "off" });
  const attributes = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": error.id };
  const input = h("input", { type: "text", class: "live-select", ...attributes, oninput: () => follow() });
  const words = h("div", { class: "live-words", role: "group", "aria-label": "Words that may come next" });
  const back = button("⌫", () => write(wordsOf(input.value).slice(0, -1).join(" ").replaceAll(" ,", ",")), {
    "aria-label": "Remove the last word",
  });
  const tools = h(
    "div",
    { class: "live-tools" },
    h("label", { class: "live-field" }, h("span", {}, "Sentence"), input),
  );

  function write(text) {
    input.value = text;
    return follow();
  }

  function follow() {
    let next = [];
    let done = null;
    try {
      const found = understood(input.value.toLowerCase(), world);
      next = found.layout.things.length < mostThings ? found.next : found.next.filter((word) => word === "on");
      error.textContent = "";
      done = onLayout(found.layout);
    } catch (fault) {
      if (fault.constructor !== Error) throw fault;
      next = fault.next ?? [];
      error.textContent = fault.message;
      onError(fault.message);
    }
    input.setAttribute("aria-invalid", String(error.textContent !== ""));
    offer(next.filter((word) => !["a", "an", "nothing"].includes(word)));
    return done;
  }

  // Pressing a word puts it at the end; a whole sentence gets its articles.
  function offer(next) {
    const focused = [...words.children].indexOf(document.activeElement);
    const chip = (word) => button(word, () => write(tidy(`${input.value.trim()} ${word}`)));
    words.replaceChildren(back, ...next.map(chip));
    if (focused >= 0) words.children[Math.min(focused, 1, next.length)].focus({ preventScroll: true });
  }

  function tidy(text) {
    try {
      return captionOfLayout(parseCaption(text.toLowerCase(), world).layout);
    } catch {
      return text.replaceAll(" ,", ",");
    }
  }
  return { element: h("div", {}, tools, words, error), tools, write };
}

// ---- the picture -------------------------------------------------------------------------------------------------------

// The picture with the boxes that were found, and a handle over each thing. put(things) when they are new.
function sceneView({ kinds, colours, grounds, size }, onMove) {
  const picture = h("canvas", { role: "img" });
  const found = h("div", { class: "live-boxes", "aria-hidden": "true" });
  const holders = h("div", {});
  let handles = [];

  function put(things) {
    handles = things.map((thing) => thingHandle(thing, picture, { size, reach: reachOf(thing.scale) }, onMove));
    handles.forEach(({ element }, i) => (element.style.width = `${(100 * things[i].scale) / size}%`));
    holders.replaceChildren(...handles.map(({ element }) => element));
  }

  function update(pixels, { ground, things }, { detections }, { found: good }) {
    paintPicture(picture, { data: pixels, rows: size, columns: size });
    const names = things.map((thing) => `${colours[thing.colour]} ${kinds[thing.kind]}`);
    picture.setAttribute("aria-label", `The picture, on ${grounds[ground]}: ${names.join(", ")}`);
    handles.forEach((handle, i) => handle.update(`Thing ${i + 1}, ${names[i]}`));
    found.replaceChildren(...detections.map((one, i) => labelledBox(words(one, good[i]), size)));
  }

  const words = ({ kind, colour, box }, right) => ({
    box,
    words: `${right ? "✓" : "✗"} ${colour} ${kind}`,
    wrong: !right,
  });
  const window = h("div", { class: "live-window" }, picture, found, holders);
  const note = hint("Drag a thing, or choose it with Tab and use the arrow keys: the sentence stays as it is.");
  return { element: h("div", {}, window, note), put, update };
}

// ---- the tasks ---------------------------------------------------------------------------------------------------------

const order = "Sent: your sentence, things in the order in which the captioner names them.";

// What came back for each task, and its score.
function taskReport(kinds) {
  const bars = kinds.map(presenceRow);
  const list = h("ul", { class: "live-kinds" }, ...bars.map(({ element }) => element));
  const [counted, boxes] = [h("p", {}), h("p", {})];
  const [sent, came] = [h("p", { class: "live-sent" }), h("p", { class: "live-came" })];
  const parts = {
    classification: [list],
    counting: [counted],
    detection: [boxes],
    captioning: [sent, came, hint(order)],
  };
  const rows = tasks.map((task) => taskRow(task, parts[task]));

  function update({ presence, count, detections }, { scores, said, found, truth, things, kept, sentence, caption }) {
    rows.forEach((row, i) => row.update(scores[tasks[i]]));
    bars.forEach((bar, k) => bar.update(presence[k], said[k]));
    counted.textContent = `${count} counted, ${things} in the sentence ${scores.counting ? "✓" : "✗"}`;
    const hits = found.filter(Boolean).length;
    boxes.textContent = `${detections.length} found, ${hits} right, of ${truth.length} in the picture`;
    sent.replaceChildren("Sent: ", ...marked(wordsOf(sentence), kept.first, "del"));
    came.replaceChildren("Back: ", ...marked(wordsOf(caption), kept.second, "ins"));
    const numbers = tasks.map((task) => `${task} ${scores[task].toFixed(2)}`).join(", ");
    return `It reads “${caption}”. ${lostAndAdded(sentence, caption, kept)} Scores: ${numbers}.`;
  }
  return { element: h("div", { class: "live-tasks" }, ...rows.map(({ element }) => element)), update };
}

function taskRow(task, parts) {
  const [bar, number] = [markedBar(), h("span", { class: "live-number" })];
  const name = h("strong", {}, task);
  const element = h(
    "div",
    { role: "group", "aria-label": task, "data-task": task },
    name,
    bar.element,
    number,
    ...parts,
  );
  const update = (score) => {
    bar.update(score);
    number.textContent = score.toFixed(2);
  };
  return { element, update };
}

function presenceRow(kind) {
  const [bar, mark] = [markedBar(), h("span", { class: "live-number" })];
  const element = h("li", { "data-kind": kind }, h("span", {}, kind), bar.element, mark);
  const update = (share, right) => {
    bar.update(share, passes);
    mark.textContent = `${percent(share)} ${right ? "✓" : "✗"}`;
    element.classList.toggle("live-best", share > passes);
    element.classList.toggle("live-wrong", !right);
  };
  return { element, update };
}

// Words, those that were not kept as deleted or inserted ones.
function marked(words, kept, tag) {
  return words.flatMap((word, i) => [i && word !== "," ? " " : "", kept[i] ? word : h(tag, {}, word)]);
}

function lostAndAdded(sentence, caption, kept) {
  const without = (text, flags) => wordsOf(text).filter((_, i) => !flags[i]);
  const [lost, added] = [without(sentence, kept.first), without(caption, kept.second)];
  if (!lost.length && !added.length) return "The sentence came back whole.";
  const words = (name, list) => (list.length ? [`${name}: ${list.join(" ")}.`] : []);
  return [...words("Lost", lost), ...words("Added", added)].join(" ");
}

// ---- which task fails first --------------------------------------------------------------------------------------------

// An attack to choose with its strength, and a trial of it. run(attack, scoresOf) -> Promise of the curves, one a task, or
// null if another trial began; `controls` choose the attack.
function attackLab({ drawings, set, onTrial }) {
  const which = choice({ label: "Attack", options: attacks, onChange: (i) => set({ attack: attacks[i] }) });
  const strength = slider({
    label: "Strength",
    min: 0,
    max: 1,
    step: 0.05,
    value: 0,
    format: (value) => value.toFixed(2),
    onInput: (value) => set({ strength: value }),
  });
  const start = button("Which task fails first?", onTrial);
  const meter = h("progress", { max: trial.strengths, value: 0, "aria-label": "Strengths tried" });
  const chart = h("canvas", { width: 720, height: 400, role: "img" });
  const legend = h("ul", { class: "live-legend-list" }, ...tasks.map(legendLine));
  const verdict = h("p", { class: "live-verdict" });
  let turn = null; // stands for the trial that counts

  function show(attack, curves) {
    drawCurves(chart, curves);
    chart.setAttribute("aria-label", attack ? `Mean scores against the strength of “${attack}”` : "No trial yet");
  }

  async function run(attack, scoresOf) {
    const mine = (turn = {});
    const curves = Object.fromEntries(tasks.map((task) => [task, []]));
    verdict.textContent = `Trying “${attack}” on ${trial.sentences} random sentences …`;
    let began = performance.now();
    for (let i = 0; i < trial.strengths; i++) {
      const scores = [];
      for (const drawing of drawings) {
        scores.push(await scoresOf(drawing, i / (trial.strengths - 1)));
        if (performance.now() - began > sliceBudget) {
          await new Promise((resolve) => setTimeout(resolve));
          began = performance.now();
        }
        if (mine !== turn) return null;
      }
      for (const task of tasks) curves[task].push(scores.reduce((sum, score) => sum + score[task], 0) / scores.length);
      meter.value = i + 1;
      show(attack, curves);
    }
    verdict.textContent = failuresInWords(attack, curves);
    return curves;
  }

  show(null, {});
  const head = h("div", {}, h("div", { class: "live-tools" }, start, meter), legend, verdict);
  const element = h("div", { class: "live-curves" }, head, chart);
  const stop = () => (turn = null);
  return { controls: [which, strength.element], element, run, stop, told: () => verdict.textContent };
}

function trialDrawings(world) {
  const random = randomSource(2);
  return Array.from({ length: trial.sentences }, () => {
    const layout = randomLayout(world, random);
    return { layout, ...drawingOf(layout, world.grounds.indexOf(layout.ground), world, random) };
  });
}

// Which task fell below one half first, and which then.
export function failuresInWords(attack, curves) {
  const falls = {};
  for (const task of tasks) {
    const i = curves[task].findIndex((score) => score < passes);
    (falls[i] ??= []).push(task);
  }
  const { [-1]: never, ...order } = falls; // whole numbers among the keys come in their order
  const [first, ...then] = Object.entries(order).map(
    ([i, names]) => `${listed(names)} at strength ${(i / (trial.strengths - 1)).toFixed(1)}`,
  );
  if (!first) return `Under “${attack}” no task falls below 0.5.`;
  const later = then.length ? ` Then: ${then.join("; ")}.` : "";
  return `Under “${attack}” this falls below 0.5 first: ${first}.${later}${never ? ` Never: ${listed(never)}.` : ""}`;
}

const edges = { left: 60, right: 700, top: 20, bottom: 350 };

// Mean scores against strength, a line a task with its marks.
function drawCurves(canvas, curves) {
  const pen = whiteSheet(canvas);
  const { left, right, top, bottom } = edges;
  const x = (strength) => left + strength * (right - left);
  const y = (score) => bottom - score * (bottom - top);
  pen.fillStyle = "#333";
  pen.font = "26px sans-serif";
  pen.textAlign = "center";
  for (const value of [0, 0.5, 1]) {
    across(pen, y(value), left, right, { colour: value === passes ? "#333" : "#bbb", width: 2, dash: [8, 8] });
    upright(pen, x(value), top, bottom, { colour: "#bbb", width: 2 });
    pen.fillText(value, x(value), bottom + 34);
    pen.fillText(value, left - 30, y(value) + 9);
  }
  pen.fillText("strength", x(0.75), bottom + 34);
  Object.values(curves).forEach((scores, k) => {
    const points = scores.map((score, i) => [x(i / (trial.strengths - 1)), y(score)]);
    polyline(pen, points, { colour: markColours[k], width: 4 });
    for (const point of points) drawMark(pen, point, k, 9, false);
  });
}
