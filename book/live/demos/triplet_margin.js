// Drag embeddings along the unit circle and see which triplets the loss acts on.
//
// Settings: points (float32, n x 2; only their directions count), labels (int32, n), class_names (a text each),
// margin (at first). No model: triplets, kinds and losses are those of utils/metric_learning/losses.py, for embeddings of length 1.

import { arraySetting } from "../lib/ask.js";
import { choice, select, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { onDrag } from "../lib/drag.js";
import { onArrows } from "../lib/keys.js";
import { percent } from "../lib/numbers.js";
import { scaffold } from "../lib/scaffold.js";

const kinds = ["easy", "semi-hard", "hard"];
const minings = ["all", "semi-hard", "hard"];
const stepCount = 2; // of gradient descent, for a press of the button
const stepSize = 0.02; // radians for a slope of 1
const letterOf = (label) => String.fromCharCode(65 + label);

export default {
  render({ model, el }) {
    const points = arraySetting(model.get("points")).data;
    const labels = Array.from(arraySetting(model.get("labels")).data);
    const classNames = model.get("class_names");
    const names = labels.map((label, i) => `${classNames[label]} ${numberInClass(labels, i)}`);
    const origin = labels.map((_, i) => Math.atan2(points[2 * i + 1], points[2 * i]));
    const state = { angles: origin, anchor: null, positive: 1, margin: model.get("margin") ?? 0.2, mining: "all" };
    const triplets = allTriplets(labels);
    const { say, show } = scaffold(el, "live-triplet-margin");

    const circle = unitCircle(labels, names, {
      choose: chooseAnchor,
      turnTo: (i, angle) => refresh({ angles: state.angles.with(i, angle) }),
      turnBy: (i, angle) => refresh({ angles: state.angles.with(i, state.angles[i] + angle) }),
    });
    const anchorChoice = select({ label: "Anchor", options: names, onChange: chooseAnchor });
    const positiveList = h("select", {
      class: "live-select",
      onchange: () => refresh({ positive: Number(positiveList.value) }),
    });
    const margin = slider({
      label: "Margin",
      min: 0,
      max: 1,
      step: 0.02,
      value: state.margin,
      format: (value) => value.toFixed(2),
      onInput: (value) => refresh({ margin: value }),
    });
    const mining = choice({
      label: "Which triplets the steps use",
      options: minings,
      onChange: (i) => refresh({ mining: minings[i] }),
    });
    const [pair, verdict] = [h("p", { class: "live-caption" }), h("p", { class: "live-verdict" })];
    const [bars, table] = [kindBars(), miningTable()];

    // The farthest of its class is the positive at first.
    function chooseAnchor(i) {
      if (i === state.anchor) return refresh();
      const others = labels.flatMap((label, k) => (k !== i && label === labels[i] ? [k] : []));
      const away = (k) => chord(state.angles, i, k);
      const positive = others.reduce((best, k) => (away(k) > away(best) ? k : best), others[0]);
      const options = others.map((k) => h("option", { value: k, selected: k === positive }, names[k]));
      positiveList.replaceChildren(...options);
      anchorChoice.input.value = i;
      refresh({ anchor: i, positive });
    }

    function descend() {
      for (let step = 0; step < stepCount; step++) {
        const slopes = slopesOf(state.angles, mine(state.angles, triplets, state.margin, state.mining), state.margin);
        state.angles = state.angles.map((angle, i) => angle - stepSize * slopes[i] * labels.length);
      }
      refresh();
    }

    function refresh(values = {}) {
      const began = performance.now();
      const { angles, anchor, positive, margin: gap } = Object.assign(state, values);
      const counts = countKinds(angles, triplets, gap);
      bars.update(counts, triplets.length);
      Object.assign(el.dataset, table.update(angles, triplets, gap));
      const active = counts["semi-hard"] + counts.hard;
      verdict.textContent = `${active} of ${triplets.length} triplets are active (${percent(active / triplets.length)})`;
      const own = triplets.filter(([a, p]) => a === anchor && p === positive);
      const ofPair = countKinds(angles, own, gap);
      const apart = `${names[anchor]} and ${names[positive]} are ${chord(angles, anchor, positive).toFixed(2)} apart`;
      pair.textContent = `${apart}. Of ${own.length} negatives, ${ofPair.hard} are hard, ${ofPair["semi-hard"]} semi-hard, ${ofPair.easy} easy.`;
      circle.update(state, new Map(own.map((triplet) => [triplet[2], kindOf(angles, triplet, gap)])));
      Object.assign(el.dataset, { angles: JSON.stringify(angles) });
      Object.assign(el.dataset, { easy: counts.easy, semiHard: counts["semi-hard"], hard: counts.hard });
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(`${verdict.textContent}. ${pair.textContent}`);
    }

    const legend = classNames.map((name, k) => `${letterOf(k)}: ${name}`).join(", ");
    const note = hint(
      `${legend}. Drag a point round the circle, or turn it with the arrow keys (Shift: 10°). Red arc: nearer to the anchor than the positive is. Yellow arc: farther, but not by the margin.`,
    );
    const positiveChoice = h("label", { class: "live-field" }, h("span", {}, "Positive"), positiveList);
    const choices = h("div", { class: "live-controls" }, anchorChoice.element, positiveChoice);
    const buttons = [button("Two steps downhill", descend), button("Start again", () => refresh({ angles: origin }))];
    const tools = h("div", { class: "live-tools" }, ...buttons);
    const parts = [verdict, bars.element, pair, margin.element, choices, table.element, mining, tools];
    const left = panel("live-circle", "Embeddings of length 1", circle.element, note);
    show(left.element, panel("live-triplets", "Triplets", ...parts).element);
    chooseAnchor(0);
  },
};

const numberInClass = (labels, i) => labels.slice(0, i + 1).filter((other) => other === labels[i]).length;

function countKinds(angles, triplets, margin) {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
  for (const triplet of triplets) counts[kindOf(angles, triplet, margin)] += 1;
  return counts;
}

// Points that are dragged round the circle, or turned with the arrow keys; a click or Enter makes one the anchor.
function unitCircle(labels, names, { choose, turnTo, turnBy }) {
  const zones = h("canvas", { width: 640, height: 640, "aria-hidden": "true" });
  const dots = labels.map((label, i) => {
    const attributes = { class: "live-embedding", tabindex: "0", role: "application", "data-class": label };
    const dot = h("span", attributes, letterOf(label));
    const radians = Math.PI / 180;
    onArrows(dot, { shift: 5, move: (down, right) => turnBy(i, -2 * (down + right) * radians) });
    dot.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(i);
    });
    onDrag(dot, {
      start: () => choose(i),
      move(event) {
        const box = element.getBoundingClientRect();
        turnTo(i, Math.atan2(box.top + box.height / 2 - event.clientY, event.clientX - box.left - box.width / 2));
      },
    });
    return dot;
  });
  const element = h("div", { class: "live-window" }, zones, ...dots);

  // negatives: Map of a negative of the chosen pair -> its kind
  function update({ angles, anchor, positive, margin }, negatives) {
    dots.forEach((dot, i) => {
      dot.style.left = `${50 + 40 * Math.cos(angles[i])}%`;
      dot.style.top = `${50 - 40 * Math.sin(angles[i])}%`;
      dot.classList.toggle("live-anchor", i === anchor);
      dot.classList.toggle("live-positive", i === positive);
      const kind = negatives.get(i);
      const others = kind ? `${kind} negative` : "of the anchor's class";
      const role = { [positive]: "the positive", [anchor]: "the anchor" }[i] ?? others;
      dot.dataset.kind = kind ?? "";
      dot.setAttribute("aria-label", `${names[i]}, ${role}; arrow keys move it, Enter makes it the anchor`);
    });
    drawZones(zones, angles[anchor], chord(angles, anchor, positive), margin);
  }
  return { element, update };
}

