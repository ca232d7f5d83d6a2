// Show a symbol, wait, and ask for it: three recurrent networks, and how often each is right after each delay.
//
// Settings: symbols (the alphabet, a text), blank and ask (two of it), delays (numbers of blanks), success
// (model -> for each delay [mean, lowest, highest], shares), trained_delay (the longest in training).
// Models, one step each: symbols (1, A) one-hot, state (1, S), at first zero -> logits, new_state.

import { infer } from "../lib/ask.js";
import { across, polyline, upright, whiteSheet } from "../lib/charts.js";
import { select, slider } from "../lib/controls.js";
import { h, hint, panel } from "../lib/dom.js";
import { percent, softmax } from "../lib/numbers.js";
import { scaffold } from "../lib/scaffold.js";

const blanks = (delay) => (delay === 1 ? "1 blank" : `${delay} blanks`);
const lineColours = ["#c8453b", "#0072b2", "#007a5e", "#8a5fa8"];
const lineDashes = [[], [14, 7], [4, 6], [14, 6, 4, 6]];
const [curveWidth, curveHeight, curveEdge] = [640, 400, 68]; // pixels of the drawing

export default {
  async render({ model, el }) {
    const symbols = Array.from(model.get("symbols"));
    const [blank, question] = [model.get("blank"), model.get("ask")];
    const letters = symbols.filter((symbol) => symbol !== blank && symbol !== question);
    const networks = model.get("models").map(({ name }) => name);
    const [delays, success, trained] = [model.get("delays"), model.get("success"), model.get("trained_delay")];
    const state = { letter: letters[0], delay: delays[0] };
    const { say, asker, show } = scaffold(el, "live-delay-memory");

    const letterChoice = select({
      label: "Symbol to remember",
      options: letters,
      onChange: (i) => set({ letter: letters[i] }),
    });
    const wait = slider({
      label: "Delay",
      min: 1,
      max: Math.max(...delays),
      step: 1,
      value: state.delay,
      format: blanks,
      onInput: (delay) => set({ delay }),
    });
    const sequence = h("p", { class: "live-sequence" });
    const rows = networks.map(answerRow);
    const curve = h("canvas", {
      width: curveWidth,
      height: curveHeight,
      role: "img",
      "aria-label": curveText(networks, success, delays.at(-1)),
    });

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    const changed = asker(async () => {
      const { letter, delay } = state;
      sequence.textContent = `${letter}${blank.repeat(delay)}${question}`;
      const told = [];
      for (const { name, update } of rows) {
        const shares = await answerOf(model, symbols, [letter, ...Array(delay).fill(blank), question], name);
        const best = shares.indexOf(Math.max(...shares));
        const right = symbols[best] === letter;
        update(symbols[best], shares[best], right);
        told.push(`${name}: ${symbols[best]}, ${right ? "right" : "wrong"}`);
        el.dataset[name.toLowerCase().replace(/[^a-z]/g, "")] = symbols[best];
      }
      drawCurves(curve, { networks, delays, success, delay, trained, chance: 1 / letters.length });
      el.dataset.asked = `${letter} ${delay}`;
      say(`After ${blanks(delay)}. ${told.join("; ")}.`);
    });

    const table = answerTable(rows);
    const left = panel("live-asked", "One question", letterChoice.element, wait.element, sequence, table);
    const legend = h("ul", { class: "live-legend-list" }, ...networks.map(curveLegend));
    const note = hint(
      `Lines: mean over several trainings; shade: lowest to highest. Vertical line: your delay. Grey band: the delays seen in training, up to ${trained}. Dotted: chance.`,
    );
    show(left.element, panel("live-curve", "How often each is right", curve, legend, note).element);
    await changed();
  },
};

// The symbol, the blanks, the question: one step each. Returns the shares of the last answer.
async function answerOf(model, symbols, sequence, which) {
  const { dims } = model.get("inputs").find(({ name }) => name === "state");
  let memory = new Float32Array(dims[1]);
  let logits = null;
  for (const symbol of sequence) {
    const oneHot = symbols.map((other) => Number(other === symbol));
    const inputs = { symbols: { data: oneHot, dims: [1, symbols.length] }, state: { data: memory, dims } };
    const out = await infer(model, inputs, which);
    memory = out.new_state.data;
    logits = out.logits.data;
  }
  return softmax(logits);
}

// What one network answers, as a row of the table.
function answerRow(name) {
  const [answer, share, verdict] = [h("td", {}), h("td", { class: "live-number" }), h("td", {})];
  const element = h("tr", { "data-network": name }, h("th", { scope: "row" }, name), answer, share, verdict);
  const update = (symbol, sure, right) => {
    answer.textContent = symbol;
    share.textContent = percent(sure);
    verdict.textContent = right ? "✓ right" : "✗ wrong";
  };
  return { name, element, update };
}

function answerTable(rows) {
  const heads = ["network", "answer", "sure by"].map((text) => h("th", { scope: "col" }, text));
  const head = h("thead", {}, h("tr", {}, ...heads, h("td", {})));
  return h("table", { class: "live-energies" }, head, h("tbody", {}, ...rows.map(({ element }) => element)));
}

function curveText(networks, success, longest) {
  const ends = networks.map((name) => `${name} ${percent(success[name].at(-1)[0])} after ${blanks(longest)}`);
  return `Share of right answers against the delay, for ${networks.join(", ")}: ${ends.join(", ")}`;
}

function curveLegend(name, k) {
  const canvas = h("canvas", { width: 64, height: 16, "aria-hidden": "true" });
  across(canvas.getContext("2d"), 8, 0, 64, { colour: lineColours[k], width: 5, dash: lineDashes[k] });
  return h("li", {}, canvas, name);
}

function drawCurves(canvas, { networks, delays, success, delay, trained, chance }) {
  const pen = whiteSheet(canvas);
  const most = Math.max(...delays);
  const x = (value) => curveEdge + ((curveWidth - curveEdge - 16) * value) / most;
  const y = (share) => curveHeight - curveEdge - (curveHeight - curveEdge - 20) * share;
  pen.fillStyle = "#eceff2";
  pen.fillRect(x(0), y(1), x(Math.min(trained, most)) - x(0), y(0) - y(1));
  pen.fillStyle = "#333";
  pen.font = "20px sans-serif";
  pen.textAlign = "right";
  for (const share of [0, 0.5, 1]) {
    across(pen, y(share), x(0), x(most), { colour: "#c5ccd3", width: 1 });
    pen.fillText(`${100 * share} %`, curveEdge - 4, y(share) + 7);
  }
  pen.textAlign = "center";
  for (let k = 0; k <= 4; k++) {
    const tick = Math.round((most * k) / 4);
    pen.fillText(String(tick), x(tick), curveHeight - curveEdge + 24);
  }
  pen.fillText("delay (blanks)", x(most / 2), curveHeight - 6);
  across(pen, y(chance), x(0), x(most), { colour: "#555", width: 2, dash: [2, 6] });
  networks.forEach((name, k) => {
    const at = (column) => success[name].map((row, i) => [x(delays[i]), y(row[column])]);
    pen.beginPath();
    for (const [px, py] of [...at(2), ...at(1).reverse()]) pen.lineTo(px, py);
    pen.fillStyle = `${lineColours[k]}33`;
    pen.fill();
    polyline(pen, at(0), { colour: lineColours[k], width: 4, dash: lineDashes[k] });
  });
  upright(pen, x(delay), y(0), y(1), { colour: "#000", width: 3 });
}
