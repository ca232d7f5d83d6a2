// The codes of an InfoGAN on sliders: one category, two numbers, and noise.
//
// Settings: category_names (a text each), code_names (a text each), code_range (the sliders reach from -range to range).
// Model: noise (1, N), category (1, K) one-hot, codes (1, 2) -> images (1, 1, rows, columns) in [0, 1].

import { infer } from "../lib/ask.js";
import { slider } from "../lib/controls.js";
import { button, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { grey, paint } from "../lib/paint.js";
import { gaussians, randomSource } from "../lib/random.js";
import { scaffold } from "../lib/scaffold.js";

const sweepCount = 7; // pictures from one end of a code to the other

export default {
  async render({ model, el }) {
    const categories = model.get("category_names");
    const codeNames = model.get("code_names");
    const range = model.get("code_range");
    const state = { seed: 1, category: 0, codes: codeNames.map(() => 0) };
    const ends = Array.from({ length: sweepCount }, (_, i) => range * ((2 * i) / (sweepCount - 1) - 1));
    const { say, asker, show } = scaffold(el, "live-infogan-codes");

    const large = h("canvas", { role: "img", class: "live-large" });
    const kinds = categories.map((name, category) => thumb(name, () => set({ category })));
    const sweeps = codeNames.map((name, c) =>
      ends.map((value) => thumb(`${name} ${signed(value, 1)}`, () => setCode(c, value))),
    );
    const sliders = codeNames.map((label, c) =>
      slider({
        label,
        min: -range,
        max: range,
        step: 0.1,
        value: 0,
        format: (value) => signed(value, 1),
        onInput: (value) => set({ codes: state.codes.with(c, value) }),
      }),
    );
    const told = h("p", { class: "live-verdict" });

    function set(values) {
      Object.assign(state, values);
      return changed();
    }

    function setCode(c, value) {
      sliders[c].input.value = value;
      sliders[c].input.dispatchEvent(new Event("input"));
    }

    const changed = asker(async () => {
      const { category, codes, seed } = state;
      await drawGarment(model, large, { seed, category, codes });
      for (const [k, { canvas, element }] of kinds.entries()) {
        await drawGarment(model, canvas, { seed, category: k, codes });
        element.setAttribute("aria-pressed", String(k === category));
      }
      for (const [c, thumbs] of sweeps.entries()) {
        for (const [i, { canvas, element }] of thumbs.entries()) {
          await drawGarment(model, canvas, { seed, category, codes: codes.with(c, ends[i]) });
          element.setAttribute("aria-pressed", String(Math.abs(codes[c] - ends[i]) < 0.05));
        }
      }
      told.textContent = `Category: ${categories[category]}`;
      const words = codeNames.map((name, c) => `${name} ${signed(codes[c], 1)}`).join(", ");
      large.setAttribute("aria-label", `Picture of category ${categories[category]}, ${words}`);
      Object.assign(el.dataset, { category, codes: codes.join(" "), noise: seed });
      say(large.getAttribute("aria-label"));
    });

    const noise = button("New noise", () => set({ seed: state.seed + 1 }));
    const left = panel("live-picture", "The picture", large, told, noise);
    const caption = h("p", { class: "live-caption" }, "Each category, the rest unchanged");
    const rows = codeNames.flatMap((name, c) => [sliders[c].element, thumbRow(`Along ${name}`, sweeps[c])]);
    const right = panel("live-codes", "The codes", caption, thumbRow("Categories", kinds), ...rows);
    show(left.element, right.element);
    await changed();
  },
};

function thumb(label, onclick) {
  const canvas = h("canvas", {});
  const attributes = { type: "button", class: "live-thumb", "aria-label": label, title: label, onclick };
  return { canvas, element: h("button", attributes, canvas) };
}

function thumbRow(label, thumbs) {
  const attributes = { class: "live-codes-row", role: "group", "aria-label": label };
  return h("div", attributes, ...thumbs.map(({ element }) => element));
}

// What the generator makes of a category, codes, and the noise of a seed.
async function drawGarment(model, canvas, { seed, category, codes }) {
  const [output] = model.get("outputs");
  const [, , rows, columns] = output.dims;
  const inputs = {};
  for (const { name, dims } of model.get("inputs")) {
    const data = {
      noise: () => gaussians(randomSource(seed), dims[1]),
      category: () => Array.from({ length: dims[1] }, (_, k) => Number(k === category)),
      codes: () => codes,
    }[name]();
    inputs[name] = { data, dims };
  }
  paint(canvas, (await infer(model, inputs))[output.name].data, rows, columns, grey);
}