// How many triplets are of each kind, as bars.
function kindBars() {
  const rows = kinds.map((kind) => {
    const [bar, number] = [h("span", { class: "live-bar" }), h("span", { class: "live-number" })];
    const track = h("span", { class: "live-track", "aria-hidden": "true" }, bar);
    const name = h("span", { class: "live-name" }, kind);
    return { bar, number, element: h("li", { class: "live-score", "data-kind": kind }, name, track, number) };
  });
  const update = (counts, total) => {
    rows.forEach(({ bar, number }, k) => {
      bar.style.transform = `scaleX(${counts[kinds[k]] / total})`;
      number.textContent = String(counts[kinds[k]]);
    });
  };
  return { element: h("ul", { class: "live-scores" }, ...rows.map(({ element }) => element)), update };
}

// What each way of mining chooses. update(…) returns the numbers for all triplets.
function miningTable() {
  const rows = minings.map((name) => {
    const cells = Array.from({ length: 3 }, () => h("td", { class: "live-number" }));
    return { cells, element: h("tr", { "data-mining": name }, h("th", { scope: "row" }, name), ...cells) };
  });
  const heads = ["mining", "chosen", "active", "loss"].map((text) => h("th", { scope: "col" }, text));
  const head = h("thead", {}, h("tr", {}, ...heads));
  const body = h("tbody", {}, ...rows.map(({ element }) => element));
  const update = (angles, triplets, margin) => {
    const found = minings.map((name) => summary(angles, mine(angles, triplets, margin, name), margin));
    found.forEach(({ chosen, active, loss }, k) => {
      [chosen, active, loss.toFixed(3)].forEach((value, c) => (rows[k].cells[c].textContent = value));
    });
    return { active: found[0].active, loss: found[0].loss };
  };
  return { element: h("table", { class: "live-energies" }, head, body), update };
}

