// Two boxes to pull, with their overlap; and the boxes of a detector in a crowd, suppressed one after the other.
//
// Settings: those of lib/detections.js: classes, images, boxes, scores, labels, scenes, true_boxes, true_labels, true_scenes.
// No model: overlap and suppression are those of utils/detection/boxes.py.

import { detectionWorld, hit, match } from "../lib/average_precision.js";
import { areas, giou, hullOf, iou, keepsBelow, lowersBy, suppression } from "../lib/boxes.js";
import { choice, select, slider } from "../lib/controls.js";
import { pictureOfScene, readDetections } from "../lib/detections.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { signed } from "../lib/numbers.js";
import { paintPicture } from "../lib/pictures.js";
import { scaffold } from "../lib/scaffold.js";
import { counted, listed } from "../lib/words.js";

const [columns, rows] = [16, 10]; // of the grid with the two boxes
const cell = 40; // pixels of the canvas
const presets = {
  half: [
    [2, 2, 8, 8],
    [4, 2, 10, 8],
  ],
  inside: [
    [2, 1, 12, 9],
    [4, 3, 9, 7],
  ],
  touching: [
    [2, 3, 7, 8],
    [7, 3, 12, 8],
  ],
  apart: [
    [1, 1, 4, 4],
    [11, 6, 15, 9],
  ],
};
const methods = ["hard", "soft"];
const sliderOf = { hard: "threshold", soft: "sigma" };
const values = Array.from({ length: 19 }, (_, i) => (i + 1) / 20); // of these sliders, tried one by one
const colours = { A: "#d55e00", B: "#0072b2" };

export default {
  async render({ model, el }) {
    const task = readDetections(model);
    const { say, show } = scaffold(el, "live-boxes-playground");
    const pair = pairOfBoxes((facts, words) => told("pair", facts, words));
    const crowd = suppressionPart(task, (facts, words) => told("crowd", facts, words));
    let begun = false;

    function told(part, facts, words) {
      el.dataset[part] = JSON.stringify(facts);
      if (begun) say(words);
    }

    show(
      panel("live-pair", "How much do two boxes share?", ...pair.elements).element,
      panel("live-crowd", "One box for each thing", ...crowd.elements).element,
    );
    pair.refresh();
    crowd.refresh();
    begun = true;
  },
};

// ---- two boxes ---------------------------------------------------------------------------------------------------------

