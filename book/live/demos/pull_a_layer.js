// Blocks taken out of a trained network, put back and swapped: the accuracy on test images is computed anew each time.
//
// Settings: images (uint8, n x rows x columns), labels (uint8, n), class_names (a text each), n_blocks.
// Models residual and plain: images (n, 1, rows, columns) from 0 to 255, order (n_blocks: which block stands at each place
// of the chain), gates (n_blocks: what the branch at each place is multiplied with) -> scores (n, classes).

import { infer } from "../lib/ask.js";
import { frame, linear } from "../lib/axes.js";
import { polyline } from "../lib/charts.js";
import { choice, markedBar, setSlider, slider } from "../lib/controls.js";
import { button, h, hint, panel, tile } from "../lib/dom.js";
import { drawMark, legendLine, markColours } from "../lib/marks.js";
import { likeliest, percent } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { nextFrame } from "../lib/player.js";
import { scaffold } from "../lib/scaffold.js";
import { bytesSetting, expect, refuseOtherShapes } from "../lib/settings.js";
import { counted, listed } from "../lib/words.js";

const networks = ["residual", "plain"];
const shades = { map: "gray", low: 0, high: 255 };
const suspicious = 2; // times chance: a whole network that gets no more right has the wrong labels

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const { blocks } = task;
    const { say, problem, asker, show } = scaffold(el, "live-pull-a-layer");
    const trials = trialsOf(model, task);
    const untouched = Array.from({ length: blocks }, (_, block) => ({ block, gate: 1 }));
    const state = { network: networks[0], chain: untouched, chosen: 0, guess: null };

    const which = choice({ label: "Network", options: networks, onChange: (i) => set({ network: networks[i] }) });
    const chain = chainOf(blocks, { toggle, swap });
    const strength = strengthSlider((gate) => setGate(state.chosen, gate));
    const result = resultOf(task, (guess) => {
      state.guess = guess;
      refresh();
    });
    const charts = chartsOf(task);
    const garments = examplesOf(task);

    function set(values) {
      Object.assign(state, values);
      refresh();
      return changed();
    }

    function setGate(block, gate) {
      return set({ chosen: block, chain: state.chain.map((one) => (one.block === block ? { block, gate } : one)) });
    }

    function toggle(place) {
      const { block, gate } = state.chain[place];
      return setGate(block, gate === 0 ? 1 : 0);
    }

    // A block changes places with its right neighbour, and takes its strength along.
    function swap(place) {
      const { chain: before } = state;
      return set({ chain: before.with(place, before[place + 1]).with(place + 1, before[place]) });
    }

    const changed = asker(async () => {
      const { network, chain: wanted } = state;
      for (const one of [untouched, wanted]) await trials.run(network, one);
      const told = refresh();
      if (told) say(told);
    });

    // Everything follows from what the reader chose and from the trials that are there; an answer that comes late adds a
    // trial and changes nothing else.
    function refresh() {
      const [whole, now] = [untouched, state.chain].map((one) => trials.get(state.network, one));
      const alone = Object.fromEntries(networks.map((network) => [network, lesions(untouched, network, trials)]));
      chain.update(state);
      strength.update(state);
      const told = result.update(state, whole, now);
      charts.update(trials.all(), alone, now);
      if (now) garments.update(whole, now);
      const facts = { ...state, accuracy: now?.accuracy ?? null, whole: whole?.accuracy ?? null, alone };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value);
      el.dataset.tried = trials.all().length;
      return told;
    }

    async function eachInTurn() {
      const { network } = state; // the reader may choose the other one meanwhile
      for (const { block } of untouched) {
        await trials.run(network, without(untouched, block));
        refresh();
        await nextFrame(); // the bars grow one by one, and the reader may go on
      }
      say(charts.lesionWords(network, lesions(untouched, network, trials)));
    }

    await changed();
    refuseWrongLabels(trials.get(networks[0], untouched), task);
    const tools = h(
      "div",
      { class: "live-tools" },
      button("Put everything back", () => set({ chain: untouched })),
      button("Each block in turn", () => problem.watch(eachInTurn())),
    );
    show(
      panel("live-network", "The network", which, chain.element, chain.note, strength.element, tools).element,
      panel("live-result", `Right of ${task.count} test images`, ...result.elements).element,
      panel("live-charts", "What was tried", ...charts.elements).element,
      panel("live-examples", "One image of each class", garments.element, garments.note).element,
    );
  },
};

// ---- what is asked of the settings -------------------------------------------------------------------------------------

