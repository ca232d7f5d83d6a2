// Drag embeddings along the unit circle and see which triplets the loss acts on.
//
// Settings: points (float32, n x 2; only their directions count), labels (int32, n), class_names (a text each),
// margin (at first). No model: triplets, kinds and losses are those of utils/metric_learning/losses.py, for embeddings of length 1.

import { arraySetting } from "../lib/ask.js";
import { choice, select, slider } from "../lib/controls.js";
import { announcer, h, panel } from "../lib/dom.js";
import { percent } from "../lib/numbers.js";

const kinds = ["easy", "semi-hard", "hard"];
const minings = ["all", "semi-hard", "hard"];
const stepCount = 2; // of gradient descent, for a press of the button
const stepSize = 0.02; // radians for a slope of 1

export default {
  render({ model, el }) {
    const points = arraySetting(model.get("points"));
    const labels = Array.from(arraySetting(model.get("labels")).data);
    const classNames = model.get("class_names");
    const names = labels.map(
      (label, i) => `${classNames[label]} ${1 + labels.slice(0, i).filter((other) => other === label).length}`,
    );
    const origin = labels.map((_, i) => Math.atan2(points.data[2 * i + 1], points.data[2 * i]));
    const state = { angles: [...origin], anchor: 0, positive: 1, margin: model.get("margin") ?? 0.2, mining: "all" };
    const triplets = allTriplets(labels);

    const { element: status, say } = announcer();
    const zones = h("canvas", { width: 640, height: 640, "aria-hidden": "true" });
    const dots = names.map((_, i) => dot(i));
    const plane = h("div", { class: "live-window" }, zones, ...dots);
    const anchorChoice = select({ label: "Anchor", options: names, onChange: chooseAnchor });
    const positiveList = h("select", {
      class: "live-select",
      onchange: () => ((state.positive = Number(positiveList.value)), refresh()),
    });
    const positiveChoice = h("label", { class: "live-field" }, h("span", {}, "Positive"), positiveList);
    const margin = slider({
      label: "Margin",
      min: 0,
      max: 1,
      step: 0.02,
      value: state.margin,
      format: (value) => value.toFixed(2),
      onInput: (value) => ((state.margin = value), refresh()),
    });
    const mining = choice({
      label: "Which triplets the steps use",
      options: minings,
      onChange: (i) => ((state.mining = minings[i]), refresh()),
    });
    const descend = h("button", { type: "button", class: "live-button", onclick: walk }, "Two steps downhill");
    const again = h(
      "button",
      { type: "button", class: "live-button", onclick: () => ((state.angles = [...origin]), refresh()) },
      "Start again",
    );
    const pair = h("p", { class: "live-caption" });
    const verdict = h("p", { class: "live-verdict" });
    const bars = kinds.map((kind) => {
      const [bar, number] = [h("span", { class: "live-bar" }), h("span", { class: "live-number" })];
      return {
        bar,
        number,
        element: h(
          "li",
          { class: "live-score", "data-kind": kind },
          h("span", { class: "live-name" }, kind),
          h("span", { class: "live-track", "aria-hidden": "true" }, bar),
          number,
        ),
      };
    });
    const rows = minings.map((name) => {
      const cells = Array.from({ length: 3 }, () => h("td", { class: "live-number" }));
      return { cells, element: h("tr", { "data-mining": name }, h("th", { scope: "row" }, name), ...cells) };
    });

    // A point that is dragged round the circle, or turned with the arrow keys; a click or Enter makes it the anchor.
    function dot(i) {
      const element = h(
        "span",
        { class: "live-embedding", tabindex: "0", role: "application", "data-class": labels[i] },
        String.fromCharCode(65 + labels[i]),
      );
      element.addEventListener("keydown", (event) => {
        const turn = { ArrowLeft: 1, ArrowUp: 1, ArrowRight: -1, ArrowDown: -1 }[event.key];
        if (turn) moveTo(i, state.angles[i] + (turn * (event.shiftKey ? 10 : 2) * Math.PI) / 180);
        else if (event.key === "Enter" || event.key === " ") chooseAnchor(i);
        else return;
        event.preventDefault();
      });
      element.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        element.focus({ preventScroll: true });
        element.setPointerCapture(event.pointerId);
        chooseAnchor(i);
      });
      element.addEventListener("pointermove", (event) => {
        if (!event.buttons || !element.hasPointerCapture(event.pointerId)) return;
        const box = plane.getBoundingClientRect();
        moveTo(i, Math.atan2(box.top + box.height / 2 - event.clientY, event.clientX - box.left - box.width / 2));
      });
      return element;
    }

    function moveTo(i, angle) {
      state.angles[i] = angle;
      refresh();
    }

    // The farthest of its class is the positive at first.
    function chooseAnchor(i) {
      if (i !== state.anchor || positiveList.options.length === 0) {
        state.anchor = i;
        const others = labels.flatMap((label, k) => (k !== i && label === labels[i] ? [k] : []));
        state.positive = others.reduce(
          (best, k) => (chord(state.angles, i, k) > chord(state.angles, i, best) ? k : best),
          others[0],
        );
        positiveList.replaceChildren(
          ...others.map((k) => h("option", { value: k, selected: k === state.positive }, names[k])),
        );
        anchorChoice.input.value = i;
      }
      refresh();
    }

    function walk() {
      for (let step = 0; step < stepCount; step++) {
        const slopes = slopesOf(state.angles, mine(state.angles, triplets, state.margin, state.mining), state.margin);
        state.angles = state.angles.map((angle, i) => angle - stepSize * slopes[i] * labels.length);
      }
      refresh();
    }

    function refresh() {
      const began = performance.now();
      const { angles, anchor, positive } = state;
      const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]));
      for (const triplet of triplets) counts[kindOf(angles, triplet, state.margin)] += 1;
      bars.forEach(({ bar, number }, k) => {
        bar.style.transform = `scaleX(${counts[kinds[k]] / triplets.length})`;
        number.textContent = String(counts[kinds[k]]);
      });
      minings.forEach((name, k) => {
        const { chosen, active, loss } = summary(angles, mine(angles, triplets, state.margin, name), state.margin);
        [chosen, active, loss.toFixed(3)].forEach((value, c) => (rows[k].cells[c].textContent = value));
        if (name === "all") Object.assign(el.dataset, { active, loss });
      });
      const share = (counts["semi-hard"] + counts.hard) / triplets.length;
      verdict.textContent = `${counts["semi-hard"] + counts.hard} of ${triplets.length} triplets are active (${percent(share)})`;
      const own = triplets.filter(([a, p]) => a === anchor && p === positive);
      const ofPair = kinds.map(
        (kind) => own.filter((triplet) => kindOf(angles, triplet, state.margin) === kind).length,
      );
      pair.textContent = `${names[anchor]} and ${names[positive]} are ${chord(angles, anchor, positive).toFixed(2)} apart. Of ${own.length} negatives, ${ofPair[2]} are hard, ${ofPair[1]} semi-hard, ${ofPair[0]} easy.`;
      dots.forEach((element, i) => {
        element.style.left = `${50 + 40 * Math.cos(angles[i])}%`;
        element.style.top = `${50 - 40 * Math.sin(angles[i])}%`;
        element.classList.toggle("live-anchor", i === anchor);
        element.classList.toggle("live-positive", i === positive);
        const negative = own.find(([, , n]) => n === i);
        const role =
          i === anchor
            ? "the anchor"
            : i === positive
              ? "the positive"
              : negative
                ? `${kindOf(angles, negative, state.margin)} negative`
                : "of the anchor's class";
        element.dataset.kind = negative ? kindOf(angles, negative, state.margin) : "";
        element.setAttribute("aria-label", `${names[i]}, ${role}; arrow keys move it, Enter makes it the anchor`);
      });
      drawZones(zones, angles[anchor], chord(angles, anchor, positive), state.margin);
      el.dataset.angles = JSON.stringify(angles);
      Object.assign(el.dataset, { easy: counts.easy, semiHard: counts["semi-hard"], hard: counts.hard });
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(`${verdict.textContent}. ${pair.textContent}`);
    }

    const legend = classNames.map((name, k) => `${String.fromCharCode(65 + k)}: ${name}`).join(", ");
    const hint = h(
      "p",
      { class: "live-hint" },
      `${legend}. Drag a point round the circle, or turn it with the arrow keys (Shift: 10°). Red arc: nearer to the anchor than the positive is. Yellow arc: farther, but not by the margin.`,
    );
    const left = panel("live-circle", "Embeddings of length 1", plane, hint);
    const head = h("tr", {}, ...["mining", "chosen", "active", "loss"].map((text) => h("th", { scope: "col" }, text)));
    const table = h(
      "table",
      { class: "live-energies" },
      h("thead", {}, head),
      h("tbody", {}, ...rows.map(({ element }) => element)),
    );
    const right = panel(
      "live-triplets",
      "Triplets",
      verdict,
      h("ul", { class: "live-scores" }, ...bars.map(({ element }) => element)),
      pair,
      margin.element,
      h("div", { class: "live-controls" }, anchorChoice.element, positiveChoice),
      table,
      mining,
      h("div", { class: "live-tools" }, descend, again),
    );
    el.classList.add("live-triplet-margin");
    el.append(left.element, right.element, status);
    chooseAnchor(0);
  },
};

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
