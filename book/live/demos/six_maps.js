// One set of boxes, six mean average precisions: the reader raises the number by the rules alone, and improves no box.
//
// Settings: classes (K texts), images (uint8, S x 3 x side x side); boxes (float32, D x 4: x0, y0, x1, y1 in pixels) as a
// detector gives them, before suppression, with scores (float32, D), labels and scenes (int32, D), listed scene by scene;
// true_boxes (float32, T x 4), true_labels and true_scenes (int32, T), seen (float32, T: the share of a thing that is visible).
// ignore_below (shares, 0.25 and 0.5 if not given): what a reader may leave out because less of it is seen.
// No model: numbers are those of utils/detection/scoring.py, errors those of utils/detection/errors.py.

import {
  averagePrecision,
  conventions,
  detectionWorld,
  match,
  meanAveragePrecision,
  precisionRecall,
  rankings,
  readAt,
  recallPoints,
  surest,
  ties,
} from "../lib/average_precision.js";
import { frame, linear } from "../lib/axes.js";
import { iou, nms, softNms } from "../lib/boxes.js";
import { select, setSlider, slider } from "../lib/controls.js";
import { kindsOfError, sortErrors } from "../lib/detection_errors.js";
import { pictureOfScene, readDetections, sharesOfBoxes } from "../lib/detections.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onArrows } from "../lib/keys.js";
import { drawMark, markColours } from "../lib/marks.js";
import { percent, signed } from "../lib/numbers.js";
import { paintPicture } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";
import { expect } from "../lib/settings.js";
import { counted } from "../lib/words.js";

const [none, hard, soft] = [0, 1, 2];
const matchings = [null, "best free", "best"]; // null: each convention's own
const mosts = [1, 3, 10, 100];
const usualShares = [0.25, 0.5]; // things of which less is seen may be ignored
const shown = "COCO at 0.5"; // the convention of the picture and of the curve
const plain = { suppression: hard, threshold: 0.5, sigma: 0.5, floor: 0, tie: 0, matching: 0, most: 3, ignore: 0 };
const how = {
  "VOC 2007": "11 points",
  "VOC 2010": "all points",
  "COCO at 0.5": "101 points",
  COCO: "IoU 0.5 to 0.95",
  "no envelope": "all points",
  "inclusive pixels": "+ 1 px",
};

export default {
  async render({ model, el }) {
    const task = readTask(model);
    const judge = judgeOf(task);
    const state = { ...plain, scene: 0, label: busiest(task) };
    const { say, asker, show } = scaffold(el, "live-six-maps");
    const [start, record] = [judge(plain), recordOf(task, judge(plain).values)];
    const rules = rulesOf(task, set);
    const numbers = numbersOf(start.values);
    const picture = pictureOf(task, set);
    const curve = curveOf(task, set);
    const errors = errorsOf();
    let told = "rules"; // what the reader's hand was at last

    function set(values, part = "rules") {
      Object.assign(state, values);
      told = part;
      return changed();
    }

    const changed = asker(() => {
      const judged = judge(state);
      record.note(judged.values, state);
      rules.update(state, record.words());
      const facts = {
        values: judged.values,
        best: record.best(),
        errors: errors.update(judged.errors),
        drawn: picture.update(state, judged),
        curve: curve.update(state, judged),
        chosen: state,
      };
      const words = { rules: numbers.update(judged.values), scene: picture.words(), label: curve.words() };
      for (const [key, value] of Object.entries(facts)) el.dataset[key] = JSON.stringify(value);
      say(told === "rules" ? `${words.rules} ${record.words()}` : words[told]);
    });

    show(
      panel("live-rules", "Raise the mAP: change rules, not boxes", ...rules.elements).element,
      panel("live-numbers", "Six mAPs of the same boxes", numbers.element).element,
      panel("live-picture", `What is left (${shown})`, ...picture.elements).element,
      panel("live-errors", "What would really raise it", ...errors.elements).element,
      panel("live-curve", `Precision against recall (${shown})`, ...curve.elements).element,
    );
    await changed();
  },
};

// ---- what is asked of the settings -------------------------------------------------------------------------------------