// The settings, or an error that says which of them does not fit.
function readTask(model) {
  const [names, blocks] = [model.get("class_names"), model.get("n_blocks")];
  const found = model.get("models").map(({ name }) => name);
  expect(
    networks.every((name) => found.includes(name)),
    `The models are ${listed(found) || "missing"}; expected ${listed(networks)}: pass model={"residual": …, "plain": …}.`,
  );
  expect(Number.isInteger(blocks) && blocks > 1, `n_blocks is ${blocks ?? "missing"}; expected a whole number from 2.`);
  expect(
    Array.isArray(names) && names.length > 1,
    `class_names is ${names ?? "missing"}; expected a list of two names or more.`,
  );
  const images = bytesSetting(model, "images", ["n", "rows", "columns"]);
  const [count, rows, columns] = images.dims;
  const labels = bytesSetting(model, "labels", [count]).data;
  const largest = labels.reduce((most, label) => Math.max(most, label), 0);
  expect(
    largest < names.length,
    `labels holds ${largest}; expected 0 to ${names.length - 1}: places in class_names, which has ${names.length}.`,
  );
  refuseOtherShapes(model, {
    images: [count, 1, rows, columns],
    order: [blocks],
    gates: [blocks],
    scores: [count, names.length],
  });
  return { images: images.data, rows, columns, labels, names, blocks, count, chance: 1 / names.length };
}

function refuseWrongLabels({ accuracy }, { chance }) {
  expect(
    accuracy > suspicious * chance,
    `The whole residual network gets ${percent(accuracy, 1)} of the images right, hardly more than chance: give the labels in the order of the images, and a trained network.`,
  );
}

// ---- what is computed --------------------------------------------------------------------------------------------------

// The trials so far, each kept under its network and chain: {network, chain, given (a class for each image), accuracy}.
function trialsOf(model, { images, rows, columns, labels, count, names }) {
  const kept = new Map();
  const awaited = {}; // what is being computed is not asked for twice
  const keyOf = (network, chain) => JSON.stringify([network, chain]);
  const pixels = { data: Float32Array.from(images), dims: [count, 1, rows, columns] };
  async function run(network, chain) {
    const key = keyOf(network, chain);
    if (kept.has(key)) return;
    awaited[key] ??= answer(network, chain).finally(() => delete awaited[key]);
    kept.set(key, await awaited[key]);
  }
  async function answer(network, chain) {
    const part = (name) => ({ data: chain.map((one) => one[name]), dims: [chain.length] });
    const inputs = { images: pixels, order: part("block"), gates: part("gate") };
    const { scores } = await infer(model, inputs, network);
    const given = Array.from(
      labels,
      (_, i) => likeliest(scores.data.subarray(i * names.length, (i + 1) * names.length), 1)[0],
    );
    const right = given.filter((label, i) => label === labels[i]).length;
    return { network, chain, given, accuracy: right / count };
  }
  return { run, get: (network, chain) => kept.get(keyOf(network, chain)), all: () => [...kept.values()] };
}

const without = (chain, block) => chain.map((one) => (one.block === block ? { block, gate: 0 } : one));

// The accuracy without each block of the whole network, null where it was not tried.
function lesions(untouched, network, trials) {
  return untouched.map(({ block }) => trials.get(network, without(untouched, block))?.accuracy ?? null);
}

// How many blocks are missing; one of half strength counts half.
const missingFrom = (chain) => chain.reduce((sum, { gate }) => sum + 1 - gate, 0);
const isReordered = (chain) => chain.some(({ block }, place) => block !== place);

// ---- in words ----------------------------------------------------------------------------------------------------------

function inWords({ network, chain, guess }, { accuracy, given }, whole, labels) {
  const changes = changesText(chain);
  if (!changes) return `The whole ${network} network gets ${percent(accuracy, 1)} right.`;
  const [wasRight, isRight] = [whole, { given }].map((trial) => (_, i) => trial.given[i] === labels[i]);
  const lost = labels.filter((label, i) => wasRight(label, i) && !isRight(label, i)).length;
  const won = labels.filter((label, i) => isRight(label, i) && !wasRight(label, i)).length;
  const guessed = guess === null ? "" : ` You guessed ${percent(guess)}.`;
  const turned = `${counted(lost, "image")} that the whole one had right ${lost === 1 ? "is" : "are"} wrong now, ${won} the other way round.`;
  return `The ${network} network ${changes} gets ${percent(accuracy, 1)} right.${guessed} ${turned}`;
}

// What was changed in a chain: nothing, if it is whole.
function changesText(chain) {
  const names = (some) => some.map(({ block }) => block + 1).sort((a, b) => a - b);
  const out = names(chain.filter(({ gate }) => gate === 0));
  const weak = chain.filter(({ gate }) => gate > 0 && gate < 1);
  const parts = weak.map(({ block, gate }) => `with block ${block + 1} at ${percent(gate)}`);
  if (out.length) parts.unshift(`without ${out.length === 1 ? "block" : "blocks"} ${listed(out)}`);
  if (isReordered(chain)) parts.push(`in the order ${chain.map(({ block }) => block + 1).join(" ")}`);
  return parts.join(", ");
}

