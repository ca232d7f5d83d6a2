// A trained network with its weights rounded to a few bits: what it then says about a photograph, and how large it is.
//
// Settings: examples (uint8, n x side x side x 3), example_names, classes (a text each), start (which example), groups
// (of layers, in the order of `bits`: name, text, and how many weights, channels and layers), float_values (how many
// numbers stay as they are). Model: pixels (1, 3, side, side) from 0 to 255, bits (one a group; 32: as trained),
// per_channel (1: each output channel has its scale; 0: each layer) -> logits (1, classes).

import { infer } from "../lib/ask.js";
import { frame, linear } from "../lib/axes.js";
import { choice, select, setChoice, slider } from "../lib/controls.js";
import { button, freshId, h, panel } from "../lib/dom.js";
import { drawMark, legendLine, markColours } from "../lib/marks.js";
import { likeliest, percent, signed, softmax } from "../lib/numbers.js";
import { photographChoice } from "../lib/photographs.js";
import { paintPicture, planesOf } from "../lib/pictures.js";
import { nextFrame } from "../lib/player.js";
import { scaffold } from "../lib/scaffold.js";
import { bytesSetting, expect, refuseOtherShapes } from "../lib/settings.js";
import { counted, listed } from "../lib/words.js";

const counts = [8, 7, 6, 5, 4, 3, 2]; // bits to which weights may be rounded
const full = 32; // bits of a weight as trained, and of a scale
const scales = ["per tensor", "per channel"]; // of which scales there is one; their places are the values of `per_channel`
const shownClasses = 5;
const bitDecibels = 20 * Math.log10(2); // one bit more halves the noise

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const { say, problem, asker, show } = scaffold(el, "live-bit-slider");
    const answers = answersOf(model, task);
    const state = { picture: null, bits: counts[0], perChannel: 1, layers: 0, guess: null, quantity: 0 };

    const canvas = h("canvas", { role: "img", "aria-label": "The photograph" });
    const onPicture = (picture) => set({ picture });
    const photographs = photographChoice({ ...task, area: el, problem, onPicture });
    const controls = controlsOf(task, set);
    const result = resultOf(task);
    const lists = listsOf(task);
    const chart = chartOf(set);
    const others = h("p", { class: "live-caption live-others" });

    function set(values) {
      Object.assign(state, values);
      if (values.picture) paintPicture(canvas, values.picture);
      refresh();
      return changed();
    }

    const changed = asker(async () => {
      await answers.run(state.picture, asTrained(task));
      await answers.run(state.picture, roundingOf(task, state)); // the reader may have gone on meanwhile
      const told = refresh();
      if (told) say(told);
    });

    // Everything follows from what the reader chose and from the answers that are there; one that comes late is kept, and
    // changes nothing else.
    function refresh() {
      const now = answers.compared(state.picture, roundingOf(task, state));
      const lines = scales.map((_, perChannel) => lineOf(task, answers, { ...state, perChannel }));
      const among = photographs.shipped.map((picture) => answers.compared(picture, roundingOf(task, state)));
      lists.update(state, now);
      const told = result.update(state, now);
      chart.update(state, lines, now);
      others.textContent = othersInWords(task, among);
      const tried = among.filter((one) => one !== null);
      const agreement = { tried: tried.length, same: tried.filter(isSame).length };
      const { picture, ...chosen } = state;
      const example = photographs.shipped.indexOf(picture);
      const bytes = sizeOf(task, roundingOf(task, state));
      const facts = { ...chosen, example, bytes, now, lines, agreement };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value);
      el.dataset.tried = answers.count();
      return told;
    }

    // Answers to many questions one by one, shown as they come, until the reader wants to know something else.
    async function tryAll(questions, isWanted, told) {
      for (const { picture, ...chosen } of questions) {
        for (const wanted of [asTrained(task), roundingOf(task, chosen)]) await answers.run(picture, wanted);
        if (!isWanted()) return;
        refresh();
        await nextFrame();
      }
      say(told());
    }

    function everyCount() {
      const { picture, layers } = state;
      const questions = counts.flatMap((bits) => [0, 1].map((perChannel) => ({ picture, layers, bits, perChannel })));
      const isWanted = () => state.picture === picture && state.layers === layers;
      return tryAll(questions, isWanted, chart.words);
    }

    function everyPhotograph() {
      const { bits, perChannel, layers } = state;
      const questions = photographs.shipped.map((picture) => ({ picture, bits, perChannel, layers }));
      const isWanted = () => state.bits === bits && state.perChannel === perChannel && state.layers === layers;
      return tryAll(questions, isWanted, () => others.textContent);
    }

    const everyBit = button("Try every number of bits", () => problem.watch(everyCount()));
    const everyOne = button("All photographs", () => problem.watch(everyPhotograph()));
    const { list, sources, note } = photographs;
    const tools = h("div", { class: "live-tools" }, everyBit, chart.quantity);
    const said = "What the network says (✓: among the five of both)";
    show(
      panel("live-photo", "The photograph", list, canvas, sources, note).element,
      panel("live-rounding", "Its weights, rounded", ...controls.elements, ...result.elements).element,
      panel("live-answers", said, lists.element, result.verdict).element,
      panel("live-tried", "What was tried", tools, ...chart.elements, everyOne, others).element,
    );
    await photographs.begin();
  },
};