// The arcs where a negative is hard and semi-hard, as seen from the anchor.
function drawZones(canvas, angle, reach, margin) {
  const pen = canvas.getContext("2d");
  const [middle, radius] = [canvas.width / 2, 0.4 * canvas.width];
  const toAngle = (length) => 2 * Math.asin(Math.min(1, length / 2));
  const arc = (from, to, colour, width) => {
    pen.beginPath();
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.arc(middle, middle, radius, -to, -from);
    pen.stroke();
  };
  pen.clearRect(0, 0, canvas.width, canvas.height);
  const [hard, semi] = [toAngle(reach), toAngle(reach + margin)];
  arc(0, 2 * Math.PI, "#8a94a0", 3);
  arc(angle - semi, angle + semi, "#e0a800", 30);
  arc(angle - hard, angle + hard, "#c8453b", 30);
}

// ---- the same triplets as utils/metric_learning/losses.py ---------------------------------------------------------

// Each anchor with each other of its class and each of another class.
export function allTriplets(labels) {
  const places = labels.map((_, i) => i);
  return places.flatMap((a) =>
    places
      .filter((p) => p !== a && labels[p] === labels[a])
      .flatMap((p) => places.filter((n) => labels[n] !== labels[a]).map((n) => [a, p, n])),
  );
}

// The straight distance between two points of the unit circle.
function chord(angles, i, k) {
  return 2 * Math.abs(Math.sin((angles[i] - angles[k]) / 2));
}

export function kindOf(angles, [a, p, n], margin) {
  const gap = chord(angles, a, n) - chord(angles, a, p);
  if (gap <= 0) return "hard";
  return gap < margin ? "semi-hard" : "easy";
}

// The triplets that a way of mining chooses.
export function mine(angles, triplets, margin, mining) {
  if (mining === "all") return triplets;
  if (mining === "semi-hard") return triplets.filter((triplet) => kindOf(angles, triplet, margin) === "semi-hard");
  const gap = ([a, p, n]) => chord(angles, a, n) - chord(angles, a, p);
  const hardest = new Map(); // anchor -> its farthest positive with its nearest negative
  for (const triplet of triplets)
    if (!hardest.has(triplet[0]) || gap(triplet) < gap(hardest.get(triplet[0]))) hardest.set(triplet[0], triplet);
  return [...hardest.values()];
}

// How many triplets, how many of them break the rule, and the mean loss of those.
export function summary(angles, triplets, margin) {
  const losses = triplets
    .map(([a, p, n]) => chord(angles, a, p) - chord(angles, a, n) + margin)
    .filter((loss) => loss > 0);
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  return { chosen: triplets.length, active: losses.length, loss: losses.length ? total / losses.length : 0 };
}

// How the mean loss changes with each angle.
export function slopesOf(angles, triplets, margin) {
  const slopes = angles.map(() => 0);
  const active = triplets.filter(([a, p, n]) => chord(angles, a, p) - chord(angles, a, n) + margin > 0);
  const add = (i, k, sign) => {
    const half = (angles[i] - angles[k]) / 2;
    const slope = (sign * Math.cos(half) * Math.sign(Math.sin(half))) / active.length;
    slopes[i] += slope;
    slopes[k] -= slope;
  };
  for (const [a, p, n] of active) {
    add(a, p, 1);
    add(a, n, -1);
  }
  return slopes;
}