// ---- the chain ---------------------------------------------------------------------------------------------------------

// Stem, blocks and classifier in a row; toggle(place), swap(place) with the right neighbour.
function chainOf(blocks, { toggle, swap }) {
  const cells = Array.from({ length: blocks }, (_, place) => {
    const block = h("button", { type: "button", class: "live-block", onclick: () => toggle(place) });
    const arc = h("span", { class: "live-arc", "aria-hidden": "true" });
    return { block, element: h("div", { class: "live-cell" }, arc, block) };
  });
  const swaps = cells
    .slice(1)
    .map((_, place) => h("button", { type: "button", class: "live-swap", onclick: () => swap(place) }, "⇄"));
  const end = (name) => h("div", { class: "live-cell live-end" }, h("span", { class: "live-block" }, name));
  const row = [end("stem"), ...cells.map(({ element: cell }) => cell), end("classifier")];
  const element = h(
    "div",
    { class: "live-chain", role: "group", "aria-label": "The chain of blocks" },
    h("div", { class: "live-row" }, ...row),
    h("div", { class: "live-row live-swaps" }, ...swaps),
  );
  element.style.setProperty("--cells", blocks + 2);

  function update({ network, chain }) {
    element.dataset.network = network;
    chain.forEach(({ block, gate }, place) => {
      const { block: face, element: cell } = cells[place];
      face.textContent = block + 1;
      face.style.setProperty("--gate", `${100 * gate}%`);
      cell.classList.toggle("live-out", gate === 0);
      face.setAttribute("aria-pressed", String(gate === 0));
      face.setAttribute("aria-label", `Take block ${block + 1} out`);
    });
    swaps.forEach((face, place) => {
      const [left, right] = [chain[place], chain[place + 1]].map((one) => one.block + 1);
      face.setAttribute("aria-label", `Swap block ${left} with its right neighbour, block ${right}`);
    });
  }
  const note = hint(
    "Press a block to take it out or put it back, ⇄ to swap two neighbours. The strength is that of the block pressed last: how much of its branch is added.",
  );
  return { element, update, note };
}

// How much of a block's branch is added, for the block that was touched last.
function strengthSlider(onInput) {
  const { element, input } = slider({
    label: "Strength of block 1",
    min: 0,
    max: 1,
    step: 0.05,
    value: 1,
    format: (gate) => percent(gate),
    onInput,
  });
  function update({ chain, chosen }) {
    const { gate } = chain.find(({ block }) => block === chosen);
    element.querySelector("span").textContent = `Strength of block ${chosen + 1}`;
    setSlider({ element, input }, gate, percent(gate));
  }
  return { element, update };
}

// ---- the result --------------------------------------------------------------------------------------------------------

function resultOf({ chance, labels }, onGuess) {
  const number = h("p", { class: "live-accuracy" });
  const bar = markedBar();
  const [chanceMark, guessMark] = ["live-chance", "live-guess"].map((name) =>
    h("span", { class: `live-mark ${name}` }),
  );
  chanceMark.style.left = `${100 * chance}%`;
  bar.element.append(chanceMark, guessMark);
  const line = (name, text) => h("li", {}, h("span", { class: name, "aria-hidden": "true" }), text);
  const wholeText = h("span", {});
  const legend = h(
    "ul",
    { class: "live-legend-list" },
    line("live-whole", wholeText),
    line("live-chance", `chance: ${percent(chance)}`),
    line("live-guess", "your guess"),
  );
  const guess = slider({
    label: "Your guess",
    min: 0,
    max: 1,
    step: 0.01,
    value: 0.5,
    format: (share) => percent(share),
    onInput: onGuess,
  });
  const told = h("p", { class: "live-verdict" });
  const note = hint(
    "Guess first, then take a block out: how many images will the network still get right? And the plain one?",
  );

  // While the answer is on its way, the last one stays, paler.
  function update({ guess: guessed, ...state }, whole, now) {
    const waiting = !(whole && now);
    for (const part of [number, bar.element, told]) part.classList.toggle("live-waiting", waiting);
    guessMark.hidden = guessed === null;
    guessMark.style.left = `${100 * guessed}%`;
    if (guessed === null) setSlider(guess, 0.5, "none yet");
    if (waiting) return;
    number.textContent = percent(now.accuracy, 1);
    wholeText.textContent = `whole network: ${percent(whole.accuracy, 1)}`;
    bar.update(now.accuracy, whole.accuracy);
    told.textContent = inWords({ ...state, guess: guessed }, now, whole, labels);
    return told.textContent;
  }
  return { elements: [number, bar.element, legend, guess.element, note, told], update };
}

