// Choose how unbalanced a training set of ten garments is, and how to answer it: a small network trains on it at once.
//
// Settings: garments (a name each), train (uint8, garments x images x numbers), test (likewise), scale (a code stands for
// (code - 128) / scale), orders (a list: which garment is how frequent, the most frequent first), and of the training
// steps, batch (images a step), hidden (units), rate (the first learning rate).
// No model: the network begins and learns here. What computes is tested against PyTorch.

import { arraySetting } from "../lib/ask.js";
import { choice, markedBar, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { adamMemory, adamStep, backwardPass, forwardPass, newNetwork } from "../lib/mlp.js";
import { percent, signed, softmax } from "../lib/numbers.js";
import { randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const ratios = [1, 2, 5, 10, 20, 50, 100, 200, 500];
const methods = ["nothing", "resampling", "class weights", "focal loss"];
const endSize = 3; // classes of the head, and of the tail
const sliceBudget = 25; // milliseconds of training before the page may breathe
const looks = 6; // how often the recalls are shown while it trains
const summaryNames = {
  head: "head, the 3 most frequent",
  tail: "tail, the 3 rarest",
  even: "all ten alike",
  asTrained: "a test set as unbalanced as the training set",
};

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const orders = model.get("orders");
    const state = { ratio: 100, method: methods[0], gamma: 2, order: 0 };
    let [run, last] = [null, null]; // the one that trains, and what came out of the last one that ended
    const { say, problem, show: put } = scaffold(el, "live-long-tail");

    const table = garmentTable(task.train.count, model.get("garments"));
    const summary = summaryTable();
    const told = h("p", { class: "live-verdict" });
    const meter = h("progress", { max: task.steps, value: 0, "aria-label": "Steps of training" });
    const controls = settingControls(state, set);
    const other = button("Other garments are rare", () => {
      last = null; // other garments: nothing to compare with
      return set({ order: (state.order + 1) % orders.length });
    });

    function set(values) {
      Object.assign(state, values);
      controls.update(state);
      return problem.watch(train({ ...state, order: orders[state.order] }));
    }

    // Train anew; whoever asks meanwhile ends this run, and the last one that ended stays what the next is compared with.
    async function train(chosen) {
      const mine = (run = newRun(task, chosen));
      const began = performance.now();
      for (let look = 0; mine.step < task.steps; ) {
        trainFor(task, mine, sliceBudget);
        meter.value = el.dataset.step = mine.step;
        if (mine.step >= (look * task.steps) / looks) {
          look += 1;
          show(mine);
        }
        await new Promise((resolve) => setTimeout(resolve));
        if (mine !== run) return;
      }
      el.dataset.milliseconds = (performance.now() - began).toFixed(0);
      finish(mine, chosen);
    }

    function show({ network, order, counts }) {
      const recalls = recallsOf(network, task.test);
      table.update(order, counts, recalls, last?.recalls);
      return recalls;
    }

    function finish(mine, chosen) {
      const recalls = show(mine);
      const inOrder = mine.order.map((garment) => recalls[garment]);
      const values = summaryOf(inOrder, mine.counts);
      summary.update(values, last?.values);
      told.textContent = inWords(chosen, mine.counts, values, last?.values);
      say(told.textContent);
      last = { recalls, values };
      const facts = { recalls: JSON.stringify(recalls), slice: mine.longest.toFixed(0), done: nameOf(chosen) };
      Object.assign(el.dataset, values, facts);
    }

    const note = hint("Thin line: what the network before this one reached.");
    put(
      panel("live-setting", "The training set", ...controls.elements, other, meter, told).element,
      panel("live-garments", "Each garment, from frequent to rare", table.element, note).element,
      panel("live-summary", "Recall in one number", summary.element).element,
    );
    await set({});
    return () => (run = null);
  },
};

// How unbalanced, and what is done about it. set({ ratio }) and so on when the reader chooses.
function settingControls(state, set) {
  const ratio = slider({
    label: "Imbalance",
    min: 0,
    max: ratios.length - 1,
    step: 1,
    value: ratios.indexOf(state.ratio),
    format: (i) => `${ratios[i]} : 1`,
    onInput: (i) => set({ ratio: ratios[i] }),
  });
  const label = "The answer to it";
  const method = choice({ label, options: methods, onChange: (i) => set({ method: methods[i] }) });
  const gamma = slider({
    label: "Gamma",
    min: 0,
    max: 5,
    step: 0.5,
    value: state.gamma,
    onInput: (value) => set({ gamma: value }),
  });
  const update = ({ method }) => (gamma.element.hidden = method !== "focal loss");
  return { elements: [ratio.element, h("p", { class: "live-field" }, label), method, gamma.element], update };
}