// ---- what is asked of the settings -------------------------------------------------------------------------------------

// The settings, or an error that says which of them does not fit.
function readTask(model) {
  const [groups, floats] = [model.get("groups"), model.get("float_values")];
  const [names, classes] = ["example_names", "classes"].map((key) => textsOf(model, key));
  const examples = bytesSetting(model, "examples", [names.length, "side", "side", 3]);
  const [, side, width] = examples.dims;
  expect(side === width, `examples are ${side} × ${width} pixels; expected squares.`);
  const start = model.get("start") ?? 0;
  expect(names[start] !== undefined, `start is ${quoted(start)}; expected 0 to ${names.length - 1}, an example.`);
  expect(Array.isArray(groups) && groups.length > 0, `groups is ${quoted(groups)}; expected a list of dictionaries.`);
  groups.forEach(refuseWrongGroup);
  expect(isCount(floats, 0), `float_values is ${quoted(floats)}; expected how many numbers stay as they are.`);
  refuseOtherShapes(model, {
    pixels: [1, 3, side, side],
    bits: [groups.length],
    per_channel: [1],
    logits: [1, classes.length],
  });
  return { groups, floats, names, classes, examples, side, start };
}

function textsOf(model, key) {
  const texts = model.get(key);
  const fits = Array.isArray(texts) && texts.length > 0 && texts.every((text) => typeof text === "string");
  expect(fits, `${key} is ${quoted(texts)}; expected a list of texts.`);
  return texts;
}

function refuseWrongGroup(group, i) {
  for (const key of ["name", "text"])
    expect(
      typeof group?.[key] === "string",
      `The ${key} of group ${i + 1} is ${quoted(group?.[key])}; expected a text.`,
    );
  for (const key of ["weights", "channels", "layers"])
    expect(
      isCount(group[key], 1),
      `The ${key} of ${group.name} are ${quoted(group[key])}; expected how many there are.`,
    );
}

const isCount = (value, least) => Number.isInteger(value) && value >= least;
const quoted = (value) => JSON.stringify(value ?? undefined) ?? "missing";

// ---- what is computed --------------------------------------------------------------------------------------------------

// What is asked of the model besides the picture.
const asTrained = ({ groups }) => ({ bits: groups.map(() => full), perChannel: 1 });

// layers: 0 for all of them, or the place of a group, counted from 1.
function roundingOf(task, { bits, perChannel, layers }) {
  if (bits === full) return asTrained(task);
  return { bits: task.groups.map((_, i) => (layers === 0 || layers === i + 1 ? bits : full)), perChannel };
}