function pairOfBoxes(onChange) {
  const boxes = { A: null, B: null };
  const canvas = h("canvas", { width: columns * cell, height: rows * cell, role: "img" });
  const handles = Object.keys(boxes).flatMap((name) => [bodyOf(name), cornerOf(name)]);
  const view = h("div", { class: "live-grid" }, canvas, ...handles.map(({ element }) => element));
  const [ratio, values] = [h("p", { class: "live-verdict" }), h("tbody", {})];
  const starts = Object.keys(presets).map((name) => button(name, () => put(name)));
  const start = h("div", { class: "live-tools", role: "group", "aria-label": "Start from" }, ...starts);

  function put(name) {
    [boxes.A, boxes.B] = presets[name].map((box) => [...box]);
    refresh();
  }

  // Move a whole box, or its lower right corner, in steps of half a cell.
  function moveBy(name, right, down, corner) {
    const box = boxes[name];
    const most = [columns - box[2], rows - box[3]];
    const least = corner ? [box[0] - box[2] + 1, box[1] - box[3] + 1] : [-box[0], -box[1]];
    const by = [right, down].map((step, k) => Math.min(most[k], Math.max(least[k], step)));
    boxes[name] = box.map((edge, k) => (corner && k < 2 ? edge : edge + by[k % 2]));
    refresh();
  }

  function bodyOf(name) {
    return handleOf(name, `Box ${name}`, false);
  }

  function cornerOf(name) {
    return handleOf(name, `Lower right corner of box ${name}`, true);
  }

  function handleOf(name, label, corner) {
    const attributes = { class: corner ? "live-corner" : "live-body", tabindex: "0", role: "application" };
    const element = h("span", { ...attributes, "data-box": name, "aria-label": label }, corner ? "" : name);
    let from = null;
    onArrows(element, { shift: 4, move: (down, right) => moveBy(name, right / 2, down / 2, corner) });
    onDrag(element, {
      start: (event) => (from = { at: placeOf(event), box: boxes[name] }),
      move(event) {
        const [x, y] = placeOf(event).map((value, k) => Math.round(2 * (value - from.at[k])) / 2);
        boxes[name] = from.box;
        moveBy(name, x, y, corner);
      },
    });
    const place = () => {
      const [x0, y0, x1, y1] = boxes[name];
      const at = { left: x0 / columns, top: y0 / rows, width: (x1 - x0) / columns, height: (y1 - y0) / rows };
      if (corner) Object.assign(at, { left: x1 / columns, top: y1 / rows });
      const kept = corner ? ["left", "top"] : Object.keys(at);
      if (!corner) element.style.zIndex = size(name) < size(name === "A" ? "B" : "A") ? 1 : 0; // the smaller can be reached
      for (const key of kept) element.style[key] = `${100 * at[key]}%`;
      const where = `from ${x0}, ${y0} to ${x1}, ${y1}`;
      element.setAttribute("aria-label", `${label}, ${where}; arrow keys move it`);
    };
    return { element, place };
  }

  const size = (name) => areas(boxes[name], boxes[name]).both;

  function placeOf(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return [((event.clientX - left) / width) * columns, ((event.clientY - top) / height) * rows];
  }

  function refresh() {
    if (!boxes.A) return put("half");
    const measured = measuresOf(boxes.A, boxes.B);
    for (const { place } of handles) place();
    drawPair(canvas, boxes);
    ratio.textContent = `IoU = ${measured.shared} / ${measured.together} = ${measured.iou.toFixed(3)}`;
    values.replaceChildren(...linesOf(measured));
    canvas.setAttribute(
      "aria-label",
      `Box A from ${cornersOf(boxes.A)}, box B from ${cornersOf(boxes.B)}. ${ratio.textContent}.`,
    );
    onChange({ boxes: { ...boxes }, ...measured }, `${ratio.textContent}, GIoU ${signed(measured.giou, 2)}.`);
  }

  const note = hint(
    "Drag a box, or the dot at its corner; or use Tab and the arrow keys (half a cell; Shift: two). Edges are half-open.",
  );
  const table = h("table", { class: "live-values", "aria-label": "What the two boxes have" }, values);
  return { elements: [start, view, ratio, table, note], refresh };
}

const cornersOf = ([x0, y0, x1, y1]) => `${x0}, ${y0} to ${x1}, ${y1}`;
const overlapOf = (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];

function measuresOf(a, b) {
  const { both, together, hull } = areas(a, b);
  return { shared: both, together, hull, iou: iou(a, b), giou: giou(a, b), inclusive: iou(a, b, true) };
}

function linesOf({ shared, together, hull, giou: general, inclusive }) {
  const lines = {
    "shared by both (hatched)": shared,
    "covered together": together,
    "in the hull (dotted)": hull,
    GIoU: signed(general, 3),
    "IoU with inclusive pixels": inclusive.toFixed(3),
  };
  return Object.entries(lines).map(([name, value]) =>
    h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, `${value}`)),
  );
}

function drawPair(canvas, { A, B }) {
  const pen = canvas.getContext("2d");
  const frame = ([x0, y0, x1, y1], out = 0) => [
    x0 * cell - out,
    y0 * cell - out,
    (x1 - x0) * cell + 2 * out,
    (y1 - y0) * cell + 2 * out,
  ];
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.lineWidth = 1;
  pen.strokeStyle = "#c8c8c8";
  for (let x = 0; x <= columns; x++) pen.strokeRect(x * cell, 0, 0, rows * cell);
  for (let y = 0; y <= rows; y++) pen.strokeRect(0, y * cell, columns * cell, 0);
  for (const [box, colour] of [
    [A, "rgba(213, 94, 0, 0.18)"],
    [B, "rgba(0, 114, 178, 0.18)"],
  ]) {
    pen.fillStyle = colour;
    pen.fillRect(...frame(box));
  }
  hatch(pen, overlapOf(A, B));
  pen.setLineDash([4, 8]);
  pen.strokeStyle = "#444";
  pen.lineWidth = 3;
  pen.strokeRect(...frame(hullOf(A, B), 6)); // seen beside the boxes' own edges
  pen.setLineDash([]);
  pen.lineWidth = 5;
  for (const [box, colour] of [
    [A, colours.A],
    [B, colours.B],
  ]) {
    pen.strokeStyle = colour;
    pen.strokeRect(...frame(box));
  }
}

