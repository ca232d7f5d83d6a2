// Type a sequence and step through a recurrent cell, gate by gate.
//
// Settings: symbols (the alphabet, a text), start (the sequence at first), gate_names (model -> its gates, in order),
// answers (a text for each logit).
// Models, one step each: symbols (1, A) one-hot, hidden (1, H), cell (1, H) -> new_hidden, new_cell (1, H), logits,
// gates (1, gates x H), gate by gate. A model without a cell hands `cell` on.

import { coalesced, infer } from "../lib/ask.js";
import { choice, slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { percent, signed, softmax } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";

const longest = 24; // symbols

export default {
  async render({ model, el }) {
    const symbols = Array.from(model.get("symbols"));
    const gateNames = model.get("gate_names");
    const answers = model.get("answers");
    const networks = model.get("models").map(({ name }) => name);
    const width = model.get("inputs").find(({ name }) => name === "hidden").dims[1];
    const state = { which: networks[0], text: Array.from(model.get("start")), at: 0, steps: [] };

    const problem = alarm();
    const { element: status, say } = announcer();
    const typed = h("input", {
      class: "live-select",
      value: state.text.join(""),
      maxlength: longest,
      autocomplete: "off",
      spellcheck: "false",
      oninput: () => retype(typed.value),
    });
    const typedField = h(
      "label",
      { class: "live-field" },
      h("span", {}, `Sequence of ${symbols.join(" and ")}`),
      typed,
    );
    const keys = symbols.map((symbol) =>
      h(
        "button",
        {
          type: "button",
          class: "live-button",
          "aria-label": `Add ${symbol}`,
          onclick: () => retype(state.text.join("") + symbol),
        },
        `Add ${symbol}`,
      ),
    );
    const remove = h(
      "button",
      { type: "button", class: "live-button", onclick: () => retype(state.text.slice(0, -1).join("")) },
      "Remove the last",
    );
    const which = choice({
      label: "Cell",
      options: networks,
      onChange: (i) => ((state.which = networks[i]), changed()),
    });
    const walk = slider({
      label: "Step",
      min: 0,
      max: 1,
      step: 1,
      value: 0,
      format: (value) => `${value + 1} of ${Math.max(1, state.text.length)}`,
      onInput: (value) => ((state.at = value), show()),
    });
    const [before, after] = [
      [-1, "Step back"],
      [1, "Step on"],
    ].map(([move, text]) =>
      h("button", { type: "button", class: "live-button", onclick: () => go(state.at + move) }, text),
    );
    const note = h("p", { class: "live-hint", role: "status" });
    const strip = h("ol", { class: "live-symbols", "aria-hidden": "true" });
    const verdict = h("p", { class: "live-verdict" });
    const memory = h("canvas", { class: "live-memory", role: "img" });
    const body = h("tbody", {});
    const units = Array.from({ length: width }, (_, i) => h("th", { scope: "col" }, `unit ${i + 1}`));
    const table = h("table", { class: "live-gates" }, h("thead", {}, h("tr", {}, h("td", {}), ...units)), body);

    // What is not of the alphabet is left out, and said.
    function retype(text) {
      const kept = Array.from(text)
        .filter((symbol) => symbols.includes(symbol))
        .slice(0, longest);
      note.textContent =
        kept.length < Array.from(text).length
          ? `Only ${symbols.join(" and ")}, at most ${longest} of them; the rest was left out.`
          : "";
      state.text = kept;
      state.at = Math.max(0, kept.length - 1);
      typed.value = kept.join("");
      return changed();
    }

    function go(step) {
      state.at = Math.min(Math.max(0, state.text.length - 1), Math.max(0, step));
      show();
    }

    const changed = () => problem.watch(run());

    const run = coalesced(async () => {
      const began = performance.now();
      const { which: network, text } = state;
      const dims = [1, width];
      let [hidden, cell] = [new Float32Array(width), new Float32Array(width)];
      const steps = [];
      for (const symbol of text) {
        const oneHot = symbols.map((other) => Number(other === symbol));
        const answer = await infer(
          model,
          {
            symbols: { data: oneHot, dims: [1, symbols.length] },
            hidden: { data: hidden, dims },
            cell: { data: cell, dims },
          },
          network,
        );
        steps.push({
          old: { hidden, cell },
          hidden: answer.new_hidden.data,
          cell: answer.new_cell.data,
          gates: answer.gates.data,
          shares: softmax(answer.logits.data),
        });
        hidden = answer.new_hidden.data;
        cell = answer.new_cell.data;
      }
      Object.assign(state, { steps, shownText: text, shownNetwork: network });
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      show();
    });

    function show() {
      const { steps, shownText, shownNetwork } = state;
      const last = Math.max(0, steps.length - 1);
      state.at = Math.min(state.at, last);
      walk.input.max = last;
      walk.input.value = state.at;
      walk.element.querySelector("output").textContent = `${state.at + 1} of ${last + 1}`;
      before.disabled = state.at === 0;
      after.disabled = state.at >= last;
      strip.replaceChildren(
        ...shownText.map((symbol, i) => h("li", { class: i === state.at ? "live-now" : "" }, symbol)),
      );
      body.replaceChildren();
      memory.hidden = !steps.length;
      if (!steps.length) {
        verdict.textContent = "Type a sequence.";
        el.dataset.answer = "";
        return;
      }
      const step = steps[state.at];
      const best = step.shares.indexOf(Math.max(...step.shares));
      verdict.textContent = `After “${shownText.slice(0, state.at + 1).join("")}” the ${shownNetwork} says: ${answers[best]} (${percent(step.shares[best])})`;
      const hasCell = shownNetwork === "LSTM";
      const lines = [
        ...(hasCell ? [["cell before", step.old.cell]] : []),
        ["hidden before", step.old.hidden],
        ...gateNames[shownNetwork].map((name, g) => [name, step.gates.subarray(g * width, (g + 1) * width)]),
        ...(hasCell ? [["cell after", step.cell]] : []),
        ["hidden after", step.hidden],
      ];
      body.replaceChildren(
        ...lines.map(([name, values]) =>
          h("tr", { "data-row": name }, h("th", { scope: "row" }, name), ...Array.from(values, numberCell)),
        ),
      );
      const kept = steps.map((one) => (hasCell ? one.cell : one.hidden));
      const picture = Float32Array.from(
        { length: width * steps.length },
        (_, place) => kept[place % steps.length][Math.floor(place / steps.length)],
      );
      const reach = Math.max(1, ...picture.map(Math.abs));
      paint(memory, picture, width, steps.length, { map: "signed", low: -reach, high: reach });
      memory.setAttribute(
        "aria-label",
        `What the ${width} units hold after each of ${steps.length} symbols, from −${reach.toFixed(1)} in blue to ${reach.toFixed(1)} in red`,
      );
      Object.assign(el.dataset, { answer: answers[best], step: state.at, share: step.shares[best] });
      say(verdict.textContent);
    }

    const hint = h(
      "p",
      { class: "live-hint" },
      "One column a symbol, one row a unit: what the cell keeps (the LSTM's cell, otherwise the hidden state). Blue is negative, red positive.",
    );
    const left = panel(
      "live-typed",
      "The sequence",
      typedField,
      note,
      h("div", { class: "live-tools" }, ...keys, remove),
      which,
      strip,
      memory,
      hint,
    );
    const right = panel(
      "live-inside",
      "Inside the cell",
      verdict,
      h("div", { class: "live-tools" }, before, after),
      walk.element,
      h(
        "div",
        { class: "live-scroll", tabindex: "0", role: "group", "aria-label": "Values of gates and memory" },
        table,
      ),
    );
    el.classList.add("live-gate-stepper");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};

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