const answerText = ({ method, gamma }) => (method === "focal loss" ? `focal loss, γ = ${gamma}` : method);

// What was trained, for whoever waits for it: "100 : 1, focal loss, γ = 2, 4627359081".
const nameOf = (chosen) => `${chosen.ratio} : 1, ${answerText(chosen)}, ${chosen.order.join("")}`;

function inWords(chosen, counts, values, before) {
  const answer = chosen.method === "nothing" ? "no answer to it" : answerText(chosen);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const pair = ({ head, tail }) => `${percent(head, 1)} of the head and ${percent(tail, 1)} of the tail`;
  const past = before ? `; before, ${pair(before)}` : "";
  return `${total} images, ${chosen.ratio} : 1, ${answer}: the network finds ${pair(values)}${past}.`;
}

// ---- what is shown -----------------------------------------------------------------------------------------------------

// One row a rank: the garment, its images, and its recall with a mark where the run before stood.
function garmentTable(most, garments) {
  const rows = garments.map((_, rank) => garmentRow(most, rank));
  const parts = [rows.slice(0, endSize), rows.slice(endSize, -endSize), rows.slice(-endSize)];
  const bodies = parts.map((part, i) => {
    const name = h(
      "th",
      { scope: "rowgroup", rowspan: part.length, class: "live-end" },
      h("span", {}, ["head", "middle", "tail"][i]),
    );
    part[0].element.prepend(name);
    return h("tbody", {}, ...part.map(({ element }) => element));
  });
  const head = (text, span) => h("th", { scope: "col", colspan: span }, text);
  const heads = h(
    "tr",
    {},
    head("garment", 2),
    head("training images (log scale)", 2),
    head("recall, 100 test images", 2),
  );
  const element = h("table", { class: "live-energies" }, h("thead", {}, heads), ...bodies);
  const update = (order, counts, recalls, before) => {
    rows.forEach((row, rank) => {
      const garment = order[rank];
      row.update(garments[garment], counts[rank], recalls[garment], before?.[garment]);
    });
  };
  return { element, update };
}

function garmentRow(most, rank) {
  const [images, recall] = [markedBar(), markedBar()];
  const name = h("th", { scope: "row" });
  const [count, share] = [h("td", { class: "live-number" }), h("td", { class: "live-number" })];
  const cells = [h("td", { class: "live-images" }, images.element), count];
  cells.push(h("td", { class: "live-recall" }, recall.element), share);
  const element = h("tr", { "data-rank": rank }, name, ...cells);
  const update = (garment, number, value, before) => {
    name.textContent = garment;
    count.textContent = number;
    share.textContent = percent(value);
    images.update(Math.log(2 * number) / Math.log(2 * most)); // one image is a tenth of the length
    recall.update(value, before);
  };
  return { element, update };
}

function summaryTable() {
  const rows = Object.entries(summaryNames).map(([key, text]) => {
    const [value, change] = [h("td", { class: "live-number" }, "–"), h("td", { class: "live-number" }, "–")];
    return { key, value, change, element: h("tr", { "data-of": key }, h("th", { scope: "row" }, text), value, change) };
  });
  const heads = ["mean over", "now", "change"].map((text) => h("th", { scope: "col" }, text));
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  const update = (values, before) => {
    for (const { key, value, change } of rows) {
      value.textContent = percent(values[key], 1);
      const points = before ? 100 * (values[key] - before[key]) : Number.NaN;
      change.textContent = before ? `${points >= 0.05 ? "+" : ""}${signed(points, 1)}` : "–";
    }
  };
  return { element: h("table", { class: "live-energies" }, h("thead", {}, h("tr", {}, ...heads)), body), update };
}

// ---- what computes -----------------------------------------------------------------------------------------------------

function readTask(model) {
  const decoded = (setting) => {
    const { data, dims } = arraySetting(setting);
    const [classes, count, length] = dims;
    return { values: Float64Array.from(data, (code) => (code - 128) / model.get("scale")), classes, count, length };
  };
  const [steps, batch, hidden, rate] = ["steps", "batch", "hidden", "rate"].map((key) => model.get(key));
  return { train: decoded(model.get("train")), test: decoded(model.get("test")), steps, batch, hidden, rate };
}