// Slanted lines over what both boxes cover.
function hatch(pen, [x0, y0, x1, y1]) {
  if (x1 <= x0 || y1 <= y0) return;
  pen.save();
  pen.beginPath();
  pen.rect(x0 * cell, y0 * cell, (x1 - x0) * cell, (y1 - y0) * cell);
  pen.clip();
  pen.strokeStyle = "#333";
  pen.lineWidth = 2;
  const reach = (x1 - x0 + y1 - y0) * cell;
  for (let along = 0; along <= reach; along += 14) {
    pen.beginPath();
    pen.moveTo(x0 * cell + along, y0 * cell);
    pen.lineTo(x0 * cell + along - rows * cell, y0 * cell + rows * cell);
    pen.stroke();
  }
  pen.restore();
}

// ---- suppression, step by step -----------------------------------------------------------------------------------------

/** What happens to the boxes that are sure enough: [{ taken, score, hurt: [{ index, score }] }], one taken after the other. */
export function stepsOf(found, { method, threshold, sigma, floor }) {
  const sure = [...found.keys()].filter((i) => found[i].score >= floor);
  const factor = method === "hard" ? keepsBelow(threshold) : lowersBy(sigma);
  const own = sure.map((i) => found[i]);
  return suppression(own, factor, floor).map(({ index, score, changes }) => {
    const stood = changes.filter(({ from }) => from >= floor);
    return { taken: sure[index], score, hurt: stood.map((one) => ({ index: sure[one.index], score: one.to })) };
  });
}

/** What suppression comes to with each value of its slider: [{ value, lost, twice }]. */
export const everyValue = (found, truths, settings, classes) =>
  values.map((value) => {
    const trial = { ...settings, [sliderOf[settings.method]]: value };
    const { lost, twice } = resultOf(found, stepsOf(found, trial), trial, truths, classes);
    return { value, lost, twice };
  });