// Logits, each kept under its picture and rounding; a picture that nobody holds any more is forgotten with them.
function answersOf(model, task) {
  const known = new WeakMap();
  let count = 0;
  function entryOf(picture, rounding) {
    if (!known.has(picture)) known.set(picture, {});
    const key = JSON.stringify(rounding);
    return (known.get(picture)[key] ??= { logits: null, awaited: null });
  }
  async function run(picture, rounding) {
    const entry = entryOf(picture, rounding);
    if (entry.logits) return;
    entry.awaited ??= answer(picture, rounding).finally(() => (entry.awaited = null));
    entry.logits = await entry.awaited;
  }
  async function answer(picture, { bits, perChannel }) {
    const inputs = {
      pixels: { data: planesOf(picture.data), dims: [1, 3, task.side, task.side] },
      bits: { data: bits, dims: [bits.length] },
      per_channel: { data: [perChannel], dims: [1] },
    };
    const { logits } = await infer(model, inputs);
    expect(
      logits.data.every(Number.isFinite),
      `With ${listed(bits)} bits and one scale ${scales[perChannel]} the network gives no numbers: keep each scale above zero where a channel's weights are all zero.`,
    );
    count++;
    return logits.data;
  }
  function compared(picture, rounding) {
    const [trained, rounded] = [asTrained(task), rounding].map((one) => entryOf(picture, one).logits);
    return trained && rounded ? comparison(trained, rounded) : null;
  }
  return { run, compared, count: () => count };
}

// Logits as trained and after rounding: the likeliest classes of both, the probability of the first as trained after
// rounding, and the ratio of signal to noise (null: no noise).
function comparison(trained, rounded) {
  const [probabilities, after] = [trained, rounded].map(softmax);
  const top = (all) => likeliest(all, shownClasses).map((k) => ({ k, probability: all[k] }));
  const [best, bestNow] = [probabilities, after].map(top);
  const energy = (values) => values.reduce((sum, value) => sum + value ** 2, 0);
  const noise = energy(trained.map((value, i) => value - rounded[i]));
  const decibels = noise === 0 ? null : 10 * Math.log10(energy(trained) / noise);
  return { best, bestNow, before: best[0].probability, after: after[best[0].k], decibels };
}

const has = (best, k) => best.some((one) => one.k === k);
const isSame = ({ best, bestNow }) => best[0].k === bestNow[0].k;

// The comparisons of one line of the chart, in the order of `counts`, null where there is no answer yet.
const lineOf = (task, answers, state) =>
  counts.map((bits) => answers.compared(state.picture, roundingOf(task, { ...state, bits })));

// In bytes: the weights, a scale a channel or a layer where they are rounded, and the numbers that stay as they are.
function sizeOf({ groups, floats }, { bits, perChannel }) {
  const ofGroup = ({ weights, channels, layers }, i) =>
    (weights * bits[i]) / 8 + (bits[i] === full ? 0 : (full / 8) * (perChannel ? channels : layers));
  return groups.reduce((sum, group, i) => sum + ofGroup(group, i), (full / 8) * floats);
}

// ---- in words ----------------------------------------------------------------------------------------------------------

function inWords({ bits, perChannel, layers }, now, { classes, groups }) {
  const { best, bestNow, before, after } = now;
  const [first, firstNow] = [best, bestNow].map(([{ k }]) => `“${classes[k]}”`);
  if (bits === full) return `As trained: first is ${first}, with ${percent(before, 1)}. Take bits away.`;
  const where = layers === 0 ? "all layers" : `only ${groups[layers - 1].text}`;
  const turn = isSame(now) ? `still ${first}` : `${firstNow} instead of ${first}`;
  const stay = best.filter(({ k }) => has(bestNow, k)).length;
  return `${bits} bits ${scales[perChannel]}, ${where}: first is ${turn}, whose probability goes from ${percent(before, 1)} to ${percent(after, 1)}. Of the first ${best.length}, ${stay} stay.`;
}

// How far above the noise the logits are, in decibels and in bits.
function noiseInWords(bits, decibels) {
  if (decibels === null) return "no noise";
  if (decibels <= 0) return `${signed(decibels, 1)} dB, more noise than signal`;
  const left = decibels / bitDecibels;
  const rest = bits - left >= 0.05 ? ` (${(bits - left).toFixed(1)} fewer than the weights have)` : "";
  return `${signed(decibels, 1)} dB, as good as ${left.toFixed(1)} bits${rest}`;
}

