// Show a symbol, wait, and ask for it: three recurrent networks, and how often each is right after each delay.
//
// Settings: symbols (the alphabet, a text), blank and ask (two of it), delays (numbers of blanks), success
// (model -> for each delay [mean, lowest, highest], shares), trained_delay (the longest in training).
// Models, one step each: symbols (1, A) one-hot, state (1, S), at first zero -> logits, new_state.

import { coalesced, infer } from "../lib/ask.js";
import { select, slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { percent, softmax } from "../lib/numbers.js";

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
    const stateDims = model.get("inputs").find(({ name }) => name === "state").dims;
    const delays = model.get("delays");
    const success = model.get("success");
    const trained = model.get("trained_delay");
    const state = { letter: letters[0], delay: delays[0] };

    const problem = alarm();
    const { element: status, say } = announcer();
    const letterChoice = select({
      label: "Symbol to remember",
      options: letters,
      onChange: (i) => ((state.letter = letters[i]), changed()),
    });
    const wait = slider({
      label: "Delay",
      min: 1,
      max: Math.max(...delays),
      step: 1,
      value: state.delay,
      format: blanks,
      onInput: (value) => ((state.delay = value), changed()),
    });
    const sequence = h("p", { class: "live-sequence" });
    const rows = networks.map((name) => {
      const [answer, share, verdict] = [h("td", {}), h("td", { class: "live-number" }), h("td", {})];
      return {
        name,
        answer,
        share,
        verdict,
        element: h("tr", { "data-network": name }, h("th", { scope: "row" }, name), answer, share, verdict),
      };
    });
    const curve = h("canvas", {
      width: curveWidth,
      height: curveHeight,
      role: "img",
      "aria-label": `Share of right answers against the delay, for ${networks.join(", ")}: ${networks.map((name) => `${name} ${percent(success[name].at(-1)[0])} after ${blanks(delays.at(-1))}`).join(", ")}`,
    });
    const legend = h("ul", { class: "live-legend-list" }, ...networks.map(curveLegend));

    const changed = () => problem.watch(ask());

    // The symbol, the blanks, the question: one step each. Returns the shares of the last answer.
    async function answerOf(which, letter, delay) {
      let memory = new Float32Array(stateDims[1]);
      let logits = null;
      for (const symbol of [letter, ...Array(delay).fill(blank), question]) {
        const oneHot = symbols.map((other) => Number(other === symbol));
        const out = await infer(
          model,
          { symbols: { data: oneHot, dims: [1, symbols.length] }, state: { data: memory, dims: stateDims } },
          which,
        );
        memory = out.new_state.data;
        logits = out.logits.data;
      }
      return softmax(logits);
    }

    const ask = coalesced(async () => {
      const began = performance.now();
      const { letter, delay } = state;
      sequence.textContent = `${letter}${blank.repeat(delay)}${question}`;
      const told = [];
      for (const { name, answer, share, verdict } of rows) {
        const shares = await answerOf(name, letter, delay);
        const best = shares.indexOf(Math.max(...shares));
        answer.textContent = symbols[best];
        share.textContent = percent(shares[best]);
        verdict.textContent = symbols[best] === letter ? "✓ right" : "✗ wrong";
        told.push(`${name}: ${symbols[best]}, ${symbols[best] === letter ? "right" : "wrong"}`);
        el.dataset[name.toLowerCase().replace(/[^a-z]/g, "")] = symbols[best];
      }
      drawCurves(curve, { networks, delays, success, delay, trained, chance: 1 / letters.length });
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      el.dataset.asked = `${letter} ${delay}`;
      say(`After ${blanks(delay)}. ${told.join("; ")}.`);
    });

    const head = h(
      "tr",
      {},
      ...["network", "answer", "sure by", ""].map((text) => (text ? h("th", { scope: "col" }, text) : h("td", {}))),
    );
    const table = h(
      "table",
      { class: "live-energies" },
      h("thead", {}, head),
      h("tbody", {}, ...rows.map(({ element }) => element)),
    );
    const left = panel("live-asked", "One question", letterChoice.element, wait.element, sequence, table);
    const hint = h(
      "p",
      { class: "live-hint" },
      `Lines: mean over several trainings; shade: lowest to highest. Vertical line: your delay. Grey band: the delays seen in training, up to ${trained}. Dotted: chance.`,
    );
    const right = panel("live-curve", "How often each is right", curve, legend, hint);
    el.classList.add("live-delay-memory");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};

function curveLegend(name, k) {
  const canvas = h("canvas", { width: 64, height: 16, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  stroke(
    pen,
    [
      [0, 8],
      [64, 8],
    ],
    lineColours[k],
    5,
    lineDashes[k],
  );
  return h("li", {}, canvas, name);
}

function stroke(pen, points, colour, width, dash = []) {
  pen.beginPath();
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  for (const [x, y] of points) pen.lineTo(x, y);
  pen.stroke();
  pen.setLineDash([]);
}

function drawCurves(canvas, { networks, delays, success, delay, trained, chance }) {
  const pen = canvas.getContext("2d");
  const most = Math.max(...delays);
  const x = (value) => curveEdge + ((curveWidth - curveEdge - 16) * value) / most;
  const y = (share) => curveHeight - curveEdge - (curveHeight - curveEdge - 20) * share;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, curveWidth, curveHeight);
  pen.fillStyle = "#eceff2";
  pen.fillRect(x(0), y(1), x(Math.min(trained, most)) - x(0), y(0) - y(1));
  pen.fillStyle = "#333";
  pen.font = "20px sans-serif";
  pen.textAlign = "right";
  for (const share of [0, 0.5, 1]) {
    stroke(
      pen,
      [
        [x(0), y(share)],
        [x(most), y(share)],
      ],
      "#c5ccd3",
      1,
    );
    pen.fillText(`${100 * share} %`, curveEdge - 4, y(share) + 7);
  }
  pen.textAlign = "center";
  for (let k = 0; k <= 4; k++)
    pen.fillText(String(Math.round((most * k) / 4)), x(Math.round((most * k) / 4)), curveHeight - curveEdge + 24);
  pen.fillText("delay (blanks)", x(most / 2), curveHeight - 6);
  stroke(
    pen,
    [
      [x(0), y(chance)],
      [x(most), y(chance)],
    ],
    "#555",
    2,
    [2, 6],
  );
  networks.forEach((name, k) => {
    const at = (column) => success[name].map((row, i) => [x(delays[i]), y(row[column])]);
    pen.beginPath();
    for (const [px, py] of [...at(2), ...at(1).reverse()]) pen.lineTo(px, py);
    pen.fillStyle = `${lineColours[k]}33`;
    pen.fill();
    stroke(pen, at(0), lineColours[k], 4, lineDashes[k]);
  });
  stroke(
    pen,
    [
      [x(delay), y(0)],
      [x(delay), y(1)],
    ],
    "#000",
    3,
  );
}