function suppressionPart(task, onChange) {
  const { classes, images, side, count } = task;
  const state = { scene: 0, method: methods[0], threshold: 0.5, sigma: 0.5, floor: 0.1, step: 0, trial: null };
  const canvas = h("canvas", { role: "img" });
  const over = h("div", { class: "live-boxes", "aria-hidden": "true" });
  const [told, counts] = [h("p", { class: "live-caption live-step" }), h("p", { class: "live-verdict" })];
  const scene = select({
    label: "Scene",
    options: Array.from({ length: count }, (_, i) => String(i + 1)),
    onChange: (value) => set({ scene: value, step: 0 }),
  });
  const method = choice({
    label: "Overlapping boxes are",
    options: ["deleted (hard)", "lowered (soft)"],
    onChange: (i) => set({ method: methods[i], step: 0 }),
  });
  const level = (key, label, [min, max, step], format = (value) => value.toFixed(2)) =>
    slider({
      label,
      min,
      max,
      step,
      value: state[key],
      format,
      onInput: (value) => set({ [key]: value, step: state.step && Infinity }),
    });
  const threshold = level("threshold", "IoU threshold", [0.05, 0.95, 0.05]);
  const sigma = level("sigma", "Gentleness σ", [0.05, 0.95, 0.05]);
  const floor = level("floor", "Score floor", [0.05, 0.9, 0.05]);
  const tools = h(
    "div",
    { class: "live-tools" },
    button("Step", () => set({ step: state.step + 1 })),
    button("All", () => set({ step: Infinity })),
    button("Start again", () => set({ step: 0 })),
  );
  const strip = valueStrip();
  const tryAll = button("Try every value", () => {
    set({ trial: everyValue(...ofScene(), state, classes) });
  });

  // What was tried is true of one scene, method and floor.
  function set(changes) {
    if (["scene", "method", "floor"].some((key) => key in changes)) state.trial = null;
    Object.assign(state, changes);
    refresh();
  }

  const ofScene = () => [task.found, task.truths].map((list) => list.filter((one) => one.scene === state.scene));

  function refresh() {
    const [own, truths] = ofScene();
    const steps = stepsOf(own, state);
    state.step = Math.min(state.step, steps.length);
    const now = stateOf(own, steps.slice(0, state.step), state.floor);
    strip.update(state);
    threshold.element.hidden = state.method !== "hard";
    sigma.element.hidden = state.method !== "soft";
    paintPicture(canvas, pictureOfScene(images, state.scene));
    drawBoxes(over, own, truths, now, side);
    const last = steps[state.step - 1];
    told.textContent = last ? wordsOf(last, own, state, classes) : "Nothing taken yet. Step: the surest box is taken.";
    const done = state.step === steps.length;
    const result = resultOf(own, steps, state, truths, classes);
    const left = now.waiting.length;
    counts.textContent = done
      ? result.words
      : `${counted(now.taken.length, "box").replace("boxs", "boxes")} taken, ${left} left.`;
    canvas.setAttribute(
      "aria-label",
      `Scene ${state.scene + 1}, ${counted(truths.length, "thing")}. ${counts.textContent}`,
    );
    const trial = state.trial?.map(markOf) ?? null;
    const facts = { ...state, trial, steps: steps.length, taken: now.taken, dropped: now.dropped, left: now.waiting };
    onChange(
      { ...facts, scores: now.scores, done, found: result.found, twice: result.twice },
      `${told.textContent} ${counts.textContent} ${state.trial ? strip.words() : ""}`,
    );
  }

  const view = h("div", { class: "live-window" }, canvas, over);
  const key = hint(
    "White: things. Thin: boxes that wait. Thick, with a number: taken, in this order. Dotted: deleted or lowered just now.",
  );
  const rules = h("div", { class: "live-rules" }, tools, threshold.element, sigma.element, floor.element, counts, told);
  rules.append(tryAll, ...strip.elements);
  const look = h("div", {}, view, key);
  const controls = h("div", { class: "live-controls" }, scene.element, method);
  return { elements: [controls, h("div", { class: "live-both" }, look, rules)], refresh };
}

// ---- every value of a slider -------------------------------------------------------------------------------------------

export const markOf = ({ lost, twice }) => (lost && twice ? "B" : lost ? "L" : twice ? "2" : "✓");

// Whether any value is right, and else what goes wrong where.
export function trialInWords(trial, method) {
  const name = method === "hard" ? "threshold" : "σ";
  const where = (holds) => trial.filter(holds).map(({ value }) => value.toFixed(2));
  const right = where((one) => markOf(one) === "✓");
  if (right.length === trial.length) return `Right: every ${name}.`;
  if (right.length === 1) return `Of ${trial.length} values one is right: ${right[0]}.`;
  if (right.length) return `Right: ${right.length} of ${trial.length} values, from ${right[0]} to ${right.at(-1)}.`;
  const [lost, twice] = [where((one) => one.lost), where((one) => one.twice)];
  const span = (list) => (list.length === 1 ? `at ${list[0]}` : `from ${list[0]} to ${list.at(-1)}`);
  const faults = [
    ...(lost.length ? [`a true neighbour is lost ${span(lost)}`] : []),
    ...(twice.length ? [`a thing is found twice ${span(twice)}`] : []),
  ];
  return `No ${name} is right here: ${faults.join(", ")}.`;
}

// One letter for each value of the slider, once all were tried.
function valueStrip() {
  const cells = values.map(() => h("span", {}));
  const element = h("div", { class: "live-trial", role: "img" }, ...cells);
  const words = h("p", { class: "live-caption" });
  function update({ trial, method, ...levels }) {
    const chosen = levels[sliderOf[method]];
    cells.forEach((cell, i) => {
      cell.textContent = trial ? markOf(trial[i]) : "·";
      cell.classList.toggle("live-chosen", Math.abs(values[i] - chosen) < 1e-9);
    });
    const list = trial?.map((one) => `${one.value.toFixed(2)} ${markOf(one)}`).join(", ");
    element.setAttribute("aria-label", `Values from 0.05 to 0.95: ${list ?? "not tried yet"}`);
    const key = "L: a thing is lost, 2: one is found twice, B: both, ✓: neither.";
    words.textContent = trial ? `${trialInWords(trial, method)} ${key}` : `0.05 to 0.95. ${key}`;
  }
  return { elements: [element, words], update, words: () => words.textContent };
}

