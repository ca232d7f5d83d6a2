// Type a sequence and step through a recurrent cell, gate by gate.
//
// Settings: symbols (the alphabet, a text), start (the sequence at first), gate_names (model -> its gates, in order),
// answers (a text for each logit).
// Models, one step each: symbols (1, A) one-hot, hidden (1, H), cell (1, H) -> new_hidden, new_cell (1, H), logits,
// gates (1, gates x H), gate by gate. A model without a cell hands `cell` on.

import { infer } from "../lib/ask.js";
import { choice, slider } from "../lib/controls.js";
import { button, h, hint, panel } from "../lib/dom.js";
import { percent, signed, softmax } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

const longest = 24; // symbols

export default {
  async render({ model, el }) {
    const symbols = Array.from(model.get("symbols"));
    const answers = model.get("answers");
    const networks = model.get("models").map(({ name }) => name);
    const width = model.get("inputs").find(({ name }) => name === "hidden").dims[1];
    const state = { which: networks[0], text: Array.from(model.get("start")), at: 0, shown: null };
    const { say, asker, show: put } = scaffold(el, "live-gate-stepper");

    const typed = sequenceField(symbols, state.text.join(""), retype);
    const which = choice({
      label: "Cell",
      options: networks,
      onChange(i) {
        state.which = networks[i];
        changed();
      },
    });
    const walk = slider({
      label: "Step",
      min: 0,
      max: 1,
      step: 1,
      value: 0,
      format: (value) => `${value + 1} of ${Math.max(1, state.text.length)}`,
      onInput: go,
    });
    const [before, after] = [button("Step back", () => go(state.at - 1)), button("Step on", () => go(state.at + 1))];
    const strip = h("ol", { class: "live-symbols", "aria-hidden": "true" });
    const verdict = h("p", { class: "live-verdict" });
    const memory = memoryPicture(width);
    const table = gateTable(width, model.get("gate_names"));

    function retype(text) {
      const kept = typed.keep(text);
      Object.assign(state, { text: kept, at: Math.max(0, kept.length - 1) });
      return changed();
    }

    function go(step) {
      state.at = Math.min(Math.max(0, state.text.length - 1), Math.max(0, step));
      show();
    }

    const changed = asker(async () => {
      const { which: network, text } = state;
      state.shown = { network, text, steps: await stepsThrough(model, network, symbols, text) };
      show();
    });

    function show() {
      const { steps, text, network } = state.shown;
      const last = Math.max(0, steps.length - 1);
      state.at = Math.min(state.at, last);
      walk.input.max = last;
      walk.input.value = state.at;
      walk.element.querySelector("output").textContent = `${state.at + 1} of ${last + 1}`;
      before.disabled = state.at === 0;
      after.disabled = state.at >= last;
      strip.replaceChildren(...text.map((symbol, i) => h("li", { class: i === state.at ? "live-now" : "" }, symbol)));
      table.update(network, steps[state.at]);
      memory.update(network, steps);
      el.dataset.answer = "";
      verdict.textContent = "Type a sequence.";
      if (!steps.length) return;
      const { shares } = steps[state.at];
      const best = shares.indexOf(Math.max(...shares));
      const read = text.slice(0, state.at + 1).join("");
      verdict.textContent = `After “${read}” the ${network} says: ${answers[best]} (${percent(shares[best])})`;
      Object.assign(el.dataset, { answer: answers[best], step: state.at, share: shares[best] });
      say(verdict.textContent);
    }

    const add = (symbol) =>
      button(`Add ${symbol}`, () => retype(state.text.join("") + symbol), { "aria-label": `Add ${symbol}` });
    const remove = button("Remove the last", () => retype(state.text.slice(0, -1).join("")));
    const keys = h("div", { class: "live-tools" }, ...symbols.map(add), remove);
    const left = panel("live-typed", "The sequence", ...typed.elements, keys, which, strip, ...memory.elements);
    const steps = h("div", { class: "live-tools" }, before, after);
    put(left.element, panel("live-inside", "Inside the cell", verdict, steps, walk.element, table.element).element);
    await changed();
  },
};