function readTask(model) {
  const detections = readDetections(model);
  const { classes, found, truths } = detections;
  sharesOfBoxes(model, "seen", truths).forEach((share, t) => (truths[t].seen = share));
  const below = model.get("ignore_below") ?? usualShares;
  const isShares = Array.isArray(below) && below.length > 0 && below.every((share) => share > 0 && share <= 1);
  expect(isShares, `ignore_below is ${JSON.stringify(below)}; expected a list of numbers above 0, to 1.`);
  const late = found.findIndex(({ scene }, i) => i > 0 && scene < found[i - 1].scene);
  expect(late < 0, `scenes fall at box ${late}; expected boxes listed scene by scene.`);
  const shares = [0, ...below];
  return { ...detections, shares, world: detectionWorld(found, truths, classes.length) };
}

// The class of which there is most to find.
function busiest({ classes, truths }) {
  const counts = classes.map((_, label) => truths.filter((truth) => truth.label === label).length);
  return counts.indexOf(Math.max(...counts));
}

// ---- what is computed --------------------------------------------------------------------------------------------------

// judge(rules) -> { found, outcomes, ignore, tie, values, errors }. What is left after a suppression is kept.
function judgeOf({ found: boxes, truths, shares, world }) {
  const groups = new Map(); // the boxes of a scene and class
  boxes.forEach(({ scene, label }, index) => {
    const key = `${scene} ${label}`;
    groups.set(key, [...(groups.get(key) ?? []), index]);
  });
  const kept = new Map();

  function left({ suppression, threshold, sigma }) {
    const key = [suppression, suppression === hard && threshold, suppression === soft && sigma].join();
    if (!kept.has(key)) kept.set(key, [...groups.values()].flatMap(ofGroup));
    return kept.get(key);

    function ofGroup(some) {
      const own = some.map((index) => boxes[index]);
      if (suppression === soft)
        return softNms(own, { sigma }).map(({ index, score }) => ({ index: some[index], score }));
      const stay = suppression === hard ? nms(own, { threshold }) : [...own.keys()];
      return stay.map((i) => ({ index: some[i], score: own[i].score }));
    }
  }

  return (rules) => {
    const most = mosts[rules.most];
    const found = surest(
      left(rules).filter(({ score }) => score >= rules.floor),
      world,
      most,
    );
    const ignore = truths.map(({ seen }) => seen < shares[rules.ignore]);
    const tie = ties[rules.tie];
    const matching = matchings[rules.matching];
    const ruled = (convention) => (matching ? { ...convention, matching } : convention);
    const meanBy = (convention) => meanAveragePrecision(world, found, ruled(convention), { ignore, tie }).mean;
    const values = Object.fromEntries(Object.entries(conventions).map(([name, one]) => [name, meanBy(one)]));
    const { outcomes } = match(world, found, ruled(conventions[shown]), ignore);
    return { found, outcomes, ignore, tie, values, errors: sortErrors(world, found, { ignore }) };
  };
}

const largestOf = (values) =>
  Object.entries(values).reduce((best, [name, value]) => (value > (best?.value ?? -1) ? { name, value } : best), null);

// The largest value that the reader has reached, and by which rules.
function recordOf(task, values) {
  const first = largestOf(values);
  let best = first && { ...first, gain: 0, rules: [] };
  return {
    best: () => best,
    note(now, state) {
      const largest = largestOf(now);
      if (!largest || (best && largest.value <= best.value + 1e-12)) return;
      best = { ...largest, gain: largest.value - (first?.value ?? 0), rules: rulesInWords(task, state) };
    },
    words() {
      if (!best) return "No value can be computed.";
      const reached = `Best so far: ${best.value.toFixed(3)} (${best.name})`;
      if (!best.gain) return `${reached}, as at the start.`;
      return `${reached}, ${plusMinus(best.gain)}, no box improved. By: ${best.rules.join("; ")}.`;
    },
  };
}

const plusMinus = (value) => (value > 0 && value.toFixed(3) !== "0.000" ? "+" : "") + signed(value, 3);