// What is taken, gone and waiting after some steps, and the scores by then.
function stateOf(own, steps, floor) {
  const scores = own.map(({ score }) => score);
  for (const { hurt } of steps) for (const { index, score } of hurt) scores[index] = score;
  const taken = steps.map(({ taken: index }) => index);
  const rest = [...own.keys()].filter((i) => !taken.includes(i) && own[i].score >= floor);
  const stays = (i) => scores[i] >= floor;
  const hurt = steps.length ? steps.at(-1).hurt.map(({ index }) => index) : [];
  return { taken, scores, hurt, waiting: rest.filter(stays), dropped: rest.filter((i) => !stays(i)) };
}

function wordsOf({ taken, score, hurt }, own, { method, step }, classes) {
  const name = `${step}: ${classes[own[taken].label]} ${score.toFixed(2)} is taken`;
  if (!hurt.length) return `${name}; no other box of its class overlaps it enough.`;
  const others = hurt.length === 1 ? "1 box" : `${hurt.length} boxes`;
  return `${name}; ${others} of its class ${method === "hard" ? "deleted" : "lowered"}.`;
}

// How many things are found by what is taken, how many twice, and which are lost though a box had found them.
function resultOf(own, steps, { floor }, truths, classes) {
  const judged = (indices) => {
    const list = indices.map((i) => ({ ...own[i], scene: 0 }));
    const world = detectionWorld(
      list,
      truths.map((truth) => ({ ...truth, scene: 0 })),
      classes.length,
    );
    const ranked = list.map((one, index) => ({ index, score: one.score })).sort((a, b) => b.score - a.score);
    return { ...match(world, ranked, {}), ranked, list };
  };
  const sure = [...own.keys()].filter((i) => own[i].score >= floor); // what the floor drops, suppression does not lose
  const [all, kept] = [judged(sure), judged(steps.map(({ taken }) => taken))];
  const things = ({ finds }) => new Set(finds.filter((t) => t !== null && t >= 0));
  const [before, after] = [things(all), things(kept)];
  const lost = [...before].filter((t) => !after.has(t));
  const twice = kept.ranked.filter(
    ({ index }, k) =>
      kept.outcomes[k] !== hit &&
      truths.some((t) => t.label === kept.list[index].label && iou(t.box, kept.list[index].box) >= 0.5),
  ).length;
  const none = steps.length - after.size - twice; // of another name, or beside a thing
  const lostWords = lost.length
    ? `; lost ${listed(lost.map((t) => `a ${classes[truths[t].label]}`))} that a box had found`
    : "";
  const words = `${counted(steps.length, "box").replace("boxs", "boxes")} left: ${after.size} of ${truths.length} things found${twice ? `, ${twice} of the boxes find one again` : ""}${none ? `, ${none} find none` : ""}${lostWords}.`;
  return { words, found: after.size, twice, lost: lost.length };
}

function drawBoxes(over, own, truths, now, side) {
  const place = ({ box }) => {
    const [x0, y0, x1, y1] = box.map((value) => 100 * Math.min(1, Math.max(0, value / side)));
    return `left: ${x0}%; top: ${y0}%; width: ${x1 - x0}%; height: ${y1 - y0}%`;
  };
  const box = (one, kind, words) =>
    h(
      "div",
      { class: "live-box", "data-kind": kind, style: place(one) },
      words && h("span", { class: "live-label" }, words),
    );
  over.replaceChildren(
    ...truths.map((truth) => box(truth, "there")),
    ...now.waiting.filter((i) => !now.hurt.includes(i)).map((i) => box(own[i], "waiting")),
    ...now.hurt.map((i) => box(own[i], "hurt")),
    ...now.taken.map((i, k) => box(own[i], "taken", String(k + 1))),
  );
}