// The field for the sequence. keep(text): what of it is of the alphabet stays, and the reader is told what does not.
function sequenceField(symbols, start, onType) {
  const input = h("input", {
    class: "live-select",
    value: start,
    maxlength: longest,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => onType(input.value),
  });
  const label = h("label", { class: "live-field" }, h("span", {}, `Sequence of ${symbols.join(" and ")}`), input);
  const note = h("p", { class: "live-hint", role: "status" });
  function keep(text) {
    const all = Array.from(text);
    const kept = all.filter((symbol) => symbols.includes(symbol)).slice(0, longest);
    const told = `Only ${symbols.join(" and ")}, at most ${longest} of them; the rest was left out.`;
    note.textContent = kept.length < all.length ? told : "";
    input.value = kept.join("");
    return kept;
  }
  return { elements: [label, note], keep };
}

// What happens in the cell at each symbol.
async function stepsThrough(model, network, symbols, text) {
  const { dims } = model.get("inputs").find(({ name }) => name === "hidden");
  let [hidden, cell] = [new Float32Array(dims[1]), new Float32Array(dims[1])];
  const steps = [];
  for (const symbol of text) {
    const oneHot = symbols.map((other) => Number(other === symbol));
    const inputs = {
      symbols: { data: oneHot, dims: [1, symbols.length] },
      hidden: { data: hidden, dims },
      cell: { data: cell, dims },
    };
    const answer = await infer(model, inputs, network);
    const [newHidden, newCell] = [answer.new_hidden.data, answer.new_cell.data];
    const shares = softmax(answer.logits.data);
    steps.push({ old: { hidden, cell }, hidden: newHidden, cell: newCell, gates: answer.gates.data, shares });
    [hidden, cell] = [newHidden, newCell];
  }
  return steps;
}

const hasCell = (network) => network === "LSTM";

// What the units hold after each symbol.
function memoryPicture(width) {
  const canvas = h("canvas", { class: "live-memory", role: "img" });
  const note = hint(
    "One column a symbol, one row a unit: what the cell keeps (the LSTM's cell, otherwise the hidden state). Blue is negative, red positive.",
  );
  function update(network, steps) {
    canvas.hidden = !steps.length;
    if (!steps.length) return;
    const kept = steps.map((one) => (hasCell(network) ? one.cell : one.hidden));
    const picture = Float32Array.from(
      { length: width * steps.length },
      (_, place) => kept[place % steps.length][Math.floor(place / steps.length)],
    );
    const reach = Math.max(1, ...picture.map(Math.abs));
    paint(canvas, picture, width, steps.length, { map: "signed", low: -reach, high: reach });
    const range = `from −${reach.toFixed(1)} in blue to ${reach.toFixed(1)} in red`;
    canvas.setAttribute("aria-label", `What the ${width} units hold after each of ${steps.length} symbols, ${range}`);
  }
  return { elements: [canvas, note], update };
}

// All numbers of one step: memory before, gates, memory after.
function gateTable(width, gateNames) {
  const body = h("tbody", {});
  const units = Array.from({ length: width }, (_, i) => h("th", { scope: "col" }, `unit ${i + 1}`));
  const table = h("table", { class: "live-gates" }, h("thead", {}, h("tr", {}, h("td", {}), ...units)), body);
  const attributes = { class: "live-scroll", tabindex: "0", role: "group", "aria-label": "Values of gates and memory" };
  function update(network, step) {
    if (!step) return body.replaceChildren();
    const gates = gateNames[network].map((name, g) => [name, step.gates.subarray(g * width, (g + 1) * width)]);
    const lines = [["hidden before", step.old.hidden], ...gates, ["hidden after", step.hidden]];
    if (hasCell(network)) {
      lines.unshift(["cell before", step.old.cell]);
      lines.splice(-1, 0, ["cell after", step.cell]);
    }
    const line = ([name, values]) =>
      h("tr", { "data-row": name }, h("th", { scope: "row" }, name), ...Array.from(values, numberCell));
    body.replaceChildren(...lines.map(line));
  }
  return { element: h("div", attributes, table), update };
}

// A number with a bar behind it: to the right of the middle where positive.
function numberCell(value) {
  const share = Math.min(1, Math.abs(value)) / 2;
  const style = `left: ${100 * (value < 0 ? 0.5 - share : 0.5)}%; width: ${100 * share}%`;
  return h(
    "td",
    {},
    h("span", { class: value < 0 ? "live-negative" : "live-positive", style, "aria-hidden": "true" }),
    h("span", {}, signed(value)),
  );
}