// At how many bits the first class changes along a line, on the way down; null: not at all.
const changeOf = (line) => counts[line.findIndex((one) => !isSame(one))] ?? null;

function lineInWords(line, perChannel) {
  const done = line.filter((one) => one !== null).length;
  if (done < counts.length) return `${scales[perChannel]} unknown, ${done} of ${counts.length} tried`;
  const change = changeOf(line);
  return `${scales[perChannel]} ${change === null ? "never" : `at ${change} bits`}`;
}

function linesInWords(lines, guess) {
  const guessed = guess === null ? "" : ` You guessed ${guess}.`;
  return `The first class changes: ${lines.map(lineInWords).join("; ")}.${guessed}`;
}

function othersInWords({ names }, among) {
  const tried = among.filter((one) => one !== null);
  const changed = names.filter((_, i) => among[i] && !isSame(among[i]));
  const not = changed.length ? ` Not: ${listed(changed)}.` : "";
  return `${counted(tried.length, "photograph")} tried: the first class stays for ${tried.length - changed.length}.${not}`;
}

// ---- what the reader chooses -------------------------------------------------------------------------------------------

function controlsOf({ groups }, set) {
  const total = groups.reduce((sum, { weights }) => sum + weights, 0);
  const share = ({ weights }) => percent(weights / total, weights < 0.0995 * total ? 2 : 0);
  const bits = slider({
    label: "Bits a weight",
    min: counts.at(-1),
    max: counts[0] + 1,
    step: 1,
    value: counts[0],
    format: (value) => (value > counts[0] ? "float" : `${value} bits`),
    onInput: (value) => set({ bits: value > counts[0] ? full : value }),
  });
  const scale = choice({ label: "One scale", options: scales, onChange: (perChannel) => set({ perChannel }) });
  setChoice(scale, 1);
  const layers = select({
    label: "Layers",
    options: ["all", ...groups.map((group) => `only ${group.text} (${share(group)} of the weights)`)],
    onChange: (place) => set({ layers: place }),
  });
  return { elements: [bits.element, h("div", { class: "live-field" }, "One scale", scale), layers.element] };
}

// ---- the result --------------------------------------------------------------------------------------------------------

function resultOf(task) {
  const [size, smaller] = ["live-size", "live-smaller"].map((name) => h("strong", { class: name }));
  const noise = h("p", { class: "live-noise" });
  const verdict = h("p", { class: "live-verdict" });
  const whole = sizeOf(task, asTrained(task));
  const megabytes = (bytes) => (bytes / 1e6).toFixed(2);
  const sizes = h("p", { class: "live-sizes" }, size, ` of ${megabytes(whole)}, `, smaller);

  // While the answer is on its way, the last one stays, paler.
  function update(state, now) {
    const bytes = sizeOf(task, roundingOf(task, state));
    size.textContent = `${megabytes(bytes)} MB`;
    smaller.textContent = state.bits === full ? "as trained" : `${(whole / bytes).toFixed(1)} times smaller`;
    for (const part of [noise, verdict]) part.classList.toggle("live-waiting", now === null);
    if (now === null) return;
    noise.textContent = `Signal to noise of the logits: ${noiseInWords(state.bits, now.decibels)}.`;
    verdict.textContent = inWords(state, now, task);
    return verdict.textContent;
  }
  return { elements: [sizes, noise], verdict, update };
}

// The likeliest classes as trained beside those after rounding.
function listsOf({ classes }) {
  const [trained, rounded] = [topList(classes), topList(classes)];
  trained.title.textContent = "float, as trained";
  function update({ bits }, now) {
    for (const list of [trained, rounded]) list.element.classList.toggle("live-waiting", now === null);
    if (now === null) return;
    rounded.title.textContent = bits === full ? "float" : `${bits} bits`;
    trained.update(now.best, now.bestNow);
    rounded.update(now.bestNow, now.best);
  }
  return { element: h("div", { class: "live-both" }, trained.element, rounded.element), update };
}