// The rules that are not those of the start.
function rulesInWords(task, state) {
  const { suppression, threshold, sigma, floor, tie, matching, most, ignore } = state;
  const said = [];
  if (suppression === none) said.push("no suppression");
  if (suppression === hard && threshold !== plain.threshold) said.push(`drop above IoU ${threshold.toFixed(2)}`);
  if (suppression === soft) said.push(`soft suppression, sigma ${sigma.toFixed(2)}`);
  if (floor !== plain.floor) said.push(`score floor ${floor.toFixed(2)}`);
  if (tie !== plain.tie) said.push(`equal scores ${tieNames[tie]}`);
  if (matching !== plain.matching) said.push(`match ${matchingNames[matching]}`);
  if (most !== plain.most) said.push(`at most ${mostNames[most]} in a scene`);
  if (ignore !== plain.ignore) said.push(`ignore things ${ignoreNames(task)[ignore]}`);
  return said;
}

// ---- the rules ---------------------------------------------------------------------------------------------------------

const suppressionNames = ["none", "hard (NMS)", "soft (Soft-NMS)"];
const tieNames = ["as they come", "rounded, hits first", "rounded, false first"];
const matchingNames = ["by its own rule", "the best free thing", "the best thing"];
const mostNames = mosts.map((most) => `${most} of a class`);
const ignoreNames = ({ shares }) => shares.map((share) => (share ? `seen under ${percent(share)}` : "none"));

function rulesOf(task, set) {
  const list = (label, key, options) => {
    const field = select({ label, options, value: plain[key], onChange: (place) => set({ [key]: place }) });
    return { ...field, update: (state) => (field.input.value = state[key]) };
  };
  const range = (label, key, min, max) => {
    const format = (value) => value.toFixed(2);
    const onInput = (value) => set({ [key]: value });
    const field = slider({ label, min, max, step: 0.05, value: plain[key], format, onInput });
    return { ...field, update: (state) => setSlider(field, state[key], format(state[key])) };
  };
  const suppression = list("Suppression", "suppression", suppressionNames);
  const threshold = range("Drop above IoU", "threshold", 0.1, 0.95);
  const sigma = range("Sigma", "sigma", 0.05, 1);
  const fields = [
    suppression,
    threshold,
    sigma,
    range("Score floor", "floor", 0, 0.95),
    list("Equal scores", "tie", tieNames),
    list("Match a box with", "matching", matchingNames),
    list("Most in a scene", "most", mostNames),
    list("Ignore things", "ignore", ignoreNames(task)),
  ];
  const best = h("p", { class: "live-verdict" });
  const again = button("Start again", () => set({ ...plain }));

  function update(state, words) {
    for (const field of fields) field.update(state);
    threshold.element.hidden = state.suppression === soft;
    threshold.input.disabled = state.suppression === none;
    sigma.element.hidden = state.suppression !== soft;
    best.textContent = words;
  }
  return {
    elements: [...fields.map(({ element }) => element), h("div", { class: "live-tools" }, again), best],
    update,
  };
}

// ---- six numbers -------------------------------------------------------------------------------------------------------

function numbersOf(start) {
  const rows = Object.keys(conventions).map((name) => {
    const [value, change] = [h("td", { class: "live-number" }), h("td", { class: "live-number" })];
    const heading = h("th", { scope: "row" }, name, " ", h("span", { class: "live-how" }, how[name]));
    return { name, value, change, element: h("tr", { "data-convention": name }, heading, value, change) };
  });
  const heads = ["Convention", "mAP", "change"].map((text) => h("th", { scope: "col" }, text));
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  const element = h("table", { class: "live-energies" }, h("thead", {}, h("tr", {}, ...heads)), body);

  function update(values) {
    const largest = largestOf(values);
    for (const row of rows) {
      const now = values[row.name];
      const gain = now - start[row.name];
      row.value.textContent = Number.isNaN(now) ? "–" : now.toFixed(3);
      row.change.textContent = Number.isNaN(gain) ? "–" : changeInWords(gain);
      row.element.classList.toggle("live-best", row.name === largest?.name);
    }
    const all = rows.map(({ name, value, change }) => `${name} ${value.textContent}, ${change.textContent}`);
    return `${all.join("; ")}.`;
  }
  return { element, update };
}

function changeInWords(gain) {
  const text = plusMinus(gain);
  return `${{ "+": "▲", "−": "▼" }[text[0]] ?? "="} ${text}`;
}

// ---- the picture -------------------------------------------------------------------------------------------------------

const outcomeNames = { 1: "hit", 0: "false", "-1": "ignored" };
const letters = { hit: "H", false: "F", ignored: "I" };
const mostNamed = 3; // boxes
const nameSize = [55, 10]; // at most, in percent of the picture's side