// ---- the charts --------------------------------------------------------------------------------------------------------

const [large, small] = [11, 7]; // marks: in the trained order, and reordered
const dashes = { colour: "#555", width: 3, dash: [8, 8] };

function chartsOf({ blocks, chance }) {
  const [tried, alone] = [0, 1].map(() => h("canvas", { width: 640, height: 300, role: "img" }));
  const legend = h(
    "ul",
    { class: "live-legend-list" },
    ...networks.map(legendLine),
    h("li", {}, "small: reordered"),
    h("li", {}, "dashed: chance"),
  );
  const told = h("p", { class: "live-caption" });
  const shares = { ...linear(0, 1, [0, 0.25, 0.5, 0.75, 1], ""), text: (share) => percent(share) };
  const counts = Array.from({ length: blocks + 1 }, (_, i) => i);
  const axes = {
    tried: linear(-0.3, blocks + 0.3, counts, "blocks taken out"),
    alone: linear(0.4, blocks + 0.6, counts.slice(1), "the one block taken out"),
  };
  // A frame with a dashed line at chance.
  const sheetOf = (canvas, axis) => {
    const sheet = frame(canvas, axis, shares);
    const ends = [axis.low, axis.high].map((x) => [x, chance]);
    sheet.line(ends, dashes);
    return sheet;
  };
  const lesionWords = (network, accuracies) => {
    const done = accuracies.filter((accuracy) => accuracy !== null);
    if (done.length < blocks) return `${network}: ${done.length} of ${blocks} blocks tried alone`;
    const [least, most] = [Math.min(...done), Math.max(...done)];
    return `${network}: least, ${percent(least, 1)}, without block ${accuracies.indexOf(least) + 1}; most, ${percent(most, 1)}, without block ${accuracies.indexOf(most) + 1}`;
  };

  function update(all, lesionsOf, now) {
    const sheet = sheetOf(tried, axes.tried);
    for (const trial of all) drawTrial(sheet, trial, false);
    if (now) drawTrial(sheet, now, true);
    tried.setAttribute("aria-label", `Accuracy against blocks taken out, ${counted(all.length, "state")} tried`);
    drawLesions(sheetOf(alone, axes.alone), lesionsOf);
    const words = networks.map((network) => lesionWords(network, lesionsOf[network]));
    alone.setAttribute("aria-label", `Accuracy without each block by itself. ${words.join(". ")}`);
    told.textContent = words.join(". ");
  }
  return { elements: [legend, tried, alone, told], update, lesionWords };
}

function drawTrial({ pen, at }, { network, chain, accuracy }, isNow) {
  const k = networks.indexOf(network);
  const radius = isReordered(chain) ? small : large;
  drawMark(pen, at(missingFrom(chain) + (k - 0.5) * 0.2, accuracy), k, radius, isNow);
}

// A bar for each network and block, with the network's mark at its tip.
function drawLesions({ pen, at }, lesionsOf) {
  networks.forEach((network, k) => {
    lesionsOf[network].forEach((accuracy, block) => {
      if (accuracy === null) return;
      const x = block + 1 + (k - 0.5) * 0.4;
      polyline(pen, [at(x, 0), at(x, accuracy)], { colour: markColours[k], width: 8 });
      drawMark(pen, at(x, accuracy), k, large, false);
    });
  });
}

// ---- the images --------------------------------------------------------------------------------------------------------

// One image of each class, where there is one that the whole network had right and that is wrong now: such a one.
function examplesOf({ images, rows, columns, labels, names }) {
  const tiles = names.map((name) => {
    const canvas = h("canvas", { role: "img" });
    const said = h("span", { class: "live-said" });
    return { name, canvas, said, element: tile(canvas, said) };
  });
  function update(whole, now) {
    tiles.forEach(({ name, canvas, said, element }, label) => {
      const members = [...labels.keys()].filter((i) => labels[i] === label);
      const right = members.filter((i) => whole.given[i] === label);
      const shown = right.find((i) => now.given[i] !== label) ?? right[0] ?? members[0];
      element.hidden = shown === undefined;
      if (element.hidden) return;
      paint(canvas, images.subarray(shown * rows * columns, (shown + 1) * rows * columns), rows, columns, shades);
      canvas.setAttribute("aria-label", name);
      const isRight = now.given[shown] === label;
      element.dataset.verdict = isRight ? "right" : whole.given[shown] === label ? "lost" : "wrong";
      said.textContent = `${isRight ? "✓" : "✗"} ${names[now.given[shown]]}`;
    });
  }
  const note = hint("Below each image: the label given now. Framed: right with the whole network, wrong now.");
  return { element: h("div", { class: "live-tiles" }, ...tiles.map(({ element }) => element)), update, note };
}
