// Mix a face from the mean face and the first eigenfaces, or rebuild a face of the set from more and more of them.
//
// Settings: faces (float32, n x rows x columns, in [0, 1]), face_coefficients (float32, n x k, in standard
// deviations), scales (float32, k: the standard deviations), n_sliders.
// Model: coefficients (1, k) in standard deviations -> face (1, rows * columns), the mean face plus their sum.

import { arraySetting, infer } from "../lib/ask.js";
import { setSlider, slider } from "../lib/controls.js";
import { button, freshId, h, hint, panel } from "../lib/dom.js";
import { signed } from "../lib/numbers.js";
import { grey, paint } from "../lib/paint.js";
import { scaffold } from "../lib/scaffold.js";

const sliderReach = 3; // standard deviations

export default {
  async render({ model, el }) {
    const faces = faceShelf(model);
    const [{ name: inputName, dims }] = model.get("inputs");
    const length = dims[1];
    const sliderCount = Math.min(model.get("n_sliders") ?? 10, length);
    const state = { coefficients: new Float32Array(length), picked: null, used: length };
    const { say, asker, show } = scaffold(el, "live-eigenface-mixer");

    const face = mixedFace(faces);
    const pictures = Array.from({ length: sliderCount }, () => h("canvas", { "aria-hidden": "true" }));
    const sliders = pictures.map((_, i) => coefficientSlider(i, (value) => mix(i, value)));
    const usedText = (value) => `${value} of ${length}`;
    const used = slider({
      label: "Eigenfaces used",
      min: 0,
      max: length,
      step: 1,
      value: length,
      format: usedText,
      onInput(value) {
        state.used = value;
        changed();
      },
    });
    const thumbs = faces.pictures.map((_, i) => faceThumb(faces, i, () => start(faces.coefficients(i), i)));

    function start(coefficients, picked) {
      Object.assign(state, { coefficients, picked, used: length });
      sliders.forEach((control, i) => setSlider(control, coefficients[i], `${signed(coefficients[i], 1)} σ`));
      setSlider(used, length, usedText(length));
      thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", i === picked));
      return changed();
    }

    function mix(i, value) {
      state.coefficients[i] = value;
      return changed();
    }

    async function ask(coefficients) {
      const [{ data }] = Object.values(await infer(model, { [inputName]: { data: coefficients, dims } }));
      return data;
    }

    const changed = asker(async () => {
      const coefficients = state.coefficients.map((value, i) => (i < state.used ? value : 0));
      const picked = state.picked;
      const facts = face.update(await ask(coefficients), coefficients, picked);
      Object.assign(el.dataset, facts.numbers);
      say(facts.text);
    });

    // Each eigenface is what one standard deviation of it adds to the mean.
    async function drawEigenfaces() {
      const mean = await ask(new Float32Array(length));
      for (let i = 0; i < sliderCount; i++) {
        const one = await ask(Float32Array.from({ length }, (_, k) => Number(k === i)));
        drawChange(pictures[i], one, mean, faces);
      }
    }

    const randomly = () => Float32Array.from({ length }, (_, i) => (i < sliderCount ? clip(normal()) : 0));
    const tools = h(
      "div",
      { class: "live-tools" },
      button("Mean face", () => start(new Float32Array(length), null)),
      button("Random face", () => start(randomly(), null)),
    );
    const left = panel("live-mixed", "The face", ...face.elements, tools, ...galleryOf(thumbs));
    show(left.element, mixer(pictures, sliders, used));
    await drawEigenfaces();
    await start(new Float32Array(length), null);
  },
};

const clip = (value) => Math.min(sliderReach, Math.max(-sliderReach, Math.round(10 * value) / 10));