// A title over bars, the likeliest first; those that are among the others, too, are marked.
function topList(classes) {
  const id = freshId("live-list");
  const title = h("p", { class: "live-caption", id });
  const list = h("ol", { class: "live-scores", "aria-labelledby": id });
  function update(best, others) {
    list.replaceChildren(...best.map(({ k, probability }) => row(classes[k], probability, has(others, k))));
  }
  return { title, element: h("div", {}, title, list), update };
}

function row(text, probability, shared) {
  const bar = h("span", { class: "live-bar" });
  bar.style.transform = `scaleX(${probability})`;
  return h(
    "li",
    { class: shared ? "live-score live-best" : "live-score", "data-class": text, "data-value": probability },
    h("span", { class: "live-name" }, shared ? `✓ ${text}` : text),
    h("span", { class: "live-track", "aria-hidden": "true" }, bar),
    h("span", { class: "live-number" }, percent(probability, 1)),
  );
}

// ---- what was tried ----------------------------------------------------------------------------------------------------

const dashes = { colour: "#555", width: 3, dash: [8, 8] };
const bitAxis = linear(1.7, 8.3, counts.toReversed(), "bits a weight");
const guesses = [...counts.map((bits) => `${bits} bits`), "never"];
const quantities = [
  {
    name: "Probability",
    unit: "%",
    axis: { ...linear(-0.06, 1, [0, 0.25, 0.5, 0.75, 1], ""), text: (share) => percent(share) },
    dashed: "float",
  },
  {
    name: "Signal to noise",
    unit: "dB",
    axis: { ...linear(-12, 72, [0, 20, 40, 60], ""), text: (value) => `${value} dB` },
    dashed: "6 dB a bit",
  },
];

// What was tried for this photograph and these layers: a line for each of the scales. And the reader's guess.
function chartOf(set) {
  const canvas = h("canvas", { width: 640, height: 300, role: "img" });
  const dashed = h("li", {});
  const legend = h("ul", { class: "live-legend-list" }, ...scales.map(legendLine), dashed);
  const quantity = choice({
    label: "Chart",
    options: quantities.map(({ unit }) => unit),
    onChange: (place) => set({ quantity: place }),
  });
  const guess = select({
    label: "Guess: first class changes at",
    options: ["?", ...guesses],
    onChange: (place) => set({ guess: guesses[place - 1] ?? null }),
  });
  const told = h("p", { class: "live-caption live-lines" });

  function update(state, lines, now) {
    drawLines(canvas, state, lines, now);
    const { name, dashed: meaning } = quantities[state.quantity];
    dashed.textContent = `dashed: ${meaning}`;
    told.textContent = linesInWords(lines, state.guess);
    canvas.setAttribute("aria-label", `${name} against bits a weight. ${told.textContent}`);
  }
  return {
    elements: [guess.element, h("div", { class: "live-chart" }, canvas, legend), told],
    quantity,
    update,
    words: () => told.textContent,
  };
}

function drawLines(canvas, { quantity, bits, perChannel }, lines, now) {
  const sheet = frame(canvas, bitAxis, quantities[quantity].axis);
  const tried = lines.flat().find((one) => one !== null);
  const expected = (count) => (quantity === 0 ? tried?.before : count * bitDecibels);
  if (tried)
    sheet.line(
      [bitAxis.low, bitAxis.high].map((count) => [count, expected(count)]),
      dashes,
    );
  lines.forEach((line, k) => {
    const heightOf = (one) => (quantity === 0 ? one.after : (one.decibels ?? Infinity));
    const points = line.map((one, i) => one && [counts[i], heightOf(one)]).filter((point) => point !== null);
    sheet.line(points, { colour: markColours[k], width: 4 });
    for (const [count, value] of points)
      drawMark(sheet.pen, sheet.at(count, value), k, 11, now !== null && count === bits && k === perChannel);
  });
}
