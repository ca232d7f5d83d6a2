// Mix a face from the mean face and the first eigenfaces, or rebuild a face of the set from more and more of them.
//
// Settings: faces (float32, n x rows x columns, in [0, 1]), face_coefficients (float32, n x k, in standard
// deviations), scales (float32, k: the standard deviations), n_sliders.
// Model: coefficients (1, k) in standard deviations -> face (1, rows * columns), the mean face plus their sum.

import { arraySetting, coalesced, infer } from "../lib/ask.js";
import { slider } from "../lib/controls.js";
import { alarm, announcer, freshId, h, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { paint } from "../lib/paint.js";

const sliderReach = 3; // standard deviations
const greyFace = { map: "gray", low: 0, high: 1 };

export default {
  async render({ model, el }) {
    const faces = arraySetting(model.get("faces"));
    const own = arraySetting(model.get("face_coefficients"));
    const scales = arraySetting(model.get("scales")).data;
    const [count, rows, columns] = faces.dims;
    const [{ name: inputName, dims }] = model.get("inputs");
    const length = dims[1];
    const sliderCount = Math.min(model.get("n_sliders") ?? 10, length);
    const state = { coefficients: new Float32Array(length), picked: null, used: length };

    const lengths = Array.from({ length: count }, (_, i) =>
      distanceFromMean(own.data.subarray(i * length, (i + 1) * length)),
    );
    const usual = [Math.min(...lengths), Math.max(...lengths)].map((value) => value.toFixed(1)).join(" to ");

    const problem = alarm();
    const { element: status, say } = announcer();
    const mixed = h("canvas", { role: "img" });
    const original = h("canvas", { role: "img" });
    const originalTile = h(
      "figure",
      { class: "live-face", hidden: true },
      original,
      h("figcaption", { class: "live-hint" }, "the face of the set"),
    );
    const facts = h("p", { class: "live-verdict" });
    const reading = h("p", { class: "live-caption" });

    const pictures = Array.from({ length: sliderCount }, () => h("canvas", { "aria-hidden": "true" }));
    const sliders = pictures.map((_, i) =>
      slider({
        label: `Eigenface ${i + 1}`,
        min: -sliderReach,
        max: sliderReach,
        step: 0.1,
        value: 0,
        format: (value) => `${signed(value, 1)} σ`,
        onInput: (value) => mix(i, value),
      }),
    );
    const used = slider({
      label: "Eigenfaces used",
      min: 0,
      max: length,
      step: 1,
      value: length,
      format: (value) => `${value} of ${length}`,
      onInput: (value) => ((state.used = value), changed()),
    });
    const toMean = h(
      "button",
      { type: "button", class: "live-button", onclick: () => start(new Float32Array(length), null) },
      "Mean face",
    );
    const random = h(
      "button",
      {
        type: "button",
        class: "live-button",
        onclick: () =>
          start(
            Float32Array.from({ length }, (_, i) => (i < sliderCount ? clip(normal()) : 0)),
            null,
          ),
      },
      "Random face",
    );
    const thumbs = Array.from({ length: count }, (_, i) => {
      const canvas = h("canvas", {});
      paint(canvas, faceOf(i), rows, columns, greyFace);
      return h(
        "button",
        {
          type: "button",
          class: "live-thumb",
          "aria-label": `Start from face ${i + 1}`,
          title: `Face ${i + 1}`,
          "aria-pressed": "false",
          onclick: () => start(own.data.slice(i * length, (i + 1) * length), i),
        },
        canvas,
      );
    });

    // The eigenfaces are at right angles, so the distance over the pixels is that of the coefficients.
    function distanceFromMean(coefficients) {
      return Math.hypot(...coefficients.map((value, i) => value * scales[i]));
    }

    function faceOf(i) {
      return faces.data.subarray(i * rows * columns, (i + 1) * rows * columns);
    }

    const clip = (value) => Math.min(sliderReach, Math.max(-sliderReach, Math.round(10 * value) / 10));

    function showValue({ element, input }, value, text) {
      input.value = value;
      input.setAttribute("aria-valuetext", text);
      element.querySelector("output").textContent = text;
    }

    function start(coefficients, picked) {
      Object.assign(state, { coefficients, picked, used: length });
      sliders.forEach((control, i) => showValue(control, coefficients[i], `${signed(coefficients[i], 1)} σ`));
      showValue(used, length, `${length} of ${length}`);
      thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", i === picked));
      return changed();
    }

    function mix(i, value) {
      state.coefficients[i] = value;
      return changed();
    }

    const changed = () => problem.watch(update());

    async function ask(coefficients) {
      const [{ data }] = Object.values(await infer(model, { [inputName]: { data: coefficients, dims } }));
      return data;
    }

    const update = coalesced(async () => {
      const began = performance.now();
      const coefficients = state.coefficients.map((value, i) => (i < state.used ? value : 0));
      const picked = state.picked;
      const face = await ask(coefficients);
      paint(mixed, face, rows, columns, greyFace);
      const far = distanceFromMean(coefficients);
      const many = coefficients.reduce((sum, value) => sum + (value !== 0), 0);
      facts.textContent = `Distance from the mean face: ${far.toFixed(2)}`;
      let text = many === 0 ? "All coefficients are 0." : `${many} of ${length} eigenfaces take part.`;
      text += ` The faces below lie ${usual} from the mean.`;
      originalTile.hidden = picked === null;
      if (picked !== null) {
        const target = faceOf(picked);
        paint(original, target, rows, columns, greyFace);
        original.setAttribute("aria-label", `Face ${picked + 1} of the set`);
        const missing = Math.hypot(...face.map((value, i) => value - target[i]));
        text += ` Distance from face ${picked + 1}: ${missing.toFixed(2)}.`;
        el.dataset.missing = missing;
      }
      reading.textContent = text;
      mixed.setAttribute("aria-label", `The mixed face, at distance ${far.toFixed(2)} from the mean face`);
      el.dataset.distance = far;
      el.dataset.milliseconds = (performance.now() - began).toFixed(1);
      say(`${facts.textContent}. ${text}`);
    });

    // Each eigenface is what one standard deviation of it adds to the mean.
    async function drawEigenfaces() {
      const mean = await ask(new Float32Array(length));
      for (let i = 0; i < sliderCount; i++) {
        const change = (await ask(Float32Array.from({ length }, (_, k) => Number(k === i)))).map(
          (value, p) => value - mean[p],
        );
        const reach = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
        paint(pictures[i], change, rows, columns, { map: "signed", low: -reach, high: reach });
      }
    }

    const id = freshId("live-faces");
    const face = h("figure", { class: "live-face" }, mixed, h("figcaption", { class: "live-hint" }, "mixed"));
    const gallery = h("div", { class: "live-gallery", role: "group", "aria-labelledby": id }, ...thumbs);
    const left = panel(
      "live-mixed",
      "The face",
      h("div", { class: "live-pair" }, face, originalTile),
      facts,
      reading,
      h("div", { class: "live-tools" }, toMean, random),
      h("p", { class: "live-hint", id }, "Or start from a face of the set:"),
      gallery,
    );
    const rowsOfSliders = sliders.map(({ element }, i) => h("div", { class: "live-eigenface" }, pictures[i], element));
    const hint = h(
      "p",
      { class: "live-hint" },
      "σ: one standard deviation among the faces. Red brightens where the slider goes to the right, blue darkens.",
    );
    const right = panel(
      "live-mixer",
      "How much of each eigenface is added",
      h("div", { class: "live-eigenfaces" }, ...rowsOfSliders),
      used.element,
      hint,
    );
    el.classList.add("live-eigenface-mixer");
    el.append(left.element, right.element, problem.element, status);
    await drawEigenfaces();
    await start(new Float32Array(length), null);
  },
};

// A random number from the standard normal distribution.
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