// The faces of the set, with their coefficients. The eigenfaces are at right angles, so a distance over the pixels is that
// of the coefficients.
function faceShelf(model) {
  const { data, dims } = arraySetting(model.get("faces"));
  const own = arraySetting(model.get("face_coefficients"));
  const scales = arraySetting(model.get("scales")).data;
  const [count, rows, columns] = dims;
  const length = own.dims[1];
  const pictures = Array.from({ length: count }, (_, i) => data.subarray(i * rows * columns, (i + 1) * rows * columns));
  const coefficients = (i) => own.data.slice(i * length, (i + 1) * length);
  const distance = (values) => Math.hypot(...values.map((value, i) => value * scales[i]));
  const distances = pictures.map((_, i) => distance(coefficients(i)));
  const usual = [Math.min(...distances), Math.max(...distances)].map((value) => value.toFixed(1)).join(" to ");
  return { pictures, rows, columns, coefficients, distance, usual };
}

function coefficientSlider(i, onInput) {
  return slider({
    label: `Eigenface ${i + 1}`,
    min: -sliderReach,
    max: sliderReach,
    step: 0.1,
    value: 0,
    format: (value) => `${signed(value, 1)} σ`,
    onInput,
  });
}

function faceThumb({ pictures, rows, columns }, i, onclick) {
  const canvas = h("canvas", {});
  paint(canvas, pictures[i], rows, columns, grey);
  const names = { "aria-label": `Start from face ${i + 1}`, title: `Face ${i + 1}`, "aria-pressed": "false" };
  return h("button", { type: "button", class: "live-thumb", ...names, onclick }, canvas);
}

// The mixed face beside the one it started from, and how far they are apart.
function mixedFace(faces) {
  const { pictures, rows, columns } = faces;
  const [mixed, original] = [h("canvas", { role: "img" }), h("canvas", { role: "img" })];
  const caption = (text) => h("figcaption", { class: "live-hint" }, text);
  const face = h("figure", { class: "live-face" }, mixed, caption("mixed"));
  const originalFace = h("figure", { class: "live-face", hidden: true }, original, caption("the face of the set"));
  const distance = h("p", { class: "live-verdict" });
  const reading = h("p", { class: "live-caption" });

  function update(pixels, coefficients, picked) {
    paint(mixed, pixels, rows, columns, grey);
    const far = faces.distance(coefficients);
    const many = coefficients.reduce((sum, value) => sum + (value !== 0), 0);
    const part = many === 0 ? "All coefficients are 0." : `${many} of ${coefficients.length} eigenfaces take part.`;
    const numbers = { distance: far };
    let text = `${part} The faces below lie ${faces.usual} from the mean.`;
    originalFace.hidden = picked === null;
    if (picked !== null) {
      paint(original, pictures[picked], rows, columns, grey);
      original.setAttribute("aria-label", `Face ${picked + 1} of the set`);
      numbers.missing = Math.hypot(...pixels.map((value, i) => value - pictures[picked][i]));
      text += ` Distance from face ${picked + 1}: ${numbers.missing.toFixed(2)}.`;
    }
    distance.textContent = `Distance from the mean face: ${far.toFixed(2)}`;
    reading.textContent = text;
    mixed.setAttribute("aria-label", `The mixed face, at distance ${far.toFixed(2)} from the mean face`);
    return { numbers, text: `${distance.textContent}. ${text}` };
  }
  return { elements: [h("div", { class: "live-pair" }, face, originalFace), distance, reading], update };
}

function drawChange(canvas, face, mean, { rows, columns }) {
  const change = face.map((value, p) => value - mean[p]);
  const reach = change.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  paint(canvas, change, rows, columns, { map: "signed", low: -reach, high: reach });
}

function galleryOf(thumbs) {
  const id = freshId("live-faces");
  const title = h("p", { class: "live-hint", id }, "Or start from a face of the set:");
  return [title, h("div", { class: "live-gallery", role: "group", "aria-labelledby": id }, ...thumbs)];
}

function mixer(pictures, sliders, used) {
  const rows = sliders.map(({ element }, i) => h("div", { class: "live-eigenface" }, pictures[i], element));
  const note = hint(
    "σ: one standard deviation among the faces. Red brightens where the slider goes to the right, blue darkens.",
  );
  const list = h("div", { class: "live-eigenfaces" }, ...rows);
  return panel("live-mixer", "How much of each eigenface is added", list, used.element, note).element;
}

// A random number from the standard normal distribution.
function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