function pictureOf({ classes, images, side, count, truths, found: boxes }, set) {
  const canvas = h("canvas", { role: "img" });
  const over = h("div", { class: "live-boxes", "aria-hidden": "true" });
  const attributes = { class: "live-window", tabindex: "0", role: "application", "aria-label": "Scene" };
  const view = h("div", attributes, canvas, over);
  const which = h("span", { class: "live-number" });
  const told = h("p", { class: "live-caption" });
  let [scene, painted] = [0, null];
  const turn = (step) => set({ scene: (scene + step + count) % count }, "scene");
  onArrows(view, { move: (down, right) => turn(down + right) });
  const step = (face, name, by) => button(face, () => turn(by), { "aria-label": name });
  const tools = h("div", { class: "live-tools" }, step("◀", "Previous scene", -1), which, step("▶", "Next scene", 1));
  const sample = (kind, text) => h("li", {}, h("span", { class: "live-sample", "data-outcome": kind }), text);
  const legend = [sample("there", "thing"), sample("hit", "H hit"), sample("false", "F false alarm")];
  const list = h("ul", { class: "live-legend-list" }, ...legend, sample("ignored", "I ignored"));

  function update(state, { found, outcomes, ignore }) {
    scene = state.scene;
    if (painted !== scene) paintPicture(canvas, pictureOfScene(images, scene));
    painted = scene;
    const there = truths.filter((truth) => truth.scene === scene);
    const drawn = [...found.keys()]
      .filter((i) => boxes[found[i].index].scene === scene)
      .map((i) => ({ ...boxes[found[i].index], ...found[i], kind: outcomeNames[outcomes[i]] }));
    const named = namedOf(drawn, side);
    const words = (one) => `${letters[one.kind]} ${classes[one.label]} ${one.score.toFixed(2)}`;
    over.replaceChildren(
      ...there.map((truth) => boxOf(truth, side, "there")),
      ...drawn.toReversed().map((one) => boxOf(one, side, one.kind, named.includes(one) ? words(one) : null)),
    );
    which.textContent = `Scene ${scene + 1} of ${count}`;
    view.setAttribute("aria-label", `${which.textContent}; arrow keys show another`);
    const howMany = (kind) => drawn.filter((one) => one.kind === kind).length;
    const hidden = ignore.filter((is, t) => is && truths[t].scene === scene).length;
    const things = counted(there.length, "thing") + (hidden ? ` (${hidden} to ignore)` : "");
    told.textContent = `${things}. Boxes: ${howMany("hit")} H, ${howMany("false")} F, ${howMany("ignored")} I.`;
    const surestWords = named.length ? ` Surest: ${named.map(words).join(", ")}.` : "";
    canvas.setAttribute("aria-label", `${told.textContent}${surestWords}`);
    return drawn.map(({ index, score, kind }) => ({ index, score, kind }));
  }
  const elements = [tools, view, list, told];
  return { elements, update, words: () => `${which.textContent}: ${canvas.getAttribute("aria-label")}` };
}

// The surest few, none whose name would lie on another one's.
function namedOf(drawn, side) {
  const named = [];
  const [width, height] = nameSize.map((share) => (share * side) / 100);
  for (const one of drawn) {
    const { leftward, inside } = sidesOf(one.box, side);
    const [x, y] = [leftward ? one.box[2] - width : one.box[0], inside ? one.box[1] : one.box[1] - height];
    const place = [x, y, x + width, y + height];
    if (named.length < mostNamed && named.every((other) => !iou(place, other.place))) named.push({ one, place });
  }
  return named.map(({ one }) => one);
}

// Where a name has room: leftward from the right edge of its box, or inside of it.
const sidesOf = ([left, top, right], side) => ({ leftward: left + right > side, inside: top < 0.12 * side });

function boxOf(one, side, kind, words = null) {
  const [left, top, right, bottom] = one.box.map((value) => 100 * Math.min(1, Math.max(0, value / side)));
  const place = `left: ${left}%; top: ${top}%; width: ${right - left}%; height: ${bottom - top}%`;
  const label = words && h("span", { class: "live-label" }, words);
  const { leftward, inside } = sidesOf(one.box, side);
  label?.classList.toggle("live-leftward", leftward);
  label?.classList.toggle("live-inside", inside);
  const style = kind === "false" && !words ? `${place}; opacity: ${Math.max(0.3, one.score)}` : place; // many, and few of them sure
  return h("div", { class: "live-box", "data-outcome": kind, style }, label);
}