// How many images each class has, from frequent to rare. 2.5 becomes 2, as in Python.
export function countsOf(most, ratio, classes) {
  const exact = Array.from({ length: classes }, (_, rank) => most * ratio ** (-rank / (classes - 1)));
  return exact.map((count) => Math.max(1, Math.round(count - 1e-9)));
}

// A training at its beginning. First weights and draws are the same for every method, so the method alone differs.
export function newRun({ train, hidden }, { ratio, method, gamma, order }) {
  const random = randomSource(1);
  const counts = countsOf(train.count, ratio, train.classes);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const network = newNetwork(random, [train.length, hidden, train.classes], "ReLU");
  const even = 1 / train.classes;
  return {
    random,
    order,
    counts,
    shares: counts.map((count) => (method === "resampling" ? even : count / total)), // of the draws
    weights: counts.map((count) => (method === "class weights" ? (total / count) * even : 1)), // of the losses
    gamma: method === "focal loss" ? gamma : 0,
    network,
    optimiser: adamMemory(network, [0.9, 0.999]),
    step: 0,
    longest: 0,
  };
}

// Draw images with replacement: the rank of a class by its share, then one of its images.
export function nextBatch({ random, shares, counts }, size) {
  return Array.from({ length: size }, () => {
    const [place, among] = [random(), random()];
    let [rank, end] = [0, shares[0]];
    while (place >= end && rank < shares.length - 1) end += shares[++rank];
    return { rank, image: Math.floor(among * counts[rank]) };
  });
}

// One step of Adam, its rate falling to zero along half a cosine; returns the loss.
export function learn({ train, steps, rate }, run, batch) {
  const points = new Float64Array(batch.length * train.length);
  batch.forEach(({ rank, image }, i) => {
    const from = (run.order[rank] * train.count + image) * train.length;
    points.set(train.values.subarray(from, from + train.length), i * train.length);
  });
  const pass = forwardPass(run.network, points);
  const { loss, slopes } = weightedFocalLoss(run, batch, pass.output);
  const { gradients } = backwardPass(run.network, pass, slopes, false);
  adamStep(run, gradients, (rate * (1 + Math.cos((Math.PI * run.step) / steps))) / 2);
  run.step += 1;
  return loss;
}

// The mean of weight * (1 - p) ** gamma * -log(p), p being the share given to the true class, and its slopes.
function weightedFocalLoss({ order, weights, gamma }, batch, scores) {
  const classes = order.length;
  const slopes = new Float64Array(scores.length);
  let loss = 0;
  batch.forEach(({ rank }, i) => {
    const shares = softmax(scores.subarray(i * classes, (i + 1) * classes));
    const p = Math.max(shares[order[rank]], 1e-300);
    const miss = Math.max(1 - p, 1e-12);
    const weight = weights[rank] / batch.length;
    const slope = weight * (gamma * p * miss ** (gamma - 1) * Math.log(p) - miss ** gamma); // of the loss, by log(p)
    loss -= weight * miss ** gamma * Math.log(p);
    shares.forEach((share, k) => (slopes[i * classes + k] = slope * ((k === order[rank]) - share)));
  });
  return { loss, slopes };
}

function trainFor(task, run, milliseconds) {
  const began = performance.now();
  while (run.step < task.steps && performance.now() - began < milliseconds)
    learn(task, run, nextBatch(run, task.batch));
  run.longest = Math.max(run.longest, performance.now() - began);
}

// Of each garment, the share of its test images that the network gives the right name.
export function recallsOf(network, { values, classes, count }) {
  const { output } = forwardPass(network, values);
  const found = new Array(classes).fill(0);
  for (let i = 0; i < classes * count; i++) {
    const scores = output.subarray(i * classes, (i + 1) * classes);
    const label = Math.floor(i / count);
    if (scores.indexOf(Math.max(...scores)) === label) found[label] += 1;
  }
  return found.map((hits) => hits / count);
}

// Four ways to put recalls, from frequent to rare, into one number.
export function summaryOf(recalls, counts) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    head: mean(recalls.slice(0, endSize)),
    tail: mean(recalls.slice(-endSize)),
    even: mean(recalls),
    asTrained: recalls.reduce((sum, recall, rank) => sum + (recall * counts[rank]) / total, 0),
  };
}
