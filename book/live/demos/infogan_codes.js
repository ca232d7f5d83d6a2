// The codes of an InfoGAN on sliders: one category, two numbers, and noise.
//
// Settings: category_names (a text each), code_names (a text each), code_range (the sliders reach from -range to range).
// Model: noise (1, N), category (1, K) one-hot, codes (1, 2) -> images (1, 1, rows, columns) in [0, 1].

import { coalesced, infer } from "../lib/ask.js";
import { slider } from "../lib/controls.js";
import { alarm, announcer, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";
import { gaussians, randomSource } from "../lib/random.js";

const sweepCount = 7; // pictures from one end of a code to the other

export default {
  async render({ model, el }) {
    const inputs = Object.fromEntries(model.get("inputs").map(({ name, dims }) => [name, dims]));
    const [output] = model.get("outputs");
    const [, , rows, columns] = output.dims;
    const categories = model.get("category_names");
    const codeNames = model.get("code_names");
    const range = model.get("code_range");
    const state = { seed: 1, category: 0, codes: codeNames.map(() => 0) };
    const ends = Array.from({ length: sweepCount }, (_, i) => range * ((2 * i) / (sweepCount - 1) - 1));

    const problem = alarm();
    const { element: status, say } = announcer();
    const large = h("canvas", { role: "img", class: "live-large" });
    const kinds = categories.map((name, k) => thumb(name, () => choose(k)));
    const sweeps = codeNames.map((name, c) =>
      ends.map((value) => thumb(`${name} ${signed(value, 1)}`, () => setCode(c, value))),
    );
    const sliders = codeNames.map((name, c) =>
      slider({
        label: name,
        min: -range,
        max: range,
        step: 0.1,
        value: 0,
        format: (value) => signed(value, 1),
        onInput: (value) => ((state.codes[c] = value), changed()),
      }),
    );
    const noise = h(
      "button",
      { type: "button", class: "live-button", onclick: () => ((state.seed += 1), changed()) },
      "New noise",
    );
    const told = h("p", { class: "live-verdict" });
    const changed = () => problem.watch(ask());

    function thumb(label, onclick) {
      const canvas = h("canvas", {});
      return {
        canvas,
        element: h(
          "button",
          { type: "button", class: "live-thumb", "aria-label": label, title: label, onclick },
          canvas,
        ),
      };
    }

    function choose(k) {
      state.category = k;
      changed();
    }

    function setCode(c, value) {
      sliders[c].input.value = value;
      sliders[c].input.dispatchEvent(new Event("input"));
    }

    async function picture(canvas, category, codes) {
      const data = {
        noise: gaussians(randomSource(state.seed), inputs.noise[1]),
        category: categories.map((_, k) => Number(k === category)),
        codes,
      };
      const asked = Object.fromEntries(
        Object.entries(inputs).map(([name, dims]) => [name, { data: data[name], dims }]),
      );
      const made = (await infer(model, asked))[output.name];
      paint(canvas, made.data, rows, columns, { map: "gray", low: 0, high: 1 });
    }

    const ask = coalesced(async () => {
      const began = performance.now();
      const { category, codes } = state;
      await picture(large, category, codes);
      el.dataset.one = (performance.now() - began).toFixed(1);
      for (let k = 0; k < kinds.length; k++) {
        await picture(kinds[k].canvas, k, codes);
        kinds[k].element.setAttribute("aria-pressed", String(k === category));
      }
      for (let c = 0; c < sweeps.length; c++) {
        for (let i = 0; i < ends.length; i++) {
          await picture(
            sweeps[c][i].canvas,
            category,
            codes.map((value, other) => (other === c ? ends[i] : value)),
          );
          sweeps[c][i].element.setAttribute("aria-pressed", String(Math.abs(codes[c] - ends[i]) < 0.05));
        }
      }
      told.textContent = `Category: ${categories[category]}`;
      large.setAttribute(
        "aria-label",
        `Picture of category ${categories[category]}, ${codeNames.map((name, c) => `${name} ${signed(codes[c], 1)}`).join(", ")}`,
      );
      Object.assign(el.dataset, {
        category,
        codes: codes.join(" "),
        noise: state.seed,
        milliseconds: (performance.now() - began).toFixed(1),
      });
      say(large.getAttribute("aria-label"));
    });

    const row = (label, thumbs) =>
      h(
        "div",
        { class: "live-codes-row", role: "group", "aria-label": label },
        ...thumbs.map(({ element }) => element),
      );
    const left = panel("live-picture", "The picture", large, told, noise);
    const right = panel(
      "live-codes",
      "The codes",
      h("p", { class: "live-caption" }, "Each category, the rest unchanged"),
      row("Categories", kinds),
      ...codeNames.flatMap((name, c) => [sliders[c].element, row(`Along ${name}`, sweeps[c])]),
    );
    el.classList.add("live-infogan-codes");
    el.append(left.element, right.element, problem.element, status);
    await changed();
  },
};