// ---- the curve ---------------------------------------------------------------------------------------------------------

const [recallAxis, precisionAxis] = ["recall", ""].map((label) => linear(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1], label));
const looks = {
  raw: { colour: markColours[0], width: 4 },
  envelope: { colour: markColours[1], width: 4, dash: [14, 8] },
};
const eleven = recallPoints(11);

function curveOf({ classes, world }, set) {
  const canvas = h("canvas", { width: 640, height: 280, role: "img" });
  const list = select({ label: "Class", options: classes, onChange: (label) => set({ label }, "label") });
  const told = h("p", { class: "live-caption" });
  const key = hint("Solid: box by box; dashed: envelope; ▲: 11 points.");

  function update({ label }, { found, outcomes, ignore, tie }) {
    list.input.value = label;
    const ranked = rankings(world, found, outcomes, { ignore, tie })[label];
    const curve = precisionRecall(ranked);
    const read = readAt(curve, eleven);
    const { pen, at, line } = frame(canvas, recallAxis, precisionAxis);
    if (ranked.nTrue) {
      line(stairs(curve), looks.envelope);
      line(
        curve.recall.map((recall, i) => [recall, curve.precision[i]]),
        looks.raw,
      );
      read.forEach((value, i) => drawMark(pen, at(eleven[i], value), 2, 11, false));
    }
    const [few, many] = ["11 points", "101 points"].map((recalls) => averagePrecision(ranked, recalls));
    const reached = ranked.nTrue ? `AP ${many.toFixed(3)}, by 11 points ${few.toFixed(3)}.` : "nothing to find.";
    told.textContent = `${classes[label]}, ${counted(ranked.nTrue, "thing")}: ${reached}`;
    canvas.setAttribute("aria-label", `Precision against recall. ${told.textContent}`);
    return { label, nTrue: ranked.nTrue, ...curve, read };
  }
  return { elements: [list.element, canvas, key, told], update, words: () => told.textContent };
}

// The envelope falls straight down where recall has been reached.
function stairs({ recall, envelope }) {
  const corners = recall.flatMap((value, i) => [
    [i ? recall[i - 1] : 0, envelope[i]],
    [value, envelope[i]],
  ]);
  return recall.length ? [...corners, [recall.at(-1), 0]] : [];
}

// ---- the errors --------------------------------------------------------------------------------------------------------

const errorNames = {
  class: "wrong class",
  place: "wrong place",
  both: "both wrong",
  duplicate: "duplicate",
  background: "background",
  missed: "missed",
};
const scales = [0.02, 0.05, 0.1, 0.2, 0.5, 1]; // what a full bar may stand for

function errorsOf() {
  const rows = kindsOfError.map((kind) => {
    const [bar, cost, count] = [
      h("span", { class: "live-bar" }),
      ...[0, 1].map(() => h("span", { class: "live-number" })),
    ];
    const track = h("span", { class: "live-track", "aria-hidden": "true" }, bar);
    const name = h("span", { class: "live-name" }, errorNames[kind]);
    return {
      kind,
      bar,
      cost,
      count,
      element: h("li", { class: "live-score", "data-kind": kind }, name, count, track, cost),
    };
  });
  const told = h("p", { class: "live-caption" });

  function update({ averagePrecision: value, cost, count }) {
    const largest = Math.max(...kindsOfError.map((kind) => cost[kind] || 0));
    const full = scales.find((scale) => scale >= largest) ?? 1;
    for (const row of rows) {
      const gain = cost[row.kind];
      row.bar.style.transform = `scaleX(${Math.min(1, Math.max(0, gain / full || 0))})`;
      row.cost.textContent = Number.isNaN(gain) ? "–" : plusMinus(gain);
      row.count.textContent = `${count[row.kind]} ×`;
    }
    told.textContent = `How many, and the mAP to win if only these were mended (${shown}). Full bar: ${full}.`;
    return { averagePrecision: value, cost, count };
  }
  return { elements: [h("ul", { class: "live-scores" }, ...rows.map(({ element }) => element)), told], update };
}
